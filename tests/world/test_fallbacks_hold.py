"""Every fallback at once, in a busy firm whose partners go away in twos and threes: no promise is broken."""

import pytest

import scenarios
from twin.world.run import run_once

SETS = {
    "other_ways": "{channel_refuses: {after: 1m, use: alternate_path, every: 5m, turnaround: 2m}, "
    "feed_silent: {after: 10m, stale_after: 1h, channels: [storefront, marketplace_a]}, "
    "edi_away: {after: 1m, use: second_route}, "
    "payment_away: {after: 1m, use: accept_small, order_value_at_most: '30.00 EUR'}, "
    "carrier_away: {after: 1m, use: [carrier_b]}, wms_silent: {after: 1m, count_above: 0}, erp_away: {after: 1m}}",
    "by_hand": "{channel_refuses: {after: 1m, use: pause_listing, every: 2m}, "
    "edi_away: {after: 1m, use: manual, margin: 20m}, payment_away: {after: 1m}, "
    "carrier_away: {after: 1m, use: hold_at_dock}, "
    "wms_silent: {after: 1m, publish: decay, reroute_after: 10m, count_above: 0}}",
}
TROUBLES = {
    "sellers": (
        "{name: a, kind: E3, target: marketplace_a, trigger: {at: 10m}, duration: 70m, end: heal_with_burst}",
        "{name: b, kind: E1, target: storefront, trigger: {at: 40m}, duration: 40m}",
        "{name: c, kind: E3, target: edi, trigger: {at: 15m}, duration: 90m}",
    ),
    "goods_and_money": (
        "{name: a, kind: E3, target: bank, trigger: {at: 10m}, duration: 60m, end: heal_with_burst}",
        "{name: b, kind: E3, target: carrier_a, trigger: {at: 30m}, duration: 60m}",
        "{name: c, kind: W1, target: wms, trigger: {at: 20m}, duration: 45m}",
        "{name: d, kind: P1, target: middleware, trigger: {at: 35m}, restart: 1m}",
    ),
    "connections": (
        "{name: a, kind: N8, target: middleware/marketplace_a, trigger: {at: 10m}, duration: 50m}",
        "{name: b, kind: N7, target: middleware/edi, trigger: {at: 20m}, duration: 60m}",
        "{name: c, kind: N2, target: middleware/bank, trigger: {at: 5m}, duration: 90m, probability: 30%}",
        "{name: d, kind: E1, target: erp, trigger: {at: 30m}, duration: 30m}",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fallbacks", SETS)
@pytest.mark.parametrize("troubles", TROUBLES)
@pytest.mark.parametrize("stock", ["stationary", "6"])
def test_no_promise_is_broken_whoever_is_away_and_whatever_is_done_about_it(fallbacks: str, troubles: str, stock: str):
    settings = ["horizon=6h", f"stock.opening={stock}", "channels.edi.promise={acknowledge: 1h}"]
    settings += ["landscape.parties.bank.checkout=interface", f"faults=[{', '.join(TROUBLES[troubles])}]"]
    settings.append(f"designs.standard.fallbacks={SETS[fallbacks]}")
    made = run_once(scenarios.load("busy_firm", settings), "standard", 1)
    assert (made.kpis["fallback_s"] or 0) > 1_000
    assert (made.kpis["invariant_violations"], made.kpis["lost_orders"], made.kpis["duplicate_erp_orders"]) == (0, 0, 0)
