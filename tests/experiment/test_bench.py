"""The bench measures what it says, and its yardstick stays what it was."""

from pathlib import Path

import pytest

import scenarios
from twin.errors import HistoryError, UsageError
from twin.experiment import bench_kernel, textbook
from twin.experiment.bench import rows
from twin.experiment.bench_apart import apart
from twin.experiment.bench_history import before, compared, remember
from twin.experiment.bench_measure import BenchRow, interleaved
from twin.world.run import run_once


def test_the_textbook_is_deterministic_and_does_the_stated_work() -> None:
    done = textbook.run(2_000, seed=3)
    assert done == textbook.run(2_000, seed=3) != textbook.run(2_000, seed=4)
    assert done["orders"] == 2_000
    assert done["events"] / 2_000 == pytest.approx(31.5, abs=0.5)
    assert done["records"] / 2_000 == pytest.approx(20.1, abs=0.5)
    assert done["lines"] == 6_000


def test_the_textbook_fits_its_150_lines() -> None:
    assert len(Path(textbook.__file__).read_text().splitlines()) <= 150


@pytest.mark.parametrize(
    ("measured", "target", "verdict"),
    [
        (1.3, 1.3, "met"),
        (1.31, 1.3, "missed"),
        (1.95, 1.3, "missed"),
        (1.96, 1.3, "missed by more than 1.5"),
        (9, None, "reported"),
    ],
)
def test_a_verdict_compares_with_the_target(measured: float, target: float | None, verdict: str) -> None:
    row = BenchRow(name="x", what="x", measured=measured, target=target, unit="ratio", how="by hand")
    assert row.verdict == verdict
    assert list(row.row()) == ["name", "what", "measured", "target", "unit", "verdict", "how"]


def test_only_the_rows_that_are_named_are_measured() -> None:
    heard: list[tuple[float, int]] = []
    found = rows(["kernel_ratio"], True, lambda done, planned: heard.append((done, planned)))
    assert [row["name"] for row in found] == ["kernel_ratio"]
    assert heard == [(0, 1), (1, 1)]
    measured = found[0]["measured"]
    assert isinstance(measured, float)
    assert 0.5 < measured < 5


def test_an_unknown_row_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no row 'kernel_ration'; there are kernel_ratio, hop_ratio"):
        rows(["kernel_ration"], True)


def test_programs_run_in_turn_and_the_first_round_is_thrown_away() -> None:
    turns: list[str] = []
    pairs = interleaved(lambda: turns.append("a") or 1.0, lambda: turns.append("b") or 2.0, rounds=2)
    assert turns == ["a", "b"] * 3
    assert pairs == [(1.0, 2.0)] * 2


def test_messages_come_round_once_per_latency_and_service() -> None:
    circle = bench_kernel.Circle(bench_kernel.Constant(0.1), bench_kernel.Constant(0.001))
    for message in range(bench_kernel.PENDING):
        circle.link.send(message, 1, circle.arrived, message)
    circle.timeline.run(until=1_010_001)
    assert circle.station.offered_count == pytest.approx(640, abs=64)


def test_what_was_measured_is_kept_and_compared_with_its_own_kind(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "bench.jsonl"
    assert before(file, "here", quick=True) == {}
    for measured in (1.0, 1.2, 1.1):
        remember(file, [{"name": "kernel_ratio", "measured": measured}], code={}, machine="here", quick=True)
    remember(file, [{"name": "kernel_ratio", "measured": 9.0}], code={}, machine="elsewhere", quick=True)
    earlier = before(file, "here", quick=True)
    assert earlier == {"kernel_ratio": 1.1}
    assert before(file, "here", quick=False) == {}
    rows = [{"name": "kernel_ratio", "measured": now} for now in (1.3, 1.4)] + [{"name": "new", "measured": 1.0}]
    assert [row["change"] for row in compared(rows, earlier)] == ["steady", "worse", None]


def test_a_spoilt_history_of_the_bench_is_named_with_its_line_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    remember(file, [{"name": "kernel_ratio", "measured": 1.0}], code={}, machine="here", quick=True)
    text = file.read_text() + "{torn\n"
    file.write_text(text)
    with pytest.raises(HistoryError, match=r"bench.jsonl:2:1: is no line of the bench's history"):
        before(file, "here", quick=True)
    assert file.read_text() == text


def test_a_run_apart_does_what_a_run_here_does() -> None:
    scenario = scenarios.load("first_day", small=True)
    start, middle, end = apart(scenario, [scenario.horizon // 2, scenario.horizon])
    here = run_once(scenario, next(iter(scenario.designs)), 1)
    assert (start.at, start.placed, end.at) == (0, 0, scenario.horizon)
    assert 0 < middle.placed < end.placed == here.kpis["orders_placed"]
    assert start.peak <= middle.peak <= end.peak
