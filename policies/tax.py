"""The tax of an order (`Taxing`): by jurisdiction, class of item and date, rounded once where the setting says so.

Amounts are minor units. Rates are exact fractions; halves round away from zero. A certificate exempts in its half-open
interval of wall time and not a moment longer (DOMAIN 23).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple

from twin.model.instant import Instant
from twin.model.quantity import Rounding, steps


class Rate(NamedTuple):
    """A rate that holds from `since` until `until` (wall)."""

    rate: Fraction
    since: Instant
    until: Instant


class Net(NamedTuple):
    """One line: its class of goods, and its net amount."""

    goods: str
    amount: int


class Taxed(NamedTuple):
    """What is due. COMPUTED by our rates, CARRIED: collected by the channel, EXEMPT by certificate, NO_RATE: unknown.

    DIFFERS: computed, and not what the source computed at its checkout.
    """

    amount: int
    reason: Literal["COMPUTED", "CARRIED", "EXEMPT", "NO_RATE", "DIFFERS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxing:
    """`rates` by (jurisdiction, class of goods), `certificates` by (customer, jurisdiction) as (since, until).

    CHANNEL: the marketplace collects it, it is carried and not charged. EXEMPT: by certificate, else computed.
    `per` says whether each line is rounded, or each rate once over the document. `tolerance` minor units between what a
    checkout computed and what we do are let pass.
    """

    kind: Literal["COMPUTED", "CHANNEL", "EXEMPT"] = "COMPUTED"
    rates: Mapping[tuple[str, str], tuple[Rate, ...]] = field(default_factory=dict)
    certificates: Mapping[tuple[int, str], tuple[Instant, Instant]] = field(default_factory=dict)
    per: Literal["line", "document"] = "line"
    tolerance: int = 1

    def tax(
        self, lines: Iterable[Net], *, jurisdiction: str, customer: int, at: Instant, submitted: int | None = None
    ) -> Taxed:
        """Return the tax of an order of `customer` for a ship-to `jurisdiction` on the wall date `at`."""
        if self.kind == "CHANNEL":
            return Taxed(submitted or 0, "CARRIED")
        if self.kind == "EXEMPT":
            since, until = self.certificates.get((customer, jurisdiction), (0, 0))
            if since <= at < until:
                return Taxed(0, "EXEMPT")
        due = self.computed(lines, jurisdiction=jurisdiction, at=at)
        if due is None:
            return Taxed(submitted or 0, "NO_RATE")
        if submitted is not None and abs(submitted - due) > self.tolerance:
            return Taxed(due, "DIFFERS")
        return Taxed(due, "COMPUTED")

    def computed(self, lines: Iterable[Net], *, jurisdiction: str, at: Instant) -> int | None:
        """Return the tax by our rates; None where there is no rate for a line."""
        by_rate: dict[Fraction, list[int]] = {}
        for line in lines:
            rate = self._rate(jurisdiction, line.goods, at)
            if rate is None:
                return None
            by_rate.setdefault(rate, []).append(line.amount)
        due = 0
        for rate, amounts in by_rate.items():
            due += _minor(rate * sum(amounts)) if self.per == "document" else sum(_minor(rate * x) for x in amounts)
        return due

    def _rate(self, jurisdiction: str, goods: str, at: Instant) -> Fraction | None:
        for rate in self.rates.get((jurisdiction, goods), ()):
            if rate.since <= at < rate.until:
                return rate.rate
        return None


def _minor(amount: Fraction) -> int:
    """Round to a whole minor unit."""
    whole = steps(amount, Fraction(1), Rounding.HALF_UP)
    assert isinstance(whole, int), "HALF_UP always finds a whole number"
    return whole
