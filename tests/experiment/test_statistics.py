"""Our intervals against scipy, against closed forms, and against what they promise: coverage."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.experiment.statistics import (
    RUNS_PLANNED_MAX,
    censored_median_interval,
    incomplete_beta,
    kaplan_meier_median,
    more_runs_for_difference,
    more_runs_for_precision,
    normal_quantile,
    paired,
    percentile,
    ratio,
    standard_deviation,
    student_quantile,
    t_interval,
    wilson,
)

stats = pytest.importorskip("scipy.stats")
special = pytest.importorskip("scipy.special")


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 19, 39, 120, 999, 99_999])
@pytest.mark.parametrize("p", [0.5, 0.6, 0.9, 0.975, 0.995, 1 - 6e-6, 0.025, 1e-7])
def test_student_quantiles_agree_with_scipy(p: float, degrees: int) -> None:
    assert student_quantile(p, degrees) == pytest.approx(stats.t.ppf(p, degrees), rel=1e-9, abs=1e-12)


def test_student_quantiles_have_their_closed_forms_at_one_and_two_degrees() -> None:
    for p in (0.55, 0.8, 0.975, 0.9999):
        assert student_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-10)
        assert student_quantile(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-10)


@given(x=st.floats(0, 1), a=st.floats(0.1, 400), b=st.floats(0.1, 400))
def test_the_incomplete_beta_function_agrees_with_scipy(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(special.betainc(a, b, x), rel=1e-8, abs=1e-12)


def test_a_quantile_outside_its_range_is_refused() -> None:
    for p, degrees in ((0.0, 3), (1.0, 3), (0.9, 0)):
        with pytest.raises(ValueError, match="no Student quantile"):
            student_quantile(p, degrees)
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(1.5)


def test_a_mean_has_the_textbook_interval() -> None:
    values = [4.1, 5.0, 3.7, 6.2, 4.4]
    interval = t_interval(values)
    assert interval is not None and interval.low is not None and interval.high is not None
    low, high = stats.t.interval(0.95, 4, loc=interval.mean, scale=stats.sem(values))
    assert (interval.low, interval.high, interval.n) == (pytest.approx(low), pytest.approx(high), 5)
    assert interval.half_width == pytest.approx((high - low) / 2)


def test_no_values_have_no_interval_and_one_value_has_no_bounds() -> None:
    assert t_interval([]) is None
    single = t_interval([3.0])
    assert single is not None and (single.mean, single.bounds, single.half_width) == (3.0, None, None)


def test_equal_values_have_an_interval_of_no_width() -> None:
    """0.1 three times: a mean of squares would leave a rest of 1e-17 here."""
    interval = t_interval([0.1, 0.1, 0.1])
    assert interval is not None
    assert interval.bounds == (interval.mean, interval.mean)
    assert standard_deviation([0.1, 0.1, 0.1]) == 0.0


def test_a_paired_interval_is_that_of_the_differences_and_skips_missing_pairs() -> None:
    found = paired([5.0, 7.0, None, 9.0, 4.0], [3.0, 6.5, 1.0, 6.0, None])
    assert found == t_interval([2.0, 0.5, 3.0])
    with pytest.raises(ValueError, match="zip"):
        paired([1.0], [1.0, 2.0])


def test_a_paired_interval_ignores_what_both_designs_share() -> None:
    shared = [float(10 * day) for day in range(10)]
    found = paired([value + 1 + 0.01 * i for i, value in enumerate(shared)], [*shared])
    assert found is not None and found.low is not None
    assert 0 < found.low < found.mean < 1.1


def test_wilson_agrees_with_scipy_at_every_count() -> None:
    for n in (1, 5, 40):
        for successes in range(n + 1):
            found = wilson(successes, n)
            expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
            assert found is not None and found.bounds == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="41 successes in 40 runs"):
        wilson(41, 40)


def test_a_ratio_has_fiellers_interval() -> None:
    """Method: at both ends r of the interval, 0 is an end of the paired interval of a - r b; the mean lies inside."""
    a, b = [10.0, 12.5, 11.0, 14.0, 9.0], [5.0, 6.0, 5.5, 6.1, 4.9]
    found = ratio(a, b)
    assert found is not None and found.low is not None and found.high is not None
    assert found.low < found.mean < found.high
    for end in (found.low, found.high):
        difference = t_interval([x - end * y for x, y in zip(a, b, strict=True)])
        assert difference is not None and difference.bounds is not None
        assert min(abs(bound) for bound in difference.bounds) < 1e-9


def test_a_ratio_to_something_that_may_be_zero_has_no_bounds() -> None:
    found = ratio([1.0, 2.0, 3.0], [-1.0, 1.0, 0.5])
    assert found is not None and found.bounds is None
    assert ratio([1.0, 2.0], [0.0, 0.0]) is None
    assert ratio([], []) is None


def test_the_interval_of_a_median_lies_between_two_ranks_and_has_no_end_that_was_not_seen() -> None:
    """The tables of the sign test give the 14th and the 27th of 40 values at 95 %; of five values there are none."""
    times = [float(n) for n in range(1, 41)]
    assert censored_median_interval(times, [False] * 40) == (14.0, 27.0)
    assert censored_median_interval(times, [n > 27 for n in range(1, 41)]) == (14.0, 27.0)
    assert censored_median_interval(times, [n > 26 for n in range(1, 41)]) is None
    assert censored_median_interval(times[:5], [False] * 5) is None
    assert censored_median_interval(times[:6], [False] * 6) == (1.0, 6.0)


def test_the_kaplan_meier_median_agrees_with_scipy_and_counts_open_runs() -> None:
    times, censored = [3.0, 5.0, 5.0, 8.0, 9.0, 12.0, 12.0], [False, False, True, False, True, False, True]
    data = stats.CensoredData.right_censored(times, censored)
    curve = stats.ecdf(data).sf
    reference = next(t for t, p in zip(curve.quantiles, curve.probabilities, strict=True) if p <= 0.5)
    assert kaplan_meier_median(times, censored) == reference
    assert kaplan_meier_median([1.0, 2.0, 3.0], [False] * 3) == 2.0
    assert kaplan_meier_median([1.0, 2.0, 3.0], [False, True, True]) is None
    assert kaplan_meier_median([], []) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 1))
def test_percentiles_are_linear_between_ranks_as_in_numpy(values: list[float], share: float) -> None:
    numpy = pytest.importorskip("numpy")
    assert percentile(values, share) == pytest.approx(numpy.quantile(values, share), rel=1e-9, abs=1e-6)


def test_a_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.5) is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1.0], 95)


def test_the_plan_gives_the_first_number_of_runs_that_is_enough() -> None:
    values = [1.0, -2.0, 3.0, 0.5, -1.0, 2.0]
    more = more_runs_for_difference(values)
    assert more is not None and more > 0
    mean, spread = sum(values) / len(values), standard_deviation(values)
    halves = [stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n) for n in (len(values) + more - 1, len(values) + more)]
    assert halves[1] < mean <= halves[0]


def test_the_plan_for_a_precision_meets_its_share() -> None:
    values = [10.0, 12.0, 9.0, 11.5]
    more = more_runs_for_precision(values, 0.05)
    assert more is not None
    n, mean, spread = len(values) + more, sum(values) / 4, standard_deviation(values)
    assert stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n) <= 0.05 * mean
    assert more_runs_for_precision([10.0, 10.1, 9.9], 0.5) == 0


def test_what_no_number_of_runs_would_decide_has_no_plan() -> None:
    assert more_runs_for_difference([1.0, -1.0]) is None
    assert more_runs_for_difference([1.0]) is None
    assert more_runs_for_difference([1e-6, 1.0, -1.0]) is None, f"beyond {RUNS_PLANNED_MAX} runs"
    assert more_runs_for_difference([2.0, 2.0]) == 0
    assert more_runs_for_precision([], 0.1) is None


def test_intervals_cover_as_often_as_they_say() -> None:
    """Aim: a 90 % interval of five normal values contains the mean in 90 % of trials, within 4 standard errors."""
    source = random.Random(11)
    trials = 2_000
    hits = 0
    for _ in range(trials):
        interval = t_interval([source.gauss(7, 3) for _ in range(5)], level=0.9)
        assert interval is not None and interval.low is not None and interval.high is not None
        hits += interval.low <= 7 <= interval.high
    assert abs(hits / trials - 0.9) < 4 * math.sqrt(0.9 * 0.1 / trials)
