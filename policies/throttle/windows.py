"""Limits on windows of time: aligned to a grid, or any window, exactly (`FixedWindow`, `SlidingWindow`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """`limit` per window of `window` ticks, cleared at its edge; up to twice that passes across an edge.

    A quota is the same with windows of an hour or a day. The state is the window's number and what was used of it.
    """

    limit: int
    window: int
    kind: Literal["fixed_window", "quota"] = "fixed_window"

    def initial(self) -> State:
        """Return window 0, unused."""
        return 0, 0

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Count `cost` in the current window, if there is room."""
        current = now // self.window
        used = state[1] if state[0] == current else 0
        if used + cost <= self.limit:
            return Admission((current, used + cost), True)
        if cost > self.limit:
            return Admission((current, used), False, NEVER)
        return Admission((current, used), False, (current + 1) * self.window - now)


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """At most `limit` in every period of `window` ticks, exactly.

    The state is the log of the last period: time and cost of what was admitted, by turns, at most `limit` pairs.
    """

    limit: int
    window: int
    kind: Literal["sliding_window"] = "sliding_window"

    def initial(self) -> State:
        """Return an empty log."""
        return ()

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Log `cost` at `now`, if the last period leaves room."""
        over = 0
        while over < len(state) and state[over] + self.window <= now:
            over += 2
        log = state[over:]
        excess = sum(log[1::2]) + cost - self.limit
        if excess <= 0:
            return Admission((*log, now, cost), True)
        if cost > self.limit:
            return Admission(log, False, NEVER)
        at = 0
        while excess > log[at + 1]:
            excess -= log[at + 1]
            at += 2
        return Admission(log, False, log[at] + self.window - now)
