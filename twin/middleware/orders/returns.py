"""Rows 27 to 29: returns are agreed, received and disposed of, and each unit is credited and restocked at most once.

An RMA has its own state table (`rma`). Returned units stay shipped; goods lie in QUALITY until they are graded. What
nobody agreed to is taken in all the same, because it is there, and changes nothing of the order until a person has
matched it.
"""

from collections.abc import Iterable

from twin.middleware.orders.effects import CreditNote, Effect, Grade, OpenException, TakeIn, TellReturn
from twin.middleware.orders.occasions import ReturnAuthorised
from twin.middleware.orders.rma import OPEN, RmaEvent, awaited, finished, moved, ungraded
from twin.middleware.orders.units import Change, amounts, credit, move, sensible
from twin.middleware.unit import Outcome
from twin.model.commands import (
    LineQuantity,
    ReturnCancelled,
    ReturnDisposed,
    ReturnExpired,
    ReturnMatched,
    ReturnReceived,
)
from twin.model.instant import Elapsed
from twin.model.order import BlindReturn, Intake, Line, Order, ReturnLine, Rma, RmaState
from twin.model.stock import Bucket


def returns_open(order: Order) -> bool:
    """Tell whether goods of some RMA may still come, or lie ungraded."""
    return any(rma.state in OPEN for rma in order.returns)


# --- row 27: return_authorised, and its undo


def authorised_before(order: Order, event: ReturnAuthorised, now: Elapsed) -> bool:
    """The RMA number is known."""
    return _rma(order, event.rma) is not None


def can_come_back(order: Order, event: ReturnAuthorised, now: Elapsed) -> bool:
    """ACCEPTED or CLOSED, q <= S - returned - open RMA."""
    return order.intake in (Intake.ACCEPTED, Intake.CLOSED) and _returnable(order, event.lines, now)


def authorise(order: Order, event: ReturnAuthorised, now: Elapsed) -> Change:
    """Agree to take units back until a date."""
    asked = _quantities(event.lines)
    lines = tuple(ReturnLine(each.line, each.quantity) for each in asked)
    rma = Rma(event.rma, RmaState.AUTHORISED, lines, event.until)
    after = order.changed(event.id, returns=(*order.returns, rma))
    return after, Outcome.APPLIED, (TellReturn(rma.number, "AUTHORISED", asked),)


def cancelled_before(order: Order, event: ReturnCancelled, now: Elapsed) -> bool:
    """The RMA is CANCELLED."""
    return _in_state(order, event.rma, RmaState.CANCELLED)


def nothing_came(order: Order, event: ReturnCancelled | ReturnExpired, now: Elapsed) -> bool:
    """The RMA is AUTHORISED."""
    return _in_state(order, event.rma, RmaState.AUTHORISED)


def cancel(order: Order, event: ReturnCancelled, now: Elapsed) -> Change:
    """Drop the agreement."""
    return _ended(order, event, RmaEvent.CANCELLED)


def overdue(order: Order, event: ReturnExpired, now: Elapsed) -> bool:
    """The RMA is AUTHORISED, now >= until."""
    rma = _rma(order, event.rma)
    return rma is not None and rma.state is RmaState.AUTHORISED and now >= rma.until


def expire(order: Order, event: ReturnExpired, now: Elapsed) -> Change:
    """Await nothing any more; goods that come later are unauthorised."""
    return _ended(order, event, RmaEvent.EXPIRED)


def partly_overdue(order: Order, event: ReturnExpired, now: Elapsed) -> bool:
    """The RMA is RECEIVED with units still to come, now >= until."""
    rma = _rma(order, event.rma)
    return rma is not None and rma.state is RmaState.RECEIVED and now >= rma.until and bool(awaited(rma))


def await_no_more(order: Order, event: ReturnExpired, now: Elapsed) -> Change:
    """Cut the RMA down to what has come."""
    rma = _known(order, event.rma)
    lines = tuple(
        ReturnLine(each.line, each.received, each.received, each.disposed, each.restocked) for each in rma.lines
    )
    after = moved(rma, RmaEvent.ALL_DISPOSED if finished(lines) else RmaEvent.EXPIRED, lines)
    return order.changed(event.id, returns=_with(order, after)), Outcome.APPLIED, ()


def _ended(order: Order, event: ReturnCancelled | ReturnExpired, by: RmaEvent) -> Change:
    rma = moved(_known(order, event.rma), by, _known(order, event.rma).lines)
    told = TellReturn(rma.number, rma.state.value, _named(rma))
    return order.changed(event.id, returns=_with(order, rma)), Outcome.APPLIED, (told,)


# --- row 28: return_received


def received_before(order: Order, event: ReturnReceived | ReturnDisposed, now: Elapsed) -> bool:
    """The key is known."""
    return event.key in order.return_keys


def was_authorised(order: Order, event: ReturnReceived, now: Elapsed) -> bool:
    """The key is new, q <= rest of the RMA, now < until."""
    rma = _rma(order, event.rma)
    if event.key in order.return_keys or rma is None or now >= rma.until:
        return False
    return _fits(event.lines, awaited(rma))


def receive(order: Order, event: ReturnReceived, now: Elapsed) -> Change:
    """Note that goods came back; they are not sellable before somebody has looked at them."""
    rma = _known(order, event.rma)
    asked = amounts(event.lines)
    lines = tuple(
        ReturnLine(each.line, each.quantity, each.received + asked.get(each.line, 0), each.disposed, each.restocked)
        for each in rma.lines
    )
    return _came_back(order, event, moved(rma, RmaEvent.RECEIVED, lines))


def came_undelivered(order: Order, event: ReturnReceived, now: Elapsed) -> bool:
    """The key and the RMA number are new, the carrier brings back the undelivered, q <= S - returned - open RMA."""
    if event.key in order.return_keys or _rma(order, event.rma or event.key) is not None:
        return False
    return event.undelivered and _returnable(order, event.lines, now)


def take_undelivered(order: Order, event: ReturnReceived, now: Elapsed) -> Change:
    """Make the RMA by the receipt."""
    return _came_back(order, event, _made(event, now))


def unexpected(order: Order, event: ReturnReceived, now: Elapsed) -> bool:
    """The key is new."""
    return event.key not in order.return_keys


def take_blind(order: Order, event: ReturnReceived, now: Elapsed) -> Change:
    """Take the goods in, since they are there; of the order nothing is returned until a person has matched them."""
    last = len(order.lines)
    asked = [each for each in _quantities(event.lines) if 0 < each.line <= last and each.quantity > 0]
    after = order.changed(
        event.id,
        return_keys=(*order.return_keys, event.key),
        unmatched=order.unmatched + tuple(BlindReturn(event.key, each.line, each.quantity) for each in asked),
    )
    effects: list[Effect] = [TakeIn(event.site, each.line, each.quantity) for each in asked]
    effects.append(OpenException("UNAUTHORISED_RETURN", f"receipt {event.key}"))
    return after, Outcome.EXCEPTION, tuple(effects)


def can_be_matched(order: Order, event: ReturnMatched, now: Elapsed) -> bool:
    """The units lie unmatched under the key, the RMA number is new, q <= S - returned - open RMA."""
    if _rma(order, event.rma) is not None or not _returnable(order, event.lines, now):
        return False
    return _fits(event.lines, {each.line: each.quantity for each in order.unmatched if each.key == event.key})


def match(order: Order, event: ReturnMatched, now: Elapsed) -> Change:
    """Make the RMA that the goods should have had; they lie in QUALITY already."""
    asked = amounts(event.lines)
    rest: list[BlindReturn] = []
    for each in order.unmatched:
        left = each.quantity - (asked.get(each.line, 0) if each.key == event.key else 0)
        if left:
            rest.append(BlindReturn(each.key, each.line, left))
    rma = _made(event, now)
    lines = move(order, event.lines, _returned)
    after = order.changed(event.id, lines=lines, returns=(*order.returns, rma), unmatched=tuple(rest))
    return after, Outcome.APPLIED, (TellReturn(rma.number, "RECEIVED", _quantities(event.lines)),)


# --- row 29: return_disposed


def can_be_disposed(order: Order, event: ReturnDisposed, now: Elapsed) -> bool:
    """The key is new, q <= received - disposed of the RMA, graded SELLABLE, DAMAGED or back to the vendor."""
    rma = _rma(order, event.rma)
    if rma is None or event.key in order.return_keys or event.target not in GRADES:
        return False
    return _fits(event.lines, ungraded(rma))


GRADES = (Bucket.SELLABLE, Bucket.DAMAGED, Bucket.OUTSIDE)
"""Where graded goods go; OUTSIDE: back to the vendor, or scrapped."""


def dispose(order: Order, event: ReturnDisposed, now: Elapsed) -> Change:
    """Move graded goods where they belong, once, and credit the buyer."""
    rma = _known(order, event.rma)
    asked = amounts(event.lines)
    lines = tuple(_disposed(each, asked.get(each.line, 0), event.target) for each in rma.lines)
    after_rma = moved(rma, RmaEvent.ALL_DISPOSED if finished(lines) else RmaEvent.DISPOSED, lines)
    named = _quantities(event.lines)
    effects: list[Effect] = [Grade(event.site, each.line, each.quantity, event.target) for each in named]
    effects.append(CreditNote(event.key, rma.number, named))
    if after_rma.state is RmaState.CLOSED:
        effects.append(TellReturn(rma.number, "CLOSED", _named(after_rma)))
    after = order.changed(event.id, returns=_with(order, after_rma), return_keys=(*order.return_keys, event.key))
    after = after.amid(money=credit(after, asked, effects))
    return after, Outcome.APPLIED, tuple(effects)


def _disposed(line: ReturnLine, quantity: int, target: Bucket) -> ReturnLine:
    restocked = line.restocked + (quantity if target is Bucket.SELLABLE else 0)
    return ReturnLine(line.line, line.quantity, line.received, line.disposed + quantity, restocked)


def _came_back(order: Order, event: ReturnReceived, rma: Rma) -> Change:
    known = _rma(order, rma.number) is not None
    asked = _quantities(event.lines)
    after = order.changed(
        event.id,
        lines=move(order, event.lines, _returned),
        returns=_with(order, rma) if known else (*order.returns, rma),
        return_keys=(*order.return_keys, event.key),
    )
    effects: list[Effect] = [TakeIn(event.site, each.line, each.quantity) for each in asked]
    effects.append(TellReturn(rma.number, "RECEIVED", asked))
    return after, Outcome.APPLIED, tuple(effects)


def _made(event: ReturnReceived | ReturnMatched, now: Elapsed) -> Rma:
    """Return an RMA that begins with its goods; without a number, the receipt's key is its number."""
    lines = tuple(ReturnLine(each.line, each.quantity, each.quantity) for each in _quantities(event.lines))
    return Rma(event.rma or event.key, RmaState.RECEIVED, lines, now)


def _returnable(order: Order, lines: Iterable[LineQuantity], now: Elapsed) -> bool:
    """Tell whether these units were shipped, have not come back, and are not awaited under another RMA."""
    coming: dict[int, int] = {}
    for rma in order.returns:
        for line, quantity in awaited(rma).items():
            coming[line] = coming.get(line, 0) + quantity
    room = {line.number: line.shipped - line.returned - coming.get(line.number, 0) for line in order.lines}
    return _fits(lines, room)


def _fits(lines: Iterable[LineQuantity], room: dict[int, int]) -> bool:
    asked = amounts(lines)
    return sensible(asked) and all(quantity <= room.get(line, 0) for line, quantity in asked.items())


def _returned(line: Line, quantity: int) -> Line:
    return line.changed(returned=line.returned + quantity)


def _quantities(lines: Iterable[LineQuantity]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line, quantity) for line, quantity in amounts(lines).items())


def _named(rma: Rma) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(each.line, each.quantity) for each in rma.lines)


def _rma(order: Order, number: int) -> Rma | None:
    return next((rma for rma in order.returns if rma.number == number), None)


def _known(order: Order, number: int) -> Rma:
    rma = _rma(order, number)
    assert rma is not None, "the guard has found it"
    return rma


def _in_state(order: Order, number: int, state: RmaState) -> bool:
    rma = _rma(order, number)
    return rma is not None and rma.state is state


def _with(order: Order, rma: Rma) -> tuple[Rma, ...]:
    return tuple(rma if each.number == rma.number else each for each in order.returns)
