"""Reads a file under a mapping: rows in, facts of the business out, and an account of every row.

Every row ends in exactly one of three ways: mapped, refused under a named class, or empty. The sum is checked at the
end. Rows are read in this order: the columns that the refusals ask about, the refusals, the other columns, the repeats
of an id, the events. Every event whose condition holds is made; where one of them cannot be, the row is refused and
none is. A row that a refusal names is therefore never counted as a bad value of some other column.

Rows of one document are gathered while it is open. A document closes when the mapping's number of rows, or time, has
gone by since its last one, or at the end; a row for a closed one is refused, because the document has been handed on.
Memory holds open documents; names of closed ones, joined rows and ids that were seen are on a shelf.

Privacy, where it is asked for, is kept here, after the conditions: what is keyed or dropped reaches no fact.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass

import msgspec

from twin.connectivity.cells import Bad, Cell, Raw, Read, Reading, Row, Scalar, Stamps
from twin.connectivity.conditions import Counts, Holds, columns_of, compile_condition, compile_count
from twin.connectivity.facts import Values, fact_of, merged
from twin.connectivity.formats.choice import rows_of
from twin.connectivity.joins import Joined
from twin.connectivity.makers import Draft, Maker, tables_of
from twin.connectivity.mapping import Mapping
from twin.connectivity.report import Report, Tally
from twin.connectivity.rows import Container, MemoryShelf, Rows, Shelf
from twin.connectivity.rows import Row as Found
from twin.errors import HistoryError
from twin.model import business
from twin.model.ids import business_id

Redact = Callable[[str], str]
"""Replaces a text by another one that is always the same for it."""
KEPT_OF_ADDRESS = ("country",)
"""What of an address does not lead to a person."""
SHARED = "id"
"""The kind under which ids that were seen are on the shelf; the files of one import know each other's."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """A fact with its wall time in UTC (microseconds), the row where it begins, and which one of that row it is."""

    at_us: int
    row: int
    nth: int
    fact: business.Business

    @property
    def id(self) -> str:
        """Its name within the file."""
        return str(self.row) if self.nth == 1 else f"{self.row}.{self.nth}"


class Reader:
    """Iterates over what one file tells; `report()` says afterwards what became of every row.

    Args:
        container: the file.
        mapping: how to read it.
        joined: the files of the mapping's joins, by the names of these.
        shelf: keeps what must be found again; in memory unless given.
        redact: replaces names, addresses and free text; None leaves them.
    """

    def __init__(
        self,
        container: Container,
        mapping: Mapping,
        *,
        joined: Table[str, Container] | None = None,
        shelf: Shelf | None = None,
        redact: Redact | None = None,
    ) -> None:
        self._container = container
        self._mapping = mapping
        self._shelf = shelf if shelf is not None else MemoryShelf()
        self._files = joined or {}
        self._redact = redact
        self._tally = Tally()
        self._open: OrderedDict[tuple[str, ...], _Document] = OrderedDict()
        self._cases: dict[str, _Cases] = {c.name: _Cases() for c in mapping.columns if c.case == "keep"}
        self._latest_us: int | None = None
        self._reading = Reading(
            mapping.source, mapping.joins, Stamps(mapping.clock, self._tally.note), self._tally.note
        )

    def __iter__(self) -> Iterator[Told]:
        """Read the file once, from its first byte to its last.

        Raises:
            HistoryError: the file is empty or not of its format, or lacks a column that the mapping names.
        """
        mapping, tally = self._mapping, self._tally
        rows = rows_of(self._container, mapping.source, mapping.limits, self._shelf)
        self._check(rows)
        joined = Joined(mapping, self._files, self._shelf, tally) if mapping.joins else None
        plan = self._plan()
        for row in rows.rows:
            tally.rows += 1
            if row.bad:
                tally.refuse(row.bad, row.place)
            elif row.value is None:
                tally.empty += 1
            else:
                yield from self._record(row, row.value if joined is None else joined.add_to(row.value), plan)
        for document in list(self._open.values()):
            yield self._close(document)
        if joined is not None:
            joined.close()
        self._finish()

    def report(self) -> Report:
        """Return what became of every row so far."""
        return self._tally.report()

    def _check(self, rows: Rows) -> None:
        """See that the file has the columns that the mapping names."""
        if rows.names is None:
            return
        joins = {join.name for join in self._mapping.joins}
        wanted = [
            (f"columns.{column.name}", source)
            for column in self._mapping.columns
            for source in column.sources
            if source.partition(".")[0] not in joins
        ]
        wanted += [(f"joins.{join.name}.on", left) for join in self._mapping.joins for left, _ in join.on]
        for where, source in wanted:
            if source not in rows.names:
                found = ", ".join(rows.names)
                raise HistoryError(
                    f"{self._container.name}:1:1: {where}: no column {source!r} in the file; it has {found}"
                )

    def _plan(self) -> "_Plan":
        mapping = self._mapping
        reads = {column.name: self._reading.column(column) for column in mapping.columns}
        asked: dict[str, None] = {}
        for rule in mapping.refuse:
            asked.update(dict.fromkeys(name for name in columns_of(rule.when) if name in reads))
        return _Plan(
            first=[(name, reads[name]) for name in asked],
            refuse=[(rule.name, compile_condition(rule.when)) for rule in mapping.refuse],
            rest=[(name, read) for name, read in reads.items() if name not in asked],
            note=[(rule.name, compile_count(rule)) for rule in mapping.note],
            events=[Maker.of(rule, mapping, self._reading) for rule in mapping.events],
        )

    def _record(self, found: Found, record: Raw, plan: "_Plan") -> Iterator[Told]:
        row: Row = {join.name: (1 if record[join.name] else None) for join in self._mapping.joins}
        try:
            for name, read in plan.first:
                row[name] = read(record)
            for refusal, holds in plan.refuse:
                if holds(row):
                    raise Bad(refusal)
            for name, read in plan.rest:
                row[name] = read(record)
            self._repeats(record, row)
            makers = [maker for maker in plan.events if maker.holds is None or maker.holds(row)]
            if not makers:
                raise Bad("no_event")
            drafts = self._drafts(found, record, row, makers)
            self._follows(drafts)
        except Bad as bad:
            self._tally.refuse(bad.name, found.place)
            return
        self._took(row, plan, drafts)
        for draft in drafts:
            if draft.document is None:
                yield self._told(draft.maker, draft.at_us, found.number, draft.nth, draft.values, draft.lines)
        yield from self._gather(drafts)

    def _drafts(self, found: Found, record: Raw, row: Row, makers: "list[Maker]") -> "list[Draft]":
        """Return what the events of one row need, so that all or none of them is made."""
        drafts: list[Draft] = []
        private = self._private(row)
        for maker in makers:
            rule = maker.rule
            at_us = row[rule.at]
            if at_us is None:
                self._tally.note(f"step_absent: {rule.type}")
                continue
            if not isinstance(at_us, int):
                raise Bad("several_values")
            elements = [None] if maker.each is None else tables_of(maker.each(record))
            for element in elements:
                values = maker.values(private, [] if element is None else [element], self._redacted)
                draft = Draft(maker, at_us, found.number, len(drafts) + 1, values)
                if maker.lines is not None and maker.listed is not None:
                    listed = tables_of(maker.listed(record))
                    draft.lines = maker.lines.of_elements(private, listed)
                    draft.repeats = len(listed) - len(draft.lines)
                elif maker.lines is not None:
                    draft.lines = (maker.lines.of_row(private),)
                if maker.gathers:
                    draft.document = self._document_of(maker, row)
                    known = self._open.get(draft.document)
                    if known is not None and maker.lines is not None:
                        if len(known.lines) >= self._mapping.lines_per_order:
                            raise Bad("over_limit")
                    elif known is None and self._shelf.get("closed", "\x1f".join(draft.document)):
                        raise Bad("group_reopened")
                elif len(draft.lines) > self._mapping.lines_per_order:
                    raise Bad("over_limit")
                else:
                    fact_of(rule, values, draft.lines)
                drafts.append(draft)
        if not drafts:
            raise Bad("no_lines" if any(maker.each is not None for maker in makers) else "missing_value")
        return drafts

    def _document_of(self, maker: "Maker", row: Row) -> tuple[str, ...]:
        group = self._mapping.group
        assert group is not None, "only a mapping with a group gathers"
        return (maker.name, *(str(row[name]) for name in group.by))

    def _repeats(self, record: Raw, row: Row) -> None:
        rule = self._mapping.duplicates
        if rule is None or any(row[name] is None for name in rule.by):
            return
        key = "\x1f".join(str(row[name]) for name in rule.by)
        content = business_id(msgspec.json.encode(record, order="sorted").decode()).to_bytes(8, "big")
        known = self._shelf.get(SHARED, key)
        if not known:
            self._shelf.put(SHARED, key, content)
        elif known[0] == content:
            if rule.same == "drop":
                raise Bad("duplicate")
            self._tally.note("rows that repeat an earlier one")
        elif rule.different:
            raise Bad(rule.different)
        else:
            self._tally.note("rows with the id of an earlier one and other content")

    def _private(self, row: Row) -> Row:
        if self._redact is None or not (self._mapping.keyed or self._mapping.drop):
            return row
        private: dict[str, Cell] = dict(row)
        for name in self._mapping.keyed:
            cell = row[name]
            private[name] = self._redact(str(cell)) if cell is not None else None
        private.update(dict.fromkeys((name for name in self._mapping.drop if name in row), None))
        return private

    def _redacted(self, name: str, value: Scalar | None, column: str) -> Scalar | None:
        """Return a part of an event with names, addresses and free text replaced, unless its column is keyed."""
        if self._redact is None or value is None or column in self._mapping.keyed:
            return value
        address = name.startswith("ship_to.") and name.removeprefix("ship_to.") not in KEPT_OF_ADDRESS
        free = name == "reason" and column != "" and self._mapping.column(column).codes is None
        return self._redact(str(value)) if address or free or name == "customer" else value

    def _follows(self, drafts: "list[Draft]") -> None:
        """Note steps of a row against the order of the mapping, and rows against that of the file."""
        at_us = drafts[0].at_us
        if self._latest_us is not None:
            if at_us < self._latest_us:
                if self._mapping.order == "as_read":
                    raise Bad("time_goes_back")
                self._tally.note("rows whose time is before that of the row above")
            elif at_us == self._latest_us:
                self._tally.note("rows whose time is that of the row above")
        self._latest_us = at_us
        steps = [draft for draft in drafts if draft.maker.each is None]
        for number, later in enumerate(steps):
            for earlier in steps[:number]:
                if later.at_us < earlier.at_us:
                    self._tally.note(f"out_of_sequence: {later.maker.rule.type} before {earlier.maker.rule.type}")

    def _took(self, row: Row, plan: "_Plan", drafts: "list[Draft]") -> None:
        tally = self._tally
        tally.mapped += 1
        for type in dict.fromkeys(draft.maker.rule.type for draft in drafts):
            tally.event_rows[type] = tally.event_rows.get(type, 0) + 1
        for draft in drafts:
            if draft.repeats:
                tally.note("elements that repeat a line of their document", draft.repeats)
        for name, counts in plan.note:
            if count := counts(row):
                tally.note(name, count)
        for name, cases in self._cases.items():
            cases.see(row[name])

    def _gather(self, drafts: "list[Draft]") -> Iterator[Told]:
        group = self._mapping.group
        latest_us: int | None = None
        for draft in drafts:
            if draft.document is None or group is None:
                continue
            latest_us = draft.at_us
            document = self._open.get(draft.document)
            if document is None:
                document = self._open[draft.document] = _Document(draft.document, draft)
            elif draft.lines:
                document.lines += draft.lines
            document.spans = document.spans or draft.at_us != document.latest_us
            if group.time == "last":
                document.at_us = draft.at_us
            document.last_row, document.latest_us = self._tally.rows, draft.at_us
            self._open.move_to_end(draft.document)
        while latest_us is not None and group is not None and self._open:
            oldest = next(iter(self._open.values()))
            rows, time = group.closes_after_rows, group.closes_after_us
            if (rows is None or self._tally.rows - oldest.last_row <= rows) and (
                time is None or latest_us - oldest.latest_us <= time
            ):
                return
            yield self._close(oldest)

    def _close(self, document: "_Document") -> Told:
        del self._open[document.key]
        self._shelf.put("closed", "\x1f".join(document.key), b"1")
        group = self._mapping.group
        assert group is not None, "only a mapping with a group gathers"
        if document.spans:
            self._tally.note("documents whose rows have several times")
        lines = merged(document.lines, group.repeats, self._tally.note)
        first = document.first
        return self._told(first.maker, document.at_us, first.row, first.nth, first.values, lines)

    def _told(
        self,
        maker: "Maker",
        at_us: int,
        row: int,
        nth: int,
        values: Values,
        lines: tuple[business.OrderedItem, ...],
    ) -> Told:
        type = maker.rule.type
        self._tally.events[type] = self._tally.events.get(type, 0) + 1
        return Told(at_us, row, nth, fact_of(maker.rule, values, lines))

    def _finish(self) -> None:
        tally = self._tally
        for name, cases in self._cases.items():
            if cases.variants():
                tally.notes[f"values of {name} that differ from another by letter case alone"] = cases.variants()
        refused = sum(tally.counts.values())
        assert tally.rows == tally.mapped + tally.empty + refused, "every row ends in exactly one way"


@dataclass(slots=True)
class _Plan:
    first: list[tuple[str, Read]]
    refuse: list[tuple[str, Holds]]
    rest: list[tuple[str, Read]]
    note: list[tuple[str, Counts]]
    events: "list[Maker]"


class _Document:
    """An open document: what its first row said, and the lines so far."""

    __slots__ = ("at_us", "first", "key", "last_row", "latest_us", "lines", "spans")

    def __init__(self, key: tuple[str, ...], first: Draft) -> None:
        self.key = key
        self.first = first
        self.lines = list(first.lines)
        self.at_us = self.latest_us = first.at_us
        self.last_row = 0
        self.spans = False


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
