"""Parties of named vendors: their figures are those of the profiles, entry by entry, and each makes a world."""

from fractions import Fraction

import pytest

import scenarios
from policies.presets import ALL
from scenarios.figures import Shipped
from scenarios.resolved import resolved
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.model.instant import SECOND
from twin.world.build import build
from twin.world.further_parties import Broker, Notifications, Tms
from twin.world.landscape import ErpCloud
from twin.world.party_presets import PARTY_PRESETS
from twin.world.scenario import Scenario
from twin.world.seller_specs import EdiGateway, Storefront


def entries(name: str) -> list[dict[str, object]]:
    found = [Shipped(".").published(*entry) for entry in PARTY_PRESETS[name].entries]
    assert not any(isinstance(each, str) for each in found), found
    return [dict(each) for each in found]  # type: ignore[arg-type]  # mappings, as the line before says


def house(name: str) -> tuple[Scenario, str]:
    """Return the house of all parties with this one in it, and what it is called there."""
    preset = PARTY_PRESETS[name]
    party = {"erp_cloud": "erp", "edi_gateway": "edi"}.get(str(preset.block["kind"]), str(preset.block["kind"]))
    world = "partner_documents" if party == "edi" else "whole_house"
    return scenarios.load(world, [f"landscape.parties.{party}={{preset: {name}}}", "horizon=1h"]), party


WEAKEST = {"published": 0, "mixed": 1, "third_party": 2}


@pytest.mark.parametrize("name", PARTY_PRESETS)
def test_a_preset_says_how_well_it_is_sourced_and_is_nobodys_assumption(name):
    bases = [str(entry["basis"]) for entry in entries(name)]
    assert set(bases) <= WEAKEST.keys()
    assert max(bases, key=WEAKEST.__getitem__) == PARTY_PRESETS[name].basis


@pytest.mark.parametrize("name", PARTY_PRESETS)
def test_a_preset_makes_a_world(name):
    scenario, _ = house(name)
    build(scenario, next(iter(scenario.designs)), 1, Recorder(), stops=True).timeline.run(until=60 * SECOND)


@pytest.mark.parametrize("name", [name for name, preset in PARTY_PRESETS.items() if preset.block["kind"] == "broker"])
def test_a_broker_keeps_messages_as_its_vendor_publishes(name):
    (entry,) = entries(name)
    scenario, party = house(name)
    block = scenario.landscape.parties[party]
    assert isinstance(block, Broker)
    assert block.visibility == entry["ack_deadline_s"] * SECOND
    kept = entry.get("webhook", {}).get("max_age_s")
    if kept is not None:
        assert block.retention == kept * SECOND
    fetched = entry.get("batch", {}).get("max_items") or entry.get("rate_limit", {}).get("concurrency")
    if fetched is not None:
        assert block.prefetch == fetched


@pytest.mark.parametrize(
    "name", [name for name, preset in PARTY_PRESETS.items() if preset.block["kind"] == "erp_cloud"]
)
def test_an_erp_takes_as_many_calls_as_its_vendor_publishes(name):
    (entry,) = entries(name)
    limit = entry["rate_limit"]
    block = house(name)[0].landscape.parties["erp"]
    assert isinstance(block, ErpCloud)
    assert (block.concurrency, block.when_full) == (limit["concurrency"], limit["when_full"])
    if limit["algorithm"] != "concurrency":
        assert block.limit is not None
        published = block.limit.published()
        assert (published.algorithm, published.burst) == (limit["algorithm"], limit["burst"])
        assert published.window_us == limit["window_s"] * SECOND


@pytest.mark.parametrize("name", ["shopify-standard", "shopify-plus"])
def test_a_shop_takes_stock_as_its_vendor_publishes(name):
    limit = entries(name)[0]["rate_limit"]
    block = house(name)[0].landscape.parties["storefront"]
    assert isinstance(block, Storefront)
    api = block.stock_api
    assert (api.algorithm, api.rate.exact, api.burst) == ("cost_bucket", Fraction(limit["rate_per_s"]), limit["burst"])
    assert api.max_items == entries(name)[0]["batch"]["max_items"]
    assert block.webhook.repeats is not None and block.webhook.repeats.rule().ends


def test_limits_of_messages_to_customers_and_of_rates_are_their_vendors():
    provider = house("hubspot")[0].landscape.parties["notifications"]
    planner = house("trimble-pc-miler")[0].landscape.parties["tms"]
    partner = house("amazon-vendor-edi")[0].landscape.parties["edi"]
    assert isinstance(provider, Notifications) and provider.limit is not None
    assert isinstance(planner, Tms) and planner.limit is not None
    assert provider.limit.published().burst == entries("hubspot")[0]["rate_limit"]["burst"]
    assert planner.limit.published().burst == entries("trimble-pc-miler")[0]["rate_limit"]["burst"]
    assert isinstance(partner, EdiGateway) and partner.documents is not None
    assert partner.documents.answer == entries("amazon-vendor-edi")[0]["ack_deadline_s"] * SECOND


def test_a_tms_beyond_its_limit_refuses_and_every_parcel_gets_its_label_later():
    day = ["horizon=4h", 'start.at="2026-03-03T09:00"', "landscape.size.skus=100", "demand.orders_per_day=2500"]
    limit = "landscape.parties.tms.limit={algorithm: fixed_window, burst: 10, window: 10m}"
    scenario = scenarios.load("whole_house", [*day, limit])
    world = build(scenario, "fixed", 3, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    assert world.further.tms.refused > 30 and sum(world.further.tms.given.values()) > 100
    assert world.invariants.duplicates == {}
    assert world.further.results()["rate_requests_refused"] == world.further.tms.refused


def test_a_key_beside_the_name_changes_the_preset_and_another_kind_is_refused():
    scenario = scenarios.load("whole_house", ["landscape.parties.broker={preset: amazon-sqs, prefetch: 3}"])
    block = scenario.landscape.parties["broker"]
    assert isinstance(block, Broker) and block.prefetch == 3
    with pytest.raises(ScenarioError, match="no such party preset 'amazon'"):
        scenarios.load("whole_house", ["landscape.parties.broker={preset: amazon}"])
    held = "{kind: tms, limit: {algorithm: concurrency, concurrency: 2}}"
    with pytest.raises(ScenarioError, match="must be a limit over time"):
        scenarios.load("whole_house", [f"landscape.parties.tms={held}"])


def test_no_party_has_the_name_of_a_policy():
    assert not PARTY_PRESETS.keys() & {name for presets in ALL.values() for name in presets}


def test_a_scenario_written_out_says_which_settings_are_the_vendors_and_which_are_assumed():
    text = resolved("whole_house", ["landscape.parties.broker={preset: amazon-sqs}"])
    broker = text[text.index("    broker:") :].splitlines()[1:8]
    vendors = [line.strip().partition(":")[0] for line in broker if line.endswith("# preset amazon-sqs")]
    assert vendors == ["kind", "prefetch", "visibility", "retention"]
    assert any("look_every" in line and "assumed" in line for line in broker)
