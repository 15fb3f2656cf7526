"""Rows 10, 11, 20, 23, 24, 31 and 32: the ERP's verdict, and what an order does that is off: cancel, close, undo."""

from twin.middleware.orders.effects import (
    Answer,
    CancelErp,
    Effect,
    OpenException,
    RecallRelease,
    ReleaseClaims,
)
from twin.middleware.orders.header import remaining
from twin.middleware.orders.intake import BEFORE, withdraw
from twin.middleware.orders.occasions import UndoDone
from twin.middleware.orders.supply import stripped
from twin.middleware.orders.units import Change, cancelling, settle
from twin.middleware.unit import Outcome
from twin.model.commands import CancelOrder, ErpConfirmed, ErpRefused, LineQuantity, RemainderClosed, UndoFailed
from twin.model.instant import HOUR, Elapsed
from twin.model.order import Cancel, Erp, Hold, HoldKind, Intake, Line, Order, Release, Undo

ERP_HOLD_US = 72 * HOUR
"""How long an order that has shipped in part and that the ERP refused is held before somebody is reminded."""


def take_back(order: Order, effects: list[Effect], closing_site: int = -1) -> Order:
    """Cancel every unit that no warehouse has, and ask the warehouses for the others.

    What `closing_site` was told is cancelled at once. Of the units asked back, each is in exactly one of
    `cancel_done`, `cancel_late` and the K of its request; one asked for again after a refusal is late no more.
    """
    done, late = order.cancel_done, order.cancel_late
    out: dict[int, int] = {}
    shut: dict[int, int] = {}
    releases: list[Release] = []
    recalls: dict[tuple[int, int], list[LineQuantity]] = {}
    for each in order.releases:
        if each.site == closing_site:
            shut[each.line] = shut.get(each.line, 0) + each.quantity
            effects.append(ReleaseClaims(each.site, each.line, each.quantity))
            if each.asked:
                done += each.quantity
                late -= each.quantity - each.cancelling
            continue
        out[each.line] = out.get(each.line, 0) + each.quantity
        again = each.quantity - each.cancelling
        if again:
            recalls.setdefault((each.key, each.site), []).append(LineQuantity(each.line, again))
            late -= again if each.asked else 0
        releases.append(Release(each.key, each.site, each.line, each.quantity, each.quantity, True))
    lines: list[Line] = []
    for each_line in order.lines:
        line = each_line
        closed = shut.get(line.number, 0)
        if closed:
            line = line.changed(allocated=line.allocated - closed, cancelled=line.cancelled + closed)
        kept = out.get(line.number, 0)
        free = line.pending + line.pledged + line.backordered + line.allocated - kept
        if free:
            done += free
            line = stripped(line, kept, effects)
        lines.append(line)
    effects.extend(RecallRelease(key, site, tuple(named)) for (key, site), named in recalls.items())
    return order.amid(lines=tuple(lines), releases=tuple(releases), cancel_done=done, cancel_late=late)


# --- row 10: erp_confirmed


def erp_sent(order: Order, event: ErpConfirmed | ErpRefused, now: Elapsed) -> bool:
    """SENT."""
    return order.erp is Erp.SENT


def confirm(order: Order, event: ErpConfirmed, now: Elapsed) -> Change:
    """Keep the reference; an order that is off by now is cancelled in the ERP at once."""
    effects = (CancelErp(),) if remaining(order) == 0 else ()
    return order.changed(event.id, erp=Erp.CONFIRMED, erp_reference=event.reference), Outcome.APPLIED, effects


def confirmed_alike(order: Order, event: ErpConfirmed, now: Elapsed) -> bool:
    """CONFIRMED under the same reference."""
    return order.erp is Erp.CONFIRMED and order.erp_reference == event.reference


def confirmed_otherwise(order: Order, event: ErpConfirmed, now: Elapsed) -> bool:
    """CONFIRMED under another reference."""
    return order.erp is Erp.CONFIRMED and order.erp_reference != event.reference


def report_erp_duplicate(order: Order, event: ErpConfirmed, now: Elapsed) -> Change:
    """Two sales orders stand in the ERP for one."""
    return order, Outcome.EXCEPTION, (OpenException("ERP_DUPLICATE", f"{order.erp_reference} and {event.reference}"),)


def not_expected(order: Order, event: ErpConfirmed, now: Elapsed) -> bool:
    """NONE or REFUSED."""
    return order.erp in (Erp.NONE, Erp.REFUSED)


def report_unexpected(order: Order, event: ErpConfirmed | ErpRefused, now: Elapsed) -> Change:
    """The ERP answers what was not asked."""
    return order, Outcome.EXCEPTION, (OpenException("ERP_UNEXPECTED", f"erp {order.erp.value}"),)


# --- row 11: erp_refused


def refused_when_off(order: Order, event: ErpRefused, now: Elapsed) -> bool:
    """SENT, n = 0."""
    return order.erp is Erp.SENT and remaining(order) == 0


def note_refusal(order: Order, event: ErpRefused, now: Elapsed) -> Change:
    """Nothing is left to undo."""
    return order.changed(event.id, erp=Erp.REFUSED), Outcome.APPLIED, ()


def refused_in_time(order: Order, event: ErpRefused, now: Elapsed) -> bool:
    """SENT, S = 0."""
    return order.erp is Erp.SENT and not any(line.shipped for line in order.lines)


def begin_undo(order: Order, event: ErpRefused, now: Elapsed) -> Change:
    """Take every unit back; the undo ends when no warehouse has still to answer."""
    effects: list[Effect] = []
    taken = take_back(order, effects)
    after = taken.changed(event.id, erp=Erp.REFUSED, undo=Undo.OPEN)
    return settle(order, after, effects), Outcome.APPLIED, tuple(effects)


def refuse_late(order: Order, event: ErpRefused, now: Elapsed) -> Change:
    """Units have left already: a person must find a way forward."""
    after = order.changed(event.id, erp=Erp.REFUSED, holds=_erp_hold(order, now))
    return after, Outcome.EXCEPTION, (OpenException("ERP_REFUSED_LATE", event.reason),)


def refused_before(order: Order, event: ErpRefused, now: Elapsed) -> bool:
    """REFUSED."""
    return order.erp is Erp.REFUSED


def otherwise(order: Order, event: object, now: Elapsed) -> bool:
    """Anything else."""
    return True


def change_nothing(order: Order, event: object, now: Elapsed) -> Change:
    """It is known."""
    return order, Outcome.NOOP, ()


# --- rows 31 and 32


def undone(order: Order, event: UndoDone, now: Elapsed) -> bool:
    """Undo OPEN or STUCK, K = 0."""
    return order.undo is not Undo.NONE and not cancelling(order)


def finish_undo(order: Order, event: UndoDone, now: Elapsed) -> Change:
    """Reject the order, or hold it when units have left or will."""
    if order.releases or any(line.shipped for line in order.lines):
        after = order.changed(event.id, undo=Undo.NONE, holds=_erp_hold(order, now))
        return after, Outcome.EXCEPTION, (OpenException("ERP_REFUSED_LATE"),)
    after = order.changed(event.id, undo=Undo.NONE, intake=Intake.REJECTED)
    effects: list[Effect] = [Answer("IR", detail="ERP_REFUSED")]
    return settle(order, after, effects), Outcome.REJECTED, tuple(effects)


def undo_open(order: Order, event: UndoFailed, now: Elapsed) -> bool:
    """Undo OPEN."""
    return order.undo is Undo.OPEN


def stick(order: Order, event: UndoFailed, now: Elapsed) -> Change:
    """Give up undoing by machine."""
    return order.changed(event.id, undo=Undo.STUCK), Outcome.EXCEPTION, (OpenException("SAGA_STUCK"),)


# --- rows 20, 23 and 24


def shipped_some(order: Order, event: RemainderClosed, now: Elapsed) -> bool:
    """ACCEPTED, S > 0."""
    return order.intake is Intake.ACCEPTED and any(line.shipped for line in order.lines)


def close_remainder(order: Order, event: RemainderClosed, now: Elapsed) -> Change:
    """Cancel what the closing warehouse had, and take the rest back as a cancellation does."""
    if all(line.shipped == line.ordered - line.cancelled for line in order.lines):
        return order, Outcome.NOOP, ()
    effects: list[Effect] = []
    taken = take_back(order, effects, event.site)
    waits = cancelling(taken) or order.cancel is Cancel.PENDING or taken.cancel_done > order.cancel_done
    after = taken.changed(event.id, cancel=Cancel.PENDING if waits else order.cancel)
    return settle(order, after, effects, off=not cancelling(after)), Outcome.APPLIED, tuple(effects)


def before_acceptance(order: Order, event: CancelOrder, now: Elapsed) -> bool:
    """RECEIVED or VALIDATED."""
    return order.intake in BEFORE


def cancel_early(order: Order, event: CancelOrder, now: Elapsed) -> Change:
    """Withdraw the order."""
    return withdraw(order, event.id, Outcome.WITHDRAWN)


def nothing_left(order: Order, event: CancelOrder, now: Elapsed) -> bool:
    """REJECTED, WITHDRAWN, or n = 0."""
    return order.intake in (Intake.REJECTED, Intake.WITHDRAWN) or remaining(order) == 0


def all_at_hand(order: Order, event: CancelOrder, now: Elapsed) -> bool:
    """ACCEPTED, L = 0, P + G + A + B > 0."""
    return order.intake is Intake.ACCEPTED and not order.releases and _unshipped(order)


def some_released(order: Order, event: CancelOrder, now: Elapsed) -> bool:
    """ACCEPTED, L > K."""
    return order.intake is Intake.ACCEPTED and any(each.quantity > each.cancelling for each in order.releases)


def cancel(order: Order, event: CancelOrder, now: Elapsed) -> Change:
    """Cancel what is at hand; a warehouse that has units is asked for them, and the order waits for its answer."""
    effects: list[Effect] = []
    after = take_back(order, effects).changed(event.id, cancel=Cancel.PENDING)
    outcome = Outcome.CANCELLING if cancelling(after) else Outcome.APPLIED
    return settle(order, after, effects), outcome, tuple(effects)


def being_cancelled(order: Order, event: CancelOrder, now: Elapsed) -> bool:
    """K > 0."""
    return cancelling(order)


def all_shipped(order: Order, event: CancelOrder, now: Elapsed) -> bool:
    """ACCEPTED or CLOSED, S = n."""
    return order.intake in (Intake.ACCEPTED, Intake.CLOSED) and not _unshipped(order)


def answer_too_late(order: Order, event: CancelOrder, now: Elapsed) -> Change:
    """Only a return can help now."""
    return order, Outcome.TOO_LATE, (Answer("TOO_LATE"),)


def _unshipped(order: Order) -> bool:
    return any(line.pending or line.pledged or line.allocated or line.backordered for line in order.lines)


def _erp_hold(order: Order, now: Elapsed) -> tuple[Hold, ...]:
    others = tuple(hold for hold in order.holds if hold.kind is not HoldKind.ERP)
    return (*others, Hold(HoldKind.ERP, now + ERP_HOLD_US))
