"""Claims that our limiters admit and send away as those of pyrate-limiter do, call by call.

Its algorithms are given each call's time in milliseconds, so nothing is patched. Known difference: its rolling window
holds its lower edge too, so ours is a millisecond longer here. Its emission interval is whole microseconds, rounded up
where ours stays a ratio, so the rates here are those that divide.
"""

from hypothesis import given
from hypothesis import strategies as st
from pyrate_limiter import (
    GCRA,
    AbstractBucket,
    InMemoryBucket,
    LogAlgorithm,
    Rate,
    RateItem,
    SlidingWindowLog,
)
from pyrate_limiter import FixedWindow as PyrateFixedWindow
from pyrate_limiter import TokenBucket as PyrateTokenBucket

from policies.throttle import NEVER, AllOf, FixedWindow, Gcra, SlidingWindow, Throttle, TokenBucket

MILLISECOND = 1_000

CALLS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), min_size=10, max_size=60)
"""Milliseconds since the call before, and what the call costs."""
WINDOWS = st.integers(1, 25)
"""Milliseconds; short enough for many calls to fall on an edge."""

Answer = tuple[bool, int]
"""Whether a call passes, and in how many milliseconds it may come back; NEVER."""


def ours(throttle: Throttle, calls: list[tuple[int, int]], tick: int = 1) -> list[Answer]:
    """Answer all calls, with `tick` ticks in a millisecond; waits are rounded up to milliseconds."""
    found: list[Answer] = []
    state, now = throttle.initial(), 0
    for later, cost in calls:
        now += later
        state, admitted, wait = throttle.admit(state, now * tick, cost)
        found.append((admitted, wait if wait == NEVER else -(-wait // tick)))
    return found


def of_bucket(bucket: AbstractBucket, calls: list[tuple[int, int]]) -> list[Answer]:
    """Put each call into a bucket that keeps a log."""
    found: list[Answer] = []
    now = 0
    for later, cost in calls:
        now += later
        bucket.leak(now)
        item = RateItem("call", now, weight=cost)
        admitted = bool(bucket.put(item))
        found.append((admitted, 0 if admitted else int(bucket.waiting(item))))
    return found


def of_steps(algorithm: GCRA, rate: Rate, calls: list[tuple[int, int]]) -> list[Answer]:
    """Step an algorithm that keeps a few numbers."""
    found: list[Answer] = []
    state, now = algorithm.initial([rate]), 0
    for later, cost in calls:
        now += later
        state, decision = algorithm.step([rate], state, now, cost)
        never = NEVER if not decision.allowed else 0
        found.append((decision.allowed, never if decision.retry_after_ms is None else decision.retry_after_ms))
    return found


def a_bucket(algorithm: LogAlgorithm, *rates: Rate) -> InMemoryBucket:
    return InMemoryBucket(list(rates), algorithm=algorithm)


@given(st.integers(1, 8), WINDOWS, CALLS)
def test_a_sliding_window_is_pyrates_log(limit: int, window: int, calls: list[tuple[int, int]]):
    theirs = of_bucket(a_bucket(SlidingWindowLog(), Rate(limit, window)), calls)
    assert ours(SlidingWindow(limit, window + 1), calls) == theirs


@given(st.integers(1, 8), WINDOWS, CALLS)
def test_a_fixed_window_is_pyrates(limit: int, window: int, calls: list[tuple[int, int]]):
    assert ours(FixedWindow(limit, window), calls) == of_bucket(
        a_bucket(PyrateFixedWindow(), Rate(limit, window)), calls
    )


@given(st.integers(1, 5), WINDOWS, st.integers(1, 5), st.integers(2, 6), CALLS)
def test_two_limits_at_once_are_two_rates_of_one_bucket(
    limit: int, window: int, more: int, longer: int, calls: list[tuple[int, int]]
):
    """Only who passes: of two refusals we tell the longer wait, pyrate that of the first rate that refuses."""
    wide = min(limit + more, limit * longer - 1)
    if wide <= limit:
        wide, longer = limit + 1, longer + limit + 1
    bucket = a_bucket(SlidingWindowLog(), Rate(limit, window), Rate(wide, window * longer))
    both = AllOf((SlidingWindow(limit, window + 1), SlidingWindow(wide, window * longer + 1)))
    assert [admitted for admitted, _ in ours(both, calls)] == [admitted for admitted, _ in of_bucket(bucket, calls)]


@given(st.sampled_from([1, 2, 4, 5, 8, 10]), WINDOWS, st.integers(1, 5), CALLS)
def test_a_token_bucket_and_its_one_number_form_are_pyrates(
    units: int, window: int, burst: int, calls: list[tuple[int, int]]
):
    rate = Rate(units, window * 40, burst=burst)
    ticks = rate.interval * MILLISECOND
    bucket, cells = TokenBucket(units, ticks, burst), Gcra(units, ticks, burst)
    assert ours(bucket, calls, MILLISECOND) == of_steps(PyrateTokenBucket(), rate, calls)
    assert ours(cells, calls, MILLISECOND) == of_steps(GCRA(), rate, calls)
