"""How stock movements become postings in the ERP: one by one, or summed up over an interval (`Posting`).

Every movement is in exactly one posting, and a posting's key is the digest of the ids of its movements: what is sent
again after a timeout is the same posting. Sums run over (type, item, location, reason, document); postings of one item
and location go out in the order of their first movement in the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, NamedTuple

from twin.errors import UsageError
from twin.model.ids import MASK
from twin.model.instant import MINUTE, Instant
from twin.model.posting import ToPost


class Posted(NamedTuple):
    """One posting: its key, the movement it begins with, all their ids, and their sums.

    `on` is when it is booked; in a closed period that is another instant than its own.
    """

    key: int
    first: ToPost
    movements: tuple[int, ...]
    change: int
    blocked: int
    on: "BookedOn"
    weight: int


@dataclass(frozen=True, slots=True)
class Posting:
    """`each` movement at once, or `summed` every `every_us` microseconds; in `closed` periods the ERP books nothing."""

    kind: Literal["each", "summed"] = "each"
    every_us: int = 15 * MINUTE
    closed: tuple["Period", ...] = ()

    def __post_init__(self) -> None:
        if self.every_us < 1:
            raise UsageError(f"postings are summed over some time (every_us={self.every_us})")

    def group(self, movements: Sequence[ToPost], began: Instant = 0) -> tuple[Posted, ...]:
        """Return the postings of these movements, which come in the order of the ledger.

        `began` is the wall time at which elapsed time was 0. What a closed period shifts is summed by itself.
        """
        if self.kind == "each":
            return tuple([self._posted([movement], began) for movement in movements])
        groups: dict[tuple[str, int, int, str, int, int], list[ToPost]] = {}
        for each in movements:
            on = self.booked(began + each.at)
            shifted = on.at if on.reason == "PERIOD_SHIFTED" else 0
            groups.setdefault((each.type, each.item, each.site, each.reason, each.document, shifted), []).append(each)
        return tuple([self._posted(group, began) for group in groups.values()])

    def booked(self, at: Instant) -> "BookedOn":
        """Return where a movement of `at` is booked."""
        return booked_on(at, self.closed)

    def _posted(self, group: Sequence[ToPost], began: Instant) -> Posted:
        ids = tuple([movement.movement for movement in group])
        change, blocked = sum(each.change for each in group), sum(each.blocked for each in group)
        on, weight = self.booked(began + group[0].at), sum(each.weight for each in group)
        return Posted(posting_key(ids), group[0], ids, change, blocked, on, weight)


def posting_key(movements: Sequence[int]) -> int:
    """Return the 63-bit key of a posting: a digest of the ids of its movements."""
    digest = blake2b(b"".join([id.to_bytes(8, "big") for id in movements]), digest_size=8).digest()
    return int.from_bytes(digest, "big") & MASK


class Period(NamedTuple):
    """A stretch of wall time in which the ERP takes no postings, half-open."""

    since: Instant
    until: Instant


class BookedOn(NamedTuple):
    """The instant under which a posting is booked; `shifted` says that its own lies in a closed period.

    PERIOD_SHIFTED: the original instant goes into the memo.
    """

    at: Instant
    reason: Literal["OPEN", "PERIOD_SHIFTED"]


def booked_on(at: Instant, closed: Sequence[Period]) -> BookedOn:
    """Return where a movement of `at` is booked: there, or at the end of the closed periods that cover it.

    >>> booked_on(5, (Period(7, 9), Period(0, 7)))
    BookedOn(at=9, reason='PERIOD_SHIFTED')
    """
    day = at
    for period in sorted(closed):
        if period.since <= day < period.until:
            day = period.until
    return BookedOn(day, "OPEN" if day == at else "PERIOD_SHIFTED")
