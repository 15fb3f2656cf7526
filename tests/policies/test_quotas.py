"""Claims about what channels are granted of an item's pool."""

from fractions import Fraction

import pytest

from policies.quotas import QuotaRule, Quotas
from twin.errors import UsageError
from twin.model.instant import HOUR

WEB, B2B = 0, 1


@pytest.mark.vector("V21", rule="4", code="policies.quotas.Quotas.grant", scenario="channel_quotas")
def test_v21_parts_of_the_supply_at_grant_time_are_floored() -> None:
    """V21, Oracle Promising allocation targets: 20 % of 1000; 3:1 of 2000."""
    fifth = Quotas((QuotaRule(B2B, share=Fraction(1, 5)),), HOUR)
    assert [quota.granted for quota in fifth.grant(1000, 0)] == [200]
    three_to_one = Quotas((QuotaRule(WEB, share=Fraction(3, 4)), QuotaRule(B2B, share=Fraction(1, 4))), HOUR)
    assert [quota.granted for quota in three_to_one.grant(2000, 0)] == [1500, 500]
    assert [quota.granted for quota in three_to_one.grant(3, 0)] == [2, 0]


def test_a_quota_in_units_does_not_ask_what_there_is_and_ends_after_its_time() -> None:
    (quota,) = Quotas((QuotaRule(WEB, units=7),), HOUR).grant(0, 5)
    assert (quota.granted, quota.consumed, quota.expires_at) == (7, 0, 5 + HOUR)


def test_nothing_is_granted_of_a_shortage() -> None:
    (quota,) = Quotas((QuotaRule(WEB, share=Fraction(1)),), HOUR).grant(-4, 0)
    assert quota.granted == 0


@pytest.mark.parametrize(
    "rules",
    [
        (QuotaRule(WEB, share=Fraction(2, 3)), QuotaRule(B2B, share=Fraction(2, 3))),
        (QuotaRule(WEB, 1), QuotaRule(WEB, 2)),
    ],
)
def test_more_than_the_whole_and_a_second_quota_are_refused(rules: tuple[QuotaRule, ...]) -> None:
    with pytest.raises(UsageError):
        Quotas(rules)
