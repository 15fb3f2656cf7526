"""Zones and working days resolved for the rules, from the zone database, once, when a world is built."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from twin.model.calendar import WorkDays, Zone
from twin.model.instant import DAY, Instant

YEARS_AHEAD = 5
"""How far beyond the start of a world the offsets of a zone are resolved; later ones are taken to stay."""
_HOURS_APART = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def zone_of(name: str, around: Instant) -> Zone:
    """Return the zone with its offsets from a year before `around` until some years after it."""
    place = ZoneInfo(name)
    first = around - 366 * DAY
    step = _HOURS_APART * 3_600_000_000
    offsets = [(first, _offset(place, first))]
    for at in range(first + step, around + YEARS_AHEAD * 366 * DAY, step):
        offset = _offset(place, at)
        if offset != offsets[-1][1]:
            offsets.append((_change(place, at - step, at), offset))
    return Zone(name, tuple(offsets))


def work_days(weekdays: Iterable[str], closed: Iterable[str] = ()) -> WorkDays:
    """Return the working days of names such as mon, less the closed dates (ISO)."""
    named = list(weekdays)
    days = frozenset([(date.fromisoformat(each) - date(1970, 1, 1)).days for each in closed])
    return WorkDays(tuple([name in named for name in _NAMES]), days)


def _offset(place: ZoneInfo, at: Instant) -> int:
    offset = (_EPOCH + timedelta(microseconds=at)).astimezone(place).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def _change(place: ZoneInfo, before: Instant, after: Instant) -> Instant:
    """Return the first instant of the offset that holds at `after`."""
    new = _offset(place, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(place, middle) == new:
            after = middle
        else:
            before = middle
    return after
