"""Time lines count what the record has, shade when faults were on, and draw the parties of any world."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import scenarios
from reports import timeline, topology
from reports.bands import BUSINESS, TECHNICAL, curves
from reports.windows import windows_of
from twin.experiment.trace import Record
from twin.kernel.recorder import ParquetSink, Recorder
from twin.model.instant import HOUR, MINUTE, SECOND


def recorded(folder: Path, *rows: tuple[int, str, str, str, int, int, int]) -> Record:
    """Write rows of (second, kind, source, target, message, case, number) as a run does."""
    recorder = Recorder(ParquetSink(folder / "events.parquet"))
    for second, kind, source, target, message, case, number in rows:
        recorder.note(
            second * SECOND,
            recorder.kind(kind),
            recorder.party(source),
            recorder.party(target),
            message,
            0,
            case,
            0,
            number,
        )
    recorder.close()
    return Record(folder / "events.parquet", "d")


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """One call that is refused at once, sent again after a minute and answered half a minute later."""
    return recorded(
        tmp_path,
        (0, "Serve.sent", "users", "server", 7, 0, 1),
        (30, "Serve.refused", "server", "users", 7, 0, 1),
        (30, "breaker.opened", "users", "server", 0, 0, 0),
        (90, "breaker.closed", "users", "server", 0, 0, 0),
        (90, "Serve.sent", "users", "server", 7, 0, 2),
        (120, "Serve.ok", "server", "users", 7, 0, 2),
    )


def of(title: str, record: Record, bins: int = 3, width: int = MINUTE) -> dict[str, list[float]]:
    (band,) = (band for band in (*BUSINESS, *TECHNICAL) if band.title.startswith(title))
    return {curve.name: [float(value) for value in curve.values] for curve in curves(band, record, bins, width)}


def test_a_level_is_its_mean_over_the_bin(record: Record) -> None:
    assert of("Calls under way", record) == {"server": [0.5, 0.5, 0.0]}
    assert of("Breakers not closed", record) == {"server": [0.5, 0.5, 0.0]}


def test_a_fallback_is_in_force_from_its_on_to_its_off(tmp_path: Path) -> None:
    moves = ((30, "fallback.on"), (60, "fallback.off"), (150, "fallback.on"))
    record = recorded(tmp_path, *((at, kind, "middleware", "erp", n, 0, 0) for n, (at, kind) in enumerate(moves)))
    assert of("Fallbacks in force", record) == {"erp": [0.5, 0.0, 0.5]}


def test_what_did_not_succeed_is_counted_where_it_ended(record: Record) -> None:
    assert of("Attempts that did not succeed", record) == {"refused": [1.0, 0.0, 0.0]}


def test_the_latency_of_an_attempt_stands_at_the_time_it_was_sent(record: Record) -> None:
    found = of("Latency", record)["server"]
    assert found[:2] == [30.0, 30.0] and np.isnan(found[2])


def test_the_amplification_is_attempts_per_call(record: Record) -> None:
    assert of("Retry amplification", record, bins=1, width=HOUR) == {"server": [2.0]}


def test_a_band_of_which_nothing_happened_has_no_panel(record: Record) -> None:
    drawn = timeline.figure(record, TECHNICAL, "s", 1, 180 * SECOND)
    assert drawn is not None
    titles = [place.get_title(loc="left") for place in drawn.axes]
    assert titles[0].startswith("Attempts that did not succeed") and not any("figure" in title for title in titles)
    assert timeline.figure(record, BUSINESS, "s", 1, 180 * SECOND) is None


def test_the_same_name_has_the_same_look_in_every_panel(record: Record) -> None:
    drawn = timeline.figure(record, TECHNICAL, "s", 1, 180 * SECOND)
    assert drawn is not None
    looks = {
        (line.get_color(), line.get_linestyle())
        for place in drawn.axes
        for line in place.lines
        if line.get_label() == "server"
    }
    assert len(looks) == 1


def test_a_fault_is_shaded_for_as_long_as_it_lasts_its_overrun_included() -> None:
    windows, unknown = windows_of(scenarios.load("erp_maintenance"), 24 * HOUR)
    assert [(each.name, each.at_us, each.until_us) for each in windows] == [("maintenance", HOUR, 3 * HOUR)]
    assert unknown == []


def test_faults_of_one_stretch_share_a_window() -> None:
    (window,), _ = windows_of(scenarios.load("retry_storm"), 24 * HOUR)
    assert window.name == "brownout, same_brownout"


def test_parties_are_drawn_apart_also_where_there_is_no_middleware(record: Record) -> None:
    drawn = topology.figure(record, "s", 1)
    assert drawn is not None
    FigureCanvasAgg(drawn).draw()
    users, server = (
        next(text for text in drawn.axes[0].texts if text.get_text() == name).get_window_extent()
        for name in ("users", "server")
    )
    assert users.x1 < server.x0 and drawn.bbox.x1 > server.x1
    assert [text.get_text() for text in drawn.axes[0].texts][-1] == "2\n50.0%"


def test_a_record_without_messages_has_no_parties(tmp_path: Path) -> None:
    assert topology.figure(recorded(tmp_path, (0, "order.placed", "shop", "shop", 1, 1, 1)), "s", 1) is not None
    (tmp_path / "empty").mkdir()
    silent = recorded(tmp_path / "empty", (0, "stock.shown", "shop", "shop", 1, 0, 1))
    assert topology.figure(silent, "s", 1) is None
