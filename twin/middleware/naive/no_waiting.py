"""Messages that come before the order they speak of are answered and forgotten.

The defect that this repeats is that of webhook handlers which look the order up and, when there is none, have nothing
to do (ecommerce_integrations#425: `orders/paid` before `orders/create`). The order comes a moment later and nobody
knows of its cancellation or its payment any more; it is shipped all the same, or waits for money that was paid. Right
is that such a message waits under the order's key, for a time (DOMAIN 8, V54).
"""

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.orders.procedures import amend_order, move_whole
from twin.middleware.procedures import standard
from twin.middleware.unit import ORDERS, Outcome, Unit
from twin.model.commands import AmendOrder, CancelOrder, PaymentAuthorised, PaymentCaptured
from twin.model.instant import Now


def move_known(
    message: CancelOrder | PaymentAuthorised | PaymentCaptured, now: Now, rules: RuleSet, unit: Unit
) -> Outcome:
    """Move the order if there is one; else all is done."""
    known = unit.load(ORDERS, message.case) is not None
    return move_whole(message, now, rules, unit) if known else Outcome.NOOP


def amend_known(message: AmendOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Change the order if there is one; else all is done."""
    known = unit.load(ORDERS, message.case) is not None
    return amend_order(message, now, rules, unit) if known else Outcome.NOOP


def no_waiting() -> Procedures:
    """Return the table in which nothing waits for its order."""
    table = Procedures(standard())
    table.bind(CancelOrder, move_known)
    table.bind(AmendOrder, amend_known)
    table.bind(PaymentAuthorised, move_known)
    table.bind(PaymentCaptured, move_known)
    return table
