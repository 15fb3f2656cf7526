"""In a notebook findings show the reported measures by design, the verdicts, and what speaks against them."""

from twin.experiment.comparison import compare_rounds
from twin.experiment.expectations import Claim, Condition, Verdict
from twin.experiment.results import Findings
from twin.world.result import RunResult


def result(design: str, seed: int, oversold: float | None, **changes: object) -> RunResult:
    facts: dict[str, object] = {
        "scenario": "made_up",
        "design": design,
        "seed": seed,
        "stopped": None,
        "kpis": {"oversold_units": oversold, "orders_placed": 9.0},
        "units": {"oversold_units": "units", "orders_placed": "orders"},
        "invariants_checked": 6,
        "violations": (),
        "declared": (),
        "antecedents": {},
        "events": 1,
        "digest": f"sha256:{design}{seed}",
        "sim_s": 60.0,
        "limits": (),
        "wall_s": 0.1,
        "notes": (),
    }
    return RunResult(**{**facts, **changes})


def html(*rounds: tuple[RunResult, ...], **facts: object) -> str:
    return Findings(comparison=compare_rounds(rounds, ["oversold_units"]), **facts)._repr_html_()


def test_each_design_has_a_column_with_mean_and_interval_and_only_reported_measures_have_a_row():
    found = html((result("raw", 1, 4.0), result("calm", 1, 1.0)), (result("raw", 2, 4.0), result("calm", 2, 1.0)))
    assert "<tr><th>measure</th><th>unit</th><th>raw</th><th>calm</th></tr>" in found
    assert "<tr><td>oversold_units</td><td>units</td><td>4 (4 .. 4)</td><td>1 (1 .. 1)</td></tr>" in found
    assert "orders_placed" not in found


def test_one_run_shows_no_interval_and_a_measure_without_a_value_shows_none():
    found = html((result("raw", 1, 4.0), result("calm", 1, None)))
    assert "<td>4</td><td>-</td>" in found


def test_a_verdict_stands_beside_its_claim_and_signs_are_escaped():
    claim = Claim(
        name="less", kpi="oversold_units", design="raw", minus="calm", condition=Condition(low=0.0), text="> 0"
    )
    verdict = Verdict(claim=claim, holds=None, value=3.0, ci95=None, n=1, unit="units")
    found = html((result("raw", 1, 4.0), result("calm", 1, 1.0)), expectations=(verdict,))
    assert "<td>less</td><td>oversold_units of raw - calm &gt; 0</td><td>undecided</td>" in found


def test_what_speaks_against_the_figures_is_said():
    broken = {"invariant": "S-10", "key": "item 1"}
    found = html((result("raw", 7, 4.0, stopped=broken, violations=(broken,)),), interrupted=True)
    assert "<p>raw, seed 7: stopped on a broken invariant.</p>" in found
    assert "<p>Broken invariants: 1.</p>" in found
    assert "<p>Interrupted: later replications are missing.</p>" in found


def test_sound_findings_carry_no_warning():
    assert "<p>" not in html((result("raw", 1, 4.0),))
