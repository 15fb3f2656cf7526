"""The breaker of Polly v8: rolling sub-windows, failures alone trip it, one probe (`PollyBreaker`).

Its published peculiarities are kept: an outcome that is not handled closes a half-open circuit, and a cancelled one is
not handled; a probe that never returns holds it half-open for ever; there are no epochs, so any outcome counts in the
state that it meets. Source: App-vNext/Polly src/Polly.Core/CircuitBreaker/Controller (POLICIES 1).
"""

from dataclasses import dataclass
from typing import assert_never

from policies.breaker.rates import Rates
from policies.breaker.ruling import Ask, BreakerState, Counts, Event, Force, Over, Phase, Result, Ruling
from twin.errors import UsageError
from twin.model.instant import SECOND

WINDOWS = 10
"""Sub-windows of the sampling time; below `SINGLE_BELOW` there is one that starts over."""
SINGLE_BELOW = 200_000
"""0.2 s in microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollyBreaker:
    """Opens for `open_for` when `failures` of at least `minimum` calls in `sampling` failed; times in microseconds.

    The n-th opening in a row lasts `open_for` x `growth`^(n - 1). By hand it can be isolated (FORCED_OPEN) and closed.
    """

    failures: float = 0.1
    minimum: int = 100
    sampling: int = 30 * SECOND
    open_for: int = 5 * SECOND
    growth: float = 1.0

    def initial(self) -> BreakerState:
        """Return a closed breaker that has counted nothing."""
        return BreakerState()

    def rates(self, state: BreakerState, now: int) -> Rates:
        """Return what the rolling windows hold at `now`."""
        live = self._live(state.counts, now)
        return Rates(sum(live[1::3]) + sum(live[2::3]), sum(live[2::3]))

    def step(self, state: BreakerState, event: Event) -> tuple[BreakerState, Ruling]:
        """Answer a request, count an outcome, or move by hand."""
        match event:
            case Ask():
                return self._asked(state, event.now)
            case Over():
                return self._over(state, event), Ruling()
            case Force():
                return self._forced(state, event), Ruling()
            case _:
                assert_never(event)

    def _asked(self, state: BreakerState, now: int) -> tuple[BreakerState, Ruling]:
        if state.phase is Phase.CLOSED:
            return state, Ruling(True, state.epoch)
        if state.phase is Phase.OPEN and now >= state.until:
            probing = state._replace(phase=Phase.HALF_OPEN, epoch=state.epoch + 1, until=now + self.open_for)
            return probing, Ruling(True, probing.epoch)
        wait = max(0, state.until - now) if state.phase is Phase.OPEN else 0
        return state._replace(refused=state.refused + 1), Ruling(False, state.epoch, wait)

    def _over(self, state: BreakerState, event: Over) -> BreakerState:
        failed = event.result is Result.FAILED
        match state.phase:
            case Phase.HALF_OPEN:
                return self._open(state, event.now) if failed else BreakerState(Phase.CLOSED, state.epoch + 1)
            case Phase.OPEN if failed:
                return state._replace(counts=self._counted(state.counts, event.now, failed))
            case Phase.CLOSED:
                state = state._replace(counts=self._counted(state.counts, event.now, failed))
                rates = self.rates(state, event.now)
                if failed and rates.calls >= self.minimum and rates.failed / rates.calls >= self.failures:
                    return self._open(state, event.now)
        return state

    def _open(self, state: BreakerState, now: int) -> BreakerState:
        lasts = round(self.open_for * self.growth ** min(state.openings, 64))
        return BreakerState(Phase.OPEN, state.epoch + 1, now + lasts, state.openings + 1, counts=state.counts)

    def _forced(self, state: BreakerState, event: Force) -> BreakerState:
        if event.phase not in (Phase.CLOSED, Phase.FORCED_OPEN):
            raise UsageError(f"this breaker can be isolated and closed by hand, not moved to {event.phase.value}")
        return BreakerState(event.phase, state.epoch + 1)

    def _live(self, counts: Counts, now: int) -> Counts:
        """Return the sub-windows, three numbers each (begin, successes, failures), that have not aged out."""
        start = 0
        while start < len(counts) and now - counts[start] >= self.sampling:
            start += 3
        return counts[start:]

    def _counted(self, counts: Counts, now: int, failed: bool) -> Counts:
        """Count in the current sub-window; a new one begins with the first event after it has aged out."""
        live = self._live(counts, now)
        lasts = self.sampling if self.sampling < SINGLE_BELOW else self.sampling // WINDOWS
        if not live or now - live[-3] >= lasts:
            live = (*live, now, 0, 0)
        return (*live[:-2], live[-2] + (not failed), live[-1] + failed)
