"""One limit for several kinds of calls, each with a share of it that the others cannot take (`Partitioned`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol, runtime_checkable

from policies.in_flight.bulkhead import InFlight
from policies.throttle import Admission, State

_ROUNDING = 1e-9
"""What a product of two exact shares may lie above a whole number."""


@runtime_checkable
class Shareable(InFlight, Protocol):
    """A limit whose state begins with how many attempts are under way, and that knows how many may be."""

    def room(self, state: State) -> float:
        """Return how many attempts may be under way as things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioned:
    """Lets a call begin while `limit` has room for it, or while fewer of its kind than its share are under way.

    `shares` are those of the kinds by name, at most 1 in all; `kind` is that of the calls that are asked about, and one
    that has no share is owed nothing. A share is rounded up to a whole attempt. What a kind does not use is lent to the
    others, so that the whole may be exceeded by what is lent when it is asked back. Source: Netflix'
    concurrency-limits, AbstractPartitionedLimiter (POLICIES 3). The state is that of the limit, then how many of each
    kind are under way.
    """

    limit: Shareable
    shares: Mapping[str, float]
    kind: str | None = None

    def of(self, kind: str | None) -> "Partitioned":
        """Return the same limit, asked about calls of another kind."""
        return replace(self, kind=kind)

    def initial(self) -> State:
        """Return nothing under way."""
        return (*self.limit.initial(), *(0 for _ in self.shares))

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Let one more begin, if the whole has room or its kind is owed it."""
        whole, kinds = self._apart(state)
        after, admitted, wait = self.limit.admit(whole, now, cost)
        if not admitted and self._is_owed(whole, kinds):
            after, admitted = (whole[0] + 1, *whole[1:]), True
        return Admission(self._joined(after, kinds, 1 if admitted else 0), admitted, wait)

    def ended(self, state: State, now: int, took: int, ok: bool) -> State:
        """Give the place back, and let the limit learn from how the attempt ended."""
        whole, kinds = self._apart(state)
        return self._joined(self.limit.ended(whole, now, took, ok), kinds, -1)

    def _is_owed(self, whole: State, kinds: State) -> bool:
        return any(
            count < ceil(share * self.limit.room(whole) - _ROUNDING)
            for (kind, share), count in zip(self.shares.items(), kinds, strict=True)
            if kind == self.kind
        )

    def _apart(self, state: State) -> tuple[State, State]:
        return state[: -len(self.shares)], state[-len(self.shares) :]

    def _joined(self, whole: State, kinds: State, more: int) -> State:
        counts = zip(self.shares, kinds, strict=True)
        return (*whole, *(count + more if kind == self.kind else count for kind, count in counts))
