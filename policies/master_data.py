"""Which items the master data speaks of, and which of two changes of one is newer (`MasterData.rule`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from policies.hybrid_feed import Absence, Change, HybridFeed, Known
from twin.model.instant import Instant
from twin.model.master import MasterItem


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterData:
    """Items 0 to `items` - 1 are looked after by one system, which tells of them in batches and events."""

    items: int
    feed: HybridFeed = field(default_factory=HybridFeed)

    def rule(self, known: MasterItem | None, told: MasterItem, cut: Instant | None = None) -> MasterItem | None:
        """Return the row that a change leaves, or None when it is older than what is known.

        `told` is a batch row where a `cut` (wall) is given, else an event.
        """
        before = None if known is None else Known(known.version, known.changed_at, known.deleted)
        ruling = self.feed.rule(before, Change(told.version, told.changed_at, told.deleted), cut)
        if ruling.reason == "STALE":
            return None
        after = ruling.known
        return MasterItem(told.item, after.version, after.changed_at, told.active, after.deleted)

    def absent(self, known: Mapping[int, MasterItem], present: Sequence[int], cut: Instant) -> Absence:
        """Return which items a complete batch of this cut deletes by leaving them out."""
        rows = {item: Known(row.version, row.changed_at, row.deleted) for item, row in known.items()}
        return self.feed.absent(rows, present, cut)
