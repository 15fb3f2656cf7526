"""Instants of a run as other tools write them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(us: int) -> str:
    """Write microseconds since 1970 UTC as RFC 3339, to the microsecond.

    >>> stamp(1_764_460_800_000_001)
    '2025-11-30T00:00:00.000001Z'
    """
    return (EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
