"""What a sweep or a search varies: axes over settings, and the points they make.

An axis is written as `path=values`. Values are `0..10` (whole numbers, both ends), `1,2,5` (these), `5s:60s:8` (eight,
evenly), `log:1s:1h:6` (six, by equal factors) or `unif:0:1` (a range that Latin hypercubes, Sobol designs and searches
draw from; `unif:log:1s:1h` by equal factors). `a,b=1,5` moves two settings together. Several axes make a grid, the last
one changing fastest.

Numbers keep the unit they are written in; where both ends of a range have different units they are durations, and their
steps are whole microseconds. Values are the same numbers on every machine: they come from exact fractions, only the
logarithmic ones from floats, rounded to twelve digits.
"""

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, Self

import numpy as np

from twin.errors import MissingExtra, UsageError
from twin.world.values import duration_us

POINTS_MAX: Final = 10_000
"""The most points of one sweep."""
VALUES_MAX: Final = 10_000
"""The most values of one axis."""

Value = int | float | str
Point = Mapping[str, Value]
"""A value for each path that is varied."""
Layout = Literal["grid", "lhs", "sobol"]
Shares = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
"""A row for each point, a column for each axis: how far along the axis the point lies, 0 to 1."""

_NUMBER: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(%|[a-z]+|/[a-z]+)?")
_FORMS: Final = "0..10, 1,2,5, 5s:60s:8, log:1s:1h:6 or unif:0:1"


@dataclass(frozen=True, slots=True)
class Range:
    """All values from `low` to `high`, in `unit`; `log` when factors count."""

    low: Fraction
    high: Fraction
    unit: str
    log: bool = False

    def at(self, share: float) -> Value:
        """Return the value at a share of the way, 0 is `low` and 1 is `high`."""
        if self.log:
            return _written(Fraction(_between(float(self.low), float(self.high), share)), self.unit)
        return _written(self.low + (self.high - self.low) * Fraction(share), self.unit)


@dataclass(frozen=True, slots=True)
class Axis:
    """Settings that move together: the values they take, or the range they are drawn from."""

    paths: tuple[str, ...]
    values: tuple[Value, ...] = ()
    range: Range | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read an axis as `--vary` writes it.

        Raises:
            UsageError: it is not of one of the forms.
        """
        path, equals, told = text.partition("=")
        paths = tuple(part.strip() for part in path.split(","))
        if not equals or not all(paths) or not told.strip():
            raise UsageError(f"vary: expected path=values, such as {_FORMS} (got '{text}')")
        if told.startswith("unif:"):
            return cls(paths, range=_range(told.removeprefix("unif:").split(":"), text))
        values = _values(told, text)
        if len(values) > VALUES_MAX:
            raise UsageError(f"vary: at most {VALUES_MAX:,} values (got {len(values):,} in '{text}')")
        return cls(paths, values=values)

    def at(self, share: float) -> Value:
        """Return the value at a share (0 to 1) of the way through the range, or through the list of values."""
        if self.range is not None:
            return self.range.at(share)
        return self.values[min(len(self.values) - 1, int(share * len(self.values)))]

    def point(self, value: Value) -> dict[str, Value]:
        """Return the settings at a value."""
        return dict.fromkeys(self.paths, value)


def points(axes: Sequence[Axis], layout: Layout = "grid", count: int | None = None, seed: int = 0) -> list[Point]:
    """Return the points of a sweep, in order.

    Args:
        axes: what is varied.
        layout: `grid` takes every combination; `lhs` draws `count` points as a Latin hypercube; `sobol` makes the
            points for Sobol indices, `count` x (axes + 2) of them (Saltelli et al. 2010).
        count: how many, for `lhs` and `sobol`.
        seed: of the draws.

    Raises:
        UsageError: a grid with a range in it, a count where none belongs or none where one does, or too many points.
        MissingExtra: `sobol` without scipy.
    """
    _check(axes)
    if layout == "grid":
        return _grid(axes, count)
    if count is None or count < 2:
        raise UsageError(f"points: {layout} needs how many points to draw, at least 2 (got {count})")
    drawn = _hypercube(len(axes), count, seed) if layout == "lhs" else _saltelli(len(axes), count, seed)
    _bounded(len(drawn))
    return [_merged(axis.point(axis.at(float(share))) for axis, share in zip(axes, row, strict=True)) for row in drawn]


def _check(axes: Sequence[Axis]) -> None:
    if not axes:
        raise UsageError("vary: nothing is varied; name a path and its values, such as path=0..10")
    paths = [path for axis in axes for path in axis.paths]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"vary: '{path}' is varied twice")


def _grid(axes: Sequence[Axis], count: int | None) -> list[Point]:
    if count is not None:
        raise UsageError("points: a grid takes every combination; a count belongs to lhs and sobol")
    for axis in axes:
        if axis.range is not None:
            raise UsageError(f"vary: '{', '.join(axis.paths)}' is a range (unif:); draw from it with lhs or sobol")
    _bounded(math.prod(len(axis.values) for axis in axes))
    return [
        _merged(axis.point(value) for axis, value in zip(axes, combination, strict=True))
        for combination in itertools.product(*(axis.values for axis in axes))
    ]


def _bounded(count: int) -> None:
    if count > POINTS_MAX:
        raise UsageError(f"points: at most {POINTS_MAX:,} (got {count:,})")


def _merged(settings: Iterable[Mapping[str, Value]]) -> Point:
    return {path: value for each in settings for path, value in each.items()}


def _hypercube(dimensions: int, count: int, seed: int) -> Shares:
    """Draw one point from each of `count` equal slices of every axis (McKay, Beckman and Conover 1979)."""
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    slices = np.column_stack([generator.permutation(count) for _ in range(dimensions)])
    return (slices + generator.random((count, dimensions))) / count


def _saltelli(dimensions: int, count: int, seed: int) -> Shares:
    """Return matrices A, B and, for each axis, A with that axis from B: rows of one base point lie together."""
    if count & (count - 1):
        raise UsageError(f"points: sobol needs a power of two, so that the sequence stays balanced (got {count})")
    try:
        from scipy.stats.qmc import Sobol
    except ImportError as error:
        raise MissingExtra("a Sobol design", "optimize") from error
    both = Sobol(2 * dimensions, scramble=True, rng=np.random.default_rng(seed)).random(count)
    rows = []
    for base in both:
        a, b = base[:dimensions], base[dimensions:]
        rows += [a, b]
        for axis in range(dimensions):
            mixed = a.copy()
            mixed[axis] = b[axis]
            rows.append(mixed)
    return np.array(rows)


def _values(told: str, text: str) -> tuple[Value, ...]:
    if re.fullmatch(r"-?\d+\.\.-?\d+", told):
        low, high = (int(end) for end in told.split(".."))
        if low > high:
            raise UsageError(f"vary: {low} is above {high} in '{text}'")
        if high - low >= VALUES_MAX:
            raise UsageError(f"vary: at most {VALUES_MAX:,} values (got {high - low + 1:,} in '{text}')")
        return tuple(range(low, high + 1))
    parts = told.split(":")
    if parts[0] == "log" and len(parts) == 4:
        span = _range(parts[1:3], text, log=True)
        return tuple(span.at(share) for share in _shares(parts[3], text))
    if len(parts) == 3 and parts[2].isdecimal():
        span = _range(parts[:2], text)
        steps = int(parts[2])
        if steps < 2:
            raise UsageError(f"vary: at least two values from one end to the other (got {steps} in '{text}')")
        width = span.high - span.low
        return tuple(_written(span.low + width * Fraction(n, steps - 1), span.unit) for n in range(steps))
    return tuple(value_of(part.strip()) for part in told.split(","))


def _shares(told: str, text: str) -> list[float]:
    if not told.isdecimal() or int(told) < 2:
        raise UsageError(f"vary: at least two values from one end to the other (got '{told}' in '{text}')")
    return [n / (int(told) - 1) for n in range(int(told))]


def _range(ends: Sequence[str], text: str, *, log: bool = False) -> Range:
    if len(ends) == 3 and ends[0] == "log":
        return _range(ends[1:], text, log=True)
    found = [_NUMBER.fullmatch(end.strip()) for end in ends]
    if len(found) != 2 or found[0] is None or found[1] is None:
        raise UsageError(f"vary: expected two numbers as ends, such as 5s:60s (got '{text}')")
    units = [match.group(2) or "" for match in found if match is not None]
    numbers = [Fraction(match.group(1)) for match in found if match is not None]
    unit = units[0]
    if units[0] != units[1]:
        numbers, unit = [Fraction(_microseconds(end, text)) for end in ends], "us"
    if numbers[0] >= numbers[1] or (log and numbers[0] <= 0):
        raise UsageError(f"vary: the first end must be below the second{' and above 0' if log else ''} (got '{text}')")
    return Range(numbers[0], numbers[1], unit, log)


def _microseconds(end: str, text: str) -> int:
    try:
        return duration_us(end)
    except ValueError as error:
        told = f"ends of different units must be durations: {error}"
        raise UsageError(f"vary: {told} (got '{text}')") from error


def _between(low: float, high: float, share: float) -> float:
    return float(f"{math.exp(math.log(low) + share * (math.log(high) - math.log(low))):.12g}")


def _written(number: Fraction, unit: str) -> Value:
    """Write a number with its unit: whole where it is whole, microseconds always."""
    if unit == "us" or number.denominator == 1:
        whole = int(number + Fraction(1, 2)) if number >= 0 else int(number)
        return f"{whole}{unit}" if unit else whole
    rounded = f"{float(number):.12g}"
    return f"{rounded}{unit}" if unit else float(rounded)


def value_of(text: str) -> Value:
    """Read one value of a list: a number where it looks like one, else the text.

    >>> value_of("3"), value_of("0.5"), value_of("15m")
    (3, 0.5, '15m')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
