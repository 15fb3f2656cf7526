"""The two things one does with a scenario: run one of its designs, or compare several on the same seeds.

Both are one sequence, for the face as for the command line: make a plan from the scenario and what the caller changed,
collect rounds, judge claims, write the run folder. An interrupt ends the collecting; what was complete by then is
judged, written and returned as any result, marked as interrupted. Without a complete round there is nothing to keep,
and the interrupt goes on.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from twin.errors import UsageError
from twin.experiment.comparison import Comparison, compare_rounds
from twin.experiment.expectations import OVERSELL_LAW, Claim, Predictions, claims_of, judge_all, service_levels_of
from twin.experiment.folder import MANIFEST, RunFolder
from twin.experiment.replicate import Plan, Precision, Round, rounds, unreached
from twin.experiment.results import (
    Findings,
    Json,
    Origin,
    as_csv,
    as_json,
    compare_document,
    kpi_rows,
    manifest,
    replications,
    run_document,
)
from twin.experiment.work import OnViolation, Progress, RunOnce
from twin.model.instant import DAY

if TYPE_CHECKING:
    from twin.world.fault_specs import FaultBlock
    from twin.world.scenario import Scenario

Verb = Literal["run", "compare"]
Draw = Callable[[Comparison], Mapping[str, bytes]]
"""Makes the files of the figure, by name; given by whoever may import the reports."""
HISTORY_ORDERS_MAX = 100_000
"""A run of fewer orders keeps its history by itself; the history of a larger one is asked for."""
STANDARD_REPORT = ("oversold_units", "lost_sales_units", "channel_calls", "availability_age_s")
"""What is shown of a scenario that does not say what to show."""
BLANK_REPORT = ("success_share", "latency_s", "attempts_per_call", "collapsed", "recovery_s", "recovery_censored")
"""The same in a world without a distributor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is to be done with a scenario: the plan, and what was claimed of its runs before they were made.

    Under `strict` an undecided claim fails like a violated one.
    """

    verb: Verb
    scenario: "Scenario"
    plan: Plan
    origin: Origin
    claims: tuple[Claim, ...]
    service_levels: tuple[Claim, ...]
    strict: bool = False


def plan_run(
    scenario: "Scenario",
    design: str | None = None,
    *,
    seed: int | None = None,
    reps: int | None = None,
    on_violation: OnViolation | None = None,
    precision: Sequence[Precision] = (),
    history: bool | None = None,
    strict: bool = False,
) -> Study:
    """Plan to run one design, the first one unless named, on consecutive seeds.

    Args:
        scenario: The scenario.
        design: One of its designs.
        seed: The root seed, else the scenario's.
        reps: How many replications, else the scenario's.
        on_violation: `stop` (unless the scenario says otherwise) ends at the first broken invariant, `report` counts.
        precision: Measures whose intervals must be narrow enough before it ends.
        history: Whether the history is kept; None goes by the number of orders.
        strict: Whether an undecided claim fails.

    Raises:
        UsageError: No such design, or a number makes no sense.
    """
    chosen = next(iter(scenario.designs)) if design is None else design
    plan = _plan(scenario, (chosen,), seed, reps, on_violation, "stop", precision, history)
    return _study("run", scenario, plan, _origin(scenario, plan.seed), strict=strict)


def plan_compare(
    scenario: "Scenario",
    designs: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    reps: int | None = None,
    on_violation: OnViolation | None = None,
    precision: Sequence[Precision] = (),
    history: bool | None = None,
    strict: bool = False,
) -> Study:
    """Plan to run several designs, all unless named, on the same consecutive seeds; for the rest see `plan_run`.

    Unless the scenario or the caller says otherwise, a broken invariant is counted and ends nothing.

    Raises:
        UsageError: No such design, a number makes no sense, or a fault would strike each design elsewhere.
    """
    _refuse_counted_faults(scenario)
    chosen = tuple(scenario.designs) if designs is None else tuple(designs)
    plan = _plan(scenario, chosen, seed, reps, on_violation, "report", precision, history)
    return _study("compare", scenario, plan, _origin(scenario, plan.seed), strict=strict)


def carry_out(
    study: Study,
    jobs: int = 1,
    *,
    target: Path | None = None,
    draw: Draw | None = None,
    progress: Progress | None = None,
    laws: Predictions | None = None,
    run_once: RunOnce | None = None,
) -> Findings:
    """Run a study and write its folder, if it is given a target.

    The folder has `manifest.json`, `kpis.json` (the document, and every replication's own values), `kpis.csv`, the
    figures, and `events.parquet` of the first replication (of each design, in a folder of its name, if several are
    compared), with `history.jsonl.gz`, what reached its middleware. Any other replication's are had by running it
    alone, from its own seed.

    Raises:
        UsageError: The target cannot be written, or is not ours to replace; a precision names no measure.
        TwinError: What a run raised.
        KeyboardInterrupt: It came before the first round was complete; nothing is left behind.
    """
    began = time.perf_counter()
    with nullcontext() if target is None else RunFolder(target) as folder:
        plan = study.plan
        if folder is not None:
            places = {name: _events_folder(folder, study, name) for name in plan.designs}
            plan = replace(plan, out=places)
        done, interrupted = _collect(study.scenario, plan, jobs, progress, run_once)
        findings = _findings(study, done, laws)
        findings = replace(findings, wall_s=time.perf_counter() - began, interrupted=interrupted)
        if folder is not None:
            _write(folder, study, findings, draw)
            folder.commit()
    return findings


def document(study: Study, findings: Findings) -> dict[str, Json]:
    """Make the JSON document of a study, as its verb prints it."""
    make = run_document if study.verb == "run" else compare_document
    return make(findings, study.plan.seed)


def default_target(study: Study) -> Path:
    """Name the folder that a study writes to by itself: `runs/<scenario>-<design or compare>-<seed>`."""
    what = study.plan.designs[0] if study.verb == "run" else "compare"
    return Path("runs") / f"{study.origin.scenario}-{what}-{study.plan.seed}"


def _study(verb: Verb, scenario: "Scenario", plan: Plan, origin: Origin, *, strict: bool) -> Study:
    return Study(
        verb=verb,
        scenario=scenario,
        plan=plan,
        origin=origin,
        claims=claims_of(scenario),
        service_levels=service_levels_of(scenario, plan.designs),
        strict=strict,
    )


def _plan(
    scenario: "Scenario",
    designs: tuple[str, ...],
    seed: int | None,
    reps: int | None,
    on_violation: OnViolation | None,
    by_itself: OnViolation,
    precision: Sequence[Precision],
    history: bool | None,
) -> Plan:
    for name in designs:
        if name not in scenario.designs:
            raise _no_design(name, tuple(scenario.designs))
    if history and scenario.is_blank:
        raise UsageError(f"{scenario.name} has clients and servers and no middleware whose history could be kept")
    stated = scenario.checks.on_violation
    return Plan(
        designs=designs,
        seed=scenario.seed if seed is None else seed,
        reps=scenario.reps if reps is None else reps,
        precision=tuple(precision),
        history=_keeps_history(scenario) if history is None else history,
        on_violation=on_violation or (by_itself if stated == "auto" else stated),
    )


def _refuse_counted_faults(scenario: "Scenario") -> None:
    """Refuse faults that begin at the n-th message or a named point: designs send different messages.

    Raises:
        UsageError: There is one.
    """
    from twin.world.fault_specs import PointTrigger  # only a comparison loads it

    for fault in scenario.faults:
        if _is_counted(fault):
            key = "point" if isinstance(fault.trigger, PointTrigger) else "nth"
            raise UsageError(
                f"compare refuses fault '{fault.name}' with its trigger '{key}': designs send different messages; "
                "trigger it with at, after or when, or run one design"
            )


def _is_counted(fault: "FaultBlock") -> bool:
    """Tell whether a fault begins at a counted message or at a named point."""
    return "nth" in fault.trigger.model_dump()


def _keeps_history(scenario: "Scenario") -> bool:
    """Tell whether a run keeps its history by itself: one of few orders, whose faults wait for no counted message."""
    few = not scenario.is_blank and _orders_expected(scenario) < HISTORY_ORDERS_MAX
    return few and not any(_is_counted(fault) for fault in scenario.faults)


def _orders_expected(scenario: "Scenario") -> float:
    """Return about how many orders drawn demand brings; recorded demand says so only when it is read, and counts 0."""
    days = scenario.horizon / DAY
    return sum(
        volume * scenario.multiplier(block, name) * days
        for block in scenario.demands
        if block.kind == "distribution"
        for name, volume in scenario.orders_per_day(block.orders_per_day).items()
    )


def _origin(scenario: "Scenario", seed: int) -> Origin:
    return Origin(
        scenario=scenario.name,
        source=scenario.source,
        text=scenario.text,
        sha256=scenario.sha256,
        seed=seed,
        overrides=scenario.overrides,
        small=scenario.is_small,
        code=scenario.code,
    )


def _no_design(name: str, known: Sequence[str]) -> UsageError:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(known)}"
    return UsageError(f"'{name}' is no design of this scenario{hint}")


def _collect(
    scenario: "Scenario", plan: Plan, jobs: int, progress: Progress | None, run_once: RunOnce | None
) -> tuple[list[Round], bool]:
    """Collect rounds until they end or somebody interrupts; an interrupt without a complete round goes on."""
    done: list[Round] = []
    try:
        done.extend(rounds(scenario, plan, jobs, progress=progress, run=run_once))  # keeps what came before an error
    except KeyboardInterrupt:
        if not done:
            raise
        return done, True
    return done, False


def _findings(study: Study, done: Sequence[Round], laws: Predictions | None) -> Findings:
    scenario, designs = study.scenario, study.plan.designs
    comparison = compare_rounds(done, reported(scenario))
    known = laws or {OVERSELL_LAW: partial(_oversell_law, scenario)}
    return Findings(
        comparison=comparison,
        expectations=judge_all(study.claims, comparison, known),
        slo=judge_all(study.service_levels, comparison, known),
        unjudged=tuple(claim.name for claim in study.claims if not set(claim.designs) <= set(designs)),
        gives_up={design: tuple(scenario.designs[design].gives_up) for design in designs},
        unreached=tuple(wish.kpi for wish in unreached(study.plan, done)),
    )


def reported(scenario: "Scenario") -> tuple[str, ...]:
    """Name the measures that are shown of a scenario: those that it asks for, else those of its kind of world."""
    return scenario.measures.report or (BLANK_REPORT if scenario.is_blank else STANDARD_REPORT)


def _events_folder(folder: RunFolder, study: Study, design: str) -> Path:
    return folder.path if study.verb == "run" else folder.folder(design)


def _write(folder: RunFolder, study: Study, findings: Findings, draw: Draw | None) -> None:
    code = findings.exit_code(strict=study.strict)
    folder.write("kpis.json", as_json({**document(study, findings), "replications": replications(findings.comparison)}))
    folder.write("kpis.csv", as_csv(kpi_rows(findings.comparison)))
    for name, content in ({} if draw is None else draw(findings.comparison)).items():
        folder.write(name, content)
    folder.write(MANIFEST, as_json(manifest(study.verb, study.origin, findings, study.plan.on_violation, code)))


def _oversell_law(scenario: "Scenario", design: str) -> float:
    from twin.world.oversell_law import predict  # only a scenario that asks for a prediction loads it

    return predict(scenario, design)
