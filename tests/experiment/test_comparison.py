"""Designs are compared pair by pair, and a comparison says what more runs would tell."""

import pytest

from twin.experiment.comparison import compare_rounds, estimate, keys_of
from twin.world.result import RunResult


def result(design: str, seed: int, **kpis: float | None) -> RunResult:
    return RunResult(
        scenario="made_up",
        design=design,
        seed=seed,
        stopped=None,
        kpis=kpis,
        units={"oversold_units": "units", "collapsed": "0/1", "channel_calls": "count"},
        invariants_checked=6,
        violations=(),
        declared=(),
        antecedents={},
        events=1,
        digest=f"sha256:{design}{seed}",
        sim_s=60.0,
        limits=(),
        wall_s=0.1,
        notes=(),
    )


def side_by_side(kpi: str = "oversold_units", **values: list[float | None]):
    columns = [[result(design, seed, **{kpi: value}) for seed, value in enumerate(of)] for design, of in values.items()]
    return compare_rounds(list(zip(*columns, strict=True)), [kpi])


def test_a_difference_is_paired_so_that_a_common_day_cancels():
    """Both designs swing by hundreds from day to day; their difference is 10 and steady."""
    busy = [100.0, 700.0, 300.0, 500.0]
    compared = side_by_side(batch=[value + 10 + i % 2 for i, value in enumerate(busy)], governed=[*busy])
    (difference,) = compared.differences
    assert (difference.a, difference.b, difference.mean, difference.n) == ("batch", "governed", 10.5, 4)
    assert difference.significant is True
    assert difference.more_runs == 0
    assert difference.sentence == "governed oversells less than batch by 10.5 units (9.58 .. 11.4): decided."


def test_every_two_designs_are_compared_in_every_reported_measure():
    compared = side_by_side(a=[1.0, 2.0], b=[1.0, 3.0], c=[2.0, 2.0])
    assert [(d.a, d.b) for d in compared.differences] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_an_open_question_says_how_many_more_runs_it_takes():
    (difference,) = side_by_side(a=[1.0, 5.0, 2.0, 7.0], b=[2.0, 2.0, 3.0, 4.0]).differences
    assert difference.significant is False
    assert difference.more_runs is not None and difference.more_runs > 0
    assert f"not distinguishable yet, about {difference.more_runs} more runs needed" in difference.sentence


def test_one_run_decides_nothing():
    (difference,) = side_by_side(a=[5.0], b=[1.0]).differences
    assert (difference.mean, difference.ci95, difference.significant, difference.more_runs) == (4.0, None, None, None)
    assert "one run cannot tell" in difference.sentence


def test_equal_runs_are_called_equal():
    (difference,) = side_by_side(a=[0.0, 0.0], b=[0.0, 0.0]).differences
    assert (difference.significant, difference.more_runs) == (False, None)
    assert difference.sentence == "b against a: the same in every run so far."


def test_a_measure_without_a_value_is_null_and_never_zero():
    compared = side_by_side(a=[None, None], b=[1.0, 2.0])
    assert compared.estimates["a"]["oversold_units"].mean is None
    assert compared.estimates["a"]["oversold_units"].n == 0
    (difference,) = compared.differences
    assert (difference.mean, difference.ci95, difference.significant) == (None, None, None)
    assert difference.sentence == "b against a: no run has a value of oversold_units."


def test_a_count_has_no_unit_in_the_sentence():
    (difference,) = side_by_side("channel_calls", a=[9.0, 9.0], b=[2000.0, 2000.0]).differences
    assert difference.sentence == "a makes fewer calls than b by 1,991 (1,991 .. 1,991): decided."


def test_a_share_of_runs_has_wilsons_interval():
    found = estimate([result("a", seed, collapsed=float(seed < 3)) for seed in range(4)], "collapsed")
    assert found.mean == 0.75
    assert found.ci95 == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_a_reported_name_stands_for_its_percentile_and_its_labels():
    known = ["api_latency_s.p95{link=a/b}", "api_latency_s.p95{link=a/c}", "api_latency_s.p50{link=a/b}", "dlq.end"]
    assert keys_of("api_latency_s", known) == ("api_latency_s.p95{link=a/b}", "api_latency_s.p95{link=a/c}")
    assert keys_of("api_latency_s.p50", known) == ("api_latency_s.p50{link=a/b}",)
    assert keys_of("unheard_of", known) == ()


def test_a_design_that_was_not_run_is_a_key_error():
    with pytest.raises(KeyError, match="governed"):
        side_by_side(a=[1.0]).of("governed")
