"""The mapping language as frozen values: how a foreign table becomes history."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

MINOR_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Digits after the point by currency where they are not two (ISO 4217)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How the bytes of a delimited file are read; a byte order mark is dropped, and any kind of line end will do."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    decimal: str = "."
    thousands: str | None = None
    blank: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How a stamp becomes an instant: zone, formats in the order tried, and what happens at clock changes."""

    zone: tzinfo
    formats: tuple[str, ...]
    resolution_us: int = 1_000_000
    ambiguous: Literal["earlier", "later", "refuse"] = "earlier"
    skipped_hour: Literal["earlier", "later", "refuse"] = "later"
    between_us: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A named column of the file and its type; `decimal` is money and becomes whole minor units."""

    name: str
    source: str
    type: Literal["text", "integer", "decimal", "time"] = "text"
    optional: bool = False
    drop_suffix: str = ""
    count_case: bool = False
    currency: str = ""

    @property
    def minor_digits(self) -> int:
        """Digits of the currency after the point."""
        return MINOR_DIGITS.get(self.currency, 2)


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one column of a row."""

    column: str
    kind: Literal["equals", "in", "matches", "empty", "above", "below", "between"]
    value: tuple[str | int | bool, ...]


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
class RefuseRule:
    """Rows that are no business of the history, and the name they are counted under."""

    name: str
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Which rows make one document, and after how many rows without news it is closed."""

    by: tuple[str, ...]
    closes_after_rows: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value taken from a column, with its sign turned if asked."""

    column: str
    negate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Const:
    """A value that stands in the mapping itself."""

    text: str


Value = Field | Const


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """Which rows make which event, and where its parts come from; `lines` of a grouped event, or one row each."""

    type: Literal["OrderPlaced", "ReturnRegistered", "StockAdjusted"]
    when: Condition | None
    at: str
    document: Value | None = None
    customer: str | None = None
    country: str | None = None
    item: Value
    quantity: Field
    price: str | None = None
    place: Value | None = None
    reason: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A whole mapping, checked: every name it uses is one of its columns."""

    id: str
    version: str
    source: Source
    clock: Clock
    columns: tuple[Column, ...]
    refuse: tuple[RefuseRule, ...]
    group: Group | None
    events: tuple[EventRule, ...]
    completeness: tuple[tuple[str, str], ...] = ()
    keyed: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    lines_per_order: int = 20_000
    field_bytes: int = 65_536

    def column(self, name: str) -> Column:
        """Return the column of that name; raise `KeyError` if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
