"""Stations reproduce queueing theory, keep their bounds and their working hours.

The rows of closed forms are tested as published: each at 4.4 standard errors over independent replications, so that a
right station fails about one in 100,000; the seed is fixed, any other would do.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twin.errors import UsageError
from twin.kernel.laws import Constant, Exponential, Gamma, Law, Lognormal, delay
from twin.kernel.station import Hours, Station
from twin.kernel.timeline import Timeline
from twin.model.chance import draw, root, stream_id
from twin.model.instant import DAY, HOUR, MINUTE

SEED = 2_026
STANDARD_ERRORS = 4.4


@dataclass
class Queue:
    """A Poisson stream at one station; notes waits, times in system, and how many are in system when a job arrives."""

    arrivals_per_s: float
    service: Law
    workers: int
    seed: int
    queue_max: int = 10**9
    waits: list[float] = field(default_factory=list)
    stays: list[float] = field(default_factory=list)
    met: list[int] = field(default_factory=list)

    def run(self, jobs: int, warm_up: int) -> "Queue":
        self.timeline = Timeline()
        self.station = Station(self.timeline, "queue", self.workers, self.queue_max)
        self.gap, self.gaps = delay(Exponential(1 / self.arrivals_per_s)), root(self.seed, stream_id("arrivals"))
        self.work, self.works = delay(self.service), root(self.seed, stream_id("service"))
        self.left, self.warm_up, self.area, self.since, self.present = jobs + warm_up, warm_up, 0, 0, 0
        self.timeline.call_in(0, self.arrive, 0)
        self.timeline.run()
        return self

    def arrive(self, number: int) -> None:
        now = self.timeline.now
        if number >= self.warm_up:
            self.met.append(self.station.in_service() + self.station.length())
        service = self.work(draw(self.works, number))
        if self.station.offer(service, self.leave, (number, now, service)):
            self.count(+1)
        if number + 1 < self.left:
            self.timeline.call_in(self.gap(draw(self.gaps, number)), self.arrive, number + 1)

    def leave(self, job: tuple[int, int, int]) -> None:
        number, arrived, service = job
        self.count(-1)
        if number >= self.warm_up:
            self.stays.append((self.timeline.now - arrived) / 1e6)
            self.waits.append((self.timeline.now - arrived - service) / 1e6)

    def count(self, change: int) -> None:
        now = self.timeline.now
        self.area += self.present * (now - self.since)
        self.since, self.present = now, self.present + change


def check(
    measure: Callable[[Queue], float],
    expected: float,
    reps: int = 40,
    jobs: int = 2_000,
    precision: float = 0.1,
    **how: object,
) -> None:
    """The expected value lies within 4.4 standard errors of the mean of `reps` independent replications.

    The standard error itself is at most `precision` of the value, so that the check can fail.
    """
    values = [measure(Queue(seed=SEED + rep, **how).run(jobs, warm_up=500)) for rep in range(reps)]
    error = np.std(values, ddof=1) / math.sqrt(reps)
    assert abs(np.mean(values) - expected) < STANDARD_ERRORS * error
    assert error < precision * expected


def mean_wait(queue: Queue) -> float:
    return float(np.mean(queue.waits))


def test_one_worker_with_exponential_service_has_the_known_wait() -> None:
    check(mean_wait, 5 / (8 * 3), arrivals_per_s=5, service=Exponential(1 / 8), workers=1)


def test_one_worker_with_exponential_service_has_the_known_tail() -> None:
    how = {"arrivals_per_s": 8, "service": Exponential(1 / 10), "workers": 1}
    check(lambda queue: float(np.mean(queue.stays)), 0.5, jobs=4_000, **how)
    check(lambda queue: float(np.mean(np.array(queue.stays) > 2.3026)), 0.01, jobs=6_000, precision=0.25, **how)


def test_three_workers_have_the_known_share_and_length_of_waits() -> None:
    how = {"arrivals_per_s": 0.2, "service": Exponential(10), "workers": 3}
    check(lambda queue: float(np.mean(np.array(queue.waits) > 0)), 4 / 9, jobs=3_000, **how)
    check(mean_wait, 40 / 9, jobs=6_000, **how)


def test_four_workers_have_the_known_wait() -> None:
    check(mean_wait, 0.86957, arrivals_per_s=0.2, service=Exponential(10), workers=4)


def test_constant_service_halves_the_wait() -> None:
    check(mean_wait, 0.5 / (2 * 8 * 0.5), arrivals_per_s=4, service=Constant(1 / 8), workers=1)


def test_service_of_any_law_has_the_wait_of_its_second_moment() -> None:
    """M/G/1: Wq = lambda E[S^2] / (2 (1 - rho)), here with lognormal and with gamma service at load 0.6."""
    sigma = 0.8
    lognormal, gamma = Lognormal(0.1, sigma), Gamma(0.1, 0.5)
    for service, second in ((lognormal, lognormal.mean**2 * math.exp(sigma**2)), (gamma, 0.01 * 1.25)):
        rate = 0.6 / service.mean
        check(mean_wait, rate * second / (2 * 0.4), arrivals_per_s=rate, service=service, workers=1, jobs=3_000)


def test_a_full_system_turns_the_known_share_away() -> None:
    """M/M/2/3 with arrivals 3 and service 4 a second: blocked 0.04936, and arrivals meet 0.76234 jobs on average."""
    how = {"arrivals_per_s": 3, "service": Exponential(1 / 4), "workers": 2, "queue_max": 1}
    check(lambda queue: queue.station.rejected_count / queue.station.offered_count, 0.04936, **how)
    check(lambda queue: float(np.mean(queue.met)), 0.76234, **how)


def test_littles_law_holds_on_the_runs_own_numbers() -> None:
    """L = lambda W exactly, when the run begins and ends empty and nothing is left out."""
    queue = Queue(0.2, Exponential(10), 3, SEED).run(2_000, warm_up=0)
    elapsed = queue.since
    arrival_rate, mean_stay = len(queue.stays) / elapsed, sum(queue.stays) * 1e6 / len(queue.stays)
    assert queue.area / elapsed == pytest.approx(arrival_rate * mean_stay, rel=1e-12)
    assert queue.station.busy_us <= 3 * elapsed


@given(
    st.integers(1, 3),
    st.integers(0, 3),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), max_size=30),
)
def test_a_station_does_what_workers_with_a_queue_do(workers: int, queue_max: int, plan: list[tuple[int, int]]) -> None:
    """Against a naive model that keeps every job: starts in order, each worker one job at a time, queue bounded."""
    timeline, done = Timeline(), []
    station = Station(timeline, "naive", workers, queue_max)
    taken: list[tuple[int, int, int]] = []
    at = 0
    for number, (gap, service) in enumerate(plan):
        at += gap
        timeline.run(until=at) if at > timeline.now else None
        waiting = sum(start > at for _, start, _ in taken)
        busy = sorted((finish for _, _, finish in taken), reverse=True)[:workers]
        start = max(at, busy[-1]) if len(busy) == workers else at
        accepted = start == at or waiting < queue_max
        assert station.length() == waiting
        assert station.offer(service, lambda n: done.append((n, timeline.now)), number) == accepted
        if accepted:
            taken.append((number, start, start + service))
    timeline.run()
    assert sorted(done) == [(number, finish) for number, _, finish in taken]


WINDOWS = [(8 * HOUR, 12 * HOUR), (13 * HOUR, 18 * HOUR)]


def test_hours_map_instants_to_worked_time_and_back() -> None:
    hours = Hours(WINDOWS, start_us=10 * HOUR)
    worked = {0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 8: 7, 20: 7, 22: 7, 23: 8, 26: 11, 27: 11, 32: 16, 24: 9, 48: 18}
    for elapsed, expected in worked.items():
        assert hours.worked(elapsed * HOUR) == expected * HOUR
    assert hours.instant(2 * HOUR) == 2 * HOUR
    assert hours.instant(2 * HOUR + 1) == 3 * HOUR + 1
    assert hours.instant(7 * HOUR) == 8 * HOUR
    assert hours.instant(7 * HOUR + 1) == 22 * HOUR + 1


@given(st.integers(0, DAY - 1), st.integers(0, 40 * DAY))
def test_worked_time_and_instants_are_inverse(start: int, worked: int) -> None:
    hours = Hours(WINDOWS, start_us=start)
    instant = hours.instant(worked)
    assert hours.worked(instant) == worked
    assert worked == 0 or hours.worked(instant - 1) == worked - 1


def test_a_job_pauses_out_of_hours() -> None:
    timeline, done = Timeline(), []
    station = Station(timeline, "people", 1, 10, Hours([(8 * HOUR, 18 * HOUR)], start_us=17 * HOUR))

    def note(name: str) -> None:
        done.append((name, timeline.now // MINUTE))

    station.offer(90 * MINUTE, note, "over night")
    timeline.run(until=5 * HOUR)
    station.offer(10 * MINUTE, note, "arrives at night")
    assert station.length() == 1
    timeline.run()
    assert done == [("over night", 15 * 60 + 30), ("arrives at night", 15 * 60 + 40)]
    station.offer(0, note, "nothing to do")
    timeline.run()
    assert done[-1] == ("nothing to do", 15 * 60 + 40)


def test_a_week_may_be_the_period() -> None:
    weekdays = [(day * DAY + 8 * HOUR, day * DAY + 16 * HOUR) for day in range(5)]
    hours = Hours(weekdays, period_us=7 * DAY)
    assert hours.instant(40 * HOUR) == 4 * DAY + 16 * HOUR
    assert hours.instant(40 * HOUR + 1) == 7 * DAY + 8 * HOUR + 1


@pytest.mark.parametrize("windows", [[], [(5, 5)], [(7, 5)], [(0, 5), (4, 9)], [(-1, 4)], [(0, DAY + 1)]])
def test_hours_that_make_no_sense_are_refused(windows: list[tuple[int, int]]) -> None:
    with pytest.raises(UsageError, match="windows in order"):
        Hours(windows)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="needs a worker"):
        Station(Timeline(), "nobody", 0, 5)
    with pytest.raises(UsageError, match="whole microseconds"):
        Station(Timeline(), "one", 1, 5).offer(1.5, print, 0)


def test_erlang_c_is_what_the_rows_above_say() -> None:
    """The published figures of this file, from the formula: P(wait) of M/M/c and Wq = P(wait) / (c mu - lambda)."""
    for workers, wait in ((3, 40 / 9), (4, 0.86957)):
        load = 2.0
        top = load**workers / math.factorial(workers) * workers / (workers - load)
        p_wait = top / (sum(load**n / math.factorial(n) for n in range(workers)) + top)
        assert p_wait / (0.1 * workers - 0.2) == pytest.approx(wait, abs=1e-5)
    assert stats.expon(scale=0.5).ppf(0.99) == pytest.approx(2.3026, abs=1e-4)
