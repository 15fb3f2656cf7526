"""Reads XES logs: rows are events by their keys, with what their trace says under `trace`.

An attribute within an attribute stands under both keys, joined by a slash; the elements of a list stand under the key
of the list. Source: IEEE 1849 (XES).
"""

from collections.abc import Iterator

from twin.connectivity.formats.xml import Part, parts
from twin.connectivity.rows import Container, Limits, Row, Rows
from twin.errors import NoRows

_TYPES = frozenset(("string", "date", "int", "float", "boolean", "id", "list", "container"))


def xes_rows(container: Container, limits: Limits) -> Rows:
    """Read a log.

    Raises:
        HistoryError: while it is read: no XML, or without a single event.
    """

    def records() -> Iterator[Row]:
        number = 0
        for event, trace in parts(container, frozenset(("event",)), limits, around=frozenset(("trace",))):
            number += 1
            if event.over:
                yield Row(number, event.place, None, "over_limit")
                continue
            value = _attributes(event)
            value["trace"] = _attributes(trace) if trace is not None else {}
            yield Row(number, event.place, value)
        if number == 0:
            raise NoRows(f"{container.name}: there is no event in the file; is it XES?")

    return Rows(None, records())


def _attributes(part: Part, prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for child in part.children:
        if child.tag in _TYPES:
            key = prefix + child.attributes.get("key", "")
            if child.tag in ("list", "container"):
                holder = child.first("values") or child
                found[key] = [each.attributes.get("value") for each in holder.children]
            else:
                found[key] = child.attributes.get("value")
                found.update(_attributes(child, f"{key}/"))
    return found
