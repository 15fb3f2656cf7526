"""Canonical bytes of messages: JSON with sorted keys, exact integers, one type tag; and back."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from twin.errors import WireError
from twin.model import commands, events
from twin.model.ids import MASK, derive
from twin.model.message import Message
from twin.model.particulars import Particulars
from twin.model.written import WrittenLine

Incoming = (
    commands.SubmitOrder
    | commands.RequestExpired
    | commands.AmendOrder
    | commands.CancelOrder
    | commands.HoldPlaced
    | commands.HoldReleased
    | commands.ErpConfirmed
    | commands.ErpRefused
    | commands.OrderInvoiced
    | commands.StockExtract
    | commands.SupplyAnnounced
    | commands.StockReceived
    | commands.StockAdjusted
    | commands.StockCounted
    | commands.TransferShipped
    | commands.StockReblocked
    | commands.TransferReceived
    | commands.StockSnapshot
    | commands.ShipmentConfirmed
    | commands.WarehouseShort
    | commands.ReleaseCancelled
    | commands.ReleaseCancelRefused
    | commands.RemainderClosed
    | commands.ShipmentScanned
    | commands.ShipmentSilent
    | commands.ShipmentUnconfirmed
    | commands.ShipmentLost
    | commands.ReturnRequested
    | commands.ReturnCancelled
    | commands.ReturnExpired
    | commands.ReturnReceived
    | commands.ReturnMatched
    | commands.ReturnDisposed
    | commands.PaymentAuthorised
    | commands.PaymentCaptured
    | commands.PaymentVoided
    | commands.PaymentRefunded
    | commands.SupplyGranted
    | commands.PledgeBroken
    | commands.PledgeDue
    | commands.BackorderExpired
    | commands.HoldExpired
    | commands.CloseDue
    | commands.ArchiveDue
    | commands.UndoFailed
    | commands.DeadlineDue
    | commands.RerouteDue
    | commands.CreditCopied
    | commands.ReservationLapsed
    | commands.EvaluatePublication
    | commands.PublicationAnswered
    | commands.GrantQuotas
    | commands.ItemChanged
    | commands.MasterBatch
    | commands.PostingBooked
    | commands.PostingDue
    | commands.ReconcileDue
    | commands.StockCut
    | commands.StreamGapDue
    | commands.SupplyGapDue
    | commands.LineageDue
    | commands.BasketFilled
    | commands.CheckoutBegun
    | commands.BasketDue
    | commands.PartnerSilent
    | commands.PartnerBack
    | commands.RecheckDue
    | commands.SiteReviewDue
    | commands.FeedReviewDue
    | commands.DocumentDue
    | commands.RecountDue
    | commands.MessageCarried
    | commands.WebhookReceived
    | commands.FileReceived
    | commands.InterchangeReceived
    | commands.GaveUp
    | commands.RedriveLetter
    | commands.ParkLetter
    | commands.CorrectLetter
)
"""Every message a procedure may be asked to handle."""

Outgoing = (
    events.OrderAnswered
    | events.CreateErpOrder
    | events.ChangeErpOrder
    | events.CancelErpOrder
    | events.ReleaseToWarehouse
    | events.CancelRelease
    | events.MovementRecorded
    | events.SnapshotRequested
    | events.FulfilmentRecorded
    | events.ShipmentAdvised
    | events.InvoiceIssued
    | events.ReturnAnswered
    | events.CreditNoteDue
    | events.MilestoneReached
    | events.PublishStock
    | events.StockCutAsked
    | events.AvailabilityChanged
    | events.CapturePayment
    | events.AuthorisePayment
    | events.PaymentGivenBack
    | events.FallbackChanged
    | events.FallbackDecided
    | events.OrderTurnedAway
    | events.BasketAnswered
    | events.OrdersAsked
    | events.CountAsked
    | events.DocumentByHand
    | events.FileAnswered
    | events.InterchangeAnswered
    | events.ExceptionOpened
)
"""Every event that may stand in the outbox."""


_CARRIED = 1_000_005
"""Which of a message's derived ids it has together with its header."""
CONTRACT = "canonical/1"
"""Name and version of the contract of canonical messages."""


class Parked(msgspec.Struct, frozen=True, gc=False):
    """What waits for something that is not there, under its key: messages until `until` (elapsed), then letters."""

    messages: tuple[Incoming, ...]
    until: int
    letters: tuple[int, ...] = ()
    """Items of an exception queue that the thing's arrival raises."""


V = TypeVar("V")
NOT_READ: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises over bytes that are no text, no JSON, nested too deep, or not what is wanted."""
_encoder = msgspec.json.Encoder(order="sorted")
_incoming: msgspec.json.Decoder[Incoming] = msgspec.json.Decoder(Incoming)
_outgoing: msgspec.json.Decoder[Outgoing] = msgspec.json.Decoder(Outgoing)


def encode(message: object) -> bytes:
    """Return the canonical bytes of a message or of a row."""
    return _encoder.encode(message)


def decode_incoming(data: bytes) -> Incoming:
    """Return the message that `data` encodes; raises WireError naming what was expected."""
    try:
        return _incoming.decode(data)
    except NOT_READ as error:
        raise WireError(f"not a message the middleware takes: {error}") from error


def decode_outgoing(data: bytes) -> Outgoing:
    """Return the event that `data` encodes; raises WireError naming what was expected."""
    try:
        return _outgoing.decode(data)
    except NOT_READ as error:
        raise WireError(f"not an event of the middleware: {error}") from error


def reader(row: type[V]) -> Callable[[bytes], V]:
    """Return the function that reads rows of this type back from their canonical bytes; it raises WireError."""
    decoder = msgspec.json.Decoder(row)

    def read(data: bytes) -> V:
        try:
            return decoder.decode(data)
        except NOT_READ as error:
            raise WireError(f"not a row of {row.__name__}: {error}") from error

    return read


def content_digest(message: Message) -> int:
    """Return the digest of what a message says: without its own id and cause, so a repeat under another id is equal."""
    return digest(msgspec.structs.replace(message, id=0, cause=0))


def carried(message: Message, traceparent: str) -> commands.MessageCarried:
    """Return a message with the header that it came under, as one; a repeat of it is one of the whole."""
    id = derive(message.id, _CARRIED)
    return commands.MessageCarried(
        id=id, cause=message.id, case=message.case, traceparent=traceparent, body=encode(message)
    )


def digest(message: object) -> int:
    """Return 63 bits of the SHA-256 of a message's canonical bytes: equal content, equal digest."""
    return int.from_bytes(hashlib.sha256(_encoder.encode(message)).digest()[:8], "big") & MASK


def fingerprint(
    channel: int,
    number: str,
    revision: int,
    lines: Sequence[commands.OrderedLine] | Sequence[WrittenLine],
    said: Particulars | None = None,
) -> int:
    """Return 63 bits of the SHA-256 of an order's business fields in canonical JSON.

    Message id, send time and trace fields are left out: the same order sent twice has one fingerprint. So is whether it
    has been paid, which changes while the order stays the same.
    """
    if said is None:
        return digest((channel, number, revision, lines))
    return digest((channel, number, revision, lines, msgspec.structs.replace(said, paid=False)))
