"""Reads CloudEvents 1.0: one a line, a batch, or a single one; an event without the required attributes is refused."""

import json
from collections.abc import Iterator

from twin.connectivity.formats.json_lines import json_line_rows
from twin.connectivity.formats.nested import nested_rows
from twin.connectivity.rows import Container, Limits, Row, Rows

REQUIRED = ("id", "source", "type")


def cloud_event_rows(container: Container, limits: Limits) -> Rows:
    """Read events; the file is JSON lines if its first line is a whole event, else one JSON document."""
    first = next(container.blocks(), b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    lines = first.startswith(b"{") and _is_whole(first.splitlines()[0])
    rows = json_line_rows(container, "$", limits) if lines or not first else nested_rows(container, "", limits)
    return Rows(None, _checked(rows.rows))


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _checked(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        value = row.value
        whole = value is None or (
            value.get("specversion") == "1.0"
            and all(isinstance(value.get(name), str) and value[name] for name in REQUIRED)
        )
        yield row if whole else Row(row.number, row.place, None, "invalid_event")
