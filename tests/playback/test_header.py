"""The header says what one must know, and a replay goes on from its snapshot: orders, sequences, keys, figures."""

from pathlib import Path

import msgspec
import pytest

from actors.tap import state_of
from scenarios.replays import completed, replay, versions
from tests.playback.recording import Play, recorded_in, submitted
from twin.errors import ScenarioError
from twin.middleware.unit import INBOX, ORDERS, SHOWN, STREAMS
from twin.model.commands import ShipmentConfirmed, StockReceived
from twin.model.history import Answer, Header, Snapshot, Stimulus, snapshot_of
from twin.model.instant import SECOND
from twin.playback.expected import Expected
from twin.playback.feed import Feed
from twin.playback.history import HistoryFile, Numbered, write_history
from twin.world.deployed import RULES_VERSION


def test_the_header_of_a_run_says_what_a_replay_must_know(recorded: Path):
    header = HistoryFile(recorded).header
    assert (header.made_by, header.design, header.rules) == ("run/first_day", "standard", RULES_VERSION)
    assert header.zone == "UTC"
    assert header.arrival == "open"
    assert header.completeness == {"orders": "full", "facts": "full", "answers": "full", "stock": "full"}
    assert header.redacted == ()
    assert header.setup["demand"] == {"kind": "none"}
    assert len(header.items) == 40
    assert len(header.snapshot.rows["items"]) == 40
    assert len(header.snapshot.rows[SHOWN.name]) == 40 * len(header.channels), "what every page shows at the start"
    assert "seed" not in header.setup, "what chance decided is in the records"


def test_a_setting_that_is_gone_is_left_out_where_nobody_had_set_it_and_refused_where_somebody_had(recorded: Path):
    header = HistoryFile(recorded).header

    def with_erp(**settings: object) -> Header:
        world = header.setup["landscape"]
        assert isinstance(world, dict)
        erp = {**world["parties"]["erp"], **settings}
        older = {**header.setup, "landscape": {**world, "parties": {**world["parties"], "erp": erp}}}
        return msgspec.structs.replace(header, setup=older)

    (version,) = versions(with_erp(slots_kept=None), (), "verbatim")
    assert version.scenario == versions(header, (), "verbatim")[0].scenario
    with pytest.raises(ScenarioError, match=r"landscape.parties.erp.slots_kept: unknown key"):
        versions(with_erp(slots_kept=5), (), "verbatim")


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of five hours in which the floor works and goods come."""
    return recorded_in(tmp_path_factory.mktemp("morning"), ("start.at=2026-03-03T08:00", "horizon=5h"))


@pytest.fixture(scope="module")
def halves(morning: Path) -> tuple[Header, list[Numbered], list[Numbered]]:
    """A recording cut at a moment at which the middleware has nothing in hand: a header with that state, two parts."""
    file = HistoryFile(morning)
    records = list(file)
    middle = next(
        place
        for place in range(3 * len(records) // 4, len(records))
        if records[place][1].at - records[place - 1][1].at > 10_000_000
    )
    cut = records[middle][1].at - 1
    (version,) = versions(file.header, (), "verbatim")
    header = completed(file.header, version, "verbatim")
    feed = Feed(
        msgspec.structs.replace(header, horizon=cut), version.scenario, version.design, expected=Expected(records)
    )
    feed.play(records[:middle])
    store = feed.alone.store
    snapshot = Snapshot(
        rows=snapshot_of(state_of(store)),
        outbox=tuple(store.outbox.values()),  # type: ignore[arg-type]  # the outbox holds events of the wire
        timers=tuple(store.timers.values()),  # type: ignore[arg-type]  # and the timers messages of it
    )
    return msgspec.structs.replace(header, opened=cut, snapshot=snapshot), records[:middle], records[middle:]


def play(header: Header, records: list[Numbered]) -> Feed:
    (version,) = versions(header, (), "verbatim")
    feed = Feed(header, version.scenario, version.design, expected=Expected(records))
    feed.play(records)
    return feed


def test_open_orders_go_on_from_the_snapshot_to_where_the_whole_recording_leads(
    morning: Path, halves: tuple[Header, list[Numbered], list[Numbered]]
):
    header, before, after = halves
    whole = Play(HistoryFile(morning))([*before, *after])
    feed = play(header, after)
    assert feed.played.dead_letters == whole.played.dead_letters == {}
    assert feed.played.orders == whole.played.orders
    assert feed.played.stock == whole.played.stock
    assert [each for each in feed.played.divergences if each.key.startswith(("order", "posting"))] == []
    placed = {order.case for _, order in submitted(before)}
    shipped = {
        record.message.case
        for _, record in after
        if isinstance(record, Stimulus) and isinstance(record.message, ShipmentConfirmed)
    }
    assert placed & shipped, "some orders are open at the cut and ship after it"
    assert len(feed.alone.store.rows[ORDERS.number]) == len(whole.numbers)


def test_what_was_known_at_the_cut_is_known_after_it(halves: tuple[Header, list[Numbered], list[Numbered]]):
    """An order from before the cut that comes again is a repeat: its key is in the snapshot, and nothing is decided."""
    header, before, after = halves
    place, order = submitted(before)[0]
    again = msgspec.structs.replace(before[place][1], at=after[0][1].at)
    plain, repeated = play(header, after), play(header, [(0, again), *after])
    assert repeated.played.orders == plain.played.orders
    assert repeated.played.stock == plain.played.stock
    assert any(id == order.id for id, _ in header.snapshot.rows[INBOX.name])


def test_numbered_facts_go_on_where_the_snapshot_stood(halves: tuple[Header, list[Numbered], list[Numbered]]):
    """A fact with the second number of its stream is taken after the cut, and waits where the first is not known."""
    header, before, after = halves
    first = next(
        record.message
        for _, record in before
        if isinstance(record, Stimulus) and isinstance(record.message, StockReceived)
    )
    second = msgspec.structs.replace(first, id=1, sequence=2)
    fact = Stimulus(at=after[0][1].at, source="wms/east", message=second)
    key = (first.item, first.site)
    with_it = play(header, [(0, fact), *after]).played
    assert with_it.held == 0
    assert with_it.stock[key] == play(header, after).played.stock[key] + second.quantity
    rows = {name: kept for name, kept in header.snapshot.rows.items() if name != STREAMS.name}
    forgetful = msgspec.structs.replace(header, snapshot=msgspec.structs.replace(header.snapshot, rows=rows))
    assert play(msgspec.structs.replace(forgetful, horizon=fact.at + SECOND), [(0, fact)]).played.held == 1


def test_an_event_that_was_in_the_outbox_is_sent_first_and_hears_its_answer(
    halves: tuple[Header, list[Numbered], list[Numbered]],
):
    header, _, after = halves
    answered = next(record for _, record in after if isinstance(record, Answer) and record.request.case)
    rest = [(line, record) for line, record in after if record is answered]
    alone = msgspec.structs.replace(
        header, snapshot=msgspec.structs.replace(header.snapshot, outbox=(answered.request,))
    )
    feed = play(alone, rest)
    assert feed.played.divergences == [] or answered.request.id not in feed.alone.store.outbox
    assert answered.request.id not in feed.alone.store.outbox


def test_a_recording_under_other_rules_says_so(recorded: Path, tmp_path: Path):
    file = HistoryFile(recorded)
    write_history(
        tmp_path / "old.jsonl", msgspec.structs.replace(file.header, rules="0"), (record for _, record in file)
    )
    (made,) = replay(tmp_path / "old.jsonl").made
    assert made.notes == (f"recorded under version 0 of the rules, played under {RULES_VERSION}",)
