"""Reads the values of one row: text, whole numbers, money and stamps by their column."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from twin.connectivity.mapping import Clock, Column, Const, Counted, Field, Inner, Join, Source, Value
from twin.connectivity.paths import TEXT, Element, parse_path, picker
from twin.connectivity.rows import text_of_scalar

STAMPS_KEPT_MAX = 4096
"""How many different stamps are remembered; beyond it all are forgotten at once."""

Scalar = str | int | Decimal
Cell = Scalar | tuple[Scalar, ...] | None
Row = dict[str, Cell]
Raw = dict[str, object]
"""A record as its file has it."""
Fetch = Callable[[Raw], object]
Read = Callable[[Raw], Cell]
Note = Callable[[str], None]


class Bad(Exception):
    """A record that cannot be taken; `name` is its class."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class Stamps:
    """Turns stamps into whole microseconds UTC, remembering the latest ones: neighbours in a file share them."""

    def __init__(self, clock: Clock, note: Note) -> None:
        self._clock = clock
        self._note = note
        self._kept: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        at_us = self._kept.get(text)
        if at_us is None:
            at_us = self._read(text)
            if len(self._kept) >= STAMPS_KEPT_MAX:
                self._kept.clear()
            self._kept[text] = at_us
        return at_us

    def _read(self, text: str) -> int:
        moment = self._moment(text)
        if moment.tzinfo is None:
            moment = self._settle(moment.replace(tzinfo=self._clock.zone))
        try:
            at_us = (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND
        except OverflowError as error:  # the first or last hours that a calendar holds, told in another zone
            raise Bad("time_out_of_range") from error
        first, last = self._clock.between_us
        if not first <= at_us < last:
            raise Bad("time_out_of_range")
        return at_us

    def _moment(self, text: str) -> datetime:
        for form in self._clock.formats:
            try:
                if form == "iso" or (form == _PLAIN and len(text) == 19 and text[10] == " "):
                    return datetime.fromisoformat(text)
                if form in ("epoch_s", "epoch_ms"):
                    return _EPOCH + timedelta(microseconds=_microseconds(text, 6 if form == "epoch_s" else 3))
                moment = datetime.strptime(text, form)
            except (ValueError, OverflowError):
                continue
            return self._of_pivot(moment) if "%y" in form else moment
        raise Bad("bad_time")

    def _of_pivot(self, moment: datetime) -> datetime:
        """Return a time whose year had two digits, in the hundred years from the pivot on."""
        pivot = self._clock.pivot
        return moment.replace(year=pivot + (moment.year - pivot) % 100)

    def _settle(self, local: datetime) -> datetime:
        """Decide a local time that falls twice or not at all.

        In the hour that clocks skip, fold 0 counts with the offset of before, which is the later instant; in the hour
        that comes twice, fold 0 is the earlier one (PEP 495).
        """
        early, late = local.replace(fold=0), local.replace(fold=1)
        before, after = early.utcoffset(), late.utcoffset()
        if before == after or before is None or after is None:
            return early
        skipped = before < after
        choice = self._clock.skipped_hour if skipped else self._clock.ambiguous
        if choice == "refuse":
            raise Bad("skipped_time" if skipped else "ambiguous_time")
        self._note("stamps in the hour that clocks skip" if skipped else "stamps in the hour that comes twice")
        if skipped:
            return early if choice == "later" else late
        return late if choice == "later" else early


_PLAIN = "%Y-%m-%d %H:%M:%S"
"""The commonest form; where every part has its full width the ISO reader takes it, four times as fast."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _microseconds(text: str, digits: int) -> int:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return int(Decimal(text).scaleb(digits))


class Reading:
    """How the columns of one file are read: what is blank, how numbers look, what is noted on the way."""

    def __init__(self, source: Source, joins: tuple[Join, ...], stamps: Stamps, note: Note) -> None:
        self.source = source
        self._joins = {join.name for join in joins}
        self._stamps = stamps
        self._note = note
        self._blank = frozenset(source.blank)

    def column(self, column: Column, *, flat: bool | None = None) -> Read:
        """Return the function that reads a column of a record, or raises the class of what is wrong with it.

        Args:
            column: which, and how.
            flat: whether its sources are plain names; those of the file unless given.
        """
        flat = self.source.flat if flat is None else flat
        fetches = [self.fetch(source, flat=flat) for source in column.sources]
        convert, optional = self._converter(column), column.optional
        blank, suffix = self._blank, column.drop_suffix
        take = re.compile(column.take) if column.take else None
        absent = f"values of {column.name} that are absent"
        note = self._note

        def one(raw: object) -> Scalar | None:
            try:
                told = raw.get(TEXT) if isinstance(raw, Element) else raw
                text = told if isinstance(told, str) else text_of_scalar(told) or ""
            except TypeError as error:
                raise Bad("not_a_value") from error
            text = text.strip()
            if text in blank:
                return None
            if take is not None:
                found = take.fullmatch(text)
                if found is None or found[1] is None:
                    raise Bad("bad_text")
                text = found[1]
            return convert(text.removesuffix(suffix) if suffix else text)

        if column.const is not None:
            constant = column.const
            return lambda record: one(constant)

        def read(record: Raw) -> Cell:
            raw: object
            if column.summed:
                raw = _all_of(record, fetches)
            else:
                raw = fetches[0](record) if len(fetches) == 1 else self._joined(record, fetches, column.join)
            cell: Cell
            if isinstance(raw, list):
                values = tuple([each for each in map(one, raw) if each is not None]) or None
                cell = _sum(values) if values is not None and column.summed else values
            else:
                cell = one(raw)
            if cell is None:
                if not optional:
                    raise Bad("missing_value")
                note(absent)
            return cell

        return read

    def fetch(self, source: str, *, flat: bool) -> Fetch:
        """Return the function that takes a value out of a record as it stands there."""
        if flat:
            name, _, rest = source.partition(".")
            if not rest or name not in self._joins:
                return lambda record: record.get(source)
            return lambda record: _of_table(record.get(name), rest)
        path = parse_path(source)
        return picker(("$", *path) if source.startswith("$.") else path)

    def _joined(self, record: Raw, fetches: list[Fetch], sign: str) -> str:
        try:
            texts = [(text_of_scalar(fetch(record)) or "").strip() for fetch in fetches]
        except TypeError as error:
            raise Bad("not_a_value") from error
        return sign.join(text for text in texts if text not in self._blank)

    def _converter(self, column: Column) -> Callable[[str], Scalar]:
        if column.type == "time":
            return self._stamps
        if column.type == "integer":
            return self._whole
        if column.type == "decimal":
            return self._money(column) if column.currency else self._exact
        return self._words(column)

    def _words(self, column: Column) -> Callable[[str], Scalar]:
        codes, unknown, case = column.codes, column.unknown, column.case
        words = dict(codes) if codes is not None else None

        def read(text: str) -> Scalar:
            word = text if text.isascii() else unicodedata.normalize("NFC", text)
            if case == "upper":
                word = word.upper()
            elif case == "lower":
                word = word.lower()
            if words is None:
                return word
            found = words.get(word, words.get("*"))
            if found is None:
                if unknown:
                    raise Bad(unknown)
                return word
            return found

        return read

    def _plain(self, text: str) -> str:
        """Return a number without signs of thousands, its minus in front and its fraction behind a point."""
        source = self.source
        if source.thousands:
            text = text.replace(source.thousands, "")
        if source.decimal != ".":
            text = text.replace(source.decimal, ".")
        if "trailing" in source.negative and text.endswith("-"):
            text = f"-{text[:-1].rstrip()}"
        if "brackets" in source.negative and text.startswith("(") and text.endswith(")"):
            text = f"-{text[1:-1].strip()}"
        return text

    def _whole(self, text: str) -> int:
        found = _INTEGER.fullmatch(self._plain(text))
        if found is None:
            raise Bad("bad_integer")
        return int(found[1])

    def _exact(self, text: str) -> Decimal:
        text = self._plain(text)
        if not _DECIMAL.fullmatch(text):
            raise Bad("bad_decimal")
        return Decimal(text)

    def _money(self, column: Column) -> Callable[[str], int]:
        quantum, digits = Decimal(1).scaleb(-column.minor_digits), column.minor_digits
        rounded_too = f"values of {column.name} rounded half up to minor units"
        nothing = f"values of {column.name} that are zero"

        def read(text: str) -> int:
            exact = self._exact(text)
            rounded = exact.quantize(quantum, rounding=ROUND_HALF_UP)
            if rounded != exact:
                self._note(rounded_too)
            if exact == 0 and not column.summed:
                self._note(nothing)
            return int(rounded.scaleb(digits))

        return read


_INTEGER = re.compile(r"([+-]?[0-9]{1,15})(?:\.0*)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{0,12})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)


def _all_of(record: Raw, fetches: list[Fetch]) -> list[object]:
    """Return everything that the sources of a column have in a record, lists one value at a time."""
    found = [fetch(record) for fetch in fetches]
    return [value for each in found for value in (each if isinstance(each, list) else [each])]


def _sum(values: tuple[Scalar, ...]) -> int | Decimal:
    return sum([value for value in values if isinstance(value, int | Decimal)])


def _of_table(table: object, name: str) -> object:
    """Return a value of the joined row, or of each of several, in their order."""
    if isinstance(table, list):
        return [_of_table(each, name) for each in table]
    return table.get(name) if isinstance(table, dict) else None


class Part:
    """Where one part of an event comes from, as a function of the row and of an element of its list."""

    def __init__(self, value: Value, reading: Reading, *, flat: bool) -> None:
        self._name = value.column if isinstance(value, Field) else ""
        self._const = value.text if isinstance(value, Const) else None
        self._sign = -1 if isinstance(value, Field | Inner) and value.negate else 1
        self._read = reading.column(value.column, flat=flat) if isinstance(value, Inner) else None
        self._counts = isinstance(value, Counted)

    def __call__(self, row: Row, elements: list[Raw]) -> Scalar | None:
        """Return the value, None where it is absent; raise `Bad` for several where one is wanted."""
        if self._const is not None:
            return self._const
        if self._counts:
            return len(elements)
        cell = self._read(elements[0]) if self._read is not None else row[self._name]
        if isinstance(cell, tuple):
            raise Bad("several_values")
        return -cell if self._sign < 0 and isinstance(cell, int) else cell
