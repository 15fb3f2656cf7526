"""From a limit as a partner publishes it to the throttle that keeps it (`PublishedLimit`).

The words are those of the profiles: an algorithm, a sustained rate, what may come at once or in one window, the window,
a number of calls in flight, and further limits that hold at the same time. What a figure leaves out is not guessed: a
limit that nobody could keep from what is published is refused with the field that is missing.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeVar, assert_never

from policies.throttle.admission import Throttle
from policies.throttle.all_of import AllOf
from policies.throttle.bucket import token_bucket
from policies.throttle.concurrency import Concurrency
from policies.throttle.interval import Interval
from policies.throttle.load import LoadBased
from policies.throttle.windows import FixedWindow, SlidingWindow
from twin.errors import UsageError
from twin.model.instant import SECOND

_Figure = TypeVar("_Figure", int, Fraction)

Algorithm = Literal[
    "token_bucket",
    "leaky_bucket",
    "cost_bucket",
    "fixed_window",
    "sliding_window",
    "quota",
    "interval",
    "concurrency",
    "load_based",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLimit:
    """One `rate_limit` of a profile; None where nothing is published.

    Attributes:
        algorithm: How it counts (profiles README).
        rate_per_s: Units a second, sustained; of `load_based` what the called side can do.
        burst: Units at once, or in one window; a bucket without it holds one unit.
        window_us: The window, the quota's period, the smallest gap, or the memory of `load_based`; microseconds.
        concurrency: Calls in flight; beside another algorithm both hold.
        busy: Of `load_based`: the share of its rate from which on it refuses.
        also: Further limits that hold at the same time.
    """

    algorithm: Algorithm
    rate_per_s: Fraction | None = None
    burst: int | None = None
    window_us: int | None = None
    concurrency: int | None = None
    busy: float = 1.0
    also: tuple["PublishedLimit", ...] = ()

    def throttle(self) -> Throttle:
        """Return what keeps the limit, in microseconds.

        Raises:
            UsageError: a field is missing that the algorithm cannot do without.

        >>> PublishedLimit(algorithm="interval", window_us=60_000_000).throttle()
        Interval(gap=60000000, kind='interval')
        """
        held = self._all()
        return held[0] if len(held) == 1 else AllOf(tuple(held))

    def rates(self) -> Throttle | None:
        """Return what a caller can keep by counting its own calls over time; None where that is nothing.

        Raises:
            UsageError: as `throttle`.
        """
        counted = [each for each in self._all() if not isinstance(each, Concurrency | LoadBased)]
        return AllOf(tuple(counted)) if len(counted) > 1 else counted[0] if counted else None

    def _all(self) -> list[Throttle]:
        """Return every limit that holds, each by itself."""
        held: list[Throttle] = [self._own()]
        if self.concurrency is not None and self.algorithm != "concurrency":
            held.append(Concurrency(self.concurrency))
        return held + [throttle for each in self.also for throttle in each._all()]

    def _own(self) -> Throttle:
        match self.algorithm:
            case "token_bucket" | "leaky_bucket" | "cost_bucket":
                return token_bucket(self._stated(self.rate_per_s, "rate"), self.burst or 1, self.algorithm)
            case "fixed_window" | "quota":
                return FixedWindow(
                    self._stated(self.burst, "burst"), self._stated(self.window_us, "window"), self.algorithm
                )
            case "sliding_window":
                return SlidingWindow(self._stated(self.burst, "burst"), self._stated(self.window_us, "window"))
            case "interval":
                return Interval(self._stated(self.window_us, "window"))
            case "concurrency":
                return Concurrency(self._stated(self.concurrency, "concurrency"))
            case "load_based":
                return self._by_load()
            case _:
                assert_never(self.algorithm)

    def _by_load(self) -> LoadBased:
        """Return a threshold of utilisation over the window, 1 s unless stated."""
        window = self.window_us or SECOND
        able = round(self._stated(self.rate_per_s, "rate") * window / SECOND)
        return LoadBased(max(1, able), window, self.busy)

    def _stated(self, value: _Figure | None, field: str) -> _Figure:
        if value is None:
            raise UsageError(f"a limit of kind {self.algorithm} needs its {field}, and none is published")
        return value
