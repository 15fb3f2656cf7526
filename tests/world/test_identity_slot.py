"""The design slot `identity` decides in a run what a repeated order becomes."""

import pytest

import scenarios
from twin.world.run import run_once

QUICK = ("landscape.size.skus=200", "horizon=4h", 'start.at="2026-03-03T09:00"')
REPEATS = ("landscape.parties.storefront.webhook.duplicated=20%",)
LATE = (
    "landscape.parties.storefront.webhook.latency={law: exponential, mean: 10m}",
    "landscape.parties.storefront.webhook.reconcile_every=5m",
)
"""Pushes come so late that the shop's list is often read before: the same order under two message ids."""
SECOND = ("S-3", "S-7", "P-8")
"""What a second order breaks: an effect twice, a message handled twice, an id that is not one order."""


def ran(identity: str, *settings: str) -> dict[str, float | None]:
    design = f"designs.standard={{identity: {identity}, gives_up: [{', '.join(SECOND)}]}}"
    result = run_once(scenarios.load("first_day", [*QUICK, *settings, design]), "standard", 3)
    assert result.kpis["orders_placed"] > 100
    assert list(result.violations) == []
    return result.kpis


@pytest.mark.parametrize("identity", ["transport", "request", "business"])
def test_a_message_that_comes_twice_is_one_order_where_messages_are_known(identity: str) -> None:
    assert ran(identity, *REPEATS)["duplicate_erp_orders"] == 0


def test_without_identity_every_repeat_is_a_second_order_and_is_counted() -> None:
    kpis = ran("none", *REPEATS)
    assert kpis["duplicate_erp_orders"] > 10
    assert kpis["violations{invariant=S-3}"] == kpis["duplicate_erp_orders"]


def test_the_same_order_read_over_two_ways_is_one_only_by_its_document() -> None:
    assert ran("transport", *LATE)["duplicate_erp_orders"] > 10
    assert ran("business", *LATE)["duplicate_erp_orders"] == 0


def test_a_signed_webhook_that_comes_too_late_is_refused_and_its_order_found_by_the_next_reading() -> None:
    """A sender that repeats its first signature: pushes take ten minutes on average, a signature is good for five."""
    signed = ("landscape.parties.storefront.webhook.signed=true", "landscape.parties.storefront.webhook.resigns=false")
    stale, fresh = ran("business", *LATE, *signed), ran("business", *LATE, signed[0])
    for kpis in (stale, fresh):
        assert kpis["duplicate_erp_orders"] == 0 == kpis["lost_orders"]
        assert kpis["orders_accepted"] > 0.8 * kpis["orders_placed"]
    assert stale["throughput_per_s"] < 0.95 * fresh["throughput_per_s"], "what is refused makes no further message"
