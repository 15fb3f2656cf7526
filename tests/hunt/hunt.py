"""The hunt: `python tests/hunt/hunt.py FIRST COUNT` runs seeds of random fault mixtures and says what they broke.

Each run has two phases: orders and faults, then a night and a shift without either, in which everything that can finish
must. Writes a line for each seed that broke something, with the settings to repeat it, and at the end how often each
kind took effect and each invariant had something to check, the rarest ten of both.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from swarm import DRAIN_H, Swarm

import scenarios
from twin.kernel.recorder import Recorder
from twin.model.instant import HOUR
from twin.world.build import build
from twin.world.closing import look_back


class Verdict(NamedTuple):
    """What one seed showed."""

    seed: int
    broken: tuple[dict[str, object], ...]
    took_effect: tuple[str, ...]
    met: dict[str, int]


def hunted(seed: int) -> Verdict:
    """Run one seed."""
    scenario = scenarios.load("first_day", Swarm(seed).settings())
    world = build(scenario, "standard", seed, Recorder(), stops=False)
    world.timeline.run(until=scenario.horizon + DRAIN_H * HOUR)
    look_back(world)
    effects = tuple(armed.fault.kind for armed in world.faults.armed if armed.effects)
    return Verdict(seed, tuple(world.invariants.kept), effects, world.invariants.antecedents)


def main() -> None:
    """Run `COUNT` seeds from `FIRST` on."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    kinds: Counter[str] = Counter()
    met: Counter[str] = Counter()
    bad = 0
    for seed in range(first, first + count):
        verdict = hunted(seed)
        kinds.update(verdict.took_effect)
        met.update(verdict.met)
        if verdict.broken:
            bad += 1
            names = ",".join(dict.fromkeys(str(each["invariant"]) for each in verdict.broken))
            sys.stdout.write(f"seed {seed}: {names}: {verdict.broken[0]}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{count} seeds, {bad} with a violation\n")
    sys.stdout.write(f"rarest kinds: {kinds.most_common()[:-11:-1]}\n")
    sys.stdout.write(f"rarest antecedents: {sorted(met.items(), key=lambda each: each[1])[:10]}\n")


if __name__ == "__main__":
    main()
