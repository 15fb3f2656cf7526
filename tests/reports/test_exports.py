"""A recorded run in the formats of other tools: whole, well formed, and nested as the formats ask."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

import twin
from reports.document import write_stream
from reports.exports import FORMS
from reports.exports.spans import Span, spans
from twin.cli import main
from twin.experiment.manifest import read_manifest
from twin.experiment.trace import Record, record_of

START_US = 1_772_496_000_000_000
Make = Callable[[str], str]
PM4PY = Path(__file__).with_name("pm4py-requirements.txt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run five hours in which the ERP is away for two: retries, refusals, calls given up, an order delivered twice."""
    out = tmp_path_factory.mktemp("runs") / "m"
    twin.run(twin.load("erp_maintenance", ["expectations=[]"], small=True), reps=1, out=out)
    return out


@pytest.fixture(scope="module")
def record(folder: Path) -> Record:
    return record_of(read_manifest(folder))


@pytest.fixture(scope="module")
def made(record: Record) -> Make:
    return lambda form: "".join(FORMS[form][0](record, START_US))


@pytest.fixture(scope="module")
def found(record: Record) -> list[Span]:
    return list(spans(record))


def count(record: Record, condition: str = "true") -> int:
    ((number,),) = record.rows(f"SELECT count(*) FROM events WHERE {condition}")
    return int(str(number))


def listed(**fields: Any) -> dict[str, Any]:
    """Describe a list of objects; a name that ends in an underscore may be absent."""
    properties = {name.rstrip("_"): form for name, form in fields.items()}
    needed = [name for name in fields if not name.endswith("_")]
    return {"type": "array", "items": {"type": "object", "properties": properties, "required": needed}}


TEXT, TIME = {"type": "string"}, {"type": "string", "format": "date-time"}
TYPES = listed(name=TEXT, attributes=listed(name=TEXT, type=TEXT))
RELATED = listed(objectId=TEXT, qualifier=TEXT)
OCEL_2_0 = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "properties": {
        "eventTypes": TYPES,
        "objectTypes": TYPES,
        "events": listed(
            id=TEXT, type=TEXT, time=TIME, attributes_=listed(name=TEXT, value=TEXT), relationships_=RELATED
        ),
        "objects": listed(
            id=TEXT, type=TEXT, relationships_=RELATED, attributes_=listed(name=TEXT, value=TEXT, time=TIME)
        ),
    },
}
"""What the schema of OCEL 2.0 in JSON asks (ocel-standard.org/2.0): its fields, and that every value is a text."""


def test_an_ocel_log_is_of_the_published_form_and_holds_every_event(made: Make, record: Record) -> None:
    log = json.loads(made("ocel"))
    Draft7Validator(OCEL_2_0).validate(log)
    assert len(log["events"]) == count(record)
    assert len({event["id"] for event in log["events"]}) == len(log["events"])


def test_what_an_ocel_log_refers_to_is_in_it(made: Make) -> None:
    log = json.loads(made("ocel"))
    objects = {each["id"]: each["type"] for each in log["objects"]}
    declared = {kind["name"]: {a["name"] for a in kind["attributes"]} for kind in log["eventTypes"]}
    assert len(objects) == len(log["objects"])
    assert set(objects.values()) == {"order", "item", "party", "fault"}
    assert {kind["name"] for kind in log["objectTypes"]} == {*objects.values(), "action"}
    for each in (*log["events"], *log["objects"]):
        assert all(other["objectId"] in objects for other in each.get("relationships", ()))
    for event in log["events"]:
        assert {each["name"] for each in event["attributes"]} == declared[event["type"]]


def test_an_order_of_an_ocel_log_has_the_items_of_its_lines(made: Make, record: Record) -> None:
    log = json.loads(made("ocel"))
    ((case, items),) = record.rows(
        "SELECT case_id, list_sort(list(DISTINCT item)) FROM events WHERE kind = 'order.line' "
        "GROUP BY 1 HAVING count(DISTINCT item) > 1 ORDER BY 1 LIMIT 1"
    )
    (order,) = (each for each in log["objects"] if each["id"] == f"order:{case}")
    bought = [each["objectId"] for each in order["relationships"] if each["qualifier"] == "has a line of"]
    assert bought == [f"item:{item}" for item in items]  # type: ignore[attr-defined]


def test_every_span_hangs_below_one_of_its_trace_that_began_no_later(found: list[Span]) -> None:
    by_id = {span.id: span for span in found}
    for span in found:
        parent = by_id.get(span.parent, span)
        assert (parent.trace, span.parent == 0) == (span.trace, span.id == span.trace)
        assert parent.began <= span.began <= span.ended


def test_all_of_an_order_is_one_trace_inside_its_span(found: list[Span]) -> None:
    orders = {span.case: span for span in found if span.kind == "order"}
    inside = [span for span in found if span.case]
    assert len(orders) == len({span.case for span in inside})
    for span in inside:
        whole = orders[span.case]
        assert span.trace == whole.id and whole.began <= span.began and span.ended <= whole.ended


def test_every_attempt_is_a_span_with_its_end(found: list[Span], record: Record) -> None:
    calls = [span for span in found if span.kind == "call"]
    assert len(calls) == count(record, "kind LIKE '%.sent' AND quantity > 0")
    assert sum(span.status == "failed" for span in calls) == count(record, "kind LIKE '%.failed'") > 0
    assert max(span.number for span in calls) > 1


def otlp(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in json.loads(text)["resourceSpans"]:
        (service,) = (each for each in resource["resource"]["attributes"] if each["key"] == "service.name")
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield service["value"]["stringValue"], span


def test_otlp_has_hexadecimal_ids_and_numbers_as_text(made: Make, found: list[Span]) -> None:
    text = made("otlp")
    told = list(otlp(text))
    assert text.count("\n") == 1 and len(told) == len(found)
    ids = {(span["traceId"], span["spanId"]) for _, span in told}
    assert len(ids) == len(told)
    for service, span in told:
        assert service and len(span["traceId"]) == 32 and len(span["spanId"]) == 16
        assert int(span["traceId"], 16) and int(span["spanId"], 16)
        assert START_US * 1000 <= int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        assert "parentSpanId" not in span or (span["traceId"], span["parentSpanId"]) in ids
        assert all((link["traceId"], link["spanId"]) in ids for link in span.get("links", ()))


def test_a_cause_outside_the_order_is_a_link(tmp_path: Path, folder: Path) -> None:
    """A receipt grants supply to a backorder: the grant belongs to the order, its cause does not."""
    scenario = twin.load("promise_dates", ["horizon=10d", "expectations=[]"])
    twin.run(scenario, reps=1, out=tmp_path / "p", on_violation="report")
    granted = [s for s in spans(record_of(read_manifest(tmp_path / "p"))) if s.name == "SupplyGranted"]
    assert granted and all(span.link and span.linked_trace != span.trace for span in granted)


def test_no_two_spans_of_a_lane_overlap_in_a_chrome_trace(made: Make, found: list[Span]) -> None:
    events = json.loads(made("chrome"))["traceEvents"]
    lanes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for event in events:
        if event["ph"] == "X":
            lanes.setdefault((event["pid"], event["tid"]), []).append((event["ts"], event["ts"] + event["dur"]))
    for lane in lanes.values():
        assert all(first[1] <= second[0] for first, second in pairwise(lane))
    named = {event["pid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {event["pid"] for event in events} == set(named)
    assert {"orders", "middleware", "erp"} <= set(named.values())
    assert sum(event["ph"] in "Xi" for event in events) == len(found)


def test_csv_has_a_row_for_every_event_and_names_items_only(made: Make, record: Record) -> None:
    rows = list(csv.DictReader(io.StringIO(made("csv"))))
    assert len(rows) == count(record)
    assert rows[0]["time"].startswith("2026-03-03T00:00:")
    assert all(row["item_name"] for row in rows if row["kind"] == "order.line")
    assert not any(row["item_name"] for row in rows if row["kind"] in ("order.placed", "CreateErpOrder.ok"))
    assert all(row["order"] for row in rows if row["case"] != "0")


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    def pieces() -> Iterator[str]:
        yield "half"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_stream(tmp_path / "x.json", pieces())
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_the_file_and_names_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(folder), "--as", "csv", "--out", str(folder / "rows.csv"), "--format", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["file"] == str(folder / "rows.csv") and (folder / "rows.csv").is_file()
    assert main(["export", str(folder), "--as", "csv", "--design", "nobody"]) == 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pm4py_reads_the_ocel_log(made: Make, tmp_path: Path, record: Record) -> None:
    """PM4Py runs in an environment of its own, because of its licence, from a requirements file of its own."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(PM4PY)]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"PM4Py cannot be installed here: {installed.stderr.strip()[-200:]}")
    log = tmp_path / "log.json"
    log.write_text(made("ocel"), encoding="utf-8")
    program = (
        "import json, sys, pm4py\n"
        "log = pm4py.read_ocel2_json(sys.argv[1])\n"
        "print(json.dumps([len(log.events), len(log.objects), sorted(pm4py.ocel_get_object_types(log))]))\n"
    )
    told = subprocess.run([str(python), "-c", program, str(log)], capture_output=True, text=True, check=True)
    events, objects, types = json.loads(told.stdout.splitlines()[-1])
    assert events == count(record)
    assert objects == len(json.loads(made("ocel"))["objects"])
    assert types == ["fault", "item", "order", "party"]
