"""Puts the rows of joined files on a shelf under their keys, and hands them to the rows that ask for them."""

from collections.abc import Mapping as Table

import msgspec

from twin.connectivity.cells import Fetch, Raw, Reading, Stamps
from twin.connectivity.formats.choice import rows_of
from twin.connectivity.mapping import Join, Mapping
from twin.connectivity.report import Tally
from twin.connectivity.rows import Container, Shelf, text_of_scalar
from twin.errors import HistoryError

_SEPARATOR = "\x1f"


class Joined:
    """The joined files of one mapping, read once and looked up row by row."""

    def __init__(self, mapping: Mapping, files: Table[str, Container], shelf: Shelf, tally: Tally) -> None:
        self._shelf = shelf
        self._tally = tally
        self._decode = msgspec.json.Decoder(dict[str, object]).decode
        self._total: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._joins = [(join, self._keys(mapping, join)) for join in mapping.joins]
        for join in mapping.joins:
            self._read(mapping, join, files[join.name])

    def add_to(self, record: Raw) -> Raw:
        """Return a record with what belongs to it under the names of the joins: a table, a list, or nothing."""
        found = dict(record)
        for join, fetches in self._joins:
            key = _key([fetch(record) for fetch in fetches])
            rows = [] if key is None else [self._decode(each) for each in self._shelf.get(f"join {join.name}", key)]
            if rows and key is not None and not self._shelf.get(f"asked {join.name}", key):
                self._shelf.put(f"asked {join.name}", key, b"1")
                self._asked[join.name] = self._asked.get(join.name, 0) + len(rows)
            if len(rows) > 1 and not join.many:
                self._tally.note(f"rows with several matches in {join.name}; the first is taken")
            found[join.name] = rows if join.many else rows[0] if rows else None
        return found

    def close(self) -> None:
        """Note the rows of joined files that no row asked for."""
        for name, total in self._total.items():
            if left := total - self._asked.get(name, 0):
                self._tally.note(f"rows of {name} that belong to no row", left)

    def _keys(self, mapping: Mapping, join: Join) -> list[Fetch]:
        reading = Reading(mapping.source, (), Stamps(mapping.clock, self._tally.note), self._tally.note)
        return [reading.fetch(left, flat=mapping.source.flat) for left, _ in join.on]

    def _read(self, mapping: Mapping, join: Join, container: Container) -> None:
        rows = rows_of(container, join.source, mapping.limits, self._shelf)
        reading = Reading(join.source, (), Stamps(mapping.clock, self._tally.note), self._tally.note)
        for _, right in join.on:
            if rows.names is not None and right not in rows.names:
                raise HistoryError(
                    f"{container.name}:1:1: joins.{join.name}.on: no column {right!r} in the file; "
                    f"it has {', '.join(rows.names)}"
                )
        fetches = [reading.fetch(right, flat=join.source.flat) for _, right in join.on]
        for row in rows.rows:
            key = None if row.value is None else _key([fetch(row.value) for fetch in fetches])
            if row.bad:
                self._tally.note(f"rows of {join.name} that are refused as {row.bad}")
            elif row.value is not None and key is None:
                self._tally.note(f"rows of {join.name} without a key")
            elif key is not None:
                self._shelf.put(f"join {join.name}", key, msgspec.json.encode(row.value))
                self._total[join.name] = self._total.get(join.name, 0) + 1


def _key(values: list[object]) -> str | None:
    """Return the key that values make together, None where one is absent."""
    try:
        texts = [text_of_scalar(value) for value in values]
    except TypeError:
        return None
    if any(text is None or not text.strip() for text in texts):
        return None
    return _SEPARATOR.join(str(text).strip() for text in texts)
