"""What every reader of a foreign format yields, and what it may ask for while it reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

RECORD_BYTES_MAX = 16 << 20
"""The most that one record of a nested file may hold; it is the unit that a reader has in memory at once."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One record of a file.

    Attributes:
        number: its own within the file, from 1: a line where records are lines, else the how-manieth record it is.
        place: where it begins, as it stands behind the name of the file: `12`, `12:5`, `12:$.orders[3]`.
        value: what it holds, by name; None where it is empty or broken.
        bad: the class under which the reader refuses it; empty for a good one.
    """

    number: int
    place: str
    value: dict[str, object] | None
    bad: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one file, to be read once; `names` are its columns, None where records have fields of their own."""

    names: tuple[str, ...] | None
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class Limits:
    """What no row may go beyond: bytes of one field, and levels of nesting."""

    field_bytes: int = 65_536
    depth: int = 32


class Container(Protocol):
    """A file that somebody else has opened; it may be read as often as a format needs."""

    name: str

    def blocks(self) -> Iterator[bytes]:
        """Yield its bytes, uncompressed, in blocks of any size."""
        ...

    def query(self, sql: str, values: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
        """Yield the rows that a query to an SQLite file gives."""
        ...

    def columnar(self) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        """Return the column names of a Parquet file, and its rows."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A container of bytes that are in memory."""

    held: Iterable[bytes]
    name: str = "table"

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes."""
        yield from self.held

    def query(self, sql: str, values: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
        """Refuse: bytes in memory are no database."""
        raise NotImplementedError(f"bytes in memory cannot be asked {sql!r} of {values}")

    def columnar(self) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        """Refuse: bytes in memory have no columns."""
        raise NotImplementedError("bytes in memory are no columns")


class Shelf(Protocol):
    """Keeps what must be found again later; on disk where there may be much of it."""

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Add a value under a key."""
        ...

    def get(self, kind: str, key: str) -> list[bytes]:
        """Return the values of a key, in the order in which they were added."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryShelf:
    """A shelf in memory: for files whose size is known to be small."""

    kept: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Add a value under a key."""
        self.kept.setdefault((kind, key), []).append(value)

    def get(self, kind: str, key: str) -> list[bytes]:
        """Return the values of a key, in the order in which they were added."""
        return self.kept.get((kind, key), [])


def text_of_scalar(value: object) -> str | None:
    """Return a scalar of a nested file as text, None for nothing, and raise TypeError for a list or a table."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        raise TypeError
    return str(value)
