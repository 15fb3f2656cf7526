"""Alerts: raised when a measure has been beyond its bound for long enough, over at the first look within it."""

import pytest

from policies.alerting import Standing, Threshold
from twin.model.instant import MINUTE


def looked_at(rule, values):
    """Return what happened at each look, one a minute."""
    standing, said = Standing(), []
    for number, value in enumerate(values):
        standing, what = rule.judge(standing, value, number * MINUTE)
        said.append(what)
    return said


@pytest.mark.parametrize(
    ("rule", "values", "said"),
    [
        (Threshold(above=10), (10, 11, 11, 9), (None, "raised", None, "over")),
        (Threshold(above=10, for_us=2 * MINUTE), (11, 11, 11, 11), (None, None, "raised", None)),
        (Threshold(above=10, for_us=2 * MINUTE), (11, 11, 9, 11, 11), (None,) * 5),
        (Threshold(below=1), (1, 0, 1, 0), (None, "raised", "over", "raised")),
        (Threshold(above=10, for_us=MINUTE), (11, None, 11, None, 9), (None, None, "raised", None, "over")),
        (Threshold(below=1, above=10), (5, 0, 5, 11), (None, "raised", "over", "raised")),
    ],
)
def test_an_alert_needs_every_look_of_its_time_and_ends_with_the_first_good_one(rule, values, said):
    assert looked_at(rule, values) == list(said)
