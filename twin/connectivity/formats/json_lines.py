"""Reads JSON lines: one value a line, a broken line costs itself alone."""

from collections.abc import Iterator

import msgspec

from twin.connectivity.formats.lines import physical
from twin.connectivity.formats.nested import measured
from twin.connectivity.paths import finds, parse_path
from twin.connectivity.rows import RECORD_BYTES_MAX, Container, Limits, Row, Rows
from twin.errors import HistoryError


def json_line_rows(container: Container, rows: str, limits: Limits) -> Rows:
    """Read JSON lines; `rows` is a path within each of them, `$` or nothing for the line itself."""
    find = finds(parse_path(rows)) if rows not in ("", "$") else None
    decode = msgspec.json.Decoder(float_hook=str).decode

    def records() -> Iterator[Row]:
        number = line = 0
        for raw in physical(container.blocks(), RECORD_BYTES_MAX):
            line += 1
            body = raw[3:] if line == 1 and raw.startswith(b"\xef\xbb\xbf") else raw
            if not body.strip():
                number += 1
                yield Row(number, str(line), None)
                continue
            try:
                value = decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                number += 1
                name, byte = _class_of(body, error)
                yield Row(number, f"{line}:{byte}" if byte else str(line), None, name)
                continue
            for found in [value] if find is None else find(value):
                number += 1
                yield measured(number, str(line), found, limits)
        if line == 0:
            raise HistoryError(f"{container.name}:1:1: the file is empty; expected one JSON value a line")

    return Rows(None, records())


def _class_of(body: bytes, error: Exception) -> tuple[str, int]:
    """Return the class of a broken line, and the byte where it breaks, 0 where that is not known."""
    if isinstance(error, RecursionError) or len(body) >= RECORD_BYTES_MAX:
        return "over_limit", 0
    try:
        body.decode()
    except UnicodeDecodeError as undecodable:
        return "bad_encoding", undecodable.start + 1
    return "bad_json", 0
