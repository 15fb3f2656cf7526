"""Makes events of rows: what one event of a mapping asks of a row, and what it made of it before the row is taken."""

from collections.abc import Callable
from dataclasses import dataclass

from twin.connectivity.cells import Part, Raw, Reading, Row, Scalar
from twin.connectivity.conditions import Holds, compile_condition
from twin.connectivity.facts import LineMaker, Values
from twin.connectivity.mapping import EventRule, Field, Mapping
from twin.connectivity.paths import VALUE, elements_of, finds, parse_path
from twin.model import business

Private = Callable[[str, Scalar | None, str], Scalar | None]
"""Replaces a part of an event by its name, its value and the column that it comes from."""


@dataclass(slots=True)
class Maker:
    """One event of the mapping, ready to be asked; `each` and `listed` give the elements of its lists in a record."""

    rule: EventRule
    name: str
    holds: Holds | None
    parts: list[tuple[str, Part, str]]
    lines: LineMaker | None
    each: Callable[[object], list[object]] | None
    listed: Callable[[object], list[object]] | None
    gathers: bool

    @classmethod
    def of(cls, rule: EventRule, mapping: Mapping, reading: Reading) -> "Maker":
        """Return an event of a mapping, with everything that can be decided before the first row."""
        joins = {join.name for join in mapping.joins}
        source = rule.lines.source if rule.lines is not None else ""
        each = rule.each if rule.each not in ("document", "row") else ""
        flat_lines = mapping.source.flat or source in joins
        flat_parts = mapping.source.flat or each in joins
        values = [*rule.parts, *((f"ship_to.{name}", value) for name, value in rule.ship_to)]
        return cls(
            rule=rule,
            name=f"{mapping.events.index(rule)} {rule.type}",
            holds=compile_condition(rule.when) if rule.when is not None else None,
            parts=[
                (name, Part(value, reading, flat=flat_parts), value.column if isinstance(value, Field) else "")
                for name, value in values
            ],
            lines=LineMaker(rule.lines, reading, flat=flat_lines) if rule.lines is not None else None,
            each=_list_of(each, joins) if each else None,
            listed=_list_of(source, joins) if source else None,
            gathers=mapping.group is not None and rule.each == "document" and not source,
        )

    def values(self, row: Row, elements: list[Raw], private: Private) -> dict[str, Scalar | None]:
        """Return the single parts of the event, for a row and an element of its list."""
        return {name: private(name, part(row, elements), column) for name, part, column in self.parts}


@dataclass(slots=True)
class Draft:
    """One event of one row, before it is certain that the row is taken.

    `repeats` counts the elements of its list that went into the line of an earlier one.
    """

    maker: Maker
    at_us: int
    row: int
    nth: int
    values: Values
    lines: tuple[business.OrderedItem, ...] = ()
    document: tuple[str, ...] | None = None
    repeats: int = 0


def _list_of(source: str, joins: set[str]) -> Callable[[object], list[object]]:
    return finds((source,) if source in joins else parse_path(source))


def tables_of(found: list[object]) -> list[Raw]:
    """Return the elements that a list path leads to; a path to the list itself stands for its elements.

    An element that is no table is one with a single field, `@value`.
    """
    elements = [element for each in found for element in (elements_of(each) if isinstance(each, list) else [each])]
    return [element if isinstance(element, dict) else {VALUE: element} for element in elements]
