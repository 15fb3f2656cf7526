"""Stock: one record per item, which is the single writer of its positions, claims and waiting demand."""

from enum import Enum
from typing import TypedDict, Unpack

import msgspec
from msgspec.structs import replace

from twin.model.instant import Elapsed


class Bucket(Enum):
    """Where a physical unit is; each is in exactly one bucket."""

    SELLABLE = "SELLABLE"
    QUALITY = "QUALITY"
    DAMAGED = "DAMAGED"
    HELD = "HELD"
    OUTSIDE = "OUTSIDE"
    """Not ours: the other end of a receipt, a shipment or an adjustment."""


class Position(msgspec.Struct, frozen=True, gc=False):
    """Stock of one item at one site, in whole quanta. `committed` is C: hard claims, accepted and not yet shipped."""

    sellable: int = 0
    quality: int = 0
    damaged: int = 0
    held: int = 0
    committed: int = 0

    @property
    def on_hand(self) -> int:
        """What a count finds."""
        return self.sellable + self.quality + self.damaged + self.held


class SoftClaim(msgspec.Struct, frozen=True, gc=False):
    """A HELD reservation on a position: it counts while now < expires_at, swept or not."""

    reservation: int
    site: int
    quantity: int
    expires_at: Elapsed
    order: int = 0
    """The order that holds it; what is asked for this order does not count it."""


class Supply(msgspec.Struct, frozen=True, gc=False):
    """An open receipt: `ordered - received` units are due at `due` (elapsed) at `site`.

    `sequence` numbers what was told of the order; this is what the highest one said.
    """

    order: int
    site: int
    ordered: int
    received: int
    due: Elapsed
    sequence: int = 1

    def with_received(self, received: int) -> "Supply":
        """Return the receipt with so many units received."""
        return Supply(self.order, self.site, self.ordered, received, self.due, self.sequence)


class Pledge(msgspec.Struct, frozen=True, gc=False):
    """Units confirmed for `due` (elapsed) on expected supply; demand of look-ahead ATP, no claim on stock."""

    order: int
    line: int
    site: int
    quantity: int
    due: Elapsed
    channel: int = 0

    def of(self, quantity: int) -> "Pledge":
        """Return the pledge with another quantity."""
        return replace(self, quantity=quantity)


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """Backordered units of one order line: demand with no supply behind it.

    With `due` (elapsed) they have a date, which nothing but the lead time of a purchase stands for, and wait at `site`.
    """

    order: int
    line: int
    quantity: int
    since: Elapsed
    channel: int = 0
    due: Elapsed = 0
    site: int = 0

    def of(self, quantity: int) -> "Waiting":
        """Return the demand with another quantity."""
        return replace(self, quantity=quantity)


class Quota(msgspec.Struct, frozen=True, gc=False):
    """A channel's protected share of an item's pool; an unused one returns at `expires_at` (elapsed)."""

    channel: int
    granted: int
    consumed: int
    expires_at: Elapsed
    beyond: int = 0
    """Units that the channel holds of what is shared, since the grant: what it lets go of is given back there first."""

    def held(self, consumed: int, beyond: int) -> "Quota":
        """Return the quota with so many units held of its own part, and of what is shared."""
        return replace(self, consumed=consumed, beyond=beyond)


class SalesRate(msgspec.Struct, frozen=True, gc=False):
    """Exponentially weighted sales of one channel in units per microsecond, as of `at`; not decayed while sold out."""

    rate: float = 0.0
    at: Elapsed = 0


class StockParts(TypedDict, total=False):
    """What of an item's record can change."""

    positions: tuple[Position, ...]
    claims: tuple[SoftClaim, ...]
    supply: tuple[Supply, ...]
    pledges: tuple[Pledge, ...]
    waiting: tuple[Waiting, ...]
    quotas: tuple[Quota, ...]
    rates: tuple[SalesRate, ...]
    changed_at: Elapsed
    disputed: int


class ItemStock(msgspec.Struct, frozen=True, gc=False):
    """Everything that decides what of one item can be promised; replaced whole, so its version serialises writers.

    `positions[site]` and `rates[channel]` go by index. `changed_at` is when what is free last changed. `disputed` units
    are in our ledger and not in every book: they are promised to nobody until the difference is explained.
    """

    item: int
    positions: tuple[Position, ...]
    claims: tuple[SoftClaim, ...] = ()
    supply: tuple[Supply, ...] = ()
    pledges: tuple[Pledge, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    quotas: tuple[Quota, ...] = ()
    rates: tuple[SalesRate, ...] = ()
    changed_at: Elapsed = 0
    disputed: int = 0

    def changed(self, **parts: Unpack[StockParts]) -> "ItemStock":
        """Return the record with these parts replaced."""
        return replace(self, **parts)


class Movement(msgspec.Struct, frozen=True, gc=False):
    """One row of the append-only ledger of which positions are the fold; `quantity` > 0. One cause posts one once.

    Where a snapshot mends the weight alone, `quantity` is 0.
    """

    id: int
    cause: int
    item: int
    site: int
    source: Bucket
    target: Bucket
    quantity: int
    reason: str
    effective_at: Elapsed
    recorded_at: Elapsed
    weight: int = 0
    """What the units weigh together, where that was told: a second quantity, in quanta of its own unit."""

    @property
    def has_value(self) -> bool:
        """Whether what is ours changes, so that the ERP must know."""
        return Bucket.OUTSIDE in (self.source, self.target)


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """The weight of an item at a site: what is on hand, and what the stock facts of its stream come to."""

    on_hand: int = 0
    told: int = 0


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """A claim on one position: appended entries summed; granted = released + consumed + expired + live, live >= 0."""

    id: int
    order: int
    line: int
    item: int
    site: int
    granted: int
    committed: bool = False
    released: int = 0
    consumed: int = 0
    expired: int = 0
    expires_at: Elapsed = 0
    """0 for a committed one: it does not expire."""
    entries: tuple[int, ...] = ()
    """Entry keys already applied."""

    def live(self, now: Elapsed) -> int:
        """Return the units still claimed at `now`; a soft claim is over at `expires_at`, swept or not."""
        if not self.committed and now >= self.expires_at:
            return 0
        return self.granted - self.released - self.consumed - self.expired
