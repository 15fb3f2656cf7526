"""Parties of named vendors: what `{preset: NAME}` stands for where a landscape has a party.

A preset states what a vendor publishes, and nothing that is assumed: every other setting of the party has its usual
default. The figures are those of the profiles, entry by entry; a limit or a rule of pushes is looked up there. Vendors
of whom the profiles have nothing but assumptions have no preset, and so there is none of reports, of gateways and of
returns desks; what is published of older ERPs (lanes of a job queue) has no setting to stand in.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class PartyPreset(NamedTuple):
    """The settings of a party, and where they are published: file, system and operation of the profiles."""

    block: Mapping[str, object]
    entries: tuple[tuple[str, str, str], ...]
    basis: str
    """Of the weakest figure: published, mixed or third party."""

    @property
    def source(self) -> str:
        """Say where the figures come from."""
        told = "; ".join(f"{file}.yaml, {system}: {operation}" for file, system, operation in self.entries)
        return f"{told} ({self.basis})"


def _entry(file: str, system: str, operation: str) -> dict[str, object]:
    return {"profile": {"file": file, "system": system, "operation": operation}}


def _pushes(system: str, operation: str) -> PartyPreset:
    """Return a shop that is known by how it repeats its webhooks."""
    repeats = _entry("storefronts", system, operation)
    return PartyPreset(
        {"kind": "storefront", "webhook": {"repeats": repeats}}, (("storefronts", system, operation),), "published"
    )


_SHOPIFY: Final = _entry("storefronts", "Shopify", "webhook delivery")
PARTY_PRESETS: Final[Mapping[str, PartyPreset]] = {
    "amazon-sqs": PartyPreset(
        {"kind": "broker", "prefetch": 10, "visibility": "30s", "retention": "4d"},
        (("brokers", "Amazon SQS", "standard queue"),), "published",
    ),
    "apache-kafka": PartyPreset(
        {"kind": "broker", "prefetch": 500, "visibility": "5m"},
        (("brokers", "Apache Kafka", "consumer group"),), "published",
    ),
    "nats-jetstream": PartyPreset(
        {"kind": "broker", "prefetch": 1000, "visibility": "30s"},
        (("brokers", "NATS JetStream", "consumer"),), "published",
    ),
    "rabbitmq": PartyPreset(
        {"kind": "broker", "visibility": "30m"},
        (("brokers", "RabbitMQ", "consumer acknowledgement"),), "third_party",
    ),
    "google-pub-sub": PartyPreset(
        {"kind": "broker", "visibility": "10s", "retention": "7d"},
        (("brokers", "Google Cloud Pub/Sub", "subscription"),), "mixed",
    ),
    "azure-service-bus": PartyPreset(
        {"kind": "broker", "visibility": "1m"},
        (("brokers", "Azure Service Bus", "queue or subscription"),), "mixed",
    ),
    "hubspot": PartyPreset(
        {"kind": "notifications", "limit": _entry("saas", "HubSpot", "any call: burst")},
        (("saas", "HubSpot", "any call: burst"),), "published",
    ),
    "trimble-pc-miler": PartyPreset(
        {"kind": "tms", "limit": _entry("carriers", "Trimble PC*MILER", "routing and mileage call")},
        (("carriers", "Trimble PC*MILER", "routing and mileage call"),), "published",
    ),
    "amazon-vendor-edi": PartyPreset(
        {"kind": "edi_gateway", "documents": {"answer": "24h"}},
        (("edi", "X12 855 order acknowledgment", "answer a purchase order (Amazon vendor terms)"),), "published",
    ),
    "shopify-standard": PartyPreset(
        {
            "kind": "storefront", "webhook": {"repeats": _SHOPIFY},
            "stock_api": {"algorithm": "cost_bucket", "rate": "100/s", "burst": 2000, "max_items": 250},
        },
        (
            ("storefronts", "Shopify", "GraphQL Admin call (standard plan)"),
            ("storefronts", "Shopify", "webhook delivery"),
        ), "mixed",
    ),
    "shopify-plus": PartyPreset(
        {
            "kind": "storefront", "webhook": {"repeats": _SHOPIFY},
            "stock_api": {"algorithm": "cost_bucket", "rate": "1000/s", "burst": 20000, "max_items": 250},
        },
        (("storefronts", "Shopify", "GraphQL Admin call (Plus plan)"), ("storefronts", "Shopify", "webhook delivery")),
        "mixed",
    ),
    "bigcommerce": _pushes("BigCommerce", "webhook delivery (id only)"),
    "woocommerce": _pushes("WooCommerce", "webhook delivery"),
    "adobe-commerce": _pushes("Adobe Commerce", "event delivery (I/O Events webhook)"),
    "saleor": _pushes("Saleor", "asynchronous webhook"),
    "medusa": _pushes("Medusa", "event to subscriber (Redis event bus)"),
    "netsuite-standard": PartyPreset(
        {"kind": "erp_cloud", "concurrency": 5, "when_full": "reject"},
        (("erp", "NetSuite", "REST, SOAP and RESTlet calls together (standard tier)"),), "published",
    ),
    "netsuite-tier-1": PartyPreset(
        {"kind": "erp_cloud", "concurrency": 15, "when_full": "reject"},
        (("erp", "NetSuite", "REST, SOAP and RESTlet calls together (service tier 1)"),), "third_party",
    ),
    "business-central": PartyPreset(
        {
            "kind": "erp_cloud", "concurrency": 100, "when_full": "reject",
            "limit": {"algorithm": "sliding_window", "burst": 6000, "window": "5m"},
        },
        (("erp", "Dynamics 365 Business Central", "OData, API or SOAP call (current)"),), "published",
    ),
    "quickbooks-online": PartyPreset(
        {
            "kind": "erp_cloud", "concurrency": 10, "when_full": "reject",
            "limit": {"algorithm": "fixed_window", "burst": 500, "window": "1m"},
        },
        (("erp", "QuickBooks Online", "API call"),), "published",
    ),
}  # fmt: skip
"""By the name that a scenario gives."""
