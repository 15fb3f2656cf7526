"""Stock that is never below what is promised: a loss is cut so that the figure stays decent.

The defect that this repeats is the clamp at zero of many stock tables: units are gone, the book keeps them because
orders are promised on them, no exception is raised, and the warehouse finds out when it picks. Position and movements
part for good. Right is a position that may show a shortage, and an OVERCOMMITTED item for people (DOMAIN 2 and 12).
"""

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.inventory.movements import book_stock_fact
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, Outcome, Unit
from twin.model.commands import StockAdjusted
from twin.model.instant import Now


def clamp_adjustment(fact: StockAdjusted, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book as much of a loss as leaves what is promised untouched."""
    stock = unit.load(ITEMS, fact.item)
    if stock is None:
        return book_stock_fact(fact, now, rules, unit)
    position = stock.positions[fact.site]
    clamped = StockAdjusted(
        id=fact.id,
        cause=fact.cause,
        case=fact.case,
        site=fact.site,
        item=fact.item,
        change=max(fact.change, min(0, position.committed - position.sellable)),
        reason=fact.reason,
        sequence=fact.sequence,
        at=fact.at,
    )
    return book_stock_fact(clamped, now, rules, unit)


def clamping() -> Procedures:
    """Return the table in which a loss never reaches what is promised."""
    table = Procedures(standard())
    table.bind(StockAdjusted, clamp_adjustment)
    return table
