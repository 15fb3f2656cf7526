"""Every shipped scenario holds what it expects at the size that its own `small` block gives it."""

import pytest

import scenarios
from reports.result import compare, run
from twin.experiment.vain import vain

LONG = (
    "metastable_grid",
    "modernise_first",
    "naive_orders",
    "order_storm",
    "oversell",
    "parcels",
    "partners_away",
    "promise_dates",
    "retry_storm",
    "returns_wave",
    "stock_gaps",
    "stock_reconciliation",
    "whole_house",
)
"""Small runs that take longer than the rest: designs times replications times days."""


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in scenarios.names()]
)
def test_every_claim_that_fails_a_run_holds_at_the_small_size_and_every_fault_takes_effect(name):
    """Method: the code that the command would exit with, and which faults struck nothing in which runs."""
    scenario = scenarios.load(name, small=True)
    findings = run(scenario) if len(scenario.designs) == 1 else compare(scenario)
    assert findings.exit_code() == 0
    assert vain(findings.comparison.runs) == ()
