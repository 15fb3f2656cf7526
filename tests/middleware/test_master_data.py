"""Master data through the procedures: batches against events, the deletion guard, tombstones, and what channels see."""

from fractions import Fraction

import pytest

from policies.hybrid_feed import HybridFeed
from policies.master_data import MasterData
from tests.middleware.shop import Shop, rules
from twin.middleware.master_data.feed import opened
from twin.middleware.naive.last_writer import last_writer
from twin.middleware.unit import LETTERS, MASTER, PARKED, Outcome
from twin.model.commands import EvaluatePublication, ItemChanged, MasterBatch
from twin.model.events import PublishStock
from twin.model.instant import HOUR, MINUTE, Now
from twin.model.master import ERP, MasterItem
from twin.model.order import HoldKind, Intake

TWO, HALF_PAST_TWO, FOUR = 2 * HOUR, 2 * HOUR + 30 * MINUTE, 4 * HOUR
ITEMS = 20


def shop(*, naive: bool = False) -> Shop:
    made = Shop(rules(master=MasterData(items=ITEMS, feed=HybridFeed(Fraction(1, 10)))))
    if naive:
        made.procedures = last_writer()
    for row in opened(made.rules, Now(0, 0)):
        made.store.rows[MASTER.number][row.item] = row
    for item in range(ITEMS):
        made.item(item, 5)
    return made


def row(made: Shop, item: int) -> MasterItem:
    found = made.store.get(MASTER, item)
    assert found is not None
    return found


def told(made: Shop, item: int, version: int, at: int, *, active: bool = True, deleted: bool = False) -> Outcome:
    return made.do(ItemChanged(id=made.id(), row=MasterItem(item, version, at, active, deleted)))


def batch(made: Shop, cut: int, *left_out: int, complete: bool = True) -> Outcome:
    """Load the picture of a cut in which every item is on sale at version 1, but for those that it leaves out."""
    rows = tuple([MasterItem(item, 1, 0) for item in range(ITEMS) if item not in left_out])
    return made.do(MasterBatch(id=made.id(), cut=cut, complete=complete, rows=rows))


@pytest.mark.vector("V72", rule="13", code="twin.middleware.master_data.feed.load_batch", scenario="master_data_batch")
def test_v72_an_event_after_the_cut_outlives_the_batch() -> None:
    """V72, computed: the batch of 02:00 loads at 04:00; an event of 02:30 took the item off sale."""
    made = shop()
    told(made, 3, 2, HALF_PAST_TWO, active=False)
    made.until(FOUR)
    batch(made, TWO)
    assert not row(made, 3).active


def test_the_last_writer_undoes_what_happened_between_cut_and_load() -> None:
    made = shop(naive=True)
    told(made, 3, 2, HALF_PAST_TWO, active=False)
    made.until(FOUR)
    batch(made, TWO)
    assert row(made, 3).active


@pytest.mark.vector("V73", rule="13", code="twin.middleware.master_data.feed.load_batch", scenario="master_data_batch")
@pytest.mark.parametrize(("left_out", "deleted", "codes"), [(2, 2, []), (3, 0, ["DELETION_GUARD"])])
def test_v73_a_batch_that_leaves_out_too_much_deletes_nothing(left_out: int, deleted: int, codes: list[str]) -> None:
    """V73, openlinker#2222: two of twenty items are a tenth, three are more."""
    made = shop()
    batch(made, TWO, *range(left_out))
    assert sum(row(made, item).deleted for item in range(ITEMS)) == deleted
    letters = made.store.rows[LETTERS.number].values()
    assert [letter.code for letter in letters] == codes  # type: ignore[attr-defined]  # rows of this table are letters


def test_the_last_writer_believes_half_a_file() -> None:
    made = shop(naive=True)
    batch(made, TWO, *range(10))
    assert sum(row(made, item).deleted for item in range(ITEMS)) == 10


def test_a_file_that_says_what_is_known_replaces_no_row() -> None:
    """Else work under way that has read the rows would meet a conflict over nothing."""
    made = shop(naive=True)
    told(made, 3, 1, 0)
    known = [row(made, item) for item in range(ITEMS)]
    batch(made, TWO)
    assert all(row(made, item) is known[item] for item in range(ITEMS))


def test_absence_from_an_incomplete_batch_means_nothing() -> None:
    made = shop()
    batch(made, TWO, 1, complete=False)
    assert not row(made, 1).deleted


@pytest.mark.vector("V73", rule="13", code="twin.middleware.master_data.feed.load_batch", scenario="master_data_batch")
def test_v73_a_key_that_changed_after_the_cut_is_kept() -> None:
    """V73, openlinker#2222: the snapshot lacks one key, which changed after its cut."""
    made = shop()
    told(made, 1, 2, HALF_PAST_TWO)
    batch(made, TWO, 1)
    assert not row(made, 1).deleted


@pytest.mark.vector("V74", rule="13", code="twin.middleware.master_data.feed.change_item", scenario="master_data_batch")
def test_v74_a_tombstone_keeps_its_version_and_only_a_higher_one_revives_the_item() -> None:
    """V74, open-msupply#12613: deleted at version 5, made again at 6; 4 comes late."""
    made = shop()
    assert told(made, 1, 5, TWO, deleted=True) is Outcome.APPLIED
    assert told(made, 1, 4, HALF_PAST_TWO) is Outcome.SUPERSEDED
    assert row(made, 1).deleted
    assert told(made, 1, 6, FOUR) is Outcome.APPLIED
    assert (row(made, 1).deleted, row(made, 1).version) == (False, 6)


def test_a_closed_item_takes_no_new_orders_and_open_ones_go_on() -> None:
    made = shop()
    made.submit(7, (1, 3))
    told(made, 1, 2, 1, active=False)
    assert made.submit(8, (1, 1)) is Outcome.REJECTED
    assert made.order(7).lines[0].allocated == 3
    (letter,) = made.store.rows[LETTERS.number].values()
    assert (letter.code, letter.category) == ("ITEM_CLOSED", "VALIDATION")  # type: ignore[attr-defined]
    refused = made.order(8)
    assert made.submit(8, (1, 1)) is Outcome.DUPLICATE and made.order(8) is refused
    told(made, 1, 3, 2)
    assert made.submit(9, (1, 1)) is Outcome.ACCEPTED


def test_channels_are_told_of_nothing_while_an_item_is_closed() -> None:
    made = shop()
    told(made, 1, 2, 1, active=False)
    made.do(EvaluatePublication(id=made.id(), channel=0, items=(1, 2)))
    told(made, 1, 3, 2)
    made.do(EvaluatePublication(id=made.id(), channel=0, items=(1,)))
    pushes = [event for event in made.sent(PublishStock) if isinstance(event, PublishStock)]
    assert [(each.item, each.quantity) for push in pushes for each in push.rows] == [(2, 5), (1, 5)]


def test_an_item_that_arrives_raises_all_that_has_waited_for_it() -> None:
    """A receipt before the item is entered, and an order for it: the one is booked, the other goes on."""
    made = Shop(rules(master=MasterData(items=ITEMS, opened=3)))
    for row in opened(made.rules, Now(0, 0)):
        made.store.rows[MASTER.number][row.item] = row
    assert made.receive(7, 5) is Outcome.QUEUED
    assert made.submit(70, (7, 2)) is Outcome.APPLIED
    assert [hold.kind for hold in made.order(70).holds] == [HoldKind.REFERENCE]
    made.now = 5 * MINUTE
    told(made, 7, 1, made.now)
    assert made.stock(7).positions[0].sellable == 5
    assert (made.order(70).holds, made.order(70).lines[0].allocated) == ((), 2)
    assert not made.store.rows[PARKED.number]
    made.until(HOUR)
    assert made.order(70).intake is Intake.ACCEPTED, "the end of the hold finds nothing to withdraw"


def test_an_order_for_two_new_items_waits_for_both() -> None:
    made = Shop(rules(master=MasterData(items=ITEMS, opened=3)))
    made.submit(70, (7, 2), (8, 1))
    told(made, 7, 1, 0)
    assert [hold.kind for hold in made.order(70).holds] == [HoldKind.REFERENCE]
    told(made, 8, 1, 0)
    assert made.order(70).holds == ()
    assert [line.backordered for line in made.order(70).lines] == [2, 1]


def test_the_erp_blocks_an_item_and_is_not_believed_in_what_is_the_masters() -> None:
    made = shop()
    blocked = MasterItem(3, 1, 1, active=False, blocked=True, erp_version=1)
    assert made.do(ItemChanged(id=made.id(), row=blocked, by=ERP)) is Outcome.APPLIED
    assert (row(made, 3).active, row(made, 3).blocked) == (True, True)
    (letter,) = made.store.rows[LETTERS.number].values()
    assert letter.code == "NOT_AUTHORITY"  # type: ignore[attr-defined]  # a letter
    assert made.submit(70, (3, 1)) is Outcome.REJECTED
