"""A sweep is one table of its runs, the same bytes after any interruption and under any number of workers."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import twin
from twin.errors import ScenarioError, UsageError
from twin.experiment.sweep import LINES, TABLE, Sweep, carry_out_sweep, plan_sweep
from twin.experiment.sweep_table import SweepTable, read_table
from twin.experiment.work import Workforce
from twin.world.result import RunResult
from twin.world.scenario import Scenario

BUFFER = "designs.standard.publication.buffer"


def quick_run(
    scenario: Scenario,
    design: str,
    seed: int,
    *,
    out: Path | None,
    record: bool,
    on_violation: str,
    progress: Callable[[float], None] | None,
) -> RunResult:
    """Give a result that is a plain function of the point, the design and the seed."""
    publication = scenario.designs[design].publication
    buffer = getattr(publication, "buffer", 0)
    units = buffer if isinstance(buffer, int) else 0
    return RunResult(
        scenario=scenario.name,
        design=design,
        seed=seed,
        stopped=None,
        kpis={"oversold_units": 10.0 / (1 + units) + seed % 3, "fill_rate": None, "age{a=b}": 0.1 * seed},
        units={"oversold_units": "units"},
        invariants_checked=6,
        violations=(),
        declared=(),
        antecedents={},
        events=seed,
        digest=f"sha256:{seed}",
        sim_s=1.0,
        limits=(),
        wall_s=0.0,
        notes=(),
    )


def stops_after(runs: int) -> Callable[..., RunResult]:
    """Make a runner that is interrupted after so many runs."""
    left = iter(range(runs))

    def run(*args: object, **named: object) -> RunResult:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return quick_run(*args, **named)  # type: ignore[arg-type]

    return run


@pytest.fixture
def plan() -> Sweep:
    return plan_sweep(twin.load("first_day"), [f"{BUFFER}=0..4"], reps=3, seed=5)


def test_rows_come_in_the_order_of_point_and_replication(plan: Sweep) -> None:
    table = carry_out_sweep(plan, run_once=quick_run)
    assert [(row["point"], row["replication"], row["seed"]) for row in table.rows] == [
        (point, rep, 5 + rep) for point in range(5) for rep in range(3)
    ]
    assert [row[BUFFER] for row in table.rows[::3]] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("runs", [0, 1, 7, 14])
def test_an_interrupted_sweep_goes_on_where_it_was_and_ends_in_the_same_bytes(
    plan: Sweep, tmp_path: Path, runs: int
) -> None:
    carry_out_sweep(plan, target=tmp_path / "whole", run_once=quick_run)
    with pytest.raises(KeyboardInterrupt):
        carry_out_sweep(plan, target=tmp_path / "cut", run_once=stops_after(runs))
    assert len((tmp_path / "cut" / LINES).read_text().splitlines()) == runs
    again = stops_after(15 - runs)  # one run more than are missing would interrupt it
    carry_out_sweep(plan, target=tmp_path / "cut", resume=True, run_once=again)
    assert (tmp_path / "cut" / TABLE).read_bytes() == (tmp_path / "whole" / TABLE).read_bytes()
    assert not (tmp_path / "cut" / LINES).exists()


def test_a_torn_last_line_is_made_again(plan: Sweep, tmp_path: Path) -> None:
    carry_out_sweep(plan, target=tmp_path / "whole", run_once=quick_run)
    with pytest.raises(KeyboardInterrupt):
        carry_out_sweep(plan, target=tmp_path / "cut", run_once=stops_after(4))
    lines = tmp_path / "cut" / LINES
    lines.write_bytes(lines.read_bytes()[:-9])
    carry_out_sweep(plan, target=tmp_path / "cut", resume=True, run_once=stops_after(12))
    assert (tmp_path / "cut" / TABLE).read_bytes() == (tmp_path / "whole" / TABLE).read_bytes()


def test_an_unfinished_sweep_is_not_overwritten_and_another_one_not_gone_on_with(plan: Sweep, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        carry_out_sweep(plan, target=tmp_path / "cut", run_once=stops_after(4))
    with pytest.raises(UsageError, match="--resume"):
        carry_out_sweep(plan, target=tmp_path / "cut", run_once=quick_run)
    other = plan_sweep(twin.load("first_day"), [f"{BUFFER}=0..4"], reps=4, seed=5)
    with pytest.raises(UsageError, match="reps is 3 there and 4 here"):
        carry_out_sweep(other, target=tmp_path / "cut", resume=True, run_once=quick_run)


def test_a_folder_that_is_not_ours_is_left_alone(plan: Sweep, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match="no run folder"):
        carry_out_sweep(plan, target=tmp_path, run_once=quick_run)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_two_processes_write_the_same_bytes_as_one(plan: Sweep, tmp_path: Path) -> None:
    carry_out_sweep(plan, target=tmp_path / "one", run_once=quick_run)
    carry_out_sweep(plan, Workforce(2), target=tmp_path / "two", run_once=quick_run)
    assert (tmp_path / "two" / TABLE).read_bytes() == (tmp_path / "one" / TABLE).read_bytes()


def test_the_table_is_read_back_as_it_was(plan: Sweep, tmp_path: Path) -> None:
    table = carry_out_sweep(plan, target=tmp_path / "s", run_once=quick_run)
    assert read_table(tmp_path / "s" / TABLE) == table
    assert json.loads((tmp_path / "s" / "manifest.json").read_text())["rows"] == 15


def test_a_value_that_breaks_a_rule_is_found_before_the_first_run(plan: Sweep) -> None:
    wrong = plan_sweep(twin.load("first_day"), [f"{BUFFER}=0,1,-3"], reps=1)
    with pytest.raises(ScenarioError, match="buffer"):
        carry_out_sweep(wrong, run_once=stops_after(0))


def test_designs_are_those_that_the_paths_are_about() -> None:
    scenario = twin.load("oversell")
    assert plan_sweep(scenario, ["designs.governed.publication.buffer=1,2"]).designs == ("governed",)
    assert plan_sweep(scenario, ["stock.rule.service_level=90%,95%"]).designs == tuple(scenario.designs)


def test_a_summary_is_the_mean_over_replications(plan: Sweep) -> None:
    first = carry_out_sweep(plan, run_once=quick_run).summary("oversold_units")[0]
    assert first.interval is not None
    assert first.interval.n == 3 and math.isclose(first.interval.mean, 10.0 + (2 + 0 + 1) / 3)


def ishigami(rows: int) -> Iterator[dict[str, float | int | str]]:
    """Make the sweep of the Ishigami function (a = 7, b = 0.1), whose Sobol indices are known in closed form."""
    from twin.experiment.vary import Axis, points

    span = f"unif:{-math.pi}:{math.pi}"
    for number, point in enumerate(points([Axis.read(f"x{n}={span}") for n in (1, 2, 3)], "sobol", rows, 1)):
        x1, x2, x3 = (float(point[f"x{n}"]) for n in (1, 2, 3))
        value = math.sin(x1) + 7 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)
        yield {
            "point": number,
            "replication": 0,
            "seed": 1,
            "design": "d",
            "events": 0,
            "digest": "",
            "violations": 0,
            **point,
            "y": value,
        }


def test_sobol_indices_are_those_of_the_ishigami_function() -> None:
    """First order 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437 (Ishigami and Homma 1990)."""
    table = SweepTable("ishigami", ("x1", "x2", "x3"), "sobol", list(ishigami(1024)))
    found = table.sobol("y")
    for index, first, total in zip(found, (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437), strict=True):
        assert index.first.bounds is not None and index.total.bounds is not None
        assert abs(index.first.mean - first) < 0.05 and abs(index.total.mean - total) < 0.05
        assert index.first.bounds[0] - 0.02 <= first <= index.first.bounds[1] + 0.02
