"""What is laid over a recording does to its records what it says, the same in every design, and nothing else."""

from collections import Counter
from pathlib import Path

import pytest

from scenarios.replays import replay
from twin.errors import UsageError
from twin.model.history import Header, Stimulus
from twin.model.instant import MINUTE, SECOND
from twin.playback.history import HistoryFile, Numbered
from twin.playback.overlay import REPEATED_WITHIN, Overlay


def laid_over(recorded: Path, *texts: str, speed: float = 1.0, seed: int = 1) -> tuple[list[Numbered], list[Numbered]]:
    """Return the records of a recording, and the same with something laid over them."""
    file = HistoryFile(recorded)
    return list(file), list(Overlay.read(texts, speed).over(file.header, file, seed))


def times(records: list[Numbered]) -> dict[int, int]:
    """Return when each message from outside comes, by its line."""
    return {line: record.at for line, record in records if isinstance(record, Stimulus)}


def in_order(records: list[Numbered]) -> bool:
    at = [record.at for _, record in records]
    return at == sorted(at)


def test_nothing_laid_over_is_the_recording_itself(recorded: Path):
    before, after = laid_over(recorded)
    assert before == after
    assert not Overlay.read([])


def test_repeats_come_up_to_a_minute_after_their_originals(recorded: Path):
    before, after = laid_over(recorded, "duplicates=20%")
    count = Counter(line for line, record in after if isinstance(record, Stimulus))
    twice = [line for line, times_ in count.items() if times_ == 2]
    assert set(count.values()) == {1, 2}
    assert 0.1 < len(twice) / len(count) < 0.3
    assert len(after) == len(before) + len(twice)
    assert in_order(after)
    first = times(before)
    assert all(0 <= record.at - first[line] <= REPEATED_WITHIN for line, record in after if line in set(twice))


def test_losses_take_messages_from_outside_and_no_answers(recorded: Path):
    before, after = laid_over(recorded, "loss=10%")
    gone = [record for line, record in before if line not in {kept for kept, _ in after}]
    assert gone
    assert all(isinstance(record, Stimulus) for record in gone)


def test_disorder_moves_each_message_within_its_window_and_some_past_others(recorded: Path):
    before, after = laid_over(recorded, "disorder=30s")
    was, is_now = times(before), times(after)
    assert all(0 <= is_now[line] - at <= 30 * SECOND for line, at in was.items())
    assert list(was) != list(is_now), "some overtake others"
    assert in_order(after)


def test_a_delay_moves_every_message_alike(recorded: Path):
    before, after = laid_over(recorded, "delay=200ms")
    was, is_now = times(before), times(after)
    assert {is_now[line] - at for line, at in was.items()} == {200_000}


def test_twice_the_speed_halves_every_gap(recorded: Path):
    before, after = laid_over(recorded, speed=2)
    assert times(after) == {line: at // 2 for line, at in times(before).items()}


def test_a_record_meets_the_same_fate_whatever_else_is_laid_over(recorded: Path):
    _, lost = laid_over(recorded, "loss=10%")
    _, also_repeated = laid_over(recorded, "loss=10%", "duplicates=50%", "delay=5s")
    assert times(lost).keys() == times(also_repeated).keys()
    _, other_seed = laid_over(recorded, "loss=10%", seed=2)
    assert times(lost).keys() != times(other_seed).keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noise=1%", "expected duplicates, disorder, loss or delay"),
        ("loss=200%", "perturb: loss: "),
        ("delay=soon", "perturb: delay: "),
    ],
)
def test_what_cannot_be_laid_over_is_refused_with_the_value(text: str, said: str):
    with pytest.raises(UsageError, match=said):
        Overlay.read([text])


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_is_a_number_above_nought(speed: float):
    with pytest.raises(UsageError, match="speed: must be above 0"):
        Overlay.read([], speed)


def test_among_simulated_partners_a_repeat_is_handed_over_twice_and_is_one_order(recorded: Path):
    (plain,) = replay(recorded, mode="open", seed=3).made
    (made,) = replay(recorded, perturb=["duplicates=50%"], mode="what-if", seed=3).made
    assert made.played.duplicates > plain.played.duplicates + 10
    assert made.kpis["orders_placed"] == plain.kpis["orders_placed"]
    assert made.violations == []


def test_among_simulated_partners_a_lost_order_was_never_placed_and_a_late_one_is_placed_later(recorded: Path):
    (plain,) = replay(recorded, mode="open", seed=3).made
    (lossy,) = replay(recorded, perturb=["loss=30%"], mode="what-if", seed=3).made
    placed, lost = plain.kpis["orders_placed"], lossy.kpis["orders_placed"]
    assert placed is not None and lost is not None
    assert 0 < lost < placed
    (late,) = replay(recorded, perturb=["delay=10m"], mode="what-if", seed=3).made
    assert late.kpis["orders_placed"] == placed
    assert late.played.decisions != plain.played.decisions


def test_speed_shortens_the_time_in_which_the_orders_come(recorded: Path):
    (slow,) = replay(recorded, speed=0.5, seed=3).made
    (fast,) = replay(recorded, speed=4, seed=3).made
    assert slow.mode == fast.mode == "what-if"
    assert slow.kpis["orders_placed"] == fast.kpis["orders_placed"]
    assert last_order_at(recorded, 4) * 8 == pytest.approx(last_order_at(recorded, 0.5), abs=MINUTE)


def last_order_at(recorded: Path, speed: float) -> int:
    header: Header = HistoryFile(recorded).header
    _, after = laid_over(recorded, speed=speed)
    assert header.opened == 0
    return max(times(after).values())
