"""Rows 1 to 9 of the order's state table: an order comes in, is validated, held, promised, accepted or refused."""

from twin.middleware.orders import cancellation, intake
from twin.middleware.orders.effects import (
    Answer,
    ChangeDemand,
    CommitClaims,
    CreateErp,
    GiveBack,
    KeepClaims,
    OpenException,
    Resume,
)
from twin.middleware.orders.occasions import (
    OrderEvent,
    PromiseGranted,
    PromiseRefused,
    ReferenceMissing,
    Submitted,
    Validated,
    ValidationFailed,
)
from twin.middleware.orders.rows import KNOWN, Clause, Row, row, same
from twin.middleware.unit import Outcome
from twin.model.commands import (
    HoldExpired,
    HoldPlaced,
    HoldReleased,
)

INTAKE_ROWS: tuple[Row, ...] = (
    row(
        1,
        OrderEvent.SUBMITTED,
        Submitted,
        Clause(intake.tried_anew, intake.try_anew, "RECEIVED, P = O"),
        Clause(intake.superseded, same(Outcome.SUPERSEDED), "unchanged: SUPERSEDED"),
        Clause(intake.repeated, same(Outcome.DUPLICATE), "unchanged: DUPLICATE"),
        Clause(
            intake.contradicted,
            same(Outcome.BUSINESS_KEY_CONFLICT, OpenException("BUSINESS_KEY_CONFLICT")),
            "unchanged: BUSINESS_KEY_CONFLICT",
            (OpenException,),
        ),
    ),
    row(2, OrderEvent.VALIDATED, Validated, Clause(intake.received_freely, intake.validate, "VALIDATED")),
    row(
        3,
        OrderEvent.VALIDATION_FAILED,
        ValidationFailed,
        Clause(intake.still_received, intake.reject, "REJECTED", (Answer, GiveBack)),
    ),
    row(
        4,
        OrderEvent.REFERENCE_MISSING,
        ReferenceMissing,
        Clause(intake.still_received, intake.wait_for_reference, "holds + REFERENCE", (OpenException,)),
    ),
    row(
        5,
        OrderEvent.HOLD_PLACED,
        HoldPlaced,
        Clause(intake.holds_it, KNOWN, "unchanged"),
        Clause(intake.can_be_held, intake.place_hold, "holds + kind"),
    ),
    row(
        6,
        OrderEvent.HOLD_RELEASED,
        HoldReleased,
        Clause(intake.holds_it, intake.release_hold, "holds - kind", (Resume,)),
        Clause(cancellation.otherwise, KNOWN, "unchanged"),
    ),
    row(
        7,
        OrderEvent.PROMISE_REFUSED,
        PromiseRefused,
        Clause(intake.validated_freely, intake.reject, "REJECTED", (KeepClaims, Answer, GiveBack)),
    ),
    row(
        8,
        OrderEvent.HOLD_EXPIRED,
        HoldExpired,
        Clause(intake.expired_before, intake.give_up_waiting, "WITHDRAWN", (KeepClaims, Answer, GiveBack)),
        Clause(
            intake.expired_after,
            same(Outcome.EXCEPTION, OpenException("HOLD_OVERDUE")),
            "unchanged: HOLD_OVERDUE",
            (OpenException,),
        ),
        timer=True,
    ),
    row(
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
)
