"""Whole imports from the command line's floor: databases, openings, bad files, redaction, memory, proposals."""

import gzip
import json
import sqlite3
import tracemalloc
from pathlib import Path

import duckdb
import pytest

from scenarios.imports import import_files
from scenarios.mappings import load_mapping, mapping_named, shipped_mappings
from scenarios.sniffing import sniffed
from twin.errors import HistoryError, ScenarioError, UsageError
from twin.model import business
from twin.model.history import Fact
from twin.playback.history import HistoryFile

LINES = """mapping_version: 1
name: {id: lines, version: "1"}
source: {format: csv}
clock: {zone: UTC, formats: ["%Y-%m-%d %H:%M:%S", iso]}
columns:
  order: order
  item: item
  quantity: {column: quantity, type: integer}
  at: {column: at, type: time}
  who: {column: who, optional: true}
group: {by: [order], closes_after: {rows: 50}}
events:
  - {type: OrderPlaced, order: order, at: at, customer: who, lines: {item: item, quantity: quantity}}
completeness: {orders: full}
"""
HEAD = "order,item,quantity,at,who\n"


def facts_of(file: Path) -> list[business.Business]:
    return [record.fact for _, record in HistoryFile(file) if isinstance(record, Fact)]


def mapping_file(folder: Path, text: str = LINES) -> Path:
    file = folder / "lines.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_table_is_the_same_in_text_in_parquet_and_in_a_database(tmp_path: Path):
    rows = [("1", "A", 2, "2020-01-02 03:04:05", "Ann"), ("1", "B", 1, "2020-01-02 03:04:05", None)]
    text, parquet, database = tmp_path / "a.csv", tmp_path / "a.parquet", tmp_path / "a.sqlite"
    text.write_text(HEAD + "".join(",".join(str(cell or "") for cell in row) + "\n" for row in rows), encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(
            'CREATE TABLE t ("order" VARCHAR, item VARCHAR, quantity INTEGER, "at" TIMESTAMPTZ, who VARCHAR)'
        )
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute(f"COPY t TO '{parquet}' (FORMAT parquet)")
    store = sqlite3.connect(database)
    store.execute('CREATE TABLE t ("order" TEXT, item TEXT, quantity INTEGER, at TEXT, who TEXT)')
    store.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
    store.commit()
    store.close()
    made = []
    for file, form in ((text, "csv"), (parquet, "parquet"), (database, "sqlite, table: t")):
        mapping = mapping_file(tmp_path, LINES.replace("format: csv", f"format: {form}"))
        import_files([file], mapping, tmp_path / "h.jsonl")
        made.append(facts_of(tmp_path / "h.jsonl"))
    lines = (business.OrderedItem("A", 2), business.OrderedItem("B", 1))
    assert made == [[business.OrderPlaced(order="1", customer="Ann", lines=lines)]] * 3


@pytest.mark.parametrize(
    ("name", "content", "form", "said"),
    [
        (
            "cut.csv.gz",
            gzip.compress(HEAD.encode() * 999)[:-20],
            "csv",
            "cut.csv.gz: the gzip file is cut off or broken",
        ),
        ("no.csv", b"", "csv", "no.csv:1:1: the file is empty; expected a header line"),
        ("log.xes", b"order,item\n1,2\n", "xes", "log.xes:1:1: is not XML"),
        ("log.csv", b'{"a": 1}\n', "csv", "log.csv:1:1: columns.order: no column 'order' in the file"),
        ("log.json", b"<log/>", "json", "log.json:1:1: is not JSON: Expecting value"),
        ("t.parquet", b"PAR1 no more", "parquet", "t.parquet: is no Parquet file"),
        ("t.sqlite", b"SQLite format 3\x00" + b"?" * 500, "sqlite, table: t", "t.sqlite: cannot be read as SQLite"),
        ("t.sqlite", b"PK\x03\x04", "sqlite, table: t", "t.sqlite: is no SQLite file"),
        ("t.sqlite", b"PK\x03\x04", "ocel-sqlite", "t.sqlite: is no SQLite file"),
        (
            "e.jsonl",
            b'{"specversion": "1.0"}\nnot json\n\xff\n',
            "cloudevents",
            "no row was mapped; refused: 1 invalid_event",
        ),
        ("u.csv", HEAD.encode("utf-16"), "csv", "u.csv:1:1: the header is no text in utf-8"),
    ],
)
def test_a_file_that_is_not_what_the_mapping_says_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, form: str, said: str
):
    file, folder = tmp_path / name, tmp_path / "out"
    folder.mkdir()
    file.write_bytes(content)
    with pytest.raises(HistoryError) as caught:
        import_files(
            [file], mapping_file(tmp_path, LINES.replace("format: csv", f"format: {form}")), folder / "h.jsonl"
        )
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(folder.iterdir()) == []


def test_what_is_wrong_with_single_rows_is_counted_and_the_rest_is_imported(tmp_path: Path):
    """A time in 1948, two rows of one id with other content, bytes that are no text, and an order of 10,000 lines."""
    file = tmp_path / "odd.csv"
    long = "".join(f"9,I{n},1,2020-01-02 03:04:05,\n" for n in range(10_000))
    odd = b"2,A,1,1948-01-02 03:04:05,\n3,A,1,2020-01-02 03:04:05,\n"
    odd += b"3,A,5,2020-01-02 03:04:05,\n4,\xff,1,2020-01-02 03:04:05,\n"
    file.write_bytes(HEAD.encode() + odd + long.encode())
    by_id = LINES + "duplicates: {by: [order, item]}\n"
    imported = import_files([file], mapping_file(tmp_path, by_id), tmp_path / "h.jsonl.gz")
    assert imported.lines() == {
        "time_out_of_range": ["odd.csv:2"],
        "conflicting_id": ["odd.csv:4"],
        "bad_encoding": ["odd.csv:5:3"],
    }
    assert imported.document()["rows"] == 10_004
    sizes = [len(fact.lines) for fact in facts_of(tmp_path / "h.jsonl.gz") if isinstance(fact, business.OrderPlaced)]
    assert sizes == [1, 10_000]
    bounded = by_id + "limits: {lines_per_order: 9000}\n"
    imported = import_files([file], mapping_file(tmp_path, bounded), tmp_path / "h.jsonl.gz")
    assert imported.refused["over_limit"] == 1_000


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    """Eight times as many orders of the same catalogue take no more than a third more memory at the peak."""
    mapping = mapping_file(tmp_path)

    def peak(orders: int) -> int:
        file = tmp_path / f"{orders}.csv"
        with file.open("w", encoding="utf-8") as stream:
            stream.write(HEAD)
            for n in range(orders):
                stream.write(f"{n},I{n % 97},1,2020-01-{n % 28 + 1:02} 03:04:05,C{n}\n" * 2)
        tracemalloc.start()
        try:
            assert import_files([file], mapping, tmp_path / "h.jsonl.gz").events == {"OrderPlaced": orders}
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(200)  # what is imported and compiled once
    small, large = peak(1_500), peak(12_000)
    assert large < small * 4 / 3


def test_the_state_before_the_first_row_is_in_the_header(tmp_path: Path):
    (tmp_path / "stock.csv").write_text("item,place,on_hand\nA,east,5\nB,west,7\nA,west,0\n", encoding="utf-8")
    (tmp_path / "stock.yaml").write_text(
        LINES[: LINES.index("columns:")]
        + "columns: {item: item, place: place, n: {column: on_hand, type: integer},"
        + ' at: {const: "2020-01-01", type: time}}\n'
        + "events: [{type: StockCounted, each: row, item: item, place: place, counted: n, at: at}]\n",
        encoding="utf-8",
    )
    (tmp_path / "orders.csv").write_text(HEAD + "1,C,1,2020-01-02 03:04:05,\n", encoding="utf-8")
    mapping = mapping_file(tmp_path, LINES + "opening: {stock: {file: stock.csv, mapping: stock.yaml}}\n")
    imported = import_files([tmp_path / "orders.csv"], mapping, tmp_path / "h.jsonl")
    header = HistoryFile(tmp_path / "h.jsonl").header
    assert (header.items, header.sites) == (("A", "B", "C"), ("east", "west"))
    rows = {number: json.loads(bytes(row))["positions"] for number, row in header.snapshot.rows["items"]}
    assert [[site["sellable"] for site in rows[number]] for number in range(3)] == [[5, 0], [0, 7], [0, 0]]
    assert imported.events == {"OrderPlaced": 1}
    assert [report.mapped for report in imported.openings.values()] == [3]


def test_orders_that_were_open_before_the_first_row_come_first(tmp_path: Path):
    (tmp_path / "open.csv").write_text(HEAD + "0,A,3,2020-01-02 03:04:05,\n", encoding="utf-8")
    (tmp_path / "orders.csv").write_text(HEAD + "1,A,1,2020-01-02 03:04:05,\n", encoding="utf-8")
    (tmp_path / "open.yaml").write_text(LINES, encoding="utf-8")
    mapping = mapping_file(tmp_path, LINES + "opening: {orders: {file: open.csv, mapping: open.yaml}}\n")
    imported = import_files([tmp_path / "orders.csv"], mapping, tmp_path / "h.jsonl")
    orders = [fact.order for fact in facts_of(tmp_path / "h.jsonl") if isinstance(fact, business.OrderPlaced)]
    assert (orders, imported.events) == (["0", "1"], {"OrderPlaced": 1})


def test_a_redacted_history_has_no_name_and_equal_names_stay_equal(tmp_path: Path):
    file, key = tmp_path / "a.csv", tmp_path / "key"
    file.write_text(
        HEAD + "".join(f"{n},A,1,2020-01-02 03:04:05,{who}\n" for n, who in enumerate(("Ann", "Bob", "Ann"))),
        encoding="utf-8",
    )
    key.write_bytes(b"a secret of the house")
    out, mapping = tmp_path / "h.jsonl", mapping_file(tmp_path)
    made = []
    for redact_key in (None, key, key):
        import_files([file], mapping, out, redact=True, redact_key=redact_key)
        assert b"Ann" not in out.read_bytes()
        made.append([fact.customer for fact in facts_of(out) if isinstance(fact, business.OrderPlaced)])
        ann, bob, again = made[-1]
        assert ann == again != bob
    assert made[1] == made[2] != made[0]
    assert HistoryFile(out).header.redacted == ("customer", "ship_to", "reason")


def test_events_of_our_own_types_need_no_mapping(tmp_path: Path):
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/shop",
        "type": "com.example.OrderPlaced",
        "time": "2020-01-02T03:04:05Z",
        "data": {"order": "7", "lines": [{"item": "A", "quantity": 2}]},
    }
    lines = [
        event,
        event,
        {**event, "data": {"order": "8", "lines": [{"item": "A", "quantity": 1}]}},
        {**event, "id": "2", "type": "com.example.Other"},
        {**event, "id": "3", "type": "StockCounted", "data": {"item": "A"}},
        {**event, "id": "4", "type": "StockCounted", "data": {"item": "A", "place": "east", "counted": 3}},
    ]
    file, out = tmp_path / "own.jsonl", tmp_path / "h.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    imported = import_files([file], None, out)
    assert imported.refused == {"duplicate": 1, "conflicting_id": 1, "no_event": 1, "invalid_event": 1}
    lines_of = (business.OrderedItem("A", 2),)
    counted = business.StockCounted(item="A", place="east", counted=3)
    assert facts_of(out) == [business.OrderPlaced(order="7", lines=lines_of), counted]
    with pytest.raises(UsageError, match="--redact needs a --mapping"):
        import_files([file], None, out, redact=True)
    table = tmp_path / "table.csv"
    table.write_text(HEAD, encoding="utf-8")
    with pytest.raises(UsageError, match="is no JSON, so it needs a --mapping"):
        import_files([table], None, tmp_path / "again.jsonl")
    with pytest.raises(HistoryError, match="is a history already; it can be replayed as it is"):
        import_files([out], None, tmp_path / "again.jsonl")


def test_a_file_of_codes_stands_beside_the_mapping(tmp_path: Path):
    (tmp_path / "codes.csv").write_text("theirs,ours\nX1,A\n", encoding="utf-8")
    coded = LINES.replace(
        "item: item\n", "item: {column: item, map_file: codes.csv, on_missing: refuse unknown_item}\n", 1
    )
    (tmp_path / "a.csv").write_text(
        HEAD + "1,X1,1,2020-01-02 03:04:05,\n2,X2,1,2020-01-02 03:04:05,\n", encoding="utf-8"
    )
    imported = import_files([tmp_path / "a.csv"], mapping_file(tmp_path, coded), tmp_path / "h.jsonl")
    assert (imported.events, imported.refused) == ({"OrderPlaced": 1}, {"unknown_item": 1})
    (tmp_path / "codes.csv").unlink()
    with pytest.raises(ScenarioError, match=r"lines.yaml:7:\d+: columns.item.map_file: codes.csv cannot be read"):
        load_mapping(tmp_path / "lines.yaml")


def test_a_proposed_mapping_reads_the_file_that_it_was_made_from(tmp_path: Path):
    rows = [{"no": "1", "when": "2020-01-02T03:04:05Z", "sku": "A", "qty": 2}]
    table, nested = tmp_path / "a.csv", tmp_path / "a.json"
    table.write_text("Auftrag;Artikel;Menge;Datum\n1;A;2;02.01.2020 03:04\n", encoding="cp1252")
    nested.write_text(json.dumps({"made": "today", "lines": [{**rows[0], "order": "1"}]}), encoding="utf-8")
    for file in (table, nested):
        mapping = tmp_path / "sniffed.yaml"
        mapping.write_text("\n".join(sniffed(file)), encoding="utf-8")
        import_files([file], mapping, tmp_path / "h.jsonl")
        assert facts_of(tmp_path / "h.jsonl") == [
            business.OrderPlaced(order="1", lines=(business.OrderedItem("A", 2),)),
        ]
    table.write_text("x;y\n1;2\n", encoding="utf-8")
    mapping.write_text("\n".join(sniffed(table)), encoding="utf-8")
    with pytest.raises(HistoryError, match=r"no column '\?' in the file; it has x, y"):
        import_files([table], mapping, tmp_path / "h.jsonl")


def test_every_shipped_mapping_keeps_the_language_and_is_found_by_its_name():
    names = shipped_mappings()
    assert "online_retail" in names
    for name in names:
        assert load_mapping(mapping_named(Path(name.replace("_", "-")))).version
    with pytest.raises(UsageError, match="no mapping 'olst': there is no such file, and the shipped ones are"):
        mapping_named(Path("olst"))
