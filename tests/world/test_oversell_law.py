"""The oversell law against its published table, and the twin against the law (VALIDATION C5)."""

from math import exp, factorial, sqrt
from statistics import NormalDist

import pytest

import scenarios
from reports.result import run
from twin.world.oversell_law import expected_beyond, lagged, predict

TABLE = {
    0.5: (0.5000, 0.1065, 0.0163, 0.0019, 0.0002, 0.0000, 0.0000),
    2.0: (2.0000, 1.1353, 0.5413, 0.2180, 0.0751, 0.0225, 0.0059),
    5.0: (5.0000, 4.0067, 3.0472, 2.1718, 1.4368, 0.8773, 0.4933),
}
ITEMS = 1000
ORDERS_A_DAY_AT_M_1 = ITEMS * 86_400 / 30
"""One order an item in the 30 s that a figure and an order are under way in all."""


@pytest.mark.parametrize(("mean", "buffer"), [(m, b) for m, row in TABLE.items() for b in range(len(row))])
def test_the_closed_form_gives_the_published_table(mean: float, buffer: int):
    assert expected_beyond(mean, buffer) == pytest.approx(TABLE[mean][buffer], abs=6e-5)


def world(mean: float, buffer: int, items: int = ITEMS):
    scenario = scenarios.load("oversell_law")
    scenario = scenario.with_("designs.law.publication.buffer", buffer).with_("stock.opening", buffer + 5)
    scenario = scenario.with_("items.count", items).with_("horizon", "15m" if mean >= 2 else "40m")
    return scenario.with_("demand.orders_per_day", ORDERS_A_DAY_AT_M_1 * mean * items / ITEMS)


def variance(mean: float, buffer: int) -> float:
    """The variance of max(0, X - buffer) of a Poisson count X."""
    beyond = [(max(0, k - buffer), exp(-mean) * mean**k / factorial(k)) for k in range(80)]
    first = sum(x * p for x, p in beyond)
    return sum(x * x * p for x, p in beyond) - first * first


def check(mean: float, buffer: int, items: int, seeds: range, cells: int) -> None:
    scenario = world(mean, buffer, items)
    found = [run(scenario, seed=seed, reps=1, on_violation="report").kpis["oversold_units"].mean for seed in seeds]
    trials = items * len(found)
    expected = TABLE[mean][buffer]
    assert predict(scenario, "law") / items == pytest.approx(expected, rel=2e-3, abs=6e-5)
    level = 1 - 0.999 ** (1 / cells)
    allowed = NormalDist().inv_cdf(1 - level / 2) * sqrt(variance(mean, buffer) / trials)
    measured = sum(found) / trials
    if expected < 0.005:
        assert measured <= expected + allowed + 1e-3
    else:
        assert measured == pytest.approx(expected, abs=allowed)


def test_the_twin_follows_the_law_in_one_cell():
    check(2.0, 2, 200, range(1, 4), cells=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("mean", "buffer"), [(m, b) for m, row in TABLE.items() for b in range(len(row))])
def test_the_twin_follows_the_law_in_every_cell_of_the_table(mean: float, buffer: int):
    check(mean, buffer, ITEMS, range(1, 21), cells=21)


def test_the_lagged_form_agrees_with_the_closed_one_where_both_apply():
    scenario = world(2.0, 2, 400)
    design = scenario.designs["law"]
    found = [lagged(scenario, design, seed) for seed in range(1, 6)]
    spread = sqrt(variance(2.0, 2) * 400 / len(found))
    assert sum(found) / len(found) == pytest.approx(predict(scenario, "law"), abs=4.5 * spread)


def test_a_channel_that_counts_down_oversells_less_though_a_push_adds_again_what_is_not_taken_in_yet():
    seen = {
        counts_down: run(world(2.0, 0, 100).with_("channels.shop.counts_down", counts_down), seed=1, reps=1)
        .kpis["oversold_units"]
        .mean
        for counts_down in (True, False)
    }
    assert 0 < seen[True] < seen[False]
