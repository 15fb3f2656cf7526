"""Claims about the AWS SDKs' adaptive mode: the tables of its own tests."""

import pytest

from policies.aws_adaptive import UNIT, AwsAdaptive, cubic
from policies.throttle import State
from twin.model.instant import SECOND


def test_the_rate_grows_along_a_cubic() -> None:
    """boto/botocore tests/unit/retries/test_throttling.py, cubic 1: last rate 10, throttled at 5."""
    expected = [7.0, 9.64893601, 10.00003085, 10.45328452, 13.40869702, 21.26626835, 36.42599852]
    assert [cubic(since, 10) for since in range(7)] == pytest.approx(expected, abs=1e-8)


def test_the_rate_is_cut_from_what_it_was() -> None:
    """The same file, cubic 2: success at 5 and 6, throttled at 7 and 8, success from 9 to 12."""
    rate, before, since, rates = 0.0, 10.0, 5, []
    for at in range(5, 13):
        if at in (7, 8):
            before, since = rate, at
            rate = cubic(0, before)
        else:
            rate = cubic(at - since, before)
        rates.append(rate)
    expected = [7, 9.64893601, 6.75425521, 4.72797864, 6.60654775, 6.76327982, 7.59817483, 11.51123280]
    assert rates == pytest.approx(expected, abs=1e-7)


def test_end_to_end_as_published() -> None:
    """The same file: an answer every 0.2 s from 0.2, throttled at 2.0 and 3.2 alone."""
    rule = AwsAdaptive()
    state: State = rule.initial()
    measured, fill = [], []
    for step in range(1, 18):
        now = step * SECOND // 5
        state = rule.learned(state, now, throttled=step in (10, 16))
        measured.append(state[4] / UNIT)
        fill.append(state[1] / UNIT)
    rates = [0] * 2 + [4.8] * 2 + [4.16] * 3 + [5.632] * 2 + [4.3264] * 3 + [5.66528] * 2 + [4.333056] * 3
    assert measured == pytest.approx(rates)
    early = [0.5] * 5 + [0.6912, 1.0976, 1.6384, 2.3328, 3.02848, 3.486639, 3.821874]
    assert fill[:12] == pytest.approx(early, abs=1e-6)
    assert fill[12:] == pytest.approx([4.053386, 4.200373, 4.282037, 2.997426, 3.452226], abs=1e-6)


def test_nothing_is_limited_before_the_first_refusal() -> None:
    """One answer in a second: 0.8/s measured, cut to 0.56/s; half a token is there, the rest takes 0.89 s."""
    rule = AwsAdaptive()
    assert all(rule.admit(rule.initial(), 0).admitted for _ in range(100))
    state = rule.learned(rule.initial(), SECOND, throttled=True)
    answer = rule.admit(state, SECOND)
    assert (answer.admitted, answer.retry_after) == (False, 892_858)
    assert not rule.admit(answer.state, SECOND + 892_857).admitted
    assert rule.admit(answer.state, SECOND + 892_858).admitted
