"""Several processes share one PostgreSQL store: they race, and none loses, repeats or reorders anything."""

import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.contracts.shells import InOneDatabase
from tests.contracts.small_trade import BOLTS, procedures, received, rules
from twin.errors import UsageError
from twin.live.postgres import PostgresStore
from twin.live.relay import relay
from twin.live.store import Versions
from twin.live.transactor import Fetched, Stored, Transactor
from twin.middleware.unit import INBOX, ITEMS, MOVEMENTS, Conflict, Outcome
from twin.model.events import ExceptionOpened
from twin.model.instant import Now
from twin.model.message import Event, Message
from twin.model.stock import ItemStock, Position

pytestmark = pytest.mark.postgres
NOW = Now(elapsed=0, wall=1_700_000_000_000_000)


class Met(PostgresStore):
    """A store whose commits are met by a rival when they have compared their versions."""

    meanwhile: Callable[[], object] | None = None

    def check(self, reads: Versions) -> None:
        super().check(reads)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[InOneDatabase]:
    shell = InOneDatabase(procedures(), rules(), tmp_path)
    yield shell
    shell.close()


def work(url: str, messages: list[Message]) -> None:
    with PostgresStore(url) as store:
        transactor = Transactor(store, procedures(), rules(), lambda: NOW, restarts_max=10_000)
        for message in messages:
            transactor.run(message)


def test_two_processes_on_one_item_lose_no_update_and_take_a_message_that_came_to_both_once(
    shared: InOneDatabase,
) -> None:
    both: list[Message] = [received(n, BOLTS, 1) for n in range(20)]
    mine: list[list[Message]] = [[received(1000 * worker + n, BOLTS, 1) for n in range(20)] for worker in (1, 2)]
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=work, args=(shared.url, [*both, *own])) for own in mine]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    store = shared.store
    assert store.get(ITEMS, BOLTS) == ItemStock(item=BOLTS, positions=(Position(sellable=60),))
    assert len(list(store.outbox())) == len(list(store.rows(INBOX))) == len(list(store.rows(MOVEMENTS))) == 60


@pytest.mark.parametrize("rival", [received(2, BOLTS, 5), received(1, BOLTS, 7)], ids=["same row", "same message"])
def test_what_the_server_cannot_put_in_order_runs_again(shared: InOneDatabase, rival: Message) -> None:
    """The rival commits where no version has changed yet: between the check of the reads and the writes."""
    shared.run(received(9, BOLTS, 1), NOW)
    conflicts: list[str] = []

    class Telling(Stored):
        def __init__(self, store: PostgresStore, now: Now, fetched: Fetched) -> None:
            super().__init__(store, now, fetched)

        def commit(self) -> None:
            try:
                super().commit()
            except Conflict as conflict:
                conflicts.append(str(conflict.args[0]))
                raise

    with Met(shared.url) as store:
        store.meanwhile = lambda: shared.run(rival, NOW)
        transactor = Transactor(store, procedures(), rules(), lambda: NOW, shell=Telling)  # type: ignore[arg-type]  # on this store
        assert transactor.run(received(1, BOLTS, 7)) is Outcome.APPLIED
    assert conflicts == ["serialization"]
    stock = shared.store.get(ITEMS, BOLTS)
    assert stock is not None
    assert stock.positions[0].sellable == (13 if rival.id == 2 else 8)


def test_restarts_after_serialization_failures_are_bounded(shared: InOneDatabase) -> None:
    shared.run(received(9, BOLTS, 1), NOW)
    rivals = iter(range(100, 200))
    with Met(shared.url) as store:

        def again() -> None:
            shared.run(received(next(rivals), BOLTS, 1), NOW)
            store.meanwhile = again

        store.meanwhile = again
        with pytest.raises(Conflict):
            Transactor(store, procedures(), rules(), lambda: NOW, restarts_max=3).run(received(1, BOLTS, 7))
    assert next(rivals) == 104


def test_a_second_relay_takes_no_row_of_an_aggregate_that_the_first_has_in_hand(shared: InOneDatabase) -> None:
    """The first has a page of 500 rows in hand; of the rest the second may take those of other aggregates alone."""
    unit = Stored(shared.store, NOW, {})
    for id in range(1, 701):
        unit.emit(ExceptionOpened(id=id, case=id % 5 if id <= 600 else id % 10, code="TEST", detail=""))
    unit.commit()
    first: list[int] = []
    second: list[int] = []

    def meet_the_second(event: Event) -> bool:
        if not first:
            with shared.reopened() as other:
                relay(other, lambda event: second.append(event.id) or True)  # type: ignore[func-returns-value]  # noted
        first.append(event.id)
        return True

    relay(shared.store, meet_the_second)
    assert second == [id for id in range(601, 701) if id % 10 >= 5]
    assert sorted(first + second) == list(range(1, 701))
    assert first == sorted(first)


def test_the_ledger_is_append_only(shared: InOneDatabase) -> None:
    shared.run(received(1, BOLTS, 1), NOW)
    with psycopg.connect(shared.url, autocommit=True) as base:
        for statement in ("DELETE FROM movements", "UPDATE movements SET id = 5"):
            with pytest.raises(psycopg.errors.IntegrityError, match="movements is append-only"):
                base.execute(statement)


def test_a_store_of_a_later_format_is_refused(shared: InOneDatabase) -> None:
    with psycopg.connect(shared.url, autocommit=True) as base:
        base.execute("UPDATE format SET number = 99")
    with pytest.raises(UsageError, match="has format 99; this program reads up to 1"):
        PostgresStore(shared.url)


def test_a_server_that_does_not_let_us_in_is_one_line_without_the_password() -> None:
    with pytest.raises(UsageError, match=r"^store postgresql://nobody@127\.0\.0\.1:1/none: .*refused") as refusal:
        PostgresStore("postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in str(refusal.value)
