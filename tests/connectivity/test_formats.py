"""Every format gives its records with their places, within its bounds, and refuses what it should not read."""

import json
from collections.abc import Iterable

import pytest

from twin.connectivity import Held
from twin.connectivity.formats.choice import rows_of
from twin.connectivity.mapping import Source, Width
from twin.connectivity.rows import Limits, MemoryShelf, Row
from twin.errors import HistoryError

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<log><event>&b;</event></log>"
)
EXTERNAL = b'<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]><log><event>&x;</event></log>'


def read(content: bytes | Iterable[bytes], limits: Limits = Limits(), **source: object) -> list[Row]:  # noqa: B008
    held = Held([content] if isinstance(content, bytes) else content, "file")
    return list(rows_of(held, Source(**source), limits, MemoryShelf()).rows)  # type: ignore[arg-type]  # a shorthand


def blocks(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


NESTED = b"""{"sender": "A", "skipped": {"deep": [[1, {"x": "}]"}]]},
 "groups": [{"site": "east", "orders": [{"no": 1, "price": 1.10}, {"no": 2, "price": 2e1}]},
            {"site": "west", "orders": []},
            {"site": "north", "orders": [{"no": 3, "price": null}]}],
 "after": 1}
"""


@pytest.mark.parametrize("size", [1, 3, 64, 4096])
def test_a_nested_document_is_walked_to_its_records_in_blocks_of_any_size(size: int):
    rows = read(blocks(NESTED, size), format="json", rows="$.groups[*].orders[*]")
    assert [(row.number, row.place, row.value and row.value["no"]) for row in rows] == [
        (1, "2:$.groups[0].orders[0]", 1),
        (2, "2:$.groups[0].orders[1]", 2),
        (3, "4:$.groups[2].orders[0]", 3),
    ]
    assert [row.value["price"] for row in rows if row.value] == ["1.10", "2e1", None]  # never a float
    assert [row.value["$"] for row in rows if row.value] == [
        {"sender": "A", "site": site} for site in ("east", "east", "north")
    ]


def test_records_under_their_ids_and_picked_by_a_field_are_records_too():
    by_id = json.dumps({"orders": {"A1": {"qty": 1}, "A2": {"qty": 2}}}).encode()
    assert [row.value for row in read(by_id, format="json", rows="$.orders[*]")] == [
        {"qty": 1, "$": {"@key": "A1"}},
        {"qty": 2, "$": {"@key": "A2"}},
    ]
    picked = json.dumps([{"t": "x", "n": 1}, {"t": "y", "n": 2}]).encode()
    assert [row.value for row in read(picked, format="json", rows="$[?t=y]")] == [{"t": "y", "n": 2}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "file:1:1: the file is empty; expected JSON"),
        (b'{"a": 1', "the file ends in the middle of a value"),
        (b'{"rows": [{"a": 1}, {"a": }]}', "file:1:27: is not JSON: Expecting value"),
        (b'{"rows": [{"a": 1} {"b": 1}]}', "file:1:20: expected ',' or ']'"),
        (b'{"rows": [{"a": "\xff"}]}', "is no UTF-8 text (byte 18 of the file)"),
        (b'{"lines": [1]}', "nothing lies at rows $.rows[*]; at the top of the file there is lines"),
        (b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b', "rows": []}', "is nested deeper than 32 levels"),
        (b'{"rows": [' + b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_broken_document_is_said_with_its_place(content: bytes, said: str):
    with pytest.raises(HistoryError) as caught:
        read(content, format="json", rows="$.rows[*]")
    assert said in str(caught.value)
    assert str(caught.value).startswith("file:")


def test_a_record_beyond_the_limits_costs_itself_alone():
    rows = [{"a": "x"}, {"a": {"b": {"c": {"d": 1}}}}, {"a": "x" * 100}, 7, {"a": "y"}]
    found = read(json.dumps(rows).encode(), Limits(field_bytes=50, depth=3), format="json", rows="$[*]")
    assert [row.bad for row in found] == ["", "over_limit", "over_limit", "not_a_record", ""]


def test_a_broken_line_of_json_lines_costs_itself_alone():
    lines = b'\xef\xbb\xbf{"a": 1}\n\n{"a": \n{"a": "\xff"}\n[1]\n{"a": [[[[1]]]]}\n{"a": 2}'
    found = read(lines, Limits(depth=3), format="jsonl")
    assert [(row.place, row.bad) for row in found] == [
        ("1", ""),
        ("2", ""),
        ("3", "bad_json"),
        ("4:8", "bad_encoding"),
        ("5", "not_a_record"),
        ("6", "over_limit"),
        ("7", ""),
    ]
    inside = read(b'{"o": [{"a": 1}, {"a": 2}]}\n{"o": [{"a": 3}]}\n', format="jsonl", rows="$.o[*]")
    assert [(row.number, row.place, row.value) for row in inside] == [
        (1, "1", {"a": 1}),
        (2, "1", {"a": 2}),
        (3, "2", {"a": 3}),
    ]


@pytest.mark.parametrize("form", ["xml", "xes", "ocel-xml", "epcis"])
@pytest.mark.parametrize("content", [BOMB, EXTERNAL])
def test_a_document_type_is_refused_before_anything_of_it_is_read(form: str, content: bytes):
    with pytest.raises(HistoryError, match=r"file:1:\d+: has a document type \(DTD\); such files are not read"):
        read(content, format=form, rows="event" if form == "xml" else "events")


def test_elements_of_xml_are_records_with_attributes_children_and_text():
    content = b"""<Orders xmlns:c="urn:c" site="east"><Head><Sender>A</Sender></Head>
      <Order no="1"><c:Line sku="X"><Qty>2</Qty></c:Line><Line sku="Y">odd<Qty>3</Qty></Line></Order>
      <Order no="2"><Line sku="Z"><Qty>1</Qty></Line></Order></Orders>"""
    first, second = read(blocks(content, 7), format="xml", rows="$.Orders.Order")
    assert (first.place, second.place) == ("2:7", "3:7")
    assert first.value == {
        "@no": "1",
        "Line": [{"@sku": "X", "Qty": "2"}, {"@sku": "Y", "Qty": "3", "#text": "odd"}],
        "$": {"Orders": {"@site": "east"}},
        "@element": "Order",
    }
    around = {"Orders": {"@site": "east"}}
    assert second.value == {"@no": "2", "Line": {"@sku": "Z", "Qty": "1"}, "$": around, "@element": "Order"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "file:1:1: the file is empty; expected XML"),
        (b"<log><event></log>", "file:1:15: is not XML: mismatched tag"),
        (b"<log><event>", "is not XML: no element found"),
        (b"<log>\xff</log>", "is not XML: not well-formed (invalid token)"),
        (b"<log/>", "there is no element 'event' in the file"),
        (b"<a>" * 100 + b"</a>" * 100, "is nested deeper than 32 levels"),
    ],
)
def test_broken_xml_is_said_with_its_place(content: bytes, said: str):
    with pytest.raises(HistoryError) as caught:
        read(content, format="xml", rows="event")
    assert said in str(caught.value)


def test_an_event_of_xes_knows_its_trace_and_nested_attributes():
    content = b"""<log><trace><string key="concept:name" value="T1"/>
      <event><string key="concept:name" value="pick"/>
        <string key="cost" value="5"><string key="unit" value="EUR"/></string>
        <list key="tags"><values><string key="t" value="a"/><string key="t" value="b"/></values></list></event>
      </trace><trace><event><date key="time:timestamp" value="2020-01-01"/></event></trace></log>"""
    first, second = read(content, format="xes")
    assert first.value == {
        "concept:name": "pick",
        "cost": "5",
        "cost/unit": "EUR",
        "tags": ["a", "b"],
        "trace": {"concept:name": "T1"},
    }
    assert second.value == {"time:timestamp": "2020-01-01", "trace": {}}


def test_cloud_events_are_read_by_line_and_as_a_batch_and_must_be_whole():
    good = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "data": {"x": 1}}
    lines = f"{json.dumps(good)}\n{json.dumps({**good, 'id': ''})}\n".encode()
    assert [(row.value or {}).get("id") or row.bad for row in read(lines, format="cloudevents")] == [
        "1",
        "invalid_event",
    ]
    batch = json.dumps([good, {"id": "2"}], indent=1).encode()
    assert [row.bad for row in read(batch, format="cloudevents")] == ["", "invalid_event"]


def test_an_epcis_event_is_made_plain_whatever_its_form():
    event = {
        "type": "ObjectEvent",
        "eventTime": "2020-03-04T11:00:30.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "urn:epcglobal:cbv:bizstep:shipping",
        "epcList": ["urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:id:sgtin:0614141.107346.2018"],
        "bizTransactionList": [{"type": "urn:epcglobal:cbv:btt:po", "bizTransaction": "po/1"}],
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998", "quantity": 200, "uom": "KGM"}],
    }
    as_xml = b"""<EPCISDocument><EPCISBody><EventList><ObjectEvent>
      <eventTime>2020-03-04T11:00:30.000+01:00</eventTime><eventTimeZoneOffset>+01:00</eventTimeZoneOffset>
      <epcList><epc>urn:epc:id:sgtin:0614141.107346.2017</epc><epc>urn:epc:id:sgtin:0614141.107346.2018</epc></epcList>
      <action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
      <bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:po">po/1</bizTransaction></bizTransactionList>
      <extension><quantityList><quantityElement><epcClass>urn:epc:class:lgtin:4012345.012345.998</epcClass>
        <quantity>200</quantity><uom>KGM</uom></quantityElement></quantityList></extension>
      </ObjectEvent></EventList></EPCISBody></EPCISDocument>"""
    document = {"@context": [], "type": "EPCISDocument", "epcisBody": {"eventList": [event]}}
    (of_json,) = read(json.dumps(document).encode(), format="epcis")
    (of_xml,) = read(as_xml, format="epcis")
    assert of_json.value == of_xml.value
    assert of_json.value is not None
    assert of_json.value["bizStep"] == "shipping"
    assert of_json.value["items"] == [
        {"item": "0614141.107346", "quantity": "2"},
        {"item": "4012345.012345", "quantity": "200", "uom": "KGM"},
    ]
    for missing in ("eventTime", "eventTimeZoneOffset", "action"):
        document["epcisBody"] = {"eventList": [{key: value for key, value in event.items() if key != missing}]}
        assert [row.bad for row in read(json.dumps(document).encode(), format="epcis")] == ["invalid_event"]
    with pytest.raises(HistoryError, match="is no EPCIS document: it has no @context"):
        read(json.dumps({"epcisBody": {"eventList": [event]}}).encode(), format="epcis")


OCEL_XML = b"""<log><objects>
  <object id="o1" type="order"><attributes>
    <attribute name="qty" time="2020-01-01T00:00:00Z">5</attribute>
    <attribute name="qty" time="2020-01-03T00:00:00Z">7</attribute></attributes></object>
  <object id="east" type="place"/></objects>
  <events><event id="e1" type="place order" time="2020-01-02T00:00:00Z"><attributes><attribute name="by">Ann</attribute>
    </attributes><objects><relationship object-id="o1" qualifier="new"/></objects></event>
    <event id="e2" type="pick" time="2020-01-04T00:00:00Z"><objects><relationship object-id="o1" qualifier=""/>
    </objects></event>
    <event id="e3" type="pick" time="2020-01-04T00:00:00Z"><objects><relationship object-id="x" qualifier=""/>
    </objects></event></events>
  <quantity-extension><operations><operation event-id="e2" object-id="east"><item type="A">-2.0</item>
    <item type="B">-1.0</item></operation></operations>
    <quantities><quantity object-id="east" type="A">9.0</quantity></quantities></quantity-extension></log>"""
OCEL_JSON = json.dumps(
    {
        "objects": [
            {
                "id": "o1",
                "type": "order",
                "attributes": [
                    {"name": "qty", "time": "2020-01-01T00:00:00Z", "value": "5"},
                    {"name": "qty", "time": "2020-01-03T00:00:00Z", "value": "7"},
                ],
            },
            {"id": "east", "type": "place"},
        ],
        "events": [
            {
                "id": "e1",
                "type": "place order",
                "time": "2020-01-02T00:00:00Z",
                "attributes": [{"name": "by", "value": "Ann"}],
                "relationships": [{"objectId": "o1", "qualifier": "new"}],
            },
            {
                "id": "e2",
                "type": "pick",
                "time": "2020-01-04T00:00:00Z",
                "relationships": [{"objectId": "o1", "qualifier": ""}],
            },
            {
                "id": "e3",
                "type": "pick",
                "time": "2020-01-04T00:00:00Z",
                "relationships": [{"objectId": "x", "qualifier": ""}],
            },
        ],
        "quantityExtension": {
            "operations": [
                {"eventId": "e2", "objectId": "east", "type": "A", "quantity": -2.0},
                {"eventId": "e2", "objectId": "east", "type": "B", "quantity": -1.0},
            ],
            "quantities": [{"objectId": "east", "type": "A", "quantity": 9.0}],
        },
    }
).encode()


@pytest.mark.parametrize(("form", "content"), [("ocel-xml", OCEL_XML), ("ocel-json", OCEL_JSON)])
def test_an_event_of_ocel_has_its_objects_as_they_stood_and_what_it_moved(form: str, content: bytes):
    first, second, third = read(content, format=form, rows="events")
    order = {"id": "o1", "type": "order"}
    assert first.value == {
        "id": "e1",
        "type": "place order",
        "time": "2020-01-02T00:00:00Z",
        "attributes": {"by": "Ann"},
        "objects": [{**order, "qualifier": "new", "attributes": {"qty": "5"}}],
        "quantities": [],
    }
    assert second.value is not None
    assert second.value["objects"] == [{**order, "qualifier": "", "attributes": {"qty": "7"}}]
    assert second.value["quantities"] == [
        {"object": "east", "item": "A", "quantity": "-2.0"},
        {"object": "east", "item": "B", "quantity": "-1.0"},
    ]
    assert third.bad == "unknown_object"
    (stock,) = read(content, format=form, rows="quantities")
    assert stock.value == {"object": "east", "object_type": "place", "item": "A", "quantity": "9.0"}
    assert [row.value and row.value["id"] for row in read(content, format=form, rows="objects")] == ["o1", "east"]


def test_fields_of_a_fixed_width_may_end_early():
    widths = (Width(name="item", start=0, end=4), Width(name="qty", start=4, end=8))
    rows = read(b"A1    12\r\nB2\n\n", format="fixed", widths=widths, header=False)
    assert [row.value for row in rows] == [{"item": "A1  ", "qty": "  12"}, {"item": "B2", "qty": ""}, None]


def test_a_table_without_header_has_numbered_columns_and_one_that_names_a_column_twice_is_refused():
    rows = read(b"a;1\nb;2\n", format="csv", delimiter=";", header=False)
    assert [row.value for row in rows] == [{"1": "a", "2": "1"}, {"1": "b", "2": "2"}]
    with pytest.raises(HistoryError, match="the header names 'a' twice"):
        read(b"a,b,a\n1,2,3\n", format="csv")
