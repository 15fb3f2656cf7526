"""C3: lines before workers, against closed forms; and a web request (C8), against a published mean and quantiles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from twin.experiment.selfcheck.check import Read, Runs, kpi
from twin.experiment.selfcheck.row import Mean, Row, Rule

WAIT, WAITED, PRESENT = "wait_s.mean{server=server}", "waited_share{server=server}", "in_system{server=server}"
REJECTED, LITTLE = "rejected_share{server=server}", "little_ratio{server=server}"
EDGES: Final = 0.01
"""How far Little's law may be off for the calls that were there at the first or last moment of a run."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One line: arrivals and services a second, workers, how many may wait, and the law of the service."""

    name: str
    arrival: float
    service: str
    workers: int = 1
    queue: int = 1_000_000


class Size(NamedTuple):
    """How many calls a run has after its warm-up, and how many runs there are."""

    calls: int
    reps: int


def exponential(rate: float) -> str:
    """Return the law of a service at `rate` a second, as a scenario writes it."""
    return f"{{law: exponential, mean: {1 / rate}}}"


def m_m_1_wait(arrival: float, service: float) -> tuple[float, float]:
    """Return the mean wait, and the variance of the mean wait of many calls times their number (Daley 1968)."""
    load = arrival / service
    spread = load * (2 + 5 * load - 4 * load**2 + load**3) / (service**2 * (1 - load) ** 4)
    return load / (service - arrival), spread


def m_m_c(arrival: float, service: float, workers: int) -> tuple[float, float]:
    """Return the probability of a wait (Erlang C) and the mean wait."""
    offered = arrival / service
    below = sum(offered**n / math.factorial(n) for n in range(workers))
    at = offered**workers / math.factorial(workers) / (1 - offered / workers)
    waits = at / (below + at)
    return waits, waits / (workers * service - arrival)


def m_g_1_wait(arrival: float, mean: float, cv: float) -> float:
    """Return the mean wait (Pollaczek and Khinchine)."""
    return arrival * mean**2 * (1 + cv**2) / (2 * (1 - arrival * mean))


def m_m_c_k(arrival: float, service: float, workers: int, places: int) -> tuple[float, float]:
    """Return the mean number in system and the share turned away, where `places` is workers and waiting together."""
    weights = [1.0]
    for n in range(1, places + 1):
        weights.append(weights[-1] * arrival / (service * min(n, workers)))
    total = sum(weights)
    return sum(n * weight for n, weight in enumerate(weights)) / total, weights[-1] / total


def checks(*, quick: bool) -> tuple[Runs, ...]:
    """Return every queue of C3, each with Little's law on its own numbers, and the web request of C8."""
    size = Size(4_000, 12) if quick else Size(20_000, 40)
    wait_58, spread_58 = m_m_1_wait(5, 8)
    wait_810, spread_810 = m_m_1_wait(8, 10)
    waits_3, wait_3 = m_m_c(0.2, 0.1, 3)
    _, wait_4 = m_m_c(0.2, 0.1, 4)
    present, blocked = m_m_c_k(3, 4, 2, 3)
    return (
        _check(size, Queue("M/M/1 5 of 8", 5, exponential(8)), (WAIT, wait_58, "s", _daley(spread_58, size))),
        _check(
            size,
            Queue("M/M/1 8 of 10", 8, exponential(10)),
            ("latency_s.mean", wait_810 + 0.1, "s", Mean()),
            ("latency_s.p99", math.log(100) / 2, "s", Mean(slack=0.03)),
            (WAIT, wait_810, "s", _daley(spread_810, size)),
        ),
        _check(
            size,
            Queue("M/M/3 0.2 of 0.1", 0.2, exponential(0.1), 3),
            (WAITED, waits_3, "share", Mean()),
            (WAIT, wait_3, "s", Mean()),
        ),
        _check(size, Queue("M/M/4 0.2 of 0.1", 0.2, exponential(0.1), 4), (WAIT, wait_4, "s", Mean())),
        _check(
            size,
            Queue("M/M/2/3 3 of 4", 3, exponential(4), 2, 1),
            (PRESENT, present, "count", Mean()),
            (REJECTED, blocked, "share", Mean()),
        ),
        _check(size, Queue("M/D/1 5 of 8", 5, "125ms"), (WAIT, 0.625 / (2 * 8 * (1 - 0.625)), "s", Mean())),
        _check(
            size,
            Queue("M/G/1 5 of 8, gamma, cv 2", 5, "{law: gamma, mean: 125ms, cv: 2}"),
            (WAIT, m_g_1_wait(5, 0.125, 2), "s", Mean()),
        ),
        _web("20s" if quick else "300s", 6 if quick else 20),
    )


def _daley(spread: float, size: Size) -> Rule:
    """Return the rule of a mean wait of M/M/1, whose standard error is known."""
    return Mean(error_of_one=math.sqrt(spread / size.calls))


def _check(size: Size, queue: Queue, *figures: tuple[str, float, str, Rule]) -> Runs:
    rows, reads = [], list[Read]()
    for key, expected, unit, rule in (*figures, (LITTLE, 1.0, "ratio", Mean(slack=EDGES))):
        what = key.partition("{")[0]
        rows.append(
            Row(name=f"C3 {queue.name}: {what}", expected=expected, unit=unit, source="VALIDATION C3", rule=rule)
        )
        reads.append(kpi(key))
    return Runs(
        scenario="queue",
        design="patient",
        settings=(
            f"landscape.parties.users.open.rate={queue.arrival}/s",
            f"landscape.parties.server.workers={queue.workers}",
            f"landscape.parties.server.queue={queue.queue}",
            f"landscape.parties.server.service={queue.service}",
            *_times(queue, size.calls),
        ),
        reps=size.reps,
        rows=tuple(rows),
        reads=tuple(reads),
    )


def _times(queue: Queue, calls: int) -> tuple[str, ...]:
    """Return horizon and warm-up for so many calls after the warm-up."""
    span = calls / queue.arrival
    return (f"horizon={span * 1.1}", f"warm_up={span * 0.1}")


def _web(horizon: str, reps: int) -> Runs:
    figures: Sequence[tuple[str, float, float]] = (("mean", 23.5, 0.05), ("p95", 33.4, 0.1), ("p99", 39.7, 0.2))
    return Runs(
        scenario="web_latency",
        design="plain",
        settings=(f"horizon={horizon}",),
        reps=reps,
        rows=tuple(
            Row(
                name=f"C8 web request: {what}",
                expected=ms / 1_000,
                unit="s",
                source="VALIDATION C8",
                rule=Mean(slack=slack / 1_000),
            )
            for what, ms, slack in figures
        ),
        reads=tuple(kpi(f"latency_s.{what}") for what, _, _ in figures),
    )
