"""Vendors' rules for pushes that nobody acknowledged, as the profiles state them."""

from itertools import pairwise

import pytest

from policies.redelivery import Next, Redelivery, doubling
from scenarios.figures import Shipped
from twin.errors import UsageError
from twin.model.instant import DAY, HOUR, MINUTE, SECOND
from twin.world.redelivery_specs import published_rule


def rule(file: str, system: str, operation: str = "webhook delivery") -> Redelivery:
    entry = Shipped(".").published(file, system, operation)
    assert not isinstance(entry, str), entry
    return published_rule(entry["webhook"])  # type: ignore[arg-type]  # a mapping, as the test of profiles holds


def attempts(rule: Redelivery) -> tuple[list[int], Next]:
    """Return when each attempt of a push that never gets through begins, and how it ends; every one times out."""
    begun, now = [0], 0
    while True:
        now += rule.timeout_us
        following = rule.after(len(begun), now, len(begun))
        if following.wait is None:
            return begun, following
        now += following.wait
        begun.append(now)


def test_shopify_tries_nine_times_in_four_hours_and_takes_the_subscription_away():
    """storefronts.yaml, Shopify: 5 s, 8 retries over 4 hours with exponential backoff, subscription deleted."""
    begun, end = attempts(rule("storefronts", "Shopify"))
    assert len(begun) == 9 and end == Next(None, True, "EXHAUSTED")
    assert 4 * HOUR - MINUTE < begun[-1] < 4 * HOUR + 9 * 5 * SECOND
    gaps = [later - earlier - 5 * SECOND for earlier, later in pairwise(begun)]
    assert all(later == 2 * earlier for earlier, later in pairwise(gaps))


def test_bigcommerce_goes_on_for_two_days_and_deactivates_the_hook():
    begun, end = attempts(rule("storefronts", "BigCommerce", "webhook delivery (id only)"))
    assert len(begun) == 12 and end.ends and begun[1] == 70 * SECOND
    assert 2 * DAY < begun[-1] < 2 * DAY + HOUR


def test_woocommerce_makes_each_push_once_and_five_failures_in_a_row_end_the_hook():
    woo = rule("storefronts", "WooCommerce")
    assert woo.after(1, 0, 4) == Next(None, False, "EXHAUSTED")
    assert woo.after(1, 0, 5) == Next(None, True, "FAILURES")


def test_saleor_gives_up_after_five_minutes_and_keeps_the_subscription():
    begun, end = attempts(rule("storefronts", "Saleor", "asynchronous webhook"))
    assert len(begun) == 6 and not end.ends and sum((10, 20, 40, 80, 160)) * SECOND < begun[-1]


def test_adobe_repeats_its_last_wait_until_a_day_is_over():
    begun, end = attempts(rule("storefronts", "Adobe Commerce", "event delivery (I/O Events webhook)"))
    assert begun[-1] <= DAY < begun[-1] + 15 * MINUTE + 20 * SECOND and not end.ends
    assert begun[-1] - begun[-2] == 15 * MINUTE + 10 * SECOND


def test_a_carrier_that_pushes_once_loses_what_does_not_arrive():
    assert attempts(rule("carriers", "Karrio (self hosted)")) == ([0], Next(None, False, "EXHAUSTED"))


@pytest.mark.parametrize("stated", [{"max_age_s": 600}, {"retries": 200, "max_age_s": 60}, {}])
def test_a_vendor_that_publishes_too_little_has_no_rule(stated):
    with pytest.raises(UsageError):
        published_rule(stated)


def test_waits_that_double_fill_their_time():
    assert sum(doubling(8, 4 * HOUR)) <= 4 * HOUR < sum(doubling(8, 4 * HOUR)) + MINUTE
