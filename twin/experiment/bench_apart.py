"""The bench of long runs, each in a process of its own: time and memory as orders get more, to files, on two cores.

A process of its own has the memory of its run and nothing else; what is read is its peak, which is what somebody has
to have. The run is looked at from outside, between two slices of its timeline, so that looking costs it nothing.
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from twin.experiment.bench_measure import BenchRow, Measure, quiet
from twin.experiment.replicate import replicate
from twin.kernel.recorder import ParquetSink, Recorder
from twin.model.instant import DAY, HOUR, Elapsed
from twin.world.build import build

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

SEED: Final = 1
PER_DAY: Final = {"storefront": 60_000, "marketplace_a": 20_000, "marketplace_b": 20_000}
MILLION: Final = 186_000
"""Orders of a normal day with which the peak day has a million, as `scenarios/peak_season.yaml` says."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a run had used when it was looked at: processor and wall seconds, and the peak of resident bytes."""

    at: Elapsed
    placed: int
    open: int
    cpu_s: float
    wall_s: float
    peak: int


def apart(scenario: "Scenario", looks: Sequence[Elapsed], *, to_file: bool = True) -> list[Look]:
    """Run the first design in a process of its own, and return how it stood at the start and at each of `looks`."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_watched, (scenario, tuple(looks), to_file))


def _watched(scenario: "Scenario", looks: Sequence[Elapsed], to_file: bool) -> list[Look]:
    with TemporaryDirectory() as folder, quiet():
        recorder = Recorder(ParquetSink(Path(folder) / "events.parquet") if to_file else None)
        world = build(scenario, next(iter(scenario.designs)), SEED, recorder, stops=False)
        cpu, wall = time.process_time(), time.perf_counter()
        seen = []
        for until in (0, *looks):
            if until:
                world.timeline.run(until=until)
            if looks and until == looks[-1]:
                recorder.close()
            used = time.process_time() - cpu, time.perf_counter() - wall
            seen.append(Look(until, world.watch.count.get("orders_placed", 0), world.watch.open, *used, _peak()))
    return seen


def _peak() -> int:
    """Return the most bytes this process has had; the system counts them in kibibytes, but on macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def of_long_runs(scenario: "Scenario", peak: "Scenario") -> Mapping[str, Measure]:
    """Return the rows that take long runs: `scenario` is the busy firm of `bench_orders`, `peak` is `peak_season`."""

    @cache
    def days(quick: bool) -> list[Look]:
        """Return the looks at the start and at each day's end: ten days of 100,000 orders, or three of 10,000."""
        count, share = (3, 10) if quick else (10, 1)
        sizes = {f"landscape.size.orders_per_day.{name}": volume // share for name, volume in PER_DAY.items()}
        items = 10_000 // share
        chosen = scenario.with_all({"horizon": f"{count}d", "landscape.size.skus": items, **sizes})
        return apart(chosen, [day * DAY for day in range(1, count + 1)])

    def slope(quick: bool) -> BenchRow:
        looks = days(quick)
        first, last = (_of_a_day(looks, day) for day in (2, len(looks) - 1))
        return BenchRow(
            name="slope",
            what="processor time of an order on the last day / on the second, the first whose day is full",
            measured=last / first,
            target=1.15,
            unit="ratio",
            how=f"{last * 1e6:.0f} us an order after {looks[-2].placed:,} others, {first * 1e6:.0f} on the second day",
        )

    def memory_growth(quick: bool) -> BenchRow:
        looks = days(quick)
        early, late = looks[2], looks[-1]
        return BenchRow(
            name="memory_growth",
            what="peak memory at the last day / at the second: open orders constant, events on disk",
            measured=late.peak / early.peak,
            target=1.3,
            unit="ratio",
            how=f"{early.peak / 2**20:.0f} MiB with {early.open:,} open orders at day 2, {late.peak / 2**20:.0f} MiB "
            f"with {late.open:,} at day {len(looks) - 1}",
        )

    def bytes_per_archived_order(quick: bool) -> BenchRow:
        looks = days(quick)
        early, late = looks[2], looks[-1]
        orders = late.placed - early.placed
        return BenchRow(
            name="bytes_per_archived_order",
            what="memory that stays when an order is closed, samples of measures included",
            measured=(late.peak - early.peak) / orders,
            target=100.0,
            unit="bytes",
            how=f"growth from day 2 to day {len(looks) - 1}, {orders:,} orders",
        )

    def bytes_per_open_order(quick: bool) -> BenchRow:
        length = 2 * HOUR if quick else 12 * HOUR
        start, end = apart(scenario.with_("horizon", "1d"), [length])
        return BenchRow(
            name="bytes_per_open_order",
            what="memory of an open order with all parties' ledgers, inbox, timers and attempts",
            measured=(end.peak - start.peak) / end.open,
            target=6_000.0,
            unit="bytes",
            how=f"growth from 0 to {end.open:,} open orders; none is closed before the next day",
        )

    def record_cost(quick: bool) -> BenchRow:
        length = HOUR if quick else 6 * HOUR
        chosen = scenario.with_("horizon", "1d")
        pairs = [[apart(chosen, [length], to_file=on)[-1].cpu_s for on in (True, False)] for _ in range(3)]
        return BenchRow(
            name="record_cost",
            what="a run with its events written to Parquet / packed and hashed only",
            measured=median(written / not_written for written, not_written in pairs),
            target=1.25,
            unit="ratio",
            how=f"processor time of {length // HOUR} h, each in a process of its own, 3 rounds",
        )

    def million(quick: bool) -> BenchRow:
        share = 20 if quick else 1
        chosen = peak.with_("landscape.size.orders_per_day", MILLION // share)
        last = apart(chosen, [chosen.horizon])[-1]
        return BenchRow(
            name="million",
            what="wall seconds of 1,000,000 orders of the peak season on one core",
            measured=last.wall_s * 1_000_000 / last.placed,
            target=240.0,
            unit="s",
            how=f"{last.placed:,} orders in {last.wall_s:.0f} s{', scaled' if quick else ''}; peak memory "
            f"{last.peak / 2**30:.1f} GiB with {last.open:,} open orders at the end",
        )

    return {
        "record_cost": record_cost,
        "bytes_per_open_order": bytes_per_open_order,
        "fanout": partial(_fanout, scenario),
        "slope": slope,
        "memory_growth": memory_growth,
        "bytes_per_archived_order": bytes_per_archived_order,
        "million": million,
    }


LONG: Final = ("slope", "memory_growth", "bytes_per_archived_order", "million")
"""Rows that take many minutes when they are not quick."""


def _of_a_day(looks: Sequence[Look], day: int) -> float:
    """Return the processor seconds of an order that was placed on this day, the first being 1."""
    before, after = looks[day - 1], looks[day]
    return (after.cpu_s - before.cpu_s) / (after.placed - before.placed)


def _fanout(scenario: "Scenario", quick: bool) -> BenchRow:
    chosen = scenario.with_("horizon", "15m")
    design, reps = next(iter(chosen.designs)), 20 if quick else 100
    took = []
    for jobs in (2, 1):
        began = time.perf_counter()
        replicate(chosen, design, SEED, reps, jobs, record=False)
        took.append(time.perf_counter() - began)
    return BenchRow(
        name="fanout",
        what="replications with two processes / one after the other",
        measured=took[0] / took[1],
        target=0.6,
        unit="ratio",
        how=f"wall time of {reps} replications of a quarter of an hour, {took[0]:.1f} s and {took[1]:.1f} s",
    )
