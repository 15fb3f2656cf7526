"""The normal path in one stride: an order comes in, is validated, promised, allocated and released at once.

`accept` does what rows 1, 2, 9 (or 7), 12 and 16 do one after the other, in one pass over the lines; a test holds it
to that. Whatever is out of the ordinary (a second attempt, a refusal, an odd promise) goes through the rows themselves.
"""

from collections.abc import Iterator, Sequence

from twin.middleware.orders.effects import (
    Answer,
    ChangeDemand,
    CommitClaims,
    CreateErp,
    Effect,
    KeepClaims,
    SendRelease,
    Step,
)
from twin.middleware.orders.intake import by_line, worth_accepting
from twin.middleware.orders.occasions import (
    Allocated,
    LinePromise,
    Occasion,
    PromiseGranted,
    PromiseRefused,
    ReleasedToWarehouse,
    Submitted,
    Validated,
)
from twin.middleware.orders.table import step, submit
from twin.middleware.orders.units import line_code, order_code
from twin.middleware.unit import Outcome
from twin.model.commands import LineQuantity
from twin.model.instant import Elapsed
from twin.model.order import Erp, Intake, Line, LinePolicy, Order, Release


def accept(
    submitted: Submitted,
    promise: PromiseGranted,
    requests: Sequence[ReleasedToWarehouse] = (),
    *,
    now: Elapsed,
    last: Order | None = None,
) -> Step:
    """Take an order from its submission to the warehouses, as far as `promise` carries it.

    `requests` are the 940s over the units confirmed from stock; a ship-complete order that is not complete sends none.
    `last` is the order as it stands, when its business key is known. The version counts one per row. The step names
    the row that decided about the promise (9, or 7 when it is not worth accepting), or 1 when the order got no further.
    """
    quick = _in_one_pass(submitted, promise, requests, now) if last is None else None
    return quick or row_by_row(submitted, promise, requests, now=now, last=last)


def row_by_row(
    submitted: Submitted,
    promise: PromiseGranted,
    requests: Sequence[ReleasedToWarehouse] = (),
    *,
    now: Elapsed,
    last: Order | None = None,
) -> Step:
    """Do the same through the rows of the table."""
    entered = submit(last, submitted, now)
    if entered.outcome is not Outcome.APPLIED:
        return entered
    order = step(entered.order, Validated(submitted.id), now).order
    decision: Occasion = promise
    if not promise.lapsed and not worth_accepting(order.policy, _wanted_and_promised(order, promise)):
        decision = PromiseRefused(promise.id, "NO_PROMISE")
    decided = step(order, decision, now)
    order, effects = decided.order, list(decided.effects)
    if order.intake is Intake.ACCEPTED:
        stock = tuple(LineQuantity(line.number, line.pending) for line in order.lines if line.pending)
        following: list[Occasion] = [Allocated(promise.id, stock)] if stock else []
        following.extend(requests)
        for event in following:
            done = step(order, event, now)
            order = done.order
            effects.extend(done.effects)
    return Step(order, decided.outcome, decided.row, tuple(effects))


def _wanted_and_promised(order: Order, promise: PromiseGranted) -> Iterator[tuple[int, LinePromise | None]]:
    named = by_line(promise.lines)
    return ((line.ordered, named.get(line.number)) for line in order.lines)


def _in_one_pass(
    submitted: Submitted, promise: PromiseGranted, requests: Sequence[ReleasedToWarehouse], now: Elapsed
) -> Step | None:
    """Return the step, or None when something is out of the ordinary."""
    message, policy = submitted.message, submitted.policy
    if promise.lapsed or len(promise.lines) != len(message.lines):
        return None
    lines: list[Line] = []
    confirmed: list[LineQuantity] = []
    codes: list[str] = []
    effects: list[Effect] = []
    complete = True
    waits = kept = False
    number = 0
    for wanted, given in zip(message.lines, promise.lines, strict=True):
        number += 1
        stock, pledged, quantity = given.confirmed, given.pledged, wanted.quantity
        rest = quantity - stock - pledged
        if given.line != number or quantity <= 0 or stock < 0 or pledged < 0 or rest < 0:
            return None
        substituted = given.substitute >= 0 and given.substitute != wanted.item
        item = given.substitute if substituted else wanted.item
        if not rest and not pledged:
            lines.append(Line(number, item, quantity, 0, 0, stock, price=wanted.price))
            confirmed.append(LineQuantity(number, stock))
            codes.append("IS" if substituted else "IA")
            kept = True
            continue
        waiting = cut = 0
        if rest and policy is LinePolicy.FILL_OR_KILL:
            stock, pledged, cut = 0, 0, quantity
        elif policy is LinePolicy.PARTIAL:
            cut = rest
        else:
            waiting = rest
        line = Line(number, item, quantity, 0, pledged, stock, waiting, 0, cut, price=wanted.price)
        lines.append(line)
        confirmed.append(LineQuantity(number, stock))
        codes.append(line_code(line, substituted=substituted))
        if cut:
            effects.append(KeepClaims(number, stock))
        if pledged or waiting:
            complete = False
            effects.append(ChangeDemand(number, pledged, waiting))
        waits = waits or waiting > 0
        kept = kept or stock + pledged > 0
    if not lines or not (kept or policy is LinePolicy.BACKORDER):
        return None
    answered = tuple(confirmed)
    claimed = tuple(each for each in answered if each.quantity)
    if claimed:
        effects.append(CommitClaims(claimed))
    effects.append(Answer(order_code(codes), answered, tuple(codes)))
    effects.append(CreateErp())
    releases: list[Release] = []
    if policy is LinePolicy.SHIP_COMPLETE and not complete:
        requests = ()
    elif not _covered(requests, claimed, answered):
        return None
    for request in requests:
        releases.extend(Release(request.key, request.site, each.line, each.quantity) for each in request.lines)
        effects.append(SendRelease(request.key, request.site, request.lines))
    order = Order(
        id=message.case,
        channel=message.channel,
        number=message.number,
        revision=message.revision,
        fingerprint=message.fingerprint,
        policy=policy,
        lines=tuple(lines),
        placed_at=message.placed_at,
        intake=Intake.ACCEPTED,
        erp=Erp.SENT,
        releases=tuple(releases),
        promise=promise.due,
        cancel_after=promise.cancel_after,
        accepted_at=now,
        version=3 + bool(claimed) + len(requests),
        cause=requests[-1].id if requests else promise.id,
        document=message.document,
    )
    return Step(order, Outcome.BACKORDERED if waits else Outcome.ACCEPTED, 9, tuple(effects))


def _covered(
    requests: Sequence[ReleasedToWarehouse], claimed: tuple[LineQuantity, ...], answered: tuple[LineQuantity, ...]
) -> bool:
    """Tell whether the requests have keys of their own, name lines once each, and fit into what is confirmed."""
    if len(requests) == 1 and requests[0].lines == claimed:
        return bool(claimed)
    left = [0, *(each.quantity for each in answered)]
    keys: dict[int, None] = {}
    for request in requests:
        if request.key in keys or not request.lines:
            return False
        keys[request.key] = None
        named: dict[int, None] = {}
        for each in request.lines:
            if not 0 < each.line < len(left) or not 0 < each.quantity <= left[each.line] or each.line in named:
                return False
            named[each.line] = None
            left[each.line] -= each.quantity
    return True
