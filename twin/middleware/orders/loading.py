"""What of the store a procedure on a known order works with: the order, the items and the claims of its lines."""

from policies.ruleset import RuleSet
from twin.middleware.orders.work import Work
from twin.middleware.unit import ITEMS, RESERVATIONS, Unit
from twin.model.instant import Now
from twin.model.message import Message
from twin.model.order import Order


def loaded(message: Message, now: Now, rules: RuleSet, unit: Unit, order: Order, named: set[int] | None) -> Work:
    """Load the items and the claims of the named lines (None: all) with the order."""
    lines = [line for line in order.lines if named is None or line.number in named]
    claims = [claim.reservation for claim in order.claims if named is None or claim.line in named]
    stocks = unit.load_many(ITEMS, list(dict.fromkeys(line.item for line in lines)))
    reservations = unit.load_many(RESERVATIONS, claims)
    return Work(
        message,
        now,
        rules,
        unit,
        order,
        {stock.item: stock for stock in stocks if stock is not None},
        {each.id: each for each in reservations if each is not None},
    )
