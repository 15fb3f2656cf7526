"""Claims about what becomes of units that cannot be had."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.line_policy import ShortagePolicy
from twin.model.order import LinePolicy

FOK, COMPLETE, PARTIAL, BACKORDER = LinePolicy


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FOK, (0, 0, 0, 10, "KILLED")),
        (COMPLETE, (0, 0, 10, 0, "WAITS")),
        (PARTIAL, (6, 0, 0, 4, "CUT")),
        (BACKORDER, (6, 0, 4, 0, "WAITS")),
    ],
)
def test_six_of_ten_to_be_had(kind: LinePolicy, expected: tuple[int, int, int, int, str]) -> None:
    assert ShortagePolicy(kind).settle(10, 6) == expected


@pytest.mark.vector("V91", rule="6", code="policies.line_policy.ShortagePolicy.settle")
def test_v91_units_that_a_warehouse_is_short_of_follow_the_policy_class() -> None:
    """V91, computed: 4 short; BACKORDER waits, PARTIAL and FILL_OR_KILL cut."""
    assert ShortagePolicy(BACKORDER).settle(4, 0).backordered == 4
    assert ShortagePolicy(PARTIAL).settle(4, 0).cancelled == 4
    assert ShortagePolicy(FOK).settle(4, 0) == (0, 0, 0, 4, "KILLED")


def test_backorder_depth_is_a_limit() -> None:
    assert ShortagePolicy(BACKORDER, depth=5).settle(10, 6, waiting=2) == (6, 0, 3, 1, "DEPTH")
    assert ShortagePolicy(BACKORDER, depth=0).settle(10, 6) == (6, 0, 0, 4, "DEPTH")
    assert ShortagePolicy(COMPLETE, depth=9).settle(10, 6) == (0, 0, 0, 10, "DEPTH")


def test_a_date_for_the_rest_is_a_pledge_and_ship_complete_wants_one_for_all() -> None:
    assert ShortagePolicy(FOK).settle(10, 6, later=4) == (6, 4, 0, 0, "FILLED")
    assert ShortagePolicy(BACKORDER).settle(10, 6, later=3) == (6, 3, 1, 0, "WAITS")
    assert ShortagePolicy(COMPLETE).settle(10, 6, later=4) == (0, 0, 10, 0, "WAITS")
    assert ShortagePolicy(COMPLETE).settle(10, 6, later=10) == (0, 10, 0, 0, "FILLED")


units = st.integers(0, 20)


@given(st.sampled_from(LinePolicy), st.none() | units, st.integers(1, 20), units, units, units)
def test_every_unit_ends_in_one_class(
    kind: LinePolicy, depth: int | None, wanted: int, at_once: int, later: int, waiting: int
) -> None:
    settled = ShortagePolicy(kind, depth).settle(wanted, at_once, later, waiting)
    assert sum(settled[:4]) == wanted
    assert min(settled[:4]) >= 0
    assert settled.allocated <= at_once
    assert settled.pledged <= later
