"""Alerts as part of a design: they find the faults that do harm, cost people time, and are false without any."""

import pytest

import scenarios
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.model.instant import HOUR, MINUTE, SECOND
from twin.world.build import build
from twin.world.gauges import gauge
from twin.world.run import run_once
from twin.world.watchable import COUNTS, LEVELS, SAMPLES, refusal

SMALL = ("landscape.size.skus=100", "horizon=4h", "reps=1")
SILENT = "{name: silent, measure: goodput_per_s, below: 0.001, over: 10m}"
BUSY = "{name: busy, measure: orders_placed, above: 1}"
NEVER = "{name: never, measure: dlq_length, above: 1000000}"


def ran(*alerts, more=()):
    settings = (*SMALL, f"designs.standard.alerts=[{', '.join(alerts)}]", *more)
    return run_once(scenarios.load("first_day", settings), "standard", 3)


def gone(at="1h", length="90m"):
    return f"faults=[{{name: gone, kind: E3, target: erp, trigger: {{at: {at}}}, duration: {length}}}]"


def test_a_fault_that_did_harm_is_detected_by_the_alert_whose_measure_it_moved():
    kpis = ran(SILENT, BUSY, more=(gone(),)).kpis
    assert kpis["time_to_detect_censored{fault=gone}"] == 0
    assert 0 <= kpis["time_to_detect_s{fault=gone}"] <= 15 * MINUTE / SECOND
    assert kpis["false_alarms"] == kpis["alerts_raised{alert=busy}"] == 1


def test_a_fault_of_which_nobody_was_told_is_censored_at_an_hour_after_its_end():
    result = ran(NEVER, more=(gone(),))
    assert result.kpis["time_to_detect_censored"] == 1
    harm = next(note for note in result.notes if "no alert told of it" in note)
    assert "fault gone did harm from 1h1" in harm
    assert 2 * HOUR < result.kpis["time_to_detect_s"] * SECOND < 2.5 * HOUR


def test_a_fault_too_short_to_do_harm_gives_no_time_and_its_alerts_are_false():
    kpis = ran(BUSY, more=(gone(length="5s"),)).kpis
    assert kpis["time_to_detect_s"] is None
    assert kpis["false_alarms"] == 1


def test_without_faults_every_alert_is_false_but_one_about_harm_itself():
    kpis = ran(BUSY, "{name: lost, measure: lost_sales_units, above: -1}").kpis
    assert kpis["alerts_raised{alert=lost}"] > 0
    assert kpis["false_alarms"] == kpis["alerts_raised{alert=busy}"] == 1


def test_alerts_take_the_operators_time():
    hours = 'landscape.parties.operators={kind: operators, people: 1, hours: "00:00-24:00", touch: 6m}'
    watched, plain = ran(BUSY, more=(hours,)).kpis, ran(NEVER, more=(hours,)).kpis
    assert watched["operator_hours"] == pytest.approx(plain["operator_hours"] + 0.1)


def test_alerts_change_nothing_but_themselves():
    """R-3: a rule that is never broken leaves every measure and every event as they were."""
    with_rule, without = ran(NEVER), ran()
    assert with_rule.digest == without.digest
    assert {key: value for key, value in with_rule.kpis.items() if key in without.kpis} == without.kpis


def test_every_key_that_can_be_watched_can_be_read_off_a_run():

    world = build(
        scenarios.load("first_day", ("landscape.size.skus=50", "horizon=30m")), "standard", 1, Recorder(), stops=True
    )
    labels = {"queue_length": "{queue=middleware}", "api_latency_s": "{link=middleware/erp}"}
    keys = [f"{name}{labels.get(name, '')}" for name in (*LEVELS, *COUNTS, "goodput_per_s", "attempts_per_call")]
    keys += [f"{name}.p95{labels.get(name, '')}" for name in SAMPLES]
    gauges = [gauge(key, world.watch, 2, MINUTE) for key in keys]
    for until in range(1, 31):
        world.timeline.run(until=until * MINUTE)
        seen = [read() for read in gauges]
    assert {key for key, value in zip(keys, seen, strict=True) if value is None} <= {
        "order_cycle_s.p95",
        "milestone_lag_s.p95",
    }


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        ("{name: a, measure: cost_of_failure, above: 1}", "'cost_of_failure' cannot be watched while a run goes on"),
        ("{name: a, measure: availability_age_s, above: 1}", "must be availability_age_s.mean|p50|p95|p99|max"),
        ("{name: a, measure: queue_length, above: 1}", "must be queue_length{queue=middleware}"),
        ("{name: a, measure: dlq_length}", "states above, below or both"),
        (f"{BUSY}, {BUSY}", "names must be unique"),
    ],
)
def test_what_an_alert_cannot_watch_is_one_clear_line(alert, told):
    with pytest.raises(ScenarioError) as caught:
        ran(alert)
    assert told in str(caught.value)


def test_what_can_be_watched_is_refused_with_a_wrong_label():
    assert refusal("orders_open") is None
    assert refusal("orders_open{link=x}") is not None
