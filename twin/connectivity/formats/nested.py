"""Walks a JSON document of any size towards its records and decodes them one at a time.

Theory of operation. The text is held from the record under way on, and no further back. On the way to the records only
names and brackets are looked at: what does not lie on the path is skipped without being built, but for single values,
which stay known under their path (`$.warehouse`) until the table they stand in ends. A record is decoded whole, by the
decoder of the standard library; one that ends beyond what has been read is tried again with twice as much, so the work
stays linear. Fractions stay text, because quantities and money are never made from floats.

Tried and dropped: an event for every token, which is ten times slower than decoding whole records.
"""

import codecs
import json
import re
from collections.abc import Iterator

from twin.connectivity.paths import KEY, Every, Path, Where, elements_of, finds, holds, parse_path
from twin.connectivity.rows import RECORD_BYTES_MAX, Container, Limits, Row, Rows
from twin.errors import HistoryError, NoRows

ABOVE_CHARS_MAX = 4_096
"""Longer single values on the way to the records are not kept."""
_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^"{}\[\]]+', re.DOTALL)
ABOVE = "$"
"""The name under which a record has the single values that stand above it."""


def nested_rows(container: Container, rows: str, limits: Limits) -> Rows:
    """Read the records that a path leads to; without one the elements of a list at the top, or the one value there.

    Raises:
        HistoryError: while it is read: no JSON, or nothing lies where the path leads.
    """
    return Rows(None, _records(container, rows, limits))


def probe(container: Container, paths: tuple[str, ...], limits: Limits) -> str | None:
    """Return the first of several paths that leads to a record in a file, None if none does."""
    for path in paths:
        walk = Walk(container, limits)
        if next(walk.to(parse_path(path)), None) is not None:
            return path
    return None


def measured(number: int, place: str, value: object, limits: Limits) -> Row:
    """Return a decoded record as a row, refused where it is no table or goes beyond the limits."""
    if not isinstance(value, dict):
        return Row(number, place, None, "" if value is None else "not_a_record")
    if not _within(value, limits, limits.depth):
        return Row(number, place, None, "over_limit")
    return Row(number, place, value)


def _within(value: object, limits: Limits, depth: int) -> bool:
    if isinstance(value, str):
        return len(value) <= limits.field_bytes and (
            len(value) * 4 <= limits.field_bytes or len(value.encode(errors="replace")) <= limits.field_bytes
        )
    if isinstance(value, dict):
        return depth > 0 and all(_within(each, limits, depth - 1) for each in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_within(each, limits, depth - 1) for each in value)
    return True


def _records(container: Container, rows: str, limits: Limits) -> Iterator[Row]:
    walk = Walk(container, limits)
    path = parse_path(rows) if rows else (Every(),) if walk.peek() == "[" else ()
    number = 0
    for place, value, above in walk.to(path):
        number += 1
        known = {**value, ABOVE: above} if above and isinstance(value, dict) else value
        yield measured(number, place, known, limits)
    if number == 0:
        tops = ", ".join(walk.tops) or "nothing"
        raise NoRows(f"{container.name}: nothing lies at rows {rows or '$'}; at the top of the file there is {tops}")


Found = tuple[str, object, dict[str, object]]
"""The place of a record, the record, and the single values above it by their names."""


class Walk:
    """One way through one document."""

    def __init__(self, container: Container, limits: Limits) -> None:
        self.name = container.name
        self.tops: list[str] = []
        self._blocks = container.blocks()
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._scan = json.JSONDecoder(parse_float=str, parse_constant=str).raw_decode
        self._depth = limits.depth
        self._text, self._at, self._done = "", 0, False
        self._line, self._counted, self._bytes, self._dropped = 1, 0, 0, 0
        if self.peek() == "":
            raise HistoryError(f"{self.name}:1:1: the file is empty; expected JSON")

    def to(self, path: Path) -> Iterator[Found]:
        """Yield the records that a path leads to, through every value at the top of the file."""
        while self.peek():
            yield from self._to(path, "$", {}, 0)

    def peek(self) -> str:
        """Return the next character that is no space; nothing at the end."""
        while True:
            self._at = _end(_SPACE, self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(1):
                return ""

    def _to(self, path: Path, named: str, above: dict[str, object], depth: int) -> Iterator[Found]:
        if depth > self._depth:
            raise self._wrong(f"is nested deeper than {self._depth} levels")
        if not path:
            place = f"{self._here()}:{named}"
            yield place, self._value(), above
            return
        step, rest, sign = path[0], path[1:], self.peek()
        if sign == "{" and isinstance(step, str | Every):
            yield from self._table(step, rest, named, above, depth)
        elif sign == "[" and not isinstance(step, str):
            yield from self._list(step, rest, named, above, depth)
        elif isinstance(step, Every | Where):
            place = f"{self._here()}:{named}"
            for element in elements_of(self._value()):
                if isinstance(step, Every) or holds(step, element):
                    for found in finds(rest)(element):
                        yield place, found, above
        else:
            self._skip()

    def _table(
        self, step: "str | Every", rest: Path, named: str, above: dict[str, object], depth: int
    ) -> Iterator[Found]:
        known = dict(above)
        for key in self._members():
            if named == "$" and len(self.tops) < 12 and key not in self.tops:
                self.tops.append(key)
            if isinstance(step, Every):
                yield from self._to(rest, f"{named}.{key}", {**known, KEY: key}, depth + 1)
            elif key == step:
                yield from self._to(rest, f"{named}.{key}", known, depth + 1)
            elif self.peek() in "{[":
                self._skip()
            else:
                value = self._value()
                if len(str(value)) <= ABOVE_CHARS_MAX:
                    known[key] = value

    def _list(
        self, step: "int | Every | Where", rest: Path, named: str, above: dict[str, object], depth: int
    ) -> Iterator[Found]:
        for number in self._elements():
            if isinstance(step, Where):
                place, element = f"{self._here()}:{named}[{number}]", self._value()
                if holds(step, element):
                    for found in finds(rest)(element):
                        yield place, found, above
            elif isinstance(step, Every) or number == step:
                yield from self._to(rest, f"{named}[{number}]", above, depth + 1)
            else:
                self._skip()

    def _members(self) -> Iterator[str]:
        self._at += 1
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._wrong("expected a name in double quotes")
            key = self._value()
            if self.peek() != ":":
                raise self._wrong("expected ':'")
            self._at += 1
            self.peek()
            yield str(key)
            if self._closes("}"):
                return

    def _elements(self) -> Iterator[int]:
        self._at += 1
        if self.peek() == "]":
            self._at += 1
            return
        number = 0
        while True:
            yield number
            number += 1
            if self._closes("]"):
                return

    def _closes(self, end: str) -> bool:
        sign = self.peek()
        if sign not in (",", end):
            raise self._wrong(f"expected ',' or {end!r}" if sign else "the file ends in the middle of a value")
        self._at += 1
        return sign == end

    def _value(self) -> object:
        """Decode the value that begins here."""
        self.peek()
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except RecursionError as error:
                raise self._wrong("is nested too deeply") from error
            except ValueError as error:
                told, place = getattr(error, "msg", str(error)), getattr(error, "pos", self._at)
                if self._done or (place < len(self._text) - 16 and not str(told).startswith("Unterminated")):
                    self._at = place
                    raise self._wrong(
                        "the file ends in the middle of a value"
                        if self._done and place >= len(self._text) - 1
                        else f"is not JSON: {told}"
                    ) from error
            else:
                if end < len(self._text) or self._done:
                    self._at = end
                    return value
            held = len(self._text) - self._at
            if held > RECORD_BYTES_MAX:
                raise self._wrong(f"a record is larger than {RECORD_BYTES_MAX} characters")
            self._more(held)

    def _skip(self) -> None:
        """Step over the value that begins here without building it."""
        if self.peek() not in "{[":
            self._value()
            return
        depth = 0
        while True:
            found = _TOKEN.match(self._text, self._at)
            if found is None or (found.end() == len(self._text) and self._text[self._at] not in "{}[]"):
                if found is not None and self._text[self._at] != '"':
                    self._at = found.end()
                if not self._more(1):
                    raise self._wrong("the file ends in the middle of a value")
                if len(self._text) - self._at > RECORD_BYTES_MAX:
                    raise self._wrong(f"a text is longer than {RECORD_BYTES_MAX} characters")
                continue
            sign, self._at = self._text[self._at], found.end()
            if sign in "{[":
                depth += 1
                if depth > self._depth:
                    raise self._wrong(f"is nested deeper than {self._depth} levels")
            elif sign in "}]":
                depth -= 1
                if depth == 0:
                    return

    def _more(self, chars: int) -> bool:
        """Read at least so many characters more; drop what lies behind. Return whether there were any."""
        if self._done:
            return False
        self._line += self._text.count("\n", self._counted, self._at)
        begin = self._text.rfind("\n", 0, self._at) + 1
        self._dropped = self._at - begin if begin else self._dropped + self._at
        parts, read = [self._text[self._at :]], 0
        self._counted = self._at = 0
        while read < max(chars, 1):
            block = next(self._blocks, None)
            try:
                text = self._decode.decode(block or b"", block is None)
            except UnicodeDecodeError as error:
                raise HistoryError(
                    f"{self.name}: is no UTF-8 text (byte {self._bytes + error.start + 1} of the file)"
                ) from error
            self._bytes += len(block or b"")
            parts.append(text)
            read += len(text)
            if block is None:
                self._done = True
                break
        self._text = "".join(parts)
        return read > 0

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _wrong(self, what: str) -> HistoryError:
        line = self._here()
        begin = self._text.rfind("\n", 0, self._at) + 1
        column = self._at - begin + 1 + (0 if begin else self._dropped)
        return HistoryError(f"{self.name}:{line}:{column}: {what}")


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found is not None else place
