"""A spike adds what its curve says, on its item, and moves no other buyer."""

import math

import pytest

import scenarios
from twin.errors import UsageError
from twin.world.opening import open_world

SPIKE = "demand.spikes=[{name: drop, at: 2h, item: ITEM-0007, factor: 50, channels: [storefront]}]"
HOUR = 3_600_000_000


def arrivals(*settings: str) -> list:
    scenario = scenarios.load("first_day", ["landscape.size.skus=100", *settings])
    found = []
    for arrival in open_world(scenario, 5).arrivals:
        if arrival.at >= 4 * HOUR:
            return found
        found.append(arrival)
    return found


def test_a_spike_adds_the_integral_of_its_curve_and_nine_in_ten_want_its_item():
    """Rate 2 a minute on the storefront, 49 times as many more: over 2.5 s + 60 s + 120 s / ln 2 they are about 386."""
    plain, rushed = arrivals(), arrivals(SPIKE)
    known = {each.order for each in plain}
    more = [each for each in rushed if each.order not in known]
    assert [each.order for each in rushed if each.order in known] == [each.order for each in plain]
    expected = 49 * (2880 / 86_400) * (2.5 + 60 + 120 / math.log(2))
    assert abs(len(more) - expected) < 4 * math.sqrt(expected)
    assert min(each.at for each in more) >= 2 * HOUR
    assert {each.channel for each in more} == {0}
    on_item = sum(each.lines[0].item == 6 for each in more) / len(more)
    assert 0.85 < on_item < 0.97


def test_arrivals_stay_in_time_order_under_a_spike():
    times = [each.at for each in arrivals(SPIKE)]
    assert times == sorted(times)


def test_an_item_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="no such item 'NOTHING'"):
        arrivals(SPIKE.replace("ITEM-0007", "NOTHING"))
