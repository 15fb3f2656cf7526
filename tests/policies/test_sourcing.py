"""Claims about which locations ship an order."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.sourcing import Site, Sourcing, SourcingPlan

A, B, C = Site(1, 0, 1, 0), Site(2, 0, 2, 1), Site(3, 0, 3, 2)
RULE = Sourcing()


@pytest.mark.vector("V38", rule="6", code="policies.sourcing.Sourcing.choose", scenario="first_day")
def test_v38_one_location_first_then_the_smallest_set_by_priority() -> None:
    """V38, computed: need x5 y3; A x5, B x3 y4, C x5 y4; then C has x4."""
    needs = [(1, 5), (2, 3)]
    alone = RULE.choose(needs, [(5, 3, 5), (0, 4, 4)], [C, B, A])
    assert alone == SourcingPlan((((2, 5),), ((2, 3),)), (0, 0), "SINGLE")
    together = RULE.choose(needs, [(5, 3, 4), (0, 4, 4)], [C, B, A])
    assert together == SourcingPlan((((0, 5),), ((1, 3),)), (0, 0), "SMALLEST_SET")


@pytest.mark.vector("V38", rule="6", code="policies.sourcing.Sourcing.choose", scenario="first_day")
@pytest.mark.parametrize(
    ("available", "parts", "reason"),
    [
        ((5, 5, 5), ((0, 5),), "SINGLE"),
        ((4, 5, 5), ((1, 5),), "SINGLE"),
        ((4, 4, 1), ((0, 4), (1, 1)), "SMALLEST_SET"),
        ((2, 2, 1), ((0, 2), (1, 2), (2, 1)), "SMALLEST_SET"),
        ((1, 2, 3), ((1, 2), (2, 3)), "SMALLEST_SET"),
        ((2, 2, 0), ((0, 2), (1, 2)), "SHORT"),
        ((0, 0, 0), (), "NOTHING"),
    ],
)
def test_v38_further_places(available: tuple[int, int, int], parts: tuple[tuple[int, int], ...], reason: str) -> None:
    """As V38, five of one item: all have it; the first lacks one; two, three; the better of two pairs; short; none."""
    plan = RULE.choose([(1, 5)], [available], [C, B, A])
    assert (plan.parts[0], plan.reason) == (parts, reason)


def test_equal_priorities_are_decided_by_cost_and_then_by_id() -> None:
    cheap, dear, late = Site(1, 5, 9, 0), Site(1, 7, 1, 1), Site(1, 5, 10, 2)
    assert RULE.choose([(1, 1)], [(1, 1, 1)], [dear, late, cheap]).parts == (((0, 1),),)
    assert RULE.choose([(1, 1)], [(0, 1, 1)], [dear, late, cheap]).parts == (((2, 1),),)


def test_what_nobody_has_is_left_over() -> None:
    short = RULE.choose([(1, 9)], [(4, 3, 0)], [A, B, C])
    assert short == SourcingPlan((((0, 4), (1, 3)),), (2,), "SHORT")
    assert RULE.choose([(1, 9)], [(0, 0, 0)], [A, B, C]) == SourcingPlan(((),), (9,), "NOTHING")
    assert RULE.choose([(1, 9)], [(9,)], []) == SourcingPlan(((),), (9,), "NOTHING")


def test_a_location_that_fills_whole_lines_goes_before_one_with_priority() -> None:
    """Nothing covers all, so the choice is greedy: B covers one line whole, A covers none."""
    plan = Sourcing(max_splits=1).choose([(1, 5), (2, 3)], [(4, 5, 0), (2, 0, 0)], [A, B, C])
    assert plan == SourcingPlan((((1, 5),), ()), (0, 3), "SHORT")


def test_no_more_locations_than_allowed_are_used() -> None:
    assert Sourcing(max_splits=2).choose([(1, 3)], [(1, 1, 1)], [A, B, C]).rest == (1,)
    assert Sourcing(max_splits=3).choose([(1, 3)], [(1, 1, 1)], [A, B, C]).rest == (0,)


def test_each_location_gives_whole_sell_units() -> None:
    plan = RULE.choose([(1, 24), (2, 5)], [(15, 13, 4), (9, 0, 0)], [A, B, C], [12, 2])
    assert plan == SourcingPlan((((0, 12), (1, 12)), ((0, 4),)), (0, 1), "SHORT")


def test_two_lines_of_one_item_do_not_get_the_same_units() -> None:
    plan = RULE.choose([(1, 5), (2, 1), (1, 3)], [(5, 3, 0), (0, 1, 0), (5, 3, 0)], [A, B, C])
    assert plan == SourcingPlan((((0, 5),), ((1, 1),), ((1, 3),)), (0, 0, 0), "SMALLEST_SET")
    assert RULE.choose([(1, 5), (1, 3)], [(6, 0, 0)] * 2, [A, B, C]).rest == (0, 2)


@pytest.mark.vector("V26", rule="5", code="policies.sourcing.Sourcing.choose", scenario="first_day")
def test_v26_a_batch_is_checked_on_the_sum_per_pool() -> None:
    """V26, medusa#16502: free 100, one batch with 60 and 50 of it is 10 short; an all-or-nothing caller refuses it."""
    plan = RULE.choose([(1, 60), (1, 50)], [(100,), (100,)], [A])
    assert (plan.reason, sum(plan.rest)) == ("SHORT", 10)


def test_above_the_exact_limit_the_choice_is_greedy() -> None:
    many = [Site(1, 0, n, n) for n in range(13)]
    plan = Sourcing(max_splits=13).choose([(1, 13)], [(1,) * 13], many)
    assert plan == SourcingPlan((tuple((n, 1) for n in range(13)),), (0,), "GREEDY")


stocks = st.lists(st.tuples(*[st.integers(0, 6)] * 4), min_size=2, max_size=3)


@given(stocks, st.lists(st.integers(1, 9), min_size=3, max_size=3), st.integers(1, 4))
def test_the_plan_takes_only_what_is_there_and_no_set_that_covers_is_smaller(
    available: list[tuple[int, ...]], quantities: list[int], max_splits: int
) -> None:
    """Against a search over every set of locations."""
    sites = [Site(n % 2, n % 3, n, n) for n in range(4)]
    needs = [(item, quantities[item]) for item in range(len(available))]
    plan = Sourcing(max_splits=max_splits).choose(needs, available, sites)
    used = {position for parts in plan.parts for position, _ in parts}
    for (_, wanted), at, parts, rest in zip(needs, available, plan.parts, plan.rest, strict=True):
        assert sum(quantity for _, quantity in parts) + rest == wanted
        assert all(0 < quantity <= at[position] for position, quantity in parts)
    covering = [
        size
        for size in range(1, max_splits + 1)
        for chosen in combinations(range(4), size)
        if all(sum(at[n] for n in chosen) >= wanted for (_, wanted), at in zip(needs, available, strict=True))
    ]
    assert (not any(plan.rest)) == bool(covering)
    assert len(used) == covering[0] if covering else len(used) <= max_splits
