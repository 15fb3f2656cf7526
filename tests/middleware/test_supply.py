"""Expected supply: what is said of a purchase order is a state stream, of which the newest counts."""

import pytest

from policies.sequencing import Sequencing
from tests.middleware.shop import Shop, rules
from twin.middleware.unit import STREAMS, Outcome
from twin.model.commands import SupplyAnnounced
from twin.model.events import AvailabilityChanged
from twin.model.instant import DAY, SECOND
from twin.model.stock import Pledge, Supply

ITEM, PURCHASE = 1, 77
GAP = 30 * SECOND


def shop(**more: object) -> Shop:
    made = Shop(rules(supply_stream=Sequencing(kind="state", gap_timer_us=GAP, held_max=3), **more))
    made.item(ITEM, 0)
    return made


def say(made: Shop, sequence: int, quantity: int = 100, due: int = 0) -> Outcome:
    """The supplier says the whole of the purchase order for the `sequence`-th time: it is due on day `sequence`."""
    return made.do(
        SupplyAnnounced(
            id=made.id(),
            order=PURCHASE,
            item=ITEM,
            site=0,
            quantity=quantity,
            due=due or sequence * DAY,
            sequence=sequence,
        )
    )


def expected(made: Shop) -> list[tuple[int, int, int]]:
    return [(each.sequence, each.ordered - each.received, each.due // DAY) for each in made.stock(ITEM).supply]


@pytest.mark.vector("V63", rule="10", code="twin.middleware.inventory.supply.announce_supply", scenario="whole_house")
def test_v63_what_a_supplier_says_last_counts_and_what_comes_late_is_dropped() -> None:
    """V63, computed: 1 and 4 come; after the gap timer 4 is applied; then 2 and 3 are dropped."""
    made = shop()
    assert (say(made, 1), say(made, 4)) == (Outcome.APPLIED, Outcome.APPLIED)
    assert expected(made) == [(1, 100, 1)], "4 is held"
    made.until(GAP - 1)
    assert expected(made) == [(1, 100, 1)]
    made.until(GAP)
    assert expected(made) == [(4, 100, 4)]
    assert (say(made, 2), say(made, 3), say(made, 4)) == (Outcome.SUPERSEDED, Outcome.SUPERSEDED, Outcome.DUPLICATE)
    assert expected(made) == [(4, 100, 4)]
    assert made.store.rows[STREAMS.number] == {}, "nothing is held any more"


@pytest.mark.vector("V63", rule="10", code="twin.middleware.inventory.supply.announce_supply", scenario="whole_house")
@pytest.mark.parametrize(
    ("order", "wait", "last"),
    [
        ((1, 2, 3), False, 3),
        ((1, 3, 2), False, 3),
        ((3, 2, 1), False, 3),
        ((2,), False, 0),
        ((2,), True, 2),
        ((1, 3, 5), True, 5),
        ((1, 3, 4, 5, 6), False, 6),
        ((1, 6, 5, 4, 3), False, 6),
    ],
)
def test_v63_further_orders_of_coming(order: tuple[int, ...], wait: bool, last: int) -> None:
    """As V63: in order; a gap that closes; all turned round; the first one missing; a hold buffer that is full."""
    made = shop()
    for sequence in order:
        say(made, sequence)
    if wait:
        made.until(GAP)
    assert expected(made) == ([(last, 100, last)] if last else [])


def test_two_that_say_different_things_under_one_number_are_for_a_person() -> None:
    made = shop()
    say(made, 3)
    assert say(made, 3, quantity=50) is Outcome.SEQ_CONFLICT


def test_what_has_been_received_stays_received_and_a_cut_below_it_ends_the_order() -> None:
    made = shop()
    say(made, 1)
    made.receive(ITEM, 30, purchase=PURCHASE)
    say(made, 2, quantity=80)
    assert made.stock(ITEM).supply == (Supply(PURCHASE, 0, 80, 30, 2 * DAY, 2),)
    say(made, 3, quantity=30)
    assert made.stock(ITEM).supply == ()


@pytest.mark.vector("V11", rule="2,3", code="twin.middleware.inventory.supply.announce_supply", scenario="whole_house")
@pytest.mark.parametrize("told", [100, 70, 101])
def test_v11_a_receipt_that_is_announced_again_is_not_counted_twice(told: int) -> None:
    """As V11, metasfresh#4805: 30 of 100 are here; whatever is announced then, what is here is part of it."""
    made = shop()
    say(made, 1, due=DAY)
    made.receive(ITEM, 30, purchase=PURCHASE)
    say(made, 2, quantity=told, due=DAY)
    stock = made.stock(ITEM)
    assert stock.positions[0].on_hand + sum(each.ordered - each.received for each in stock.supply) == told


def test_supply_that_comes_too_late_for_a_pledge_takes_from_what_is_free_today() -> None:
    """10 are here and 10 are pledged for day 2 on what comes on day 1; it will come on day 3, so none is free now."""
    made = shop()
    say(made, 1, quantity=10, due=DAY)
    made.item(ITEM, 10, pledges=(Pledge(5, 1, 0, 10, 2 * DAY, 0),), supply=made.stock(ITEM).supply)
    assert made.rules.atp.available(made.stock(ITEM), 0) == (10,)
    say(made, 2, quantity=10, due=3 * DAY)
    assert made.rules.atp.available(made.stock(ITEM), 0) == (0,)
    (told,) = made.sent(AvailabilityChanged)
    assert isinstance(told, AvailabilityChanged) and told.rows[0].quantity == 0
