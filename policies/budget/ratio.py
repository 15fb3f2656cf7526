"""Every new call deposits a share of a retry; a retry takes a whole one (`RatioBudget`)."""

from dataclasses import dataclass
from typing import Literal

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State

PARTS = 1_000_000
"""A token is kept in millionths, so that ten deposits of a tenth are one token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioBudget:
    """A bucket of at most `capacity` tokens: `deposit` of one for each first attempt, 1 for each retry.

    In any window retries <= deposit * firsts + capacity (P-3; VALIDATION C2). The state is the level in millionths.
    """

    deposit: float = 0.1
    capacity: int = 10
    start: Literal["full", "empty"] = "full"

    def initial(self) -> State:
        """Return the level of a process that has just started."""
        return (self.capacity * PARTS if self.start == "full" else 0,)

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Deposit for a first attempt, withdraw for a retry."""
        (level,) = state
        match event:
            case Asked(retry=False):
                return self._credited(level, round(self.deposit * PARTS)), NOTED
            case Asked():
                if level < PARTS:
                    return state, Grant(False, 0, "retry budget used up")
                return (level - PARTS,), Grant(True, PARTS)
            case Returned():
                return self._credited(level, event.cost), NOTED
            case Ended():
                return state, NOTED

    def _credited(self, level: int, amount: int) -> State:
        return (min(self.capacity * PARTS, level + amount),)
