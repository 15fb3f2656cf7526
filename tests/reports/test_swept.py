"""Claims about what `twin.sweep` and `twin.optimize` give: their figures, their report, how they show themselves."""

import gc
from pathlib import Path

import pytest

import twin
from reports.swept import SweepResult
from twin.errors import UsageError

WORKERS = "landscape.parties.server.workers"


@pytest.fixture(scope="module")
def swept() -> SweepResult:
    return twin.sweep(
        twin.load("queue", small=True).with_all({"warm_up": "5s", "horizon": "60s"}), f"{WORKERS}=1,2", reps=2
    )


def test_a_sweep_has_its_figures_and_writes_its_report(swept: SweepResult, tmp_path: Path):
    assert [name.partition("-")[0] for name in swept.figures] == ["sweep"] * len(swept.figures)
    assert swept.figures
    page = swept.report(tmp_path / "report.html", files=True).read_text(encoding="utf-8")
    assert twin.load("queue").question.replace("'", "&#39;") in page
    assert {f"{name}.svg" for name in swept.figures} <= {path.name for path in tmp_path.iterdir()}


def test_a_sweep_shows_every_point_in_a_notebook(swept: SweepResult):
    shown = swept._repr_html_()
    assert shown.count("<tr>") == 1 + 2
    assert "workers" in shown


def test_the_folder_of_a_sweep_that_nobody_asked_for_goes_with_its_result():
    passing = twin.sweep(
        twin.load("queue", small=True).with_all({"warm_up": "1s", "horizon": "10s"}), f"{WORKERS}=1,2", reps=1
    )
    folder = passing.folder
    assert (folder / "sweep.parquet").is_file()
    del passing
    gc.collect()
    assert not folder.exists()


def test_only_a_sweep_with_a_folder_can_go_on():
    with pytest.raises(UsageError, match="resume needs the folder"):
        twin.sweep(twin.load("queue", small=True), f"{WORKERS}=1,2", resume=True)


def test_a_search_has_its_figure_and_writes_its_report(tmp_path: Path):
    pytest.importorskip("optuna")
    queue = twin.load("queue", small=True).with_all({"warm_up": "5s", "horizon": "30s"})
    found = twin.optimize(queue, f"{WORKERS}=1,2,3", "wait_s.mean{server=server}:min", trials=3, reps=1)
    assert list(found.figures) == ["front"]
    assert found.sentence in found._repr_html_()
    assert "a search" in found.report(tmp_path / "report.html").read_text(encoding="utf-8")
