"""A late word on a cancelled order that brings its claims back.

The defect that this repeats is that of payment handlers which un-cancel (MultiSafepay/magento2#28): a confirmation or
a payment arrives after the cancellation, the handler puts the order's claims back as they were, and nobody asks whether
the units are still free, or ever ships or frees them. Right is that an ended reservation stays ended: the ERP is told
to cancel, the money is given back, and who wants the goods after all asks for a new claim (DOMAIN 5, rows 10 and 35).
"""

from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.inventory.movements import moved, replaced
from twin.middleware.inventory.reservation import grant
from twin.middleware.orders.header import header
from twin.middleware.orders.procedures import move_by_plain_fact, move_whole
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS, Outcome, Unit
from twin.model.commands import ErpConfirmed, PaymentCaptured
from twin.model.ids import derive
from twin.model.instant import Now
from twin.model.order import Header, Order

_REVIVED: Final = 9_100_001
"""Which of a message's derived ids the first revived claim has; the others follow."""


def confirm_and_revive(message: ErpConfirmed, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Note the ERP's confirmation, and claim for a cancelled order what it once had."""
    order = unit.load(ORDERS, message.case)
    outcome = move_by_plain_fact(message, now, rules, unit)
    _revive(order, message.id, unit)
    return outcome


def capture_and_revive(message: PaymentCaptured, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Note a payment, and claim for a cancelled order what it once had."""
    order = unit.load(ORDERS, message.case)
    outcome = move_whole(message, now, rules, unit)
    _revive(order, message.id, unit)
    return outcome


def _revive(order: Order | None, cause: int, unit: Unit) -> None:
    if order is None or header(order) is not Header.CANCELLED:
        return
    stocks = unit.load_many(ITEMS, [line.item for line in order.lines])
    for line, stock in zip(order.lines, stocks, strict=True):
        if stock is None:
            continue
        id = derive(cause, _REVIVED + line.number)
        claim = grant(
            id, order=order.id, line=line.number, item=line.item, site=0, quantity=line.ordered, committed=True
        )
        unit.save(RESERVATIONS, id, claim)
        unit.save(ITEMS, stock.item, replaced(stock, positions=moved(stock.positions, 0, committed=line.ordered)))


def resurrection() -> Procedures:
    """Return the table in which a late word brings claims back."""
    table = Procedures(standard())
    table.bind(ErpConfirmed, confirm_and_revive)
    table.bind(PaymentCaptured, capture_and_revive)
    return table
