"""Intervals: what a handful of replications says about a mean, a share, a difference or a time that may not end.

Everything here is a pure function of numbers, exact to about twelve digits, so that a report needs no scipy. Student's
quantile comes from the regularised incomplete beta function (continued fraction, NIST DLMF 8.17.22) inverted by
bisection; tried and dropped: Cornish-Fisher expansions, which are off in the third digit at two or three replications,
just where intervals matter most.

How many more runs: the answer assumes that the mean and the spread seen so far stay as they are, and gives the first
number of runs at which the interval would then be narrow enough. It is a plan, not a promise: with exactly that many
runs the answer comes out about every second time.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 0.95
RUNS_PLANNED_MAX = 100_000
"""Beyond this many runs a plan says "not within reach" (None)."""

BETA_TERMS_MAX = 10_000
BISECTIONS_MAX = 200
TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its two-sided interval, in the unit of the values it was made from.

    `low` and `high` are None where the values cannot give an interval: fewer than two, or a ratio whose divisor may be
    zero. `n` counts the values that were used.
    """

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width, None without an interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Both ends, None without an interval."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def t_interval(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """Estimate a mean with Student's interval; None without values, no bounds with one value."""
    n = len(values)
    if n == 0:
        return None
    mean = math.fsum(values) / n
    if n == 1:
        return Interval(mean=mean, low=None, high=None, n=1)
    half = student_quantile((1 + level) / 2, n - 1) * standard_deviation(values) / math.sqrt(n)
    return Interval(mean=mean, low=mean - half, high=mean + half, n=n)


def paired(a: Sequence[float | None], b: Sequence[float | None], level: float = LEVEL) -> Interval | None:
    """Estimate the mean of a - b over runs of the same seeds; a pair with a missing value is left out.

    Raises:
        ValueError: The sequences differ in length.
    """
    return t_interval(differences(a, b), level)


def differences(a: Sequence[float | None], b: Sequence[float | None]) -> list[float]:
    """Subtract b from a, pair by pair, without the pairs that miss a value.

    Raises:
        ValueError: The sequences differ in length.
    """
    return [x - y for x, y in zip(a, b, strict=True) if x is not None and y is not None]


def ratio(a: Sequence[float | None], b: Sequence[float | None], level: float = LEVEL) -> Interval | None:
    """Estimate mean(a) / mean(b) over runs of the same seeds, with Fieller's interval.

    The interval holds every ratio r for which the paired interval of a - r b contains 0. It has no bounds when b is not
    clearly different from zero, because then no finite pair of bounds would be true.

    Raises:
        ValueError: The sequences differ in length.
    """
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    n = len(pairs)
    mean_a, mean_b = (math.fsum(column) / n if n else 0.0 for column in ((x for x, _ in pairs), (y for _, y in pairs)))
    if n == 0 or mean_b == 0:
        return None
    if n == 1:
        return Interval(mean=mean_a / mean_b, low=None, high=None, n=1)
    weight = student_quantile((1 + level) / 2, n - 1) ** 2 / (n * (n - 1))
    var_a = weight * math.fsum((x - mean_a) ** 2 for x, _ in pairs)
    var_b = weight * math.fsum((y - mean_b) ** 2 for _, y in pairs)
    both = weight * math.fsum((x - mean_a) * (y - mean_b) for x, y in pairs)
    square, middle, rest = mean_b**2 - var_b, mean_a * mean_b - both, mean_a**2 - var_a
    if square <= 0:
        return Interval(mean=mean_a / mean_b, low=None, high=None, n=n)
    root = math.sqrt(max(0.0, middle**2 - square * rest))
    return Interval(mean=mean_a / mean_b, low=(middle - root) / square, high=(middle + root) / square, n=n)


def wilson(successes: int, n: int, level: float = LEVEL) -> Interval | None:
    """Estimate a share of runs with Wilson's score interval (Wilson 1927); None without runs.

    Raises:
        ValueError: There are more successes than runs, or fewer than none.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} runs")
    if n == 0:
        return None
    share, z2 = successes / n, normal_quantile((1 + level) / 2) ** 2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(mean=share, low=low, high=high, n=n)


def kaplan_meier_median(times: Sequence[float], censored: Sequence[bool]) -> float | None:
    """Give the first time by which half have ended; None when fewer than half are seen to end.

    A censored time counts as still open at that moment (Kaplan and Meier 1958: at equal times ends come before
    censorings). The unit is that of `times`.

    Raises:
        ValueError: The sequences differ in length.
    """
    open_runs, surviving = len(times), 1.0
    for time, is_open in sorted(zip(times, censored, strict=True)):
        if not is_open:
            surviving *= 1 - 1 / open_runs
            if surviving <= 0.5 + 1e-12:
                return time
        open_runs -= 1
    return None


def censored_median_interval(
    times: Sequence[float], censored: Sequence[bool], level: float = LEVEL
) -> tuple[float, float] | None:
    """Give the interval of the median of times of which some are still open at the end of the look.

    By order statistics (the median lies between two ranks with at least the level's probability, for any law), which
    holds where all were looked at for equally long. None when a rank does not exist, or is still open.

    Raises:
        ValueError: The sequences differ in length.
    """
    n = len(times)
    ranked = sorted(math.inf if is_open else time for time, is_open in zip(times, censored, strict=True))
    tail, low = 0.0, 0
    while low < n and (tail := tail + math.comb(n, low) * 0.5**n) <= (1 - level) / 2:
        low += 1
    if low == 0 or not math.isfinite(ranked[n - low]):
        return None
    return ranked[low - 1], ranked[n - low]


def percentile(values: Sequence[float], share: float) -> float | None:
    """Give the value below which a share (0 to 1) lies, linear between ranks; None without values.

    Raises:
        ValueError: The share is no share.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1 (got {share})")
    if not values:
        return None
    ranked = sorted(values)
    rank = share * (len(ranked) - 1)
    below = math.floor(rank)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (rank - below)


def more_runs_for_difference(values: Sequence[float], level: float = LEVEL) -> int | None:
    """Plan how many further runs would take 0 out of the interval of these (paired) values.

    Assumes that mean and spread stay as they are. 0 when it is out already; None with fewer than two values, for a mean
    of exactly 0, or beyond `RUNS_PLANNED_MAX`.
    """
    if len(values) < 2:
        return None
    mean, spread = math.fsum(values) / len(values), standard_deviation(values)
    return _more_runs(len(values), spread, lambda half: half < abs(mean), level)


def more_runs_for_precision(values: Sequence[float], share: float, level: float = LEVEL) -> int | None:
    """Plan how many further runs would bring the half-width down to a share of the mean.

    Assumes that mean and spread stay as they are. 0 when it is there already; None as in `more_runs_for_difference`.
    """
    if len(values) < 2:
        return None
    mean, spread = math.fsum(values) / len(values), standard_deviation(values)
    return _more_runs(len(values), spread, lambda half: half <= share * abs(mean), level)


def standard_deviation(values: Sequence[float]) -> float:
    """Give the sample's standard deviation (divisor n - 1), in the unit of the values; 0 for fewer than two."""
    n = len(values)
    if n < 2 or all(value == values[0] for value in values):
        return 0.0
    mean = math.fsum(values) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))


def normal_quantile(p: float) -> float:
    """Give the value below which a standard normal variable stays with probability p.

    Raises:
        ValueError: p does not lie strictly between 0 and 1.
    """
    if not 0 < p < 1:
        raise ValueError(f"a probability lies between 0 and 1 (got {p})")
    return statistics.NormalDist().inv_cdf(p)


@lru_cache(maxsize=4096)
def student_quantile(p: float, degrees: float) -> float:
    """Give the value below which Student's t with these degrees of freedom stays with probability p.

    Raises:
        ValueError: p does not lie strictly between 0 and 1, or there is no degree of freedom.
    """
    if not 0 < p < 1 or degrees <= 0:
        raise ValueError(f"no Student quantile at p = {p} with {degrees} degrees of freedom")
    if p == 0.5:
        return 0.0
    tail, high = min(p, 1 - p), 1.0
    while _student_tail(high, degrees) > tail:
        high *= 2
    low = 0.0
    for _ in range(BISECTIONS_MAX):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _student_tail(middle, degrees) > tail else (low, middle)
    return math.copysign((low + high) / 2, p - 0.5)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Give the regularised incomplete beta function I_x(a, b) for x in 0..1 and positive a, b."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) * _beta_fraction(x, a, b) / a


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Sum the continued fraction of DLMF 8.17.22 from the front, by the ratios of successive convergents."""
    upper, lower = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = lower
    for m in range(1, BETA_TERMS_MAX):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            lower = 1 / _away_from_zero(1 + term * lower)
            upper = _away_from_zero(1 + term / upper)
            change = upper * lower
            value *= change
        if abs(change - 1) < 1e-15:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def _student_tail(t: float, degrees: float) -> float:
    """P(T > t) for t >= 0."""
    return incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2


def _more_runs(n: int, spread: float, enough: Callable[[float], bool], level: float) -> int | None:
    """Find the first number of runs from n on whose half-width is narrow enough, as a difference to n.

    The half-width shrinks with every run, so the search doubles and then halves.
    """

    def is_enough(runs: int) -> bool:
        return enough(student_quantile((1 + level) / 2, runs - 1) * spread / math.sqrt(runs))

    if is_enough(n):
        return 0
    too_few, runs = n, 2 * n
    while not is_enough(runs):
        if runs > RUNS_PLANNED_MAX:
            return None
        too_few, runs = runs, 2 * runs
    while runs - too_few > 1:
        middle = (too_few + runs) // 2
        too_few, runs = (too_few, middle) if is_enough(middle) else (middle, runs)
    return runs - n
