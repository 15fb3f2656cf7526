"""A stock fact is followed to the channels and to the ERP's book; what is missing after its time is a gap."""

import scenarios
from twin.world.result import RunResult
from twin.world.run import run_once

HALF_DAY = ("horizon=12h", "landscape.size.skus=100", "demand.orders_per_day=600")


def half_day(*settings: str) -> RunResult:
    return run_once(scenarios.load("first_day", [*HALF_DAY, *settings]), "standard", 3, on_violation="report")


def gaps(found: RunResult) -> dict[str, float]:
    return {
        key.partition("=")[2].rstrip("}"): value
        for key, value in found.kpis.items()
        if key.startswith("lineage_gaps{") and value is not None
    }


def test_every_fact_of_an_ordinary_half_day_reaches_its_ends() -> None:
    found = half_day()
    assert found.kpis["lineage_gaps"] == 0
    assert gaps(found) == {}


def test_a_fact_that_the_erp_does_not_book_lacks_its_posting() -> None:
    away = "faults=[{name: gone, kind: E1, target: erp, trigger: {at: 0s}, end: permanent}]"
    found = half_day(away)
    assert set(gaps(found)) == {"posting"}
    assert found.kpis["lineage_gaps"] == gaps(found)["posting"] > 0


def test_a_channel_that_refuses_figures_leaves_them_without_acknowledgement_or_publication() -> None:
    deaf = "faults=[{name: deaf, kind: E1, target: storefront, trigger: {at: 0s}, end: permanent}]"
    found = half_day(deaf, "landscape.size.skus=30")
    assert set(gaps(found)) <= {"publication", "acknowledgement"}
    assert found.kpis["lineage_gaps"] > 0


def test_a_shorter_time_finds_more_and_a_nightly_file_lacks_its_publication() -> None:
    hasty = half_day("measures.lineage_after=1ms")
    assert hasty.kpis["lineage_gaps"] > 0
    nightly = "designs.standard.publication={kind: batch, at: ['02:00'], from: ledger}"
    assert set(gaps(half_day(nightly))) == {"publication"}


def test_where_a_design_follows_facts_a_person_sees_each_gap() -> None:
    deaf = "faults=[{name: deaf, kind: E1, target: storefront, trigger: {at: 0s}, end: permanent}]"
    for after, seen in (("1h", True), ("0s", False)):
        found = half_day(deaf, "landscape.size.skus=30", f"designs.standard.lineage_after={after}")
        assert any("LINEAGE_GAP" in note for note in found.notes) is seen
