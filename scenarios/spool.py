"""Keeps on disk what an import must find again and put in order, so that its memory does not grow with its files.

One SQLite file beside the history: facts, sorted when they are read back (SQLite sorts beyond its memory in files of
its own), and the shelf of the readers. Nothing of it is safe against a crash, and nothing needs to be: it is removed
when the import ends, however it ends.
"""

import os
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from twin.errors import UsageError
from twin.model.business import Business
from twin.model.instant import Instant

FACTS_AT_ONCE = 1_000
CACHE_KIB = 16_384
_SETTINGS = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    f"PRAGMA cache_size = -{CACHE_KIB}",
    "PRAGMA temp_store = FILE",
)
_TABLES = (
    "CREATE TABLE fact (at INTEGER, rank INTEGER, source TEXT, row INTEGER, nth INTEGER, id TEXT, body BLOB)",
    "CREATE TABLE shelf (key BLOB, n INTEGER, value BLOB, PRIMARY KEY (key, n)) WITHOUT ROWID",
)
_decoder: Final[msgspec.json.Decoder[Business]] = msgspec.json.Decoder(Business)
_encoder: Final = msgspec.json.Encoder()

Kept = tuple[Instant, int, str, int, int, str, bytes]
"""When, rank (facts of the opening come first), source, row, which of that row, id, and the fact itself."""


class Spool:
    """The file of one import; it is there between `with` and its end."""

    def __init__(self, target: Path) -> None:
        self._path = target.with_name(f".{target.name}.{os.getpid()}.spool")
        self._facts: list[Kept] = []
        self._count = 0

    def __enter__(self) -> Self:
        """Make the file.

        Raises:
            UsageError: it cannot be written beside the target.
        """
        try:
            self._database = sqlite3.connect(self._path, isolation_level=None)
            for line in (*_SETTINGS, *_TABLES, "BEGIN"):
                self._database.execute(line)
        except sqlite3.Error as error:
            raise UsageError(f"cannot write '{self._path}': {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._path.unlink(missing_ok=True)

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Add a value to the shelf under a key."""
        self._count += 1
        self._database.execute("INSERT INTO shelf VALUES (?, ?, ?)", (_short(kind, key), self._count, value))

    def get(self, kind: str, key: str) -> list[bytes]:
        """Return the values of a key on the shelf, in the order in which they were added."""
        found = self._database.execute("SELECT value FROM shelf WHERE key = ? ORDER BY n", (_short(kind, key),))
        return [value for (value,) in found]

    def keep(self, at: Instant, rank: int, source: str, row: int, nth: int, id: str, fact: Business) -> None:
        """Keep a fact."""
        self._facts.append((at, rank, source, row, nth, id, _encoder.encode(fact)))
        if len(self._facts) >= FACTS_AT_ONCE:
            self._write()

    def facts(self) -> Iterator[tuple[Instant, str, str, Business]]:
        """Yield the facts with time, source and id, in the order of time; at one instant by source, row and number."""
        self._write()
        asked = "SELECT at, source, id, body FROM fact ORDER BY at, rank, source, row, nth"
        for at, source, id, body in self._database.execute(asked):
            yield at, source, id, _decoder.decode(body)

    def _write(self) -> None:
        self._database.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)", self._facts)
        self._facts.clear()


def _short(kind: str, key: str) -> bytes:
    """Return sixteen bytes that stand for a key."""
    return blake2b(f"{kind}\x1f{key}".encode(errors="surrogatepass"), digest_size=16).digest()
