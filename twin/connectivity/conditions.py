"""Answers the conditions of a mapping for a row; of a list one element that says yes is enough."""

import re
from collections.abc import Callable
from decimal import Decimal

from twin.connectivity.cells import Cell, Row, Scalar
from twin.connectivity.mapping import AllOf, AnyOf, Condition, NotOf, Test

Holds = Callable[[Row], bool]


def columns_of(condition: Condition) -> list[str]:
    """Return the columns that a condition asks about."""
    match condition:
        case Test():
            return [condition.column, *([condition.other] if condition.other else [])]
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
    name = test.column
    if test.kind == "empty":
        wanted = test.value[0]
        return lambda row: (row[name] is None) is wanted
    if test.other:
        return _compared(name, test.other, above=test.kind == "above")
    answers = _question(test)

    def holds(row: Row) -> bool:
        cell = row[name]
        if cell is None:
            return False
        return any(map(answers, cell)) if isinstance(cell, tuple) else answers(cell)

    return holds


def _question(test: Test) -> Callable[[Scalar], bool]:
    if test.kind == "matches":
        fits = re.compile(str(test.value[0])).fullmatch
        return lambda cell: fits(str(cell)) is not None
    if test.kind in ("equals", "in"):
        among = frozenset(test.value)
        return lambda cell: cell in among
    first, last = _number(test.value[0]), _number(test.value[-1])
    if test.kind == "above":
        return lambda cell: _number(cell) > first
    if test.kind == "below":
        return lambda cell: _number(cell) < first
    return lambda cell: first <= _number(cell) <= last


def _compared(name: str, other: str, *, above: bool) -> Holds:
    def holds(row: Row) -> bool:
        one, two = row[name], row[other]
        if not isinstance(one, int | Decimal) or not isinstance(two, int | Decimal):
            return False
        return one > two if above else one < two

    return holds


def _number(cell: Cell | bool) -> int | Decimal:
    assert isinstance(cell, int | Decimal), "the mapping's check lets only numbers be compared"
    return cell
