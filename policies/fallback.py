"""What is decided while a partner is away, each decision with its reason (`ErpAway`, `WmsSilent`, `Fallbacks`).

A fallback is entered when a partner has not answered for a time and left after so many good answers in a row. Neither
breaks a promise of the middleware: an order is held or accepted by the same rules as ever, on what is known, and a
figure only ever becomes smaller than it would be. Sources: DOMAIN 22; the values by default are those of DOMAIN 23,
and assumptions where it has none.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from policies.carrier_fallback import CarrierAway
from policies.channel_fallback import ChannelRefuses, FeedSilent
from policies.document_fallback import DocumentsAway
from policies.payment_fallback import PaymentAway
from policies.silence import Silence
from policies.stock_buffer import poisson_quantile
from twin.model.fallback import Kind, kind_of
from twin.model.instant import DAY, MINUTE, Elapsed
from twin.model.order import HoldKind

REROUTED = "rerouted to another warehouse"
"""The reason of a decision that moved an order's claims away from a silent warehouse."""
UNITS_MAX = 100_000
"""The bound of what is withheld of one item for the length of a silence."""


class Ruling(NamedTuple):
    """What becomes of an order: accepted (None), or held with this kind of hold until the partner is back; and why."""

    hold: HoldKind | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpAway:
    """Which orders are accepted on the credit copy while the ERP is away; money in minor units.

    `within_credit_snapshot`: the copy is at most `snapshot_age_us` old, the order is worth at most `order_value` (None:
    no such limit) and fits into what is left of the customer's credit; `all` and `none` ask nothing. `recheck_us` is
    how often a held order asks whether the ERP is back. With `refuses` no order is held: what is not accepted is turned
    away unstored, and its sender may ask again after that time.
    """

    silence: Silence = field(default_factory=Silence)
    accept: Literal["within_credit_snapshot", "all", "none"] = "within_credit_snapshot"
    snapshot_age_us: int = DAY
    order_value: int | None = None
    recheck_us: int = 5 * MINUTE
    refuses: bool = False

    def decide(self, value: int, left: int | None, copy_age_us: int) -> Ruling:
        """Return whether an order of `value` is accepted, with so much credit `left` (None: nothing is lent)."""
        if self.accept == "all":
            return Ruling(None, "all are accepted")
        if self.accept == "none":
            return Ruling(HoldKind.APPROVAL, "none is accepted")
        if copy_age_us > self.snapshot_age_us:
            return Ruling(HoldKind.CREDIT, "the credit copy is too old")
        if self.order_value is not None and value > self.order_value:
            return Ruling(HoldKind.CREDIT, "the order is too large")
        if left is not None and value > left:
            return Ruling(HoldKind.CREDIT, "the credit is used up")
        return Ruling(None, "within the credit copy")


@dataclass(frozen=True, slots=True, kw_only=True)
class WmsSilent:
    """How much counts, for what channels are shown, of the stock of a warehouse that is silent.

    `last`: what was last known, less what sells in the length of the silence (exceeded with probability `epsilon` at
    most), and nothing from `stale_after_us` on. `decay`: less what sells meanwhile on average. `fraction`: that share.
    `zero`: nothing. Figures are looked at again every `review_us`. Orders that no request speaks of yet are moved
    elsewhere when the warehouse has been silent for `reroute_after_us` (0: they wait for it). When it has been back for
    `settle_us`, and its facts have come, it is asked to count the items of which more than `count_above` units came or
    went meanwhile (None: it counts nothing).
    """

    silence: Silence = field(default_factory=Silence)
    publish: Literal["last", "decay", "fraction", "zero"] = "last"
    stale_after_us: int = 15 * MINUTE
    fraction: float = 0.5
    epsilon: float = 0.01
    review_us: int = 5 * MINUTE
    reroute_after_us: int = 0
    count_above: int | None = None
    settle_us: int = 15 * MINUTE

    def counts(self, units: int, silence_us: Elapsed, rate_per_us: float) -> int:
        """Return how many of the `units` free at the site count; `rate_per_us` is what sells of the item."""
        if units <= 0:
            return units
        sells = rate_per_us * silence_us
        match self.publish:
            case "zero":
                return 0
            case "fraction":
                return int(units * self.fraction)
            case "decay":
                return max(0, units - round(sells))
            case "last":
                stale = silence_us >= self.stale_after_us
                return 0 if stale else max(0, units - poisson_quantile(sells, 1 - self.epsilon, UNITS_MAX))

    def next_review(self, since: Elapsed, now: Elapsed) -> Elapsed | None:
        """Return when figures must be looked at again (elapsed), the warehouse being silent `since`; None: no more."""
        if self.publish in ("zero", "fraction"):
            return None
        if self.publish == "decay":
            return now + self.review_us
        stale = since + self.stale_after_us
        return min(now + self.review_us, stale) if now < stale else None


_Fallback = ErpAway | WmsSilent | ChannelRefuses | FeedSilent | DocumentsAway | PaymentAway | CarrierAway


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallbacks:
    """The fallbacks of one design; None: the flow has none, and goes on as if the partner were there."""

    erp: ErpAway | None = None
    wms: WmsSilent | None = None
    stock: ChannelRefuses | None = None
    feed: FeedSilent | None = None
    documents: DocumentsAway | None = None
    payments: PaymentAway | None = None
    carriers: CarrierAway | None = None

    def of(self, partner: int) -> _Fallback | None:
        """Return what is done while a partner (by its number) is away, if anything is."""
        kind, number = kind_of(partner)
        match kind:
            case Kind.ERP:
                return self.erp
            case Kind.WAREHOUSE:
                return self.wms
            case Kind.STOCK_INTERFACE:
                return self.stock if _covers(self.stock, number) else None
            case Kind.ORDER_FEED:
                return self.feed if _covers(self.feed, number) else None
            case Kind.DOCUMENTS:
                return self.documents if _covers(self.documents, number) else None
            case Kind.PAYMENTS:
                return self.payments
            case Kind.CARRIER:
                return self.carriers


def _covers(fallback: ChannelRefuses | FeedSilent | DocumentsAway | None, channel: int) -> bool:
    return fallback is not None and (fallback.channels is None or channel in fallback.channels)
