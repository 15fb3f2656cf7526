"""Values of a scenario mean exactly what is written, and what is no value is refused with its rule."""

import doctest
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from twin.world import values
from twin.world.law_specs import ConstantLaw, CountLaw, Delay, GammaLaw, LognormalLaw, Seconds
from twin.world.scenario import Bound, Expectation
from twin.world.values import duration_text, duration_us, instant_us, rate, share, time_of_day


class Place(BaseModel):
    """A place for a delay and for a count."""

    delay: Delay = ConstantLaw(value=0)
    count: CountLaw = ConstantLaw(value=0)


def test_the_examples_in_the_module_are_true() -> None:
    assert doctest.testmod(values).failed == 0


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("250us", 250), ("20ms", 20_000), ("30s", 30_000_000), ("15m", 900_000_000), ("4h", 14_400_000_000),
        ("2d10h", 208_800_000_000), ("PT15M", 900_000_000), ("P14D", 14 * 86_400_000_000), ("P1DT1H", 90_000_000_000),
        (900, 900_000_000), (0.5, 500_000), (0, 0), ("1.5h", 5_400_000_000), ("0.0000005s", 1),
    ],
)  # fmt: skip
def test_a_duration_is_whole_microseconds(text: object, us: int) -> None:
    assert duration_us(text) == us


@pytest.mark.parametrize(
    "text", ["", "soon", "5", "5 minutes", "-3d", "2mo", "1y", "P1M", "P1Y", True, None, [], "s5", "PT", "nan"]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        duration_us(text)


@given(st.integers(min_value=0, max_value=10**18))
def test_a_duration_reads_back_from_its_text(us: int) -> None:
    assert duration_us(duration_text(us)) == us


def test_a_rate_is_exact_and_carries_its_unit() -> None:
    assert rate("10/h").exact == Fraction(1, 360)
    assert [str(rate(text)) for text in ("9/s", "100/min", "10/h", "1/min", "60/min", "0.5/s")] == [
        "9/s", "100/min", "10/h", "1/min", "1/s", "0.5/s",
    ]  # fmt: skip
    for wrong in (9, "9", "0/s", "-1/s", "9/week", True):
        with pytest.raises(PydanticCustomError):
            rate(wrong)


def test_a_share_lies_between_nothing_and_all() -> None:
    assert [share(text) for text in ("2%", 0.02, "0%", "100%", 1, "16.355%")] == [0.02, 0.02, 0, 1, 1, 0.16355]
    for wrong in ("2", "101%", -0.1, 1.1, True, None, float("nan")):
        with pytest.raises(PydanticCustomError):
            share(wrong)


def test_wall_times_are_local_in_the_zone() -> None:
    assert time_of_day("24:00").us == 86_400_000_000
    assert instant_us("2011-07-01T00:00", "Europe/London") - instant_us("2011-07-01", "UTC") == -3_600_000_000
    assert instant_us("2011-07-01T00:00+02:00", "UTC") == instant_us("2011-06-30T22:00", "UTC")
    for wrong in ("24:01", "2:00", 120, "ab:cd", "12:60"):
        with pytest.raises(PydanticCustomError):
            time_of_day(wrong)


def test_a_law_is_a_value_or_a_law_with_parameters() -> None:
    place = Place.model_validate({"delay": "30s", "count": {"law": "poisson", "mean": 2}})
    assert isinstance(place.delay, ConstantLaw)
    assert (place.delay.value, place.count.model_dump()["mean"]) == (30.0, 2)
    law = Place.model_validate({"delay": {"law": "lognormal", "p50": "6m", "p95": "30m"}}).delay
    assert isinstance(law, LognormalLaw)
    assert law.p50 == 360
    assert law.spread == pytest.approx(0.97847, abs=1e-5), "ln 5 over the 95 % point of the normal law"
    gamma = Place.model_validate({"delay": {"law": "gamma", "mean": 10, "cv": 0.5, "at_most": "1m"}}).delay
    assert isinstance(gamma, GammaLaw)
    assert (gamma.mean, gamma.at_most) == (10, Seconds(60))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"count": "3s"}, "must be a count, not a duration"),
        ({"count": {"archetype": "erp_write"}}, "an archetype is a delay"),
        ({"delay": {"law": "lognormal", "p50": 1}}, "lognormal takes p50 and one of p95 and sigma"),
        ({"delay": {"law": "lognormal", "p50": 2, "p95": 1}}, "must not be below p50"),
        ({"delay": {"law": "uniform", "low": 3, "high": 1}}, "must not be below low"),
        ({"delay": {"law": "exponential", "mean": 0}}, "must be greater than 0"),
        ({"delay": {"law": "exponential", "mean": -3}}, "must not be negative"),
        ({"delay": {"mean": 3}}, "'law' is missing"),
        ({"delay": True}, "must be a mapping with 'law'"),
    ],
)
def test_a_law_that_makes_no_sense_is_refused(block: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Place.model_validate(block)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [("> 0", 0.1, 0), (">= 2", 2, 1.9), ("< 1", 0, 1), ("<= 1e2", 100, 101), ("between -1 and 1", 0, 1.5)],
)
def test_a_bound_holds_inside_and_not_outside(text: str, inside: float, outside: float) -> None:
    bound = Expectation.model_validate({"name": "a", "kpi": "oversold_units", "is": text}).is_
    assert bound.holds(inside)
    assert not bound.holds(outside)


def test_a_prediction_is_a_bound_without_numbers() -> None:
    for written in ("predicted: oversell_law", {"predicted": "oversell_law"}):
        bound = Expectation.model_validate({"name": "a", "kpi": "oversold_units", "is": written}).is_
        assert bound == Bound("predicted")
