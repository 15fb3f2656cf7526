"""`twin new` writes scenarios that check and run, and never over a file that is there."""

import re
import shutil
from pathlib import Path

import pytest

import scenarios
from twin.cli import main
from twin.world.run import run_once

FIRM = Path(__file__).parents[2] / "docs" / "my_firm"
MARKED = re.compile(r"^(\s*)# (faults:|  - \{name: |cancellations:|retry:)", re.MULTILINE)
"""Lines of the starter that wait behind a mark for somebody to take it away."""


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["new", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_starter_checks_and_runs(capsys: pytest.CaptureFixture[str]):
    code, out, err = ask(capsys, "mine")
    assert (code, out, err) == (0, "mine.yaml\n", "next: twin compare mine.yaml\n")
    assert scenarios.check("mine.yaml") == []
    scenario = scenarios.load("mine.yaml", ["horizon=10h"])
    for design in scenario.designs:
        assert run_once(scenario, design, 1, record=False).events


def test_what_the_starter_marks_as_optional_can_be_taken_in(capsys: pytest.CaptureFixture[str]):
    ask(capsys, "mine")
    text, count = MARKED.subn(r"\1\2", Path("mine.yaml").read_text(encoding="utf-8"))
    Path("mine.yaml").write_text(text, encoding="utf-8")
    assert count == 4
    assert scenarios.check("mine.yaml") == []
    scenario = scenarios.load("mine.yaml")
    assert [fault.kind for fault in scenario.faults] == ["E2"]
    assert scenario.designs["governed"].retry != scenario.designs["nightly"].retry


def test_a_scenario_of_a_firms_files_checks_and_runs(capsys: pytest.CaptureFixture[str]):
    shutil.copytree(FIRM, "firm")
    code, out, _ = ask(capsys, "mine", "--from", "firm", "--zone", "Europe/London")
    assert code == 0
    assert out.splitlines()[0] == str(Path("firm/mine.yaml"))
    assert all(Path(line).is_file() for line in out.splitlines())
    scenario = scenarios.load("firm/mine.yaml", ["horizon=1d"])
    assert (run_once(scenario, "governed", 1, record=False).kpis["orders_placed"] or 0) > 20


def test_a_file_that_is_there_is_left_alone_unless_told(capsys: pytest.CaptureFixture[str]):
    Path("mine.yaml").write_text("mine\n", encoding="utf-8")
    code, out, err = ask(capsys, "mine")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "mine.yaml is there already; --overwrite replaces it" in err
    assert Path("mine.yaml").read_text(encoding="utf-8") == "mine\n"
    assert ask(capsys, "mine", "--overwrite")[0] == 0
    assert scenarios.check("mine.yaml") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["my/firm"], "must be a plain word"),
        (["mine", "--from", "nowhere"], "'nowhere' does not exist"),
        (["mine", "--zone", "Mars/Base"], "there is no time zone 'Mars/Base'"),
    ],
)
def test_a_wrong_call_is_refused_and_leaves_nothing(capsys: pytest.CaptureFixture[str], words: list[str], said: str):
    code, out, err = ask(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert list(Path().iterdir()) == []


def test_mistakes_in_a_firms_files_are_lines_with_exit_3(capsys: pytest.CaptureFixture[str]):
    shutil.copytree(FIRM, "firm")
    Path("firm/sites.csv").write_text("site,people\nleeds,0\nleeds,2\n", encoding="utf-8")
    code, out, err = ask(capsys, "mine", "--from", "firm")
    assert (code, out) == (3, "")
    assert err.splitlines()[:2] == [
        f"{Path('firm/sites.csv')}:2: people: must be a whole number of at least 1 (got '0')",
        f"{Path('firm/sites.csv')}:3: site: 'leeds' stands here for the second time",
    ]
    assert not Path("firm/mine.yaml").exists()
