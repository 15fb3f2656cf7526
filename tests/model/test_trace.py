"""A trace goes on over every hop, and starts anew where what came in is no trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.model import trace
from twin.model.commands import StockReceived
from twin.model.events import CreateErpOrder, MovementRecorded
from twin.model.trace import Restarted, TraceContext

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.vector("V76", rule="15", code="twin.model.trace.received", scenario="customer_terms")
@pytest.mark.parametrize(
    ("header", "valid"),
    [
        (f"00-{TRACE}-{PARENT}-01", True),
        (f"00-{'0' * 32}-{PARENT}-01", False),
        (f"00-{TRACE.upper()}-{PARENT}-01", False),
        (f"ff-{TRACE}-{PARENT}-01", False),
        (f"01-{TRACE}-{PARENT}-01-what-is-new", True),
        (f"00-{TRACE}-{PARENT}-01-what-is-new", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE[:-1]}-{PARENT}-01", False),
        ("", False),
    ],
)
def test_v76_a_traceparent_is_valid_or_the_trace_restarts(header: str, valid: bool) -> None:
    """V76, W3C Trace Context; the old value stays as an attribute."""
    read = trace.received(header)
    if valid:
        assert isinstance(read, TraceContext)
        assert f"{read.trace:032x}" == TRACE
    else:
        assert read == Restarted(header)


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 255))
def test_what_is_written_is_read(id: int, parent: int, flags: int) -> None:
    context = TraceContext(id, parent, flags)
    assert trace.received(context.header()) == context


@given(st.text())
def test_any_header_is_answered(header: str) -> None:
    assert isinstance(trace.received(header), TraceContext | Restarted)


def test_a_hop_keeps_the_trace_and_has_a_parent_of_its_own() -> None:
    first = CreateErpOrder(id=1, case=7, external=7, lines=())
    second = CreateErpOrder(id=2, cause=1, case=7, external=7, lines=())
    assert trace.context(first).trace == trace.context(second).trace
    assert trace.context(first).parent != trace.context(second).parent
    outside = TraceContext(int(TRACE, 16), int(PARENT, 16), 0)
    assert trace.context(second, outside) == TraceContext(outside.trace, 2, 0)


def test_a_stock_fact_and_what_it_made_are_one_trace() -> None:
    fact = StockReceived(id=5, site=0, item=1, quantity=2, sequence=1, at=0)
    movement = MovementRecorded(id=6, cause=5, movement=9, item=1, site=0, change=2, reason="receipt")
    assert trace.context(fact).trace == trace.context(movement).trace
    names = dict(trace.headers(movement))
    assert (names["causationid"], names["type"]) == (f"{5:016x}", "MovementRecorded")


def test_headers_say_what_keeps_its_order_and_the_number_in_its_stream() -> None:
    """DOMAIN 15: `partitionkey` is the aggregate of an outbox row, the case of what comes in."""
    fact = dict(trace.headers(StockReceived(id=5, site=0, item=1, quantity=2, sequence=9, at=0)))
    created = CreateErpOrder(id=1, case=7, external=7, lines=())
    assert (fact["partitionkey"], fact["sequence"]) == (f"{5:016x}", "9")
    headers = dict(trace.headers(created))
    assert headers["partitionkey"] == f"{created.aggregate:016x}" and "sequence" not in headers
