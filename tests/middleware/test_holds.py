"""Units that are found to be of another kind: what is on hand stays, what may be sold changes."""

from itertools import pairwise

import pytest

from policies.atp import free, shortage
from tests.middleware.shop import Shop, rules
from twin.middleware.unit import LETTERS, Outcome
from twin.model.commands import StockReblocked
from twin.model.dead_letter import DeadLetter
from twin.model.events import AvailabilityChanged, MovementRecorded
from twin.model.order import LinePolicy
from twin.model.stock import Bucket

ITEM = 1
S, Q, D, H = Bucket.SELLABLE, Bucket.QUALITY, Bucket.DAMAGED, Bucket.HELD


def shop(sellable: int, policy: LinePolicy = LinePolicy.BACKORDER) -> Shop:
    made = Shop(rules((policy,)))
    made.item(ITEM, sellable)
    return made


def reblock(made: Shop, units: int, source: Bucket, target: Bucket, sequence: int = 0) -> Outcome:
    return made.do(
        StockReblocked(
            id=made.id(),
            site=0,
            item=ITEM,
            quantity=units,
            source=source,
            target=target,
            reason="inspection",
            sequence=sequence or made.next(ITEM, 0),
            at=made.now,
        )
    )


def buckets(made: Shop) -> tuple[int, int, int, int]:
    (position,) = made.stock(ITEM).positions
    return position.sellable, position.quality, position.damaged, position.held


@pytest.mark.vector("V01", rule="2", code="twin.middleware.inventory.movements.book_stock_fact", scenario="whole_house")
@pytest.mark.parametrize(
    ("path", "after"),
    [
        ((S, Q), (90, 10, 0, 0)),
        ((S, H), (90, 0, 0, 10)),
        ((S, H, S), (100, 0, 0, 0)),
        ((S, H, D), (90, 0, 10, 0)),
        ((S, Q, H, D, S), (100, 0, 0, 0)),
    ],
)
def test_v01_each_unit_is_in_one_bucket_and_what_is_on_hand_stays(
    path: tuple[Bucket, ...], after: tuple[int, int, int, int]
) -> None:
    """As V01: 100 sellable, 25 committed, 10 of them go from bucket to bucket; on_hand stays 100 and C stays 25."""
    made = shop(100)
    made.submit(7, (ITEM, 25))
    for source, target in pairwise(path):
        assert reblock(made, 10, source, target) is Outcome.APPLIED
    stock = made.stock(ITEM)
    assert buckets(made) == after
    assert (stock.positions[0].on_hand, stock.positions[0].committed) == (100, 25)
    assert free(stock, 0, made.now) == after[0] - 25
    assert made.sent(MovementRecorded) == [], "a move between buckets has no value"


@pytest.mark.vector("V02", rule="2", code="policies.atp.shortage", scenario="oversell")
def test_v02_what_is_put_on_hold_may_be_promised_already() -> None:
    """As V02: 25 of 30 are promised, 10 go on hold: F is -5, and somebody is told."""
    made = shop(30)
    made.submit(7, (ITEM, 25))
    reblock(made, 10, S, H)
    stock = made.stock(ITEM)
    assert (free(stock, 0, 0), shortage(stock, 0, 0), stock.positions[0].committed) == (-5, 5, 25)
    letters = [row for row in made.store.rows[LETTERS.number].values() if isinstance(row, DeadLetter)]
    assert [letter.code for letter in letters] == ["OVERCOMMITTED"]
    told = made.sent(AvailabilityChanged)[-1]
    assert isinstance(told, AvailabilityChanged) and told.rows[0].quantity == 0


def test_what_is_good_after_all_goes_to_who_waits() -> None:
    made = shop(10)
    reblock(made, 10, S, H)
    made.submit(7, (ITEM, 4))
    assert made.order(7).lines[0].backordered == 4
    reblock(made, 10, H, S)
    assert made.order(7).lines[0].allocated == 4 and buckets(made) == (10, 0, 0, 0)


@pytest.mark.parametrize(
    ("units", "source", "target"), [(0, S, H), (-1, S, H), (1, S, S), (1, Bucket.OUTSIDE, S), (1, S, Bucket.OUTSIDE)]
)
def test_what_makes_no_sense_is_for_a_person(units: int, source: Bucket, target: Bucket) -> None:
    made = shop(10)
    assert reblock(made, units, source, target, sequence=1) is Outcome.QUEUED
    assert buckets(made) == (10, 0, 0, 0)


def test_facts_of_a_stream_keep_their_order_and_a_repeat_changes_nothing() -> None:
    made = shop(10)
    assert reblock(made, 4, H, D, sequence=2) is Outcome.APPLIED
    assert buckets(made) == (10, 0, 0, 0), "it is held"
    reblock(made, 4, S, H, sequence=1)
    assert buckets(made) == (6, 0, 4, 0)
    assert reblock(made, 4, S, H, sequence=1) in (Outcome.DUPLICATE, Outcome.SEQ_CONFLICT)
    assert buckets(made) == (6, 0, 4, 0)
