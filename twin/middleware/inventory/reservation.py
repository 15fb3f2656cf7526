"""The life of one claim on a position: entries are appended, each with its key, and nothing is ever edited.

REQUESTED, HELD (soft, expires), COMMITTED (hard, of an accepted order), and then its units are consumed, released or
expired: granted = released + consumed + expired + live, live >= 0. A reservation has ended when nothing is live. The
end comes from the predicate `now < expires_at`, not from the reaper, which only writes down what is true already.

The first thing that is wrong names the code: a known entry key, then an ended reservation, then the entry itself.
Nothing is clamped: an entry that asks for too much changes nothing.
"""

from collections.abc import Callable
from enum import Enum, IntEnum

from twin.model.instant import Elapsed
from twin.model.order import Value
from twin.model.stock import Reservation


class EntryCode(IntEnum):
    """What became of an entry."""

    OK = 1
    NOOP = 2
    EXCEEDS_LIVE = 3
    ALREADY_CONSUMED = 4
    ALREADY_RELEASED = 5
    RESERVATION_EXPIRED = 6
    ALREADY_COMMITTED = 7
    NOT_COMMITTED = 8


class Claim(Enum):
    """The state of a reservation, derived from its entries."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class Commit(Value, frozen=True, gc=False):
    """The order is accepted: the claim is hard now and does not expire. `key` here and below: the entry's own."""

    key: int


class Release(Value, frozen=True, gc=False):
    """Units are free again, for a reason."""

    key: int
    quantity: int
    reason: str = ""


class Consume(Value, frozen=True, gc=False):
    """Units have left."""

    key: int
    quantity: int


class Expire(Value, frozen=True, gc=False):
    """The reaper writes down that the rest of a soft claim is over."""

    key: int


class Extend(Value, frozen=True, gc=False):
    """A soft claim is to live until `until` (elapsed), if that is later than now agreed."""

    key: int
    until: Elapsed


Entry = Commit | Release | Consume | Expire | Extend


def grant(
    id: int,
    *,
    order: int,
    line: int,
    item: int,
    site: int,
    quantity: int,
    expires_at: Elapsed = 0,
    committed: bool = False,
) -> Reservation:
    """Return a new claim: HELD until `expires_at` (elapsed), or `committed` at once and without end.

    The caller is the item's single writer and has checked that the units are free.
    """
    assert quantity > 0, "a claim is on at least one unit"
    return Reservation(
        id, order, line, item, site, quantity, committed=committed, expires_at=0 if committed else expires_at
    )


def apply(reservation: Reservation, entry: Entry, now: Elapsed) -> tuple[Reservation, EntryCode]:
    """Append one entry; the same reservation comes back when the code is not OK."""
    if entry.key in reservation.entries:
        return reservation, EntryCode.NOOP
    return _APPEND[type(entry)](reservation, entry, now)


def state(reservation: Reservation, now: Elapsed) -> Claim:
    """Return what the claim is at `now`; an ended one is named as a further entry would be refused."""
    if reservation.live(now):
        return Claim.COMMITTED if reservation.committed else Claim.HELD
    return _ENDS[_ended(reservation)]


def sound(reservation: Reservation) -> bool:
    """Tell whether granted = released + consumed + expired + live with every part >= 0."""
    parts = (reservation.released, reservation.consumed, reservation.expired)
    return min(parts) >= 0 and sum(parts) <= reservation.granted


def _commit(reservation: Reservation, entry: Commit, now: Elapsed) -> tuple[Reservation, EntryCode]:
    if not reservation.live(now):
        return reservation, _ended(reservation)
    if reservation.committed:
        return reservation, EntryCode.ALREADY_COMMITTED
    return _next(reservation, entry, committed=True, expires_at=0), EntryCode.OK


def _release(reservation: Reservation, entry: Release, now: Elapsed) -> tuple[Reservation, EntryCode]:
    assert entry.quantity > 0, "an entry moves at least one unit"
    live = reservation.live(now)
    if not live:
        return reservation, _ended(reservation)
    if entry.quantity > live:
        return reservation, EntryCode.EXCEEDS_LIVE
    return _next(reservation, entry, released=entry.quantity), EntryCode.OK


def _consume(reservation: Reservation, entry: Consume, now: Elapsed) -> tuple[Reservation, EntryCode]:
    assert entry.quantity > 0, "an entry moves at least one unit"
    live = reservation.live(now)
    if not live:
        return reservation, _ended(reservation)
    if not reservation.committed:
        return reservation, EntryCode.NOT_COMMITTED
    if entry.quantity > live:
        return reservation, EntryCode.EXCEEDS_LIVE
    return _next(reservation, entry, consumed=entry.quantity), EntryCode.OK


def _expire(reservation: Reservation, entry: Expire, now: Elapsed) -> tuple[Reservation, EntryCode]:
    rest = _rest(reservation)
    if not rest:
        return reservation, _ended(reservation)
    if reservation.committed:
        return reservation, EntryCode.ALREADY_COMMITTED
    if now < reservation.expires_at:
        return reservation, EntryCode.NOOP
    return _next(reservation, entry, expired=rest), EntryCode.OK


def _extend(reservation: Reservation, entry: Extend, now: Elapsed) -> tuple[Reservation, EntryCode]:
    if not reservation.live(now):
        return reservation, _ended(reservation)
    if reservation.committed:
        return reservation, EntryCode.ALREADY_COMMITTED
    return _next(reservation, entry, expires_at=max(reservation.expires_at, entry.until)), EntryCode.OK


def _rest(reservation: Reservation) -> int:
    """Return the units no entry has disposed of, live or lapsed."""
    return reservation.granted - reservation.released - reservation.consumed - reservation.expired


def _ended(reservation: Reservation) -> EntryCode:
    """Name the end of a claim of which nothing is live: units that left weigh most, then time, then giving up."""
    if reservation.consumed:
        return EntryCode.ALREADY_CONSUMED
    if reservation.expired or _rest(reservation):
        return EntryCode.RESERVATION_EXPIRED
    return EntryCode.ALREADY_RELEASED


def _next(
    reservation: Reservation,
    entry: Entry,
    *,
    released: int = 0,
    consumed: int = 0,
    expired: int = 0,
    committed: bool = False,
    expires_at: Elapsed | None = None,
) -> Reservation:
    """Return the reservation with these units added, and the entry's key remembered."""
    return Reservation(
        reservation.id,
        reservation.order,
        reservation.line,
        reservation.item,
        reservation.site,
        reservation.granted,
        reservation.committed or committed,
        reservation.released + released,
        reservation.consumed + consumed,
        reservation.expired + expired,
        reservation.expires_at if expires_at is None else expires_at,
        (*reservation.entries, entry.key),
    )


_ENDS = {
    EntryCode.ALREADY_CONSUMED: Claim.CONSUMED,
    EntryCode.ALREADY_RELEASED: Claim.RELEASED,
    EntryCode.RESERVATION_EXPIRED: Claim.EXPIRED,
}
_APPEND: dict[type[Entry], Callable[..., tuple[Reservation, EntryCode]]] = {
    Commit: _commit,
    Release: _release,
    Consume: _consume,
    Expire: _expire,
    Extend: _extend,
}
