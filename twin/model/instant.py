"""Time as the logic sees it: whole microseconds, handed in by the shell."""

from decimal import ROUND_HALF_UP, Decimal

import msgspec

Elapsed = int
"""Whole microseconds since the start of the world; never goes back."""
Instant = int
"""Whole microseconds since 1970-01-01T00:00Z; serves dates, cut-offs and stamps."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Now(msgspec.Struct, frozen=True, gc=False):
    """The moment at which a procedure runs: `elapsed` for timeouts and ages, `wall` for dates; both in microseconds."""

    elapsed: Elapsed
    wall: Instant


def seconds(value: int | float | str | Decimal) -> Elapsed:
    """Return whole microseconds for `value` seconds, rounded half up.

    >>> seconds(1.5), seconds("0.0000005")
    (1500000, 1)
    """
    return int((Decimal(str(value)) * SECOND).to_integral_value(rounding=ROUND_HALF_UP))


def minutes(value: int | float | str | Decimal) -> Elapsed:
    """Return whole microseconds for `value` minutes, rounded half up.

    >>> minutes(2)
    120000000
    """
    return seconds(Decimal(str(value)) * 60)
