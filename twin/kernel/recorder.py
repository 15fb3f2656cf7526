"""The event log: every message as one packed row, with its cause and its case, and a digest over all of them.

Theory of operation. `note` packs a row of 50 bytes; names of kinds and parties are interned to small numbers before.
A full chunk goes into a running SHA-256 and to the sink, then its memory is used again: what is held does not grow with
the horizon. The digest covers the rows and the names, so it is the same with a sink, with another one and without. The
recorder draws nothing and changes nothing.

A row costs 0.3 us; writing it 0.12 us while the run goes on and 0.26 us at the end. Tried and dropped: a list of tuples
(96 bytes a row kept); a growing table of DuckDB (0.34 us a row while the run goes on); the packed rows in a file that
is mapped at the end (as fast, but the mapped pages count as memory).
"""

import hashlib
import os
import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from twin.errors import UsageError

CHUNK_ROWS: Final = 65_536
"""Rows that are held before they go to the sink: 3.1 MiB."""
NAMES_MAX: Final = 65_536
"""Different kinds, and different parties, that fit their columns; one more is refused."""

_ROW: Final = struct.Struct("<qHHHiqqqq")
COLUMNS: Final = np.dtype(
    [("at_us", "<i8"), ("kind", "<u2"), ("source", "<u2"), ("target", "<u2"), ("item", "<i4")]
    + [(name, "<i8") for name in ("message", "cause", "case_id", "quantity")]
)
_CHUNK_BYTES: Final = CHUNK_ROWS * _ROW.size


Name = tuple[str, int, str]
"""What is named (`order`, `item`), its number in the rows, and its name."""


class Sink(Protocol):
    """Where full chunks go."""

    def write(self, rows: bytearray) -> None:
        """Take whole packed rows; they are overwritten after the call."""

    def write_names(self, names: Sequence[Name]) -> None:
        """Take what numbers of the rows are called outside; the sequence is emptied after the call."""

    def close(self, kinds: Sequence[str], parties: Sequence[str]) -> None:
        """Finish: the names stand at the numbers that the rows hold."""

    def abort(self) -> None:
        """Leave nothing behind; after `close` this does nothing."""


class Recorder:
    """The event log of one run; closing it closes its sink."""

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink
        self._kinds: dict[str, int] = {}
        self._parties: dict[str, int] = {}
        self._buffer = bytearray()
        self._named: list[Name] = []
        self._flushed = 0
        self._hash = hashlib.sha256()

    @property
    def count(self) -> int:
        """How many rows were noted."""
        return self._flushed + len(self._buffer) // _ROW.size

    def kind(self, name: str) -> int:
        """Return the number of a kind of message or step, a new one for a new name."""
        return _intern(self._kinds, name, "kinds")

    def party(self, name: str) -> int:
        """Return the number of a party, a new one for a new name."""
        return _intern(self._parties, name, "parties")

    def note(
        self,
        now: int,
        kind: int,
        source: int,
        target: int,
        message: int,
        cause: int,
        case: int,
        item: int = 0,
        quantity: int = 0,
    ) -> None:
        """Write one row: whole microseconds, interned numbers, 63-bit identities, item number, quantity in quanta."""
        buffer = self._buffer
        buffer += _pack(now, kind, source, target, item, message, cause, case, quantity)
        if len(buffer) >= _CHUNK_BYTES:
            self._flush()

    def name(self, what: str, number: int, text: str) -> None:
        """Say what a number of the rows is called outside; it goes to the sink only, and is no part of the digest."""
        if self._sink is not None:
            self._named.append((what, number, text))
            if len(self._named) >= CHUNK_ROWS:
                self._flush_names()

    def digest(self) -> str:
        """Return the digest of everything noted so far, as `sha256:` and 64 hexadecimal digits."""
        whole = self._hash.copy()
        whole.update(self._buffer)
        whole.update("\x1f".join(("", *self._kinds, "", *self._parties)).encode())
        return f"sha256:{whole.hexdigest()}"

    def close(self) -> None:
        """Hand the last rows to the sink and finish it."""
        self._flush()
        self._flush_names()
        if self._sink is not None:
            self._sink.close(list(self._kinds), list(self._parties))

    def abort(self) -> None:
        """Give the recording up: the sink leaves nothing behind."""
        if self._sink is not None:
            self._sink.abort()

    def _flush(self) -> None:
        self._hash.update(self._buffer)
        if self._sink is not None and self._buffer:
            self._sink.write(self._buffer)
        self._flushed += len(self._buffer) // _ROW.size
        self._buffer.clear()

    def _flush_names(self) -> None:
        if self._sink is not None and self._named:
            self._sink.write_names(self._named)
        self._named.clear()


class ParquetSink:
    """Writes rows to one zstd Parquet file that appears only when it is whole; kinds and parties are text columns.

    Columns: at_us, kind, source, target, message, cause, case_id, item, quantity. Names go to `names.parquet` beside
    it: what, number, name. Chunks lie as files in the folder `<path>.partial` until `close` copies them, in order and
    in bounded memory, into one; `metadata` is in its footer.

    Raises:
        UsageError: the folder cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> None:
        import duckdb  # a run without a file does not pay for it

        self._path = Path(path)
        self._parts = self._path.with_name(self._path.name + ".partial")
        self._metadata = dict(metadata or {})
        self._count = self._named = 0
        try:
            shutil.rmtree(self._parts, ignore_errors=True)
            self._parts.mkdir()
        except OSError as error:
            raise UsageError(f"cannot write {self._path}: {error.strerror}") from error
        self._database = duckdb.connect(
            config={"threads": 1, "memory_limit": "256MB", "temp_directory": str(self._parts)}
        )
        if self._database.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(True,)]:
            # it would come between the lines of stdout; in a notebook without widgets it is off and cannot be set
            self._database.execute("SET enable_progress_bar = false")

    def write(self, rows: bytearray) -> None:
        table = np.frombuffer(rows, COLUMNS)
        self._database.register("chunk", {name: np.ascontiguousarray(table[name]) for name in COLUMNS.names or ()})
        part = self._parts / f"{self._count:09}.parquet"
        self._database.execute(f"COPY (FROM chunk) TO {_text(part)} (FORMAT parquet, COMPRESSION uncompressed)")
        self._database.unregister("chunk")
        self._count += 1

    def write_names(self, names: Sequence[Name]) -> None:
        what, numbers, texts = zip(*names, strict=True)
        columns = {
            "what": np.array(what, object),
            "number": np.array(numbers, np.int64),
            "name": np.array(texts, object),
        }
        self._database.register("chunk", columns)
        part = self._parts / f"names-{self._named:09}.parquet"
        self._database.execute(f"COPY (FROM chunk) TO {_text(part)} (FORMAT parquet, COMPRESSION uncompressed)")
        self._database.unregister("chunk")
        self._named += 1

    def close(self, kinds: Sequence[str], parties: Sequence[str]) -> None:
        if not self._count:
            self.write(bytearray())
        names = [f"{_list(kinds)}[kind + 1] AS kind"]
        names += [f"{_list(parties)}[{column} + 1] AS {column}" for column in ("source", "target")]
        select = f"SELECT at_us, {', '.join(names)}, message, cause, case_id, item, quantity"
        metadata = ", ".join(f"{_text(key)}: {_text(value)}" for key, value in self._metadata.items())
        options = "FORMAT parquet, COMPRESSION zstd" + (f", KV_METADATA {{{metadata}}}" if metadata else "")
        whole = self._parts / "whole"
        source = f"read_parquet({_text(self._parts / '0*.parquet')})"
        self._database.execute(f"COPY ({select} FROM {source}) TO {_text(whole)} ({options})")
        if self._named:
            source, named = f"read_parquet({_text(self._parts / 'names-*.parquet')})", self._parts / "named"
            self._database.execute(f"COPY (FROM {source}) TO {_text(named)} (FORMAT parquet, COMPRESSION zstd)")
            named.replace(self._path.with_name("names.parquet"))
        self._database.close()
        whole.replace(self._path)
        shutil.rmtree(self._parts)

    def abort(self) -> None:
        self._database.close()
        shutil.rmtree(self._parts, ignore_errors=True)


_pack = _ROW.pack


def _intern(names: dict[str, int], name: str, what: str) -> int:
    number = names.setdefault(name, len(names))
    if number >= NAMES_MAX:
        raise UsageError(f"a recording holds at most {NAMES_MAX:,} different {what} (got {name!r} beyond them)")
    return number


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _list(names: Sequence[str]) -> str:
    return f"([{', '.join(map(_text, names))}]::VARCHAR[])"
