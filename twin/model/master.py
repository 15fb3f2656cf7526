"""What is known of an item beside its stock: that it exists, and whether it may be sold."""

import msgspec

from twin.model.instant import Instant


class MasterItem(msgspec.Struct, frozen=True, gc=False):
    """One item of the master data: the version of its last change, and when that was true (wall).

    A deleted one is a tombstone: it keeps its version, so that an older change revives nothing.
    """

    item: int
    version: int = 1
    changed_at: Instant = 0
    active: bool = True
    deleted: bool = False

    @property
    def closed(self) -> bool:
        """Whether no new order may name it; open orders go on."""
        return self.deleted or not self.active
