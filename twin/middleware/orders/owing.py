"""What a customer owes for his orders, kept in his row as they move, and what the ERP says of his bills (DOMAIN 23)."""

from policies.ruleset import RuleSet
from twin.middleware.unit import CUSTOMERS, Outcome, Unit
from twin.model.commands import CreditCopied
from twin.model.instant import Now
from twin.model.order import Intake, Order
from twin.model.particulars import Customer, Recent

RECENT_MAX = 20
"""How many orders of a customer are remembered as possible duplicates; the oldest are forgotten first."""
_OPEN = (Intake.RECEIVED, Intake.VALIDATED, Intake.ACCEPTED)


def owed(order: Order | None) -> int:
    """Return what is still to be paid for an order, in minor units, whatever its state."""
    if order is None:
        return 0
    due = order.tax
    for line in order.lines:
        due += (line.ordered - line.cancelled) * line.price
    return max(0, due - order.money.captured + order.money.refunded)


def keep_account(before: Order | None, after: Order, recent: Recent | None, unit: Unit) -> None:
    """Write the customer's row after an order of his has moved; a closed one is a bill."""
    row = unit.load(CUSTOMERS, after.customer) or Customer(after.customer)
    change = _open(after) - _open(before)
    billed = owed(after) if after.intake is Intake.CLOSED and before is not None and before.intake in _OPEN else 0
    last = row.recent if recent is None else (*row.recent, recent)[-RECENT_MAX:]
    if change or billed or recent is not None:
        unit.save(CUSTOMERS, row.id, Customer(row.id, row.open + change, row.receivable + billed, last))


def copy_credit(message: CreditCopied, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take the ERP's word on a customer's bills; open orders are ours to know."""
    row = unit.load(CUSTOMERS, message.customer) or Customer(message.customer)
    unit.save(CUSTOMERS, row.id, Customer(row.id, row.open, message.receivable, row.recent))
    return Outcome.APPLIED


def _open(order: Order | None) -> int:
    return owed(order) if order is not None and order.intake in _OPEN else 0
