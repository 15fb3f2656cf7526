"""When an order ships and arrives (`PromiseDates`), and when goods could be had at all (`CapableToPromise`).

Dates are those of the location's own calendar and zone, never of UTC: an order of 20:00 in New York belongs to that
day, whatever the date in Greenwich. An order counts for today while today is worked and it is before the cut-off; at
the cut-off itself it is over. What ships on a day ships before local midnight.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from twin.model.calendar import EVERY_DAY, WorkDays, Zone
from twin.model.instant import DAY, Instant


class Dates(NamedTuple):
    """Local days on which work starts, the goods ship and arrive; `ship_by` is the instant at which the ship day ends.

    TODAY: before the cut-off of a day worked. NEXT_DAY: after it. MATERIAL: the goods come later than the work could.
    """

    start: int
    ship: int
    deliver: int
    ship_by: Instant
    zone: str
    reason: Literal["TODAY", "NEXT_DAY", "MATERIAL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseDates:
    """`processing` ship days from the start to the shipment, `transit` carrier days from there to the door.

    `cut_off_us` is a local time of day in microseconds after midnight; at it and later the next ship day counts.
    """

    zone: Zone = field(default_factory=Zone)
    ship_days: WorkDays = field(default_factory=WorkDays)
    carrier_days: WorkDays = field(default_factory=WorkDays)
    cut_off_us: int = DAY
    processing: int = 0
    transit: int = 1

    def promise(self, ordered: Instant, material: Instant | None = None) -> Dates:
        """Return the dates of an order of `ordered` whose goods are there at `material` (wall; None: already)."""
        today, time = self.zone.local(ordered)
        in_time = today in self.ship_days and time < self.cut_off_us
        start = today if in_time else self.ship_days.on_or_after(today + 1)
        ship = self.ship_days.after(start, self.processing)
        reason: Literal["TODAY", "NEXT_DAY", "MATERIAL"] = "TODAY" if in_time else "NEXT_DAY"
        if material is not None:
            there = self.ship_days.on_or_after(self.zone.local(material)[0])
            if there > ship:
                ship, reason = there, "MATERIAL"
        deliver = self.carrier_days.after(ship, self.transit)
        return Dates(start, ship, deliver, self.zone.instant(ship + 1), self.zone.name, reason)


class Capable(NamedTuple):
    """A date that supply could be had for (`reason` CTP), or none (NO_PROMISE); it claims no stock and no receipt."""

    due: Instant | None
    reason: Literal["CTP", "NO_PROMISE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapableToPromise:
    """What is not to be had within the horizon comes after the replenishment lead time, in working days.

    Beyond `fence` calendar days from now nothing is promised.
    """

    lead_time: int
    fence: int
    zone: Zone = field(default_factory=Zone)
    days: WorkDays = field(default_factory=lambda: WorkDays(EVERY_DAY))

    def promise(self, now: Instant) -> Capable:
        """Return the end of the day on which supply ordered now would be there (wall)."""
        today, _ = self.zone.local(now)
        there = self.days.after(today, self.lead_time)
        if there - today > self.fence:
            return Capable(None, "NO_PROMISE")
        return Capable(self.zone.instant(there + 1), "CTP")
