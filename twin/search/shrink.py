"""Makes a mixture smaller that still breaks the promise it breaks.

The run ends right after the promise breaks, or is looked at ever sooner where only the last look shows it, and there
are fewer orders, so that what follows is quick; faults go, halves first, then ever smaller parts, until no single one
can (delta debugging); so do settings of the design and parts of the firm; then what a fault has of intensity goes, its
duration halved. The passes are repeated until none helps. A smaller mixture counts only if the same invariant breaks
first; what was tried is remembered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from twin.model.instant import MINUTE, SECOND, Elapsed
from twin.search.swarm import Mixture
from twin.world.values import duration_text, duration_us

REPLAYS_MAX: Final = 200
"""How often a mixture is run at most on the way; then the smallest so far counts (RELIABILITY 4)."""
NEEDED: Final = ("name", "kind", "target", "trigger", "duration")
"""Keys of a record that stay."""
T = TypeVar("T")
Breaks = Callable[[Mixture], tuple[str, Elapsed] | None]
"""Runs a mixture; returns the first broken invariant and when, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaller:
    """A smaller mixture, what it breaks and when, and how often it took a run to find it."""

    mixture: Mixture
    invariant: str
    at: Elapsed
    replays: int


def shrunk(mixture: Mixture, breaks: Breaks) -> Smaller | None:
    """Return the smallest mixture found that breaks what this one breaks first; None when it breaks nothing."""
    found = breaks(mixture)
    return None if found is None else _Shrinker(mixture, breaks, *found).shrink()


class _Shrinker:
    def __init__(self, mixture: Mixture, breaks: Breaks, invariant: str, at: Elapsed) -> None:
        self.mixture = mixture
        self.invariant = invariant
        self.at = at
        self.replays = 1
        self._breaks = breaks
        self._tried: dict[str, bool] = {}

    def shrink(self) -> Smaller:
        before: Mixture | None = None
        while before != self.mixture and self.replays < REPLAYS_MAX:
            before = self.mixture
            self._end_sooner()
            self._fewer_orders()
            self._parts("faults")
            self._parts("settings")
            self._parts("parts")
            self._weaker()
        return Smaller(mixture=self.mixture, invariant=self.invariant, at=self.at, replays=self.replays)

    def _take(self, smaller: Mixture) -> bool:
        """Take a smaller mixture if it still breaks the same."""
        key = repr(smaller)
        if smaller == self.mixture or key in self._tried or self.replays >= REPLAYS_MAX:
            return self._tried.get(key, False)
        self.replays += 1
        found = self._breaks(smaller)
        self._tried[key] = shows = found is not None and found[0] == self.invariant
        if shows and found is not None:
            self.mixture, self.at = smaller, found[1]
        return shows

    def _end_sooner(self) -> None:
        """End right after the promise breaks; where only the last look shows that it is broken, look ever sooner."""
        self._take_end((self.at // SECOND + 1) * SECOND)
        for by in (8, 2):
            while self.at >= self._end() >= by * MINUTE and self._take_end(self._end() // by):
                pass

    def _end(self) -> Elapsed:
        return self.mixture.horizon + self.mixture.drain

    def _take_end(self, end: Elapsed) -> bool:
        """Take an earlier end: less of the drain first, then fewer of the hours with orders."""
        if end >= self._end():
            return False
        horizon = min(self.mixture.horizon, end)
        return self._take(self.mixture.changed(horizon=horizon, drain=end - horizon))

    def _parts(self, of: str) -> None:
        """Leave out what is not needed of a sequence of the mixture."""
        kept: Sequence[object] = getattr(self.mixture, of)
        size = len(kept)
        while kept and size:
            place = 0
            while place < len(kept):
                fewer = (*kept[:place], *kept[place + size :])
                if self._take(self.mixture.changed(**{of: fewer})):
                    kept = fewer
                else:
                    place += size
            size //= 2

    def _fewer_orders(self) -> None:
        while self.mixture.orders_a_day > 10:
            if not self._take(self.mixture.changed(orders_a_day=self.mixture.orders_a_day // 2)):
                return

    def _weaker(self) -> None:
        """Take optional intensity away, record by record, and shorten what is left."""
        for place in range(len(self.mixture.faults)):
            for key in [key for key in self.mixture.faults[place] if key not in NEEDED]:
                fault = {name: value for name, value in self.mixture.faults[place].items() if name != key}
                self._take(self._with(place, fault))
            while "duration" in self.mixture.faults[place]:
                fault = dict(self.mixture.faults[place])
                half = duration_us(fault["duration"]) // 2
                if half < SECOND or not self._take(self._with(place, fault | {"duration": duration_text(half)})):
                    break

    def _with(self, place: int, fault: Mapping[str, str]) -> Mixture:
        faults = self.mixture.faults
        return self.mixture.changed(faults=(*faults[:place], fault, *faults[place + 1 :]))
