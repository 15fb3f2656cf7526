"""Whom failures reach: customers and warehouses once each, messages at their first failure, risk by the floor."""

import scenarios
from twin.kernel.recorder import Recorder
from twin.model.order import Intake, Line, LinePolicy, Order, Release
from twin.model.stock import ItemStock, Supply
from twin.world.affected import UNREAD, Affected, at_risk
from twin.world.build import build
from twin.world.run import run_once


def order(id, *, customer=0, promise=0, waits=0, site=0):
    line = Line(1, 7, 2, allocated=2 - waits, backordered=waits)
    return Order(
        id=id, channel=0, number=str(id), revision=1, fingerprint=0, policy=LinePolicy.BACKORDER, lines=(line,),
        placed_at=0, intake=Intake.ACCEPTED, releases=(Release(id * 10, site, 1, 2 - waits),), promise=promise,
        customer=customer,
    )  # fmt: skip


def test_a_customer_with_many_bad_orders_counts_once_and_a_guest_with_each():
    affected = Affected()
    for each in (order(1, customer=5), order(2, customer=5, site=1), order(3), order(3), order(4)):
        affected.order(each)
    affected.shipped(9, 4)
    kpis = affected.results()
    assert (kpis["customers_affected"], kpis["warehouses_affected"]) == (3, 2)


def test_an_order_is_at_risk_when_its_floor_or_its_supply_comes_too_late():
    supply = ItemStock(7, (), supply=(Supply(1, 0, 5, 0, 900), Supply(2, 0, 5, 0, 400)))
    orders = [order(1, promise=100), order(2, promise=101), order(3, promise=399, waits=1), order(4), order(5, waits=1)]
    assert at_risk(orders, lambda _: supply, lambda _: 101) == 2
    assert at_risk([order(3, promise=399, waits=1)], lambda _: None, lambda _: 0) == 1
    assert at_risk([order(3, promise=401, waits=1)], lambda _: supply, lambda _: 0) == 0


def test_what_could_not_be_read_is_counted_once_by_its_sender():
    scenario = scenarios.load("packs_and_kits", ("reps=1",), small=True)
    world = build(scenario, "governed", 1, Recorder(), stops=False)
    world.timeline.run(until=scenario.horizon)
    kpis = world.watch.results(0, {})
    opened = sum(count for code, count in world.middleware.exceptions.items() if code in UNREAD)
    assert kpis["failed_transformations"] == opened > 0
    labelled = [value for key, value in kpis.items() if key.startswith("failed_transformations{mapping=")]
    assert sum(labelled) == kpis["failed_transformations"]


def test_a_run_whose_orders_are_held_tells_how_many_customers_wait():
    kpis = run_once(scenarios.load("customer_terms", ("reps=1",), small=True), "kept", 1).kpis
    assert 0 < kpis["customers_affected"] < kpis["orders_placed"]
    assert kpis["warehouses_affected"] == 2
