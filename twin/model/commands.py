"""What comes into the middleware: commands of channels, facts of partners, answers and timers."""

import msgspec

from twin.model.instant import Elapsed, Instant
from twin.model.master import MASTER, MasterItem, Writer
from twin.model.message import Message
from twin.model.particulars import Particulars
from twin.model.stock import Bucket
from twin.model.written import WrittenLine


class OrderedLine(msgspec.Struct, frozen=True, gc=False):
    """One line as bought, in quanta of the item's base unit; `price` in minor units each."""

    item: int
    quantity: int
    price: int = 0


class LineQuantity(msgspec.Struct, frozen=True, gc=False):
    """A quantity of one numbered order line."""

    line: int
    quantity: int


# --- channels


class SubmitOrder(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A channel hands over an order. `case` is the order's id, made from (channel, document type, number)."""

    channel: int
    number: str
    revision: int = 1
    fingerprint: int
    lines: tuple[OrderedLine, ...]
    placed_at: Elapsed
    request_key: int = 0
    """Idempotency key of the request, 0 where the sender gives none."""
    document: int = 0
    """Id of the sender's document where intake did not recognise it and made the order's id anew; 0: `case` itself."""
    particulars: Particulars | None = None
    """What the source says beside the lines; None: an order of which nothing more is known, and nothing is asked."""
    written: tuple[WrittenLine, ...] = ()
    """The lines in the sender's words, where he does not know ours: intake reads them, and `lines` is empty."""

    def under(self, id: int) -> "SubmitOrder":
        """Return the same order as another message: read from a list instead of pushed."""
        return msgspec.structs.replace(self, id=id)

    def under_key(self, key: int) -> "SubmitOrder":
        """Return the same order under the idempotency key of its request."""
        return msgspec.structs.replace(self, request_key=key)

    def renamed(self, id: int, case: int) -> "SubmitOrder":
        """Return the order under other ids; it remembers which document it was."""
        return msgspec.structs.replace(self, id=id, case=case, document=self.document or self.case)

    def amending(self, lines: tuple[OrderedLine, ...]) -> "AmendOrder":
        """Return the same document as the amendment of an order that is there, with these lines."""
        return AmendOrder(
            id=self.id,
            cause=self.cause,
            case=self.case,
            channel=self.channel,
            number=self.number,
            revision=self.revision,
            fingerprint=self.fingerprint,
            lines=lines,
        )

    def meaning(self, lines: tuple[OrderedLine, ...]) -> "SubmitOrder":
        """Return the same order as intake understood it."""
        return msgspec.structs.replace(self, lines=lines)

    def at_prices(self, prices: tuple[int, ...]) -> "SubmitOrder":
        """Return the same order, its lines at these prices."""
        pairs = zip(self.lines, prices, strict=True)
        return msgspec.structs.replace(
            self, lines=tuple([OrderedLine(line.item, line.quantity, price) for line, price in pairs])
        )


class RequestExpired(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The retention of the idempotency record `request` may be over."""

    request: int


class AmendOrder(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A channel sends a higher revision of an order, whole."""

    channel: int
    number: str
    revision: int
    fingerprint: int
    lines: tuple[OrderedLine, ...]


class CancelOrder(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A buyer or channel wants the order back."""


class HoldPlaced(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Somebody stops the order for a reason (a `HoldKind` value) until an elapsed time at most."""

    kind: str
    until: Elapsed


class HoldReleased(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The reason is gone."""

    kind: str


# --- ERP


class ErpConfirmed(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The ERP created the sales order under `reference`."""

    reference: int


class ErpRefused(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The ERP will not take the order."""

    reason: str


class OrderInvoiced(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The ERP invoiced quantities of an order under an invoice key."""

    key: int
    lines: tuple[LineQuantity, ...]


class ItemQuantity(msgspec.Struct, frozen=True, gc=False):
    """A quantity of one item."""

    item: int
    quantity: int


class StockExtract(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The ERP's stock file: what it has booked as available, per item, as of `as_of` (elapsed)."""

    as_of: Elapsed
    rows: tuple[ItemQuantity, ...]


class SupplyAnnounced(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A purchase order, whose id is `order`: `quantity` of `item` is due at `site` at `due` (elapsed).

    It is said whole each time that somebody knows better; `sequence` counts what is said of one order.
    """

    order: int
    item: int
    site: int
    quantity: int
    due: Elapsed
    sequence: int = 1


class PostingBooked(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The ERP booked the movements of a posting at `at` (elapsed); `items` are those they concern."""

    items: tuple[int, ...]
    movements: tuple[int, ...]
    at: Elapsed


class StockCut(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """One part of a party's stock book as of `as_of` (elapsed), for the cut `cut`; `site` -1 is the ERP.

    `rows` are pieces on hand per item, goods on their way out included; `demand` is what the ERP has still to deliver.
    """

    site: int
    cut: Elapsed
    as_of: Elapsed
    part: int
    rows: tuple[ItemQuantity, ...]
    demand: tuple[ItemQuantity, ...] = ()


# --- warehouse


class StockReceived(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse put `quantity` away as sellable; `order` is the purchase order (0: none)."""

    site: int
    item: int
    quantity: int
    order: int = 0
    sequence: int
    """Number in the delta stream of (site, item)."""
    at: Elapsed
    weight: int = 0
    """What it weighs, of an item by catch weight: not computed from the quantity."""


class StockAdjusted(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse corrected its stock by a signed `change`, for a reason."""

    site: int
    item: int
    change: int
    reason: str
    sequence: int
    at: Elapsed
    weight: int = 0
    """By how much the weight changed, of an item by catch weight."""


class StockReblocked(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse found out that units are of another kind than they were: on hold, damaged, or good after all."""

    site: int
    item: int
    quantity: int
    source: Bucket
    target: Bucket
    reason: str
    sequence: int
    at: Elapsed


class StockCounted(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A count found `counted` where the warehouse's own book stood at `book` at the moment of the count."""

    site: int
    item: int
    counted: int
    book: int
    sequence: int
    at: Elapsed


class TransferShipped(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A truck left a site with `quantity` for the site `target`, where it is `due` (elapsed); `transfer` is its key."""

    site: int
    item: int
    quantity: int
    transfer: int
    target: int
    due: Elapsed
    sequence: int
    at: Elapsed


class TransferReceived(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A site put `quantity` of a transfer away and closed it; `missing` units were not on the truck."""

    site: int
    item: int
    quantity: int
    missing: int = 0
    transfer: int
    sequence: int
    at: Elapsed


class StockSnapshot(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """What a warehouse's stock facts 1 to `sequence` about an item come to: the `net` change since the stream began."""

    site: int
    item: int
    net: int
    sequence: int
    at: Elapsed
    weight: int = 0
    """What they weigh together, of an item by catch weight."""


class ShipmentConfirmed(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse shipped (945): quantities of order lines under a shipment key, answering release `release`."""

    key: int
    release: int
    site: int
    lines: tuple[LineQuantity, ...]
    at: Elapsed
    tracking: tuple[int, ...] = ()
    """Tracking numbers of its packages, where the carrier tells of them."""
    weights: tuple[LineQuantity, ...] = ()
    """What the lines of items by catch weight weigh."""


class WarehouseShort(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse could not find these units of a release."""

    release: int
    site: int
    lines: tuple[LineQuantity, ...]


class ReleaseCancelled(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse took these units of a release back (row 25)."""

    release: int
    site: int
    lines: tuple[LineQuantity, ...]


class ReleaseCancelRefused(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse was too late to take these units back (row 26)."""

    release: int
    site: int
    lines: tuple[LineQuantity, ...]


class RemainderClosed(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse says that it ships no more of the order (row 20)."""

    site: int


# --- carriers


class ShipmentScanned(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A carrier scanned a parcel: `code` is what it says (X12 214 AT7), `event` the carrier's own number of the scan.

    `case` is the order that the parcel's papers name; `corrects` the event that this one declares wrong.
    """

    tracking: int
    event: int
    code: str
    at: Elapsed
    corrects: int = 0
    eta: Elapsed = 0


# --- goods that come back


class ReturnRequested(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A buyer wants to send units back; `rma` is the number under which they will come."""

    rma: int
    lines: tuple[LineQuantity, ...]


class ReturnCancelled(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The buyer keeps the goods after all."""

    rma: int


class ReturnExpired(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The time in which goods of an RMA may come is over."""

    rma: int


class ReturnReceived(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Goods came back to a warehouse under a receipt key; `rma` 0: nobody announced them.

    `items` are the goods, `lines` the same as lines of the order, as far as the papers name it. `undelivered` goods
    come from the carrier and need no request.
    """

    key: int
    rma: int
    site: int
    lines: tuple[LineQuantity, ...]
    items: tuple[ItemQuantity, ...]
    undelivered: bool = False
    tracking: int = 0
    """The tracking number of an undelivered parcel; 0: not known."""
    at: Elapsed


class ReturnMatched(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A person found out that the goods of a receipt belong to these lines of the order."""

    key: int
    rma: int
    lines: tuple[LineQuantity, ...]


class ReturnDisposed(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse graded goods of an RMA under a disposal key: `target` is SELLABLE, DAMAGED, or OUTSIDE (vendor)."""

    key: int
    rma: int
    site: int
    lines: tuple[LineQuantity, ...]
    target: Bucket
    at: Elapsed


# --- money


class PaymentAuthorised(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The buyer's money is promised: `amount` minor units."""

    amount: int


class PaymentCaptured(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Money was taken under a capture key."""

    key: int
    amount: int


class PaymentVoided(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The authorisation was given up."""


class PaymentRefunded(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Money went back under a refund key."""

    key: int
    amount: int


# --- timers and work the middleware sends itself


class SupplyGranted(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Stock came free for a waiting line, or the supply of a `pledged` one: try to allocate `quantity` of it."""

    line: int
    item: int
    quantity: int
    pledged: bool = False


class PledgeBroken(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The supply behind pledged units will not come in time (row 33); `due` is the new promise, 0: none."""

    lines: tuple[LineQuantity, ...]
    due: Elapsed = 0


class PledgeDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The date of pledged units has come: stock must stand behind them now."""

    line: int
    item: int


class BackorderExpired(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The time that backordered units may wait is over."""


class HoldExpired(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A hold has lasted too long."""


class CloseDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The order may be closed and archived if everything about it is settled."""


class ArchiveDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The time in which a closed order may still be returned is over: it can leave the live store."""


class ShipmentSilent(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Look whether a parcel has been scanned lately."""

    tracking: int


class ShipmentUnconfirmed(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Look whether the warehouse has confirmed a parcel that the carrier picked up."""

    tracking: int


class ShipmentLost(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A parcel of the order was claimed as lost: the buyer gets something for it."""

    tracking: int
    lines: tuple[LineQuantity, ...]


class UndoFailed(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """An undo step has used up its retries (row 32)."""


class RerouteDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Look whether the warehouse is back for which units of an order are claimed and not requested."""


class DeadlineDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Look whether an order has shipped by its deadline, or is about to miss it.

    With `answer_by` (wall) it is the answer that its channel waits for.
    """

    answer_by: Instant = 0


class CreditCopied(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The ERP says what a customer owes for bills, in minor units."""

    customer: int
    receivable: int


class ReservationLapsed(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The reaper's message: append EXPIRE to a soft claim that is over."""

    reservation: int


class BasketFilled(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A buyer of a channel has put these lines into his basket; an order of it will come under the same case."""

    channel: int
    lines: tuple[ItemQuantity, ...]


class CheckoutBegun(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The buyer of the basket of this case goes to pay."""


class BasketDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """What is kept for the basket of this case may be over."""


class EvaluatePublication(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A slot of a channel's sender: say what these items' published values are now and send them."""

    channel: int
    items: tuple[int, ...]
    wait_us: Elapsed = 0
    """How long nineteen of twenty of the channel's last figures waited for a slot."""
    lag_us: Elapsed = 0
    """How long it takes to tell the channel all that has changed, where that is too long; 0: it is not."""


class PublicationAnswered(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A channel answered a push: it shows the values of `sequence`, or it refused these items for good."""

    channel: int
    sequence: int
    items: tuple[int, ...]
    refused: tuple[int, ...] = ()


class PostingDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Movements of (item, site) have waited long enough: sum them up and post them."""

    site: int
    item: int


class ItemChanged(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """One of the writers of items says what one of them is like now, as far as he knows: true at `row.changed_at`."""

    row: MasterItem
    by: Writer = MASTER


class MasterBatch(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A file of master data: the items as they were at its `cut` (wall); `complete`: what it leaves out is gone."""

    cut: Instant
    complete: bool
    rows: tuple[MasterItem, ...]


class GrantQuotas(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The quotas of these items are over: grant them anew."""

    items: tuple[int, ...]


class ReconcileDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """It is time to compare the books."""


class LineageDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A stock fact that was booked at `at` (elapsed), as these movements, should have reached its ends by now."""

    item: int
    at: Elapsed
    movements: tuple[int, ...]


class SupplyGapDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Something that was said of a purchase order has been missing for a while."""

    item: int
    order: int


class StreamGapDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A gap in the numbers of a warehouse's stock facts about an item may have lasted too long."""

    site: int
    item: int
    asked: int = 0
    """How often a snapshot has been asked for already."""


# --- partners that are away


class PartnerSilent(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A partner (`twin.model.fallback`) has not been heard since `since` (elapsed), and that is too long."""

    partner: int
    since: Elapsed


class PartnerBack(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A partner that was silent answers again, and keeps answering."""

    partner: int


class RecheckDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """An order that was held (`kind`, a `HoldKind` value) because the ERP was away asks whether it is back."""

    kind: str


class SiteReviewDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """What counts of a site's items may have changed with its silence, from the item `first` on."""

    site: int
    first: int
    entered: Elapsed
    """When the fallback was entered, or left, that this review belongs to."""

    def from_item(self, id: int, first: int) -> "SiteReviewDue":
        """Return the same review from another item on."""
        return msgspec.structs.replace(self, id=id, first=first)


class RecountDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """What is sellable at a site is remembered, or compared when it is `back`, from the item `first` on."""

    site: int
    first: int
    back: bool


class DocumentDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The deadline (elapsed) by which a partner must have an answer is near; `body` are the canonical bytes of it."""

    channel: int
    deadline: Elapsed
    body: bytes


class FeedReviewDue(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """What a channel whose orders do not come may have sold has grown with its silence, from the item `first` on."""

    channel: int
    first: int
    entered: Elapsed
    """When the fallback was entered, or left, that this review belongs to."""

    def from_item(self, id: int, first: int) -> "FeedReviewDue":
        """Return the same review from another item on."""
        return msgspec.structs.replace(self, id=id, first=first)


# --- envelopes


class MessageCarried(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Canonical bytes of a message, and the header of the trace that its sender had it in."""

    traceparent: str
    body: bytes


class WebhookReceived(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A channel pushed canonical bytes, signed at the wall time `stamp`."""

    channel: int
    raw: bytes
    stamp: Instant
    signature: bytes


class FileRecord(msgspec.Struct, frozen=True, gc=False):
    """One record of a file: its key in the file, canonical bytes, and what it adds to the control total."""

    key: str
    body: bytes
    amount: int = 0


class FileReceived(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A partner's file, whole, under an id made of partner, name and content; `count` and `total` are its trailer's."""

    partner: int
    name: str
    records: tuple[FileRecord, ...]
    count: int
    total: int


class InterchangeReceived(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """An EDI interchange of a channel: the parties (ISA05-08), the control number (ISA13), the documents as canonical
    bytes.
    """

    channel: int
    sender: str
    receiver: str
    control: str
    documents: tuple[bytes, ...]


# --- exception queues


class GaveUp(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A shell could not get further with a message or an outbox row, whose id is `subject` and bytes `body`.

    `delivery` tells a row from a message; `code` says why; `attempts` were made since `first` (elapsed).
    """

    subject: int
    delivery: bool
    body: bytes
    code: str
    detail: str
    attempts: int
    first: Elapsed


class RedriveLetter(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Somebody (`by`) has an item of an exception queue tried again; the command's own id is the redrive's."""

    letter: int
    by: str


class ParkLetter(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Somebody takes an item out of its queue with a reason; an outbox row is passed over, those behind it go on."""

    letter: int
    by: str
    reason: str


class CorrectLetter(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """Somebody replaces a message of an exception queue by a corrected one: canonical bytes, an id of its own."""

    letter: int
    by: str
    body: bytes
