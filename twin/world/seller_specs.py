"""The parties that sell, as blocks of a landscape: how their orders come, and how they take stock figures."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from twin.world.edi_specs import Documents
from twin.world.law_specs import Delay
from twin.world.redelivery_specs import Repeats
from twin.world.values import (
    Block,
    Count,
    Flag,
    OneOf,
    PositiveDuration,
    RatePerTime,
    Share,
    rule,
    sourced,
)


class Webhooks(Block):
    """How a storefront announces its orders: later, sometimes twice, sometimes never."""

    latency: Delay = sourced({"archetype": "webhook_dispatch"}, "latency.yaml, webhook_dispatch (assumed)")
    duplicated: Share = sourced("0.5%", "landscape.yaml, storefront webhooks (assumed)")
    lost: Share = sourced("0.02%", "landscape.yaml, storefront webhooks (assumed)")
    reconcile_every: PositiveDuration = sourced("15m", "landscape.yaml, storefront webhooks: 900 s (assumed)")
    signed: Flag = sourced(False, "rule: who can push at all is not what most scenarios ask")
    resigns: Flag = sourced(True, "assumed: a redelivery is stamped and signed anew")
    traced: Flag = sourced(False, "rule: a shop has no trace of its own unless it is said")
    repeats: Repeats | None = sourced(
        None, "rule: a push is made once; who is not reached finds it by the list of orders"
    )


class StorefrontStockApi(Block):
    """The API that takes stock figures; each call costs points from a bucket that fills at `rate`."""

    latency: Delay = sourced({"archetype": "stock_write"}, "latency.yaml, stock_write (derived)")
    algorithm: Literal["cost_bucket", "token_bucket"] = sourced(
        "cost_bucket", "landscape.yaml, storefront API (published)"
    )
    rate: RatePerTime = sourced("100/s", "landscape.yaml, storefront API: points per second (published)")
    burst: Count = sourced(2000, "landscape.yaml, storefront API: bucket (third party)")
    cost: Count = sourced(10, "landscape.yaml, storefront API: points per write (assumed)")
    max_items: Count = sourced(
        250, "storefronts.yaml, inventory quantities in one mutation (assumed where not published)"
    )

    @model_validator(mode="after")
    def _a_call_fits(self) -> Self:
        if self.algorithm == "cost_bucket" and self.cost > self.burst:
            raise rule(
                f"must not be above burst {self.burst}, or no call is ever let through (got {self.cost})",
                "cost",
                whole=True,
            )
        return self


class Storefront(Block):
    """A web shop: orders leave by webhook, stock arrives by API and is shown `apply` later."""

    kind: Literal["storefront"]
    webhook: Webhooks = sourced({}, "the defaults of webhook")
    stock_api: StorefrontStockApi = sourced({}, "the defaults of stock_api")
    apply: Delay = sourced("0s", "assumed: a storefront shows what it has accepted")


class OrderList(Block):
    """The call that lists new orders, a token bucket of calls, a page at a time."""

    rate: RatePerTime = sourced("1/min", "landscape.yaml, marketplace A: 0.0167/s (published)")
    burst: Count = sourced(20, "landscape.yaml, marketplace A (published)")
    max_items: Count = sourced(100, "marketplaces.yaml, getOrders: 100 a page (published)")
    latency: Delay = sourced({"archetype": "api_list"}, "latency.yaml, api_list (assumed)")


class PatchApi(Block):
    """Stock by calls of `max_items`, a token bucket; the figure counts as taken when the call returns."""

    kind: Literal["patch"]
    rate: RatePerTime = sourced("5/s", "landscape.yaml, marketplace A: stock patch (published)")
    burst: Count = sourced(5, "landscape.yaml, marketplace A: stock patch (published)")
    max_items: Count = sourced(1, "landscape.yaml, marketplace A: one item a call (published)")
    latency: Delay = sourced({"archetype": "stock_write"}, "latency.yaml, stock_write (derived)")


class FeedApi(Block):
    """Stock by feed: a file of many items is submitted, and takes effect `turnaround` after it was submitted."""

    kind: Literal["feed"]
    rate: RatePerTime = sourced("10/h", "landscape.yaml, marketplace B: stock feeds an hour (published)")
    burst: Count = sourced(10, "landscape.yaml, marketplace B: an hour's feeds may be sent at once (assumed)")
    max_items: Count = sourced(10000, "landscape.yaml, marketplace B: 5 MB at some 500 bytes an item (derived)")
    latency: Delay = sourced({"archetype": "api_write"}, "latency.yaml, api_write: submitting the feed (assumed)")
    turnaround: Delay = sourced({"archetype": "feed_turnaround_walmart"}, "landscape.yaml, marketplace B (derived)")


MarketplaceStockApi = Annotated[PatchApi | FeedApi, OneOf("stock API")]


class Marketplace(Block):
    """A marketplace: its orders become visible late and are polled or notified; stock is taken by patch or by feed."""

    kind: Literal["marketplace"]
    order_visible: Delay = sourced(
        {"archetype": "order_visible_marketplace"}, "landscape.yaml, marketplace A (third party)"
    )
    list_orders: OrderList = sourced({}, "the defaults of list_orders")
    notifications: Webhooks | None = sourced(None, "rule: its orders are polled unless it is said")
    stock_api: MarketplaceStockApi = sourced({"kind": "patch"}, "landscape.yaml, marketplace A (published)")
    apply: Delay = sourced("0s", "assumed: a figure that was taken is shown at once; a feed's turnaround is apart")


class FileStockApi(Block):
    """Stock by file (846): at most so many files an hour, each with every item that has changed."""

    rate: RatePerTime = sourced("4/h", "assumed: one file with each poll of the mailbox, every 15 minutes")
    burst: Count = sourced(1, "assumed: one file at a time")
    max_items: Count = sourced(10000, "assumed: a file holds the catalogue")
    latency: Delay = sourced({"archetype": "edi_translate"}, "latency.yaml, edi_translate (assumed)")
    turnaround: Delay = sourced({"archetype": "van_transit"}, "latency.yaml, van_transit (assumed)")


class EdiGateway(Block):
    """The EDI gateway: orders of trading partners in files (850) by mailbox, functional acknowledgements, stock (846).

    `documents` are what it sends besides: answers (855), ship notices (856) and invoices (810).
    `checks` compares control numbers with those seen, and the trailer's count with the content.
    """

    kind: Literal["edi_gateway"]
    partners: Count = sourced(10, "landscape.yaml, edi_partners (assumed)")
    batch_every: PositiveDuration = sourced("6h", "landscape.yaml, EDI: four batches a day (assumed)")
    poll_every: PositiveDuration = sourced("15m", "landscape.yaml, EDI: mailbox polled every 900 s (assumed)")
    translate: Delay = sourced({"archetype": "edi_translate"}, "latency.yaml, edi_translate (assumed)")
    acknowledge: Delay = sourced({"archetype": "van_transit"}, "latency.yaml: a 997 travels as any file (assumed)")
    resend_after: PositiveDuration = sourced("24h", "landscape.yaml, EDI: 997 within 86,400 s (assumed)")
    resends: Count = sourced(5, "edi.yaml, OpenAS2: resend_max_retries (published)")
    checks: Flag = sourced(True, "rule: a gateway checks control numbers and totals unless it is said")
    hands_on: Literal["orders", "interchanges"] = sourced(
        "orders", "rule: a gateway opens its files; else the middleware does, and answers them"
    )
    documents: Documents | None = sourced(None, "rule: partners hear of their orders, and get no documents of them")
    stock_api: FileStockApi = sourced({}, "the defaults of stock_api")
    apply: Delay = sourced("0s", "assumed: contained in the turnaround")


class OrderDesk(Block):
    """A further source of orders: a customers' portal, sales reps in a CRM, a subscription platform.

    Orders are handed over at once, or in one run every so often (intake `file`); stock is read from what it was told.
    """

    kind: Literal["b2b_portal", "crm", "subscription"]
    stock_api: PatchApi = sourced(
        {"kind": "patch", "rate": "50/s", "burst": 50, "max_items": 250, "latency": {"archetype": "api_write"}},
        "assumed: our own application; no published limit binds it",
    )
    apply: Delay = sourced("0s", "assumed: it shows what it has been told")


Seller = Storefront | Marketplace | EdiGateway | OrderDesk
"""The parties that sell."""


def announced(party: object) -> Webhooks | None:
    """Return how a party pushes its orders; None where it pushes none."""
    if isinstance(party, Storefront):
        return party.webhook
    return party.notifications if isinstance(party, Marketplace) else None
