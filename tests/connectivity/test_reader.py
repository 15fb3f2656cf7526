"""What becomes of every record of a foreign table, and of the stamps at clock changes."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scenarios.containers import FileContainer
from scenarios.mappings import load_mapping
from twin.connectivity import Held, Mapping, Reader, Report, Told, parse_mapping
from twin.errors import HistoryError
from twin.model.business import OrderedItem, OrderPlaced, ReturnRegistered, StockAdjusted

DATA = Path(__file__).parents[2] / "scenarios" / "data"
WHOLE_SET = Path(__file__).parents[3] / "shared" / "data" / "online-retail" / "invoice-lines-2010-12_2011-07.csv.gz"
HEADER = "doc,sku,qty,at,price,who\n"


def document(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "mapping_version": 1,
        "name": {"id": "small", "version": "1"},
        "source": {"format": "csv", "blank": ["NA"]},
        "clock": {"zone": "Europe/London", "formats": ["%Y-%m-%d %H:%M"], "resolution": "1m"},
        "columns": {
            "doc": "doc",
            "sku": {"column": "sku", "case": "keep"},
            "qty": {"column": "qty", "type": "integer"},
            "at": {"column": "at", "type": "time"},
            "price": {"column": "price", "type": "decimal", "currency": "GBP", "optional": True},
            "who": {"column": "who", "optional": True, "drop_suffix": ".0"},
        },
        "refuse": [{"class": "fee", "when": {"sku": {"matches": "POST|M"}}}],
        "group": {"by": ["doc"], "closes_after": {"rows": 3}},
        "events": [
            {
                "type": "OrderPlaced",
                "when": {"doc": {"matches": "[0-9]+"}, "qty": {"above": 0}},
                "order": "doc",
                "at": "at",
                "customer": "who",
                "lines": {"item": "sku", "quantity": "qty", "price": "price"},
            },
            {
                "type": "ReturnRegistered",
                "when": {"doc": {"matches": "C[0-9]+"}},
                "document": "doc",
                "order": "none",
                "at": "at",
                "lines": {"item": "sku", "quantity": {"column": "qty", "negate": True}},
            },
            {
                "type": "StockAdjusted",
                "each": "row",
                "when": {"doc": {"matches": "[0-9]+"}, "qty": {"below": 0}},
                "at": "at",
                "item": "sku",
                "place": {"const": "main"},
                "change": "qty",
                "reason": {"const": "WRITE_OFF"},
            },
        ],
    }
    return {**whole, **changes}


def mapping(**changes: object) -> Mapping:
    return parse_mapping(document(**changes), zones=ZoneInfo)


def read(blocks: Iterable[bytes] | str, using: Mapping | None = None) -> tuple[list[Told], Report]:
    raw = [blocks.encode()] if isinstance(blocks, str) else blocks
    reader = Reader(Held(raw), using or mapping())
    return list(reader), reader.report()


def lines_of(told: Told) -> list[tuple[str, int, int | None]]:
    assert isinstance(told.fact, OrderPlaced)
    return [(line.item, line.quantity, line.price) for line in told.fact.lines]


def refused(report: Report) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {refusal.name: (refusal.count, refusal.first) for refusal in report.refused}


def test_one_invoice_makes_an_order_of_its_positive_lines_and_adjustments_of_its_negative_ones() -> None:
    made, report = read(
        HEADER
        + "1,A,2,2011-03-07 09:00,1.25,17850.0\n"
        + "1,B,-3,2011-03-07 09:00,0,\n"
        + "1,A,1,2011-03-07 09:01,1.20,17850.0\n"
        + "C9,A,-2,2011-03-07 10:00,1.25,NA\n"
    )
    nine = 1_299_488_400_000_000
    two, one, back = OrderedItem("A", 2, 125), OrderedItem("A", 1, 120), OrderedItem("A", 2)
    assert made == [
        Told(nine, 3, 1, StockAdjusted(item="B", change=-3, place="main", reason="WRITE_OFF")),
        Told(nine, 2, 1, OrderPlaced(order="1", customer="17850", lines=(two, one))),
        Told(nine + 3_600_000_000, 5, 1, ReturnRegistered(document="C9", lines=(back,))),
    ]
    assert (report.rows, report.mapped, report.refused_rows, report.empty) == (4, 4, 0, 0)
    assert dict(report.notes) == {
        "lines that repeat an item of their document": 1,
        "documents whose rows have several times": 1,
        "values of price that are zero": 1,
        "rows whose time is that of the row above": 1,
        "values of who that are absent": 2,
    }


def test_every_record_ends_in_one_class_with_the_line_where_it_begins() -> None:
    made, report = read(
        HEADER
        + "1,A,2,2011-03-07 09:00,1.25,\n"
        + "1,POST,x,never,?,\n"
        + "\n"
        + ",,,,,\n"
        + "1,A\n"
        + "1,A,2.5,2011-03-07 09:00,1.25,\n"
        + "1,A,2,2011-03-32 09:00,1.25,\n"
        + "1,A,2,2011-03-07 09:00,cheap,\n"
        + "1,A,0,2011-03-07 09:00,1,\n"
        + "C1,A,2,2011-03-07 09:00,1,\n"
        + "X1,A,2,2011-03-07 09:00,1,\n"
        + ",A,2,2011-03-07 09:00,1,\n"
    )
    assert len(made) == 1
    assert report.rows == 12
    assert report.empty == 2
    assert refused(report) == {
        "fee": (1, ("3",)),
        "wrong_field_count": (1, ("6",)),
        "bad_integer": (1, ("7",)),
        "bad_time": (1, ("8",)),
        "bad_decimal": (1, ("9",)),
        "no_event": (
            2,
            (
                "10",
                "12",
            ),
        ),
        "bad_quantity": (1, ("11",)),
        "missing_value": (1, ("13",)),
    }
    assert report.explain()[0] == "12 rows: 1 mapped, 9 refused, 2 empty"


def test_a_document_that_comes_back_after_it_was_handed_on_is_refused() -> None:
    row = ",A,1,2011-03-07 09:00,1,\n"
    made, report = read(HEADER + "1" + row + "2" + row * 1 + "3" + row + "4" + row + "5" + row + "1" + row)
    assert [told.fact.order for told in made if isinstance(told.fact, OrderPlaced)] == ["1", "2", "3", "4", "5"]
    assert refused(report) == {"group_reopened": (1, ("7",))}


def test_line_ends_of_any_kind_and_a_byte_order_mark_read_alike_in_blocks_of_any_size() -> None:
    rows = [HEADER.strip(), "1,A,1,2011-03-07 09:00,1,", "2,A,1,2011-03-07 09:00,1,"]
    expected = read("\n".join(rows))[0]
    for end in ("\n", "\r\n", "\r"):
        raw = b"\xef\xbb\xbf" + end.join(rows).encode()
        for size in (1, 7, 4096):
            blocks = [raw[start : start + size] for start in range(0, len(raw), size)]
            assert read(blocks)[0] == expected


def test_a_quoted_field_may_hold_the_delimiter_and_line_ends_and_lines_are_counted_through_it() -> None:
    made, report = read(HEADER + '1,"A,\n1",1,2011-03-07 09:00,1,\n1,A,x,2011-03-07 09:00,1,\n')
    assert lines_of(made[0]) == [("A,\n1", 1, 100)]
    assert refused(report) == {"bad_integer": (1, ("4",))}


def test_bytes_that_are_no_text_and_broken_quotes_cost_one_record_each() -> None:
    good = b"1,A,1,2011-03-07 09:00,1,\n"
    made, report = read([HEADER.encode(), good, b"1,\xff,1,2011-03-07 09:00,1,\n", b'1,"A"B,1,x,1,\n', good, b'1,"A,1'])
    assert len(lines_of(made[0])) == 2
    assert refused(report) == {
        "bad_encoding": (1, ("3:3",)),
        "bad_quotes": (
            2,
            (
                "4",
                "6",
            ),
        ),
    }


def test_limits_refuse_what_lies_beyond_them() -> None:
    row = "1,A,1,2011-03-07 09:00,1,\n"
    _, report = read(HEADER + row * 4, mapping(limits={"lines_per_order": 3}))
    assert refused(report) == {"over_limit": (1, ("5",))}
    _, report = read(HEADER + row.replace("A", "A" * 40), mapping(limits={"field_bytes": 32}))
    assert refused(report) == {"over_limit": (1, ("2",))}
    _, report = read(HEADER + row.replace("A", "A" * 200_000))
    assert refused(report) == {"over_limit": (1, ("2",))}


@pytest.mark.parametrize(
    ("choice", "stamp", "utc_hour"),
    [
        ({"skipped_hour": "later"}, "2011-03-27 01:30", "01:30"),
        ({"skipped_hour": "earlier"}, "2011-03-27 01:30", "00:30"),
        ({"ambiguous": "earlier"}, "2011-10-30 01:30", "00:30"),
        ({"ambiguous": "later"}, "2011-10-30 01:30", "01:30"),
    ],
)
def test_the_mapping_decides_hours_that_clocks_skip_or_repeat(
    choice: dict[str, str], stamp: str, utc_hour: str
) -> None:
    clock = {"zone": "Europe/London", "formats": ["%Y-%m-%d %H:%M"], **choice}
    made, report = read(HEADER + f"1,A,1,{stamp},1,\n", mapping(clock=clock))
    utc = {"zone": "UTC", "formats": ["%Y-%m-%d %H:%M"]}
    expected, _ = read(HEADER + f"1,A,1,{stamp[:10]} {utc_hour},1,\n", mapping(clock=utc))
    assert made == expected
    stamps = {note: count for note, count in report.notes if note.startswith("stamps in the hour")}
    assert list(stamps.values()) == [1]


def test_clock_changes_and_times_out_of_range_can_be_refused() -> None:
    clock = {"zone": "Europe/London", "formats": ["%Y-%m-%d %H:%M"], "ambiguous": "refuse", "skipped_hour": "refuse"}
    rows = [
        f"1,A,1,{at},1,\n" for at in ("2011-03-27 01:30", "2011-10-30 01:30", "2012-01-01 00:00", "2011-06-01 12:00")
    ]
    _, report = read(HEADER + "".join(rows), mapping(clock={**clock, "between": ["2011-01-01", "2012-01-01"]}))
    assert refused(report) == {
        "skipped_time": (1, ("2",)),
        "ambiguous_time": (1, ("3",)),
        "time_out_of_range": (1, ("4",)),
    }
    assert report.mapped == 1


def test_an_offset_in_the_stamp_beats_the_zone() -> None:
    clock = {"zone": "Europe/London", "formats": ["%Y-%m-%d %H:%M", "iso"]}
    made, _ = read(HEADER + "1,A,1,2011-03-07T09:00+02:00,1,\n1,A,1,2011-03-07 07:00,1,\n", mapping(clock=clock))
    assert made[0].at_us == 1_299_481_200_000_000


def test_money_is_rounded_half_up_to_minor_units_and_that_is_noted() -> None:
    made, report = read(HEADER + "1,A,1,2011-03-07 09:00,0.005,\n1,B,1,2011-03-07 09:00,0.004,\n")
    assert [price for _, _, price in lines_of(made[0])] == [1, 0]
    assert dict(report.notes)["values of price rounded half up to minor units"] == 2


def test_a_missing_column_is_an_error_that_lists_what_the_file_has() -> None:
    with pytest.raises(
        HistoryError, match=r"sales.csv:1:1: columns.at: no column 'at' in the file; it has doc, sku, when"
    ):
        list(Reader(Held([b"doc,sku,when,qty\n"], "sales.csv"), mapping()))


@pytest.mark.parametrize("raw", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_error(raw: bytes) -> None:
    with pytest.raises(HistoryError, match="the file is empty"):
        list(Reader(Held([raw]), mapping()))


def test_a_gzip_file_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes((DATA / "online_retail_excerpt.csv.gz").read_bytes()[:100_000])
    with pytest.raises(HistoryError, match=r"cut.csv.gz: the gzip file is cut off"):
        list(Reader(FileContainer(cut), load_mapping(DATA / "online_retail.yaml")))


def counts(report: Report) -> dict[str, tuple[int, int]]:
    rows = dict(report.event_rows)
    return {name: (rows[name], documents) for name, documents in report.events}


def test_the_shipped_excerpt_gives_its_counted_facts() -> None:
    reader = Reader(FileContainer(DATA / "online_retail_excerpt.csv.gz"), load_mapping(DATA / "online_retail.yaml"))
    items = {line.item for told in reader if isinstance(told.fact, OrderPlaced) for line in told.fact.lines}
    report = reader.report()
    assert (report.rows, report.mapped, report.refused_rows, report.empty) == (43_516, 43_201, 315, 0)
    assert counts(report) == {"OrderPlaced": (42_402, 1_751), "ReturnRegistered": (716, 339), "StockAdjusted": (83, 83)}
    assert [(refusal.name, refusal.count) for refusal in report.refused] == [("service_code", 315)]
    assert len(items) == 2_609


whole_set = pytest.mark.skipif(not WHOLE_SET.exists(), reason="the whole Online Retail set is not beside this checkout")


@whole_set
def test_the_whole_online_retail_set_is_mapped_to_the_last_row() -> None:
    reader = Reader(FileContainer(WHOLE_SET), load_mapping(DATA / "online_retail.yaml"))
    largest = max(line.quantity for told in reader if isinstance(told.fact, OrderPlaced) for line in told.fact.lines)
    report = reader.report()
    assert (report.rows, report.empty) == (285_421, 0)
    assert [(refusal.name, refusal.count) for refusal in report.refused] == [("service_code", 1_777)]
    assert counts(report) == {
        "OrderPlaced": (277_944, 11_485),
        "ReturnRegistered": (4_837, 2_042),
        "StockAdjusted": (863, 863),
    }
    assert largest == 74_215


@whole_set
def test_with_service_codes_the_whole_set_gives_its_published_sums() -> None:
    """The facts were counted without this reader: credits, value, repeated items, codes that differ by case."""
    everything = replace(load_mapping(DATA / "online_retail.yaml"), refuse=())
    reader = Reader(FileContainer(WHOLE_SET), everything)
    minor_units = 0
    for told in reader:
        if isinstance(told.fact, OrderPlaced | ReturnRegistered):
            sign = 1 if isinstance(told.fact, OrderPlaced) else -1
            minor_units += sign * sum(line.quantity * (line.price or 0) for line in told.fact.lines)
    report = reader.report()
    assert counts(report)["ReturnRegistered"] == (5_179, 2_276)
    assert counts(report)["StockAdjusted"] == (875, 875)
    assert minor_units == 507_925_087
    assert dict(report.notes) == {
        "rows whose time is that of the row above": 272_152,
        "values of customer that are absent": 81_030,
        "lines that repeat an item of their document": 4_438,
        "documents whose rows have several times": 36,
        "values of price that are zero": 1_666,
        "values of price rounded half up to minor units": 2,
        "values of item that differ from another by letter case alone": 93,
    }


def test_a_stamp_beyond_the_calendar_of_utc_is_refused() -> None:
    clock = {"zone": "America/New_York", "formats": ["%Y-%m-%d %H:%M"]}
    _, report = read(f"{HEADER}1,a,1,9999-12-31 23:59,1,\n2,a,1,1948-12-31 23:59,1,\n", mapping(clock=clock))
    assert (report.mapped, refused(report)) == (0, {"time_out_of_range": (2, ("2", "3"))})
    _, report = read(
        f"{HEADER}1,a,1,1948-06-01 10:00,1,\n", mapping(clock={**clock, "between": ["1940-01-01", "1950-01-01"]})
    )
    assert report.mapped == 1
