"""One replication of a world without a distributor: build it, run it to its horizon, and say what happened."""

from collections.abc import Callable
from typing import Final

from twin.kernel.recorder import Recorder
from twin.model.instant import SECOND, Elapsed
from twin.world.blank import build, longest_wait
from twin.world.call_watch import Judgement, of_parties, results
from twin.world.horizon import advance, observe
from twin.world.layers import attempts_bounds
from twin.world.measure_names import unit_of
from twin.world.outcomes import trouble_of
from twin.world.result import RunResult, told_of
from twin.world.scenario import Scenario
from twin.world.warm_up import Mser5, found, spacing

LIMITS: Final = (
    "a world without a distributor: clients and servers alone, no orders; of the invariants those of policies",
    "a call that was given up is noticed by a server that cancels at once, whatever the link's latency",
)


def carry_out(
    scenario: Scenario, design: str, seed: int, recorder: Recorder, progress: Callable[[float], None] | None
) -> RunResult:
    """Run one design once; the recorder is left to its owner."""
    warm_up, notes = _warm_up(scenario, design, seed)
    world = build(scenario, design, seed, recorder, warm_up)
    advance(world.timeline, scenario.horizon, progress)
    asked = Judgement(
        since=warm_up,
        now=world.timeline.now,
        deadline=longest_wait(scenario),
        windows=scenario.measures.windows,
        collapse=scenario.measures.collapse,
        recovery=scenario.measures.recovery,
        trouble=trouble_of(world.faults),
    )
    kpis = results(world.watch, world.servers, asked) | of_parties(world.addresses)
    for link, most in attempts_bounds(scenario, scenario.designs[design]).items():
        kpis[f"attempts_bound{{link={link}}}"] = most
    return RunResult(
        scenario=scenario.name,
        design=design,
        seed=seed,
        stopped=None,
        kpis=kpis,
        units={key: unit_of(key) for key in kpis},
        invariants_checked=len(world.watch.findings.antecedents),
        violations=tuple(world.watch.findings.kept),
        declared=(),
        antecedents=world.watch.findings.antecedents,
        events=recorder.count,
        digest=recorder.digest(),
        sim_s=world.timeline.now / SECOND,
        limits=LIMITS,
        wall_s=0.0,
        notes=tuple(notes),
        vain=told_of(world.faults.vain()),
        warm_up_s=warm_up / SECOND,
    )


def _warm_up(scenario: Scenario, design: str, seed: int) -> tuple[Elapsed, list[str]]:
    if not isinstance(scenario.warm_up, Mser5):
        return scenario.warm_up, []
    pilot = build(scenario, design, seed, Recorder())
    return found(
        scenario.warm_up,
        scenario.horizon,
        observe(pilot.timeline, scenario.horizon, spacing(scenario.horizon), pilot.under_way),
    )
