"""Rows of the bench that need no logic: the kernel against a bare heap loop and against textbook SimPy."""

from collections.abc import Generator
from heapq import heappop, heappush
from itertools import count
from random import Random
from statistics import median
from typing import Final

import simpy

from twin.experiment import textbook
from twin.experiment.bench_measure import BenchRow, Measure, interleaved, ratio, timed
from twin.kernel.laws import Constant, Exponential, Law, delay
from twin.kernel.link import Link
from twin.kernel.recorder import Recorder
from twin.kernel.station import Station
from twin.kernel.timeline import Timeline
from twin.model.chance import draw, root

PENDING: Final = 64
"""Calls or messages that are under way at any time, in every program of this module."""
LATENCY_US: Final = 100_000
SERVICE_US: Final = 1_000

Steps = Generator[simpy.Event, object, None]


def kernel_ratio(quick: bool) -> BenchRow:
    """One scheduled call in our kernel against one on a bare heapq loop."""
    calls = 50_000 if quick else 200_000
    return BenchRow(
        name="kernel_ratio",
        what="one scheduled call in our kernel / on a bare heapq loop",
        measured=ratio(lambda: our_call(calls), lambda: bare_call(calls), rounds=9),
        target=1.3,
        unit="ratio",
        how=f"{PENDING} functions that schedule themselves again, {calls:,} calls, 9 rounds",
    )


def bare_call(calls: int) -> float:
    """Return seconds per call of the least that Python can do: pop, call, push."""
    heap: list[tuple[int, int, int, object, int]] = []
    serial, now, left = count(), 0, calls

    def again(every: int) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            heappush(heap, (now + every, 1, next(serial), again, every))

    def loop() -> None:
        nonlocal now
        while heap:
            now, _, _, fn, arg = heappop(heap)
            fn(arg)  # type: ignore[operator]  # it is `again`

    for n in range(PENDING):
        heappush(heap, (n, 1, next(serial), again, 100 + n))
    return timed(loop) / calls


def our_call(calls: int) -> float:
    """Return seconds per call of the same program on the timeline."""
    timeline, left = Timeline(), calls
    call_in = timeline.call_in

    def again(every: int) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            call_in(every, again, every)

    for n in range(PENDING):
        call_in(n, again, 100 + n)
    return timed(timeline.run) / calls


def hop_ratio(quick: bool) -> BenchRow:
    """One message over one link and through one station against a Store mailbox with a process per message."""
    return _hops("hop_ratio", Constant(LATENCY_US / 1e6), Constant(SERVICE_US / 1e6), quick, 0.15, "constant delays")


def hop_ratio_drawn(quick: bool) -> BenchRow:
    """The same with exponential delays: keyed draws here, a stream of `random` there. Reported, not judged."""
    latency, service = Exponential(LATENCY_US / 1e6), Exponential(SERVICE_US / 1e6)
    return _hops("hop_ratio_drawn", latency, service, quick, None, "exponential delays, keyed draws / a stream")


def _hops(name: str, latency: Law, service: Law, quick: bool, target: float | None, delays: str) -> BenchRow:
    hops = 10_000 if quick else 50_000
    return BenchRow(
        name=name,
        what="one message over a link and through a station / textbook Store mailbox with a process per message",
        measured=ratio(lambda: our_hop(hops, latency, service), lambda: textbook_hop(hops, latency, service), rounds=9),
        target=target,
        unit="ratio",
        how=f"{PENDING} messages going round, {hops:,} hops, {delays}, recording off, 9 rounds",
    )


class Circle:
    """An actor whose finished messages go over the link to itself."""

    def __init__(self, latency: Law, service: Law) -> None:
        self.timeline = Timeline()
        self.link = Link(self.timeline, 1, "circle", latency=latency)
        self.station = Station(self.timeline, "circle", 1, PENDING)
        self.service, self.root = delay(service), root(1, 2)
        self.fixed_us = self.service(0) if isinstance(service, Constant) else -1

    def arrived(self, message: int) -> None:
        service = self.fixed_us if self.fixed_us >= 0 else self.service(draw(self.root, message))
        self.station.offer(service, self.served, message)

    def served(self, message: int) -> None:
        self.link.send(message + PENDING, 1, self.arrived, message + PENDING)


def our_hop(hops: int, latency: Law, service: Law) -> float:
    """Return seconds per hop with our links and stations."""
    circle = Circle(latency, service)
    for message in range(PENDING):
        circle.link.send(message, 1, circle.arrived, message)
    seconds = timed(lambda: circle.timeline.run(until=hops * LATENCY_US // PENDING))
    return seconds / circle.station.offered_count


def textbook_hop(hops: int, latency: Law, service: Law) -> float:
    """Return seconds per hop as SimPy's own examples pass messages (its Event Latency example has the process)."""
    env, random, served = simpy.Environment(), Random(1), 0
    box = simpy.Store(env)

    def lasts(law: Law) -> float:
        return law.mean if isinstance(law, Constant) else random.expovariate(1.0 / law.mean)

    def deliver(message: int) -> Steps:
        yield env.timeout(lasts(latency))
        yield box.put(message)

    def server() -> Generator[simpy.Event, int, None]:
        nonlocal served
        while True:
            message = yield box.get()
            yield env.timeout(lasts(service))
            served += 1
            env.process(deliver(message))

    for message in range(PENDING):
        env.process(deliver(message))
    env.process(server())
    seconds = timed(lambda: env.run(until=hops * LATENCY_US / 1e6 / PENDING))
    return seconds / served


def textbook_cost(quick: bool) -> BenchRow:
    """One event of the textbook order flow against one bare SimPy timeout of the same run: the yardstick is pinned."""
    orders = 5_000 if quick else 30_000
    counted: dict[str, int] = {}

    def event() -> float:
        seconds = timed(lambda: counted.update(textbook.run(orders)))
        return seconds / counted["events"]

    pairs = interleaved(event, lambda: bare_timeout(200_000), rounds=3 if quick else 5)
    an_order = ", ".join(f"{counted[what] / orders:.1f} {what}" for what in ("events", "records", "lines"))
    return BenchRow(
        name="textbook_cost",
        what="one event of the textbook order flow / one bare SimPy timeout",
        measured=median(a / b for a, b in pairs),
        target=4.5,
        unit="ratio",
        how=f"{orders:,} orders; an order: {an_order}; {len(pairs)} rounds",
    )


def bare_timeout(events: int) -> float:
    """Return seconds per event of one SimPy process that does nothing but wait."""
    env = simpy.Environment()

    def wait() -> Steps:
        for _ in range(events):
            yield env.timeout(1)

    env.process(wait())
    return timed(env.run) / events


def record_row_us(quick: bool) -> BenchRow:
    """One row of the event log, packed and hashed, without a file. Reported, not judged."""
    notes = 65_536 * (1 if quick else 4)

    def write() -> None:
        recorder = Recorder()
        note, kind, party = recorder.note, recorder.kind("OrderAccepted"), recorder.party("erp")
        for n in range(notes):
            note(n, kind, party, party, n, n, n, 1, 1)

    pairs = interleaved(lambda: timed(write) / notes, lambda: 1.0, rounds=5)
    return BenchRow(
        name="record_row_us",
        what="one row of the event log, packed and hashed",
        measured=median(a for a, _ in pairs) * 1e6,
        target=None,
        unit="us",
        how=f"{notes:,} rows, no file, 5 rounds",
    )


ROWS: Final[dict[str, Measure]] = {
    "kernel_ratio": kernel_ratio,
    "hop_ratio": hop_ratio,
    "hop_ratio_drawn": hop_ratio_drawn,
    "textbook_cost": textbook_cost,
    "record_row_us": record_row_us,
}
"""The rows of this module, by name, in the order in which they are printed."""
