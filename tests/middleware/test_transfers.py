"""Stock between own sites: at none of them while it is on the road, expected where it is due, closed by one receipt."""

from hypothesis import given
from hypothesis import strategies as st

from policies.atp import LookAhead
from tests.middleware.shop import Shop, rules
from twin.middleware.naive.one_step import one_step
from twin.middleware.unit import LETTERS, Outcome
from twin.model.commands import TransferReceived, TransferShipped
from twin.model.events import MovementRecorded
from twin.model.instant import DAY, HOUR

ITEM, TRUCK = 1, 77


def shop(north: int = 10, south: int = 0) -> Shop:
    made = Shop(rules(sites=2))
    made.item(ITEM, north, south)
    return made


def leaves(shop: Shop, units: int, sequence: int = 0) -> TransferShipped:
    return TransferShipped(
        id=shop.id(), site=0, item=ITEM, quantity=units, transfer=TRUCK, target=1, due=shop.now + 14 * HOUR,
        sequence=sequence or shop.next(ITEM, 0), at=shop.now,
    )  # fmt: skip


def arrives(shop: Shop, units: int, missing: int = 0) -> TransferReceived:
    return TransferReceived(
        id=shop.id(), site=1, item=ITEM, quantity=units, missing=missing, transfer=TRUCK,
        sequence=shop.next(ITEM, 1), at=shop.now,
    )  # fmt: skip


def on_hand(shop: Shop) -> list[int]:
    return [position.on_hand for position in shop.stock(ITEM).positions]


def test_on_the_road_units_are_in_no_bucket_and_incoming_at_their_destination():
    """DOMAIN 2, in transit; DOMAIN 3: A counts what is there, the look-ahead counts what is due."""
    middle = shop()
    assert middle.do(leaves(middle, 4)) is Outcome.APPLIED
    stock = middle.stock(ITEM)
    assert on_hand(middle) == [6, 0]
    assert sum(LookAhead().available(stock, middle.now)) == 6
    (expected,) = stock.supply
    assert (expected.site, expected.ordered - expected.received, expected.due) == (1, 4, 14 * HOUR)
    assert middle.do(arrives(middle, 4)) is Outcome.APPLIED
    assert on_hand(middle) == [6, 4] and middle.stock(ITEM).supply == ()


def test_an_order_beyond_what_is_there_waits_for_the_truck_and_gets_what_it_brings():
    middle = shop(north=4)
    middle.do(leaves(middle, 4))
    assert middle.submit(500, (ITEM, 3)) is Outcome.BACKORDERED
    middle.now = 12 * HOUR
    middle.do(arrives(middle, 4))
    assert middle.order(500).lines[0].allocated == 3
    assert sum(LookAhead().available(middle.stock(ITEM), middle.now)) == 1


def test_a_short_receipt_closes_the_transfer_and_somebody_hears_of_it():
    middle = shop()
    middle.do(leaves(middle, 5))
    middle.do(arrives(middle, 3, missing=2))
    assert on_hand(middle) == [5, 3] and middle.stock(ITEM).supply == ()
    (letter,) = middle.store.rows[LETTERS.number].values()
    assert letter.code == "TRANSFER_SHORT" and "2 of transfer 77" in letter.detail


def test_both_ends_are_posted_to_the_erp_under_the_transfer():
    """DOMAIN 21: transfer, ship and receive."""
    middle = shop()
    middle.do(leaves(middle, 5))
    middle.do(arrives(middle, 4, missing=1))
    posted = [event for event in middle.out if isinstance(event, MovementRecorded)]
    assert [(each.site, each.change, each.reason, each.document) for each in posted] == [
        (0, -5, "transfer", TRUCK), (1, 4, "transfer", TRUCK),
    ]  # fmt: skip


def test_a_fact_that_comes_again_moves_nothing():
    middle = shop()
    there, here = leaves(middle, 5), arrives(middle, 5)
    for fact in (there, there, here, here):
        middle.do(fact)
    again = leaves(middle, 5, sequence=1)
    assert middle.do(again) is Outcome.DUPLICATE
    assert on_hand(middle) == [5, 5]


@given(units=st.integers(1, 10), missing=st.integers(0, 9), first=st.booleans(), later=st.integers(0, 3 * DAY))
def test_whichever_end_is_heard_first_nothing_is_made_or_expected_for_ever(units, missing, first, later):
    """Two sites tell their facts in streams of their own: the receipt may overtake the departure."""
    missing = min(missing, units - 1)
    middle = shop()
    there, here = leaves(middle, units), arrives(middle, units - missing, missing)
    for fact in (here, there) if first else (there, here):
        middle.do(fact)
    middle.until(later)
    stock = middle.stock(ITEM)
    assert on_hand(middle) == [10 - units, units - missing]
    assert sum(known.ordered - known.received for known in stock.supply) == 0


def test_a_transfer_in_one_step_is_promised_on_the_truck_and_what_the_truck_loses_stays_in_the_book():
    """The naive table: goods are on the other shelf when they leave; the standard one lets the order wait."""
    naive = shop(north=4)
    naive.procedures = one_step()
    naive.do(leaves(naive, 4))
    assert on_hand(naive) == [0, 4]
    assert naive.submit(500, (ITEM, 3)) is Outcome.ACCEPTED
    naive.do(arrives(naive, 3, missing=1))
    assert on_hand(naive) == [0, 4] and naive.store.rows[LETTERS.number] == {}
    right = shop(north=4)
    right.do(leaves(right, 4))
    assert right.submit(500, (ITEM, 3)) is Outcome.BACKORDERED
