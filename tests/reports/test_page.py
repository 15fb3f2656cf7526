"""The report stands alone, says what the run says, and holds the orders that matter."""

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

import twin
from reports import explorer
from reports.answer import answer
from twin.cli import main
from twin.errors import UsageError
from twin.experiment.manifest import read_manifest
from twin.experiment.reading import read_folder
from twin.experiment.trace import Record, record_of, rule_of
from twin.middleware.procedures import standard

pytestmark = pytest.mark.timeout(600)  # the comparison that the page is made of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a comparison of two designs on two days of recorded demand."""
    out = tmp_path_factory.mktemp("runs") / "c"
    words = ["compare", "oversell", "--designs", "nightly_batch,governed", "--reps", "2", "--set", "horizon=2d"]
    words += ["--set", "demand.window.length=2d", "--set", "expectations=[]"]
    assert main([*words, "--report", "--out", str(out), "--quiet", "--format", "json"]) in (0, 1)
    return out


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def record(folder: Path) -> Record:
    return record_of(read_manifest(folder), "governed")


def held(html: str) -> dict[str, list[dict[str, object]]]:
    found = re.search(r'id="explorer-data">([^<]*)<', html)
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def test_the_page_fetches_nothing(html: str) -> None:
    without = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', without) == []
    assert "@import" not in html and "url(http" not in html


def test_the_page_asks_the_scenarios_question_and_gives_the_answer(html: str, folder: Path) -> None:
    assert twin.load("oversell").question in html
    assert answer(read_folder(folder).comparison).split(":")[0] in html


def test_no_measure_that_has_a_value_is_left_out(html: str, folder: Path) -> None:
    designs = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))["designs"]
    keys = {key for block in designs.values() for key, value in block["kpis"].items() if value["mean"] is not None}
    names = {re.split(r"[.{]", key)[0] for key in keys if not key.split("{")[0].endswith(".n")}
    cells = {re.split(r"[.{]", cell)[0] for cell in re.findall(r"<td[^>]*>([^<]*)<", html)}
    heads = {"api_latency_s": "latency p50, s", "attempts_per_call": "attempts per call", "violations": "invariant"}
    assert sorted(names - cells - set(heads)) == []
    assert all(f">{head}<" in html for head in heads.values())


def test_every_heading_of_the_navigation_is_there(html: str) -> None:
    for anchor in re.findall(r'href="#([a-z]+)"', html):
        assert f'id="{anchor}"' in html


def test_figures_have_a_text_for_those_who_cannot_see_them(html: str) -> None:
    assert html.count("<svg") == html.count('<svg role="img" aria-label="')


def test_figures_and_tables_lie_beside_the_page(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert {"compare.svg", "orders-governed.png", "parties-nightly_batch.svg", "costs.csv", "all-measures.csv"} <= names


def test_the_explorer_holds_every_oversold_order(html: str, folder: Path) -> None:
    record = record_of(read_manifest(folder), "nightly_batch")
    oversold = {
        str(case) for (case,) in record.rows("SELECT DISTINCT case_id FROM events WHERE kind = 'order.oversold'")
    }
    data = held(html)
    words = data["words"]
    there = {order["id"] for order in data["orders"] if words[order["design"]] == "nightly_batch"}  # type: ignore[index]
    assert oversold and oversold <= there


def test_a_packed_path_is_the_path_of_the_record(html: str, record: Record) -> None:
    data = held(html)
    words = data["words"]
    order = next(each for each in data["orders"] if words[each["design"]] == "governed")  # type: ignore[index]
    found = record.trace(int(str(order["id"])))
    steps, at = {0: [], 1: []}, 0  # type: ignore[var-annotated]
    for gap, *numbers, _, number, behind, _ in order["steps"]:  # type: ignore[attr-defined]
        at += gap
        names = (words[n] for n in numbers[:4])  # type: ignore[index]
        steps[behind].append((at, *names, order["ids"][numbers[4]], number))  # type: ignore[index]
    for packed, written in zip((steps[0], steps[1]), (found.steps, found.behind), strict=True):
        assert packed == [(e.at_us, e.what, e.how, e.source, e.target, str(e.message), e.number) for e in written]


def test_the_bounds_hold_for_every_kind_of_order(record: Record) -> None:
    chosen = explorer.choose(record, of=500)
    assert len(chosen.why) <= explorer.TROUBLED_MAX // 500 + 2


def test_a_step_of_every_procedure_names_its_rule() -> None:
    for kind in standard().kinds():
        assert rule_of(standard(), kind.__name__), kind
    assert rule_of(standard(), "NoSuchMessage") == ""


def test_an_order_is_found_by_number_by_id_and_by_message(record: Record) -> None:
    ((case, name),) = record.rows("SELECT number, name FROM names WHERE what = 'order' ORDER BY number LIMIT 1")
    found = record.find(str(name))
    assert found == case == record.find(str(case)) == record.find(str(name).split(" ")[-1])
    assert record.find(str(record.trace(found).steps[-1].message)) == found
    with pytest.raises(UsageError, match="no order 'nobody'"):
        record.find("nobody")


def test_what_a_buyer_saw_was_shown_before_he_bought(record: Record) -> None:
    cases = [int(str(case)) for (case,) in record.rows("SELECT number FROM names WHERE what = 'order' LIMIT 50")]
    for trace in record.traces(cases):
        placed = trace.steps[0].at_us
        for line in trace.lines:
            assert line.shown_at_us is None or line.shown_at_us <= placed
            assert line.changed_at_us is None or (line.shown_at_us or 0) < line.changed_at_us < placed


def test_a_stale_line_leads_back_to_the_movement_at_its_warehouse(folder: Path) -> None:
    """The path behind a stale line: the figure it was sold on, the movement, and the figure that told of it."""
    record = record_of(read_manifest(folder), "nightly_batch")
    cases = [int(str(case)) for (case,) in record.rows("SELECT number FROM names WHERE what = 'order'")]
    stale = [trace for trace in record.traces(cases) if trace.behind]
    assert stale
    for trace in stale:
        line = next(line for line in trace.lines if line.moved_at_us is not None)
        assert (line.shown_at_us or 0) < line.moved_at_us < trace.steps[0].at_us  # type: ignore[operator]
        moves = [step for step in trace.behind if step.at_us == line.moved_at_us and step.what.startswith("Stock")]
        assert any(line.moved == f"{step.what} at {step.source}" and step.item == line.number for step in moves)
        told = [(step.at_us, step.number) for step in trace.behind if step.how == "shown" and step.item == line.number]
        assert line.told_at_us is None or (line.told_at_us, line.told) in told
    told_at = [line.told_at_us for trace in stale for line in trace.lines if line.moved and line.told_at_us]
    assert any(at > trace.steps[0].at_us for at, trace in zip(told_at, stale, strict=False))


def test_a_late_order_is_among_those_held(tmp_path: Path) -> None:
    scenario = twin.load("promise_dates", ["horizon=10d", "expectations=[]"])
    found = twin.run(scenario, "look_ahead", reps=1, out=tmp_path / "p", on_violation="report")
    late = found.kpis["late_orders"].mean
    record = record_of(read_manifest(tmp_path / "p"))
    shipped_late = record.rows("SELECT DISTINCT case_id FROM events WHERE kind = 'order.late'")
    chosen = explorer.choose(record)
    assert late is not None and late >= len(shipped_late) > 0
    assert all("late" in chosen.why[int(str(case))] for (case,) in shipped_late)


def test_the_trace_command_prints_the_path(folder: Path, record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    ((name,),) = record.rows("SELECT name FROM names WHERE what = 'order' ORDER BY number LIMIT 1")
    page = folder.parent / "path.html"
    words = ["trace", str(folder), str(name), "--design", "governed", "--html", str(page)]
    assert main([*words, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["order"] == name and told["steps"][0]["what"] == "order"
    assert 'data-alone="true"' in page.read_text()


def test_a_folder_without_events_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 3
    assert "cannot be read" in capsys.readouterr().err
