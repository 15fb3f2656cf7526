"""Rows of the bench that need no logic: the kernel against a bare heap loop and against textbook SimPy."""

from statistics import median
from typing import Final

from twin.experiment import textbook
from twin.experiment.bench_measure import BenchRow, Measure, interleaved, ratio, timed
from twin.experiment.yardsticks import bare_call, bare_timeout, mailbox_hop
from twin.kernel.laws import Constant, Exponential, Law, delay
from twin.kernel.link import Link
from twin.kernel.recorder import Recorder
from twin.kernel.station import Station
from twin.kernel.timeline import Timeline
from twin.model.chance import draw, root
from twin.model.instant import seconds

PENDING: Final = 64
"""Calls or messages that are under way at any time, in every program of this module."""
LATENCY_S: Final = 0.1
SERVICE_S: Final = 0.001


def kernel_ratio(quick: bool) -> BenchRow:
    """One scheduled call in our kernel against one on a bare heapq loop."""
    calls = 50_000 if quick else 200_000
    return BenchRow(
        name="kernel_ratio",
        what="one scheduled call in our kernel / on a bare heapq loop",
        measured=ratio(lambda: our_call(calls), lambda: bare_call(calls, PENDING), rounds=9),
        target=1.3,
        unit="ratio",
        how=f"{PENDING} functions that schedule themselves again, {calls:,} calls, 9 rounds",
    )


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
    return _hops("hop_ratio", Constant(LATENCY_S), Constant(SERVICE_S), quick, 0.15, "constant delays")


def hop_ratio_drawn(quick: bool) -> BenchRow:
    """The same with exponential delays: keyed draws here, a stream of `random` there. Reported, not judged."""
    how = "exponential delays, keyed draws / a stream"
    return _hops("hop_ratio_drawn", Exponential(LATENCY_S), Exponential(SERVICE_S), quick, None, how)


def _hops(name: str, latency: Law, service: Law, quick: bool, target: float | None, delays: str) -> BenchRow:
    hops, drawn = 10_000 if quick else 50_000, not isinstance(latency, Constant)
    return BenchRow(
        name=name,
        what="one message over a link and through a station / textbook Store mailbox with a process per message",
        measured=ratio(
            lambda: our_hop(hops, latency, service),
            lambda: mailbox_hop(hops, PENDING, LATENCY_S, SERVICE_S, drawn=drawn),
            rounds=9,
        ),
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
    taken = timed(lambda: circle.timeline.run(until=seconds(hops * LATENCY_S / PENDING)))
    return taken / circle.station.offered_count


def textbook_cost(quick: bool) -> BenchRow:
    """One event of the textbook order flow against one bare SimPy timeout of the same run: the yardstick is pinned."""
    orders = 5_000 if quick else 30_000
    counted: dict[str, int] = {}

    def event() -> float:
        return timed(lambda: counted.update(textbook.run(orders))) / counted["events"]

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
