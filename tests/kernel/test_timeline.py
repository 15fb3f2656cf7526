"""The timeline is SimPy's environment in whole microseconds, and plain calls take their turn among its events."""

import pickle
from collections.abc import Generator

import pytest
import simpy

from twin.errors import TwinError, UsageError
from twin.kernel.timeline import Timeline
from twin.model.instant import seconds

Steps = Generator[simpy.Event, object, None]


class Ticker:
    """Notes (now, argument) and calls itself again after the argument, until a limit."""

    def __init__(self, timeline: Timeline, limit: int = 10**9) -> None:
        self.timeline = timeline
        self.limit = limit
        self.seen: list[tuple[int, int]] = []

    def tick(self, every: int) -> None:
        self.seen.append((self.timeline.now, every))
        if self.timeline.now + every <= self.limit:
            self.timeline.call_in(every, self.tick, every)


def shop(env: simpy.Environment, log: list[tuple[object, ...]]) -> None:
    """A SimPy model of everything in use: processes, Resource, Store, conditions, interrupts, failing events."""
    counter, shelf = simpy.Resource(env, capacity=2), simpy.Store(env, capacity=3)

    def customer(number: int) -> Steps:
        yield env.timeout(number * 3)
        with counter.request() as turn:
            outcome = yield turn | env.timeout(12)
            if turn not in outcome:
                log.append((env.now, "left", number))
                return
            yield env.timeout(10)
            good = yield shelf.get()
        log.append((env.now, "served", number, good))

    def supplier() -> Steps:
        for load in range(6):
            yield env.timeout(4)
            yield shelf.put(load)

    def sleeper() -> Steps:
        try:
            yield env.timeout(1_000)
        except simpy.Interrupt as woken:
            log.append((env.now, "woken", woken.cause))

    def waker(target: simpy.Process) -> Steps:
        yield env.timeout(7)
        target.interrupt("now")
        yield env.all_of([env.timeout(2), env.timeout(5), target])
        broken = env.event()
        broken.fail(KeyError("part"))
        try:
            yield broken
        except KeyError as error:
            log.append((env.now, "failed", str(error)))

    for number in range(8):
        env.process(customer(number))
    env.process(supplier())
    env.process(waker(env.process(sleeper())))


def test_models_written_for_simpy_run_unchanged() -> None:
    plain, ours = simpy.Environment(), Timeline()
    logs: tuple[list[tuple[object, ...]], list[tuple[object, ...]]] = ([], [])
    for env, log in zip((plain, ours), logs, strict=True):
        shop(env, log)
        env.run()
    assert logs[0] == logs[1]
    assert {entry[1] for entry in logs[0]} == {"served", "left", "woken", "failed"}
    assert plain.now == ours.now


def test_calls_and_events_of_one_instant_run_in_the_order_of_scheduling() -> None:
    timeline, order = Timeline(), []

    def process(name: str) -> Steps:
        yield timeline.timeout(10)
        order.append(name)

    timeline.call_in(10, order.append, "call 1")
    timeline.timeout(10).callbacks.append(lambda _: order.append("event 2"))
    timeline.call_at(10, order.append, "call 3")
    timeline.process(process("process, whose timeout is scheduled when it starts"))
    timeline.call_last(10, order.append, "last")
    timeline.call_in(10, order.append, "call 4")
    timeline.run()
    assert order == [
        "call 1",
        "event 2",
        "call 3",
        "call 4",
        "process, whose timeout is scheduled when it starts",
        "last",
    ]


def test_a_call_scheduled_for_now_runs_after_what_is_already_there() -> None:
    timeline, order = Timeline(), []
    timeline.call_in(5, lambda _: timeline.call_in(0, order.append, "new"), None)
    timeline.call_in(5, order.append, "old")
    timeline.run()
    assert order == ["old", "new"]


def test_run_until_an_instant_stops_before_its_entries_as_simpy_does() -> None:
    timeline = Timeline()
    ticker = Ticker(timeline)
    timeline.call_at(0, ticker.tick, 10)
    assert timeline.run(until=30) is None
    assert timeline.now == 30
    assert ticker.seen == [(0, 10), (10, 10), (20, 10)]
    timeline.run(until=31)
    assert ticker.seen[-1] == (30, 10)
    with pytest.raises(ValueError, match=r"until \(31\) must be greater"):
        timeline.run(until=31)


def test_run_until_an_event_returns_its_value() -> None:
    timeline = Timeline()
    assert timeline.run(until=timeline.timeout(7, value="done")) == "done"
    done = timeline.timeout(1, value="again")
    timeline.run()
    assert timeline.run(until=done) == "again"
    with pytest.raises(RuntimeError, match="was not triggered"):
        timeline.run(until=timeline.event())


def test_events_counts_what_was_processed_however_often_run_is_called() -> None:
    whole, parts = Timeline(), Timeline()
    for timeline in (whole, parts):
        timeline.call_at(0, Ticker(timeline).tick, 10)
    whole.run(until=1_000)
    for until in range(50, 1_001, 50):
        parts.run(until=until)
        assert parts.events == until // 10
    assert whole.events == parts.events == parts.events == 100


def test_step_and_peek_know_plain_calls() -> None:
    timeline, order = Timeline(), []
    timeline.call_in(4, order.append, "x")
    assert timeline.peek() == 4
    timeline.step()
    assert (timeline.now, order) == (4, ["x"])
    with pytest.raises(simpy.core.EmptySchedule):
        timeline.step()


@pytest.mark.parametrize("time", [1.5, 2.0, float("inf"), "3", True, None])
def test_what_is_not_whole_microseconds_is_refused_with_a_sentence(time: object) -> None:
    timeline = Timeline()
    attempts = [
        lambda: timeline.call_in(time, print, 0),
        lambda: timeline.call_at(time, print, 0),
        lambda: timeline.call_last(time, print, 0),
        lambda: timeline.schedule(timeline.event(), delay=time),
        lambda: Timeline(time),
    ]
    for attempt in attempts:
        with pytest.raises(UsageError, match=r"whole microseconds: use twin.seconds\(...\) or an int \(got .*"):
            attempt()
    with pytest.raises(UsageError, match="whole microseconds"):
        timeline.timeout(0.5)
    with pytest.raises(UsageError, match="whole microseconds"):
        timeline.run(until=0.5)
    assert timeline.events == 0
    timeline.timeout(seconds(1.5))
    timeline.run()
    assert timeline.now == 1_500_000


def test_the_past_is_refused() -> None:
    timeline = Timeline(100)
    with pytest.raises(UsageError, match=r"in the past \(got -1"):
        timeline.call_in(-1, print, 0)
    with pytest.raises(UsageError, match=r"in the past \(got 99, it must be at least 100\)"):
        timeline.call_at(99, print, 0)
    with pytest.raises(ValueError, match="Negative delay"):
        timeline.timeout(-1)


def test_exceptions_leave_run_and_the_timeline_stands_where_they_happened() -> None:
    timeline = Timeline()

    def fail(message: str) -> None:
        raise TwinError(message)

    timeline.call_in(3, fail, "broken")
    timeline.call_in(4, fail, "not reached")
    with pytest.raises(TwinError, match="broken"):
        timeline.run()
    assert timeline.now == 3

    def process() -> Steps:
        yield timeline.timeout(1)
        raise KeyError("in a process")

    timeline = Timeline()
    timeline.process(process())
    with pytest.raises(KeyError, match="in a process"):
        timeline.run()


def test_a_pickled_timeline_goes_on_as_the_original_does() -> None:
    timeline = Timeline()
    tickers = [Ticker(timeline, limit=2_000) for _ in range(3)]
    for every, ticker in enumerate(tickers, start=7):
        timeline.call_at(0, ticker.tick, every)
    timeline.run(until=500)
    copies = pickle.loads(pickle.dumps(tickers))
    timeline.run()
    copies[0].timeline.run()
    assert [ticker.seen for ticker in copies] == [ticker.seen for ticker in tickers]
    assert copies[0].timeline is copies[2].timeline
    assert copies[0].timeline.events == timeline.events
