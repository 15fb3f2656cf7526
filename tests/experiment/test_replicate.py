"""Replications come whole, in order, equal under any number of processes, and stop for their reasons only."""

from collections.abc import Callable
from pathlib import Path

import pytest

from twin.errors import UsageError
from twin.experiment.replicate import (
    PRECISION_REPS_MAX,
    PRECISION_REPS_MIN,
    Plan,
    Precision,
    rounds,
    unreached,
)
from twin.experiment.work import processes
from twin.world.result import RunResult


def fake_run(
    scenario: object,
    design: str,
    seed: int,
    *,
    out: Path | None,
    record: bool,
    on_violation: str,
    progress: Callable[[float], None] | None,
) -> RunResult:
    """Give a result that is a plain function of design and seed; the scenario names what goes wrong, and when."""
    if scenario == f"breaks at {seed}":
        raise ArithmeticError("the stock of a place became half a piece")
    if progress is not None:
        progress(0.5)
    if out is not None:
        (out / "events.parquet").write_text(f"{design} {seed}")
    stopped = {"invariant": "S-3", "at_us": 5, "key": "item 4", "chain": ["OrderPlaced 1"]}
    wide = 100.0 if design == "wide" else 1.0
    return RunResult(
        scenario="made_up",
        design=design,
        seed=seed,
        stopped=stopped if scenario == f"stops at {seed}" and on_violation == "stop" else None,
        kpis={"oversold_units": 100.0 + wide * (seed % 3), "fill_rate": None, "noise": float((-1) ** seed)},
        units={"oversold_units": "units", "fill_rate": "share", "noise": "units"},
        invariants_checked=6,
        violations=(),
        declared=(),
        antecedents={},
        events=10 * seed,
        digest=f"sha256:{design}{seed}",
        sim_s=60.0,
        limits=(),
        wall_s=0.01,
        notes=(),
    )


def plan(*designs: str, reps: int = 4, **changes: object) -> Plan:
    return Plan(designs=designs, seed=7, reps=reps, **changes)


def test_seeds_are_consecutive_and_every_design_meets_each_of_them() -> None:
    made = list(rounds("fine", plan("a", "b", reps=3), run=fake_run))
    assert [[(run.design, run.seed) for run in round_] for round_ in made] == [
        [("a", 7), ("b", 7)],
        [("a", 8), ("b", 8)],
        [("a", 9), ("b", 9)],
    ]


def test_two_processes_give_the_same_rounds_as_one() -> None:
    assert list(rounds("fine", plan("a", "b"), 2, run=fake_run)) == list(
        rounds("fine", plan("a", "b"), 1, run=fake_run)
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stopped_run_ends_the_work_after_its_own_round(jobs: int) -> None:
    made = list(rounds("stops at 9", plan("a", "b", reps=20, on_violation="stop"), jobs, run=fake_run))
    assert [round_[0].seed for round_ in made] == [7, 8, 9]
    assert made[-1][0].stopped is not None


def test_a_plan_that_reports_violations_runs_to_its_end() -> None:
    assert len(list(rounds("stops at 9", plan("a", reps=5), run=fake_run))) == 5


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_replication_raises_its_own_error_with_its_seed(jobs: int) -> None:
    with pytest.raises(ArithmeticError, match="half a piece") as failure:
        list(rounds("breaks at 9", plan("a", "b"), jobs, run=fake_run))
    assert failure.value.__notes__ == ["in the replication with seed 9 of design a"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_precision_is_reached_at_the_same_replication_under_any_number_of_processes(jobs: int) -> None:
    wanted = plan("wide", reps=2, precision=(Precision(kpi="oversold_units", share=0.2),))
    made = list(rounds("fine", wanted, jobs, run=fake_run))
    assert len(made) == 19
    assert unreached(wanted, made) == ()
    assert unreached(wanted, made[:-1]) == wanted.precision


def test_a_precision_is_not_believed_before_its_least_number_of_replications() -> None:
    wanted = plan("a", reps=2, precision=(Precision(kpi="oversold_units", share=0.5),))
    assert len(list(rounds("fine", wanted, run=fake_run))) == PRECISION_REPS_MIN


@pytest.mark.parametrize("kpi", ["noise", "fill_rate"])
def test_a_precision_out_of_reach_ends_at_its_bound(kpi: str) -> None:
    """`noise` has a mean of 0, `fill_rate` has no value at all."""
    wanted = plan("a", reps=900, precision=(Precision(kpi=kpi, share=0.01),))
    made = list(rounds("fine", wanted, run=fake_run))
    assert len(made) == PRECISION_REPS_MAX
    assert unreached(wanted, made) == wanted.precision


def test_a_precision_of_an_unknown_measure_is_refused_with_the_nearest_name() -> None:
    wanted = plan("a", precision=(Precision(kpi="oversold_unit", share=0.1),))
    with pytest.raises(UsageError, match="did you mean 'oversold_units'"):
        list(rounds("fine", wanted, run=fake_run))


def test_progress_counts_parts_of_runs_and_never_goes_back() -> None:
    seen: list[tuple[float, int]] = []
    list(rounds("fine", plan("a", reps=2, on_violation="stop"), progress=lambda *at: seen.append(at), run=fake_run))
    assert seen == [(0.5, 2), (1, 2), (1.5, 2), (2, 2)]


def test_only_the_first_replication_of_each_design_keeps_its_events(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("a", "b")}
    for folder in folders.values():
        folder.mkdir()
    list(rounds("fine", plan("a", "b", out=folders), run=fake_run))
    assert [(folder / "events.parquet").read_text() for folder in folders.values()] == ["a 7", "b 7"]


def test_numbers_that_make_no_sense_are_refused_with_their_value() -> None:
    with pytest.raises(UsageError, match=r"reps: must be from 1 to 10,000 \(got 0\)"):
        plan("a", reps=0)
    with pytest.raises(UsageError, match="designs: each once"):
        plan("a", "a")
    with pytest.raises(UsageError, match=r"seed: must not be negative \(got -1\)"):
        Plan(designs=("a",), seed=-1, reps=1)
    with pytest.raises(UsageError, match=r"jobs: must not be negative \(got -2\)"):
        processes(-2)
    assert processes(0) >= 1
