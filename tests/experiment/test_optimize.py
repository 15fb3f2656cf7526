"""A search finds what is better than the shipped setting where there is something, says so where not, and repeats."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import scenarios
import twin
from twin.cli import main
from twin.errors import UsageError
from twin.experiment.optimize import Constraint, Found, Objective, carry_out_search, plan_search
from twin.experiment.work import Workforce
from twin.world.result import RunResult
from twin.world.scenario import Scenario

BUFFER = "designs.standard.publication.buffer"


def priced(
    scenario: Scenario,
    design: str,
    seed: int,
    *,
    out: Path | None,
    record: bool,
    on_violation: str,
    progress: Callable[[float], None] | None,
) -> RunResult:
    """Oversell falls with the buffer until 6, lost sales rise from 4 on: 4 to 6 are the front, 0 is dominated by 4."""
    units = int(getattr(scenario.designs[design].publication.buffer, "units", 0))
    return RunResult(
        scenario=scenario.name,
        design=design,
        seed=seed,
        stopped=None,
        kpis={
            "oversold_units": float(max(0, 6 - units)) + seed % 2,
            "lost_sales_units": float(max(0, units - 4)),
            "none": None,
        },
        units={},
        invariants_checked=0,
        violations=(),
        declared=(),
        antecedents={},
        events=0,
        digest="",
        sim_s=0.0,
        limits=(),
        wall_s=0.0,
        notes=(),
    )


def search(
    *more: str, objectives: tuple[str, ...] = ("oversold_units:min", "lost_sales_units:min"), **named: int
) -> Found:
    plan = plan_search(
        twin.load("first_day", [f"{BUFFER}=0"]),
        [f"{BUFFER}=0..10"],
        objectives,
        constraints=more,
        **{"trials": 60, "reps": 2, **named},
    )
    return carry_out_search(plan, run_once=priced)


def test_the_front_is_what_nothing_tried_is_better_than() -> None:
    found = search()
    assert {trial.settings.get(BUFFER) for trial in found.front} == {4, 5, 6}
    assert found.best.settings == {BUFFER: 4}
    assert "dominates the shipped setting (decided in oversold_units)" in found.sentence


def test_a_constraint_keeps_settings_off_the_front() -> None:
    found = search("oversold_units<=1")
    assert {trial.settings[BUFFER] for trial in found.front} == {6}


def test_one_objective_is_searched_too() -> None:
    assert search(objectives=("oversold_units:min",), trials=30).best.settings[BUFFER] in range(6, 11)


def test_a_search_that_finds_nothing_says_so() -> None:
    shipped = twin.load("first_day", [f"{BUFFER}=4"])
    plan = plan_search(shipped, [f"{BUFFER}=0..3"], ["oversold_units:min"], trials=6, reps=2)
    found = carry_out_search(plan, run_once=priced)
    assert found.best is found.shipped and found.sentence.startswith("None of the 6 settings")


def test_the_same_seed_searches_the_same_under_any_number_of_workers() -> None:
    plan = plan_search(twin.load("first_day"), [f"{BUFFER}=0..10"], ["oversold_units:min"], trials=6, reps=2)
    assert carry_out_search(plan, run_once=priced) == carry_out_search(plan, Workforce(2), run_once=priced)
    other = carry_out_search(replace(plan, seed=99), run_once=priced)
    assert [trial.settings for trial in other.trials] != [
        trial.settings for trial in carry_out_search(plan, run_once=priced).trials
    ]


def test_an_interrupt_keeps_whole_trials() -> None:
    left = iter(range(7))

    def run(*args: object, **named: object) -> RunResult:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return priced(*args, **named)  # type: ignore[arg-type]

    plan = plan_search(twin.load("first_day"), [f"{BUFFER}=0..10"], ["oversold_units:min"], trials=9, reps=2)
    assert len(carry_out_search(plan, run_once=run).trials) == 3


@pytest.mark.parametrize(
    ("read", "text"),
    [(Objective.read, "oversold_units"), (Objective.read, ":min"), (Constraint.read, "a<5"), (Constraint.read, "a<=b")],
)
def test_what_cannot_be_read_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(UsageError, match="expected a measure"):
        read(text)


def test_a_measure_that_is_not_there_is_refused_before_the_search() -> None:
    with pytest.raises(UsageError, match="no measure is called 'oversold'"):
        search(objectives=("oversold:min",))


def test_the_command_writes_a_scenario_that_loads_with_the_chosen_settings(tmp_path: Path) -> None:
    words = ["optimize", "first_day", "--set", "horizon=20m", "--vary", f"{BUFFER}=0,1", "--trials", "2", "--reps", "1"]
    assert main([*words, "--objective", "channel_calls:min", "--out", str(tmp_path / "o"), "--quiet"]) == 0
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == [
        "best.yaml",
        "front.png",
        "front.svg",
        "manifest.json",
        "trials.csv",
    ]
    assert twin.load(tmp_path / "o" / "best.yaml").horizon == 20 * 60 * 1_000_000


@pytest.mark.parametrize("name", ["first_day", "oversell", "oversell_law"])
def test_a_scenario_written_back_is_the_same_scenario(name: str, tmp_path: Path) -> None:
    scenario = twin.load(name)
    file = tmp_path / f"{name}.yaml"
    file.write_text(scenarios.written(scenario))
    assert twin.load(file).sha256 == scenario.sha256
