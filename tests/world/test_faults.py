"""Faults in a whole world: every kind that the catalogue knows takes effect, and does to the parties what it says."""

import duckdb
import pytest

import scenarios
from actors.troubled_process import POINTS
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.middleware.unit import ORDERS
from twin.model.instant import HOUR, MINUTE
from twin.model.order import Order
from twin.world.build import World, build
from twin.world.fault_kinds import KINDS
from twin.world.run import run_once

QUICK = ("landscape.size.skus=100", "horizon=2h", "demand.orders_per_day=8000")
PARAMETERS = {
    "probability": "50%", "factor": "0.05", "extra": "2m", "lag": "5m", "within": "5m", "capacity": "1/min",
    "backlog": "2", "overrun": "2", "cap": "2", "taken": "99.9%", "base": "30s", "on": "workers",
    "restart": "30s", "delta": "3", "fraction": "50%",
}  # fmt: skip
TARGETS = {
    "N": "middleware/erp",
    "E": "erp",
    "Q": "marketplace_a",
    "P": "middleware",
    "D": "store",
    "B": "erp",
    "W": "wms",
    "L": "middleware",
}
BATCH = "designs.standard={publication: {kind: batch, at: ['07:00'], from: erp}, procedures: naive/batch_file}"
MORNING = 'start.at="2026-03-03T06:30"'  # people are on the floors


def ran(*faults: str, more: tuple[str, ...] = ()) -> World:
    scenario = scenarios.load("first_day", [*QUICK, f"faults=[{', '.join(faults)}]", *more])
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    return world


def record(kind: str, **keys: str) -> str:
    known = KINDS[kind]
    stated = {"name": f"the_{kind}", "kind": kind, "target": TARGETS[kind[0]], "trigger": "{at: 10m}"}
    stated |= {name: PARAMETERS[name] for name in known.needs + known.takes if name not in ("on", "probability")}
    stated |= {"duration": "1h"} | keys
    return "{" + ", ".join(f"{key}: {value}" for key, value in stated.items()) + "}"


def test_a_fault_that_strikes_nothing_is_reported():
    scenario = scenarios.load("first_day", [*QUICK, f"faults=[{record('E1', trigger='{at: 1h59m}', duration='1s')}]"])
    assert run_once(scenario, "standard", 3).vain == ({"fault": "the_E1", "kind": "E1", "target": "erp"},)


def test_a_fault_that_does_not_happen_leaves_every_byte_as_it_was():
    """R-3: links and endpoints that a record names behave as plain ones until it begins."""
    late = [f"faults=[{record(kind, trigger='{at: 2h}')}]" for kind in ("N4", "E2", "Q1")]
    digests = {
        run_once(scenarios.load("first_day", [*QUICK, *setting]), "standard", 3).digest
        for setting in ([], *([each] for each in late))
    }
    assert len(digests) == 1


def test_lost_acknowledgements_are_sent_again_and_make_no_second_order():
    world = ran(record("N2", probability="50%"))
    assert world.watch.attempts["middleware/erp"] > world.watch.calls["middleware/erp"]
    assert world.invariants.antecedents["S-3"] > 0
    assert world.invariants.duplicates == {}


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_in_any_gap_around_the_outbox_loses_nothing_and_does_nothing_twice(point):
    """Aim: P2. Method: three crashes at the point; every violation stops the run.

    The middleware and the ERP end with the orders that they have without a crash.
    """
    quiet = (MORNING, "horizon=3h")
    crashes = [
        record("P1", name=f"crash_{nth}", trigger=f"{{point: {point}, nth: {nth}}}", restart="20s")
        for nth in ("40", "41", "300")
    ]
    world, sound = ran(*(each.replace(", duration: 1h", "") for each in crashes), more=quiet), ran(more=quiet)
    assert [armed.effects for armed in world.faults.armed] == [1, 1, 1]
    assert world.watch.count["orders_accepted"] == sound.watch.count["orders_accepted"]
    assert abs(len(world.erp.references) - len(sound.erp.references)) <= 1


def crash_amid(other: str, slots: str) -> World:
    crash = record("P1", trigger="{at: 20m}", restart="30s").replace(", duration: 1h", "")
    return ran(other, crash, more=(MORNING, f"designs.standard={{{slots}}}"))


def test_a_row_whose_call_outlives_a_crash_is_not_handed_to_its_client_again():
    """Found by the hunt (seed 426): the second call began after the first was answered, for a row that was gone."""
    deaf = record("N2", probability="50%", duration="30m")
    world = crash_amid(deaf, "retry: {kind: fixed, attempts: 3, base: 2s}")
    assert [armed.effects > 0 for armed in world.faults.armed] == [True, True]
    assert world.invariants.counts == {}


def test_a_retry_that_was_paid_for_before_a_crash_is_paid_for_again_after_it():
    """Found by the hunt (seed 452): the new process's quota got back what only the one before had given."""
    tight = record("E12", target="wms/east", overrun="1", duration="30m")
    quota = "{kind: quota, capacity: 1000, retry: 5, timeout_retry: 10, refund: 1}"
    world = crash_amid(tight, f"retry: {{kind: fixed, attempts: 20, base: 3m}}, budget: {quota}")
    assert [armed.effects > 0 for armed in world.faults.armed] == [True, True]
    assert world.invariants.antecedents["P-6"] > 0
    assert world.invariants.counts == {}


def test_a_paused_process_goes_on_where_it_stood():
    world = ran(record("P4", duration="3m"), more=(MORNING,))
    assert world.watch.queues["middleware"].maximum > 5
    assert world.invariants.counts == {}


def test_a_site_that_was_offline_sends_all_it_did_in_one_burst(tmp_path):
    scenario = scenarios.load(
        "first_day",
        [*QUICK, MORNING, f"faults=[{record('W1', target='wms/east', trigger='{at: 20m}', duration='40m')}]"],
    )
    assert run_once(scenario, "standard", 3, out=tmp_path).violations == ()
    facts = f"from '{tmp_path}/events.parquet' where kind = 'ShipmentConfirmed.sent' and source = 'wms/east'"
    during = duckdb.sql(f"select count(*) {facts} and at_us > {20 * MINUTE} and at_us < {HOUR}").fetchall()
    at_once = duckdb.sql(f"select count(*) {facts} and at_us = {HOUR}").fetchall()
    assert during == [(0,)]
    assert at_once[0][0] > 5


@pytest.mark.parametrize(("kind", "figures"), [("B1", 0.5), ("B2", 2.0), ("B3", 0.0)])
def test_a_stock_file_is_cut_repeated_or_late(kind, figures):
    """The batch design publishes what the file holds: half of it, all of it twice, or nothing within the horizon."""
    whole = ran(more=(MORNING, BATCH)).watch.count["publications"]
    extra = {"extra": "3h"} if kind == "B3" else {}
    damaged = ran(record(kind, **extra), more=(MORNING, BATCH)).watch.count.get("publications", 0)
    assert damaged / whole == pytest.approx(figures, abs=0.01)


def test_counts_between_release_and_pick_show_as_short_picks_and_corrected_books():
    world = ran(record("W3", probability="20%"), more=(MORNING,))
    plain = ran(more=(MORNING,))
    corrected = [sum(sum(w.book.values()) for w in each.warehouses) for each in (world, plain)]
    assert corrected[0] < corrected[1]
    assert world.invariants.counts == {}


def test_maintenance_lasts_as_long_as_it_overruns_and_announces_less():
    world = ran(record("E12", overrun="3", duration="20m"))
    (armed,) = world.faults.armed
    assert (armed.began, armed.ended) == (10 * MINUTE, 70 * MINUTE)


def test_a_hang_that_ends_in_a_burst_loses_nothing_and_one_that_forgets_waits_for_the_timeout():
    timeout = "landscape.parties.erp.timeout=5m"
    waited = {
        end: ran(record("E3", end=end, duration="4m"), more=(timeout,)).watch.attempts["middleware/erp"]
        - ran(more=(timeout,)).watch.attempts["middleware/erp"]
        for end in ("heal", "heal_with_burst")
    }
    assert waited["heal"] > waited["heal_with_burst"] == 0


def test_a_cut_quota_earns_refusals_and_its_end_ends_them():
    world = ran(record("Q1", factor="0.01", duration="30m"))
    refused = world.watch.count["throttled_calls"]
    assert refused > 10
    during = ran(record("Q1", factor="0.01", duration="30m"), more=("horizon=40m",)).watch.count["throttled_calls"]
    assert refused - during < during / 2


def test_a_target_may_be_one_warehouse_or_a_link_written_either_way_round():
    world = ran(record("E3", target="wms/east"), record("N1", name="back", target="erp/middleware"))
    assert all(armed.effects for armed in world.faults.armed)


def test_a_measure_starts_a_fault_and_a_follower_comes_after_it():
    world = ran(
        record("E1", trigger="{when: orders_open, above: 100}", duration="5m"),
        record("N3", trigger="{after: the_E1, gap: 10m}", duration="5m"),
    )
    first, second = world.faults.armed
    assert first.began is not None
    assert 0 < first.began < HOUR
    assert second.began == first.began + 10 * MINUTE


@pytest.mark.parametrize(
    ("kind", "target", "nth", "match"),
    [("E2", "erp", 20, "null"), ("Q1", "marketplace_a", 5, "PublishStock"), ("P4", "middleware", 50, "SubmitOrder"),
     ("L1", "storefront", 7, "SubmitOrder"), ("W1", "wms/east", 3, "ReleaseToWarehouse")],
)  # fmt: skip
def test_a_kind_that_strikes_no_single_message_begins_at_the_nth_one_too(kind, target, nth, match):
    """Method: run until it has begun; by then the target has seen so many messages, and no second one more."""
    fault = record(kind, target=target, trigger=f"{{nth: {nth}, match: {match}}}", duration="5m")
    scenario = scenarios.load("first_day", [*QUICK, MORNING, f"faults=[{fault}]"])
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    (armed,) = world.faults.armed
    until = 0
    while armed.began is None and until < scenario.horizon:
        until += MINUTE
        world.timeline.run(until=until)
    assert armed.began is not None
    assert until - MINUTE <= armed.began <= until
    if target == "storefront":
        world.timeline.run(until=until + 30 * MINUTE)
        assert sum(order.placed_at <= armed.began for order in orders_of(world, 0)) == nth


def orders_of(world: World, channel: int) -> list[Order]:
    return [row for row in world.store.rows[ORDERS.number].values() if row.channel == channel]


@pytest.mark.parametrize("point", POINTS)
def test_any_kind_may_begin_at_a_named_point_of_the_process(point):
    world = ran(record("E2", target="erp", trigger=f"{{point: {point}, nth: 30}}", duration="10m"), more=(MORNING,))
    (armed,) = world.faults.armed
    assert armed.began
    assert armed.effects > 0
    assert world.invariants.counts == {}


def test_orders_come_less_often_too():
    fewer = record("L1", target="storefront", factor="0.2")
    assert ran(fewer).watch.count["orders_placed"] < 0.9 * ran().watch.count["orders_placed"]


def test_a_measure_below_a_bound_starts_a_fault():
    down = record("E3", duration="20m")
    world = ran(down, record("L5", trigger="{when: goodput_per_s, below: 0.001}").replace(", duration: 1h", ""))
    first, second = world.faults.armed
    assert first.began < second.began < first.began + 20 * MINUTE


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (record("E1", target="erq"), "'erq' is no party or link here; did you mean 'erp'"),
        (record("Q1", target="erp"), "'erp' is of kind erp_cloud; Q1 strikes storefront, marketplace, carrier"),
        (record("N1", target="erp"), "'erp' is of kind erp_cloud; N1 strikes link"),
        ("{name: x, kind: E99, target: erp, trigger: {at: 0s}}", "no such fault 'E99'"),
        (record("E1", factor="0.5"), "E1 has no 'factor'; it takes probability"),
        ("{name: x, kind: E2, target: erp, trigger: {at: 0s}}", "E2 needs 'factor'"),
        (record("E2", count="3"), "E2 strikes no single message"),
        (record("N8", end="heal_slow_ramp"), "N8 ends with heal or permanent"),
        (record("N1", visibility="late"), "N1 shows itself by silence or error"),
        (record("N2", direction="request"), "N2 strikes the response only"),
        (record("E1", trigger="{after: nobody}"), "'nobody' is no fault here"),
        (record("E1", trigger="{after: the_E1}"), "waits for itself"),
        (f"{record('E1')}, {record('E1')}", "must be unique"),
        (record("P2", trigger="{point: before_begin}"), "P2 strikes at before_commit, after_commit, after_send"),
        (record("P3"), "P3 strikes at a point: before_begin, before_commit"),
        (record("E1", trigger="{point: nowhere}"), "no such point 'nowhere'"),
        (record("E1", trigger="{when: orders_open}"), "states above, below or both"),
        (record("E1", trigger="{when: cost_of_failure, above: 1}"), "cannot be watched while a run goes on"),
        (record("E1", trigger="{instant: 3s}"), "a trigger has one of the keys at, after, point, nth, when"),
    ],
)
def test_what_a_record_cannot_mean_is_one_clear_line(fault, told):
    with pytest.raises(ScenarioError, match=told):
        scenarios.load("first_day", [f"faults=[{fault}]"])


def test_a_fault_beyond_the_horizon_is_a_warning():
    (found,) = scenarios.check("first_day", [f"faults=[{record('E1', trigger='{at: 3d}')}]"])
    assert (found.level, "after the horizon of 1d" in found.message) == ("warning", True)
