"""Claims about what a partner's throttle lets through."""

from fractions import Fraction
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.throttle import (
    NEVER,
    Admission,
    AllOf,
    Concurrency,
    FixedWindow,
    Interval,
    SlidingWindow,
    Throttle,
    TokenBucket,
    token_bucket,
)
from twin.errors import UsageError
from twin.model.instant import SECOND


def answers(throttle: Throttle, calls: list[tuple[int, int]]) -> list[Admission]:
    found: list[Admission] = []
    state = throttle.initial()
    for now, cost in calls:
        found.append(throttle.admit(state, now, cost))
        state = found[-1].state
    return found


def test_v75_a_bucket_of_five_at_two_per_second() -> None:
    """V75, computed: requests at 0 (six times), 0.25, 0.5, 0.5 and 3 s; waits in microseconds."""
    times = [0, 0, 0, 0, 0, 0, 250_000, 500_000, 500_000, 3 * SECOND]
    found = answers(token_bucket(2, 5), [(now, 1) for now in times])
    assert [(a.admitted, a.retry_after) for a in found] == [
        *[(True, 0)] * 5,
        (False, 500_000),
        (False, 250_000),
        (True, 0),
        (False, 500_000),
        (True, 0),
    ]


def test_a_rate_that_is_no_whole_number_of_ticks_does_not_drift() -> None:
    """One call per 3 ticks and a third: after 10 ticks exactly 3 calls are back, not 2 or 4."""
    bucket = TokenBucket(units=3, ticks=10, burst=3)
    assert [a.admitted for a in answers(bucket, [(0, 3), (9, 3), (10, 3), (13, 1), (14, 1)])] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert answers(bucket, [(0, 3), (0, 1)])[-1].retry_after == 4


def test_calls_of_a_cost_bucket_cost_what_they_are_worth() -> None:
    """A bucket of 1000 points at 50 a second, the shape of a points-based storefront interface."""
    bucket = token_bucket(50, 1000, "cost_bucket")
    found = answers(bucket, [(0, 900), (0, 101), (20_000, 101), (20_000, 2000)])
    assert [(a.admitted, a.retry_after) for a in found] == [(True, 0), (False, 20_000), (True, 0), (False, NEVER)]


def test_a_rate_is_above_zero() -> None:
    with pytest.raises(UsageError, match="rate"):
        token_bucket(Fraction(0), 5)


def test_a_fixed_window_lets_twice_its_limit_pass_across_an_edge() -> None:
    found = answers(FixedWindow(2, 60), [(59, 1), (59, 1), (59, 1), (60, 1), (60, 1), (61, 1), (61, 3)])
    assert [(a.admitted, a.retry_after) for a in found] == [
        (True, 0),
        (True, 0),
        (False, 1),
        (True, 0),
        (True, 0),
        (False, 59),
        (False, NEVER),
    ]


def test_a_sliding_window_says_when_enough_of_its_log_is_over() -> None:
    found = answers(SlidingWindow(3, 60), [(0, 1), (10, 1), (20, 1), (20, 1), (20, 2), (60, 1), (61, 4)])
    assert [(a.admitted, a.retry_after) for a in found] == [
        (True, 0),
        (True, 0),
        (True, 0),
        (False, 40),
        (False, 50),
        (True, 0),
        (False, NEVER),
    ]


def test_an_interval_counts_from_the_start_of_the_last_call_admitted() -> None:
    found = answers(Interval(10), [(5, 1), (14, 1), (15, 1)])
    assert [(a.admitted, a.retry_after) for a in found] == [(True, 0), (False, 1), (True, 0)]


def test_concurrency_is_given_back_once_per_call() -> None:
    throttle = Concurrency(2)
    found = answers(throttle, [(0, 1), (0, 1), (0, 1)])
    assert [(a.admitted, a.retry_after) for a in found] == [(True, 0), (True, 0), (False, 0)]
    assert throttle.admit(throttle.release((2,)), 5).admitted
    with pytest.raises(UsageError, match="in flight"):
        throttle.release((0,))


def test_several_limits_hold_at_the_same_time_and_a_refusal_uses_up_none() -> None:
    """Two a second and three a minute, the shape of a limit with a second one beside it."""
    both = AllOf((FixedWindow(2, 1), FixedWindow(3, 60)))
    found = answers(both, [(0, 1), (0, 1), (0, 1), (1, 1), (1, 1), (60, 2), (60, 3)])
    assert [(a.admitted, a.retry_after) for a in found] == [
        (True, 0),
        (True, 0),
        (False, 1),
        (True, 0),
        (False, 59),
        (True, 0),
        (False, NEVER),
    ]


SINGLE: tuple[Throttle, ...] = (TokenBucket(2, 7, 5), FixedWindow(5, 9), SlidingWindow(5, 9), Interval(6))
calls = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), min_size=1, max_size=30)


def admitted(throttle: Throttle, steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The `(time, cost)` of every call that passes, from steps of (gap, cost)."""
    now = 0
    timed = []
    for gap, cost in steps:
        now += gap
        timed.append((now, cost))
    return [call for call, answer in zip(timed, answers(throttle, timed), strict=True) if answer.admitted]


@given(calls, st.integers(1, 5), st.integers(1, 7), st.integers(1, 6))
def test_a_bucket_admits_at_most_burst_and_rate_in_every_interval(
    steps: list[tuple[int, int]], units: int, ticks: int, burst: int
) -> None:
    passed = admitted(TokenBucket(units, ticks, burst), steps)
    for (first, _), (last, _) in combinations_with_replacement(passed, 2):
        total = sum(cost for at, cost in passed if first <= at <= last)
        assert total <= burst + Fraction(units, ticks) * (last - first)


@given(calls, st.integers(1, 6), st.integers(1, 20))
def test_a_sliding_window_holds_in_every_period(steps: list[tuple[int, int]], limit: int, window: int) -> None:
    passed = admitted(SlidingWindow(limit, window), steps)
    for start, _ in passed:
        assert sum(cost for at, cost in passed if start <= at < start + window) <= limit


@given(
    calls,
    st.sampled_from([*SINGLE, AllOf(SINGLE)]),
)
def test_a_call_passes_at_the_time_it_was_told_and_not_before(steps: list[tuple[int, int]], throttle: Throttle) -> None:
    now, state = 0, throttle.initial()
    for gap, cost in steps:
        now += gap
        answer = throttle.admit(state, now, cost)
        state = answer.state
        if not answer.admitted:
            assert throttle.admit(state, now + answer.retry_after, cost).admitted
            assert not throttle.admit(state, now + answer.retry_after - 1, cost).admitted
