"""The large landscape is what its rules say: the figures of SCENARIO 3, at two sizes."""

import pytest

import scenarios
from twin.errors import ScenarioError
from twin.world.landscape import ErpCloud
from twin.world.loads import loads_of
from twin.world.rules import the_wms
from twin.world.scenario import Scenario
from twin.world.seller_specs import Marketplace

PEAK = {"storefront": 5.9, "marketplaces": 4.5, "edi": 1.0}
FILE = """\
schema_version: 1
question: How full is each gate of a large distributor on its peak day?
horizon: 1d
landscape: {use: large}
demand: {kind: distribution, multipliers: cyber_monday}
"""


@pytest.fixture
def day(tmp_path):
    def load(*settings: str) -> Scenario:
        file = tmp_path / "day.yaml"
        file.write_text(FILE)
        return scenarios.load(file, settings)

    return load


@pytest.mark.parametrize(
    ("orders", "people", "slots", "workers", "accounts", "peak"),
    [
        (100_000, {"east": 368, "west": 230, "south": 138}, 203, 6, 4, 538_064),
        (186_000, {"east": 684, "west": 428, "south": 256}, 376, 11, 6, 1_000_800),
    ],
)
def test_the_numbers_follow_from_two_settings(day, orders, people, slots, workers, accounts, peak):
    scenario = day(f"landscape.size.orders_per_day={orders}")
    parties = scenario.landscape.parties
    assert {name: site.people for name, site in the_wms(scenario).sites.items()} == people
    erp, market = parties["erp"], parties["marketplace_a"]
    assert isinstance(erp, ErpCloud)
    assert isinstance(market, Marketplace)
    assert (erp.concurrency, scenario.designs["standard"].workers.count) == (slots, workers)
    rates = market.list_orders.rate.per_s, market.stock_api.rate.per_s
    assert rates == pytest.approx((accounts / 60, 5 * accounts))
    (block,) = scenario.demands
    asked = sum(n * scenario.multiplier(block, name) for name, n in scenario.orders_per_day("landscape").items())
    assert asked == pytest.approx(peak, rel=1e-4)


def test_the_channels_have_the_shares_of_the_mid_size_distributor(day):
    shares = day().shares()
    assert shares == pytest.approx(
        {"storefront": 0.6636, "marketplace_a": 0.1613, "marketplace_b": 0.1613, "edi": 0.0092, "portal": 0.0046},
        abs=5e-5,
    )


def test_what_a_scenario_states_itself_counts(day):
    scenario = day("landscape.parties.erp.concurrency=50", "landscape.parties.wms.sites.east.people=400")
    erp = scenario.landscape.parties["erp"]
    assert isinstance(erp, ErpCloud)
    assert erp.concurrency == 50
    assert {name: site.people for name, site in the_wms(scenario).sites.items()} == {
        "east": 400,
        "west": 230,
        "south": 138,
    }


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("landscape.size.orders_per_day=0", "must be greater than 0"),
        ("landscape.size.orders_per_day=many", "takes one number, of all channels"),
        ("landscape.size.plan_for=easter", "no such multipliers 'easter'"),
    ],
)
def test_a_size_that_is_none_is_one_clear_line(day, setting, told):
    with pytest.raises(ScenarioError, match=told):
        day(setting)


def test_the_floors_are_expected_to_break_first_at_the_peak_and_the_erp_is_not(day):
    gates = {gate.name: gate for gate in loads_of(day())}
    assert next(iter(gates)) == "wms/east"
    assert gates["wms/east"].use("normal") == pytest.approx(0.85, abs=0.01)
    assert gates["wms/east"].use("scenario") == pytest.approx(4.57, abs=0.01)
    assert gates["erp"].use("planned") == pytest.approx(0.70, abs=0.01)
    assert gates["middleware"].use("planned") == pytest.approx(0.56, abs=0.01)


def test_the_mid_size_erp_has_three_point_seven_of_nine_calls_a_second_at_the_planned_peak():
    gate = next(gate for gate in loads_of(scenarios.load("first_day")) if gate.name == "erp")
    assert gate.planned == pytest.approx(3.7, abs=0.05)
    assert gate.capacity == pytest.approx(9.0, abs=0.05)
