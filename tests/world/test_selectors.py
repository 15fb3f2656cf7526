"""A fault with a selector strikes what it is meant for and nothing else: an order, an item, a channel, a site."""

import pytest

import scenarios
from twin.errors import ScenarioError, UsageError
from twin.kernel.faults import Selector
from twin.kernel.recorder import Recorder
from twin.middleware.unit import ORDERS
from twin.model.commands import CancelOrder, ItemQuantity, LineQuantity, OrderedLine, SubmitOrder
from twin.model.events import PublishStock, ReleaseToWarehouse
from twin.model.order import Order
from twin.world.build import World, build
from twin.world.fault_kinds import KINDS

HOURS = ("horizon=6h", 'start.at="2026-03-02T08:00"', "actions=[]")


def ran(*settings: str, design: str = "four_workers") -> World:
    scenario = scenarios.load("planned_work", [*HOURS, *settings])
    world = build(scenario, design, 3, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    return world


def struck(world: World) -> int:
    return world.faults.armed[0].effects


def orders(world: World) -> list[Order]:
    return [row for row in world.store.rows[ORDERS.number].values() if isinstance(row, Order)]


def fault(kind: str, target: str, more: str) -> str:
    return f"faults=[{{name: f, kind: {kind}, target: {target}, trigger: {{at: 0s}}, {more}}}]"


@pytest.mark.parametrize(
    ("message", "of"),
    [
        (ReleaseToWarehouse(id=1, case=7, site=1, release=2, lines=(LineQuantity(1, 2),), items=(ItemQuantity(5, 2),)),
         {"orders": (7,), "items": (5,), "sites": (1,)}),
        (CancelOrder(id=1, case=7), {"orders": (7,)}),
        (SubmitOrder(id=1, case=7, channel=2, number="n", fingerprint=1, lines=(OrderedLine(5, 1),), placed_at=0),
         {"orders": (7,), "items": (5,), "channels": (2,)}),
        (PublishStock(id=1, channel=2, sequence=1, as_of=0, rows=(ItemQuantity(4, 1), ItemQuantity(5, 1))),
         {"items": (5,), "channels": (2,)}),
    ],
)  # fmt: skip
def test_a_message_is_meant_when_it_is_about_all_that_is_asked(message: object, of: dict[str, tuple[int, ...]]):
    assert Selector(**of).fits(message)
    for key in ("orders", "items", "channels", "sites"):
        assert Selector(**{key: of.get(key, (9,))}).fits(message) == (key in of)
        assert not Selector(**{**of, key: (99,)}).fits(message)


def test_figures_of_one_item_are_lost_and_those_of_the_others_arrive():
    about = "select: [PublishStock], selector: {items: [ITEM-0001]}, direction: request"
    world = ran("landscape.links={middleware/web: {latency: 20ms}}", fault("N1", "middleware/web", about))
    shown = world.channels[0].shown
    assert struck(world) > 3
    assert shown[0][1] == 0 and max(as_of for _, as_of in shown.values()) > 0


def test_one_order_is_refused_by_the_erp_for_good():
    calm = ran()
    name = next(each.number for each in orders(calm) if each.channel == 0 and each.erp_reference)
    world = ran(fault("E15", "erp", f"selector: {{orders: [{name}]}}, select: [CreateErpOrder]"))
    assert struck(world) >= 1
    assert [each.number for each in orders(world) if not each.erp_reference and each.accepted_at and each.channel == 0][
        :1
    ] == [name]
    assert world.middleware.exceptions.get("DELIVERY_REFUSED", 0) >= 1


def test_a_channel_s_answers_get_lost_on_the_process_and_not_another_s():
    about = "select: [SubmitOrder], selector: {channels: [retailers]}, probability: 100%"
    world = ran(fault("M3", "middleware", about))
    assert struck(world) > 0
    assert {each.channel for each in orders(world)} == {0}


@pytest.mark.parametrize(
    ("kind", "target", "about"),
    [
        ("W2", "wms", "selector: {items: [ITEM-0001]}"),
        ("W3", "wms", "selector: {items: [ITEM-0001]}, delta: 1"),
        ("W6", "wms", "selector: {channels: [web]}"),
        ("E4", "wms", "selector: {sites: [north], items: [ITEM-0001]}, probability: 50%"),
        ("M7", "web", "selector: {items: [ITEM-0001]}"),
        ("X1", "web", "selector: {items: [ITEM-0001]}"),
        ("M8", "middleware", "selector: {items: [ITEM-0001]}, extra: 1m, probability: 50%"),
        ("L3", "web", "selector: {items: [ITEM-0002]}, cap: 2"),
    ],
)
def test_a_selector_narrows_whatever_strikes_single_messages(kind: str, target: str, about: str):
    """Method: the same record without its selector has more effects; with one that fits nothing, none."""
    _, _, rest = about.partition("}")
    narrow, wide = (ran(fault(kind, target, more or "direction: both")) for more in (about, rest.lstrip(", ")))
    nothing = ran(fault(kind, target, f"selector: {{orders: [none-1]}}{rest}"))
    assert struck(nothing) == 0
    assert struck(narrow) < struck(wide)
    assert kind == "W6" or struck(narrow) > 0


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("kind: E2, target: erp, factor: 0.5, selector: {items: [ITEM-0001]}", "E2 strikes no single message"),
        ("kind: B1, target: retailers, fraction: 50%, selector: {items: [a]}", "B1 strikes whole files or pages and"),
        ("kind: E4, target: erp, selector: {}", "names orders, items, channels or sites"),
        (
            "kind: E4, target: erp, selector: {channels: [wob]}",
            "'wob' is none of the channels here; there are web, ret",
        ),
        ("kind: E4, target: wms, selector: {sites: [south]}", "'south' is none of the sites here; there are north"),
        ("kind: E4, target: erp, selector: {item: [a]}", "unknown key; did you mean 'items'"),
    ],
)
def test_a_selector_that_cannot_be_is_refused(record: str, said: str):
    with pytest.raises(ScenarioError, match=said):
        scenarios.load("planned_work", [f"faults=[{{name: f, trigger: {{at: 1h}}, {record}}}]"])


def test_an_item_that_is_not_there_is_told_before_anything_runs():
    with pytest.raises(UsageError, match="fault 'f': no item 'ITEM-9' in this world; there are ITEM-0001,"):
        ran(fault("E4", "erp", "selector: {items: [ITEM-9]}"))


def test_calls_between_servers_are_about_no_order():
    record = "faults=[{name: f, kind: E1, target: server, trigger: {at: 1s}, selector: {orders: [a-1]}}]"
    with pytest.raises(ScenarioError, match="about no order and no item"):
        scenarios.load("metastable_grid", [record])


def test_kinds_that_strike_files_are_the_only_single_ones_without():
    assert [name for name, kind in KINDS.items() if kind.each and not kind.picks] == [
        "E10", "B1", "B2", "B3", "B4", "B6", "B7", "B8", "B11",
    ]  # fmt: skip
