"""Baskets: what is free is kept for a while, longer once the buyer goes to pay, and is the order's when it comes."""

import pytest

from policies.ruleset import RuleSet
from tests.middleware.shop import Shop, rules
from twin.middleware.orders.header import header
from twin.middleware.unit import BASKETS, RESERVATIONS, Outcome
from twin.model.commands import BasketFilled, CheckoutBegun, ItemQuantity
from twin.model.events import AvailabilityChanged, BasketAnswered, OrderAnswered, ReleaseToWarehouse
from twin.model.instant import MINUTE
from twin.model.order import Header, LinePolicy

ITEM, OTHER, CASE = 1, 2, 7


def terms(policy: LinePolicy = LinePolicy.PARTIAL, sites: int = 1) -> RuleSet:
    return rules((policy,), sites=sites, basket_us=10 * MINUTE, checkout_us=5 * MINUTE)


def shop(*sellable: int, policy: LinePolicy = LinePolicy.PARTIAL) -> Shop:
    made = Shop(terms(policy, len(sellable)))
    made.item(ITEM, *sellable)
    made.item(OTHER, *[0] * len(sellable))
    return made


def fill(made: Shop, *lines: tuple[int, int], case: int = CASE) -> Outcome:
    wanted = tuple([ItemQuantity(item, units) for item, units in lines])
    return made.do(BasketFilled(id=made.id(), case=case, channel=0, lines=wanted))


def pay(made: Shop) -> Outcome:
    return made.do(CheckoutBegun(id=made.id(), case=CASE))


def free(made: Shop, case: int = 0) -> int:
    return sum(made.rules.atp.available(made.stock(ITEM), made.now, case))


def told(made: Shop) -> list[tuple[int, tuple[int, ...]]]:
    """Return until when (minutes) the channel heard that how many units are kept."""
    answers = [event for event in made.sent(BasketAnswered) if isinstance(event, BasketAnswered)]
    return [(event.until // MINUTE, tuple([row.quantity for row in event.kept])) for event in answers]


@pytest.mark.vector("V84", rule="5", code="twin.middleware.intake.baskets.fill_basket", scenario="customer_terms")
def test_v84_what_a_basket_keeps_is_its_own_orders_and_nobody_elses() -> None:
    """As V84: stock 5, a basket of 5; another order of 1 is refused, the basket's own is accepted whole."""
    made = shop(5)
    assert fill(made, (ITEM, 5)) is Outcome.APPLIED
    assert (free(made), free(made, CASE)) == (0, 5)
    assert made.submit(8, (ITEM, 1)) is Outcome.REJECTED
    assert made.submit(CASE, (ITEM, 5)) is Outcome.ACCEPTED
    assert made.stock(ITEM).claims == () and made.stock(ITEM).positions[0].committed == 5
    assert made.store.rows[BASKETS.number] == {} and len(made.store.rows[RESERVATIONS.number]) == 1
    assert len(made.sent(ReleaseToWarehouse)) == 1
    made.until(60 * MINUTE)
    assert made.stock(ITEM).positions[0].committed == 5, "the reaper finds a hard claim"


@pytest.mark.vector("V29", rule="5", code="twin.middleware.intake.baskets.extend_basket", scenario="customer_terms")
@pytest.mark.parametrize(
    ("begun", "over"),
    [(0, 10), (4, 10), (5, 10), (6, 11), (9, 14), (10, 10)],
)
def test_v29_checking_out_keeps_a_basket_longer_and_never_shorter(begun: int, over: int) -> None:
    """As V29: kept for 10 min; checking out at a minute keeps it 5 min from then, but what is over stays over."""
    made = shop(5)
    fill(made, (ITEM, 3))
    made.now = begun * MINUTE
    pay(made)
    made.until(over * MINUTE - 1)
    assert free(made) == (2 if begun < 10 else 5)
    made.now = over * MINUTE
    assert free(made) == 5, "it is over at its moment, though nobody has looked"
    made.until(made.now)
    assert (made.stock(ITEM).claims, made.store.rows[BASKETS.number], made.store.rows[RESERVATIONS.number]) == (
        (),
        {},
        {},
    )


@pytest.mark.vector("V29", rule="5", code="twin.middleware.intake.baskets.lapse_basket", scenario="customer_terms")
def test_v29_what_a_basket_let_go_is_told_to_channels_and_offered_to_who_waits() -> None:
    made = shop(5, policy=LinePolicy.BACKORDER)
    fill(made, (ITEM, 5))
    made.submit(8, (ITEM, 2))
    assert made.order(8).lines[0].backordered == 2
    made.until(10 * MINUTE)
    assert made.order(8).lines[0].allocated == 2
    assert any(isinstance(event, AvailabilityChanged) and event.marked for event in made.out)
    assert told(made) == [(10, (5,)), (0, ())]


@pytest.mark.parametrize(
    ("ordered", "allocated", "left"),
    [((ITEM, 5), 5, 0), ((ITEM, 3), 3, 2), ((ITEM, 7), 5, 0)],
)
def test_an_order_takes_what_it_wants_of_its_basket_and_the_rest_is_free(
    ordered: tuple[int, int], allocated: int, left: int
) -> None:
    made = shop(5)
    fill(made, (ITEM, 5))
    made.submit(CASE, ordered)
    assert (made.order(CASE).lines[0].allocated, free(made)) == (allocated, left)


def test_an_order_whose_basket_has_lapsed_gets_what_is_free_then() -> None:
    """The reaper has not come yet when the order does: what lapsed is written down with it."""
    made = shop(5)
    fill(made, (ITEM, 5))
    made.now = 10 * MINUTE
    assert made.submit(8, (ITEM, 4)) is Outcome.ACCEPTED
    made.now = 10 * MINUTE
    made.submit(CASE, (ITEM, 5))
    assert made.order(CASE).lines[0].allocated == 1
    assert made.stock(ITEM).claims == () and made.stock(ITEM).positions[0].committed == 5
    assert made.store.rows[BASKETS.number] == {}


def test_a_basket_of_several_lines_keeps_of_each_what_there_is_and_from_several_sites() -> None:
    made = shop(3, 4)
    fill(made, (ITEM, 6), (OTHER, 2), (99, 1))
    assert told(made) == [(10, (6,))]
    assert made.submit(CASE, (ITEM, 6), (OTHER, 2)) is Outcome.ACCEPTED
    first, second = made.order(CASE).lines
    assert (first.allocated, second.allocated, second.cancelled) == (6, 0, 2)


def test_an_order_of_other_items_than_its_basket_lets_them_go() -> None:
    made = shop(5)
    made.item(OTHER, 5)
    fill(made, (ITEM, 5))
    made.submit(CASE, (OTHER, 2))
    assert (free(made), made.order(CASE).lines[0].allocated, made.stock(ITEM).claims) == (5, 2, ())


def test_a_repeated_basket_and_one_of_which_nothing_is_free_keep_nothing() -> None:
    made = shop(5)
    fill(made, (ITEM, 3))
    assert fill(made, (ITEM, 2)) is Outcome.NOOP and free(made) == 2
    fill(made, (OTHER, 1), case=9)
    assert told(made)[-1] == (0, ())
    assert pay(made) is Outcome.APPLIED
    assert made.do(CheckoutBegun(id=made.id(), case=9)) is Outcome.NOOP


def test_without_the_setting_a_basket_is_a_wish() -> None:
    made = Shop(rules())
    made.item(ITEM, 5)
    assert fill(made, (ITEM, 5)) is Outcome.NOOP and free(made) == 5


def test_a_basket_of_an_order_that_is_accepted_is_answered_as_any_other() -> None:
    """The channel hears what is confirmed, and of nothing that was short."""
    made = shop(5)
    fill(made, (ITEM, 5))
    made.submit(CASE, (ITEM, 5))
    (answer,) = made.sent(OrderAnswered)
    assert isinstance(answer, OrderAnswered)
    assert (answer.code, [line.quantity for line in answer.lines], answer.short) == ("IA", [5], ())
    assert header(made.order(CASE)) is Header.ALLOCATED
