"""A leaky bucket as a queue: what is admitted leaves at an even rate (`LeakyQueue`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State


@dataclass(frozen=True, slots=True)
class LeakyQueue:
    """Drains `units` per `ticks`, one after the other; at most `depth` may be queued, and more are refused.

    An admitted call starts `retry_after` ticks later, so starts are at least ticks / units apart, and nothing waits
    longer than depth x ticks / units. The state is when the next call could start, times `units`.
    """

    units: int
    ticks: int
    depth: int
    kind: Literal["leaky_queue"] = "leaky_queue"

    def initial(self) -> State:
        """Return an empty queue."""
        return (0,)

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Queue a call, if there is room."""
        start = max(now * self.units, state[0])
        ahead = start - now * self.units
        if ahead > self.depth * self.ticks:
            return Admission(state, False, -(-(ahead - self.depth * self.ticks) // self.units))
        if cost > self.depth + 1:
            return Admission(state, False, NEVER)
        return Admission((start + cost * self.ticks,), True, -(-ahead // self.units))
