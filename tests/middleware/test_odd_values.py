"""What makes no sense goes back to its sender or into a queue, and nothing is booked of it."""

import pytest

from tests.middleware.trade import BOLTS, NUTS, Trade, order, received
from twin.middleware.orders.header import header
from twin.middleware.unit import LETTERS, ORDERS, Outcome
from twin.model.commands import StockCounted, SupplyAnnounced
from twin.model.events import OrderAnswered
from twin.model.order import Header


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "the order has no lines"),
        (((BOLTS, 0),), "line 1: a quantity of 0"),
        (((BOLTS, -5),), "line 1: a quantity of -5"),
        (((BOLTS, 3), (NUTS, 0), (NUTS, -1)), "line 2: a quantity of 0; line 3: a quantity of -1"),
    ],
)
def test_an_order_of_nothing_or_less_is_refused_with_all_that_is_wrong(
    lines: tuple[tuple[int, int], ...], said: str
) -> None:
    trade = Trade()
    sent = order("1", *lines)
    assert trade.run(sent) is Outcome.REJECTED
    kept = trade.store.get(ORDERS, sent.case)
    assert kept is not None
    assert header(kept) is Header.REJECTED
    assert [(event.code) for event in trade.told if isinstance(event, OrderAnswered)] == ["IR"]
    assert [letter.detail for letter in trade.store.rows[LETTERS.number].values()] == [said]  # type: ignore[attr-defined]  # letters
    assert trade.run(order("1", (BOLTS, 3), id=9)) is Outcome.ACCEPTED, "corrected, under the same number"


def test_stock_facts_of_less_than_nothing_are_kept_for_a_person_and_book_nothing() -> None:
    trade = Trade()
    assert trade.run(received(1, BOLTS, -5, 1)) is Outcome.QUEUED
    counted = StockCounted(id=2, site=0, item=BOLTS, counted=-1, book=20, sequence=1, at=0)
    assert trade.run(counted) is Outcome.QUEUED
    assert trade.run(SupplyAnnounced(id=3, order=1, item=BOLTS, site=0, quantity=0, due=5)) is Outcome.QUEUED
    assert [letter.code for letter in map(trade.letter, (1, 2, 3)) if letter is not None] == ["UNFIT"] * 3
    assert trade.sellable(BOLTS) == 20
    assert trade.run(received(4, BOLTS, 5, 1)) is Outcome.APPLIED, "the corrected fact has its number"
