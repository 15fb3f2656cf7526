"""How the bench measures: programs run in turn, medians of ratios, and the row that a figure becomes.

Theory of operation. Absolute times move by half between machines and by a tenth between minutes; ratios of two programs
measured in turn do not. So a row runs both programs in rounds, one after the other, at the same size, with the garbage
collector off for both, in processor time, and takes the median of the ratios of the rounds (not the ratio of medians).
One warming round is thrown away.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

FAR: Final = 1.5
"""A figure above its target by more than this factor keeps the work open."""
FAR_MISSED: Final = "missed by more than 1.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRow:
    """One figure: what was measured, in which unit, the bound it should keep, and how it was measured."""

    name: str
    what: str
    measured: float
    target: float | None
    unit: str
    how: str

    @property
    def verdict(self) -> str:
        """Whether the figure keeps its bound: met, missed, missed by more than 1.5, or reported where there is none."""
        if self.target is None:
            return "reported"
        if self.measured <= self.target:
            return "met"
        return "missed" if self.measured <= FAR * self.target else FAR_MISSED

    def row(self) -> dict[str, str | float | None]:
        """Return the row as it is printed."""
        fields = asdict(self)
        how = fields.pop("how")
        return {**fields, "measured": float(f"{self.measured:.4g}"), "verdict": self.verdict, "how": how}


Measure = Callable[[bool], BenchRow]


def ratio(ours: Callable[[], float], other: Callable[[], float], rounds: int) -> float:
    """Return the median over rounds of ours / other; both return their own processor time per unit of work."""
    return median(a / b for a, b in interleaved(ours, other, rounds))


def interleaved(ours: Callable[[], float], other: Callable[[], float], rounds: int) -> list[tuple[float, float]]:
    """Return what both programs took in each round, run in turn with the garbage collector off."""
    with quiet():
        pairs = [(ours(), other()) for _ in range(rounds + 1)]
    return pairs[1:]


@contextmanager
def quiet() -> Iterator[None]:
    """Freeze and switch off the garbage collector, and restore it."""
    was_on = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that `work` takes; what it leaves behind is collected before it starts."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start
