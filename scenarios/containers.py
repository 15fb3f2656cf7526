"""Opens recorded files for the readers of foreign formats: bytes, unpacked where they are gzip, SQLite and Parquet."""

import gzip
import hashlib
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from twin.errors import HistoryError
from twin.playback.parquet import columnar

BLOCK_BYTES = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"
SQLITE_MAGIC = b"SQLite format 3\x00"


class FileContainer:
    """A file on disk, opened as often as it is asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self._connection: sqlite3.Connection | None = None

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes, unpacked if they are gzip, in blocks.

        Raises:
            HistoryError: the file cannot be opened, or its compression is cut off or broken.
        """
        return blocks_of(self.path)

    def query(self, sql: str, values: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
        """Yield what a query to an SQLite file gives; the file is only read.

        Raises:
            HistoryError: it is no SQLite file, or does not take the query.
        """
        try:
            yield from self._connected().execute(sql, values)
        except sqlite3.Error as error:
            raise HistoryError(f"{self.name}: cannot be read as SQLite: {error}") from error

    def columnar(self) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        """Return the column names and the rows of a Parquet file.

        Raises:
            HistoryError: it is no Parquet file.
        """
        return columnar(self.path)

    def close(self) -> None:
        """Close the database, if one was opened."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            if not first_bytes(self.path).startswith(SQLITE_MAGIC):
                raise HistoryError(f"{self.name}: is no SQLite file")
            address = f"file:{quote(str(self.path.resolve()))}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(address, uri=True)
        return self._connection


def first_bytes(path: Path, count: int = 4_096) -> bytes:
    """Return how a file begins, as it lies on disk.

    Raises:
        HistoryError: the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError as error:
        raise HistoryError(f"{path.name}: cannot be read: {error.strerror or error}") from error


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked if it is gzip, in blocks.

    Raises:
        HistoryError: the file cannot be opened, or its compression is cut off or broken.
    """
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == GZIP_MAGIC
            stream.seek(0)
            if not packed:
                yield from iter(lambda: stream.read(BLOCK_BYTES), b"")
                return
            with gzip.open(stream) as unpacked:
                yield from iter(lambda: unpacked.read(BLOCK_BYTES), b"")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise HistoryError(f"{path.name}: the gzip file is cut off or broken: {error}") from error
    except OSError as error:
        raise HistoryError(f"{path.name}: cannot be read: {error.strerror or error}") from error


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as it lies on disk, as `sha256:...`.

    Raises:
        HistoryError: the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise HistoryError(f"{path.name}: cannot be read: {error.strerror or error}") from error
