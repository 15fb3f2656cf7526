"""The shells under contract, behind the same few calls: run, run without committing, die, and show what is kept."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import psycopg
import pytest

from actors.transactor import Crash, Crashing, Direct, Store, Waiting
from policies.ruleset import RuleSet
from twin.live.postgres import PostgresStore
from twin.live.sqlite import SqliteStore
from twin.live.store import LiveStore
from twin.live.transactor import Fetched, Stored, Transactor
from twin.middleware.dispatch import Procedures, dispatch
from twin.middleware.unit import INBOX, MOVEMENTS, TABLES, Conflict, Missing, Outcome, Table, Unit
from twin.model.instant import Elapsed, Now
from twin.model.message import Event, Message

V = TypeVar("V")
RESTARTS_MAX = 20


class Kept(NamedTuple):
    """All that a store keeps, decoded, so that stores of different kinds can be compared."""

    rows: dict[str, dict[int, object]]
    journal: list[tuple[int, object]]
    outbox: list[Event]
    timers: dict[int, tuple[Elapsed, Message]]


class Prepared(NamedTuple):
    """A procedure that has run and is still to commit."""

    outcome: Outcome
    commit: Callable[[], None]


class Shell(Protocol):
    """What the contract asks of every shell and its store."""

    trips: list[tuple[str, tuple[int, ...]]]
    """What was fetched, trip by trip; nothing where every row is at hand."""

    def prepare(self, message: Message, now: Now) -> Prepared: ...

    def run(self, message: Message, now: Now) -> Outcome: ...

    def die(self, message: Message, now: Now, before_call: int) -> bool:
        """Run the message in a process that dies before that call; False, and all is committed, if there are fewer."""

    def forget_inbox(self) -> None:
        """Drop every inbox row, as pruning does once the retention is over."""

    def prune_inbox(self) -> None:
        """Prune the inbox while the retention of every row in it has still to end."""

    def fill(self, write: Callable[[Unit], None]) -> None:
        """Commit what `write` does to a unit, as a migration of opening stock would."""

    def kept(self) -> Kept: ...

    def close(self) -> None: ...


class Death:
    """Counts the calls of one message's units, over all runs of its procedure, and dies before one of them."""

    def __init__(self, before_call: int) -> None:
        self.before_call = before_call
        self.calls = 0

    def call(self) -> None:
        self.calls += 1
        if self.calls == self.before_call:
            raise Crash(f"died before call {self.calls}")


class Dying:
    """Mixed into a unit's class: the process may die before any call of it, and before its commit."""

    death: Death

    def load(self, table: Table[V], id: int) -> V | None:
        self.death.call()
        return super().load(table, id)  # type: ignore[misc, no-any-return]  # of the unit that this is mixed into

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        self.death.call()
        return super().load_many(table, ids)  # type: ignore[misc, no-any-return]  # as above

    def save(self, table: Table[V], id: int, row: V) -> None:
        self.death.call()
        super().save(table, id, row)  # type: ignore[misc]  # as above

    def archive(self, table: Table[V], id: int) -> None:
        self.death.call()
        super().archive(table, id)  # type: ignore[misc]  # as above

    def emit(self, event: Event) -> None:
        self.death.call()
        super().emit(event)  # type: ignore[misc]  # as above

    def schedule(self, due: Elapsed, message: Message) -> None:
        self.death.call()
        super().schedule(due, message)  # type: ignore[misc]  # as above

    def commit(self) -> None:
        self.death.call()
        super().commit()  # type: ignore[misc]  # as above


class DyingWaiting(Dying, Waiting):
    def __init__(self, store: Store, fetched: dict[tuple[int, int], object], death: Death) -> None:
        super().__init__(store, fetched)
        self.death = death


class DyingStored(Dying, Stored):
    def __init__(self, death: Death, store: LiveStore, now: Now, fetched: Fetched) -> None:
        super().__init__(store, now, fetched)
        self.death = death


class TellingStored(Stored):
    def __init__(self, tell: Callable[[Missing], None], store: LiveStore, now: Now, fetched: Fetched) -> None:
        super().__init__(store, now, fetched)
        self.tell = tell

    def fetch(self, missing: Missing) -> None:
        self.tell(missing)
        super().fetch(missing)


class InMemory:
    """What `Direct` and `Waiting` have in common: their store, and restarts after conflicts."""

    def __init__(self, procedures: Procedures, rules: RuleSet, folder: Path) -> None:
        self.procedures = procedures
        self.rules = rules
        self.store = Store(keep_journal=True)
        self.trips: list[tuple[str, tuple[int, ...]]] = []

    def prepare(self, message: Message, now: Now) -> Prepared:
        unit = Direct(self.store)
        return Prepared(dispatch(self.procedures, message, now, self.rules, unit), unit.commit)

    def run(self, message: Message, now: Now) -> Outcome:
        restarts = 0
        while True:
            prepared = self.prepare(message, now)
            try:
                prepared.commit()
            except Conflict:
                restarts += 1
                if restarts > RESTARTS_MAX:
                    raise
            else:
                return prepared.outcome

    def die(self, message: Message, now: Now, before_call: int) -> bool:
        unit = Crashing(self.store, before_call)
        try:
            dispatch(self.procedures, message, now, self.rules, unit)
            unit.commit()
        except Crash:
            return True
        return False

    def forget_inbox(self) -> None:
        self.store.forget_inbox()
        self.store.forget_inbox()

    def prune_inbox(self) -> None:
        self.store.forget_inbox()

    def fill(self, write: Callable[[Unit], None]) -> None:
        unit = Direct(self.store)
        write(unit)
        unit.commit()

    def kept(self) -> Kept:
        rows = {table.name: dict(self.store.rows[table.number]) for table in TABLES if not table.journal}
        rows[INBOX.name] |= self.store.inbox_earlier
        journal = [(id, row) for _, id, row in self.store.journal]
        return Kept(rows, journal, list(self.store.outbox.values()), dict(self.store.timers))

    def close(self) -> None:
        pass


class InMemoryWithLatency(InMemory):
    """The same store, seen only through what was fetched."""

    def prepare(self, message: Message, now: Now) -> Prepared:
        outcome, unit = self._fetching(message, now, partial(Waiting, self.store))
        return Prepared(outcome, unit.commit)

    def die(self, message: Message, now: Now, before_call: int) -> bool:
        death = Death(before_call)
        try:
            _, unit = self._fetching(message, now, lambda fetched: DyingWaiting(self.store, fetched, death))
            unit.commit()
        except Crash:
            return True
        return False

    def _fetching(
        self, message: Message, now: Now, begin: Callable[[dict[tuple[int, int], object]], Waiting]
    ) -> tuple[Outcome, Waiting]:
        fetched: dict[tuple[int, int], object] = {}
        while True:
            unit = begin(fetched)
            try:
                return dispatch(self.procedures, message, now, self.rules, unit), unit
            except Missing as missing:
                self.trips.append((missing.table.name, missing.ids))
                unit.fetch(missing)


class Lasting:
    """What the stores that survive a process have in common: one that dies leaves its store to the next."""

    store: LiveStore

    def __init__(self, procedures: Procedures, rules: RuleSet) -> None:
        self.procedures = procedures
        self.rules = rules
        self.trips: list[tuple[str, tuple[int, ...]]] = []

    def reopened(self) -> LiveStore:
        """Open the store as another process would."""
        raise NotImplementedError

    def prepare(self, message: Message, now: Now) -> Prepared:
        outcome, unit = self._transactor(now).prepare(message)
        return Prepared(outcome, unit.commit)

    def run(self, message: Message, now: Now) -> Outcome:
        return self._transactor(now).run(message)

    def die(self, message: Message, now: Now, before_call: int) -> bool:
        shell = partial(DyingStored, Death(before_call))
        transactor = Transactor(self.store, self.procedures, self.rules, lambda: now, shell=shell)
        try:
            transactor.run(message)
        except Crash:
            self.store.close()
            self.store = self.reopened()
            return True
        return False

    def forget_inbox(self) -> None:
        self.store.forget_inbox(before=1 << 62)

    def prune_inbox(self) -> None:
        self.store.forget_inbox(before=0)

    def fill(self, write: Callable[[Unit], None]) -> None:
        unit = Stored(self.store, Now(elapsed=0, wall=0), {})
        write(unit)
        unit.commit()

    def kept(self) -> Kept:
        rows: dict[str, dict[int, object]] = {
            table.name: dict(self.store.rows(table)) for table in TABLES if not table.journal
        }
        timers = {timer.message.id: (timer.due, timer.message) for timer in self.store.timers()}
        journal: list[tuple[int, object]] = [*self.store.rows(MOVEMENTS)]
        return Kept(rows, journal, list(self.store.outbox()), timers)

    def close(self) -> None:
        self.store.close()

    def _transactor(self, now: Now) -> Transactor:
        shell = partial(TellingStored, lambda missing: self.trips.append((missing.table.name, missing.ids)))
        return Transactor(self.store, self.procedures, self.rules, lambda: now, restarts_max=RESTARTS_MAX, shell=shell)


class InOneFile(Lasting):
    """SQLite."""

    def __init__(self, procedures: Procedures, rules: RuleSet, folder: Path) -> None:
        super().__init__(procedures, rules)
        self.path = folder / "store.db"
        self.store = self.reopened()

    def reopened(self) -> LiveStore:
        return SqliteStore(self.path)


class InOneDatabase(Lasting):
    """PostgreSQL, in a schema of its own on the server that the environment names."""

    def __init__(self, procedures: Procedures, rules: RuleSet, folder: Path) -> None:
        super().__init__(procedures, rules)
        self.schema = f"t{hashlib.sha256(str(folder).encode()).hexdigest()[:20]}"
        with psycopg.connect(autocommit=True) as base:
            base.execute(f"CREATE SCHEMA {self.schema}")
        self.store = self.reopened()

    @property
    def url(self) -> str:
        return f"postgresql:///?options=-csearch_path%3D{self.schema}"

    def reopened(self) -> LiveStore:
        return PostgresStore(self.url)

    def close(self) -> None:
        super().close()
        with psycopg.connect(autocommit=True) as base:
            base.execute("SET client_min_messages = warning")
            base.execute(f"DROP SCHEMA {self.schema} CASCADE")


Make = Callable[[Procedures, RuleSet, Path], Shell]
SHELLS: dict[str, Make] = {
    "direct": InMemory,
    "waiting": InMemoryWithLatency,
    "sqlite": InOneFile,
    "postgres": InOneDatabase,
}
AT_HAND = [kind for kind in SHELLS if kind != "postgres"]
KINDS = [*AT_HAND, pytest.param("postgres", marks=pytest.mark.postgres)]
"""The shells as parameters of tests; PostgreSQL only where there is a server."""
