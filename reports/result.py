"""What `twin.run` and `twin.compare` give: the findings, and behind them the run folder, its figures and its report.

Findings are numbers; figures, traces and the report need the recorded events too. So a result always has a run folder:
the one that was asked for, or a temporary one that goes when the result does.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reports.progress import seen
from twin.experiment import study
from twin.experiment.archive import Results
from twin.experiment.manifest import read_manifest
from twin.experiment.results import Findings
from twin.experiment.trace import Trace, record_of
from twin.experiment.work import OnViolation, Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twin.experiment.archive import Relation
    from twin.world.scenario import Scenario

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Result(Findings):
    """Findings that can be looked into; of each design the first replication was recorded.

    Attributes:
        scenario: what was run.
        folder: the run folder; a temporary one where none was asked for.
    """

    scenario: "Scenario"
    folder: Path

    @property
    def figures(self) -> "dict[str, Figure]":
        """Every figure of the report by its name, drawn anew at each look."""
        from reports.pictures import pictures  # matplotlib takes a second, which a run without figures should not

        records = [record_of(read_manifest(self.folder), design) for design in self.comparison.designs]
        return {each.name: each.figure for each in pictures(self.scenario, self.comparison, records)}

    def report(self, path: Path | str = "report.html", *, files: bool = False) -> Path:
        """Write the report as one page, with `files` its tables and figures beside it; return its path.

        Raises:
            UsageError: it cannot be written.
        """
        from reports.writing import write_report

        return write_report(self.folder, self.scenario, Path(path), with_files=files)

    def trace(self, order: str, design: str | None = None) -> Trace:
        """Return the path of one order, by its number, its id or the id of one of its messages.

        Raises:
            UsageError: the first replication of the design, the first one unless named, has no such order.
        """
        record = record_of(read_manifest(self.folder), design)
        return record.trace(record.find(order))

    def sql(self, query: str) -> "Relation":
        """Ask a question in SQL of the tables `runs`, `measures` and `events`; the answer shows itself."""
        return Results([read_manifest(self.folder)]).sql(query)


def run(
    scenario: "Scenario",
    design: str | None = None,
    *,
    seed: int | None = None,
    reps: int | None = None,
    jobs: int = 1,
    on_violation: OnViolation | None = None,
    out: Path | str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run one design of a scenario, the first one unless named, on consecutive seeds.

    Args:
        scenario: what to run.
        design: one of its designs.
        seed: the root seed, else the scenario's.
        reps: how many replications, else the scenario's.
        jobs: how many processes; 0 is one for each core. The result does not depend on it.
        on_violation: `stop` (unless the scenario says otherwise) ends at the first broken invariant, `report` counts.
        out: a folder to keep the results in; else they go with the result.
        progress: called with runs done and runs planned.

    Raises:
        UsageError: no such design, or a number makes no sense.
    """
    planned = study.plan_run(
        scenario, design, seed=seed, reps=reps, on_violation=on_violation, history=False if out is None else None
    )
    return _carried_out(planned, jobs, out, progress)


def compare(
    scenario: "Scenario",
    designs: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    reps: int | None = None,
    jobs: int = 1,
    on_violation: OnViolation | None = None,
    out: Path | str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run several designs of a scenario, all unless named, on the same consecutive seeds.

    Args:
        scenario: what to run.
        designs: some of its designs.
        seed: the root seed, else the scenario's.
        reps: how many replications of each, else the scenario's.
        jobs: how many processes; 0 is one for each core. The result does not depend on it.
        on_violation: `report` (unless the scenario says otherwise) counts broken invariants, `stop` ends at the first.
        out: a folder to keep the results in; else they go with the result.
        progress: called with runs done and runs planned.

    Raises:
        UsageError: no such design, or a number makes no sense.
    """
    planned = study.plan_compare(
        scenario, designs, seed=seed, reps=reps, on_violation=on_violation, history=False if out is None else None
    )
    return _carried_out(planned, jobs, out, progress)


def _carried_out(planned: study.Study, jobs: int, out: Path | str | None, progress: Progress | None) -> Result:
    """Carry a study out into a folder; a temporary one has no history, since a replay is made from one asked for."""
    with kept_or_passing(out) as (folder, passing):
        findings = study.carry_out(planned, jobs, target=folder, progress=seen(progress, planned.verb))
    found = {each.name: getattr(findings, each.name) for each in fields(Findings)}
    return held(Result(scenario=planned.scenario, folder=folder, **found), passing)


@contextmanager
def kept_or_passing(out: Path | str | None) -> Iterator[tuple[Path, Path | None]]:
    """Give the folder that was asked for, or one inside a temporary folder, which goes when the block fails."""
    passing = Path(tempfile.mkdtemp(prefix="twin-")) if out is None else None
    try:
        yield Path(out) if out is not None else Path(passing or "", "run"), passing
    except BaseException:
        if passing is not None:
            shutil.rmtree(passing, ignore_errors=True)
        raise


def held(result: R, passing: Path | None) -> R:
    """Let a temporary folder go when the result does, and return the result."""
    if passing is not None:
        weakref.finalize(result, shutil.rmtree, passing, ignore_errors=True)
    return result
