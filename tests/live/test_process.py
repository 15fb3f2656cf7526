"""A live process takes lines once, fires timers, tells channels, gives up on what does not fit, and goes on."""

import asyncio
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import scenarios
from policies.fallback import ErpAway, Fallbacks
from scenarios.replays import replay
from tests.contracts.real_day import order
from tests.live.recorded import SKUS, Recorded, record
from twin.cli import main
from twin.live.clock import Clock, RecordedClock
from twin.live.deployment import Deployment
from twin.live.effects import EffectReader, read_effects
from twin.live.envelopes import enveloped
from twin.live.files import Feed, Sheet
from twin.live.opening import open_store
from twin.live.process import LiveProcess
from twin.live.publishing import Publishing
from twin.live.queues import ask_park, ask_redrive, described, letters
from twin.live.sqlite import SqliteStore
from twin.live.start import Terms, serve
from twin.live.store import Effects
from twin.middleware.unit import ITEMS, LETTERS, ORDERS
from twin.model.commands import PartnerBack, PartnerSilent, PublicationAnswered, StockReceived
from twin.model.events import (
    CreateErpOrder,
    ExceptionOpened,
    FallbackChanged,
    FallbackDecided,
    OrderAnswered,
    PublishStock,
)
from twin.model.fallback import ERP
from twin.model.history import Answer, Stimulus, decode_header, decode_record, encode_record
from twin.model.instant import DAY, HOUR, MINUTE, Now
from twin.model.message import Message
from twin.model.publishing import AllDue, encode_publishing
from twin.model.wire import encode
from twin.world.deployed import deployment_of

WALL = 1_772_495_999_000_000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("recorded"), "20m")


@pytest.fixture(scope="module")
def deployment(recorded: Recorded) -> Deployment:
    return deployment_of(scenarios.load(str(recorded.scenario)), "standard")


class Hand:
    """A clock that the test moves."""

    def __init__(self, elapsed: int = 0) -> None:
        self.elapsed = elapsed

    def __call__(self) -> Now:
        return Now(elapsed=self.elapsed, wall=WALL + self.elapsed)

    def until(self, at: int | None) -> int:
        return self.elapsed

    def move(self, to: int) -> None:
        pass


class Desk:
    """A process with its files and clock, worked step by step."""

    def __init__(self, folder: Path, deployment: Deployment) -> None:
        self.folder = folder
        self.deployment = deployment
        self.clock = Hand()
        self.input = folder / "in.jsonl"
        self.output = folder / "out.jsonl"
        self.input.touch()
        with SqliteStore(folder / "store.db") as store:
            open_store(store, deployment, None, self.clock())

    def work(self, *lines: bytes) -> LiveProcess:
        """Append lines, and let a new process do all there is to do."""
        with self.input.open("ab") as file:
            file.writelines(line + b"\n" for line in lines)
        with SqliteStore(self.folder / "store.db") as store:
            feed, sheet = Feed(self.input, store.offset("in")), Sheet(self.output)
            process = LiveProcess(
                store, self.deployment, self.clock, name="in", source=feed, receiver=sheet, start=WALL
            )
            while process.step():
                pass
            process.hand_out()
            feed.close()
            sheet.close()
        return process

    def store(self) -> SqliteStore:
        return SqliteStore(self.folder / "store.db")

    def effects(self, kind: type[Message]) -> list[Message]:
        return [effect.event for effect in read_effects(self.output) if isinstance(effect.event, kind)]


@pytest.fixture
def desk(tmp_path: Path, deployment: Deployment) -> Desk:
    return Desk(tmp_path, deployment)


def received(id: int, item: int, quantity: int, sequence: int = 1) -> bytes:
    return encode(StockReceived(id=id, site=0, item=item, quantity=quantity, sequence=sequence, at=0))


def test_a_new_store_knows_every_item_and_has_no_unit_of_it(desk: Desk) -> None:
    with desk.store() as store:
        stocks = dict(store.rows(ITEMS))
    assert list(stocks) == list(range(SKUS))
    assert {position.on_hand for stock in stocks.values() for position in stock.positions} == {0}


def test_stock_comes_in_an_order_goes_out_and_the_channels_hear_of_both(desk: Desk) -> None:
    desk.work(received(1, 3, 5), encode(order("A", 0, (3, 2))))
    (answer,) = desk.effects(OrderAnswered)
    assert isinstance(answer, OrderAnswered)
    assert answer.code == "IA"
    answers = [
        encode(PublicationAnswered(id=push.id + 1, channel=push.channel, sequence=push.sequence, items=(3,)))
        for push in desk.effects(PublishStock)
        if isinstance(push, PublishStock)
    ]
    desk.clock.elapsed = HOUR
    desk.work(*answers)
    told = {(push.channel, row.quantity) for push in desk.effects(PublishStock) for row in push.rows if row.item == 3}  # type: ignore[attr-defined]  # all are pushes
    assert told == {(channel, quantity) for channel in range(3) for quantity in (5, 3)}


def test_a_line_is_taken_once_also_by_the_next_process(desk: Desk) -> None:
    assert desk.work(received(1, 3, 5)).outcomes == {"APPLIED": 1 + 3}, "the receipt, and what each channel is told"
    assert desk.work().outcomes == {}
    assert desk.work(received(1, 3, 5)).outcomes == {"APPLIED": 1}, "the inbox knows the message"
    with desk.store() as store:
        stock = store.get(ITEMS, 3)
    assert stock is not None
    assert stock.positions[0].sellable == 5


def test_a_timer_fires_when_it_is_due_and_not_again(desk: Desk) -> None:
    """An order of an unknown item waits for it so long, and then its hold ends."""
    desk.work(encode(order("B", 0, (SKUS + 7, 1))))
    with desk.store() as store:
        (timer,) = store.timers()
    desk.clock.elapsed = timer.due - 1
    assert desk.work().outcomes == {}
    desk.clock.elapsed = timer.due
    assert sum(desk.work().outcomes.values()) == 1
    assert desk.work().outcomes == {}


def test_what_is_decided_while_a_partner_is_away_is_decided_live_too(tmp_path: Path, deployment: Deployment) -> None:
    """Whoever watches the ERP says so in the input; its rule, timers and events are those of a run."""
    fallbacks = Fallbacks(erp=ErpAway(accept="none", recheck_us=5 * MINUTE))
    desk = Desk(
        tmp_path, dataclasses.replace(deployment, rules=dataclasses.replace(deployment.rules, fallbacks=fallbacks))
    )
    desk.work(received(1, 3, 5), encode(PartnerSilent(id=2, partner=ERP, since=0)), encode(order("A", 0, (3, 2))))
    assert [event.held for event in desk.effects(FallbackDecided)] == [True]  # type: ignore[attr-defined]  # all are
    assert desk.effects(CreateErpOrder) == []
    desk.work(encode(PartnerBack(id=3, partner=ERP)))
    assert [event.on for event in desk.effects(FallbackChanged)] == [True, False]  # type: ignore[attr-defined]  # all are
    desk.clock.elapsed = 5 * MINUTE
    desk.work()
    assert len(desk.effects(CreateErpOrder)) == 1


def test_a_trace_comes_in_with_a_line_and_goes_out_with_every_effect(tmp_path: Path, desk: Desk) -> None:
    """A CloudEvent carries it in; with envelopes each effect of the order carries it out, however often it is read."""
    header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    placed = order("A", 0, (3, 2))
    stimulus = json.loads(encode_record(Stimulus(at=0, source="shop", message=placed), WALL))
    desk.work(received(1, 3, 5), json.dumps(stimulus | {"traceparent": header}).encode())
    with desk.store() as store:
        lines = [enveloped(store)(effect.event) for effect in read_effects(desk.output)]
        (recorded,) = [line for line in store.journal() if b"MessageCarried" in line]
    events = [json.loads(line) for line in lines]
    mine = [event for event in events if event["subject"] == f"{placed.case:016x}"]
    assert {event["type"] for event in mine} >= {"OrderAnswered", "CreateErpOrder", "ReleaseToWarehouse"}
    assert {event["traceparent"].split("-")[1] for event in mine} == {header.split("-")[1]}
    assert header in recorded.decode(), "the journal is a history: a replay knows the trace"
    out = tmp_path / "enveloped.jsonl"
    out.write_bytes(b"".join(line + b"\n" for line in [*lines, lines[0]]))
    reader = EffectReader()
    assert [effect.event for effect in reader.read(out)] == [effect.event for effect in read_effects(desk.output)]
    assert reader.repeated == 1


BAD: dict[str, tuple[bytes, str, str]] = {
    "no JSON": (b'{"type": "SubmitOrder", ', "UNREADABLE", "POISON"),
    "no text": (b"\xff\xfe", "UNREADABLE", "POISON"),
    "an empty line": (b"", "UNREADABLE", "POISON"),
    "an unknown type": (b'{"type": "SellEverything", "id": 1}', "SCHEMA_VIOLATED", "CONTRACT"),
    "a missing field": (b'{"type": "StockReceived", "id": 1}', "SCHEMA_VIOLATED", "CONTRACT"),
    "an event of another form": (b'{"specversion": "0.3", "id": "1"}', "SCHEMA_VIOLATED", "CONTRACT"),
    "a channel that is not there": (encode(order("C", 99, (3, 1))), "UNFIT", "VALIDATION"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_line_that_does_not_fit_is_an_item_of_its_class_and_the_process_goes_on(desk: Desk, bad: str) -> None:
    text, code, category = BAD[bad]
    process = desk.work(text, received(2, 3, 5))
    assert process.given_up == {code: 1}
    with desk.store() as store:
        (row,) = letters(store)
        item = described(store, int(str(row["id"])))
        stock = store.get(ITEMS, 3)
    assert (row["code"], row["class"]) == (code, category)
    assert row["owner"]
    assert item["runbook"]
    assert str(item["body"]).encode() == text.decode(errors="backslashreplace").encode()
    assert stock is not None
    assert stock.positions[0].sellable == 5, "the next line was taken"
    assert desk.work().given_up == {}, "the bad line is behind us"


def test_a_redrive_by_hand_goes_through_intake_and_a_park_ends_an_item(desk: Desk) -> None:
    """What was wrong with the order is not cured, so its redrive fails and is counted; then it is parked."""
    desk.work(encode(order("C", 99, (3, 1))), b"rubbish")
    with desk.store() as store:
        unfit, rubbish = (
            next(int(str(row["id"])) for row in letters(store) if row["code"] == code)
            for code in ("UNFIT", "UNREADABLE")
        )
        ask_redrive(store, rubbish, "ada")
        ask_redrive(store, rubbish, "ada")
        ask_park(store, unfit, "ada", "there is no such channel")
    desk.work()
    with desk.store() as store:
        assert [row["code"] for row in letters(store)] == ["UNREADABLE"]
        letter = store.get(LETTERS, rubbish)
    assert letter is not None
    assert letter.redrives == 1


# --- publishers over a restart


def test_publishers_of_a_new_process_are_where_those_of_the_former_one_were(
    recorded: Recorded, deployment: Deployment, tmp_path: Path
) -> None:
    """A process runs the recording and never saves; another takes the saved beginning and all notes since."""
    store = tmp_path / "store.db"
    serve(deployment, str(store), recorded.history, tmp_path / "out.jsonl", Terms(once=True, recorded=True), quiet)
    with SqliteStore(store) as kept:
        assert kept.notes(()) == [], "a graceful stop saves"
        saved = kept.publishers()
        assert saved is not None
        again = Publishing(kept, deployment)
        assert encode_publishing(again.state()) == saved
    with SqliteStore(tmp_path / "step.db") as step:
        run_steps(step, deployment, recorded, tmp_path / "step.jsonl", saved)


def run_steps(store: SqliteStore, deployment: Deployment, recorded: Recorded, out: Path, saved: bytes) -> None:
    feed, sheet = Feed(recorded.history, 0), Sheet(out)
    first = feed.peek()
    assert first is not None
    header = decode_header(first.text)
    open_store(store, deployment, header, Now(elapsed=0, wall=header.start))
    clock = RecordedClock(None, header.start)
    process = LiveProcess(store, deployment, clock, name="in", source=feed, receiver=sheet, start=header.start)
    while process.step():
        pass
    assert process.publishing is not None
    assert encode_publishing(process.publishing.state()) == saved
    assert len(store.notes(())) > 100
    assert encode_publishing(Publishing(store, deployment).state()) == saved
    feed.close()
    sheet.close()


def test_a_nightly_run_falls_due_by_the_local_clock_once_a_night(deployment: Deployment, desk: Desk) -> None:
    nightly = dataclasses.replace(deployment, nights=(2 * HOUR,))
    with desk.store() as store:
        publishing = Publishing(store, nightly)
        now = desk.clock()
        midnight = -(now.wall % DAY)
        first = publishing.next_night(now)
        assert first is not None
        assert (first - midnight) % DAY == 2 * HOUR
        publishing._apply(AllDue(first))
        assert publishing.next_night(Now(elapsed=first, wall=WALL + first)) == first + DAY
        assert {message.channel for message in publishing.pending} == {0, 1, 2}
        assert [item for message in publishing.pending if not message.channel for item in message.items] == list(
            range(SKUS)
        )


# --- dual write


@pytest.mark.parametrize(("outbox", "ghosts"), [(True, 0), (False, 1)], ids=["outbox", "dual write"])
def test_a_death_between_sending_and_committing_leaves_a_ghost_only_where_two_things_are_written(
    deployment: Deployment, desk: Desk, outbox: bool, ghosts: int
) -> None:
    """The process dies in its commit. What stands in the effects file then was told to partners and never happened."""

    class Dying(SqliteStore):
        def apply(self, unit: Effects) -> None:
            raise SystemExit

    with desk.input.open("ab") as file:
        file.write(encode(order("A", 0, (3, 2))) + b"\n")
    with Dying(desk.folder / "store.db") as store:
        feed, sheet = Feed(desk.input, 0), Sheet(desk.output)
        design = dataclasses.replace(deployment, outbox=outbox)
        process = LiveProcess(store, design, desk.clock, name="in", source=feed, receiver=sheet, start=WALL)
        with pytest.raises(SystemExit):
            process.step()
        feed.close()
        sheet.close()
    with desk.store() as store:
        assert dict(store.rows(ORDERS)) == {}
    assert len(desk.effects(OrderAnswered)) == ghosts


# --- the journal


def test_the_journal_of_a_process_replays_without_a_difference(tmp_path: Path, recorded: Recorded) -> None:
    """At recorded times; a changed line of it is noticed where it matters, and nowhere else."""
    store, journal = tmp_path / "store.db", tmp_path / "journal.jsonl"
    words = ["--design", f"{recorded.scenario}#standard", "--store", str(store), "--in", str(recorded.history)]
    words += ["--out", str(tmp_path / "out.jsonl"), "--once", "--times", "recorded", "--quiet"]
    assert main(["live", *words]) == 0
    assert main(["live", "journal", "--store", str(store), "--out", str(journal)]) == 0
    (whole,) = replay(journal).made
    assert whole.played.divergences == []
    lines = journal.read_bytes().splitlines(keepends=True)
    assert whole.played.applied == len(lines) - 1
    place = next(number for number, line in enumerate(lines) if b'"SubmitOrder"' in line)
    fewer = [line for number, line in enumerate(lines) if number != place]
    journal.write_bytes(b"".join(fewer))
    (cut,) = replay(journal).made
    assert {each.kind for each in cut.played.divergences} >= {"missing"}
    missed = {each.key for each in cut.played.divergences if each.kind == "missing"}
    assert len(missed) == 1, "the order whose line is gone"


class Ticking(Hand):
    """A clock that goes on by itself, a fifth of a second at every look."""

    def __call__(self) -> Now:
        self.elapsed += 200_000
        return super().__call__()


def test_a_journal_kept_in_real_time_replays_as_late_as_the_process_was(
    tmp_path: Path, deployment: Deployment, desk: Desk
) -> None:
    """A slot falls due while the process is at a line, and opens behind it; without such moments, figures differ."""
    desk.clock = Ticking()
    desk.work(*[received(1_000 + item, item, 900) for item in range(SKUS)])
    for again in range(3):  # a process each time
        orders = [order(f"{again}-{number}", number % 3, (number % 4, 1 + number % 3)) for number in range(60)]
        desk.work(*[encode(each) for each in orders])
    with desk.store() as store:
        journal = list(store.journal())
    assert sum(b'"twin.own"' in line for line in journal) > 5

    def divergences(lines: list[bytes]) -> int:
        file = tmp_path / "journal.jsonl"
        file.write_bytes(b"".join(line + b"\n" for line in lines))
        (made,) = replay(file).made
        return len(made.played.divergences)

    assert divergences(journal) == 0
    assert divergences([line for line in journal if b'"twin.own"' not in line]) > 0


def test_the_journal_is_a_history_of_what_came_and_of_what_was_sent(desk: Desk) -> None:
    lines = [received(1, 3, 5), encode(order("A", 0, (3, 2)))]
    desk.work(*lines, b"rubbish")
    with desk.store() as store:
        first, *rest = store.journal()
    header = decode_header(first)
    assert (header.made_by, len(header.items), header.start) == ("live/standard", SKUS, WALL)
    records = [decode_record(line, header.start) for line in rest]
    assert [encode(record.message) for record in records if isinstance(record, Stimulus)] == lines
    sent = [effect.event for effect in read_effects(desk.output) if not isinstance(effect.event, ExceptionOpened)]
    assert [record.request for record in records if isinstance(record, Answer)] == sent


# --- the command


def quiet(text: str) -> None:
    pass


def test_a_history_of_other_items_is_refused(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["live", "--design", "first_day#standard", "--store", str(tmp_path / "s.db"), "--once"]
    code = main([*words, "--in", str(recorded.history), "--out", str(tmp_path / "o.jsonl")])
    assert code == 2
    assert f"the recording is about {SKUS} items, the design's scenario about other 2000" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "live wants --design FILE#NAME, --in FILE and --out FILE"),
        (["--design", "first_day", "--in", "x", "--out", "y"], "--design is FILE#NAME"),
        (["--design", "first_day#best", "--in", "x", "--out", "y"], "no design 'best' in first_day"),
        (
            ["--design", "first_day#standard", "--store", "mysql://x", "--in", "x", "--out", "y"],
            "a store is a SQLite file",
        ),
        (["--design", "first_day#standard", "--store", "{}/s.db", "--in", "{}/none", "--out", "{}/o"], "No such file"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_exit_2(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", *(word.replace("{}", str(tmp_path)) for word in words)]) == 2
    assert said in capsys.readouterr().err


def test_the_process_follows_its_input_stops_on_sigterm_and_knows_no_simulator(
    recorded: Recorded, tmp_path: Path
) -> None:
    program = """
import sys
from twin.cli import main
code = main(sys.argv[1:])
simulators = {"simpy", "actors.ground", "twin.kernel.timeline"} & set(sys.modules)
print(*sorted(simulators), file=sys.stderr)
sys.exit(code)
"""
    source, target, store = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "s.db"
    source.write_bytes(received(1, 3, 5) + b"\n")
    words = [
        "live",
        "--design",
        f"{recorded.scenario}#standard",
        "--store",
        str(store),
        "--in",
        str(source),
        "--out",
        str(target),
    ]
    with subprocess.Popen(
        [sys.executable, "-c", program, *words, "--report-every", "0"], stderr=subprocess.PIPE
    ) as process:
        wait_for(process, lambda: target.exists() and b"MovementRecorded" in target.read_bytes())
        with source.open("ab") as file:
            file.write(encode(order("A", 0, (3, 2))) + b"\n")
        wait_for(process, lambda: b"OrderAnswered" in target.read_bytes())
        os.kill(process.pid, signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    last, simulators = said.decode().splitlines()
    assert process.returncode == 0
    report = json.loads(last)
    assert (report["state"], report["outcomes"]["ACCEPTED"], report["outbox_open"], report["behind_bytes"]) == (
        "stopped",
        1,
        0,
        0,
    )
    assert simulators == ""
    with SqliteStore(store) as kept:
        assert len(dict(kept.rows(ORDERS))) == 1


def wait_for(process: subprocess.Popen[bytes], happened: Callable[[], bool]) -> None:
    for _ in range(3000):
        if happened():
            return
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the process ended with {process.returncode}")
    raise AssertionError("it did not happen")


def test_status_journal_and_queues_are_read_from_the_store(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, source = str(tmp_path / "s.db"), tmp_path / "in.jsonl"
    source.write_bytes(b"rubbish\n")
    words = ["live", "--design", f"{recorded.scenario}#standard", "--store", store, "--once", "--quiet"]
    assert main([*words, "--in", str(source), "--out", str(tmp_path / "o.jsonl")]) == 0
    assert main(["live", "status", "--store", store, "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["dead_letters"], row["outbox_open"]) == (1, 0)
    assert main(["live", "dlq", "list", "--store", store, "--format", "json"]) == 0
    (letter,) = json.loads(capsys.readouterr().out)
    assert main(["live", "dlq", "show", str(letter["id"]), "--store", store]) == 0
    assert json.loads(capsys.readouterr().out)["body"] == "rubbish"
    assert main(["live", "dlq", "park", str(letter["id"]), "--store", store, "--by", "ada", "--reason", "noise"]) == 0
    assert main([*words, "--in", str(source), "--out", str(tmp_path / "o.jsonl")]) == 0
    assert main(["live", "dlq", "redrive", str(letter["id"]), "--store", store, "--by", "ada"]) == 2
    assert "is open; `twin live dlq list` names those that are" in capsys.readouterr().err
    assert main(["live", "journal", "--store", store, "--out", str(tmp_path / "h.jsonl")]) == 0
    lines = (tmp_path / "h.jsonl").read_bytes().splitlines()
    assert decode_header(lines[0]).design == "standard"


def test_a_relay_that_cannot_write_ends_the_process(deployment: Deployment, desk: Desk) -> None:
    class Full(Sheet):
        def settle(self) -> None:
            raise OSError("no space left")

    with desk.input.open("ab") as file:
        file.write(received(1, 3, 5) + b"\n")
    with desk.store() as store:
        feed, sheet = Feed(desk.input, 0), Full(desk.output)
        process = LiveProcess(store, deployment, Clock(), name="in", source=feed, receiver=sheet, start=WALL)
        with pytest.raises(OSError, match="no space left"):
            asyncio.run(process.run(asyncio.Event()))
        feed.close()
        assert len(list(store.outbox())) > 0, "nothing is marked that was not made to last"
        sheet.close()
