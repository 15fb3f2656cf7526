"""Answers the conditions of a mapping for a row; of a list one element that says yes is enough."""

import re
from collections.abc import Callable
from decimal import Decimal

from twin.connectivity.cells import Cell, Row, Scalar
from twin.connectivity.mapping import AllOf, AnyOf, Condition, Named, NotOf, Test

Holds = Callable[[Row], bool]
Counts = Callable[[Row], int]


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


def compile_count(named: Named) -> Counts:
    """Return how often a row is of a class: once, or for each value of its list that the condition holds for."""
    holds, each = compile_condition(named.when), named.each
    if not each:
        return holds

    def counts(row: Row) -> int:
        cell = row[each]
        values = cell if isinstance(cell, tuple) else () if cell is None else (cell,)
        return sum([holds({**row, each: value}) for value in values])

    return counts


def _test(test: Test) -> Holds:
    """Return the question as a function; an absent value answers no to all but `empty`."""
    name = test.column
    if test.kind == "empty":
        wanted = test.value[0]
        return lambda row: (row[name] is None) is wanted
    if test.kind == "several":
        different = test.value[0]
        return lambda row: row[name] is not None and _differ(row[name]) is different
    if test.other:
        return _compared(test)
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


def _compared(test: Test) -> Holds:
    name, other, kind = test.column, test.other, test.kind
    margin = _number(test.value[0]) if kind == "apart" else 0

    def says(one: Cell, two: Cell) -> bool:
        if not isinstance(one, int | Decimal) or not isinstance(two, int | Decimal):
            return False
        if kind == "apart":
            return not -margin <= one - two <= margin
        return one > two if kind == "above" else one < two

    def holds(row: Row) -> bool:
        cell, two = row[name], row[other]
        return any(says(one, two) for one in cell) if isinstance(cell, tuple) else says(cell, two)

    return holds


def _differ(cell: Cell) -> bool:
    """Tell whether a list holds values that are not all the same."""
    return isinstance(cell, tuple) and any(value != cell[0] for value in cell)


def _number(cell: Cell | bool) -> int | Decimal:
    assert isinstance(cell, int | Decimal), "the mapping's check lets only numbers be compared"
    return cell
