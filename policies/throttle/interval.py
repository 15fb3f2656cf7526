"""A smallest gap between two calls (`Interval`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import Admission, State


@dataclass(frozen=True, slots=True)
class Interval:
    """At least `gap` ticks between the starts of two calls; the state is the last start."""

    gap: int
    kind: Literal["interval"] = "interval"

    def initial(self) -> State:
        """Return the state before the first call."""
        return ()

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Admit a call of any cost when the gap is over."""
        if not state or now >= state[0] + self.gap:
            return Admission((now,), True)
        return Admission(state, False, state[0] + self.gap - now)
