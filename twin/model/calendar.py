"""Zones and working days as values: local dates and times of an instant, resolved beforehand, so that nothing is read.

A zone is the list of its offsets; who loads the rules takes it from a zone database once. Days are whole numbers, 0 is
1970-01-01 of the local calendar; times of day are microseconds after local midnight, as a clock on the wall shows it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

from twin.errors import UsageError
from twin.model.instant import DAY, Instant

MONDAY_TO_FRIDAY = (True, True, True, True, True, False, False)
EVERY_DAY = (True,) * 7
_THURSDAY = 3
"""The weekday of day 0, Monday being 0."""
_SEARCHED_MAX = 3_660
"""Days that are looked through for a working day: ten years."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A named zone: `offsets` are (since this instant, microseconds east of UTC), ascending; the first holds before."""

    name: str = "UTC"
    offsets: tuple[tuple[Instant, int], ...] = ((0, 0),)

    def __post_init__(self) -> None:
        if not self.offsets or list(self.offsets) != sorted(set(self.offsets)):
            raise UsageError(f"zone {self.name} needs its offsets in ascending order (got {self.offsets})")

    def local(self, at: Instant) -> tuple[int, int]:
        """Return the local day and the time of day.

        >>> Zone("X", ((0, 3_600_000_000),)).local(23 * 3_600_000_000)
        (1, 0)
        """
        shown = at + self._offset(at)
        return shown // DAY, shown % DAY

    def instant(self, day: int, time_us: int = 0) -> Instant:
        """Return when a local clock shows this: the first time if it does so twice; if never, as long after the gap."""
        shown = day * DAY + time_us
        found = [shown - offset for _, offset in self.offsets if self._offset(shown - offset) == offset]
        return min(found, default=shown - self._offset(shown - DAY))

    def _offset(self, at: Instant) -> int:
        place = bisect_right(self.offsets, (at, 1 << 62)) - 1
        return self.offsets[max(0, place)][1]


@dataclass(frozen=True, slots=True)
class WorkDays:
    """The days on which somebody works: by weekday (Monday first), less `closed` days."""

    weekdays: tuple[bool, ...] = MONDAY_TO_FRIDAY
    closed: frozenset[int] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if len(self.weekdays) != 7 or not any(self.weekdays):
            raise UsageError(f"a week has seven days and at least one of them is worked (got {self.weekdays})")

    def __contains__(self, day: int) -> bool:
        """Tell whether `day` is worked."""
        return self.weekdays[(day + _THURSDAY) % 7] and day not in self.closed

    def on_or_after(self, day: int) -> int:
        """Return the first day worked from `day` on; raises UsageError when there is none within ten years."""
        for later in range(day, day + _SEARCHED_MAX):
            if later in self:
                return later
        raise UsageError(f"nobody works within {_SEARCHED_MAX} days of day {day}")

    def after(self, day: int, days: int) -> int:
        """Return the `days`-th day worked after `day`; 0: `day` itself, or the next one worked."""
        for _ in range(days):
            day = self.on_or_after(day + 1)
        return self.on_or_after(day)
