"""Goods by catch weight in a run: the middleware's weight is what lies on the scales, and pieces are as ever."""

import pytest

import scenarios
from twin.errors import ScenarioError, UsageError
from twin.kernel.recorder import Recorder
from twin.middleware.inventory.posting import stream_key
from twin.middleware.unit import ITEMS, ORDERS, WEIGHTS
from twin.model.instant import DAY
from twin.world.build import build
from twin.world.run import run_once
from twin.world.scenario import Scenario

CHEESE = 9


@pytest.fixture(scope="module")
def days() -> Scenario:
    return scenarios.load("packs_and_kits", ("horizon=2d", "demand.orders_per_day=300"))


def test_what_is_on_hand_weighs_what_lies_on_the_scales(days: Scenario) -> None:
    """Two days, and one more without orders, in which everything that was picked is confirmed."""
    world = build(days, "governed", 2, Recorder(), stops=True)
    opening = {each.site: each.scales.there(CHEESE) for each in world.warehouses}
    world.timeline.run(until=days.horizon + DAY)
    stock = world.store.get(ITEMS, CHEESE)
    for warehouse in world.warehouses:
        row = world.store.get(WEIGHTS, stream_key(CHEESE, warehouse.site))
        assert row.on_hand == warehouse.scales.there(CHEESE) != opening[warehouse.site]
        assert stock.positions[warehouse.site].sellable == warehouse.book[CHEESE]
    shipped = [line for order in world.store.rows[ORDERS.number].values() for line in order.lines if line.shipped]
    pieces = [(line.shipped, line.weight) for line in shipped if line.item == CHEESE]
    assert pieces and all(2_250 * units <= weight <= 2_750 * units for units, weight in pieces)
    assert any(weight != 2_500 * units for units, weight in pieces), "nothing is computed from the pieces"
    assert not any(line.weight for line in shipped if line.item != CHEESE)


def test_short_picks_are_weighed_too(days: Scenario) -> None:
    wrong = days.with_("landscape.parties.wms.picks_right", "80%")
    world = build(wrong, "governed", 2, Recorder(), stops=True)
    world.timeline.run(until=wrong.horizon + DAY)
    for warehouse in world.warehouses:
        assert world.store.get(WEIGHTS, stream_key(CHEESE, warehouse.site)).on_hand == warehouse.scales.there(CHEESE)


def test_weights_change_nothing_that_is_counted(days: Scenario) -> None:
    """The same run with pieces that weigh four times as much: every figure is the same."""
    heavy = days.with_("items.catch_weight.nominal", {"ITEM-0010": "10"})
    light, other = (run_once(each, "governed", 2).kpis for each in (days, heavy))
    assert light == other and light["invariant_violations"] == 0


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("items.catch_weight.nominal", {"ITEM-0008": "2"}, "sold by a measure already"),
        ("items.catch_weight.nominal", {"ITEM-0039": "2"}, "is a kit"),
        ("demand.returns", {"share": "5%", "delay": "1d"}, "does not go with goods that come back"),
    ],
)
def test_what_does_not_go_with_catch_weight_is_said(days: Scenario, key: str, value: object, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        days.with_(key, value)


@pytest.mark.parametrize(("weights", "says"), [({"NOBODY": "1"}, "no such item"), ({"ITEM-0010": "0.0001"}, "grams")])
def test_an_item_that_is_not_there_and_half_a_gram_are_refused(
    days: Scenario, weights: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        run_once(days.with_("items.catch_weight.nominal", weights), "governed", 2)
