"""How much of an item a channel is told (`ChannelAvailability.value`), and how much an order of it may be promised.

Published and promised differ on purpose. Safety stock, channel buffers and caps hold back what is *published*, because
a figure is old by the time somebody buys on it; an order that has arrived is promised from everything available except
what other channels' firm quotas protect.

Theory of operation. Each location gives max(0, A - safety), clamped before summing, so that one location's shortage
never hides another's stock. The sum is the channel's pool N. Live quotas are funded from N by priority of their
channel; what is left is shared. A channel is told min(cap, own quota + shared - buffer + backorder depth left), less
what it sold and we have not taken in yet (a push must not add those units again), floored to whole sell units.

A `RiskBuffer` is the smallest b with Poisson(rate of the other takers * window).CDF(b) >= 1 - epsilon: within the
window the others sell more than b with probability at most epsilon. Rates are exponentially weighted with a half-life,
in units per microsecond; they are the only floats here and never enter a quantity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, exp2, lgamma, log, sqrt
from typing import Literal, NamedTuple, Protocol

from twin.errors import UsageError
from twin.model.instant import HOUR, MINUTE, Elapsed
from twin.model.stock import ItemStock, Quota, SalesRate


class Buffer(Protocol):
    """Units of a pool that one channel is not told about."""

    @property
    def kind(self) -> str:
        """The name under which a scenario chooses it."""

    def size(self, stock: ItemStock, channel: int, now: Elapsed, pool: int, waited: Elapsed = 0) -> int:
        """Return the buffer in quanta, >= 0; `pool` is the channel's N, `waited` how long figures wait to be sent."""


@dataclass(frozen=True, slots=True)
class ConstantBuffer:
    """The same number of quanta at every time."""

    units: int = 0
    kind: Literal["constant"] = "constant"

    def size(self, stock: ItemStock, channel: int, now: Elapsed, pool: int, waited: Elapsed = 0) -> int:
        """Return the constant."""
        return self.units


@dataclass(frozen=True, slots=True)
class RiskBuffer:
    """What the other takers of the pool sell within `window_us`, exceeded with probability `epsilon` at most.

    `window_us` is the exposure window (see `exposure_window`), of which `wait_us` is the wait to be sent as configured;
    where figures have been found to wait longer, the window is longer by as much (DOMAIN 19). `prior_per_us` is a rate
    in units per microsecond added for takers not seen yet, `units_max` the bound of the answer.
    """

    epsilon: float = 0.01
    half_life_us: int = HOUR
    prior_per_us: float = 0.0
    window_us: int = MINUTE
    units_max: int = 100_000
    wait_us: int = 0
    kind: Literal["risk"] = "risk"

    def size(self, stock: ItemStock, channel: int, now: Elapsed, pool: int, waited: Elapsed = 0) -> int:
        """Return the smallest b that the others stay within, given their rates at `now`."""
        others = self.prior_per_us
        for taker, rate in enumerate(stock.rates):
            if taker != channel:
                others += read(rate, now, self.half_life_us)
        window = self.window_us + max(0, waited - self.wait_us)
        return poisson_quantile(others * window, 1 - self.epsilon, self.units_max)


@dataclass(frozen=True, slots=True)
class ExposureBuffer:
    """The smallest buffer at which the static exposure of the pool is `units` quanta at most.

    `sales_max` is the most that each channel sells of one item in its exposure window, in quanta by channel index.
    """

    sales_max: tuple[int, ...]
    units: int = 0
    kind: Literal["exposure"] = "exposure"

    def size(self, stock: ItemStock, channel: int, now: Elapsed, pool: int, waited: Elapsed = 0) -> int:
        """Return the buffer; the same for every channel that sells from this pool.

        >>> stock = ItemStock(item=1, positions=())
        >>> [ExposureBuffer(sales_max).size(stock, 0, 0, 10) for sales_max in ((10, 10, 10), (8, 6, 2), (4, 3, 2))]
        [7, 6, 0]
        """
        low, high = 0, max(0, pool)
        while low < high:
            middle = (low + high) // 2
            if static_exposure(pool, [pool - middle] * len(self.sales_max), self.sales_max) <= self.units:
                high = middle
            else:
                low = middle + 1
        return low


@dataclass(frozen=True, slots=True)
class Safety:
    """Safety stock in quanta: the most specific rule that exists decides, none means 0.

    From most to least specific: (item, site, method), (item, site), item, class. `class_of` names an item's class.
    """

    item_site_method: Mapping[tuple[int, int, str], int] = field(default_factory=dict)
    item_site: Mapping[tuple[int, int], int] = field(default_factory=dict)
    item: Mapping[int, int] = field(default_factory=dict)
    item_class: Mapping[str, int] = field(default_factory=dict)
    class_of: Mapping[int, str] = field(default_factory=dict)

    def units(self, item: int, site: int, method: str = "") -> int:
        """Return the safety stock of `item` at `site` for a fulfilment method such as SHP or PICK."""
        found = self.item_site_method.get((item, site, method)) if self.item_site_method else None
        if found is None and self.item_site:
            found = self.item_site.get((item, site))
        if found is None and self.item:
            found = self.item.get(item)
        if found is None:
            found = self.item_class.get(self.class_of.get(item, ""), 0) if self.item_class else 0
        return found

    def __bool__(self) -> bool:
        """Tell whether any rule exists."""
        return bool(self.item_site_method or self.item_site or self.item or self.item_class)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRule:
    """What one channel may be told; quantities in quanta except where said.

    `sites` serve it (None: all). `cap` bounds what it is told, `sell_unit` is how many quanta make one of its units,
    and `sell_units` how many do of single items,
    `may_share` lets it use what no quota protects, quotas are funded by `priority` (low first, then channel index),
    `depth` is how much of an item may wait on backorder (0 none, None unlimited: then a cap is needed), `method` picks
    the safety rule. Raises UsageError when a bound is missing.
    """

    sites: tuple[int, ...] | None = None
    buffer: Buffer = ConstantBuffer()
    cap: int | None = None
    sell_unit: int = 1
    sell_units: Mapping[int, int] = field(default_factory=dict)
    may_share: bool = True
    priority: int = 0
    depth: int | None = 0
    method: str = ""

    def __post_init__(self) -> None:
        if self.depth is None and self.cap is None:
            raise UsageError("a channel that takes backorders without limit needs a cap on what it is told (cap=None)")
        if self.sell_unit < 1:
            raise UsageError(f"a sell unit is at least one quantum (sell_unit={self.sell_unit})")

    def unit_of(self, item: int) -> int:
        """Return how many quanta of an item make one of the channel's units."""
        return self.sell_units.get(item, self.sell_unit)

    def whole_units(self, needs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """Return how many quanta of each (item, quanta) line must come from one place together; (): any number may.

        A line that was ordered in whole sell units is filled in whole ones at each location; lines of one item agree.
        """
        if self.sell_unit == 1 and not self.sell_units:
            return ()
        each: dict[int, int] = {}
        for item, quantity in needs:
            unit = each.get(item, self.unit_of(item))
            each[item] = unit if quantity % unit == 0 else 1
        return tuple([each[item] for item, _ in needs])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAvailability:
    """Rules of every channel, by channel index; with `soft_quotas` a quota limits what is published, not promised."""

    channels: tuple[ChannelRule, ...]
    safety: Safety = field(default_factory=Safety)
    soft_quotas: bool = False

    def value(
        self,
        stock: ItemStock,
        available: Sequence[int],
        channel: int,
        now: Elapsed,
        unimported: int = 0,
        waited: Elapsed = 0,
    ) -> int:
        """Return what to publish, in sell units, >= 0.

        `available` is A per site; `unimported` the quanta of channel orders after the last one that was taken in;
        `waited` how long the channel's figures have been found to wait to be sent.
        """
        rule = self.channels[channel]
        pool = self.net(stock, available, channel)
        if stock.quotas:
            own, shared, _ = self._funded(stock, pool, channel, now)
        else:
            own, shared = 0, pool
        told = own + (shared if rule.may_share else 0) - rule.buffer.size(stock, channel, now, pool, waited)
        if rule.depth is None:
            told = rule.cap or 0
        elif rule.depth:
            told += max(0, rule.depth - sum([line.quantity for line in stock.waiting]))
        if rule.cap is not None and told > rule.cap:
            told = rule.cap
        told -= unimported
        return told // rule.unit_of(stock.item) if told > 0 else 0

    def promisable(self, stock: ItemStock, available: Sequence[int], channel: int, now: Elapsed) -> int:
        """Return the quanta that an order of the channel may be promised at once: all but others' firm quotas."""
        sites = self.channels[channel].sites
        everything = sum(available) if sites is None else sum([available[site] for site in sites])
        if self.soft_quotas or not stock.quotas:
            return everything
        funded = self._funded(stock, self.net(stock, available, channel), channel, now)
        return max(0, everything - funded.others)

    def net(self, stock: ItemStock, available: Sequence[int], channel: int) -> int:
        """Return the channel's pool N: over the sites that serve it, the sum of max(0, A - safety)."""
        rule = self.channels[channel]
        sites = rule.sites
        if not self.safety:
            return sum(available) if sites is None else sum([available[site] for site in sites])
        units = self.safety.units
        return sum(
            [
                available[site] - withheld(available[site], units(stock.item, site, rule.method))
                for site in (range(len(available)) if sites is None else sites)
            ]
        )

    def _funded(self, stock: ItemStock, pool: int, channel: int, now: Elapsed) -> "_Funded":
        own = others = 0
        left = pool
        for quota in sorted(stock.quotas, key=lambda q: (self.channels[q.channel].priority, q.channel)):
            part = min(remaining(quota, now), left)
            left -= part
            if quota.channel == channel:
                own += part
            else:
                others += part
        return _Funded(own, left, others)


class _Funded(NamedTuple):
    """How a pool is divided as one channel sees it, in quanta."""

    own: int
    shared: int
    others: int


def withheld(available: int, safety: int) -> int:
    """Return what the safety stock keeps from a location's A, in quanta."""
    return min(safety, available)


def remaining(quota: Quota, now: Elapsed) -> int:
    """Return what is left of a quota at `now`, in quanta; it is over at its expiry."""
    return max(0, quota.granted - quota.consumed) if now < quota.expires_at else 0


def drawn(quotas: tuple[Quota, ...], channel: int, quantity: int, now: Elapsed) -> tuple[Quota, ...]:
    """Return the quotas after a grant of `quantity` quanta to `channel`: first its own part, then shared."""
    result: list[Quota] = []
    own = -1
    for quota in quotas:
        part = min(quantity, remaining(quota, now)) if quota.channel == channel else 0
        quantity -= part
        if quota.channel == channel and now < quota.expires_at:
            own = len(result)
        result.append(quota.held(quota.consumed + part, quota.beyond) if part else quota)
    if quantity and own >= 0:
        result[own] = result[own].held(result[own].consumed, result[own].beyond + quantity)
    return tuple(result)


def given_back(quotas: tuple[Quota, ...], channel: int, quantity: int, now: Elapsed) -> tuple[Quota, ...]:
    """Return the quotas after `channel` let go of `quantity` quanta: what it had of the shared part goes back first.

    Units that were granted under an earlier quota lower this one's figures too, down to nothing.
    """
    result = list(quotas)
    for at, quota in reversed(list(enumerate(quotas))):
        if quota.channel == channel and now < quota.expires_at:
            shared = min(quantity, quota.beyond)
            own = min(quantity - shared, quota.consumed)
            quantity -= shared + own
            result[at] = quota.held(quota.consumed - own, quota.beyond - shared)
    return tuple(result)


def quota_units(supply: int, parts: int, of: int) -> int:
    """Return a quota given as `parts` out of `of` of the supply at grant time, floored to quanta.

    >>> quota_units(1000, 20, 100), quota_units(2000, 3, 4), quota_units(2000, 1, 4)
    (200, 1500, 500)
    """
    return supply * parts // of


class ExposureWindow(NamedTuple):
    """How long a figure may be acted upon before we know of it, in microseconds."""

    worst: int
    mean: int


def exposure_window(push_interval: int, delivery: int, channel_apply: int, order_intake: int) -> ExposureWindow:
    """Return the wait for the push (the interval at worst, half of it on average) and what follows, in microseconds.

    >>> exposure_window(60, 5, 10, 15)
    ExposureWindow(worst=90, mean=60)
    """
    rest = delivery + channel_apply + order_intake
    return ExposureWindow(push_interval + rest, push_interval // 2 + rest)


def static_exposure(pool: int, published: Sequence[int], sales_max: Sequence[int]) -> int:
    """Return how many quanta of one pool can be oversold when each channel sells what it is told, up to a maximum.

    >>> static_exposure(10, (10, 10, 10), (8, 6, 2))
    6
    """
    return max(0, sum(map(min, published, sales_max)) - pool)


def sold(rate: SalesRate, quantity: int, now: Elapsed, half_life_us: int) -> SalesRate:
    """Return the rate after a sale: decayed to `now`, plus quantity * ln 2 / half-life."""
    return SalesRate(rate=read(rate, now, half_life_us) + quantity * log(2) / half_life_us, at=now)


def read(rate: SalesRate, now: Elapsed, half_life_us: int) -> float:
    """Return the rate decayed to `now`, in units per microsecond."""
    if rate.rate == 0.0:
        return 0.0
    return rate.rate * exp2((rate.at - now) / half_life_us)


def paused(rate: SalesRate, sold_out_us: int) -> SalesRate:
    """Return the rate with `sold_out_us` microseconds left out of its decay: nobody buys what is not on sale."""
    return SalesRate(rate=rate.rate, at=rate.at + sold_out_us)


def poisson_quantile(mean: float, probability: float, units_max: int) -> int:
    """Return the smallest b <= `units_max` with Poisson(mean).CDF(b) >= probability.

    The sum starts ten standard deviations below the mean, where what is left out is below 1e-20, so that a large mean
    neither underflows nor takes a loop from 0.

    >>> [poisson_quantile(0.3, p, 100) for p in (0.95, 0.99)], [poisson_quantile(2.0, p, 100) for p in (0.95, 0.99)]
    ([1, 2], [5, 6])
    """
    if mean <= 0.0:
        return 0
    b = max(0, int(mean - 10.0 * sqrt(mean)))
    term = exp(b * log(mean) - mean - lgamma(b + 1))
    total = term
    while total < probability and b < units_max:
        b += 1
        term *= mean / b
        total += term
        if term == 0.0 and b > mean:
            break
    return min(b, units_max)
