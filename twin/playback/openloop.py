"""Plays the orders of a recording in a whole simulated world: who ordered what is recorded, all else is made anew.

An order that comes again, in the recording or by what is laid over it, is one buyer's order that is handed over again.
One that is laid over with a delay is a buyer who comes later.

The opening stock is the recording's where it has one; what lies at other places than the world's is split over those.
Where it has none, every item opens with as much as the recording asks for, which is said; nothing is bought, because no
rule for buying is known.
"""

from collections.abc import Iterable, Iterator

import msgspec

from actors.demand import Arrival
from actors.tap import Write
from twin.kernel.recorder import Recorder
from twin.middleware.unit import ITEMS, table_named
from twin.model import business, wire
from twin.model.commands import AmendOrder, CancelOrder, HoldPlaced, HoldReleased, OrderedLine, SubmitOrder
from twin.model.history import Fact, Header, Record, Stimulus
from twin.model.ids import business_id, derive
from twin.model.message import Message
from twin.model.stock import ItemStock
from twin.playback.history import Numbered
from twin.world.build import World, build
from twin.world.opening import Opening
from twin.world.rules import the_wms
from twin.world.scenario import Scenario
from twin.world.stocking import UnderWay, split

NO_STOCK = "the recording has no stock: every item opens with what the recording asks for of it, split by floor staff"
NO_BUYING = "nothing is bought: the recording has no rule for it, only what was announced arrives"
ACTED_ANEW = ": simulated partners act in its place"
"""How the class of a fact ends that happens anew, and not as recorded."""
WISHES = (AmendOrder, CancelOrder, HoldPlaced, HoldReleased)
"""What channels send about an order that they handed over."""


def open_world_of(
    header: Header,
    scenario: Scenario,
    design: str,
    played: "Orders",
    asked: dict[int, int],
    seed: int,
    write: Write,
) -> World:
    """Build the world of a recording and give it the recorded orders; it is run by whoever asked for it.

    Args:
        header: of the recording.
        scenario: the world.
        design: the design that decides.
        played: the orders of the recording, as they are to be played.
        asked: units asked for in the whole recording by item; used where the header has no stock.
        seed: what partners draw from.
        write: hears what crosses the middleware's door.
    """
    sites = tuple(the_wms(scenario).sites)
    stocks = _stocks(header)
    shares = [float(site.people) for site in the_wms(scenario).sites.values()]
    record = []
    for item in range(len(header.items)):
        stock = stocks.get(item)
        if stock is not None and len(stock.positions) == len(sites):
            record.append(tuple(position.sellable for position in stock.positions))
        else:
            units = sum(position.sellable for position in stock.positions) if stock is not None else 0
            record.append(tuple(split(units if stocks else asked.get(item, 0), shares)))
    under_way = tuple(
        UnderWay(
            item=stock.item, site=supply.site, quantity=supply.ordered - supply.received, arrives_us=max(0, supply.due)
        )
        for stock in stocks.values()
        for supply in stock.supply
    )
    opening = Opening(
        items=header.items,
        sites=sites,
        record=tuple(record),
        errors=(),
        under_way=under_way,
        rules={},
        site_shares=tuple(share / sum(shares) for share in shares),
        arrivals=played.arrivals(),
        notes=(NO_BUYING,) if stocks else (NO_STOCK, NO_BUYING),
        buys="always",
    )

    def begins(world: World) -> Write:
        played.world = world
        return write

    return build(scenario, design, seed, Recorder(None), stops=False, opening=opening, history=begins)


def asked_for(header: Header, records: Iterable[Numbered]) -> dict[int, int]:
    """Return how many units the orders of a recording ask for, by item."""
    asked: dict[int, int] = {}
    numbers = {name: number for number, name in enumerate(header.items)}
    for _, record in records:
        for item, quantity, _ in _lines(record, numbers):
            asked[item] = asked.get(item, 0) + quantity
    return asked


class Orders:
    """The recorded orders as buyers who come when they came; what was said of an order later goes to the middleware."""

    def __init__(self, header: Header, records: Iterable[Numbered]) -> None:
        self.header = header
        self.records = records
        self.world: World | None = None
        self.read = 0
        self.repeats = 0
        """How often an order was handed over again."""
        self.dead_letters: dict[str, int] = {}
        """Records that cannot be played, by class."""
        self.not_played: dict[str, int] = {}
        """Facts in the place of which simulated partners act, by class."""
        self.placed: dict[int, int] = {}
        """Orders by their cases, each with the digest of what it asks for."""
        self._items = {name: number for number, name in enumerate(header.items)}

    def arrivals(self) -> Iterator[Arrival]:
        """Yield the orders in time order, each as it is wanted."""
        for _, record in self.records:
            self.read += 1
            if record.at < self.header.opened:
                _count(self.dead_letters, "time_before_start")
                continue
            arrival = self._arrival_of(record)
            if arrival is None:
                self._wish(record)
                continue
            asked, known = wire.digest(arrival.lines), self.placed.get(arrival.order)
            if known is None:
                self.placed[arrival.order] = asked
                yield arrival
            elif known != asked:
                _count(self.dead_letters, "conflicting_id")
            else:
                self.repeats += 1
                self._later(arrival.at, _handed_over(arrival))

    def _arrival_of(self, record: Record) -> Arrival | None:
        if isinstance(record, Stimulus) and isinstance(record.message, SubmitOrder):
            message = record.message
            return Arrival(record.at, message.channel, message.case, message.number, message.lines)
        if isinstance(record, Fact) and isinstance(record.fact, business.OrderPlaced):
            return self._arrival(record, record.fact)
        return None

    def _wish(self, record: Record) -> None:
        """Have said what was said about an order after it was placed."""
        if isinstance(record, Stimulus) and isinstance(record.message, WISHES):
            self._later(record.at, record.message)
        elif isinstance(record, Fact) and isinstance(record.fact, business.OrderCancelled):
            case = business_id("order", record.fact.order)
            self._later(record.at, CancelOrder(id=derive(business_id(record.source, record.id), 1), case=case))
        elif isinstance(record, Fact) and not isinstance(record.fact, business.OrderPlaced):
            _count(self.not_played, f"{type(record.fact).__name__}{ACTED_ANEW}")

    def _arrival(self, record: Fact, fact: business.OrderPlaced) -> Arrival | None:
        if any(line.item not in self._items for line in fact.lines):
            _count(self.dead_letters, "unknown_item")
            return None
        wanted: dict[int, tuple[int, int]] = {}
        for item, quantity, price in _lines(record, self._items):
            wanted[item] = (wanted.get(item, (0, price))[0] + quantity, price)
        lines = tuple(OrderedLine(item, quantity, price) for item, (quantity, price) in wanted.items())
        channel = self.header.channels.index(fact.channel) if fact.channel in self.header.channels else 0
        return Arrival(record.at, channel, business_id("order", fact.order), fact.order, lines) if lines else None

    def _later(self, at: int, message: Message) -> None:
        world = self.world
        assert world is not None, "arrivals are drawn when the world stands"
        world.timeline.call_at(max(at, world.timeline.now), world.middleware.receive, message)


def as_wanted(records: Iterable[Numbered]) -> Iterator[Numbered]:
    """Yield the records with each order at the instant at which its buyer placed it, not at which it was heard of."""
    for line, record in records:
        if isinstance(record, Stimulus) and isinstance(record.message, SubmitOrder):
            yield line, msgspec.structs.replace(record, at=min(record.at, record.message.placed_at))
        else:
            yield line, record


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _handed_over(arrival: Arrival) -> SubmitOrder:
    """Return an order as its channel hands it over."""
    print_ = wire.fingerprint(arrival.channel, arrival.number, 1, arrival.lines)
    return SubmitOrder(
        id=derive(arrival.order, 1),
        case=arrival.order,
        channel=arrival.channel,
        number=arrival.number,
        fingerprint=print_,
        lines=arrival.lines,
        placed_at=arrival.at,
    )


def _lines(record: Record, numbers: dict[str, int]) -> Iterator[tuple[int, int, int]]:
    """Yield item, quantity and price of the lines of an order, if the record is one."""
    if isinstance(record, Stimulus) and isinstance(record.message, SubmitOrder):
        for ordered in record.message.lines:
            yield ordered.item, ordered.quantity, ordered.price
    elif isinstance(record, Fact) and isinstance(record.fact, business.OrderPlaced):
        for line in record.fact.lines:
            if line.item in numbers:
                yield numbers[line.item], line.quantity, line.price or 0


def _stocks(header: Header) -> dict[int, ItemStock]:
    read = wire.reader(table_named(ITEMS.name).row)
    found = ((id, read(bytes(row))) for id, row in header.snapshot.rows.get(ITEMS.name, ()))
    return {id: stock for id, stock in found if isinstance(stock, ItemStock)}
