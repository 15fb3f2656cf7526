"""Partners that may be away, and what is remembered while one is.

A partner has a number: the ERP is 0, the warehouse of site s is `1 + s`; what there is of other kinds is counted from
the number of its kind on.
"""

from enum import IntEnum

import msgspec

from twin.model.instant import Elapsed

ERP = 0
"""The ERP's number among the partners; the warehouse of site s is `1 + s`."""
PAYMENTS = 4_000
"""The payment provider's number among the partners."""


class Kind(IntEnum):
    """What kind of partner it is; the value is the number of the first of its kind."""

    ERP = 0
    WAREHOUSE = 1
    STOCK_INTERFACE = 1_000
    """Where a channel is told what it may sell, by channel."""
    ORDER_FEED = 2_000
    """Where a channel's orders come from, by channel."""
    DOCUMENTS = 3_000
    """What carries documents to a channel's trading partners, by channel."""
    PAYMENTS = 4_000
    """The payment provider."""
    CARRIER = 5_000
    """A carrier's interface for labels, by its place among the carriers."""


class Absence(msgspec.Struct, frozen=True, gc=False):
    """A fallback is on: the partner was last heard `since` and the fallback entered at `entered` (elapsed)."""

    since: Elapsed
    entered: Elapsed


def warehouse(site: int) -> int:
    """Return a warehouse's number among the partners."""
    return Kind.WAREHOUSE + site


def stock_interface(channel: int) -> int:
    """Return the number of a channel's stock interface among the partners."""
    return Kind.STOCK_INTERFACE + channel


def order_feed(channel: int) -> int:
    """Return the number of a channel's order feed among the partners."""
    return Kind.ORDER_FEED + channel


def documents(channel: int) -> int:
    """Return the number of what carries documents to a channel's partners."""
    return Kind.DOCUMENTS + channel


def carrier(place: int) -> int:
    """Return a carrier's number among the partners."""
    return Kind.CARRIER + place


def kind_of(partner: int) -> tuple[Kind, int]:
    """Return a partner's kind, and the how manieth of its kind it is.

    >>> kind_of(3), kind_of(order_feed(2))
    ((<Kind.WAREHOUSE: 1>, 2), (<Kind.ORDER_FEED: 2000>, 2))
    """
    kind = max(kind for kind in Kind if kind <= partner)
    return kind, partner - kind
