"""What `twin.sweep` and `twin.optimize` give: the table or the trials, their figures and their report."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from reports.progress import seen
from reports.result import held, kept_or_passing
from twin.errors import UsageError
from twin.experiment.optimize import TRIALS, Found, carry_out_search, plan_search
from twin.experiment.shown import html_table
from twin.experiment.sweep import carry_out_sweep, plan_sweep
from twin.experiment.sweep_table import SweepTable
from twin.experiment.vary import Layout
from twin.experiment.work import Progress, Workforce

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twin.world.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class SweepResult(SweepTable):
    """The rows of a sweep, and behind them its folder, its figures and its report.

    Attributes:
        of: the scenario that was run.
        folder: where the table lies; a temporary one where none was asked for.
    """

    of: "Scenario"
    folder: Path

    @property
    def figures(self) -> "dict[str, Figure]":
        """Every figure of the report by its name, drawn anew at each look."""
        from reports.study import sweep_pictures

        return {each.name: each.figure for each in sweep_pictures(self, self.of)}

    def report(self, path: Path | str = "report.html", *, files: bool = False) -> Path:
        """Write the report as one page, with `files` its tables and figures beside it; return its path.

        Raises:
            UsageError: it cannot be written.
        """
        from reports.writing import write_report

        return write_report(self.folder, self.of, Path(path), with_files=files)

    def _repr_html_(self) -> str:
        """Show the reported measures by point and design in a notebook."""
        from reports.study import sweep_kpis
        from reports.sweep import means

        table = means(self, sweep_kpis(self, self.of))
        return f"<p>{table.title}</p>{html_table(table.heads, table.rows)}"


@dataclass(frozen=True, slots=True)
class SearchResult(Found):
    """What a search tried, its figure and its report."""

    @property
    def figures(self) -> "dict[str, Figure]":
        """The figure of the front, drawn anew at each look."""
        from reports.front import figure

        return {"front": figure(self)}

    def report(self, path: Path | str = "report.html", *, files: bool = False) -> Path:
        """Write the report as one page, with `files` its table and figure beside it; return its path.

        Raises:
            UsageError: it cannot be written.
        """
        from reports.study import search_page
        from reports.writing import write_page

        return write_page(search_page(self), Path(path), with_files=files)

    def _repr_html_(self) -> str:
        """Show the shipped setting, the front and what was found in a notebook."""
        from reports.front import table

        made = table(self)
        return f"<p>{self.sentence}</p>{html_table(made.heads, made.rows)}"


def sweep(
    scenario: "Scenario",
    vary: Sequence[str] | str,
    *,
    designs: Sequence[str] | None = None,
    seed: int | None = None,
    reps: int | None = None,
    layout: Layout = "grid",
    count: int | None = None,
    jobs: int = 1,
    backend: str = "local",
    scheduler: str | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> SweepResult:
    """Run a scenario at many points of its settings.

    Args:
        scenario: the scenario.
        vary: axes, each as `path=values` (see `twin.experiment.vary`).
        designs: which to run; unless named, those that the paths are about, else all.
        seed: the root seed, else the scenario's; every point meets the same seeds.
        reps: replications of each point and design, else the scenario's.
        layout: `grid`, `lhs` (Latin hypercube) or `sobol`.
        count: how many points to draw, for `lhs` and `sobol`.
        jobs: how many processes; 0 is one for each core. The result does not depend on it.
        backend: `local`, or `dask` with the address of its `scheduler`.
        scheduler: such as `tcp://10.0.0.7:8786`.
        out: a folder to keep the table in; else it goes with the result.
        resume: go on with an unfinished sweep in that folder.
        progress: called with runs done and runs planned.

    Raises:
        UsageError: the call makes no sense, the folder cannot be used, or it holds another sweep.
        ScenarioError: the scenario does not hold together at one of the points.
    """
    axes = [vary] if isinstance(vary, str) else list(vary)
    plan = plan_sweep(scenario, axes, designs=designs, seed=seed, reps=reps, layout=layout, count=count)
    force = Workforce.of(jobs, backend, scheduler)
    if resume and out is None:
        raise UsageError("resume needs the folder of the unfinished sweep (out)")
    with kept_or_passing(out) as (folder, passing):
        table = carry_out_sweep(plan, force, target=folder, resume=resume, progress=seen(progress, "sweep"))
    found = {each.name: getattr(table, each.name) for each in fields(SweepTable)}
    return held(SweepResult(of=plan.scenario, folder=folder, **found), passing)


def optimize(
    scenario: "Scenario",
    vary: Sequence[str] | str,
    objectives: Sequence[str] | str,
    *,
    constraints: Sequence[str] = (),
    design: str | None = None,
    trials: int = TRIALS,
    reps: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    backend: str = "local",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """Search for settings of one design that are better than those it has.

    Args:
        scenario: the scenario.
        vary: axes, each as `path=values` (see `twin.experiment.vary`); `unif:` gives a range to search.
        objectives: each `measure:min` or `measure:max`.
        constraints: each `measure<=bound` or `measure>=bound`, on means.
        design: which; unless named, the one that the paths are about.
        trials: how many settings are tried beside the shipped one.
        reps: replications of each trial, else the scenario's.
        seed: the root seed, else the scenario's.
        jobs: how many processes; 0 is one for each core. The result does not depend on it.
        backend: `local`, or `dask` with the address of its `scheduler`.
        scheduler: such as `tcp://10.0.0.7:8786`.
        progress: called with runs done and runs planned.

    Raises:
        UsageError: something cannot be read or makes no sense, or no run has a value of a measure.
        ScenarioError: a value that was proposed breaks a rule of the scenario.
        MissingExtra: optuna is not installed.
    """
    axes = [vary] if isinstance(vary, str) else list(vary)
    aims = [objectives] if isinstance(objectives, str) else list(objectives)
    search = plan_search(
        scenario, axes, aims, constraints=constraints, design=design, trials=trials, reps=reps, seed=seed
    )
    found = carry_out_search(search, Workforce.of(jobs, backend, scheduler), progress=seen(progress, "optimize"))
    return SearchResult(found.search, found.trials)
