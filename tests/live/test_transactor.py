"""A SQLite store applies a unit whole or not at all, also when its process dies within a commit; and its bounds."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from policies.ruleset import RuleSet
from tests.contracts.small_trade import BOLTS, FIRST, NUTS, day, procedures, received, rules, submitted
from twin.errors import UsageError
from twin.live.sqlite import SqliteStore
from twin.live.transactor import Stored, Transactor
from twin.middleware.dispatch import Procedures
from twin.middleware.unit import INBOX, ITEMS, MOVEMENTS, ORDERS, PARKED, Conflict, Missing, Outcome, Unit
from twin.model.commands import CloseDue, HoldExpired
from twin.model.events import ExceptionOpened
from twin.model.instant import HOUR, MINUTE, Now
from twin.model.message import Message
from twin.model.stock import Bucket, ItemStock, Movement, Position
from twin.model.wire import Parked, encode

HOUSE = Path(__file__).parents[2]
WALL = 1_700_000_000_000_000
NOW = Now(elapsed=0, wall=WALL)


class Died(BaseException):
    """The process ended here; no handler of an exception is left to run."""


class Mortal(sqlite3.Connection):
    """A connection whose process can die before one of its statements, or be met by another one's."""

    dies_before: int | None = None
    meanwhile: Callable[[], None] | None = None
    """Called once, when the commit has compared its first versions."""

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        if self.dies_before is not None:
            if self.dies_before <= 0:
                raise Died
            self.dies_before -= 1
        if self.meanwhile is not None and statement.startswith("UPDATE meta"):
            self.meanwhile()
            self.meanwhile = None
        return super().execute(statement, *values)  # type: ignore[arg-type]  # handed on as they came


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as store:
        yield store


def item(id: int, sellable: int) -> ItemStock:
    return ItemStock(item=id, positions=(Position(sellable=sellable),))


def movement(id: int) -> Movement:
    return Movement(
        id=id,
        cause=1,
        item=BOLTS,
        site=0,
        source=Bucket.OUTSIDE,
        target=Bucket.SELLABLE,
        quantity=1,
        reason="RECEIPT",
        effective_at=0,
        recorded_at=0,
    )


def everything(store: SqliteStore) -> list[object]:
    live = [list(store.rows(ITEMS)), list(store.rows(ORDERS)), list(store.rows(PARKED)), list(store.rows(INBOX))]
    return [
        *live,
        list(store.rows(MOVEMENTS)),
        list(store.outbox()),
        [timer[1:] for timer in store.timers()],
        store.mark(),
    ]


def full_unit(store: SqliteStore) -> Stored:
    """Return a unit with effects of every kind on a store that has BOLTS and a parked message."""
    unit = Stored(store, Now(elapsed=MINUTE, wall=WALL + MINUTE), {})
    unit.fetch(Missing(ITEMS, (BOLTS, NUTS)))
    unit.fetch(Missing(PARKED, (FIRST,)))
    unit.fetch(Missing(INBOX, (77,)))
    unit.load_many(ITEMS, (BOLTS, NUTS))
    unit.load(PARKED, FIRST)
    unit.load(INBOX, 77)
    unit.save(ITEMS, BOLTS, item(BOLTS, 2))
    unit.save(ITEMS, NUTS, item(NUTS, 3))
    unit.save(MOVEMENTS, 1, movement(1))
    unit.archive(PARKED, FIRST)
    unit.save(INBOX, 77, 1)
    unit.emit(ExceptionOpened(id=1, code="TEST", detail="żółć"))
    unit.schedule(HOUR, CloseDue(id=2))
    return unit


def prepare(store: SqliteStore) -> None:
    unit = Stored(store, NOW, {})
    unit.save(ITEMS, BOLTS, item(BOLTS, 1))
    unit.save(PARKED, FIRST, Parked(messages=(received(1, BOLTS, 1), submitted(2, FIRST, (BOLTS, 1))), until=HOUR))
    unit.commit()


def test_a_process_that_dies_before_any_statement_of_a_commit_leaves_nothing_of_it(path: Path) -> None:
    """The next process finds the store as before; after the last statement it finds all of it."""
    with SqliteStore(path) as store:
        prepare(store)
        before = everything(store)
    for statement in count():
        with SqliteStore(path, connection=Mortal) as mortal:
            unit = full_unit(mortal)
            mortal._base.dies_before = statement  # type: ignore[attr-defined]  # the connection made for this test
            try:
                unit.commit()
            except Died:
                mortal._base.dies_before = None  # type: ignore[attr-defined]  # closing needs no statement
            else:
                break
        with SqliteStore(path) as store:
            assert everything(store) == before, f"died before statement {statement}"
    assert statement > 10
    with SqliteStore(path) as store:
        assert dict(store.rows(ITEMS)) == {BOLTS: item(BOLTS, 2), NUTS: item(NUTS, 3)}
        assert [len(list(rows)) for rows in (store.rows(PARKED), store.rows(MOVEMENTS), store.outbox())] == [0, 1, 1]
        assert store.mark() == Now(elapsed=MINUTE, wall=WALL + MINUTE)


@pytest.mark.parametrize("committed", [False, True])
def test_a_process_that_is_ended_at_once_leaves_a_whole_store(path: Path, committed: bool) -> None:
    """Ended by the system, without closing anything: before the commit's last statement, and after it."""
    program = """
import os, sqlite3, sys
from twin.live.sqlite import SqliteStore
from twin.live.transactor import Stored
from twin.middleware.unit import ITEMS
from twin.model.instant import Now
from twin.model.stock import ItemStock

class Ended(sqlite3.Connection):
    def execute(self, statement, *values):
        if statement == "COMMIT" and ready and sys.argv[2] == "False":
            os._exit(9)
        return super().execute(statement, *values)

ready = False
store = SqliteStore(sys.argv[1], connection=Ended)
ready = True
unit = Stored(store, Now(1, 1), {})
for id in range(2000):
    unit.save(ITEMS, id, ItemStock(item=id, positions=()))
unit.commit()
os._exit(9)
"""
    arguments = [sys.executable, "-c", program, str(path), str(committed)]
    assert subprocess.run(arguments, cwd=HOUSE, check=False).returncode == 9
    with SqliteStore(path) as store:
        assert len(list(store.rows(ITEMS))) == (2000 if committed else 0)


def test_workers_in_two_threads_lose_no_update(path: Path) -> None:
    """Each has its own connection; both take the same item again and again."""
    messages: list[list[Message]] = [[received(1000 * worker + n, BOLTS, 1) for n in range(40)] for worker in (1, 2)]
    restarts = 10_000
    SqliteStore(path).close()

    def work(mine: list[Message]) -> None:
        with SqliteStore(path) as store:
            transactor = Transactor(store, procedures(), rules(), lambda: NOW, restarts_max=restarts)
            for message in mine:
                transactor.run(message)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with SqliteStore(path) as store:
        assert store.get(ITEMS, BOLTS) == item(BOLTS, 80)
        assert len(list(store.outbox())) == len(list(store.rows(INBOX))) == 80


def test_a_store_that_is_opened_again_has_kept_everything(path: Path) -> None:
    with SqliteStore(path) as store:
        transactor = Transactor(store, procedures(), rules(), lambda: NOW)
        for message in day():
            transactor.run(message)
        before = everything(store)
    with SqliteStore(path) as store:
        assert everything(store) == before


def test_rows_are_kept_as_canonical_bytes(path: Path) -> None:
    with SqliteStore(path) as store:
        prepare(store)
    base = sqlite3.connect(path)
    (body,) = base.execute("SELECT body FROM items").fetchone()
    base.close()
    assert body == encode(item(BOLTS, 1))


def test_the_ledger_is_append_only(path: Path) -> None:
    with SqliteStore(path) as store:
        prepare(store)
        full_unit(store).commit()
    base = sqlite3.connect(path)
    for statement in ("DELETE FROM movements", "UPDATE movements SET id = 5"):
        with pytest.raises(sqlite3.IntegrityError, match="movements is append-only"):
            base.execute(statement)
    base.close()


def test_a_second_movement_or_event_under_one_id_is_refused_with_its_whole_unit(store: SqliteStore) -> None:
    prepare(store)
    full_unit(store).commit()
    before = everything(store)
    effects: list[Callable[[Stored], None]] = [
        lambda unit: unit.emit(ExceptionOpened(id=1, code="OTHER", detail="")),
        lambda unit: unit.save(MOVEMENTS, 1, movement(1)),
    ]
    for effect in effects:
        unit = Stored(store, NOW, {})
        unit.save(ITEMS, BOLTS, item(BOLTS, 99))
        effect(unit)
        with pytest.raises(sqlite3.IntegrityError):
            unit.commit()
        assert everything(store) == before


# --- fetching


def test_every_run_of_a_procedure_has_its_own_moment(store: SqliteStore) -> None:
    """The run at tick 0 ends at the inbox, which was not at hand; the one at tick 1 at the item."""
    seen = []

    def look(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        seen.append(now.elapsed)
        unit.load(ITEMS, BOLTS)
        return Outcome.NOOP

    ticks = count()
    run_of(store, look, lambda: Now(elapsed=next(ticks), wall=WALL)).run(HoldExpired(id=1))
    assert seen == [1, 2]


def test_a_procedure_that_loads_without_end_is_a_defect(store: SqliteStore) -> None:
    def load_on(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        for id in count():
            unit.load(ITEMS, id)
        return Outcome.NOOP

    transactor = run_of(store, load_on, lambda: NOW)
    with pytest.raises(AssertionError, match="HoldExpired 1 loads rows without end: 100 trips"):
        transactor.run(HoldExpired(id=1))


def test_a_procedure_that_raised_over_rows_of_different_moments_runs_again(store: SqliteStore) -> None:
    """A rival moves a unit from BOLTS to NUTS between its two trips, so the first run sees a unit too many."""
    rivals = iter([True])

    def count_all(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        bolts = unit.load(ITEMS, BOLTS)
        if next(rivals, False):
            write(store, item(BOLTS, 0), item(NUTS, 2))
        nuts = unit.load(ITEMS, NUTS)
        assert bolts and nuts
        if bolts.positions[0].sellable + nuts.positions[0].sellable != 2:
            raise ArithmeticError("there are two units in all")
        return Outcome.APPLIED

    write(store, item(BOLTS, 1), item(NUTS, 1))
    assert run_of(store, count_all, lambda: NOW).run(HoldExpired(id=1)) is Outcome.APPLIED

    write(store, item(BOLTS, 5))
    with pytest.raises(ArithmeticError):
        run_of(store, count_all, lambda: NOW).run(HoldExpired(id=2))


def test_a_procedure_does_not_read_the_ledger(store: SqliteStore) -> None:
    def read_ledger(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        unit.load(MOVEMENTS, 1)
        return Outcome.NOOP

    with pytest.raises(AssertionError, match="procedures only append to it"):
        run_of(store, read_ledger, lambda: NOW).run(HoldExpired(id=1))


# --- bounds


def test_restarts_end_with_the_conflict_that_names_the_row(store: SqliteStore) -> None:
    runs = []

    def contended(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        unit.load(ITEMS, BOLTS)
        runs.append(message.id)
        write(store, item(BOLTS, len(runs)))
        return Outcome.APPLIED

    transactor = run_of(store, contended, lambda: NOW, restarts_max=3)
    with pytest.raises(Conflict) as conflict:
        transactor.run(HoldExpired(id=1))
    assert conflict.value.args == ("items", BOLTS)
    assert len(runs) == 4


def test_nobody_commits_between_the_check_of_a_commit_and_its_effects(path: Path) -> None:
    with SqliteStore(path, connection=Mortal) as store, SqliteStore(path, busy_max_us=0) as rival:
        prepare(store)
        refused = []

        def intrude() -> None:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                write(rival, item(BOLTS, 50))
            refused.append(True)

        store._base.meanwhile = intrude  # type: ignore[attr-defined]  # the connection made for this test
        full_unit(store).commit()
        assert refused == [True]
        assert rival.get(ITEMS, BOLTS) == item(BOLTS, 2)


def test_a_commit_waits_for_another_ones_lock_no_longer_than_it_may(path: Path) -> None:
    with SqliteStore(path, busy_max_us=20_000) as store:
        transactor = Transactor(store, procedures(), rules(), lambda: NOW)
        transactor.run(received(1, BOLTS, 1))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        before = everything(store)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            transactor.run(received(2, BOLTS, 1))
        assert everything(store) == before
        assert transactor.run(received(1, BOLTS, 1)) is Outcome.APPLIED, "a known message writes nothing"
        other.execute("ROLLBACK")
        other.close()
        transactor.run(received(2, BOLTS, 1))
        assert store.get(ITEMS, BOLTS) == item(BOLTS, 2)


def test_the_inbox_forgets_what_is_older_than_its_retention_a_bounded_number_at_a_time(store: SqliteStore) -> None:
    for minute in range(5):
        now = Now(elapsed=minute * MINUTE, wall=WALL)
        Transactor(store, procedures(), rules(), lambda now=now: now).run(received(minute, BOLTS, 1))  # type: ignore[misc]  # bound now
    assert store.forget_inbox(before=3 * MINUTE, rows_max=2) == 2
    assert [id for id, _ in store.rows(INBOX)] == [2, 3, 4]
    assert store.forget_inbox(before=3 * MINUTE) == 1
    assert store.forget_inbox(before=3 * MINUTE) == 0
    assert [id for id, _ in store.rows(INBOX)] == [3, 4]


def test_the_latest_moment_of_a_commit_is_kept_and_an_earlier_one_does_not_turn_it_back(store: SqliteStore) -> None:
    assert store.mark() is None
    write(store, item(BOLTS, 1), now=Now(elapsed=10, wall=WALL + 10))
    write(store, item(BOLTS, 2), now=Now(elapsed=7, wall=WALL + 99))
    assert store.mark() == Now(elapsed=10, wall=WALL + 10)
    write(store, item(BOLTS, 3), now=Now(elapsed=11, wall=WALL - 5))
    assert store.mark() == Now(elapsed=11, wall=WALL - 5)


# --- opening


def test_a_file_in_no_folder_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere/store\.db: unable to open"):
        SqliteStore(tmp_path / "nowhere" / "store.db")


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    text = "order,quantity\n" * 100
    path.write_text(text)
    with pytest.raises(UsageError, match=r"store\.db: file is not a database"):
        SqliteStore(path)
    assert path.read_text() == text


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE orders (id TEXT)")
    base.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="a database of another program"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_store_of_a_later_format_is_refused(path: Path) -> None:
    SqliteStore(path).close()
    base = sqlite3.connect(path)
    base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(UsageError, match="has format 99; this program reads up to 2"):
        SqliteStore(path)


def run_of(
    store: SqliteStore,
    procedure: Callable[[HoldExpired, Now, RuleSet, Unit], Outcome],
    now: Callable[[], Now],
    restarts_max: int = 50,
) -> Transactor:
    table = Procedures()
    table.bind(HoldExpired, procedure)
    return Transactor(store, table, rules(), now, restarts_max=restarts_max)


def write(store: SqliteStore, *items: ItemStock, now: Now = NOW) -> None:
    unit = Stored(store, now, {})
    for row in items:
        unit.save(ITEMS, row.item, row)
    unit.commit()
