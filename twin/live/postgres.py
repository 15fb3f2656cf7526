"""The store of live processes in one PostgreSQL database: rows, ledger, outbox, inbox and timers.

A commit is one SERIALIZABLE transaction that compares the version of every row read and applies all effects or none.
What another process has committed meanwhile shows as a changed version, as an inbox row that is there already, or as a
serialization failure or a deadlock that the server reports; each becomes `Conflict`, and the procedure runs again.

- Several processes may share one database. No statement of a commit touches a row that every commit touches: versions
  come from a sequence, and each connection notes the moment of its last commit in a row of its own.
- A relay claims rows with FOR UPDATE SKIP LOCKED on a connection of its own. Of what it has locked it keeps those rows
  that stand first in their aggregate, because what stands before the others is in the hands of another relay.
- Places in the outbox are given before the commit, so they are not the order of all commits; they are the order of the
  commits that touched a row together, and an aggregate's events come from such commits.
- The ledger is append-only, and triggers say so.

Tried and dropped: one row that counts commits, as in SQLite. It made every two commits at one time a conflict.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from twin.errors import MissingExtra, UsageError
from twin.live.store import COUNTED, PAGE, Claim, Effects, Progress, Timer, Versions
from twin.middleware.unit import INBOX, TABLES, Conflict, Table
from twin.model.instant import Elapsed, Now
from twin.model.message import Event
from twin.model.wire import decode_incoming, decode_outgoing, encode, reader

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

V = TypeVar("V")

_FORMAT = 1
"""Grows with every change of the tables that an older program could not read."""
_LAYOUT_LOCK = 7_203_486_113
"""The advisory lock under which the tables are made: two processes may start at one time."""
_LEAD = 20_348
"""The class of the advisory lock that the leading process of a schema holds."""

_LAYOUT = (
    "CREATE TABLE IF NOT EXISTS format (one boolean PRIMARY KEY DEFAULT true CHECK (one), number integer NOT NULL)",
    "CREATE SEQUENCE IF NOT EXISTS commits",
    "CREATE TABLE IF NOT EXISTS moments (worker integer PRIMARY KEY, elapsed bigint NOT NULL, wall bigint NOT NULL)",
    """CREATE TABLE IF NOT EXISTS outbox (seq bigserial PRIMARY KEY, id bigint NOT NULL UNIQUE,
        aggregate bigint NOT NULL, type text NOT NULL, body bytea NOT NULL,
        acknowledged boolean NOT NULL DEFAULT false)""",
    "CREATE INDEX IF NOT EXISTS outbox_open ON outbox (aggregate, seq) WHERE NOT acknowledged",
    "CREATE INDEX IF NOT EXISTS outbox_next ON outbox (seq) WHERE NOT acknowledged",
    "CREATE INDEX IF NOT EXISTS outbox_done ON outbox (seq) WHERE acknowledged",
    """CREATE TABLE IF NOT EXISTS timers (seq bigserial PRIMARY KEY, id bigint NOT NULL UNIQUE, due bigint NOT NULL,
        body bytea NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS timers_due ON timers (due, seq)",
    'CREATE TABLE IF NOT EXISTS sources (name text PRIMARY KEY, "offset" bigint NOT NULL)',
    "CREATE TABLE IF NOT EXISTS notes (seq bigserial PRIMARY KEY, body bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS publishers (one boolean PRIMARY KEY DEFAULT true CHECK (one), body bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS records (seq bigserial PRIMARY KEY, id bigint NOT NULL, body bytea NOT NULL)",
    """CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
)
_ROWS = ("CREATE TABLE IF NOT EXISTS {0} (id bigint PRIMARY KEY, version bigint NOT NULL, body bytea NOT NULL)",)
_INBOX = (
    """CREATE TABLE IF NOT EXISTS {0} (id bigint PRIMARY KEY, version bigint NOT NULL, body bytea NOT NULL,
        kept_at bigint NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS {0}_kept_at ON {0} (kept_at)",
)
_JOURNAL = (
    "CREATE TABLE IF NOT EXISTS {0} (seq bigserial PRIMARY KEY, id bigint NOT NULL UNIQUE, body bytea NOT NULL)",
    """CREATE OR REPLACE TRIGGER {0}_kept BEFORE DELETE OR UPDATE ON {0}
        FOR EACH ROW EXECUTE FUNCTION append_only()""",
)
_SAVE = """INSERT INTO {0} (id, version, body) VALUES (%(id)s, %(version)s, %(body)s)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body"""
_TAKE_IN = """INSERT INTO {0} (id, version, body, kept_at) VALUES (%(id)s, %(version)s, %(body)s, %(elapsed)s)
    ON CONFLICT (id) DO NOTHING"""
_APPEND = "INSERT INTO {0} (id, body) VALUES (%(id)s, %(body)s)"
_MOMENT = """INSERT INTO moments VALUES (pg_backend_pid(), %s, %s) ON CONFLICT (worker) DO UPDATE
    SET elapsed = excluded.elapsed, wall = excluded.wall WHERE excluded.elapsed >= moments.elapsed"""
_LATEST = "SELECT worker, elapsed, wall FROM moments ORDER BY elapsed DESC, wall DESC LIMIT 1"


class PostgresStore:
    """Committed rows, ledger, outbox and timers in the database at `url`; the tables are made where there are none.

    The tables stand in the first schema of the connection's search path. Raises UsageError for a server that does not
    let us in and for tables of a later format, MissingExtra where the driver is not installed. Use it in a `with`
    statement, or close it. One object serves one thread; others open stores of their own.
    """

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtra("the PostgreSQL store", "postgres") from error
        self._driver = psycopg
        self._url = url
        self._readers = [reader(table.row) for table in TABLES]
        self._relay: psycopg.Connection | None = None
        self._leads = False
        with ExitStack() as opening:
            self._base = self._connect()
            opening.callback(self._base.close)
            self._lay_out()
            opening.pop_all()

    def __enter__(self) -> "PostgresStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; what was not committed is gone."""
        self._base.close()
        if self._relay is not None:
            self._relay.close()

    # --- rows

    def fetch(self, table: Table[V], ids: Sequence[int]) -> dict[int, tuple[int, V | None]]:
        """Return (version, row) by id as committed now, in one trip; (0, None) where there is no row."""
        assert not table.journal, f"{table} is a journal: procedures only append to it"
        found: dict[int, tuple[int, V | None]] = dict.fromkeys(ids, (0, None))
        query = f"SELECT id, version, body FROM {table.name} WHERE id = ANY(%s)"
        for id, version, body in self._base.execute(query, (list(found),)):
            found[id] = (version, self._row(table, body))
        return found

    def get(self, table: Table[V], id: int) -> V | None:
        """Return a committed row."""
        return self.fetch(table, (id,))[id][1]

    def rows(self, table: Table[V]) -> Iterator[tuple[int, V]]:
        """Yield every (id, row): a journal in the order of its appending, any other table by id."""
        key = "seq" if table.journal else "id"
        query = f"SELECT {key}, id, body FROM {table.name} WHERE {key} > %s ORDER BY {key} LIMIT {PAGE}"
        return ((id, self._row(table, body)) for _, id, body in self._paged(query, -1))

    def check(self, reads: Versions) -> None:
        """Raise Conflict, naming table and id, if a row read by (table number, id) has another version now."""
        by_table: dict[int, list[int]] = {}
        for number, id in reads:
            by_table.setdefault(number, []).append(id)
        for number, ids in by_table.items():
            query = f"SELECT id, version FROM {TABLES[number].name} WHERE id = ANY(%s)"
            versions: dict[int, int] = dict(self._base.execute(query, (ids,)).fetchall())
            for id in ids:
                if versions.get(id, 0) != reads[number, id]:
                    raise Conflict(TABLES[number].name, id)

    def apply(self, unit: Effects) -> None:
        """Apply all effects, or raise Conflict and apply none."""
        reads = unit.reads if unit.checked else {}
        errors = self._driver.errors
        try:
            with self._serializable():
                self.check(reads)
                if not unit.nothing():
                    self._write(unit)
        except (errors.SerializationFailure, errors.DeadlockDetected) as error:
            raise Conflict("serialization", 0) from error
        except errors.UniqueViolation:
            self.check(reads)  # a rival that ran the same message has made the same ids
            raise

    def mark(self) -> Now | None:
        """Return the latest moment of a commit, from which a clock continues; None before the first one."""
        row = self._base.execute(_LATEST).fetchone()
        return None if row is None else Now(elapsed=row[1], wall=row[2])

    # --- outbox

    def outbox(self) -> Iterator[Event]:
        """Yield the events not yet acknowledged that stand in the outbox now, in the order of their places."""
        query = f"""SELECT seq, body FROM outbox WHERE NOT acknowledged AND seq > %s AND seq <= {self.last_event()}
            ORDER BY seq LIMIT {PAGE}"""
        return (decode_outgoing(body) for _, body in self._paged(query, 0))

    def last_event(self) -> int:
        """Return the place of the newest outbox row; later ones have higher places."""
        return self._number("SELECT coalesce(max(seq), 0) FROM outbox")

    @contextmanager
    def claimed(self, after: int, until: int) -> Iterator[Claim]:
        """Claim the next page of open rows in `after < place <= until`; those in `taken` are acknowledged at its end.

        Rows behind one of their aggregate that another relay has in hand are left out.
        """
        if self._relay is None:
            self._relay = self._connect()
        base = self._relay
        base.execute("BEGIN")
        claim = Claim([(seq, decode_outgoing(body)) for seq, body in self._first_in_line(base, after, until)])
        try:
            yield claim
        finally:
            base.execute("UPDATE outbox SET acknowledged = true WHERE seq = ANY(%s)", (claim.taken,))
            base.execute("COMMIT")

    def _first_in_line(self, base: "psycopg.Connection", after: int, until: int) -> list[tuple[int, bytes]]:
        """Lock a page of open rows and return those that no earlier open row of their aggregate stands before."""
        locked = base.execute(
            f"""SELECT seq, aggregate, body FROM outbox WHERE NOT acknowledged AND seq > %s AND seq <= %s
            ORDER BY seq LIMIT {PAGE} FOR UPDATE SKIP LOCKED""",
            (after, until),
        ).fetchall()
        mine = {seq for seq, _, _ in locked}
        aggregates = list(dict.fromkeys(aggregate for _, aggregate, _ in locked))
        closed: dict[int, int] = dict(
            base.execute(
                """SELECT aggregate, min(seq) FROM outbox WHERE NOT acknowledged AND aggregate = ANY(%s)
                AND NOT seq = ANY(%s) GROUP BY aggregate""",
                (aggregates, list(mine)),
            ).fetchall()
        )
        return [(seq, body) for seq, aggregate, body in locked if seq < closed.get(aggregate, seq + 1)]

    def forget_acknowledged(self, rows_max: int = 10_000) -> int:
        """Drop at most `rows_max` acknowledged outbox rows, the oldest first, and return how many."""
        query = "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE acknowledged ORDER BY seq LIMIT %s)"
        return self._base.execute(query, (rows_max,)).rowcount

    # --- timers and inbox

    def timers(self) -> Iterator[Timer]:
        """Yield every scheduled message, in the order of its scheduling."""
        query = f"SELECT seq, due, body FROM timers WHERE seq > %s ORDER BY seq LIMIT {PAGE}"
        return (Timer(seq, due, decode_incoming(body)) for seq, due, body in self._paged(query, 0))

    def due(self, until: Elapsed, rows_max: int) -> list[Timer]:
        """Return at most `rows_max` timers due at `until`, the oldest first."""
        query = "SELECT seq, due, body FROM timers WHERE due <= %s ORDER BY due, seq LIMIT %s"
        page = self._base.execute(query, (until, rows_max)).fetchall()
        return [Timer(seq, due, decode_incoming(body)) for seq, due, body in page]

    def forget_inbox(self, before: Elapsed, rows_max: int = 10_000) -> int:
        """Drop at most `rows_max` inbox rows committed before the elapsed time `before`, and return how many.

        The retention that `before` stands for must be longer than the longest redelivery: a message that comes back
        after it runs again.
        """
        query = f"""DELETE FROM {INBOX.name} WHERE id IN
            (SELECT id FROM {INBOX.name} WHERE kept_at < %s ORDER BY kept_at LIMIT %s)"""
        return self._base.execute(query, (before, rows_max)).rowcount

    # --- the live process

    def offset(self, source: str) -> int:
        """Return the byte up to which a source has been read."""
        row = self._base.execute('SELECT "offset" FROM sources WHERE name = %s', (source,)).fetchone()
        return int(row[0]) if row else 0

    def lead(self) -> bool:
        """Try to be the one process that runs timers and publishers on this store; True while this one is.

        A lock of the connection says so, which the server takes back when the process dies.
        """
        if not self._leads:
            row = self._base.execute("SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", (_LEAD,)).fetchone()
            self._leads = bool(row and row[0])
        return self._leads

    def publishers(self) -> bytes | None:
        """Return the publishers as last saved; None: never."""
        row = self._base.execute("SELECT body FROM publishers").fetchone()
        return bytes(row[0]) if row else None

    def notes(self, heard: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return what publishers have still to hear, in order, each with its place; `heard` are places to leave out."""
        query = "SELECT seq, body FROM notes WHERE NOT seq = ANY(%s) ORDER BY seq"
        return self._base.execute(query, (list(heard),)).fetchall()

    def save_publishers(self, body: bytes, heard: Sequence[int]) -> None:
        """Keep the publishers as they are now and drop the notes at these places, which they have heard."""
        with self._base.transaction():
            self._base.execute(
                "INSERT INTO publishers (body) VALUES (%s) ON CONFLICT (one) DO UPDATE SET body = excluded.body",
                (body,),
            )
            self._base.execute("DELETE FROM notes WHERE seq = ANY(%s)", (list(heard),))

    def journal(self) -> Iterator[bytes]:
        """Yield the journal's records in commit order."""
        query = f"SELECT seq, body FROM records WHERE seq > %s ORDER BY seq LIMIT {PAGE}"
        return (body for _, body in self._paged(query, 0))

    def counts(self) -> dict[str, int]:
        """Return how much stands where, by the names in COUNTED."""
        row = self._base.execute(
            f"""SELECT (SELECT count(*) FROM outbox WHERE NOT acknowledged), (SELECT count(*) FROM timers),
            (SELECT count(*) FROM {INBOX.name}), (SELECT count(*) FROM records),
            (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM commits)"""
        ).fetchone()
        assert row is not None
        return dict(zip(COUNTED, row, strict=True))

    # --- within

    def _write(self, unit: Effects) -> None:
        base, elapsed = self._base, unit.now.elapsed
        version = self._number("SELECT nextval('commits')")
        for number, id, row in sorted(unit.writes, key=_inbox_first):
            values = {"id": id, "version": version, "body": encode(row), "elapsed": elapsed}
            written = base.execute(_STATEMENTS[number], values).rowcount
            if not written and unit.checked:
                raise Conflict(TABLES[number].name, id)
        for number, id in unit.archived:
            base.execute(f"DELETE FROM {TABLES[number].name} WHERE id = %s", (id,))
        for event in unit.events:
            base.execute(
                "INSERT INTO outbox (id, aggregate, type, body) VALUES (%s, %s, %s, %s)",
                (event.id, event.aggregate, type(event).__name__, encode(event)),
            )
        for due, message in unit.scheduled:
            base.execute("DELETE FROM timers WHERE id = %s", (message.id,))
            base.execute("INSERT INTO timers (id, due, body) VALUES (%s, %s, %s)", (message.id, due, encode(message)))
        self._go_on(unit.progress)
        base.execute(_MOMENT, (elapsed, unit.now.wall))

    def _go_on(self, progress: Progress) -> None:
        base = self._base
        if progress.source:
            base.execute(
                'INSERT INTO sources VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET "offset" = excluded."offset"',
                (progress.source, progress.offset),
            )
        if progress.timer:
            base.execute("DELETE FROM timers WHERE seq = %s", (progress.timer,))
        for note in progress.notes:
            base.execute("INSERT INTO notes (body) VALUES (%s)", (note,))
        for record in progress.records:
            base.execute("INSERT INTO records (id, body) VALUES (%s, %s)", record)

    @contextmanager
    def _serializable(self) -> Iterator[None]:
        self._base.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            if not self._base.closed:
                self._base.execute("ROLLBACK")
            raise

    def _row(self, table: Table[V], body: bytes) -> V:
        return self._readers[table.number](body)  # type: ignore[return-value]  # by the table's own row type

    def _number(self, query: str) -> int:
        row = self._base.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def _paged(self, query: str, last: int) -> "Iterator[TupleRow]":
        while page := self._base.execute(query, (last,)).fetchall():
            yield from page
            last = page[-1][0]

    def _connect(self) -> "psycopg.Connection":
        try:
            return self._driver.connect(self._url, autocommit=True)
        except self._driver.Error as error:
            reason = str(error).strip().splitlines()[0].rpartition("failed: ")[2]
            raise UsageError(f"store {_without_password(self._url)}: {reason}") from error

    def _lay_out(self) -> None:
        with self._base.transaction():
            self._base.execute("SELECT pg_advisory_xact_lock(%s)", (_LAYOUT_LOCK,))
            if not self._recognise():
                for statement in (*_LAYOUT, *(part for table in TABLES for part in _layout(table))):
                    self._base.execute(statement)
                self._base.execute(
                    "INSERT INTO format (number) VALUES (%s) ON CONFLICT (one) DO UPDATE SET number = excluded.number",
                    (_FORMAT,),
                )
            self._base.execute(f"DELETE FROM moments WHERE worker NOT IN (SELECT worker FROM ({_LATEST}) AS latest)")

    def _recognise(self) -> bool:
        """Refuse tables of a later format; tell whether all tables are there already."""
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        found = {name for (name,) in self._base.execute(query)}
        if "format" not in found:
            return False
        format = self._number("SELECT number FROM format")
        if format > _FORMAT:
            raise UsageError(
                f"store {_without_password(self._url)} has format {format}; this program reads up to {_FORMAT}"
            )
        return format == _FORMAT and found.issuperset(table.name for table in TABLES)


def _inbox_first(write: tuple[int, int, object]) -> bool:
    """Sort the inbox before all else: a rival with the same message is met there, before it can be met elsewhere."""
    return write[0] != INBOX.number


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    access, at, place = rest.rpartition("@")
    return f"{scheme}://{access.partition(':')[0]}{at}{place}"


def _layout(table: Table[object]) -> list[str]:
    layout = _JOURNAL if table.journal else _INBOX if table.number == INBOX.number else _ROWS
    return [statement.format(table.name) for statement in layout]


def _statement(table: Table[object]) -> str:
    return (_APPEND if table.journal else _TAKE_IN if table.number == INBOX.number else _SAVE).format(table.name)


_STATEMENTS = [_statement(table) for table in TABLES]
"""How a row is written, by table number."""
