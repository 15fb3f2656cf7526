"""What leaves the middleware through the outbox, each with the key within which it keeps its order."""

import msgspec

from twin.model.commands import ItemQuantity, LineQuantity, OrderedLine
from twin.model.ids import derive
from twin.model.instant import Elapsed, Instant
from twin.model.message import Event

_CHANNEL, _ERP, _WMS, _POSTING, _MONEY, _PEOPLE, _AWAY = (derive(0, n) for n in range(1, 8))
"""What an order's aggregates are told apart by: ids are mixed already, so one exclusive-or makes another key."""
_SITE = 48
"""Sites differ from this bit on: fewer than 2^15 of them, and fewer than 2^48 items."""
_TRACKING = 10_000
AUDIENCES = ("portal", "channel", "erp")
"""Who hears of milestones."""


class OrderAnswered(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """The answer to the channel (855): the code of the order and what of each line is confirmed from stock."""

    channel: int
    number: str
    code: str
    """IA accepted, IB wholly backordered, BP part backordered, IQ quantity changed, IS substituted, IR rejected."""
    lines: tuple[LineQuantity, ...]
    """Units confirmed from stock, per line."""
    short: tuple[ItemQuantity, ...] = ()
    """Units that were asked for and not free at intake, per line that lacked some."""

    @property
    def aggregate(self) -> int:
        """One channel hears of one order in order."""
        return self.case ^ _CHANNEL


class CreateErpOrder(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask the ERP for a sales order; `external` is the business key it must be unique under."""

    external: int
    lines: tuple[OrderedLine, ...]
    document: int = 0
    """The buyer's document where that is another key."""
    tax: int = 0

    @property
    def aggregate(self) -> int:
        """The ERP hears of one order in order."""
        return self.case ^ _ERP


class ChangeErpOrder(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Tell the ERP the new revision of an order, whole."""

    external: int
    revision: int
    lines: tuple[OrderedLine, ...]

    @property
    def aggregate(self) -> int:
        """The ERP hears of one order in order."""
        return self.case ^ _ERP


class CancelErpOrder(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Tell the ERP that the order, or what is left of it, is off."""

    external: int

    @property
    def aggregate(self) -> int:
        """The ERP hears of one order in order."""
        return self.case ^ _ERP


class ReleaseToWarehouse(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Tell a warehouse to ship (940) under a request key; `lines` name item and quantity."""

    site: int
    release: int
    lines: tuple[LineQuantity, ...]
    items: tuple[ItemQuantity, ...]

    @property
    def aggregate(self) -> int:
        """A warehouse hears of one order in order."""
        return self.case ^ _WMS ^ self.site << _SITE


class CancelRelease(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask a warehouse to take a release back."""

    site: int
    release: int
    lines: tuple[LineQuantity, ...]

    @property
    def aggregate(self) -> int:
        """A warehouse hears of one order in order."""
        return self.case ^ _WMS ^ self.site << _SITE


class MovementRecorded(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """A stock movement to be posted to the ERP: signed `change` of what is on hand, `blocked` of it not sellable."""

    movement: int
    item: int
    site: int
    change: int
    reason: str
    blocked: int = 0
    key: int = 0
    """The posting's own: a repeat under it books nothing."""
    movements: tuple[int, ...] = ()
    """The ledger rows that it sums up, in their order; the first is `movement`."""
    document: int = 0
    weight: int = 0
    """By how much the weight on hand changed, of an item by catch weight."""
    book_on: Instant = 0
    """When to book it because its own time lies in a closed period (wall); 0: then."""
    happened_at: Instant = 0
    """Its own time in that case (wall), for the memo; 0: that is when it is booked."""
    receipt: bool = False
    """Whether we must know when it was booked."""

    @property
    def aggregate(self) -> int:
        """Postings keep the order of the ledger per (item, site)."""
        return self.item ^ _POSTING ^ self.site << _SITE


class SnapshotRequested(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask a warehouse what its stock facts about an item come to by now: a number of them is missing."""

    site: int
    item: int

    @property
    def aggregate(self) -> int:
        """Each question by itself; the highest number answered counts."""
        return self.id


class FulfilmentRecorded(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """A shipment to be posted to the ERP as fulfilment and to be invoiced: movements are minus these quantities."""

    key: int
    site: int
    lines: tuple[LineQuantity, ...]
    items: tuple[ItemQuantity, ...]
    movements: tuple[int, ...] = ()
    weights: tuple[LineQuantity, ...] = ()
    """What the lines of items by catch weight weigh: they are billed by it."""
    book_on: Instant = 0
    """When to book it because its own time lies in a closed period (wall); 0: then."""
    happened_at: Instant = 0
    """Its own time in that case (wall), for the memo; 0: that is when it is booked."""
    receipt: bool = False
    """Whether we must know when it was booked."""

    @property
    def aggregate(self) -> int:
        """The ERP hears of one order in order, so a fulfilment follows the order's creation."""
        return self.case ^ _ERP


class ShipmentAdvised(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """The ship notice (856) to a trading partner: what left `site` at `at` (elapsed); its number is the key."""

    channel: int
    number: str
    key: int
    site: int
    lines: tuple[LineQuantity, ...]
    tracking: tuple[int, ...]
    at: Elapsed

    @property
    def aggregate(self) -> int:
        """One channel hears of one order in order: its answer, its ship notices, its invoices."""
        return self.case ^ _CHANNEL


class InvoiceIssued(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """The invoice (810) to a trading partner, in minor units before tax; its number is the ERP's invoice key."""

    channel: int
    number: str
    key: int
    lines: tuple[LineQuantity, ...]
    amount: int

    @property
    def aggregate(self) -> int:
        """One channel hears of one order in order: its answer, its ship notices, its invoices."""
        return self.case ^ _CHANNEL


class ReturnAnswered(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Tell the channel what became of a return: a code that is an `RmaState` value."""

    channel: int
    rma: int
    code: str
    lines: tuple[LineQuantity, ...]

    @property
    def aggregate(self) -> int:
        """One channel hears of one order in order."""
        return self.case ^ _CHANNEL


class CreditNoteDue(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask the ERP for a credit note over returned units, under a key that is the disposal's."""

    key: int
    rma: int
    lines: tuple[LineQuantity, ...]

    @property
    def aggregate(self) -> int:
        """The ERP hears of one order in order."""
        return self.case ^ _ERP


class MilestoneReached(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Tell one audience (portal, channel, erp) of a parcel: a shipment state, a trouble code, or ETA, and its time."""

    audience: str
    channel: int
    tracking: int
    word: str
    at: Elapsed

    @property
    def aggregate(self) -> int:
        """One audience hears of one parcel in order."""
        return derive(self.tracking, _TRACKING + AUDIENCES.index(self.audience))


class StockCutAsked(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask a site (-1: the ERP) for its stock book as of `cut` (elapsed), which lies ahead."""

    site: int
    cut: Elapsed

    @property
    def aggregate(self) -> int:
        """Each party by itself."""
        return self.id


class PublishStock(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """One push to a channel's stock API: absolute values right at `as_of` (elapsed), under one sequence number."""

    channel: int
    sequence: int
    as_of: Elapsed
    rows: tuple[ItemQuantity, ...]

    @property
    def aggregate(self) -> int:
        """Each push by itself: values are absolute, and only the answer to the newest of a key counts."""
        return self.id


class AvailabilityChanged(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """What is free of these items changed; `quantity` is what the sites now have free for publishing, summed."""

    rows: tuple[ItemQuantity, ...]
    at: Elapsed
    marked: bool = False
    """Whether what channels may be told can have changed though this quantity has not: a quota, say."""

    @property
    def aggregate(self) -> int:
        """Read by the publisher, which keeps the newest."""
        return self.id


class CapturePayment(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Take `amount` minor units of what the buyer's bank has promised, under a key."""

    channel: int
    key: int
    amount: int

    @property
    def aggregate(self) -> int:
        """Money of one order moves in order."""
        return self.case ^ _MONEY


class AuthorisePayment(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Have the bank of an order's buyer promise its price, which could not be asked when he ordered."""

    channel: int
    amount: int

    @property
    def aggregate(self) -> int:
        """Money of one order moves in order."""
        return self.case ^ _MONEY


class PaymentGivenBack(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Void (amount 0) or refund what the buyer paid, under a key; who holds the money is asked."""

    channel: int
    key: int
    amount: int

    @property
    def aggregate(self) -> int:
        """Money of one order moves in order."""
        return self.case ^ _MONEY


class FallbackChanged(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """FALLBACK_ON or FALLBACK_OFF for a partner; going off it had `lasted` so many microseconds."""

    partner: int
    on: bool
    lasted: Elapsed

    @property
    def aggregate(self) -> int:
        """The comings and goings of one partner in order."""
        return self.partner ^ _AWAY


class FallbackDecided(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """What became of an order under the fallback of a partner, and why."""

    partner: int
    held: bool
    reason: str

    @property
    def aggregate(self) -> int:
        """Each decision by itself."""
        return self.id


class BasketAnswered(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Tell the channel what is kept for a basket, until when (elapsed); 0: nothing, or nothing any more."""

    channel: int
    until: Elapsed
    kept: tuple[ItemQuantity, ...]

    @property
    def aggregate(self) -> int:
        """One channel hears of one order in order."""
        return self.case ^ _CHANNEL


class OrderTurnedAway(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """An order was not taken (503): nothing is known of it, and its sender may send it again after `retry_after`."""

    channel: int
    number: str
    reason: str
    retry_after: Elapsed

    @property
    def aggregate(self) -> int:
        """Each refusal by itself."""
        return self.id


class CountAsked(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask a warehouse to count the bins of these items; what it finds comes as a stock fact."""

    site: int
    items: tuple[int, ...]

    @property
    def aggregate(self) -> int:
        """Each question by itself."""
        return self.id


class DocumentByHand(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Have people give a partner an answer at its portal by the `deadline` (elapsed): the answer's canonical bytes."""

    channel: int
    deadline: Elapsed
    body: bytes

    @property
    def aggregate(self) -> int:
        """Each answer by itself."""
        return self.id


class OrdersAsked(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask a channel for all orders that were placed from `since` (elapsed) on, also those that came already."""

    channel: int
    since: Elapsed

    @property
    def aggregate(self) -> int:
        """Each question by itself."""
        return self.id


class RecordOutcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one record of a file: ACCEPTED, DUPLICATE or UNREADABLE."""

    key: str
    outcome: str


class FileAnswered(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """The answer to a file: what became of each of its records, in the order of the file."""

    channel: int
    name: str
    outcomes: tuple[RecordOutcome, ...]

    @property
    def aggregate(self) -> int:
        """Each file by itself."""
        return self.id


class InterchangeAnswered(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """The answer to an interchange: TA1 `code` and `note`, and the 997 code of each document: form, not business."""

    channel: int
    control: str
    code: str
    note: str
    syntax: tuple[str, ...]

    @property
    def aggregate(self) -> int:
        """Each interchange by itself."""
        return self.id


class ExceptionOpened(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Something a person must look at: item `letter` of the queue of `owner`, due at `due` (elapsed)."""

    code: str
    detail: str
    letter: int = 0
    category: str = ""
    owner: str = ""
    due: Elapsed = 0

    @property
    def aggregate(self) -> int:
        """What is told of one item is told in order."""
        return (self.letter or self.case) ^ _PEOPLE
