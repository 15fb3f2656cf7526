"""Faults that never took effect: of each design the runs in which a record struck nothing.

Such a run proves nothing of that fault, so it is said wherever results are: on stderr, in the document, on the page and
in a notebook (RELIABILITY 1).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from twin.world.result import RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Vain:
    """A fault of a scenario under one design, and the seeds of the runs, out of `runs`, in which it struck nothing."""

    design: str
    fault: str
    kind: str
    target: str
    seeds: tuple[int, ...]
    runs: int

    @property
    def sentence(self) -> str:
        """What to say of it."""
        share = f"{len(self.seeds)} of {self.runs} runs" if self.runs > 1 else "the run"
        return f"fault {self.fault} ({self.kind} at {self.target}) took no effect in {share} of {self.design}"


def vain(runs: Iterable[RunResult]) -> tuple[Vain, ...]:
    """Find what took no effect, design by design, in the order in which the scenario states its faults."""
    made: dict[str, int] = {}
    seeds: dict[tuple[str, str, str, str], list[int]] = {}
    for run in runs:
        made[run.design] = made.get(run.design, 0) + 1
        for each in run.vain:
            seeds.setdefault((run.design, each["fault"], each["kind"], each["target"]), []).append(run.seed)
    return tuple(
        Vain(design=design, fault=fault, kind=kind, target=target, seeds=tuple(found), runs=made[design])
        for (design, fault, kind, target), found in seeds.items()
    )
