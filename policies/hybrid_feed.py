"""Master data that comes both ways, in batches and as events: which of the two is newer, and what absence means.

A batch is a picture of its cut, and loads hours later: a row of it applies only to a key that has not changed since the
cut. An event applies only if its version is newer than the key's. A key that a complete batch leaves out is deleted,
but only if it has not changed since the cut, and only if the batch does not leave out too many: then somebody sent half
a file, and nothing is deleted. A deletion leaves a tombstone with its version, so that an older upsert that comes late
revives nothing, and the same key made anew under a higher version lives, in one pass or in two.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from twin.model.instant import Instant


class Known(NamedTuple):
    """What is known of a key: the version of its last change, when that was (wall), and whether it is a tombstone."""

    version: int
    changed_at: Instant
    deleted: bool = False


class Change(NamedTuple):
    """A row or an event about one key: its version (0: the source counts none), when it was true, and what it does."""

    version: int
    at: Instant
    delete: bool = False


class Ruling(NamedTuple):
    """What a change does to its key, and what is known of the key then."""

    known: Known
    reason: Literal["APPLY", "STALE"]


class Absence(NamedTuple):
    """The keys to delete because a complete batch leaves them out; DELETION_GUARD: none, for there are too many."""

    deleted: tuple[int, ...]
    reason: Literal["DELETE", "DELETION_GUARD"]


@dataclass(frozen=True, slots=True)
class HybridFeed:
    """At most `deletion_limit` of the live keys go because of absence from one batch."""

    deletion_limit: Fraction = Fraction(1, 10)

    def rule(self, known: Known | None, change: Change, cut: Instant | None = None) -> Ruling:
        """Say whether a change applies to a key; `cut` is that of the batch it came in (None: it is an event).

        A row is true as of its cut, an event as of its own time. A row older than the key is stale whatever its
        version; where both have versions, the higher one decides, also within one batch.
        """
        at = change.at if cut is None else cut
        after = Known(change.version or (known.version if known else 0), at, change.delete)
        if known is None:
            return Ruling(after, "APPLY")
        if cut is not None and cut < known.changed_at:
            return Ruling(known, "STALE")
        newer = change.version > known.version if change.version and known.version else at > known.changed_at
        return Ruling(after, "APPLY") if newer else Ruling(known, "STALE")

    def absent(self, known: Mapping[int, Known], present: Iterable[int], cut: Instant) -> Absence:
        """Say which live keys a complete batch of this cut deletes by leaving them out."""
        there = dict.fromkeys(present)
        live = [key for key, row in known.items() if not row.deleted]
        gone = tuple([key for key in live if key not in there and known[key].changed_at < cut])
        if len(gone) > self.deletion_limit * len(live):
            return Absence((), "DELETION_GUARD")
        return Absence(gone, "DELETE")
