"""Opening stock and reorder levels: one rule for every item, computed from the weeks before the run.

Theory of operation. Levels follow from the mean and the spread of an item's daily demand by the service-level rule of
`policies.replenishment`; nothing is typed in. An (s, S) rule that is looked at at a random moment has a position that
is uniform on s+1 .. S, so that is what the opening position is drawn from.

What is under way is not drawn on its own: it is the remainder of the orders that lead to this position. Seen backwards
at the mean demand mu, the last order was placed (S - position) / mu days ago and the ones before it every (S - s) / mu
days, each of S - s. Each draws its lead time; those that have not arrived yet are under way, with the rest of their
lead time before them. So the expected quantity under way is mu times the mean lead time, orders come in at the rate
mu from the first day on, and on hand is the position less what is under way. Where that would be negative, customers
would be waiting in the long run; the opening has none waiting, so on hand is 0 and `cut_at_zero` counts the item.

Spreading the expected quantity evenly over one mean lead time was dropped: under the heavy tail of recorded lead times
the rest of an order under way is longer than that on average, and every item would open with the same share under way.

Every draw is keyed by item, so that another item, site or design changes nobody's stock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, pi, sqrt
from statistics import NormalDist

from policies.replenishment import Levels, ServiceLevel
from twin.kernel.laws import Law
from twin.model.chance import bits, stream_id, uniform
from twin.model.ids import business_id
from twin.model.instant import DAY, SECOND
from twin.world.demand_history import DailyDemand

ORDERS_UNDER_WAY_MAX = 400
"""Orders looked back at for one item; beyond it older ones count as arrived."""
LISTED_MAX = 20
"""Items named in one sentence."""
LEAD_TIME_QUANTILE_MAX = 0.999
"""Orders older than this quantile of the lead time count as arrived."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A supply order placed before the run: item and site by number, pieces, and when it arrives."""

    item: int
    site: int
    quantity: int
    arrives_us: int


@dataclass(frozen=True, slots=True)
class RecordError:
    """A stock record that is off: what is there, less what the record says; never 0, never below an empty shelf."""

    item: int
    site: int
    difference: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningStock:
    """The stock at the begin of a run: `on_hand[item][site]` by the record, and what is under way, by arrival.

    `never_sold` lists items that the estimate has no demand for: they open at 0 and are not ordered. `set_by_hand`
    lists items whose opening the scenario states.
    """

    items: tuple[str, ...]
    sites: tuple[str, ...]
    levels: tuple[Levels, ...]
    on_hand: tuple[tuple[int, ...], ...]
    under_way: tuple[UnderWay, ...]
    never_sold: tuple[str, ...]
    set_by_hand: tuple[str, ...]
    cut_at_zero: int

    def explain(self) -> tuple[str, ...]:
        """Return the opening as sentences, one a line."""
        pieces = sum(sum(row) for row in self.on_hand)
        coming = sum(order.quantity for order in self.under_way)
        lines = [f"opening stock: {pieces} pieces of {len(self.items)} items on hand, {coming} under way"]
        lines.append(f"never sold in the time of the estimate: {len(self.never_sold)} items open at 0")
        if self.cut_at_zero:
            lines.append(f"more under way than the position: {self.cut_at_zero} items open at 0")
        if self.set_by_hand:
            more = ", ..." if len(self.set_by_hand) > LISTED_MAX else ""
            named = ", ".join(self.set_by_hand[:LISTED_MAX])
            lines.append(f"set by hand: {len(self.set_by_hand)} items ({named}{more})")
        return tuple(lines)


def levels_of(demand: DailyDemand, rule: ServiceLevel, lead_time: Law) -> tuple[Levels, ...]:
    """Return the levels of the (s, S) rule of every item.

    Args:
        demand: mean and spread of a day, by item.
        rule: service level, review and cover.
        lead_time: in seconds.
    """
    per_day = DAY / SECOND
    lead_time_d = lead_time.mean / per_day
    lead_time_sd_d = sqrt(variance(lead_time)) / per_day
    return tuple(
        rule.levels(mean_per_day=mean, sd_per_day=sd, lead_time_d=lead_time_d, lead_time_sd_d=lead_time_sd_d)
        for mean, sd in zip(demand.mean.tolist(), demand.sd.tolist(), strict=True)
    )


def base_stock_of(demand: DailyDemand, rule: ServiceLevel, lead_time: Law) -> tuple[Levels, ...]:
    """Return the levels of the order-up-to rule of every item: `order_up_to` is what each review raises to.

    `reorder_point` is then the level less the demand of a review period, at least one pack: between two reviews the
    position falls from the one to the other, so that the opening can be drawn as for an (s, S) rule.
    """
    levels: list[Levels] = []
    for level, mean in zip(levels_of(demand, rule, lead_time), demand.mean.tolist(), strict=True):
        fall = max(rule.pack, ceil(mean * rule.review_d)) if level.reorder_point else 0
        levels.append(Levels(max(0, level.reorder_point - fall), level.reorder_point, level.exact, level.reason))
    return tuple(levels)


def stationary_opening(
    items: Sequence[str],
    levels: Sequence[Levels],
    demand: DailyDemand,
    lead_time: Law,
    *,
    sites: Mapping[str, float],
    seed: int,
    set_by_hand: Mapping[str, int] | None = None,
) -> OpeningStock:
    """Draw an opening from the long-run state of each item's rule.

    Args:
        items: codes, in the order of `levels` and `demand`.
        levels: reorder point and order-up-to level by item.
        demand: mean of a day by item, for the age of the orders under way.
        lead_time: in seconds.
        sites: share of the demand by site; any positive numbers.
        seed: of the run.
        set_by_hand: pieces on hand of single items, which then have nothing under way.
    """
    by_hand = set_by_hand or {}
    shares = list(sites.values())
    oldest_us = round(lead_time.quantile(LEAD_TIME_QUANTILE_MAX) * SECOND)
    on_hand: list[tuple[int, ...]] = []
    under_way: list[UnderWay] = []
    cut = 0
    for number, (item, level, mean) in enumerate(zip(items, levels, demand.mean.tolist(), strict=True)):
        if item in by_hand or level.order_up_to <= level.reorder_point:
            on_hand.append(split(by_hand.get(item, 0), shares))
            continue
        position = _position(item, level, seed)
        coming = _orders_behind(item, level, position, mean, lead_time, oldest_us, seed)
        left = position - sum(quantity for quantity, _ in coming)
        cut += left < 0
        on_hand.append(split(max(0, left), shares))
        for quantity, arrives_us in coming:
            under_way += [
                UnderWay(number, site, part, arrives_us) for site, part in enumerate(split(quantity, shares)) if part
            ]
    return OpeningStock(
        items=tuple(items),
        sites=tuple(sites),
        levels=tuple(levels),
        on_hand=tuple(on_hand),
        under_way=tuple(sorted(under_way, key=lambda order: (order.arrives_us, order.item, order.site))),
        never_sold=tuple(item for item, mean in zip(items, demand.mean.tolist(), strict=True) if mean <= 0),
        set_by_hand=tuple(item for item in items if item in by_hand),
        cut_at_zero=cut,
    )


def record_errors(opening: OpeningStock, *, share: float, size: Law, seed: int) -> tuple[RecordError, ...]:
    """Draw which stock records are off, and by how much.

    Args:
        opening: what the records say.
        share: of the records (item at a site) that are off.
        size: pieces a record is off by, up or down with the same chance; a draw below 1 counts as 1, so that `share` is
            the share of records that differ. A shelf is never emptier than empty: what would go below is cut, and a
            record of 0 can only be off upwards.
        seed: of the run.
    """
    off, amount, direction = (stream_id(f"stock.record.{purpose}") for purpose in ("off", "size", "direction"))
    errors: list[RecordError] = []
    for number, item in enumerate(opening.items):
        for place, site in enumerate(opening.sites):
            record = business_id("record", item, site)
            if uniform(seed, off, record) >= share:
                continue
            difference = max(1, round(size.at(bits(seed, amount, record))))
            recorded = opening.on_hand[number][place]
            if recorded > 0 and bits(seed, direction, record) & 1:
                difference = -min(difference, recorded)
            errors.append(RecordError(number, place, difference))
    return tuple(errors)


def split(quantity: int, shares: Sequence[float]) -> tuple[int, ...]:
    """Split whole pieces by shares; the pieces that rounding leaves go to the largest remainders, the first on a tie.

    >>> split(10, [16, 10]), split(1, [1, 1])
    ((6, 4), (1, 0))
    """
    total = sum(shares)
    exact = [quantity * share / total for share in shares]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: quantity - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def variance(law: Law) -> float:
    """Return the variance of a law from its quantiles.

    The trapezoidal rule over the normal score of the probability: for smooth laws it is exact to many digits, for
    lognormal ones too, where a sum over evenly spaced probabilities would lose the tail that matters.
    """
    normal = NormalDist()
    mean = law.mean
    total = 0.0
    for step in range(-_SCORES, _SCORES + 1):
        score = step * _STEP
        weight = exp(-score * score / 2) / sqrt(2 * pi) * _STEP
        total += weight * (law.quantile(normal.cdf(score)) - mean) ** 2
    return total


_STEP = 1 / 16
_SCORES = 112
"""Scores run from -7 to 7; what lies beyond has a probability of 3e-12."""


def _position(item: str, level: Levels, seed: int) -> int:
    drawn = bits(seed, stream_id("stock.opening.position"), business_id("item", item))
    return level.reorder_point + 1 + drawn % (level.order_up_to - level.reorder_point)


def _orders_behind(
    item: str, level: Levels, position: int, mean: float, lead_time: Law, oldest_us: int, seed: int
) -> list[tuple[int, int]]:
    """Return quantity and time to arrival of the orders that are still under way, the latest placed first."""
    stream, identity = stream_id("stock.opening.lead_time"), business_id("item", item)
    size = level.order_up_to - level.reorder_point
    coming: list[tuple[int, int]] = []
    if mean <= 0:
        return coming
    for turn in range(ORDERS_UNDER_WAY_MAX):
        age_us = round((level.order_up_to - position + turn * size) / mean * DAY)
        if age_us > oldest_us:
            break
        rest_us = round(lead_time.at(bits(seed, stream, identity, turn)) * SECOND) - age_us
        if rest_us > 0:
            coming.append((size, rest_us))
    return coming
