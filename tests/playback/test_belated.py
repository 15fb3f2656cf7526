"""A live process gets to what is due a moment later: a replay waits as long, for what the recording knows of."""

from twin.model.history import Own
from twin.playback.belated import Moments


def moments(*found: Own) -> Moments:
    return Moments(enumerate(found, 2))


def test_what_is_due_waits_for_the_next_recorded_moment_of_its_own():
    known = moments(
        Own(at=5, of="slot", id=0), Own(at=6, of="slot", id=1), Own(at=9, of="slot", id=0), Own(at=7, of="timer", id=0)
    )
    assert known.after("slot", 0, 3) == 5
    assert known.after("slot", 0, 5) == 5, "asking changes nothing"
    known.reached("slot", 0, 5)
    assert known.after("slot", 0, 5) == 9
    assert (known.after("slot", 1, 2), known.after("timer", 0, 2)) == (6, 7)


def test_what_the_recording_knows_nothing_of_is_done_when_it_is_due():
    known = moments(Own(at=5, of="timer", id=8))
    assert known.after("timer", 9, 3) == 3
    assert known.after("timer", 8, 6) == 6, "the recorded process got to it before"
    known.reached("timer", 9, 3)
