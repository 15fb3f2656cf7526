"""The generic cell rate algorithm: a token bucket in one number (`Gcra`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State


@dataclass(frozen=True, slots=True)
class Gcra:
    """`limit` at once, then `units` per `ticks`; it admits what a token bucket of the same numbers does.

    With T the time of one unit, a request of n moves the theoretical arrival time to max(now, TAT) + nT, and passes if
    that is at most limit x T ahead. The state is TAT times `units`, so that T need not be whole ticks. A tolerance of
    period x burst instead of T x burst is a mistake that was made in production (POLICIES 3).
    """

    units: int
    ticks: int
    limit: int
    kind: Literal["gcra"] = "gcra"

    def initial(self) -> State:
        """Return the state before the first call."""
        return (0,)

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Move the theoretical arrival time, if it does not get too far ahead; a cost of 0 only looks."""
        if cost > self.limit:
            return Admission(state, False, NEVER)
        arrival = max(now * self.units, state[0]) + cost * self.ticks
        ahead = arrival - self.limit * self.ticks - now * self.units
        if ahead > 0:
            return Admission(state, False, -(-ahead // self.units))
        return Admission((arrival,), True)

    def left(self, state: State, now: int) -> tuple[int, int]:
        """Return how much would be admitted now, and in how many ticks everything would be."""
        ahead = max(0, state[0] - now * self.units)
        return (self.limit * self.ticks - ahead) // self.ticks, -(-ahead // self.units)
