"""Turns business facts of an imported recording into messages that the middleware takes.

Identifiers become numbers here: items, places and channels by their place in the header. A fact of a kind that no
procedure takes is not played, one that speaks of what nobody knows is a dead letter; both are counted by their class.
"""

from actors.transactor import Store
from twin.middleware.inventory.posting import SITES_MAX, stream_key
from twin.middleware.unit import ITEMS, ORDERS
from twin.model import business, commands, wire
from twin.model.history import Fact, Header
from twin.model.ids import business_id, derive
from twin.model.message import Message
from twin.model.order import Order
from twin.model.stock import ItemStock

Made = tuple[Message | None, str]
"""A message, or None and the class under which the fact is counted."""
NOT_TAKEN = ": no procedure takes it"
"""How the class of a fact ends that is in order, and that the middleware has no use for."""


class Enactor:
    """Makes messages of facts, in the order of the recording."""

    def __init__(self, header: Header, store: Store) -> None:
        self._header = header
        self._store = store
        self._items = {name: number for number, name in enumerate(header.items)}
        self._sites = {name: number for number, name in enumerate(header.sites)}
        self._channels = {name: number for number, name in enumerate(header.channels)}
        self._sequence: dict[int, int] = {}

    def message_of(self, record: Fact) -> Made:
        """Return the message that a fact stands for."""
        id = business_id(record.source, record.id)
        fact = record.fact
        match fact:
            case business.OrderPlaced():
                return self._order(id, record, fact)
            case business.OrderCancelled():
                return commands.CancelOrder(id=id, case=self._case(fact.order)), ""
            case business.StockAdjusted():
                return self._stock(id, record, fact.item, fact.place, fact.change, fact.reason)
            case business.StockReceived():
                return self._stock(id, record, fact.item, fact.place, fact.quantity, "receipt")
            case business.StockCounted():
                return self._counted(id, record, fact)
            case business.ShipmentHandedOver():
                return self._shipped(id, record, fact)
            case _:
                return None, f"{type(fact).__name__}{NOT_TAKEN}"

    def _order(self, id: int, record: Fact, fact: business.OrderPlaced) -> Made:
        wanted: dict[int, tuple[int, int]] = {}
        for line in fact.lines:
            item = self._items.get(line.item)
            if item is None:
                return None, "unknown_item"
            quantity, price = wanted.get(item, (0, line.price or 0))
            wanted[item] = (quantity + line.quantity, price)
        channel = self._channels.get(fact.channel, 0)
        lines = tuple(commands.OrderedLine(item, quantity, price) for item, (quantity, price) in wanted.items())
        return (
            commands.SubmitOrder(
                id=id,
                case=self._case(fact.order),
                channel=channel,
                number=fact.order,
                fingerprint=wire.fingerprint(channel, fact.order, 1, lines),
                lines=lines,
                placed_at=record.at,
            ),
            "",
        )

    def _stock(self, id: int, record: Fact, item_name: str, place: str, change: int, reason: str) -> Made:
        item, site = self._items.get(item_name), self._sites.get(place)
        if item is None or site is None:
            return None, "unknown_item" if item is None else "unknown_place"
        adjusted = commands.StockAdjusted(
            id=id,
            site=site,
            item=item,
            change=change,
            reason=reason or "adjustment",
            sequence=self._next(item, site),
            at=record.at,
        )
        return adjusted, ""

    def _counted(self, id: int, record: Fact, fact: business.StockCounted) -> Made:
        item, site = self._items.get(fact.item), self._sites.get(fact.place)
        if item is None or site is None:
            return None, "unknown_item" if item is None else "unknown_place"
        stock = self._store.get(ITEMS, item)
        book = stock.positions[site].sellable if isinstance(stock, ItemStock) else 0
        counted = commands.StockCounted(
            id=id,
            site=site,
            item=item,
            counted=fact.counted,
            book=book,
            sequence=self._next(item, site),
            at=record.at,
        )
        return counted, ""

    def _shipped(self, id: int, record: Fact, fact: business.ShipmentHandedOver) -> Made:
        """Confirm what the order has been released for and not shipped; the file says only that it left."""
        case = self._case(fact.order)
        order = self._store.get(ORDERS, case)
        if not isinstance(order, Order):
            return None, "shipment_of_an_unknown_order"
        release = order.releases[0] if order.releases else None
        if release is None:
            return None, "shipment_of_nothing_released"
        lines = tuple(
            commands.LineQuantity(each.line, each.quantity)
            for each in order.releases
            if each.key == release.key and each.site == release.site
        )
        shipped = commands.ShipmentConfirmed(
            id=id,
            case=case,
            key=derive(id, 4),
            release=release.key,
            site=release.site,
            lines=lines,
            at=record.at,
        )
        return shipped, ""

    def _next(self, item: int, site: int) -> int:
        assert site < SITES_MAX, "a recording has fewer places than a key holds"
        key = stream_key(item, site)
        number = self._sequence[key] = self._sequence.get(key, 0) + 1
        return number

    @staticmethod
    def _case(order: str) -> int:
        return business_id("order", order)
