"""Guards run when they fall due, in order, after everything else of the instant, and never once cancelled."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import UsageError
from twin.kernel.guards import DELAYS_MAX, Guards
from twin.kernel.timeline import Timeline


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from([5, 30, 31]), st.one_of(st.none(), st.integers(0, 40))),
        max_size=60,
    )
)
def test_guards_do_what_a_timer_each_in_the_heap_would_do(plan: list[tuple[int, int, int | None]]) -> None:
    """Each (set at, delay, cancelled after) as a guard, against the list of what must run and when."""
    timeline, ran = Timeline(), []
    guards = Guards(timeline)

    def set_one(number: int) -> None:
        _, delay, cancelled_after = plan[number]
        guard = guards.after(delay, lambda n: ran.append((timeline.now, n)), number)
        if cancelled_after is not None:
            timeline.call_in(cancelled_after, guards.cancel, guard)

    for number, (at, _, _) in enumerate(plan):
        timeline.call_at(at, set_one, number)
    timeline.run()
    due = [
        (at + delay, number)
        for number, (at, delay, cancelled) in enumerate(plan)
        if cancelled is None or cancelled > delay
    ]
    assert sorted(ran) == sorted(due)
    assert [at for at, _ in ran] == sorted(at for at, _ in due)
    assert guards.pending() == 0


def test_what_arrives_with_the_deadline_is_in_time() -> None:
    timeline, ran = Timeline(), []
    guards = Guards(timeline)
    guard = guards.after(10, ran.append, "timeout")
    timeline.call_in(10, lambda _: (ran.append("answer"), guards.cancel(guard)), None)
    timeline.run()
    assert ran == ["answer"]


def test_guards_of_one_instant_run_in_the_order_in_which_they_were_set() -> None:
    timeline, ran = Timeline(), []
    guards = Guards(timeline)
    for number in range(5):
        guards.after(10, ran.append, number)
    timeline.run()
    assert ran == [0, 1, 2, 3, 4]


def test_a_guard_may_set_and_cancel_others_when_it_runs() -> None:
    timeline, ran = Timeline(), []
    guards = Guards(timeline)

    def first(_: object) -> None:
        guards.cancel(second)
        guards.after(10, lambda _: ran.append(timeline.now), None)

    guards.after(10, first, None)
    second = guards.after(10, ran.append, "never")
    timeline.run()
    assert ran == [20]


def test_one_entry_of_the_timeline_serves_many_cancelled_guards() -> None:
    timeline = Timeline()
    guards = Guards(timeline)

    def call(left: int) -> None:
        timeline.call_in(2, guards.cancel, guards.after(30, pytest.fail, "cancelled"))
        if left:
            timeline.call_in(1, call, left - 1)

    timeline.call_in(0, call, 1_000)
    timeline.run()
    assert timeline.events < 2 * 1_001 + 50


def test_beyond_the_bound_of_delays_a_guard_still_runs_and_is_still_cancelled() -> None:
    timeline, ran = Timeline(), []
    guards = Guards(timeline)
    delays = list(range(DELAYS_MAX + 50))
    random.Random(1).shuffle(delays)
    made = [guards.after(delay, ran.append, delay) for delay in delays]
    for guard, delay in zip(made, delays, strict=True):
        if delay % 2:
            guards.cancel(guard)
    timeline.run()
    assert ran == [delay for delay in range(DELAYS_MAX + 50) if delay % 2 == 0]


def test_a_float_delay_is_refused() -> None:
    guards = Guards(Timeline())
    with pytest.raises(UsageError, match="whole microseconds"):
        guards.after(1.5, print, 0)
    assert guards.pending() == 0
