"""Goods by catch weight: two quantities, of which neither is computed from the other."""

import pytest

from policies.catalogue import Catalogue
from policies.posting import Posting
from tests.middleware.shop import Shop, rules
from twin.middleware.inventory.posting import stream_key
from twin.middleware.unit import WEIGHTS, Outcome
from twin.model.commands import (
    LineQuantity,
    ShipmentConfirmed,
    StockAdjusted,
    StockReceived,
    StockSnapshot,
)
from twin.model.events import FulfilmentRecorded, MovementRecorded, ReleaseToWarehouse
from twin.model.identifiers import CrossReference, ForeignKey, Reference, Target
from twin.model.instant import MINUTE
from twin.model.stock import Movement, Weighed
from twin.model.written import WrittenLine

CHEESE, CASE = 1, 7


def shop(**more: object) -> Shop:
    made = Shop(rules(**more))
    made.item(CHEESE, 0)
    return made


def receive(made: Shop, pieces: int, grams: int, sequence: int) -> Outcome:
    return made.do(
        StockReceived(id=made.id(), site=0, item=CHEESE, quantity=pieces, sequence=sequence, at=made.now, weight=grams)
    )


def ship(made: Shop, *weights: tuple[int, int], pieces: int = 2, key: int = 3) -> Outcome:
    (release,) = [event for event in made.out if isinstance(event, ReleaseToWarehouse)]
    return made.do(
        ShipmentConfirmed(
            id=made.id(),
            case=CASE,
            key=key,
            release=release.release,
            site=0,
            lines=(LineQuantity(1, pieces),),
            at=made.now,
            weights=tuple([LineQuantity(line, grams) for line, grams in weights]),
        )
    )


def on_hand(made: Shop) -> tuple[int, int]:
    row = made.store.get(WEIGHTS, stream_key(CHEESE, 0)) or Weighed()
    return made.stock(CHEESE).positions[0].sellable, row.on_hand


def ledger(made: Shop) -> list[tuple[int, int]]:
    rows = [row for name, _, row in made.store.journal if name == "movements"]
    return [(row.quantity, row.weight) for row in rows if isinstance(row, Movement)]


def test_pieces_and_weight_come_and_go_side_by_side() -> None:
    """Five pieces of 12.7 kg come, two of 5.3 kg go: three are left, and they weigh 7.4 kg, not three fifths."""
    made = shop()
    receive(made, 5, 12_700, 1)
    made.submit(CASE, (CHEESE, 2))
    assert ship(made, (1, 5_300)) is Outcome.APPLIED
    assert on_hand(made) == (3, 7_400)
    assert ledger(made) == [(5, 12_700), (2, 5_300)]
    line = made.order(CASE).lines[0]
    assert (line.shipped, line.weight) == (2, 5_300)
    (receipt,) = made.sent(MovementRecorded)
    (fulfilment,) = made.sent(FulfilmentRecorded)
    assert isinstance(receipt, MovementRecorded) and (receipt.change, receipt.weight) == (5, 12_700)
    assert isinstance(fulfilment, FulfilmentRecorded) and fulfilment.weights == (LineQuantity(1, 5_300),)


def test_a_shipment_told_twice_weighs_once() -> None:
    made = shop()
    receive(made, 5, 12_700, 1)
    made.submit(CASE, (CHEESE, 2))
    ship(made, (1, 5_300))
    assert ship(made, (1, 5_300)) is Outcome.NOOP
    assert on_hand(made) == (3, 7_400) and made.order(CASE).lines[0].weight == 5_300


@pytest.mark.parametrize(
    ("grams", "left"),
    [((), 12_700), (((1, 0),), 12_700), (((1, 12_700),), 0), (((1, 13_000),), -300), (((1, 2_000), (1, 3_300)), 7_400)],
)
def test_the_weight_of_a_shipment_is_what_the_scales_say(grams: tuple[tuple[int, int], ...], left: int) -> None:
    """Not weighed; nothing; all of it; more than there is, for pieces are what is counted; two parcels of one line."""
    made = shop()
    receive(made, 5, 12_700, 1)
    made.submit(CASE, (CHEESE, 2))
    ship(made, *grams)
    assert on_hand(made) == (3, left)


def test_a_count_changes_each_quantity_by_what_it_found() -> None:
    """One piece less and 40 g more: what dried and what was wrongly weighed are in one fact."""
    made = shop()
    receive(made, 5, 12_700, 1)
    adjusted = StockAdjusted(
        id=made.id(), site=0, item=CHEESE, change=-1, reason="count", sequence=2, at=0, weight=-2_500
    )
    made.do(adjusted)
    assert on_hand(made) == (4, 10_200)
    made.do(StockAdjusted(id=made.id(), site=0, item=CHEESE, change=0, reason="count", sequence=3, at=0, weight=40))
    assert on_hand(made) == (4, 10_240)


def test_facts_in_any_order_and_twice_weigh_the_same() -> None:
    for order in ((1, 2, 3), (3, 2, 1), (2, 2, 1, 3, 1)):
        made = shop()
        for sequence in order:
            receive(made, sequence, 1_000 * sequence + sequence, sequence)
        assert on_hand(made) == (6, 6_006), order


def test_a_snapshot_says_what_the_missing_facts_weigh() -> None:
    """1 is booked, 2 is missing, 3 is held; a snapshot as of 2 says that both of them weigh 7.1 kg."""
    made = shop()
    receive(made, 2, 5_000, 1)
    receive(made, 4, 9_900, 3)
    made.do(StockSnapshot(id=made.id(), site=0, item=CHEESE, net=3, sequence=2, at=0, weight=7_100))
    assert on_hand(made) == (7, 17_000)
    assert ledger(made) == [(2, 5_000), (1, 2_100), (4, 9_900)]
    assert receive(made, 1, 9_999, 2) is Outcome.SUPERSEDED and on_hand(made) == (7, 17_000)


def test_summed_postings_sum_both() -> None:
    made = shop(posting=Posting(kind="summed", every_us=MINUTE))
    receive(made, 2, 5_000, 1)
    receive(made, 3, 7_700, 2)
    made.until(MINUTE)
    (event,) = made.sent(MovementRecorded)
    assert isinstance(event, MovementRecorded) and (event.change, event.weight) == (5, 12_700)


@pytest.mark.vector("V42", rule="7", code="policies.catalogue.Catalogue.read", scenario="packs_and_kits")
@pytest.mark.parametrize("unit", ["KGM", "GRM", "LBR"])
def test_v42_pieces_that_are_weighed_cannot_be_ordered_by_weight(unit: str) -> None:
    """As V42: where there is no ratio none is made up, however much a piece weighs."""
    key = ForeignKey("sku", "web", "CHEESE")
    known = CrossReference(1, {key: (Reference(key, Target(CHEESE, "EA")),)})
    reading = Catalogue(references=known, issuers=("web",)).read((), (WrittenLine("sku", "CHEESE", "3", unit),), 0, 0)
    assert [fault.code for fault in reading.errors] == ["UOM_UNKNOWN"]


def test_what_is_not_weighed_has_no_row() -> None:
    made = shop()
    receive(made, 5, 0, 1)
    made.submit(CASE, (CHEESE, 2))
    ship(made)
    assert made.store.rows[WEIGHTS.number] == {} and on_hand(made) == (3, 0)
