"""A live process watches the alerts of its design as the twin does, as far as it counts their measures itself."""

import json
from pathlib import Path

import pytest

import scenarios
from policies.alerting import Threshold
from tests.live.recorded import Recorded, record
from twin.cli import main
from twin.kernel.recorder import Recorder
from twin.live.alerts import LiveAlerts, LiveRule, Told
from twin.live.sqlite import SqliteStore
from twin.live.start import Terms, serve
from twin.live.transactor import Stored
from twin.middleware.unit import Outcome
from twin.model.commands import LineQuantity, WarehouseShort
from twin.model.instant import MINUTE, SECOND, Elapsed, Now
from twin.world.build import build
from twin.world.deployed import deployment_of

ALERTS = (
    "{alerts: [{name: accepted, measure: orders_accepted, above: 18}, {name: few, measure: orders_accepted, below: 12},"
    " {name: slow, measure: capture_latency_s.p95, above: 3.2, for: 2m},"
    " {name: often, measure: orders_accepted, above: 5, over: 1m},"
    " {name: stale, measure: availability_age_s.p95, above: 1}]}"
)
KNOWN = ("accepted", "few", "slow", "often")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("recorded"), "40m", ALERTS)


def test_the_same_alerts_are_raised_and_over_at_the_same_minutes_as_in_the_twin(recorded: Recorded, tmp_path: Path):
    """Method: the twin runs some minutes, and a live process takes what reached it then, at its times."""
    scenario = scenarios.load(str(recorded.scenario))
    world = build(scenario, "standard", 1, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    rules = world.alerts.rules
    here = [each for each in world.alerts.raised if rules[each.rule].name in KNOWN]
    assert {rules[each.rule].name for each in here} == set(KNOWN)
    said: list[str] = []
    terms = Terms(once=True, recorded=True, report_us=0)
    store, out = str(tmp_path / "live.db"), tmp_path / "out.jsonl"
    serve(deployment_of(scenario, "standard"), store, recorded.history, out, terms, said.append)
    told = [json.loads(line) for line in said]
    alerts = [each for each in told if "alert" in each and each["at_us"] < scenario.horizon]
    in_twin = {(rules[each.rule].name, "raised", each.at) for each in here}
    in_twin |= {(rules[each.rule].name, "over", each.over) for each in here if each.over is not None}
    assert {(each["alert"], each["is"], each["at_us"]) for each in alerts} == in_twin
    assert told[-1]["alerts_raised"] >= len(here) > 5 and "slow" in told[-1]["alerts_on"]


def test_what_a_live_process_cannot_measure_is_said_at_its_start(tmp_path: Path, capsys):
    recorded = record(tmp_path, "6m", ALERTS)
    files = ["--in", str(recorded.history), "--out", str(tmp_path / "out.jsonl")]
    design = ["--design", f"{recorded.scenario}#standard", "--store", str(tmp_path / "live.db")]
    assert main(["live", *design, *files, "--times", "recorded", "--once"]) == 0
    said = capsys.readouterr().err
    assert "alert stale is left out: availability_age_s.p95 is nothing that a live process measures" in said
    assert '"alert": "few", "is": "raised"' in said


class Shorts:
    """A process that hears of short picks and nothing else."""

    def __init__(self, folder: Path, rule: LiveRule, letters: int = 0) -> None:
        self.told: list[Told] = []
        self.letters = letters
        self.store = SqliteStore(folder / "live.db")
        self.alerts = LiveAlerts([rule], lambda: self.letters)
        self.alerts.tell = self.told.append

    def short(self, at: Elapsed, units: int) -> None:
        self.alerts.look(at)
        message = WarehouseShort(id=at, case=1, release=1, site=0, lines=(LineQuantity(1, units),))
        self.alerts.heard(message, Outcome.APPLIED, Stored(self.store, Now(at, at), {}))


def rule(measure: str, above: float, lasts: Elapsed = 0) -> LiveRule:
    return LiveRule("r", measure, 0.0, Threshold(above=above, for_us=lasts), 2 * MINUTE, "stock")


def test_a_count_is_by_how_much_it_grew_within_the_span(tmp_path: Path):
    heard = Shorts(tmp_path, rule("shorted_units", 4))
    for minute, units in ((1, 3), (2, 3), (6, 9)):
        heard.short(minute * MINUTE + SECOND, units)
    heard.alerts.look(20 * MINUTE)
    assert [(each.what, each.at // MINUTE, each.value) for each in heard.told] == [
        ("raised", 3, 6), ("over", 4, 3), ("raised", 7, 9), ("over", 9, 0),
    ]  # fmt: skip


def test_no_look_sees_what_comes_after_it(tmp_path: Path):
    """Method: the first message comes after a quiet hour; the looks of that hour saw nothing of it."""
    heard = Shorts(tmp_path, rule("shorted_units", 0))
    heard.alerts.look(0)
    heard.short(60 * MINUTE + SECOND, 5)
    assert heard.told == []
    heard.alerts.look(61 * MINUTE)
    assert [each.at for each in heard.told] == [61 * MINUTE]


def test_a_level_that_stays_beyond_its_bound_is_told_once(tmp_path: Path):
    heard = Shorts(tmp_path, rule("dlq_length", 2, 3 * MINUTE), letters=3)
    heard.alerts.look(0)
    heard.alerts.look(10 * MINUTE)
    assert [(each.what, each.at // MINUTE) for each in heard.told] == [("raised", 4)]
    assert list(heard.alerts.on) == ["r"] and heard.alerts.raised == 1
    heard.letters = 0
    heard.alerts.look(12 * MINUTE)
    assert [each.what for each in heard.told] == ["raised", "over"] and not heard.alerts.on
