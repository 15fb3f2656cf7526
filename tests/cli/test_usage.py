"""What the command line refuses, it refuses in one line, with the right code, and with nothing on stdout."""

import csv
import io
import json

import pytest

from twin.cli import explain, main
from twin.errors import (
    Divergence,
    HistoryError,
    InvariantViolation,
    MissingExtra,
    Problem,
    ScenarioError,
    UsageError,
    WireError,
)


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Give the code, stdout and stderr of one command."""
    code = main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["comapre", "oversell"], "no such command 'comapre'; did you mean 'compare'?"),
        (["zzz"], "no such command 'zzz'; there are list, check, schema, run, compare, bench"),
        (["compare", "oversell", "--sed", "3"], "--seed"),
        (["run", "oversell", "--seed", "x"], "'--seed': must be a whole number from 0 (got 'x')"),
        (["run", "oversell", "--seed", "-1"], "'--seed': must be a whole number from 0 (got '-1')"),
        (["run", "oversell", "--reps", "-2"], "'--reps': must be a whole number from 1 to 10,000 (got '-2')"),
        (["run", "oversell", "--reps", "0"], "(got '0')"),
        (["run", "oversell", "--reps", "2.5"], "(got '2.5')"),
        (["compare", "oversell", "--jobs", "-1"], "'--jobs': must be a whole number from 0 (got '-1')"),
        (["run", "oversell", "--on-violation", "shout"], "'shout' is not one of 'stop', 'report'"),
        (["run", "oversell", "--format", "yaml"], "'yaml' is not one of 'table', 'json', 'csv'"),
        (["run", "retry_storm", "--history"], "retry_storm has clients and servers and no middleware"),
        (["run"], "Missing argument 'SCENARIO'"),
        (["check"], "Missing argument 'FILE...'"),
        (["list", "nothing"], "'nothing' is not one of"),
    ],
)
def test_a_wrong_call_is_one_line_on_stderr_and_exit_2(capsys: pytest.CaptureFixture[str], words: list[str], said: str):
    code, out, err = ask(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert err.startswith("twin: ")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["compare", "--help"]])
def test_help_goes_to_stdout(capsys: pytest.CaptureFixture[str], words: list[str]):
    code, out, err = ask(capsys, *words)
    assert (code, err) == (0, "")
    assert out.startswith("Usage: twin")


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]):
    code, out, _ = ask(capsys, "--version")
    assert code == 0
    assert out.startswith("twin, version ")


@pytest.mark.parametrize("kind", ["parties", "invariants", "measures", "presets"])
def test_every_list_is_rows_in_json(capsys: pytest.CaptureFixture[str], kind: str):
    code, out, _ = ask(capsys, "list", kind, "--format", "json", "--quiet")
    rows = json.loads(out)
    assert code == 0
    assert all(row["name"] and row["text"] for row in rows)
    assert rows or kind == "presets"


def test_a_list_as_csv_has_a_row_for_each_row_in_json(capsys: pytest.CaptureFixture[str]):
    _, as_json, _ = ask(capsys, "list", "measures", "--format", "json")
    _, as_csv, _ = ask(capsys, "list", "measures", "--format", "csv")
    assert [row["name"] for row in csv.DictReader(io.StringIO(as_csv))] == [row["name"] for row in json.loads(as_json)]


def test_a_table_names_everything(capsys: pytest.CaptureFixture[str]):
    code, out, err = ask(capsys, "list", "invariants")
    assert (code, err) == (0, "")
    assert "S-10" in out
    assert "\x1b" not in out, "no colours where nobody sees them"


PROBLEM = Problem(file="a.yaml", line=3, column=5, path="seed", level="error", message="must be a whole number (got x)")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("no such thing"), 2, "twin: no such thing\n"),
        (MissingExtra("a search", "optimize"), 2, "twin: a search needs the extra"),
        (ScenarioError([PROBLEM]), 3, "a.yaml:3:5: seed: must be a whole number (got x)\n"),
        (WireError("not an order"), 3, "twin: not an order\n"),
        (HistoryError("column Quantity is missing"), 3, "twin: column Quantity is missing\n"),
        (InvariantViolation("S-3", 5, "order 4", ["OrderPlaced 1"]), 4, "twin: S-3 was broken for order 4 at 5 us"),
        (Divergence("step 7 differs"), 1, "twin: step 7 differs\n"),
        (ZeroDivisionError("by zero"), 70, "twin: internal error: ZeroDivisionError: by zero; --debug shows where\n"),
    ],
)
def test_every_error_has_its_line_and_its_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, said: str
):
    assert explain(error) == code
    assert capsys.readouterr().err.startswith(said)


def test_a_note_on_an_error_is_said(capsys: pytest.CaptureFixture[str]):
    error = UsageError("no such thing")
    error.add_note("in the replication with seed 9 of design a")
    explain(error)
    assert "no such thing (in the replication with seed 9 of design a)" in capsys.readouterr().err


def test_of_many_problems_twenty_are_shown(capsys: pytest.CaptureFixture[str]):
    assert explain(ScenarioError([PROBLEM] * 25)) == 3
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 21
    assert said[-1] == "twin: and 5 more problems"
