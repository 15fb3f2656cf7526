"""The blocks about dates and scarce supply: when orders ship, what is promised for later, and who gets what comes."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from policies.allocation import FairShare
from policies.backorder import BackorderRun, Strategy
from policies.promise_dates import CapableToPromise, PromiseDates
from policies.promising import Promising
from twin.model.instant import DAY, Instant
from twin.world.calendars import work_days, zone_of
from twin.world.values import (
    Block,
    Count,
    Identifier,
    OneOf,
    PositiveDuration,
    Quantity,
    TimeOfDay,
    Zone,
    rule,
    sourced,
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WORKING_WEEK: Final = ("mon", "tue", "wed", "thu", "fri")


def _date(text: object) -> str:
    if isinstance(text, str):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            pass
    raise rule('must be a date in quotes, such as "2026-12-25"')


Day = Annotated[
    str, PlainValidator(_date), WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
]


class ChannelPromise(Block):
    """When orders of a channel ship and arrive: working days of the site and of the carrier, in the site's zone."""

    processing: Quantity = sourced(0, "rule: what is ordered before the cut-off ships the same day")
    transit: Quantity = sourced(2, "assumed: two carrier days to the door")
    zone: Zone | None = sourced(None, "rule: the zone of the scenario's start")
    ship_days: tuple[Weekday, ...] = sourced(_WORKING_WEEK, "assumed: sites ship on the working days of the week")
    carrier_days: tuple[Weekday, ...] = sourced(_WORKING_WEEK, "assumed: carriers deliver on the same days")
    closed: tuple[Day, ...] = sourced((), "rule: no day is closed unless it is said")
    acknowledge: PositiveDuration | None = sourced(None, "rule: no channel waits for an answer unless it is said")
    warn: PositiveDuration = sourced("2h", "assumed: how long before the ship day ends an order is at risk")

    @model_validator(mode="after")
    def _somebody_works(self) -> Self:
        for key in ("ship_days", "carrier_days"):
            if not getattr(self, key):
                raise rule("must name at least one weekday", at=key)
        return self


def dates_of(
    promise: ChannelPromise | None, cut_off: TimeOfDay | None, zone: str, around: Instant
) -> PromiseDates | None:
    """Return the dates of a channel, or None when the scenario says nothing about them."""
    if promise is None and cut_off is None:
        return None
    block = promise or ChannelPromise()
    return PromiseDates(
        zone=zone_of(block.zone or zone, around),
        ship_days=work_days(block.ship_days, block.closed),
        carrier_days=work_days(block.carrier_days, block.closed),
        cut_off_us=DAY if cut_off is None else cut_off.us,
        processing=block.processing,
        transit=block.transit,
    )


class Capable(Block):
    """What no supply covers is promised after the lead time of a purchase, in working days, up to a time fence."""

    lead_time: Count
    fence: Count = sourced(60, "assumed: nobody promises beyond two months, in calendar days")
    days: tuple[Weekday, ...] = sourced(_WORKING_WEEK, "assumed: suppliers work on the working days of the week")


class AtOnce(Block):
    """Nothing but stock is promised; the rest waits without a date."""

    kind: Literal["at_once"]


class Dated(Block):
    """Dates from expected supply; `look_ahead` keeps every later promise, the others are what many systems answer."""

    kind: Literal["look_ahead", "cumulative", "backward"]
    horizon: PositiveDuration = sourced("30d", "assumed: supply further away is no promise")
    capable: Capable | None = sourced(None, "rule: what supply does not cover has no date")


PromisingBlock = Annotated[AtOnce | Dated, OneOf("promising")]


def promising_of(block: AtOnce | Dated, zone: str, around: Instant) -> Promising:
    """Return the policy of a promising block."""
    if isinstance(block, AtOnce):
        return Promising()
    capable = None
    if block.capable is not None:
        capable = CapableToPromise(
            lead_time=block.capable.lead_time,
            fence=block.capable.fence,
            zone=zone_of(zone, around),
            days=work_days(block.capable.days),
        )
    return Promising(kind=block.kind, buckets=max(2, -(-block.horizon // DAY)), capable=capable)


class PriorityAllocation(Block):
    """Scarce stock goes to the channels in this order; without a list, in the order of the channels block."""

    kind: Literal["priority"]
    channels: tuple[Identifier, ...] = sourced((), "rule: empty means the order of the channels block")


class FirstCome(Block):
    """Scarce stock goes to who has waited longest, whatever the channel."""

    kind: Literal["first_come"]


class FairShareAllocation(Block):
    """Scarce stock is divided in proportion to what is wanted, in whole packs."""

    kind: Literal["fair_share"]
    pack: Count = sourced(1, "rule: single units are shared")


Allocation = Annotated[
    PriorityAllocation | FirstCome | FairShareAllocation, OneOf("allocation", later=("proportional",))
]
StrategyName = Literal["WIN", "GAIN", "IMPROVE", "REDISTRIBUTE", "FILL", "LOSE", "SKIP"]


def _run(value: object) -> object:
    return {"other": value} if isinstance(value, str) else value


Run = Annotated[
    Mapping[Identifier, StrategyName],
    BeforeValidator(_run, json_schema_input_type=StrategyName | Mapping[str, StrategyName]),
    Field(min_length=1),
]
"""A strategy for each channel by name, and for all `other`; one alone holds for all."""


def backorders_of(
    allocation: PriorityAllocation | FirstCome | FairShareAllocation,
    run: Mapping[str, str],
    channels: list[str],
    priorities: tuple[int, ...],
) -> BackorderRun | FairShare:
    """Return who gets supply that comes, by channel index."""
    if isinstance(allocation, FairShareAllocation):
        return FairShare(pack=allocation.pack)
    return BackorderRun(
        strategy=Strategy(run.get("other", "GAIN")),
        by_channel={channels.index(name): Strategy(how) for name, how in run.items() if name != "other"},
        priorities=priorities if isinstance(allocation, PriorityAllocation) else (),
    )
