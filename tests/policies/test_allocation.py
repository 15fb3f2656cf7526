"""Claims about dividing scarce stock."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.allocation import Claimant, FairShare


def claimants(*wanted: int) -> list[Claimant]:
    return [Claimant(order, units, order) for order, units in enumerate(wanted)]


@pytest.mark.vector("V34", rule="6", code="policies.allocation.FairShare.share", scenario="promise_dates")
@pytest.mark.parametrize(
    ("available", "pack", "wanted", "expected", "free"),
    [
        (100, 1, (70, 50, 30), (47, 33, 20), 0),
        (40, 6, (24, 18, 12), (18, 12, 6), 4),
        (7, 1, (5, 5, 5), (3, 2, 2), 0),
    ],
)
def test_v34_largest_remainder(
    available: int, pack: int, wanted: tuple[int, ...], expected: tuple[int, ...], free: int
) -> None:
    """V34, computed."""
    shares = FairShare(pack).share(available, claimants(*wanted))
    assert (shares.given, shares.free, shares.reason) == (expected, free, "SCARCE")


@pytest.mark.vector("V34", rule="6", code="policies.allocation.FairShare.share", scenario="promise_dates")
@pytest.mark.parametrize(
    ("available", "pack", "wanted", "expected", "free"),
    [
        (0, 1, (5, 5), (0, 0), 0),
        (1, 1, (5, 5, 5), (1, 0, 0), 0),
        (5, 2, (3, 3, 3), (2, 2, 0), 1),
        (9, 1, (10, 1), (8, 1), 0),
        (11, 12, (24, 24), (0, 0), 11),
        (1_000_000_007, 1, (10**12, 10**12, 1), (500_000_004, 500_000_003, 0), 0),
    ],
)
def test_v34_further_shares(
    available: int, pack: int, wanted: tuple[int, ...], expected: tuple[int, ...], free: int
) -> None:
    """As V34: nothing; one for three; a cap of one pack each; a small claim; less than a pack; beyond a float."""
    shares = FairShare(pack).share(available, claimants(*wanted))
    assert (shares.given, shares.free) == (expected, free)


def test_ties_go_to_the_earlier_order_and_then_to_the_lower_id() -> None:
    late, early, twin = Claimant(1, 5, 9), Claimant(2, 5, 3), Claimant(3, 5, 3)
    assert FairShare().share(1, [late, early, twin]).given == (0, 1, 0)
    assert FairShare().share(2, [late, twin, early]).given == (0, 1, 1)


def test_enough_for_all_leaves_the_rest_free() -> None:
    assert FairShare(6).share(100, claimants(13, 5)) == ((12, 0), 88, "ENOUGH")
    assert FairShare().share(-3, claimants(1)) == ((0,), 0, "SCARCE")
    assert FairShare().share(5, []) == ((), 5, "ENOUGH")


def test_packs_that_a_full_claimant_cannot_take_go_to_the_others() -> None:
    """11 quanta want one whole pack of 6 only; by demand alone it would be due 1.2 of 2 packs and the others 0.4."""
    assert FairShare(6).share(12, claimants(11, 4, 3)).given == (6, 0, 0)
    assert FairShare(6).share(12, claimants(11, 7)).given == (6, 6)


@given(st.integers(0, 200), st.integers(1, 7), st.lists(st.integers(1, 60), max_size=6))
def test_fair_share_conserves_and_never_gives_more_than_is_wanted(available: int, pack: int, wanted: list[int]) -> None:
    shares = FairShare(pack).share(available, claimants(*wanted))
    packs = [units // pack for units in wanted]
    assert sum(shares.given) + shares.free == available
    assert all(units % pack == 0 and units // pack <= most for units, most in zip(shares.given, packs, strict=True))
    assert sum(shares.given) == min(available // pack, sum(packs)) * pack
    ordered = sorted(zip(wanted, shares.given, strict=True))
    assert all(given <= more + pack for (_, given), (_, more) in pairwise(ordered))


def test_who_wants_less_than_nothing_gets_nothing_and_gives_nothing() -> None:
    assert FairShare().share(5, [Claimant(1, -3, 0), Claimant(2, 4, 0)]).given == (0, 4)
