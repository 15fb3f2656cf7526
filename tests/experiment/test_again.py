"""A manifest runs again to the same digests, or says what differs; two folders are compared down to the first event."""

import json
from pathlib import Path

import pytest

import twin
from twin.cli import main
from twin.errors import HistoryError, UsageError
from twin.experiment.difference import first_events, measures
from twin.experiment.manifest import read_manifest

SHORT = ("--set", "horizon=30m")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two runs that differ in one setting, and a comparison."""
    root = tmp_path_factory.mktemp("runs")
    for name, more in (("a", ()), ("b", ("--set", "designs.standard.publication.buffer=60")), ("c", ("--seed", "9"))):
        assert main(["run", "first_day", *SHORT, *more, "--out", str(root / name), "--quiet", "--format", "json"]) == 0
    return root


def test_a_run_again_has_the_same_digest(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", str(folders / "a" / "manifest.json"), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["same"] and told["digest"] == json.loads((folders / "a" / "kpis.json").read_text())["digest"]


def test_a_scenario_file_that_was_changed_since_is_run_as_the_manifest_has_it(tmp_path: Path) -> None:
    text = Path(twin.load("first_day").source).read_text()
    mine = tmp_path / "mine.yaml"
    mine.write_text(text)
    assert main(["run", str(mine), *SHORT, "--out", str(tmp_path / "out"), "--quiet"]) == 0
    mine.write_text(text.replace("seed:", "seed: 99 #"))
    assert main(["rerun", str(tmp_path / "out"), "--quiet"]) == 0


def test_a_digest_that_differs_is_said_with_its_seed(folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    told = json.loads((folders / "a" / "manifest.json").read_text())
    told["replications"][0]["digest"] = "sha256:0"
    told["dependencies"]["numpy"] = "1.0"
    (tmp_path / "manifest.json").write_text(json.dumps(told))
    assert main(["rerun", str(tmp_path), "--format", "json", "--quiet"]) == 1
    out = json.loads(capsys.readouterr().out)
    assert "seed 1: sha256:0 then" in out["runs"][0] and "numpy was 1.0" in out["versions"][0]


def test_a_sweep_runs_again_to_the_same_table(tmp_path: Path) -> None:
    axis = "designs.standard.publication.buffer=0,2"
    words = ["sweep", "first_day", *SHORT, "--vary", axis, "--reps", "2", "--out", str(tmp_path / "s"), "--quiet"]
    assert main(words) == 0
    assert main(["rerun", str(tmp_path / "s"), "--quiet"]) == 0


def test_the_small_version_is_run_again_as_the_small_version(tmp_path: Path) -> None:
    """Whoever made it, the command line or Python: the manifest says which version of the file it was."""
    axis = "landscape.parties.server.workers=1,2"
    words = ["sweep", "queue", "--small", "--vary", axis, "--reps", "1", "--out", str(tmp_path / "s"), "--quiet"]
    assert main(words) == 0
    twin.run(twin.load("queue", small=True), reps=1, out=tmp_path / "r")
    for folder in ("s", "r"):
        assert json.loads((tmp_path / folder / "manifest.json").read_text())["small"] is True
        assert main(["rerun", str(tmp_path / folder), "--quiet"]) == 0


def test_a_difference_names_the_setting_the_measures_and_the_first_event(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", str(folders / "a"), str(folders / "b"), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["path"] for each in told["settings"]] == ["designs.standard.publication.buffer.units"]
    assert told["measures"] and not told["digest"]["same"]
    (event,) = told["first_differing_event"]
    assert event["a"] != event["b"]


def test_a_folder_differs_in_nothing_from_itself(folders: Path) -> None:
    told = read_manifest(folders / "a")
    assert first_events(told, told) == [] and measures(told, told) == []
    assert main(["diff", str(folders / "a"), str(folders / "a"), "--quiet"]) == 0


def test_the_first_event_is_the_first_row_that_is_not_shared(folders: Path) -> None:
    a, b = read_manifest(folders / "a"), read_manifest(folders / "b")
    (found,) = first_events(a, b)
    rows = [
        twin.results(told.folder).sql("SELECT * EXCLUDE (folder, design) FROM events").fetchall() for told in (a, b)
    ]
    shared = next(n for n, (one, other) in enumerate(zip(*rows, strict=False)) if one != other)
    assert found.row == shared


def test_folders_are_asked_together(folders: Path) -> None:
    found = twin.results(folders / "*")
    assert found.sql("SELECT count(*), count(DISTINCT digest) FROM runs").fetchall() == [(9, 9)]
    assert found.sql("SELECT count(DISTINCT kpi) > 50 FROM measures").fetchall() == [(True,)]
    assert found.sql("SELECT count(DISTINCT folder) FROM events").fetchall() == [(3,)]
    assert found.sql("SELECT count(*) FROM sweeps").fetchall() == [(0,)]


def test_what_is_no_run_folder_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="no run folder matches"):
        twin.results(tmp_path / "*")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(HistoryError, match="is no manifest"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    assert main(["rerun", str(tmp_path)]) == 3
    assert "it lacks 'scenario'" in capsys.readouterr().err
