"""Orders of two units in every state: what can happen to them, and every step from there, breadth first."""

import msgspec

from twin.middleware.orders.effects import (
    Step,
)
from twin.middleware.orders.header import unsound
from twin.middleware.orders.occasions import (
    Allocated,
    AllocatedShort,
    Amended,
    LinePromise,
    Occasion,
    PromiseGranted,
    PromiseRefused,
    ReferenceMissing,
    ReleasedToWarehouse,
    ReturnAuthorised,
    Submitted,
    UndoDone,
    Validated,
    ValidationFailed,
    WaitingFilled,
)
from twin.middleware.orders.table import step, submit
from twin.model.commands import (
    AmendOrder,
    BackorderExpired,
    CancelOrder,
    CloseDue,
    ErpConfirmed,
    ErpRefused,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    LineQuantity,
    OrderedLine,
    OrderInvoiced,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
    PledgeBroken,
    ReleaseCancelled,
    ReleaseCancelRefused,
    RemainderClosed,
    ReturnCancelled,
    ReturnDisposed,
    ReturnExpired,
    ReturnMatched,
    ReturnReceived,
    ShipmentConfirmed,
    SubmitOrder,
    UndoFailed,
    WarehouseShort,
)
from twin.model.order import LinePolicy, Order
from twin.model.stock import Bucket

BACKORDER, PARTIAL = LinePolicy.BACKORDER, LinePolicy.PARTIAL
KILL, COMPLETE = LinePolicy.FILL_OR_KILL, LinePolicy.SHIP_COMPLETE
REQUEST = 70
"""Key of the first 940."""


def q(*quantities: int) -> tuple[LineQuantity, ...]:
    """Quantities of lines 1, 2, ...; zero: not named."""
    return tuple(LineQuantity(number, quantity) for number, quantity in enumerate(quantities, 1) if quantity)


def submission(
    *quantities: int, policy: LinePolicy = BACKORDER, fingerprint: int = 5, revision: int = 1, price: int = 100
) -> Submitted:
    lines = tuple(OrderedLine(10 + number, quantity, price) for number, quantity in enumerate(quantities))
    message = SubmitOrder(
        id=1,
        case=77,
        channel=0,
        number="4711",
        revision=revision,
        fingerprint=fingerprint,
        lines=lines,
        placed_at=0,
    )
    return Submitted(message, policy)


def play(order: Order, *events: Occasion, now: int = 0) -> Order:
    """Apply events that all must move the order; the units must be conserved at every step."""
    for event in events:
        done = step(order, event, now)
        assert done.order is not order, (event, done.outcome)
        assert done.order.version == order.version + 1 and done.order.cause == event.id
        order = done.order
        assert unsound(order) == ""
    return order


def received(*quantities: int, policy: LinePolicy = BACKORDER) -> Order:
    return submit(None, submission(*quantities, policy=policy), 0).order


def validated(*quantities: int, policy: LinePolicy = BACKORDER) -> Order:
    return play(received(*quantities, policy=policy), Validated(2))


def accepted(
    confirmed: int = 10, pledged: int = 0, *, ordered: int = 10, policy: LinePolicy = BACKORDER, erp: bool = True
) -> Order:
    """One line; what is confirmed is allocated, and the ERP has confirmed."""
    order = play(validated(ordered, policy=policy), PromiseGranted(3, (LinePromise(1, confirmed, pledged),)))
    if confirmed:
        order = play(order, Allocated(3, q(confirmed)))
    return play(order, ErpConfirmed(id=4, reference=9)) if erp else order


def to_wms(quantity: int, site: int = 0, key: int = REQUEST) -> ReleasedToWarehouse:
    return ReleasedToWarehouse(5, key, site, q(quantity))


def shipped(quantity: int, *, key: int = 1, site: int = 0, release: int = REQUEST) -> ShipmentConfirmed:
    return ShipmentConfirmed(id=6, key=key, release=release, site=site, lines=q(quantity), at=0)


def given_back(quantity: int, *, site: int = 0, release: int = REQUEST) -> ReleaseCancelled:
    return ReleaseCancelled(id=7, release=release, site=site, lines=q(quantity))


def kept(quantity: int, *, site: int = 0, release: int = REQUEST) -> ReleaseCancelRefused:
    return ReleaseCancelRefused(id=8, release=release, site=site, lines=q(quantity))


def short(quantity: int, *, site: int = 0, release: int = REQUEST) -> WarehouseShort:
    return WarehouseShort(id=9, release=release, site=site, lines=q(quantity))


def captured(amount: int, key: int = 1) -> PaymentCaptured:
    return PaymentCaptured(id=11, key=key, amount=amount)


def amendment(*quantities: int, item: int = 10, revision: int = 2, promised: int = 0) -> Amended:
    lines = tuple(OrderedLine(item + number, quantity, 100) for number, quantity in enumerate(quantities))
    message = AmendOrder(id=20, channel=0, number="4711", revision=revision, fingerprint=6, lines=lines)
    return Amended(message, q(promised))


AT = 100
"""When the small world happens: holds and backorders until then are over."""


def occasions() -> list[Occasion]:
    """Events over one line of up to two units, keys of which there are two, and what makes no sense."""
    found: list[Occasion] = [
        submission(2),
        submission(2, fingerprint=6),
        submission(2, revision=0),
        Validated(2),
        ValidationFailed(2, "reason"),
        ReferenceMissing(2, "item", AT),
        HoldPlaced(id=2, kind="CREDIT", until=AT),
        HoldPlaced(id=2, kind="PAYMENT", until=AT + 1),
        HoldPlaced(id=2, kind="MOOD", until=AT),
        HoldReleased(id=2, kind="CREDIT"),
        HoldReleased(id=2, kind="ERP"),
        PromiseRefused(2, "reason"),
        HoldExpired(id=2),
        PromiseGranted(2, (LinePromise(1, 2),)),
        PromiseGranted(2, (LinePromise(1, 1),), cancel_after=AT),
        PromiseGranted(2, (LinePromise(1, 1, 1),)),
        PromiseGranted(2, ()),
        PromiseGranted(2, (LinePromise(1, 3),)),
        PromiseGranted(2, (LinePromise(1, 2),), lapsed=True),
        ErpConfirmed(id=2, reference=1),
        ErpConfirmed(id=2, reference=2),
        ErpRefused(id=2, reason="credit"),
        BackorderExpired(id=2),
        RemainderClosed(id=2, site=0),
        CloseDue(id=2),
        CancelOrder(id=2),
        amendment(1),
        amendment(2, revision=1),
        amendment(2),
        UndoDone(2),
        UndoFailed(id=2),
        PaymentAuthorised(id=2, amount=200),
        PaymentCaptured(id=2, key=1, amount=200),
        PaymentCaptured(id=2, key=2, amount=0),
        PaymentVoided(id=2),
        PaymentRefunded(id=2, key=1, amount=200),
    ]
    for units in (0, 1, 2):
        lines = q(units)
        found += [Allocated(2, lines), AllocatedShort(2, lines), PledgeBroken(id=2, lines=lines)]
        found += [WaitingFilled(2, lines), WaitingFilled(2, lines, pledged=True)]
        found += [OrderInvoiced(id=2, key=key, lines=lines) for key in (1, 2)]
        found += [ReleasedToWarehouse(2, 70, 0, lines), ReleasedToWarehouse(2, 71, 1, lines)]
        for key, site in ((70, 0), (71, 1)):
            found.append(ShipmentConfirmed(id=2, key=key, release=key, site=site, lines=lines, at=0))
            found.append(WarehouseShort(id=2, release=key, site=site, lines=lines))
            found.append(ReleaseCancelled(id=2, release=key, site=site, lines=lines))
            found.append(ReleaseCancelRefused(id=2, release=key, site=site, lines=lines))
    return found


def coming_back(*, until: int = AT + 1) -> list[Occasion]:
    """What can happen to two shipped units that come back, under two RMA numbers and three keys."""
    found: list[Occasion] = [CloseDue(id=2), CancelOrder(id=2)]
    for rma in (80, 81):
        found += [ReturnCancelled(id=2, rma=rma), ReturnExpired(id=2, rma=rma)]
        for units in (0, 1, 2):
            lines = q(units)
            found.append(ReturnAuthorised(2, rma, lines, until if rma == 80 else AT))
            found.append(ReturnMatched(id=2, key=90, rma=rma, lines=lines))
            found += [
                ReturnReceived(id=2, key=key, rma=rma, site=0, lines=lines, items=(), at=0, undelivered=key == 91)
                for key in (90, 91)
            ]
            found += [
                ReturnDisposed(id=2, key=92, rma=rma, site=0, lines=lines, target=target, at=0)
                for target in (Bucket.SELLABLE, Bucket.HELD)
            ]
    return found


def world(
    policy: LinePolicy, events: list[Occasion], states_max: int, first: Order | None = None
) -> list[tuple[Order, Occasion, Step]]:
    """Follow the events from an order, breadth first until so many states are known; give every step taken."""
    first = first or submit(None, submission(2, policy=policy), AT).order
    queue, seen, steps = [first], {_key(first): None}, []
    for order in queue:
        for event in events:
            done = step(order, event, AT)
            steps.append((order, event, done))
            key = _key(done.order)
            if key not in seen and len(seen) < states_max:
                seen[key] = None
                queue.append(done.order)
    return steps


def steps(policy: LinePolicy) -> list[tuple[Order, Occasion, Step]]:
    """Return every step of three worlds: one of units on the move, one of holds, money and amendments, one of returns.

    They end at 3,000, 700 and 500 orders.
    """
    people = (HoldPlaced, ReferenceMissing, PaymentAuthorised, PaymentCaptured, PaymentVoided, PaymentRefunded)
    every = occasions()
    units = [event for event in every if not isinstance(event, (*people, Amended))]
    others = [event for event in every if isinstance(event, PromiseGranted) or not hasattr(event, "lines")]
    gone = accepted(2, ordered=2, policy=policy)
    gone = play(gone, to_wms(2), shipped(2), OrderInvoiced(id=21, key=1, lines=q(2)), captured(200))
    taken = world(policy, units, 3_000) + world(policy, others, 700)
    return taken + world(policy, coming_back(), 500, gone)


def _key(order: Order) -> bytes:
    return msgspec.msgpack.encode(msgspec.structs.replace(order, version=0, cause=0))
