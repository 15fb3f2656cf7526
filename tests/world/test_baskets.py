"""Baskets in a run: some are kept and bought, some are left and let go, and no invariant breaks."""

import pytest

import scenarios
from twin.errors import ScenarioError
from twin.world.run import run_once
from twin.world.scenario import Scenario


@pytest.fixture(scope="module")
def day() -> Scenario:
    return scenarios.load("customer_terms", ("horizon=1d", "demand.orders_per_day=300"))


def test_what_is_kept_is_bought_or_let_go(day: Scenario) -> None:
    kpis = run_once(day, "kept_in_baskets", 3).kpis
    assert kpis["invariant_violations"] == 0
    assert 0 < kpis["baskets_lapsed"] < kpis["baskets_kept"]
    assert run_once(day, "kept", 3).kpis["baskets_kept"] == 0


def test_a_basket_that_is_always_left_is_never_an_order(day: Scenario) -> None:
    """All buyers of the web shop leave: what remains are the orders of the other channels, under both designs."""
    left = day.with_("demand.baskets.left", "100%")
    kept, wish = (run_once(left, design, 3).kpis for design in ("kept_in_baskets", "kept"))
    some = run_once(day, "kept", 3).kpis
    assert kept["orders_placed"] < some["orders_placed"]
    assert abs(kept["orders_placed"] - wish["orders_placed"]) <= 1
    assert kept["baskets_lapsed"] > 0


def test_the_longer_a_basket_is_kept_the_fewer_are_let_go_before_their_order_comes(day: Scenario) -> None:
    all_buy = day.with_("demand.baskets.left", "0%")
    short, long = (
        run_once(all_buy.with_("designs.kept_in_baskets.reservation.basket_for", time), "kept_in_baskets", 3).kpis
        for time in ("1m", "2h")
    )
    assert short["baskets_lapsed"] > long["baskets_lapsed"]


def test_a_channel_that_there_is_not_is_named(day: Scenario) -> None:
    with pytest.raises(ScenarioError, match="'wob' is no channel here"):
        day.with_("demand.baskets.channels", ["wob"])
