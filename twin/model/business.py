"""What happened in a business as its own records tell it: identifiers are the text of whoever wrote them.

These values stand in imported histories. They name no message of ours: what a replay makes of one depends on what it
knows by then (which number an item has, where an order is), and is decided when it is played.
"""

import msgspec


class OrderedItem(msgspec.Struct, frozen=True, gc=False):
    """One line of a document: quantity in pieces, price of one piece in minor units (None where there is none)."""

    item: str
    quantity: int
    price: int | None = None
    site: str = ""


class OrderPlaced(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """Somebody ordered; `promised` is the promised instant in microseconds UTC."""

    order: str
    lines: tuple[OrderedItem, ...]
    channel: str = ""
    customer: str | None = None
    ship_to: dict[str, str] | None = None
    promised: int | None = None


class OrderCancelled(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """An order was taken back."""

    order: str


class OrderStep(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """A step of an order, under the name that the file has for it; it is kept, and no rule of ours acts on it."""

    order: str
    step: str
    line: str = ""


class PaymentCaptured(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """The money of an order was taken; `amount` in minor units, None where the file has none."""

    order: str
    amount: int | None = None


class ShipmentHandedOver(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """What an order asked for was given to the carrier."""

    order: str
    place: str = ""


class ShipmentDelivered(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """What an order asked for has reached the customer."""

    order: str


class ReturnRegistered(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """Goods came back under a document of its own; `order` is empty where the file names none."""

    document: str
    lines: tuple[OrderedItem, ...]
    order: str = ""
    customer: str | None = None


class StockAdjusted(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """The stock of an item at a place changed by a signed quantity, for a reason."""

    item: str
    place: str
    change: int
    reason: str = ""


class StockReceived(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """Goods were put away at a place; `purchase` is the purchase order, empty where the file names none."""

    item: str
    place: str
    quantity: int
    purchase: str = ""


class StockCounted(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """A place has that many pieces of an item."""

    item: str
    place: str
    counted: int


class SupplyOrdered(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """A purchase order went to a supplier."""

    purchase: str
    lines: tuple[OrderedItem, ...]
    place: str = ""


Business = (
    OrderPlaced
    | OrderCancelled
    | OrderStep
    | PaymentCaptured
    | ShipmentHandedOver
    | ShipmentDelivered
    | ReturnRegistered
    | StockAdjusted
    | StockReceived
    | StockCounted
    | SupplyOrdered
)
"""Everything that an importer can make."""

STREAM = {
    OrderPlaced: "orders",
    OrderCancelled: "orders",
    OrderStep: "steps",
    PaymentCaptured: "payments",
    ShipmentHandedOver: "shipments",
    ShipmentDelivered: "shipments",
    ReturnRegistered: "returns",
    StockAdjusted: "stock",
    StockReceived: "stock",
    StockCounted: "stock",
    SupplyOrdered: "supply",
}
"""The stream that an event belongs to; a history says of each stream how complete it is."""
