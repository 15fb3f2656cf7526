"""What every breaker is asked and told, and what it answers; its state, and the moves that its phases allow.

Theory of operation. A breaker belongs to a process and one called side, and is lost with the process. Nothing happens
by itself: time comes with the events, and a phase whose time is over is left by the next event. Every move begins a new
epoch. A permit carries the epoch in which it was given, and an outcome comes back with it, so that what was begun
before a move can be told from what was begun after it.
"""

from enum import Enum
from typing import NamedTuple, Protocol, runtime_checkable

Counts = tuple[int, ...]
"""What a breaker's window holds; only the window reads it."""


class Phase(Enum):
    """The phases of a breaker; the last three are entered and left by hand alone."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"
    DISABLED = "DISABLED"
    """Everything passes, nothing is counted."""
    METRICS_ONLY = "METRICS_ONLY"
    """Everything passes and is counted; the breaker never opens."""
    FORCED_OPEN = "FORCED_OPEN"
    """Nothing passes, however long it takes."""


ILLEGAL_MOVES = frozenset(
    [
        (Phase.CLOSED, Phase.HALF_OPEN),
        (Phase.METRICS_ONLY, Phase.OPEN),
        (Phase.METRICS_ONLY, Phase.HALF_OPEN),
    ]
)
"""The moves that nobody may make by hand; the other 33 of the 36 are legal (POLICIES 1)."""


class Result(Enum):
    """How an attempt ended, for a breaker."""

    OK = "OK"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    """The caller lost interest, or the attempt was never sent."""
    IGNORED = "IGNORED"
    """An error that says nothing about the health of the called side."""


class Ask(NamedTuple):
    """An attempt wants to be made at `now` (ticks)."""

    now: int


class Over(NamedTuple):
    """An attempt that was permitted in `epoch` has ended after `took` ticks."""

    now: int
    epoch: int
    result: Result
    took: int = 0


class Force(NamedTuple):
    """Somebody moves the breaker by hand."""

    now: int
    phase: Phase


Event = Ask | Over | Force


class BreakerState(NamedTuple):
    """Where a breaker stands."""

    phase: Phase = Phase.CLOSED
    epoch: int = 0
    until: int = 0
    """When OPEN may be left, or HALF_OPEN must be; ticks."""
    openings: int = 0
    """How often it opened since it was last CLOSED."""
    permits: int = 0
    """How many probes may still be sent."""
    counts: Counts = ()
    probing: bool = False
    """True where `counts` are those of probes, in HALF_OPEN and in the OPEN that follows it."""
    refused: int = 0
    """Requests that were not permitted since the last move into CLOSED or HALF_OPEN."""
    exceeded: bool = False
    """True once the rates were over their thresholds in METRICS_ONLY."""


class Ruling(NamedTuple):
    """The answer to an event.

    `allowed` and `epoch` answer `Ask`; `retry_after` is how many ticks a refused caller waits at least, 0 when that is
    not known. `exceeded` says that this outcome took a rate over its threshold for the first time in this phase.
    """

    allowed: bool = True
    epoch: int = 0
    retry_after: int = 0
    exceeded: bool = False


@runtime_checkable
class Breaker(Protocol):
    """What all breakers have in common."""

    def initial(self) -> BreakerState:
        """Return the state of a process that has just started."""

    def step(self, state: BreakerState, event: Event) -> tuple[BreakerState, Ruling]:
        """Return the next state and the answer; raises UsageError for a move by hand that is not legal."""
