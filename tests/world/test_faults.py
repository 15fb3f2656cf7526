"""Faults in a whole world: every kind that the catalogue knows takes effect, and does to the parties what it says."""

import duckdb
import pytest

import scenarios
from actors.troubled_process import POINTS
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.model.instant import HOUR, MINUTE
from twin.world.build import World, build
from twin.world.fault_kinds import KINDS, LATER_KINDS
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


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].targets != ("edi_gateway",)])
def test_every_kind_takes_effect_and_breaks_no_promise_of_the_standard_design(kind):
    """Aim: no kind is a label (V-1), and what lies inside a partner's contract breaks no invariant.

    Method: one fault of an hour on a busy world that stops at the first violation. Files of orders: test_mailbox.
    """
    more = (MORNING, *((BATCH, "checks.invariants=[S-1, S-2b, S-3, S-4, S-5]") if kind[0] == "B" else ()))
    world = ran(record(kind), more=more)
    assert world.faults.vain() == []
    if KINDS[kind].assumption == "A":
        assert world.invariants.counts == {}


def test_a_fault_that_strikes_nothing_is_reported():
    scenario = scenarios.load("first_day", [*QUICK, f"faults=[{record('E1', trigger='{at: 1h59m}', duration='1s')}]"])
    assert any("the_E1 (E1 at erp) took no effect" in note for note in run_once(scenario, "standard", 3).notes)


def test_a_fault_that_does_not_happen_leaves_every_byte_as_it_was():
    """R-3: links and endpoints that a record names behave as plain ones until it begins."""
    late = [f"faults=[{record(kind, trigger='{at: 1h59m59s999ms}')}]" for kind in ("N4", "E2", "Q1")]
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


@pytest.mark.parametrize("kind", LATER_KINDS)
def test_a_kind_without_a_lever_is_refused_by_name_with_what_it_would_be(kind):
    with pytest.raises(ScenarioError, match=f"'{kind}' is not modelled"):
        scenarios.load("first_day", [f"faults=[{{name: x, kind: {kind}, target: erp, trigger: {{at: 0s}}}}]"])


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
        (record("E2", trigger="{nth: 3}"), "trigger it at a time"),
        (record("N8", end="heal_slow_ramp"), "N8 ends with heal or permanent"),
        (record("N1", visibility="late"), "N1 shows itself by silence or error"),
        (record("N2", direction="request"), "N2 strikes the response only"),
        (record("E1", trigger="{after: nobody}"), "'nobody' is no fault here"),
        (record("E1", trigger="{after: the_E1}"), "waits for itself"),
        (f"{record('E1')}, {record('E1')}", "must be unique"),
        (record("E1", trigger="{point: after_commit}"), "points are where a process dies: P1, not E1"),
        (record("E1", trigger="{instant: 3s}"), "a trigger has one of the keys at, after, point, nth, when"),
    ],
)
def test_what_a_record_cannot_mean_is_one_clear_line(fault, told):
    with pytest.raises(ScenarioError, match=told):
        scenarios.load("first_day", [f"faults=[{fault}]"])


def test_a_fault_beyond_the_horizon_is_a_warning():
    (found,) = scenarios.check("first_day", [f"faults=[{record('E1', trigger='{at: 3d}')}]"])
    assert (found.level, "after the horizon of 1d" in found.message) == ("warning", True)
