"""The mapping language as frozen values: how a foreign table becomes history."""

from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal
from typing import Literal

from twin.connectivity.rows import Limits
from twin.model.history import StepClass

MINOR_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Digits after the point by currency where they are not two (ISO 4217)."""


FLAT = ("csv", "fixed", "parquet", "sqlite")
"""Formats whose records are rows of named columns; those of the others are reached by paths."""
FORMATS = (*FLAT, "json", "jsonl", "xml", "ocel-json", "ocel-xml", "ocel-sqlite", "xes", "epcis", "cloudevents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """A field of a line by its place: from one character up to another, from 0."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How the bytes of a file are read; a byte order mark is dropped, and any kind of line end will do.

    `file` names it where the mapping brings its own, `rows` is the path of its records (or what they are), `table` the
    one of a database. `negative` says where a minus may stand.
    """

    format: str = "csv"
    file: str = ""
    rows: str = ""
    table: str = ""
    header: bool = True
    widths: tuple[Width, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    decimal: str = "."
    thousands: str | None = None
    negative: tuple[str, ...] = ("leading",)
    blank: tuple[str, ...] = ("",)

    @property
    def flat(self) -> bool:
        """Tell whether its columns have plain names, not paths."""
        return self.format in FLAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A second file, one row (or `many`) of which belongs to a row of the first: where these columns are equal."""

    name: str
    source: Source
    on: tuple[tuple[str, str], ...]
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How a stamp becomes an instant: zone, formats in the order tried, and what happens at clock changes.

    Years of two digits lie within the hundred years that begin at `pivot`. What lies outside `between_us` is refused;
    the default leaves out what is commonly written for "never".
    """

    zone: tzinfo
    formats: tuple[str, ...]
    resolution_us: int = 1_000_000
    ambiguous: Literal["earlier", "later", "refuse"] = "earlier"
    skipped_hour: Literal["earlier", "later", "refuse"] = "later"
    between_us: tuple[int, int] = (0, 4_102_444_800_000_000)
    pivot: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A named value of a record and its type; `decimal` with a currency is money and becomes whole minor units.

    `sources` are names of columns, or paths; several are joined by `join`. `codes` replaces one word by another; a word
    that is not in it is refused under the class `unknown`, or kept where that is empty. `const` stands in for a column
    that the file does not have. `take` is a pattern that the whole text must fit; what its one group holds is taken.
    With `summed` the value is the sum of all that the sources have.
    """

    name: str
    sources: tuple[str, ...]
    join: str = ""
    type: Literal["text", "integer", "decimal", "time"] = "text"
    optional: bool = False
    drop_suffix: str = ""
    case: Literal["", "keep", "upper", "lower"] = ""
    currency: str = ""
    codes: tuple[tuple[str, str], ...] | None = None
    unknown: str = "unknown_code"
    const: str | None = None
    take: str = ""
    summed: bool = False

    @property
    def minor_digits(self) -> int:
        """Digits of the currency after the point."""
        return MINOR_DIGITS.get(self.currency, 2)


TestKind = Literal["equals", "in", "matches", "empty", "several", "above", "below", "between", "apart"]


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one column of a row; `other` names the column that it is compared with.

    `apart` asks whether the two differ by more than the value.
    """

    column: str
    kind: TestKind
    value: tuple[str | int | bool | Decimal, ...] = ()
    other: str = ""


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class NotOf:
    """The part does not hold."""

    part: "Condition"


Condition = Test | AllOf | AnyOf | NotOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Rows that are refused, or only counted, and the class under which that is done.

    With `each`, a column that holds a list, its values are counted that the condition holds for, not rows.
    """

    name: str
    when: Condition
    each: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Which rows make one document, when it is closed, and what becomes of lines that repeat an item."""

    by: tuple[str, ...]
    time: Literal["first", "last"] = "first"
    closes_after_rows: int | None = 2000
    closes_after_us: int | None = None
    repeats: Literal["keep", "sum", "drop"] = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Rows with one id: those with equal content are refused as `duplicate` or kept, others refused or kept."""

    by: tuple[str, ...]
    same: Literal["drop", "keep"] = "drop"
    different: str = "conflicting_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value taken from a column of the row, with its sign turned if asked."""

    column: str
    negate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Const:
    """A value that stands in the mapping itself."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A value taken from an element of a list that the row holds."""

    column: Column
    negate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many elements of the list go into one line."""


Value = Field | Const | Inner | Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesRule:
    """Where the lines of a document come from: the rows of its group, or the elements of a list in its one row.

    `source` is the list (a join, or a path); elements that agree in `by` make one line.
    """

    source: str = ""
    by: tuple[Column, ...] = ()
    item: Value
    quantity: Value
    price: Value | None = None
    site: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """Which rows make which event, and where its parts come from.

    `each` is `document` (one for each group, or row where nothing is grouped), `row`, or the list whose elements make
    one each. `parts` are the single values by their names, `ship_to` those of the address.
    """

    type: str
    when: Condition | None
    each: str
    at: str
    parts: tuple[tuple[str, Value], ...] = ()
    ship_to: tuple[tuple[str, Value], ...] = ()
    lines: LinesRule | None = None

    def part(self, name: str) -> Value | None:
        """Return where a part comes from, None where the mapping does not say."""
        return dict(self.parts).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A file that tells the state before the first row, and the mapping file that reads it."""

    file: str
    mapping: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A whole mapping, checked: every name it uses is one of its columns or joins."""

    id: str
    version: str
    source: Source
    joins: tuple[Join, ...] = ()
    clock: Clock
    columns: tuple[Column, ...]
    refuse: tuple[Named, ...] = ()
    note: tuple[Named, ...] = ()
    duplicates: Duplicates | None = None
    group: Group | None = None
    events: tuple[EventRule, ...] = ()
    order: Literal["by_time", "as_read"] = "by_time"
    arrival: Literal["open", "closed"] = "open"
    completeness: tuple[tuple[str, str], ...] = ()
    keyed: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    opening: tuple[tuple[str, Opening], ...] = ()
    lifecycle: tuple[StepClass, ...] = ()
    lines_per_order: int = 20_000
    limits: Limits = field(default_factory=Limits)

    def column(self, name: str) -> Column:
        """Return the column of that name; raise `KeyError` if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
