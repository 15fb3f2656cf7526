"""The simulated store and its shells: they run procedures in memory and apply a commit all at once or not at all.

`Direct` has every row at hand. `Waiting` does not: a load raises `Missing`, the worker spends the store's latency,
and the procedure runs again from the top with the rows fetched so far. Both keep what was read and compare it, by
identity, when the commit is applied: rows are frozen and replaced, so an unchanged row is the same object. What was
read and what is to be written lies by table, as in the store, so a commit is one update a table. Between running and
applying lies the worker's service time; that is where conflicts come from. `Crashing` counts the calls of
a unit and dies at one of them; nothing of that unit is applied.
"""

from collections.abc import Sequence
from typing import TypeVar

from twin.middleware.unit import INBOX, TABLES, Conflict, Missing, Table
from twin.model.instant import Elapsed
from twin.model.message import Event, Message

V = TypeVar("V")
_INBOX = INBOX.number
_JOURNALS = frozenset(table.number for table in TABLES if table.journal)


class Crash(Exception):
    """The process died between two calls of a unit."""


class Store:
    """Committed rows, the outbox in commit order, and scheduled messages; what survives a crash."""

    __slots__ = ("changes", "inbox_earlier", "journal", "keep_journal", "outbox", "rows", "timers")

    def __init__(self, *, keep_journal: bool = False) -> None:
        self.rows: list[dict[int, object]] = [{} for _ in TABLES]
        self.inbox_earlier: dict[int, object] = {}
        self.outbox: dict[int, Event] = {}
        """Events not yet acknowledged, by id, in commit order."""
        self.timers: dict[int, tuple[Elapsed, Message]] = {}
        """Scheduled messages not yet delivered, by id."""
        self.journal: list[tuple[str, int, object]] = []
        self.keep_journal = keep_journal
        self.changes = 0
        """How often rows have changed: by a commit, or by what befell the store. Who changes rows counts it here."""

    def get(self, table: Table[V], id: int) -> V | None:
        """Return a committed row."""
        return self.rows[table.number].get(id)  # type: ignore[return-value]  # a table holds rows of its type only

    def forget_inbox(self) -> None:
        """Drop what was there at the last call; called once per retention, so a row is kept for one to two of them."""
        self.inbox_earlier = self.rows[INBOX.number]
        self.rows[INBOX.number] = {}
        self.changes += 1


class Direct:
    """One unit of work on a store that is all in memory."""

    __slots__ = ("archived", "began", "events", "reads", "scheduled", "store", "writes")

    def __init__(self, store: Store) -> None:
        self.store = store
        self.began = store.changes
        """How often rows had changed when the first one was read; -1: its reads are compared in any case."""
        self.reads: dict[int, dict[int, object]] = {}
        """Rows as they were read, by table number and id; None where there was none."""
        self.writes: dict[int, dict[int, object]] = {}
        """Rows to be written, by table number and id."""
        self.archived: list[tuple[int, int]] = []
        self.events: list[Event] = []
        self.scheduled: list[tuple[Elapsed, Message]] = []

    def load(self, table: Table[V], id: int) -> V | None:
        """Return the row as committed now, and remember it for the check at commit."""
        number = table.number
        row = self.store.rows[number].get(id)
        if row is None and number == _INBOX:
            row = self.store.inbox_earlier.get(id)
        reads = self.reads
        if number in reads:
            reads[number][id] = row
        else:
            reads[number] = {id: row}
        return row  # type: ignore[return-value]  # a table holds rows of its type only

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        """Return the rows in the order of `ids`."""
        number = table.number
        rows = list(map(self.store.rows[number].get, ids))
        self._note_reads(number, ids, rows)
        return rows  # type: ignore[return-value]  # a table holds rows of its type only

    def _note_reads(self, number: int, ids: Sequence[int], rows: Sequence[object]) -> None:
        reads, read = self.reads, dict(zip(ids, rows, strict=True))
        if number in reads:
            reads[number].update(read)
        else:
            reads[number] = read

    def save(self, table: Table[V], id: int, row: V) -> None:
        """Write the row at commit."""
        number, writes = table.number, self.writes
        if number in writes:
            writes[number][id] = row
        else:
            writes[number] = {id: row}

    def archive(self, table: Table[V], id: int) -> None:
        """Remove the row at commit."""
        self.archived.append((table.number, id))

    def emit(self, event: Event) -> None:
        """Append the event to the outbox at commit."""
        self.events.append(event)

    def schedule(self, due: Elapsed, message: Message) -> None:
        """Keep the message until `due`."""
        self.scheduled.append((due, message))

    def commit(self) -> None:
        """Apply everything; raises Conflict, and applies nothing, if a row read has changed since."""
        store = self.store
        tables = store.rows
        if store.changes != self.began:
            self._compare()
        for number, rows in self.writes.items():
            if number not in _JOURNALS:
                tables[number].update(rows)
            elif store.keep_journal:
                store.journal.extend((TABLES[number].name, id, row) for id, row in rows.items())
        for number, id in self.archived:
            tables[number].pop(id, None)
        outbox = store.outbox
        for event in self.events:
            assert event.id not in outbox, "an event's id is derived from its cause and is its own"
            outbox[event.id] = event
        timers = store.timers
        for due, message in self.scheduled:
            timers[message.id] = (due, message)
        store.changes += 1

    def _compare(self) -> None:
        """Look whether every row that was read is still the one in the store."""
        store = self.store
        tables = store.rows
        for number, read in self.reads.items():
            get = tables[number].get
            for id, row in read.items():
                found = get(id)
                if found is None and number == _INBOX:
                    found = store.inbox_earlier.get(id)
                if found is not row:
                    raise Conflict(TABLES[number].name, id)


def overwrite(unit: Direct) -> None:
    """Commit a unit without a look at what has changed since it read: what a naive design does.

    The last writer wins. An event whose id stands in the outbox is that of the same message, run twice at one time.
    """
    reads, unit.reads = unit.reads, {}
    unit.events = [event for event in unit.events if event.id not in unit.store.outbox]
    unit.commit()
    unit.reads = reads


class Waiting(Direct):
    """A unit of work on a store with latency: it sees only rows that were fetched for it."""

    __slots__ = ("fetched",)

    def __init__(self, store: Store, fetched: dict[tuple[int, int], object]) -> None:
        super().__init__(store)
        self.began = -1
        self.fetched = fetched
        """Rows at hand by (table number, id), filled by `fetch`; kept over the runs of one message."""

    def stale(self) -> bool:
        """Tell whether a row that was fetched has changed since: then the view may not fit together."""
        rows, earlier = self.store.rows, self.store.inbox_earlier
        for (number, id), row in self.fetched.items():
            found = rows[number].get(id)
            if found is None and number == _INBOX:
                found = earlier.get(id)
            if found is not row:
                return True
        return False

    def fetch(self, missing: Missing) -> None:
        """Bring the missing rows to hand, as they are committed now."""
        for id in missing.ids:
            table: Table[object] = missing.table
            self.fetched[(table.number, id)] = Direct(self.store).load(table, id)

    def load(self, table: Table[V], id: int) -> V | None:
        """Return the row as it was when fetched; raises Missing when it was not fetched yet."""
        return self.load_many(table, (id,))[0]

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        """Return the rows as they were when fetched; raises Missing, naming all that are not at hand."""
        number, fetched = table.number, self.fetched
        absent = [id for id in ids if (number, id) not in fetched]
        if absent:
            raise Missing(table, absent)
        rows = [fetched[(number, id)] for id in ids]
        self._note_reads(number, ids, rows)
        return rows  # type: ignore[return-value]  # a table holds rows of its type only


class Crashing(Direct):
    """A unit whose process dies at its `at`-th call (1 is the first; the commit counts as the last call)."""

    __slots__ = ("at", "calls")

    def __init__(self, store: Store, at: int) -> None:
        super().__init__(store)
        self.at = at
        self.calls = 0

    def _call(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise Crash(f"died before call {self.at}")

    def load(self, table: Table[V], id: int) -> V | None:
        self._call()
        return super().load(table, id)

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        self._call()
        return super().load_many(table, ids)

    def save(self, table: Table[V], id: int, row: V) -> None:
        self._call()
        super().save(table, id, row)

    def archive(self, table: Table[V], id: int) -> None:
        self._call()
        super().archive(table, id)

    def emit(self, event: Event) -> None:
        self._call()
        super().emit(event)

    def schedule(self, due: Elapsed, message: Message) -> None:
        self._call()
        super().schedule(due, message)

    def commit(self) -> None:
        self._call()
        super().commit()
