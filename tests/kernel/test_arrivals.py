"""Open arrivals follow a rate that rises, falls and stops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import UsageError
from twin.kernel.arrivals import Arrivals, Corner
from twin.model.instant import SECOND


def instants(arrivals: Arrivals, amount: float, count: int) -> list[float]:
    found, now = [], 0
    for _ in range(count):
        at = arrivals.after(now, amount)
        if at is None:
            break
        found.append(at / SECOND)
        now = at
    return found


def test_an_even_stream_keeps_its_gap_and_changes_it_in_mid_gap():
    arrivals = Arrivals([Corner(0, 1.0), Corner(2_500_000, 2.0)])
    assert instants(arrivals, 1.0, 5) == [1.0, 2.0, 2.75, 3.25, 3.75]


def test_a_rate_of_zero_lets_nothing_come_until_it_rises_again():
    arrivals = Arrivals([Corner(0, 1.0), Corner(1_500_000, 0.0), Corner(10_000_000, 1.0), Corner(11_000_000, 0.0)])
    assert instants(arrivals, 1.0, 9) == [1.0, 10.5]


def test_on_a_slope_the_area_under_the_rate_decides():
    """The rate is t, its integral t^2 / 2: the n-th unit is complete at the root of 2 n."""
    arrivals = Arrivals([Corner(0, 0.0, growth=1.0)])
    assert instants(arrivals, 1.0, 4) == pytest.approx([2**0.5, 2.0, 6**0.5, 8**0.5], abs=3e-6)


def test_a_falling_slope_may_never_complete_another_unit():
    arrivals = Arrivals([Corner(0, 2.0, growth=-1.0), Corner(2_000_000, 0.0)])
    assert instants(arrivals, 1.5, 9) == pytest.approx([1.0])


@given(
    rates=st.lists(st.tuples(st.integers(1, 5), st.floats(0, 50), st.floats(0, 20)), min_size=1, max_size=5),
    amount=st.floats(0.2, 3.0),
)
def test_what_has_come_is_the_area_under_the_rate(rates: list[tuple[int, float, float]], amount: float):
    corners, at = [], 0
    for length, rate, growth in rates:
        corners.append(Corner(at, rate, growth))
        at += length * SECOND
    corners.append(Corner(at, 0.0))
    area = sum((rate + growth * length / 2) * length for length, rate, growth in rates)
    came = len(instants(Arrivals(corners), amount, 10_000))
    rounding = came * 0.5e-6 * 150 / amount  # half a microsecond each, at no more than 150 a second
    assert abs(came - area / amount) <= 1.01 + rounding


@pytest.mark.parametrize(
    "corners",
    [[Corner(5, 1.0), Corner(5, 2.0)], [Corner(0, -1.0)], [Corner(0, 1.0, growth=-1.0), Corner(3 * SECOND, 0)]],
)
def test_a_rate_below_zero_or_out_of_order_is_refused(corners: list[Corner]):
    with pytest.raises(UsageError, match="not below 0"):
        Arrivals(corners)
