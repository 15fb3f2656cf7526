"""Time lines count what the record has, shade when faults were on, and draw the parties of any world."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import scenarios
from reports import timeline, topology
from reports.bands import BUSINESS, TECHNICAL, curves
from reports.windows import never_on, windows_of
from twin.experiment.trace import Record
from twin.kernel.recorder import ParquetSink, Recorder
from twin.model.instant import HOUR, MINUTE, SECOND
from twin.world.run import run_once


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


def ran(folder: Path, name: str, *settings: str) -> Record:
    """Run the first design of a scenario once, and open its record."""
    scenario = scenarios.load(name, settings)
    run_once(scenario, next(iter(scenario.designs)), 1, out=folder)
    return Record(folder / "events.parquet", "d")


QUEUE = ("horizon=60s", "warm_up=0s", "landscape.parties.users.open.rate=20/s")


def test_a_fault_is_shaded_for_as_long_as_it_lasted_its_overrun_included(tmp_path: Path) -> None:
    record = ran(tmp_path, "erp_maintenance", "horizon=4h", "landscape.size.skus=100", "demand.orders_per_day=50")
    (window,) = windows_of(record, 4 * HOUR)
    assert (window.name, window.at_us, window.until_us) == ("maintenance", HOUR, 3 * HOUR)


@pytest.mark.parametrize(
    ("trigger", "begins"),
    [
        ("{at: 10s}", lambda at: at == 10 * SECOND),
        ("{when: queue_length, above: 100}", lambda at: 5 * SECOND < at < 20 * SECOND and at % SECOND == 0),
        ("{nth: 50}", lambda at: SECOND < at < 5 * SECOND),
    ],
)
def test_a_window_begins_when_the_run_began_it(tmp_path: Path, trigger: str, begins: Callable[[int], bool]) -> None:
    """20 calls a second meet a server that does 8: its line has 100 after some 9 seconds, its 50th call after 2.5."""
    fault = f"faults=[{{name: cut, kind: E1, target: server, trigger: {trigger}, duration: 40s, probability: 1}}]"
    (window,) = windows_of(ran(tmp_path, "queue", *QUEUE, fault), MINUTE)
    assert begins(window.at_us)
    assert window.until_us > window.at_us


def test_faults_of_one_stretch_share_a_window_and_one_without_an_end_goes_on(tmp_path: Path) -> None:
    rows = [(10, "fault.on", "a", "erp"), (10, "fault.on", "b", "wms"), (30, "fault.on", "c", "erp")]
    rows += [(20, "fault.off", "a", "erp"), (20, "fault.off", "b", "wms")]
    windows = windows_of(recorded(tmp_path, *((*row, 0, 0, 0) for row in sorted(rows))), MINUTE)
    told = [(window.name, window.at_us // SECOND, window.until_us // SECOND) for window in windows]
    assert told == [("a, b", 10, 20), ("c", 30, 60)]
    assert never_on(["a", "c", "d"], windows) == ["d"]


def test_the_longest_queue_of_each_minute_is_followed(tmp_path: Path) -> None:
    """Deploy one worker where two are needed: what waits shows, minute by minute, in the bin of its minute."""
    rows = [
        (0, "queue.longest", "middleware", "middleware", 0, 0, 3),
        (60, "queue.longest", "middleware", "middleware", 0, 0, 9),
    ]
    assert of("Messages that wait", recorded(tmp_path, *rows)) == {"messages": [3.0, 9.0, 0.0]}
    assert of("Messages that wait", recorded(tmp_path, *rows), bins=1, width=HOUR) == {"messages": [9.0]}


def test_the_queue_of_a_run_is_as_long_as_its_measure_says(tmp_path: Path) -> None:
    scenario = scenarios.load("oversell", ["designs.governed.workers.count=1"], small=True).with_("horizon", "11h")
    run = run_once(scenario, "governed", 7, out=tmp_path)
    ((most,),) = Record(tmp_path / "events.parquet", "d").rows(
        "SELECT max(quantity) FROM events WHERE kind = 'queue.longest'"
    )
    assert most == run.kpis["queue_length.max{queue=middleware}"]


def test_an_alert_is_shown_under_the_name_of_its_rule(tmp_path: Path) -> None:
    recorder = Recorder(ParquetSink(tmp_path / "events.parquet"))
    recorder.name("alert", 0, "slow_orders")
    party = recorder.party("middleware")
    recorder.note(70 * SECOND, recorder.kind("alert.raised"), party, party, 0, 0, 0)
    recorder.close()
    assert of("Alerts raised", Record(tmp_path / "events.parquet", "d")) == {"slow_orders": [0.0, 1.0, 0.0]}


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
