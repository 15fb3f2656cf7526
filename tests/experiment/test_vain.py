"""A fault that took no effect is said wherever the results of its runs are."""

import json
from pathlib import Path

import pytest

import scenarios
import twin
from twin.cli import main
from twin.experiment.reading import read_folder
from twin.experiment.vain import vain

SETTINGS = (
    "horizon=20s",
    "warm_up=0s",
    "expectations=[]",
    "landscape.parties.users.open.rate=1/s",
    "faults=[{name: early, kind: E1, target: server, trigger: {at: 5s}, duration: 10s},"
    " {name: late, kind: E1, target: server, trigger: {at: 19999999us}, duration: 1us}]",
)
"""Some ten calls meet the first fault, and none the microsecond of the second."""


def test_it_is_said_on_stderr_in_the_document_and_on_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for setting in SETTINGS for word in ("--set", setting)]
    words += ["--reps", "2", "--out", str(tmp_path / "r"), "--report", "--quiet", "--format", "json"]
    assert main(["run", "queue", *words]) == 0
    printed = capsys.readouterr()
    sentence = "fault late (E1 at server) took no effect in 2 of 2 runs of patient"
    assert printed.err.splitlines() == [sentence]
    said = json.loads(printed.out)["faults_without_effect"]
    assert said == [
        {"design": "patient", "fault": "late", "kind": "E1", "target": "server", "seeds": [1, 2], "runs": 2}
    ]
    assert sentence in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert [each.sentence for each in vain(read_folder(tmp_path / "r").comparison.runs)] == [sentence]


def test_a_notebook_says_it_too() -> None:
    shown = twin.run(scenarios.load("queue", SETTINGS), reps=1)._repr_html_()
    assert "took no effect in the run of patient" in shown
    assert "early" not in shown
