"""Every limit that a profile publishes becomes what keeps it (the profiles' README; POLICIES 3)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from policies.throttle import (
    NEVER,
    AllOf,
    Concurrency,
    FixedWindow,
    Held,
    Interval,
    LoadBased,
    PublishedLimit,
    SlidingWindow,
    Throttle,
    TokenBucket,
)
from scenarios.figures import PROFILES, ROOM
from twin.errors import UsageError
from twin.model.instant import HOUR, SECOND
from twin.world.partner_limits import published_limit

ENTRIES = [
    (f"{file}: {entry['system']}, {entry['operation']}", entry["rate_limit"])
    for file in PROFILES
    for entry in YAML(typ="safe", pure=True).load((ROOM / "profiles" / f"{file}.yaml").read_text("utf-8"))["entries"]
    if "rate_limit" in entry
]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (PublishedLimit(algorithm="token_bucket", rate_per_s=Fraction(2), burst=5), TokenBucket(1, 500_000, 5)),
        (
            PublishedLimit(algorithm="leaky_bucket", rate_per_s=Fraction(2), burst=40),
            TokenBucket(1, 500_000, 40, "leaky_bucket"),
        ),
        (
            PublishedLimit(algorithm="cost_bucket", rate_per_s=Fraction(100), burst=2_000),
            TokenBucket(1, 10_000, 2_000, "cost_bucket"),
        ),
        (PublishedLimit(algorithm="fixed_window", burst=1_400, window_us=10 * SECOND), FixedWindow(1_400, 10 * SECOND)),
        (PublishedLimit(algorithm="sliding_window", burst=9, window_us=SECOND), SlidingWindow(9, SECOND)),
        (PublishedLimit(algorithm="quota", burst=100, window_us=HOUR), FixedWindow(100, HOUR, "quota")),
        (PublishedLimit(algorithm="interval", window_us=60 * SECOND), Interval(60 * SECOND)),
        (PublishedLimit(algorithm="concurrency", concurrency=15), Concurrency(15)),
        (
            PublishedLimit(algorithm="load_based", rate_per_s=Fraction(50), window_us=2 * SECOND, busy=0.9),
            LoadBased(100, 2 * SECOND, 0.9),
        ),
    ],
    ids=lambda each: each.algorithm if isinstance(each, PublishedLimit) else "",
)
def test_each_algorithm_of_the_profiles_is_kept_by_its_throttle(limit: PublishedLimit, expected: Throttle):
    assert limit.throttle() == expected


UNSTATED = 20
"""Entries of which no page says enough: a quota without a number, a shedding server without a rate."""


def test_every_published_entry_has_a_throttle_or_says_which_figure_nobody_published():
    unstated = []
    for name, stated in ENTRIES:
        limit = published_limit(stated)
        try:
            throttle = limit.throttle()
        except UsageError as error:
            unstated.append(f"{name}: {error}")
        else:
            assert throttle.admit(throttle.initial(), SECOND).admitted, name
    assert all("needs its" in line for line in unstated)
    assert len(unstated) <= UNSTATED < 0.1 * len(ENTRIES)


def test_a_rate_and_a_number_in_flight_hold_at_the_same_time():
    limit = PublishedLimit(algorithm="interval", window_us=SECOND, concurrency=1).throttle()
    assert isinstance(limit, Held)
    state = limit.admit(limit.initial(), 0).state
    assert not limit.admit(state, SECOND).admitted  # the first is still in flight
    assert limit.admit(limit.release(state), SECOND).admitted
    assert not limit.admit(limit.release(state), SECOND - 1).admitted  # and the gap is not over


def test_a_caller_keeps_the_rates_and_not_the_calls_in_flight():
    also = (PublishedLimit(algorithm="fixed_window", burst=10, window_us=SECOND),)
    limit = PublishedLimit(algorithm="concurrency", concurrency=3, also=also)
    assert limit.rates() == FixedWindow(10, SECOND)
    assert PublishedLimit(algorithm="concurrency", concurrency=3).rates() is None


@given(
    steps=st.lists(st.tuples(st.integers(0, 3 * SECOND), st.booleans()), max_size=60),
    limit=st.integers(1, 4),
    burst=st.integers(1, 6),
)
def test_both_limits_hold_on_every_history(steps: list[tuple[int, bool]], limit: int, burst: int):
    """Aim: the joined limit is each of them; a naive count of calls in flight and in the window agrees."""
    both = AllOf((Concurrency(limit), FixedWindow(burst, SECOND)))
    state, now, flying = both.initial(), 0, 0
    used: dict[int, int] = {}
    for gap, ends in steps:
        now += gap
        if ends and flying:
            state, flying = both.release(state), flying - 1
            continue
        window = now // SECOND
        state, admitted, wait = both.admit(state, now)
        assert admitted == (flying < limit and used.get(window, 0) < burst)
        assert admitted or wait != NEVER
        if admitted:
            flying, used[window] = flying + 1, used.get(window, 0) + 1
