"""Reads tables of text: delimited fields, or columns of a fixed width."""

import csv
from collections.abc import Iterator

from twin.connectivity.formats.lines import Lines
from twin.connectivity.mapping import Source
from twin.connectivity.rows import Container, Limits, Row, Rows
from twin.errors import HistoryError

COLUMNS_MAX = 2_000
"""A wider table is refused: the delimiter is another one."""


def delimited_rows(container: Container, source: Source, limits: Limits) -> Rows:
    """Read a delimited table; without a header its columns are `1`, `2` and so on.

    Raises:
        HistoryError: the file is empty, or its header cannot be read.
    """
    lines = Lines(container.blocks(), source.encoding)
    records = csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote, strict=True)
    found = _records(records, lines)
    if source.header:
        names = _header(records, lines, container.name, source)
        return Rows(names, _rows(found, names, limits))
    first = next(found, None)
    if first is None:
        raise HistoryError(f"{container.name}:1:1: the file is empty; expected a table")
    names = tuple(str(number + 1) for number in range(len(first[2])))
    return Rows(names, _rows(_with_first(first, found), names, limits))


def fixed_rows(container: Container, source: Source, limits: Limits) -> Rows:
    """Read lines whose fields stand at fixed places; a line that ends early has blank fields."""
    lines = Lines(container.blocks(), source.encoding)
    names = tuple(width.name for width in source.widths)

    def records() -> Iterator[Row]:
        if source.header:
            next(lines, None)
            lines.bad.clear()
        for text in lines:
            number = lines.number
            place = str(number)
            if lines.bad:
                line, byte = lines.bad.pop()
                yield Row(number, f"{line}:{byte}", None, "bad_encoding")
                continue
            fields = [text[width.start : width.end].rstrip("\r\n") for width in source.widths]
            yield _row(number, place, fields, names, limits)
        if lines.number == 0:
            raise HistoryError(f"{container.name}:1:1: the file is empty; expected lines")

    return Rows(names, records())


_Found = tuple[int, str, list[str], str]
"""Line, place, fields, and the class of what is wrong."""


def _header(records: Iterator[list[str]], lines: Lines, name: str, source: Source) -> tuple[str, ...]:
    try:
        header = next(records, None)
    except csv.Error as error:
        raise HistoryError(f"{name}:1:1: the header cannot be read: {error}") from error
    if header is None or not any(header):
        raise HistoryError(f"{name}:1:1: the file is empty; expected a header line")
    if lines.bad or "\0" in "".join(header):
        raise HistoryError(f"{name}:1:1: the header is no text in {source.encoding}")
    if len(header) > COLUMNS_MAX:
        raise HistoryError(f"{name}:1:1: the header has {len(header)} fields; expected at most {COLUMNS_MAX}")
    twice = sorted({field for field in header if field and header.count(field) > 1})
    if twice:
        raise HistoryError(f"{name}:1:1: the header names {twice[0]!r} twice; a column is known by its name")
    return tuple(field.strip() for field in header)


def _records(records: Iterator[list[str]], lines: Lines) -> Iterator[_Found]:
    while True:
        begin = lines.number + 1
        broken, fields = "", []
        try:
            fields = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            broken = "over_limit" if "larger than field limit" in str(error) else "bad_quotes"
        place = str(begin)
        if lines.bad:
            broken = "bad_encoding"
            line, byte = lines.bad[0]
            place = f"{line}:{byte}"
            lines.bad.clear()
        yield begin, place, fields, broken


def _rows(found: Iterator[_Found], names: tuple[str, ...], limits: Limits) -> Iterator[Row]:
    for number, place, fields, broken in found:
        if broken:
            yield Row(number, place, None, broken)
        else:
            yield _row(number, place, fields, names, limits)


def _with_first(first: _Found, rest: Iterator[_Found]) -> Iterator[_Found]:
    yield first
    yield from rest


def _row(number: int, place: str, fields: list[str], names: tuple[str, ...], limits: Limits) -> Row:
    if not any(fields):
        return Row(number, place, None)
    if len(fields) != len(names):
        return Row(number, place, None, "wrong_field_count")
    longest = max(fields, key=len)
    if (len(longest) if longest.isascii() else len(longest.encode())) > limits.field_bytes:
        return Row(number, place, None, "over_limit")
    return Row(number, place, dict(zip(names, fields, strict=True)))
