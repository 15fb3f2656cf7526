"""Claims that our breaker moves as those of interlock-cb, pybreaker and circuitbreaker do, event by event.

interlock-cb is driven by the adapter that a scenario uses, with a clock that is handed in. pybreaker and circuitbreaker
read the clock themselves and have no seam for another one, so the name that they read it by is replaced, in their
modules only: the one place where patching could not be avoided.

Known differences: interlock-cb calls slow what took as long as its threshold, ours what took longer, so ours is a
microsecond lower here. It decides on all of its probes, ours on the minimum, so there are at most as many probes. It
never gives up on a probe, so neither does ours here. The other two count failures in a row and know one probe and no
overlap: that is our window of as many calls with a rate of 1.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Literal

import circuitbreaker
import interlock
import pybreaker
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.adapters.interlock_breaker import InterlockBreaker, SimulatedClock
from policies.breaker import Ask, Over, Phase, Result, WindowBreaker
from twin.model.instant import HOUR, SECOND

STEP = SECOND // 4
"""Times are whole steps, so that they are exact in seconds as well."""

FAIL, ANSWER, CANCEL = Result.FAILED, Result.OK, Result.CANCELLED

HISTORY = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1, 1, 2, 5, 12]),
        st.none() | st.tuples(st.sampled_from([FAIL, FAIL, ANSWER, ANSWER, CANCEL]), st.integers(0, 1_000)),
    ),
    min_size=40,
    max_size=120,
)
"""Steps since the event before; None asks for a permit, else one of the calls in flight ends. Long, to move often."""


@st.composite
def pairs(draw: st.DrawFn) -> tuple[WindowBreaker, InterlockBreaker]:
    """Return our breaker and a production one with the same rules."""
    kind: Literal["count", "time"] = draw(st.sampled_from(["count", "time"]))
    window = draw(st.integers(1, 8))
    minimum = draw(st.integers(1, window))
    probes = draw(st.integers(1, minimum))
    failures, slow = draw(st.sampled_from([0.25, 0.5, 2 / 3, 1.0])), draw(st.sampled_from([0.5, 0.75, 1.0]))
    slow_after, open_for = draw(st.integers(1, 16)), draw(st.integers(1, 12))
    growth, longest = draw(st.sampled_from([1.0, 1.5, 2.0])), draw(st.integers(12, 60))
    config = interlock.Config(
        failure_rate_threshold=failures,
        slow_call_rate_threshold=slow,
        slow_call_duration_threshold=slow_after * STEP / SECOND,
        minimum_number_of_calls=minimum,
        permitted_calls_in_half_open=probes,
        max_concurrent_probes=probes,
        wait_duration_in_open=open_for * STEP / SECOND,
        wait_duration_backoff_multiplier=growth,
        wait_duration_in_open_max=longest * STEP / SECOND,
        window_type=interlock.WindowType.COUNT_BASED if kind == "count" else interlock.WindowType.TIME_BASED,
        window_size=window,
    )
    rule = WindowBreaker(
        kind=kind,
        window=window if kind == "count" else window * SECOND,
        minimum=minimum,
        failures=failures,
        slow=slow,
        slow_after=slow_after * STEP - 1,
        open_for=open_for * STEP,
        growth=growth,
        open_for_at_most=longest * STEP,
        probes=probes,
        half_open_at_most=0,
    )

    def make(clock: SimulatedClock) -> interlock.CircuitBreaker:
        return interlock.CircuitBreaker(name="peer", config=config, clock=clock)

    return rule, InterlockBreaker(make)


@given(pairs(), HISTORY)
def test_calls_that_overlap_move_it_as_interlock(
    both: tuple[WindowBreaker, InterlockBreaker], history: list[tuple[int, tuple[Result, int] | None]]
):
    rule, peer = both
    mine, theirs = rule.initial(), peer.initial()
    flying: list[tuple[int, int, int]] = []
    now = 0
    for later, ending in history:
        now += later * STEP
        if ending is None:
            mine, ruling = rule.step(mine, Ask(now))
            theirs, told = peer.step(theirs, Ask(now))
            assert ruling.allowed == told.allowed
            assert ruling.retry_after == max(0, told.retry_after - 1), "the adapter rounds a wait up"
            if ruling.allowed:
                flying.append((now, ruling.epoch, told.epoch))
        elif flying:
            result, which = ending
            began, epoch, permit = flying.pop(which % len(flying))
            mine, _ = rule.step(mine, Over(now, epoch, result, now - began))
            theirs, _ = peer.step(theirs, Over(now, permit, result, now - began))
        assert mine.phase is theirs.phase


class Shown:
    """The clock of a library that reads one; its time is set."""

    def __init__(self) -> None:
        self.now_us = 0

    def monotonic(self) -> float:
        return self.now_us / SECOND

    def now(self, zone: tzinfo) -> datetime:
        return datetime(2026, 1, 1, tzinfo=zone) + timedelta(microseconds=self.now_us)


class Down(Exception):
    """The called side fails."""


CALLS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=20, max_size=80)
"""Steps since the call before, and whether the called side would fail."""


def in_a_row(failures: int, open_for: int, calls: list[tuple[int, bool]]) -> list[tuple[bool, Phase]]:
    """Return which calls our breaker lets through that opens on so many failures in a row, and where it stands."""
    rule = WindowBreaker(
        window=failures, minimum=failures, failures=1.0, probes=1, open_for=open_for * STEP, half_open_at_most=HOUR
    )
    state, now = rule.initial(), 0
    found: list[tuple[bool, Phase]] = []
    for later, down in calls:
        now += later * STEP
        state, ruling = rule.step(state, Ask(now))
        if ruling.allowed:
            state, _ = rule.step(state, Over(now, ruling.epoch, FAIL if down else ANSWER))
        found.append((ruling.allowed, state.phase))
    return found


def of_peer(
    call: Callable[[Callable[[], None]], object],
    phase: Callable[[], str],
    refusal: type[Exception],
    clock: Shown,
    calls: list[tuple[int, bool]],
) -> list[tuple[bool, Phase]]:
    """Guard a real function with a library's breaker; a call was let through where the function has run."""
    found: list[tuple[bool, Phase]] = []
    for later, down in calls:
        clock.now_us += later * STEP
        ran: list[bool] = []

        def called(ran: list[bool] = ran, down: bool = down) -> None:
            ran.append(True)
            if down:
                raise Down

        try:
            call(called)
        except (Down, refusal):
            assert down or not ran
        found.append((bool(ran), Phase[phase().replace("-", "_").upper()]))
    return found


@given(st.integers(1, 5), st.integers(1, 12), CALLS)
def test_failures_in_a_row_open_it_as_pybreaker(failures: int, open_for: int, calls: list[tuple[int, bool]]):
    clock = Shown()
    breaker = pybreaker.CircuitBreaker(fail_max=failures, reset_timeout=open_for * STEP / SECOND)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pybreaker, "datetime", clock)
        theirs = of_peer(breaker.call, lambda: breaker.current_state, pybreaker.CircuitBreakerError, clock, calls)
    assert in_a_row(failures, open_for, calls) == theirs


@given(st.integers(1, 5), st.integers(1, 12), CALLS)
def test_failures_in_a_row_open_it_as_circuitbreaker(failures: int, open_for: int, calls: list[tuple[int, bool]]):
    clock = Shown()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(circuitbreaker, "monotonic", clock.monotonic)
        breaker = circuitbreaker.CircuitBreaker(failures, open_for * STEP / SECOND, name="peer")
        theirs = of_peer(
            lambda called: breaker.decorate(called)(),
            lambda: breaker.state,
            circuitbreaker.CircuitBreakerError,
            clock,
            calls,
        )
    assert in_a_row(failures, open_for, calls) == theirs


def test_refusals_of_a_production_breaker_are_counted_since_it_was_last_closed_or_half_open():
    config = interlock.Config(
        failure_rate_threshold=1.0, minimum_number_of_calls=1, window_size=1, wait_duration_in_open=10.0
    )
    theirs = InterlockBreaker(lambda clock: interlock.CircuitBreaker(name="far", config=config, clock=clock))
    state, permit = theirs.step(theirs.initial(), Ask(0))
    state, _ = theirs.step(state, Over(0, permit.epoch, FAIL))
    for asked in range(3):
        state, _ = theirs.step(state, Ask(asked))
    assert (state.phase, state.refused) == (Phase.OPEN, 3)
    state, permit = theirs.step(state, Ask(11 * SECOND))
    assert (permit.allowed, state.refused) == (True, 0)
