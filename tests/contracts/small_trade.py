"""A small trade for the contracts: five procedures that between them use every call of a unit, and a day of messages.

They are as simple as procedures can be and still meet each other on the same rows: stock is received, orders claim it,
warehouses ship it, and a shipped order is closed and leaves the live store.
"""

import msgspec

from policies.ruleset import RuleSet
from policies.stock_buffer import ChannelAvailability
from twin.middleware.dispatch import Procedures
from twin.middleware.unit import ARCHIVE, ITEMS, MOVEMENTS, ORDERS, PARKED, RESERVATIONS, Outcome, Unit
from twin.model.commands import (
    CancelOrder,
    CloseDue,
    HoldExpired,
    ItemQuantity,
    LineQuantity,
    OrderedLine,
    ShipmentConfirmed,
    StockReceived,
    SubmitOrder,
)
from twin.model.events import (
    AvailabilityChanged,
    CreateErpOrder,
    ExceptionOpened,
    FulfilmentRecorded,
    OrderAnswered,
)
from twin.model.ids import Ids
from twin.model.instant import HOUR, Now
from twin.model.message import Message
from twin.model.order import Intake, Line, LinePolicy, Order
from twin.model.stock import Bucket, ItemStock, Movement, Position, Reservation
from twin.model.wire import Parked

BOLTS, NUTS = 101, 102
FIRST, SECOND_ORDER, THIRD, LARGE = 5001, 5002, 5003, 5004


class BrokenPromise(Exception):
    """What a defective procedure raises."""


def receive_stock(message: StockReceived, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Add the quantity to the item's position, open the item if it is new, and tell of it."""
    stock = unit.load(ITEMS, message.item) or ItemStock(item=message.item, positions=(Position(),))
    ids = Ids(message.id)
    unit.save(ITEMS, message.item, _moved(stock, sellable=message.quantity))
    unit.save(
        MOVEMENTS, movement := ids.next(), _movement(movement, message, message.item, message.quantity, Bucket.SELLABLE)
    )
    unit.emit(_free(ids, message, stock, message.quantity))
    return Outcome.APPLIED


def submit_order(message: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Claim stock for every line, or refuse the order; a number that was used before is a duplicate."""
    known, archived = unit.load(ORDERS, message.case), unit.load(ARCHIVE, message.case)
    stocks = unit.load_many(ITEMS, [line.item for line in message.lines])
    if known or archived is not None:
        return Outcome.DUPLICATE
    ids = Ids(message.id)
    claims: dict[int, ItemStock] = {}
    for asked, stock in zip(message.lines, stocks, strict=True):
        held = claims.get(asked.item, stock)
        if held is None or held.positions[0].sellable - held.positions[0].committed < asked.quantity:
            unit.emit(_answer(ids, message, "IR"))
            return Outcome.REJECTED
        claims[asked.item] = _moved(held, committed=asked.quantity)
    for item, stock in claims.items():
        unit.save(ITEMS, item, stock)
    lines = tuple(
        Line(number=number, item=line.item, ordered=line.quantity, allocated=line.quantity, price=line.price)
        for number, line in enumerate(message.lines, start=1)
    )
    for line in lines:
        claim = Reservation(
            id=_claim(message.case, line.number),
            order=message.case,
            line=line.number,
            item=line.item,
            site=0,
            granted=line.ordered,
            committed=True,
        )
        unit.save(RESERVATIONS, claim.id, claim)
    order = Order(
        id=message.case,
        channel=message.channel,
        number=message.number,
        revision=message.revision,
        fingerprint=message.fingerprint,
        policy=LinePolicy.PARTIAL,
        lines=lines,
        placed_at=message.placed_at,
        intake=Intake.ACCEPTED,
        accepted_at=now.elapsed,
        cause=message.id,
    )
    unit.save(ORDERS, order.id, order)
    unit.emit(_answer(ids, message, "IA"))
    unit.emit(
        CreateErpOrder(
            id=ids.next(), cause=message.id, case=order.id, external=message.fingerprint, lines=message.lines
        )
    )
    unit.schedule(now.elapsed + HOUR, CloseDue(id=ids.next(), cause=message.id, case=order.id))
    return Outcome.ACCEPTED


def confirm_shipment(message: ShipmentConfirmed, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take what was shipped out of stock; a shipment that comes before its order is parked and waits."""
    order = unit.load(ORDERS, message.case)
    parked = unit.load(PARKED, message.case)
    if order is None:
        unit.save(PARKED, message.case, Parked(messages=(message,), until=now.elapsed + HOUR))
        return Outcome.WAITS
    lines = [order.lines[shipped.line - 1] for shipped in message.lines]
    claims = unit.load_many(RESERVATIONS, [_claim(order.id, line.number) for line in lines])
    stocks = unit.load_many(ITEMS, [line.item for line in lines])
    if message.key in order.shipments:
        return Outcome.DUPLICATE
    ids = Ids(message.id)
    after = {line.item: stock for line, stock in zip(lines, stocks, strict=True) if stock}
    for shipped, line, claim in zip(message.lines, lines, claims, strict=True):
        assert claim is not None
        unit.save(RESERVATIONS, claim.id, msgspec.structs.replace(claim, consumed=claim.consumed + shipped.quantity))
        after[line.item] = _moved(after[line.item], sellable=-shipped.quantity, committed=-shipped.quantity)
        unit.save(
            MOVEMENTS, movement := ids.next(), _movement(movement, message, line.item, shipped.quantity, Bucket.OUTSIDE)
        )
    for item, stock in after.items():
        unit.save(ITEMS, item, stock)
    unit.save(
        ORDERS, order.id, msgspec.structs.replace(order, shipments=(*order.shipments, message.key), cause=message.id)
    )
    if parked:
        unit.archive(PARKED, message.case)
    unit.emit(
        FulfilmentRecorded(
            id=ids.next(), cause=message.id, case=order.id, key=message.key, site=0, lines=message.lines, items=()
        )
    )
    return Outcome.APPLIED


def close_order(message: CloseDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take a shipped order and its claims out of the live store, or look again in an hour."""
    order = unit.load(ORDERS, message.case)
    if order is None:
        return Outcome.NOOP
    if not order.shipments:
        unit.schedule(now.elapsed + HOUR, CloseDue(id=Ids(message.id).next(), cause=message.id, case=order.id))
        return Outcome.NOOP
    for line in order.lines:
        unit.archive(RESERVATIONS, _claim(order.id, line.number))
    unit.archive(ORDERS, order.id)
    unit.save(ARCHIVE, order.id, order.fingerprint)
    return Outcome.APPLIED


def note_expiry(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Emit and schedule without reading a row: only the inbox stands between this and a second time."""
    ids = Ids(message.id)
    unit.emit(ExceptionOpened(id=ids.next(), cause=message.id, code="EXPIRED", detail="nobody let it go"))
    unit.schedule(now.elapsed + HOUR, CloseDue(id=ids.next(), cause=message.id))
    return Outcome.APPLIED


def break_promise(message: CancelOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Use every call of the unit, then raise."""
    stock = unit.load_many(ITEMS, [BOLTS])[0]
    assert stock is not None
    unit.save(ITEMS, BOLTS, _moved(stock, sellable=-stock.positions[0].sellable))
    unit.archive(ORDERS, message.case)
    unit.emit(ExceptionOpened(id=Ids(message.id).next(), code="BROKEN", detail=""))
    unit.schedule(now.elapsed, CloseDue(id=Ids(message.id).next(), case=message.case))
    raise BrokenPromise("the last line of a defective procedure")


def procedures() -> Procedures:
    """Return the table of the small trade."""
    table = Procedures()
    table.bind(StockReceived, receive_stock)
    table.bind(SubmitOrder, submit_order)
    table.bind(ShipmentConfirmed, confirm_shipment)
    table.bind(CloseDue, close_order)
    table.bind(HoldExpired, note_expiry)
    table.bind(CancelOrder, break_promise)
    return table


def rules() -> RuleSet:
    """Return rules for procedures that ask none."""
    return RuleSet(availability=ChannelAvailability(channels=()), channels=())


def received(id: int, item: int, quantity: int) -> StockReceived:
    return StockReceived(id=id, site=0, item=item, quantity=quantity, sequence=id, at=0)


def submitted(id: int, order: int, *lines: tuple[int, int]) -> SubmitOrder:
    return SubmitOrder(
        id=id,
        case=order,
        channel=1,
        number=f"PO-{order} für Łódź",
        fingerprint=order * 1_000_003,
        lines=tuple(OrderedLine(item=item, quantity=quantity, price=1999) for item, quantity in lines),
        placed_at=id,
    )


def shipped(id: int, order: int, *quantities: int, key: int = 0) -> ShipmentConfirmed:
    lines = tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in enumerate(quantities, start=1))
    return ShipmentConfirmed(id=id, case=order, key=key or id, release=order, site=0, lines=lines, at=id)


def day() -> list[Message]:
    """Return a day with repeats, an early shipment, a refusal, and orders that leave the live store."""
    return [
        received(1, BOLTS, 10),
        received(2, NUTS, 5),
        submitted(3, FIRST, (BOLTS, 4), (NUTS, 2)),
        submitted(3, FIRST, (BOLTS, 4), (NUTS, 2)),  # the same message again
        submitted(4, FIRST, (BOLTS, 4), (NUTS, 2)),  # the same order under another message id
        submitted(5, LARGE, (BOLTS, 7)),  # more than is free
        shipped(6, SECOND_ORDER, 3),  # before its order
        submitted(7, SECOND_ORDER, (NUTS, 3)),
        shipped(6, SECOND_ORDER, 3),  # comes back
        CloseDue(id=8, case=FIRST),  # too early
        shipped(9, FIRST, 4, 2),
        shipped(10, FIRST, 4, 2, key=9),  # the same shipment under another message id
        CloseDue(id=11, case=FIRST),
        CloseDue(id=12, case=SECOND_ORDER),
        submitted(13, FIRST, (BOLTS, 1)),  # the number of an archived order
        HoldExpired(id=14),
        received(15, BOLTS, 1),
        submitted(16, THIRD, (BOLTS, 3), (BOLTS, 4)),  # one item on two lines
    ]


def _claim(order: int, line: int) -> int:
    return order * 100 + line


def _moved(stock: ItemStock, *, sellable: int = 0, committed: int = 0) -> ItemStock:
    (position,) = stock.positions
    after = Position(sellable=position.sellable + sellable, committed=position.committed + committed)
    return msgspec.structs.replace(stock, positions=(after,))


def _movement(id: int, message: StockReceived | ShipmentConfirmed, item: int, quantity: int, to: Bucket) -> Movement:
    return Movement(
        id=id,
        cause=message.id,
        item=item,
        site=0,
        source=Bucket.OUTSIDE if to is Bucket.SELLABLE else Bucket.SELLABLE,
        target=to,
        quantity=quantity,
        reason="RECEIPT" if to is Bucket.SELLABLE else "SHIPMENT",
        effective_at=message.at,
        recorded_at=message.at,
    )


def _free(ids: Ids, message: StockReceived, before: ItemStock, change: int) -> AvailabilityChanged:
    (position,) = before.positions
    free = position.sellable - position.committed + change
    return AvailabilityChanged(
        id=ids.next(), cause=message.id, rows=(ItemQuantity(item=before.item, quantity=free),), at=message.at
    )


def _answer(ids: Ids, message: SubmitOrder, code: str) -> OrderAnswered:
    return OrderAnswered(
        id=ids.next(),
        cause=message.id,
        case=message.case,
        channel=message.channel,
        number=message.number,
        code=code,
        lines=(),
    )
