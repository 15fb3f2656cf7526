"""Rows 12 to 15, 30 and 33: pending units find stock or not, waiting ones are filled or lapse, orders are amended."""

from operator import attrgetter

from twin.middleware.orders.effects import ChangeDemand, ChangeErp, Effect, KeepClaims, OpenException
from twin.middleware.orders.header import remaining
from twin.middleware.orders.occasions import Allocated, AllocatedShort, Amended, WaitingFilled
from twin.middleware.orders.units import Change, amounts, answer, move, released, settle, within
from twin.middleware.unit import Outcome
from twin.model.commands import BackorderExpired, OrderedLine, PledgeBroken
from twin.model.instant import Elapsed
from twin.model.order import Cancel, Erp, Intake, Line, LinePolicy, Order, Undo

_pending = attrgetter("pending")
_pledged = attrgetter("pledged")
_backordered = attrgetter("backordered")


def standing(order: Order) -> bool:
    """Tell whether the order is accepted and not being undone."""
    return order.intake is Intake.ACCEPTED and order.undo is Undo.NONE


# --- rows 12 and 13


def pending_enough(order: Order, event: Allocated | AllocatedShort, now: Elapsed) -> bool:
    """ACCEPTED, undo NONE, q <= P."""
    return standing(order) and within(order, event.lines, _pending)


def allocate(order: Order, event: Allocated, now: Elapsed) -> Change:
    """Assign pending units to locations."""
    lines = move(order, event.lines, _allocated)
    return order.changed(event.id, lines=lines), Outcome.APPLIED, ()


def _allocated(line: Line, quantity: int) -> Line:
    return line.changed(pending=line.pending - quantity, allocated=line.allocated + quantity)


def fall_short(order: Order, event: AllocatedShort, now: Elapsed) -> Change:
    """Give pending units to the class of the line policy; a fill-or-kill line loses all that is not released."""
    out = released(order) if order.policy is LinePolicy.FILL_OR_KILL else {}
    lines = list(order.lines)
    effects: list[Effect] = []
    for number, quantity in amounts(event.lines).items():
        line = lines[number - 1]
        if order.policy is LinePolicy.PARTIAL:
            after = line.changed(pending=line.pending - quantity, cancelled=line.cancelled + quantity)
            effects.append(KeepClaims(number, after.pending + after.allocated))
        elif order.policy is LinePolicy.FILL_OR_KILL:
            after = stripped(line, out.get(number, 0), effects)
        else:
            after = line.changed(pending=line.pending - quantity, backordered=line.backordered + quantity)
            effects.append(KeepClaims(number, after.pending + after.allocated))
            effects.append(ChangeDemand(number, 0, quantity))
        lines[number - 1] = after
    after_all = order.changed(event.id, lines=tuple(lines))
    effects.append(answer(lines[number - 1] for number in amounts(event.lines)))
    return settle(order, after_all, effects), Outcome.APPLIED, tuple(effects)


def stripped(line: Line, kept: int, effects: list[Effect]) -> Line:
    """Return the line with all its open units cancelled but the `kept` ones, which are with a warehouse."""
    if line.pending or line.allocated > kept:
        effects.append(KeepClaims(line.number, kept))
    if line.pledged or line.backordered:
        effects.append(ChangeDemand(line.number, -line.pledged, -line.backordered))
    taken = line.pending + line.pledged + line.backordered + line.allocated - kept
    return line.changed(pending=0, pledged=0, backordered=0, allocated=kept, cancelled=line.cancelled + taken)


# --- rows 14, 15 and 33


def can_be_filled(order: Order, event: WaitingFilled, now: Elapsed) -> bool:
    """ACCEPTED, undo NONE, cancel not PENDING, no hold, q <= the class."""
    free = standing(order) and order.cancel is not Cancel.PENDING and not order.holds
    return free and within(order, event.lines, _pledged if event.pledged else _backordered)


def fill(order: Order, event: WaitingFilled, now: Elapsed) -> Change:
    """Allocate units that waited for supply."""
    lines = move(order, event.lines, _filled_pledge if event.pledged else _filled_backorder)
    asked = amounts(event.lines)
    effects: list[Effect] = [
        ChangeDemand(number, -quantity, 0) if event.pledged else ChangeDemand(number, 0, -quantity)
        for number, quantity in asked.items()
    ]
    effects.append(answer(lines[number - 1] for number in asked))
    after = order.changed(event.id, lines=lines, promise=event.due or order.promise)
    return after, Outcome.APPLIED, tuple(effects)


def _filled_pledge(line: Line, quantity: int) -> Line:
    return line.changed(pledged=line.pledged - quantity, allocated=line.allocated + quantity)


def _filled_backorder(line: Line, quantity: int) -> Line:
    return line.changed(backordered=line.backordered - quantity, allocated=line.allocated + quantity)


def waited_too_long(order: Order, event: BackorderExpired, now: Elapsed) -> bool:
    """ACCEPTED, B > 0, now >= cancel_after."""
    if order.intake is not Intake.ACCEPTED or not 0 < order.cancel_after <= now:
        return False
    return any(line.backordered for line in order.lines)


def lapse(order: Order, event: BackorderExpired, now: Elapsed) -> Change:
    """Cancel what still waits."""
    lines: list[Line] = []
    lapsed: list[Line] = []
    effects: list[Effect] = []
    for line in order.lines:
        if line.backordered:
            effects.append(ChangeDemand(line.number, 0, -line.backordered))
            lapsed.append(line.changed(backordered=0, cancelled=line.cancelled + line.backordered))
            lines.append(lapsed[-1])
        else:
            lines.append(line)
    effects.append(answer(lapsed))
    return settle(order, order.changed(event.id, lines=tuple(lines)), effects), Outcome.APPLIED, tuple(effects)


def pledged_enough(order: Order, event: PledgeBroken, now: Elapsed) -> bool:
    """ACCEPTED, q <= G."""
    return order.intake is Intake.ACCEPTED and within(order, event.lines, _pledged)


def break_pledge(order: Order, event: PledgeBroken, now: Elapsed) -> Change:
    """Let pledged units wait without supply behind them."""
    lines = move(order, event.lines, _broken)
    asked = amounts(event.lines)
    effects: list[Effect] = [ChangeDemand(number, -quantity, quantity) for number, quantity in asked.items()]
    effects.append(OpenException("PROMISE_AT_RISK"))
    effects.append(answer(lines[number - 1] for number in asked))
    after = order.changed(event.id, lines=lines, promise=event.due or order.promise)
    return after, Outcome.APPLIED, tuple(effects)


def _broken(line: Line, quantity: int) -> Line:
    return line.changed(pledged=line.pledged - quantity, backordered=line.backordered + quantity)


# --- row 30: amended


def amended_before(order: Order, event: Amended, now: Elapsed) -> bool:
    """The same revision or a higher one is known."""
    return event.message.revision <= order.revision


def answer_old_revision(order: Order, event: Amended, now: Elapsed) -> Change:
    """Name the case: superseded, repeated, or the same revision with other content."""
    if event.message.revision < order.revision:
        return order, Outcome.SUPERSEDED, ()
    if event.message.fingerprint == order.fingerprint:
        return order, Outcome.DUPLICATE, ()
    return order, Outcome.BUSINESS_KEY_CONFLICT, (OpenException("BUSINESS_KEY_CONFLICT"),)


def amended_too_late(order: Order, event: Amended, now: Elapsed) -> bool:
    """REJECTED, WITHDRAWN or CLOSED; or cancelled whole (n = 0): an edit does not bring an order back to life."""
    return order.intake in (Intake.REJECTED, Intake.WITHDRAWN, Intake.CLOSED) or remaining(order) == 0


def only_prices(order: Order, event: Amended, now: Elapsed) -> bool:
    """The same lines with the same items and quantities."""
    new = event.message.lines
    return len(new) == len(order.lines) and all(
        _unchanged(line, wanted) for line, wanted in zip(order.lines, new, strict=True)
    )


def change_prices(order: Order, event: Amended, now: Elapsed) -> Change:
    """Take the new revision over; no claim moves."""
    lines = tuple(
        line if line.price == wanted.price else line.changed(price=wanted.price)
        for line, wanted in zip(order.lines, event.message.lines, strict=True)
    )
    return _revised(order, event, lines, [])


def can_be_amended(order: Order, event: Amended, now: Elapsed) -> bool:
    """Cancel not PENDING, undo NONE, changed lines with L = S = 0, and the difference promised in this step."""
    if order.cancel is Cancel.PENDING or order.undo is not Undo.NONE:
        return False
    new = event.message.lines
    if any(wanted.quantity < 0 for wanted in new):
        return False
    out = released(order)
    promised = amounts(event.promised)
    must_promise = order.intake is Intake.ACCEPTED
    for number in range(1, max(len(new), len(order.lines)) + 1):
        line, wanted = _pair(order, new, number)
        if line is not None and _unchanged(line, wanted):
            continue
        if line is not None and (line.shipped or out.get(number, 0)):
            return False
        kept = line.ordered if line is not None and line.item == wanted.item else 0
        if must_promise and promised.get(number, 0) != max(0, wanted.quantity - kept):
            return False
    return True


def amend(order: Order, event: Amended, now: Elapsed) -> Change:
    """Take the new quantities over: an increase is pending, a cut takes from B, G, P, A in that order."""
    new = event.message.lines
    effects: list[Effect] = []
    lines: list[Line] = []
    for number in range(1, max(len(new), len(order.lines)) + 1):
        line, wanted = _pair(order, new, number)
        if line is None:
            lines.append(Line(number, wanted.item, wanted.quantity, wanted.quantity, price=wanted.price))
        elif line.item != wanted.item:
            emptied = _cut(line, line.ordered, effects)
            asked = wanted.quantity
            lines.append(emptied.changed(item=wanted.item, ordered=asked, pending=asked, price=wanted.price))
        elif wanted.quantity >= line.ordered:
            more = wanted.quantity - line.ordered
            lines.append(line.changed(ordered=wanted.quantity, pending=line.pending + more, price=wanted.price))
        else:
            lines.append(_cut(line, line.ordered - wanted.quantity, effects).changed(price=wanted.price))
    return _revised(order, event, tuple(lines), effects)


def _cut(line: Line, quantity: int, effects: list[Effect]) -> Line:
    """Return the line with `quantity` fewer units ordered; what was cancelled already goes last."""
    waiting = min(quantity, line.backordered)
    pledged = min(quantity - waiting, line.pledged)
    pending = min(quantity - waiting - pledged, line.pending)
    allocated = min(quantity - waiting - pledged - pending, line.allocated)
    cancelled = quantity - waiting - pledged - pending - allocated
    if waiting or pledged:
        effects.append(ChangeDemand(line.number, -pledged, -waiting))
    after = line.changed(
        ordered=line.ordered - quantity,
        backordered=line.backordered - waiting,
        pledged=line.pledged - pledged,
        pending=line.pending - pending,
        allocated=line.allocated - allocated,
        cancelled=line.cancelled - cancelled,
    )
    if pending or allocated:
        effects.append(KeepClaims(line.number, after.pending + after.allocated))
    return after


def _pair(order: Order, new: tuple[OrderedLine, ...], number: int) -> tuple[Line | None, OrderedLine]:
    """Return the line of that number now and as it is wanted; one left out is wanted no more."""
    line = order.lines[number - 1] if number <= len(order.lines) else None
    if number <= len(new):
        return line, new[number - 1]
    assert line is not None, "a number is known at least on one side"
    return line, OrderedLine(line.item, 0, line.price)


def _unchanged(line: Line, wanted: OrderedLine) -> bool:
    return line.item == wanted.item and line.ordered == wanted.quantity


def _revised(order: Order, event: Amended, lines: tuple[Line, ...], effects: list[Effect]) -> Change:
    message = event.message
    after = order.changed(event.id, revision=message.revision, fingerprint=message.fingerprint, lines=lines)
    if order.erp in (Erp.SENT, Erp.CONFIRMED):
        effects.append(ChangeErp())
    return settle(order, after, effects), Outcome.AMENDED, tuple(effects)
