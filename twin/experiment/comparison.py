"""The comparison of designs on the same seeds: intervals, paired differences, and whether more runs would help.

Every interval is a 95 % interval on its own; with many differences in one table about one in twenty of the null ones
will look decided. What matters is named before the runs, as an expectation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from twin.experiment.replicate import Round
from twin.experiment.statistics import (
    Interval,
    censored_median_interval,
    differences,
    kaplan_meier_median,
    more_runs_for_difference,
    t_interval,
    wilson,
)
from twin.world.result import RunResult

STATISTIC_REPORTED = "p95"
"""A distribution that is reported by its bare name stands for this statistic."""
CENSORED = {"recovery_s": "recovery_censored", "time_to_detect_s": "time_to_detect_censored"}
"""Measures of times that may not end within a run, and what says that one did not."""
SHARE_OF_RUNS = "0/1"
"""The unit of a measure that is 1 in the runs where something happened; its interval is Wilson's."""

_LESS = {
    "oversold_units": "oversells less than",
    "lost_sales_units": "loses fewer sales than",
    "channel_calls": "makes fewer calls than",
    "availability_age_s.p95": "shows fresher stock than",
    "availability_age_s.mean": "shows fresher stock on average than",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One measure of one design over its replications, in `unit`.

    `mean` is None when no run has a value; `ci95` is None when fewer than two have one. `n` counts those that have. Of
    a time that had not ended in some runs `mean` is the median (Kaplan and Meier), None when half had not ended.
    """

    mean: float | None
    ci95: tuple[float, float] | None
    n: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The paired difference a - b of one measure between two designs, in `unit`.

    `significant` says that the interval leaves out 0, `more_runs` how many further runs would take it out if mean and
    spread stay as they are (0 when it is out). Both are None where pairs are too few to tell, and `more_runs` also
    where no number of runs within reach would do.
    """

    kpi: str
    a: str
    b: str
    mean: float | None
    ci95: tuple[float, float] | None
    n: int
    unit: str
    significant: bool | None
    more_runs: int | None

    @property
    def sentence(self) -> str:
        """Say who has less, by how much, and whether more runs would change that."""
        if self.mean is None:
            return f"{self.b} against {self.a}: no run has a value of {self.kpi}."
        if self.significant is None or self.ci95 is None:
            return f"{self.b} against {self.a}: one run cannot tell the designs from chance, at least 1 more needed."
        if self.significant:
            return self._decided(self.mean, self.ci95)
        if self.is_none:
            return f"{self.b} against {self.a}: the same in every run so far."
        if self.more_runs is None:
            return f"{self.b} against {self.a}: not distinguishable, nor by any number of runs within reach."
        runs = "run" if self.more_runs == 1 else "runs"
        return f"{self.b} against {self.a}: not distinguishable yet, about {self.more_runs:,} more {runs} needed."

    @property
    def is_none(self) -> bool:
        """Whether both designs had the same value in every run."""
        return self.mean == 0 and self.ci95 is not None and self.ci95[0] == self.ci95[1]

    def _decided(self, mean: float, ci95: tuple[float, float]) -> str:
        less, more = (self.a, self.b) if mean < 0 else (self.b, self.a)
        low, high = sorted(abs(bound) for bound in ci95)
        verb = _LESS.get(self.kpi, f"has less {self.kpi} than")
        unit = "" if self.unit == "count" else f" {self.unit}"
        amount = f"{number(abs(mean))}{unit} ({number(low)} .. {number(high)})"
        return f"{less} {verb} {more} by {amount}: decided."


@dataclass(frozen=True)
class Comparison:
    """What one or several designs did on the same seeds.

    Attributes:
        rounds: One tuple for each seed, in their order: the result of each design, in the scenario's order.
        reported: The measures that the scenario asks to see, as keys of the results.
    """

    rounds: tuple[Round, ...]
    reported: tuple[str, ...]

    @property
    def designs(self) -> tuple[str, ...]:
        """The names of the designs, in the order in which they ran."""
        return tuple(run.design for run in self.rounds[0])

    @property
    def runs(self) -> tuple[RunResult, ...]:
        """Every run, seed by seed."""
        return tuple(run for round_ in self.rounds for run in round_)

    def of(self, design: str) -> tuple[RunResult, ...]:
        """Give the replications of one design, in the order of their seeds.

        Raises:
            KeyError: No such design was run.
        """
        if design not in self.designs:
            raise KeyError(design)
        return tuple(round_[self.designs.index(design)] for round_ in self.rounds)

    def values(self, design: str, kpi: str) -> list[float | None]:
        """Give a measure's value in each replication of a design; None where it has none."""
        return [run.kpis.get(kpi) for run in self.of(design)]

    @cached_property
    def estimates(self) -> Mapping[str, Mapping[str, Estimate]]:
        """Every measure of every design."""
        return {design: estimates(self.of(design)) for design in self.designs}

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """The paired difference of every two designs in each reported measure."""
        return tuple(self.difference(kpi, a, b) for kpi in self.reported for a, b in combinations(self.designs, 2))

    def difference(self, kpi: str, a: str, b: str) -> Difference:
        """Compare two designs in one measure.

        Raises:
            KeyError: One of them was not run.
        """
        pairs = differences(self.values(a, kpi), self.values(b, kpi))
        mark = censored_by(kpi)
        if mark is not None and any(self.values(a, mark) + self.values(b, mark)):
            pairs = []  # the difference of two times of which one had not ended is not known
        interval = t_interval(pairs)
        bounds = None if interval is None else interval.bounds
        return Difference(
            kpi=kpi,
            a=a,
            b=b,
            mean=None if interval is None else interval.mean,
            ci95=bounds,
            n=len(pairs),
            unit=unit_of(self.runs, kpi),
            significant=None if bounds is None else not bounds[0] <= 0 <= bounds[1],
            more_runs=more_runs_for_difference(pairs),
        )


def compare_rounds(rounds: Sequence[Round], report: Sequence[str]) -> Comparison:
    """Put rounds side by side; `report` has names of measures as a scenario gives them.

    A bare name of a distribution stands for its `p95`, a name without labels also for the same measure with labels.
    """
    known = dict.fromkeys(kpi for round_ in rounds for run in round_ for kpi in run.kpis)
    reported = dict.fromkeys(kpi for name in report for kpi in keys_of(name, tuple(known)))
    return Comparison(rounds=tuple(rounds), reported=tuple(reported))


def keys_of(name: str, known: Sequence[str]) -> tuple[str, ...]:
    """Find the keys that a reported name stands for, in the order of the result.

    >>> keys_of("availability_age_s", ["availability_age_s.p50", "availability_age_s.p95", "oversold_units"])
    ('availability_age_s.p95',)
    >>> keys_of("oversold_units", ["oversold_units"])
    ('oversold_units',)
    """
    for wanted in (name, f"{name}.{STATISTIC_REPORTED}"):
        found = tuple(key for key in known if key == wanted or key.startswith(wanted + "{"))
        if found:
            return found
    return ()


def estimates(runs: Sequence[RunResult]) -> dict[str, Estimate]:
    """Estimate every measure of one design from its replications, keys in the order of the results."""
    return {kpi: estimate(runs, kpi) for kpi in dict.fromkeys(kpi for run in runs for kpi in run.kpis)}


def estimate(runs: Sequence[RunResult], kpi: str) -> Estimate:
    """Estimate one measure of one design from its replications, with its interval."""
    unit, mark = unit_of(runs, kpi), censored_by(kpi)
    kept = [run for run in runs if run.kpis.get(kpi) is not None]
    values = [value for run in kept if (value := run.kpis[kpi]) is not None]
    interval = estimated(values, [bool(run.kpis.get(mark)) if mark else False for run in kept], kpi, unit)
    if interval is None:
        return Estimate(mean=None, ci95=None, n=len(values), unit=unit)
    return Estimate(mean=interval.mean, ci95=interval.bounds, n=interval.n, unit=unit)


def estimated(values: Sequence[float], still_open: Sequence[bool], kpi: str, unit: str) -> Interval | None:
    """Estimate a measure from its values, one a run: the mean, a share of runs, or the median of times.

    `still_open` marks the times that had not ended in their run. None without values, and for a time that had not ended
    in half of them.
    """
    if unit == SHARE_OF_RUNS:
        return wilson(sum(value > 0 for value in values), len(values))
    if censored_by(kpi) is None:
        return t_interval(values)
    median = kaplan_meier_median(values, still_open)
    if median is None:
        return None
    low, high = censored_median_interval(values, still_open) or (None, None)
    return Interval(mean=median, low=low, high=high, n=len(values))


def censored_by(kpi: str) -> str | None:
    """Find the measure that is 1 in the runs whose time had not ended; None for a measure that always ends.

    >>> censored_by("recovery_s{clients=users}")
    'recovery_censored{clients=users}'
    """
    name, brace, labels = kpi.partition("{")
    return f"{CENSORED[name]}{brace}{labels}" if name in CENSORED else None


def unit_of(runs: Sequence[RunResult], kpi: str) -> str:
    """Find the unit of a measure; empty when no run knows it."""
    return next((run.units[kpi] for run in runs if kpi in run.units), "")


def number(value: float) -> str:
    """Write a number for people: three or four digits, thousands separated, no exponent within reason.

    >>> [number(x) for x in (0, 12.3456, 0.012345, 1234567.8, 3.0, -0.5, 999.7)]
    ['0', '12.3', '0.0123', '1,234,568', '3', '-0.5', '1,000']
    """
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-4:
        return f"{value:.2e}"
    decimals = max(0, 2 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
