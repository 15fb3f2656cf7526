"""What a retry rule is asked: one attempt failed, and this is what is known of the call.

A rule has no state. What a call remembers between its attempts (its number, the wait before, the draw of that wait,
where its ladder began) belongs to the call, and so to the store of whoever makes it.
"""

from enum import Enum
from typing import NamedTuple, Protocol, runtime_checkable


class Cause(Enum):
    """Why an attempt brought no result."""

    TRANSIENT = "transient"
    """The called side answered with an error, or the connection broke."""
    TIMEOUT = "timeout"
    """No answer in time: whether the work was done is not known."""
    THROTTLED = "throttled"
    """The called side refused because of a limit of its own."""
    REJECTED = "rejected"
    """The called side said no for good: it is well, and what was asked for is not."""
    LOCAL = "local"
    """The caller's own doing: a breaker or a limiter refused to send it, or its answer is wanted no more."""


class Failed(NamedTuple):
    """One failed attempt; times in microseconds."""

    attempt: int
    """Its number; 1 is the first call."""
    draw: float
    """Uniform in [0, 1], for the wait that follows."""
    previous_us: int = 0
    """The wait before this attempt, 0 before the first."""
    previous_draw: float = 0.0
    """The draw that the wait before this attempt was made with."""
    asked_us: int | None = None
    """The wait that the called side asked for; negative: do not come back. None: it said nothing."""
    since: int = 0
    """The attempt after which the ladder began anew; 0: with the first."""
    cause: Cause = Cause.TRANSIENT
    elapsed_us: int = 0
    """Since the call began."""


@runtime_checkable
class RetryRule(Protocol):
    """What all retry rules have in common."""

    @property
    def attempts(self) -> int:
        """The most attempts of one call, the first included."""

    def delay(self, failed: Failed) -> int | None:
        """Return the wait before the next attempt in microseconds, None when there is none."""
