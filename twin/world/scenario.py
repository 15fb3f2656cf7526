"""The scenario: which world, which demand, which designs and which claims, as one frozen value.

It is data and decides nothing. The loader (`scenarios`) reads files, merges landscapes, applies overrides and words the
errors; here stand the blocks and what they mean. The world is built from the attributes; what is written back with
`model_dump(by_alias=True)` can be read again.
"""

import hashlib
import json
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    Strict,
    Tag,
    WithJsonSchema,
    model_validator,
)

from twin.errors import UsageError
from twin.world.action_specs import ActionBlock
from twin.world.catalogue_specs import Writing
from twin.world.checks.catalogue import CHECKED
from twin.world.costs import Costs
from twin.world.demand import Demand, Distribution, Items, Multipliers, Stock
from twin.world.demand import History as HistoryBlock
from twin.world.demand_history import History as RecordedDemand
from twin.world.designs import Design, InvariantId
from twin.world.fault_specs import FaultBlock
from twin.world.fault_templates import WrittenTemplate, written_out
from twin.world.landscape import BLANK, Landscape
from twin.world.law_specs import Delay
from twin.world.outcomes import Collapse, Recovery, RequestWindow
from twin.world.promise_specs import ChannelPromise
from twin.world.source_specs import Terms
from twin.world.values import (
    Block,
    Count,
    Duration,
    Flag,
    Identifier,
    Later,
    OneOf,
    PositiveDuration,
    Quantity,
    Share,
    WallStamp,
    WallTime,
    Words,
    Zone,
    instant_us,
    rule,
    sourced,
)
from twin.world.warm_up import WarmUp


class Start(Block):
    """The wall time at which elapsed time is 0, and the zone of all wall times without an offset."""

    at: WallStamp = sourced("2026-11-30T00:00", "rule: Cyber Monday 2026")
    zone: Zone = sourced("UTC", "rule: no zone is assumed")

    @property
    def instant_us(self) -> int:
        """The start in microseconds since 1970 UTC."""
        return instant_us(self.at, self.zone)


class Webhook(Block):
    """Orders come when the channel announces them, at the party's webhook latency plus `delay`."""

    kind: Literal["webhook"]
    delay: Delay = sourced("0s", "rule: the party's own webhook latency is all")


class Poll(Block):
    """Orders are asked for every `every`, and seen once the party shows them; `delay` is added to each."""

    kind: Literal["poll"]
    every: PositiveDuration = sourced("2m", "assumed: half of what would be noticed, well inside the published rate")
    delay: Delay = sourced("0s", "rule: the party's own visibility delay is all")


class Direct(Block):
    """Orders arrive after `delay` and nothing else: no party stands between.

    With `keyed` each is posted under an idempotency key, and again after `again_after` if no answer came.
    """

    kind: Literal["direct"]
    delay: Delay = sourced("0s", "rule: at once")
    keyed: Flag = sourced(False, "rule: a sender gives no idempotency key unless it is said")
    again_after: PositiveDuration = sourced("30s", "assumed: as long as most HTTP clients wait for an answer")


class InFiles(Block):
    """Orders come in files: by the party's mailbox, or in one run `every` so often where it has none."""

    kind: Literal["file"]
    every: PositiveDuration | None = sourced(None, "rule: the mailbox of an EDI gateway has its own times")
    burst_window: Duration = sourced("0s", "rule: a run hands all over at once; else it is spread over this time")
    delay: Delay = sourced("0s", "rule: the party's own delays are all")


Intake = Annotated[Webhook | Poll | Direct | InFiles, OneOf("intake")]


class Channel(Block):
    """A party that sells.

    `counts_down` says whether it subtracts its own sales from what it shows until the next publication. `cache` is how
    old what it shows may be. `cap` bounds the published figure. Higher `priority` numbers are served later.
    `sells_in` is the unit or package it sells in (its demand is in it too), where an item has it; `writes` is how its
    orders name items. `terms` is what is agreed with its customers. `method` is how its orders are fulfilled; safety
    stock may differ by it.
    """

    party: Identifier | None = sourced(None, "rule: the party of the same name")
    share: Share | None = sourced(None, "rule: from the landscape's orders a day; all of it for a single channel")
    counts_down: Flag
    cache: Duration = sourced("0s", "rule: a channel shows what it was last told")
    intake: Intake
    cap: Quantity | None = sourced(None, "rule: nothing caps what is published")
    priority: Count | None = sourced(None, "rule: the order of the channels block")
    sites: tuple[Identifier, ...] | None = sourced(None, "rule: every site serves every channel")
    sells_in: Identifier | None = sourced(None, "rule: items are sold by the piece, or by their quantum")
    writes: Writing | None = sourced(None, "rule: orders name our items in quanta, as after a translation")
    terms: Terms | None = sourced(None, "rule: an order says nothing beside its lines, and nothing is asked of it")
    method: Identifier | None = sourced(None, "rule: safety stock is the same however an order is fulfilled")
    backorder_depth: Quantity | None = sourced(None, "rule: the design's depth")
    cut_off: WallTime | None = sourced(None, "rule: an order of a ship day counts for that day")
    promise: ChannelPromise | None = sourced(None, "rule: no date is told")


@dataclass(frozen=True, slots=True)
class Bound:
    """What a measure must satisfy: `op` is one of > >= < <= between and predicted; `low` and `high` are its numbers.

    For `> a` and `>= a` the number is `low`, for `< b` and `<= b` it is `high`; `predicted` has neither.
    """

    op: Literal[">", ">=", "<", "<=", "between", "predicted"]
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Write the bound as it is read."""
        if self.op == "predicted":
            return "predicted: oversell_law"
        if self.op == "between":
            return f"between {self.low:g} and {self.high:g}"
        return f"{self.op} {(self.low if self.low is not None else self.high):g}"

    def holds(self, value: float) -> bool:
        """Say whether a number satisfies the bound.

        Raises:
            ValueError: the bound is `predicted`: the numbers come from the scenario's settings.
        """
        if self.op == "between":
            assert self.low is not None
            assert self.high is not None
            return self.low <= value <= self.high
        limit = self.low if self.low is not None else self.high
        if self.op == "predicted" or limit is None:
            raise ValueError("what oversell_law predicts is computed from the scenario's settings")
        return bool(_COMPARE[self.op](value, limit))


_COMPARE: Final = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
_NUM: Final = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"


def _bound(value: object) -> Bound:
    if isinstance(value, Bound):
        return value
    if value in ("predicted: oversell_law", {"predicted": "oversell_law"}):
        return Bound("predicted")
    text = value.strip() if isinstance(value, str) else ""
    if found := re.fullmatch(rf"(>=|<=|>|<)\s*({_NUM})", text):
        number = float(found[2])
        match found[1]:
            case ">":
                return Bound(">", low=number)
            case ">=":
                return Bound(">=", low=number)
            case "<":
                return Bound("<", high=number)
            case _:
                return Bound("<=", high=number)
    if found := re.fullmatch(rf"between\s+({_NUM})\s+and\s+({_NUM})", text):
        low, high = float(found[1]), float(found[2])
        if low <= high:
            return Bound("between", low, high)
    raise rule('must be "> 0", ">= 0", "< 1", "<= 1", "between 1 and 2" or "predicted: oversell_law"')


_BOUND_SCHEMA: Final = {"anyOf": [{"type": "string"}, {"type": "object", "required": ["predicted"]}]}
BoundText = Annotated[
    Bound, PlainValidator(_bound), PlainSerializer(str, return_type=str), WithJsonSchema(_BOUND_SCHEMA)
]


def _kpi(value: object) -> str:
    if isinstance(value, str) and _KPI.fullmatch(value):
        return value
    raise rule("must be the key of a measure, such as oversold_units or availability_age_s.p95")


_KPI: Final = re.compile(r"[a-z][a-z0-9_]*(\.(p\d+|max|mean|min|end|n))?(\{[a-z]+=[^,{}=]+(,[a-z]+=[^,{}=]+)*\})?")
Kpi = Annotated[str, PlainValidator(_kpi), WithJsonSchema({"type": "string", "pattern": "^[a-z]"})]


class Expectation(Block):
    """A claim about the result, written before the run.

    The measure of `design`, less that of the design `minus` or divided by that of `over`, satisfies `is`; with
    `probability`, the share of runs in which it does satisfies that bound.
    """

    name: Identifier
    claim: str | None = sourced(None, "rule: the measure speaks for itself")
    kpi: Kpi
    design: Identifier | None = sourced(None, "rule: the only design")
    minus: Identifier | None = sourced(None, "rule: the measure itself, no difference")
    over: Identifier | None = sourced(None, "rule: the measure itself, no ratio")
    is_: BoundText = Field(alias="is")
    seeds: Count | None = sourced(None, "rule: as many as the run has replications")
    probability: BoundText | None = sourced(None, "rule: a claim about the mean")
    on_violation: Literal["fail", "report"] = sourced("fail", "rule: a violated expectation exits 1")
    window: Later = None

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        if self.minus is not None and self.over is not None:
            raise rule("takes minus or over, not both", at="over", whole=True)
        if self.probability is not None and self.probability.op == "predicted":
            raise rule('must be a number to compare with, such as ">= 0.9"', at="probability", whole=True)
        return self


class ServiceLevel(Block):
    """A measure that must hold in the named designs; a broken one exits 1."""

    name: Identifier
    kpi: Kpi
    is_: BoundText = Field(alias="is")
    designs: tuple[Identifier, ...] = sourced((), "rule: empty means every design")
    window: Later = None


def _invariants(value: object) -> object:
    if value in ("all", "none"):
        return CHECKED if value == "all" else ()
    if isinstance(value, str):
        raise rule(f"must be all, none or a list of ids; there are {', '.join(CHECKED)}")
    return value


class Checks(Block):
    """Which invariants are checked in every run, and what a broken one does."""

    invariants: Annotated[
        tuple[InvariantId, ...],
        BeforeValidator(_invariants, json_schema_input_type=Literal["all", "none"] | tuple[InvariantId, ...]),
    ] = sourced("all", "rule: on from the start")
    on_violation: Literal["auto", "stop", "report"] = sourced(
        "auto", "rule: stop for run, report for compare and sweep"
    )
    T_conv: PositiveDuration | None = sourced(None, "RELIABILITY 2.6: a reconciliation + the longest max_age + 1 h")
    T_term: PositiveDuration | None = sourced(None, "RELIABILITY 2.6: T_conv + 1 h")
    T_rec: PositiveDuration | None = sourced(None, "RELIABILITY 2.6: a reconciliation + 1 h, seen twice")
    T_m: Later = None
    T_drain: Later = None
    G: PositiveDuration = sourced("1h", "RELIABILITY 2.6")
    e: Later = None
    A_max: Count = sourced(4, "RELIABILITY 3: one retrying layer of three; more at nested layers is a warning")


class Measures(Block):
    """Which measures are shown; the rest is computed all the same."""

    report: tuple[Kpi, ...] = sourced((), "rule: empty means the standard table")
    windows: Mapping[Identifier, RequestWindow] = sourced({}, "rule: no window but the whole run")
    bins: Later = None
    answered_within: PositiveDuration = sourced(
        "15m", "landscape.yaml, ERP gate: 900 s; an order is answered well when the ERP has confirmed it by then"
    )
    collapse: Collapse = sourced({}, "the defaults of collapse")
    recovery: Recovery = sourced({}, "the defaults of recovery")
    lineage_after: PositiveDuration = sourced(
        "1h", "assumed: how long a stock fact may be on its way to channels and ERP"
    )


def _designs(value: object) -> object:
    return {"standard": {}} if value == "standard" else value


class Origin(Protocol):
    """Where a scenario came from; the loader supplies it."""

    @property
    def name(self) -> str:
        """The name of the scenario: its file name without the ending."""

    @property
    def source(self) -> str:
        """The path of its file."""

    @property
    def text(self) -> str:
        """The text of its file, as it stands."""

    @property
    def overrides(self) -> tuple[str, ...]:
        """What was set over the file, each as `path=value`."""

    @property
    def code(self) -> tuple[Mapping[str, str | None], ...]:
        """What is known of each module of the user that it may import: name, version, SHA-256."""

    @property
    def small(self) -> bool:
        """Whether the file's own `small` block was applied."""

    def locate(self, file: str) -> str | None:
        """Return the full path of a data file, or None."""

    def history(self, scenario: "Scenario", block: HistoryBlock) -> RecordedDemand:
        """Read the recorded demand that a block names."""

    def stated(self) -> object:
        """Return what the file, its parts and its settings state, as plain values."""

    def changed(self, scenario: "Scenario", settings: Mapping[str, object]) -> "Scenario":
        """Return the scenario with more settings changed; checked after all are set."""


class Scenario(Block):
    """One whole scenario, checked; see the module for what it is."""

    schema_version: Literal[1]
    includes: tuple[str, ...] = Field((), exclude=True, description="parts that are merged before this file")
    question: Annotated[str, Strict(), Field(min_length=1)]
    start: Start = sourced({}, "the defaults of start")
    horizon: PositiveDuration
    warm_up: WarmUp = sourced("0s", "rule: everything counts unless it is said")
    seed: Annotated[int, Strict(), Field(ge=0)] = sourced(1, "rule: any seed is as good as another")
    reps: Count = sourced(1, "rule: one run")
    ties: Annotated[Literal["fifo"], Words("drawn")] = sourced("fifo", "rule: what was scheduled first happens first")
    landscape: Landscape
    channels: Mapping[Identifier, Channel] = sourced({}, "rule: only a world without a distributor sells nothing")
    items: Items = sourced({}, "rule: items are made from the demand")
    stock: Stock = sourced({}, "the defaults of stock")
    demand: Annotated[
        Annotated[Demand, Tag("<one>")] | Annotated[tuple[Demand, ...], Tag("<several>")],
        Discriminator(lambda value: "<several>" if isinstance(value, list | tuple) else "<one>"),
    ] = sourced((), "rule: only a world without a distributor has none")
    designs: Annotated[
        Mapping[Identifier, Design],
        Field(min_length=1),
        BeforeValidator(_designs, json_schema_input_type=Literal["standard"] | Mapping[Identifier, Design]),
    ] = sourced("standard", "rule: one design, named standard")
    checks: Checks = sourced({}, "the defaults of checks")
    expectations: tuple[Expectation, ...] = sourced((), "rule: no claim")
    slo: tuple[ServiceLevel, ...] = sourced((), "rule: no service level")
    measures: Measures = sourced({}, "the defaults of measures")
    small: Mapping[str, object] = Field(default_factory=dict, description="paths and values that `--small` applies")
    faults: Annotated[
        tuple[FaultBlock, ...],
        BeforeValidator(written_out, json_schema_input_type=tuple[FaultBlock | WrittenTemplate, ...]),
    ] = sourced((), "rule: nothing fails on purpose")
    actions: tuple[ActionBlock, ...] = sourced((), "rule: nobody interferes on purpose")
    costs: Costs = sourced({}, "the defaults of costs")
    _origin: Origin | None = PrivateAttr(None)

    @property
    def name(self) -> str:
        """The name of the scenario: its file name without the ending."""
        return self.origin.name

    @property
    def source(self) -> str:
        """The path of the scenario's file."""
        return self.origin.source

    @property
    def text(self) -> str:
        """The text of the scenario's file, as it stands."""
        return self.origin.text

    @property
    def overrides(self) -> tuple[str, ...]:
        """What was set over the file, each as `path=value`."""
        return self.origin.overrides

    @property
    def code(self) -> tuple[Mapping[str, str | None], ...]:
        """What is known of each module of the user that the scenario may import: name, version, SHA-256."""
        return self.origin.code

    @property
    def is_small(self) -> bool:
        """Whether this is the small version of its file."""
        return self.origin.small

    @property
    def origin(self) -> Origin:
        """Where the scenario came from.

        Raises:
            UsageError: it was not loaded, but made from a mapping.
        """
        if self._origin is None:
            raise UsageError("this scenario was not loaded from a file; use `scenarios.load`")
        return self._origin

    @property
    def demands(self) -> tuple[Demand, ...]:
        """The demand as a sequence, however many were written."""
        return self.demand if isinstance(self.demand, tuple) else (self.demand,)

    @property
    def is_blank(self) -> bool:
        """Whether this is a world without a distributor: clients and servers alone."""
        return self.landscape.use == BLANK

    @property
    def start_us(self) -> int:
        """The start in microseconds since 1970 UTC; elapsed time is 0 there."""
        return self.start.instant_us

    @property
    def sha256(self) -> str:
        """The SHA-256 of the canonical form: every setting with its default, keys sorted; names and layout aside."""
        canonical = self.model_dump(mode="json", by_alias=True, exclude={"small"})
        return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def party_of(self, channel: str) -> str:
        """Return the name of the party behind a channel."""
        return self.channels[channel].party or channel

    def shares(self) -> dict[str, float]:
        """Return the share of each channel in the orders; the sum is 1.

        Stated shares count; without any, the landscape's orders a day, and a single channel has all.
        """
        stated = {name: channel.share for name, channel in self.channels.items() if channel.share is not None}
        if stated:
            return {name: stated.get(name, 0.0) for name in self.channels}
        sizes = {name: self.landscape.size.orders_per_day.get(name, 0.0) for name in self.channels}
        total = sum(sizes.values())
        return {name: size / total if total else 1 / len(sizes) for name, size in sizes.items()}

    def orders_per_day(self, volume: float | Mapping[str, float] | Literal["landscape"]) -> dict[str, float]:
        """Return a distribution's mean orders a day for each channel, multipliers apart."""
        if isinstance(volume, Mapping):
            return {name: volume.get(name, 0.0) for name in self.channels}
        if volume == "landscape":
            volume = sum(self.landscape.size.orders_per_day.values())
        return {name: volume * share for name, share in self.shares().items()}

    def multiplier(self, block: Distribution, channel: str) -> float:
        """Return the factor on a channel's arrivals: by its own name, else by its group, else 1."""
        return self._factor(block.multipliers, channel)

    def planned_multiplier(self, channel: str) -> float:
        """Return the factor on a channel's arrivals on the day that the landscape plans for; 1 where it plans none."""
        return self._factor(self.landscape.size.plan_for, channel)

    def _factor(self, multipliers: Multipliers | None, channel: str) -> float:
        """The group of a channel is the kind of its party: `storefront`, `marketplaces`, and `edi` with the portal."""
        if multipliers is None:
            return 1.0
        kind = self.landscape.parties[self.party_of(channel)].kind
        group = {"marketplace": "marketplaces", "edi_gateway": "edi", "b2b_portal": "edi"}.get(kind, kind)
        return multipliers.factors.get(channel, multipliers.factors.get(group, 1.0))

    def history(self, block: HistoryBlock) -> RecordedDemand:
        """Read the recorded demand of a block, with the time before it that the stock rule estimates from.

        Raises:
            HistoryError: the file cannot be read under its mapping, or does not hold the window.
            ScenarioError: the mapping does not keep its language.
        """
        return self.origin.history(self, block)

    def locate(self, file: str) -> str:
        """Return the full path of a data file that the scenario names.

        Raises:
            UsageError: there is no such file beside the scenario or in the shipped data.
        """
        found = self.origin.locate(file)
        if found is None:
            raise UsageError(f"no such file {file!r} (looked beside the scenario and in the shipped data)")
        return found

    def with_(self, path: str, value: object) -> "Scenario":
        """Return the scenario with one setting changed, `scenario.with_("designs.governed.retry.attempts", 5)`.

        Raises:
            ScenarioError: the path meets nothing, or the value breaks a rule.
        """
        return self.origin.changed(self, {path: value})

    def with_all(self, settings: Mapping[str, object]) -> "Scenario":
        """Return the scenario with several settings changed, path by path; it must hold together once all are set.

        Raises:
            ScenarioError: a path meets nothing, or a value breaks a rule.
        """
        return self.origin.changed(self, settings)
