"""What can happen to an order: the messages of partners as they come, and the steps that our own procedures take."""

from enum import Enum

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
from twin.model.instant import Elapsed
from twin.model.order import LinePolicy, Value


class OrderEvent(Enum):
    """The events of the state table."""

    SUBMITTED = "submitted"
    VALIDATED = "validated"
    VALIDATION_FAILED = "validation_failed"
    REFERENCE_MISSING = "reference_missing"
    HOLD_PLACED = "hold_placed"
    HOLD_RELEASED = "hold_released"
    PROMISE_REFUSED = "promise_refused"
    HOLD_EXPIRED = "hold_expired"
    PROMISE_GRANTED = "promise_granted"
    ERP_CONFIRMED = "erp_confirmed"
    ERP_REFUSED = "erp_refused"
    ALLOCATED = "allocated"
    ALLOCATED_SHORT = "allocated_short"
    SUPPLY_GRANTED = "supply_granted"
    BACKORDER_EXPIRED = "backorder_expired"
    RELEASE_TO_WMS = "release_to_wms"
    WMS_SHORT = "wms_short"
    SHIPMENT_CONFIRMED = "shipment_confirmed"
    REMAINDER_CLOSED = "remainder_closed"
    INVOICED = "invoiced"
    CLOSE_DUE = "close_due"
    CANCEL_REQUESTED = "cancel_requested"
    WMS_CANCEL_CONFIRMED = "wms_cancel_confirmed"
    WMS_CANCEL_REFUSED = "wms_cancel_refused"
    RETURN_AUTHORISED = "return_authorised"
    RETURN_CANCELLED = "return_cancelled"
    RETURN_EXPIRED = "return_expired"
    RETURN_RECEIVED = "return_received"
    RETURN_MATCHED = "return_matched"
    RETURN_DISPOSED = "return_disposed"
    AMENDED = "amended"
    UNDO_DONE = "undo_done"
    UNDO_FAILED = "undo_failed"
    PLEDGE_BROKEN = "pledge_broken"
    PAYMENT_AUTHORISED = "payment_authorised"
    PAYMENT_CAPTURED = "payment_captured"
    PAYMENT_VOIDED = "payment_voided"
    PAYMENT_REFUNDED = "payment_refunded"


class Submitted(Value, frozen=True, gc=False):
    """Row 1: an order came in; `policy` is what its route says about units that cannot be had now."""

    message: SubmitOrder
    policy: LinePolicy

    @property
    def id(self) -> int:
        """The message that brought it."""
        return self.message.id


class Validated(Value, frozen=True, gc=False):
    """Row 2: items, units, price, tax and route are fixed. `id` here and below: the message that led to the step."""

    id: int


class ValidationFailed(Value, frozen=True, gc=False):
    """Row 3: the order cannot be taken, for all these reasons."""

    id: int
    reasons: str


class ReferenceMissing(Value, frozen=True, gc=False):
    """Row 4: the order names something that we do not know yet; it waits for it until `until` (elapsed)."""

    id: int
    reference: str
    until: Elapsed


class PromiseRefused(Value, frozen=True, gc=False):
    """Row 7: what can be had is not enough under the line policy."""

    id: int
    reason: str


class LinePromise(Value, frozen=True, gc=False):
    """What can be promised of one line: `confirmed` units from stock, `pledged` on expected supply; the rest cannot."""

    line: int
    confirmed: int
    pledged: int = 0
    substitute: int = -1
    """The item given instead of the one ordered; -1: none."""


class PromiseGranted(Value, frozen=True, gc=False):
    """Row 9: stock answers. A line that is not named is promised nothing."""

    id: int
    lines: tuple[LinePromise, ...]
    due: Elapsed = 0
    """When the last confirmed unit is to ship."""
    cancel_after: Elapsed = 0
    """When backordered units lapse; 0: never."""
    lapsed: bool = False
    """A claim of this promise has expired before it could be committed."""


class Allocated(Value, frozen=True, gc=False):
    """Row 12: pending units are assigned to locations; the caller holds the claims."""

    id: int
    lines: tuple[LineQuantity, ...]


class AllocatedShort(Value, frozen=True, gc=False):
    """Row 13: no location has these pending units."""

    id: int
    lines: tuple[LineQuantity, ...]


class WaitingFilled(Value, frozen=True, gc=False):
    """Row 14: supply for backordered units, or for pledged ones; the caller holds the claims."""

    id: int
    lines: tuple[LineQuantity, ...]
    pledged: bool = False
    due: Elapsed = 0
    """The new promise; 0: as before."""


class ReleasedToWarehouse(Value, frozen=True, gc=False):
    """Row 16: one request (940) to one site under a request key."""

    id: int
    key: int
    site: int
    lines: tuple[LineQuantity, ...]


class Amended(Value, frozen=True, gc=False):
    """Row 30: a revision of the whole order; `promised` are the units of the increase that the caller has claimed."""

    message: AmendOrder
    promised: tuple[LineQuantity, ...] = ()

    @property
    def id(self) -> int:
        """The message that brought it."""
        return self.message.id


class UndoDone(Value, frozen=True, gc=False):
    """Row 31: every step that the refused order had taken is undone."""

    id: int


class ReturnAuthorised(Value, frozen=True, gc=False):
    """Row 27: a buyer may send units back under the number `rma` until `until` (elapsed)."""

    id: int
    rma: int
    lines: tuple[LineQuantity, ...]
    until: Elapsed


Occasion = (
    Submitted
    | Validated
    | ValidationFailed
    | ReferenceMissing
    | HoldPlaced
    | HoldReleased
    | PromiseRefused
    | HoldExpired
    | PromiseGranted
    | ErpConfirmed
    | ErpRefused
    | Allocated
    | AllocatedShort
    | WaitingFilled
    | BackorderExpired
    | ReleasedToWarehouse
    | WarehouseShort
    | ShipmentConfirmed
    | RemainderClosed
    | OrderInvoiced
    | CloseDue
    | CancelOrder
    | ReleaseCancelled
    | ReleaseCancelRefused
    | ReturnAuthorised
    | ReturnCancelled
    | ReturnExpired
    | ReturnReceived
    | ReturnMatched
    | ReturnDisposed
    | Amended
    | UndoDone
    | UndoFailed
    | PledgeBroken
    | PaymentAuthorised
    | PaymentCaptured
    | PaymentVoided
    | PaymentRefunded
)
