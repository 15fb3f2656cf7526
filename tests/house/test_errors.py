"""Errors carry what caused them, also from one process to another."""

import pickle
import re

import pytest

from twin import errors
from twin.errors import Divergence, InvariantViolation, MissingExtra, Problem, ScenarioError, TwinError, UsageError

PROBLEM = Problem(
    file="peak.yaml", line=7, column=33, path="channels.mean", level="error", message="must be positive (got -3)"
)


def test_a_problem_reads_as_a_position_that_editors_turn_into_a_link():
    assert str(PROBLEM) == "peak.yaml:7:33: channels.mean: must be positive (got -3)"


@pytest.mark.parametrize(
    ("line", "column", "path", "written"),
    [
        (0, 0, "", "peak.yaml: is empty"),
        (7, 0, "", "peak.yaml:7: is empty"),
        (0, 0, "a.b", "peak.yaml: a.b: is empty"),
    ],
)
def test_an_unknown_position_is_left_out_not_written_as_zero(line: int, column: int, path: str, written: str):
    problem = Problem(file="peak.yaml", line=line, column=column, path=path, level="error", message="is empty")
    assert str(problem) == written


def test_a_scenario_error_lists_every_problem_a_line():
    raised = ScenarioError([PROBLEM, PROBLEM])
    assert str(raised).splitlines() == [str(PROBLEM)] * 2


def test_a_missing_extra_names_the_command_that_installs_it():
    assert str(MissingExtra("EDI intake", "edi")).endswith("python -m pip install 'distribution-twin[edi]'")


@pytest.mark.parametrize(
    "raised",
    [
        ScenarioError([PROBLEM]),
        UsageError("--reps must be at least 1 (got 0)"),
        MissingExtra("EDI intake", "edi"),
        InvariantViolation("S-1", 5_000_000, "item 17 at site 2", ["order 3", "reservation 9"]),
        Divergence("step 4 differs"),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_an_error_survives_the_way_to_another_process(raised: TwinError):
    again = pickle.loads(pickle.dumps(raised))
    assert type(again) is type(raised)
    assert str(again) == str(raised)
    assert vars(again) == vars(raised)


def test_the_tree_drawn_at_the_top_is_the_tree():
    """Aim: the drawing is not out of date. Method: every class is drawn once, and all stand under `TwinError`."""
    ours = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    drawn = re.findall(r"── (\w+) {2,}", errors.__doc__ or "")
    assert sorted(drawn) == sorted(ours)
    assert all(issubclass(getattr(errors, name), TwinError) for name in ours)
