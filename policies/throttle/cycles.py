"""Permits per cycle, counted from the start of the process, with reservations (`Cycles`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State


@dataclass(frozen=True, slots=True)
class Cycles:
    """`limit` permits in each cycle of `period` ticks; what a cycle leaves over is lost.

    A call that can be served within `wait_at_most` ticks takes its permits in advance, so they may fall below zero, and
    starts `retry_after` ticks later. Another limit counts from the next cycle on. Source: resilience4j/resilience4j
    AtomicRateLimiter.java, defaults 50 permits in 500 ns, 5 s (POLICIES 3). The state is the cycle and its permits.
    """

    limit: int
    period: int
    wait_at_most: int = 0
    kind: Literal["cycles"] = "cycles"

    def initial(self) -> State:
        """Return the first cycle, with all of its permits."""
        return 0, self.limit

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Take permits now, or those of a later cycle if it begins in time."""
        cycle, permits = self.current(state, now)
        wait = self._wait(permits, now, cost)
        if wait <= self.wait_at_most:
            return Admission((cycle, permits - cost), True, wait)
        return Admission((cycle, permits), False, NEVER if cost > self.limit else wait - self.wait_at_most)

    def current(self, state: State, now: int) -> State:
        """Return the cycle of `now` and the permits that it has."""
        cycle = now // self.period
        passed = cycle - state[0]
        return cycle, min(self.limit, state[1] + passed * self.limit) if passed else state[1]

    def _wait(self, permits: int, now: int, cost: int) -> int:
        """Return the ticks until `cost` permits are there."""
        if permits >= cost:
            return 0
        whole = max(0, -(-(cost - permits - self.limit) // self.limit))
        return whole * self.period + self.period - now % self.period
