"""What the mapping language says beyond one table of lines: joins, lists, codes, steps, repeats, privacy."""

import json
from zoneinfo import ZoneInfo

import pytest

from twin.connectivity import Held, Mapping, Reader, Report, parse_mapping
from twin.errors import HistoryError, ScenarioError
from twin.model import business

HOUR = 3_600_000_000
MARCH_7 = 1_299_456_000_000_000
"""2011-03-07 00:00 UTC."""


def mapping(**parts: object) -> Mapping:
    whole: dict[str, object] = {
        "mapping_version": 1,
        "name": {"id": "small", "version": "1"},
        "source": {"format": "csv"},
        "clock": {"zone": "UTC", "formats": ["%Y-%m-%d %H:%M"]},
        **parts,
    }
    return parse_mapping(whole, zones=ZoneInfo)


def read(text: str, using: Mapping, **joined: str) -> tuple[list[business.Business], Report]:
    files = {name: Held([content.encode()], f"{name}.csv") for name, content in joined.items()}
    reader = Reader(Held([text.encode()], "file"), using, joined=files)
    return [told.fact for told in reader], reader.report()


TIME = {"column": "at", "type": "time"}
PLACED = {"type": "OrderPlaced", "order": "order", "at": "at"}


def test_rows_of_a_second_file_are_lines_and_steps_have_columns_of_their_own():
    wide = mapping(
        joins={
            "items": {"file": "items.csv", "on": {"order": "no"}, "many": True},
            "people": {"file": "people.csv", "on": {"who": "id"}},
        },
        columns={
            "order": "order",
            "name": {"column": "people.name", "optional": True},
            "at": TIME,
            "sent": {"column": "sent", "type": "time", "optional": True},
            "paid": {"column": "paid", "type": "time", "optional": True},
        },
        refuse=[{"class": "without_items", "when": {"items": {"empty": True}}}],
        events=[
            {
                **PLACED,
                "customer": "name",
                "lines": {
                    "from": "items",
                    "by": ["sku"],
                    "item": "sku",
                    "quantity": {"count": "rows"},
                    "price": {"column": "price", "type": "decimal", "currency": "EUR"},
                },
            },
            {"type": "PaymentCaptured", "order": "order", "at": "paid"},
            {"type": "ShipmentHandedOver", "order": "order", "at": "sent"},
        ],
    )
    facts, report = read(
        "order,who,at,paid,sent\n"
        "1,a,2011-03-07 09:00,2011-03-07 11:00,2011-03-07 10:00\n"
        "2,b,2011-03-07 09:00,,\n"
        "3,c,2011-03-07 09:00,,\n",
        wide,
        items="no,sku,price\n1,X,1.50\n2,Y,2\n1,X,1.50\n1,Z,3\n9,X,1\n",
        people="id,name\na,Ann\nd,Dan\n",
    )
    line = business.OrderedItem
    assert facts == [
        business.OrderPlaced(order="1", customer="Ann", lines=(line("X", 2, 150), line("Z", 1, 300))),
        business.PaymentCaptured(order="1"),
        business.ShipmentHandedOver(order="1"),
        business.OrderPlaced(order="2", lines=(line("Y", 1, 200),)),
    ]
    assert [(each.name, each.count, each.first) for each in report.refused] == [("without_items", 1, ("4",))]
    notes = dict(report.notes)
    assert notes["out_of_sequence: ShipmentHandedOver before PaymentCaptured"] == 1
    assert (notes["step_absent: PaymentCaptured"], notes["step_absent: ShipmentHandedOver"]) == (1, 1)
    assert (notes["rows of items that belong to no row"], notes["rows of people that belong to no row"]) == (1, 1)


def test_one_row_an_event_with_its_type_in_a_column():
    typed = mapping(
        columns={"order": "order", "what": "what", "at": TIME},
        events=[
            {
                "type": {
                    "column": "what",
                    "map": {
                        "Cancel": "OrderCancelled",
                        "Deliver": "ShipmentDelivered",
                        "Test": "refuse test_rows",
                        "*": "refuse unknown_activity",
                    },
                },
                "order": "order",
                "at": "at",
            }
        ],
    )
    rows = "".join(
        f"{n},{what},2011-03-07 09:00\n" for n, what in enumerate(("Cancel", "Deliver", "Test", "Fly", "Fly"))
    )
    facts, report = read("order,what,at\n" + rows, typed)
    assert facts == [business.OrderCancelled(order="0"), business.ShipmentDelivered(order="1")]
    assert {each.name: each.count for each in report.refused} == {"test_rows": 1, "unknown_activity": 2}


def test_elements_of_a_list_make_lines_or_events_each_and_may_ask_the_row():
    nested = mapping(
        source={"format": "json", "rows": "$.docs[*]"},
        clock={"zone": "UTC", "formats": ["epoch_ms"]},
        columns={"order": "no", "at": {"path": "at", "type": "time"}, "site": "$.site", "kind": "kind"},
        events=[
            {
                **PLACED,
                "when": {"kind": {"equals": "order"}},
                "lines": {"from": "lines[?ok=true]", "item": "sku", "quantity": "qty", "site": {"row": "site"}},
            },
            {
                "type": "StockAdjusted",
                "when": {"kind": {"equals": "count"}},
                "each": "lines",
                "at": "at",
                "item": "sku",
                "place": {"row": "site"},
                "change": {"path": "qty", "negate": True},
            },
        ],
    )
    lines = [{"sku": "X", "qty": 2, "ok": True}, {"sku": "Y", "qty": 1, "ok": False}]
    docs = [
        {"no": "1", "at": MARCH_7 // 1000, "kind": "order", "lines": lines},
        {"no": "2", "at": MARCH_7 // 1000, "kind": "count", "lines": lines},
        {"no": "3", "at": MARCH_7 // 1000, "kind": "order", "lines": []},
    ]
    facts, report = read(json.dumps({"site": "east", "docs": docs}), nested)
    assert facts == [
        business.OrderPlaced(order="1", lines=(business.OrderedItem("X", 2, None, "east"),)),
        business.StockAdjusted(item="X", place="east", change=-2),
        business.StockAdjusted(item="Y", place="east", change=-1),
    ]
    assert [(each.name, each.first) for each in report.refused] == [("no_lines", (f"1:$.docs[{2}]",))]


NUMBERS = mapping(
    source={
        "format": "csv",
        "delimiter": ";",
        "decimal": ",",
        "thousands": ".",
        "negative": ["leading", "trailing", "brackets"],
    },
    clock={"zone": "Europe/Berlin", "formats": ["%d.%m.%y %H:%M", "%d.%m.%y"], "pivot": 1970},
    columns={
        "item": {"column": "item", "take": "Art\\. ([0-9]+).*"},
        "n": {"column": "n", "type": "integer"},
        "at": {"columns": ["day", "hour"], "join": " ", "type": "time"},
        "why": {"column": "why", "map": {"B": "BROKEN", "L": "LOST"}, "on_missing": "refuse unknown_reason"},
        "unit": {"column": "unit", "case": "upper", "optional": True},
        "worth": {"column": "worth", "type": "decimal", "optional": True},
        "place": {"const": "main"},
    },
    note=[{"class": "dear", "when": {"worth": {"above": "1000.5"}}}],
    refuse=[{"class": "in_cases", "when": {"unit": {"in": ["CS", "PAL"]}}}],
    events=[{"type": "StockAdjusted", "at": "at", "item": "item", "place": "place", "change": "n", "reason": "why"}],
)


def of_units(*note: dict[str, object], **columns: object) -> Mapping:
    """Return a mapping of orders whose units and payments stand in joined files."""
    return mapping(
        joins={
            "units": {"file": "units.csv", "on": {"order": "no"}, "many": True},
            "payments": {"file": "payments.csv", "on": {"order": "no"}, "many": True},
        },
        columns={"order": "order", "at": TIME, **columns},
        note=list(note),
        events=[
            {
                **PLACED,
                "lines": {"from": "units", "by": ["sku", "by"], "item": "sku", "quantity": {"count": "rows"}},
            }
        ],
    )


ORDERS = "order,at\n1,2011-03-07 09:00\n2,2011-03-07 10:00\n3,2011-03-07 11:00\n"
UNITS = (
    "no,sku,by,until,price,freight\n"
    "1,A,x,2011-03-07 08:00,1.10,0.20\n1,A,x,2011-03-07 08:30,1.10,0.20\n1,A,y,2011-03-07 09:00,1,\n"
    "2,A,x,2011-03-07 10:01,2.00,1\n2,B,x,,2.00,1\n"
    "3,C,x,2011-03-07 10:59,5,0\n"
)
PAYMENTS = "no,value\n1,3.00\n1,0.60\n2,5.99\n3,4.98\n"
UNTIL = {"column": "units.until", "type": "time", "optional": True}
EURO = {"type": "decimal", "currency": "EUR", "sum": True}
DUE, PAID = {"columns": ["units.price", "units.freight"], **EURO}, {"column": "payments.value", **EURO}


def test_values_of_joined_rows_are_counted_each_compared_and_summed():
    using = of_units(
        {"class": "late units", "each": "until", "when": {"until": {"below": "at"}}},
        {"class": "orders with a late unit", "when": {"until": {"below": "at"}}},
        {"class": "several sellers", "when": {"sellers": {"several": True}}},
        {"class": "one seller", "when": {"sellers": {"several": False}}},
        {"class": "paid apart", "when": {"paid": {"apart": {"from": "due", "by": 0.01}}}},
        {"class": "not paid to the cent", "when": {"paid": {"apart": {"from": "due", "by": 0}}}},
        sellers="units.by",
        until=UNTIL,
        due=DUE,
        paid=PAID,
    )
    made, report = read(ORDERS, using, units=UNITS, payments=PAYMENTS)
    assert [len(fact.lines) for fact in made if isinstance(fact, business.OrderPlaced)] == [2, 2, 1]
    assert dict(report.notes) == {
        "elements that repeat a line of their document": 1,
        "late units": 3,
        "orders with a late unit": 2,
        "several sellers": 1,
        "one seller": 2,
        "paid apart": 1,
        "not paid to the cent": 2,
    }


def test_numbers_dates_and_codes_of_other_countries():
    facts, report = read(
        "item;n;day;hour;why;unit;worth\n"
        "Art. 007 (blue);1.200-;07.03.11;01:00;B;ea;1.000,51\n"
        "Art. 8;(3);07.03.11;;L;;\n"
        "Art. 9;4;07.03.71;01:00;L;;1.000,5\n"
        "Art. 9;4;07.03.11;01:00;X;;\n"
        "Nr. 9;4;07.03.11;01:00;L;;\n"
        "Art. 9;4;07.03.11;01:00;L;cs;\n",
        NUMBERS,
    )
    assert facts[:2] == [
        business.StockAdjusted(item="007", place="main", change=-1200, reason="BROKEN"),
        business.StockAdjusted(item="8", place="main", change=-3, reason="LOST"),
    ]
    assert {each.name: each.first for each in report.refused} == {
        "unknown_reason": ("5",),
        "bad_text": ("6",),
        "in_cases": ("7",),
    }
    assert dict(report.notes)["dear"] == 1
    assert report.mapped == 3


def test_rows_with_one_id_are_dropped_refused_or_kept():
    by_id = {"columns": {"id": "id", "order": "order", "at": TIME}}
    events = [{"type": "OrderCancelled", "order": "order", "at": "at"}]
    text = "id,order,at\n1,A,2011-03-07 09:00\n1,A,2011-03-07 09:00\n1,B,2011-03-07 09:00\n2,C,2011-03-07 09:00\n"
    _, report = read(text, mapping(**by_id, events=events, duplicates={"by": ["id"]}))
    assert {each.name: each.first for each in report.refused} == {"duplicate": ("3",), "conflicting_id": ("4",)}
    kept = {"by": ["id"], "same": "keep", "different": "keep"}
    _, report = read(text, mapping(**by_id, events=events, duplicates=kept))
    assert (report.mapped, dict(report.notes)["rows that repeat an earlier one"]) == (4, 1)


def test_lines_that_repeat_an_item_are_kept_summed_or_dropped():
    columns = {"order": "order", "at": TIME, "item": "item", "n": {"column": "n", "type": "integer"}}
    events = [{**PLACED, "lines": {"item": "item", "quantity": "n"}}]
    text = "order,at,item,n\n" + "".join(f"1,2011-03-07 09:0{n},X,{n % 2 + 1}\n" for n in range(3))
    made = {}
    for how in ("keep", "sum", "drop"):
        group = {"by": ["order"], "time": "last", "repeats": how}
        reader = Reader(Held([text.encode()]), mapping(columns=columns, events=events, group=group))
        (told,) = list(reader)
        assert told.at_us == MARCH_7 + 9 * HOUR + 2 * HOUR // 60
        assert isinstance(told.fact, business.OrderPlaced)
        made[how] = [line.quantity for line in told.fact.lines]
    assert made == {"keep": [1, 2, 1], "sum": [4], "drop": [1, 2]}


def test_a_document_closes_when_time_has_gone_by_and_makes_its_step_once():
    columns = {"order": "order", "at": TIME, "item": "item", "n": {"column": "n", "type": "integer"}}
    timed = mapping(
        columns=columns,
        group={"by": ["order"], "closes_after": {"time": "1h"}},
        events=[
            {**PLACED, "lines": {"item": "item", "quantity": "n"}},
            {"type": "PaymentCaptured", "order": "order", "at": "at"},
        ],
    )
    rows = ("1,2011-03-07 09:00,X,1", "1,2011-03-07 09:30,Y,1", "2,2011-03-07 11:00,X,1", "1,2011-03-07 11:01,X,1")
    text = "\n".join(("order,at,item,n", *rows))
    facts, report = read(text, timed)
    assert [type(fact).__name__ for fact in facts] == ["OrderPlaced", "PaymentCaptured"] * 2
    assert [(each.name, each.first) for each in report.refused] == [("group_reopened", ("5",))]


def test_rows_that_go_back_in_time_are_noted_or_refused_as_the_mapping_says():
    columns = {"order": "order", "at": TIME}
    events = [{"type": "OrderCancelled", "order": "order", "at": "at"}]
    text = "order,at\n1,2011-03-07 09:00\n2,2011-03-07 08:00\n3,2011-03-07 08:30\n"
    _, report = read(text, mapping(columns=columns, events=events))
    assert dict(report.notes) == {"rows whose time is before that of the row above": 1}
    _, report = read(text, mapping(columns=columns, events=events, order="as_read"))
    assert [(each.name, each.count) for each in report.refused] == [("time_goes_back", 2)]


def test_what_is_private_is_replaced_by_the_same_text_everywhere():
    absent = {name: {"column": name, "optional": True} for name in ("who", "city", "land", "memo")}
    columns = {"order": "order", "at": TIME, "item": "item", "n": {"column": "n", "type": "integer"}, **absent}
    events = [
        {
            **PLACED,
            "when": {"n": {"above": 0}},
            "customer": "who",
            "ship_to": {"city": "city", "country": "land"},
            "lines": {"item": "item", "quantity": "n"},
        },
        {
            "type": "StockAdjusted",
            "each": "row",
            "when": {"n": {"below": 0}},
            "at": "at",
            "item": "item",
            "change": "n",
            "reason": "memo",
        },
    ]
    text = (
        "order,at,who,city,land,memo,item,n\n"
        "1,2011-03-07 09:00,Ann,Bonn,DE,,X,1\n"
        "2,2011-03-07 09:00,Ann,Bonn,DE,,X,1\n"
        "3,2011-03-07 09:00,,,,Ann broke it,X,-1\n"
    )
    private = mapping(columns=columns, group={"by": ["order"]}, events=events, privacy={"keyed": ["order"]})
    reader = Reader(Held([text.encode()]), private, redact=lambda text: f"<{len(text)}>")
    adjusted, *orders = [told.fact for told in reader]
    assert adjusted == business.StockAdjusted(item="X", place="", change=-1, reason="<12>")
    assert (
        orders
        == [
            business.OrderPlaced(
                order="<1>",
                customer="<3>",
                ship_to={"city": "<4>", "country": "DE"},
                lines=(business.OrderedItem("X", 1),),
            )
        ]
        * 2
    )


def test_a_joined_file_without_its_column_is_an_error_that_lists_what_it_has():
    joined = mapping(
        joins={"items": {"file": "items.csv", "on": {"order": "no"}, "many": True}},
        columns={"order": "order", "at": TIME},
        events=[{**PLACED, "lines": {"from": "items", "item": "sku", "quantity": "n"}}],
    )
    with pytest.raises(
        HistoryError, match=r"items.csv:1:1: joins.items.on: no column 'no' in the file; it has number, sku"
    ):
        read("order,at\n1,2011-03-07 09:00\n", joined, items="number,sku\n1,X\n")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"source": {"format": "csv", "rows": "$.x"}}, "source.rows: unknown key; known here: format, file, encoding"),
        ({"source": {"format": "json", "rows": "$.a[x]"}}, "source.rows: is no path: cannot be read from '[x]' on"),
        ({"source": {"format": "sqlite"}}, "source: 'table' is missing: format sqlite needs it"),
        ({"columns": {"order": {"column": "o", "take": "abc"}, "at": TIME}}, "must have one group in round brackets"),
        (
            {"columns": {"order": {"path": "o", "column": "p"}, "at": TIME}},
            "columns.order: needs one of 'column', 'path'",
        ),
        ({"columns": {"order": "o", "at": {**TIME, "map": {"a": "b"}}}}, "'map' and 'case' need a text column"),
        ({"events": [{"type": "OrderStep", "order": "order", "at": "at"}]}, "events.0: 'step' is missing"),
        ({"events": [{"type": "OrderCancelled", "order": "ordr", "at": "at"}]}, "did you mean 'order'?"),
        ({"events": [{"type": "OrderCancelled", "order": "order", "at": "order"}]}, "needs a column of type time"),
        (
            {"events": [{**PLACED, "lines": {"item": "order", "quantity": "order"}}]},
            "needs 'group', or lines 'from' a list",
        ),
        (
            {"events": [{**PLACED, "lines": {"from": "order", "item": "x", "quantity": "y"}}]},
            "'order' is no join with many rows (there is none); rows of this format hold no lists",
        ),
        ({"completeness": {"order": "full"}}, "completeness.order: unknown key; did you mean 'orders'?"),
        ({"privacy": {"drop": ["order"]}}, "an event is known by 'order'; it can be keyed, not dropped"),
        ({"note": [{"class": "x", "each": "odrer", "when": {"order": {"several": True}}}]}, "did you mean 'order'?"),
        ({"refuse": [{"class": "x", "each": "order", "when": {"order": {"several": True}}}]}, "each: unknown key"),
        (
            {"columns": {"order": {"column": "o", "sum": True}, "at": TIME}},
            "sum: needs a column of numbers (this one is",
        ),
        (
            {"columns": {"order": "o", "at": TIME, "due": {"columns": ["a", "b"], "join": "-", **EURO}}},
            "columns.due.sum: adds up what columns hold; it goes with neither 'join' nor 'const'",
        ),
        (
            {
                "columns": {"order": "order", "at": TIME, "due": {"column": "due", **EURO}},
                "note": [{"class": "x", "when": {"due": {"apart": {"from": "due", "by": -1}}}}],
            },
            "apart.by: must not be negative (got -1)",
        ),
        (
            {"note": [{"class": "x", "when": {"at": {"apart": {"from": "at", "by": 1}}}}]},
            "two columns are apart if both hold numbers of one kind ('at' is time, 'at' is time)",
        ),
        ({"note": [{"class": "x", "when": {"at": {"above": "soon"}}}]}, "must be a day or time such as '2009-01-01'"),
    ],
)
def test_what_a_mapping_gets_wrong_is_said_with_what_would_be_right(parts: dict[str, object], said: str):
    good: dict[str, object] = {
        "columns": {"order": "order", "at": TIME},
        "events": [{"type": "OrderCancelled", "order": "order", "at": "at"}],
    }
    mapping(**good)
    with pytest.raises(ScenarioError) as caught:
        mapping(**{**good, **parts})
    assert any(said in str(problem) for problem in caught.value.problems), [str(p) for p in caught.value.problems]
