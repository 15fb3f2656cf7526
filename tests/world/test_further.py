"""Further parties at work in a whole world: each makes somebody wait, refuses, or repeats, and no promise breaks."""

import pytest

import scenarios
from actors.elastic import Elastic
from actors.legacy_erp import ImportJobs
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.model.instant import DAY, HOUR, MINUTE, SECOND
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.run import measured, run_once

DAY_OF_WORK = (
    "horizon=4h",
    'start.at="2026-03-03T09:00"',
    "demand.orders_per_day=2500",
    "landscape.size.skus=100",
    "landscape.parties.bi={kind: bi, at: ['11:00'], rows_per_s: 15/min, slows: 15}",
)


def ran(*settings: str, design: str = "fixed", seed: int = 3) -> World:
    """Run the house of all parties for some hours of a working day; it stops at the first violation."""
    scenario = scenarios.load("whole_house", [*DAY_OF_WORK, *settings])
    world = build(scenario, design, seed, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    return world


@pytest.fixture(scope="module")
def house() -> World:
    return ran()


def test_the_gateway_refuses_who_is_beyond_his_quota_and_every_order_comes_in_all_the_same(house):
    gateway = house.further.gateway
    assert gateway.refused > 50 and gateway.given_up == 0
    refused_for_want_of_quota = ran("landscape.parties.gateway.consumers.storefront.rate=10/s").further.gateway.refused
    assert refused_for_want_of_quota < gateway.refused / 5
    assert house.watch.count["orders_placed"] - house.watch.count["orders_accepted"] < 120


def test_a_sender_that_gives_up_leaves_the_order_with_its_channel():
    world = ran("landscape.parties.gateway.tries=1", "landscape.parties.storefront.webhook.reconcile_every=1d")
    assert world.further.gateway.given_up > 50
    assert len(world.channels[0].untaken) > 50
    assert measured(world)["gateway_given_up"] == world.further.gateway.given_up


def test_a_report_by_day_makes_messages_wait_at_the_broker_and_none_is_lost(house):
    """Method: the same day with a report that is through at once."""
    waits = house.further.results()
    swift = ran("landscape.parties.bi.rows_per_s=100000/s").further.results()
    assert waits["snapshot_read_s.max"] > 100 * swift["snapshot_read_s.max"]
    assert waits["broker_age_s.p99"] > 100 > 2 > swift["broker_age_s.p99"]
    assert waits["broker_age_s.max"] > 20 * swift["broker_age_s.max"]
    assert waits["broker_age_s.n"] == pytest.approx(swift["broker_age_s.n"], rel=0.05)


def test_the_broker_hands_out_some_messages_twice_and_each_has_its_effect_once():
    world = ran("landscape.parties.broker.redelivered=20%")
    assert world.further.broker.redelivered > 100
    assert world.invariants.counts == {} and world.invariants.antecedents["S-7"] > 1000


def test_the_broker_drops_what_nobody_takes_in_time():
    """A retention of a second, on a process that is busy for minutes: what is dropped is counted."""
    scenario = scenarios.load("whole_house", [*DAY_OF_WORK, "landscape.parties.broker.retention=1s"])
    world = build(scenario, "fixed", 3, Recorder(), stops=False)
    world.timeline.run(until=scenario.horizon)
    assert world.further.results()["broker_expired"] == world.further.broker.expired > 0


def test_the_tms_passes_over_who_is_full_or_declines_and_no_parcel_gets_two_labels():
    world = ran("landscape.parties.carrier_a.limit={burst: 2, window: 5m}")
    tms = world.further.tms
    assert tms.given["tms/carrier_a"] > 20 and tms.given["tms/carrier_b"] > 20
    assert tms.passed_over > 10 and tms.declined > 0
    assert world.invariants.duplicates == {}
    unwilling = ran("landscape.parties.tms.declines=100%")
    assert unwilling.further.tms.given == {} and unwilling.watch.count["orders_shipped"] == 0


def test_a_carrier_that_does_not_answer_is_asked_again_and_nobody_else():
    """Nobody knows whether it printed a label: another one's would be a second parcel."""
    fault = "faults=[{name: mute, kind: N2, target: tms/carrier_a, trigger: {at: 0s}, duration: 4h, probability: 60%}]"
    world = ran(fault)
    assert world.faults.vain() == []
    assert world.watch.calls["tms/carrier_a"] > 1.5 * world.further.tms.given["tms/carrier_a"] > 30
    assert world.invariants.duplicates == {}


def test_customers_are_written_to_once_and_wait_for_a_small_plan(house):
    sent = house.further.notifications
    slow = ran("landscape.parties.notifications.rate=3/min").further.notifications
    assert sent.sent == len(sent.lags) > 500 and sent.given_up == 0
    assert max(slow.lags) > 20 * max(sent.lags)


def test_returns_wait_for_the_people_of_the_desk_and_for_their_hours():
    late = ("horizon=8h", 'start.at="2026-03-03T12:00"', "landscape.parties.returns_desk.hours='12:00-16:00'")
    fast = ("landscape.parties.carrier_a.transit=10m", "landscape.parties.carrier_b.transit=10m")
    world = ran(*late, *fast)
    waited = sorted(world.further.returns_waited)
    assert len(waited) > 10 and waited[-1] > HOUR
    assert world.further.desk.length() > 0


# --- elastic workers


def test_more_workers_come_after_their_delay_and_go_when_nothing_waits(house):
    world = ran(design="elastic")
    elastic = world.further.elastic
    assert isinstance(elastic, Elastic)
    assert 1 <= elastic.extra_max <= 3 and elastic.extra < elastic.extra_max
    assert world.middleware.workers == 1 + elastic.extra
    assert elastic.paid_us() >= elastic.started * 30 * SECOND
    assert world.further.results()["broker_age_s.max"] < house.further.results()["broker_age_s.max"]


def test_old_work_brings_workers_too():
    """Method: a queue that is never long enough, and an age that is passed."""
    never = "designs.elastic.workers.autoscale.queue_above=100000"
    assert ran(never, design="elastic").further.elastic.started > 0
    assert ran(never, "designs.elastic.workers.autoscale.age_above=1d", design="elastic").further.elastic.started == 0


def test_workers_that_come_while_the_process_is_down_work_after_its_restart():
    """Method: a crash in the midst of the report; at the end nothing waits and no worker is counted twice."""
    crash = "faults=[{name: dies, kind: P1, target: middleware, trigger: {at: 2h5m}, restart: 3m}]"
    world = ran(crash, "horizon=8h", design="elastic")
    assert world.faults.vain() == []
    assert world.middleware.workers == 1 + world.further.elastic.extra
    assert 0 <= world.middleware.busy <= world.middleware.workers + 1


def test_fewer_workers_at_most_than_there_are_is_refused():
    with pytest.raises(ScenarioError, match=r"autoscale: must be above count 1 \(got 1\)"):
        scenarios.load("whole_house", ["designs.elastic.workers.autoscale.at_most=1"])


# --- the older ERP


def jobs(timeline: Timeline) -> ImportJobs:
    class Clock:
        """All that a job asks of the ground."""

    clock = Clock()
    clock.timeline = timeline
    return ImportJobs(
        ground=clock, every=15 * MINUTE, takes=lambda job, _: job % 7, closed=(22 * HOUR, 2 * HOUR), midnight=0
    )


@pytest.mark.parametrize("at", [0, 1, 15 * MINUTE, 21 * HOUR, 21 * HOUR + 50 * MINUTE, 23 * HOUR, DAY + 2 * HOUR - 1])
def test_a_file_waits_for_the_next_job_and_no_job_starts_by_night(at):
    timeline = Timeline(at)
    wait = jobs(timeline).wait(1, 1)
    started = (at + wait) // (15 * MINUTE) * 15 * MINUTE
    assert started > at and not (started % DAY >= 22 * HOUR or started % DAY < 2 * HOUR)
    assert wait - (started - at) == (started // (15 * MINUTE)) % 7


def test_orders_are_confirmed_by_jobs_and_a_posting_books_once():
    scenario = scenarios.load("legacy_erp", ["horizon=20h", 'start.at="2026-03-03T20:00"'], small=True)
    world = build(scenario, "from_the_ledger", 3, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    assert max(world.watch.capture.values) > 3 * HOUR
    assert world.erp.booked and world.watch.count["orders_shipped"] > 100


def test_its_stock_files_are_late_cut_and_repeated():
    settings = ["horizon=6d", "demand.orders_per_day=50", "landscape.size.skus=50"]
    result = run_once(scenarios.load("legacy_erp", settings, small=True), "from_its_file", 5)
    found = {what: result.kpis[f"stock_file_trouble{{what={what}}}"] for what in ("late", "cut_short", "repeated")}
    assert sum(found.values()) > 1 and max(found.values()) < 6


def test_an_erp_that_answers_no_question_has_no_fallback():
    with pytest.raises(ScenarioError, match="answers no question"):
        scenarios.load("legacy_erp", ["designs.from_the_ledger.fallbacks={erp_away: {after: 2m}}"])


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("landscape.parties.tms.guide=[carrier_c]", "'carrier_c' is no carrier here"),
        ("landscape.parties.gateway.consumers.shop={rate: 1/s}", "meets nothing|'shop' is no channel here"),
        ("landscape.parties.tms=null", "exactly one party of kind carrier"),
    ],
)
def test_names_that_lead_nowhere_are_refused(setting, told):
    with pytest.raises(ScenarioError, match=told):
        scenarios.load("whole_house", [setting])
