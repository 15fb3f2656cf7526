"""Buyers who think again: what they do is drawn by the order alone, and what comes back is booked by every party."""

import pytest

import scenarios
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.middleware.unit import ARCHIVE, ITEMS, ORDERS
from twin.model.order import Order, RmaState
from twin.model.stock import ItemStock
from twin.world.build import World, build

SETTINGS = (
    "horizon=5d",
    "demand.orders_per_day=150",
    "landscape.size.skus=100",
    "demand.returns={share: 40%, delay: 12h, unannounced: 20%}",
    "demand.cancellations.share=20%",
    "demand.edits.share=10%",
)


def played(design: str = "standard", *settings: str) -> World:
    scenario = scenarios.load("returns_wave", [*SETTINGS, *settings])
    built = build(scenario, design, 3, Recorder(), stops=True)
    built.timeline.run(until=scenario.horizon)
    return built


@pytest.fixture(scope="module")
def week() -> World:
    return played()


def orders(built: World) -> list[Order]:
    return [row for row in built.store.rows[ORDERS.number].values() if isinstance(row, Order)]


def test_what_comes_back_is_on_the_books_of_warehouse_middleware_and_erp(week: World) -> None:
    """Aim: one truth in three ledgers. Method: stop after everything has been handled, compare item by item."""
    returned = sum(line.returned for order in orders(week) for line in order.lines)
    kpis = week.watch.results(0, {})
    assert returned == kpis["returned_units"] and returned > 20
    assert {rma.state for order in orders(week) for rma in order.returns} >= {RmaState.RECEIVED, RmaState.CLOSED}
    aside = shelved = 0
    for stock in week.store.rows[ITEMS.number].values():
        assert isinstance(stock, ItemStock)
        for site, position in enumerate(stock.positions):
            warehouse = week.warehouses[site]
            under_way = sum(
                job.items[0].quantity
                for job, _ in warehouse._shipping.values()
                if any(row.item == stock.item for row in job.items)
            )
            assert position.quality + position.damaged == warehouse.aside.get(stock.item, 0)
            aside += position.quality + position.damaged
            shelved += position.sellable - warehouse.shelf.get(stock.item, 0) - under_way
    assert aside > 0 and abs(shelved) <= 10, "parcels between label and confirmation apart, the shelf is the position"
    blocked = sum(week.erp.blocked.values())
    assert blocked == aside


def test_unannounced_goods_lie_unmatched_and_are_counted(week: World) -> None:
    kpis = week.watch.results(0, {})
    unmatched = [order for order in orders(week) if order.unmatched]
    assert kpis["unauthorised_returns"] == len(unmatched) > 0
    assert all(order.lines[0].returned == 0 for order in unmatched if not order.returns)


def test_every_design_meets_the_same_second_thoughts(week: World) -> None:
    """Of the orders that were placed in both, the same are to come back."""
    other = played("cut")
    assert week.thoughts is not None and other.thoughts is not None
    both = {order.id for order in orders(week)} & {order.id for order in orders(other)}
    mine, theirs = ({id for id in built.thoughts._returning if id in both} for built in (week, other))
    assert mine == theirs and len(mine) > 100


def test_cancellations_race_with_the_floor_and_some_win(week: World) -> None:
    cancelled = [order for order in orders(week) if order.cancel_done]
    assert week.thoughts is not None and week.thoughts.habits[0].cancels is not None
    asked = [order for order in orders(week) if week.thoughts.habits[0].cancels.chosen(order.id, 0)]
    late = [order for order in asked if not order.cancel_done and order.lines[0].shipped]
    assert cancelled and late
    there = sum(all(line.cancelled == line.ordered for line in order.lines) for order in orders(week))
    archived = len(week.store.rows[ARCHIVE.number])  # in a week only what was cancelled: goods may come back for longer
    assert week.watch.results(0, {})["orders_cancelled"] == there + archived


def test_a_demand_without_second_thoughts_has_none() -> None:
    quiet = played("standard", "demand.returns=null", "demand.edits=null", "demand.cancellations=null", "horizon=1d")
    assert quiet.thoughts is None and not any(order.returns or order.cancel_done for order in orders(quiet))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("demand.returns={delay: 1h}", "takes share or figure, one of them"),
        ("demand.returns={figure: returns_share_of_sales, delay: 1h}", "is no share"),
        ("demand.returns={figure: returns_share_b2c, delay: 1h}", "no such figure"),
    ],
)
def test_a_share_that_is_none_is_refused(setting: str, sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        scenarios.load("returns_wave", [setting])


@pytest.mark.parametrize(("within", "all_of_them"), [("1s", True), ("10d", False)])
def test_a_channel_that_waits_longer_than_its_deadline_is_counted(within: str, all_of_them: bool) -> None:
    built = played("standard", "horizon=1d", f"channels.storefront.promise={{acknowledge: {within}}}")
    kpis = built.watch.results(0, {})
    missed, placed = kpis["ack_deadline_missed"], kpis["orders_placed"]
    assert missed is not None and placed is not None
    assert (0.5 * placed < missed < placed) if all_of_them else missed == 0
