"""The shell that runs procedures in real time, on a store that survives the process.

A procedure sees only rows that were fetched for it: `load` of any other raises `Missing`, the transactor fetches all
that the load asked for in one trip, and runs the procedure again from the top. What it writes stays in the unit until
the commit.

Rows fetched in different trips may belong to different moments. A procedure that raises over such rows has found no
fault: its reads are checked first, and if they have changed it runs again.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from policies.ruleset import RuleSet
from twin.live.store import Effects, LiveStore, Progress
from twin.middleware.dispatch import Procedures, dispatch
from twin.middleware.unit import Conflict, Missing, Outcome, Table
from twin.model.instant import Elapsed, Now
from twin.model.message import Event, Message

V = TypeVar("V")
Fetched = dict[tuple[int, int], tuple[int, object]]
"""Rows at hand: (table number, id) to (version, row); version 0 and None where there is no row."""


class Stored:
    """One unit of work on a store, begun at `now`; it sees only rows that were fetched for it."""

    __slots__ = ("archived", "checked", "events", "fetched", "now", "progress", "reads", "scheduled", "store", "writes")

    def __init__(self, store: LiveStore, now: Now, fetched: Fetched) -> None:
        self.store = store
        self.now = now
        self.fetched = fetched
        """Kept over the runs of one message until a commit of it conflicts."""
        self.reads: dict[tuple[int, int], int] = {}
        self.writes: list[tuple[int, int, object]] = []
        self.archived: list[tuple[int, int]] = []
        self.events: list[Event] = []
        self.scheduled: list[tuple[Elapsed, Message]] = []
        self.progress = Progress()
        """How far the process comes with this unit; set before the commit."""
        self.checked = True
        """Whether the commit compares what was read; a naive design does without."""

    def fetch(self, missing: Missing) -> None:
        """Bring the missing rows to hand, as they are committed now, in one trip."""
        for id, found in self.store.fetch(missing.table, missing.ids).items():
            self.fetched[missing.table.number, id] = found

    def load(self, table: Table[V], id: int) -> V | None:
        """Return the row as it was when fetched; raises Missing when it was not fetched yet."""
        return self.load_many(table, (id,))[0]

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        """Return the rows as they were when fetched; raises Missing, naming all that are not at hand."""
        number, fetched = table.number, self.fetched
        absent = [id for id in ids if (number, id) not in fetched]
        if absent:
            raise Missing(table, absent)
        rows = []
        for id in ids:
            self.reads[number, id], row = fetched[number, id]
            rows.append(row)
        return rows  # type: ignore[return-value]  # a table holds rows of its type only

    def save(self, table: Table[V], id: int, row: V) -> None:
        """Write the row at commit."""
        self.writes.append((table.number, id, row))

    def archive(self, table: Table[V], id: int) -> None:
        """Remove the row at commit."""
        self.archived.append((table.number, id))

    def emit(self, event: Event) -> None:
        """Append the event to the outbox at commit."""
        self.events.append(event)

    def schedule(self, due: Elapsed, message: Message) -> None:
        """Keep the message until `due`; a message of the same id that is scheduled already is replaced."""
        self.scheduled.append((due, message))

    def commit(self) -> None:
        """Apply everything; raises Conflict, and applies nothing, if a row read has changed since."""
        self.store.apply(
            Effects(
                self.now,
                self.reads,
                self.writes,
                self.archived,
                self.events,
                self.scheduled,
                self.progress,
                self.checked,
            )
        )


Finish = Callable[[Outcome, Stored], None]


class Transactor:
    """Runs messages on a store: fetches what a procedure misses, commits, and runs it again after a conflict.

    `now` is asked once per run of a procedure. `restarts_max` bounds the restarts after conflicts, `trips_max` the
    fetches of one attempt. `shell` makes the units; another one can count calls or die at one.
    """

    def __init__(
        self,
        store: LiveStore,
        procedures: Procedures,
        rules: RuleSet,
        now: Callable[[], Now],
        *,
        restarts_max: int = 50,
        trips_max: int = 100,
        shell: Callable[[LiveStore, Now, Fetched], Stored] = Stored,
    ) -> None:
        self.store = store
        self.procedures = procedures
        self.rules = rules
        self.now = now
        self.restarts_max = restarts_max
        self.trips_max = trips_max
        self.shell = shell

    def run(self, message: Message, before_commit: Finish | None = None) -> Outcome:
        """Run the message's procedure and commit it, once; return its outcome.

        `before_commit` is called with outcome and unit before each try to commit, to add what is to be kept with it.
        Raises Conflict when the rows have changed under every one of the `restarts_max` restarts. Whatever the
        procedure raises leaves nothing behind.
        """
        for _ in range(self.restarts_max):
            try:
                return self._attempt(message, before_commit)
            except Conflict:
                continue
        return self._attempt(message, before_commit)

    def prepare(self, message: Message) -> tuple[Outcome, Stored]:
        """Run the message's procedure to its end and return the outcome with the unit, which is still to commit.

        Raises Conflict if the procedure raised over rows that have changed since they were read.
        """
        fetched: Fetched = {}
        for _ in range(self.trips_max + 1):
            unit = self.shell(self.store, self.now(), fetched)
            try:
                return dispatch(self.procedures, message, unit.now, self.rules, unit), unit
            except Missing as missing:
                unit.fetch(missing)
            except Exception:
                self.store.check(unit.reads)
                raise
        raise AssertionError(f"{type(message).__name__} {message.id} loads rows without end: {self.trips_max} trips")

    def _attempt(self, message: Message, before_commit: Finish | None) -> Outcome:
        outcome, unit = self.prepare(message)
        if before_commit is not None:
            before_commit(outcome, unit)
        unit.commit()
        return outcome
