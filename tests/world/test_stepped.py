"""A world stepped by hand takes the course of a run, and what is done to it by hand changes what comes after, alone."""

from collections.abc import Callable

import pytest

import twin
from twin.errors import ScenarioError, UsageError
from twin.world.run import run_once
from twin.world.scenario import Scenario
from twin.world.stepped import SteppedWorld


@pytest.fixture(scope="module")
def short() -> Scenario:
    """One hour and a half of the first day."""
    return twin.load("first_day").with_("horizon", "90m")


def test_steps_end_with_the_bytes_of_a_run(short: Scenario):
    world = twin.open(short)
    world.run(until="00:20").run(until=twin.minutes(40)).run(until="2026-03-03T01:00").run()
    whole = run_once(short, "standard", short.seed, record=False)
    assert world.now == "2026-03-03T01:30:00"
    assert (world.digest, world.kpis) == (whole.digest, whole.kpis)
    assert world.violations == list(whole.violations)


def test_another_seed_is_another_day(short: Scenario):
    assert twin.open(short, seed=2).run(until="00:30").digest != twin.open(short).run(until="00:30").digest


def test_an_order_by_hand_is_taken_in_and_claims_its_stock(short: Scenario):
    """An item that nobody else asks for: what is free falls by what was ordered."""
    world = twin.open(short).run(until="00:10")
    item = next(name for name in ("ITEM-1990", "ITEM-1995", "ITEM-2000") if world.stock(name).shown["storefront"] >= 2)
    before = world.stock(item)
    number = world.order("storefront", {item: 2})
    world.run(until="00:30")
    (mine,) = [order for order in world.orders() if order.number == number]
    after = world.stock(item)
    assert (mine.channel, mine.lines, mine.placed) == ("storefront", {item: 2}, "2026-03-03T00:10:00")
    assert mine in world.orders(mine.state)
    assert sum(after.free.values()) == sum(before.free.values()) - 2
    assert sum(after.committed.values()) == sum(before.committed.values()) + 2


def test_a_buyer_who_sees_too_little_orders_nothing(short: Scenario):
    world = twin.open(short).run(until="00:10")
    digest, most = world.digest, world.stock("ITEM-0001").shown["storefront"]
    assert world.order("storefront", {"ITEM-0001": most + 1}) is None
    assert world.digest == digest


def test_what_fails_from_now_on_leaves_the_past_as_it_was(short: Scenario):
    """Aim: the same course until the fault, orders by hand included, and another one after it."""
    world, calm = twin.open(short), twin.open(short)
    for each in (world, calm):
        each.run(until="00:10").order("storefront", {"ITEM-0001": 1})
        each.run(until="00:30")
    before = (world.now, world.kpis, world.orders(), world.stock("ITEM-0001"))
    world.inject("E3", "erp", duration="30m")
    assert (world.now, world.kpis, world.orders(), world.stock("ITEM-0001")) == before
    worse, usual = (each.run(until="00:50").kpis["capture_latency_s.n"] for each in (world, calm))
    assert before[1]["capture_latency_s.n"] == worse
    assert usual != worse, "while the ERP hangs no order is confirmed; without the fault some are"


def test_one_site_alone_is_shown_on_request(short: Scenario):
    world = twin.open(short)
    whole, east = world.stock("ITEM-0001"), world.stock("ITEM-0001", "east")
    assert list(whole.on_hand) == ["east", "west"]
    assert east.on_hand == {"east": whole.on_hand["east"]}
    assert (east.booked, east.shown) == (whole.booked, whole.shown)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda world: world.run(until="2026-03-02T23:00"), "cannot run until '2026-03-02T23:00'"),
        (lambda world: world.run(until="02:00"), "the horizon of 1h30m ends at 2026-03-03T01:30:00"),
        (lambda world: world.run(until="noon"), r"'10:30', '2026-03-03T10:30' or twin.minutes\(90\) \(got 'noon'\)"),
        (lambda world: world.run(until=1.5), r"\(got 1.5\)"),
        (lambda world: world.stock("ITEM-1"), "no item 'ITEM-1' in this world"),
        (lambda world: world.stock("ITEM-0001", "north"), "no site 'north'; there are east, west"),
        (lambda world: world.orders("LOST"), "no state 'LOST'; there are RECEIVED"),
        (lambda world: world.order("shop", {"ITEM-0001": 1}), "no channel 'shop'; there are storefront"),
        (lambda world: world.order("storefront", {"ITEM-0001": 0}), "at least one unit"),
        (lambda world: world.order("storefront", {}), "at least one unit"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(short: Scenario, act: Callable[[SteppedWorld], object], said: str):
    with pytest.raises(UsageError, match=said) as refused:
        act(twin.open(short))
    assert "\n" not in str(refused.value)


def test_a_fault_that_does_not_fit_is_refused_and_changes_nothing(short: Scenario):
    world = twin.open(short).run(until="00:10")
    before = (world.digest, world.kpis)
    with pytest.raises(ScenarioError, match="did you mean 'erp'"):
        world.inject("E1", "erpp")
    assert (world.now, world.scenario.faults) == ("2026-03-03T00:10:00", ())
    assert (world.digest, world.kpis) == before


def test_a_world_without_a_distributor_and_a_design_that_is_not_there_are_refused():
    with pytest.raises(UsageError, match="without a distributor"):
        twin.open("metastable_grid")
    with pytest.raises(UsageError, match="no design 'best' in first_day; there are standard"):
        twin.open("first_day", "best")


def test_the_alerts_of_its_design_are_there_as_soon_as_they_are_raised(short: Scenario):
    """Method: the ERP fails by hand; nothing is confirmed any more, and the rule looks once a minute."""
    rule = [{"name": "silent", "measure": "goodput_per_s", "below": 0.001, "over": "5m", "owner": "orders"}]
    world = twin.open(short.with_("designs.standard.alerts", rule)).run(until="00:20")
    assert world.alerts == [] and world.kpis["alerts_raised"] == 0
    world.inject("E3", "erp", duration="40m", end="heal_with_burst")
    (alert,) = world.run(until="00:50").alerts
    assert (alert.name, alert.measure, alert.owner, alert.over) == ("silent", "goodput_per_s", "orders", "")
    assert "2026-03-03T00:20:00" < alert.raised < "2026-03-03T00:50:00"
    assert world.kpis["alerts_raised{alert=silent}"] == 1
    assert world.run(until="01:10").alerts[0].over > "2026-03-03T01:00:00"
