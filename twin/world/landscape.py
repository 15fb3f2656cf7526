"""The landscape block of a scenario: which parties there are, what each can do, and the links between them.

Each party kind that exists has its block of parameters here. A default is a figure of the profiles, an arithmetic
consequence of one, or an assumption; which of them stands beside it and is printed by `check --resolved`.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator

from policies.throttle import Held
from twin.model.instant import MINUTE, Elapsed
from twin.world.calling import Clients, Server
from twin.world.demand import OptionalMultipliers
from twin.world.further_parties import Further
from twin.world.key_specs import PartnerKeys
from twin.world.law_specs import Delay
from twin.world.own_code import OwnParty
from twin.world.partner_limits import PartnerLimit
from twin.world.party_presets import PARTY_PRESETS
from twin.world.payment_specs import PaymentProvider
from twin.world.people import Operators
from twin.world.redelivery_specs import Repeats
from twin.world.seller_specs import EdiGateway, Marketplace, OrderDesk, Storefront
from twin.world.site_specs import Holds, Returns, Site, Transfers, Waves
from twin.world.values import (
    Block,
    Count,
    Factor,
    Identifier,
    Later,
    Number,
    OneOf,
    PositiveDuration,
    RatePerTime,
    Share,
    WallTime,
    rule,
    sourced,
)

BLANK: Final = "blank"
"""The landscape of a world without a distributor: nothing but what the scenario names."""

CALL_TIMEOUT: Final[Elapsed] = MINUTE
"""How long the middleware waits for a channel, a warehouse or a carrier: 60 s, assumed; the ERP's is in its profile."""


class ErpCloud(Block):
    """The ERP: the financial record, behind an API with a cap on concurrent calls."""

    kind: Literal["erp_cloud"]
    concurrency: Count = sourced(15, "landscape.yaml, ERP gate: cap of this service tier (third party)")
    when_full: Literal["reject", "queue"] = sourced("reject", "landscape.yaml, ERP gate (third party)")
    queue: Count = sourced(100_000, "assumed: calls that may wait where when_full is queue; none is cancelled")
    limit: PartnerLimit | None = sourced(None, "rule: its cap on concurrent calls is its only limit")
    idempotency: PartnerKeys | None = sourced(None, "rule: the external key of a sales order is unique for good")
    write_latency: Delay = sourced({"archetype": "erp_write"}, "landscape.yaml, ERP gate (assumed)")
    read_latency: Later = None
    timeout: PositiveDuration = sourced("15m", "landscape.yaml, ERP gate: 900 s (published)")
    refuses_postings: Share = sourced("0%", "rule: the ERP books what is posted to it")
    extract_latency: Delay = sourced({"archetype": "erp_job"}, "assumed: writing the nightly file is one ERP job")
    review_at: WallTime = sourced("03:00", "assumed: replenishment is planned at night, after the nightly jobs")

    @model_validator(mode="after")
    def _one_cap(self) -> Self:
        if self.limit is not None and isinstance(self.limit.throttle(), Held):
            raise rule("calls in flight are limited by concurrency; state a limit over time", at="limit", whole=True)
        if self.limit is not None and self.limit.waits:
            raise rule("must refuse (when_full: reject); calls wait for a place by the ERP's own when_full", at="limit")
        return self


class Wms(Block):
    """The warehouse system of one or more sites, and the floors behind it."""

    kind: Literal["wms"]
    sites: Mapping[Identifier, Site] = Field(min_length=1)
    write_latency: Delay = sourced({"archetype": "wms_write"}, "latency.yaml, wms_write (assumed)")
    pick: Delay = sourced({"archetype": "pick_pack_order"}, "latency.yaml: 10 orders per person-hour (third party)")
    dock_to_stock: Delay = sourced({"archetype": "dock_to_stock"}, "latency.yaml: 4 to 8 h (third party)")
    picks_right: Share = sourced("99.5%", "landscape.yaml, WMS and floor (assumed)")
    count_delay: Delay | None = sourced(None, "assumed: nobody counts by himself; a wrong record shows at a short pick")
    returns: Returns = sourced({}, "the defaults of returns")
    waves: Waves | None = sourced(None, "rule: a request goes to the floor when it comes")
    holds: Holds | None = sourced(None, "rule: what lies there may be sold unless it is said")
    transfers: Transfers | None = sourced(None, "rule: what lies at a site is sold from there")

    @model_validator(mode="after")
    def _somewhere_to_go(self) -> Self:
        if self.transfers is not None and len(self.sites) < 2:
            raise rule("needs two sites to go between", at="transfers", whole=True)
        return self


class CallLimit(Block):
    """So many calls in a window: `fixed_window` clears its counter at the edge, `sliding_window` looks back."""

    algorithm: Literal["fixed_window", "sliding_window"] = sourced(
        "fixed_window", "carriers.yaml (published for carrier A)"
    )
    burst: Count = sourced(1400, "landscape.yaml, carriers: carrier A (published)")
    window: PositiveDuration = sourced("10s", "landscape.yaml, carriers: carrier A (published)")


class Scans(Block):
    """How a carrier tells of its parcels, and what may go wrong with them on the way."""

    told_after: Delay = sourced(
        {"law": "uniform", "low": "0s", "high": "3h"}, "landscape.yaml, carriers: age of a tracking event (published)"
    )
    duplicated: Share = sourced("2%", "assumed: scans told twice under the same event id")
    delayed: Share = sourced("3%", "landscape.yaml, carriers: on time 97 % (assumed)")
    late_by: Factor = sourced(1.5, "assumed: a delayed parcel takes half as long again")
    second_attempt: Share = sourced("5%", "assumed: nobody at home the first time")
    refused: Share = sourced("1%", "assumed: parcels that go back undelivered")
    lost: Share = sourced("0.1%", "assumed: parcels of which nothing is heard again")
    repeats: Repeats | None = sourced(None, "rule: a scan is told until it is acknowledged")
    look_every: PositiveDuration = sourced(
        "2h", "carriers.yaml, Karrio: trackings are looked up every 7,200 s (published); with `repeats` alone"
    )


class Carrier(Block):
    """A parcel carrier: sells labels and brings parcels."""

    kind: Literal["carrier"]
    label_latency: Delay = sourced({"archetype": "carrier_label"}, "landscape.yaml, carriers (assumed)")
    limit: CallLimit = sourced({}, "the defaults of limit")
    transit: Delay = sourced({"figure": "carrier_to_customer_d"}, "demand.yaml (derived; Brazil: shape, not level)")
    scans: Scans | None = sourced(None, "rule: it brings every parcel and tells of none")


class CustomerPortal(Block):
    """Where customers see their parcels: a read model that is written to, `latency` a write."""

    kind: Literal["customer_portal"]
    latency: Delay = sourced({"archetype": "api_write"}, "latency.yaml, api_write (assumed)")


class Supplier(Block):
    """Whoever delivers what was bought: late, in several parts, or short."""

    kind: Literal["supplier"]
    lead_time: Delay = sourced({"figure": "purchase_lead_time_d"}, "demand.yaml (derived)")
    split: Share = sourced("55%", "demand.yaml, several_receipts_share (derived): deliveries in two parts")
    second_after: Delay = sourced("3d", "assumed: the second part of a split delivery follows within the week")
    short: Share = sourced("0%", "assumed: no figure was found for deliveries that stay short for good")
    short_by: Share = sourced("10%", "assumed: what is missing of a short delivery")
    asn: PositiveDuration | None = sourced(
        None, "rule: of what was ordered nothing more is heard unless it is said; so long before it comes he says when"
    )


class SalesBlocks(Block):
    """The ERP blocks items for sale, and frees them: either hears of the other's changes `heard_after` they happen."""

    between: Delay = sourced({"law": "exponential", "mean": "4h"}, "assumed: a few items a day")
    lasts: Delay = sourced({"law": "lognormal", "p50": "4h", "p95": "1d"}, "assumed: until somebody has looked")
    heard_after: Delay = sourced("30m", "assumed: an interface that runs twice an hour")


class Launches(Block):
    """The last `count` items of the world are not known at the start: one is entered every so often."""

    count: Count
    every: PositiveDuration = sourced("1d", "assumed: a new item a day")


class Pim(Block):
    """The product information system: it takes items off sale for a while, by events and in a nightly file.

    `told` is the share of changes that an event tells of; the file has all of them. A file is cut at `cut_at` and
    delivered `delivered_after` later, a share of them `cut_short`, with only `kept` of their rows. `launches` are new
    items, `erp_blocks` the ERP's own word on items.
    """

    kind: Literal["pim"]
    between: Delay = sourced({"law": "exponential", "mean": "2h"}, "assumed: a dozen items a day are taken off sale")
    closed_for: Delay = sourced({"law": "lognormal", "p50": "6h", "p95": "2d"}, "assumed: until texts are mended")
    deletes: Share = sourced("20%", "assumed: one in five is deleted and made anew")
    told: Share = sourced("95%", "assumed: one event in twenty is not sent")
    cut_at: WallTime = sourced("02:00", "DOMAIN V72: the file is a picture of two o'clock")
    delivered_after: PositiveDuration = sourced("2h", "DOMAIN V72: it loads at four")
    cut_short: Share = sourced("5%", "assumed: one file in twenty")
    kept: Share = sourced("50%", "assumed: half of its rows")
    launches: Launches | None = sourced(None, "rule: all items are there unless it is said")
    erp_blocks: SalesBlocks | None = sourced(None, "rule: the ERP says nothing of items unless it is said")


class Middleware(Block):
    """The process that is studied: how long one transaction holds a worker, and how much may wait for one."""

    kind: Literal["middleware"]
    service: Delay = sourced("40ms", "assumed: 40 ms a transaction, store round trips included")
    queue: Count = sourced(100_000, "assumed: messages that may wait; beyond it they are refused and sent again")


class Store(Block):
    """The database behind the middleware; conflicts arise by themselves when transactions overlap."""

    kind: Literal["store"]
    latency: Delay = sourced("0s", "assumed: contained in the middleware's service time")
    restarts: Count = sourced(
        20, "assumed: how often a transaction is run again after a conflict before it is dead-lettered"
    )


Party = Annotated[
    ErpCloud
    | Pim
    | Wms
    | Storefront
    | Marketplace
    | EdiGateway
    | OrderDesk
    | Carrier
    | CustomerPortal
    | Supplier
    | PaymentProvider
    | Operators
    | Further
    | Middleware
    | Store
    | Clients
    | Server
    | OwnParty,
    OneOf(
        "party",
        marks=("use",),
        short=OwnParty.standing_for,
        presets={name: preset.block for name, preset in PARTY_PRESETS.items()},
    ),
]


class Disorder(Block):
    """A share of the messages arrives late by up to `within`, so that later ones overtake them."""

    share: Share
    within: PositiveDuration


class Link(Block):
    """One connection `a/b`, in both directions or one of them; `a` is who asks."""

    latency: Delay = sourced({"archetype": "broker_hop"}, "landscape.yaml, internal links: hop (assumed)")
    lost: Share = sourced("0%", "assumed: connections lose nothing unless a scenario says so")
    duplicated: Share = sourced("0%", "assumed: connections repeat nothing unless a scenario says so")
    disorder: Disorder | None = sourced(None, "assumed: delays alone change the order of messages")
    capacity: RatePerTime | None = sourced(None, "assumed: no connection is the bottleneck")
    direction: Literal["both", "request", "response"] = sourced("both", "rule: what is said of a link holds both ways")


class Size(Block):
    """How large the distributor is: what `orders_per_day: landscape` and an item count are taken from.

    The landscape `large` takes one number of orders a day, and the day that it plans for, and is computed from them.
    """

    orders_per_day: Annotated[
        Mapping[Identifier, Annotated[Number, Field(ge=0)]],
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0},
                    {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
                ]
            }
        ),
    ] = sourced({}, "rule: without it a demand states its own volume")
    skus: Count | None = sourced(None, "rule: without it items are made from the demand")
    plan_for: OptionalMultipliers = sourced(None, "rule: nobody planned for a peak")


class Landscape(Block):
    """The parties, the links between them, and the size of the firm."""

    use: Identifier | None = sourced(None, "rule: without it the landscape is what stands here")
    size: Size = sourced({}, "rule: without it a demand states its own volume")
    parties: Mapping[Identifier, Party] = sourced({}, "rule: who is not named does not exist")
    links: Mapping[Identifier, Link] = sourced({}, "rule: a pair that is not named has a link of defaults")

    def of_kind(self, kind: str) -> dict[str, Party]:
        """Return the parties of one kind by name, in the order of the file."""
        return {name: party for name, party in self.parties.items() if party.kind == kind}
