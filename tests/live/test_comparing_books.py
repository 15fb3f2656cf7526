"""A live process compares the books as a run does: cuts are announced and the books taken."""

from pathlib import Path

import pytest

import scenarios
from tests.live.recorded import Recorded, record
from twin.cli import main
from twin.live.effects import read_effects
from twin.live.opening import open_store
from twin.live.sqlite import SqliteStore
from twin.middleware.unit import CUTS
from twin.model.commands import ReconcileDue, StockCut
from twin.model.events import StockCutAsked
from twin.model.history import Stimulus, decode_header, decode_record
from twin.model.instant import MINUTE, Now
from twin.model.posting import ERP_BOOK
from twin.world.deployed import deployment_of

DESIGN = "{reconciliation: {every: 20m, ahead: 5m}}"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("compared"), "45m", DESIGN)


def test_a_new_store_waits_for_its_first_comparison(recorded: Recorded, tmp_path: Path) -> None:
    deployment = deployment_of(scenarios.load(str(recorded.scenario)), "standard")
    with SqliteStore(tmp_path / "new.db") as store:
        open_store(store, deployment, None, Now(elapsed=0, wall=0))
        (timer,) = store.timers()
        snapshot = decode_header(next(store.journal())).snapshot
    assert (timer.due, type(timer.message)) == (15 * MINUTE, ReconcileDue)
    assert snapshot.timers == ((timer.due, timer.message),), "the journal replays it too"


def test_a_recorded_day_asks_for_the_same_cuts_and_every_book_that_came_is_compared(
    recorded: Recorded, tmp_path: Path
) -> None:
    """Aim: what was asked, answered and found in the twin is found live. Method: the recording at its own times."""
    store, out = tmp_path / "live.db", tmp_path / "out.jsonl"
    words = ["--design", f"{recorded.scenario}#standard", "--store", str(store), "--in", str(recorded.history)]
    assert main(["live", *words, "--out", str(out), "--once", "--times", "recorded", "--quiet"]) == 0
    first, *lines = recorded.history.read_bytes().splitlines()
    start = decode_header(first).start
    records = [decode_record(line, start) for line in lines]
    books = [each.message for each in records if isinstance(each, Stimulus) and isinstance(each.message, StockCut)]
    asked = [effect.event for effect in read_effects(out) if isinstance(effect.event, StockCutAsked)]
    assert [event.cut for event in asked if event.site == ERP_BOOK] == [20 * MINUTE, 40 * MINUTE]
    assert {(book.cause, book.cut) for book in books} == {(event.id, event.cut) for event in asked}
    with SqliteStore(store) as kept:
        assert list(kept.rows(CUTS)) == [], "a cut of which all books came is compared and done with"
