"""People at the exception queues: what the ERP did not take is redriven by somebody, in office hours, at a price."""

import pytest

import scenarios
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.middleware.unit import LETTERS
from twin.world.build import World, build

OUTAGE = "faults=[{name: away, kind: E3, target: erp, trigger: {at: 10m}, duration: 30m}]"
QUICK = ("landscape.size.skus=100", "horizon=6h", "demand.orders_per_day=2000", OUTAGE)
FAST = "landscape.parties.operators.touch=30s"


def ran(start: str, *more: str) -> World:
    scenario = scenarios.load("first_day", [*QUICK, f'start.at="2026-03-03T{start}"', *more])
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    return world


def results(world: World) -> dict[str, float | None]:
    return world.watch.results(world.middleware.conflicts, world.floors())


@pytest.fixture(scope="module")
def morning() -> World:
    return ran("09:00", FAST)


def test_dead_letters_of_an_outage_are_redriven_until_none_is_left(morning: World) -> None:
    kpis = results(morning)
    assert kpis["dlq_length.max"] > 10
    assert kpis["dlq_length.end"] == 0 == len(morning.store.rows[LETTERS.number])
    assert kpis["manual_touches"] >= kpis["dlq_length.max"]
    assert 0 < kpis["order_fallout"] <= kpis["manual_touches"]
    assert kpis["operator_hours"] == pytest.approx(kpis["manual_touches"] * 30 / 3600)
    assert len(morning.erp.references) >= morning.watch.count["orders_accepted"] - 5
    assert morning.invariants.duplicates == {}


def test_nobody_works_the_queues_at_night() -> None:
    kpis = results(ran("20:00", FAST))
    assert kpis["manual_touches"] == 0 == kpis["operator_hours"]
    assert kpis["dlq_length.end"] == kpis["dlq_length.max"] > 10


def test_few_people_fall_behind() -> None:
    """One person who needs an hour for each item touches at most five before the end."""
    kpis = results(ran("09:00", "landscape.parties.operators.people=1", "landscape.parties.operators.touch=1h"))
    assert 0 < kpis["manual_touches"] <= 5
    assert kpis["dlq_length.end"] > 10


def test_a_design_names_its_owners_and_may_not_leave_one_out() -> None:
    world = ran(
        "20:00",
        "horizon=30m",
        "faults.away.kind=E1",
        "designs.standard.exceptions.classes={TRANSIENT: {owner: nobody yet}}",
    )
    letters = world.store.rows[LETTERS.number].values()
    assert {row.owner for row in letters if row.category == "TRANSIENT"} == {"nobody yet"}
    with pytest.raises(ScenarioError, match="without an owner cannot be deployed"):
        scenarios.load("first_day", ["designs.standard.exceptions.classes={TRANSIENT: {owner: null}}"])
