"""Small programs that the kernel is compared with, in bare Python and in textbook SimPy; none of our logic in them."""

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from itertools import count
from random import Random

import simpy

from twin.experiment.bench_measure import timed

Steps = Generator[simpy.Event, object, None]


def bare_call(calls: int, pending: int) -> float:
    """Return seconds per call of the least that Python can do: pop, call, push; `pending` calls wait at any time."""
    heap: list[tuple[int, int, int, Callable[[int], None], int]] = []
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
            fn(arg)

    for n in range(pending):
        heappush(heap, (n, 1, next(serial), again, 100 + n))
    return timed(loop) / calls


def bare_timeout(events: int) -> float:
    """Return seconds per event of one SimPy process that does nothing but wait."""
    env = simpy.Environment()

    def wait() -> Steps:
        for _ in range(events):
            yield env.timeout(1)

    env.process(wait())
    return timed(env.run) / events


def mailbox_hop(hops: int, pending: int, latency_s: float, service_s: float, *, drawn: bool) -> float:
    """Return seconds per message through a Store mailbox, with a process for each message that is under way.

    `pending` messages go round between one server and its mailbox. With `drawn` both times are exponential, from one
    stream, else constant. SimPy's own Event Latency example passes messages in this way.
    """
    env, random, served = simpy.Environment(), Random(1), 0
    box = simpy.Store(env)

    def lasts(mean: float) -> float:
        return random.expovariate(1.0 / mean) if drawn else mean

    def deliver(message: int) -> Steps:
        yield env.timeout(lasts(latency_s))
        yield box.put(message)

    def server() -> Generator[simpy.Event, int, None]:
        nonlocal served
        while True:
            message = yield box.get()
            yield env.timeout(lasts(service_s))
            served += 1
            env.process(deliver(message))

    for message in range(pending):
        env.process(deliver(message))
    env.process(server())
    return timed(lambda: env.run(until=hops * latency_s / pending)) / served
