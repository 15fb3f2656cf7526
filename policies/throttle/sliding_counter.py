"""A sliding window in two counters, approximately (`SlidingCounter`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State


@dataclass(frozen=True, slots=True)
class SlidingCounter:
    """Admits while previous x (1 - progress) + current stays within `limit`; windows of `window` ticks on a grid.

    It takes the calls of the previous window to be spread evenly over it, which they need not be, so up to twice the
    limit may pass in some period. The state is the window's number, what the one before used, and what this one has.
    """

    limit: int
    window: int
    kind: Literal["sliding_counter"] = "sliding_counter"

    def initial(self) -> State:
        """Return window 0, unused."""
        return 0, 0, 0

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Count `cost` in the current window, if the weighted sum leaves room."""
        number, before, used = self._turned(state, now)
        turned = (number, before, used)
        if cost > self.limit:
            return Admission(turned, False, NEVER)
        left = (number + 1) * self.window - now
        if before * left + (used + cost) * self.window <= self.limit * self.window:
            return Admission((number, before, used + cost), True)
        return Admission(turned, False, self._wait(before, used, cost, left))

    def _turned(self, state: State, now: int) -> State:
        number = now // self.window
        if number == state[0]:
            return state
        return number, state[2] if number == state[0] + 1 else 0, 0

    def _wait(self, before: int, used: int, cost: int, left: int) -> int:
        """Return the ticks until the weight of the window before has fallen far enough, in this window or the next."""
        room = (self.limit - used - cost) * self.window
        if room >= 0:
            return max(1, left - room // before)
        return left + max(0, self.window - (self.limit - cost) * self.window // used)
