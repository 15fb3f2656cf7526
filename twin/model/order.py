"""The order: independent parts, each changed by its own events; the header state is derived, never stored."""

from enum import Enum
from typing import TypedDict, Unpack

import msgspec
from msgspec.structs import replace

from twin.model.instant import Elapsed, Instant
from twin.model.written import Wording


class Value(msgspec.Struct, frozen=True, gc=False):
    """The base of the small frozen values that rooms above the model make for themselves."""


class Intake(Enum):
    """How far the order itself has come."""

    RECEIVED = "RECEIVED"
    VALIDATED = "VALIDATED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class RmaState(Enum):
    """How far an agreed return has come."""

    AUTHORISED = "AUTHORISED"
    RECEIVED = "RECEIVED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


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


class LineParts(TypedDict, total=False):
    """What of a line can change."""

    item: int
    ordered: int
    pending: int
    pledged: int
    allocated: int
    backordered: int
    shipped: int
    cancelled: int
    invoiced: int
    over: int
    price: int
    returned: int
    weight: int


class Line(msgspec.Struct, frozen=True, gc=False):
    """One order line in whole quanta of the item's base unit; the line numbered k is the k-th of its order.

    `ordered = pending + pledged + allocated + backordered + shipped + cancelled`, always. Invoiced <= shipped,
    returned <= shipped.
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
    returned: int = 0
    """Shipped and come back under an RMA; they stay part of `shipped`."""
    weight: int = 0
    """What has left weighs, of an item by catch weight; in quanta of its own unit."""

    def changed(self, **parts: Unpack[LineParts]) -> "Line":
        """Return the line with these parts replaced."""
        return replace(self, **parts)


class Release(msgspec.Struct, frozen=True, gc=False):
    """What of one line a warehouse was told to ship in one request (a 940): `quantity` is L, `cancelling` is K <= L.

    It is kept while L > 0. Once `asked`, L - K are units that the warehouse refused to take back.
    """

    key: int
    """Request key: the same for every line of one request."""
    site: int
    line: int
    quantity: int
    cancelling: int = 0
    asked: bool = False
    """A cancel of these units was asked for, and perhaps refused."""


class OrderClaim(msgspec.Struct, frozen=True, gc=False):
    """Where the units of a line are claimed: the reservation, until nothing of it is live."""

    line: int
    site: int
    reservation: int


class ReturnLine(msgspec.Struct, frozen=True, gc=False):
    """What of one line an RMA covers: restocked <= disposed <= received <= quantity."""

    line: int
    quantity: int
    received: int = 0
    disposed: int = 0
    restocked: int = 0
    """Of the disposed units those that are sellable again."""


class Rma(msgspec.Struct, frozen=True, gc=False):
    """One return that was agreed, or made by its receipt; what has not come by `until` (elapsed) is not awaited."""

    number: int
    state: RmaState
    lines: tuple[ReturnLine, ...]
    until: Elapsed


class BlindReturn(msgspec.Struct, frozen=True, gc=False):
    """Units of a line that came back under a receipt key without an RMA; a person must match them."""

    key: int
    line: int
    quantity: int


class MoneyParts(TypedDict, total=False):
    """What of the money can change."""

    state: Payment
    authorised: int
    captured: int
    refunded: int
    giving_back: int
    taking: int
    keys: tuple[int, ...]
    refunds: tuple[int, ...]


class Money(msgspec.Struct, frozen=True, gc=False):
    """Amounts of one order in minor units of one currency: refunded <= captured, taking <= authorised."""

    state: Payment = Payment.NONE
    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    giving_back: int = 0
    """Refunds we have asked for, answered or not: nothing is asked for twice."""
    keys: tuple[int, ...] = ()
    """Keys of captures already booked."""
    refunds: tuple[int, ...] = ()
    """Keys of refunds already booked."""
    taking: int = 0
    """Captures we have asked for, answered or not."""

    def changed(self, **parts: Unpack[MoneyParts]) -> "Money":
        """Return the money with these parts replaced."""
        return replace(self, **parts)


class OrderParts(TypedDict, total=False):
    """What of an order can change."""

    revision: int
    fingerprint: int
    lines: tuple[Line, ...]
    intake: Intake
    holds: tuple[Hold, ...]
    erp: Erp
    erp_reference: int
    undo: Undo
    cancel: Cancel
    cancel_done: int
    cancel_late: int
    money: Money
    releases: tuple[Release, ...]
    claims: tuple[OrderClaim, ...]
    shipments: tuple[int, ...]
    shipment_digests: tuple[int, ...]
    invoices: tuple[int, ...]
    returns: tuple[Rma, ...]
    unmatched: tuple[BlindReturn, ...]
    return_keys: tuple[int, ...]
    customer: int
    tax: int
    sites: tuple[int, ...]
    ship_by: Instant
    deliver_by: Instant
    wording: Wording
    promise: Elapsed
    cancel_after: Elapsed
    accepted_at: Elapsed


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
    """Units that a cancel request or the undo asked back and that were cancelled."""
    cancel_late: int = 0
    """Units asked back in vain: the warehouse refused or had shipped. Asked = done + late + cancelling."""
    money: Money = Money()
    releases: tuple[Release, ...] = ()
    claims: tuple[OrderClaim, ...] = ()
    shipments: tuple[int, ...] = ()
    """Keys of shipments already booked."""
    shipment_digests: tuple[int, ...] = ()
    """What stood in each of them, so that a known key with other content is noticed."""
    invoices: tuple[int, ...] = ()
    """Keys of invoices already booked."""
    promise: Elapsed = 0
    """When the last confirmed unit was promised to ship; 0: nothing promised."""
    cancel_after: Elapsed = 0
    """When backordered units lapse; 0: never."""
    accepted_at: Elapsed = 0
    version: int = 1
    cause: int = 0
    returns: tuple[Rma, ...] = ()
    unmatched: tuple[BlindReturn, ...] = ()
    return_keys: tuple[int, ...] = ()
    """Keys of receipts and disposals of returns already booked."""
    document: int = 0
    """Id of the sender's document where the order's id is another."""
    customer: int = 0
    """The account that owes for it; 0: a guest."""
    tax: int = 0
    """Minor units, fixed at intake."""
    sites: tuple[int, ...] = ()
    """The warehouses that may serve it; empty: all that serve its channel."""
    ship_by: Instant = 0
    """Deadlines, fixed at intake; 0: none."""
    deliver_by: Instant = 0
    wording: Wording | None = None
    """What its lines were before intake read them, where they were anything else."""

    def changed(self, by: int, **parts: Unpack[OrderParts]) -> "Order":
        """Return the next version, caused by the message `by`, with these parts replaced."""
        return replace(self, version=self.version + 1, cause=by, **parts)

    def amid(self, **parts: Unpack[OrderParts]) -> "Order":
        """Return the same version with these parts replaced: a change that is still being made."""
        return replace(self, **parts)
