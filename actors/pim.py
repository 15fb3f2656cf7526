"""The product information system: it opens and closes items, by events, and tells of all of them in a nightly file.

A file is a picture of its cut, and is delivered later. It says that it is complete; sometimes it was cut short on its
way and is not. What the system says of an item is numbered by version. New items are launched now and then. Of what the
ERP blocks it hears some time later, and says it along with its own until then as it was.
"""

from collections.abc import Callable, Sequence

from actors.calls import Feed
from actors.ground import Ground, Lag
from twin.model.chance import bits, stream_id
from twin.model.commands import ItemChanged, MasterBatch
from twin.model.ids import derive
from twin.model.instant import DAY, Elapsed
from twin.model.master import MasterItem

Coin = Callable[[int, int], bool]


class Pim:
    """The master of items: its ledger is what it says of each."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        feed: Feed,
        rows: Sequence[MasterItem],
        *,
        between: Lag,
        closed_for: Lag,
        deletes: Coin,
        told: Coin,
        file_cut: Coin,
        file_kept: float,
        cut_at: Elapsed,
        delivered_after: Elapsed,
        launches: int = 0,
        launched_every: Elapsed = DAY,
    ) -> None:
        self.ground = ground
        self.name = name
        self.feed = feed
        self.rows = list(rows)
        self.between = between
        self.closed_for = closed_for
        self.deletes = deletes
        self.told = told
        self.file_cut = file_cut
        self.file_kept = file_kept
        self.delivered_after = delivered_after
        self._changes = 0
        self._files = 0
        self._pick = stream_id(f"{name}/item")
        self._ids = stream_id(f"{name}/message")
        self.changed: Callable[[MasterItem], None] | None = None
        """Who else keeps a picture of the items."""
        self.blocked: Callable[[int], bool] = lambda _: False
        """Whether the ERP has stopped the sale of an item, known here or not."""
        for number in range(1, launches + 1):
            ground.timeline.call_in(number * launched_every, self._launch, None)
        ground.timeline.call_in(between(0, 0), self._close, None)
        ground.timeline.call_at(cut_at, self._cut, None)

    def _close(self, _: None) -> None:
        """An item is taken off sale, for a while."""
        self._changes += 1
        number = self._changes
        self.ground.timeline.call_in(self.between(number, 0), self._close, None)
        item = bits(self.ground.seed, self._pick, number) % len(self.rows)
        if self.rows[item].closed:
            return
        self._change(item, closed=True, deleted=self.deletes(number, 0))
        self.ground.timeline.call_in(self.closed_for(number, 0), self._open, item)

    def _open(self, item: int) -> None:
        self._change(item, closed=False, deleted=False)

    def _change(self, item: int, *, closed: bool, deleted: bool) -> None:
        known = self.rows[item]
        self._say(known.said(known.version + 1, self.ground.now().wall, active=not closed, deleted=deleted))

    def _launch(self, _: None) -> None:
        """An item that nobody knew is entered."""
        item = len(self.rows)
        row = MasterItem(item, 1, self.ground.now().wall)
        self.rows.append(row)
        self._say(row)

    def _say(self, row: MasterItem) -> None:
        self.rows[row.item] = row
        self.ground.probe.mastered(row.item, row.deleted or not row.active or self.blocked(row.item))
        if self.changed is not None:
            self.changed(row)
        identity = derive(derive(self._ids, row.item), row.version)
        if row.version == 1 or self.told(identity, 0):
            self.feed.send(ItemChanged(id=identity, row=row))

    def hear(self, blocked: MasterItem) -> None:
        """The ERP has blocked an item or freed it: this system shows it from now on, and has not changed it."""
        self.rows[blocked.item] = self.rows[blocked.item].with_block(blocked.blocked, blocked.erp_version)

    def _cut(self, _: None) -> None:
        """Write the nightly file: every item that is not deleted, and deletions as they are."""
        timeline = self.ground.timeline
        timeline.call_in(DAY, self._cut, None)
        self._files += 1
        rows = tuple(self.rows)
        if self.file_cut(self._files, 0):
            rows = rows[: int(len(rows) * self.file_kept)]
        id = derive(self._ids, 1_000_000_007 + self._files)
        batch = MasterBatch(id=id, cut=self.ground.now().wall, complete=True, rows=rows)
        timeline.call_in(self.delivered_after, self.feed.send, batch)
