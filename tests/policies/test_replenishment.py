"""The replenishment rules against the closed forms and published optima of inventory theory."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.replenishment import OrderUpTo, ReorderPoint, ServiceLevel

POISSON_6 = [math.exp(-6) * 6**count / math.factorial(count) for count in range(60)]


def cost_per_period(decide: Callable[[int], int], top: int, *, fixed: float) -> float:
    """Return the long-run cost of a rule for Poisson demand of mean 6, holding 1, penalty 4, no lead time.

    The positions after ordering are a Markov chain; its stationary law is found by repeated steps.
    """
    after = {top: 1.0}
    for _ in range(400):
        following: dict[int, float] = {}
        for position, share in after.items():
            for demand, chance in enumerate(POISSON_6):
                left = position - demand
                raised = left + decide(left)
                following[raised] = following.get(raised, 0.0) + share * chance
        after = following
    cost = 0.0
    for position, share in after.items():
        for demand, chance in enumerate(POISSON_6):
            left = position - demand
            cost += share * chance * (max(left, 0) + 4 * max(-left, 0) + (fixed if decide(left) else 0.0))
    return cost


def test_the_reorder_point_rule_costs_what_the_published_optimum_costs() -> None:
    """Poisson mean 6, holding 1, penalty 4, fixed 5: s 4, S 10, cost 8.03411 (stockpyl 1.0.2)."""
    rule = ReorderPoint(reorder_point=4, order_up_to=10)
    assert cost_per_period(lambda position: rule.decide(position).quantity, 10, fixed=5) == pytest.approx(
        8.03411, abs=5e-6
    )


@pytest.mark.parametrize(("s", "big_s"), [(3, 10), (5, 10), (4, 9), (4, 11)])
def test_neighbouring_levels_of_the_reorder_point_rule_cost_more(s: int, big_s: int) -> None:
    rule = ReorderPoint(reorder_point=s, order_up_to=big_s)
    assert cost_per_period(lambda position: rule.decide(position).quantity, big_s, fixed=5) > 8.0342


def test_the_order_up_to_rule_finds_the_newsvendor_of_poisson_demand() -> None:
    """Poisson mean 6, holding 1, penalty 4: S* 8, cost 3.57011 (stockpyl 1.0.2)."""

    def cost(level: int) -> float:
        rule = OrderUpTo(level=level)
        return cost_per_period(lambda position: rule.decide(position).quantity, level, fixed=0)

    costs = {level: cost(level) for level in range(5, 12)}
    assert min(costs, key=lambda level: costs[level]) == 8
    assert costs[8] == pytest.approx(3.57011, abs=5e-6)


def test_the_service_level_rule_finds_the_newsvendor_of_normal_demand() -> None:
    """Demand (50, 8), holding 0.18, penalty 0.70: S* 56.60396 at the critical ratio (stockpyl 1.0.2)."""
    rule = ServiceLevel(service_level=0.70 / 0.88, review_d=1, cover_d=0)
    levels = rule.levels(mean_per_day=50, sd_per_day=8, lead_time_d=0, lead_time_sd_d=0)
    assert levels.exact == pytest.approx(56.60396, abs=5e-6)
    assert levels.reorder_point == 57


def test_levels_follow_the_formula_and_are_rounded_up_to_packs() -> None:
    rule = ServiceLevel(service_level=0.98, review_d=1, cover_d=7, pack=12)
    levels = rule.levels(mean_per_day=3, sd_per_day=4, lead_time_d=11, lead_time_sd_d=5)
    exact = 3 * 12 + 2.053748910631823 * math.sqrt(16 * 12 + 9 * 25)
    assert levels.exact == pytest.approx(exact)
    assert (levels.reorder_point, levels.order_up_to) == (84, 108)


def test_an_item_without_demand_is_never_ordered() -> None:
    levels = ServiceLevel(service_level=0.98, review_d=1, cover_d=7).levels(
        mean_per_day=0, sd_per_day=0, lead_time_d=11, lead_time_sd_d=5
    )
    assert (levels.reorder_point, levels.order_up_to, levels.reason) == (0, 0, "no_demand")
    assert ReorderPoint(reorder_point=0, order_up_to=0).decide(0).quantity == 0


def test_reasons_say_why() -> None:
    assert ReorderPoint(reorder_point=4, order_up_to=10).decide(5).reason == "enough"
    assert ReorderPoint(reorder_point=4, order_up_to=10).decide(4).reason == "at_or_below_reorder_point"
    assert OrderUpTo(level=10).decide(10).reason == "enough"
    assert OrderUpTo(level=10).decide(-2).quantity == 12


@pytest.mark.parametrize(
    "wrong", [{"reorder_point": 5, "order_up_to": 4}, {"reorder_point": 1, "order_up_to": 4, "pack": 0}]
)
def test_levels_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="needs a pack of at least 1 and S >= s"):
        ReorderPoint(**wrong)
    with pytest.raises(ValueError, match="lies between 0 and 1"):
        ServiceLevel(service_level=1.0, review_d=1, cover_d=7)


@given(
    s=st.integers(0, 500),
    above=st.integers(0, 500),
    pack=st.integers(1, 48),
    position=st.integers(-1000, 1500),
)
def test_an_order_raises_the_position_to_the_level_within_one_pack(
    s: int, above: int, pack: int, position: int
) -> None:
    decision = ReorderPoint(reorder_point=s, order_up_to=s + above, pack=pack).decide(position)
    assert decision.quantity % pack == 0
    if position <= s and position < s + above:
        assert s + above <= position + decision.quantity < s + above + pack
    else:
        assert decision.quantity == 0
