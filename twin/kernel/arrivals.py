"""When open arrivals happen: a stream of instants whose rate may rise, fall and stop.

Theory of operation. The rate is linear between its corners. An arrival is due when the integral of the rate has grown
by an amount since the one before: amounts that are exponential with mean 1 make a Poisson stream, amounts of 1 an even
one. The integral is inverted piece by piece, which is exact and costs a square root on a slope and a division on the
flat. Tried and dropped: thinning a stream of the highest rate, which throws draws away and knows no even stream.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from twin.errors import UsageError
from twin.model.instant import SECOND, Elapsed


@dataclass(frozen=True, slots=True)
class Corner:
    """From `at_us` on the rate is `per_s` (in 1/s) and grows by `growth` (1/s in a second) until the next corner."""

    at_us: Elapsed
    per_s: float
    growth: float = 0.0


class Arrivals:
    """A rate over time; without a corner at 0 nothing arrives before the first one.

    Raises:
        UsageError: the corners are not in order, or a rate falls below 0.
    """

    def __init__(self, corners: Sequence[Corner]) -> None:
        ends = [corner.at_us for corner in corners[1:]]
        for corner, end in zip(corners, [*ends, None], strict=True):
            last = corner.per_s if end is None else corner.per_s + corner.growth * (end - corner.at_us) / SECOND
            if corner.per_s < 0 or last < -1e-9 or (end is not None and end <= corner.at_us):
                raise UsageError(f"a rate is not below 0 and its corners are in order (got {list(corners)})")
        self._corners = tuple(corners)
        self._starts = [corner.at_us for corner in corners]

    def after(self, now: Elapsed, amount: float) -> Elapsed | None:
        """Return when the integral of the rate has grown by `amount` since `now`, in whole us; None if it never does.

        >>> Arrivals([Corner(0, 2.0)]).after(1_000_000, 1.0)
        1500000
        """
        place = bisect_right(self._starts, now) - 1
        if place < 0:
            place, now = 0, self._starts[0] if self._starts else 0
        while place < len(self._corners):
            corner = self._corners[place]
            rate = corner.per_s + corner.growth * (now - corner.at_us) / SECOND
            end = self._starts[place + 1] if place + 1 < len(self._starts) else None
            needed = _seconds(rate, corner.growth, amount)
            if end is None:
                return None if needed is None else now + int(needed * SECOND + 0.5)
            span = (end - now) / SECOND
            if needed is not None and needed <= span:
                return now + int(needed * SECOND + 0.5)
            amount = max(amount - (rate + corner.growth * span / 2) * span, 0.0)
            place, now = place + 1, end
        return None


def _seconds(rate: float, growth: float, amount: float) -> float | None:
    """Return after how many seconds a rate that grows has summed up to `amount`, None if it does not get there."""
    if growth == 0.0:
        return amount / rate if rate > 0.0 else None
    square = rate * rate + 2.0 * growth * amount
    if square < 0.0:
        return None
    return 2.0 * amount / (rate + math.sqrt(square)) if rate > 0.0 or square > 0.0 else 0.0
