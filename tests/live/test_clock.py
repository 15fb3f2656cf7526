"""Elapsed time goes on from where the store left off and never goes back, whatever the machine's clocks do."""

import pytest

from twin.live.clock import Clock
from twin.model.instant import DAY, HOUR, SECOND, Now

START = 1_700_000_000 * SECOND


class Hands:
    """The two clocks of a machine, moved by the test; nanoseconds."""

    def __init__(self, wall: int = START) -> None:
        self.monotonic = 987_654_321
        self.wall = wall * 1000

    def clock(self, mark: Now | None = None) -> Clock:
        return Clock(mark, monotonic=lambda: self.monotonic, wall=lambda: self.wall)

    def pass_by(self, microseconds: int) -> None:
        self.monotonic += microseconds * 1000
        self.wall += microseconds * 1000


def test_the_first_start_begins_at_nothing_and_counts_whole_microseconds() -> None:
    hands = Hands()
    clock = hands.clock()
    assert clock() == Now(elapsed=0, wall=START)
    hands.monotonic += 1_999
    hands.wall += 1_999
    assert clock() == Now(elapsed=1, wall=START + 1)


def test_a_restart_adds_the_wall_time_that_has_passed() -> None:
    hands = Hands(START + DAY)
    clock = hands.clock(Now(elapsed=HOUR, wall=START))
    assert clock().elapsed == HOUR + DAY
    hands.pass_by(SECOND)
    assert clock() == Now(elapsed=HOUR + DAY + SECOND, wall=START + DAY + SECOND)


def test_a_wall_clock_that_was_set_back_while_the_process_was_down_adds_nothing() -> None:
    hands = Hands(START - DAY)
    clock = hands.clock(Now(elapsed=HOUR, wall=START))
    assert clock() == Now(elapsed=HOUR, wall=START - DAY)


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_wall_clock_that_is_set_while_the_process_runs_moves_the_wall_time_alone(jump: int) -> None:
    hands = Hands()
    clock = hands.clock()
    hands.wall += jump * 1000
    hands.pass_by(SECOND)
    assert clock() == Now(elapsed=SECOND, wall=START + jump + SECOND)


def test_a_monotonic_clock_that_is_not_monotonic_stops_elapsed_time_and_does_not_turn_it_back() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.pass_by(SECOND)
    before = clock().elapsed
    hands.monotonic -= 10**9
    assert clock().elapsed == before
    hands.pass_by(3 * SECOND)
    assert clock().elapsed == 3 * SECOND


def test_the_machines_own_clocks_are_read_when_none_are_given() -> None:
    clock = Clock()
    first, second = clock(), clock()
    assert 0 <= first.elapsed <= second.elapsed < DAY
    assert first.wall > START
