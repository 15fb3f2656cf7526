"""Each partner in turn is gone for good: nothing acknowledged is lost, nothing is made twice, no promise is broken."""

import pytest

import scenarios
from twin.world.run import run_once

PARTNERS = ("middleware/erp", "middleware/wms", "middleware/storefront", "middleware/marketplace_a", "wms/carrier_a")


@pytest.mark.parametrize("design", ["standard", "falls_back"])
@pytest.mark.parametrize("partner", PARTNERS)
def test_a_partner_that_is_gone_for_good_loses_and_doubles_nothing(partner: str, design: str):
    """Half an hour of orders before the loss, an hour and a half after it."""
    settings = (f"faults.gone.target={partner}", "faults.gone.trigger.at=30m", "horizon=2h")
    found = run_once(scenarios.load("permanent_loss", settings, small=True), design, 1)
    assert found.vain == ()
    assert found.violations == ()
    assert (found.kpis["lost_orders"], found.kpis["duplicate_erp_orders"]) == (0, 0)
    assert (found.kpis["orders_placed"] or 0) > 100
