"""The bench of branching: how soon a second future of a warm world runs, when the process is forked.

Between two entries of the timeline nothing is in flight but data, so a copy of the process is a copy of the world. The
child runs its first entry and says when; both clocks are the system's monotonic one.
"""

import multiprocessing
import os
import struct
import time
from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from twin.experiment.bench_measure import BenchRow, Measure, quiet
from twin.kernel.recorder import Recorder
from twin.model.instant import HOUR, Elapsed
from twin.world.build import World, build

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

FORKS: Final = 9


def of_a_warm_world(scenario: "Scenario") -> Mapping[str, Measure]:
    """Return the row, where the system can fork; `scenario` is the busy firm of `bench_orders`."""
    return {"branch": partial(_branch, scenario)} if hasattr(os, "fork") else {}


def _branch(scenario: "Scenario", quick: bool) -> BenchRow:
    warm_up = HOUR if quick else 24 * HOUR
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        warmed, forked, open_orders = pool.apply(_measured, (scenario.with_("horizon", "2d"), warm_up))
    return BenchRow(
        name="branch",
        what="time until a forked future runs / time of the warm-up",
        measured=forked / warmed,
        target=0.01,
        unit="ratio",
        how=f"{forked * 1e3:.1f} ms against {warmed:.1f} s, with {open_orders:,} open orders; median of {FORKS} forks",
    )


def _measured(scenario: "Scenario", warm_up: Elapsed) -> tuple[float, float, int]:
    """Return the wall seconds of the warm-up and until a fork runs, and the orders that were open then."""
    with quiet():
        world = build(scenario, next(iter(scenario.designs)), 1, Recorder(), stops=False)
        began = time.perf_counter()
        world.timeline.run(until=warm_up)
        warmed = time.perf_counter() - began
        return warmed, median(_forked(world) for _ in range(FORKS)), world.watch.open


def _forked(world: World) -> float:
    """Return the seconds from the fork until the child has run its first entry."""
    told, tell = os.pipe()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        world.timeline.step()
        os.write(tell, struct.pack("d", time.perf_counter()))
        os._exit(0)
    os.close(tell)
    (at,) = struct.unpack("d", os.read(told, 8))
    os.close(told)
    os.waitpid(child, 0)
    return float(at) - began
