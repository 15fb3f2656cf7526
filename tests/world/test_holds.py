"""Goods on hold in a run: channels are not shown them, and the books agree in the end."""

import scenarios
from twin.kernel.recorder import Recorder
from twin.middleware.unit import ITEMS
from twin.model.instant import DAY
from twin.world.build import build
from twin.world.run import run_once

HOLDS = "landscape.parties.wms.holds={between: 10m, lasts: 2h, share: 60%}"
SMALL = ("horizon=12h", "landscape.size.skus=60", "demand.orders_per_day=400")


def test_what_is_on_hold_is_in_a_bucket_of_its_own_and_on_the_warehouses_book() -> None:
    scenario = scenarios.load("first_day", (*SMALL, HOLDS))
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon // 2)
    rows = list(world.store.rows[ITEMS.number].values())
    assert sum(position.held for row in rows for position in row.positions) > 0
    world.timeline.run(until=scenario.horizon + DAY)
    for row in world.store.rows[ITEMS.number].values():
        for site, position in enumerate(row.positions):
            assert position.on_hand == world.warehouses[site].book.get(row.item, 0)
    rows = list(world.store.rows[ITEMS.number].values())
    assert sum(position.damaged for row in rows for position in row.positions) > 0, "not all of it was good"


def test_no_invariant_breaks() -> None:
    held = run_once(scenarios.load("first_day", (*SMALL, HOLDS)), "standard", 3).kpis
    plain = run_once(scenarios.load("first_day", SMALL), "standard", 3).kpis
    assert held["invariant_violations"] == 0 and held["hold_units"] > 0
    assert held["lost_orders"] == 0 and "hold_units" not in plain
