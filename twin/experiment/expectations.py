"""Expectations: claims that were written before the runs, and whether the runs bear them out.

A claim is about one measure of one design, about its paired difference to another (`minus`), about the ratio of the two
(`over`), or about the share of runs in which the condition is met (`probability`, with Wilson's interval). It **holds**
when the whole 95 % interval satisfies the condition, is **violated** when none of it does, and is **undecided** else.

A claim that is *predicted* by a law names no bounds: the law gives one figure. An interval cannot lie within a figure,
so it holds unless the measured mean is further from the figure than chance explains. The level is that of a table that
may fail by chance once in 1,000 (Sidak over the predicted claims of the scenario). The standard error is the larger
of the sample's and the square root of the figure, that of a Poisson count: a handful of runs in which a rare thing
never happened has no spread of its own, and would refute every law.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from twin.experiment.comparison import Comparison, keys_of, unit_of
from twin.experiment.statistics import (
    Interval,
    differences,
    more_runs_for_difference,
    ratio,
    standard_deviation,
    student_quantile,
    t_interval,
    wilson,
)

if TYPE_CHECKING:
    from twin.world.scenario import Bound, Scenario

OVERSELL_LAW = "oversell_law"
RUNS_PLANNED_MAX = 10_000
CHANCE_OF_A_TABLE = 0.001
"""How often the predicted claims of a scenario may be refuted by chance, all together."""

Word = Literal["holds", "violated", "undecided"]
Predictions = Mapping[str, Callable[[str], float]]
"""The laws by name; each gives its figure for a design, in the unit of the measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A range of the real line; an end that is not `closed` does not belong to it."""

    low: float = -math.inf
    high: float = math.inf
    low_closed: bool = False
    high_closed: bool = False

    def holds(self, value: float) -> bool:
        """Say whether a value lies in the range."""
        above = value >= self.low if self.low_closed else value > self.low
        below = value <= self.high if self.high_closed else value < self.high
        return above and below

    def judge(self, low: float, high: float) -> bool | None:
        """Judge a whole interval: True inside, False outside, None where it is both."""
        if self.holds(low) and self.holds(high):
            return True
        over = low > self.high or (low == self.high and not self.high_closed)
        under = high < self.low or (high == self.low and not self.low_closed)
        return False if over or under else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One expectation or service level, as the scenario states it.

    `condition` is None exactly when `law` names what predicts the value. `text` and `share` are the bounds of the
    measure and of the share of runs, as they are written. `seeds` is the number of consecutive seeds over which it was
    promised; `fails` says that a violated one ends the command with exit 1.
    """

    name: str
    kpi: str
    design: str
    condition: Condition | None
    text: str
    law: str | None = None
    minus: str | None = None
    over: str | None = None
    probability: Condition | None = None
    share: str | None = None
    seeds: int | None = None
    fails: bool = True

    @property
    def designs(self) -> tuple[str, ...]:
        """The designs that must have run for this claim to be judged."""
        return tuple(name for name in (self.design, self.minus, self.over) if name is not None)

    @property
    def sentence(self) -> str:
        """What is claimed, in one line: the measure, of which design or of which two, and the bound."""
        subject = self.design
        if self.minus is not None:
            subject = f"{self.design} - {self.minus}"
        elif self.over is not None:
            subject = f"{self.design} / {self.over}"
        runs = "" if self.share is None else f" in a share of runs {self.share}"
        return f"{self.kpi} of {subject} {self.text}{runs}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A claim against the runs: `holds` is True, False, or None for undecided.

    `value` and `ci95` are those of what the claim is about; `expected` is a law's figure. `more_runs` is how many
    further runs would decide it if what was seen stays as it is; None where no number within reach would.
    """

    claim: Claim
    holds: bool | None
    value: float | None
    ci95: tuple[float, float] | None
    n: int
    unit: str
    expected: float | None = None
    more_runs: int | None = None

    @property
    def word(self) -> Word:
        """The verdict as a word."""
        return "undecided" if self.holds is None else "holds" if self.holds else "violated"

    @property
    def is_short(self) -> bool:
        """Whether fewer runs were made than the claim was promised for."""
        return self.claim.seeds is not None and self.n < self.claim.seeds

    def fails(self, *, strict: bool) -> bool:
        """Say whether it ends the command with exit 1."""
        return self.claim.fails and (self.holds is False or (strict and self.holds is None))


def claims_of(scenario: "Scenario") -> tuple[Claim, ...]:
    """Take the expectations of a scenario as claims, in the order of the file."""
    return tuple(
        Claim(
            name=expectation.name,
            kpi=expectation.kpi,
            design=expectation.design or next(iter(scenario.designs)),
            minus=expectation.minus,
            over=expectation.over,
            law=OVERSELL_LAW if expectation.is_.op == "predicted" else None,
            condition=None if expectation.is_.op == "predicted" else condition_of(expectation.is_),
            text=str(expectation.is_),
            share=None if expectation.probability is None else str(expectation.probability),
            probability=None if expectation.probability is None else condition_of(expectation.probability),
            seeds=expectation.seeds,
            fails=expectation.on_violation == "fail",
        )
        for expectation in scenario.expectations
    )


def service_levels_of(scenario: "Scenario", designs: Sequence[str]) -> tuple[Claim, ...]:
    """Take the service levels of a scenario as claims, one for each of these designs that it names (all, if none)."""
    return tuple(
        Claim(
            name=level.name,
            kpi=level.kpi,
            design=design,
            law=OVERSELL_LAW if level.is_.op == "predicted" else None,
            condition=None if level.is_.op == "predicted" else condition_of(level.is_),
            text=str(level.is_),
        )
        for level in scenario.slo
        for design in designs
        if not level.designs or design in level.designs
    )


def condition_of(bound: "Bound") -> Condition:
    """Take the bound of a claim as a range.

    Raises:
        ValueError: It is predicted by a law, and has no numbers of its own.
    """
    if bound.op == "predicted":
        raise ValueError(f"a law gives the numbers of '{bound}'")
    return Condition(
        low=-math.inf if bound.low is None else bound.low,
        high=math.inf if bound.high is None else bound.high,
        low_closed=bound.op in (">=", "between"),
        high_closed=bound.op in ("<=", "between"),
    )


def judge_all(claims: Sequence[Claim], comparison: Comparison, laws: Predictions) -> tuple[Verdict, ...]:
    """Judge every claim whose designs were run, in the order in which they are stated.

    Raises:
        KeyError: A claim names a law that is not given.
    """
    predicted = sum(claim.law is not None for claim in claims)
    judged = (claim for claim in claims if set(claim.designs) <= set(comparison.designs))
    return tuple(
        judge(claim, comparison)
        if claim.law is None
        else judge_predicted(claim, comparison, laws[claim.law](claim.design), table=predicted)
        for claim in judged
    )


def judge(claim: Claim, comparison: Comparison) -> Verdict:
    """Judge one claim that names its bounds.

    Raises:
        ValueError: The claim is predicted by a law.
        KeyError: A design that it names was not run.
    """
    if claim.condition is None:
        raise ValueError(f"{claim.name} is predicted by {claim.law}")
    values, unit = _values(claim, comparison)
    if claim.probability is not None:
        return _judge_share(claim, claim.condition, claim.probability, values)
    if claim.over is not None:
        interval, spread = ratio(values, comparison.values(claim.over, _key(claim, comparison))), None
        unit = "ratio"
    else:
        present = [value for value in values if value is not None]
        interval, spread = t_interval(present), present
    if interval is None or interval.low is None or interval.high is None:
        return _verdict(claim, None, interval, unit)
    holds = claim.condition.judge(interval.low, interval.high)
    if holds is None and spread is not None:
        return _verdict(claim, holds, interval, unit, more_runs=_more_runs(claim.condition, spread))
    return _verdict(claim, holds, interval, unit)


def judge_predicted(claim: Claim, comparison: Comparison, figure: float, *, table: int = 1) -> Verdict:
    """Judge one claim against the figure of a law; `table` counts the predicted claims judged together.

    Raises:
        KeyError: A design that it names was not run.
    """
    values, unit = _values(claim, comparison)
    present = [value for value in values if value is not None]
    interval = t_interval(present)
    if interval is None or interval.low is None:
        return replace(_verdict(claim, None, interval, unit), expected=figure)
    beyond = 1 - (1 - CHANCE_OF_A_TABLE) ** (1 / table)
    deviation = max(standard_deviation(present), math.sqrt(abs(figure)))
    allowed = student_quantile(1 - beyond / 2, len(present) - 1) * deviation / math.sqrt(len(present))
    return replace(_verdict(claim, abs(interval.mean - figure) <= allowed, interval, unit), expected=figure)


def _values(claim: Claim, comparison: Comparison) -> tuple[list[float | None], str]:
    """The values that the claim is about, one for each run, and their unit; `over` is still to be divided by."""
    kpi = _key(claim, comparison)
    values, unit = comparison.values(claim.design, kpi), unit_of(comparison.runs, kpi)
    if claim.minus is None:
        return values, unit
    return list(differences(values, comparison.values(claim.minus, kpi))), unit


def _key(claim: Claim, comparison: Comparison) -> str:
    known = tuple(dict.fromkeys(kpi for run in comparison.runs for kpi in run.kpis))
    return next(iter(keys_of(claim.kpi, known)), claim.kpi)


def _judge_share(claim: Claim, met: Condition, wanted: Condition, values: Sequence[float | None]) -> Verdict:
    present = [value for value in values if value is not None]
    successes, n = sum(met.holds(value) for value in present), len(present)
    interval = wilson(successes, n)
    if interval is None or interval.low is None or interval.high is None:
        return _verdict(claim, None, interval, "share of runs")
    holds = wanted.judge(interval.low, interval.high)
    more_runs = _more_runs_of_share(wanted, successes, n) if holds is None else None
    return _verdict(claim, holds, interval, "share of runs", more_runs=more_runs)


def _verdict(
    claim: Claim, holds: bool | None, interval: Interval | None, unit: str, *, more_runs: int | None = None
) -> Verdict:
    return Verdict(
        claim=claim,
        holds=holds,
        value=None if interval is None else interval.mean,
        ci95=None if interval is None else interval.bounds,
        n=0 if interval is None else interval.n,
        unit=unit,
        more_runs=0 if holds is not None else more_runs,
    )


def _more_runs(wanted: Condition, values: Sequence[float]) -> int | None:
    """Plan the runs that take every bound out of the interval of these values."""
    bounds = [bound for bound in (wanted.low, wanted.high) if math.isfinite(bound)]
    plans = [more_runs_for_difference([value - bound for value in values]) for bound in bounds]
    known = [plan for plan in plans if plan is not None]
    return max(known) if known and len(known) == len(plans) else None


def _more_runs_of_share(wanted: Condition, successes: int, n: int) -> int | None:
    """Plan the runs that decide a share if it stays what it is."""
    for runs in range(n + 1, RUNS_PLANNED_MAX + 1):
        interval = wilson(round(successes / n * runs), runs)
        if interval is None or interval.low is None or interval.high is None:
            return None
        if wanted.judge(interval.low, interval.high) is not None:
            return runs - n
    return None
