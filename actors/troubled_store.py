"""What goes wrong with the store behind the middleware: writes lost or torn, a lagging replica, a forgetful inbox.

The middleware's process asks its `TroubledStore` around each commit; without a record of these kinds it has none. Only
while a record waits to take committed writes back (D1, D9) is it kept what they were. A backup (P6) is copied at even
times, so that the last one is at most as old as the record says. D-, C- and P-numbers are those of the fault catalogue.
"""

from collections import deque
from typing import Final, NamedTuple

from actors.transactor import Direct, Store
from twin.kernel.faults import Armed, Schedule, Struck
from twin.middleware.unit import INBOX, ITEMS
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.model.stock import ItemStock, Position

STORED: Final = ("D1", "D4", "D6", "D7", "D8", "D9", "C3", "P6")
_INBOX: Final = INBOX.number


class Undo(NamedTuple):
    """What a commit replaced: rows by table and id (None: there was none), and ids of its events and timers."""

    at: Elapsed
    rows: tuple[tuple[int, int, object], ...]
    events: tuple[int, ...]
    timers: tuple[tuple[int, tuple[Elapsed, Message] | None], ...]


class Backup(NamedTuple):
    """The committed state of a moment."""

    rows: list[dict[int, object]]
    inbox_earlier: dict[int, object]
    outbox: dict[int, Event]
    timers: dict[int, tuple[Elapsed, Message]]


class TroubledStore(Struck):
    """The records that are on; `waiting` are those that may come and need to know what was before."""

    def __init__(self, store: Store, timeline: Schedule, waiting: tuple[Armed, ...]) -> None:
        self.store = store
        self.timeline = timeline
        kinds = {armed.fault.kind for armed in waiting}
        self._keeps_log = bool(kinds & {"D1", "D9"})
        self._keeps_times = "D6" in kinds
        self._forgets = bool(kinds & {"C3", "D8", "D9"})
        """Whether a message may be handled twice: the second time its events are there already."""
        self._log: deque[Undo] = deque()
        self._longest = max([int(each.number("extra", 0.0)) for each in waiting], default=0)
        self._changed: dict[tuple[int, int], Elapsed] = {}
        self._backup: Backup | None = None
        for armed in waiting:
            if armed.fault.kind == "P6":
                timeline.call_in(0, self._back_up, int(armed.number("lag", 1.0)))

    def begin(self, armed: Armed) -> None:
        """A record is on: what it takes back is taken back now."""
        super().begin(armed)
        now, kind = self.timeline.now, armed.fault.kind
        if kind in ("D1", "D9"):
            since = now - int(armed.number("extra", 0.0))
            while self._log and self._log[-1].at >= since:
                undo = self._log.pop()
                armed.took_effect()
                if kind == "D1":
                    self._undo(undo)
                else:
                    for number, id, _ in undo.rows:
                        if number == _INBOX:
                            self.store.rows[_INBOX].pop(id, None)
                    self.store.changes += 1
        elif kind == "P6" and self._backup is not None:
            armed.took_effect()
            self._restore(self._backup)
        elif kind == "C3":
            self._forget(armed)

    # --- around a commit

    def refuses(self) -> bool:
        """Tell whether nothing can be committed (D4)."""
        for armed in self.armed:
            if armed.fault.kind == "D4":
                armed.took_effect()
                return True
        return False

    def before(self, message: Message, unit: Direct, restarts: int) -> None:
        """A unit is about to be committed: its reads may be stale (D6)."""
        now = self.timeline.now
        for armed in self.armed:
            stale = (
                armed.fault.kind == "D6"
                and restarts == 0
                and armed.concerns(message)
                and self._read_lately(unit, armed, now)
            )
            if stale and armed.strikes(now, message.id, restarts):
                unit.reads.setdefault(ITEMS.number, {})[message.id] = armed
                unit.began = -1
        if self._forgets:
            unit.events = [event for event in unit.events if event.id not in self.store.outbox]
        if self._keeps_log:
            self._log.append(self._undo_of(unit, now))
            while self._log and self._log[0].at < now - self._longest:
                self._log.popleft()

    def after(self, message: Message, unit: Direct) -> None:
        """A unit was committed: a row of it may be torn (D7)."""
        now = self.timeline.now
        if self._keeps_times:
            self._changed.update(((number, id), now) for number, rows in unit.writes.items() for id in rows)
        for armed in self.armed:
            if armed.fault.kind == "D7" and armed.concerns(message):
                stock = next(iter(unit.writes.get(ITEMS.number, {}).values()), None)
                if isinstance(stock, ItemStock) and armed.strikes(now, message.id, 0):
                    self.store.rows[ITEMS.number][stock.item] = _torn(stock, int(armed.number("delta", 1.0)))
                    self.store.changes += 1

    def _read_lately(self, unit: Direct, armed: Armed, now: Elapsed) -> bool:
        since = now - int(armed.number("lag", 0.0))
        changed = self._changed
        return any(changed.get((number, id), -1) >= since for number, rows in unit.reads.items() for id in rows)

    # --- what was before

    def _undo_of(self, unit: Direct, now: Elapsed) -> Undo:
        tables, timers = self.store.rows, self.store.timers
        written = [(number, id) for number, rows in unit.writes.items() for id in rows] + unit.archived
        return Undo(
            now,
            tuple([(number, id, tables[number].get(id)) for number, id in written]),
            tuple([event.id for event in unit.events]),
            tuple([(later.id, timers.get(later.id)) for _, later in unit.scheduled]),
        )

    def _undo(self, undo: Undo) -> None:
        self.store.changes += 1
        for number, id, row in reversed(undo.rows):
            if row is None:
                self.store.rows[number].pop(id, None)
            else:
                self.store.rows[number][id] = row
        for event in undo.events:
            self.store.outbox.pop(event, None)
        for id, entry in undo.timers:
            if entry is None:
                self.store.timers.pop(id, None)
            else:
                self.store.timers[id] = entry

    def _back_up(self, every: int) -> None:
        store = self.store
        rows = [dict(table) for table in store.rows]
        self._backup = Backup(rows, dict(store.inbox_earlier), dict(store.outbox), dict(store.timers))
        self.timeline.call_in(every, self._back_up, every)

    def _restore(self, backup: Backup) -> None:
        store = self.store
        store.changes += 1
        for table, then in zip(store.rows, backup.rows, strict=True):
            table.clear()
            table.update(then)
        store.inbox_earlier = dict(backup.inbox_earlier)
        store.outbox.clear()
        store.outbox.update(backup.outbox)
        store.timers.clear()
        store.timers.update(backup.timers)

    def _forget(self, armed: Armed) -> None:
        """Drop what the inbox remembers, every `base` while the record is on (C3)."""
        if armed in self.armed:
            if self.store.rows[_INBOX] or self.store.inbox_earlier:
                armed.took_effect()
            self.store.forget_inbox()
            self.timeline.call_in(int(armed.number("base", 1.0)), self._forget, armed)


def _torn(stock: ItemStock, delta: int) -> ItemStock:
    """Return the row with units at its first site that nobody moved there."""
    first, *rest = stock.positions
    torn = Position(first.sellable + delta, first.quality, first.damaged, first.held, first.committed)
    return stock.changed(positions=(torn, *rest))
