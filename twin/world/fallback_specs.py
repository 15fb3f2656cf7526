"""The fallbacks slot of a design: what is done while a partner is away."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from policies import fallback as policy
from policies.carrier_fallback import CarrierAway as CarrierPolicy
from policies.payment_fallback import PaymentAway as PaymentPolicy
from policies.silence import Silence
from twin.world.channel_fallback_specs import (
    ChannelRefuses,
    DocumentsAway,
    FeedSilent,
    documents_of,
    feed_of,
    refuses_of,
)
from twin.world.costs import Price
from twin.world.values import Block, Count, Identifier, PositiveDuration, Quantity, Share, Words, rule, sourced

MINOR_UNITS = 100
"""Minor units of a price's currency in one of its own; orders carry their prices so."""


class ErpAway(Block):
    """Orders that come while the ERP is away: accepted within limits on what is known of the buyer, or held."""

    after: PositiveDuration = sourced("2m", "assumed: no answer for so long is an absence")
    stable_for: Count = sourced(3, "assumed: answers in a row before it counts as back")
    accept: Literal["within_credit_snapshot", "all", "none"] = sourced(
        "within_credit_snapshot", "rule: our own ledger decides, within the credit copy"
    )
    snapshot_age_at_most: PositiveDuration = sourced("24h", "rule: a credit copy older than a day is none")
    order_value_at_most: Price | None = sourced(None, "rule: without it no order is too large")
    price: Annotated[Literal["last_known"], Words("hold")] = sourced("last_known", "rule: an order carries its price")
    else_: Literal["hold", "refuse"] = Field(
        "hold",
        alias="else",
        description="rule: what is not accepted waits until the ERP is back",
    )
    recheck: PositiveDuration = sourced("5m", "assumed: how often a held order asks whether the ERP is back")


class WmsSilent(Block):
    """What channels are shown of a warehouse that is silent, and whose requests wait meanwhile."""

    after: PositiveDuration = sourced("2m", "assumed: no answer for so long is a silence")
    stable_for: Count = sourced(3, "assumed: answers in a row before it counts as back")
    publish: Literal["last", "decay", "fraction", "zero"] = sourced(
        "last", "rule: what was last known, less what may sell in the length of the silence"
    )
    stale_after: PositiveDuration = sourced("15m", "DOMAIN 23, defaults: from then on the last known counts nothing")
    fraction: Share = sourced("50%", "assumed: the share that counts with publish: fraction")
    epsilon: Share = sourced("1%", "assumed: how often more may sell than is withheld")
    half_life: PositiveDuration = sourced("6h", "assumed: of the sales rates, where no risk buffer states one")
    review: PositiveDuration = sourced("5m", "assumed: how often figures are looked at again")
    reroute_after: PositiveDuration | None = sourced(None, "rule: its orders wait for it unless it is said")
    count_above: Quantity | None = sourced(None, "rule: nothing is counted unless it is said")
    settle: PositiveDuration = sourced("15m", "assumed: how long its facts take to come when it is back")

    @model_validator(mode="after")
    def _a_risk(self) -> Self:
        if not 0 < self.epsilon < 1:
            raise rule("must lie between 0 % and 100 %, both excluded", at="epsilon")
        return self


class CarrierAway(Block):
    """Where parcels get their labels while their carrier's interface is away.

    `use` names the carriers that a TMS asks instead; or parcels wait (`hold_at_dock`), or each site takes the `numbers`
    that the carrier gave it beforehand (`reserved_numbers`).
    """

    after: PositiveDuration = sourced("5m", "assumed: no answer for so long is an absence")
    stable_for: Count = sourced(3, "assumed: answers in a row before it counts as back")
    use: Literal["hold_at_dock", "reserved_numbers"] | tuple[Identifier, ...] = sourced(
        "hold_at_dock", "rule: parcels wait for their carrier"
    )
    numbers: Count = sourced(500, "assumed: a roll of preprinted labels at each site")


class PaymentAway(Block):
    """What becomes of orders that come unpaid while the payment provider is away; their money is asked for in order."""

    after: PositiveDuration = sourced("2m", "assumed: no answer for so long is an absence")
    stable_for: Count = sourced(3, "assumed: answers in a row before it counts as back")
    use: Literal["hold", "accept_small"] = sourced("hold", "rule: an order waits for its payment")
    order_value_at_most: Price | None = sourced(None, "rule: none goes on unpaid unless it is said")

    @model_validator(mode="after")
    def _how_small(self) -> Self:
        if self.use == "accept_small" and self.order_value_at_most is None:
            raise rule("needs order_value_at_most: how much may go on unpaid", at="use", whole=True)
        return self


class Fallbacks(Block):
    """What is done while a partner is away; a partner that is not named is called as ever."""

    erp_away: ErpAway | None = sourced(None, "rule: nothing is done unless it is said")
    wms_silent: WmsSilent | None = sourced(None, "rule: nothing is done unless it is said")
    channel_refuses: ChannelRefuses | None = sourced(None, "rule: nothing is done unless it is said")
    feed_silent: FeedSilent | None = sourced(None, "rule: nothing is done unless it is said")
    edi_away: DocumentsAway | None = sourced(None, "rule: nothing is done unless it is said")
    payment_away: PaymentAway | None = sourced(None, "rule: nothing is done unless it is said")
    carrier_away: CarrierAway | None = sourced(None, "rule: nothing is done unless it is said")


class Partners(NamedTuple):
    """Who there is: the channels, those whose documents an EDI gateway carries, those that pay through a provider, and
    the carriers.
    """

    channels: Sequence[str]
    gateways: Sequence[str]
    paying: tuple[int, ...]
    carriers: Sequence[str]


def fallbacks_of(block: Fallbacks | None, there: Partners) -> policy.Fallbacks | None:
    """Return the fallbacks that a block describes; None where there are none."""
    if block is None:
        return None
    made = policy.Fallbacks(
        erp=_erp(block.erp_away) if block.erp_away is not None else None,
        wms=_wms(block.wms_silent) if block.wms_silent is not None else None,
        stock=refuses_of(block.channel_refuses, there.channels) if block.channel_refuses is not None else None,
        documents=documents_of(block.edi_away, there.channels, there.gateways) if block.edi_away is not None else None,
        carriers=_carriers(block.carrier_away, there.carriers) if block.carrier_away is not None else None,
        payments=_payments(block.payment_away, there.paying) if block.payment_away is not None else None,
        feed=feed_of(block.feed_silent, there.channels) if block.feed_silent is not None else None,
    )
    return made if made != policy.Fallbacks() else None


def _erp(block: ErpAway) -> policy.ErpAway:
    most = block.order_value_at_most
    return policy.ErpAway(
        silence=Silence(after_us=block.after, stable_for=block.stable_for),
        accept=block.accept,
        snapshot_age_us=block.snapshot_age_at_most,
        order_value=int(most.amount * MINOR_UNITS) if most is not None else None,
        recheck_us=block.recheck,
        refuses=block.else_ == "refuse",
    )


def _carriers(block: CarrierAway, names: Sequence[str]) -> CarrierPolicy:
    silence = Silence(after_us=block.after, stable_for=block.stable_for)
    if isinstance(block.use, tuple):
        others = tuple([names.index(name) for name in block.use])
        return CarrierPolicy(silence=silence, use="alternate_carrier", others=others)
    return CarrierPolicy(silence=silence, use=block.use, numbers=block.numbers)


def _payments(block: PaymentAway, paying: tuple[int, ...]) -> PaymentPolicy:
    most = block.order_value_at_most
    return PaymentPolicy(
        channels=paying,
        silence=Silence(after_us=block.after, stable_for=block.stable_for),
        use=block.use,
        order_value=int(most.amount * MINOR_UNITS) if most is not None else 0,
    )


def _wms(block: WmsSilent) -> policy.WmsSilent:
    return policy.WmsSilent(
        silence=Silence(after_us=block.after, stable_for=block.stable_for),
        publish=block.publish,
        stale_after_us=block.stale_after,
        fraction=block.fraction,
        epsilon=block.epsilon,
        review_us=block.review,
        reroute_after_us=block.reroute_after or 0,
        count_above=block.count_above,
        settle_us=block.settle,
    )
