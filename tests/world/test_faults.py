"""Faults in a whole world: every kind that the catalogue knows takes effect, and does to the parties what it says."""

import pytest

import scenarios
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.model.instant import HOUR, MINUTE
from twin.world.build import World, build
from twin.world.fault_kinds import KINDS, LATER_KINDS
from twin.world.run import run_once

QUICK = ("landscape.size.skus=100", "horizon=2h", "demand.orders_per_day=12000")
PARAMETERS = {
    "probability": "50%", "factor": "0.05", "extra": "2m", "lag": "5m", "within": "5m", "capacity": "1/min",
    "backlog": "2", "overrun": "2", "cap": "2", "taken": "99.9%", "base": "30s", "on": "workers",
}  # fmt: skip
TARGETS = {"N": "middleware/erp", "E": "erp", "Q": "marketplace_a"}


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


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_effect_and_breaks_no_promise_of_the_standard_design(kind):
    """Aim: no kind is a label (V-1), and what lies inside a partner's contract breaks no invariant.

    Method: one fault of an hour on a busy world that stops at the first violation.
    """
    world = ran(record(kind))
    assert world.faults.vain() == []
    if KINDS[kind].assumption == "A":
        assert world.invariants.counts == {}


def test_a_fault_that_strikes_nothing_is_reported():
    scenario = scenarios.load("first_day", [*QUICK, f"faults=[{record('E1', trigger='{at: 1h59m59s}')}]"])
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
        (record("E1", trigger="{point: commit}"), "a trigger has one of the keys at, after, nth, when"),
    ],
)
def test_what_a_record_cannot_mean_is_one_clear_line(fault, told):
    with pytest.raises(ScenarioError, match=told):
        scenarios.load("first_day", [f"faults=[{fault}]"])


def test_a_fault_beyond_the_horizon_is_a_warning():
    (found,) = scenarios.check("first_day", [f"faults=[{record('E1', trigger='{at: 3d}')}]"])
    assert (found.level, "after the horizon of 1d" in found.message) == ("warning", True)
