"""Reads a delimited table under a mapping: bytes in, placed orders, returns and stock adjustments out.

Every record after the header ends in exactly one of three ways: mapped, refused under a named class, or empty. The
sum is checked at the end. Records are read in this order: the columns that the refusals ask about, the refusals, the
other columns, the events; the first event whose condition holds takes the record. A record that a refusal names is
therefore never counted as a bad value of some other column.

Records of one document are gathered while it is open. A document closes when the mapping's number of records has gone
by since its last one, or at the end; a record for a closed one is refused, because the document has been handed on.
Memory holds open documents, and eight bytes for each closed one.

The classes of the reader itself are those of `CLASSES`. Bytes arrive in blocks of any size and are cut into lines here,
so that line ends may be of any kind, and mixed.
"""

import csv
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from twin.connectivity.cells import (
    Bad,
    Cell,
    Holds,
    Read,
    Row,
    Stamps,
    columns_of,
    compile_condition,
    field_reader,
    quantity_of,
    text_of,
    whole,
)
from twin.connectivity.mapping import EventRule, Mapping
from twin.errors import HistoryError
from twin.model.ids import business_id

CLASSES = {
    "bad_encoding": "bytes that are no text in the stated encoding",
    "bad_quotes": "a quoted field that does not end, or goes on after its quote",
    "wrong_field_count": "more or fewer fields than the header",
    "over_limit": "a field or a document beyond the limits of the mapping",
    "missing_value": "blank where the column is not optional",
    "bad_integer": "no whole number",
    "bad_decimal": "no decimal number",
    "bad_time": "fits none of the formats",
    "time_out_of_range": "outside the time that the mapping allows",
    "ambiguous_time": "falls twice when clocks go back, and the mapping refuses that",
    "skipped_time": "does not exist because clocks go forward, and the mapping refuses that",
    "bad_quantity": "zero, or negative where the event takes positive quantities only",
    "group_reopened": "its document had been closed",
    "no_event": "no event of the mapping takes it",
}
"""Why the reader refuses a record, besides the classes that a mapping names."""

LINE_BYTES_MAX = 1 << 20
"""A longer line is cut there; what is cut off is read as a line of its own."""
FIRST_LINES_MAX = 5

Line = tuple[str, int, int | None]
"""Item, quantity in pieces, and price of one piece in minor units (None where the file has none)."""


class PlacedOrder(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order as the file tells it; `at_us` is the wall time in UTC, `row` the line where it begins."""

    order: str
    at_us: int
    customer: str | None
    country: str | None
    lines: tuple[Line, ...]
    row: int


class RegisteredReturn(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Goods taken back under a document of their own, which names no order; quantities are positive."""

    document: str
    at_us: int
    customer: str | None
    lines: tuple[Line, ...]
    row: int


class AdjustedStock(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A change of one item's stock at a place, for a reason; `change` carries its sign."""

    item: str
    change: int
    at_us: int
    place: str
    reason: str
    row: int


Recorded = PlacedOrder | RegisteredReturn | AdjustedStock


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One class of refused records: how many, and the lines where the first ones begin."""

    name: str
    count: int
    first_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of every record of a table; counts by name are in the order in which the names came up."""

    rows: int
    mapped: int
    empty: int
    refused: tuple[Refusal, ...]
    events: tuple[tuple[str, int], ...]
    event_rows: tuple[tuple[str, int], ...]
    notes: tuple[tuple[str, int], ...]

    @property
    def refused_rows(self) -> int:
        """Records refused, all classes together."""
        return sum(refusal.count for refusal in self.refused)

    def explain(self) -> tuple[str, ...]:
        """Return the report as sentences, one a line."""
        made = dict(self.events)
        lines = [f"{self.rows} rows: {self.mapped} mapped, {self.refused_rows} refused, {self.empty} empty"]
        lines += [f"mapped: {rows} rows in {made[name]} {name}" for name, rows in self.event_rows]
        for refusal in self.refused:
            places = ", ".join(str(line) for line in refusal.first_lines)
            more = ", ..." if refusal.count > len(refusal.first_lines) else ""
            lines.append(f"refused: {refusal.count} {refusal.name} (lines {places}{more})")
        lines += [f"note: {count} {name}" for name, count in self.notes]
        return tuple(lines)


class TableReader:
    """Iterates over what one table tells; `report()` says afterwards what became of every record.

    Args:
        blocks: the file's bytes, uncompressed, in blocks of any size.
        mapping: how to read them.
        name: of the file, for errors.
    """

    def __init__(self, blocks: Iterable[bytes], mapping: Mapping, *, name: str = "table") -> None:
        self._lines = _Lines(blocks, mapping.source.encoding)
        self._mapping = mapping
        self._name = name
        self._rows = self._mapped = self._empty = 0
        self._refused: dict[str, list[int]] = {}
        self._counts: dict[str, int] = {}
        self._events: dict[str, int] = {}
        self._event_rows: dict[str, int] = {}
        self._notes: dict[str, int] = {}
        self._open: OrderedDict[tuple[str, ...], _Document] = OrderedDict()
        self._closed: set[int] = set()
        self._stamps = Stamps(mapping.clock, self._note)
        self._cases: dict[str, _Cases] = {c.name: _Cases() for c in mapping.columns if c.count_case}
        self._bad_bytes = 0

    def __iter__(self) -> Iterator[Recorded]:
        """Read the table once, from its first byte to its last.

        Raises:
            HistoryError: the file is empty, or lacks a column that the mapping names.
        """
        mapping = self._mapping
        records = csv.reader(
            self._lines, delimiter=mapping.source.delimiter, quotechar=mapping.source.quote, strict=True
        )
        width, plan = self._plan(self._header(records))
        for line, fields in self._records(records):
            self._rows += 1
            if isinstance(fields, str):
                self._refuse(fields, line)
            elif not any(fields):
                self._empty += 1
            elif len(fields) != width:
                self._refuse("wrong_field_count", line)
            elif _bytes_of_longest(fields) > mapping.field_bytes:
                self._refuse("over_limit", line)
            else:
                yield from self._record(fields, line, plan)
        for document in list(self._open.values()):
            yield self._close(document)
        self._finish()

    def report(self) -> Report:
        """Return what became of every record so far."""
        return Report(
            rows=self._rows,
            mapped=self._mapped,
            empty=self._empty,
            refused=tuple(
                Refusal(name=name, count=count, first_lines=tuple(self._refused[name]))
                for name, count in self._counts.items()
            ),
            events=tuple(self._events.items()),
            event_rows=tuple(self._event_rows.items()),
            notes=tuple(self._notes.items()),
        )

    def _header(self, records: "Iterator[list[str]]") -> list[str]:
        try:
            header = next(records, None)
        except csv.Error as error:
            raise HistoryError(f"{self._name}:1:1: the header cannot be read: {error}") from error
        if header is None or not any(header):
            raise HistoryError(f"{self._name}:1:1: the file is empty; expected a header line")
        if self._lines.bad:
            raise HistoryError(f"{self._name}:1:1: the header is no text in {self._mapping.source.encoding}")
        for column in self._mapping.columns:
            if column.source not in header:
                found = ", ".join(header)
                raise HistoryError(
                    f"{self._name}:1:1: columns.{column.name}: no column {column.source!r} in the file; it has {found}"
                )
        return header

    def _plan(self, header: list[str]) -> "tuple[int, _Plan]":
        mapping = self._mapping
        readers = {
            column.name: (header.index(column.source), field_reader(column, mapping.source, self._stamps, self._note))
            for column in mapping.columns
        }
        asked: dict[str, None] = {}
        for rule in mapping.refuse:
            asked.update(dict.fromkeys(columns_of(rule.when)))
        first = [(name, *readers[name]) for name in asked]
        rest = [(name, *reader) for name, reader in readers.items() if name not in asked]
        return len(header), _Plan(
            first=first,
            refuse=[(rule.name, compile_condition(rule.when)) for rule in mapping.refuse],
            rest=rest,
            events=[(rule, compile_condition(rule.when) if rule.when is not None else None) for rule in mapping.events],
        )

    def _records(self, records: "Iterator[list[str]]") -> Iterator[tuple[int, list[str] | str]]:
        """Yield each record with the line where it begins; in place of a record that cannot be read, its class."""
        lines = self._lines
        while True:
            begin = lines.number + 1
            try:
                fields = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                fields = []
                broken = "over_limit" if "larger than field limit" in str(error) else "bad_quotes"
            else:
                broken = ""
            if lines.bad:
                broken = "bad_encoding"
                self._bytes(lines.bad)
            yield begin, broken or fields

    def _bytes(self, bad: list[tuple[int, int]]) -> None:
        for line, byte in bad:
            if self._bad_bytes < FIRST_LINES_MAX:
                self._note(f"bytes that are no text, at line {line}, byte {byte} of it")
            self._bad_bytes += 1
        bad.clear()

    def _record(self, fields: list[str], line: int, plan: "_Plan") -> Iterator[Recorded]:
        row: Row = {}
        try:
            for name, place, read in plan.first:
                row[name] = read(fields[place])
            for refusal, holds in plan.refuse:
                if holds(row):
                    self._refuse(refusal, line)
                    return
            for name, place, read in plan.rest:
                row[name] = read(fields[place])
            rule = next((rule for rule, holds in plan.events if holds is None or holds(row)), None)
            if rule is None:
                self._refuse("no_event", line)
            elif rule.type == "StockAdjusted":
                yield self._adjustment(rule, row, line)
                self._took(rule, row)
            else:
                yield from self._gather(rule, row, line)
                self._took(rule, row)
        except Bad as bad:
            self._refuse(bad.name, line)

    def _took(self, rule: EventRule, row: "Row") -> None:
        self._mapped += 1
        self._event_rows[rule.type] = self._event_rows.get(rule.type, 0) + 1
        for name, cases in self._cases.items():
            cases.see(row[name])

    def _adjustment(self, rule: EventRule, row: "Row", line: int) -> AdjustedStock:
        change = quantity_of(rule.quantity, row)
        if change == 0:
            raise Bad("bad_quantity")
        self._events[rule.type] = self._events.get(rule.type, 0) + 1
        return AdjustedStock(
            item=text_of(rule.item, row),
            change=change,
            at_us=whole(row[rule.at]),
            place=text_of(rule.place, row) if rule.place is not None else "",
            reason=text_of(rule.reason, row) if rule.reason is not None else "",
            row=line,
        )

    def _gather(self, rule: EventRule, row: "Row", line: int) -> Iterator[Recorded]:
        group = self._mapping.group
        assert group is not None, "a mapping with grouped events has a group"
        quantity = quantity_of(rule.quantity, row)
        if quantity <= 0:
            raise Bad("bad_quantity")
        key = (rule.type, *(str(row[name]) for name in group.by))
        document = self._open.get(key)
        if document is None:
            if business_id(*key) in self._closed:
                raise Bad("group_reopened")
            document = _Document(rule, key, row, line)
        elif len(document.lines) >= self._mapping.lines_per_order:
            raise Bad("over_limit")
        price = row[rule.price] if rule.price is not None else None
        entry: Line = (text_of(rule.item, row), quantity, None if price is None else whole(price))
        if entry[0] in document.items:
            self._note("lines that repeat an item of their document")
        document.items.add(entry[0])
        document.lines.append(entry)
        document.last_row = self._rows
        self._open[key] = document
        self._open.move_to_end(key)
        oldest = next(iter(self._open.values()))
        if self._rows - oldest.last_row > group.closes_after_rows:
            yield self._close(oldest)

    def _close(self, document: "_Document") -> Recorded:
        del self._open[document.key]
        self._closed.add(business_id(*document.key))
        rule = document.rule
        self._events[rule.type] = self._events.get(rule.type, 0) + 1
        name = text_of(rule.document, document.row) if rule.document is not None else ""
        at_us = whole(document.row[rule.at])
        customer = document.row[rule.customer] if rule.customer is not None else None
        who = customer if isinstance(customer, str) else None
        lines = tuple(document.lines)
        if rule.type == "ReturnRegistered":
            return RegisteredReturn(document=name, at_us=at_us, customer=who, lines=lines, row=document.begin)
        country = document.row[rule.country] if rule.country is not None else None
        return PlacedOrder(
            order=name,
            at_us=at_us,
            customer=who,
            country=country if isinstance(country, str) else None,
            lines=lines,
            row=document.begin,
        )

    def _finish(self) -> None:
        for name, cases in self._cases.items():
            if cases.variants():
                self._notes[f"values of {name} that differ from another by letter case alone"] = cases.variants()
        refused = sum(self._counts.values())
        assert self._rows == self._mapped + self._empty + refused, "every record ends in exactly one way"

    def _refuse(self, name: str, line: int) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1
        first = self._refused.setdefault(name, [])
        if len(first) < FIRST_LINES_MAX:
            first.append(line)

    def _note(self, text: str) -> None:
        self._notes[text] = self._notes.get(text, 0) + 1


@dataclass(slots=True)
class _Plan:
    first: list[tuple[str, int, Read]]
    refuse: list[tuple[str, Holds]]
    rest: list[tuple[str, int, Read]]
    events: list[tuple[EventRule, Holds | None]]


class _Document:
    """An open document: its first row, and the lines so far."""

    __slots__ = ("begin", "items", "key", "last_row", "lines", "row", "rule")

    def __init__(self, rule: EventRule, key: tuple[str, ...], row: Row, begin: int) -> None:
        self.rule = rule
        self.key = key
        self.row = row
        self.begin = begin
        self.lines: list[Line] = []
        self.items: set[str] = set()
        self.last_row = 0


def _bytes_of_longest(fields: list[str]) -> int:
    longest = max(fields, key=len)
    return len(longest) if longest.isascii() else len(longest.encode())


class _Cases:
    """Counts values that differ from another one by letter case alone."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._folded: set[str] = set()

    def see(self, value: Cell) -> None:
        if isinstance(value, str) and value not in self._seen:
            self._seen.add(value)
            self._folded.add(value.casefold())

    def variants(self) -> int:
        return len(self._seen) - len(self._folded)


class _Lines:
    """Cuts blocks into decoded lines and counts them; `bad` has (line, byte) of those that are no text."""

    def __init__(self, blocks: Iterable[bytes], encoding: str) -> None:
        self._raw = _physical(blocks)
        self._encoding = encoding
        self.number = 0
        self.bad: list[tuple[int, int]] = []

    def __iter__(self) -> "_Lines":
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


def _physical(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        lines = (rest + block).splitlines(keepends=True)
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        yield from lines
        while len(rest) > LINE_BYTES_MAX:
            yield rest[:LINE_BYTES_MAX]
            rest = rest[LINE_BYTES_MAX:]
    if rest:
        yield rest
