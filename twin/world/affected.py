"""Whom failures reach: customers and warehouses with an order that went wrong, messages nobody could read, and risk.

An order has gone wrong that was oversold, late, made twice, lost, or held for somebody to decide. A guest, or a buyer
whose account the order does not name, is one customer an order.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from twin.middleware.orders.header import header
from twin.model.instant import Elapsed
from twin.model.order import Header, Order
from twin.model.stock import ItemStock

AFFECTED_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "customers_affected": ("count", "Customers with an oversold, late, duplicated, lost or held order."),
    "warehouses_affected": ("count", "Warehouses that were to ship, or shipped, something of such an order."),
    "orders_at_risk": (
        "orders",
        "Open orders at the end whose promise falls before their expected finish; null where no date is told.",
    ),
    "failed_transformations": (
        "count",
        "Messages that no translator or validator could turn into canonical form, in all and by who sent them.",
    ),
}
"""Name to (unit, what it says)."""
UNREAD: Final = frozenset(
    "UNREADABLE UNKNOWN_VERSION SCHEMA_VIOLATED CONTROL_TOTAL UOM_NOT_EXACT UOM_UNKNOWN GTIN_INVALID "
    "XREF_AMBIGUOUS KEY_MISSING REFERENCE_MISSING UNFIT".split()
)
"""Codes of exceptions that say of a message that it could not be read or did not fit (policies.exceptions)."""
_WAITS: Final = (Header.ACCEPTED, Header.BACKORDERED, Header.ALLOCATED, Header.PARTIALLY_FULFILLED)


class Affected:
    """Customers and warehouses reached so far, and messages that failed by who sent them."""

    def __init__(self) -> None:
        self._customers: dict[tuple[bool, int], None] = {}
        self._warehouses: dict[int, None] = {}
        self._orders: dict[int, None] = {}
        self._unread: dict[str, int] = {}
        self._seen: dict[int, None] = {}

    def restart(self) -> None:
        """The warm-up is over: what happens from now on counts."""
        self._customers, self._warehouses, self._orders, self._unread = {}, {}, {}, {}

    def order(self, order: Order) -> None:
        """Something went wrong with an order."""
        self.case(order.id, order.customer)
        self._warehouses.update((site, None) for site in _sites(order))

    def case(self, order: int, customer: int = 0) -> None:
        """Something went wrong with an order of which nothing else is known."""
        if order not in self._orders:
            self._orders[order] = None
            self._customers[(True, customer) if customer else (False, order)] = None

    def warehouse(self, site: int) -> None:
        """Something went wrong at a warehouse with an order that is not known there."""
        self._warehouses[site] = None

    def shipped(self, order: int, site: int) -> None:
        """A warehouse has shipped something of an order, perhaps of one that went wrong."""
        if order in self._orders:
            self._warehouses[site] = None

    def unread(self, subject: int, sender: str) -> bool:
        """A message could not be read; True when it is the first time."""
        if subject in self._seen:
            return False
        self._seen[subject] = None
        self._unread[sender] = self._unread.get(sender, 0) + 1
        return True

    def results(self) -> dict[str, float | None]:
        """Return the measures under their keys."""
        kpis: dict[str, float | None] = {
            "customers_affected": len(self._customers),
            "warehouses_affected": len(self._warehouses),
            "failed_transformations": sum(self._unread.values()),
        }
        return kpis | {f"failed_transformations{{mapping={name}}}": n for name, n in sorted(self._unread.items())}


def at_risk(
    orders: Iterable[Order],
    stock_of: Callable[[int], ItemStock | None],
    clears_at: Callable[[int], Elapsed],
) -> int:
    """Return how many open orders are promised for an instant before they are expected to be finished.

    Expected: what lies on the floor of an order's site is worked off by then; what waits for supply, first waits for
    the supply that is due, and for ever where none is.
    """
    return sum(
        0 < order.promise < max(_finishes(order, stock_of, clears_at), default=0)
        for order in orders
        if header(order) in _WAITS
    )


def _finishes(
    order: Order, stock_of: Callable[[int], ItemStock | None], clears_at: Callable[[int], Elapsed]
) -> Iterator[Elapsed]:
    for site in _sites(order):
        yield clears_at(site)
    for line in order.lines:
        if line.backordered:
            stock = stock_of(line.item)
            dues = [supply.due for supply in stock.supply] if stock is not None else []
            yield min(dues, default=1 << 62)


def _sites(order: Order) -> Iterator[int]:
    """Yield the warehouses that were asked to ship something of an order, or keep something for it."""
    for release in order.releases:
        yield release.site
    for claim in order.claims:
        yield claim.site
