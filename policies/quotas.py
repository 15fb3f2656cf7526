"""Protected shares of an item's pool (`Quotas`): what each channel is granted, of what there is at that moment."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from policies.stock_buffer import quota_units
from twin.errors import UsageError
from twin.model.instant import DAY, Elapsed
from twin.model.stock import Quota


class QuotaRule(NamedTuple):
    """What one channel is granted: so many `units` (quanta), or a `share` of the supply, floored."""

    channel: int
    units: int = 0
    share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Quotas:
    """Quotas of every item, granted anew every `lasts_us`; what nobody used returns then.

    Raises UsageError when shares add up to more than the whole, or a channel is named twice.
    """

    rules: tuple[QuotaRule, ...]
    lasts_us: int = DAY

    def __post_init__(self) -> None:
        shares = sum((rule.share for rule in self.rules if rule.share is not None), Fraction(0))
        if shares > 1:
            raise UsageError(f"quotas promise {shares} of a supply of 1")
        if len({rule.channel for rule in self.rules}) < len(self.rules):
            raise UsageError("a channel has one quota of an item")

    def grant(self, supply: int, now: Elapsed) -> tuple[Quota, ...]:
        """Return the quotas of an item of which `supply` quanta can be claimed now.

        >>> [quota.granted for quota in Quotas((QuotaRule(0, share=Fraction(1, 5)), QuotaRule(1, units=7))).grant(9, 0)]
        [1, 7]
        """
        granted = []
        for rule in self.rules:
            units = rule.units
            if rule.share is not None:
                units = quota_units(max(0, supply), rule.share.numerator, rule.share.denominator)
            granted.append(Quota(channel=rule.channel, granted=units, consumed=0, expires_at=now + self.lasts_us))
        return tuple(granted)
