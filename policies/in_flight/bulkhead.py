"""A fixed number of attempts under way at once (`Bulkhead`), and what all such limits are asked (`InFlight`)."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from policies.throttle import Admission, State


@runtime_checkable
class InFlight(Protocol):
    """A limit on attempts under way; each admission ends once, also when the attempt is cancelled or times out."""

    def initial(self) -> State:
        """Return the state with nothing under way."""

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Return whether one more may be under way; nobody knows when a call will end, so the wait is 0."""

    def ended(self, state: State, now: int, took: int, ok: bool) -> State:
        """Return the state after one of them ended; `ok` is False for a timeout or a refusal of the called side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulkhead:
    """At most `limit` attempts under way; the state is how many are."""

    limit: int = 25

    def initial(self) -> State:
        """Return nothing under way."""
        return (0,)

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Let one more begin, if there is room."""
        if state[0] >= self.limit:
            return Admission(state, False)
        return Admission((state[0] + 1,), True)

    def room(self, state: State) -> float:
        """Return the limit."""
        return float(self.limit)

    def ended(self, state: State, now: int, took: int, ok: bool) -> State:
        """Give the place back."""
        return (state[0] - 1,)
