"""What to do with a difference between two books of the same stock at a common cut (`Tolerance`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from twin.model.instant import DAY, MINUTE


class Finding(Enum):
    """How the books compare."""

    MATCH = "MATCH"
    CORRECTED = "CORRECTED"
    """Within tolerance: the difference is posted to the book that is not the authority."""
    EXCEPTION = "EXCEPTION"
    """Beyond it: the item is blocked for new promises above the smaller of both."""


class Comparison(NamedTuple):
    """The finding, the authority's figure less what was expected of it, and the tolerance applied; quanta."""

    finding: Finding
    difference: int
    tolerance: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The books of all `sites` and of the ERP are compared every `every_us`, at a cut that lies `ahead_us` ahead.

    So each party hears of the cut before it comes, and says what its book was at that very moment. Of the items in
    `exact` (serial or lot numbers) every difference is an exception. What is on its way for longer than
    `blocked_after_us` is POSTING_BLOCKED.
    """

    tolerance: "Tolerance"
    sites: int
    every_us: int = DAY
    ahead_us: int = 15 * MINUTE
    blocked_after_us: int = DAY
    exact: Mapping[int, None] = field(default_factory=dict)

    def tolerance_of(self, item: int) -> "Tolerance":
        """Return the tolerance that holds for an item."""
        return NONE if item in self.exact else self.tolerance


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Differences up to max(`units`, `share` of what was expected) are corrected; serial and lot items get 0 and 0."""

    units: int = 2
    share: Fraction = Fraction(5, 1000)

    def compare(self, authority: int, other: int, in_flight: int = 0) -> Comparison:
        """Compare the authority's figure at the cut with the other book's plus what was under way to it, signed."""
        expected = other + in_flight
        difference = authority - expected
        tolerance = max(Fraction(self.units), self.share * abs(expected))
        if difference == 0:
            return Comparison(Finding.MATCH, difference, tolerance)
        within = abs(difference) <= tolerance
        return Comparison(Finding.CORRECTED if within else Finding.EXCEPTION, difference, tolerance)


NONE = Tolerance(0, Fraction(0))
"""Every difference must be explained."""
