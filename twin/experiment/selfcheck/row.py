"""One row of the self-check: what is expected, and how far from it a right twin may be found.

Theory of operation. The whole table may fail once in 1,000 by chance, so each of its n rows is tested at the level
1 - 0.999^(1/n) (Sidak). A mean may differ from its expected value by the quantile of that level times its standard
error: the theoretical one where a closed form gives it (then a normal quantile), else that of the runs (Student's). A
reference that is itself a sample brings an error of its own. A share of runs is held against its bound as it stands,
with Wilson's interval beside it. What is exact must be equal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twin.experiment.statistics import normal_quantile, standard_deviation, student_quantile, wilson

Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured, the interval that chance allows around it, and whether it is what was expected."""

    measured: float | None
    interval: Interval
    holds: bool


class Rule(Protocol):
    """How measured values, one a run, are held against what is expected."""

    def judge(self, values: Sequence[float], expected: float, level: float) -> Found:
        """Judge at `level`, the probability that a right twin fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """The mean of the runs is the expected value.

    `error_of_one` is the theoretical standard error of one run's value, None where only the runs themselves tell.
    `reference` is the standard error of the expected value; `single` says that it is one run like ours. `slack` is what
    the expected value was rounded by, and what a start from empty may cost.
    """

    error_of_one: float | None = None
    reference: float = 0.0
    single: bool = False
    slack: float = 0.0

    def judge(self, values: Sequence[float], expected: float, level: float) -> Found:
        """Judge the mean at `level`."""
        n = len(values)
        if n < 2:
            return Found(values[0] if values else None, None, False)
        mean, spread = math.fsum(values) / n, standard_deviation(values)
        if self.error_of_one is not None:
            ours = normal_quantile(1 - level / 2) * self.error_of_one / math.sqrt(n)
        else:
            ours = student_quantile(1 - level / 2, n - 1) * spread * math.sqrt(1 / n + self.single)
        allowed = math.hypot(ours, normal_quantile(1 - level / 2) * self.reference) + self.slack
        return Found(mean, (mean - allowed, mean + allowed), abs(mean - expected) <= allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountMean:
    """The mean of many small counts, `trials` a run; cells expected below 0.005 are an upper bound only (C5).

    Rare counts are skewed, so a third of the squared quantile over the trials is added (Bernstein's inequality).
    """

    variance: float
    trials: int

    def judge(self, values: Sequence[float], expected: float, level: float) -> Found:
        """Judge the mean of a trial at `level`."""
        z, trials = normal_quantile(1 - level / 2), self.trials * len(values)
        mean = math.fsum(values) / len(values)
        allowed = z * math.sqrt(self.variance / trials) + z * z / (3 * trials)
        holds = mean - expected <= allowed if expected < 0.005 else abs(mean - expected) <= allowed
        return Found(mean, (mean - allowed, mean + allowed), holds)


@dataclass(frozen=True, slots=True)
class ShareOfRuns:
    """The share of the runs in which something happened is at least, or at most, the expected one."""

    at_least: bool

    def judge(self, values: Sequence[float], expected: float, level: float) -> Found:
        """Judge the share; its interval is Wilson's at `level`."""
        happened = sum(value > 0 for value in values)
        interval = wilson(happened, len(values), 1 - level)
        if interval is None:
            return Found(None, None, False)
        holds = interval.mean >= expected if self.at_least else interval.mean <= expected
        return Found(interval.mean, interval.bounds, holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Every value is the expected one, to within `within`; with `at_most`, none is above it."""

    within: float = 0.0
    at_most: bool = False

    def judge(self, values: Sequence[float], expected: float, level: float) -> Found:
        """Judge the value furthest off; chance has no part in it."""
        if not values:
            return Found(None, None, False)
        worst = max(values) if self.at_most else max(values, key=lambda value: abs(value - expected))
        holds = worst <= expected + self.within if self.at_most else abs(worst - expected) <= self.within
        return Found(worst, None, holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One expected figure: its name, its source, and the rule that holds what is measured against it."""

    name: str
    expected: float
    unit: str
    source: str
    rule: Rule


Values = Sequence[float]
"""What was measured for one row: one number a run."""
