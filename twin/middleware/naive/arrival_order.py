"""Stock facts booked as they arrive, whatever their numbers say.

The defect that this repeats is that of webhook handlers without a sequence: a fact that is sent again under a new
message id counts a second time, and a fact that was lost is missed by nobody. Right is a stream per (site, item) in
which each number is applied once and a gap is waited for (DOMAIN 10).
"""

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.inventory.movements import book_stock_fact
from twin.middleware.inventory.posting import stream_key
from twin.middleware.procedures import standard
from twin.middleware.unit import STREAMS, Outcome, Unit
from twin.model.commands import StockReceived
from twin.model.instant import Now


def book_on_arrival(fact: StockReceived, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book a receipt as if it were the next of its stream."""
    stream = unit.load(STREAMS, stream_key(fact.item, fact.site))
    arrived = StockReceived(
        id=fact.id,
        cause=fact.cause,
        case=fact.case,
        site=fact.site,
        item=fact.item,
        quantity=fact.quantity,
        order=fact.order,
        sequence=stream.last + 1 if stream is not None else 1,
        at=fact.at,
    )
    return book_stock_fact(arrived, now, rules, unit)


def arrival_order() -> Procedures:
    """Return the table in which receipts are booked in the order of their arrival."""
    table = Procedures(standard())
    table.bind(StockReceived, book_on_arrival)
    return table
