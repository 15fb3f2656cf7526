"""Cuts blocks of bytes into lines of text, whatever their ends, and notes bytes that are no text."""

from collections.abc import Iterable, Iterator

LINE_BYTES_MAX = 1 << 20
"""A longer line of a table is cut there; what is cut off is read as a line of its own."""


class Lines:
    """Decoded lines with their numbers; `bad` has (line, byte) of those that are no text in the encoding."""

    def __init__(self, blocks: Iterable[bytes], encoding: str) -> None:
        self._raw = physical(blocks, LINE_BYTES_MAX)
        self._encoding = encoding
        self.number = 0
        self.bad: list[tuple[int, int]] = []

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        raw = next(self._raw)
        self.number += 1
        if self.number == 1 and raw.startswith(b"\xef\xbb\xbf"):
            raw = raw[3:]
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            self.bad.append((self.number, error.start + 1))
            return raw.decode("latin-1")


def physical(blocks: Iterable[bytes], bytes_max: int) -> Iterator[bytes]:
    """Yield the lines of blocks with their ends: LF, CR LF or CR."""
    rest = b""
    for block in blocks:
        lines = (rest + block).splitlines(keepends=True)
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        yield from lines
        while len(rest) > bytes_max:
            yield rest[:bytes_max]
            rest = rest[bytes_max:]
    if rest:
        yield rest
