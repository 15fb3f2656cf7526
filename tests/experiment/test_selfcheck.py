"""The self-check holds for the twin as it is, fails for one that is wrong, and knows how often chance may fail it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

import scenarios
from reports.selfcheck import page
from twin.errors import UsageError
from twin.experiment.selfcheck import rows
from twin.experiment.selfcheck.check import Way
from twin.experiment.selfcheck.queues import m_g_1_wait, m_m_1_wait, m_m_c, m_m_c_k
from twin.experiment.selfcheck.row import CountMean, Exact, Mean, Row, ShareOfRuns, Values
from twin.experiment.selfcheck.table import _judged
from twin.world.scenario import Scenario


def load(name: str, settings: Sequence[str]) -> Scenario:
    return scenarios.load(name, settings)


def test_the_closed_forms_give_the_published_figures():
    """VALIDATION C3."""
    assert m_m_1_wait(5, 8)[0] == pytest.approx(0.20833, abs=5e-6)
    assert m_m_c(0.2, 0.1, 3) == pytest.approx((0.44444, 4.44444), abs=5e-6)
    assert m_m_c(0.2, 0.1, 4)[1] == pytest.approx(0.86957, abs=5e-6)
    assert m_m_c_k(3, 4, 2, 3) == pytest.approx((0.76234, 0.04936), abs=5e-6)
    assert m_g_1_wait(5, 0.125, 1) == pytest.approx(m_m_1_wait(5, 8)[0])


@pytest.mark.parametrize("seed", [1, 77])
def test_the_quick_rows_hold_with_any_seed(seed: int):
    found = rows(
        load, names=("C4 poll every 1 s", "C6", "C3 M/M/2/3", "C1 10 writers, full"), quick=True, seed=seed, jobs=1
    )
    assert [row["name"] for row in found if row["verdict"] != "holds"] == []
    assert len(found) == 2 + 5 + 3 + 2


def test_a_server_that_is_slower_than_it_says_is_found_out():
    def slower(name: str, settings: Sequence[str]) -> Scenario:
        return scenarios.load(name, (*settings, "landscape.parties.server.service={law: exponential, mean: 150ms}"))

    (wait, little) = rows(slower, names=("C3 M/M/1 5 of 8",), quick=True, seed=1, jobs=1)
    assert (wait["verdict"], wait["looks"]) == ("fails", 2)
    assert little["verdict"] == "holds", "Little's law holds for any service"


@dataclass
class Wavering:
    """A check that fails at first and holds when it is made again with more runs."""

    rows = (Row(name="X wavers", expected=1.0, unit="count", source="none", rule=Exact()),)
    how = "by hand"

    def values(self, way: Way) -> Sequence[Values]:
        return [[1.0] * way.times if way.times > 1 else [0.0]]


def test_a_row_that_fails_is_made_again_with_four_times_the_runs_and_that_verdict_counts():
    (row,) = _judged(Wavering(), Way(load=load, seed=1, jobs=1), 1e-5, ())
    assert (row["verdict"], row["looks"], row["runs"]) == ("holds", 2, 4)


def test_a_right_mean_fails_as_rarely_as_its_level_says():
    """At the level of one in ten, 2,000 tables of ten normal values each fail 200 times, give or take 13."""
    draws = random.Random(4)
    for rule in (Mean(), Mean(error_of_one=1.0)):
        failed = sum(not rule.judge([draws.gauss(3.0, 1.0) for _ in range(10)], 3.0, 0.1).holds for _ in range(2_000))
        assert 140 <= failed <= 260


def test_each_rule_can_fail():
    assert not Mean(error_of_one=0.1).judge([1.0, 1.1], 2.0, 1e-5).holds
    assert not CountMean(variance=1.0, trials=1_000).judge([2.0], 1.0, 1e-5).holds
    assert CountMean(variance=1.0, trials=1_000).judge([0.0], 0.004, 1e-5).holds, "a rare cell is an upper bound"
    assert not ShareOfRuns(at_least=True).judge([1.0, 0.0], 0.9, 1e-5).holds
    assert not ShareOfRuns(at_least=False).judge([1.0, 0.0], 0.1, 1e-5).holds
    assert not Exact(at_most=True).judge([0.5, 1.5], 1.0, 1e-5).holds
    assert not Exact(within=0.1).judge([1.05, 1.2], 1.0, 1e-5).holds


def test_the_page_has_every_row_and_says_how_it_is_made():
    found = rows(load, names=("C6", "C3 M/M/2/3"), quick=True, seed=2, jobs=1)
    text = page(found, seed=2, quick=True)
    assert text.count("| **holds** |") == len(found) == 8
    assert "`twin selfcheck --quick --seed 2 --out docs/selfcheck.md`" in text
    assert "twin run queue --design patient --set 'landscape.parties.users.open.rate=3/s'" in text


def test_a_name_without_a_row_and_a_negative_seed_are_refused():
    with pytest.raises(UsageError, match="rows begin with C1, C2, C3"):
        rows(load, names=("C99",))
    with pytest.raises(UsageError, match="must not be negative"):
        rows(load, names=("C6",), seed=-1)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_the_whole_quick_table_holds_with_any_seed(seed: int):
    found = rows(load, quick=True, seed=seed)
    assert [row["name"] for row in found if row["verdict"] != "holds"] == []


@pytest.mark.slow
@pytest.mark.timeout(5_400)
def test_the_whole_table_holds():
    found = rows(load, seed=1)
    assert [row["name"] for row in found if row["verdict"] != "holds"] == []
