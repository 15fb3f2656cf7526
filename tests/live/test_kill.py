"""A live process that is killed again and again does what one that is never killed does: the same effects, each once.

Method: the twin records some hours. A process runs them in one go, at the recorded times. Others run them on a store of
their own and are killed (SIGKILL) whenever their effects file has grown by a random stretch; now and then half a line
is written to it, as a kill within a write leaves behind. Then the distinct effects, ids and bytes, the journal and the
rows of both stores are compared.
"""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contracts.shells import InOneDatabase
from tests.contracts.small_trade import procedures, rules
from tests.live.recorded import Recorded, record
from twin.live.effects import EffectReader
from twin.live.start import store_at
from twin.live.store import LiveStore
from twin.middleware.unit import TABLES

PATIENCE_S = 300
TORN = b'{"case":7634915428542378949,"cause":65733'
Url = Callable[[Path, str], str]


def in_one_file(folder: Path, name: str) -> str:
    return str(folder / f"{name}.db")


def started(recorded: Recorded, url: str, effects: Path) -> subprocess.Popen[bytes]:
    words = ["live", "--design", f"{recorded.scenario}#standard", "--store", url, "--in", str(recorded.history)]
    words += ["--out", str(effects), "--once", "--times", "recorded", "--quiet"]
    program = "import sys; from twin.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.Popen([sys.executable, "-c", program, *words])


def run_through(recorded: Recorded, url: str, effects: Path) -> None:
    assert started(recorded, url, effects).wait(timeout=PATIENCE_S) == 0


def killed(recorded: Recorded, url: str, effects: Path, grows_by: int) -> bool:
    """Start a process and kill it when its effects file has grown so much; False if it came to its end before that."""
    process = started(recorded, url, effects)
    until = (effects.stat().st_size if effects.exists() else 0) + grows_by
    for _ in range(PATIENCE_S * 200):
        try:
            assert process.wait(timeout=0.005) == 0
        except subprocess.TimeoutExpired:
            if effects.exists() and effects.stat().st_size >= until:
                process.kill()
                process.wait()
                return True
        else:
            return False
    raise AssertionError("the process did nothing for a long time")


def distinct(effects: Path, reader: EffectReader) -> dict[int, bytes]:
    return {effect.event.id: effect.line for effect in reader.read(effects)}


def kept(store: LiveStore) -> list[object]:
    rows: list[object] = [dict(store.rows(table)) for table in TABLES]
    timers = sorted((timer.due, timer.message.id) for timer in store.timers())
    return [*rows, timers, list(store.outbox()), list(store.journal())]


def survives(recorded: Recorded, folder: Path, url: Url, kills: int) -> dict[str, int]:
    """Hold the killed processes against the undisturbed one; return what the report of the long test says."""
    calm, killed_often = folder / "calm.jsonl", folder / "killed.jsonl"
    run_through(recorded, url(folder, "calm"), calm)
    chance = random.Random(kills)
    stretch = calm.stat().st_size // (kills + 2)
    for kill in range(kills):
        grows_by = int(stretch * chance.uniform(0.3, 1.2))
        assert killed(recorded, url(folder, "killed"), killed_often, grows_by), f"it was over before kill {kill + 1}"
        if kill % 3 == 0:
            with killed_often.open("ab") as file:
                file.write(TORN)
    run_through(recorded, url(folder, "killed"), killed_often)
    reader = EffectReader()
    effects = distinct(calm, EffectReader())
    assert distinct(killed_often, reader) == effects
    assert killed_often.read_bytes().endswith(b"}\n")
    with store_at(url(folder, "calm")) as one, store_at(url(folder, "killed")) as other:
        assert kept(one) == kept(other)
    return {"kills": kills, "effects": len(effects), "repeated": reader.repeated}


def test_a_process_that_is_killed_a_few_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    found = survives(record(tmp_path, "20m"), tmp_path, in_one_file, kills=3)
    assert found["effects"] > 50


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_fifty_kills_on_sqlite(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    for name, value in survives(record(tmp_path, "4h"), tmp_path, in_one_file, kills=50).items():
        record_property(name, value)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(1200)
def test_fifty_kills_on_postgresql(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    with schemas(tmp_path) as url:
        for name, value in survives(record(tmp_path, "4h"), tmp_path, url, kills=50).items():
            record_property(name, value)


@contextmanager
def schemas(folder: Path) -> Iterator[Url]:
    """Give each name a schema of its own on the server."""
    shells = {name: InOneDatabase(procedures(), rules(), folder / name) for name in ("calm", "killed")}
    for shell in shells.values():
        shell.store.close()
    yield lambda _, name: shells[name].url
    for shell in shells.values():
        shell.close()
