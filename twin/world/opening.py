"""The state at the start: which items there are, what lies where, what is under way, and who will buy what.

Everything is drawn from the scenario and the seed alone, so every design of a scenario opens alike.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np

from actors.demand import Arrival, Baskets, Profile, Spike, drawn, merged, rushed
from policies.replenishment import Levels, OrderUpTo, ReorderPoint, ServiceLevel
from twin.errors import UsageError
from twin.kernel.laws import Constant, Law, Zipf
from twin.model.chance import stream_id, uniform
from twin.model.commands import OrderedLine
from twin.model.ids import business_id
from twin.model.instant import DAY, Elapsed
from twin.model.quantity import ItemUnits, Rounding
from twin.world import demand as blocks
from twin.world.catalogues import kits_of, sell_units_of, units_of
from twin.world.demand_history import DailyDemand, History, estimate, jittered
from twin.world.items import histories_of, items_of
from twin.world.law_specs import Figure, ZipfLaw
from twin.world.laws import LawSpec, compiled
from twin.world.rules import the_wms
from twin.world.scenario import Scenario
from twin.world.stocking import (
    OpeningStock,
    RecordError,
    UnderWay,
    base_stock_of,
    levels_of,
    record_errors,
    split,
    stationary_opening,
)


class Replenishment:
    """What the ERP asks of a rule at each review: how many units to buy at a position, in whole `unit` of `units`."""

    __slots__ = ("rule", "unit", "units")

    def __init__(self, rule: ReorderPoint | OrderUpTo, units: ItemUnits | None = None, unit: str = "") -> None:
        self.rule = rule
        self.units = units
        self.unit = unit

    def order(self, position: int) -> int:
        """Return the quanta to buy; 0 for none."""
        wanted = self.rule.decide(position).quantity
        if self.units is None or not wanted:
            return wanted
        whole = self.units.whole(wanted, self.unit, Rounding.CEIL)
        bought = self.units.quanta(Fraction(whole), self.unit, Rounding.CEIL) if isinstance(whole, int) else wanted
        return bought if isinstance(bought, int) else wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Everything that is decided before the first event.

    `record[item][site]` is what the books say, `shelf[item][site]` what is there; `arrivals` yields the demand in time
    order; `notes` say what was left out, set by hand or never sold.
    """

    items: tuple[str, ...]
    sites: tuple[str, ...]
    record: tuple[tuple[int, ...], ...]
    errors: tuple[RecordError, ...]
    under_way: tuple[UnderWay, ...]
    rules: dict[int, Replenishment]
    site_shares: tuple[float, ...]
    arrivals: Iterator[Arrival]
    notes: tuple[str, ...]
    buys: str = ""
    """What buyers do at too small a figure, where it is not for the demand to say: `if_shown`, `partly`, `always`."""

    def without_items_from(self, first: int) -> "Opening":
        """Return the opening with nothing on hand or under way of the items from number `first` on."""
        if first >= len(self.items):
            return self
        record = tuple([row if item < first else (0,) * len(row) for item, row in enumerate(self.record)])
        errors = tuple([error for error in self.errors if error.item < first])
        under_way = tuple([order for order in self.under_way if order.item < first])
        return replace(self, record=record, errors=errors, under_way=under_way)


def open_world(scenario: Scenario, seed: int) -> Opening:
    """Draw the opening of a scenario; raises UsageError where its blocks do not fit together."""
    histories = histories_of(scenario)
    items = items_of(scenario, histories)
    number = {sku: place for place, sku in enumerate(items)}
    wms = the_wms(scenario)
    shares = _site_shares(scenario, {name: float(site.people) for name, site in wms.sites.items()})
    stock, rules, sentences = _stock(scenario, items, histories, shares, seed)
    errors: tuple[RecordError, ...] = ()
    if scenario.stock.record_errors is not None:
        wrong = scenario.stock.record_errors
        errors = record_errors(stock, share=wrong.share, size=compiled(wrong.size), seed=seed)
        sentences.append(f"stock records that are off: {len(errors)}")
    played = iter(histories)
    sources: list[Iterator[Arrival]] = []
    for demand, block in enumerate(scenario.demands):
        if isinstance(block, blocks.History):
            history = next(played)
            sentences += history.explain()
            sources.append(_recorded(scenario, block, history, number, seed, demand))
        elif isinstance(block, blocks.Distribution):
            sources += _drawn(scenario, block, number, seed, demand)
    return Opening(
        items=items,
        sites=tuple(wms.sites),
        record=stock.on_hand,
        errors=errors,
        under_way=stock.under_way,
        rules=rules,
        site_shares=tuple(shares.values()),
        arrivals=merged(sources),
        notes=tuple(sentences),
    )


def local_midnight(scenario: Scenario) -> Elapsed:
    """Return the elapsed time of the local midnight at or before the start: 0 or negative.

    Local time is taken to run on as it does at the start; a change of the clocks inside a horizon is not followed.
    """
    local = _local_start(scenario)
    since = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return -(since // timedelta(microseconds=1))


def next_at(scenario: Scenario, wall_time_us: int) -> Elapsed:
    """Return the first elapsed time, from 0 on, at which the local clock shows a time of day (us after midnight)."""
    at = local_midnight(scenario) + wall_time_us
    return at if at >= 0 else at + DAY


def _local_start(scenario: Scenario) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=scenario.start_us)
    return start.astimezone(ZoneInfo(scenario.start.zone))


def _site_shares(scenario: Scenario, people: dict[str, float]) -> dict[str, float]:
    """Return each site's share of the stock: as stated, else by its people, who serve the demand."""
    split_block = scenario.stock.split
    if isinstance(split_block, Mapping):
        return {name: float(split_block.get(name, 0.0)) for name in people}
    total = sum(people.values())
    return {name: count / total for name, count in people.items()}


def _stock(
    scenario: Scenario, items: tuple[str, ...], histories: list[History], shares: dict[str, float], seed: int
) -> tuple[OpeningStock, dict[int, Replenishment], list[str]]:
    block = scenario.stock
    rule = block.rule
    by_hand = {sku: each.opening for sku, each in block.items.items() if each.opening is not None}
    unknown = [sku for sku in block.items if sku not in items]
    if unknown:
        raise UsageError(f"stock.items: no such item {unknown[0]!r} in this world")
    if isinstance(rule, blocks.NoReplenishment | blocks.MinMax) or block.opening != "stationary":
        units = block.opening if isinstance(block.opening, int) else 0
        if isinstance(rule, blocks.MinMax) and block.opening == "stationary":
            units = (rule.min + rule.max) // 2
        kits = scenario.items.kits
        on_hand = tuple(split(0 if sku in kits else by_hand.get(sku, units), list(shares.values())) for sku in items)
        opening = OpeningStock(
            items=items,
            sites=tuple(shares),
            levels=(),
            on_hand=on_hand,
            under_way=(),
            never_sold=(),
            set_by_hand=tuple(sku for sku in items if sku in by_hand),
            cut_at_zero=0,
        )
        rules = _rules(scenario, items, histories, seed) if not isinstance(rule, blocks.NoReplenishment) else {}
        return opening, rules, list(opening.explain())
    demand, lead_time = _daily(scenario, items, histories), compiled(rule.lead_time)
    levels = _levels(rule, demand, lead_time)
    opening = stationary_opening(items, levels, demand, lead_time, sites=shares, seed=seed, set_by_hand=by_hand)
    return opening, _replenished(scenario, items, rule, levels), list(opening.explain())


def _rules(scenario: Scenario, items: tuple[str, ...], histories: list[History], seed: int) -> dict[int, Replenishment]:
    rule = scenario.stock.rule
    if isinstance(rule, blocks.MinMax):
        kits = scenario.items.kits
        each = ReorderPoint(reorder_point=rule.min, order_up_to=rule.max)
        buying = _buying(scenario, items)
        return {item: buying(item, each) for item in range(len(items)) if items[item] not in kits}
    assert isinstance(rule, blocks.OrderPoint | blocks.OrderUpTo)
    levels = _levels(rule, _daily(scenario, items, histories), compiled(rule.lead_time))
    return _replenished(scenario, items, rule, levels)


def _buying(scenario: Scenario, items: tuple[str, ...]) -> Callable[[int, ReorderPoint | OrderUpTo], Replenishment]:
    """Return what makes an item's replenishment: in the unit in which it is bought, where the item has that unit."""
    unit = scenario.items.bought_in
    if unit is None:
        return lambda _, rule: Replenishment(rule)
    units = units_of(scenario, {sku: n for n, sku in enumerate(items)})
    return lambda item, rule: (
        Replenishment(rule, units[item], unit) if units[item].per_unit(unit) is not None else Replenishment(rule)
    )


def _levels(rule: blocks.OrderPoint | blocks.OrderUpTo, demand: DailyDemand, lead_time: Law) -> tuple[Levels, ...]:
    cover = rule.cover if isinstance(rule, blocks.OrderPoint) else rule.review
    service = ServiceLevel(service_level=rule.service_level, review_d=rule.review / DAY, cover_d=cover / DAY)
    scaled = DailyDemand(
        mean=demand.mean * rule.prebuild, sd=demand.sd * rule.prebuild, days=demand.days, silent_days=demand.silent_days
    )
    find = levels_of if isinstance(rule, blocks.OrderPoint) else base_stock_of
    return find(scaled, service, lead_time)


def _replenished(
    scenario: Scenario, items: tuple[str, ...], rule: blocks.OrderPoint | blocks.OrderUpTo, levels: tuple[Levels, ...]
) -> dict[int, Replenishment]:
    found: dict[int, Replenishment] = {}
    buying = _buying(scenario, items)
    for item, level in enumerate(levels):
        if level.order_up_to <= level.reorder_point:
            continue
        if isinstance(rule, blocks.OrderPoint):
            policy: ReorderPoint | OrderUpTo = ReorderPoint(
                reorder_point=level.reorder_point, order_up_to=level.order_up_to
            )
        else:
            policy = OrderUpTo(level=level.order_up_to)
        found[item] = buying(item, policy)
    return found


def _daily(scenario: Scenario, items: tuple[str, ...], histories: list[History]) -> DailyDemand:
    """Return the daily demand by item: estimated from the histories, and the distributions' own moments."""
    mean = np.zeros(len(items))
    variance = np.zeros(len(items))
    number = {sku: place for place, sku in enumerate(items)}
    days = silent = 0
    for history in histories:
        found = estimate(history)
        days, silent = found.days, found.silent_days
        for place, sku in enumerate(history.items):
            mean[number[sku]] += found.mean[place]
            variance[number[sku]] += found.sd[place] ** 2
    for block in scenario.demands:
        if isinstance(block, blocks.Distribution):
            shares = _popularity_shares(block, len(items))
            lines, units = _by_channel(block.lines), _by_channel(block.units)
            for name, orders in scenario.orders_per_day(block.orders_per_day).items():
                per_day = orders * _law_of(lines, name).mean * shares
                pack = _packs(scenario, name, items)
                mean += per_day * pack * _law_of(units, name).mean
                variance += per_day * pack**2 * _second_moment(_law_of(units, name))
    for kit, parts in kits_of(scenario, number).parts.items():
        for part in parts:
            mean[part.item] += part.quantity * mean[kit]
            variance[part.item] += part.quantity**2 * variance[kit]
        mean[kit] = variance[kit] = 0.0
    return DailyDemand(mean=mean, sd=np.sqrt(variance), days=days, silent_days=silent)


def _packs(scenario: Scenario, channel: str, items: tuple[str, ...]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return the quanta of each item in one unit of what a channel sells."""
    packs = np.ones(len(items))
    for item, quanta in sell_units_of(scenario, channel, {sku: n for n, sku in enumerate(items)}).items():
        packs[item] = quanta
    return packs


def _second_moment(law: Law) -> float:
    grid = [(n + 0.5) / 2000 for n in range(2000)]
    return sum(law.quantile(p) ** 2 for p in grid) / len(grid)


def _by_channel(spec: "Mapping[str, LawSpec] | LawSpec") -> dict[str, Law]:
    """Return the laws of a setting by channel; `other` stands for every channel that is not named."""
    if isinstance(spec, Mapping):
        return {name: compiled(law) for name, law in spec.items()}
    return {"other": compiled(spec)}


def _law_of(laws: dict[str, Law], channel: str) -> Law:
    return laws.get(channel) or laws.get("other") or Constant(1)


def _popularity(block: blocks.Distribution, items: int) -> Zipf:
    spec = block.items.popularity
    law = spec.written_out if isinstance(spec, Figure) else spec
    assert isinstance(law, ZipfLaw)
    return Zipf(law.exponent, items)


def _popularity_shares(block: blocks.Distribution, items: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    spec = block.items.popularity
    law = spec.written_out if isinstance(spec, Figure) else spec
    assert isinstance(law, ZipfLaw)
    weights = np.arange(1, items + 1, dtype=np.float64) ** -law.exponent
    shares: np.ndarray[tuple[int], np.dtype[np.float64]] = weights / weights.sum()
    return shares


def _recorded(
    scenario: Scenario, block: blocks.History, history: History, number: dict[str, int], seed: int, demand: int
) -> Iterator[Arrival]:
    """Yield the recorded orders, on the channel that is named or that each one's identity draws from the shares."""
    names = list(scenario.channels)
    named = names.index(block.assign_channel) if block.assign_channel in names else None
    shares = scenario.shares()
    edges: list[float] = []
    total = 0.0
    for share in shares.values():
        total += share
        edges.append(total)
    stream = stream_id("demand/channel")
    moved = jittered(history, seed=seed, within_us=block.jitter_within)
    item_of = [number[sku] for sku in history.items]
    span = int(history.window_us / block.speed)
    for turn in range(block.repeat):
        for order in moved.orders:
            suffix = f"/{turn + 1}" if turn else ""
            code = f"{order.order}{suffix}"
            id = business_id("order", code) if turn else order.identity
            draw = uniform(seed, stream, id) * total
            by_draw = next((n for n, edge in enumerate(edges) if draw < edge), len(edges) - 1)
            channel = by_draw if named is None else named
            lines = tuple(
                [OrderedLine(item_of[line.item], line.quantity, line.price_minor or 0) for line in order.lines]
            )
            yield Arrival(turn * span + int(order.at_us / block.speed), channel, id, code, lines, demand)


def _drawn(
    scenario: Scenario, block: blocks.Distribution, item_of: Mapping[str, int], seed: int, demand: int
) -> list[Iterator[Arrival]]:
    """Return one stream of drawn orders per channel, and one per channel and spike."""
    items = len(item_of)
    popularity = _popularity(block, items)
    lines, units = _by_channel(block.lines), _by_channel(block.units)
    start = _local_start(scenario)
    midnight = local_midnight(scenario)
    sources = []
    for channel, (name, volume) in enumerate(scenario.orders_per_day(block.orders_per_day).items()):
        per_day = volume * scenario.multiplier(block, name)
        if per_day <= 0:
            continue
        profile = Profile(
            per_day=per_day,
            hours=block.shape.hour_shares,
            weekdays=block.shape.weekday_shares,
            first_weekday=start.weekday(),
            first_hour_at=midnight,
            day_level_cv=block.arrivals.day_level_cv,
            seed=seed,
            name=name,
        )
        baskets = Baskets(seed, items, popularity, _law_of(lines, name), _law_of(units, name))
        told = f"{block.name}/{name}" if block.name else name
        sources.append(drawn(profile, baskets, channel, told, seed, demand))
        for spike in block.spikes:
            if not spike.channels or name in spike.channels:
                rush = _spike(spike, item_of)
                sources.append(rushed(profile, baskets, rush, channel, f"{told}/{spike.name}", seed, demand))
    return sources


def _spike(block: blocks.SpikeBlock, item_of: Mapping[str, int]) -> Spike:
    if block.item not in item_of:
        raise UsageError(f"demand.spikes: no such item {block.item!r} in this world")
    return Spike(
        at=block.at,
        factor=block.factor,
        rise=block.rise,
        plateau=block.plateau,
        half_life=block.half_life,
        item=item_of[block.item],
        on_item=block.share_on_item,
    )
