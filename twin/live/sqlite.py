"""The store of a live process in one SQLite file: rows, ledger, outbox, inbox and timers.

A commit is one IMMEDIATE transaction that compares the version of every row read and applies all effects or none. No
lock is held while a procedure runs.

- A row's version is the number of the commit that wrote it, not a count of its own: a row that was archived and made
  anew never shows a version it had before. An absent row has version 0, and must still be absent.
- WAL with `synchronous=FULL`: a commit that returned survives the loss of power, because a sender forgets a message
  once it is acknowledged. Readers and the writer do not stop each other.
- The ledger is append-only, and triggers say so. Inbox rows carry the elapsed time of their commit for their pruning.
- An event's id stands in the outbox once. A second one under the same id is a fault of whoever made the ids, and
  losing either of the two silently would be worse than an error. A timer's id may come again: it moves the timer.

Tried and dropped: one read transaction from the first fetch to the commit. It gives rows of one moment, but a unit
then owns a connection, and a long one keeps the WAL from being checkpointed.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from twin.errors import UsageError
from twin.live.store import COUNTED, PAGE, Claim, Effects, Progress, Timer, Versions
from twin.middleware.unit import INBOX, TABLES, Conflict, Table
from twin.model.instant import SECOND, Elapsed, Now
from twin.model.message import Event
from twin.model.wire import decode_incoming, decode_outgoing, encode, reader

V = TypeVar("V")

_FORMAT = 2
"""Grows with every change of the file's tables that an older program could not read."""

_LAYOUT = (
    """CREATE TABLE IF NOT EXISTS meta (one INTEGER PRIMARY KEY CHECK (one = 1), commits INTEGER NOT NULL,
        elapsed INTEGER NOT NULL, wall INTEGER)""",
    "INSERT OR IGNORE INTO meta VALUES (1, 0, 0, NULL)",
    """CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE,
        type TEXT NOT NULL, body BLOB NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS outbox_open ON outbox (seq) WHERE acknowledged = 0",
    "CREATE INDEX IF NOT EXISTS outbox_done ON outbox (seq) WHERE acknowledged = 1",
    """CREATE TABLE IF NOT EXISTS timers (seq INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE,
        due INTEGER NOT NULL, body BLOB NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS timers_due ON timers (due, seq)",
    "CREATE TABLE IF NOT EXISTS sources (name TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS notes (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS publishers (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL,
        body BLOB NOT NULL)""",
)
_ROWS = ("CREATE TABLE IF NOT EXISTS {0} (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL)",)
_INBOX = (
    """CREATE TABLE IF NOT EXISTS {0} (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL,
        kept_at INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS {0}_kept_at ON {0} (kept_at)",
)
_JOURNAL = (
    """CREATE TABLE IF NOT EXISTS {0} (seq INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE,
        body BLOB NOT NULL)""",
    """CREATE TRIGGER IF NOT EXISTS {0}_kept BEFORE DELETE ON {0}
        BEGIN SELECT RAISE(ABORT, '{0} is append-only'); END""",
    """CREATE TRIGGER IF NOT EXISTS {0}_same BEFORE UPDATE ON {0}
        BEGIN SELECT RAISE(ABORT, '{0} is append-only'); END""",
)
_VERSION = "(SELECT commits FROM meta)"
_SAVE = (
    f"INSERT INTO {{0}} (id, version, body) VALUES (?, {_VERSION}, ?) "
    "ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body"
)
_SAVE_INBOX = (
    f"INSERT INTO {{0}} (id, version, body, kept_at) VALUES (?, {_VERSION}, ?, (SELECT elapsed FROM meta)) "
    "ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body, kept_at = excluded.kept_at"
)
_APPEND = "INSERT INTO {0} (id, body) VALUES (?, ?)"
_COUNT = (
    "UPDATE meta SET commits = commits + 1, wall = CASE WHEN ?1 >= elapsed THEN ?2 ELSE wall END, "
    "elapsed = max(elapsed, ?1)"
)


class SqliteStore:
    """Committed rows, ledger, outbox and timers in one file; what survives a crash.

    Several processes may open one file. `busy_max_us` bounds how long a commit waits for another one; after that it
    raises `sqlite3.OperationalError`. Raises UsageError for a path that cannot be opened, for a file that is not a
    database, and for one of another program or of a later format. Use it in a `with` statement, or close it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        busy_max_us: int = 5 * SECOND,
        connection: type[sqlite3.Connection] = sqlite3.Connection,
    ) -> None:
        self._readers = [reader(table.row) for table in TABLES]
        with ExitStack() as opening:
            try:
                self._base = sqlite3.connect(
                    path, timeout=busy_max_us / SECOND, isolation_level=None, factory=connection
                )
                opening.callback(self._base.close)
                laid_out = self._recognise(path)
                self._base.execute("PRAGMA journal_mode = WAL")
            except sqlite3.DatabaseError as error:
                raise UsageError(f"store {path}: {error}") from error
            self._base.execute("PRAGMA synchronous = FULL")
            if not laid_out:
                with self._transaction("BEGIN IMMEDIATE"):
                    for statement in chain(_LAYOUT, *map(_layout, TABLES)):
                        self._base.execute(statement)
                    self._base.execute(f"PRAGMA user_version = {_FORMAT}")
            opening.pop_all()

    def __enter__(self) -> "SqliteStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back; what was not committed is gone."""
        self._base.close()

    # --- reading

    def fetch(self, table: Table[V], ids: Sequence[int]) -> dict[int, tuple[int, V | None]]:
        """Return (version, row) by id as committed now, in one trip; (0, None) where there is no row."""
        assert not table.journal, f"{table} is a journal: procedures only append to it"
        found: dict[int, tuple[int, V | None]] = dict.fromkeys(ids, (0, None))
        with self._transaction("BEGIN"):
            for page in _pages(list(found)):
                holders = ", ".join("?" * len(page))
                query = f"SELECT id, version, body FROM {table.name} WHERE id IN ({holders})"
                for id, version, body in self._base.execute(query, page):
                    found[id] = (version, self._row(table, body))
        return found

    def get(self, table: Table[V], id: int) -> V | None:
        """Return a committed row."""
        return self.fetch(table, (id,))[id][1]

    def rows(self, table: Table[V]) -> Iterator[tuple[int, V]]:
        """Yield every (id, row): a journal in the order of its appending, any other table by id."""
        key = "seq" if table.journal else "id"
        query = f"SELECT {key}, id, body FROM {table.name} WHERE {key} > ? ORDER BY {key} LIMIT {PAGE}"
        last = -1
        while page := self._base.execute(query, (last,)).fetchall():
            yield from ((id, self._row(table, body)) for _, id, body in page)
            last = page[-1][0]

    def outbox(self) -> Iterator[Event]:
        """Yield the events not yet acknowledged that stand in the outbox now, in commit order."""
        end = self.last_event()
        query = f"""SELECT seq, body FROM outbox WHERE acknowledged = 0 AND seq > ? AND seq <= ?
            ORDER BY seq LIMIT {PAGE}"""
        last = 0
        while page := self._base.execute(query, (last, end)).fetchall():
            yield from (decode_outgoing(body) for _, body in page)
            last = page[-1][0]

    def last_event(self) -> int:
        """Return the place of the newest outbox row; later ones have higher places."""
        (last,) = self._base.execute("SELECT coalesce(max(seq), 0) FROM outbox").fetchone()
        return int(last)

    @contextmanager
    def claimed(self, after: int, until: int) -> Iterator[Claim]:
        """Claim the next page of open rows in `after < place <= until`; those in `taken` are acknowledged at its end.

        Nothing is locked: a second relay on the same file would hand out the same rows, in the same order.
        """
        query = f"""SELECT seq, body FROM outbox WHERE acknowledged = 0 AND seq > ? AND seq <= ?
            ORDER BY seq LIMIT {PAGE}"""
        page = self._base.execute(query, (after, until)).fetchall()
        claim = Claim([(seq, decode_outgoing(body)) for seq, body in page])
        try:
            yield claim
        finally:
            holders = ", ".join("?" * len(claim.taken))
            self._base.execute(f"UPDATE outbox SET acknowledged = 1 WHERE seq IN ({holders})", claim.taken)

    def timers(self) -> Iterator[Timer]:
        """Yield every scheduled message, in the order of its scheduling."""
        query = f"SELECT seq, due, body FROM timers WHERE seq > ? ORDER BY seq LIMIT {PAGE}"
        last = 0
        while page := self._base.execute(query, (last,)).fetchall():
            yield from (Timer(seq, due, decode_incoming(body)) for seq, due, body in page)
            last = page[-1][0]

    def due(self, until: Elapsed, rows_max: int) -> list[Timer]:
        """Return at most `rows_max` timers due at `until`, the oldest first."""
        query = "SELECT seq, due, body FROM timers WHERE due <= ? ORDER BY due, seq LIMIT ?"
        page = self._base.execute(query, (until, rows_max)).fetchall()
        return [Timer(seq, due, decode_incoming(body)) for seq, due, body in page]

    def mark(self) -> Now | None:
        """Return the latest moment of a commit, from which a clock continues; None before the first one."""
        elapsed, wall = self._base.execute("SELECT elapsed, wall FROM meta").fetchone()
        return None if wall is None else Now(elapsed=elapsed, wall=wall)

    # --- taking off

    def forget_inbox(self, before: Elapsed, rows_max: int = 10_000) -> int:
        """Drop at most `rows_max` inbox rows committed before the elapsed time `before`, and return how many.

        The retention that `before` stands for must be longer than the longest redelivery: a message that comes back
        after it runs again.
        """
        query = f"""DELETE FROM {INBOX.name} WHERE id IN
            (SELECT id FROM {INBOX.name} WHERE kept_at < ? ORDER BY kept_at LIMIT ?)"""
        return self._base.execute(query, (before, rows_max)).rowcount

    def forget_acknowledged(self, rows_max: int = 10_000) -> int:
        """Drop at most `rows_max` outbox rows that were acknowledged, the oldest first, and return how many."""
        query = "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE acknowledged = 1 ORDER BY seq LIMIT ?)"
        return self._base.execute(query, (rows_max,)).rowcount

    # --- committing

    def check(self, reads: Versions) -> None:
        """Raise Conflict, naming table and id, if a row read by (table number, id) has another version now."""
        by_table: dict[int, list[int]] = {}
        for number, id in reads:
            by_table.setdefault(number, []).append(id)
        for number, ids in by_table.items():
            for page in _pages(ids):
                holders = ", ".join("?" * len(page))
                query = f"SELECT id, version FROM {TABLES[number].name} WHERE id IN ({holders})"
                versions: dict[int, int] = dict(self._base.execute(query, page).fetchall())
                for id in page:
                    if versions.get(id, 0) != reads[number, id]:
                        raise Conflict(TABLES[number].name, id)

    def apply(self, unit: Effects) -> None:
        """Apply all effects, or raise Conflict and apply none."""
        writes = [(number, id, encode(row)) for number, id, row in unit.writes]
        events = [(event.id, type(event).__name__, encode(event)) for event in unit.events]
        timers = [(message.id, due, encode(message)) for due, message in unit.scheduled]
        reads = unit.reads if unit.checked else {}
        if unit.nothing():
            with self._transaction("BEGIN"):
                self.check(reads)
            return
        execute = self._base.execute
        with self._transaction("BEGIN IMMEDIATE"):
            self.check(reads)
            execute(_COUNT, (unit.now.elapsed, unit.now.wall))
            for number, id, body in writes:
                execute(_STATEMENTS[number], (id, body))
            for number, id in unit.archived:
                execute(f"DELETE FROM {TABLES[number].name} WHERE id = ?", (id,))
            for event in events:
                execute("INSERT INTO outbox (id, type, body) VALUES (?, ?, ?)", event)
            for timer in timers:
                execute("INSERT OR REPLACE INTO timers (id, due, body) VALUES (?, ?, ?)", timer)
            self._go_on(unit.progress)

    def _go_on(self, progress: Progress) -> None:
        execute = self._base.execute
        if progress.source:
            execute("INSERT OR REPLACE INTO sources VALUES (?, ?)", (progress.source, progress.offset))
        if progress.timer:
            execute("DELETE FROM timers WHERE seq = ?", (progress.timer,))
        for note in progress.notes:
            execute("INSERT INTO notes (body) VALUES (?)", (note,))
        for record in progress.records:
            execute("INSERT INTO records (id, body) VALUES (?, ?)", record)

    # --- the live process

    def offset(self, source: str) -> int:
        """Return the byte up to which a source has been read."""
        row = self._base.execute("SELECT offset FROM sources WHERE name = ?", (source,)).fetchone()
        return int(row[0]) if row else 0

    def lead(self) -> bool:
        """Tell that this process leads: one file has one live process."""
        return True

    def publishers(self) -> bytes | None:
        """Return the publishers as last saved; None: never."""
        row = self._base.execute("SELECT body FROM publishers").fetchone()
        return row[0] if row else None

    def notes(self, heard: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return what publishers have still to hear, in order, each with its place; `heard` are places to leave out."""
        query = "SELECT seq, body FROM notes WHERE seq > ? ORDER BY seq"
        return self._base.execute(query, (max(heard, default=0),)).fetchall()

    def save_publishers(self, body: bytes, heard: Sequence[int]) -> None:
        """Keep the publishers as they are now and drop the notes at these places, which they have heard."""
        with self._transaction("BEGIN IMMEDIATE"):
            self._base.execute("INSERT OR REPLACE INTO publishers VALUES (1, ?)", (body,))
            for seq in heard:
                self._base.execute("DELETE FROM notes WHERE seq = ?", (seq,))

    def journal(self) -> Iterator[bytes]:
        """Yield the journal's records in commit order."""
        query = f"SELECT seq, body FROM records WHERE seq > ? ORDER BY seq LIMIT {PAGE}"
        last = 0
        while page := self._base.execute(query, (last,)).fetchall():
            yield from (body for _, body in page)
            last = page[-1][0]

    def counts(self) -> dict[str, int]:
        """Return how much stands where, by the names in COUNTED."""
        query = f"""SELECT (SELECT count(*) FROM outbox WHERE acknowledged = 0), (SELECT count(*) FROM timers),
            (SELECT count(*) FROM {INBOX.name}), (SELECT count(*) FROM records), commits FROM meta"""
        return dict(zip(COUNTED, self._base.execute(query).fetchone(), strict=True))

    # --- within

    def _row(self, table: Table[V], body: bytes) -> V:
        return self._readers[table.number](body)  # type: ignore[return-value]  # by the table's own row type

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._base.execute(begin)
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            if self._base.in_transaction:  # a full disk may have ended it already
                self._base.execute("ROLLBACK")
            raise

    def _recognise(self, path: str | Path) -> bool:
        """Refuse what is not ours to read; tell whether all tables are there already."""
        (format,) = self._base.execute("PRAGMA user_version").fetchone()
        found = {name for (name,) in self._base.execute("SELECT name FROM sqlite_master")}
        if format > _FORMAT:
            raise UsageError(f"store {path} has format {format}; this program reads up to {_FORMAT}")
        if format == 0 and found:
            raise UsageError(f"store {path} is a database of another program")
        return bool(format == _FORMAT) and found.issuperset(table.name for table in TABLES)


def _pages(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))


def _statement(table: Table[object]) -> str:
    pattern = _APPEND if table.journal else _SAVE_INBOX if table.number == INBOX.number else _SAVE
    return pattern.format(table.name)


def _layout(table: Table[object]) -> list[str]:
    layout = _JOURNAL if table.journal else _INBOX if table.number == INBOX.number else _ROWS
    return [statement.format(table.name) for statement in layout]


_STATEMENTS = [_statement(table) for table in TABLES]
"""How a row is written, by table number."""
