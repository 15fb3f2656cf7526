"""The ERP's own word on items: it blocks one for sale now and then, and frees it after a while.

It tells the middleware at once, and the item's master hears of it later, as the ERP hears of the master's changes; so
either may say something of an item without knowing what the other has just said.
"""

from actors.calls import Feed
from actors.ground import Ground, Lag
from actors.pim import Pim
from twin.model.chance import bits, stream_id
from twin.model.commands import ItemChanged
from twin.model.ids import derive
from twin.model.master import ERP, MasterItem


class SalesBlocks:
    """What the ERP knows of each item: its own blocks, and what it has heard of the master's changes."""

    def __init__(
        self, ground: Ground, name: str, feed: Feed, pim: Pim, *, between: Lag, lasts: Lag, heard_after: Lag
    ) -> None:
        self.ground = ground
        self.feed = feed
        self.pim = pim
        self.rows: list[MasterItem] = list(pim.rows)
        self.between = between
        self.lasts = lasts
        self.heard_after = heard_after
        self._blocks = 0
        self._pick = stream_id(f"{name}/blocked item")
        self._ids = stream_id(f"{name}/block")
        pim.changed = self._changed
        pim.blocked = self._blocked
        ground.timeline.call_in(between(0, 0), self._block, None)

    def _changed(self, row: MasterItem) -> None:
        lag = self.heard_after(derive(row.item, row.version), 0)
        self.ground.timeline.call_in(lag, self._hear, row)

    def _hear(self, row: MasterItem) -> None:
        """The master's change has come; one that a newer one has overtaken is no news."""
        if row.item == len(self.rows):
            self.rows.append(row)
        elif row.item < len(self.rows) and row.version > self.rows[row.item].version:
            ours = self.rows[row.item]
            self.rows[row.item] = row.with_block(ours.blocked, ours.erp_version)

    def _block(self, _: None) -> None:
        self._blocks += 1
        number = self._blocks
        timeline = self.ground.timeline
        timeline.call_in(self.between(number, 0), self._block, None)
        item = bits(self.ground.seed, self._pick, number) % len(self.rows)
        if not self.rows[item].blocked:
            self._say(item, blocked=True)
            timeline.call_in(self.lasts(number, 0), self._free, item)

    def _free(self, item: int) -> None:
        self._say(item, blocked=False)

    def _say(self, item: int, *, blocked: bool) -> None:
        row = self.rows[item].with_block(blocked, self.rows[item].erp_version + 1)
        self.rows[item] = row
        truth = self.pim.rows[item]
        self.ground.probe.mastered(item, blocked or truth.deleted or not truth.active)
        self.feed.send(ItemChanged(id=derive(derive(self._ids, item), row.erp_version), row=row, by=ERP))
        lag = self.heard_after(derive(item, row.erp_version), 1)
        self.ground.timeline.call_in(lag, self._told, row)

    def _told(self, row: MasterItem) -> None:
        if row.erp_version > self.pim.rows[row.item].erp_version:
            self.pim.hear(row)

    def _blocked(self, item: int) -> bool:
        return item < len(self.rows) and self.rows[item].blocked
