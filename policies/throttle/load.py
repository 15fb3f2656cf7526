"""A limit that no counter of the caller predicts: refusals by how busy the called side is (`LoadBased`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import Admission, State


@dataclass(frozen=True, slots=True)
class LoadBased:
    """Refuses while the work of the last `window` ticks reaches `busy` of `capacity` units of work per window.

    The state is a leaking level of work: it drains evenly, so that it is the work of about the last window.
    """

    capacity: int
    window: int
    busy: float = 1.0
    kind: Literal["load_based"] = "load_based"

    def initial(self) -> State:
        """Return an idle called side."""
        return 0, 0

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Add a call's work, unless the called side is too busy already; whoever is refused guesses when to return."""
        level = max(0, state[0] - self.capacity * (now - state[1]))
        if level >= self.busy * self.capacity * self.window:
            return Admission((level, now), False, 0)
        return Admission((level + cost * self.window, now), True)
