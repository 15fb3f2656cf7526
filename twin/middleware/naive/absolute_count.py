"""A count that overwrites the position: what was counted in the morning is the stock of noon.

The defect that this repeats is that of every absolute stock push: between the count and its booking units were sold and
shipped, and the counted figure puts them back on the shelf, so they are sold a second time. Right is a movement: the
difference between what was counted and what the warehouse's own book said at that very moment (DOMAIN 2 and 13).
"""

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.inventory.movements import book_stock_fact
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, Outcome, Unit
from twin.model.commands import StockCounted
from twin.model.instant import Now


def overwrite_count(fact: StockCounted, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book the counted figure against whatever the position is by now."""
    stock = unit.load(ITEMS, fact.item)
    if stock is None:
        return book_stock_fact(fact, now, rules, unit)
    absolute = StockCounted(
        id=fact.id,
        cause=fact.cause,
        case=fact.case,
        site=fact.site,
        item=fact.item,
        counted=fact.counted,
        book=stock.positions[fact.site].on_hand,
        sequence=fact.sequence,
        at=fact.at,
    )
    return book_stock_fact(absolute, now, rules, unit)


def absolute_count() -> Procedures:
    """Return the table in which a count overwrites the position."""
    table = Procedures(standard())
    table.bind(StockCounted, overwrite_count)
    return table
