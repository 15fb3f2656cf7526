"""Records begin when they say, last as long as they say, and count what they did."""

import pytest

from twin.errors import UsageError
from twin.kernel.faults import After, Armed, At, Fault, Faults, Nth, Point, When
from twin.kernel.timeline import Timeline
from twin.model.instant import SECOND


class Diary:
    """A lever that writes down when it was pulled and released."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.entries: list[tuple[str, str, int]] = []

    def begin(self, armed: Armed) -> None:
        self.entries.append(("begin", armed.fault.name, self.timeline.now))

    def end(self, armed: Armed) -> None:
        self.entries.append(("end", armed.fault.name, self.timeline.now))


def engine(*records: Fault, gauges: dict | None = None) -> tuple[Timeline, Faults, Diary]:
    timeline = Timeline()
    faults, diary = Faults(timeline, 7, records), Diary(timeline)
    for armed in faults.armed:
        armed.levers.append(diary)
    faults.start(gauges)
    return timeline, faults, diary


def fault(name: str, trigger: object, **more: object) -> Fault:
    return Fault(name=name, kind="E1", target="erp", trigger=trigger, **more)


def test_a_time_begins_a_fault_and_its_duration_ends_it():
    timeline, _, diary = engine(fault("a", At(10), duration=5))
    timeline.run()
    assert diary.entries == [("begin", "a", 10), ("end", "a", 15)]


def test_a_follower_begins_a_gap_after_its_leader_began_wherever_that_stands():
    timeline, _, diary = engine(fault("b", After("a", 3), duration=1), fault("a", At(10), duration=50))
    timeline.run()
    assert diary.entries == [("begin", "a", 10), ("begin", "b", 13), ("end", "b", 14), ("end", "a", 60)]


def test_a_permanent_fault_is_never_released():
    timeline, _, diary = engine(fault("a", At(10), duration=5, end="permanent"))
    timeline.run()
    assert diary.entries == [("begin", "a", 10)]


def test_a_measure_begins_a_fault_at_the_first_look_at_which_it_is_above_its_bound():
    level = {"queue": 0.0}
    timeline, _, diary = engine(fault("a", When("queue", 5.0)), gauges={"queue": lambda: level["queue"]})
    timeline.call_at(2 * SECOND + 1, lambda _: level.update(queue=6.0), None)
    timeline.run(until=10 * SECOND)
    assert diary.entries == [("begin", "a", 3 * SECOND)]


def test_a_point_begins_a_fault_when_it_is_passed_for_the_nth_time():
    _, faults, diary = engine(fault("a", Point("commit", 2)))
    for point in ("other", "commit", "other", "commit", "commit"):
        faults.passes(point)
    assert diary.entries == [("begin", "a", 0)]


def test_the_nth_message_and_those_after_it_suffer_until_the_count_is_reached():
    _, faults, diary = engine(fault("a", Nth(3), count=2))
    (armed,) = faults.armed
    assert [armed.strikes(0, identity, 1) for identity in range(4)] == [False, False, True, True]
    assert diary.entries == [("begin", "a", 0), ("end", "a", 0)]
    assert faults.vain() == []


def test_coins_fall_by_identity_with_their_share_and_correlation_makes_bursts():
    """Aim: the share is kept, a repeat meets the same luck, bursts are as long as a chain of coins makes them.

    Method: 10,000 messages; a burst that goes on with probability 1/2 has a mean length of 2 at a small share.
    """
    _, faults, _ = engine(fault("a", At(0), numbers={"probability": 0.02}))
    (alone,) = faults.armed
    first = [alone.strikes(0, identity, 1) for identity in range(10_000)]
    assert 150 < sum(first) < 250
    assert first == [alone.strikes(0, identity, 1) for identity in range(10_000)]
    _, faults, _ = engine(fault("a", At(0), numbers={"probability": 0.02}, correlation=0.5))
    (chained,) = faults.armed
    hits = [chained.strikes(0, identity, 1) for identity in range(10_000)]
    bursts = sum(now and not before for before, now in zip([False, *hits], hits, strict=False))
    assert 1.8 < sum(hits) / bursts < 2.3


def test_a_slow_ramp_fades_over_as_long_again_as_the_fault_lasted():
    timeline, faults, diary = engine(fault("a", At(0), duration=100, end="heal_slow_ramp", numbers={"factor": 0.2}))
    (armed,) = faults.armed
    seen = {}
    for at in (50, 100, 150, 199):
        timeline.call_at(at + 1, lambda at: seen.setdefault(at, round(armed.factor(at), 2)), at)
    timeline.run()
    assert seen == {50: 0.2, 100: 0.2, 150: 0.6, 199: 0.99}
    assert diary.entries[-1] == ("end", "a", 200)


def test_a_fault_that_struck_nothing_is_named():
    timeline, faults, _ = engine(fault("a", At(5), duration=1), fault("b", At(5)))
    timeline.run()
    faults.armed[1].strikes(5, 1, 1)
    assert [each.name for each in faults.vain()] == ["a"]


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ((fault("a", At(0)), fault("a", At(1))), "one name"),
        ((fault("a", After("b")),), "waits for 'b'"),
        ((fault("a", When("nonsense", 1.0)),), "no measure 'nonsense'"),
    ],
)
def test_records_that_do_not_fit_are_refused(records, told):
    with pytest.raises(UsageError, match=told):
        engine(*records)


def test_a_record_without_a_lever_is_refused():
    with pytest.raises(UsageError, match="nothing in this world can do E1 at 'erp'"):
        Faults(Timeline(), 1, [fault("a", At(0))]).start()
