"""What is known of an item beside its stock: that it exists, and whether it may be sold."""

from typing import Final, Literal

import msgspec

from twin.model.instant import Instant

Writer = Literal["MASTER", "ERP"]
"""Who may say something of an item: the system that looks after items, and the ERP."""
MASTER: Final = "MASTER"
ERP: Final = "ERP"


class MasterItem(msgspec.Struct, frozen=True, gc=False):
    """One item of the master data: the version of its last change, and when that was true (wall).

    A deleted one is a tombstone: it keeps its version, so that an older change revives nothing.
    """

    item: int
    version: int = 1
    changed_at: Instant = 0
    active: bool = True
    deleted: bool = False
    blocked: bool = False
    """The ERP has stopped its sale."""
    erp_version: int = 0
    """The ERP's count of its changes, beside `version`, which is the item's master's; 0: it has made none."""

    def said(self, version: int, at: Instant, *, active: bool, deleted: bool) -> "MasterItem":
        """Return the row as its master says it anew, under its next version."""
        return msgspec.structs.replace(self, version=version, changed_at=at, active=active, deleted=deleted)

    def with_block(self, blocked: bool, erp_version: int) -> "MasterItem":
        """Return the row as the ERP has it blocked or free, under its own version."""
        return msgspec.structs.replace(self, blocked=blocked, erp_version=erp_version)

    def gone(self, at: Instant) -> "MasterItem":
        """Return the tombstone that a deletion of `at` (wall) leaves."""
        return msgspec.structs.replace(self, changed_at=at, deleted=True)

    @property
    def closed(self) -> bool:
        """Whether no new order may name it; open orders go on."""
        return self.deleted or self.blocked or not self.active

    @property
    def versions(self) -> dict[str, int]:
        """The version vector of its two writers."""
        return {MASTER: self.version, ERP: self.erp_version}
