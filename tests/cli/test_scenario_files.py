"""Bad scenario files, names and folders end in clear lines, the right code, no traceback and no folder."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

import scenarios
from twin.cli import main

PLACE = re.compile(r"^[^:]+\.yaml(:\d+){0,2}: .+")


@pytest.fixture
def shipped() -> str:
    """The text of the shipped `oversell`."""
    return (Path(scenarios.__file__).parent / "oversell.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Commands write to ./runs by themselves; here that is a folder that ends with the test."""
    monkeypatch.chdir(tmp_path)


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


BAD: Sequence[tuple[str, str, str]] = [
    ("horizon: 7d", "horizont: 7d", "did you mean 'horizon'"),
    ("horizon: 7d", "horizon: -7d", "must not be negative"),
    ("horizon: 7d", "horizon: soon", "must be a duration"),
    ("use: mid", "use: 17", "quotes"),
    ("seed: 7", "seed: x", "seed"),
    ("reps: 20", "reps: -3", "reps"),
    ("design: nightly_batch, minus", "design: nightly, minus", "nightly"),
    ("checks: {", "faults: [{name: slow, kind: E2}]\nchecks: {", "faults"),
    ("data/online_retail_excerpt.csv.gz", "data/no_such_file.csv.gz", "no such file"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_a_mistake_is_named_with_its_place_and_value(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shipped: str, old: str, new: str, said: str
):
    file = tmp_path / "bad.yaml"
    file.write_text(changed(shipped, old, new), encoding="utf-8")
    for words in (["check", str(file)], ["run", str(file)], ["compare", str(file)]):
        code, out, err = ask(capsys, *words)
        problems = out if words[0] == "check" else err
        assert code == 3
        assert said in problems
        assert all(PLACE.match(line) for line in problems.splitlines())
        assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"], "no folder is left behind"


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\xff\xfe", b"a: [1, 2\nb: }", b"- just\n- a list\n", b"# only a comment\n"]
)
def test_a_file_that_is_no_scenario_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes):
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)
    code, _, err = ask(capsys, "run", str(file))
    assert code == 3
    assert err.startswith(str(file)) or "bad.yaml" in err.splitlines()[0]
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", ["run", "compare", "check"])
def test_an_unknown_scenario_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str], verb: str):
    code, out, err = ask(capsys, verb, "oversel")
    assert code in {2, 3}
    assert "oversell" in out + err
    assert (out + err).count("\n") == 1


def test_a_problem_is_a_row_in_json(capsys: pytest.CaptureFixture[str], tmp_path: Path, shipped: str):
    file = tmp_path / "bad.yaml"
    file.write_text(changed(shipped, "horizon: 7d", "horizont: 7d"), encoding="utf-8")
    code, out, _ = ask(capsys, "check", str(file), "--format", "json")
    rows = json.loads(out)
    assert code == 3
    assert {tuple(row) for row in rows} == {("file", "line", "column", "path", "level", "message")}
    assert any(row["path"] == "horizont" and row["line"] == 6 and row["column"] >= 1 for row in rows)


def test_every_shipped_scenario_is_sound_as_it_is_and_small(capsys: pytest.CaptureFixture[str]):
    for name in scenarios.names():
        for small in ([], ["--small"]):
            code, out, _ = ask(capsys, "check", name, *small, "--format", "json")
            assert (name, code, [row for row in json.loads(out) if row["level"] == "error"]) == (name, 0, [])


def test_scenarios_are_listed_with_their_questions(capsys: pytest.CaptureFixture[str]):
    code, out, _ = ask(capsys, "list", "--format", "json")
    rows = {row["name"]: row["question"] for row in json.loads(out)}
    assert code == 0
    assert list(rows) == list(scenarios.names())
    assert all(question.endswith("?") for question in rows.values())


def test_the_resolved_scenario_has_its_defaults_and_reads_again(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, out, _ = ask(capsys, "check", "oversell", "--resolved", "--quiet")
    assert code == 0
    assert "schema_version: 1" in out


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]):
    code, out, _ = ask(capsys, "schema")
    assert code == 0
    assert json.loads(out)["properties"]["schema_version"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "oversell", "--design", "govern"], "did you mean 'governed'?"),
        (["compare", "oversell", "--designs", "governed,every_evnt"], "did you mean 'every_event'?"),
        (["compare", "oversell", "--designs", "governed,governed"], "designs: each once"),
        (["run", "oversell", "--precision", "oversold_units"], "expected a measure and a share"),
        (["run", "oversell", "--precision", "oversold_units=5"], "(got 'oversold_units=5')"),
    ],
)
def test_a_wrong_word_about_a_scenario_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], said: str
):
    code, out, err = ask(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("override", ["designs.governd.publication.interval=30s", "horizon=-3d", "horizon"])
def test_a_wrong_override_is_refused(capsys: pytest.CaptureFixture[str], override: str):
    code, _, err = ask(capsys, "run", "oversell", "--set", override)
    assert code in {2, 3}
    assert override.partition("=")[0].split(".")[0] in err
    assert "Traceback" not in err


def test_a_place_that_is_not_ours_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    for out in ("letters", "file", "file/inside"):
        code, said, err = ask(capsys, "run", "oversell", "--small", "--reps", "1", "--out", out)
        assert (code, said) == (2, "")
        assert err.startswith(f"twin: cannot write run folder '{out}': ")
        assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "letters"]
