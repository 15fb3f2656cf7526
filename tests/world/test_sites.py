"""Waves and trucks in a whole world: who waits, what is given back, and that nothing is made or lost between sites."""

import pytest

import scenarios
from actors.ground import Ground
from actors.waves import Waves
from scenarios.replays import replay
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.model.events import ReleaseToWarehouse
from twin.model.instant import HOUR, MINUTE
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.run import HISTORY, measured, run_once

WMS = "landscape.parties.wms"


def ran(*settings: str, design: str = "standard", seed: int = 4) -> World:
    scenario = scenarios.load("waves_and_transfers", ["horizon=3d", *settings])
    world = build(scenario, design, seed, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    return world


@pytest.fixture(scope="module")
def days() -> World:
    return ran()


# --- one site's waves


class Floor:
    """A timeline, and what came to the floor when."""

    def __init__(self, *, size: int | None = None, cut_off: int = 0) -> None:
        self.timeline = Timeline()
        ground = Ground(self.timeline, 1, 0, Recorder(), None)  # type: ignore[arg-type]  # waves tell no probe
        self.picked: list[tuple[int, int]] = []
        self.waves = Waves(
            ground, "north", to_floor=lambda job: self.picked.append((job.release, self.timeline.now)),
            plans=lambda *_: MINUTE, size=size, cut_off=cut_off,
        )  # fmt: skip
        self.waves.repeat(HOUR, HOUR)

    def asked(self, release: int, at: int) -> None:
        job = ReleaseToWarehouse(id=release, site=0, release=release, lines=(), items=())
        self.timeline.call_at(at, self.waves.take, job)


def test_a_wave_takes_what_came_before_its_cut_off_and_prints_its_lists_first():
    floor = Floor(cut_off=10 * MINUTE)
    for release, at in ((1, 5 * MINUTE), (2, 50 * MINUTE), (3, 51 * MINUTE)):
        floor.asked(release, at)
    floor.timeline.run(until=3 * HOUR)
    assert floor.picked == [(1, 61 * MINUTE), (2, 61 * MINUTE), (3, 121 * MINUTE)]
    assert list(floor.waves.waits) == [55 * MINUTE, 10 * MINUTE, 69 * MINUTE] and floor.waves.gone == 2


def test_a_full_wave_goes_at_once_whenever_the_next_is_due():
    floor = Floor(size=2)
    for release, at in ((1, 5 * MINUTE), (2, 6 * MINUTE), (3, 7 * MINUTE)):
        floor.asked(release, at)
    floor.timeline.run(until=2 * HOUR)
    assert floor.picked == [(1, 7 * MINUTE), (2, 7 * MINUTE), (3, 61 * MINUTE)]


def test_what_waits_is_given_back_and_what_a_wave_took_is_not():
    floor = Floor()
    floor.asked(1, MINUTE)
    floor.asked(2, MINUTE)
    floor.timeline.run(until=2 * MINUTE)
    assert floor.waves.give_back(1)
    floor.timeline.run(until=HOUR + 1)
    assert not floor.waves.give_back(2) and floor.waves.kept_back == 1
    floor.timeline.run(until=2 * HOUR)
    assert [release for release, _ in floor.picked] == [2]


# --- a world of both


def test_orders_wait_for_their_wave_and_pass_without_one(days):
    waited = measured(days)
    assert waited["waves"] > 10 and waited["wave_wait_s.p50"] > 1800
    at_once = measured(ran(f"{WMS}.waves=null"))
    assert "waves" not in at_once and at_once["order_cycle_s.p50"] < waited["order_cycle_s.p50"]


def test_an_order_that_is_called_off_after_its_wave_ships_all_the_same():
    """Method: waves that print their lists an hour before anybody picks, against none."""
    late = ran(f"{WMS}.waves.plans=1h", "demand.cancellations.share=40%")
    assert late.further.results()["wave_kept_back"] > 5
    assert late.invariants.counts == {}


def test_trucks_carry_stock_to_the_site_that_has_none_and_every_unit_is_accounted_for(days):
    trucks = days.further.sites.trucks
    assert trucks.units > 50
    missed = ran(f"{WMS}.transfers.short=100%").further.sites.trucks
    assert 0 < missed.missing == sum(missed.lost.values()) < missed.units / 3
    assert days.invariants.antecedents["S-1"] > 1000


def test_units_on_the_road_are_not_bought_again(days):
    """Method: a way that takes longer than the run; the ERP's own note of it is what our trucks have on board."""
    long = ran(f"{WMS}.transfers.transit=10d")
    on_road = long.further.sites.on_road()
    assert sum(on_road.values()) > 50
    assert {item: units for item, units in long.erp.on_road.items() if units} == on_road
    assert not any(days.erp.on_road.values()) or days.further.sites.on_road()


def test_a_truck_that_loses_what_nobody_notices_breaks_s1():
    scenario = scenarios.load("waves_and_transfers", ["horizon=3d"])
    world = build(scenario, "standard", 4, Recorder(), stops=False)
    trucks = world.further.sites.trucks
    trucks.lost = Forgetful()
    trucks.short, trucks.short_by = (lambda *_: True), 0.2
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    assert world.invariants.counts.keys() == {"S-1"}


class Forgetful(dict):
    """A book that keeps nothing."""

    def __setitem__(self, key, value):
        pass


def test_a_run_with_waves_and_trucks_plays_again(tmp_path):
    scenario = scenarios.load("waves_and_transfers", ["horizon=2d"])
    run_once(scenario, "standard", 2, out=tmp_path, record=False, history=True)
    assert replay(tmp_path / HISTORY).divergences == []


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("waves={every: 1h, at: ['10:00']}", "waves.at: takes every or at, not both"),
        ("waves={every: 1h, cut_off: 1h}", "waves.cut_off: must be shorter than the time between two waves"),
        ("sites.south=null", "transfers: needs two sites to go between"),
    ],
)
def test_what_makes_no_sense_is_refused(setting, told):
    more = ["channels.dealers.sites=[north]", "stock.split=by_demand"] if "south" in setting else []
    with pytest.raises(ScenarioError, match=told.replace("(", r"\(")):
        scenarios.load("waves_and_transfers", [f"{WMS}.{setting}", *more])
