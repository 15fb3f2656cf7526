"""A breaker that opens on the share of failed or slow calls in a window of calls or of time (`WindowBreaker`).

Theory of operation. CLOSED counts every outcome; once the window holds `minimum` calls and the failed or the slow ones
reach their share (greater or equal), it opens. OPEN refuses until its time is over, and the next request then finds it
HALF_OPEN, with `probes` permits. When enough of them have ended, their own rates decide between OPEN and CLOSED. A
probe that never returns cannot hold it there: after `half_open_at_most` it opens again.

The defaults are ours; `policies.presets` has those of resilience4j, which differ in what the last fields say: there the
deadline is exclusive, HALF_OPEN may last for ever, and the outcome of a call that was admitted before a move is counted
after it (resilience4j resilience4j-circuitbreaker, CircuitBreakerStateMachine.java; its issues 935, 903, 2028, 1090).
Both give the permit of a cancelled or ignored call back and count it nowhere.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from policies.breaker.rates import CallWindow, LastCalls, LastTime, Rates
from policies.breaker.ruling import (
    ILLEGAL_MOVES,
    Ask,
    BreakerState,
    Event,
    Force,
    Over,
    Phase,
    Result,
    Ruling,
)
from twin.errors import UsageError
from twin.model.instant import MINUTE, SECOND

_PASSING = (Phase.CLOSED, Phase.METRICS_ONLY)
_COUNTED = (Result.OK, Result.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowBreaker:
    """Opens when `failures` or `slow` of the calls in the window are reached; times in ticks, microseconds by default.

    `window` is a number of calls where `kind` is `count`, and a time in slices of `slice_ticks` where it is `time`.
    A call is slow when it took longer than `slow_after` (strictly). `minimum` calls must be counted first; of a window
    of calls, and of the probes, at most as many as it holds. The n-th opening in a row lasts `open_for` x `growth`^(n -
    1), at most `open_for_at_most`. `half_open_at_most` 0 means for ever. `boundary` says whether the deadline itself is
    late enough, `stale` what becomes of outcomes from an earlier epoch, `evaluates` after which outcomes the rates are
    looked at.
    """

    kind: Literal["count", "time"] = "count"
    window: int = 100
    slice_ticks: int = SECOND
    minimum: int = 100
    failures: float = 0.5
    slow: float = 1.0
    slow_after: int = 60 * SECOND
    open_for: int = 60 * SECOND
    growth: float = 1.0
    open_for_at_most: int = 60 * MINUTE
    probes: int = 3
    half_open_at_most: int = 60 * SECOND
    boundary: Literal["inclusive", "exclusive"] = "inclusive"
    stale: Literal["dropped", "counted"] = "dropped"
    evaluates: Literal["every", "failed"] = "every"

    def initial(self) -> BreakerState:
        """Return a closed breaker that has counted nothing."""
        return BreakerState()

    def rates(self, state: BreakerState, now: int) -> Rates:
        """Return what the window of the present phase holds."""
        return self._window(state).read(state.counts, now)

    def step(self, state: BreakerState, event: Event) -> tuple[BreakerState, Ruling]:
        """Answer a request, count an outcome, or move by hand."""
        match event:
            case Ask():
                return self._asked(self._in_time(state, event.now, asked=True), event.now)
            case Over():
                return self._over(self._in_time(state, event.now, asked=False), event)
            case Force():
                return self._forced(state, event), Ruling()
            case _:
                assert_never(event)

    def _in_time(self, state: BreakerState, now: int, *, asked: bool) -> BreakerState:
        """Leave the phases whose time is over; OPEN is left only for a request."""
        if state.phase is Phase.HALF_OPEN and self.half_open_at_most and self._reached(state.until, now):
            state = self._open(state, state.until)
        if state.phase is Phase.OPEN and asked and self._reached(state.until, now):
            return self._half_open(state, now)
        return state

    def _half_open(self, state: BreakerState, now: int) -> BreakerState:
        until = now + self.half_open_at_most
        return BreakerState(Phase.HALF_OPEN, state.epoch + 1, until, state.openings, self.probes, probing=True)

    def _reached(self, deadline: int, now: int) -> bool:
        return now >= deadline if self.boundary == "inclusive" else now > deadline

    def _asked(self, state: BreakerState, now: int) -> tuple[BreakerState, Ruling]:
        permitted = Ruling(True, state.epoch)
        match state.phase:
            case Phase.CLOSED | Phase.METRICS_ONLY | Phase.DISABLED:
                return state, permitted
            case Phase.HALF_OPEN if state.permits:
                return state._replace(permits=state.permits - 1), permitted
            case Phase.OPEN:
                wait = state.until - now + (self.boundary == "exclusive")
            case _:
                wait = 0
        return state._replace(refused=state.refused + 1), Ruling(False, state.epoch, wait)

    def _over(self, state: BreakerState, event: Over) -> tuple[BreakerState, Ruling]:
        if event.epoch != state.epoch and self.stale == "dropped":
            return state, Ruling()
        if event.result not in _COUNTED:
            if state.phase is Phase.HALF_OPEN:
                state = state._replace(permits=min(self.probes, state.permits + 1))
            return state, Ruling()
        if state.phase not in (*_PASSING, Phase.HALF_OPEN, Phase.OPEN):
            return state, Ruling()
        failed, slow = event.result is Result.FAILED, event.took > self.slow_after
        window = self._window(state)
        state = state._replace(counts=window.record(state.counts, event.now, failed, slow))
        if self.evaluates == "failed" and not failed:
            return state, Ruling()
        rates = window.read(state.counts, event.now)
        return self._judged(state, rates, event.now)

    def _judged(self, state: BreakerState, rates: Rates, now: int) -> tuple[BreakerState, Ruling]:
        """Move on what the rates say, if enough is counted."""
        if rates.calls < self._minimum(state.phase):
            return state, Ruling()
        reached = rates.failed / rates.calls >= self.failures or rates.slow / rates.calls >= self.slow
        match state.phase:
            case Phase.METRICS_ONLY:
                return state._replace(exceeded=state.exceeded or reached), Ruling(exceeded=reached > state.exceeded)
            case Phase.CLOSED if reached:
                return self._open(state, now), Ruling(exceeded=True)
            case Phase.HALF_OPEN if reached:
                return self._open(state, now), Ruling(exceeded=True)
            case Phase.HALF_OPEN:
                return BreakerState(Phase.CLOSED, state.epoch + 1), Ruling()
            case _:
                return state, Ruling()

    def _window(self, state: BreakerState) -> CallWindow:
        if state.probing:
            return LastCalls(self.probes)
        return (
            LastCalls(self.window)
            if self.kind == "count"
            else LastTime(self.slice_ticks, max(1, self.window // self.slice_ticks))
        )

    def _minimum(self, phase: Phase) -> int:
        if phase is Phase.HALF_OPEN:
            return min(self.minimum, self.probes)
        return min(self.minimum, self.window) if self.kind == "count" else self.minimum

    def _open(self, state: BreakerState, at: int) -> BreakerState:
        openings = state.openings + 1
        lasts = min(float(self.open_for_at_most), self.open_for * self.growth ** min(openings - 1, 1_000))
        return BreakerState(
            Phase.OPEN, state.epoch + 1, at + round(lasts), openings, counts=state.counts, probing=state.probing
        )

    def _forced(self, state: BreakerState, event: Force) -> BreakerState:
        if (state.phase, event.phase) in ILLEGAL_MOVES:
            raise UsageError(f"a breaker does not go from {state.phase.value} to {event.phase.value}")
        if event.phase is Phase.OPEN:
            return self._open(state, event.now)
        if event.phase is Phase.HALF_OPEN:
            return self._half_open(state, event.now)
        return BreakerState(event.phase, state.epoch + 1)
