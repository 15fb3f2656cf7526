"""What became of every row of a file: counted by class, with the places of the first ones."""

from dataclasses import dataclass, field

CLASSES = {
    "bad_encoding": "bytes that are no text in the stated encoding",
    "bad_quotes": "a quoted field that does not end, or goes on after its quote",
    "bad_json": "a line that is no JSON",
    "not_a_record": "a value where a table of fields is expected",
    "invalid_event": "an event without what its standard asks for",
    "unknown_object": "an event that names an object which the log does not have",
    "wrong_field_count": "more or fewer fields than the header",
    "over_limit": "a field, a record or a document beyond the limits of the mapping",
    "missing_value": "blank where the column is not optional",
    "not_a_value": "a list or a table where a single value is expected",
    "several_values": "more than one value where a single one is expected",
    "bad_text": "does not fit the pattern of what is to be taken from it",
    "bad_integer": "no whole number",
    "bad_decimal": "no decimal number",
    "bad_time": "fits none of the formats",
    "time_out_of_range": "outside the time that the mapping allows",
    "ambiguous_time": "falls twice when clocks go back, and the mapping refuses that",
    "skipped_time": "does not exist because clocks go forward, and the mapping refuses that",
    "time_goes_back": "earlier than the row before it, where the mapping says that rows are in the order of time",
    "unknown_code": "a word that the table of codes does not have",
    "bad_quantity": "zero, or negative where the event takes positive quantities only",
    "no_lines": "a document without a single line, or an empty list of what makes an event each",
    "duplicate": "the same content as an earlier row of the same id",
    "conflicting_id": "other content than an earlier row of the same id",
    "group_reopened": "its document had been closed",
    "no_event": "no event of the mapping takes it",
    "no_rows": "a file without a row, among several that are imported together",
}
"""Why the reader refuses a row, besides the classes that a mapping names."""
FIRST_PLACES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One class of refused rows: how many, and where the first ones begin."""

    name: str
    count: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of every row; counts by name are in the order in which the names came up.

    `events` are facts by their type, `event_rows` how many rows went into them: a row may go into several.
    """

    rows: int
    mapped: int
    empty: int
    refused: tuple[Refusal, ...]
    events: tuple[tuple[str, int], ...]
    event_rows: tuple[tuple[str, int], ...]
    notes: tuple[tuple[str, int], ...]

    @property
    def refused_rows(self) -> int:
        """Rows refused, all classes together."""
        return sum(refusal.count for refusal in self.refused)

    def explain(self) -> tuple[str, ...]:
        """Return the report as sentences, one a line."""
        made = dict(self.events)
        lines = [f"{self.rows} rows: {self.mapped} mapped, {self.refused_rows} refused, {self.empty} empty"]
        lines += [f"mapped: {rows} rows in {made.get(name, 0)} {name}" for name, rows in self.event_rows]
        for refusal in self.refused:
            more = ", ..." if refusal.count > len(refusal.first) else ""
            lines.append(f"refused: {refusal.count} {refusal.name} (lines {', '.join(refusal.first)}{more})")
        lines += [f"note: {count} {name}" for name, count in self.notes]
        return tuple(lines)


@dataclass(slots=True)
class Tally:
    """The report under way."""

    rows: int = 0
    mapped: int = 0
    empty: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    event_rows: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)

    def refuse(self, name: str, place: str) -> None:
        """Count a row that is refused."""
        self.counts[name] = self.counts.get(name, 0) + 1
        first = self.first.setdefault(name, [])
        if len(first) < FIRST_PLACES_MAX:
            first.append(place)

    def note(self, text: str, count: int = 1) -> None:
        """Count what is kept and worth knowing."""
        self.notes[text] = self.notes.get(text, 0) + count

    def report(self) -> Report:
        """Return what became of every row so far."""
        return Report(
            rows=self.rows,
            mapped=self.mapped,
            empty=self.empty,
            refused=tuple(
                [Refusal(name=name, count=count, first=tuple(self.first[name])) for name, count in self.counts.items()]
            ),
            events=tuple(self.events.items()),
            event_rows=tuple(self.event_rows.items()),
            notes=tuple(self.notes.items()),
        )


def without_rows() -> Report:
    """Return the report of a file that has no row: it is refused itself, as if it were one."""
    nothing = Tally(rows=1)
    nothing.refuse("no_rows", "1")
    return nothing.report()
