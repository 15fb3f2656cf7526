"""Rows 1 to 9: an order comes in, is validated, held, and promised or refused."""

from collections.abc import Iterable

from twin.middleware.orders.effects import (
    Answer,
    ChangeDemand,
    CommitClaims,
    CreateErp,
    Effect,
    KeepClaims,
    OpenException,
    Resume,
)
from twin.middleware.orders.occasions import (
    LinePromise,
    PromiseGranted,
    PromiseRefused,
    ReferenceMissing,
    Submitted,
    Validated,
    ValidationFailed,
)
from twin.middleware.orders.units import Change, from_stock, line_code, order_code, settle
from twin.middleware.unit import Outcome
from twin.model.commands import HoldExpired, HoldPlaced, HoldReleased, LineQuantity
from twin.model.instant import Elapsed
from twin.model.order import Erp, Hold, HoldKind, Intake, Line, LinePolicy, Order, Payment

BEFORE = (Intake.RECEIVED, Intake.VALIDATED)
"""Not yet accepted."""
LIVE = (Intake.RECEIVED, Intake.VALIDATED, Intake.ACCEPTED)
_KINDS = {kind.value: kind for kind in HoldKind}

# --- row 1: submitted


def received(event: Submitted, version: int = 1) -> Order:
    """Return the order as it came in, every unit pending."""
    message = event.message
    return Order(
        id=message.case,
        channel=message.channel,
        number=message.number,
        revision=message.revision,
        fingerprint=message.fingerprint,
        policy=event.policy,
        lines=tuple(
            Line(number, line.item, line.quantity, line.quantity, price=line.price)
            for number, line in enumerate(message.lines, 1)
        ),
        placed_at=message.placed_at,
        version=version,
        cause=message.id,
        document=message.document,
    )


def tried_anew(order: Order, event: Submitted, now: Elapsed) -> bool:
    """The last attempt was rejected, and this one has other content."""
    message = event.message
    rejected = order.intake is Intake.REJECTED
    return rejected and message.fingerprint != order.fingerprint and message.revision >= order.revision


def try_anew(order: Order, event: Submitted, now: Elapsed) -> Change:
    """Begin from the start; shipments and money already booked stay known."""
    money = order.money
    if money.state in (Payment.VOIDED, Payment.REFUNDED):
        money = money.changed(state=Payment.NONE)
    again = received(event, order.version + 1)
    known = again.amid(money=money, shipments=order.shipments, shipment_digests=order.shipment_digests)
    return known, Outcome.APPLIED, ()


def superseded(order: Order, event: Submitted, now: Elapsed) -> bool:
    """A higher revision is known."""
    return event.message.revision < order.revision


def repeated(order: Order, event: Submitted, now: Elapsed) -> bool:
    """The same revision with the same content."""
    return event.message.revision == order.revision and event.message.fingerprint == order.fingerprint


def contradicted(order: Order, event: Submitted, now: Elapsed) -> bool:
    """The same revision with other content."""
    return event.message.revision == order.revision and event.message.fingerprint != order.fingerprint


# --- rows 2 to 4


def received_freely(order: Order, event: Validated, now: Elapsed) -> bool:
    """RECEIVED and no hold."""
    return order.intake is Intake.RECEIVED and not order.holds


def validate(order: Order, event: Validated, now: Elapsed) -> Change:
    """Go on to VALIDATED."""
    return order.changed(event.id, intake=Intake.VALIDATED), Outcome.APPLIED, ()


def still_received(order: Order, event: ValidationFailed | ReferenceMissing, now: Elapsed) -> bool:
    """RECEIVED, held or not."""
    return order.intake is Intake.RECEIVED


def reject(order: Order, event: ValidationFailed | PromiseRefused, now: Elapsed) -> Change:
    """Refuse the order, let its claims go, and give the money back."""
    reason = event.reasons if isinstance(event, ValidationFailed) else event.reason
    after = order.changed(event.id, intake=Intake.REJECTED)
    effects: list[Effect] = [] if order.intake is Intake.RECEIVED else _let_go(order)
    effects.append(Answer("IR", detail=reason))
    return settle(order, after, effects), Outcome.REJECTED, tuple(effects)


def wait_for_reference(order: Order, event: ReferenceMissing, now: Elapsed) -> Change:
    """Hold the order until its reference arrives; a repeated miss moves the end of the hold."""
    holds = _held(order, HoldKind.REFERENCE, event.until)
    missing = OpenException("REFERENCE_MISSING", event.reference)
    return order.changed(event.id, holds=holds), Outcome.APPLIED, (missing,)


# --- rows 5, 6, 8: holds


def holds_it(order: Order, event: HoldPlaced | HoldReleased, now: Elapsed) -> bool:
    """A hold of this kind is on the order."""
    return any(hold.kind.value == event.kind for hold in order.holds)


def can_be_held(order: Order, event: HoldPlaced, now: Elapsed) -> bool:
    """RECEIVED, VALIDATED or ACCEPTED, and the kind of hold exists."""
    return order.intake in LIVE and event.kind in _KINDS


def place_hold(order: Order, event: HoldPlaced, now: Elapsed) -> Change:
    """Add the hold."""
    return order.changed(event.id, holds=_held(order, _KINDS[event.kind], event.until)), Outcome.APPLIED, ()


def release_hold(order: Order, event: HoldReleased, now: Elapsed) -> Change:
    """Take the hold away; when it was the last one, what it stopped goes on."""
    holds, effects = freed(order, _KINDS[event.kind])
    return order.changed(event.id, holds=holds), Outcome.APPLIED, effects


def freed(order: Order, kind: HoldKind) -> tuple[tuple[Hold, ...], tuple[Effect, ...]]:
    """Return the holds without that kind, and `Resume` when it was the last one of a live order."""
    holds = tuple(hold for hold in order.holds if hold.kind is not kind)
    resumes = bool(order.holds) and not holds and order.intake in LIVE
    return holds, (Resume(),) if resumes else ()


def expired_before(order: Order, event: HoldExpired, now: Elapsed) -> bool:
    """RECEIVED or VALIDATED, and a hold is over."""
    return order.intake in BEFORE and any(now >= hold.until for hold in order.holds)


def expired_after(order: Order, event: HoldExpired, now: Elapsed) -> bool:
    """ACCEPTED, and a hold is over."""
    return order.intake is Intake.ACCEPTED and any(now >= hold.until for hold in order.holds)


def withdraw(order: Order, by: int, outcome: Outcome) -> Change:
    """Take an order out that was never accepted."""
    after = order.changed(by, intake=Intake.WITHDRAWN)
    effects = _let_go(order)
    effects.append(Answer("WITHDRAWN"))
    return settle(order, after, effects), outcome, tuple(effects)


def give_up_waiting(order: Order, event: HoldExpired, now: Elapsed) -> Change:
    """Nobody released the hold in time: the order is withdrawn."""
    return withdraw(order, event.id, Outcome.WITHDRAWN)


# --- rows 7 and 9: the promise


def validated_freely(order: Order, event: PromiseRefused, now: Elapsed) -> bool:
    """VALIDATED and no hold."""
    return order.intake is Intake.VALIDATED and not order.holds


def claim_lapsed(order: Order, event: PromiseGranted, now: Elapsed) -> bool:
    """VALIDATED, no hold, and a claim ended before it could be committed."""
    return event.lapsed and order.intake is Intake.VALIDATED and not order.holds


def promise_anew(order: Order, event: PromiseGranted, now: Elapsed) -> Change:
    """Change nothing; what stands VALIDATED is promised again."""
    return order, Outcome.NOOP, (Resume(),)


def promise_fits(order: Order, event: PromiseGranted, now: Elapsed) -> bool:
    """VALIDATED, no hold, no line promised more than it wants, and the whole is worth accepting."""
    if order.intake is not Intake.VALIDATED or order.holds or event.lapsed:
        return False
    promises = by_line(event.lines)
    if any(not 0 < number <= len(order.lines) for number in promises):
        return False
    for line in order.lines:
        promise = promises.get(line.number)
        if promise and not (promise.confirmed >= 0 and 0 <= promise.pledged <= line.pending - promise.confirmed):
            return False
    return worth_accepting(order.policy, ((line.pending, promises.get(line.number)) for line in order.lines))


def worth_accepting(policy: LinePolicy, lines: Iterable[tuple[int, LinePromise | None]]) -> bool:
    """Tell whether a promise leads to acceptance (row 9) and not to refusal (row 7).

    `lines`: units wanted and what is promised of them. An order that may wait always is accepted; any other when some
    unit stays confirmed, where a fill-or-kill line with a rest keeps none.
    """
    if policy is LinePolicy.BACKORDER:
        return True
    kills = policy is LinePolicy.FILL_OR_KILL
    for wanted, promise in lines:
        if promise is not None:
            kept = promise.confirmed + promise.pledged
            if kept > 0 and not (kills and kept < wanted):
                return True
    return False


def by_line(promises: Iterable[LinePromise]) -> dict[int, LinePromise]:
    """Return the promises by line number."""
    return {promise.line: promise for promise in promises}


def promised(line: Line, promise: LinePromise | None, policy: LinePolicy) -> Line:
    """Return the line after its pending units went to what was promised and the rest to its policy's class."""
    confirmed = promise.confirmed if promise else 0
    pledged = promise.pledged if promise else 0
    waiting = cut = 0
    rest = line.pending - confirmed - pledged
    if rest:
        if policy is LinePolicy.FILL_OR_KILL:
            confirmed, pledged, cut = 0, 0, line.pending
        elif policy is LinePolicy.PARTIAL:
            cut = rest
        else:
            waiting = rest
    item = line.item if promise is None or promise.substitute < 0 else promise.substitute
    return line.changed(item=item, pending=confirmed, pledged=pledged, backordered=waiting, cancelled=cut)


def accept_promise(order: Order, event: PromiseGranted, now: Elapsed) -> Change:
    """Accept the order: commit what is claimed, let the rest wait or go, answer the channel, tell the ERP."""
    promises = by_line(event.lines)
    lines = tuple(promised(line, promises.get(line.number), order.policy) for line in order.lines)
    after = order.changed(
        event.id,
        intake=Intake.ACCEPTED,
        lines=lines,
        erp=Erp.SENT,
        promise=event.due,
        cancel_after=event.cancel_after,
        accepted_at=now,
    )
    return accepted(order, after)


def accepted(before: Order, after: Order) -> Change:
    """Return the acceptance with its effects; `after` still has every confirmed unit pending."""
    effects: list[Effect] = []
    confirmed: list[LineQuantity] = []
    codes: list[str] = []
    waits = False
    for old, line in zip(before.lines, after.lines, strict=True):
        confirmed.append(LineQuantity(line.number, from_stock(line)))
        codes.append(line_code(line, substituted=old.item != line.item))
        if line.cancelled:
            effects.append(KeepClaims(line.number, line.pending))
        if line.pledged or line.backordered:
            waits = waits or line.backordered > 0
            effects.append(ChangeDemand(line.number, line.pledged, line.backordered))
    stock = tuple(each for each in confirmed if each.quantity)
    if stock:
        effects.append(CommitClaims(stock))
    effects.append(Answer(order_code(codes), tuple(confirmed), tuple(codes)))
    effects.append(CreateErp())
    outcome = Outcome.BACKORDERED if waits else Outcome.ACCEPTED
    return settle(before, after, effects), outcome, tuple(effects)


def _held(order: Order, kind: HoldKind, until: Elapsed) -> tuple[Hold, ...]:
    return (*(hold for hold in order.holds if hold.kind is not kind), Hold(kind, until))


def _let_go(order: Order) -> list[Effect]:
    return [KeepClaims(line.number, 0) for line in order.lines if line.pending]
