"""What a fallback decides while a partner is away, and when one is entered and left."""

import pytest

from policies.fallback import ErpAway, WmsSilent
from policies.silence import Silence
from twin.model.instant import HOUR, MINUTE, SECOND
from twin.model.order import HoldKind


@pytest.mark.vector("V105", rule="22", code="policies.fallback.ErpAway.decide", scenario="erp_maintenance")
def test_v105_orders_are_accepted_within_the_credit_copy():
    """V105: credit left 100, copy 2 h old; orders of 60, 30 and 20; then a copy 25 h old."""
    away = ErpAway()
    left, held = 100, []
    for value in (60, 30, 20):
        ruling = away.decide(value, left, 2 * HOUR)
        held.append(ruling.hold)
        left -= value if ruling.hold is None else 0
    assert held == [None, None, HoldKind.CREDIT]
    assert away.decide(5, left, 25 * HOUR).hold is HoldKind.CREDIT
    assert away.decide(5, left, 24 * HOUR).hold is None


def test_an_order_that_is_too_large_is_held_whoever_pays():
    away = ErpAway(order_value=50)
    assert away.decide(51, None, 0) == (HoldKind.CREDIT, "the order is too large")
    assert away.decide(50, None, 0).hold is None


def test_all_are_accepted_or_none_if_a_design_says_so():
    assert ErpAway(accept="all").decide(10**9, 0, 100 * HOUR).hold is None
    assert ErpAway(accept="none").decide(0, None, 0).hold is HoldKind.APPROVAL


@pytest.mark.vector("V106", rule="22", code="policies.fallback.WmsSilent.counts", scenario="warehouse_offline")
def test_v106_what_was_last_known_counts_less_and_then_nothing():
    """V106: silent from 0, stale after 900 s, 40 units; at 600 s and, half-open, at 900 s."""
    rule = WmsSilent(publish="last", stale_after_us=900 * SECOND)
    per_us = 4 / HOUR
    assert 0 < rule.counts(40, 600 * SECOND, per_us) < rule.counts(40, 60 * SECOND, per_us) < 40
    assert rule.counts(40, 900 * SECOND - 1, per_us) > 0
    assert rule.counts(40, 900 * SECOND, per_us) == 0


def test_the_other_ways_to_count_a_silent_warehouse():
    per_us = 12 / HOUR
    assert WmsSilent(publish="decay").counts(40, HOUR, per_us) == 28
    assert WmsSilent(publish="decay").counts(40, 10 * HOUR, per_us) == 0
    assert WmsSilent(publish="fraction", fraction=0.25).counts(40, HOUR, per_us) == 10
    assert WmsSilent(publish="zero").counts(40, 0, 0.0) == 0
    assert [WmsSilent(publish=way).counts(-3, HOUR, 0.0) for way in ("last", "decay", "fraction", "zero")] == [-3] * 4


def test_figures_are_looked_at_again_as_long_as_they_can_change():
    last = WmsSilent(publish="last", stale_after_us=12 * MINUTE, review_us=5 * MINUTE)
    assert [last.next_review(0, at * MINUTE) for at in (2, 7, 12)] == [7 * MINUTE, 12 * MINUTE, None]
    assert WmsSilent(publish="zero").next_review(0, 0) is None
    assert WmsSilent(publish="decay").next_review(0, HOUR) == HOUR + 5 * MINUTE


def test_a_partner_is_away_after_a_silence_and_back_after_answers_in_a_row():
    rule = Silence(after_us=60 * SECOND, stable_for=2)
    assert rule.judge(False, 60 * SECOND - 1, 0) is None
    assert rule.judge(False, 60 * SECOND, 0) == "leaves"
    assert [rule.judge(True, 10 * HOUR, answers) for answers in (0, 1, 2)] == [None, None, "returns"]
