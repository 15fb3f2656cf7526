"""Goods that come back to a warehouse, and the people who look at them."""

from collections.abc import Callable
from dataclasses import dataclass

from actors.ground import Lag
from twin.kernel.station import Station
from twin.model.commands import ItemQuantity, LineQuantity
from twin.model.instant import Elapsed
from twin.model.stock import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Goods on their way back to `site`, under an RMA number (0: nobody asked); `undelivered`: by the carrier."""

    id: int
    case: int
    rma: int
    site: int
    lines: tuple[LineQuantity, ...]
    items: tuple[ItemQuantity, ...]
    undelivered: bool = False
    tracking: int = 0


@dataclass(frozen=True, slots=True)
class ReturnsDesk:
    """How long it takes until returned goods are looked at, and what is found: (parcel, line) to a bucket.

    With a `desk`, people do it one parcel at a time in their hours, and `inspect` is how long they are at it.
    """

    inspect: Lag
    grade: Callable[[int, int], Bucket]
    desk: Station | None = None
    waited: Callable[[Elapsed], None] | None = None
    """Who hears how long a parcel lay there before it was through."""
