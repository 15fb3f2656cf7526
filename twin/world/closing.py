"""The last look at a world that has reached its horizon: what can only be checked then.

What is still on its way is gathered from everybody who may hold it: the store, the process, the clients of interfaces,
the floors of warehouses, and feeds that repeat what was not acknowledged.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from actors.careful import CarefulClient
from actors.payments import PaymentProvider
from actors.troubled_process import TroubledMiddleware
from actors.wms import Warehouse
from twin.errors import WireError
from twin.middleware.inventory.posting import SITES_MAX
from twin.middleware.unit import ARCHIVE, BASKETS, ITEMS, LETTERS, ORDERS, STREAMS, UNPOSTED
from twin.model import wire
from twin.model.commands import ArchiveDue, BackorderExpired, CloseDue, GaveUp, ReturnExpired
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.instant import Elapsed
from twin.model.intake import StreamState
from twin.model.message import Event, Message
from twin.model.order import Erp, Order
from twin.model.stock import ItemStock
from twin.world.build import World
from twin.world.checks.calls import CallChecks
from twin.world.checks.end import Books
from twin.world.checks.orders import OrderChecks

LIMITS: Final = (CloseDue, ArchiveDue, BackorderExpired, ReturnExpired)
"""Timers that say when something will be over: until then nothing is on its way because of them."""


def look_back(world: World) -> None:
    """Check at the end what can only be checked then."""
    checks, store = world.invariants, world.store
    books = [(each.site, item, units) for each in world.warehouses for item, units in each.book.items()]
    stocks = [row for row in store.rows[ITEMS.number].values() if isinstance(row, ItemStock)]
    orders = [row for row in store.rows[ORDERS.number].values() if isinstance(row, Order)]
    if checks.stock is not None:
        for stock in stocks:
            checks.stock.position(stock, "at the end")
        checks.stock.books(books)
        if world.further.sites is not None:
            checks.stock.roads(world.further.sites.on_road(), world.further.sites.lost())
    checks.effects.lost(world.orders_under_way)
    if checks.letters is not None:
        checks.letters.still_there(store.rows[LETTERS.number])
        if not _is_down(world):
            checks.letters.given_up(world.middleware.relay.parked, _told_of(world))
    if checks.calls is not None:
        checks.calls.look_back(world.clients, world.timeline.now)
        if not _is_down(world):
            checks.effects.zombies(_at_hand(world, checks.calls))
    if checks.files is not None:
        patience = {box.channel.name: box.resend_after for box in world.mailboxes}
        patience |= {sender.name: sender.resend_after for sender, _ in world.further.documents.found}
        checks.files.unanswered(patience, world.timeline.now)
    if checks.orders is not None and world.further.payments is not None:
        _compare_money(world, world.further.payments, checks.orders, orders)
    if checks.end is not None and checks.stock is not None:
        checks.end.leaks(checks.stock.claims, store.rows[ORDERS.number], store.rows[BASKETS.number])
        if not _is_down(world):
            waiting = {message.id for message in (*world.middleware.queue, *world.middleware.in_hand.values())}
            checks.end.overdue(store.timers.values(), waiting)
        reconciled = world.middleware.rules.reconciliation is not None
        checks.end.agree(_books(world, stocks, checks.end.changed), reconciled=reconciled)
    if checks.end is not None and checks.orders is not None and checks.calls is not None:
        touched = checks.orders.touched
        moving = _moving(world, stocks, checks.calls)
        checks.end.stuck(((order, touched(order.id)) for order in orders), moving)
        checks.end.open_orders(_open_orders(world, orders, checks.orders, checks.calls))


def _compare_money(world: World, provider: PaymentProvider, checks: OrderChecks, orders: list[Order]) -> None:
    """Compare each order's money with the provider's ledger, but for orders that somebody has still to tell of."""
    store = world.store
    moving = {message.case for message in (*world.middleware.queue, *world.middleware.in_hand.values())}
    moving.update(message.case for message in (*store.outbox.values(), *_told(world)))
    moving.update(row.case for row in store.rows[LETTERS.number].values() if isinstance(row, DeadLetter))
    for order in orders:
        promise = provider.promises.get(order.id)
        if promise is not None and not promise.untold and order.id not in moving:
            checks.agrees(order, promise.captured, promise.refunded)


def _told_of(world: World) -> set[int]:
    """Return what the middleware is being told that it was given up, or is to do again with it."""
    waiting = (*world.middleware.queue, *world.middleware.in_hand.values())
    waiting += tuple([message for _, message in world.store.timers.values()])
    if isinstance(world.middleware, TroubledMiddleware):
        waiting += tuple(world.middleware.held_up())
    return {message.subject for message in waiting if isinstance(message, GaveUp)}


def _is_down(world: World) -> bool:
    process = world.middleware
    return isinstance(process, TroubledMiddleware) and process.down


# --- what somebody holds


def _at_hand(world: World, calls: CallChecks) -> set[int]:
    """Return the outbox rows that some client holds, or that are dead letters."""
    held = set(world.middleware.relay.parked)
    held.update(event.id for event in _at_clients(world, calls))
    for client in world.clients:
        if isinstance(client, CarefulClient):
            held.update(client.open)
    return held


def _at_clients(world: World, calls: CallChecks) -> Iterator[Event]:
    """Yield the events that clients have to deliver, or people who stand in for them."""
    for person in world.people:
        yield from person.to_do()
    for client in world.clients:
        yield from client.backlog
        yield from calls.under_way(client.name)


def _moving(world: World, stocks: list[ItemStock], calls: CallChecks) -> set[int]:
    """Return the orders that something will move on: a message, a floor, a label, supply that they wait for.

    So are those of which somebody parked something: that was their end, and a person's decision.
    """
    moving = world.orders_under_way()
    for stock in stocks:
        moving.update(line.order for line in stock.waiting)
        moving.update(pledge.order for pledge in stock.pledges)
    for warehouse in world.warehouses:
        moving.update(job.case for job in warehouse.jobs.values())
        moving.update(parcel.case for parcel in warehouse.benched.values())
    moving.update(event.case for event in _at_clients(world, calls))
    moving.update(message.case for message in _told(world))
    moving.update(letter.case for letter in _parked(world))
    return moving


def _parked(world: World) -> list[DeadLetter]:
    """Return what people took out of its queue for good: what hangs on it has come to its end there."""
    letters = world.invariants.letters
    return letters.parked if letters is not None else []


def _told(world: World) -> Iterator[Message]:
    """Yield the facts of parties that have not arrived, as far as their feeds keep them."""
    for feed in world.feeds:
        yield from feed.not_arrived()
    yield from world.at_broker()


def _open_orders(
    world: World, orders: list[Order], checks: OrderChecks, calls: CallChecks
) -> Iterator[tuple[int, Elapsed, dict[int, int], dict[int, int]]]:
    """Yield each order of which nothing is on its way: when we wrote it last, what it lacks with us and in the ERP.

    Orders that were cut in part are left out, and so are archived ones, of which that is no more known: the ERP is not
    told of units that lapse while others of the order are delivered (DOMAIN 8, row 15, tells the channel alone).
    """
    spoken_of = world.orders_under_way(asleep=LIMITS)
    spoken_of.update(message.case for message in (*_at_clients(world, calls), *_told(world)))
    spoken_of.update(letter.case for letter in _parked(world))
    known, archived = {order.id: order for order in orders}, world.store.rows[ARCHIVE.number]
    for id in dict.fromkeys((*known, *world.erp.open_orders)):
        order = known.get(id)
        if id in spoken_of or id in archived:
            continue
        if order is None or (order.erp is Erp.CONFIRMED and not _cut_in_part(order)):
            yield id, checks.touched(id), _lacking(order), world.erp.open_orders.get(id, {})


def _cut_in_part(order: Order) -> bool:
    cut = sum(line.cancelled for line in order.lines)
    return 0 < cut < sum(line.ordered for line in order.lines)


def _lacking(order: Order | None) -> dict[int, int]:
    """Return the units of an order that are neither shipped nor cancelled, by item."""
    found: dict[int, int] = {}
    for line in order.lines if order is not None else ():
        if lacking := line.ordered - line.cancelled - line.shipped:
            found[line.item] = found.get(line.item, 0) + lacking
    return found


# --- the books of each item


def _books(world: World, stocks: list[ItemStock], changed: Mapping[int, Elapsed]) -> Iterator[tuple[Books, ItemStock]]:
    packed = _packed(world.warehouses)
    excused = _excused(world)
    for stock in stocks:
        item = stock.item
        counted = {each.site: each.book.get(item, 0) for each in world.warehouses}
        lies = {site: units for (site, of), units in packed.items() if of == item} if packed else {}
        open_ = item in excused or stock.disputed > 0
        yield Books(item, counted, lies, world.erp.booked.get(item, 0), changed.get(item, 0), open_), stock


def _packed(warehouses: list[Warehouse]) -> dict[tuple[int, int], int]:
    """Return what is picked and not yet told as shipped, by (site, item)."""
    found: dict[tuple[int, int], int] = {}
    for warehouse in warehouses:
        for item, units in warehouse.packed():
            found[(warehouse.site, item)] = found.get((warehouse.site, item), 0) + units
    return found


def _excused(world: World) -> dict[int, None]:
    """Return the items of which something is still on its way, or that somebody has to look at."""
    store, found = world.store, dict[int, None]()
    for message in (*world.middleware.queue, *world.middleware.in_hand.values(), *store.outbox.values()):
        found.update(_items_of(message, world))
    for message in _told(world):
        found.update(_items_of(message, world))
    for row in store.rows[LETTERS.number].values():
        if isinstance(row, DeadLetter) and row.kind is not LetterKind.NOTICE:
            found.update(_items_of_letter(row, world))
    for letter in _parked(world):
        found.update(_items_of_letter(letter, world))
    for key, state in store.rows[STREAMS.number].items():
        if isinstance(state, StreamState) and state.held:
            found[key // SITES_MAX] = None
    for key in store.rows[UNPOSTED.number]:
        found[key // SITES_MAX] = None
    return found


def _items_of_letter(row: DeadLetter, world: World) -> dict[int, None]:
    read = wire.decode_outgoing if row.kind is LetterKind.DELIVERY else wire.decode_incoming
    try:
        return _items_of(read(row.body), world)
    except WireError:
        return {}


def _items_of(message: Message, world: World) -> dict[int, None]:
    """Return the items that a message speaks of, those of its order included."""
    found: dict[int, None] = {}
    item = getattr(message, "item", None)
    if isinstance(item, int):
        found[item] = None
    for row in getattr(message, "items", ()):
        found[row if isinstance(row, int) else row.item] = None
    order = world.store.get(ORDERS, message.case)
    if order is not None:
        found.update((line.item, None) for line in order.lines)
    return found
