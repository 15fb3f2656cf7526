"""Buyers: orders that were recorded, or orders drawn from distributions; each arrival arms the next.

Who buys what never depends on a design: an order's draws are keyed by its identity, arrivals come from a stream of
their own for each channel.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from actors.ground import Ground
from twin.kernel.laws import Law, Zipf
from twin.model.chance import bits, draw, root, stream_id, uniform
from twin.model.commands import OrderedLine
from twin.model.ids import business_id
from twin.model.instant import HOUR, SECOND, Elapsed

Buy = Callable[[int, int, str, Sequence[OrderedLine], int], None]
"""(channel, order id, order number, lines, demand): a buyer of that demand goes to that channel."""
BLOCK = 4096


class Arrival:
    """One order that will be wanted: when, where, under which number, and what."""

    __slots__ = ("at", "channel", "demand", "lines", "number", "order")

    def __init__(
        self, at: Elapsed, channel: int, order: int, number: str, lines: tuple[OrderedLine, ...], demand: int = 0
    ) -> None:
        self.at = at
        self.channel = channel
        self.order = order
        self.number = number
        self.lines = lines
        self.demand = demand
        """The number of the demand that it belongs to."""


class Buyers:
    """Sends arrivals to their channels, one after the other, from a source in time order."""

    def __init__(self, ground: Ground, source: Iterator[Arrival], buy: Buy, until: Elapsed) -> None:
        self.ground = ground
        self.source = source
        self.buy = buy
        self.until = until
        self._arm()

    def _arm(self) -> None:
        arrival = next(self.source, None)
        if arrival is not None and arrival.at < self.until:
            self.ground.timeline.call_at(max(arrival.at, self.ground.timeline.now), self._arrive, arrival)

    def _arrive(self, arrival: Arrival) -> None:
        self._arm()
        self.buy(arrival.channel, arrival.order, arrival.number, arrival.lines, arrival.demand)


class Profile:
    """The rate of arrivals over local time: a mean per day, shares of the hours and weekdays, a level for each day."""

    def __init__(
        self,
        *,
        per_day: float,
        hours: Sequence[float],
        weekdays: Sequence[float],
        first_weekday: int,
        first_hour_at: Elapsed,
        day_level_cv: float,
        seed: int,
        name: str,
    ) -> None:
        self.per_day = per_day
        self.hours = hours
        self.weekdays = weekdays
        self.first_weekday = first_weekday
        self.first_hour_at = first_hour_at
        """Elapsed time of the local midnight at or before the start; 0 or negative."""
        self.day_level_cv = day_level_cv
        self.seed = seed
        self._level = stream_id(f"demand/{name}/day")

    def rate(self, hour: int) -> float:
        """Return arrivals per microsecond in the `hour`-th hour since local midnight of the first day."""
        day, of_day = divmod(hour, 24)
        share = self.hours[of_day] * 7 * self.weekdays[(self.first_weekday + day) % 7]
        return self.per_day * share * self._day(day) / HOUR

    def _day(self, day: int) -> float:
        if self.day_level_cv == 0.0:
            return 1.0
        shape = 1.0 / self.day_level_cv**2
        rng = np.random.Generator(np.random.PCG64(bits(self.seed, self._level, day)))
        return float(rng.gamma(shape, 1.0 / shape))


def arrivals_of(profile: Profile, seed: int, name: str) -> Iterator[Elapsed]:
    """Yield the instants of a Poisson process with the profile's rate: unit exponentials spent along its hours."""
    rng = np.random.Generator(np.random.PCG64(bits(seed, stream_id(f"demand/{name}/arrivals"), 0)))
    at = 0.0
    hour = -profile.first_hour_at // HOUR
    end = float(profile.first_hour_at + (hour + 1) * HOUR)
    rate = profile.rate(hour)
    silent = 0
    while True:
        for gap in rng.standard_exponential(BLOCK).tolist():
            wanted = gap
            while rate * (end - at) < wanted:
                wanted -= rate * (end - at)
                at = end
                hour += 1
                end += HOUR
                rate = profile.rate(hour)
                silent = silent + 1 if rate == 0.0 else 0
                if silent > 24 * 400:
                    return
            at += wanted / rate
            yield int(at)


class Baskets:
    """What a drawn order holds: distinct items by popularity, pieces by their law."""

    def __init__(self, seed: int, items: int, popularity: Zipf, lines: Law, units: Law) -> None:
        self.seed = seed
        self.items = items
        self.popularity = popularity
        self.lines = lines
        self.units = units
        self._lines, self._item, self._units = (
            root(seed, stream_id(f"basket/{what}")) for what in ("lines", "item", "units")
        )

    def of(self, order: int) -> tuple[OrderedLine, ...]:
        """Return the lines of an order; an item drawn twice is one line of the larger wish."""
        count = min(self.items, max(1, round(self.lines.at(draw(self._lines, order)))))
        wanted: dict[int, int] = {}
        for n in range(count):
            item = self.popularity.pick(draw(self._item, order, n))
            quantity = max(1, round(self.units.at(draw(self._units, order, n))))
            wanted[item] = max(wanted.get(item, 0), quantity)
        return tuple([OrderedLine(item, quantity) for item, quantity in wanted.items()])


def drawn(profile: Profile, baskets: Baskets, channel: int, name: str, seed: int, demand: int = 0) -> Iterator[Arrival]:
    """Yield the drawn orders of one channel in time order."""
    for n, at in enumerate(arrivals_of(profile, seed, name), 1):
        number = f"{name}-{n}"
        order = business_id(name, "order", number)
        yield Arrival(at, channel, order, number, baskets.of(order), demand)


class Spike(NamedTuple):
    """A rush on one item: arrivals rise to `factor` times the profile's, stay, and halve every `half_life`.

    Times are in microseconds from the start; the share `on_item` of the orders that come in addition wants the item.
    """

    at: Elapsed
    factor: float
    rise: Elapsed
    plateau: Elapsed
    half_life: Elapsed
    item: int
    on_item: float

    def level(self, at: Elapsed) -> float:
        """Return how much of the rush is there at an instant: from 0 to 1."""
        since = at - self.at
        if since < 0:
            return 0.0
        if since < self.rise:
            return since / self.rise
        after = since - self.rise - self.plateau
        return 1.0 if after <= 0 else float(0.5 ** (after / self.half_life))

    @property
    def over(self) -> Elapsed:
        """When a thousandth of the rush is left: ten halves."""
        return self.at + self.rise + self.plateau + 10 * self.half_life


def rushed(
    profile: Profile, baskets: Baskets, spike: Spike, channel: int, name: str, seed: int, demand: int = 0
) -> Iterator[Arrival]:
    """Yield the orders of one channel that a spike adds, in time order: a Poisson process over slots of a second."""
    rng = np.random.Generator(np.random.PCG64(bits(seed, stream_id(f"demand/{name}/spike"), 0)))
    wish = stream_id("spike/item")
    wanted, number = float(rng.standard_exponential()), 0
    for begin in range(spike.at, spike.over, SECOND):
        hour = (begin - profile.first_hour_at) // HOUR
        rate = profile.rate(hour) * (spike.factor - 1.0) * spike.level(begin + SECOND // 2)
        spent = 0.0
        while rate > 0.0 and wanted <= rate * (SECOND - spent):
            spent += wanted / rate
            number += 1
            code = f"{name}-{number}"
            order = business_id(name, "order", code)
            lines = baskets.of(order)
            if uniform(seed, wish, order) < spike.on_item:
                lines = (OrderedLine(spike.item, lines[0].quantity),)
            yield Arrival(begin + int(spent), channel, order, code, lines, demand)
            wanted = float(rng.standard_exponential())
        wanted -= rate * (SECOND - spent)


def merged(sources: Sequence[Iterator[Arrival]]) -> Iterator[Arrival]:
    """Yield the arrivals of several sources in time order; at one instant in the order of the sources."""
    heads = [(next(source, None), n) for n, source in enumerate(sources)]
    while True:
        open_heads = [(head.at, n) for head, n in heads if head is not None]
        if not open_heads:
            return
        _, first = min(open_heads)
        head = heads[first][0]
        assert head is not None
        yield head
        heads[first] = (next(sources[first], None), first)
