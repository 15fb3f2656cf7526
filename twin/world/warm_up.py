"""Where a run has settled: how much of its beginning is left out of the measures, as told or as MSER-5 finds it.

A run that starts empty says too little of a system that never is. MSER (White, "An effective truncation heuristic for
bias reduction in simulation output", Simulation 69(6), 1997) leaves out as many first values as make the standard
error of the rest smallest; MSER-5 (White, Cobb, Spratt, Winter Simulation Conference 2000) takes means of five, which
steadies it. A minimum in the second half of the run means that it has not settled: then the longest allowed is left
out.

The series is the work under way: orders placed and not yet shipped, refused or cancelled; in a world without a
distributor, requests at the servers. It comes from a run of its own with the same seed, and so takes as long as the run
that is measured, which then follows the same course. Every replication finds its own.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import Discriminator, Tag

from twin.model.instant import Elapsed
from twin.world.values import Block, Duration, PositiveDuration, duration_text

BATCH: Final = 5
SAMPLES: Final = 5_000
"""How often the series looks, over the horizon."""


class Mser5(Block):
    """The warm-up is found for each replication by MSER-5, and is at most so long."""

    method: Literal["mser5"]
    at_most: PositiveDuration


def _form(value: object) -> str:
    return "<method>" if isinstance(value, Mapping | Mser5) else "<length>"


WarmUp = Annotated[
    Annotated[Duration, Tag("<length>")] | Annotated[Mser5, Tag("<method>")],
    Discriminator(_form),
]
"""A length of time, or a method that finds it."""


def longest(warm_up: "int | Mser5") -> Elapsed:
    """Return how long a warm-up may be, in microseconds."""
    return warm_up.at_most if isinstance(warm_up, Mser5) else warm_up


def told(warm_up: "int | Mser5") -> Elapsed:
    """Return the warm-up that is told, in microseconds; 0 where a method is to find it."""
    return 0 if isinstance(warm_up, Mser5) else warm_up


def mser5(series: Sequence[int]) -> int | None:
    """Return how many first values to leave out, a multiple of five; None when the series has not settled.

    The cut d of n batch means is the first with the least sum of squares of the rest about its mean, over (n - d)
    squared; it must lie in the first half. A series of fewer than four batches has not settled. Exact: whole numbers.
    """
    sums = [sum(series[at : at + BATCH]) for at in range(0, len(series) - BATCH + 1, BATCH)]
    count = len(sums)
    if count < 4:
        return None
    cut = left = total = squares = 0
    least, of = 1, 0  # the least error so far is least / of; none yet
    for at in range(count - 1, -1, -1):
        left, total, squares = left + 1, total + sums[at], squares + sums[at] ** 2
        error, over = left * squares - total * total, left**3
        if left > 1 and error * of <= least * over:
            cut, least, of = at, error, over
    return cut * BATCH if cut <= count // 2 else None


def spacing(horizon: Elapsed) -> Elapsed:
    """Return how far apart the values of the series are, in microseconds."""
    return max(1, horizon // SAMPLES)


def found(method: Mser5, horizon: Elapsed, series: Sequence[int]) -> tuple[Elapsed, list[str]]:
    """Return the warm-up that a series of a whole run tells, in microseconds, and a sentence that says so."""
    cut = mser5(series)
    bound = duration_text(method.at_most)
    if cut is None:
        return method.at_most, [f"warm-up {bound}, the longest allowed: by MSER-5 the work under way never settles"]
    length = cut * spacing(horizon)
    if length > method.at_most:
        late = duration_text(length)
        return method.at_most, [f"warm-up {bound}, the longest allowed: by MSER-5 the work under way settles at {late}"]
    return length, [f"warm-up {duration_text(length)}, found by MSER-5 on the work under way (at most {bound})"]
