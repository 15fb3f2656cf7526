"""Replications: the same scenario under consecutive seeds, for one design or for several on the same seeds.

Replication r of root seed s runs with seed s + r, under every design, so that designs meet the same demand and the same
luck. A *round* is what all designs did with one seed. Rounds come in the order of their seeds and are whole: whoever
stops reading, or is interrupted, holds complete pairs. How many processes worked on them changes nothing but the time,
because every decision to stop is taken on the rounds in their order; with several processes a few runs may be made in
vain.

Parallel work that may be stopped goes out in waves, not as one stream that is cut off: joblib would finish what it has
begun and throw it away.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Self

from twin.errors import UsageError
from twin.experiment.statistics import t_interval
from twin.experiment.work import OnViolation, Progress, RunOnce, Task, Workforce, processes, work, world_run
from twin.world.result import RunResult

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

REPS_MAX = 10_000
"""The most replications of one call."""
PRECISION_REPS_MIN = 5
"""A precision is not believed before this many replications: two values can agree by chance."""
PRECISION_REPS_MAX = 1_000
"""A precision that is not reached by then is reported as not reached."""

Round = tuple[RunResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """A wish for a narrow interval: half-width at most `share` times the mean of this measure, under every design."""

    kpi: str
    share: float

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `oversold_units=5%`; a label's own `=` belongs to the measure.

        Raises:
            UsageError: It is not of this form, or the share does not lie between 0 and 1.
        """
        kpi, _, share = text.rpartition("=")
        try:
            figure = float(share.removesuffix("%")) / (100 if share.endswith("%") else 1)
        except ValueError:
            figure = math.nan
        if not kpi or not 0 < figure < 1:
            raise UsageError(f"precision: expected a measure and a share, such as oversold_units=5% (got '{text}')")
        return cls(kpi=kpi, share=figure)

    def reached(self, runs: Sequence[RunResult]) -> bool:
        """Say whether these runs of one design are enough; equal values are, values that are missing are not."""
        interval = t_interval([value for run in runs if (value := run.kpis[self.kpi]) is not None])
        half = None if interval is None else interval.half_width
        return interval is not None and half is not None and half <= self.share * abs(interval.mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run: these designs, on consecutive seeds from `seed`.

    `reps` counts replications; with `precision` it is the least number, and more follow, up to `PRECISION_REPS_MAX`,
    until every wish is met. `out` has a folder for each design whose first replication keeps its events; further
    replications keep none (any of them can be run again alone, from its own seed). With `history` the same one keeps
    what reached its middleware, for a replay.
    """

    designs: tuple[str, ...]
    seed: int
    reps: int
    precision: tuple[Precision, ...] = ()
    record: bool = True
    history: bool = False
    on_violation: OnViolation = "report"
    out: Mapping[str, Path] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.reps <= REPS_MAX:
            raise UsageError(f"reps: must be from 1 to {REPS_MAX:,} (got {self.reps})")
        if self.seed < 0:
            raise UsageError(f"seed: must not be negative (got {self.seed})")
        if not self.designs or len(set(self.designs)) != len(self.designs):
            raise UsageError(f"designs: each once, and at least one (got {', '.join(self.designs) or 'none'})")


def replicate(
    scenario: "Scenario",
    design: str,
    seed: int,
    reps: int,
    jobs: int = 1,
    *,
    record: bool = True,
    out: Path | None = None,
    on_violation: OnViolation = "report",
    progress: Progress | None = None,
) -> list[RunResult]:
    """Run one design `reps` times, with the seeds seed, seed + 1, ...; results come in that order.

    Args:
        scenario: The scenario.
        design: One of its designs.
        seed: The root seed.
        reps: How many replications.
        jobs: How many processes; 0 is one for each core. The results do not depend on it.
        record: Whether events are recorded; the digest is the same either way.
        out: A folder for the events of the first replication.
        on_violation: `stop` ends a run, and the replications after it, at the first broken invariant.
        progress: See `Progress`.

    Raises:
        UsageError: A number makes no sense as given.
        TwinError: What a replication raised, with a note that names its seed.
    """
    plan = Plan(
        designs=(design,),
        seed=seed,
        reps=reps,
        record=record,
        on_violation=on_violation,
        out=None if out is None else {design: out},
    )
    return [result for (result,) in rounds(scenario, plan, jobs, progress=progress)]


def rounds(
    scenario: "Scenario", plan: Plan, jobs: int = 1, *, progress: Progress | None = None, run: RunOnce | None = None
) -> Iterator[Round]:
    """Yield one round after the other: the results of all designs with one seed, in the plan's order of designs.

    With `on_violation: stop` the round in which a run was stopped is the last one.

    Args:
        scenario: The scenario.
        plan: What to run.
        jobs: How many processes; 0 is one for each core.
        progress: See `Progress`.
        run: What makes a run; the world's `run_once` unless a test says otherwise.

    Raises:
        UsageError: A precision names a measure that the runs do not have.
        TwinError: What a replication raised, with a note that names its design and seed.
    """
    force = Workforce(processes(jobs))
    done: list[Round] = []
    makes = run or world_run(history=plan.history)
    for wave in _waves(plan, force.processes, done):
        tasks = [_task(scenario, plan, design, seed, makes) for seed in wave for design in plan.designs]
        runs = work(tasks, force, len(done) * len(plan.designs), _with_least(plan, progress))
        for _ in wave:
            round_ = tuple(next(runs) for _ in plan.designs)
            if not done:
                _check_precision(plan.precision, round_)
            if not _finished(plan, done):
                done.append(round_)
                yield round_


def unreached(plan: Plan, done: Sequence[Round]) -> tuple[Precision, ...]:
    """List the wishes for precision that these rounds do not meet under every design."""
    columns = tuple(zip(*done, strict=True))
    return tuple(wish for wish in plan.precision if not columns or not all(wish.reached(runs) for runs in columns))


def _waves(plan: Plan, workers: int, done: list[Round]) -> Iterator[range]:
    """Plan the seeds of one wave after the other, looking at what has been done before each.

    One wave is enough when nothing can end the work early. Otherwise a wave has a round for each process.
    """
    least = max(plan.reps, PRECISION_REPS_MIN) if plan.precision else plan.reps
    may_stop = plan.on_violation == "stop"
    start = 0
    while not _finished(plan, done):
        length = least - start if start < least and not may_stop else workers
        end = start + min(length, (least if start < least else PRECISION_REPS_MAX) - start)
        yield range(plan.seed + start, plan.seed + end)
        start = end


def _finished(plan: Plan, done: Sequence[Round]) -> bool:
    if done and plan.on_violation == "stop" and any(run.stopped for run in done[-1]):
        return True
    if not plan.precision:
        return len(done) >= plan.reps
    if len(done) < max(plan.reps, PRECISION_REPS_MIN):
        return False
    return len(done) >= PRECISION_REPS_MAX or not unreached(plan, done)


def _task(scenario: "Scenario", plan: Plan, design: str, seed: int, run: RunOnce) -> Task:
    out = plan.out.get(design) if plan.out and seed == plan.seed else None
    return Task(scenario, design, seed, run, out=out, record=plan.record, on_violation=plan.on_violation)


def _with_least(plan: Plan, progress: Progress | None) -> Progress | None:
    """Report at least as many planned runs as the plan asks for, also while it goes out in waves."""
    if progress is None:
        return None
    least = plan.reps * len(plan.designs)
    return lambda made, planned: progress(made, max(planned, least))


def _check_precision(precision: Sequence[Precision], first: Round) -> None:
    for wish in precision:
        if wish.kpi not in first[0].kpis:
            near = get_close_matches(wish.kpi, first[0].kpis, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise UsageError(f"precision: no measure is called '{wish.kpi}'{hint}")
