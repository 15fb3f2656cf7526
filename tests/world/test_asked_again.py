"""What a warehouse answers when it is asked again, and what becomes of a parcel that gets no label."""

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


def test_a_cancellation_that_was_done_is_not_refused_when_it_is_asked_again():
    """Found by the hunt (seed 356): the first answer was lost, the second said no, and the order waited for ever."""
    deaf = "{name: deaf, kind: N2, target: middleware/wms, trigger: {at: 0s}, probability: 60%, duration: 2h}"
    settings = ("landscape.size.skus=40", "demand.orders_per_day=1000", "demand.cancellations={share: 50%, delay: 1m}")
    limits = ("checks.T_conv=3h", "checks.T_term=3h", "horizon=2h")
    scenario = scenarios.load("first_day", [*settings, *limits, f"faults=[{deaf}]"])
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    world.timeline.run(until=24 * HOUR)
    look_back(world)
    assert world.invariants.counts == {}
