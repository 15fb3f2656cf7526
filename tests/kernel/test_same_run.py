"""The parts of the kernel together: same seed, same event log, in any process and with or without a file."""

import subprocess
import sys
from pathlib import Path

from twin.kernel.guards import Guard, Guards
from twin.kernel.laws import Exponential, Gamma, Lognormal, delay
from twin.kernel.link import Link
from twin.kernel.recorder import ParquetSink, Recorder, Sink
from twin.kernel.station import Hours, Station
from twin.kernel.timeline import Timeline
from twin.model.chance import bits, stream_id
from twin.model.instant import DAY, HOUR


class Shop:
    """A client that calls a desk with working hours over lossy links, and calls again when a guard falls due."""

    def __init__(self, seed: int, recorder: Recorder) -> None:
        self.timeline, self.recorder, self.seed = Timeline(), recorder, seed
        self.guards = Guards(self.timeline)
        how = {"lost": 0.1, "duplicated": 0.1, "duplicate_lag": Exponential(60), "capacity_per_s": 0.5}
        self.there = Link(self.timeline, seed, "client/desk", latency=Lognormal(2, 0.8), **how)
        self.back = Link(
            self.timeline, seed, "desk/client", latency=Lognormal(2, 0.8), disorder_share=0.2, disorder_within_us=HOUR
        )
        self.desk = Station(self.timeline, "desk", 2, 20, Hours([(8 * HOUR, 18 * HOUR)], start_us=7 * HOUR))
        self.work, self.stream = delay(Gamma(600, 0.5)), stream_id("work")
        self.waiting: dict[int, Guard] = {}
        self.kinds = {name: recorder.kind(name) for name in ("asked", "taken", "refused", "answered", "repeated")}
        self.client, self.other = recorder.party("client"), recorder.party("desk")
        for n in range(300):
            self.timeline.call_at(n * DAY // 300, self.ask, (n, 1))

    def note(self, kind: str, key: tuple[int, int]) -> None:
        self.recorder.note(
            self.timeline.now, self.kinds[kind], self.client, self.other, *key, key[0], quantity=self.desk.length()
        )

    def ask(self, key: tuple[int, int]) -> None:
        self.note("asked", key)
        if key[1] < 5:
            self.waiting[key[0]] = self.guards.after(HOUR, self.ask, (key[0], key[1] + 1))
        self.there.send(*key, self.arrived, key)

    def arrived(self, key: tuple[int, int]) -> None:
        taken = self.desk.offer(self.work(bits(self.seed, self.stream, *key)), self.worked, key)
        self.note("taken" if taken else "refused", key)

    def worked(self, key: tuple[int, int]) -> None:
        self.back.send(*key, self.answered, key)

    def answered(self, key: tuple[int, int]) -> None:
        guard = self.waiting.pop(key[0], None)
        self.note("repeated" if guard is None else "answered", key)
        if guard is not None:
            self.guards.cancel(guard)


def digest(seed: int, sink: Sink | None = None) -> tuple[str, int]:
    recorder = Recorder(sink)
    shop = Shop(seed, recorder)
    shop.timeline.run(until=3 * DAY)
    recorder.close()
    return recorder.digest(), shop.timeline.events


def test_another_process_with_another_hash_seed_records_the_same_run() -> None:
    code = f"import runpy; print(runpy.run_path({__file__!r})['digest'](7))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout == f"{digest(7)}\n"


def test_a_file_does_not_change_the_run_and_another_seed_does(tmp_path: Path) -> None:
    assert digest(7) == digest(7, ParquetSink(tmp_path / "events.parquet"))
    assert digest(7) != digest(8)


def test_everything_of_the_kernel_happens_in_it() -> None:
    recorder = Recorder()
    shop = Shop(7, recorder)
    shop.timeline.run(until=3 * DAY)
    assert min(shop.there.lost_count, shop.there.duplicated_count, shop.desk.rejected_count, shop.back.sent_count) > 5
    assert recorder.count > 1_000
    assert shop.timeline.events > recorder.count // 2
