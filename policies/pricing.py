"""What an order line should cost (`PriceBook`), and what follows when the buyer says something else (`Pricing`).

Prices are minor units of one currency for one base unit. Customer and item beat group and item, which beat the list; a
price holds in a half-open interval of wall time; of its quantity breaks the largest that is not above the quantity
counts (DOMAIN 23).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple

from twin.model.instant import Instant

FOREVER: Instant = (1 << 63) - 1


class Price(NamedTuple):
    """One price in a book: `breaks` are (from this quantity, minor units each), ascending."""

    breaks: tuple[tuple[int, int], ...]
    since: Instant = 0
    until: Instant = FOREVER

    def of(self, quantity: int) -> int | None:
        """Return the price for a quantity, or None below the first break."""
        found = [price for start, price in self.breaks if start <= quantity]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """Prices by (customer, item), by (group, item), and the list by item."""

    customer: Mapping[tuple[int, int], tuple[Price, ...]] = field(default_factory=dict)
    group: Mapping[tuple[str, int], tuple[Price, ...]] = field(default_factory=dict)
    listed: Mapping[int, tuple[Price, ...]] = field(default_factory=dict)

    def price(self, customer: int, group: str, item: int, quantity: int, at: Instant) -> int | None:
        """Return what a line should cost on the order's date; None: no price is known."""
        for prices in (self.customer.get((customer, item)), self.group.get((group, item)), self.listed.get(item)):
            found = _valid(prices or (), quantity, at)
            if found is not None:
                return found
        return None


class Asked(NamedTuple):
    """One line as the buyer sent it: item, quantity, and the price he names."""

    item: int
    quantity: int
    price: int


class Priced(NamedTuple):
    """The prices that hold, one for each line, and why somebody must look at them.

    STANDS: the buyer's prices. EXPECTED: some were changed to ours (855 IP). NO_PRICE and BEYOND_TOLERANCE hold the
    order for PRICE, DISCOUNT for APPROVAL.
    """

    prices: tuple[int, ...]
    reason: Literal["STANDS", "EXPECTED", "NO_PRICE", "BEYOND_TOLERANCE", "DISCOUNT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """Whose price holds. SUBMITTED: the buyer's, never changed. CONTRACT: ours, within a tolerance the buyer's.

    The tolerance is max(`absolute` minor units, `relative` x expected). Beyond it the order is held, or with `beyond`
    `expected` taken at our price. With a `discount_limit` a lower price needs an approver; who has one may name any.
    """

    kind: Literal["SUBMITTED", "CONTRACT"] = "SUBMITTED"
    book: PriceBook = field(default_factory=PriceBook)
    absolute: int = 0
    relative: Fraction = Fraction(0)
    beyond: Literal["hold", "expected"] = "hold"
    discount_limit: Fraction | None = None

    def price(
        self, lines: Iterable[Asked], *, customer: int, group: str, at: Instant, approved: bool = False
    ) -> Priced:
        """Return the prices of an order of `customer` on the wall date `at`."""
        asked = tuple(lines)
        named = tuple(line.price for line in asked)
        if self.kind == "SUBMITTED":
            return Priced(named, "STANDS")
        prices: list[int] = []
        worst: Literal["STANDS", "EXPECTED", "NO_PRICE", "BEYOND_TOLERANCE", "DISCOUNT"] = "STANDS"
        for line in asked:
            expected = self.book.price(customer, group, line.item, line.quantity, at)
            if expected is None:
                return Priced(named, "NO_PRICE")
            if self._within(line.price, expected):
                prices.append(line.price)
            elif self.discount_limit is not None:
                if not approved and line.price < expected * (1 - self.discount_limit):
                    worst = "DISCOUNT"
                prices.append(line.price)
            elif self.beyond == "hold":
                return Priced(named, "BEYOND_TOLERANCE")
            else:
                prices.append(expected)
                worst = "EXPECTED"
        return Priced(tuple(prices), worst)

    def _within(self, submitted: int, expected: int) -> bool:
        return abs(submitted - expected) <= max(Fraction(self.absolute), self.relative * expected)


def _valid(prices: Iterable[Price], quantity: int, at: Instant) -> int | None:
    for price in prices:
        if price.since <= at < price.until:
            found = price.of(quantity)
            if found is not None:
                return found
    return None
