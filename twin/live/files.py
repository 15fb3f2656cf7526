"""The files of a live process: the input that it follows line by line, and the effects that it appends to.

Both survive a kill. The input's offset is committed with the state. An effects file may end in a torn line, which is
cut off when it is opened again: its row was not marked as taken, so it is written once more, under the same id.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from twin.errors import UsageError
from twin.model import wire
from twin.model.message import Event

LINE_MAX = 1 << 20
"""Bytes of the longest line that is read; of a longer one the first `LINE_KEPT` are kept with its dead letter."""
FIRST_MAX = 1 << 28
"""The same of the first line: the header of a history holds the whole opening stock."""
LINE_KEPT = 1 << 16
_BLOCK = 1 << 16


class Line(NamedTuple):
    """One whole line without its end: where it begins, where the next one does, and whether it was too long."""

    text: bytes
    begin: int
    end: int
    too_long: bool


class Feed:
    """A file of lines that others append to, read from byte `offset` on.

    Raises UsageError for a file that is not there, or that is shorter than what has been read of it.
    """

    def __init__(self, path: Path, offset: int) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise UsageError(f"input {path}: {error.strerror}") from error
        self.path = path
        self.offset = offset
        size = self.size()
        if size < offset:
            self._file.close()
            raise UsageError(f"input {path} has {size} bytes, and {offset} have been read: it was cut or replaced")

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def size(self) -> int:
        """Return how many bytes the file has now."""
        return os.fstat(self._file.fileno()).st_size

    def peek(self) -> Line | None:
        """Return the next whole line; None while there is none. A line without its end is still being written."""
        longest = LINE_MAX if self.offset else FIRST_MAX
        self._file.seek(self.offset)
        text = self._file.readline(longest + 1)
        if text.endswith(b"\n"):
            return Line(text[:-1], self.offset, self._file.tell(), too_long=False)
        if len(text) <= longest:
            return None
        kept = text[:LINE_KEPT]
        while text and not text.endswith(b"\n"):
            text = self._file.readline(LINE_MAX)
        return Line(kept, self.offset, self._file.tell(), too_long=True) if text else None

    def advance(self, line: Line) -> None:
        """Go on behind a line."""
        self.offset = line.end


class Sheet:
    """An effects file: one event a line, only ever appended to; `write` gives its bytes, canonical unless it is said.

    Raises UsageError where it cannot be written.
    """

    def __init__(self, path: Path, write: Callable[[Event], bytes] = wire.encode) -> None:
        self._write = write
        try:
            self._file = path.open("ab+")
            self.mended = self._mend()
        except OSError as error:
            raise UsageError(f"output {path}: {error.strerror}") from error
        """Bytes of a torn line that were cut off."""
        self.path = path

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def append(self, event: Event) -> bool:
        """Write a line for the event; it lasts once `settle` has returned."""
        try:
            self._file.write(self._write(event) + b"\n")
        except OSError as error:
            raise UsageError(f"output {self.path}: {error.strerror}") from error
        return True

    def settle(self) -> None:
        """Make what was written survive a loss of power."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise UsageError(f"output {self.path}: {error.strerror}") from error

    def _mend(self) -> int:
        """Cut off what stands behind the last line end; return how many bytes that was."""
        size = whole = self._file.seek(0, os.SEEK_END)
        while whole > 0:
            begin = max(0, whole - _BLOCK)
            self._file.seek(begin)
            found = self._file.read(whole - begin).rfind(b"\n")
            if found >= 0:
                whole = begin + found + 1
                break
            whole = begin
        self._file.truncate(whole)
        return size - whole


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write a whole file of lines, to a temporary name first; raises UsageError where it cannot be written."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"output {path}: {error.strerror}") from error
