"""One replication: build a world, run it to its horizon, and say what happened.

The run is a pure function of scenario, design, seed and code: recording, progress and other runs change nothing.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, Literal

from actors.tap import Write
from twin.errors import InvariantViolation, UsageError
from twin.kernel.recorder import ParquetSink, Recorder
from twin.model.instant import SECOND, Elapsed
from twin.world import blank_run
from twin.world.alerts import Series
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.horizon import advance, observe
from twin.world.journal import HistoryFile, header_of
from twin.world.measure_names import unit_of
from twin.world.result import RunResult, told_of
from twin.world.scenario import Scenario
from twin.world.warm_up import Mser5, found, spacing

HISTORY: Final = "history.jsonl.gz"
LIMITS: Final = (
    "one ERP and one kind of WMS; further parties (TMS, broker, gateway, BI, ...) only where a scenario names them",
    "a carrier tells of its parcels only where its block says `scans`; else every parcel is delivered without a word",
    "a buyer who sees too little is lost; what is sent back is a whole parcel",
    "a marketplace's quota for reading single orders is not modelled, only that of its list",
    "local time runs on as at the start; a change of the clocks inside the horizon is not followed",
)
QUIET: Final = "nothing fails on purpose: delays, refusals, short picks and lost webhooks come from the profiles alone"


def run_once(
    scenario: Scenario,
    design: str,
    seed: int,
    *,
    out: Path | None = None,
    record: bool = True,
    history: bool = False,
    on_violation: Literal["stop", "report"] = "report",
    progress: Callable[[float], None] | None = None,
) -> RunResult:
    """Run one design of a scenario once.

    Args:
        scenario: what to run.
        design: the name of one of its designs.
        seed: of this replication.
        out: a folder for `events.parquet`; None: nothing is written.
        record: whether events go to that file; the digest is the same either way.
        history: whether what reaches the middleware goes to `history.jsonl.gz` in that folder, for a replay.
        on_violation: `stop` ends the run at the first broken invariant that the design does not give up.
        progress: called with the share of the horizon that is done.

    Raises:
        UsageError: there is no such design, or the scenario's blocks do not fit together.
    """
    if design not in scenario.designs:
        raise UsageError(f"no design {design!r} in {scenario.name}; there are {', '.join(scenario.designs)}")
    sink = ParquetSink(out / "events.parquet", _metadata(scenario, design, seed)) if out and record else None
    recorder = Recorder(sink)
    file = HistoryFile(out / HISTORY) if out and history and not scenario.is_blank else None
    try:
        if scenario.is_blank:
            result = blank_run.carry_out(scenario, design, seed, recorder, progress)
        else:
            begins = None if file is None else partial(_begin, file)
            warm_up, notes = _warm_up(scenario, design, seed)
            stops = on_violation == "stop"
            world = build(scenario, design, seed, recorder, stops=stops, history=begins, warm_up=warm_up)
            stopped = _to_the_horizon(world, progress)
            if file is not None and world.tap is not None:
                world.tap.close(world.store)
            result = _result(world, recorder, stopped, warm_up, notes)
        recorder.close()
    except BaseException:
        recorder.abort()
        raise
    finally:
        if file is not None:
            file.close()
    return result


def _begin(file: HistoryFile, world: World) -> Write:
    """Write the header of a world's history; return what takes the rest."""
    file.begin(header_of(world))
    return file.write


def _to_the_horizon(world: World, progress: Callable[[float], None] | None) -> Mapping[str, object] | None:
    try:
        advance(world.timeline, world.scenario.horizon, progress)
        look_back(world)
    except InvariantViolation as violation:
        return {
            "invariant": violation.id,
            "at_us": violation.at_us,
            "key": violation.key,
            "chain": list(violation.chain),
        }
    return None


def _warm_up(scenario: Scenario, design: str, seed: int) -> tuple[Elapsed, list[str]]:
    if not isinstance(scenario.warm_up, Mser5):
        return scenario.warm_up, []
    pilot = build(scenario, design, seed, Recorder(), stops=False)
    series = observe(pilot.timeline, scenario.horizon, spacing(scenario.horizon), pilot.watch.under_way)
    return found(scenario.warm_up, scenario.horizon, series)


def _harmless(scenario: Scenario, design: str, seed: int, warm_up: Elapsed) -> Series | None:
    """Return what the design's alerts would see without the faults; None where there is nothing to tell apart."""
    if not (scenario.faults and scenario.designs[design].alerts):
        return None
    quiet = scenario.model_copy(update={"faults": ()})
    pilot = build(quiet, design, seed, Recorder(), stops=False, warm_up=warm_up)
    advance(pilot.timeline, scenario.horizon, None)
    return pilot.alerts.series


def _result(
    world: World, recorder: Recorder, stopped: Mapping[str, object] | None, warm_up: Elapsed, settled: list[str]
) -> RunResult:
    invariants = world.invariants
    kpis = measured(world)
    worth = world.alerts.judged(world.faults, _harmless(world.scenario, world.design, world.seed, warm_up))
    kpis |= worth.results([rule.name for rule in world.alerts.rules])
    declared = invariants.declared
    notes = [*world.opening.notes, *settled]
    idle = world.further.acting.idle if world.further.acting is not None else ()
    notes += [f"action {name} had nothing to do in design {world.design}" for name in idle]
    notes += worth.notes()
    codes = sorted(world.middleware.exceptions.items())
    if codes:
        notes.append("exceptions opened: " + ", ".join(f"{code} {count}" for code, count in codes))
    return RunResult(
        scenario=world.scenario.name,
        design=world.design,
        seed=world.seed,
        stopped=stopped,
        kpis=kpis,
        units={key: unit_of(key) for key in kpis} | {"cost_of_failure": world.scenario.costs.currency},
        invariants_checked=len(invariants.antecedents),
        violations=tuple(each for each in invariants.kept if each["invariant"] not in declared),
        declared=tuple(each for each in invariants.kept if each["invariant"] in declared),
        antecedents=dict(invariants.antecedents),
        events=recorder.count,
        digest=recorder.digest(),
        sim_s=world.timeline.now / SECOND,
        limits=LIMITS if world.scenario.faults else (*LIMITS, QUIET),
        wall_s=0.0,
        notes=tuple(notes),
        vain=told_of(world.faults.vain()),
        warm_up_s=warm_up / SECOND,
    )


def measured(world: World) -> dict[str, float | None]:
    """Return every measure of a world until now, with what its failures cost."""
    watch, now = world.watch, world.timeline.now
    kpis = watch.results(world.middleware.conflicts, world.floors())
    kpis |= watch.requests.results(world.scenario.measures, world.faults, since=watch.began, now=now)
    kpis |= world.further.results()
    kpis["cost_of_failure"] = world.scenario.costs.total(kpis)
    return kpis


def _metadata(scenario: Scenario, design: str, seed: int) -> dict[str, str]:
    return {"scenario": scenario.name, "design": design, "seed": str(seed), "scenario_sha256": scenario.sha256}
