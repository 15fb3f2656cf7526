"""The state table of the order: for every part and every event exactly one outcome.

An order has independent parts (intake, holds, units, erp, undo, cancel, payment); an event changes only those that its
row names, and the header that people see is derived from them (`header`). The table is data: `ROWS` lists, per row,
the event and its clauses "guard: change" with the effects a change may ask for. `step` finds the rows of the event in
number order and their clauses left to right; the first true guard decides. When none is true, a timer means nothing any
more (NOOP), and everything else is an illegal move: the same order comes back, untouched. Facts are booked in every
intake state, because what a partner did has happened.

Rules that hold throughout:

* Pure: an order and an event go in, an order and effects come out. The procedure turns effects into entries of
  reservations, demand in item records and events of the outbox, in the same transaction. It has granted the claims for
  units that a step allocates, because only it knows the sites.
* The inbox knows repeated messages; the table knows repeated *facts* (shipments, invoices, captures, refunds by key).
* A quantity is compared line by line: an excess of one line is not excused by room in another. Quantities are positive;
  a fact that names nothing, or a quantity of zero, is an illegal move, kept for a person.
* L and K are kept per request and site; a request is dropped when L is zero, so one that is unknown has L = K = 0.
* Whatever row cancels units, `settle` draws the consequences once: cancellation answered, undo finished, ERP told,
  money given back.
* Each row that changes something is one version.

An RMA has a state table of its own (`rma`); rows 27 and 28 have further events for its undo, its end and its match.
Tried and dropped: one guard function per row that returns the clause (the
exactly-one-outcome property could then not be read off the data); events of our own beside the partners' messages (a
copy per message on the hot path, and two names for one thing).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from twin.middleware.orders import cancellation, intake, money, returns, supply, warehouse
from twin.middleware.orders.effects import (
    Answer,
    Archive,
    CancelErp,
    ChangeDemand,
    ChangeErp,
    CommitClaims,
    ConsumeClaims,
    CreateErp,
    CreditNote,
    Effect,
    FinishUndo,
    GiveBack,
    Grade,
    KeepClaims,
    OpenException,
    Reallocate,
    RecallRelease,
    Recount,
    ReleaseClaims,
    Resume,
    SendRelease,
    Step,
    TakeIn,
    TellReturn,
)
from twin.middleware.orders.occasions import (
    Allocated,
    AllocatedShort,
    Amended,
    Occasion,
    OrderEvent,
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
from twin.middleware.orders.units import Change
from twin.middleware.unit import Outcome
from twin.model.commands import (
    BackorderExpired,
    CancelOrder,
    CloseDue,
    ErpConfirmed,
    ErpRefused,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
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
    UndoFailed,
    WarehouseShort,
)
from twin.model.instant import Elapsed
from twin.model.order import Order

E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Clause(Generic[E_contra]):
    """One guard with its change. The guard's docstring says it in words."""

    guard: Callable[[Order, E_contra, Elapsed], bool]
    change: Callable[[Order, E_contra, Elapsed], Change]
    then: str
    """What becomes of the order, in words."""
    effects: tuple[type[Effect], ...] = ()
    """What the change may ask for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: an event, and clauses of which the first true one decides."""

    number: int
    event: OrderEvent
    occasion: type[Occasion]
    clauses: tuple[Clause[Any], ...]
    """Any: the clauses of one row take its occasion; `_row` checks that where the row is written."""
    fact: bool = False
    """Booked in every intake state."""
    timer: bool = False
    """Means nothing when no guard is true."""


def step(order: Order, event: Occasion, now: Elapsed) -> Step:
    """Move the order by one event; `now` is elapsed. Raises KeyError for an event that is in no row (a defect)."""
    for number, guard, change in _CLAUSES[type(event)]:
        if guard(order, event, now):
            after, outcome, effects = change(order, event, now)
            return Step(after, outcome, number, effects)
    return Step(order, _UNMOVED[type(event)], 0)


def submit(order: Order | None, event: Submitted, now: Elapsed) -> Step:
    """Take an order in (row 1): a new one when its business key is unknown, else as the table says."""
    if order is None:
        return Step(intake.received(event), Outcome.APPLIED, 1)
    return step(order, event, now)


def _same(outcome: Outcome, *effects: Effect) -> Callable[[Order, object, Elapsed], Change]:
    """Return a change that leaves the order as it is."""

    def change(order: Order, event: object, now: Elapsed) -> Change:
        return order, outcome, effects

    return change


def _row(
    number: int,
    event: OrderEvent,
    occasion: type[E],
    *clauses: Clause[E],
    fact: bool = False,
    timer: bool = False,
) -> Row:
    return Row(number, event, occasion, clauses, fact, timer)  # type: ignore[arg-type]  # E is one of Occasion


_KNOWN = cancellation.change_nothing
_CUT = (KeepClaims, ChangeDemand, CancelErp, GiveBack)
"""What follows when units are cancelled that no warehouse has."""
_ANSWERED = (Answer, FinishUndo, CancelErp, GiveBack)
"""What follows when a warehouse has answered for the last unit that was asked back."""

ROWS: tuple[Row, ...] = (
    _row(
        1,
        OrderEvent.SUBMITTED,
        Submitted,
        Clause(intake.tried_anew, intake.try_anew, "RECEIVED, P = O"),
        Clause(intake.superseded, _same(Outcome.SUPERSEDED), "unchanged: SUPERSEDED"),
        Clause(intake.repeated, _same(Outcome.DUPLICATE), "unchanged: DUPLICATE"),
        Clause(
            intake.contradicted,
            _same(Outcome.BUSINESS_KEY_CONFLICT, OpenException("BUSINESS_KEY_CONFLICT")),
            "unchanged: BUSINESS_KEY_CONFLICT",
            (OpenException,),
        ),
    ),
    _row(2, OrderEvent.VALIDATED, Validated, Clause(intake.received_freely, intake.validate, "VALIDATED")),
    _row(
        3,
        OrderEvent.VALIDATION_FAILED,
        ValidationFailed,
        Clause(intake.still_received, intake.reject, "REJECTED", (Answer, GiveBack)),
    ),
    _row(
        4,
        OrderEvent.REFERENCE_MISSING,
        ReferenceMissing,
        Clause(intake.still_received, intake.wait_for_reference, "holds + REFERENCE", (OpenException,)),
    ),
    _row(
        5,
        OrderEvent.HOLD_PLACED,
        HoldPlaced,
        Clause(intake.holds_it, _KNOWN, "unchanged"),
        Clause(intake.can_be_held, intake.place_hold, "holds + kind"),
    ),
    _row(
        6,
        OrderEvent.HOLD_RELEASED,
        HoldReleased,
        Clause(intake.holds_it, intake.release_hold, "holds - kind", (Resume,)),
        Clause(cancellation.otherwise, _KNOWN, "unchanged"),
    ),
    _row(
        7,
        OrderEvent.PROMISE_REFUSED,
        PromiseRefused,
        Clause(intake.validated_freely, intake.reject, "REJECTED", (KeepClaims, Answer, GiveBack)),
    ),
    _row(
        8,
        OrderEvent.HOLD_EXPIRED,
        HoldExpired,
        Clause(intake.expired_before, intake.give_up_waiting, "WITHDRAWN", (KeepClaims, Answer, GiveBack)),
        Clause(
            intake.expired_after,
            _same(Outcome.EXCEPTION, OpenException("HOLD_OVERDUE")),
            "unchanged: HOLD_OVERDUE",
            (OpenException,),
        ),
        timer=True,
    ),
    _row(
        9,
        OrderEvent.PROMISE_GRANTED,
        PromiseGranted,
        Clause(intake.claim_lapsed, intake.promise_anew, "unchanged: promised anew", (Resume,)),
        Clause(
            intake.promise_fits,
            intake.accept_promise,
            "ACCEPTED, P -> G, rest to its class, erp SENT",
            (CommitClaims, KeepClaims, ChangeDemand, Answer, CreateErp, GiveBack),
        ),
    ),
    _row(
        10,
        OrderEvent.ERP_CONFIRMED,
        ErpConfirmed,
        Clause(cancellation.erp_sent, cancellation.confirm, "erp CONFIRMED", (CancelErp,)),
        Clause(cancellation.confirmed_alike, _KNOWN, "unchanged"),
        Clause(
            cancellation.confirmed_otherwise,
            cancellation.report_erp_duplicate,
            "unchanged: ERP_DUPLICATE",
            (OpenException,),
        ),
        Clause(
            cancellation.not_expected, cancellation.report_unexpected, "unchanged: ERP_UNEXPECTED", (OpenException,)
        ),
        fact=True,
    ),
    _row(
        11,
        OrderEvent.ERP_REFUSED,
        ErpRefused,
        Clause(cancellation.refused_when_off, cancellation.note_refusal, "erp REFUSED"),
        Clause(
            cancellation.refused_in_time,
            cancellation.begin_undo,
            "erp REFUSED, undo OPEN, X += P + G + B + (A - L), K = L",
            (RecallRelease, *_CUT, *_ANSWERED),
        ),
        Clause(
            cancellation.erp_sent,
            cancellation.refuse_late,
            "erp REFUSED, holds + ERP: ERP_REFUSED_LATE",
            (OpenException,),
        ),
        Clause(cancellation.refused_before, _KNOWN, "unchanged"),
        Clause(cancellation.otherwise, cancellation.report_unexpected, "unchanged: ERP_UNEXPECTED", (OpenException,)),
        fact=True,
    ),
    _row(12, OrderEvent.ALLOCATED, Allocated, Clause(supply.pending_enough, supply.allocate, "P -= q, A += q")),
    _row(
        13,
        OrderEvent.ALLOCATED_SHORT,
        AllocatedShort,
        Clause(supply.pending_enough, supply.fall_short, "P -= q, policy class += q", (*_CUT, Answer, FinishUndo)),
    ),
    _row(
        14,
        OrderEvent.SUPPLY_GRANTED,
        WaitingFilled,
        Clause(supply.can_be_filled, supply.fill, "class -= q, A += q", (ChangeDemand, Answer)),
    ),
    _row(
        15,
        OrderEvent.BACKORDER_EXPIRED,
        BackorderExpired,
        Clause(supply.waited_too_long, supply.lapse, "X += B, B = 0", (*_CUT, Answer, FinishUndo)),
        timer=True,
    ),
    _row(
        16,
        OrderEvent.RELEASE_TO_WMS,
        ReleasedToWarehouse,
        Clause(warehouse.can_be_released, warehouse.release, "L += q", (SendRelease,)),
    ),
    _row(
        17,
        OrderEvent.WMS_SHORT,
        WarehouseShort,
        Clause(
            warehouse.was_told,
            warehouse.shorten,
            "L, A -= q; asked back: X += q, K = min(K, L), else P += q",
            (ReleaseClaims, Recount, Reallocate, *_ANSWERED),
        ),
        Clause(cancellation.otherwise, warehouse.report_wms_conflict, "unchanged: WMS_CONFLICT", (OpenException,)),
        fact=True,
    ),
    _row(
        18,
        OrderEvent.SHIPMENT_CONFIRMED,
        ShipmentConfirmed,
        Clause(warehouse.shipped_alike, _KNOWN, "unchanged"),
        Clause(
            warehouse.shipped_otherwise,
            warehouse.report_other_content,
            "unchanged: SHIPMENT_CONFLICT",
            (OpenException,),
        ),
        Clause(
            warehouse.ships_as_told,
            warehouse.ship,
            "L, A -= q, S += q, K = min(K, L)",
            (ConsumeClaims, *_ANSWERED),
        ),
        fact=True,
    ),
    _row(
        19,
        OrderEvent.SHIPMENT_CONFIRMED,
        ShipmentConfirmed,
        Clause(
            warehouse.ships_beyond,
            warehouse.ship,
            "L as row 18, the excess is over: OVERSHIP",
            (ConsumeClaims, OpenException, *_ANSWERED),
        ),
        fact=True,
    ),
    _row(
        20,
        OrderEvent.REMAINDER_CLOSED,
        RemainderClosed,
        Clause(
            cancellation.shipped_some,
            cancellation.close_remainder,
            "X += L of that site, the rest as rows 23 and 24",
            (ReleaseClaims, RecallRelease, *_CUT, *_ANSWERED),
        ),
    ),
    _row(
        21,
        OrderEvent.INVOICED,
        OrderInvoiced,
        Clause(money.invoiced_before, _KNOWN, "unchanged"),
        Clause(money.can_be_invoiced, money.invoice, "invoiced += q"),
        Clause(cancellation.otherwise, money.report_invoice_exceeds, "unchanged: INVOICE_EXCEEDS", (OpenException,)),
        fact=True,
    ),
    _row(
        22, OrderEvent.CLOSE_DUE, CloseDue, Clause(money.can_be_closed, money.close, "CLOSED", (Archive,)), timer=True
    ),
    _row(
        23,
        OrderEvent.CANCEL_REQUESTED,
        CancelOrder,
        Clause(cancellation.before_acceptance, cancellation.cancel_early, "WITHDRAWN", (KeepClaims, Answer, GiveBack)),
        Clause(cancellation.nothing_left, _KNOWN, "unchanged"),
        Clause(
            cancellation.all_at_hand,
            cancellation.cancel,
            "X += P + G + A + B, cancel ANSWERED",
            (*_CUT, *_ANSWERED),
        ),
    ),
    _row(
        24,
        OrderEvent.CANCEL_REQUESTED,
        CancelOrder,
        Clause(
            cancellation.some_released,
            cancellation.cancel,
            "X += P + G + B + (A - L), K = L, cancel PENDING",
            (RecallRelease, *_CUT),
        ),
        Clause(cancellation.being_cancelled, _KNOWN, "unchanged"),
        Clause(cancellation.all_shipped, cancellation.answer_too_late, "unchanged: TOO_LATE", (Answer,)),
    ),
    _row(
        25,
        OrderEvent.WMS_CANCEL_CONFIRMED,
        ReleaseCancelled,
        Clause(
            warehouse.can_be_given_back,
            warehouse.take_what_comes_back,
            "K, L, A -= q, X += q",
            (ReleaseClaims, *_ANSWERED),
        ),
        Clause(cancellation.otherwise, warehouse.report_wms_conflict, "unchanged: WMS_CONFLICT", (OpenException,)),
        fact=True,
    ),
    _row(
        26,
        OrderEvent.WMS_CANCEL_REFUSED,
        ReleaseCancelRefused,
        Clause(warehouse.can_be_refused, warehouse.stay_released, "K -= q, too late += q", _ANSWERED),
        Clause(cancellation.otherwise, _KNOWN, "unchanged"),
        fact=True,
    ),
    _row(
        27,
        OrderEvent.RETURN_AUTHORISED,
        ReturnAuthorised,
        Clause(returns.authorised_before, _KNOWN, "unchanged"),
        Clause(returns.can_come_back, returns.authorise, "RMA AUTHORISED", (TellReturn,)),
    ),
    _row(
        27,
        OrderEvent.RETURN_CANCELLED,
        ReturnCancelled,
        Clause(returns.cancelled_before, _KNOWN, "unchanged"),
        Clause(returns.nothing_came, returns.cancel, "RMA CANCELLED", (TellReturn,)),
    ),
    _row(
        27,
        OrderEvent.RETURN_EXPIRED,
        ReturnExpired,
        Clause(returns.overdue, returns.expire, "RMA EXPIRED", (TellReturn,)),
        Clause(returns.partly_overdue, returns.await_no_more, "RMA awaits no more; CLOSED when all is disposed"),
        timer=True,
    ),
    _row(
        28,
        OrderEvent.RETURN_RECEIVED,
        ReturnReceived,
        Clause(returns.received_before, _KNOWN, "unchanged"),
        Clause(returns.was_authorised, returns.receive, "returned += q, RMA RECEIVED", (TakeIn, TellReturn)),
        Clause(
            returns.came_undelivered, returns.take_undelivered, "returned += q, RMA made RECEIVED", (TakeIn, TellReturn)
        ),
        Clause(
            returns.unexpected,
            returns.take_blind,
            "returned unchanged: UNAUTHORISED_RETURN",
            (TakeIn, OpenException),
        ),
        fact=True,
    ),
    _row(
        28,
        OrderEvent.RETURN_MATCHED,
        ReturnMatched,
        Clause(returns.can_be_matched, returns.match, "returned += q, RMA made RECEIVED", (TellReturn,)),
    ),
    _row(
        29,
        OrderEvent.RETURN_DISPOSED,
        ReturnDisposed,
        Clause(returns.received_before, _KNOWN, "unchanged"),
        Clause(
            returns.can_be_disposed,
            returns.dispose,
            "disposed += q, RMA CLOSED when all is",
            (Grade, CreditNote, TellReturn, GiveBack),
        ),
    ),
    _row(
        30,
        OrderEvent.AMENDED,
        Amended,
        Clause(supply.amended_before, supply.answer_old_revision, "unchanged: by revision", (OpenException,)),
        Clause(supply.amended_too_late, _same(Outcome.TOO_LATE, Answer("TOO_LATE")), "unchanged: TOO_LATE", (Answer,)),
        Clause(supply.only_prices, supply.change_prices, "new revision, no claim moves", (ChangeErp, FinishUndo)),
        Clause(
            supply.can_be_amended,
            supply.amend,
            "new revision; a cut takes from B, G, P, A",
            (KeepClaims, ChangeDemand, ChangeErp, CancelErp, GiveBack),
        ),
        Clause(
            cancellation.otherwise,
            _same(Outcome.AMEND_REFUSED, Answer("AMEND_REFUSED")),
            "unchanged: AMEND_REFUSED",
            (Answer,),
        ),
    ),
    _row(
        31,
        OrderEvent.UNDO_DONE,
        UndoDone,
        Clause(
            cancellation.undone,
            cancellation.finish_undo,
            "undo NONE; S + L = 0: REJECTED, else holds + ERP: ERP_REFUSED_LATE",
            (Answer, GiveBack, OpenException),
        ),
    ),
    _row(
        32,
        OrderEvent.UNDO_FAILED,
        UndoFailed,
        Clause(cancellation.undo_open, cancellation.stick, "undo STUCK: SAGA_STUCK", (OpenException,)),
    ),
    _row(
        33,
        OrderEvent.PLEDGE_BROKEN,
        PledgeBroken,
        Clause(supply.pledged_enough, supply.break_pledge, "G -= q, B += q", (ChangeDemand, OpenException, Answer)),
    ),
    _row(
        34,
        OrderEvent.PAYMENT_AUTHORISED,
        PaymentAuthorised,
        Clause(money.not_yet_paid, money.authorise, "payment AUTHORISED", (Resume, GiveBack)),
        Clause(cancellation.otherwise, money.report_payment_conflict, "unchanged: PAYMENT_CONFLICT", (OpenException,)),
        fact=True,
    ),
    _row(
        35,
        OrderEvent.PAYMENT_CAPTURED,
        PaymentCaptured,
        Clause(money.captured_before, _KNOWN, "unchanged"),
        Clause(money.can_be_captured, money.capture, "payment CAPTURED, captured += amount", (Resume, GiveBack)),
        Clause(
            money.captured_unexpectedly,
            money.capture_in_conflict,
            "captured += amount: PAYMENT_CONFLICT",
            (OpenException, GiveBack),
        ),
        fact=True,
    ),
    _row(
        36,
        OrderEvent.PAYMENT_VOIDED,
        PaymentVoided,
        Clause(money.can_be_voided, money.void, "payment VOIDED"),
        Clause(money.voided_before, _KNOWN, "unchanged"),
        Clause(cancellation.otherwise, money.report_payment_conflict, "unchanged: PAYMENT_CONFLICT", (OpenException,)),
        fact=True,
    ),
    _row(
        37,
        OrderEvent.PAYMENT_REFUNDED,
        PaymentRefunded,
        Clause(money.refunded_before, _KNOWN, "unchanged"),
        Clause(money.can_be_refunded, money.refund, "refunded += amount, REFUNDED when equal"),
        Clause(cancellation.otherwise, money.report_payment_conflict, "unchanged: PAYMENT_CONFLICT", (OpenException,)),
        fact=True,
    ),
)

_CLAUSES: dict[type[Occasion], tuple[tuple[int, Callable[..., bool], Callable[..., Change]], ...]] = {
    kind: tuple(
        (row.number, clause.guard, clause.change) for row in ROWS if row.occasion is kind for clause in row.clauses
    )
    for kind in {row.occasion: None for row in ROWS}
}
_UNMOVED: dict[type[Occasion], Outcome] = {
    row.occasion: Outcome.NOOP if row.timer else Outcome.ILLEGAL_TRANSITION for row in ROWS
}
