"""The demand, items and stock blocks of a scenario: who buys what, and how much of it there is to begin with."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from twin.world.basket_specs import Baskets
from twin.world.catalogue_specs import Aliases, Bases, CatchWeight, Kits, Packs, Prefix, Replacement
from twin.world.law_specs import CountLaw, Delay, Figure, ZipfLaw
from twin.world.safety_specs import SafetyOfAll, SafetyOfItem
from twin.world.second_thoughts import Returns, SecondThoughts
from twin.world.values import (
    Block,
    Count,
    DataFile,
    Duration,
    Factor,
    Identifier,
    Later,
    OneOf,
    PositiveDuration,
    Quantity,
    Share,
    Surroundings,
    WallStamp,
    Words,
    rule,
    share,
    share_text,
    sourced,
)


class Items(Block):
    """Which items there are: so many, named ITEM-0001 and on, or those of a file. Absent: made from the demand."""

    count: Count | None = sourced(None, "rule: items are made from the demand")
    file: DataFile | None = sourced(None, "rule: items are made from the demand")
    mapping: DataFile | None = sourced(None, "rule: a file comes with its mapping")
    classes: Mapping[Identifier, tuple[Identifier, ...]] = sourced({}, "rule: no item has a class unless it is said")
    packs: Packs = sourced({}, "rule: items are sold by the piece unless it is said")
    bases: Bases = sourced({}, "rule: items are counted in pieces unless it is said")
    bought_in: Identifier | None = sourced(None, "rule: supply is bought by the quantum unless it is said")
    catch_weight: CatchWeight | None = sourced(None, "rule: pieces are not weighed unless it is said")
    kits: Kits = sourced({}, "rule: no item is made of others unless it is said")
    aliases: Aliases = sourced({}, "rule: channels know our item codes")
    gtin_prefix: Prefix | None = sourced(None, "rule: items have no GTINs unless it is said")
    replaced: Mapping[Identifier, Replacement] = sourced({}, "rule: no item is replaced unless it is said")
    sites: Later = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.count is not None and self.file is not None:
            raise rule("items take count or file, not both", whole=True)
        if (self.file is None) != (self.mapping is None):
            raise rule("file and mapping belong together", at="file" if self.file else "mapping", whole=True)
        return self


class _Replenished(Block):
    """What the rules that look at past demand share."""

    service_level: Share = sourced("98%", "assumed: the share of order cycles without a stock-out")
    estimate_from: PositiveDuration = sourced("28d", "assumed: four weeks before the start")
    review: PositiveDuration = sourced("1d", "rule: the planner looks once a day")
    lead_time: Delay = sourced({"figure": "purchase_lead_time_d"}, "demand.yaml (derived)")
    prebuild: Factor = sourced(1.0, "rule: the planner forecasts no season")

    @model_validator(mode="after")
    def _a_level(self) -> Self:
        if not 0.5 <= self.service_level < 1:
            raise rule("must lie between 50 % and 100 %, the latter excluded", at="service_level")
        return self


class OrderPoint(_Replenished):
    """(s, S): below s, order up to S = s + `cover` x the mean daily demand."""

    kind: Literal["s_S"]
    cover: PositiveDuration = sourced("7d", "assumed: an order covers a week")


class OrderUpTo(_Replenished):
    """At every review, order up to the same level."""

    kind: Literal["order_up_to"]


class MinMax(Block):
    """Below `min` units, order up to `max` units, the same for every item."""

    kind: Literal["min_max"]
    min: Quantity
    max: Quantity
    review: PositiveDuration = sourced("1d", "rule: the planner looks once a day")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max < self.min:
            raise rule("must not be below min", at="max")
        return self


class NoReplenishment(Block):
    """Nothing is bought."""

    kind: Literal["none"]


def _bare_kind(value: object) -> object:
    return {"kind": value} if value == "none" else value


StockRule = Annotated[
    OrderPoint | OrderUpTo | MinMax | NoReplenishment,
    OneOf("stock rule", short=_bare_kind, short_schema={"const": "none"}),
]


class RecordErrors(Block):
    """Records that are wrong from the start: in `share` of the (item, site) pairs, off by `size` units either way."""

    share: Share
    size: CountLaw


class ItemStock(Block):
    """An exception for one item, shown in the report as "set by hand"."""

    opening: Quantity | None = sourced(None, "rule: as all items")
    safety: SafetyOfItem | None = sourced(None, "rule: as all items")


def _opening(value: object) -> int | str:
    if value == "stationary":
        return "stationary"
    if value == "file":
        raise rule("'file' does not exist yet; there are stationary or a number of units", whole=True)
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise rule("must not be negative")
        return value
    raise rule("must be stationary or a whole number of units")


Opening = Annotated[
    int | Literal["stationary"],
    PlainValidator(_opening),
    WithJsonSchema({"anyOf": [{"const": "stationary"}, {"type": "integer", "minimum": 0}]}),
]


def _split(value: object) -> str | dict[str, float]:
    if value == "by_demand":
        return "by_demand"
    if not isinstance(value, Mapping) or not all(isinstance(site, str) for site in value):
        raise rule("must be by_demand or a share for each site")
    split = {site: share(part) for site, part in value.items()}
    if abs(sum(split.values()) - 1) > 1e-9:
        raise rule(f"shares must sum to 100 % (got {100 * sum(split.values()):.6g} %)", whole=True)
    return split


Split = Annotated[
    Literal["by_demand"] | Mapping[str, float],
    PlainValidator(_split),
    PlainSerializer(lambda split: split if split == "by_demand" else {k: share_text(v) for k, v in split.items()}),
    WithJsonSchema(
        {"anyOf": [{"const": "by_demand"}, {"type": "object", "additionalProperties": {"type": ["string", "number"]}}]}
    ),
]


class Stock(Block):
    """The stock at the start, how it is replenished, and how wrong the records are.

    `opening` as a number is in units of every item over all sites together.
    """

    rule: StockRule = sourced(
        {"kind": "s_S"}, "rule: stock follows one replenishment rule, never typed to make a point"
    )
    opening: Opening = sourced("stationary", "rule: drawn from the long-run position of the replenishment rule")
    split: Split = sourced("by_demand", "rule: sites hold stock in the proportion in which they serve demand")
    record_errors: RecordErrors | None = sourced(None, "rule: records are right unless it is said")
    safety: SafetyOfAll = sourced(0, "rule: units withheld from every channel at every site")
    items: Mapping[Identifier, ItemStock] = sourced({}, "rule: no item is set by hand")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.opening == "stationary" and isinstance(self.rule, NoReplenishment):
            raise rule(
                "stationary needs a replenishment rule; with kind none give a number of units", at="opening", whole=True
            )
        return self


class Window(Block):
    """A stretch of a history, from a local date or time on."""

    from_: WallStamp = Field(alias="from")
    length: PositiveDuration


_QUANTILE: Final = re.compile(r"q(\d{1,2}(?:\.\d+)?)")


def _threshold(value: object) -> int | str:
    if isinstance(value, str) and _QUANTILE.fullmatch(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise rule("must be a whole number of units, or a quantile such as q99.9")


class LeaveOut(Block):
    """Lines of a history that are not played, each counted and listed: those above a quantity."""

    quantity_above: Annotated[
        int | str,
        PlainValidator(_threshold),
        WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^q"}]}),
    ]

    @property
    def quantile(self) -> float | None:
        """The level from 0 to 1 where a quantile of the window was named (`q99.9` is 0.999), else None."""
        return float(self.quantity_above[1:]) / 100 if isinstance(self.quantity_above, str) else None


class SpikeBlock(Block):
    """A rush on one item: a flash sale, or a mention by somebody famous."""

    name: Identifier
    at: Duration
    item: Identifier
    factor: Annotated[float, Strict(), Field(gt=1, allow_inf_nan=False)] = sourced(
        50.0, "landscape.yaml, flash_sale_one_sku: low end of the guides (third party)"
    )
    rise: Duration = sourced("5s", "assumed: a mail goes out at once")
    plateau: Duration = sourced("60s", "assumed")
    half_life: PositiveDuration = sourced("120s", "assumed")
    share_on_item: Share = sourced("90%", "assumed: the others came for it and buy something else")
    channels: tuple[Identifier, ...] = sourced((), "rule: empty means every channel")


class _Demand(Block):
    """What every demand has: a name where there are several, and what its buyers do afterwards."""

    name: Identifier | None = sourced(None, "rule: only one of several demands needs a name")
    returns: Returns | None = sourced(None, "rule: nobody sends anything back unless it is said")
    edits: SecondThoughts | None = sourced(None, "rule: nobody changes an order unless it is said")
    cancellations: SecondThoughts | None = sourced(None, "rule: nobody cancels unless it is said")
    baskets: Baskets | None = sourced(None, "rule: buyers buy when they come, unless it is said")


_BUYS: Final = "rule: a buyer who sees too little is a lost sale"


class History(_Demand):
    """Recorded orders, played again."""

    kind: Literal["history"]
    file: DataFile
    mapping: DataFile
    window: Window | None = sourced(None, "rule: the horizon, from the scenario's start on")
    assign_channel: Identifier = sourced(
        "by_share", "rule: hash(order id) against the shares; same order, same channel"
    )
    leave_out: LeaveOut | None = sourced(None, "rule: everything is played")
    jitter_within: Duration = sourced("0s", "rule: recorded stamps are taken as they stand")
    speed: Factor = sourced(1.0, "rule: as fast as recorded; 2 halves the gaps")
    repeat: Count = sourced(1, "rule: played once")
    buys: Annotated[Literal["if_shown", "always"], Words("partly")] = sourced("if_shown", _BUYS)
    scale_arrivals: Later = None


class Arrivals(Block):
    """How orders follow each other: Poisson inside a day, with a level of each day of this coefficient of variation."""

    law: Annotated[Literal["poisson"], Words("bursts")] = sourced("poisson", "rule: buyers do not wait for each other")
    day_level_cv: Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)] = sourced(
        0.0, "rule: every day at its own mean unless it is said"
    )


class Shape(Block):
    """The shape of day and week by figures of demand.yaml; without one, flat.

    `hour_shares` and `weekday_shares` (Monday first) are the shares themselves once the figures are looked up.
    """

    hours: Identifier | None = sourced(None, "rule: flat")
    weekdays: Identifier | None = sourced(None, "rule: flat")
    edi: Later = None
    _hours: tuple[float, ...] = PrivateAttr((1 / 24,) * 24)
    _weekdays: tuple[float, ...] = PrivateAttr((1 / 7,) * 7)

    @property
    def hour_shares(self) -> tuple[float, ...]:
        """The share of a day's orders in each of its 24 hours, local time; the sum is 1."""
        return self._hours

    @property
    def weekday_shares(self) -> tuple[float, ...]:
        """The share of a week's orders on each day, Monday first; the sum is 1."""
        return self._weekdays

    @model_validator(mode="after")
    def _look_up(self, info: ValidationInfo) -> Self:
        surroundings: Surroundings | None = info.context
        if surroundings is not None and self.hours is not None:
            self._hours = _shares(surroundings, self.hours, tuple(f"{hour:02d}" for hour in range(24)), "hours")
        if surroundings is not None and self.weekdays is not None:
            self._weekdays = _shares(surroundings, self.weekdays, _WEEKDAYS, "weekdays")
        return self


_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _shares(surroundings: Surroundings, name: str, keys: tuple[str, ...], at: str) -> tuple[float, ...]:
    """Return the shares of a figure by key, scaled to sum 1; a key that the figure leaves out has share 0."""
    entry = surroundings.figure(name)
    if entry is None:
        raise rule(f"no such figure {name!r}{surroundings.near('figure', name)}", at=at, whole=True)
    value = entry.get("value")
    given = (
        {f"{key:02d}" if isinstance(key, int) else str(key): part for key, part in value.items()}
        if (isinstance(value, Mapping))
        else {}
    )
    total = sum(part for part in given.values() if isinstance(part, int | float))
    if not given or not set(given) <= set(keys) or not total:
        raise rule(f"figure {name!r} has no shares of {at}", at=at, whole=True)
    return tuple(float(given.get(key, 0.0)) / total for key in keys)


def _ranked(spec: object) -> object:
    law = spec.looked_up if isinstance(spec, Figure) else spec
    if law is not None and not isinstance(law, ZipfLaw):
        raise rule("popularity takes {law: zipf, exponent} or a figure that is an exponent", whole=True)
    return spec


class Popularity(Block):
    """How demand spreads over the items."""

    popularity: Annotated[CountLaw, AfterValidator(_ranked)] = sourced(
        {"figure": "zipf_exponent_80_20"}, "demand.yaml: a fifth of the items takes four fifths (derived)"
    )


def _volume(value: object) -> str | float | dict[str, float]:
    if value == "landscape":
        return "landscape"
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: _orders(number) for name, number in value.items()}
    return _orders(value)


def _orders(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise rule("must be landscape, a number of orders a day, or such a number for each channel")
    if value < 0:
        raise rule("must not be negative")
    return float(value)


Volume = Annotated[
    Literal["landscape"] | float | Mapping[str, float],
    PlainValidator(_volume),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "landscape"},
                {"type": "number", "minimum": 0},
                {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
            ]
        }
    ),
]


@dataclass(frozen=True, slots=True)
class Multipliers:
    """Factors on arrivals by channel or group (`storefront`, `marketplaces`), and the name they were found under."""

    name: str | None
    factors: Mapping[str, float]


def _multipliers(value: object, info: ValidationInfo) -> Multipliers | None:
    if value is None or isinstance(value, Multipliers):
        return value
    surroundings: Surroundings | None = info.context
    if isinstance(value, str):
        row = surroundings.multipliers(value) if surroundings is not None else {}
        if row is None:
            assert surroundings is not None
            raise rule(f"no such multipliers {value!r}{surroundings.near('multipliers', value)}", whole=True)
        return Multipliers(value, {group: float(x) for group, x in row.items() if isinstance(x, int | float)})
    if not isinstance(value, Mapping) or not all(isinstance(x, int | float) and x >= 0 for x in value.values()):
        raise rule("must be a name of the landscape's peak multipliers, or a factor for each channel or group")
    return Multipliers(None, {str(group): float(x) for group, x in value.items()})


OptionalMultipliers = Annotated[
    Multipliers | None,
    PlainValidator(_multipliers),
    PlainSerializer(lambda value: None if value is None else value.name or dict(value.factors)),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "additionalProperties": {"type": "number"}},
                {"type": "null"},
            ]
        }
    ),
]


def _for_all(value: object) -> object:
    """Read one law as the law of all `other` channels."""
    if isinstance(value, Mapping) and not {"law", "archetype", "figure", "use"} & set(value):
        return value
    return {"other": value}


ByChannel = Annotated[
    Mapping[Identifier, CountLaw], BeforeValidator(_for_all, json_schema_input_type=Mapping[str, CountLaw] | CountLaw)
]
"""A law for each channel or group by name, and for all `other`; one law alone holds for all."""


class Distribution(_Demand):
    """Orders drawn from distributions.

    `orders_per_day` as a number is over all channels, split by their shares; as a mapping, a number for each channel.
    `multipliers` multiply a channel's arrivals, by the name of a channel or of a group (`storefront`, `marketplaces`).
    """

    kind: Literal["distribution"]
    orders_per_day: Volume = sourced("landscape", "rule: the landscape's own size")
    arrivals: Arrivals = sourced({}, "rule: Poisson at the mean")
    shape: Shape = sourced({}, "rule: flat")
    multipliers: OptionalMultipliers = sourced(None, "rule: a normal day")
    spikes: tuple[SpikeBlock, ...] = sourced((), "rule: no rush")
    items: Popularity = sourced({}, "the defaults of items")
    lines: ByChannel = sourced({"figure": "items_per_order_marketplace"}, "demand.yaml (derived)")
    units: ByChannel = sourced(1, "assumed: one unit a line, as consumers buy")
    buys: Annotated[Literal["if_shown", "always"], Words("partly")] = sourced("if_shown", _BUYS)


class NoDemand(_Demand):
    """Nobody buys."""

    kind: Literal["none"]


Demand = Annotated[
    History | Distribution | NoDemand,
    OneOf("demand", later=("clients",), short=_bare_kind, short_schema={"const": "none"}),
]
