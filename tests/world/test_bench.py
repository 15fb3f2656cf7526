"""A parcel that gets no label waits on the bench until somebody asks again; it is not forgotten."""

import scenarios
from twin.kernel.recorder import Recorder
from twin.model.instant import HOUR
from twin.world.build import build
from twin.world.closing import look_back


def test_parcels_ship_when_the_carrier_is_back_however_long_it_was_away():
    """Method: a carrier that errs for six hours, longer than the twenty attempts of a warehouse's call last."""
    away = "{name: away, kind: E1, target: carrier_a, trigger: {at: 1h}, duration: 6h}"
    settings = ("landscape.size.skus=50", "demand.orders_per_day=500", 'start.at="2026-03-03T06:30"')
    scenario = scenarios.load("first_day", [*settings, "checks.T_term=1h", f"faults=[{away}]"])
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    world.timeline.run(until=6 * HOUR)
    assert any(warehouse.benched for warehouse in world.warehouses)
    look_back(world)
    world.timeline.run(until=12 * HOUR)
    assert not any(warehouse.benched for warehouse in world.warehouses)
    look_back(world)
    assert world.invariants.counts == {}
