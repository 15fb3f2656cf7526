"""What is on its way into the ERP's stock book, and what a comparison of the books at one moment needs."""

import msgspec

from twin.model.commands import ItemQuantity, PostingBooked
from twin.model.events import FulfilmentRecorded, MovementRecorded
from twin.model.ids import derive
from twin.model.instant import Elapsed

ERP_BOOK = -1
"""Stands for the ERP where a site's number is expected."""
_BOOKED = 1_000_004
"""Which of a posting's derived ids its acknowledgement has."""


class ToPost(msgspec.Struct, frozen=True, gc=False):
    """A movement with value meaning: signed `change` of one item at one site, `blocked` of it not sellable.

    `type` is receipt, transfer, adjustment, return, disposal or fulfilment; `at` (elapsed) is when it happened.
    """

    movement: int
    type: str
    item: int
    site: int
    reason: str
    document: int
    change: int
    blocked: int = 0
    at: Elapsed = 0
    weight: int = 0


class Unposted(msgspec.Struct, frozen=True, gc=False):
    """Movements of one (item, site) that wait to be summed up, in the order of the ledger."""

    rows: tuple[ToPost, ...] = ()


class Flight(msgspec.Struct, frozen=True, gc=False):
    """One movement on its way into the ERP; `booked_at` (elapsed) is when the ERP booked it, -1: not known to have.

    A correction of the ERP's book alone has `site` -1: it is no movement of our ledger.
    """

    movement: int
    site: int
    change: int
    at: Elapsed
    booked_at: Elapsed = -1

    def booked(self, at: Elapsed) -> "Flight":
        """Return the flight as arrived."""
        return Flight(self.movement, self.site, self.change, self.at, at)


class Flights(msgspec.Struct, frozen=True, gc=False):
    """What of one item is on its way into the ERP or was lately, and what the last comparison left open.

    `ledger_gap` is by how much the warehouses' books exceeded our ledger, `commitment_gap` the ERP's open demand ours:
    a first difference may be under way, the same one twice is not. `explained` says that our ledger has been mended
    since the ERP was last compared: what the ERP lacks, or has beside us, went astray on our side.
    """

    rows: tuple[Flight, ...] = ()
    ledger_gap: int = 0
    commitment_gap: int = 0
    explained: bool = False


class Book(msgspec.Struct, frozen=True, gc=False):
    """One part of one party's stock book at a cut: `demand` is what the ERP has still to deliver, empty for a site."""

    site: int
    rows: tuple[ItemQuantity, ...]
    demand: tuple[ItemQuantity, ...] = ()


class Cut(msgspec.Struct, frozen=True, gc=False):
    """The books that have arrived for one part of the items at one cut (elapsed)."""

    cut: Elapsed
    books: tuple[Book, ...] = ()


def booked(event: MovementRecorded | FulfilmentRecorded, at: Elapsed) -> PostingBooked | None:
    """Return the acknowledgement of a posting that asks for one: the ERP booked it at `at` (elapsed)."""
    if not event.receipt:
        return None
    moved = [event.item] if isinstance(event, MovementRecorded) else [row.item for row in event.items]
    items = tuple(dict.fromkeys(moved))
    return PostingBooked(
        id=derive(event.id, _BOOKED), cause=event.id, case=event.case, items=items, movements=event.movements, at=at
    )
