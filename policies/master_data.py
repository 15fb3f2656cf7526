"""Which items the master data speaks of, and which of two changes of one is newer (`MasterData.rule`).

Theory of operation. The item's master and the ERP both write an item, each what is his: AUTHORITY names the writer of
each attribute. A row carries how many changes of both its writer had seen. One that has seen all that we have is newer;
one that has not seen the other's last change is concurrent with it, and of such a row only what its writer has the
authority for is taken (DOMAIN 10, 13). A writer who changes what is the other's is not believed in that, and somebody
hears of it. Batches come from the master alone, and go by their cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from policies.hybrid_feed import Absence, Change, HybridFeed, Known
from policies.sequencing import Versions, compare
from twin.model.instant import Instant
from twin.model.master import ERP, MASTER, MasterItem, Writer

AUTHORITY: Final[Mapping[str, Writer]] = MappingProxyType({"active": MASTER, "deleted": MASTER, "blocked": ERP})
"""Who says what of an item."""


class Merged(NamedTuple):
    """The row that a change leaves (None: what is known stays), and why.

    NOT_AUTHORITY: it applies, but for what its writer may not say.
    """

    row: MasterItem | None
    reason: Literal["APPLY", "STALE", "MERGED", "NOT_AUTHORITY"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterData:
    """Items 0 to `items` - 1 may be told of, in batches and events; the first `opened` are there from the start.

    With `opened` left out all are.
    """

    items: int
    opened: int = -1
    feed: HybridFeed = field(default_factory=HybridFeed)

    @property
    def at_first(self) -> int:
        """How many items are there from the start."""
        return self.items if self.opened < 0 else self.opened

    def rule(
        self, known: MasterItem | None, told: MasterItem, cut: Instant | None = None, by: Writer = MASTER
    ) -> Merged:
        """Return the row that a change leaves; `told` is a batch row where a `cut` (wall) is given, else an event."""
        if known is not None and cut is None and (known.erp_version or told.erp_version):
            return _between_writers(known, told, by)
        before = None if known is None else Known(known.version, known.changed_at, known.deleted)
        ruling = self.feed.rule(before, Change(told.version, told.changed_at, told.deleted), cut)
        if ruling.reason == "STALE":
            return Merged(None, "STALE")
        after = ruling.known
        blocked, erp_version = (told.blocked, told.erp_version) if known is None else (known.blocked, known.erp_version)
        row = MasterItem(told.item, after.version, after.changed_at, told.active, after.deleted, blocked, erp_version)
        return Merged(row, "APPLY")

    def absent(self, known: Mapping[int, MasterItem], present: Sequence[int], cut: Instant) -> Absence:
        """Return which items a complete batch of this cut deletes by leaving them out."""
        rows = {item: Known(row.version, row.changed_at, row.deleted) for item, row in known.items()}
        return self.feed.absent(rows, present, cut)


def _between_writers(known: MasterItem, told: MasterItem, by: Writer) -> Merged:
    """Take what is the writer's own from a row that is newer than ours, or concurrent with it.

    Of the other writer's part a row is only a picture: neither its content nor its version is taken from there, so that
    the other's own word is still news when it comes.
    """
    stands = compare(told.versions, known.versions)
    if stands in (Versions.BEFORE, Versions.EQUAL) or told.versions[by] <= known.versions[by]:
        return Merged(None, "STALE")
    other = ERP if by == MASTER else MASTER
    if by == MASTER:
        row = known.said(told.version, told.changed_at, active=told.active, deleted=told.deleted)
    else:
        row = known.with_block(told.blocked, told.erp_version)
    same = told.versions[other] == known.versions[other]
    foreign = [name for name, writer in AUTHORITY.items() if writer == other and _differ(name, told, known)]
    if same and foreign:
        return Merged(row, "NOT_AUTHORITY")
    return Merged(row, "MERGED" if stands is Versions.CONCURRENT else "APPLY")


def _differ(attribute: str, told: MasterItem, known: MasterItem) -> bool:
    return bool(getattr(told, attribute) != getattr(known, attribute))
