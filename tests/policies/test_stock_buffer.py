"""Claims about what a channel is told and what its orders may be promised."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.stock_buffer import (
    ChannelAvailability,
    ChannelRule,
    ConstantBuffer,
    ExposureBuffer,
    RiskBuffer,
    Safety,
    drawn,
    exposure_window,
    paused,
    poisson_quantile,
    quota_units,
    read,
    sold,
    static_exposure,
    withheld,
)
from twin.errors import UsageError
from twin.model.instant import HOUR, SECOND
from twin.model.stock import ItemStock, Position, Quota, SalesRate, Waiting

WEB, B2B, MARKET = range(3)


def item(sellable: int = 0, **rest: object) -> ItemStock:
    return ItemStock(item=1, positions=(Position(sellable=sellable),), **rest)  # type: ignore[arg-type]  # shorthand


def quota(channel: int, granted: int, expires_at: int = HOUR) -> Quota:
    return Quota(channel=channel, granted=granted, consumed=0, expires_at=expires_at)


@pytest.mark.vector("V03", rule="4", code="policies.stock_buffer.ChannelAvailability.value", scenario="oversell")
@pytest.mark.parametrize(
    ("available", "safety", "depth", "expected"),
    [(10, 0, 0, 10), (10, 3, 0, 7), (5, 0, 0, 5), (5, 3, 0, 2), (0, 0, 0, 0), (0, 0, 5, 5)],
)
def test_v03_safety_is_held_back_and_backorder_depth_is_added(
    available: int, safety: int, depth: int, expected: int
) -> None:
    """V03, Vendure stock control: stock less allocated, less the threshold; a depth of 5 sells 5 that are not there."""
    rules = ChannelAvailability(channels=(ChannelRule(depth=depth),), safety=Safety(item={1: safety}))
    assert rules.value(item(), (available,), 0, 0) == expected


def test_backorder_depth_is_what_is_left_of_it() -> None:
    rules = ChannelAvailability(channels=(ChannelRule(depth=5), ChannelRule(depth=None, cap=40)))
    waiting = item(waiting=(Waiting(order=1, line=1, quantity=3, since=0),))
    assert rules.value(waiting, (0,), 0, 0) == 2
    assert rules.value(waiting, (0,), 1, 0) == 40


def test_unlimited_backorders_need_a_cap() -> None:
    with pytest.raises(UsageError, match="cap"):
        ChannelRule(depth=None)


@pytest.mark.vector("V16", rule="4", code="policies.stock_buffer.Safety.units", scenario="channel_quotas")
@pytest.mark.parametrize(("on_hand", "ship", "pick"), [(10, 9, 8), (2, 1, 0)])
def test_v16_the_most_specific_safety_rule_decides(on_hand: int, ship: int, pick: int) -> None:
    """V16, Sterling safety stock: item 4, item and store 2, item, store and method SHP 1."""
    safety = Safety(item={1: 4}, item_site={(1, 0): 2}, item_site_method={(1, 0, "SHP"): 1})
    rules = ChannelAvailability(channels=(ChannelRule(method="SHP"), ChannelRule(method="PICK")), safety=safety)
    assert rules.value(item(), (on_hand,), 0, 0) == ship
    assert rules.value(item(), (on_hand,), 1, 0) == pick


def test_safety_falls_back_to_the_item_and_then_to_its_class() -> None:
    safety = Safety(item={1: 4}, item_class={"slow": 2}, class_of={2: "slow"})
    assert [safety.units(1, 5), safety.units(2, 5), safety.units(3, 5)] == [4, 2, 0]


@pytest.mark.vector("V17", rule="4", code="policies.stock_buffer.withheld", scenario="channel_quotas")
def test_v17_what_safety_withholds_is_at_most_what_is_there() -> None:
    """V17, Sterling safety stock: on hand 4, demand 3, safety 2."""
    rules = ChannelAvailability(channels=(ChannelRule(),), safety=Safety(item={1: 2}))
    assert rules.value(item(), (1,), 0, 0) == 0
    assert withheld(1, 2) == 1


@pytest.mark.vector("V18", rule="4", code="policies.stock_buffer.ChannelAvailability.net", scenario="first_day")
def test_v18_each_location_is_clamped_before_the_sum() -> None:
    """V18, computed: (sellable, claims, safety) of (30, 5, 4), (12, 12, 2), (8, 3, 10)."""
    safety = Safety(item_site={(1, 0): 4, (1, 1): 2, (1, 2): 10})
    rules = ChannelAvailability(channels=(ChannelRule(), ChannelRule(sites=(1, 2))), safety=safety)
    assert rules.net(item(), (25, 0, 5), 0) == 21
    assert rules.net(item(), (25, 0, 5), 1) == 0


@pytest.mark.vector("V19", rule="4", code="policies.stock_buffer.ChannelAvailability.value", scenario="oversell")
@pytest.mark.parametrize(("market", "expected"), [({}, 35), ({"cap": 30}, 30), ({"cap": 30, "sell_unit": 12}, 2)])
def test_v19_quotas_are_funded_and_the_rest_is_shared(market: dict[str, int], expected: int) -> None:
    """V19, computed: N 100, quotas B2B 40 and WEB 20, marketplace buffer 5."""
    rules = ChannelAvailability(
        channels=(ChannelRule(), ChannelRule(), ChannelRule(buffer=ConstantBuffer(5), **market))  # type: ignore[arg-type]
    )
    pool = item(quotas=(quota(B2B, 40), quota(WEB, 20)))
    assert rules.value(pool, (100,), WEB, 0) == 60
    assert rules.value(pool, (100,), MARKET, 0) == expected


@pytest.mark.vector("V20", rule="4", code="policies.stock_buffer.ChannelAvailability.value", scenario="oversell")
def test_v20_quotas_beyond_the_pool_are_funded_by_priority() -> None:
    """V20, computed: N 50, B2B before WEB."""
    rules = ChannelAvailability(
        channels=(ChannelRule(priority=1), ChannelRule(priority=0, may_share=False), ChannelRule(priority=2))
    )
    pool = item(quotas=(quota(WEB, 20), quota(B2B, 40)))
    assert [rules.value(pool, (50,), channel, 0) for channel in (B2B, WEB, MARKET)] == [40, 10, 0]


def test_an_unused_quota_returns_at_its_expiry() -> None:
    rules = ChannelAvailability(channels=(ChannelRule(),) * 2)
    pool = item(quotas=(quota(B2B, 8),))
    assert rules.value(pool, (10,), WEB, HOUR - 1) == 2
    assert rules.value(pool, (10,), WEB, HOUR) == 10


def test_a_grant_uses_the_channels_own_quota_first() -> None:
    before = (quota(B2B, 8), quota(WEB, 3), quota(WEB, 4))
    assert [q.consumed for q in drawn(before, WEB, 5, 0)] == [0, 3, 2]
    assert [q.consumed for q in drawn(before, WEB, 50, 0)] == [0, 3, 4]
    assert drawn(before, WEB, 5, HOUR) == before


@pytest.mark.vector("V21", rule="4", code="policies.stock_buffer.quota_units", scenario="channel_quotas")
def test_v21_quotas_by_percent_and_ratio() -> None:
    """V21, Oracle Promising allocation targets."""
    assert quota_units(1000, 20, 100) == 200
    assert (quota_units(2000, 3, 4), quota_units(2000, 1, 4)) == (1500, 500)


@pytest.mark.vector("V22", rule="4", code="policies.stock_buffer.exposure_window", scenario="channel_quotas")
def test_v22_exposure_window() -> None:
    """V22, computed."""
    window = exposure_window(60 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND)
    assert (window.worst, window.mean) == (90 * SECOND, 60 * SECOND)


@pytest.mark.vector("V23", rule="4", code="policies.stock_buffer.poisson_quantile", scenario="oversell")
@pytest.mark.parametrize(
    ("mean", "epsilon", "expected"), [(0.3, 0.05, 1), (0.3, 0.01, 2), (2.0, 0.05, 5), (2.0, 0.01, 6)]
)
def test_v23_the_buffer_is_a_poisson_quantile(mean: float, epsilon: float, expected: int) -> None:
    """V23, computed."""
    assert poisson_quantile(mean, 1 - epsilon, 1000) == expected


@pytest.mark.vector("V24", rule="4", code="policies.stock_buffer.static_exposure", scenario="channel_quotas")
@pytest.mark.parametrize(("sales_max", "expected"), [((10, 10, 10), 20), ((8, 6, 2), 6), ((4, 3, 2), 0)])
def test_v24_static_exposure(sales_max: tuple[int, ...], expected: int) -> None:
    """V24, computed: a pool of 10 published whole to three channels."""
    assert static_exposure(10, (10, 10, 10), sales_max) == expected


@pytest.mark.vector("V23", rule="4", code="policies.stock_buffer.poisson_quantile", scenario="oversell")
@pytest.mark.parametrize(
    ("mean", "epsilon", "expected"),
    [
        (0.0, 0.01, 0),
        (0.05, 0.05, 0),
        (0.06, 0.05, 1),
        (1.0, 0.5, 1),
        (1.0, 0.05, 3),
        (10.0, 0.01, 18),
        (100.0, 0.01, 124),
    ],
)
def test_v23_further_quantiles(mean: float, epsilon: float, expected: int) -> None:
    """As V23, computed by scipy.stats.poisson.ppf: nobody else sells; either side of e^-m = 0.95; large means."""
    assert poisson_quantile(mean, 1 - epsilon, 1000) == expected


@pytest.mark.vector("V24", rule="4", code="policies.stock_buffer.static_exposure", scenario="channel_quotas")
@pytest.mark.parametrize(
    ("pool", "published", "sales_max", "expected"),
    [
        (0, (0, 0), (9, 9), 0),
        (10, (10,), (50,), 0),
        (10, (10, 10), (5, 5), 0),
        (10, (10, 10), (5, 6), 1),
        (10, (3, 3, 3), (9, 9, 9), 0),
        (-2, (1, 0), (1, 1), 3),
    ],
)
def test_v24_further_exposures(
    pool: int, published: tuple[int, ...], sales_max: tuple[int, ...], expected: int
) -> None:
    """As V24: nothing shown; one channel; exactly the pool; one more; shown in parts; a pool that is short already."""
    assert static_exposure(pool, published, sales_max) == expected


@pytest.mark.vector("V22", rule="4", code="policies.stock_buffer.exposure_window", scenario="channel_quotas")
@pytest.mark.parametrize(
    ("delays", "worst", "mean"),
    [((0, 5, 10, 15), 30, 30), ((61, 0, 0, 0), 61, 30), ((86_400, 0, 0, 0), 86_400, 43_200), ((0, 0, 0, 0), 0, 0)],
)
def test_v22_further_windows(delays: tuple[int, int, int, int], worst: int, mean: int) -> None:
    """As V22: pushed at once; an odd interval; a nightly file; no delay at all."""
    assert exposure_window(*delays) == (worst, mean)


@pytest.mark.vector("V21", rule="4", code="policies.stock_buffer.quota_units", scenario="channel_quotas")
@pytest.mark.parametrize(
    ("supply", "parts", "of", "expected"),
    [
        (0, 20, 100, 0),
        (4, 20, 100, 0),
        (5, 20, 100, 1),
        (100, 1, 3, 33),
        (10**15 + 1, 1, 2, 5 * 10**14),
        (7, 100, 100, 7),
    ],
)
def test_v21_further_parts(supply: int, parts: int, of: int, expected: int) -> None:
    assert quota_units(supply, parts, of) == expected


@given(st.integers(0, 40), st.lists(st.integers(0, 30), min_size=1, max_size=4), st.integers(0, 10))
def test_the_exposure_buffer_is_the_smallest_that_bounds_the_exposure(pool: int, sales: list[int], units: int) -> None:
    """Method: the buffer against every smaller one."""
    found = ExposureBuffer(tuple(sales), units).size(item(), 0, 0, pool)
    exposed = [static_exposure(pool, [pool - b] * len(sales), sales) for b in range(found + 1)]
    assert exposed[-1] <= units and all(each > units for each in exposed[:-1])


@pytest.mark.vector("V25", rule="4", code="policies.stock_buffer.ChannelAvailability.value", scenario="oversell")
def test_v25_a_push_does_not_add_again_what_was_sold_and_not_taken_in() -> None:
    """V25, OCA/connector-magento#226: ERP at 4 after the first pick, the second sale not yet taken in."""
    rules = ChannelAvailability(channels=(ChannelRule(),))
    assert rules.value(item(), (4,), 0, 0, unimported=1) == 3
    assert rules.value(item(), (0,), 0, 0, unimported=1) == 0


@pytest.mark.vector("V100", rule="19", code="policies.stock_buffer.RiskBuffer.size", scenario="oversell")
def test_v100_sales_rates_and_the_buffer_they_give() -> None:
    """V100, computed: half-life 1 h; sale of 1 at 0 and of 2 at 1 h, read at 2 h; epsilon 1 %."""
    first = sold(SalesRate(), 1, 0, HOUR)
    second = sold(first, 2, HOUR, HOUR)
    assert first.rate * SECOND == pytest.approx(1.9254e-4, rel=1e-4)
    assert second.rate * SECOND == pytest.approx(4.8135e-4, rel=1e-4)
    assert read(second, 2 * HOUR, HOUR) * SECOND == pytest.approx(2.4068e-4, rel=1e-4)
    others = item(rates=(SalesRate(rate=1.0, at=HOUR), second))
    for window, expected in ((90, 1), (900, 2)):
        rule = RiskBuffer(epsilon=0.01, half_life_us=HOUR, window_us=window * SECOND)
        assert rule.size(others, 0, HOUR, 9) == expected


@pytest.mark.vector("V100", rule="19", code="policies.stock_buffer.RiskBuffer.size", scenario="oversell")
@pytest.mark.parametrize(("waited", "expected"), [(0, 1), (60, 1), (61, 1), (870, 2), (90_000, 59)])
def test_v100_figures_that_wait_longer_than_configured_enlarge_the_buffer(waited: int, expected: int) -> None:
    """As V100: of W = 90 s the wait is 60 s; found to be 870 s, W is 900 s. A shorter one changes nothing."""
    rate = SalesRate(rate=4.8135e-4 / SECOND, at=HOUR)
    others = item(rates=(SalesRate(rate=1.0, at=HOUR), rate))
    rule = RiskBuffer(epsilon=0.01, half_life_us=HOUR, window_us=90 * SECOND, wait_us=60 * SECOND)
    assert rule.size(others, 0, HOUR, 9, waited * SECOND) == expected


def test_the_prior_stands_for_takers_that_have_not_sold_yet() -> None:
    rule = RiskBuffer(epsilon=0.05, prior_per_us=2.0 / SECOND, window_us=SECOND)
    assert rule.size(item(), 0, 0, 9) == 5


def test_time_without_stock_does_not_lower_a_rate() -> None:
    rate = sold(SalesRate(), 1, 0, HOUR)
    assert read(paused(rate, 3 * HOUR), 4 * HOUR, HOUR) == read(rate, HOUR, HOUR)


@pytest.mark.vector(
    "V101", rule="19", code="policies.stock_buffer.ChannelAvailability.promisable", scenario="first_day"
)
def test_v101_safety_and_buffer_limit_what_is_published_not_what_is_promised() -> None:
    """V101, computed: A 5, safety 2, buffer 1; then with a firm B2B quota of 2."""
    rules = ChannelAvailability(channels=(ChannelRule(buffer=ConstantBuffer(1)),) * 2, safety=Safety(item={1: 2}))
    soft = ChannelAvailability(channels=rules.channels, safety=rules.safety, soft_quotas=True)
    assert rules.value(item(), (5,), WEB, 0) == 2
    assert rules.promisable(item(), (5,), WEB, 0) == 5
    with_quota = item(quotas=(quota(B2B, 2),))
    assert rules.value(with_quota, (5,), WEB, 0) == 0
    assert rules.promisable(with_quota, (5,), WEB, 0) == 3
    assert soft.promisable(with_quota, (5,), WEB, 0) == 5


def test_the_rules_pickle_with_the_world() -> None:
    rules = ChannelAvailability(channels=(ChannelRule(buffer=RiskBuffer()),), safety=Safety(item={1: 2}))
    assert pickle.loads(pickle.dumps(rules)) == rules


@given(st.floats(0.0, 5000.0), st.floats(0.5, 0.9999))
def test_a_buffer_is_the_smallest_that_is_enough(mean: float, probability: float) -> None:
    """Against the textbook sum of the distribution."""
    stats = pytest.importorskip("scipy.stats")
    b = poisson_quantile(mean, probability, 100_000)
    assert stats.poisson.cdf(b, mean) >= probability - 1e-9
    assert b == 0 or stats.poisson.cdf(b - 1, mean) <= probability + 1e-9


channels = st.integers(0, 2)


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=3),
    st.lists(st.tuples(channels, st.integers(0, 40)), max_size=4),
    st.integers(0, 5),
)
def test_funded_quotas_fit_the_pool_and_nothing_published_is_negative(
    available: list[int], granted: list[tuple[int, int]], buffer: int
) -> None:
    rules = ChannelAvailability(channels=(ChannelRule(buffer=ConstantBuffer(buffer), may_share=False),) * 3)
    pool = item(quotas=tuple(quota(channel, units) for channel, units in granted))
    told = [rules.value(pool, available, channel, 0) for channel in range(3)]
    assert min(told) >= 0
    assert sum(told) <= sum(available)
    assert all(rules.promisable(pool, available, c, 0) >= told[c] for c in range(3))
