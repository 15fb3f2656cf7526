"""MSER-5 finds where a series settles, and a run that is given the method measures from there on."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scenarios
from twin.world.run import run_once
from twin.world.warm_up import mser5

TRANSIENT = [100 - n if n < 60 else 40 + n % 5 for n in range(1_000)]


def by_the_book(series: list[int]) -> int | None:
    """The definition, word by word: the cut d with the least sum of squares of the rest over (n - d) squared."""
    means = [Fraction(sum(series[at : at + 5]), 5) for at in range(0, len(series) - 4, 5)]

    def error(cut: int) -> Fraction:
        rest = means[cut:]
        mean = sum(rest) / len(rest)
        return sum(((value - mean) ** 2 for value in rest), Fraction(0)) / len(rest) ** 2

    errors = [error(cut) for cut in range(len(means) - 1)]
    cut = errors.index(min(errors))
    return cut * 5 if cut <= len(means) // 2 else None


@pytest.mark.parametrize(
    ("series", "cut"),
    [
        (TRANSIENT, 60),  # settles after sixty values
        ([5] * 100, 0),  # was settled from the start
        (list(range(100)), None),  # never settles
        ([1, 2, 3], None),  # too short to say
    ],
)
def test_the_cut_is_where_the_series_settles(series: list[int], cut: int | None) -> None:
    assert mser5(series) == cut


@given(st.lists(st.integers(-50, 50), min_size=25, max_size=120))
def test_the_cut_is_the_one_of_the_definition(series: list[int]) -> None:
    assert mser5(series) == by_the_book(series)


def test_a_replication_finds_its_own_warm_up_and_measures_as_if_it_were_told() -> None:
    method = scenarios.load("queue", ("horizon=600s", "warm_up={method: mser5, at_most: 100s}"))
    found = [run_once(method, "patient", seed) for seed in (1, 2)]
    for seed, run in zip((1, 2), found, strict=True):
        assert 0 <= run.warm_up_s <= 100
        assert any("MSER-5" in note for note in run.notes)
        told = run_once(method.with_("warm_up", run.warm_up_s), "patient", seed)
        assert (told.kpis, told.digest) == (run.kpis, run.digest)


def test_in_a_distributor_measures_begin_after_the_warm_up() -> None:
    scenario = scenarios.load("first_day", ("warm_up={method: mser5, at_most: 3h}",), small=True)
    run = run_once(scenario, next(iter(scenario.designs)), 1)
    told = run_once(scenario.with_("warm_up", run.warm_up_s), next(iter(scenario.designs)), 1)
    whole = run_once(scenario.with_("warm_up", 0), next(iter(scenario.designs)), 1)
    assert (told.kpis, told.digest) == (run.kpis, run.digest)
    assert whole.digest == run.digest
