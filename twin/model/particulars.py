"""What an order carries beside its lines, and what is remembered of a customer between his orders."""

import msgspec

from twin.model.instant import Elapsed, Instant


class Particulars(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a source says of an order; which of it a source must say is a rule of that source. Empty: not said."""

    customer: int = 0
    """Interned account; 0: a guest, or not named."""
    reference: str = ""
    """The buyer's own order number (PO)."""
    channel_reference: str = ""
    """The marketplace's number of the order."""
    ship_to: str = ""
    jurisdiction: str = ""
    """Where it is taxed."""
    requested: Instant = 0
    """The day the buyer wants it, as an instant; 0: not said."""
    paid: bool = False
    """Captured or authorised before it was sent."""
    approver: str = ""
    plan: str = ""
    period: str = ""
    tax: int | None = None
    """What the source computed, in minor units."""

    def unpaid(self) -> "Particulars":
        """Return the same of an order that could not be paid when it was placed."""
        return msgspec.structs.replace(self, paid=False)


class Recent(msgspec.Struct, frozen=True, gc=False):
    """One order of a customer: the digest of its lines, its id, and when it came (elapsed)."""

    digest: int
    order: int
    at: Elapsed


class Customer(msgspec.Struct, frozen=True, gc=False):
    """What one customer owes us for open orders and bills, in minor units, and his last orders."""

    id: int
    open: int = 0
    receivable: int = 0
    recent: tuple[Recent, ...] = ()
