"""Opening stock: drawn from the long-run state of its own rule, the same for an item whatever else there is."""

from math import sqrt

import numpy as np
import pytest

from policies.replenishment import Levels, OrderUpTo, ReorderPoint, ServiceLevel
from twin.kernel.laws import Constant, Erlang, Exponential, Lognormal, Poisson, Uniform
from twin.model.instant import DAY
from twin.world.demand_history import DailyDemand
from twin.world.stocking import (
    base_stock_of,
    levels_of,
    record_errors,
    split,
    stationary_opening,
    variance,
)

RULE = ServiceLevel(service_level=0.98, review_d=1, cover_d=7)
SITES = {"east": 16, "west": 10}
RECORDED = Lognormal.of_quantiles({0.5: 11.2 * 86_400, 0.95: 67.5 * 86_400})


def demand(mean: list[float], sd: list[float]) -> DailyDemand:
    return DailyDemand(mean=np.array(mean), sd=np.array(sd), days=28, silent_days=4)


def many(count: int, mean: float = 10.0, sd: float = 12.0) -> tuple[list[str], DailyDemand]:
    return [f"I{number}" for number in range(count)], demand([mean] * count, [sd] * count)


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (Constant(5.0), 0.0),
        (Exponential(3.0), 9.0),
        (Uniform(2.0, 8.0), 3.0),
        (Erlang(6.0, 4), 9.0),
        (Lognormal(11.2, 1.092), 11.2**2 * (np.exp(1.092**2) - 1) * np.exp(1.092**2)),
    ],
)
def test_the_variance_of_a_law_comes_from_its_quantiles(law: Lognormal, expected: float) -> None:
    assert variance(law) == pytest.approx(expected, rel=0.005, abs=1e-9)


def test_levels_are_those_of_the_policy_for_the_lead_time_in_days() -> None:
    levels = levels_of(demand([3.0], [4.0]), RULE, Exponential(11 * 86_400))[0]
    expected = RULE.levels(mean_per_day=3.0, sd_per_day=4.0, lead_time_d=11.0, lead_time_sd_d=11.0)
    assert (levels.reorder_point, levels.order_up_to) == (expected.reorder_point, expected.order_up_to)
    assert levels.exact == pytest.approx(expected.exact, rel=0.005)


def test_positions_are_uniform_above_the_reorder_point() -> None:
    items, sold = many(4000)
    levels = levels_of(sold, RULE, Constant(5 * 86_400))
    opening = stationary_opening(items, levels, sold, Constant(5 * 86_400), sites={"one": 1}, seed=3)
    positions = [row[0] for row in opening.on_hand]
    for order in opening.under_way:
        positions[order.item] += order.quantity
    low, high = levels[0].reorder_point + 1, levels[0].order_up_to
    assert (min(positions), max(positions)) == (low, high)
    width = high - low + 1
    assert sum(positions) / len(positions) == pytest.approx((low + high) / 2, abs=4 * width / sqrt(12 * len(positions)))


@pytest.mark.parametrize("lead_time", [Constant(20 * 86_400), Exponential(12 * 86_400), RECORDED])
def test_the_expected_quantity_under_way_is_mean_demand_times_mean_lead_time(lead_time: Lognormal) -> None:
    items, sold = many(2000)
    levels = levels_of(sold, RULE, lead_time)
    opening = stationary_opening(items, levels, sold, lead_time, sites={"one": 1}, seed=5)
    per_item = sum(order.quantity for order in opening.under_way) / len(items)
    assert per_item == pytest.approx(10.0 * lead_time.mean / 86_400, rel=0.05)


def test_what_is_under_way_comes_in_at_the_rate_of_demand_from_the_first_day_on() -> None:
    items, sold = many(3000)
    opening = stationary_opening(items, levels_of(sold, RULE, RECORDED), sold, RECORDED, sites={"one": 1}, seed=5)
    first_day = sum(order.quantity for order in opening.under_way if order.arrives_us < DAY) / len(items)
    assert first_day == pytest.approx(10.0, rel=0.1)
    assert list(opening.under_way) == sorted(
        opening.under_way, key=lambda order: (order.arrives_us, order.item, order.site)
    )


def test_an_item_opens_alike_whatever_other_items_there_are() -> None:
    items, sold = many(50)
    levels = levels_of(sold, RULE, RECORDED)
    whole = stationary_opening(items, levels, sold, RECORDED, sites=SITES, seed=9)
    alone = stationary_opening(items[20:21], levels[20:21], demand([10.0], [12.0]), RECORDED, sites=SITES, seed=9)
    assert alone.on_hand[0] == whole.on_hand[20]
    assert [order.arrives_us for order in alone.under_way] == [o.arrives_us for o in whole.under_way if o.item == 20]
    assert stationary_opening(items, levels, sold, RECORDED, sites=SITES, seed=10).on_hand != whole.on_hand


def test_items_never_sold_open_at_zero_and_are_listed_and_exceptions_are_set_by_hand() -> None:
    sold = demand([2.0, 0.0, 2.0], [3.0, 0.0, 3.0])
    levels = levels_of(sold, RULE, RECORDED)
    opening = stationary_opening(["A", "B", "C"], levels, sold, RECORDED, sites=SITES, seed=1, set_by_hand={"C": 40})
    assert opening.on_hand[1:] == ((0, 0), (25, 15))
    assert (opening.never_sold, opening.set_by_hand) == (("B",), ("C",))
    assert {order.item for order in opening.under_way} <= {0}
    assert "set by hand: 1 items (C)" in opening.explain()


def test_more_under_way_than_the_position_opens_at_zero_and_is_counted() -> None:
    items, sold = many(20)
    thin = [Levels(5, 15, 5.0, "given")] * 20
    opening = stationary_opening(items, thin, sold, Constant(30 * 86_400), sites=SITES, seed=1)
    assert opening.cut_at_zero == 20
    assert set(opening.on_hand) == {(0, 0)}


def test_the_base_stock_level_is_what_every_review_raises_to() -> None:
    sold = demand([10.0, 0.0], [12.0, 0.0])
    base, point = base_stock_of(sold, RULE, RECORDED), levels_of(sold, RULE, RECORDED)
    assert base[0].order_up_to == point[0].reorder_point
    assert base[0].reorder_point == base[0].order_up_to - 10
    assert (base[1].reorder_point, base[1].order_up_to) == (0, 0)
    assert OrderUpTo(level=base[0].order_up_to).decide(base[0].reorder_point).quantity == 10


def test_record_errors_touch_the_stated_share_and_never_take_what_is_not_there() -> None:
    items, sold = many(5000, mean=0.2, sd=0.5)
    opening = stationary_opening(items, levels_of(sold, RULE, RECORDED), sold, RECORDED, sites=SITES, seed=1)
    errors = record_errors(opening, share=0.02, size=Poisson(2), seed=1)
    assert len(errors) / (2 * len(items)) == pytest.approx(0.02, abs=4 * sqrt(0.02 * 0.98 / 10_000))
    assert all(error.difference != 0 for error in errors)
    assert all(opening.on_hand[error.item][error.site] + error.difference >= 0 for error in errors)
    ups = sum(error.difference > 0 for error in errors)
    assert 0.35 < ups / len(errors) < 0.65
    assert record_errors(opening, share=0.02, size=Poisson(2), seed=1) == errors
    assert record_errors(opening, share=0.0, size=Poisson(2), seed=1) == ()


@pytest.mark.parametrize(("quantity", "parts"), [(0, (0, 0)), (1, (1, 0)), (13, (8, 5)), (26, (16, 10))])
def test_a_split_gives_out_every_piece(quantity: int, parts: tuple[int, int]) -> None:
    assert split(quantity, [16, 10]) == parts


def test_a_rule_run_day_by_day_from_its_opening_stays_where_it_opened() -> None:
    """Aim: the opening is the rule's own long-run state. Method: constant demand, on hand after 60 days."""
    lead_time = Exponential(12 * 86_400)
    items, sold = many(400, mean=4.0, sd=0.0)
    level = levels_of(sold, RULE, lead_time)[0]
    opening = stationary_opening(items, [level] * 400, sold, lead_time, sites={"one": 1}, seed=2)
    rule = ReorderPoint(reorder_point=level.reorder_point, order_up_to=level.order_up_to)
    opened = sum(row[0] for row in opening.on_hand) / 400
    later = 0.0
    for number in range(400):
        coming = [(order.quantity, order.arrives_us) for order in opening.under_way if order.item == number]
        on_hand = opening.on_hand[number][0]
        for day in range(60):
            on_hand += sum(quantity for quantity, at in coming if day * DAY <= at < (day + 1) * DAY) - 4
            coming = [(quantity, at) for quantity, at in coming if at >= (day + 1) * DAY]
            position = on_hand + sum(quantity for quantity, _ in coming)
            if quantity := rule.decide(position).quantity:
                wait_s = lead_time.at((number * 7919 + day * 104_729) * 0x9E3779B97F4A7C15 % 2**64)
                coming.append((quantity, (day + 1) * DAY + round(wait_s * 1e6)))
        later += on_hand / 400
    assert later == pytest.approx(opened, rel=0.1)
