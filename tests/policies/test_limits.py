"""Claims about limiters: their published vectors, and the property of each in the table of POLICIES 3."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from policies.throttle import (
    NEVER,
    Admission,
    Cycles,
    Gcra,
    LeakyQueue,
    LoadBased,
    SlidingCounter,
    Throttle,
    TokenBucket,
)
from twin.model.instant import SECOND

TENTH = 10
"""Ticks of a second in the vector of GCRA, whose times have tenths."""

GCRA_ROWS = [
    (0, 6, 5, 0, NEVER, True),
    (0, 1, 4, 1, None, False),
    (0, 1, 3, 2, None, False),
    (0, 1, 2, 3, None, False),
    (0, 1, 1, 4, None, False),
    (0, 1, 0, 5, None, False),
    (0, 1, 0, 5, 1, True),
    (3.0, 1, 2, 3.0, None, False),
    (3.1, 1, 1, 3.9, None, False),
    (4.0, 1, 1, 4.0, None, False),
    (8.0, 1, 4, 1.0, None, False),
    (9.5, 1, 4, 1.0, None, False),
    (9.5, 0, 4, 1, None, False),
    (9.5, 2, 2, 3, None, False),
    (9.5, 5, 2, 3, 3, True),
]


def test_gcra_answers_as_published() -> None:
    """throttled/throttled rate_test.go: 1 per second, limit 5; now, volume, remaining, reset, retry, limited."""
    rule = Gcra(1, TENTH, 5)
    state = rule.initial()
    for row, (at, volume, remaining, reset, retry, limited) in enumerate(GCRA_ROWS):
        now = round(at * TENTH)
        state, admitted, wait = rule.admit(state, now, volume)
        told = None if admitted else wait if wait == NEVER else wait / TENTH
        assert (*rule.left(state, now), told, not admitted) == (remaining, round(reset * TENTH), retry, limited), row


def test_resilience4js_cycles_answer_as_published() -> None:
    """resilience4j/resilience4j AtomicRateLimiterTest.java: 1 permit in T = 250 ms, in nanoseconds."""
    period = 250_000_000
    strict, patient = Cycles(1, period), Cycles(1, period, wait_at_most=period)
    state, admitted, wait = strict.admit(strict.initial(), period)
    assert (state, admitted, wait) == ((1, 0), True, 0)
    assert strict.admit(state, period) == Admission((1, 0), False, period)
    state, admitted, wait = patient.admit(state, period)
    assert (state, admitted, wait) == ((1, -1), True, period)
    assert patient.admit(state, period) == Admission((1, -1), False, period)
    assert strict.current(state, 6 * period + 10) == (6, 1)
    state, _, _ = strict.admit(strict.initial(), period)
    assert strict.admit(state, 2 * period - 1) == Admission((1, 0), False, 1)


def test_another_limit_of_cycles_counts_from_the_next_cycle() -> None:
    """The same test: limit 1 to 2; the next cycle grants two, then refuses."""
    one, two = Cycles(1, 100), Cycles(2, 100)
    state, admitted, _ = one.admit(one.initial(), 0)
    assert [admitted, two.admit(state, 50).admitted] == [True, False]
    answers = []
    for _ in range(3):
        state, admitted, _ = two.admit(state, 100)
        answers.append(admitted)
    assert answers == [True, True, False]


calls = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), min_size=1, max_size=30)


def ran(throttle: Throttle, steps: list[tuple[int, int]]) -> list[tuple[int, int, Admission]]:
    """The time, cost and answer of every call, from steps of (gap, cost)."""
    now, state, found = 0, throttle.initial(), []
    for gap, cost in steps:
        now += gap
        answer = throttle.admit(state, now, cost)
        state = answer.state
        found.append((now, cost, answer))
    return found


@given(calls, st.integers(1, 5), st.integers(1, 7), st.integers(1, 6))
def test_gcra_is_a_token_bucket(steps: list[tuple[int, int]], units: int, ticks: int, burst: int) -> None:
    bucket, cells = ran(TokenBucket(units, ticks, burst), steps), ran(Gcra(units, ticks, burst), steps)
    told = [(answer.admitted, answer.retry_after) for _, _, answer in bucket]
    assert [(answer.admitted, answer.retry_after) for _, _, answer in cells] == told


@given(calls, st.integers(1, 5), st.integers(1, 7), st.integers(1, 6))
def test_a_leaky_meter_is_a_token_bucket(steps: list[tuple[int, int]], units: int, ticks: int, burst: int) -> None:
    """Against the rule as written: level = max(0, level - r dt), admit if level + n <= B."""
    level, last, expected = Fraction(0), 0, []
    for now, cost, _ in ran(TokenBucket(units, ticks, burst, "leaky_bucket"), steps):
        level, last = max(Fraction(0), level - Fraction(units, ticks) * (now - last)), now
        expected.append(level + cost <= burst)
        level += cost if expected[-1] else 0
    found = ran(TokenBucket(units, ticks, burst, "leaky_bucket"), steps)
    assert [answer.admitted for _, _, answer in found] == expected


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(1, 3), st.integers(1, 7), st.integers(1, 6))
def test_a_leaky_queue_starts_calls_apart_and_holds_none_for_long(
    gaps: list[int], units: int, ticks: int, depth: int
) -> None:
    """Output spacing at least 1/r, delay at most B/r; both to the tick that waits are rounded up to."""
    answers = ran(LeakyQueue(units, ticks, depth), [(gap, 1) for gap in gaps])
    starts = [now + answer.retry_after for now, _, answer in answers if answer.admitted]
    for first, last in pairwise(starts):
        assert last - first > Fraction(ticks, units) - 1
    assert all(answer.retry_after <= -(-depth * ticks // units) for _, _, answer in answers if answer.admitted)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 6), st.integers(1, 20))
def test_a_sliding_counter_passes_at_most_twice_its_limit_in_a_period(gaps: list[int], limit: int, window: int) -> None:
    passed = [now for now, _, answer in ran(SlidingCounter(limit, window), [(g, 1) for g in gaps]) if answer.admitted]
    for start in passed:
        assert sum(start <= at < start + window for at in passed) <= 2 * limit


def test_a_sliding_counter_weighs_the_window_before() -> None:
    """Ten in window 0; at 1.5 windows half of them still count."""
    found = ran(SlidingCounter(10, 100), [(0, 10), (150, 5), (0, 1)])
    assert [(answer.admitted, answer.retry_after) for _, _, answer in found] == [(True, 0), (True, 0), (False, 10)]


@given(
    calls,
    st.sampled_from(
        [Gcra(2, 7, 5), SlidingCounter(5, 9), Cycles(5, 9), Cycles(5, 9, wait_at_most=4), LeakyQueue(2, 7, 5)]
    ),
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


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.integers(1, 4), st.integers(1, 20))
def test_cycles_serve_at_most_their_limit_in_each_cycle(gaps: list[int], limit: int, period: int) -> None:
    """Reservations included: a call starts in the cycle whose permit it took."""
    answers = ran(Cycles(limit, period, wait_at_most=3 * period), [(gap, 1) for gap in gaps])
    starts = [(now + answer.retry_after) // period for now, _, answer in answers if answer.admitted]
    assert all(starts.count(cycle) <= limit for cycle in starts)


def test_a_loaded_partner_refuses_by_its_utilisation() -> None:
    """Ten units of work a second, refused from 80 % on: the ninth of a burst, and none that come evenly."""
    rule = LoadBased(capacity=10, window=SECOND, busy=0.8)
    burst = [answer.admitted for _, _, answer in ran(rule, [(0, 1)] * 10)]
    assert burst.count(True) == 8
    assert all(answer.admitted for _, _, answer in ran(rule, [(SECOND // 10, 1)] * 50))
