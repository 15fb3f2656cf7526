"""Who gets the last unit, and what a count, a repeat and an own hold change: submissions and facts on one store."""

import pytest

from actors.transactor import Direct, Store
from policies.atp import LookAhead
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.intake.submit import submit_order
from twin.middleware.inventory.movements import book_stock_fact
from twin.middleware.unit import ITEMS, Conflict, Outcome
from twin.model.commands import OrderedLine, StockCounted, SubmitOrder
from twin.model.events import MovementRecorded
from twin.model.instant import HOUR, MINUTE, Now
from twin.model.order import LinePolicy
from twin.model.stock import ItemStock, Position

ITEM = 7
RULES = RuleSet(
    availability=ChannelAvailability(channels=(ChannelRule(),)),
    channels=(ChannelTerms(homes=((Site(0, 0, 0, 0),),), line_policy=LinePolicy.FILL_OR_KILL),),
)


def submitted(order: int, quantity: int) -> SubmitOrder:
    return SubmitOrder(
        id=1000 * order,
        case=order,
        channel=0,
        number=str(order),
        fingerprint=order,
        lines=(OrderedLine(ITEM, quantity),),
        placed_at=0,
    )


@pytest.mark.vector("V27", rule="5", code="twin.middleware.intake.submit.submit_order", scenario="first_day")
def test_v27_ten_concurrent_requests_for_the_last_unit_grant_one() -> None:
    """V27, magento/inventory#3072: all ten have read the stock before the first commits."""
    store = Store()
    store.rows[ITEMS.number][ITEM] = ItemStock(ITEM, (Position(1),))
    began = []
    for order in range(1, 11):
        unit = Direct(store)
        began.append((order, unit, submit_order(submitted(order, 1), Now(0, 0), RULES, unit)))
    outcomes = []
    for order, unit, outcome in began:
        try:
            unit.commit()
            outcomes.append(outcome)
        except Conflict:
            again = Direct(store)
            outcomes.append(submit_order(submitted(order, 1), Now(1, 1), RULES, again))
            again.commit()
    assert outcomes == [Outcome.ACCEPTED] + [Outcome.REJECTED] * 9
    stock = store.get(ITEMS, ITEM)
    assert stock is not None
    assert (stock.positions[0].committed, LookAhead().available(stock, 1)) == (1, (0,))


@pytest.mark.vector("V71", rule="2,13", code="twin.middleware.inventory.movements.book_stock_fact", scenario="oversell")
def test_v71_a_count_is_a_movement_against_the_book_of_its_moment() -> None:
    """V71, computed: counted 95 at 10:00 where the book said 100; 10 shipped until 10:30, when the count is posted."""
    store = Store()
    store.rows[ITEMS.number][ITEM] = ItemStock(ITEM, (Position(90),))
    unit = Direct(store)
    now = 10 * HOUR + 30 * MINUTE
    count = StockCounted(id=1, site=0, item=ITEM, counted=95, book=100, sequence=1, at=10 * HOUR)
    assert book_stock_fact(count, Now(now, now), RULES, unit) is Outcome.APPLIED
    unit.commit()
    stock = store.get(ITEMS, ITEM)
    assert stock is not None
    assert stock.positions[0].on_hand == 85
    assert [event.change for event in unit.events if isinstance(event, MovementRecorded)] == [-5]
