"""The unit of work: what a procedure may do to the world, and nothing else.

A shell implements `Unit` over its store. A procedure that returns is committed: every row it read must be unchanged,
then all rows, events and scheduled messages take effect, or none. A row that is not at hand raises `Missing`; the
shell fetches it and runs the procedure again from the top. A commit whose reads have changed raises `Conflict` and
runs it again with a new `now`, at most `restarts_max` times.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Generic, Protocol, TypeVar

from twin.model.basket import Basket
from twin.model.dead_letter import Audited, DeadLetter, RedriveDesk
from twin.model.fallback import Absence
from twin.model.instant import Elapsed
from twin.model.intake import RequestRecord, StreamState
from twin.model.master import MasterItem
from twin.model.message import Event, Message
from twin.model.order import Order
from twin.model.particulars import Customer
from twin.model.posting import Cut, Flights, Unposted
from twin.model.publication import Sender, Shown
from twin.model.shipment import Shipment
from twin.model.stock import ItemStock, Movement, Reservation, Weighed
from twin.model.trace import Traced
from twin.model.wire import Parked

V = TypeVar("V")


class Table(Generic[V]):
    """A named set of rows of one type, keyed by int. Pickles by name, compares by identity."""

    __slots__ = ("journal", "name", "number", "row")

    def __init__(self, number: int, name: str, row: type[V], *, journal: bool = False) -> None:
        self.number = number
        self.name = name
        self.row = row
        self.journal = journal
        """Append-only and never read by a procedure: a shell may keep it elsewhere."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (table_named, (self.name,))

    def __repr__(self) -> str:
        return f"Table({self.name})"


class Missing(BaseException):
    """Rows of a table are not at hand; the shell fetches them and runs the procedure again."""

    def __init__(self, table: Table[V], ids: Sequence[int]) -> None:
        super().__init__(table.name, tuple(ids))
        self.table: Table[object] = table  # type: ignore[assignment]  # only to be loaded from, never saved to
        self.ids = tuple(ids)


class Conflict(Exception):
    """A row that the procedure read has changed since; nothing was applied."""


class Unit(Protocol):
    """The five things a procedure can do, and archiving.

    A load after a save still shows the committed row; a row both saved and archived is archived.
    """

    def load(self, table: Table[V], id: int) -> V | None:
        """Return the row, or None when there is none."""

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        """Return the rows in the order of `ids`, in one trip."""

    def save(self, table: Table[V], id: int, row: V) -> None:
        """Write the row when the unit commits."""

    def archive(self, table: Table[V], id: int) -> None:
        """Take a finished row out of the live store when the unit commits."""

    def emit(self, event: Event) -> None:
        """Put an event into the outbox when the unit commits."""

    def schedule(self, due: Elapsed, message: Message) -> None:
        """Have the message come back at `due` when the unit commits."""


class Outcome(IntEnum):
    """What a procedure decided; remembered by the inbox."""

    APPLIED = 1
    ACCEPTED = 2
    BACKORDERED = 3
    REJECTED = 4
    DUPLICATE = 5
    NOOP = 6
    ILLEGAL_TRANSITION = 7
    WAITS = 8
    BUSINESS_KEY_CONFLICT = 9
    SUPERSEDED = 10
    AMENDED = 11
    TOO_LATE = 12
    AMEND_REFUSED = 13
    KEY_REUSED = 14
    IN_PROGRESS = 15
    REPLAYED = 16
    SEQ_CONFLICT = 17
    EXCEPTION = 18
    WITHDRAWN = 19
    CANCELLING = 20
    QUEUED = 21
    DISCARDED = 22
    REFUSED = 23


ITEMS: Table[ItemStock] = Table(0, "items", ItemStock)
ORDERS: Table[Order] = Table(1, "orders", Order)
RESERVATIONS: Table[Reservation] = Table(2, "reservations", Reservation)
MOVEMENTS: Table[Movement] = Table(3, "movements", Movement, journal=True)
SHOWN: Table[Shown] = Table(4, "shown", Shown)
SENDERS: Table[Sender] = Table(5, "senders", Sender)
INBOX: Table[int] = Table(6, "inbox", int)
"""Message id to outcome; pruned by retention."""
PARKED: Table[Parked] = Table(7, "parked", Parked)
REQUESTS: Table[RequestRecord] = Table(8, "requests", RequestRecord)
STREAMS: Table[StreamState] = Table(9, "streams", StreamState)
ARCHIVE: Table[int] = Table(10, "archive", int)
"""Order id of an archived order to the fingerprint of its last revision: the business key has no expiry."""

LETTERS: Table[DeadLetter] = Table(11, "letters", DeadLetter)
"""Open items of the exception queues, by the id of the message or outbox row."""
AUDIT: Table[Audited] = Table(12, "audit", Audited, journal=True)
DESK: Table[RedriveDesk] = Table(13, "desk", RedriveDesk)
SHIPMENTS: Table[Shipment] = Table(14, "shipments", Shipment)
"""Tracking number to what is known of the parcel."""
UNPOSTED: Table[Unposted] = Table(15, "unposted", Unposted)
FLIGHTS: Table[Flights] = Table(16, "flights", Flights)
CUTS: Table[Cut] = Table(17, "cuts", Cut)
CUSTOMERS: Table[Customer] = Table(18, "customers", Customer)
ABSENCES: Table[Absence] = Table(19, "absences", Absence)
"""Partner number to its absence, while its fallback is on."""
TRACES: Table[Traced] = Table(20, "traces", Traced)
"""Root of a case to the trace that came from outside."""
MASTER: Table[MasterItem] = Table(21, "master", MasterItem)
BEFORE_SILENCE: Table[int] = Table(22, "before_silence", int)
"""Stock fact stream of an item at a silent warehouse to what was sellable there when it fell silent."""
WEIGHTS: Table[Weighed] = Table(24, "weights", Weighed)
"""Stock fact stream of (item, site) to the weight there, of items by catch weight."""
BASKETS: Table[Basket] = Table(23, "baskets", Basket)
"""Case of the order that may come to what is kept for it."""

TABLES: tuple[Table[object], ...] = (  # type: ignore[assignment]  # Table is invariant; this list only names them
    ITEMS,
    ORDERS,
    RESERVATIONS,
    MOVEMENTS,
    SHOWN,
    SENDERS,
    INBOX,
    PARKED,
    REQUESTS,
    STREAMS,
    ARCHIVE,
    LETTERS,
    AUDIT,
    DESK,
    SHIPMENTS,
    UNPOSTED,
    FLIGHTS,
    CUTS,
    CUSTOMERS,
    ABSENCES,
    TRACES,
    MASTER,
    BEFORE_SILENCE,
    BASKETS,
    WEIGHTS,
)


def table_named(name: str) -> Table[object]:
    """Return the table of that name; KeyError when there is none."""
    return {table.name: table for table in TABLES}[name]
