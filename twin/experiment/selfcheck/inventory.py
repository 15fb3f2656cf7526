"""C6: the replenishment policies against inventory oracles, evaluated exactly instead of being sampled."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from policies.replenishment import OrderUpTo, ReorderPoint, ServiceLevel
from twin.experiment.selfcheck.check import Way
from twin.experiment.selfcheck.row import Exact, Row, Values

DEMAND: Final = tuple([math.exp(-6.0) * 6.0**k / math.factorial(k) for k in range(60)])
"""Poisson demand of a period with mean 6; what lies beyond 59 is below 1e-30."""
HOLDING, PENALTY, FIXED = 1.0, 4.0, 5.0
PRINTED: Final = 1e-5
"""The oracles are printed with five decimals."""
STEPS: Final = 80
"""Periods after which the distribution of positions has long stopped changing."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All rows of C6; nothing is drawn, so a second look would see the same."""

    rows: tuple[Row, ...]
    how: str = "twin.experiment.selfcheck.inventory: what policies.replenishment decides, over every demand of a period"

    def values(self, way: Way) -> Sequence[Values]:
        """Ask the policies."""
        return [
            [_newsvendor_level()],
            [float(_best(range(4, 13), _order_up_to_cost))],
            [_order_up_to_cost(8)],
            [_reorder_cost(4, 10)],
            [min(_reorder_cost(s, up_to) for s in range(2, 7) for up_to in range(8, 13))],
        ]


def checks(*, quick: bool) -> tuple[Inventory, ...]:
    """Return the one check; it is as quick as it gets."""
    figures = (
        ("newsvendor, normal (50, 8): S*", 56.60396, "units"),
        ("newsvendor, Poisson 6: S*", 8.0, "units"),
        ("newsvendor, Poisson 6: cost at 8", 3.57011, "cost"),
        ("(s, S), Poisson 6: cost at 4, 10", 8.03411, "cost"),
        ("(s, S), Poisson 6: least cost near it", 8.03411, "cost"),
    )
    rows = [
        Row(name=f"C6 {name}", expected=expected, unit=unit, source="VALIDATION C6", rule=Exact(within=PRINTED))
        for name, expected, unit in figures
    ]
    return (Inventory(tuple(rows)),)


def _newsvendor_level() -> float:
    """Return the level for one period without lead time, at the service level of holding 0.18 and penalty 0.70."""
    rule = ServiceLevel(service_level=0.70 / (0.70 + 0.18), review_d=1.0, cover_d=0.0)
    return rule.levels(mean_per_day=50.0, sd_per_day=8.0, lead_time_d=0.0, lead_time_sd_d=0.0).exact


def _best(levels: Sequence[int], cost: Callable[[int], float]) -> int:
    return min(levels, key=cost)


def _of_period(position: int) -> float:
    """Return the mean cost of holding and penalty when a period begins at a position."""
    return sum(
        chance * (HOLDING * max(position - demand, 0) + PENALTY * max(demand - position, 0))
        for demand, chance in enumerate(DEMAND)
    )


def _order_up_to_cost(level: int) -> float:
    """Return the mean cost of a period that the base-stock rule begins, wherever the one before ended."""
    rule = OrderUpTo(level=level)
    return sum(
        chance * _of_period(level - demand + rule.decide(level - demand).quantity)
        for demand, chance in enumerate(DEMAND)
    )


def _reorder_cost(reorder_point: int, order_up_to: int) -> float:
    """Return the mean cost of a period under the (s, S) rule, from the long-run distribution of its positions."""
    rule = ReorderPoint(reorder_point=reorder_point, order_up_to=order_up_to)
    chances = {order_up_to: 1.0}
    cost = 0.0
    for _ in range(STEPS):
        after: dict[int, float] = {}
        cost = 0.0
        for position, share in chances.items():
            cost += share * _of_period(position)
            for demand, chance in enumerate(DEMAND):
                quantity = rule.decide(position - demand).quantity
                cost += share * chance * FIXED if quantity else 0.0
                begins = position - demand + quantity
                after[begins] = after.get(begins, 0.0) + share * chance
        chances = after
    return cost
