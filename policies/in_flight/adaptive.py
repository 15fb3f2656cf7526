"""Limits on attempts under way that move with what is measured: `Vegas`, `Gradient2` and `Aimd`.

Theory of operation. Each admits while fewer than the current limit are under way, and moves the limit when an attempt
ends, unless less than half of the limit was in use: an idle caller has learned nothing. The limit is kept in
thousandths. The rules are those of Netflix' concurrency-limits with fixed steps instead of its logarithmic ones
(POLICIES 3). Shares of one limit for several kinds of calls are `policies.in_flight.partitions`.
"""

from dataclasses import dataclass

from policies.throttle import Admission, State

PARTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Adaptive:
    """What the three have in common; the state is attempts under way, the limit, and one or two measured times."""

    start: int = 20
    at_least: int = 1
    at_most: int = 1_000

    def initial(self) -> State:
        """Return nothing under way, at the first limit."""
        return 0, self.start * PARTS, 0, 0

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Let one more begin, if the limit of the moment has room."""
        if (state[0] + 1) * PARTS > state[1]:
            return Admission(state, False)
        return Admission((state[0] + 1, *state[1:]), True)

    def room(self, state: State) -> float:
        """Return the limit as it stands."""
        return state[1] / PARTS

    def _cut(self, limit: float) -> int:
        return round(min(float(self.at_most * PARTS), max(float(self.at_least * PARTS), limit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vegas(_Adaptive):
    """One more while the estimated queue limit x (1 - fastest / this) is below `alpha`, one less above `beta`.

    A timeout or a refusal takes one away. The fastest time is forgotten every `probe_every` x limit attempts, so that a
    called side that became slower for good is not taken for a busy one. The state ends with that time and a count.
    """

    alpha: int = 3
    beta: int = 6
    probe_every: int = 30

    def ended(self, state: State, now: int, took: int, ok: bool) -> State:
        """Move the limit by one step."""
        flying, limit, fastest, seen = state
        if not ok:
            return flying - 1, self._cut(limit - PARTS), fastest, seen
        seen += 1
        if fastest == 0 or took < fastest or seen * PARTS > self.probe_every * limit:
            return flying - 1, limit, max(1, took), 0 if fastest and took >= fastest else seen
        if 2 * flying * PARTS < limit:
            return flying - 1, limit, fastest, seen
        queue = limit * (took - fastest) / took
        step = PARTS if queue < self.alpha * PARTS else -PARTS if queue > self.beta * PARTS else 0
        return flying - 1, self._cut(limit + step), fastest, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradient2(_Adaptive):
    """The limit times the ratio of the long mean to this attempt's time (0.5 .. 1), plus `queue`, smoothed.

    `tolerance` is how much slower than the long mean is still no reason to go down; the mean is exponential over about
    `memory` attempts, and is pulled down while it is more than twice the last time. The state ends with that mean.
    """

    queue: int = 4
    tolerance: float = 1.5
    smoothing: float = 0.2
    memory: int = 600

    def ended(self, state: State, now: int, took: int, ok: bool) -> State:
        """Move the limit towards what the gradient says."""
        flying, limit, mean, seen = state
        took = max(1, took)
        mean = took if seen == 0 else round(mean + (took - mean) * 2 / (min(seen, self.memory) + 1))
        if mean > 2 * took:
            mean = round(mean * 0.95)
        if 2 * flying * PARTS < limit:
            return flying - 1, limit, mean, seen + 1
        gradient = max(0.5, min(1.0, self.tolerance * mean / took)) if ok else 0.5
        wanted = limit * gradient + self.queue * PARTS
        return flying - 1, self._cut(limit * (1 - self.smoothing) + wanted * self.smoothing), mean, seen + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Aimd(_Adaptive):
    """One more after each success that found the limit half used, times `backoff` after a timeout or a refusal."""

    backoff: float = 0.9

    def ended(self, state: State, now: int, took: int, ok: bool) -> State:
        """Add a step, or take a share away."""
        flying, limit, *rest = state
        if not ok:
            return flying - 1, self._cut(limit * self.backoff), *rest
        grown = limit + PARTS if 2 * flying * PARTS >= limit else limit
        return flying - 1, self._cut(grown), *rest
