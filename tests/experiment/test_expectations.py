"""A claim holds, is violated, or is undecided; which one follows from its whole interval."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from twin.experiment.comparison import Comparison, compare_rounds
from twin.experiment.expectations import (
    Claim,
    Condition,
    condition_of,
    judge,
    judge_all,
    judge_predicted,
)
from twin.world.result import RunResult
from twin.world.scenario import BoundText


def comparison(**designs: list[float | None]) -> Comparison:
    columns = [
        [
            RunResult(
                scenario="made_up",
                design=design,
                seed=seed,
                stopped=None,
                kpis={"oversold_units": value},
                units={"oversold_units": "units"},
                invariants_checked=1,
                violations=(),
                declared=(),
                antecedents={},
                events=0,
                digest="sha256:",
                sim_s=1.0,
                limits=(),
                wall_s=0.0,
                notes=(),
            )
            for seed, value in enumerate(values)
        ]
        for design, values in designs.items()
    ]
    return compare_rounds(list(zip(*columns, strict=True)), ["oversold_units"])


def condition(text: str) -> Condition:
    return condition_of(TypeAdapter(BoundText).validate_python(text))


def claim(text: str, **changes: object) -> Claim:
    return Claim(name="it", kpi="oversold_units", design="a", condition=condition(text), text=text, **changes)


LAW = Claim(
    name="law", kpi="oversold_units", design="a", condition=None, text="predicted: oversell_law", law="oversell_law"
)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("> 0", [0.1], [0, -1]),
        (">= 0", [0, 3], [-0.1]),
        ("< 0.05", [0.049], [0.05]),
        ("<= 0.05", [0.05], [0.051]),
        ("between 2 and 50", [2, 50], [1.9, 50.1]),
    ],
)
def test_a_condition_means_what_its_bound_says(text: str, inside: list[float], outside: list[float]):
    assert all(condition(text).holds(value) for value in inside)
    assert not any(condition(text).holds(value) for value in outside)


def test_a_prediction_has_no_range_of_its_own():
    with pytest.raises(ValueError, match="a law gives the numbers"):
        condition("predicted: oversell_law")


@given(st.floats(-5, 5), st.floats(0, 5))
def test_an_interval_is_judged_as_all_its_points_are(low: float, width: float):
    """Aim: inside, outside or both, against a naive reference. Method: many points of the interval, ends included."""
    wanted = Condition(low=-1.0, high=2.0, low_closed=True)
    high = low + width
    points = [low, high, *(low + width * step / 200 for step in range(200))]
    answers = {wanted.holds(min(high, point)) for point in points}
    verdict = wanted.judge(low, high)
    assert verdict is None or answers == {verdict}
    assert verdict is not None or answers == {True, False} or min(abs(low - 2), abs(high + 1)) < width / 100


def test_a_claim_holds_is_violated_or_is_undecided_by_its_whole_interval():
    runs = comparison(a=[4.0, 5.0, 6.0, 5.0])
    assert judge(claim("> 3"), runs).word == "holds"
    assert judge(claim("< 3"), runs).word == "violated"
    undecided = judge(claim("> 4.9"), runs)
    assert (undecided.word, undecided.holds, undecided.n) == ("undecided", None, 4)
    assert undecided.more_runs is not None and undecided.more_runs > 100


def test_a_claim_about_a_difference_is_paired():
    runs = comparison(a=[101.0, 501.2, 300.9], b=[100.0, 500.0, 300.0])
    assert judge(claim("> 0", minus="b"), runs).holds is True
    assert judge(claim("between 1 and 1.05", minus="b"), runs).holds is None


def test_a_claim_about_a_ratio_has_a_ratio():
    runs = comparison(a=[20.0, 20.6, 20.2, 19.9], b=[10.0, 10.2, 10.1, 10.0])
    verdict = judge(claim("between 1.8 and 2.2", over="b"), runs)
    assert (verdict.holds, verdict.unit) == (True, "ratio")
    assert judge(claim("> 0", over="b"), comparison(a=[1.0, 2.0], b=[0.0, 0.0])).value is None


def test_a_probability_is_a_share_of_runs():
    runs = comparison(a=[1.0] * 39 + [0.0])
    collapse = claim(">= 1", probability=condition(">= 0.9"))
    assert judge(collapse, comparison(a=[1.0] * 40)).holds is True
    open_question = judge(collapse, runs)
    assert (open_question.holds, open_question.value, open_question.unit) == (None, 0.975, "share of runs")
    assert open_question.more_runs is not None and open_question.more_runs > 0
    assert judge(claim(">= 1", probability=condition("<= 0.1")), runs).holds is False


def test_one_run_or_no_value_leaves_a_claim_undecided():
    for values in ([5.0], [None, None]):
        assert judge(claim("> 0"), comparison(a=values)).holds is None


def test_fewer_runs_than_promised_are_shown():
    assert judge(claim("> 0", seeds=20), comparison(a=[1.0, 1.1, 0.9])).is_short


def test_only_a_violated_claim_fails_unless_strict():
    runs = comparison(a=[4.0, 5.0, 6.0])
    violated, undecided = judge(claim("< 0"), runs), judge(claim("> 5"), runs)
    assert violated.fails(strict=False)
    assert not undecided.fails(strict=False)
    assert undecided.fails(strict=True)
    assert not judge(claim("< 0", fails=False), runs).fails(strict=True)


def test_a_law_that_is_right_holds_and_one_that_is_off_does_not():
    source = random.Random(5)
    runs = comparison(a=[source.gauss(541.3, 23.0) for _ in range(20)])
    right, wrong = judge_predicted(LAW, runs, 541.3), judge_predicted(LAW, runs, 600.0)
    assert (right.holds, right.expected) == (True, 541.3)
    assert wrong.holds is False


def test_a_law_for_a_rare_thing_is_not_refuted_by_runs_in_which_it_never_happened():
    runs = comparison(a=[0.0] * 20)
    assert judge_predicted(LAW, runs, 0.05).holds is True
    assert judge_predicted(LAW, runs, 5.0).holds is False


def test_a_right_law_is_refuted_no_more_often_than_promised():
    """Aim: the level. Method: 400 tables of 5 rows of Poisson sums; the whole may be refuted once in 1,000."""
    source = random.Random(8)

    def poisson(mean: float) -> float:
        count, left = 0, source.random()
        limit = math.exp(-mean)
        while left > limit:
            count, left = count + 1, left * source.random()
        return float(count)

    verdicts = [
        judge_predicted(LAW, comparison(a=[poisson(2.5) for _ in range(20)]), 2.5, table=5).holds for _ in range(400)
    ]
    assert verdicts.count(False) <= 2


def test_claims_about_designs_that_were_not_run_are_left_to_the_caller():
    runs = comparison(a=[5.0, 6.0])
    claims = [claim("> 0"), claim("> 0", minus="not_run"), LAW]
    assert [verdict.claim for verdict in judge_all(claims, runs, {"oversell_law": lambda design: 5.5})] == [
        claims[0],
        LAW,
    ]
