"""Rows 27 to 37 of the order's state table: returns, amendments, the end of an undo, and money."""

from twin.middleware.orders import cancellation, money, returns, supply
from twin.middleware.orders.effects import (
    Answer,
    CancelErp,
    Capture,
    ChangeDemand,
    ChangeErp,
    CreditNote,
    FinishUndo,
    GiveBack,
    Grade,
    KeepClaims,
    OpenException,
    Resume,
    TakeIn,
    TellReturn,
)
from twin.middleware.orders.occasions import (
    Amended,
    OrderEvent,
    ReturnAuthorised,
    UndoDone,
)
from twin.middleware.orders.rows import KNOWN, Clause, Row, row, same
from twin.middleware.unit import Outcome
from twin.model.commands import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
    PledgeBroken,
    ReturnCancelled,
    ReturnDisposed,
    ReturnExpired,
    ReturnMatched,
    ReturnReceived,
    UndoFailed,
)

AFTER_ROWS: tuple[Row, ...] = (
    row(
        27,
        OrderEvent.RETURN_AUTHORISED,
        ReturnAuthorised,
        Clause(returns.authorised_before, KNOWN, "unchanged"),
        Clause(returns.can_come_back, returns.authorise, "RMA AUTHORISED", (TellReturn,)),
    ),
    row(
        27,
        OrderEvent.RETURN_CANCELLED,
        ReturnCancelled,
        Clause(returns.cancelled_before, KNOWN, "unchanged"),
        Clause(returns.nothing_came, returns.cancel, "RMA CANCELLED", (TellReturn,)),
    ),
    row(
        27,
        OrderEvent.RETURN_EXPIRED,
        ReturnExpired,
        Clause(returns.overdue, returns.expire, "RMA EXPIRED", (TellReturn,)),
        Clause(returns.partly_overdue, returns.await_no_more, "RMA awaits no more; CLOSED when all is disposed"),
        timer=True,
    ),
    row(
        28,
        OrderEvent.RETURN_RECEIVED,
        ReturnReceived,
        Clause(returns.received_before, KNOWN, "unchanged"),
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
    row(
        28,
        OrderEvent.RETURN_MATCHED,
        ReturnMatched,
        Clause(returns.can_be_matched, returns.match, "returned += q, RMA made RECEIVED", (TellReturn,)),
    ),
    row(
        29,
        OrderEvent.RETURN_DISPOSED,
        ReturnDisposed,
        Clause(returns.received_before, KNOWN, "unchanged"),
        Clause(
            returns.can_be_disposed,
            returns.dispose,
            "disposed += q, RMA CLOSED when all is",
            (Grade, CreditNote, TellReturn, GiveBack),
        ),
    ),
    row(
        30,
        OrderEvent.AMENDED,
        Amended,
        Clause(supply.amended_before, supply.answer_old_revision, "unchanged: by revision", (OpenException,)),
        Clause(supply.amended_too_late, same(Outcome.TOO_LATE, Answer("TOO_LATE")), "unchanged: TOO_LATE", (Answer,)),
        Clause(supply.only_prices, supply.change_prices, "new revision, no claim moves", (ChangeErp, FinishUndo)),
        Clause(
            supply.can_be_amended,
            supply.amend,
            "new revision; a cut takes from B, G, P, A",
            (KeepClaims, ChangeDemand, ChangeErp, CancelErp, GiveBack),
        ),
        Clause(
            cancellation.otherwise,
            same(Outcome.AMEND_REFUSED, Answer("AMEND_REFUSED")),
            "unchanged: AMEND_REFUSED",
            (Answer,),
        ),
    ),
    row(
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
    row(
        32,
        OrderEvent.UNDO_FAILED,
        UndoFailed,
        Clause(cancellation.undo_open, cancellation.stick, "undo STUCK: SAGA_STUCK", (OpenException,)),
    ),
    row(
        33,
        OrderEvent.PLEDGE_BROKEN,
        PledgeBroken,
        Clause(supply.pledged_enough, supply.break_pledge, "G -= q, B += q", (ChangeDemand, OpenException, Answer)),
    ),
    row(
        34,
        OrderEvent.PAYMENT_AUTHORISED,
        PaymentAuthorised,
        Clause(money.not_yet_paid, money.authorise, "payment AUTHORISED", (Resume, GiveBack, Capture)),
        Clause(cancellation.otherwise, money.report_payment_conflict, "unchanged: PAYMENT_CONFLICT", (OpenException,)),
        fact=True,
    ),
    row(
        35,
        OrderEvent.PAYMENT_CAPTURED,
        PaymentCaptured,
        Clause(money.captured_before, KNOWN, "unchanged"),
        Clause(
            money.can_be_captured, money.capture, "payment CAPTURED, captured += amount", (Resume, GiveBack, Capture)
        ),
        Clause(
            money.captured_unexpectedly,
            money.capture_in_conflict,
            "captured += amount: PAYMENT_CONFLICT",
            (OpenException, GiveBack),
        ),
        fact=True,
    ),
    row(
        36,
        OrderEvent.PAYMENT_VOIDED,
        PaymentVoided,
        Clause(money.can_be_voided, money.void, "payment VOIDED"),
        Clause(money.voided_before, KNOWN, "unchanged"),
        Clause(cancellation.otherwise, money.report_payment_conflict, "unchanged: PAYMENT_CONFLICT", (OpenException,)),
        fact=True,
    ),
    row(
        37,
        OrderEvent.PAYMENT_REFUNDED,
        PaymentRefunded,
        Clause(money.refunded_before, KNOWN, "unchanged"),
        Clause(money.can_be_refunded, money.refund, "refunded += amount, REFUNDED when equal"),
        Clause(cancellation.otherwise, money.report_payment_conflict, "unchanged: PAYMENT_CONFLICT", (OpenException,)),
        fact=True,
    ),
)
