"""Laws: what a delay, a size or a count is drawn from, as pure functions of 64 random bits.

Theory of operation. Every law but the gammas is its own quantile function at a uniform number of the upper 52 bits. So
one draw is one value, exact in both tails; two laws fed the same bits move together, which keeps designs and
sensitivity runs comparable; and a cut (`at_most`) is the cut of the quantile. From bits to a value it is 0.15 us for an
exponential, 0.2 for a lognormal and 0.35 for a table of 50,000 values. The inverse normal of the standard library runs
in C and beats Box-Muller (113 against 167 ns for a lognormal value), which was dropped. Gamma laws would need 115 us in
that way; they add exponentials where the shape is a small whole number and use the rejection of Marsaglia and Tsang
elsewhere, with further bits derived from the first: 1.7 us.

`mean` is the mean of what is drawn, cuts included, in closed form or as a sum over a table. A number that makes no
sense is refused with a UsageError when the law is made; `at` and `quantile` never fail.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import exp, log1p
from statistics import NormalDist
from statistics import _normal_dist_inv_cdf as _inverse_normal  # type: ignore[attr-defined]  # see _KeyedLognormal
from typing import Final, Protocol, Self

from twin.errors import UsageError
from twin.kernel.gamma import inverse, lower, value_at
from twin.model.chance import FIRST, MASK, SECOND, STEP, Keyed, unit

TABLE_MAX: Final = 10_000_000
"""Values of a tabled law (Zipf, Poisson, choice, empirical); a longer one is refused."""
_GRID: Final = 2.0**-52
_HALF: Final = 2.0**-53
_STANDARD: Final = NormalDist()
_TINY: Final = 5e-324


class Law(Protocol):
    """A law of a number; the unit is the caller's."""

    @property
    def mean(self) -> float:
        """The mean of what is drawn, cuts included; infinite where it does not exist."""

    def at(self, bits: int) -> float:
        """Return the value that 64 random bits draw; a pure function."""

    def quantile(self, p: float) -> float:
        """Return the smallest value that is not exceeded with probability `p`, cuts included; 0 < p < 1."""


def delay(law: Law) -> Callable[[int], int]:
    """Return the function that draws from a law in seconds as whole microseconds, rounded half up; it pickles."""
    return law.microseconds if isinstance(law, _Cut) else _Drawn(law).microseconds


def keyed_delay(root: int, law: Law) -> Callable[[int, int], int]:
    """Return the function (identity, attempt) that draws whole microseconds from a law in seconds by its key.

    It is `delay(law)` of `draw(root, identity, attempt)`, and it pickles.
    """
    if type(law) is Lognormal:
        return _KeyedLognormal(root, law).of
    return Keyed(root, delay(law)).of


class _KeyedLognormal:
    """Thirty of an order's forty draws are lognormal delays: mixing and quantile in one call (0.4 for 0.65 us).

    The library's own inverse is called without the look at p and sigma that `inv_cdf` takes first: both are fit here.
    """

    __slots__ = ("_mu", "_root", "_sigma", "_top")

    def __init__(self, root: int, law: "Lognormal") -> None:
        self._root = root
        self._mu, self._sigma = law._normal.mean, law._normal.stdev
        self._top = law._top

    def of(self, identity: int, attempt: int = 0) -> int:
        mixed = (identity + attempt * STEP ^ self._root) * FIRST
        mixed = ((mixed ^ mixed >> 64) & MASK) * SECOND
        p = (((mixed ^ mixed >> 64) & MASK) >> 12) * _GRID + _HALF
        value = exp(_inverse_normal(p, self._mu, self._sigma))
        if value > self._top:
            value = self._top
        return int(value * 1_000_000 + 0.5)


class _Drawn:
    """A law that is not one of ours, in whole microseconds."""

    __slots__ = ("_at",)

    def __init__(self, law: Law) -> None:
        self._at = law.at

    def microseconds(self, bits: int) -> int:
        return int(self._at(bits) * 1_000_000 + 0.5)


class _Cut:
    """What all laws share: the mean, and the bound on what is drawn."""

    __slots__ = ("_top", "mean")

    def __init__(self, at_most: float | None) -> None:
        _check(at_most is None or at_most >= 0.0, "at_most", "not below 0", at_most)
        self._top = math.inf if at_most is None else float(at_most)
        self.mean = math.nan

    def at(self, bits: int) -> float:
        return self.quantile(unit(bits))

    def microseconds(self, bits: int) -> int:
        """Return `at` of a law in seconds as whole microseconds; written out again where it is drawn most."""
        return int(self.at(bits) * 1_000_000 + 0.5)

    def quantile(self, p: float) -> float:
        return min(self._inverse(p), self._top)

    def _inverse(self, p: float) -> float:
        raise NotImplementedError


class Constant(_Cut):
    """Always the same value."""

    __slots__ = ()

    def __init__(self, value: float, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(0.0 <= value < math.inf, "value", "a number not below 0", value)
        self.mean = min(float(value), self._top)

    def at(self, bits: int) -> float:
        return self.mean

    def _inverse(self, p: float) -> float:
        return self.mean


class Exponential(_Cut):
    """Exponential with this mean (before a cut)."""

    __slots__ = ("_scale",)

    def __init__(self, mean: float, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(0.0 < mean < math.inf, "mean", "above 0", mean)
        self._scale = -float(mean)
        self.mean = -mean * math.expm1(-self._top / mean)

    def at(self, bits: int) -> float:
        value = self._scale * log1p(((bits >> 12) + 0.5) * -_GRID)
        if value > self._top:
            return self._top
        return value

    def microseconds(self, bits: int) -> int:
        value = self._scale * log1p(((bits >> 12) + 0.5) * -_GRID)
        if value > self._top:
            value = self._top
        return int(value * 1_000_000 + 0.5)

    def _inverse(self, p: float) -> float:
        return self._scale * log1p(-p)


class Uniform(_Cut):
    """Every value from `low` to `high` is as likely as any other."""

    __slots__ = ("_low", "_width")

    def __init__(self, low: float, high: float, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(0.0 <= low <= high < math.inf, "low and high", "in order and not below 0", (low, high))
        self._low, self._width = float(low), float(high - low)
        top = min(self._top, high)
        inside = max(top - low, 0.0)
        self.mean = min(low, top) + (inside - inside * inside / 2.0 / self._width if self._width else 0.0)

    def at(self, bits: int) -> float:
        value = self._low + self._width * ((bits >> 12) + 0.5) * _GRID
        if value > self._top:
            return self._top
        return value

    def _inverse(self, p: float) -> float:
        return self._low + self._width * p


class Normal(_Cut):
    """Normal with this mean and standard deviation; draws below 0 become 0, or their absolute value."""

    __slots__ = ("_absolute", "_centre", "_normal", "_sd")

    def __init__(self, mean: float, sd: float, *, absolute: bool = False, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(math.isfinite(mean), "mean", "finite", mean)
        _check(0.0 <= sd < math.inf, "sd", "not below 0", sd)
        self._centre, self._sd, self._absolute = float(mean), float(sd) or _TINY, absolute
        self._normal = NormalDist(self._centre, self._sd)
        self.mean = self._excess(self._centre, 0.0) - self._excess(self._centre, self._top)
        if absolute:
            self.mean += self._excess(-self._centre, 0.0) - self._excess(-self._centre, self._top)

    def _excess(self, centre: float, level: float) -> float:
        """The mean of what lies above `level`: the area under the tail from there."""
        if level == math.inf:
            return 0.0
        z = (centre - level) / self._sd
        return self._sd * exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) + (centre - level) * _phi(z)

    def at(self, bits: int) -> float:
        value = self._normal.inv_cdf(((bits >> 12) + 0.5) * _GRID)
        value = abs(value) if self._absolute else max(value, 0.0)
        if value > self._top:
            return self._top
        return value

    def _inverse(self, p: float) -> float:
        if not self._absolute:
            return max(self._normal.inv_cdf(p), 0.0)
        low, high = 0.0, abs(self._centre) + 40.0 * self._sd
        while (middle := (low + high) / 2.0) not in (low, high):
            below = _phi((middle - self._centre) / self._sd) - _phi((-middle - self._centre) / self._sd)
            low, high = (middle, high) if below < p else (low, middle)
        return high


class Lognormal(_Cut):
    """Lognormal by its median and the standard deviation of its logarithm."""

    __slots__ = ("_normal", "p50", "sigma")

    def __init__(self, p50: float, sigma: float, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(0.0 < p50 < math.inf, "p50", "above 0", p50)
        _check(0.0 <= sigma < math.inf, "sigma", "not below 0", sigma)
        self.p50, self.sigma = float(p50), float(sigma)
        self._normal = NormalDist(math.log(p50), sigma or _TINY)
        whole = p50 * exp(sigma * sigma / 2.0)
        if self._top == math.inf or not sigma or not self._top:
            self.mean = min(whole, self._top)
        else:
            z = math.log(self._top / p50) / sigma
            self.mean = whole * _phi(z - sigma) + self._top * _phi(-z)

    @classmethod
    def of_quantiles(cls, quantiles: Mapping[float, float], *, at_most: float | None = None) -> Self:
        """Return the law through two quantiles, given as {probability: value}.

        >>> round(Lognormal.of_quantiles({0.5: 1.2, 0.99: 8.0}).sigma, 4)
        0.8155
        """
        _check(len(quantiles) == 2, "quantiles", "two", dict(quantiles))
        (p, x), (q, y) = sorted(quantiles.items())
        _check(0.0 < p < q < 1.0 and 0.0 < x <= y, "quantiles", "positive, and in the order of their shares", [x, y])
        from_p, from_q = _STANDARD.inv_cdf(p), _STANDARD.inv_cdf(q)
        sigma = math.log(y / x) / (from_q - from_p)
        return cls(x * exp(-sigma * from_p), sigma, at_most=at_most)

    def at(self, bits: int) -> float:
        value = exp(self._normal.inv_cdf(((bits >> 12) + 0.5) * _GRID))
        if value > self._top:
            return self._top
        return value

    def microseconds(self, bits: int) -> int:
        value = exp(self._normal.inv_cdf(((bits >> 12) + 0.5) * _GRID))
        if value > self._top:
            value = self._top
        return int(value * 1_000_000 + 0.5)

    def _inverse(self, p: float) -> float:
        return exp(self._normal.inv_cdf(p))


class Gamma(_Cut):
    """Gamma by mean and coefficient of variation: shape 1 / cv^2, scale mean x cv^2."""

    __slots__ = ("scale", "shape")

    def __init__(self, mean: float, cv: float, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(0.0 < mean < math.inf, "mean", "above 0", mean)
        _check(1e-3 <= cv <= 1e3, "cv", "between 0.001 and 1,000", cv)
        shape = 1.0 / (cv * cv)
        whole = round(shape)
        self.shape = float(whole) if whole and abs(shape - whole) < 1e-9 * whole else shape
        self.scale = mean / self.shape
        cut = self._top / self.scale
        self.mean = float(mean)
        if cut < math.inf:
            self.mean = mean * lower(self.shape + 1.0, cut) + self._top * (1.0 - lower(self.shape, cut))

    def at(self, bits: int) -> float:
        return min(self.scale * value_at(self.shape, bits), self._top)

    def _inverse(self, p: float) -> float:
        return self.scale * inverse(self.shape, p)


class Erlang(_Cut):
    """The sum of `k` equal exponential steps with this mean in all."""

    __slots__ = ("_gamma",)

    def __init__(self, mean: float, k: int, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(k >= 1 and k == int(k), "k", "a whole number from 1", k)
        self._gamma = Gamma(mean, 1.0 / math.sqrt(k), at_most=at_most)
        self.mean = self._gamma.mean

    def at(self, bits: int) -> float:
        return self._gamma.at(bits)

    def _inverse(self, p: float) -> float:
        return self._gamma.quantile(p)


class Geometric(_Cut):
    """Geometric count from 1 upwards with this mean (before a cut)."""

    __slots__ = ("_log_stay",)

    def __init__(self, mean: float, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(1.0 <= mean < math.inf, "mean", "at least 1", mean)
        stay = 1.0 - 1.0 / mean
        self._log_stay = log1p(-1.0 / mean) if stay else -math.inf
        self.mean = float(mean)
        if self._top < math.inf:
            steps = math.floor(self._top)
            self.mean = mean * (1.0 - stay**steps) + (self._top - steps) * stay**steps

    def _inverse(self, p: float) -> float:
        return max(math.ceil(log1p(-p) / self._log_stay * (1.0 - 1e-15)), 1.0)


class Pareto(_Cut):
    """Pareto: never below `scale`, above x with probability (scale / x)^alpha."""

    __slots__ = ("_power", "_scale")

    def __init__(self, scale: float, alpha: float, *, at_most: float | None = None) -> None:
        super().__init__(at_most)
        _check(0.0 < scale < math.inf, "scale", "above 0", scale)
        _check(0.0 < alpha < math.inf, "alpha", "above 0", alpha)
        self._scale, self._power = float(scale), -1.0 / alpha
        ratio = self._top / scale
        if ratio <= 1.0:
            self.mean = self._top
        elif alpha == 1.0:
            self.mean = scale * (1.0 + math.log(ratio))
        elif ratio == math.inf:
            self.mean = scale * alpha / (alpha - 1.0) if alpha > 1.0 else math.inf
        else:
            self.mean = scale * (1.0 + (ratio ** (1.0 - alpha) - 1.0) / (1.0 - alpha))

    def _inverse(self, p: float) -> float:
        return self._scale * exp(self._power * log1p(-p))


class _Tabled(_Cut):
    """A law over listed values in rising order, found by bisection in the running sum of their shares."""

    __slots__ = ("_up_to", "_values")

    def __init__(self, values: Sequence[float], weights: Sequence[float], at_most: float | None) -> None:
        super().__init__(at_most)
        _check(0 < len(values) <= TABLE_MAX, "the number of values", f"1 to {TABLE_MAX:,}", len(values))
        _check(all(0.0 <= w < math.inf for w in weights), "every weight", "a number not below 0", min(weights))
        total = math.fsum(weights)
        _check(total > 0.0, "the sum of weights", "above 0", total)
        self._values = [min(float(value), self._top) for value in values]
        self._up_to = [part / total for part in accumulate(weights)]
        self._up_to[-1] = 1.0
        self.mean = math.fsum(v * w for v, w in zip(self._values, weights, strict=True)) / total

    def pick(self, bits: int) -> int:
        """Return the place in the table, from 0, that 64 random bits draw."""
        return bisect_right(self._up_to, ((bits >> 12) + 0.5) * _GRID)

    def at(self, bits: int) -> float:
        return self._values[bisect_right(self._up_to, ((bits >> 12) + 0.5) * _GRID)]

    def _inverse(self, p: float) -> float:
        return self._values[bisect_left(self._up_to, p)]


class Poisson(_Tabled):
    """Poisson count with this mean (before a cut); the table ends where less than 2^-52 is left."""

    __slots__ = ()

    def __init__(self, mean: float, *, at_most: float | None = None) -> None:
        _check(0.0 <= mean <= 1e6, "mean", "between 0 and 1,000,000", mean)
        counts = range(int(mean + 12.0 * math.sqrt(mean) + 30.0)) if mean else range(1)
        log_mean = math.log(mean) if mean else 0.0
        super().__init__(counts, [exp(k * log_mean - mean - math.lgamma(k + 1.0)) for k in counts], at_most)


class Zipf(_Tabled):
    """Rank r of 1 to `count` in proportion to r^-exponent; `pick` gives r - 1, an index."""

    __slots__ = ()

    def __init__(self, exponent: float, count: int, *, at_most: float | None = None) -> None:
        _check(0.0 <= exponent < math.inf, "exponent", "not below 0", exponent)
        _check(0 < count <= TABLE_MAX, "count", f"1 to {TABLE_MAX:,}", count)
        super().__init__(range(1, count + 1), [r**-exponent for r in range(1, count + 1)], at_most)


class Choice(_Tabled):
    """One of some values, each with a weight; the weights need no particular sum."""

    __slots__ = ()

    def __init__(self, weights: Mapping[float, float], *, at_most: float | None = None) -> None:
        _check(all(0.0 <= value < math.inf for value in weights), "every value", "a number not below 0", list(weights))
        super().__init__(sorted(weights), [weights[value] for value in sorted(weights)], at_most)


class Empirical(_Tabled):
    """Observed values, each as likely as any other; nothing is drawn that was not observed."""

    __slots__ = ()

    def __init__(self, values: Sequence[float], *, at_most: float | None = None) -> None:
        _check(all(0.0 <= value < math.inf for value in values), "every value", "a number not below 0", "others")
        super().__init__(sorted(values), [1.0] * len(values), at_most)


def _check(holds: bool, name: str, rule: str, value: object) -> None:
    if not holds:
        raise UsageError(f"{name} of a law must be {rule} (got {value})")


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z * math.sqrt(0.5))
