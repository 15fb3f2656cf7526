"""When a second copy of an attempt goes out while the first is still waited for (`Hedge`).

A copy is a bet against a slow answer: the first good answer counts and the other copies are abandoned. It costs load
where the called side is slow for everybody, so every copy is paid for like a retry: budget, breaker, limiter and
concurrency limit are asked, and what one of them refuses is simply not sent (POLICIES 4). Sources: grpc/proposal
A6-client-retries.md, hedging policy (a copy every delay, more than 5 in all are 5); Dean and Barroso, The Tail at Scale
(2013), which sends one copy after the 95th percentile of the usual time.
"""

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

COPIES_MAX: Final = 5
"""More copies in all than these are treated as these, as in gRPC."""


@runtime_checkable
class Hedging(Protocol):
    """What all hedges have in common."""

    def next_copy(self, sent: int) -> int | None:
        """Return the ticks until one more copy goes out when `sent` are out, the first included; None: no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """One more copy every `after` ticks without an answer, until there are `copies` in all, the first included."""

    after: int
    copies: int = 2

    def next_copy(self, sent: int) -> int | None:
        """Return the ticks until the next copy when so many are out, None when there is none.

        >>> [Hedge(after=50, copies=3).next_copy(sent) for sent in (1, 2, 3)]
        [50, 50, None]
        """
        return self.after if sent < min(self.copies, COPIES_MAX) else None
