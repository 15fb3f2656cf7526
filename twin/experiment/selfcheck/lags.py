"""C4 and C5: what a wait for the next poll adds, and what is oversold while figures and orders are under way."""

import math
from functools import partial
from typing import Final

from twin.experiment.selfcheck.check import Runs, kpi
from twin.experiment.selfcheck.row import CountMean, Exact, Mean, Row
from twin.world.oversell_law import expected_beyond
from twin.world.result import RunResult

POLLS_S: Final = (0.01, 0.05, 0.1, 0.5, 1.0)
WRITES: Final = 500
HORIZONS: Final = {0.5: "30m", 2.0: "10m", 5.0: "5m"}
"""Orders for an item while a figure and an order are under way, on average: how long until every item has sold out."""
BUFFERS: Final = range(7)
UNDER_WAY_S: Final = 30
"""How long a figure and an order are under way in the scenario of the law."""


def checks(*, quick: bool) -> tuple[Runs, ...]:
    """Return one check for each interval of the poll, and one for each cell of the law's table."""
    items, reps = (60, 2) if quick else (1_000, 20)
    return (
        *(_poll(every, 2 if quick else 10) for every in POLLS_S),
        *(_cell(mean, buffer, items, reps) for mean in HORIZONS for buffer in BUFFERS),
    )


def _poll(every: float, reps: int) -> Runs:
    """Poll every so often for about 500 orders: their lag is uniform, so its standard error is known."""
    error = every / math.sqrt(12) / math.sqrt(0.85 * WRITES)
    name = f"C4 poll every {every:g} s"
    return Runs(
        scenario="polling_lag",
        design="polled",
        settings=(
            f"channels.market.intake.every={every}",
            f"horizon={WRITES * max(every, 0.1)}",
            f"demand.orders_per_day={86_400 / max(every, 0.1)}",
        ),
        reps=reps,
        rows=(
            Row(
                name=f"{name}: mean lag",
                expected=every / 2,
                unit="s",
                source="VALIDATION C4",
                rule=Mean(error_of_one=error),
            ),
            Row(
                name=f"{name}: longest lag at most",
                expected=every,
                unit="s",
                source="VALIDATION C4",
                rule=Exact(at_most=True, within=1e-6),
            ),
        ),
        reads=(kpi("capture_latency_s.mean"), kpi("capture_latency_s.max")),
    )


def _cell(mean: float, buffer: int, items: int, reps: int) -> Runs:
    """Sell independent items out: a run is as many trials of the law as there are items."""
    return Runs(
        scenario="oversell_law",
        design="law",
        settings=(
            f"designs.law.publication.buffer={buffer}",
            f"stock.opening={buffer + 5}",
            f"horizon={HORIZONS[mean]}",
            f"items.count={items}",
            f"demand.orders_per_day={items * 86_400 / UNDER_WAY_S * mean}",
        ),
        reps=reps,
        rows=(
            Row(
                name=f"C5 oversold, m {mean:g}, buffer {buffer}",
                expected=expected_beyond(mean, buffer),
                unit="units",
                source="VALIDATION C5",
                rule=CountMean(variance=_variance(mean, buffer), trials=items),
            ),
        ),
        reads=(partial(_per_item, items),),
    )


def _per_item(items: int, run: RunResult) -> float | None:
    units = run.kpis["oversold_units"]
    return None if units is None else units / items


def _variance(mean: float, buffer: int) -> float:
    """Return the variance of max(0, X - buffer) of a Poisson count X."""
    chances = [math.exp(-mean) * mean**k / math.factorial(k) for k in range(80)]
    first = sum(max(0, k - buffer) * chance for k, chance in enumerate(chances))
    return sum(max(0, k - buffer) ** 2 * chance for k, chance in enumerate(chances)) - first * first
