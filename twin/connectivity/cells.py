"""Reads the cells of one row: text, whole numbers, money and stamps by their column, and conditions over them."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from twin.connectivity.mapping import (
    AllOf,
    AnyOf,
    Clock,
    Column,
    Condition,
    Const,
    Field,
    NotOf,
    Source,
    Test,
    Value,
)

STAMPS_KEPT_MAX = 4096
"""How many different stamps are remembered; beyond it all are forgotten at once."""

Cell = str | int | None
Row = dict[str, Cell]
Read = Callable[[str], Cell]
Holds = Callable[[Row], bool]


class Bad(Exception):
    """A record that cannot be taken; `name` is its class."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class Stamps:
    """Turns stamps into whole microseconds UTC, remembering the latest ones: neighbours in a file share them."""

    def __init__(self, clock: Clock, note: Callable[[str], None]) -> None:
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
        between = self._clock.between_us
        if between is not None and not between[0] <= at_us < between[1]:
            raise Bad("time_out_of_range")
        return at_us

    def _moment(self, text: str) -> datetime:
        for form in self._clock.formats:
            try:
                return datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)
            except ValueError:
                continue
        raise Bad("bad_time")

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


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def field_reader(column: Column, source: Source, stamps: Stamps, note: Callable[[str], None]) -> Read:
    """Return the function that reads one field of a column, or raises the class of what is wrong with it."""
    blank = frozenset(source.blank)
    suffix = column.drop_suffix
    convert = _converter(column, source, stamps, note)

    def read(field: str) -> Cell:
        text = field.strip()
        if text in blank:
            if column.optional:
                return None
            raise Bad("missing_value")
        return convert(text.removesuffix(suffix) if suffix else text)

    return read


def _converter(column: Column, source: Source, stamps: Stamps, note: Callable[[str], None]) -> Read:
    thousands, decimal = source.thousands, source.decimal
    quantum = Decimal(1).scaleb(-column.minor_digits)

    def plain(text: str) -> str:
        return text.replace(thousands, "") if thousands else text

    def as_text(text: str) -> Cell:
        return text if text.isascii() else unicodedata.normalize("NFC", text)

    def as_integer(text: str) -> Cell:
        text = plain(text)
        if not _INTEGER.fullmatch(text):
            raise Bad("bad_integer")
        return int(text)

    def as_minor_units(text: str) -> Cell:
        text = plain(text).replace(decimal, ".")
        if not _DECIMAL.fullmatch(text):
            raise Bad("bad_decimal")
        exact = Decimal(text)
        rounded = exact.quantize(quantum, rounding=ROUND_HALF_UP)
        if rounded != exact:
            note(f"values of {column.name} rounded half up to minor units")
        return int(rounded.scaleb(column.minor_digits))

    if column.type == "time":
        return stamps
    return {"text": as_text, "integer": as_integer, "decimal": as_minor_units}[column.type]


_INTEGER = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{0,9})?", re.ASCII)


def columns_of(condition: Condition) -> list[str]:
    """Return the columns that a condition asks about."""
    match condition:
        case Test():
            return [condition.column]
        case NotOf():
            return columns_of(condition.part)
        case AllOf() | AnyOf():
            return [name for part in condition.parts for name in columns_of(part)]


def compile_condition(condition: Condition) -> Holds:
    """Return a condition as a function of a row."""
    match condition:
        case Test():
            return _test(condition)
        case NotOf():
            part = compile_condition(condition.part)
            return lambda row: not part(row)
        case AllOf():
            every = [compile_condition(part) for part in condition.parts]
            return lambda row: all(holds(row) for holds in every)
        case AnyOf():
            some = [compile_condition(part) for part in condition.parts]
            return lambda row: any(holds(row) for holds in some)


def _test(test: Test) -> Holds:
    """Return the question as a function; an absent value answers no to all but `empty`."""
    name, first = test.column, test.value[0]
    if test.kind == "matches":
        fits = re.compile(str(first)).fullmatch
        return lambda row: row[name] is not None and fits(str(row[name])) is not None
    if test.kind == "empty":
        return lambda row: (row[name] is None) is first
    if test.kind in ("equals", "in"):
        among = frozenset(test.value)
        return lambda row: row[name] is not None and row[name] in among
    low, high = _bounds(test)
    return lambda row: row[name] is not None and low <= whole(row[name]) <= high


def _bounds(test: Test) -> tuple[float, float]:
    """Return both ends of a comparison, themselves included; columns that are compared hold whole numbers."""
    first, last = int(test.value[0]), int(test.value[-1])
    if test.kind == "above":
        return first + 1, float("inf")
    if test.kind == "below":
        return float("-inf"), first - 1
    return first, last


def text_of(value: Value, row: Row) -> str:
    """Return a text value of a row; raise `Bad` if it is absent."""
    if isinstance(value, Const):
        return value.text
    cell = row[value.column]
    if cell is None:
        raise Bad("missing_value")
    return str(cell)


def quantity_of(value: Field, row: Row) -> int:
    """Return a quantity of a row with its sign; raise `Bad` if it is absent."""
    cell = row[value.column]
    if cell is None:
        raise Bad("missing_value")
    return -whole(cell) if value.negate else whole(cell)


def whole(cell: Cell) -> int:
    """Return a whole number; raise `Bad` if the cell is blank."""
    if not isinstance(cell, int):
        raise Bad("missing_value")
    return cell
