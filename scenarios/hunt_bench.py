"""The bench of the hunt: what a seed costs, and how long it takes until a find is as small as it gets."""

from collections.abc import Mapping
from statistics import median
from typing import Final

from scenarios.hunting import hunted, smaller
from twin.experiment.bench_measure import BenchRow, Measure, timed
from twin.search.swarm import Mixture, Swarm

PLANTED: Final = ({"name": "lies", "kind": "E5", "target": "erp", "trigger": "{at: 20m}", "duration": "40m"},)
"""A fault outside the partners' contracts: the ERP says yes and does nothing."""


def hunt_seed(quick: bool) -> BenchRow:
    """Measure seeds of the hunt, each from its mixture to the last look at its books."""
    count = 5 if quick else 25
    hunted(1)
    took = [timed(lambda seed=seed: hunted(seed)) for seed in range(1, count + 1)]  # type: ignore[misc]  # bound now
    return BenchRow(
        name="hunt_seed",
        what="one seed of the hunt, median",
        measured=median(took),
        target=0.6,
        unit="s",
        how=f"seeds 1 to {count}, processor time, slowest {max(took):.2f} s",
    )


def hunt_shrink(quick: bool) -> BenchRow:
    """Measure the way to the smallest mixture of a planted fault among what the first seeds draw."""
    seeds = range(1, 3 if quick else 8)
    took: list[float] = []
    replays: list[int] = []
    for seed in seeds:
        mixture = Swarm(seed).mixture()
        worse = mixture.changed(faults=(*mixture.faults, *PLANTED))
        spent = timed(lambda worse=worse: replays.append(_replays(worse)))  # type: ignore[misc]  # bound now
        if replays[-1]:
            took.append(spent)
    return BenchRow(
        name="hunt_shrink",
        what="a violation made as small as it gets, median",
        measured=median(took),
        target=10.0,
        unit="s",
        how=f"E5 planted in seeds {seeds[0]} to {seeds[-1]}, {len(took)} finds, at most {max(replays)} runs, "
        f"slowest {max(took):.1f} s (target 60)",
    )


def _replays(mixture: Mixture) -> int:
    found = smaller(mixture)
    return 0 if found is None else found.replays


HUNT_ROWS: Final[Mapping[str, Measure]] = {"hunt_seed": hunt_seed, "hunt_shrink": hunt_shrink}
