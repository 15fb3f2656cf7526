"""Promises on expected supply: made by looking ahead, kept first when supply comes, broken when their date does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.allocation import FairShare
from policies.backorder import BackorderRun, Strategy
from policies.promise_dates import CapableToPromise, PromiseDates
from policies.promising import Promising
from tests.middleware.shop import Shop, rules
from twin.middleware.orders.header import header
from twin.middleware.unit import Outcome
from twin.model.commands import CancelOrder
from twin.model.events import ExceptionOpened, ReleaseToWarehouse
from twin.model.instant import DAY, HOUR
from twin.model.order import Header, LinePolicy

ITEM, OTHER = 1, 2
LOOK = Promising(kind="look_ahead")


def line(shop: Shop, order: int, number: int = 1) -> tuple[int, int, int]:
    """Allocated, pledged and backordered units."""
    found = shop.order(order).lines[number - 1]
    return found.allocated, found.pledged, found.backordered


def codes(shop: Shop) -> list[str]:
    return [event.code for event in shop.sent(ExceptionOpened) if isinstance(event, ExceptionOpened)]


def test_what_is_not_there_is_pledged_on_the_supply_that_is_due_and_the_rest_waits() -> None:
    shop = Shop(rules(promising=LOOK))
    shop.item(ITEM, 20)
    shop.announce(100, ITEM, 60, due=3 * DAY + HOUR)
    assert shop.submit(1, (ITEM, 90)) is Outcome.BACKORDERED
    assert line(shop, 1) == (20, 60, 10)
    (pledge,) = shop.stock(ITEM).pledges
    assert (pledge.quantity, pledge.due) == (60, 4 * DAY - 1)
    assert shop.order(1).promise == 4 * DAY - 1


def test_a_pledge_is_served_by_the_receipt_before_anybody_who_waits() -> None:
    shop = Shop(rules(promising=LOOK))
    shop.item(ITEM, 0)
    shop.submit(1, (ITEM, 5))
    shop.announce(100, ITEM, 12, due=2 * DAY)
    shop.submit(2, (ITEM, 7))
    assert (line(shop, 1), line(shop, 2)) == ((0, 0, 5), (0, 7, 0))
    shop.until(2 * DAY)
    shop.receive(ITEM, 8, purchase=100)
    assert (line(shop, 1), line(shop, 2)) == ((1, 0, 4), (7, 0, 0))
    shop.receive(ITEM, 4, purchase=100)
    assert header(shop.order(1)) is Header.ALLOCATED
    assert codes(shop) == []
    assert sum(row.quantity for event in shop.sent(ReleaseToWarehouse) for row in event.lines) == 12  # type: ignore[attr-defined]


def test_a_pledge_that_is_due_takes_stock_from_anywhere_and_what_cannot_be_had_is_a_broken_promise() -> None:
    shop = Shop(rules(promising=LOOK))
    shop.item(ITEM, 0)
    shop.announce(100, ITEM, 10, due=2 * DAY)
    shop.submit(1, (ITEM, 10))
    shop.until(2 * DAY + HOUR)
    shop.receive(ITEM, 4)
    assert line(shop, 1) == (4, 6, 0)
    shop.until(3 * DAY)
    assert line(shop, 1) == (4, 0, 6)
    assert codes(shop) == ["PROMISE_AT_RISK"]
    shop.receive(ITEM, 6, purchase=100)
    assert line(shop, 1) == (10, 0, 0)


def test_a_sale_today_does_not_eat_what_a_pledge_counts_on() -> None:
    shop = Shop(rules(promising=LOOK))
    shop.item(ITEM, 20)
    shop.submit(1, (ITEM, 25))
    shop.announce(100, ITEM, 5, due=2 * DAY)
    shop.receive(ITEM, 10)
    shop.submit(2, (ITEM, 10))
    assert line(shop, 1) == (25, 0, 0)
    assert line(shop, 2) == (5, 5, 0)
    shop.submit(3, (ITEM, 1))
    assert line(shop, 3) == (0, 0, 1)


@pytest.mark.parametrize(("kind", "pledged"), [("look_ahead", 1), ("cumulative", 1), ("backward", 6), ("at_once", 0)])
def test_a_form_that_forgets_shortages_promises_units_that_somebody_waits_for(kind: str, pledged: int) -> None:
    """Five units are owed already and six are due: a form that does not carry the shortage on promises all six."""
    shop = Shop(rules(promising=Promising(kind=kind)))  # type: ignore[arg-type]  # one of the forms
    shop.item(ITEM, 0)
    shop.submit(1, (ITEM, 5))
    shop.announce(100, ITEM, 6, due=2 * DAY)
    shop.submit(2, (ITEM, 6))
    assert line(shop, 2) == (0, pledged, 6 - pledged)


def test_a_complete_order_ships_when_its_last_line_is_there() -> None:
    shop = Shop(rules([LinePolicy.SHIP_COMPLETE], promising=LOOK))
    shop.item(ITEM, 10)
    shop.item(OTHER, 0)
    shop.announce(100, OTHER, 3, due=2 * DAY)
    shop.submit(1, (ITEM, 4), (OTHER, 3))
    assert (line(shop, 1), line(shop, 1, 2)) == ((4, 0, 0), (0, 3, 0))
    assert shop.sent(ReleaseToWarehouse) == []
    shop.until(2 * DAY)
    shop.receive(OTHER, 3, purchase=100)
    told = [row.quantity for event in shop.sent(ReleaseToWarehouse) for row in event.lines]  # type: ignore[attr-defined]
    assert sorted(told) == [3, 4]


def test_two_lines_of_one_item_are_pledged_on_different_units() -> None:
    shop = Shop(rules(promising=LOOK))
    shop.item(ITEM, 3)
    shop.announce(100, ITEM, 5, due=DAY)
    shop.submit(1, (ITEM, 4), (ITEM, 4))
    first, second = line(shop, 1), line(shop, 1, 2)
    assert [sum(parts) for parts in zip(first, second, strict=True)] == [3, 5, 0]


def test_cancelling_takes_the_pledge_with_it() -> None:
    shop = Shop(rules(promising=LOOK))
    shop.item(ITEM, 0)
    shop.announce(100, ITEM, 5, due=DAY)
    shop.submit(1, (ITEM, 5))
    shop.do(CancelOrder(id=shop.id(), case=1))
    assert shop.stock(ITEM).pledges == ()
    shop.submit(2, (ITEM, 5))
    assert line(shop, 2) == (0, 5, 0)


def test_what_supply_does_not_cover_is_dated_by_the_lead_time_and_claims_nothing() -> None:
    capable = CapableToPromise(lead_time=5, fence=30)
    shop = Shop(rules(promising=Promising(kind="look_ahead", capable=capable)))
    shop.item(ITEM, 0)
    shop.submit(1, (ITEM, 5))
    (waiting,) = shop.stock(ITEM).waiting
    assert (waiting.due, shop.order(1).promise) == (6 * DAY, 6 * DAY)
    assert line(shop, 1) == (0, 0, 5)
    shop.receive(ITEM, 5)
    assert line(shop, 1) == (5, 0, 0)


def test_the_promise_is_the_end_of_the_ship_day_in_the_zone_of_the_site() -> None:
    shop = Shop(rules())
    terms = shop.rules.channels[0]
    dated = type(terms)(homes=terms.homes, dates=PromiseDates(cut_off_us=15 * HOUR, processing=1))
    shop.rules = type(shop.rules)(availability=shop.rules.availability, channels=(dated,))
    shop.item(ITEM, 5)
    shop.until(16 * HOUR)
    shop.submit(1, (ITEM, 1))
    assert shop.order(1).promise == 5 * DAY, "day 0 is a Thursday; Friday starts, Monday ships"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (BackorderRun(priorities=(0, 1, 2)), (4, 3, 0)),
        (BackorderRun(), (4, 3, 0)),
        (BackorderRun(priorities=(2, 1, 0)), (0, 1, 6)),
        (BackorderRun(by_channel={0: Strategy.SKIP}), (0, 5, 2)),
        (FairShare(), (2, 2, 3)),
    ],
)
def test_the_design_says_who_gets_scarce_supply(rule: BackorderRun | FairShare, expected: tuple[int, ...]) -> None:
    shop = Shop(rules([LinePolicy.BACKORDER] * 3, backorders=rule))
    shop.item(ITEM, 0)
    for order, quantity in ((1, 4), (2, 5), (3, 6)):
        shop.submit(order, (ITEM, quantity), channel=order - 1)
        shop.until(shop.now + HOUR)
    shop.receive(ITEM, 7)
    assert tuple(line(shop, order)[0] for order in (1, 2, 3)) == expected


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("supply"), st.integers(1, 9), st.integers(0, 6)),
            st.tuples(st.just("order"), st.integers(1, 9), st.just(0)),
            st.tuples(st.just("cancel"), st.integers(1, 6), st.just(0)),
            st.tuples(st.just("wait"), st.integers(1, 2), st.just(0)),
        ),
        max_size=14,
    )
)
def test_supply_that_comes_as_announced_keeps_every_promise(steps: list[tuple[str, int, int]]) -> None:
    """Announced supply arrives on its day: no pledge is broken, whatever is ordered and cancelled in between."""
    shop = Shop(rules(promising=LOOK))
    shop.item(ITEM, 3)
    coming: list[tuple[int, int, int]] = []
    orders = purchases = 0

    def pass_time(until: int) -> None:
        for due, purchase, quantity in sorted(coming):
            if due <= until:
                shop.until(due)
                shop.receive(ITEM, quantity, purchase=purchase)
                coming.remove((due, purchase, quantity))
        shop.until(until)

    for kind, amount, days in steps:
        if kind == "supply":
            purchases += 1
            due = shop.now + days * DAY
            coming.append((due, 1000 + purchases, amount))
            shop.announce(1000 + purchases, ITEM, amount, due=due)
            pass_time(shop.now)
        elif kind == "order":
            orders += 1
            shop.submit(orders, (ITEM, amount))
        elif kind == "cancel" and amount <= orders:
            shop.do(CancelOrder(id=shop.id(), case=amount))
        elif kind == "wait":
            pass_time(shop.now + amount * DAY)
    pass_time(shop.now + 20 * DAY)
    assert "PROMISE_AT_RISK" not in codes(shop)
    assert shop.stock(ITEM).pledges == ()
