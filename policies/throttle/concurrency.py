"""A number of calls in flight at the same time: a partner's limit, or a caller's bulkhead (`Concurrency`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State
from twin.errors import UsageError


@dataclass(frozen=True, slots=True)
class Concurrency:
    """At most `limit` in flight; each admission is given back once, by `release`, also when a call is cancelled."""

    limit: int
    kind: Literal["concurrency"] = "concurrency"

    def initial(self) -> State:
        """Return nothing in flight."""
        return (0,)

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Admit while there is room; nobody knows when a call will end, so the wait is 0."""
        if state[0] + cost <= self.limit:
            return Admission((state[0] + cost,), True)
        return Admission(state, False, NEVER if cost > self.limit else 0)

    def release(self, state: State, cost: int = 1) -> State:
        """Return the state after a call ended; raises UsageError when none was admitted."""
        if cost > state[0]:
            raise UsageError(f"released {cost} of {state[0]} calls in flight")
        return (state[0] - cost,)
