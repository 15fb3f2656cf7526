"""The people of a scenario: who works the exception queues (a party), and whose the queues are (a part of a design)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from policies.exceptions import DUTIES, Category, Duty, ExceptionRouting
from policies.throttle import TokenBucket
from twin.model.instant import SECOND
from twin.world.law_specs import Delay
from twin.world.values import (
    Block,
    Count,
    PositiveDuration,
    RatePerTime,
    Share,
    TimeOfDay,
    rule,
    sourced,
    time_of_day,
)


@dataclass(frozen=True, slots=True)
class DailyHours:
    """From one wall time to another, every day; over midnight when the second one is the earlier."""

    from_: TimeOfDay
    to: TimeOfDay

    def __str__(self) -> str:
        """Write the hours as they are read."""
        return f"{self.from_}-{self.to}"


def daily_hours(text: object) -> DailyHours:
    """Read quoted hours such as `"08:00-18:00"`.

    Raises:
        PydanticCustomError: these are no two different wall times with a dash between them.

    >>> str(daily_hours("22:00-06:00"))
    '22:00-06:00'
    """
    if isinstance(text, DailyHours):
        return text
    found = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", text) if isinstance(text, str) else None
    if found is None:
        raise rule('must be hours in quotes, such as "08:00-18:00"')
    hours = DailyHours(time_of_day(found[1]), time_of_day(found[2]))
    if hours.from_ == hours.to:
        raise rule('must not begin and end at the same time; for a whole day write "00:00-24:00"')
    return hours


Hours = Annotated[
    DailyHours,
    PlainValidator(daily_hours),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$",
            "description": '"08:00-18:00"',
        }
    ),
]
"""Working hours of every day, local in the scenario's zone; the attribute is a `DailyHours`."""


class Operators(Block):
    """The people who work the exception queues by runbook, one item at a time, in their hours."""

    kind: Literal["operators"]
    people: Count = sourced(2, "assumed: two people beside their other work")
    hours: Hours = sourced("08:00-18:00", "assumed: office hours, every day; nobody at night")
    touch: Delay = sourced(
        {"law": "lognormal", "p50": "6m", "p95": "30m"}, "assumed: an item takes minutes, a hard one half an hour"
    )
    releases: Share = sourced("90%", "assumed: of the orders that are held for a decision, most are let through")
    queue: Count = sourced(100_000, "assumed: items that may wait; beyond it nobody looks at them")


class Responsibility(Block):
    """What a design says about one class of exceptions; what it leaves out stays as it is by default."""

    owner: Annotated[str, Field(min_length=1)] | None = None
    due: PositiveDuration | None = None
    runbook: Annotated[str, Field(min_length=1)] | None = None
    action: Literal["redrive", "park", "wait"] | None = None

    @model_validator(mode="after")
    def _owned(self) -> Self:
        if "owner" in self.model_fields_set and self.owner is None:
            raise rule("a class of exceptions without an owner cannot be deployed", at="owner")
        return self


ClassName = Literal[
    "TRANSIENT",
    "UNKNOWN_OUTCOME",
    "THROTTLED",
    "POISON",
    "CONTRACT",
    "VALIDATION",
    "REFERENCE_MISSING",
    "CONFLICT",
    "BUSINESS_REJECT",
    "SECURITY",
]


class Exceptions(Block):
    """Whose the exception queues are, by class, and how fast their people may redrive."""

    classes: Mapping[ClassName, Responsibility] = sourced({}, "rule: owner, runbook and time as in DUTIES, by class")
    redrive_rate: RatePerTime = sourced("10/min", "assumed: a partner that is just back takes a few a minute")
    redrive_burst: Count = sourced(10, "assumed: a minute's worth at once")
    redrives: Count = sourced(3, "assumed: redriven in vain so often, an item is parked")


def routing_of(block: Exceptions) -> ExceptionRouting:
    """Return the routing that an exceptions block describes."""
    duties = dict(DUTIES)
    for name, said in block.classes.items():
        old = duties[Category(name)]
        duties[Category(name)] = Duty(
            said.owner or old.owner,
            said.runbook or old.runbook,
            said.due or old.due_us,
            said.action or old.action,
            old.redrivable,
        )
    per_us = block.redrive_rate.exact / SECOND
    return ExceptionRouting(
        duties=duties,
        limit=TokenBucket(per_us.numerator, per_us.denominator, block.redrive_burst),
        redrives_max=block.redrives,
    )
