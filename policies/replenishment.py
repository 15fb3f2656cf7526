"""Replenishment: when supply is ordered, how much, and the levels that follow from a service level.

A position is what is on hand plus what is under way, less what is owed to customers; all quantities are whole quanta of
the item's base unit. What is ordered from supply is rounded up to whole packs, once, at the end.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal


@dataclass(frozen=True, slots=True)
class Replenishment:
    """What to order now, and why; a quantity of 0 orders nothing."""

    quantity: int
    reason: Literal["at_or_below_reorder_point", "below_level", "enough"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderPoint:
    """The (s, S) rule: a position that has fallen to `reorder_point` or below is raised to `order_up_to`."""

    kind: Literal["s_S"] = "s_S"
    reorder_point: int
    order_up_to: int
    pack: int = 1

    def __post_init__(self) -> None:
        if self.pack < 1 or self.order_up_to < self.reorder_point:
            raise ValueError(f"needs a pack of at least 1 and S >= s (got {self})")

    def decide(self, position: int) -> Replenishment:
        """Return what to order at a position.

        >>> ReorderPoint(reorder_point=4, order_up_to=10).decide(4)
        Replenishment(quantity=6, reason='at_or_below_reorder_point')
        """
        missing = self.order_up_to - position
        if position > self.reorder_point or missing <= 0:
            return Replenishment(0, "enough")
        return Replenishment(whole_packs(missing, self.pack), "at_or_below_reorder_point")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpTo:
    """The base-stock rule: at every review the position is raised to `level`."""

    kind: Literal["order_up_to"] = "order_up_to"
    level: int
    pack: int = 1

    def __post_init__(self) -> None:
        if self.pack < 1:
            raise ValueError(f"needs a pack of at least 1 (got {self})")

    def decide(self, position: int) -> Replenishment:
        """Return what to order at a position.

        >>> OrderUpTo(level=10, pack=4).decide(7)
        Replenishment(quantity=4, reason='below_level')
        """
        missing = self.level - position
        if missing <= 0:
            return Replenishment(0, "enough")
        return Replenishment(whole_packs(missing, self.pack), "below_level")


@dataclass(frozen=True, slots=True)
class Levels:
    """Reorder point and order-up-to level in whole packs, and the exact value that the first was rounded up from."""

    reorder_point: int
    order_up_to: int
    exact: float
    reason: Literal["service_level", "no_demand", "given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """Sets levels so that the demand of lead time and review is covered with a stated probability.

    `s = mu (L + R) + z sqrt(sd^2 (L + R) + mu^2 var L)` and `S = s + cover x mu`, both rounded up to packs, with mean
    `mu` and standard deviation `sd` of the demand of a day, lead time `L`, review period `R` and the normal quantile
    `z` of the service level. The formula treats demand as normal and days as independent; it errs for items that sell
    rarely and in large lots, which is part of what a distributor lives with.
    """

    service_level: float
    review_d: float
    cover_d: float
    pack: int = 1

    def __post_init__(self) -> None:
        if not 0.0 < self.service_level < 1.0:
            raise ValueError(f"a service level lies between 0 and 1, both excluded (got {self.service_level})")
        if min(self.review_d, self.cover_d) < 0 or self.pack < 1:
            raise ValueError(f"needs review and cover of at least 0 days and a pack of at least 1 (got {self})")

    def levels(self, *, mean_per_day: float, sd_per_day: float, lead_time_d: float, lead_time_sd_d: float) -> Levels:
        """Return the levels of one item; both are 0 for an item without demand, which is then never ordered."""
        if mean_per_day <= 0:
            return Levels(0, 0, 0.0, "no_demand")
        exposed_d = lead_time_d + self.review_d
        spread = math.sqrt(sd_per_day**2 * exposed_d + (mean_per_day * lead_time_sd_d) ** 2)
        exact = mean_per_day * exposed_d + NormalDist().inv_cdf(self.service_level) * spread
        reorder_point = max(0, whole_packs(exact, self.pack))
        order_up_to = whole_packs(exact + self.cover_d * mean_per_day, self.pack)
        return Levels(reorder_point, max(order_up_to, reorder_point + self.pack), exact, "service_level")


def whole_packs(quantity: float, pack: int) -> int:
    """Return a quantity rounded up to whole packs.

    >>> whole_packs(201, 12), whole_packs(204, 12)
    (204, 204)
    """
    return math.ceil(quantity / pack) * pack
