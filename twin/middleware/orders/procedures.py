"""The procedures that move a known order: facts of the ERP and the warehouses, wishes of the channel, money, timers.

They all do one thing: load the order with the records that the event may touch, move it by its table, save. A message
that comes before its order waits under the order's id for `reference_wait_us`; then it is an exception.
"""

from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import keep, notice
from twin.middleware.delivery.waiting import wait_for_order
from twin.middleware.intake.submit import plan, promise_waiting
from twin.middleware.orders.bookings import take_in
from twin.middleware.orders.header import header, off
from twin.middleware.orders.loading import loaded
from twin.middleware.orders.money import over
from twin.middleware.orders.occasions import Allocated, Amended, Occasion, ReturnAuthorised
from twin.middleware.orders.returns import returns_open
from twin.middleware.orders.shipments import connect
from twin.middleware.orders.shipping import ship_in_one_stride
from twin.middleware.orders.telling import issue
from twin.middleware.orders.waiting import release_claimed
from twin.middleware.orders.work import Work
from twin.middleware.unit import ARCHIVE, ITEMS, ORDERS, Outcome, Unit
from twin.model.commands import (
    AmendOrder,
    ArchiveDue,
    BackorderExpired,
    CancelOrder,
    CloseDue,
    ErpConfirmed,
    ErpRefused,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    LineQuantity,
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
    ReturnRequested,
    ShipmentConfirmed,
    ShipmentScanned,
    UndoFailed,
    WarehouseShort,
)
from twin.model.events import CancelRelease
from twin.model.ids import derive
from twin.model.instant import Now
from twin.model.message import Event, Message
from twin.model.order import Header, Intake, Order, Undo

LineFact = ShipmentConfirmed | WarehouseShort | ReleaseCancelled | ReleaseCancelRefused | PledgeBroken | ReturnDisposed
PlainFact = (
    ErpConfirmed | OrderInvoiced | PaymentVoided | PaymentRefunded | ReturnCancelled | ReturnExpired | ReturnMatched
)
WholeOrder = (
    ErpRefused
    | CancelOrder
    | HoldPlaced
    | HoldReleased
    | HoldExpired
    | BackorderExpired
    | PaymentAuthorised
    | PaymentCaptured
    | RemainderClosed
)
_CLOSES: Final = 1_000_001
"""Which of a message's derived ids its closing timer has; far beyond those that `Ids` counts."""
_PARKED: Final = 1_000_002
"""The same for what follows when it becomes a dead letter."""
_RETURNED: Final = 1_000_003
"""The same for the milestone that follows from a receipt."""


def move_by_plain_fact(fact: PlainFact, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book a fact that touches no stock: the order alone is loaded."""
    order = unit.load(ORDERS, fact.case)
    if order is None:
        return wait_for_order(fact, now, rules, unit)
    work = Work(fact, now, rules, unit, order, {}, {})
    outcome = _move(work, fact)
    if type(fact) is OrderInvoiced and outcome is Outcome.APPLIED:
        if rules.channels[order.channel].documents:
            issue(work, fact)
        _close_later(fact, now, rules, unit)
    return outcome


def move_by_line_fact(fact: LineFact, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book what a warehouse did with some lines: their items and claims are loaded."""
    order = unit.load(ORDERS, fact.case)
    if order is None:
        return wait_for_order(fact, now, rules, unit)
    named = {each.line for each in fact.lines}
    work = loaded(fact, now, rules, unit, order, named)
    outcome = ship_in_one_stride(work, fact) if type(fact) is ShipmentConfirmed else None
    if outcome is None:
        outcome = _move(work, fact)
    if type(fact) is ShipmentConfirmed and fact.tracking and outcome is not Outcome.NOOP:
        connect(fact, order, now, rules, unit)
    return outcome


def move_whole(message: WholeOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Move an order by something that may touch all of it."""
    order = unit.load(ORDERS, message.case)
    if order is None:
        return wait_for_order(message, now, rules, unit)
    return _move(loaded(message, now, rules, unit, order, None), message)


def close_order(message: CloseDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Close and archive the order if everything about it is settled; else look again after the same time."""
    order = unit.load(ORDERS, message.case)
    if order is None:
        return Outcome.NOOP
    outcome = _move(Work(message, now, rules, unit, order, {}, {}), message)
    if outcome is Outcome.NOOP and header(order) is Header.INVOICED:
        _close_later(message, now, rules, unit)
    elif outcome is Outcome.APPLIED and rules.return_window_us:
        _archive_later(message, now, rules, unit)
    return outcome


def archive_order(message: ArchiveDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take an order that is closed or off out of the live store; what is still awaited is looked for again later.

    That is goods of a closed order, and an answer or the buyer's money of one that is off.
    """
    order = unit.load(ORDERS, message.case)
    if order is None or not (order.intake is Intake.CLOSED or off(order)):
        return Outcome.NOOP
    if returns_open(order) or (order.intake is not Intake.CLOSED and not over(order)):
        _archive_later(message, now, rules, unit)
        return Outcome.NOOP
    unit.archive(ORDERS, order.id)
    unit.save(ARCHIVE, order.id, order.fingerprint)
    return Outcome.APPLIED


def request_return(message: ReturnRequested, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Agree to a return of what was shipped; what is not sent within its time is awaited no more."""
    order = unit.load(ORDERS, message.case)
    if order is None:
        return wait_for_order(message, now, rules, unit)
    until = now.elapsed + rules.rma_valid_us
    work = Work(message, now, rules, unit, order, {}, {})
    outcome = _move(work, ReturnAuthorised(message.id, message.rma, message.lines, until))
    if outcome is Outcome.APPLIED:
        due = ReturnExpired(id=work.ids.next(), cause=message.id, case=order.id, rma=message.rma)
        unit.schedule(until, due)
    return outcome


def take_in_return(message: ReturnReceived, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take goods in that came back; those that no paper connects with a live order lie in QUALITY for a person."""
    order = unit.load(ORDERS, message.case) if message.case else None
    if message.tracking:
        _came_back_to_us(message, now, unit)
    if order is not None and message.lines and all(0 < each.line <= len(order.lines) for each in message.lines):
        return _move(loaded(message, now, rules, unit, order, {each.line for each in message.lines}), message)
    stocks = unit.load_many(ITEMS, list(dict.fromkeys(row.item for row in message.items)))
    work = Work(message, now, rules, unit, None, {stock.item: stock for stock in stocks if stock is not None}, {})
    unknown = [row.item for row in message.items if row.item not in work.stocks]
    for row in message.items:
        if row.item in work.stocks:
            take_in(work, row.item, message.site, row.quantity)
    work.save()
    detail = f"receipt {message.key}" + (f", unknown items {unknown}" if unknown else "")
    notice(message, "UNAUTHORISED_RETURN", message.key, detail, now, rules, unit)
    return Outcome.EXCEPTION


def fail_undo(message: UndoFailed, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Give up an undo of which a step has used up its retries; of any other order nothing changes."""
    order = unit.load(ORDERS, message.case)
    if order is None or order.undo is Undo.NONE:
        return Outcome.NOOP
    return _move(Work(message, now, rules, unit, order, {}, {}), message)


def after_parking(event: Event) -> Message | None:
    """Return what an event's becoming a dead letter means to its order: a recall that fails leaves its undo stuck."""
    if isinstance(event, CancelRelease):
        return UndoFailed(id=derive(event.id, _PARKED), cause=event.id, case=event.case)
    return None


def amend_order(message: AmendOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take a higher revision: what grows must be free now, what shrinks is given up."""
    order = unit.load(ORDERS, message.case)
    if order is None:
        return wait_for_order(message, now, rules, unit)
    work = loaded(message, now, rules, unit, order, None)
    wanted = {line.item for line in message.lines} - work.stocks.keys()
    for stock in unit.load_many(ITEMS, sorted(wanted)):
        if stock is not None:
            work.stocks[stock.item] = stock
    if any(line.item not in work.stocks for line in message.lines):
        return _move(work, Amended(message))
    growth = []
    for number, line in enumerate(message.lines, 1):
        before = order.lines[number - 1] if number <= len(order.lines) else None
        held = before.ordered if before is not None and before.item == line.item else 0
        growth.append((line.item, max(0, line.quantity - held)))
    planned = plan(work, order.id, order.channel, growth, order.policy)
    whole = all(each.confirmed == more for each, (_, more) in zip(planned.promises, growth, strict=True))
    promised = tuple([LineQuantity(each.line, each.confirmed) for each in planned.promises if each.confirmed])
    outcome = work.move(Amended(message, promised if whole else ()))
    if outcome is Outcome.AMENDED and whole and promised and order.intake is Intake.ACCEPTED:
        parts = [
            (number, growth[number - 1][0], site, units)
            for number, sources in enumerate(planned.parts, 1)
            for site, units in sources
        ]
        for number, item, site, units in parts:
            work.grant(number, item, site, units)
        work.move(Allocated(message.id, promised))
        work.release([(site, LineQuantity(number, units)) for number, _, site, units in parts])
    if work.order is not order:
        work.save()
    return outcome


def _move(work: Work, event: Occasion) -> Outcome:
    """Move the order; write only if something moved, or somebody must hear of it."""
    before = work.order
    outcome = work.move(event)
    if work.resume:
        _resume(work)
    if work.order is not before:
        _remember_holds(before, work)
        work.save()
    if outcome is Outcome.ILLEGAL_TRANSITION:
        keep(work.cause, outcome.name, type(event).__name__, work.now, work.rules, work.unit)
    return outcome


def _came_back_to_us(message: ReturnReceived, now: Now, unit: Unit) -> None:
    """The receipt is the last milestone of an undelivered parcel."""
    scan = ShipmentScanned(
        id=derive(message.id, _RETURNED),
        cause=message.id,
        case=message.case,
        tracking=message.tracking,
        event=derive(message.key, _RETURNED),
        code="RETURNED",
        at=message.at,
    )
    unit.schedule(now.elapsed, scan)


def _remember_holds(before: Order | None, work: Work) -> None:
    """Come back when a new hold has lasted too long."""
    known = before.holds if before is not None else ()
    assert work.order is not None
    if work.order.holds is known:
        return
    for hold in work.order.holds:
        if hold not in known:
            due = HoldExpired(id=work.ids.next(), cause=work.cause.id, case=work.cause.case)
            work.unit.schedule(hold.until, due)


def _resume(work: Work) -> None:
    """Go on with what holds had stopped."""
    order = work.order
    assert order is not None
    if order.intake is not Intake.ACCEPTED:
        promise_waiting(work)
        return
    release_claimed(work)


def _close_later(message: OrderInvoiced | CloseDue, now: Now, rules: RuleSet, unit: Unit) -> None:
    due = CloseDue(id=derive(message.id, _CLOSES), cause=message.id, case=message.case)
    unit.schedule(now.elapsed + rules.close_after_us, due)


def _archive_later(message: CloseDue | ArchiveDue, now: Now, rules: RuleSet, unit: Unit) -> None:
    due = ArchiveDue(id=derive(message.id, _CLOSES), cause=message.id, case=message.case)
    unit.schedule(now.elapsed + (rules.return_window_us or rules.close_after_us), due)
