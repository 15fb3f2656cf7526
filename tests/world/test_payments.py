"""A payment provider in a whole world: money follows goods, once, whatever befalls the calls that move it."""

import pytest

import scenarios
from actors.payments import PaymentProvider
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.middleware.unit import ORDERS
from twin.model.order import Order, Payment
from twin.world.build import World, build
from twin.world.closing import look_back

DAYS = ("horizon=4d", "demand.orders_per_day=40", "items.count=10", "faults=[]")


def ran(*settings: str, seed: int = 2, stops: bool = True) -> World:
    """Run the house with a payment provider for four days; it stops at the first violation unless told otherwise."""
    scenario = scenarios.load("payments", [*DAYS, *settings])
    world = build(scenario, "standard", seed, Recorder(), stops=stops)
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    return world


def bank(world: World) -> PaymentProvider:
    assert world.further.payments is not None
    return world.further.payments


def orders(world: World) -> list[Order]:
    return [row for row in world.store.rows[ORDERS.number].values() if isinstance(row, Order)]


@pytest.fixture(scope="module")
def calm() -> World:
    return ran()


def test_what_is_shipped_is_taken_and_the_order_is_closed(calm: World):
    provider = bank(calm)
    assert provider.counts["captured"] > 50 and provider.counts["refused"] == 0
    assert not [each for each in orders(calm) if each.money.state is Payment.AUTHORISED and each.shipments]
    assert calm.watch.count["orders_closed"] > 30
    assert calm.invariants.counts == {} and calm.invariants.antecedents["S-13"] > 100


def test_cancelled_orders_give_the_promise_back_and_returns_the_price(calm: World):
    eager = ran("demand.cancellations={share: 30%, delay: 1m}", "demand.returns={share: 40%, delay: 2h}")
    provider = bank(eager)
    assert provider.counts["voided"] > bank(calm).counts["voided"] and provider.counts["refunded"] > 5
    assert 0 < provider.refunded <= provider.captured
    assert all(each.refunded <= each.captured <= each.amount for each in provider.promises.values())


@pytest.mark.parametrize(
    "fault",
    [
        "{name: f, kind: N2, target: middleware/bank, direction: response, trigger: {at: 0s}, probability: 30%}",
        "{name: f, kind: E4, target: bank, trigger: {at: 0s}, duration: 4d, probability: 30%}",
        "{name: f, kind: E1, target: bank, trigger: {at: 0s}, duration: 4d, probability: 30%}",
        "{name: f, kind: E3, target: bank, trigger: {at: 1d10h}, duration: 6h, end: heal_with_burst}",
        "{name: f, kind: N4, target: middleware/bank, trigger: {at: 0s}, duration: 4d, probability: 30%}",
        "{name: f, kind: E14, target: bank, trigger: {at: 0s}, duration: 4d, probability: 30%, extra: 1m}",
    ],
)  # fmt: skip
def test_nobody_is_charged_twice_whatever_befalls_the_calls(fault: str, calm: World):
    """Method: the same buyers; the provider's ledger is that of the calm days where nothing is on its way."""
    world = ran(f"faults=[{fault}]")
    assert world.faults.armed[0].effects > 0
    provider, quiet = bank(world), bank(calm)
    assert 0.8 * quiet.captured < provider.captured <= quiet.captured * 1.05
    assert all(each.captured <= each.amount for each in provider.promises.values())
    assert world.invariants.duplicates == {}


def test_a_provider_that_knows_no_keys_charges_twice_and_it_is_noticed():
    """Method: errors after the effect, on orders that ship in parts: their promise leaves room for a second one."""
    fault = "faults=[{name: f, kind: E4, target: bank, trigger: {at: 0s}, duration: 4d, probability: 60%}]"
    parts = (
        "landscape.parties.wms.sites={north: {people: 20}, south: {people: 20}}",
        "demand.lines=3",
        "demand.buys=always",
        "stock.opening=6",
    )
    forgets = ran("landscape.parties.bank.keys_kept=null", fault, *parts, stops=False)
    assert forgets.invariants.counts.get("S-3", 0) > 0
    assert forgets.invariants.duplicates[("bank", "capture")] > 0
    assert "S-3" not in ran("landscape.parties.bank.keys_kept=30d", fault, *parts, stops=False).invariants.counts


def test_a_bank_debit_is_on_its_way_for_days_and_the_webhook_tells_of_it(calm: World):
    slow = ran("landscape.parties.bank.settles=1d")
    assert bank(slow).captured == bank(calm).captured
    assert slow.watch.count["orders_closed"] < calm.watch.count["orders_closed"]


def test_a_promise_that_nobody_draws_on_lapses_and_is_told():
    world = ran("landscape.parties.bank.valid_for=1h", "landscape.parties.wms.sites.north.people=1")
    assert bank(world).counts["lapsed"] > 0
    assert [each for each in orders(world) if each.money.state is Payment.VOIDED]


def test_a_channel_without_a_provider_holds_the_money_itself():
    """Orders that are paid late close there, too."""
    world = ran(
        "landscape.parties.bank=null", "landscape.links={}", "channels.web.terms.buyers.unpaid=50%", "faults=[]"
    )
    assert world.further.payments is None
    taken = [each for each in orders(world) if each.money.captured]
    assert taken and not [each for each in orders(world) if each.money.state is Payment.AUTHORISED and each.shipments]


def test_a_channel_that_is_not_there_cannot_pay():
    with pytest.raises(ScenarioError, match=r"bank\.channels: 'wob' is no channel here; did you mean 'web'\?"):
        scenarios.load("payments", ["landscape.parties.bank.channels=[wob]"])
