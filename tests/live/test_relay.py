"""Outbox rows and due timers are handed out at least once, in order, and taken off only when they were taken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.shells import InOneDatabase, InOneFile, Lasting
from tests.contracts.small_trade import procedures, rules
from twin.live.relay import relay
from twin.live.store import LiveStore, Progress
from twin.live.transactor import Stored
from twin.middleware.unit import INBOX, Conflict, Missing
from twin.model.commands import CloseDue
from twin.model.events import ExceptionOpened
from twin.model.instant import HOUR, MINUTE, Now
from twin.model.message import Event

NOW = Now(elapsed=0, wall=1_700_000_000_000_000)


class Died(Exception):
    """The process ended here."""


@pytest.fixture(params=[InOneFile, pytest.param(InOneDatabase, marks=pytest.mark.postgres)])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lasting]:
    shell = request.param(procedures(), rules(), tmp_path)
    yield shell
    shell.close()


@pytest.fixture
def store(shell: Lasting) -> LiveStore:
    return shell.store


def emit(store: LiveStore, *cases: int) -> None:
    """Commit one event per case; events of one case are one aggregate, and ids count up."""
    first = len(list(store.outbox())) + 1
    unit = Stored(store, NOW, {})
    for id, case in enumerate(cases, start=first):
        unit.emit(ExceptionOpened(id=id, case=case, code="TEST", detail=""))
    unit.commit()


def schedule(store: LiveStore, *timers: tuple[int, int]) -> None:
    """Commit one timer per (id, due)."""
    unit = Stored(store, NOW, {})
    for id, due in timers:
        unit.schedule(due, CloseDue(id=id))
    unit.commit()


class Partner:
    """Takes every event and remembers its id."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def take(self, event: Event) -> bool:
        self.taken.append(event.id)
        return True


def ids(events: Iterator[Event]) -> list[int]:
    return [event.id for event in events]


def test_rows_leave_once_in_commit_order(store: LiveStore) -> None:
    emit(store, 7, 8)
    emit(store, 7)
    partner = Partner()
    assert relay(store, partner.take) == 3
    assert relay(store, partner.take) == 0
    assert partner.taken == [1, 2, 3]
    assert store.forget_acknowledged(rows_max=2) == 2
    assert store.forget_acknowledged() == 1


def test_a_row_that_is_not_taken_stops_its_aggregate_and_no_other(store: LiveStore) -> None:
    emit(store, 7, 8, 7, 8, 7)
    asked: list[int] = []

    def refuse_seven(event: Event) -> bool:
        asked.append(event.id)
        return event.case != 7

    assert relay(store, refuse_seven) == 2
    assert asked == [1, 2, 4]
    assert ids(store.outbox()) == [1, 3, 5]
    assert relay(store, lambda event: True) == 3


def test_what_is_committed_during_a_pass_leaves_in_the_next(store: LiveStore) -> None:
    """Else a receiver that causes an event for every event would keep the pass going for ever."""
    emit(store, 7)
    follower = iter(range(2, 100))

    def cause_another(event: Event) -> bool:
        unit = Stored(store, NOW, {})
        unit.emit(ExceptionOpened(id=next(follower), case=7, code="TEST", detail=""))
        unit.commit()
        return True

    assert relay(store, cause_another) == 1
    assert ids(store.outbox()) == [2]


def test_more_rows_than_a_page_leave_in_one_pass(store: LiveStore) -> None:
    emit(store, *range(1201))
    partner = Partner()
    assert relay(store, partner.take) == 1201
    assert partner.taken == list(range(1, 1202))


@pytest.mark.parametrize("gap", ["before commit", "before publish", "before mark", "after mark"])
def test_an_event_survives_a_crash_in_each_gap_of_the_outbox(shell: Lasting, gap: str) -> None:
    """Nothing leaves that was not committed; what was committed leaves at least once, with one id.

    Method: a process dies in the gap, and the next one opens the file, commits the unit if it is not there, and relays.
    """
    partner = Partner()

    def publish(event: Event) -> bool:
        if gap == "before publish":
            raise Died
        partner.take(event)
        if gap == "before mark":
            raise Died
        return True

    def live() -> None:
        with shell.reopened() as store:
            unit = Stored(store, NOW, {})
            unit.emit(ExceptionOpened(id=1, code="TEST", detail=""))
            if gap == "before commit":
                raise Died
            unit.commit()
            relay(store, publish)
            raise Died

    with pytest.raises(Died):
        live()
    with shell.reopened() as store:
        assert ids(store.outbox()) == ([1] if gap in {"before publish", "before mark"} else [])
        if gap == "before commit":
            emit(store, 7)
        relay(store, partner.take)
        assert ids(store.outbox()) == []
    assert partner.taken == ([1, 1] if gap == "before mark" else [1])


def test_timers_are_due_the_oldest_first_and_no_more_than_asked_for(store: LiveStore) -> None:
    schedule(store, (1, 3 * MINUTE), (2, MINUTE), (3, HOUR), (4, MINUTE))
    assert [timer.message.id for timer in store.due(3 * MINUTE, 10)] == [2, 4, 1]
    assert [timer.message.id for timer in store.due(HOUR, 2)] == [2, 4]
    assert store.due(MINUTE - 1, 10) == []


def test_a_timer_goes_with_the_step_that_handled_it_and_one_that_was_moved_stays(store: LiveStore) -> None:
    """A message that is scheduled anew in that very step has another place, and comes back then."""
    schedule(store, (1, MINUTE), (2, MINUTE))
    for timer, again in zip(store.due(MINUTE, 2), (False, True), strict=True):
        unit = Stored(store, NOW, {})
        unit.progress = Progress(timer=timer.seq)
        if again:
            unit.schedule(HOUR, timer.message)
        unit.commit()
    assert [(timer.due, timer.message.id) for timer in store.timers()] == [(HOUR, 2)]


def test_how_far_a_process_is_and_what_its_publishers_heard_lasts_with_the_step(shell: Lasting) -> None:
    store = shell.store
    assert (store.offset("in"), store.publishers(), store.notes(())) == (0, None, [])
    for offset in (10, 25):
        unit = Stored(store, NOW, {})
        unit.progress = Progress(
            "in", offset, notes=(b"a%d" % offset, b"b%d" % offset), records=((offset, b"r%d" % offset),)
        )
        unit.commit()
    with shell.reopened() as again:
        assert again.offset("in") == 25
        notes = again.notes(())
        assert [body for _, body in notes] == [b"a10", b"b10", b"a25", b"b25"]
        places = [place for place, _ in notes]
        assert [body for _, body in again.notes(places[:3])] == [b"b25"]
        again.save_publishers(b"state", places[:3])
        assert (again.publishers(), [body for _, body in again.notes(())]) == (b"state", [b"b25"])
        assert list(again.journal()) == [b"r10", b"r25"]


def test_a_unit_that_conflicts_brings_its_process_no_further(shell: Lasting) -> None:
    store = shell.store
    late = Stored(store, NOW, {})
    late.fetch(Missing(INBOX, (7,)))
    late.load(INBOX, 7)
    late.save(INBOX, 7, 1)
    late.progress = Progress("in", 99, notes=(b"n",), records=((1, b"r"),))
    rival = Stored(store, NOW, {})
    rival.save(INBOX, 7, 2)
    rival.commit()
    with pytest.raises(Conflict):
        late.commit()
    assert (store.offset("in"), store.notes(()), list(store.journal())) == (0, [], [])
