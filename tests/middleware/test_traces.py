"""A trace that came from outside goes on through everything that its case leads to: events, dead letters, documents."""

import pytest

import scenarios
from actors.transactor import Direct
from tests.middleware.shop import Shop, rules
from twin.middleware.observability.traces import headers_of
from twin.middleware.unit import LETTERS, TRACES, Outcome
from twin.model import wire
from twin.model.commands import (
    CancelOrder,
    ErpConfirmed,
    FileReceived,
    FileRecord,
    InterchangeReceived,
    OrderedLine,
    ShipmentConfirmed,
    SubmitOrder,
)
from twin.model.events import AvailabilityChanged
from twin.model.message import Message
from twin.model.trace import Traced, root
from twin.world.run import run_once

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADER = f"00-{TRACE}-00f067aa0ba902b7-01"
ITEM = 1


@pytest.fixture
def shop() -> Shop:
    shop = Shop(rules())
    shop.item(ITEM, 100)
    return shop


def order(case: int) -> SubmitOrder:
    return SubmitOrder(
        id=case * 1000,
        case=case,
        channel=0,
        number=str(case),
        fingerprint=case,
        lines=(OrderedLine(ITEM, 1),),
        placed_at=0,
    )


def trace_of(shop: Shop, message: Message) -> str:
    return dict(headers_of(message, Direct(shop.store)))["traceparent"].split("-")[1]


def test_everything_that_an_order_leads_to_has_the_trace_that_it_came_under(shop: Shop) -> None:
    shop.do(wire.carried(order(7), HEADER))
    shop.do(ErpConfirmed(id=11, case=7, reference=3))
    mine = [event for event in shop.out if event.case == 7]
    assert len(mine) >= 3
    assert {trace_of(shop, event) for event in mine} == {TRACE}
    parents = [dict(headers_of(event, Direct(shop.store)))["traceparent"].split("-")[2] for event in mine]
    assert parents == [f"{event.id:016x}" for event in mine], "each hop has a parent id of its own"


def test_an_order_without_a_trace_has_no_row_and_one_trace_all_the_same(shop: Shop) -> None:
    shop.do(order(7))
    assert shop.store.rows[TRACES.number] == {}
    assert len({trace_of(shop, event) for event in shop.out if event.case == 7}) == 1


def test_the_first_trace_of_a_case_stays(shop: Shop) -> None:
    shop.do(wire.carried(order(7), HEADER))
    other = HEADER.replace(TRACE, "1" * 32)
    shop.do(wire.carried(CancelOrder(id=12, case=7), other))
    assert shop.store.get(TRACES, 7) == Traced(HEADER)


def test_a_header_that_is_none_starts_anew_and_is_kept_as_an_attribute(shop: Shop) -> None:
    shop.do(wire.carried(order(7), "rubbish"))
    headers = dict(headers_of(shop.out[0], Direct(shop.store)))
    assert headers["restartedtrace"] == "rubbish"
    assert headers["traceparent"].startswith("00-")
    assert TRACE not in headers["traceparent"]


def test_a_repeat_of_the_whole_changes_nothing(shop: Shop) -> None:
    shop.do(wire.carried(order(7), HEADER))
    before = len(shop.out)
    assert shop.do(wire.carried(order(7), HEADER)) is Outcome.APPLIED
    assert len(shop.out) == before


def test_a_dead_letter_keeps_the_trace(shop: Shop) -> None:
    shop.do(wire.carried(order(7), HEADER))
    late = ShipmentConfirmed(id=13, case=7, key=5, release=99, site=0, lines=(), at=0)
    unknown = SubmitOrder(
        id=14, case=7, channel=0, number="7", fingerprint=8, lines=(OrderedLine(ITEM, 2),), placed_at=0
    )
    assert shop.do(unknown) is Outcome.BUSINESS_KEY_CONFLICT
    shop.do(late)
    letters = list(shop.store.rows[LETTERS.number].values())
    assert letters
    assert {row.traceparent.split("-")[1] for row in letters} == {TRACE}  # type: ignore[attr-defined]  # rows of letters


@pytest.mark.parametrize("kind", ["interchange", "file"])
def test_what_an_envelope_carries_belongs_to_its_trace(shop: Shop, kind: str) -> None:
    """The side table knows the trace by the cases in the envelope; a document that is no message has none."""
    bodies = (wire.encode(order(7)), b"torn", wire.encode(order(8)))
    envelope: Message = InterchangeReceived(
        id=20, channel=0, sender="s", receiver="r", control="000000905", documents=bodies
    )
    if kind == "file":
        records = tuple([FileRecord(str(place), body, 1) for place, body in enumerate(bodies)])
        envelope = FileReceived(id=20, partner=0, name="f", records=records, count=3, total=3)
    shop.do(wire.carried(envelope, HEADER))
    assert sorted(shop.store.rows[TRACES.number]) == [7, 8, root(envelope)]
    leaving = [event for event in shop.out if not isinstance(event, AvailabilityChanged)]
    assert {trace_of(shop, event) for event in leaving} == {TRACE}
    assert {event.case for event in shop.out} >= {7, 8}


def test_a_shop_that_sends_its_trace_is_served_like_one_that_does_not() -> None:
    """The simulated storefront pushes its orders under the trace that its page began."""
    settings = ["horizon=2h", "landscape.size.skus=50"]
    plain = run_once(scenarios.load("first_day", settings), "standard", 3)
    traced = run_once(
        scenarios.load("first_day", [*settings, "landscape.parties.storefront.webhook.traced=true"]), "standard", 3
    )
    same = (
        "orders_placed",
        "orders_accepted",
        "orders_shipped",
        "oversold_units",
        "lost_orders",
        "illegal_transitions",
    )
    assert {key: plain.kpis[key] for key in same} == {key: traced.kpis[key] for key in same}
    assert (plain.kpis["orders_placed"] or 0) > 100
