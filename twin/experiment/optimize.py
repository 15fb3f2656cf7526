"""The search for settings: several objectives, constraints, and a front of what nothing tried is better than.

Every trial runs the same seeds, so trials and the shipped setting are compared pair by pair. The shipped setting is
trial 0 and never counts as found. Proposals come from optuna: NSGA-II for several objectives, TPE for one, both seeded,
one trial after the other; the replications of a trial are what runs in parallel. So a search is the same under any
number of workers.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from twin.errors import MissingExtra, UsageError
from twin.experiment.replicate import REPS_MAX
from twin.experiment.statistics import Interval, paired, t_interval
from twin.experiment.sweep import named_designs
from twin.experiment.vary import Axis, Point, Value
from twin.experiment.work import Progress, RunOnce, Task, Workforce, work, world_run
from twin.world.result import RunResult

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

TRIALS_MAX: Final = 10_000
TRIALS: Final = 50
"""How many settings are tried unless a caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A measure that should become small, or large."""

    kpi: str
    goal: Literal["min", "max"]

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `oversold_units:min`.

        Raises:
            UsageError: it is not of this form.
        """
        kpi, _, goal = text.rpartition(":")
        if not kpi or goal not in ("min", "max"):
            raise UsageError(f"objective: expected a measure and min or max, such as oversold_units:min (got '{text}')")
        return cls(kpi, "min" if goal == "min" else "max")

    def loss(self, value: float) -> float:
        """Return the value turned so that less is better."""
        return value if self.goal == "min" else -value


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound that the mean of a measure must keep."""

    kpi: str
    sign: Literal["<=", ">="]
    bound: float

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `lost_sales_units<=50`.

        Raises:
            UsageError: it is not of this form.
        """
        for sign in ("<=", ">="):
            kpi, found, bound = text.rpartition(sign)
            if found:
                try:
                    return cls(kpi.strip(), "<=" if sign == "<=" else ">=", float(bound))
                except ValueError:
                    break
        raise UsageError(f"constraint: expected a measure and a bound, such as lost_sales_units<=50 (got '{text}')")

    def excess(self, value: float) -> float:
        """Return how far beyond the bound a value lies; at most 0 within."""
        return value - self.bound if self.sign == "<=" else self.bound - value


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting and what its replications gave; number 0 is the setting as shipped."""

    number: int
    settings: Point
    runs: tuple[RunResult, ...]

    def values(self, kpi: str) -> list[float | None]:
        """Return a measure of each replication."""
        return [run.kpis.get(kpi) for run in self.runs]

    def estimate(self, kpi: str) -> Interval | None:
        """Return the mean of a measure with its 95 % interval; None where no run has a value."""
        return t_interval([value for value in self.values(kpi) if value is not None])

    def mean(self, kpi: str) -> float:
        """Return the mean of a measure; infinite where no run has a value, so that it is never chosen."""
        found = self.estimate(kpi)
        return math.inf if found is None else found.mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for: a design of a scenario, what may be changed, what counts, and how long to look."""

    scenario: "Scenario"
    design: str
    axes: tuple[Axis, ...]
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    trials: int
    reps: int
    seed: int
    told: tuple[str, ...] = ()
    """The axes as they were written."""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was tried, in order; the first is the setting as shipped."""

    search: Search
    trials: tuple[Trial, ...]

    @property
    def shipped(self) -> Trial:
        """The setting as it stands in the scenario."""
        return self.trials[0]

    @property
    def front(self) -> tuple[Trial, ...]:
        """The trials within all constraints that none within them is better than, by the means."""
        allowed = [trial for trial in self.trials if self.allowed(trial)]
        return tuple(trial for trial in allowed if not any(self.dominates(other, trial) for other in allowed))

    @property
    def best(self) -> Trial:
        """The trial that dominates the shipped one by most, or the shipped one where none does.

        "By most" is the smallest sum of losses, each in units of its shipped size.
        """
        better = [trial for trial in self.trials[1:] if self.allowed(trial) and self.dominates(trial, self.shipped)]
        return min(better, key=self._score, default=self.shipped)

    def allowed(self, trial: Trial) -> bool:
        """Say whether a trial keeps all constraints and has a value for every objective."""
        kept = all(constraint.excess(trial.mean(constraint.kpi)) <= 0 for constraint in self.search.constraints)
        return kept and all(math.isfinite(trial.mean(each.kpi)) for each in self.search.objectives)

    def dominates(self, a: Trial, b: Trial) -> bool:
        """Say whether `a` is at least as good in every objective and better in one, by the means."""
        pairs = [(each.loss(a.mean(each.kpi)), each.loss(b.mean(each.kpi))) for each in self.search.objectives]
        return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)

    def against_shipped(self, trial: Trial, objective: Objective) -> Interval | None:
        """Return the paired difference of a trial and the shipped setting in one objective."""
        return paired(trial.values(objective.kpi), self.shipped.values(objective.kpi))

    @property
    def sentence(self) -> str:
        """Say what was found against the shipped setting."""
        tried = len(self.trials) - 1
        if self.best is self.shipped:
            return f"None of the {tried} settings tried dominates the shipped one."
        settings = ", ".join(f"{path} = {value}" for path, value in self.best.settings.items())
        decided = [
            each.kpi
            for each in self.search.objectives
            if (found := self.against_shipped(self.best, each)) and found.bounds and not _holds_zero(found.bounds)
        ]
        told = f"decided in {', '.join(decided)}" if decided else "by the means alone, no difference is decided"
        return f"{settings} dominates the shipped setting ({told}); {tried} settings were tried."

    def _score(self, trial: Trial) -> tuple[float, int]:
        total = 0.0
        for each in self.search.objectives:
            size = abs(self.shipped.mean(each.kpi)) or 1.0
            total += each.loss(trial.mean(each.kpi)) / size
        return total, trial.number


def plan_search(
    scenario: "Scenario",
    vary: Sequence[str],
    objectives: Sequence[str],
    *,
    constraints: Sequence[str] = (),
    design: str | None = None,
    trials: int = TRIALS,
    reps: int | None = None,
    seed: int | None = None,
) -> Search:
    """Plan a search; what the arguments mean is told by `reports.swept.optimize`.

    Raises:
        UsageError: something cannot be read or makes no sense.
    """
    axes = tuple(Axis.read(text) for text in vary)
    if not axes or not objectives:
        raise UsageError("a search needs something to vary (--vary) and something to aim at (--objective)")
    named = named_designs(scenario, axes)
    if design is None and len(named) > 1:
        raise UsageError(f"a search is about one design; say which: {', '.join(named)}")
    chosen = named[0] if design is None else design
    if chosen not in scenario.designs:
        raise UsageError(f"'{chosen}' is no design of this scenario; there are {', '.join(scenario.designs)}")
    if not 1 <= trials <= TRIALS_MAX:
        raise UsageError(f"trials: must be from 1 to {TRIALS_MAX:,} (got {trials})")
    times = scenario.reps if reps is None else reps
    if not 1 <= times <= REPS_MAX:
        raise UsageError(f"reps: must be from 1 to {REPS_MAX:,} (got {times})")
    return Search(
        scenario=scenario,
        design=chosen,
        axes=axes,
        objectives=tuple(Objective.read(text) for text in objectives),
        constraints=tuple(Constraint.read(text) for text in constraints),
        trials=trials,
        reps=times,
        seed=scenario.seed if seed is None else seed,
        told=tuple(vary),
    )


def carry_out_search(
    search: Search,
    force: Workforce = Workforce(),  # noqa: B008  # frozen
    *,
    progress: Progress | None = None,
    run_once: RunOnce | None = None,
) -> Found:
    """Try settings one after the other. An interrupt keeps the trials that are whole.

    Raises:
        UsageError: no run has a value of a measure that is asked for.
        MissingExtra: optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("optimize", "optimize") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    run = run_once or world_run()
    planned = (1 + search.trials) * search.reps

    def made(number: int, settings: Point) -> Trial:
        changed = search.scenario.with_all(settings) if settings else search.scenario
        tasks = [Task(changed, search.design, search.seed + rep, run) for rep in range(search.reps)]
        told = None if progress is None else lambda done, _: progress(done, planned)
        with closing(work(tasks, force, number * search.reps, told)) as runs:
            return Trial(number, settings, tuple(runs))

    trials = [made(0, {})]
    _check(search, trials[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # optuna marks parts of its interface as experimental
        study = optuna.create_study(
            directions=["minimize"] * len(search.objectives), sampler=_sampler(optuna, search, trials)
        )
    try:
        for number in range(1, search.trials + 1):
            proposed = study.ask()
            trial = made(number, _settings(search.axes, proposed))
            trials.append(trial)
            losses = [each.loss(trial.mean(each.kpi)) for each in search.objectives]
            study.tell(proposed, losses if all(map(math.isfinite, losses)) else None, skip_if_finished=True)
    except KeyboardInterrupt:
        if len(trials) < 2:
            raise
    return Found(search, tuple(trials))


def _check(search: Search, shipped: Trial) -> None:
    for kpi in (*(each.kpi for each in search.objectives), *(each.kpi for each in search.constraints)):
        if kpi not in shipped.runs[0].kpis:
            near = [key for key in shipped.runs[0].kpis if key.split(".")[0] == kpi.split(".")[0]]
            hint = f"; there are {', '.join(near)}" if near else ""
            raise UsageError(f"no measure is called '{kpi}'{hint}")


def _sampler(optuna: Any, search: Search, trials: Sequence[Trial]) -> Any:  # optuna ships no usable annotations
    """Return the seeded sampler; it hears of constraints through the trials, by their numbers."""

    def excess(frozen: Any) -> Sequence[float]:
        trial = trials[frozen.number + 1]
        return [constraint.excess(trial.mean(constraint.kpi)) for constraint in search.constraints]

    constrained = excess if search.constraints else None
    if len(search.objectives) == 1:
        return optuna.samplers.TPESampler(seed=search.seed, constraints_func=constrained)
    size = max(4, min(50, search.trials // 5))
    return optuna.samplers.NSGAIISampler(population_size=size, seed=search.seed, constraints_func=constrained)


def _settings(axes: Sequence[Axis], proposed: Any) -> Point:
    found: dict[str, Value] = {}
    for axis in axes:
        found.update(axis.point(_value(axis, proposed)))
    return found


def _value(axis: Axis, proposed: Any) -> Value:
    """Ask for a value: whole numbers and ranges are searched as what they are, other values as a list."""
    name = ",".join(axis.paths)
    if axis.range is not None:
        return axis.range.at(float(proposed.suggest_float(name, 0.0, 1.0)))
    values = axis.values
    if all(isinstance(value, int) for value in values) and list(values) == list(
        range(int(values[0]), int(values[-1]) + 1)
    ):
        return int(proposed.suggest_int(name, values[0], values[-1]))
    return values[int(proposed.suggest_categorical(name, list(range(len(values)))))]


def _holds_zero(bounds: tuple[float, float]) -> bool:
    return bounds[0] <= 0 <= bounds[1]


def rows(found: Found) -> list[Mapping[str, Value | bool | None]]:
    """Return one row for each trial: settings, every measure asked for with its interval, whether it is on it."""
    front = {trial.number for trial in found.front}
    kpis = dict.fromkeys(
        (*(each.kpi for each in found.search.objectives), *(each.kpi for each in found.search.constraints))
    )
    told: list[Mapping[str, Value | bool | None]] = []
    for trial in found.trials:
        row: dict[str, Value | bool | None] = {"trial": trial.number, "shipped": trial.number == 0}
        for axis in found.search.axes:
            for path in axis.paths:
                row[path] = trial.settings.get(path)
        for kpi in kpis:
            interval = trial.estimate(kpi)
            bounds = interval.bounds if interval else None
            row[kpi] = interval.mean if interval else None
            row[f"{kpi} ci95_low"], row[f"{kpi} ci95_high"] = bounds or (None, None)
        row["allowed"] = found.allowed(trial)
        row["front"] = trial.number in front
        told.append(row)
    return told
