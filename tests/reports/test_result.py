"""What a run returns can be looked into: its figures, its report, one order, its rows."""

import gc
from pathlib import Path

import pytest

import twin
from reports.result import Result
from twin.errors import UsageError


@pytest.fixture(scope="module")
def result() -> Result:
    return twin.compare(twin.load("erp_maintenance", ["expectations=[]"], small=True), ["impatient", "patient"], reps=1)


def test_the_figures_are_those_of_the_report(result: Result) -> None:
    names = set(result.figures)
    assert {"compare", "orders-patient", "interfaces-impatient", "parties-patient"} <= names
    assert all(figure.axes for figure in result.figures.values())


def test_an_order_is_found_and_shows_itself(result: Result) -> None:
    path = result.trace("storefront-1", "patient")
    assert (path.name, path.design) == ("storefront-1", "patient")
    assert "SubmitOrder committed" in path._repr_html_()
    with pytest.raises(UsageError, match="no order 'nobody'"):
        result.trace("nobody")


def test_sql_asks_the_runs_and_their_events(result: Result) -> None:
    placed = "SELECT design, count(*) FROM events WHERE kind = 'order.placed' GROUP BY 1 ORDER BY 1"
    (first, _), (second, _) = result.sql(placed).fetchall()
    assert (first, second) == ("impatient", "patient")
    assert result.sql("SELECT count(*) FROM runs").fetchall() == [(2,)]


def test_the_report_stands_where_it_was_asked_for(result: Result, tmp_path: Path) -> None:
    page = result.report(tmp_path / "here" / "page.html", files=True)
    assert "Trace explorer" in page.read_text(encoding="utf-8")
    assert {"compare.png", "measures.csv"} <= {path.name for path in page.parent.iterdir()}


def test_a_folder_that_nobody_asked_for_goes_with_the_result() -> None:
    passing = twin.run(twin.load("queue", small=True), reps=1)
    folder = passing.folder
    assert folder.is_dir()
    del passing
    gc.collect()
    assert not folder.exists()


def test_findings_still_show_themselves_and_are_findings(result: Result) -> None:
    assert "impatient" in result._repr_html_()
    assert result.comparison.designs == ("impatient", "patient")
    assert result.exit_code() == 0
