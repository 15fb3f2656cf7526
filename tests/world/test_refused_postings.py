"""Postings that the ERP refuses: people see them, and the books are together again when they have."""

import scenarios
from twin.world.run import run_once

SETTINGS = ("horizon=3d", "demand.orders_per_day=150", "landscape.parties.erp.refuses_postings=50%")


def test_a_refused_posting_is_an_exception_and_is_booked_when_somebody_has_seen_to_it() -> None:
    """Method: half of the receipts are refused, with people who redrive them and with people who cannot come to it."""
    scenario = scenarios.load("packs_and_kits", SETTINGS)
    slow = scenario.with_("landscape.parties.operators.touch", "100d")
    seen, unseen = (run_once(each, "governed", 2) for each in (scenario, slow))
    assert any("POSTING_REFUSED" in note for note in seen.notes)
    assert seen.kpis["drift_units.end"] < unseen.kpis["drift_units.end"]
    assert seen.kpis["invariant_violations"] == 0


def test_an_erp_that_refuses_nothing_has_no_such_item() -> None:
    scenario = scenarios.load("packs_and_kits", (*SETTINGS[:2], "landscape.parties.erp.refuses_postings=0%"))
    assert not any("POSTING_REFUSED" in note for note in run_once(scenario, "governed", 2).notes)
