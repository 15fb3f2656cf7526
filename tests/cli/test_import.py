"""A foreign file becomes a history that says what the file says, row by row; a broken file becomes nothing at all."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.imports import SETTLE_US
from twin.cli import main
from twin.model import business
from twin.model.history import Fact
from twin.playback.history import HistoryFile

DATA = Path(__file__).parents[2] / "scenarios" / "data"
EXCERPT, MAPPING = DATA / "online_retail_excerpt.csv.gz", DATA / "online_retail.yaml"
HEAD = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ORDER = b"543283,22423,STAND,1,2011-02-07 09:15:00,12.75,15781.0,United Kingdom\n"
SECOND_LINE = b"543283,21669,KNOB,12,2011-02-07 09:16:00,1.25,15781.0,United Kingdom\n"
EARLIER = b"543200,22423,STAND,2,2011-02-07 08:00:00,12.75,,France\n"
CREDIT = b"C543300,22423,STAND,-1,2011-02-07 10:00:00,12.75,15781.0,United Kingdom\n"
DAMAGED = b"543301,21669,KNOB,-4,2011-02-07 11:00:00,0.00,,United Kingdom\n"
POSTAGE = b"543283,POST,POSTAGE,1,2011-02-07 09:15:00,18.00,15781.0,United Kingdom\n"
NO_TEXT = b"543284,22423,\xff\xfe,1,2011-02-07 09:15:00,12.75,15781.0,France\n"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Carry out one command and give its code, stdout and stderr."""

    def carry_out(*words: str | Path) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return carry_out


def test_every_row_of_the_shipped_excerpt_is_accounted_for_and_every_fact_is_read_back(tmp_path: Path, run: Run):
    out = tmp_path / "history.jsonl.gz"
    code, said, _ = run("import", EXCERPT, "--mapping", MAPPING, "--out", out, "--format", "json")
    found = json.loads(said)
    assert code == 0
    assert found == {  # the counts of scenarios/data/ATTRIBUTION.md
        "rows": 43_516,
        "mapped": 43_201,
        "empty": 0,
        "refused": {"service_code": 315},
        "events": {"OrderPlaced": 1_751, "ReturnRegistered": 339, "StockAdjusted": 83},
        "file": str(out),
    }
    history = HistoryFile(out)
    facts = [record for _, record in history if isinstance(record, Fact)]
    made = [type(fact.fact).__name__ for fact in facts]
    assert {name: made.count(name) for name in sorted(set(made))} == found["events"]
    times = [fact.at for fact in facts]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (0, history.header.horizon - SETTLE_US)
    assert len({(fact.source, fact.id) for fact in facts}) == len(facts)
    orders = [fact.fact for fact in facts if isinstance(fact.fact, business.OrderPlaced)]
    assert sum(len(order.lines) for order in orders) == 42_402
    assert {line.item for order in orders for line in order.lines} <= set(history.header.items)
    assert history.header.completeness == {"orders": "full", "returns": "full", "stock": "partial"}


def test_a_history_says_what_its_file_says(tmp_path: Path, run: Run):
    table, out = tmp_path / "orders.csv", tmp_path / "history.jsonl"
    table.write_bytes(HEAD + ORDER + SECOND_LINE + EARLIER + CREDIT + DAMAGED)
    assert run("import", table, "--mapping", MAPPING, "--out", out)[0] == 0
    history = HistoryFile(out)
    facts = [record for _, record in history if isinstance(record, Fact)]
    stand, knob = business.OrderedItem("22423", 1, 1275), business.OrderedItem("21669", 12, 125)
    assert [(fact.at // 60_000_000, fact.id, fact.fact) for fact in facts] == [
        (
            0,
            "4",
            business.OrderPlaced(
                order="543200", lines=(business.OrderedItem("22423", 2, 1275),), ship_to={"country": "France"}
            ),
        ),
        (
            75,
            "2",
            business.OrderPlaced(
                order="543283", lines=(stand, knob), customer="15781", ship_to={"country": "United Kingdom"}
            ),
        ),
        (120, "5", business.ReturnRegistered(document="C543300", lines=(stand,), customer="15781")),
        (180, "6", business.StockAdjusted(item="21669", place="main", change=-4, reason="WRITE_OFF")),
    ]
    assert (history.header.items, history.header.sites) == (("22423", "21669"), ("main",))
    assert history.header.zone == "Europe/London"


def test_several_files_make_one_history_whatever_their_order(tmp_path: Path, run: Run):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv.gz"
    first.write_bytes(HEAD + ORDER + POSTAGE)
    second.write_bytes(gzip.compress(HEAD + NO_TEXT + b",,,,,,,\n" + EARLIER))
    made = []
    for name, files in (("a", (first, second)), ("b", (second, first))):
        out = tmp_path / f"{name}.jsonl"
        _, said, _ = run("import", *files, "--mapping", MAPPING, "--explain", "--out", out, "--format", "json")
        found = json.loads(said)
        made.append(out.read_bytes())
        assert (found["rows"], found["mapped"], found["empty"]) == (5, 2, 1)
        assert found["refused"] == {"service_code": 1, "bad_encoding": 1}
        assert found["lines"] == {"service_code": ["first.csv:3"], "bad_encoding": ["second.csv.gz:2:14"]}
    assert made[0] == made[1]


def test_the_counts_are_rows_of_a_table_too(tmp_path: Path, run: Run):
    table = tmp_path / "orders.csv"
    table.write_bytes(HEAD + ORDER + SECOND_LINE + POSTAGE)
    out = tmp_path / "history.jsonl"
    code, said, err = run("import", table, "--mapping", MAPPING, "--explain", "--out", out, "--format", "csv")
    spans = "note: orders.csv: 1 documents whose rows have several times\n"
    assert (code, err) == (0, f"{spans}history: {out}\n")
    assert said.splitlines() == [
        "end,class,rows,events,lines",
        "mapped,OrderPlaced,2,1,",
        "refused,service_code,1,0,orders.csv:4",
        "empty,,0,0,",
    ]


def test_an_imported_history_is_played_or_refused_with_its_reason(tmp_path: Path, run: Run):
    table, out = tmp_path / "orders.csv", tmp_path / "history.jsonl"
    table.write_bytes(HEAD + ORDER + SECOND_LINE + EARLIER + CREDIT + DAMAGED)
    run("import", table, "--mapping", MAPPING, "--out", out)
    for options in (["--mode", "open"], ["--mode", "what-if", "--speed", "2"]):
        code, said, err = run("replay", out, *options, "--format", "json")
        found = json.loads(said)
        assert code == 0, err
        assert (found["applied"], found["kpis"]["orders_closed"], found["violations"]) == (2, 2, [])
    code, _, err = run("replay", out, "--mode", "verbatim")
    assert code == 3
    assert "nor every movement of stock (partial)" in err


def test_facts_reach_the_middleware_alone_where_every_movement_of_stock_is_recorded(tmp_path: Path, run: Run):
    table, out, mapping = tmp_path / "orders.csv", tmp_path / "history.jsonl", tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING.read_text(encoding="utf-8").replace("stock: partial", "stock: full"), encoding="utf-8")
    table.write_bytes(HEAD + ORDER + SECOND_LINE + EARLIER + CREDIT + DAMAGED)
    run("import", table, "--mapping", mapping, "--out", out)
    code, said, err = run("replay", out, "--mode", "verbatim", "--format", "json")
    found = json.loads(said)
    assert code == 0, err
    assert (found["read"], found["applied"], found["dead_letters"]) == (4, 3, {})
    assert found["not_played"] == {"ReturnRegistered: no procedure takes it": 1}
    assert found["orders"] == {"ACCEPTED": 2}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "orders.csv:1:1: the file is empty; expected a header line"),
        (HEAD, "orders.csv: no row was mapped; refused: none"),
        (HEAD.replace(b"Quantity", b"Qty") + ORDER, "columns.quantity: no column 'Quantity' in the file; it has"),
        (b"\xff\xfe" + HEAD + ORDER, "orders.csv:1:1: the header is no text in utf-8"),
        (HEAD + NO_TEXT, "orders.csv: no row was mapped; refused: 1 bad_encoding"),
        (gzip.compress(HEAD + ORDER * 50)[:-12], "orders.csv: the gzip file is cut off or broken"),
        (gzip.compress(HEAD + ORDER)[:10] + b"\xff" * 40, "orders.csv: the gzip file is cut off or broken"),
        (None, "orders.csv: cannot be read: No such file or directory"),
    ],
)
def test_a_broken_file_is_one_line_exit_3_and_leaves_nothing(
    tmp_path: Path, run: Run, content: bytes | None, said: str
):
    table, folder = tmp_path / "orders.csv", tmp_path / "out"
    folder.mkdir()
    if content is not None:
        table.write_bytes(content)
    code, out, err = run("import", table, "--mapping", MAPPING, "--out", folder / "history.jsonl.gz")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert said in err
    assert list(folder.iterdir()) == []


def test_a_history_takes_the_place_of_nothing_that_it_is_made_from(tmp_path: Path, run: Run):
    table = tmp_path / "orders.csv"
    table.write_bytes(HEAD + ORDER)
    code, _, err = run("import", table, "--mapping", MAPPING, "--out", table)
    assert (code, table.read_bytes()) == (2, HEAD + ORDER)
    assert "is what the history would be made from" in err
    code, _, err = run("import", table, table, "--mapping", MAPPING)
    assert code == 2
    assert "'orders.csv' is named twice" in err


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path, run: Run):
    for folder, line in (("north", ORDER), ("south", EARLIER)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "orders.csv").write_bytes(HEAD + line)
    files = (tmp_path / "north" / "orders.csv", tmp_path / "south" / "orders.csv")
    out = tmp_path / "history.jsonl"
    code, said, _ = run("import", *files, "--mapping", MAPPING, "--out", out, "--format", "json")
    assert (code, json.loads(said)["events"]) == (0, {"OrderPlaced": 2})
    sources = [record.source.partition("?")[0] for _, record in HistoryFile(out) if isinstance(record, Fact)]
    assert sources == ["online-retail/1.0/south/orders.csv", "online-retail/1.0/north/orders.csv"]
    assert str(tmp_path) not in out.read_text()


def test_a_file_without_rows_among_others_is_counted_and_alone_it_is_refused(tmp_path: Path, run: Run):
    mapping = tmp_path / "m.yaml"
    mapping.write_text(
        'mapping_version: 1\nname: {id: m, version: "1"}\nsource: {format: xml, rows: Order}\n'
        "clock: {zone: UTC, formats: [iso]}\ncolumns: {no: ID, at: {path: Date, type: time}}\n"
        "events: [{type: OrderStep, order: no, step: {const: placed}, at: at}]\ncompleteness: {steps: full}\n"
    )
    order, bill = tmp_path / "order.xml", tmp_path / "bill.xml"
    order.write_text("<Order><ID>1</ID><Date>2026-01-05T10:00:00</Date></Order>")
    bill.write_text("<Invoice><ID>2</ID></Invoice>")
    out = tmp_path / "history.jsonl"
    code, said, _ = run("import", bill, order, "--mapping", mapping, "--out", out, "--explain", "--format", "json")
    found = json.loads(said)
    assert (code, found["rows"], found["mapped"], found["refused"]) == (0, 2, 1, {"no_rows": 1})
    assert found["lines"] == {"no_rows": ["bill.xml:1"]}
    out.unlink()
    code, said, err = run("import", bill, "--mapping", mapping, "--out", out)
    assert (code, said, out.exists()) == (3, "", False)
    assert "bill.xml: there is no element 'Order' in the file" in err
