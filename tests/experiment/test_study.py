"""A study runs, judges and leaves a folder that is whole; an interrupt keeps what was complete."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import TypeAdapter

from twin.errors import UsageError
from twin.experiment.results import as_csv, as_json, digest_of, git_state
from twin.experiment.study import carry_out, default_target, document, plan_compare, plan_run
from twin.world.result import RunResult
from twin.world.scenario import Bound, BoundText


@dataclass(frozen=True)
class MadeUp:
    """As much of a scenario as an experiment reads."""

    name: str = "made_up"
    text: str = "question: does it?\n"
    seed: int = 7
    reps: int = 3
    designs: dict[str, SimpleNamespace] = field(
        default_factory=lambda: {
            "nightly_batch": SimpleNamespace(gives_up=("S-10", "S-4")),
            "governed": SimpleNamespace(gives_up=()),
        }
    )
    checks: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(on_violation="auto"))
    measures: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(report=("oversold_units",)))
    expectations: tuple[SimpleNamespace, ...] = ()
    slo: tuple[SimpleNamespace, ...] = ()
    faults: tuple[object, ...] = ()
    landscape: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(parties={}))
    is_blank: bool = False

    horizon: int = 0
    demands: tuple[object, ...] = ()
    sha256: str = 64 * "a"
    source: str = "made_up.yaml"
    code: tuple[object, ...] = ()
    overrides: tuple[str, ...] = ()
    is_small: bool = False


def bound(text: str) -> Bound:
    return TypeAdapter(BoundText).validate_python(text)


def expects(text: str, **changes: object) -> SimpleNamespace:
    plain = {
        "name": "it",
        "kpi": "oversold_units",
        "design": "nightly_batch",
        "minus": "governed",
        "over": None,
        "is_": bound(text),
        "seeds": 3,
        "probability": None,
        "on_violation": "fail",
    }
    return SimpleNamespace(**{**plain, **changes})


BROKEN = {"invariant": "S-10", "at_us": 5, "key": "item 4", "chain": ["OrderPlaced 1"]}


def fake_run(
    scenario: MadeUp,
    design: str,
    seed: int,
    *,
    out: Path | None,
    record: bool,
    on_violation: str,
    progress: Callable[[float], None] | None,
) -> RunResult:
    """Oversell much under a batch; break S-10 with seed 8 under `governed` when the scenario is called so."""
    if out is not None:
        (out / "events.parquet").write_bytes(b"PAR1")
    is_broken = scenario.name == "breaks" and design == "governed" and seed == 8
    return RunResult(
        scenario=scenario.name,
        design=design,
        seed=seed,
        stopped=BROKEN if is_broken and on_violation == "stop" else None,
        kpis={"oversold_units": (300.0 if design == "nightly_batch" else 0.5) + seed % 3, "fill_rate": None},
        units={"oversold_units": "units", "fill_rate": "share"},
        invariants_checked=6,
        violations=(BROKEN,) if is_broken else (),
        declared=(BROKEN,) if design == "nightly_batch" else (),
        antecedents={"S-10": 5},
        events=10,
        digest=f"sha256:{design}{seed}",
        sim_s=60.0,
        limits=("carriers never lose a parcel",),
        wall_s=0.1,
        notes=(),
    )


def everything(under: Path) -> list[str]:
    return sorted(str(path.relative_to(under)) for path in under.rglob("*"))


def test_a_comparison_leaves_a_whole_folder(tmp_path: Path):
    study = plan_compare(MadeUp())
    carry_out(study, target=tmp_path / "out", draw=lambda _: {"compare.svg": b"<svg/>"}, run_once=fake_run)
    assert everything(tmp_path) == [
        "out",
        "out/compare.svg",
        "out/governed",
        "out/governed/events.parquet",
        "out/kpis.csv",
        "out/kpis.json",
        "out/manifest.json",
        "out/nightly_batch",
        "out/nightly_batch/events.parquet",
    ]
    made = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (made["seed"], made["reps"], made["exit_code"], made["events"]) == (7, 3, 0, 60)
    assert made["scenario"]["text"] == "question: does it?\n"
    assert len(made["scenario"]["sha256"]) == 64
    assert set(made["dependencies"]) >= {"simpy", "numpy", "duckdb"}
    assert [run["seed"] for run in made["replications"]] == [7, 7, 8, 8, 9, 9]


def test_a_run_leaves_its_events_at_the_top(tmp_path: Path):
    carry_out(plan_run(MadeUp(), "governed"), target=tmp_path / "out", run_once=fake_run)
    assert everything(tmp_path / "out") == ["events.parquet", "kpis.csv", "kpis.json", "manifest.json"]


def test_the_run_document_has_the_contracted_shape():
    study = plan_run(MadeUp())
    made = document(study, carry_out(study, run_once=fake_run))
    assert list(made) == [
        *("scenario", "design", "seed", "reps", "stopped", "kpis", "invariants"),
        *("faults_without_effect", "expectations", "slo"),
        *("events", "digest", "sim_s", "limits", "timing"),
    ]
    assert made["design"] == "nightly_batch"
    kpis = json.loads(as_json(made))["kpis"]
    assert kpis["fill_rate"] == {"mean": None, "ci95": None, "n": 0, "unit": "share"}
    assert (kpis["oversold_units"]["mean"], kpis["oversold_units"]["n"]) == (301.0, 3)
    assert made["invariants"]["checked"] == 6
    assert made["invariants"]["violations"] == []
    assert made["invariants"]["declared"][0] == {"design": "nightly_batch", "seed": 7, **BROKEN}
    assert made["invariants"]["never_broken"] == [{"design": "nightly_batch", "invariant": "S-4"}]
    assert (made["sim_s"], made["limits"]) == (60.0, ["carriers never lose a parcel"])


def test_the_comparison_document_adds_designs_and_paired_differences():
    study = plan_compare(MadeUp())
    made = json.loads(as_json(document(study, carry_out(study, run_once=fake_run))))
    assert list(made["designs"]) == ["nightly_batch", "governed"]
    assert made["designs"]["governed"]["kpis"]["oversold_units"]["mean"] == 1.5
    (difference,) = made["differences"]
    assert (difference["kpi"], difference["a"], difference["b"]) == ("oversold_units", "nightly_batch", "governed")
    assert (difference["mean"], difference["significant"], difference["more_runs"]) == (299.5, True, 0)


def test_the_same_seed_gives_the_same_bytes_but_for_timing():
    study = plan_compare(MadeUp())
    first, second = (document(study, carry_out(study, run_once=fake_run)) for _ in range(2))
    assert as_json({**first, "timing": None}) == as_json({**second, "timing": None})


@pytest.mark.parametrize(
    ("text", "strict", "code"),
    [("> 0", True, 0), ("< 0", False, 1), ("> 299.5", False, 1), ("between 299 and 300", True, 0)],
)
def test_a_broken_claim_sets_the_exit_code(text: str, strict: bool, code: int):
    study = plan_compare(MadeUp(expectations=(expects(text),)), strict=strict)
    assert carry_out(study, run_once=fake_run).exit_code(strict=strict) == code


def test_a_claim_about_another_design_is_named_and_not_judged():
    found = carry_out(plan_run(MadeUp(expectations=(expects("> 0"),)), "governed"), run_once=fake_run)
    assert (found.expectations, found.unjudged) == ((), ("it",))


def test_a_service_level_is_judged_for_each_of_its_designs():
    level = SimpleNamespace(name="few", kpi="oversold_units", is_=bound("<= 9"), designs=())
    found = carry_out(plan_compare(MadeUp(slo=(level,))), run_once=fake_run)
    assert [verdict.word for verdict in found.slo] == ["violated", "holds"]
    assert found.exit_code() == 1


def test_run_stops_on_a_violation_and_compare_reports_it():
    broken = MadeUp(name="breaks")
    stopped = carry_out(plan_run(broken, "governed"), run_once=fake_run)
    assert (len(stopped.comparison.rounds), stopped.exit_code()) == (2, 4)
    made = document(plan_run(broken, "governed"), stopped)
    assert made["stopped"] == {"design": "governed", "seed": 8, **BROKEN}
    reported = carry_out(plan_compare(broken), run_once=fake_run)
    assert (len(reported.comparison.rounds), reported.exit_code()) == (3, 1)


def test_a_scenario_may_choose_what_a_violation_does():
    choosy = MadeUp(name="breaks", checks=SimpleNamespace(on_violation="report"))
    assert carry_out(plan_run(choosy, "governed"), run_once=fake_run).exit_code() == 1
    assert carry_out(plan_run(choosy, "governed", on_violation="stop"), run_once=fake_run).exit_code() == 4


def test_what_a_design_gives_up_sets_no_exit_code():
    assert carry_out(plan_run(MadeUp()), run_once=fake_run).exit_code() == 0


def interrupted_at(seed: int, design: str):
    """A run that a person interrupts."""

    def run(scenario: MadeUp, name: str, number: int, **options: object) -> RunResult:
        if (number, name) == (seed, design):
            raise KeyboardInterrupt
        return fake_run(scenario, name, number, **options)

    return run


def test_an_interrupt_keeps_whole_rounds_and_says_so(tmp_path: Path):
    study = plan_compare(MadeUp(), reps=20)
    found = carry_out(study, target=tmp_path / "out", run_once=interrupted_at(9, "governed"))
    assert (len(found.comparison.rounds), found.interrupted, found.exit_code()) == (2, True, 130)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["exit_code"] == 130
    assert json.loads((tmp_path / "out" / "kpis.json").read_text())["reps"] == 2


def test_an_interrupt_before_the_first_whole_round_leaves_nothing(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        carry_out(plan_compare(MadeUp()), target=tmp_path / "out", run_once=interrupted_at(7, "governed"))
    assert everything(tmp_path) == []


def test_a_failing_run_leaves_no_folder(tmp_path: Path):
    def fails(scenario: MadeUp, design: str, seed: int, **options: object) -> RunResult:
        raise ArithmeticError("no such number")

    with pytest.raises(ArithmeticError):
        carry_out(plan_run(MadeUp()), target=tmp_path / "runs" / "out", run_once=fails)
    assert everything(tmp_path) == []


def test_a_misspelt_design_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="'govern' is no design of this scenario; did you mean 'governed'"):
        plan_run(MadeUp(), "govern")
    with pytest.raises(UsageError, match="there are nightly_batch, governed"):
        plan_compare(MadeUp(), ["zzz"])


def test_a_study_names_its_own_folder():
    assert default_target(plan_run(MadeUp(), "governed", seed=3)) == Path("runs/made_up-governed-3")
    assert default_target(plan_compare(MadeUp())) == Path("runs/made_up-compare-7")


def test_the_digest_of_one_run_is_its_own():
    runs = [
        fake_run(MadeUp(), "governed", seed, out=None, record=True, on_violation="stop", progress=None)
        for seed in (7, 8)
    ]
    assert digest_of(runs[:1]) == "sha256:governed7"
    assert digest_of(runs) != digest_of(list(reversed(runs)))


def test_a_document_refuses_what_json_cannot_say():
    study = plan_run(MadeUp())
    found = carry_out(study, run_once=fake_run)
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(document(study, replace(found, wall_s=float("nan"))))


def test_csv_rows_have_a_header_and_leave_missing_values_empty():
    assert as_csv([{"a": 1, "b": None}, {"a": "x,y", "b": 0.5}]) == 'a,b\n1,\n"x,y",0.5\n'
    assert as_csv([]) == ""


def test_a_folder_that_is_no_checkout_has_no_revision(tmp_path: Path):
    assert git_state(tmp_path) is None


def test_several_designs_have_no_kpis_of_their_own():
    with pytest.raises(UsageError, match="several designs were run"):
        _ = carry_out(plan_compare(MadeUp()), run_once=fake_run).kpis
    assert carry_out(plan_run(MadeUp()), run_once=fake_run).kpis["oversold_units"].mean == 301.0


def test_experiments_load_without_the_heavy_libraries():
    program = "import sys, twin.experiment; print(*{'joblib', 'duckdb', 'matplotlib', 'networkx'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
