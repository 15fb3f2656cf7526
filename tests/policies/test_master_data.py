"""Two writers of one item: each is believed in what is his, whatever the other has said meanwhile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.master_data import MasterData
from twin.model.master import ERP, MASTER, MasterItem, Writer

RULE = MasterData(items=9)


def row(version: int, erp: int, *, active: bool = True, blocked: bool = False) -> MasterItem:
    return MasterItem(1, version, version, active, blocked=blocked, erp_version=erp)


@pytest.mark.vector("V64", rule="10,13", code="policies.master_data.MasterData.rule", scenario="master_data_batch")
@pytest.mark.parametrize(
    ("told", "by", "expected", "reason"),
    [
        (row(3, 1), MASTER, None, "STALE"),  # BEFORE
        (row(3, 2), MASTER, None, "STALE"),  # EQUAL
        (row(4, 2, active=False), MASTER, row(4, 2, active=False), "APPLY"),  # AFTER
        (row(4, 1, active=False, blocked=True), MASTER, row(4, 2, active=False), "MERGED"),  # CONCURRENT
        (row(2, 3, active=False, blocked=True), ERP, row(3, 3, blocked=True), "MERGED"),
        (row(3, 3, active=False, blocked=True), ERP, row(3, 3, blocked=True), "NOT_AUTHORITY"),
        (row(4, 2, active=False, blocked=True), MASTER, row(4, 2, active=False), "NOT_AUTHORITY"),
    ],
)
def test_v64_a_row_of_two_writers_is_taken_by_authority(
    told: MasterItem, by: Writer, expected: MasterItem | None, reason: str
) -> None:
    """Stored: {MASTER 3, ERP 2}, on sale and free. The master says what is sold at all, the ERP what is blocked."""
    merged = RULE.rule(row(3, 2), told, by=by)
    assert (merged.row, merged.reason) == (expected, reason)


def test_a_batch_row_leaves_the_erps_block_alone() -> None:
    """The file is the master's alone, and its picture of the ERP's blocks is as old as its cut."""
    told = MasterItem(1, 4, 4)
    assert RULE.rule(row(3, 2, blocked=True), told, cut=9).row == MasterItem(1, 4, 9, blocked=True, erp_version=2)


@given(
    changes=st.lists(st.tuples(st.sampled_from([MASTER, ERP]), st.booleans(), st.integers(0, 3)), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_in_whatever_order_two_writers_are_heard_the_last_word_of_each_stands(
    changes: list[tuple[Writer, bool, int]], order: object
) -> None:
    """Each change is written with a picture of the other that is up to three changes old; all are told in any order."""
    history = [row(1, 1)]
    told: list[tuple[Writer, MasterItem]] = []
    for by, flag, lag in changes:
        now, seen = history[-1], history[max(0, len(history) - 1 - lag)]
        if by == MASTER:
            history.append(now.said(now.version + 1, now.version + 1, active=flag, deleted=False))
            told.append((by, history[-1].with_block(seen.blocked, seen.erp_version)))
        else:
            history.append(now.with_block(flag, now.erp_version + 1))
            told.append((by, seen.with_block(flag, now.erp_version + 1)))
    order.shuffle(told)  # type: ignore[attr-defined]  # a generator of Hypothesis
    known = history[0]
    for by, each in told:
        known = RULE.rule(known, each, by=by).row or known
    truth = history[-1]
    assert (known.active, known.blocked, known.versions) == (truth.active, truth.blocked, truth.versions)
