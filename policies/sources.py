"""What the intake asks of an order, by where it comes from (DOMAIN 23).

Theory of operation of `SourceRules.judge`. The steps follow each other: what the source must say, the customer, price,
tax, duplicate suspicion, credit, route, deadlines. All errors of the first step are told together and end it: the order
is rejected. What a person has to decide, or what may still arrive, is a hold: an unpaid order waits for its payment, a
suspicious one is held and never refused. `SOURCES` is the table of the kinds: what differs between them is data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from policies.pricing import Asked, Pricing
from policies.promise_dates import PromiseDates
from policies.tax import Net, Taxing
from twin.model import wire
from twin.model.commands import SubmitOrder
from twin.model.instant import HOUR, Elapsed, Instant, Now
from twin.model.order import HoldKind, LinePolicy
from twin.model.particulars import Customer, Particulars, Recent

SourceKind = Literal["storefront", "marketplace", "edi", "b2b_portal", "sales_rep", "subscription"]


class Kind(NamedTuple):
    """What a kind of source must say, whose price and tax hold, and what becomes of a customer nobody knows."""

    required: tuple[str, ...]
    price: Literal["SUBMITTED", "CONTRACT"]
    tax: Literal["COMPUTED", "CHANNEL", "EXEMPT"]
    unknown: Literal["house", "hold"]


SOURCES: Final[Mapping[SourceKind, Kind]] = MappingProxyType(
    {
        "storefront": Kind((), "SUBMITTED", "COMPUTED", "house"),
        "marketplace": Kind(("channel_reference",), "SUBMITTED", "CHANNEL", "house"),
        "edi": Kind(("reference", "ship_to", "requested"), "CONTRACT", "EXEMPT", "hold"),
        "b2b_portal": Kind(("customer",), "CONTRACT", "EXEMPT", "hold"),
        "sales_rep": Kind(("customer",), "CONTRACT", "EXEMPT", "hold"),
        "subscription": Kind(("customer", "plan", "period"), "SUBMITTED", "COMPUTED", "hold"),
    }
)
"""A storefront's payment and address are not errors when they lack: they are held for, since both may still come."""


class Account(NamedTuple):
    """What is agreed with one customer; his flags narrow what the source and the firm allow, and never widen it."""

    group: str = ""
    credit_limit: int | None = None
    line_policy: LinePolicy | None = None
    sites: tuple[int, ...] = ()
    """The warehouses that may serve him; empty: all."""
    needs_reference: bool = False


class Deadlines(NamedTuple):
    """When an order must have been answered, shipped and delivered (wall; 0: no such deadline)."""

    answer_by: Instant = 0
    ship_by: Instant = 0
    deliver_by: Instant = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The deadlines of a channel's orders; `dates` in the zone of who ships, `margin_us` before them somebody is told.

    `acknowledge_us` after the order was placed its channel must have an answer (0: no such deadline).
    """

    dates: PromiseDates | None = None
    acknowledge_us: Elapsed = 0
    margin_us: Elapsed = 2 * HOUR

    def deadlines(self, placed_at: Elapsed, now: Now) -> Deadlines:
        """Return the deadlines of an order, fixed now."""
        placed = now.wall - (now.elapsed - placed_at)
        answer_by = placed + self.acknowledge_us if self.acknowledge_us else 0
        if self.dates is None:
            return Deadlines(answer_by)
        dates = self.dates.promise(placed)
        return Deadlines(answer_by, dates.ship_by, self.dates.zone.instant(dates.deliver + 1))


class Held(NamedTuple):
    """One reason to hold an order."""

    kind: HoldKind
    reason: str


class Verdict(NamedTuple):
    """What the source's rules make of an order: rejected for `errors`, held for `holds`, else taken as it says here."""

    errors: tuple[str, ...]
    holds: tuple[Held, ...] = ()
    prices: tuple[int, ...] = ()
    repriced: bool = False
    tax: int = 0
    line_policy: LinePolicy | None = None
    sites: tuple[int, ...] = ()
    deadlines: Deadlines = Deadlines()
    customer: int = 0
    digest: int = 0
    """Of the lines, by which a repeat under another number is suspected."""
    code: str = "UNFIT"
    """Of the exception that a refusal is."""
    retry_after: Elapsed = 0
    """Not 0: the order is turned away unread, and its sender may ask again after so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """The rules of one source. `accounts` are the customers it knows; `house` stands for guests."""

    kind: SourceKind
    pricing: Pricing = field(default_factory=Pricing)
    taxing: Taxing = field(default_factory=Taxing)
    accounts: Mapping[int, Account] = field(default_factory=dict)
    house: Account = field(default_factory=Account)
    goods: Mapping[int, str] = field(default_factory=dict)
    """Item to its tax class; not named: ""."""
    suspect_window_us: Elapsed = 24 * HOUR
    promise: Promise = field(default_factory=Promise)

    def judge(self, order: SubmitOrder, known: Customer | None, now: Now) -> Verdict:
        """Judge an order; `known` is what is remembered of its customer."""
        said = order.particulars or Particulars()
        account = self.accounts.get(said.customer)
        errors = self._missing(said, account)
        if errors:
            return Verdict(errors)
        holds = self._payment_and_address(said)
        if account is None and (said.customer or SOURCES[self.kind].unknown == "hold"):
            holds.append(Held(HoldKind.REFERENCE, "customer unknown"))
        terms = account or self.house
        asked = [Asked(line.item, line.quantity, line.price) for line in order.lines]
        priced = self.pricing.price(
            asked, customer=said.customer, group=terms.group, at=now.wall, approved=bool(said.approver)
        )
        if priced.reason == "DISCOUNT":
            holds.append(Held(HoldKind.APPROVAL, "discount above the limit"))
        elif priced.reason in ("NO_PRICE", "BEYOND_TOLERANCE"):
            holds.append(Held(HoldKind.PRICE, priced.reason))
        net = [
            Net(self.goods.get(line.item, ""), line.quantity * price)
            for line, price in zip(asked, priced.prices, strict=True)
        ]
        taxed = self.taxing.tax(
            net, jurisdiction=said.jurisdiction, customer=said.customer, at=now.wall, submitted=said.tax
        )
        if taxed.reason == "DIFFERS":
            holds.append(Held(HoldKind.PRICE, "tax differs"))
        elif taxed.reason == "NO_RATE" and self.taxing.rates:
            holds.append(Held(HoldKind.PRICE, "no tax rate"))
        digest = wire.digest(sorted((line.item, line.quantity) for line in asked))
        holds += self._suspicion(order, digest, known, now)
        value = taxed.amount + sum(line.amount for line in net)
        if terms.credit_limit is not None:
            owed = (known.open + known.receivable) if known is not None else 0
            if owed + value > terms.credit_limit:
                holds.append(Held(HoldKind.CREDIT, f"{owed} owed, {value} more"))
        return Verdict(
            (),
            tuple(holds),
            priced.prices,
            priced.reason == "EXPECTED",
            taxed.amount,
            terms.line_policy,
            terms.sites,
            self.promise.deadlines(order.placed_at, now),
            said.customer,
            digest,
        )

    def _missing(self, said: Particulars, account: Account | None) -> tuple[str, ...]:
        required = SOURCES[self.kind].required
        if account is not None and account.needs_reference and "reference" not in required:
            required = (*required, "reference")
        return tuple(f"{name} is missing" for name in required if not getattr(said, name))

    def _payment_and_address(self, said: Particulars) -> list[Held]:
        if self.kind != "storefront":
            return []
        held = [] if said.paid else [Held(HoldKind.PAYMENT, "neither paid nor authorised")]
        return held if said.ship_to else [*held, Held(HoldKind.ADDRESS, "no address")]

    def _suspicion(self, order: SubmitOrder, digest: int, known: Customer | None, now: Now) -> list[Held]:
        recent: tuple[Recent, ...] = known.recent if known is not None else ()
        return [
            Held(HoldKind.SUSPECT, f"the same lines as order {each.order}")
            for each in recent
            if each.digest == digest and each.order != order.case and now.elapsed - each.at < self.suspect_window_us
        ][:1]
