"""The order: independent parts, each changed by its own events; the header state is derived, never stored."""

from enum import Enum

import msgspec

from twin.model.instant import Elapsed


class Intake(Enum):
    """How far the order itself has come."""

    RECEIVED = "RECEIVED"
    VALIDATED = "VALIDATED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class HoldKind(Enum):
    """Why an order waits for somebody."""

    REFERENCE = "REFERENCE"
    CREDIT = "CREDIT"
    FRAUD = "FRAUD"
    ADDRESS = "ADDRESS"
    PRICE = "PRICE"
    PAYMENT = "PAYMENT"
    APPROVAL = "APPROVAL"
    SUSPECT = "SUSPECT"
    ERP = "ERP"


class Erp(Enum):
    """What the ERP knows of the order."""

    NONE = "NONE"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


class Undo(Enum):
    """Compensation after the ERP refused an accepted order."""

    NONE = "NONE"
    OPEN = "OPEN"
    STUCK = "STUCK"


class Cancel(Enum):
    """A cancellation that a warehouse has still to answer."""

    NONE = "NONE"
    PENDING = "PENDING"
    ANSWERED = "ANSWERED"


class Payment(Enum):
    """The money of the order."""

    NONE = "NONE"
    AUTHORISED = "AUTHORISED"
    CAPTURED = "CAPTURED"
    VOIDED = "VOIDED"
    REFUNDED = "REFUNDED"


class Header(Enum):
    """The derived state that people see."""

    RECEIVED = "RECEIVED"
    VALIDATED = "VALIDATED"
    ON_HOLD = "ON_HOLD"
    ACCEPTED = "ACCEPTED"
    BACKORDERED = "BACKORDERED"
    ALLOCATED = "ALLOCATED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    SHIPPED = "SHIPPED"
    INVOICED = "INVOICED"
    CANCELLING = "CANCELLING"
    COMPENSATING = "COMPENSATING"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    CLOSED = "CLOSED"


class LinePolicy(Enum):
    """What happens to units that cannot be had now."""

    FILL_OR_KILL = "FILL_OR_KILL"
    SHIP_COMPLETE = "SHIP_COMPLETE"
    PARTIAL = "PARTIAL"
    BACKORDER = "BACKORDER"


class Hold(msgspec.Struct, frozen=True, gc=False):
    """One reason to wait, at most until `until` (elapsed)."""

    kind: HoldKind
    until: Elapsed


class Line(msgspec.Struct, frozen=True, gc=False):
    """One order line in whole quanta of the item's base unit.

    `ordered = pending + pledged + allocated + backordered + shipped + cancelled`, always. Invoiced <= shipped.
    """

    number: int
    item: int
    ordered: int
    pending: int = 0
    pledged: int = 0
    allocated: int = 0
    backordered: int = 0
    shipped: int = 0
    cancelled: int = 0
    invoiced: int = 0
    over: int = 0
    """Shipped beyond what was released: moved, not part of `shipped`, not invoiced."""
    price: int = 0
    """Minor units each."""


class Release(msgspec.Struct, frozen=True, gc=False):
    """What of one line a warehouse was told to ship in one request (a 940): `quantity` is L, `cancelling` is K <= L."""

    key: int
    """Request key: the same for every line of one request."""
    site: int
    line: int
    quantity: int
    cancelling: int = 0


class Money(msgspec.Struct, frozen=True, gc=False):
    """Amounts of one order in minor units of one currency: refunded <= captured."""

    state: Payment = Payment.NONE
    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    keys: tuple[int, ...] = ()
    """Keys of captures and refunds already booked."""


class Order(msgspec.Struct, frozen=True, gc=False):
    """One order with all its parts; `version` grows by one with each change, `cause` names the message of the last."""

    id: int
    channel: int
    number: str
    revision: int
    fingerprint: int
    policy: LinePolicy
    lines: tuple[Line, ...]
    placed_at: Elapsed
    intake: Intake = Intake.RECEIVED
    holds: tuple[Hold, ...] = ()
    erp: Erp = Erp.NONE
    erp_reference: int = 0
    undo: Undo = Undo.NONE
    cancel: Cancel = Cancel.NONE
    cancel_done: int = 0
    cancel_late: int = 0
    money: Money = Money()
    releases: tuple[Release, ...] = ()
    shipments: tuple[int, ...] = ()
    """Keys of shipments already booked."""
    invoices: tuple[int, ...] = ()
    """Keys of invoices already booked."""
    promise: Elapsed = 0
    """When the last confirmed unit was promised to ship; 0: nothing promised."""
    cancel_after: Elapsed = 0
    """When backordered units lapse; 0: never."""
    accepted_at: Elapsed = 0
    version: int = 1
    cause: int = 0
