"""Shipments on their way: the scans of a tracking number, of which the state is a fold."""

from enum import Enum
from typing import TypedDict, Unpack

import msgspec
from msgspec.structs import replace

from twin.model.commands import LineQuantity
from twin.model.instant import Elapsed, Instant


class ShipmentState(Enum):
    """Where a shipment is, as far as its scans say."""

    PLANNED = "PLANNED"
    LABELLED = "LABELLED"
    PICKED_UP = "PICKED_UP"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"
    VOIDED = "VOIDED"
    LOST = "LOST"


class Scan(msgspec.Struct, frozen=True, gc=False):
    """One distinct scan: its code, when it happened and when we heard of it (elapsed)."""

    id: int
    """The carrier's event id, or a digest of what it said."""
    code: str
    at: Elapsed
    recorded_at: Elapsed
    corrects: int = 0
    """The id of the scan that this one declares wrong; 0: none."""


class ShipmentParts(TypedDict, total=False):
    """What of a shipment can change."""

    channel: int
    lines: tuple[LineQuantity, ...]
    confirmed_at: Elapsed
    deliver_by: Instant
    scans: tuple[Scan, ...]
    told: tuple[str, ...]
    eta: Elapsed
    late: int
    silent: bool


class Shipment(msgspec.Struct, frozen=True, gc=False):
    """One tracking number of one order, with every distinct scan in the order of their coming."""

    tracking: int
    order: int
    channel: int = -1
    """-1: not known; the channel is told nothing then."""
    lines: tuple[LineQuantity, ...] = ()
    confirmed_at: Elapsed = -1
    """When the warehouse confirmed that it left (945); -1: not yet."""
    scans: tuple[Scan, ...] = ()
    told: tuple[str, ...] = ()
    """States and troubles already told outward, in that order."""
    deliver_by: Instant = 0
    """The day promised to the buyer ends then (wall); 0: none was promised."""
    eta: Elapsed = 0
    """The last expected arrival told outward; 0: none."""
    late: int = 0
    """Scans of a milestone that came after a later one."""
    silent: bool = False
    """Its silence has been reported."""

    def changed(self, **parts: Unpack[ShipmentParts]) -> "Shipment":
        """Return the shipment with these parts replaced."""
        return replace(self, **parts)
