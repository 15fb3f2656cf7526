"""Run and compare print one document, leave one folder, and say the same again for the same seed."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from twin.cli import main

SMALL = ("oversell", "--small", "--set", "horizon=3h")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


def without_timing(text: str) -> dict[str, object]:
    document = json.loads(text)
    assert document.pop("timing")["wall_s"] > 0
    return document


def test_a_run_prints_its_document_and_leaves_its_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, out, err = ask(
        capsys, "run", *SMALL, "--design", "governed", "--reps", "1", "--seed", "5", "--format", "json"
    )
    made = json.loads(out)
    assert code in {0, 4}
    assert (made["scenario"], made["design"], made["seed"], made["reps"]) == ("oversell", "governed", 5, 1)
    assert set(made["kpis"]["oversold_units"]) == {"mean", "ci95", "n", "unit"}
    assert made["digest"].startswith("sha256:")
    folder = tmp_path / "runs" / "oversell-governed-5"
    assert sorted(path.name for path in folder.iterdir()) == [
        "events.parquet",
        "history.jsonl.gz",
        "kpis.csv",
        "kpis.json",
        "manifest.json",
        "names.parquet",
    ]
    assert json.loads((folder / "manifest.json").read_text())["digest"] == made["digest"]
    assert "runs/oversell-governed-5" in err


def test_a_comparison_has_a_figure_and_a_block_for_each_design(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, out, err = ask(capsys, "compare", *SMALL, "--reps", "2", "--out", "here", "--format", "json")
    made = json.loads(out)
    assert code in {0, 1}
    assert list(made["designs"]) == ["nightly_batch", "every_event", "governed"]
    assert {"kpi", "a", "b", "mean", "ci95", "significant", "more_runs"} <= set(made["differences"][0])
    assert {"compare.svg", "compare.png", "manifest.json"} <= {path.name for path in (tmp_path / "here").iterdir()}
    assert "here, compare.png, compare.svg" in err


def test_a_table_ends_with_decisions_and_a_picture(capsys: pytest.CaptureFixture[str]):
    _, out, err = ask(capsys, "compare", *SMALL, "--reps", "2", "--designs", "nightly_batch,governed", "--quiet")
    assert "Would more runs change the decision?" in out
    assert err == ""


def test_csv_has_one_row_for_each_design_and_measure(capsys: pytest.CaptureFixture[str]):
    _, out, _ = ask(capsys, "compare", *SMALL, "--reps", "1", "--designs", "every_event,governed", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["design"] for row in rows} == {"every_event", "governed"}
    assert list(rows[0]) == ["design", "kpi", "mean", "ci95_low", "ci95_high", "n", "unit"]


def test_processes_and_recording_change_nothing(capsys: pytest.CaptureFixture[str]):
    words = ("compare", *SMALL, "--reps", "2", "--designs", "every_event,governed", "--format", "json")
    _, serial, _ = ask(capsys, *words)
    _, parallel, _ = ask(capsys, *words, "--jobs", "2")
    assert without_timing(serial) == without_timing(parallel)


def test_another_process_with_another_hash_seed_says_the_same(tmp_path: Path):
    words = ["run", *SMALL, "--design", "governed", "--reps", "1", "--format", "json", "--quiet"]
    program = "import sys; from twin.cli import main; sys.exit(main())"
    said = [
        subprocess.run(
            [sys.executable, "-c", program, *words, "--out", f"out{seed}"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        ).stdout
        for seed in ("1", "2")
    ]
    assert without_timing(said[0]) == without_timing(said[1])
