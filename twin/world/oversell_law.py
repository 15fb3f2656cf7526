"""The oversell law: how many units are oversold when nothing matters but how long figures and orders are under way.

A channel that shows a figure sells for L more after the moment at which it should have stopped: L is the order intake
delay (orders placed and not yet taken in) plus the publication delay (the figure on its way). With one-unit orders as a
Poisson stream of rate r, a channel that does not count down, and a buffer B withheld from what is published, the units
sold in that time are Poisson(r L) and what goes beyond the buffer is oversold, whatever the stock was:

    E[oversold] = sum over k > B of (k - B) Poisson(k; r L)

`predict` uses this form where a scenario is of that kind. For recorded demand, whole lines, several channels and
supply, `lagged` plays the same idea through: orders reach the ledger after the mean intake delay, figures reach the
pages after the mean wait and delivery, in the order in which a channel's interface takes them at its published rate;
everything else of the world (queues, refusals, the spread of latencies, lost messages, conflicts) is left out. That is
the point: what the twin finds beyond it comes from those.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from math import exp, lgamma, log

from policies.publication import EveryEvent
from twin.model.instant import DAY, SECOND, Elapsed
from twin.world import designs
from twin.world.delays import windows_of
from twin.world.demand import Distribution, NoReplenishment
from twin.world.landscape import Supplier
from twin.world.laws import LawSpec, compiled
from twin.world.opening import Opening, next_at, open_world
from twin.world.rules import StockInterface, publication_of, the_wms
from twin.world.scenario import Scenario
from twin.world.windows import Window

SEEDS_MAX = 8
"""Over how many openings a prediction of recorded demand is averaged."""


def predict(scenario: Scenario, design: str) -> float:
    """Return the oversold units that the law predicts for one run of a design, from the scenario's settings alone."""
    block = scenario.designs[design]
    closed = _closed_form(scenario, block)
    if closed is not None:
        return closed
    seeds = range(scenario.seed, scenario.seed + min(scenario.reps, SEEDS_MAX))
    found = [lagged(scenario, block, seed) for seed in seeds]
    return sum(found) / len(found)


def expected_beyond(mean: float, buffer: int) -> float:
    """Return E[max(0, X - buffer)] of a Poisson count X with this mean.

    >>> round(expected_beyond(2.0, 0), 4), round(expected_beyond(2.0, 2), 4), round(expected_beyond(0.5, 1), 4)
    (2.0, 0.5413, 0.1065)
    """
    if mean <= 0:
        return 0.0
    top = int(mean + 12 * mean**0.5 + 40 + buffer)
    return sum((k - buffer) * exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(buffer + 1, top))


def _closed_form(scenario: Scenario, design: designs.Design) -> float | None:
    """Return the law's own sum over the items, or None where the scenario is not of its kind."""
    demands = scenario.demands
    if len(scenario.channels) != 1 or len(demands) != 1 or scenario.items.count is None:
        return None
    demand = demands[0]
    channel = next(iter(scenario.channels.values()))
    if not isinstance(demand, Distribution) or channel.counts_down or scenario.stock.items:
        return None
    lines, units = _constant(demand.lines), _constant(demand.units)
    buffer = design.publication.buffer
    if lines != 1 or units != 1 or not isinstance(buffer, designs.ConstantBuffer):
        return None
    if not isinstance(scenario.stock.rule, NoReplenishment) or not isinstance(scenario.stock.opening, int):
        return None
    opening, items = scenario.stock.opening, scenario.items.count
    (per_day,) = scenario.orders_per_day(demand.orders_per_day).values()
    per_day *= scenario.multiplier(demand, next(iter(scenario.channels)))
    popularity = demand.items.popularity
    exponent = getattr(getattr(popularity, "written_out", popularity), "exponent", 0.0)
    weights = [rank**-exponent for rank in range(1, items + 1)]
    total = sum(weights)
    window = _interval_window(scenario, design)
    rates = [per_day / DAY * weight / total for weight in weights]
    return sum(_one_item(rate, window, opening, buffer.units, scenario.horizon) for rate in rates)


def _one_item(rate: float, window: tuple[Elapsed, Elapsed], stock: int, buffer: int, horizon: Elapsed) -> float:
    """Return the law for one item, averaged over the wait for the push, times the chance that it sells out in time."""
    certain, wait = window
    steps = 200 if wait else 1
    beyond = sum(expected_beyond(rate * (certain + wait * (n + 0.5) / steps), buffer) for n in range(steps)) / steps
    needed = max(0, stock - buffer)
    wanted = rate * horizon
    short = sum(exp(k * log(wanted) - wanted - lgamma(k + 1)) for k in range(needed)) if wanted > 0 else 1.0
    return beyond * (1 - min(1.0, short))


def _interval_window(scenario: Scenario, design: designs.Design) -> tuple[Elapsed, Elapsed]:
    """Return the delays that are certain, and the interval over which the wait for a push is spread evenly."""
    (window,) = windows_of(scenario, design)
    publication = design.publication
    if isinstance(publication, designs.PeriodicPublication):
        return window.mean - publication.interval // 2, publication.interval
    if isinstance(publication, designs.BatchPublication):
        gap = DAY // len(publication.at)
        return window.mean - gap // 2, gap
    return window.mean, 0


def _constant(specs: Mapping[str, LawSpec]) -> float | None:
    """Return the one value that these laws always give, or None when they give several."""
    laws = [compiled(spec) for spec in specs.values()]
    values = {law.quantile(p) for law in laws for p in (1e-6, 1 - 1e-6)}
    return values.pop() if len(values) == 1 else None


# --- the same idea, played through


class _Line:
    """One line as a buyer wants it."""

    __slots__ = ("at", "channel", "item", "quantity")

    def __init__(self, at: Elapsed, channel: int, item: int, quantity: int) -> None:
        self.at, self.channel, self.item, self.quantity = at, channel, item, quantity


def lagged(scenario: Scenario, design: designs.Design, seed: int) -> float:
    """Return the oversold units of one seed when orders and figures are merely late by their mean delays."""
    opening = open_world(scenario, seed)
    windows = windows_of(scenario, design)
    wanted = sorted(_lines(opening, scenario.horizon), key=lambda line: line.at)
    pages = _Pages(scenario, design, opening, windows)
    return pages.play(wanted, _supply(scenario, opening))


def _lines(opening: Opening, horizon: Elapsed) -> Iterator[_Line]:
    for arrival in opening.arrivals:
        if arrival.at >= horizon:
            return
        for line in arrival.lines:
            yield _Line(arrival.at, arrival.channel, line.item, line.quantity)


def _supply(scenario: Scenario, opening: Opening) -> list[tuple[Elapsed, int, int]]:
    """Return (when, item, units) of what is under way at the start; what is ordered in the run comes too late."""
    put_away = int(compiled(the_wms(scenario).dock_to_stock).mean * SECOND)
    arrivals = [(order.arrives_us + put_away, order.item, order.quantity) for order in opening.under_way]
    supplier = next(p for p in scenario.landscape.parties.values() if isinstance(p, Supplier))
    later = int(compiled(supplier.second_after).mean * SECOND)
    found = []
    for at, item, units in arrivals:
        second = int(units * supplier.split / 2)
        found.append((at, item, units - second))
        if second:
            found.append((at + later, item, second))
    return sorted(each for each in found if each[0] < scenario.horizon)


class _Pages:
    """What each channel shows of each item, as a list of (visible from, value) per key."""

    def __init__(self, scenario: Scenario, design: designs.Design, opening: Opening, windows: list[Window]) -> None:
        self.scenario = scenario
        self.design = design
        self.windows = windows
        self.counts_down = [channel.counts_down for channel in scenario.channels.values()]
        self.stock = [sum(row) for row in opening.record]
        buffer = design.publication.buffer
        self.buffer = buffer.units if isinstance(buffer, designs.ConstantBuffer) else 0
        self.from_ledger = design.procedures == "standard"
        held = self.buffer if self.from_ledger else 0
        self.shown = [[max(0, units - held) for units in self.stock] for _ in windows]
        self.coming: list[list[list[tuple[Elapsed, int]]]] = [[[] for _ in self.stock] for _ in windows]
        interfaces = [StockInterface(scenario.landscape.parties[scenario.party_of(name)]) for name in scenario.channels]
        self.gap = [int(SECOND / interface.calls_per_s) for interface in interfaces]
        self.burst = [max(1, interface.burst // interface.cost) for interface in interfaces]
        self.full_at: list[Elapsed] = [-burst * gap for burst, gap in zip(self.burst, self.gap, strict=True)]
        """When the call after the last one may go, were there no burst: a token bucket as one timestamp."""
        self.told_at: list[Elapsed] = [-1] * len(interfaces)
        self.feeds = [interface.turnaround is not None for interface in interfaces]
        publication = design.publication
        self.every_event = isinstance(publication_of(publication), EveryEvent)
        interval = getattr(publication, "interval", 0)
        self.apart = [interface.slot(interval)[0] for interface in interfaces]
        self.slots = isinstance(publication, designs.GovernedPublication | designs.PeriodicPublication)
        self.batches: list[Elapsed] = []
        if isinstance(publication, designs.BatchPublication):
            self.batches = sorted(next_at(scenario, at.us) for at in publication.at)
        self.oversold = 0

    def play(self, wanted: list[_Line], supply: list[tuple[Elapsed, int, int]]) -> float:
        """Play buyers, orders on their way into the ledger, and supply in time order; return the oversold units."""
        heap: list[tuple[Elapsed, int, int, int, int, int]] = []
        for n, line in enumerate(wanted):
            heappush(heap, (line.at, 2, n, line.channel, line.item, line.quantity))
        for n, (at, item, units) in enumerate(supply):
            heappush(heap, (at, 0, n, -1, item, units))
        for day in range(self.scenario.horizon // DAY + 1):
            for n, first in enumerate(self.batches):
                heappush(heap, (first + day * DAY, 3, n, -1, 0, 0))
        while heap:
            at, kind, n, channel, item, units = heappop(heap)
            if at >= self.scenario.horizon:
                break
            if kind == 0:
                self.stock[item] += units
                self._tell(item, at)
            elif kind == 1:
                self.oversold += max(0, units - max(0, self.stock[item]))
                self.stock[item] -= units
                self._tell(item, at)
            elif kind == 2:
                if self._showing(channel, item, at) >= units:
                    if self.counts_down[channel]:
                        self.shown[channel][item] -= units
                    heappush(heap, (at + self.windows[channel].intake_mean, 1, n, channel, item, units))
            else:
                self._batch(at)
        return float(self.oversold)

    def _showing(self, channel: int, item: int, now: Elapsed) -> int:
        coming = self.coming[channel][item]
        due = bisect_right(coming, (now, 1 << 60))
        if due:
            self.shown[channel][item] = coming[due - 1][1]
            del coming[:due]
        return self.shown[channel][item]

    def _value(self, item: int) -> int:
        return max(0, max(0, self.stock[item]) - (self.buffer if self.from_ledger else 0))

    def _tell(self, item: int, now: Elapsed) -> None:
        """A movement: the figure after it starts on its way to every channel."""
        if self.batches:
            return
        for channel, window in enumerate(self.windows):
            sent = now
            if self.every_event:
                sent = self._next_call(channel, now)
            elif self.slots and self.apart[channel] > SECOND:
                sent = -(-now // self.apart[channel]) * self.apart[channel]
            delivery = window.push_mean - (self._wait_mean(channel) if not self.every_event else 0)
            self._announce(channel, item, sent + delivery)

    def _next_call(self, channel: int, now: Elapsed) -> Elapsed:
        """Return when the interface takes one more call: in turn, at its rate after a burst; a feed is one an event."""
        if self.feeds[channel] and self.told_at[channel] == now:
            return max(now, self.full_at[channel])
        self.told_at[channel] = now
        gap, burst = self.gap[channel], self.burst[channel]
        self.full_at[channel] = max(self.full_at[channel] + gap, now - (burst - 1) * gap)
        return max(now, self.full_at[channel])

    def _wait_mean(self, channel: int) -> Elapsed:
        """Return the part of the mean window that is the wait for a slot, which `_tell` plays itself."""
        publication = self.design.publication
        if isinstance(publication, designs.GovernedPublication):
            waits = not (publication.urgent_zero and self.apart[channel] == publication.interval)
            return self.apart[channel] // 2 if waits else 0
        return self.apart[channel] // 2 if self.slots else 0

    def _batch(self, now: Elapsed) -> None:
        """The file is written: every figure of now is on its way."""
        for channel, window in enumerate(self.windows):
            gap = DAY // len(self.batches)
            visible = now + window.push_mean - gap // 2
            for item in range(len(self.stock)):
                self._announce(channel, item, visible)

    def _announce(self, channel: int, item: int, visible: Elapsed) -> None:
        coming = self.coming[channel][item]
        value = self._value(item)
        if coming and coming[-1][0] >= visible:
            visible = coming[-1][0] + 1
        coming.append((visible, value))
