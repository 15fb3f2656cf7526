"""Every record of a history comes back from its line as it was, and what is no line is refused in words."""

import pytest

from twin.errors import WireError
from twin.model import business, commands, events
from twin.model.history import (
    Answer,
    Closing,
    Draw,
    Fact,
    Header,
    Pace,
    Record,
    Snapshot,
    Stimulus,
    decode_header,
    decode_record,
    encode_header,
    encode_record,
    snapshot_of,
    text_of,
    wall_of,
)
from twin.model.stock import ItemStock, Position

START = 1_772_496_000_000_000
CANCEL = commands.CancelOrder(id=5, case=9)
RECORDS: tuple[Record, ...] = (
    Stimulus(at=7, turn=2, source="storefront", message=CANCEL),
    Answer(
        at=8,
        source="middleware/erp",
        request=events.CancelErpOrder(id=3, case=9, external=9),
        status="ok",
        message=commands.ErpConfirmed(id=4, case=9, reference=1),
    ),
    Answer(at=9, source="m", request=events.CancelErpOrder(id=3, external=9), status="refused", retry_after=5),
    Pace(at=9, turn=1, channel=2, free=False),
    Draw(at=10, message=5, attempt=1, took=40_000, of="store"),
    Fact(
        at=11,
        source="shop/1.0/orders.csv",
        id="17",
        fact=business.OrderPlaced(order="0017", lines=(business.OrderedItem("a", 2, 350),), ship_to={"country": "FR"}),
    ),
    Closing(at=12, state="sha256:0", decisions="sha256:1", handled=3),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{type(record).__name__}-{record.at}")
def test_a_record_comes_back_from_its_line(record: Record):
    line = encode_record(record, START)
    assert b"\n" not in line
    assert decode_record(line, START) == record


def test_a_header_comes_back_with_its_snapshot():
    rows = snapshot_of({"items": {2: ItemStock(2, (Position(5),)), 1: ItemStock(1, (Position(4),))}, "orders": {}})
    header = Header(made_by="run/x", start=START, items=("a", "b"), snapshot=Snapshot(rows=rows))
    back = decode_header(encode_header(header))
    assert back == header
    assert [id for id, _ in back.snapshot.rows["items"]] == [1, 2]
    assert "orders" not in back.snapshot.rows


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"", "no CloudEvent"),
        (b"{", "no CloudEvent"),
        (b"\xff\xfe", "no CloudEvent"),
        (b'{"id":"1","source":"s","type":"twin.draw","time":"2020-01-01T00:00:00Z","data":{}}', "specversion"),
        (encode_record(RECORDS[0], START).replace(b"twin.stimulus", b"twin.other"), "type must be one of"),
        (encode_record(RECORDS[0], START).replace(b"CancelOrder", b"CancelIt"), "no twin.stimulus"),
        (encode_record(RECORDS[0], START).replace(b"2026-", b"2026/"), "no time of RFC 3339"),
        (encode_record(RECORDS[0], START).replace(b'Z"', b'"'), "without offset"),
    ],
)
def test_what_is_no_line_is_refused_in_words(line: bytes, says: str):
    with pytest.raises(WireError, match=says):
        decode_record(line, START)


def test_a_newer_header_is_refused():
    line = encode_header(Header(made_by="x", start=0)).replace(b'"schema_version":1', b'"schema_version":2')
    with pytest.raises(WireError, match="schema_version must be 1"):
        decode_header(line)


def test_times_keep_their_microseconds():
    assert wall_of(text_of(START + 1)) == START + 1
    assert wall_of("2026-03-03T02:00:00.5+02:00") == START + 500_000
