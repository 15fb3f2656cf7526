"""Reads and writes history files: JSON lines, plain or gzip, a header first; what is wrong is named by its line."""

import gzip
import os
import zlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from twin.errors import HistoryError, UsageError, WireError
from twin.model.history import Header, Record, decode_header, decode_record, encode_header, encode_record

LINE_BYTES_MAX = 64 << 20
"""The header of a large world holds its stock, so lines may be long; a longer one is refused."""
GZIP_MAGIC = b"\x1f\x8b"

Numbered = tuple[int, Record]
"""The number of a line in its file, from 1, and what it says."""


class HistoryFile:
    """A recorded history on disk; it can be read as often as one likes."""

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            HistoryError: the file cannot be opened, is empty, cut off, or begins with no header.
        """
        self.path = path
        lines = _lines(path)
        first = next(lines, None)
        if first is None:
            raise HistoryError(f"{path.name}:1: the file is empty; expected the header of a history")
        try:
            self.header: Header = decode_header(first)
        except WireError as error:
            raise HistoryError(f"{path.name}:1: {error}") from error
        finally:
            lines.close()

    def __iter__(self) -> Iterator[Numbered]:
        """Yield the records with their lines; empty lines are passed over.

        Raises:
            HistoryError: a line is no record, or the file is cut off.
        """
        start = self.header.start
        for number, line in enumerate(_lines(self.path), 1):
            if number == 1 or not line.strip():
                continue
            try:
                yield number, decode_record(line, start)
            except WireError as error:
                raise HistoryError(f"{self.path.name}:{number}: {error}") from error


def write_history(path: Path, header: Header, records: Iterable[Record]) -> None:
    """Write a history beside its name and give it that name at the end; `.gz` at the end of it packs.

    Raises:
        UsageError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    packed.writelines(_written(header, records))
            else:
                file.writelines(_written(header, records))
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write '{path}': {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _written(header: Header, records: Iterable[Record]) -> Iterator[bytes]:
    yield encode_header(header) + b"\n"
    for record in records:
        yield encode_record(record, header.start) + b"\n"


def _lines(path: Path) -> Generator[bytes, None, None]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw, mode="rb") if packed else raw
            while line := stream.readline(LINE_BYTES_MAX):
                if len(line) == LINE_BYTES_MAX and not line.endswith(b"\n"):
                    raise HistoryError(f"{path.name}: a line is longer than {LINE_BYTES_MAX} bytes")
                yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise HistoryError(f"{path.name}: the gzip file is cut off or broken: {error}") from error
    except OSError as error:
        raise HistoryError(f"{path.name}: cannot be read: {error.strerror or error}") from error
