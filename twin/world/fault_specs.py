"""The faults block of a scenario: records as they are written, checked against what their kind takes.

The intensity stands under its parameter's own name (`factor`, `probability`, ...). A record is turned into the
kernel's by `record_of`; whether its target exists is checked with the scenario's other references.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from twin.kernel.faults import After, At, Fault, Nth, Point, Selector, Trigger, When
from twin.world.fault_kinds import KINDS, FaultKind
from twin.world.fault_kinds_process import POINTS
from twin.world.values import (
    Block,
    Count,
    Duration,
    Factor,
    Identifier,
    Number,
    OneOf,
    PositiveDuration,
    RatePerTime,
    Share,
    rule,
    sourced,
)
from twin.world.watchable import refusal


class AtTrigger(Block):
    """At an elapsed time."""

    at: Duration


class AfterTrigger(Block):
    """A gap after another fault began."""

    after: Identifier
    gap: Duration = sourced("0s", "rule: at once")


class NthTrigger(Block):
    """At the n-th message at the target, of the kind `match` where one is named; refused by `compare`.

    Of a party these are calls to it and, where it sells, its orders (`match: SubmitOrder`); of the middleware and its
    store what was handled.
    """

    nth: Count
    match: Identifier | None = sourced(None, "rule: every message counts")


def _watchable(measure: str) -> str:
    """Return the key of a measure that can be watched; `queue_length` alone is the middleware's."""
    key = "queue_length{queue=middleware}" if measure == "queue_length" else measure
    if told := refusal(key):
        raise rule(f"{measure!r} {told}", whole=True)
    return key


def _known_point(point: str) -> str:
    if point not in POINTS:
        raise rule(f"no such point {point!r}; there are {', '.join(POINTS)}", whole=True)
    return point


class PointTrigger(Block):
    """At a named point of the middleware's process, when it is passed for the n-th time; refused by `compare`."""

    point: Annotated[Identifier, AfterValidator(_known_point)]
    nth: Count = sourced(1, "rule: the first time")


class WhenTrigger(Block):
    """As soon as a measure is beyond a bound; looked at once a second, counts and samples over five minutes."""

    when: Annotated[Identifier, AfterValidator(_watchable)]
    above: Number | None = sourced(None, "rule: a trigger states above, below or both")
    below: Number | None = sourced(None, "rule: a trigger states above, below or both")

    @model_validator(mode="after")
    def _a_bound(self) -> Self:
        if self.above is None and self.below is None:
            raise rule("states above, below or both", at="above", whole=True)
        return self


TriggerBlock = Annotated[
    AtTrigger | AfterTrigger | PointTrigger | NthTrigger | WhenTrigger,
    OneOf("trigger", key="kind", marks=("at", "after", "point", "nth", "when")),
]

PARAMETERS: Final = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.needs + kind.takes))
"""The names under which an intensity may stand."""


def _known_kind(kind: object) -> object:
    if not isinstance(kind, str) or kind not in KINDS:
        raise rule(f"no such fault {kind!r}; there are {', '.join(KINDS)}", whole=True)
    return kind


class SelectorBlock(Block):
    """What a message must be about to suffer, by names; of several keys all must fit, of several names one."""

    orders: tuple[Identifier, ...] = sourced((), "rule: messages about every order")
    items: tuple[Identifier, ...] = sourced((), "rule: about every item")
    channels: tuple[Identifier, ...] = sourced((), "rule: about every channel")
    sites: tuple[Identifier, ...] = sourced((), "rule: about every warehouse")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.orders or self.items or self.channels or self.sites):
            raise rule("names orders, items, channels or sites", whole=True)
        return self


class FaultBlock(Block):
    """One record: what goes wrong, where, when, for how long and how badly (RELIABILITY 1.1)."""

    name: Identifier
    kind: Annotated[str, BeforeValidator(_known_kind)]
    target: Identifier
    direction: Literal["both", "request", "response"] | None = sourced(
        None, "rule: both; N1 and N13 strike requests and N2 responses"
    )
    trigger: TriggerBlock
    duration: PositiveDuration | None = sourced(None, "rule: with neither duration nor count it lasts")
    count: Count | None = sourced(None, "rule: its duration bounds it")
    probability: Share | None = sourced(None, "rule: every message suffers")
    factor: Factor | None = sourced(None, "rule: a parameter of its kind")
    extra: PositiveDuration | None = sourced(None, "rule: a parameter of its kind")
    lag: PositiveDuration | None = sourced(None, "rule: a parameter of its kind")
    within: PositiveDuration | None = sourced(None, "rule: a parameter of its kind")
    capacity: RatePerTime | None = sourced(None, "rule: a parameter of its kind")
    backlog: Count | None = sourced(None, "rule: a parameter of its kind")
    overrun: Annotated[Factor, Field(ge=1)] | None = sourced(None, "rule: it lasts as announced")
    cap: Count | None = sourced(None, "rule: a parameter of its kind")
    taken: Share | None = sourced(None, "rule: a parameter of its kind")
    base: PositiveDuration | None = sourced(None, "rule: a parameter of its kind")
    restart: PositiveDuration | None = sourced(None, "rule: 90 s, assumed")
    delta: Count | None = sourced(None, "rule: one unit")
    fraction: Share | None = sourced(None, "rule: a parameter of its kind")
    on: Literal["speed", "workers"] | None = sourced(None, "rule: speed")
    way: Literal["ahead", "behind"] | None = sourced(None, "rule: ahead")
    select: tuple[Identifier, ...] = sourced((), "rule: every kind of message suffers")
    correlation: Share = sourced(0.0, "rule: each message meets its own luck")
    end: Literal["heal", "heal_with_burst", "heal_slow_ramp", "permanent"] | None = sourced(
        None, "rule: the first end of its kind, mostly heal"
    )
    visibility: Literal["error", "silence", "wrong", "late"] | None = sourced(
        None, "rule: the first visibility of its kind"
    )
    class_: Literal["A", "B", "C"] | None = Field(
        None, alias="class", description="rule: the assumption class of its kind"
    )
    selector: SelectorBlock | None = sourced(None, "rule: whatever they are about")

    @model_validator(mode="after")
    def _as_its_kind_takes(self) -> Self:
        kind = KINDS[self.kind]
        for name in PARAMETERS:
            if getattr(self, name) is None:
                if name in kind.needs:
                    raise rule(f"{self.kind} needs {name!r}", whole=True)
            elif name not in kind.needs + kind.takes:
                takes = ", ".join(kind.needs + kind.takes) or "no parameter"
                raise rule(f"{self.kind} has no {name!r}; it takes {takes}", at=name, whole=True)
        if not kind.each:
            self._without_messages()
        if self.selector is not None and not kind.picks:
            raise rule(f"{self.kind} strikes whole files or pages and takes no 'selector'", at="selector", whole=True)
        self._at_a_point(kind)
        if self.end is not None and self.end not in kind.ends:
            raise rule(f"{self.kind} ends with {' or '.join(kind.ends)}", at="end")
        if self.end == "heal_slow_ramp" and self.duration is None:
            raise rule("heal_slow_ramp needs a duration", at="end", whole=True)
        if self.visibility is not None and self.visibility not in kind.visibility:
            raise rule(f"{self.kind} shows itself by {' or '.join(kind.visibility)}", at="visibility")
        if self.direction not in (None, _ONE_WAY.get(self.kind, self.direction)):
            raise rule(f"{self.kind} strikes the {_ONE_WAY[self.kind]} only", at="direction")
        if self.overrun is not None and self.duration is None:
            raise rule("overrun needs a duration, which is what was announced", at="overrun", whole=True)
        return self

    def _at_a_point(self, kind: FaultKind) -> None:
        """Refuse a point that is none of a kind's own, or its absence: what strikes in a gap needs one (P2, P3)."""
        if isinstance(self.trigger, PointTrigger):
            if kind.points and self.trigger.point not in kind.points:
                raise rule(f"{self.kind} strikes at {', '.join(kind.points)}", at="trigger", whole=True)
        elif kind.points and self.kind != "P1":
            raise rule(f"{self.kind} strikes at a point: {', '.join(kind.points)}", at="trigger", whole=True)

    def _without_messages(self) -> None:
        """Refuse what only a fault that strikes single messages can have."""
        named = ("count", "correlation", "select", "selector")
        for name in named:
            if getattr(self, name):
                raise rule(f"{self.kind} strikes no single message and takes no {name!r}", at=name, whole=True)


_ONE_WAY: Final = {"N1": "request", "N2": "response", "N13": "request"}


def record_of(block: FaultBlock, selector: Selector | None = None) -> Fault:
    """Return the record of a block; `selector` is its own, with numbers in the place of names."""
    kind = KINDS[block.kind]
    duration = block.duration
    numbers: dict[str, float] = {}
    for name in PARAMETERS:
        value = getattr(block, name)
        if name == "on":
            numbers["workers"] = float(value == "workers")
        elif name == "way":
            numbers["behind"] = float(value == "behind")
        elif value is not None:
            numbers[name] = value.per_s if name == "capacity" else float(value)
    if block.kind == "E12" and duration is not None:
        numbers["announced"] = float(duration)
        duration = round(duration * (block.overrun or 1.0))
    return Fault(
        name=block.name,
        kind=block.kind,
        target=block.target,
        trigger=_trigger_of(block.trigger),
        each=kind.each,
        duration=duration,
        count=block.count,
        direction=_ONE_WAY.get(block.kind, block.direction or "both"),  # type: ignore[arg-type]  # one of its words
        numbers=numbers,
        select=block.select or (_matched(block.trigger) if kind.each else ()),
        selector=selector,
        correlation=block.correlation,
        end=block.end or kind.ends[0],  # type: ignore[arg-type]  # one of its words
        visibility=block.visibility or kind.visibility[0],
        assumption=block.class_ or kind.assumption,
    )


def _matched(trigger: object) -> tuple[str, ...]:
    return (trigger.match,) if isinstance(trigger, NthTrigger) and trigger.match is not None else ()


def _trigger_of(block: AtTrigger | AfterTrigger | PointTrigger | NthTrigger | WhenTrigger) -> Trigger:
    match block:
        case PointTrigger():
            return Point(block.point, block.nth)
        case AtTrigger():
            return At(block.at)
        case AfterTrigger():
            return After(block.after, block.gap)
        case NthTrigger():
            return Nth(block.nth, block.match)
        case WhenTrigger():
            return When(block.when, block.above, block.below)
