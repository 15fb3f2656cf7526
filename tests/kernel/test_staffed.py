"""A station whose staff changes: the same as a fixed one while nobody comes or goes, and quicker once somebody does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import UsageError
from twin.kernel.staffed import Staffed
from twin.kernel.station import Hours, Station
from twin.kernel.timeline import Timeline

JOBS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30)), max_size=25)


def worked_off(station: Station, timeline: Timeline, jobs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Offer jobs, each at its time, and return when each was done."""
    done: list[tuple[int, int]] = []
    for number, (at, service) in enumerate(jobs):
        job = (service, lambda place: done.append((place, timeline.now)), number)
        timeline.call_at(at, lambda offered: station.offer(*offered), job)
    timeline.run(until=10_000)
    return sorted(done)


@given(JOBS, st.integers(1, 3), st.booleans())
def test_with_a_staff_that_stays_jobs_end_when_those_of_a_station_do(
    jobs: list[tuple[int, int]], workers: int, by_day: bool
):
    hours = Hours([(5, 12)], period_us=20) if by_day else None
    ends = []
    for kind in (Station, Staffed):
        timeline = Timeline()
        ends.append(worked_off(kind(timeline, "floor", workers, 100, hours), timeline, jobs))
    assert ends[0] == ends[1]


def test_more_hands_take_up_what_waits_already():
    timeline = Timeline()
    floor = Staffed(timeline, "floor", 1, 100)
    timeline.call_at(15, lambda _: floor.staff(3), None)
    assert worked_off(floor, timeline, [(0, 10)] * 4) == [(0, 10), (1, 20), (2, 25), (3, 25)]


def test_who_goes_finishes_what_he_has_in_hand():
    timeline = Timeline()
    floor = Staffed(timeline, "floor", 2, 100)
    timeline.call_at(5, lambda _: floor.staff(1), None)
    assert worked_off(floor, timeline, [(0, 10)] * 4) == [(0, 10), (1, 10), (2, 20), (3, 30)]


def test_it_says_when_all_is_done_with_the_staff_of_now():
    timeline = Timeline()
    floor = Staffed(timeline, "floor", 1, 100)
    for _ in range(4):
        floor.offer(10, lambda _: None, None)
    assert (floor.clears_at(), floor.length(), floor.in_service()) == (40, 3, 1)
    floor.staff(4)
    assert (floor.clears_at(), floor.length(), floor.in_service()) == (10, 0, 4)


def test_paid_and_extra_time_are_counted_in_working_hours():
    """Method: two people, five from 30 to 50 of hours that are half of the time."""
    timeline = Timeline()
    floor = Staffed(timeline, "floor", 2, 100, Hours([(0, 10)], period_us=20))
    timeline.call_at(30, lambda _: floor.staff(5), None)
    timeline.call_at(50, lambda _: floor.staff(1), None)
    timeline.run(until=100)
    assert floor.paid_us() == 2 * 20 + 5 * 10 + 1 * 20
    assert floor.extra_us == 3 * 10


def test_beyond_the_bound_of_its_line_a_job_is_refused():
    floor = Staffed(Timeline(), "floor", 1, 1)
    assert [floor.offer(10, lambda _: None, None) for _ in range(3)] == [True, True, False]
    assert (floor.offered_count, floor.rejected_count) == (3, 1)


def test_nobody_at_work_is_refused():
    with pytest.raises(UsageError, match=r"station floor needs a worker \(got 0\)"):
        Staffed(Timeline(), "floor", 1, 0).staff(0)
