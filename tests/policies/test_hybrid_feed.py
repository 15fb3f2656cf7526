"""Claims about master data that comes in batches and as events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.hybrid_feed import Absence, Change, HybridFeed, Known
from twin.model.instant import HOUR, MINUTE

FEED = HybridFeed()
TWO, HALF_PAST_TWO = 2 * HOUR, 2 * HOUR + 30 * MINUTE


@pytest.mark.vector("V72", rule="13", code="policies.hybrid_feed.HybridFeed.rule", scenario="master_data_batch")
def test_v72_a_batch_row_does_not_undo_an_event_after_its_cut() -> None:
    """V72, computed: the batch of 02:00 loads at 04:00, after an event of 02:30 has changed the price."""
    event = FEED.rule(Known(3, TWO - HOUR), Change(4, HALF_PAST_TWO))
    assert event.reason == "APPLY"
    assert FEED.rule(event.known, Change(0, TWO), cut=TWO) == (event.known, "STALE")
    assert FEED.rule(event.known, Change(3, TWO), cut=TWO) == (event.known, "STALE")


@pytest.mark.vector("V73", rule="13", code="policies.hybrid_feed.HybridFeed.absent", scenario="master_data_batch")
def test_v73_absence_deletes_little_and_only_what_is_older_than_the_cut() -> None:
    """V73, openlinker#2222: a snapshot that lacks 15 % of the keys; one that lacks a key changed after its cut."""
    known = {key: Known(1, HOUR) for key in range(100)}
    assert FEED.absent(known, range(15, 100), TWO) == Absence((), "DELETION_GUARD")
    assert FEED.absent(known, range(10, 100), TWO) == Absence(tuple(range(10)), "DELETE")
    known[7] = Known(2, HALF_PAST_TWO)
    assert FEED.absent(known, [key for key in range(100) if key != 7], TWO) == Absence((), "DELETE")


@pytest.mark.vector("V74", rule="13", code="policies.hybrid_feed.HybridFeed.rule", scenario="master_data_batch")
@pytest.mark.parametrize("second_cut", [TWO, TWO + HOUR])
def test_v74_a_key_made_anew_lives_in_one_pass_or_in_two(second_cut: int) -> None:
    """V74, open-msupply#12613: deleted at version 5, made again at 6, in one batch or in the next."""
    deleted = FEED.rule(Known(4, HOUR), Change(5, TWO, delete=True), cut=TWO)
    assert deleted.known.deleted
    anew = FEED.rule(deleted.known, Change(6, second_cut), cut=second_cut)
    assert anew == (Known(6, second_cut), "APPLY")
    assert FEED.rule(anew.known, Change(5, TWO, delete=True), cut=second_cut) == (anew.known, "STALE")


@pytest.mark.vector("V72", rule="13", code="policies.hybrid_feed.HybridFeed.rule", scenario="master_data_batch")
@pytest.mark.parametrize(
    ("changed_at", "cut", "reason"),
    [(TWO - 1, TWO, "APPLY"), (TWO, TWO, "STALE"), (TWO + 1, TWO, "STALE"), (0, TWO, "APPLY")],
)
def test_v72_a_row_without_a_version_applies_only_if_the_cut_is_after_the_last_change(
    changed_at: int, cut: int, reason: str
) -> None:
    """As V72, at the limit: what changed at the very cut is not undone by it."""
    assert FEED.rule(Known(0, changed_at), Change(0, cut), cut=cut).reason == reason


@pytest.mark.vector("V73", rule="13", code="policies.hybrid_feed.HybridFeed.absent", scenario="master_data_batch")
@pytest.mark.parametrize(
    ("keys", "left_out", "reason"),
    [
        (0, 0, "DELETE"),
        (9, 1, "DELETION_GUARD"),
        (10, 1, "DELETE"),
        (1_000, 100, "DELETE"),
        (1_000, 101, "DELETION_GUARD"),
    ],
)
def test_v73_the_guard_at_its_limit(keys: int, left_out: int, reason: str) -> None:
    """As V73: no key at all; one of nine is more than a tenth; one of ten is not."""
    known = {key: Known(1, HOUR) for key in range(keys)}
    absence = FEED.absent(known, range(left_out, keys), TWO)
    assert (absence.reason, len(absence.deleted)) == (reason, left_out if reason == "DELETE" else 0)


def test_a_tombstone_is_not_revived_by_an_older_upsert() -> None:
    tombstone = Known(5, TWO, deleted=True)
    assert FEED.rule(tombstone, Change(4, HALF_PAST_TWO)) == (tombstone, "STALE")
    assert FEED.rule(tombstone, Change(0, HOUR)) == (tombstone, "STALE")
    assert FEED.absent({1: tombstone}, [], 3 * HOUR) == Absence((), "DELETE")


@given(st.permutations(list(range(1, 7))), st.lists(st.booleans(), min_size=6, max_size=6))
def test_versioned_events_in_any_order_end_at_the_highest(order: list[int], deletes: list[bool]) -> None:
    known: Known | None = None
    for version in order:
        known = FEED.rule(known, Change(version, version * MINUTE, deletes[version - 1])).known
    assert known == Known(6, 6 * MINUTE, deletes[5])
