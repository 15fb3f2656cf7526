"""The event log: same digest with and without a file, right values in it, bounded memory, nothing half-written."""

import tracemalloc
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from twin.errors import UsageError
from twin.kernel.recorder import CHUNK_ROWS, NAMES_MAX, Name, ParquetSink, Recorder


class Forgetful:
    """A sink that counts and keeps nothing."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, rows: bytearray) -> None:
        self.bytes += len(rows)

    def write_names(self, names: Sequence[Name]) -> None:
        pass

    def close(self, kinds: Sequence[str], parties: Sequence[str]) -> None:
        pass

    def abort(self) -> None:
        pass


def record(recorder: Recorder, rows: int) -> Recorder:
    accepted, shipped = recorder.kind("OrderAccepted"), recorder.kind("it's shipped")
    erp, wms = recorder.party("erp"), recorder.party("wms/east")
    for n in range(rows):
        recorder.note(n * 10, (accepted, shipped)[n % 2], erp, wms, 2**63 - 1 - n, n, 7, item=n % 5, quantity=n - 10)
    return recorder


def test_values_come_back_in_order_with_names(tmp_path: Path) -> None:
    path = tmp_path / "it's here" / "events.parquet"
    path.parent.mkdir()
    rows = CHUNK_ROWS + 11
    recorder = record(Recorder(ParquetSink(path, {"seed": "7", "says": "it's me"})), rows)
    recorder.close()
    table = duckdb.sql(f"SELECT * FROM read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')")
    assert table.columns == ["at_us", "kind", "source", "target", "message", "cause", "case_id", "item", "quantity"]
    got = table.fetchall()
    assert len(got) == rows == recorder.count
    assert got[3] == (30, "it's shipped", "erp", "wms/east", 2**63 - 4, 3, 7, 3, -7)
    assert got[-1][0] == (rows - 1) * 10
    assert all(a[0] < b[0] for a, b in pairwise(got))
    pairs = duckdb.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
    assert dict(pairs) == {b"seed": b"7", b"says": b"it's me"}
    assert [entry.name for entry in path.parent.iterdir()] == ["events.parquet"]


def test_the_digest_does_not_depend_on_the_sink(tmp_path: Path) -> None:
    silent, written, counted = Recorder(), Recorder(ParquetSink(tmp_path / "e.parquet")), Recorder(Forgetful())
    digests = {record(recorder, CHUNK_ROWS + 3).digest() for recorder in (silent, written, counted)}
    for recorder in (silent, written, counted):
        recorder.close()
        digests.add(recorder.digest())
    assert len(digests) == 1
    assert digests.pop().startswith("sha256:")


def test_the_digest_sees_every_field_and_every_name() -> None:
    base = record(Recorder(), 5).digest()
    assert record(Recorder(), 6).digest() != base
    renamed = Recorder()
    renamed.kind("OrderRefused")
    assert record(renamed, 5).digest() != base
    for place in range(9):
        fields = [1] * 9
        fields[place] = 2
        first, second = Recorder(), Recorder()
        first.note(*[1] * 9)
        second.note(*fields)
        assert first.digest() != second.digest()


def test_memory_does_not_grow_with_the_horizon() -> None:
    recorder = Recorder(Forgetful())
    record(recorder, CHUNK_ROWS)
    tracemalloc.start()
    record(recorder, 3 * CHUNK_ROWS + 5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.3 * 50 * CHUNK_ROWS
    assert recorder.count == 4 * CHUNK_ROWS + 5


def test_an_aborted_recording_leaves_nothing(tmp_path: Path) -> None:
    recorder = record(Recorder(ParquetSink(tmp_path / "events.parquet")), CHUNK_ROWS + 1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["events.parquet.partial"]
    recorder.abort()
    assert not list(tmp_path.iterdir())


def test_abort_after_close_keeps_the_file(tmp_path: Path) -> None:
    recorder = record(Recorder(ParquetSink(tmp_path / "events.parquet")), 3)
    recorder.close()
    recorder.abort()
    assert [entry.name for entry in tmp_path.iterdir()] == ["events.parquet"]


def test_a_recording_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    Recorder(ParquetSink(tmp_path / "events.parquet")).close()
    assert duckdb.sql(f"SELECT kind FROM read_parquet('{tmp_path}/events.parquet')").fetchall() == []


def test_what_an_earlier_run_left_behind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "events.parquet.partial").mkdir()
    (tmp_path / "events.parquet.partial" / "000000007.parquet").write_text("rubbish")
    record(Recorder(ParquetSink(tmp_path / "events.parquet")), 3).close()
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{tmp_path}/events.parquet')").fetchall() == [(3,)]


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*nowhere/events.parquet: No such file"):
        ParquetSink(tmp_path / "nowhere" / "events.parquet")


def test_names_beyond_the_bound_are_refused() -> None:
    recorder = Recorder()
    for n in range(NAMES_MAX):
        recorder.kind(str(n))
    with pytest.raises(UsageError, match="at most 65,536 different kinds"):
        recorder.kind("one more")


def test_names_lie_beside_the_rows_and_change_no_digest(tmp_path: Path) -> None:
    named, plain = Recorder(ParquetSink(tmp_path / "events.parquet")), Recorder()
    for recorder in (named, plain):
        record(recorder, 5)
    for number in range(CHUNK_ROWS + 2):
        named.name("order", number, f"storefront {number}")
    assert named.digest() == plain.digest()
    named.close()
    found = duckdb.execute("FROM read_parquet(?) ORDER BY number", [str(tmp_path / "names.parquet")]).fetchall()
    assert len(found) == CHUNK_ROWS + 2 and found[7] == ("order", 7, "storefront 7")
