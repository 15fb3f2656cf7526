"""The scenarios of failures hold what they expect, at the size that their own `small` block gives them."""

import pytest

import scenarios
from reports.result import compare, run
from twin.experiment.vain import vain


@pytest.mark.parametrize(
    "name",
    [
        "carrier_delay",
        "channel_quotas",
        "customer_terms",
        "cycle_counts",
        "duplicate_flood",
        "edi_trouble",
        "erp_maintenance",
        "flash_sale",
        "marketplace_throttled",
        "master_data_batch",
        "out_of_order",
        "packs_and_kits",
        "payments",
        "peak_season",
        "peak_season_mid",
        "warehouse_offline",
    ],
)
def test_every_claim_that_fails_a_run_holds_at_the_small_size_and_every_fault_takes_effect(name):
    """Method: the code that the command would exit with, and what each run notes of its faults."""
    scenario = scenarios.load(name, small=True)
    findings = run(scenario) if len(scenario.designs) == 1 else compare(scenario)
    assert findings.exit_code() == 0
    assert vain(findings.comparison.runs) == ()
