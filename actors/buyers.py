"""What the buyers of a channel say beside their lines: who they are, what they pay, and what they leave out.

An order of one identity says the same in every design. What is drawn: the account that orders, and which of the
mistakes a channel's buyers make are made in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from actors.ground import Ground, Lag
from policies.sources import SOURCES, SourceRules
from policies.tax import Net
from twin.model.chance import bits, stream_id
from twin.model.commands import OrderedLine, PaymentAuthorised
from twin.model.ids import business_id, derive
from twin.model.instant import DAY
from twin.model.particulars import Particulars
from twin.model.quantity import Rounding, steps

Coin = Callable[[int, int], bool]
PLAN = "monthly"
PERIOD = 30 * DAY
"""What a subscription is charged for once; periods are counted from the beginning of wall time."""
_PAYS = 6
"""Which of an order's derived ids its late payment has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """Which orders say something wrong, by their identity; `off` is by how much a wrong price is."""

    missing: Coin
    stranger: Coin
    price_off: Coin
    tax_off: Coin
    unpaid: Coin
    never_paid: Coin
    off: Fraction


class Sayer:
    """The buyers of one channel."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        rules: SourceRules,
        accounts: Sequence[int],
        jurisdiction: str,
        mistakes: Mistakes,
        paid_after: Lag,
    ) -> None:
        self.ground = ground
        self.rules = rules
        self.accounts = accounts
        self.jurisdiction = jurisdiction
        self.mistakes = mistakes
        self.paid_after = paid_after
        self.name = name
        self._stream = stream_id(f"{name}/account")
        self._charged: dict[int, None] = {}

    def document(self, order: int, number: str) -> tuple[int, str]:
        """Return id and number under which an order goes out: its own, or those of (subscription, period) (DOMAIN 23).

        A buyer of a subscription has one, of one plan; whoever comes again in the same period comes for the same order.
        """
        if self.rules.kind != "subscription":
            return order, number
        number = f"{self._customer(order):x}/{PLAN}/{self._period()}"
        return business_id(self.name, "subscription", number), number

    def charged(self, document: int) -> bool:
        """Tell whether a subscription has been charged for this period."""
        return document in self._charged

    def charge(self, document: int) -> None:
        """Note that a subscription is charged for its period."""
        if self.rules.kind == "subscription":
            self._charged[document] = None

    def say(self, order: int, number: str, lines: Sequence[OrderedLine]) -> tuple[tuple[OrderedLine, ...], Particulars]:
        """Return the lines at the prices that the buyer names, and what else he says."""
        mistakes, kind = self.mistakes, self.rules.kind
        customer = self._customer(order)
        priced = self._priced(order, customer, lines)
        whole = not mistakes.missing(order, 0)
        says = SOURCES[kind].required if whole else ()
        wall = self.ground.now().wall
        storefront = kind == "storefront"
        return priced, Particulars(
            customer=customer if "customer" in says or kind == "edi" else 0,
            reference=f"PO {number}" if "reference" in says or kind in ("b2b_portal", "sales_rep") else "",
            channel_reference=number if "channel_reference" in says else "",
            ship_to=f"door {order % 1000}" if "ship_to" in says or (storefront and whole) else "",
            jurisdiction=self.jurisdiction,
            requested=wall + 2 * DAY if "requested" in says else 0,
            paid=not (storefront and mistakes.unpaid(order, 0)),
            plan=PLAN if "plan" in says else "",
            period=str(self._period()) if "period" in says else "",
            tax=self._tax(order, priced) if SOURCES[kind].tax != "EXEMPT" else None,
        )

    def pays_later(
        self, order: int, said: Particulars, lines: Sequence[OrderedLine], pay: Callable[[PaymentAuthorised], None]
    ) -> None:
        """Have the buyer of an unpaid order pay after a while, unless he never does."""
        if said.paid or self.mistakes.never_paid(order, 0):
            return
        amount = sum(line.quantity * line.price for line in lines) + (said.tax or 0)
        paid = PaymentAuthorised(id=derive(order, _PAYS), case=order, amount=amount)
        self.ground.timeline.call_in(self.paid_after(order, 0), pay, paid)

    def _period(self) -> int:
        return self.ground.now().wall // PERIOD

    def _customer(self, order: int) -> int:
        if not self.accounts:
            return 0
        if self.mistakes.stranger(order, 0):
            return derive(order, _PAYS)
        return self.accounts[bits(self.ground.seed, self._stream, order) % len(self.accounts)]

    def _priced(self, order: int, customer: int, lines: Sequence[OrderedLine]) -> tuple[OrderedLine, ...]:
        """Return the lines at our prices, or all of them off by what buyers' old lists are off."""
        group = self.rules.accounts[customer].group if customer in self.rules.accounts else ""
        wall, book = self.ground.now().wall, self.rules.pricing.book
        factor = 1 - self.mistakes.off if self.mistakes.price_off(order, 0) else Fraction(1)
        priced = []
        for line in lines:
            listed = book.price(customer, group, line.item, line.quantity, wall) or 0
            named = steps(listed * factor, Fraction(1), Rounding.HALF_UP)
            assert isinstance(named, int), "HALF_UP always finds a whole number"
            priced.append(OrderedLine(line.item, line.quantity, named))
        return tuple(priced)

    def _tax(self, order: int, lines: Sequence[OrderedLine]) -> int:
        net = [Net(self.rules.goods.get(line.item, ""), line.quantity * line.price) for line in lines]
        due = self.rules.taxing.computed(net, jurisdiction=self.jurisdiction, at=self.ground.now().wall)
        return (due or 0) + (100 if self.mistakes.tax_off(order, 0) else 0)
