"""A world that is stepped by hand: run it to a moment, look at stock and orders, let something fail, and go on.

Theory of operation. A world is a function of scenario, design, seed and what was done to it by hand, so nothing is
undone or patched: letting something fail builds the world anew with one fault more, which begins at the present moment,
and runs it there again, orders by hand included. Until then both take the same course, because luck is keyed and no
draw depends on another. The price is the time of the way so far. A world that nobody touched ends with the bytes that
`twin run` ends with.

Tried and dropped: parts that can fail wherever they stand, built in beforehand. Every call would pay for it, and a
stepped world would not be the world that `twin run` runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from twin.errors import UsageError
from twin.kernel.recorder import Recorder
from twin.middleware.orders.header import header
from twin.middleware.unit import ITEMS, ORDERS
from twin.model.commands import OrderedLine
from twin.model.ids import business_id
from twin.model.instant import SECOND, Elapsed
from twin.model.order import Header, Order
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.horizon import advance
from twin.world.opening import next_at
from twin.world.run import measured
from twin.world.scenario import Scenario
from twin.world.values import duration_text, instant_us, time_of_day

BY_HAND: Final = "by hand"
"""What the numbers of orders and the names of faults begin with that were made by hand."""


@dataclass(frozen=True, slots=True)
class StockCard:
    """One item at one moment, in the books of each party; all in units.

    `on_hand`, `committed` and `free` are the middleware's by site (its ledger, hard claims, ATP), `counted` the
    warehouses' own books by site, `booked` the ERP's, and `shown` what the page of each channel says.
    """

    item: str
    on_hand: Mapping[str, int]
    committed: Mapping[str, int]
    free: Mapping[str, int]
    counted: Mapping[str, int]
    booked: int
    shown: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OrderCard:
    """One order as the middleware has it: its state as people see it, and units by item."""

    number: str
    channel: str
    state: str
    placed: str
    lines: Mapping[str, int]
    shipped: int


@dataclass(frozen=True, slots=True)
class AlertCard:
    """One alert of the design that was raised: its rule, whose it is, and local times; `over` is empty until it is."""

    name: str
    measure: str
    owner: str
    raised: str
    over: str


class _Wish(NamedTuple):
    """An order that was made by hand, and when."""

    at: Elapsed
    channel: int
    number: str
    lines: tuple[OrderedLine, ...]


class SteppedWorld:
    """One design of a scenario in a world that waits for you.

    A warm-up that a method finds is not looked for: measures begin at once.
    """

    def __init__(self, scenario: Scenario, design: str, seed: int) -> None:
        """Build the world at its start.

        Raises:
            UsageError: there is no such design, or no distributor in this world.
        """
        if scenario.is_blank:
            raise UsageError(
                f"{scenario.name} is a world without a distributor; it has no stock and no orders to look at"
            )
        if design not in scenario.designs:
            raise UsageError(f"no design {design!r} in {scenario.name}; there are {', '.join(scenario.designs)}")
        self.design = design
        self.seed = seed
        self._wishes: list[_Wish] = []
        self._over = False
        self._build(scenario)

    def __repr__(self) -> str:
        """Say which world this is, and how late it is there."""
        return f"<{self.scenario.name}, design {self.design}, seed {self.seed}, at {self.now}>"

    @property
    def now(self) -> str:
        """The local time, to the second."""
        return self._told(self._world.timeline.now)

    @property
    def kpis(self) -> dict[str, float | None]:
        """The measures from the end of the warm-up until now, by key, with how many alerts were raised.

        What alerts were worth is judged in a whole run, against one without its faults.
        """
        return measured(self._world) | self._world.alerts.counts()

    @property
    def alerts(self) -> list[AlertCard]:
        """The alerts that the design's rules have raised until now, in their order; rules look once a minute."""
        rules = self.scenario.designs[self.design].alerts
        return [
            AlertCard(
                rules[each.rule].name,
                rules[each.rule].measure,
                rules[each.rule].owner,
                self._told(each.at),
                "" if each.over is None else self._told(each.over),
            )
            for each in self._world.alerts.raised
        ]

    @property
    def digest(self) -> str:
        """The digest of everything that was recorded until now, as `sha256:...`."""
        return self._recorder.digest()

    @property
    def violations(self) -> list[dict[str, object]]:
        """The broken invariants until now, at most twenty of each; some show at the end of the horizon only."""
        return list(self._world.invariants.kept)

    def run(self, until: str | Elapsed | None = None, *, progress: Callable[[float, int], None] | None = None) -> Self:
        """Run on, and return the world.

        Args:
            until: a local time of day (`"10:30"`: the next one), a local date and time (`"2026-03-03T10:30"`), or whole
                microseconds since the start (`twin.minutes(90)`). None: to the horizon.
            progress: hears the simulated minutes since the start, and how many there are by then.

        Raises:
            UsageError: that moment has passed, lies beyond the horizon, or is no moment.
        """
        horizon, now = self.scenario.horizon, self._world.timeline.now
        at = horizon if until is None else self._moment(until)
        if at < now or at > horizon:
            end = f"the horizon of {duration_text(horizon)} ends at {self._told(horizon)}"
            raise UsageError(f"cannot run until {until!r}: it is {self.now}, and {end}")
        self._go(at, progress)
        if at == horizon and not self._over:
            look_back(self._world)
            self._over = True
        return self

    def stock(self, item: str, site: str | None = None) -> StockCard:
        """Return one item in everybody's books; `site` keeps that warehouse alone.

        Raises:
            UsageError: there is no such item or site.
        """
        world, number = self._world, self._item(item)
        sites = world.opening.sites
        if site is not None and site not in sites:
            raise UsageError(f"no site {site!r}; there are {', '.join(sites)}")
        wanted = [place for place, name in enumerate(sites) if site in (None, name)]
        row = world.store.get(ITEMS, number)
        assert row is not None, "the opening writes every item"
        free = world.watch.rules.atp.available(row, world.timeline.now)
        return StockCard(
            item=item,
            on_hand={sites[place]: row.positions[place].on_hand for place in wanted},
            committed={sites[place]: row.positions[place].committed for place in wanted},
            free={sites[place]: free[place] for place in wanted},
            counted={sites[place]: world.warehouses[place].book.get(number, 0) for place in wanted},
            booked=world.erp.booked.get(number, 0),
            shown={channel.name: channel.shown.get(number, (0, 0))[0] for channel in world.channels},
        )

    def orders(self, state: str | None = None) -> list[OrderCard]:
        """Return the orders that the middleware knows, in the order in which they were placed.

        Args:
            state: only those in this state, as people see it: ACCEPTED, BACKORDERED, ALLOCATED, SHIPPED, ...

        Raises:
            UsageError: there is no such state.
        """
        if state is not None and state not in Header.__members__:
            raise UsageError(f"no state {state!r}; there are {', '.join(Header.__members__)}")
        found = [row for row in self._world.store.rows[ORDERS.number].values() if isinstance(row, Order)]
        found.sort(key=lambda order: (order.placed_at, order.id))
        return [self._card(order) for order in found if state is None or header(order).name == state]

    def order(self, channel: str, lines: Mapping[str, int]) -> str | None:
        """Let a buyer go to a channel now; he buys what its page shows enough of.

        Args:
            channel: where.
            lines: units by item.

        Returns:
            The number of the order, or None where the page showed too little of everything.

        Raises:
            UsageError: there is no such channel or item, or no unit is asked for.
        """
        names = list(self.scenario.channels)
        if channel not in names:
            raise UsageError(f"no channel {channel!r}; there are {', '.join(names)}")
        if not lines or min(lines.values()) < 1:
            raise UsageError(f"an order has at least one unit of each of its items (got {dict(lines)})")
        asked = tuple([OrderedLine(self._item(item), units) for item, units in lines.items()])
        wish = _Wish(self._world.timeline.now, names.index(channel), f"{BY_HAND} {len(self._wishes) + 1}", asked)
        if not self._buy(wish):
            return None
        self._wishes.append(wish)
        return wish.number

    def inject(self, kind: str, target: str, **settings: object) -> "SteppedWorld":
        """Let something fail from now on, and return the world.

        The way so far is gone again with the fault in the scenario, which takes as long as it took before.

        Args:
            kind: of the fault, such as E2 (`twin list faults`).
            target: what it strikes: a party, a warehouse as `wms/east`, a channel, or a link as `middleware/erp`.
            settings: the other keys of a fault, written as in a scenario: `duration="45m"`, `factor=0.4`.

        Raises:
            ScenarioError: the fault does not fit this world.
            UsageError: nothing in this world can do it.
        """
        now = self._world.timeline.now
        stated = [fault.model_dump(mode="json", by_alias=True, exclude_none=True) for fault in self.scenario.faults]
        by_hand = {"name": f"{BY_HAND} {len(stated) + 1}", "trigger": {"at": duration_text(now)}}
        fault = {**by_hand, "kind": kind, "target": target, **settings}
        self._build(self.scenario.with_("faults", [*stated, fault]))
        for wish in self._wishes:
            self._go(wish.at)
            self._buy(wish)
        self._go(now)
        return self

    def _build(self, scenario: Scenario) -> None:
        """Begin anew with a scenario; if its world cannot be built, the one that is there stays."""
        recorder = Recorder()
        self._world: World = build(scenario, self.design, self.seed, recorder, stops=False)
        self.scenario, self._recorder = scenario, recorder
        self._over = False

    def _go(self, at: Elapsed, progress: Callable[[float, int], None] | None = None) -> None:
        minutes = at // (60 * SECOND)
        if at > self._world.timeline.now:
            told = None if progress is None else lambda share: progress(share * minutes, minutes)
            advance(self._world.timeline, at, told)

    def _buy(self, wish: _Wish) -> bool:
        channel = self._world.channels[wish.channel]
        return channel.buy(business_id(BY_HAND, wish.number), wish.number, wish.lines, "if_shown") is not None

    def _item(self, item: str) -> int:
        try:
            return self._world.opening.items.index(item)
        except ValueError:
            some = ", ".join(self._world.opening.items[:3])
            raise UsageError(f"no item {item!r} in this world; there are {some}, ...") from None

    def _moment(self, until: str | Elapsed) -> Elapsed:
        """Return the elapsed time that is meant."""
        if isinstance(until, int) and not isinstance(until, bool):
            return until
        try:
            if isinstance(until, str) and len(until) > len("00:00:00"):
                return instant_us(until, self.scenario.start.zone) - self.scenario.start_us
            day = next_at(self.scenario, time_of_day(until).us)
        except (PydanticCustomError, ValueError):
            told = "a time of day, a date and time, or whole microseconds"
            raise UsageError(
                f"until is {told}: '10:30', '2026-03-03T10:30' or twin.minutes(90) (got {until!r})"
            ) from None
        days = max(0, -(-(self._world.timeline.now - day) // (24 * 3600 * SECOND)))
        return day + days * 24 * 3600 * SECOND

    def _told(self, at: Elapsed) -> str:
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.scenario.start_us)
        local = start.astimezone(ZoneInfo(self.scenario.start.zone)).replace(tzinfo=None)
        return (local + timedelta(microseconds=at)).isoformat(timespec="seconds")

    def _card(self, order: Order) -> OrderCard:
        items = self._world.opening.items
        return OrderCard(
            number=order.number,
            channel=self._world.channels[order.channel].name,
            state=header(order).name,
            placed=self._told(order.placed_at),
            lines={items[line.item]: line.ordered for line in order.lines},
            shipped=sum(line.shipped for line in order.lines),
        )
