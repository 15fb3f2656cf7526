"""Claims about the order within one key: the vectors, then any arrival order against the in-order stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.sequencing import Sequencing, Turn, Versions, compare
from twin.model.instant import SECOND
from twin.model.intake import StreamState

TIMER = 30 * SECOND
DELTA = Sequencing(kind="delta", gap_timer_us=TIMER)
STATE = Sequencing(kind="state", gap_timer_us=TIMER)


class Stream:
    """A stream that is driven by hand and notes what was applied."""

    def __init__(self, rule: Sequencing) -> None:
        self.rule = rule
        self.state = StreamState()
        self.applied: list[int] = []

    def offer(self, number: int, digest: int | None = None, now: int = 0, epoch: int | None = None) -> Turn:
        digest = number if digest is None else digest
        self.state, turn, bodies = self.rule.offer(self.state, number, digest, b"%d" % number, now, epoch=epoch)
        if turn is Turn.APPLY:
            self.applied.append(number)
        self.applied += map(int, bodies)
        return turn

    def gap(self, now: int) -> Turn:
        self.state, turn, bodies = self.rule.gap(self.state, now)
        self.applied += map(int, bodies)
        return turn

    def snapshot(self, number: int, now: int = 0) -> Turn:
        self.state, turn, bodies = self.rule.snapshot(self.state, number, now)
        self.applied += map(int, bodies)
        return turn


@pytest.mark.vector("V61", rule="10", code="policies.sequencing.Sequencing.offer", scenario="first_day")
def test_v61_a_gap_closes_and_a_repeat_is_known_by_its_digest() -> None:
    """V61, computed: delta 1, 3, 2, 2, 2 with another digest."""
    stream = Stream(DELTA)
    turns = [stream.offer(1), stream.offer(3), stream.offer(2), stream.offer(2), stream.offer(2, digest=77)]
    assert turns == [Turn.APPLY, Turn.HOLD, Turn.APPLY, Turn.DUPLICATE, Turn.SEQ_CONFLICT]
    assert stream.applied == [1, 2, 3]


@pytest.mark.vector("V62", rule="10", code="policies.sequencing.Sequencing.offer", scenario="first_day")
def test_v62_a_snapshot_passes_the_gap_of_a_delta_stream() -> None:
    """V62, computed: delta 1, 3, 4, gap timeout, snapshot at 3, then 2."""
    stream = Stream(DELTA)
    assert [stream.offer(1), stream.offer(3), stream.offer(4)] == [Turn.APPLY, Turn.HOLD, Turn.HOLD]
    assert stream.gap(TIMER - 1) is Turn.NOT_DUE
    assert stream.gap(TIMER) is Turn.RESYNC
    assert stream.snapshot(3) is Turn.DRAINED
    assert stream.applied == [1, 4]
    assert stream.offer(2) is Turn.LATE
    assert stream.state.gap_since == -1


@pytest.mark.vector("V63", rule="10", code="policies.sequencing.Sequencing.offer", scenario="first_day")
def test_v63_a_state_stream_goes_on_without_the_missing_numbers() -> None:
    """V63, computed: state 1, 4, gap timeout, 2, 3."""
    stream = Stream(STATE)
    assert [stream.offer(1), stream.offer(4), stream.gap(TIMER)] == [Turn.APPLY, Turn.HOLD, Turn.GAP_PASSED]
    assert stream.applied == [1, 4]
    assert [stream.offer(2), stream.offer(3)] == [Turn.LATE, Turn.LATE]


@pytest.mark.vector("V64", rule="10", code="policies.sequencing.compare", scenario="master_data_batch")
@pytest.mark.parametrize(
    ("incoming", "stored", "expected"),
    [
        ({"L": 3, "N": 1}, {"L": 3, "N": 2}, Versions.BEFORE),
        ({"L": 4, "N": 1}, {"L": 3, "N": 2}, Versions.CONCURRENT),
        ({"L": 3}, {"L": 2, "N": 0}, Versions.AFTER),
        ({"L": 3, "N": 2}, {"L": 3, "N": 2}, Versions.EQUAL),
    ],
)
def test_v64_version_vectors(incoming: dict[str, int], stored: dict[str, int], expected: Versions) -> None:
    """V64, computed."""
    assert compare(incoming, stored) is expected


@pytest.mark.vector("V68", rule="10,12", code="policies.sequencing.Sequencing.offer", scenario="first_day")
@pytest.mark.parametrize(
    ("rule", "before_redrive", "redriven", "after"),
    [(STATE, [6, 8, 9], Turn.LATE, [6, 8, 9]), (DELTA, [6], Turn.APPLY, [6, 7, 8, 9])],
)
def test_v68_a_dead_letter_is_a_gap(
    rule: Sequencing, before_redrive: list[int], redriven: Turn, after: list[int]
) -> None:
    """V68, computed: 7 dead-lettered, 8 and 9 arrive, the gap timer rings, then 7 is redriven."""
    stream = Stream(rule)
    stream.state = StreamState(last=5)
    assert [stream.offer(6), stream.offer(8), stream.offer(9)] == [Turn.APPLY, Turn.HOLD, Turn.HOLD]
    stream.gap(TIMER)
    assert stream.applied == before_redrive
    assert stream.offer(7) is redriven
    assert stream.applied == after


@pytest.mark.vector("V61", rule="10", code="policies.sequencing.Sequencing.offer", scenario="first_day")
@pytest.mark.parametrize(
    ("numbers", "turns", "applied"),
    [
        ((5, 4, 3, 2, 1), "HOLD HOLD HOLD HOLD APPLY", [1, 2, 3, 4, 5]),
        ((1, 1, 0), "APPLY DUPLICATE LATE", [1]),
        ((2, 2, 1, 2), "HOLD DUPLICATE APPLY DUPLICATE", [1, 2]),
        ((1, 2, 4, 6, 3, 5), "APPLY APPLY HOLD HOLD APPLY APPLY", [1, 2, 3, 4, 5, 6]),
        ((-1, 1), "LATE APPLY", [1]),
    ],
)
def test_v61_further_orders_of_coming(numbers: tuple[int, ...], turns: str, applied: list[int]) -> None:
    """As V61: turned round; a number below the first; a repeat while held and after; two gaps; a negative number."""
    stream = Stream(DELTA)
    assert " ".join(stream.offer(number).value for number in numbers) == turns
    assert stream.applied == applied


@pytest.mark.vector("V62", rule="10", code="policies.sequencing.Sequencing.snapshot", scenario="stock_gaps")
@pytest.mark.parametrize(
    ("held", "at", "turn", "last", "applied"),
    [
        ((3, 4), 2, Turn.DRAINED, 4, [1, 3, 4]),
        ((3, 4), 4, Turn.DRAINED, 4, [1]),
        ((3, 4), 9, Turn.DRAINED, 9, [1]),
        ((3, 5), 2, Turn.DRAINED, 3, [1, 3]),
        ((), 1, Turn.DRAINED, 1, [1]),
        ((3,), 0, Turn.LATE, 1, [1]),
    ],
)
def test_v62_further_snapshots(held: tuple[int, ...], at: int, turn: Turn, last: int, applied: list[int]) -> None:
    """As V62: just before what is held; at its end; beyond it; a second gap behind; nothing new; one too old."""
    stream = Stream(DELTA)
    stream.offer(1)
    for number in held:
        stream.offer(number)
    assert stream.snapshot(at) is turn
    assert (stream.state.last, stream.applied) == (last, applied)


@pytest.mark.vector("V64", rule="10", code="policies.sequencing.compare", scenario="master_data_batch")
@pytest.mark.parametrize(
    ("incoming", "stored", "expected"),
    [
        ({}, {}, Versions.EQUAL),
        ({}, {"L": 1}, Versions.BEFORE),
        ({"L": 0}, {}, Versions.EQUAL),
        ({"L": 1}, {"N": 1}, Versions.CONCURRENT),
        ({"L": 5, "N": 5}, {"L": 5}, Versions.AFTER),
        ({"L": 1, "N": 2, "W": 3}, {"L": 1, "N": 3, "W": 2}, Versions.CONCURRENT),
    ],
)
def test_v64_further_vectors(incoming: dict[str, int], stored: dict[str, int], expected: Versions) -> None:
    """As V64: nobody has written; a writer that stands at 0; writers that do not know each other; three of them."""
    assert compare(incoming, stored) is expected


def test_a_full_delta_stream_refuses_and_a_full_state_stream_takes_the_newest() -> None:
    full = Stream(Sequencing(kind="delta", held_max=2))
    assert [full.offer(3), full.offer(4), full.offer(5), full.offer(1)] == [
        Turn.HOLD,
        Turn.HOLD,
        Turn.REFUSED,
        Turn.APPLY,
    ]
    newest = Stream(Sequencing(kind="state", held_max=2))
    assert [newest.offer(3), newest.offer(4), newest.offer(9)] == [Turn.HOLD, Turn.HOLD, Turn.APPLY]
    assert (newest.applied, newest.state.last, newest.state.held) == ([9], 9, ())
    held = Stream(Sequencing(kind="state", held_max=2))
    assert [held.offer(3), held.offer(9), held.offer(5)] == [Turn.HOLD, Turn.HOLD, Turn.LATE]
    assert (held.applied, held.state.last) == ([9], 9)


def test_a_higher_epoch_starts_again_and_the_old_one_stays_closed() -> None:
    stream = Stream(DELTA)
    assert [stream.offer(1), stream.offer(4), stream.offer(1, epoch=2), stream.offer(2, epoch=1)] == [
        Turn.APPLY,
        Turn.HOLD,
        Turn.APPLY,
        Turn.LATE,
    ]
    assert (stream.state.epoch, stream.state.last, stream.state.held) == (2, 1, ())


def test_a_message_held_twice_is_a_duplicate_or_a_conflict() -> None:
    stream = Stream(DELTA)
    assert [stream.offer(3), stream.offer(3), stream.offer(3, digest=9)] == [
        Turn.HOLD,
        Turn.DUPLICATE,
        Turn.SEQ_CONFLICT,
    ]


def test_the_timer_of_a_second_gap_starts_when_the_first_one_closes() -> None:
    stream = Stream(DELTA)
    stream.offer(2)
    stream.offer(4)
    stream.offer(1, now=TIMER // 2)
    assert stream.applied == [1, 2]
    assert stream.gap(TIMER) is Turn.NOT_DUE
    assert stream.gap(TIMER // 2 + TIMER) is Turn.RESYNC


def test_an_older_snapshot_does_not_turn_a_stream_back() -> None:
    stream = Stream(DELTA)
    stream.offer(1)
    stream.offer(2)
    assert stream.snapshot(1) is Turn.LATE
    assert stream.state.last == 2


arrivals = st.lists(st.integers(1, 8), max_size=30)


@given(arrivals)
def test_a_delta_stream_applies_a_prefix_once_and_in_order(order: list[int]) -> None:
    stream = Stream(DELTA)
    for number in order:
        stream.offer(number)
    seen = set(order)
    complete = next(n for n in range(1, 10) if n not in seen) - 1
    assert stream.applied == list(range(1, complete + 1))


@given(arrivals, st.integers(1, 3))
def test_a_state_stream_never_goes_back_and_ends_on_the_newest(order: list[int], held_max: int) -> None:
    stream = Stream(Sequencing(kind="state", held_max=held_max, gap_timer_us=TIMER))
    for number in order:
        stream.offer(number)
    stream.gap(TIMER)
    assert stream.applied == sorted(set(stream.applied))
    assert not order or stream.applied[-1] == max(order)
