"""What every limit is asked and what it answers.

Theory of operation. A throttle is a value of parameters; its state is a value too, a few numbers that only the throttle
reads, handed in and returned. All arithmetic is in whole ticks (the caller decides how long a tick is): a rate of
`units` per `ticks` is kept as that ratio, the level of a bucket is scaled by it, waits are rounded up: nothing drifts.
Time never goes back. A refusal uses nothing up. What can never be admitted, because it costs more than the whole limit,
has the wait NEVER; a wait that only the end of another call will end has 0.
"""

from typing import NamedTuple, Protocol, runtime_checkable

NEVER = -1
"""The wait of a request that is larger than the limit itself."""

State = tuple[int, ...]
"""What a throttle remembers; empty before the first call."""


class Admission(NamedTuple):
    """The state after a request, whether it was admitted, and when to come back: ticks from now, or NEVER."""

    state: State
    admitted: bool
    retry_after: int = 0


@runtime_checkable
class Throttle(Protocol):
    """What all limits have in common."""

    @property
    def kind(self) -> str:
        """The name under which a scenario or a profile chooses it."""

    def initial(self) -> State:
        """Return the state before the first call."""

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Return whether a request of `cost` passes at `now` (ticks), and the next state."""


@runtime_checkable
class Learner(Throttle, Protocol):
    """A limit of a caller that also hears how the called side answered."""

    def learned(self, state: State, now: int, throttled: bool) -> State:
        """Return the state after an answer at `now`; `throttled` says that it was a refusal for a limit's sake."""


@runtime_checkable
class Held(Throttle, Protocol):
    """A limit on calls in flight, alone or among others: each admission is given back once."""

    def release(self, state: State, cost: int = 1) -> State:
        """Return the state after a call of `cost` that was admitted has ended."""
