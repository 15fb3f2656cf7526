"""Checks the columns of a mapping, and the conditions over them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Literal

from twin.connectivity.checked import Node
from twin.connectivity.mapping import AllOf, AnyOf, Column, Condition, Join, NotOf, Test
from twin.connectivity.mapping_source import path_of, stamp_of

Codes = Callable[[str], tuple[tuple[str, str], ...]]
"""Gives the pairs of a file of codes beside the mapping; raises OSError or ValueError with what is wrong."""
Type = Literal["text", "integer", "decimal", "time"]
TYPES: tuple[Type, ...] = ("text", "integer", "decimal", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rest of a mapping may name: columns, joins, and how the file is reached."""

    columns: dict[str, Column]
    joins: dict[str, Join]
    flat: bool
    zone: tzinfo
    codes: Codes

    def names(self) -> str:
        """Return what there is, for a sentence."""
        return ", ".join([*self.columns, *self.joins])

    def nearest(self, name: str) -> str:
        """Return the clause that says what was meant, or what there is."""
        near = get_close_matches(name, [*self.columns, *self.joins], n=1)
        return f"did you mean {near[0]!r}?" if near else f"there are {self.names()}"

    def column(self, node: Node, *types: str) -> str:
        """Read the name of a column; `types` limits what it may hold."""
        name = node.text()
        column = self.columns.get(name)
        if column is None:
            node.fault(f"{name!r} is no column of this mapping; {self.nearest(name)}")
        elif types and column.type not in types and not node.reading.has_fault(("columns", name)):
            node.fault(f"needs a column of type {' or '.join(types)} ({name!r} is {column.type})")
        return name


def columns_of_mapping(node: Node, *, flat: bool, joins: dict[str, Join], codes: Codes) -> dict[str, Column]:
    """Read the table of columns."""
    if not isinstance(node.value, dict) or not node.value:
        node.fault(f"expected a table of columns (got {node.value!r})")
        return {}
    found = {}
    for name in node.value:
        if not isinstance(name, str):
            node.at(str(name)).fault(f"the name of a column must be text; put it in quotes (got {name!r})")
        elif name in joins:
            node.at(name).fault("is the name of a join too")
        else:
            found[name] = column_of(name, node.at(name), flat=flat, codes=codes)
    return found


def column_of(name: str, node: Node, *, flat: bool, codes: Codes, type: Type = "text") -> Column:
    """Read one column: the name of one of the file or a path, alone or with how it is read; `type` is the default."""
    if isinstance(node.value, str):
        if not flat:
            path_of(node)
        return Column(name=name, sources=(node.value,), type=type)
    known = (
        "column",
        "path",
        "columns",
        "const",
        "join",
        "type",
        "optional",
        "drop_suffix",
        "take",
        "sum",
        "case",
        "currency",
    )
    if not node.keys((*known, "map", "map_file", "on_missing")):
        return Column(name=name, sources=(name,), type=type)
    kind = type_of(node, type)
    pairs, unknown = _codes(node, codes)
    if (pairs is not None or node.has("case")) and kind != "text":
        node.fault(f"'map' and 'case' need a text column (this one is {kind})")
    summed = node.at("sum").flag() if node.has("sum") else False
    if summed and kind not in ("integer", "decimal"):
        node.at("sum").fault(f"needs a column of numbers (this one is {kind})")
    if summed and (node.has("join") or node.has("const")):
        node.at("sum").fault("adds up what columns hold; it goes with neither 'join' nor 'const'")
    return Column(
        name=name,
        sources=_sources(node, name, flat=flat),
        join=node.at("join").text() if node.has("join") else "",
        type=kind,
        optional=node.at("optional").flag() if node.has("optional") else False,
        drop_suffix=node.at("drop_suffix").text() if node.has("drop_suffix") else "",
        case=_case(node),
        currency=_currency(node, kind),
        codes=pairs,
        unknown=unknown,
        const=node.at("const").text() if node.has("const") else None,
        take=_taken(node.at("take")) if node.has("take") else "",
        summed=summed,
    )


def type_of(node: Node, default: Type = "text") -> Type:
    """Read the type of a column."""
    if not node.has("type"):
        return default
    text = node.at("type").one_of(TYPES, default)
    return next((type for type in TYPES if type == text), default)


def _sources(node: Node, name: str, *, flat: bool) -> tuple[str, ...]:
    given = [key for key in ("column", "path", "columns", "const") if node.has(key)]
    if len(given) != 1:
        node.fault("needs one of 'column', 'path', 'columns' and 'const'")
        return (name,)
    if given[0] == "const":
        return ()
    if given[0] != "columns":
        source = node.at(given[0])
        return (source.text(name) if flat else path_of(source),)
    parts = node.at("columns").items()
    if len(parts) < 2:
        node.at("columns").fault("expected a list of at least two")
    return tuple(part.text() if flat else path_of(part) for part in parts) or (name,)


def _case(node: Node) -> Literal["", "keep", "upper", "lower"]:
    text = node.at("case").one_of(("keep", "upper", "lower"), "keep") if node.has("case") else ""
    return "keep" if text == "keep" else "upper" if text == "upper" else "lower" if text == "lower" else ""


def _currency(node: Node, kind: str) -> str:
    currency = node.at("currency").text() if node.has("currency") else ""
    if currency and not re.fullmatch("[A-Z]{3}", currency):
        node.at("currency").fault(f"must be three capital letters (got {currency!r})")
    if kind != "decimal" and currency:
        node.at("currency").fault("only a decimal column has a currency")
    return currency


def _codes(node: Node, codes: Codes) -> tuple[tuple[tuple[str, str], ...] | None, str]:
    pairs: tuple[tuple[str, str], ...] | None = None
    if node.has("map"):
        table = node.at("map")
        if isinstance(table.value, dict) and table.value:
            pairs = tuple((str(word), table.at(str(word)).text()) for word in table.value)
        else:
            table.fault(f"expected a table of words (got {table.value!r})")
    elif node.has("map_file"):
        try:
            pairs = codes(node.at("map_file").text("?"))
        except (OSError, ValueError) as error:
            node.at("map_file").fault(str(error))
    unknown = refusal_of(node.at("on_missing"), keep=True) if node.has("on_missing") else "unknown_code"
    if node.has("on_missing") and not (node.has("map") or node.has("map_file")):
        node.at("on_missing").fault("needs 'map' or 'map_file'")
    return pairs, unknown


def refusal_of(node: Node, *, keep: bool) -> str:
    """Read `refuse CLASS`, or `keep` (then nothing) where that may be."""
    text = node.text()
    words = text.split()
    if keep and text == "keep":
        return ""
    if len(words) == 2 and words[0] == "refuse":
        return words[1]
    node.fault(f"must be 'refuse CLASS'{' or keep' if keep else ''} (got {text!r})")
    return "unknown_code"


def condition_of(node: Node, known: Known) -> Condition | None:
    """Read a condition; None where it is none."""
    if not isinstance(node.value, dict) or not node.value:
        node.fault(f"expected conditions by column (got {node.value!r})")
        return None
    parts: list[Condition] = []
    for key in node.value:
        inner = node.at(key)
        if key in ("all", "any"):
            nested = [part for part in (condition_of(each, known) for each in inner.items()) if part is not None]
            parts.append(AllOf(tuple(nested)) if key == "all" else AnyOf(tuple(nested)))
        elif key == "not":
            part = condition_of(inner, known)
            if part is not None:
                parts.append(NotOf(part))
        elif key in known.joins:
            if inner.keys(("empty",), ("empty",)) and inner.has("empty"):
                parts.append(Test(str(key), "empty", (inner.at("empty").flag(),)))
        elif key in known.columns:
            parts.extend(_tests(inner, known.columns[str(key)], known))
        else:
            inner.fault(f"{key!r} is no column of this mapping; {known.nearest(str(key))}")
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _tests(node: Node, column: Column, known: Known) -> list[Test]:
    if not node.keys(("equals", "in", "matches", "empty", "several", "above", "below", "between", "apart")):
        return []
    tests: list[Test] = []
    for key in node.value if isinstance(node.value, dict) else ():
        inner = node.at(key)
        if key == "equals":
            tests.append(Test(column.name, "equals", (_constant(inner, column, known),)))
        elif key == "in":
            tests.append(Test(column.name, "in", tuple(_constant(part, column, known) for part in inner.items())))
        elif key == "matches":
            tests.append(Test(column.name, "matches", (_pattern(inner, column),)))
        elif key in ("empty", "several"):
            tests.append(Test(column.name, "empty" if key == "empty" else "several", (inner.flag(),)))
        elif key in ("above", "below"):
            tests.append(_compared(inner, column, "above" if key == "above" else "below", known))
        elif key == "apart":
            tests.extend(_apart(inner, column, known))
        elif key == "between":
            ends = tuple(_number(part, column, known) for part in inner.items())
            if len(ends) != 2:
                inner.fault("must be two values, the lower and the upper end")
            else:
                tests.append(Test(column.name, "between", ends))
    return tests


def _compared(node: Node, column: Column, kind: Literal["above", "below"], known: Known) -> Test:
    other = known.columns.get(node.value) if isinstance(node.value, str) else None
    if other is None:
        return Test(column.name, kind, (_number(node, column, known),))
    if other.type != column.type or column.type == "text":
        node.fault(
            f"two columns are compared if both hold numbers or times ({column.name!r} is {column.type}, "
            f"{other.name!r} is {other.type})"
        )
    return Test(column.name, kind, other=other.name)


def _apart(node: Node, column: Column, known: Known) -> list[Test]:
    """Read `{from: COLUMN, by: NUMBER}`: the two differ by more than that."""
    if not node.keys(("from", "by"), ("from", "by")) or not (node.has("from") and node.has("by")):
        return []
    other = known.columns.get(known.column(node.at("from")))
    if other is None:
        return []
    alike = (other.type, other.currency) == (column.type, column.currency)
    if not alike or column.type not in ("integer", "decimal"):
        node.fault(
            f"two columns are apart if both hold numbers of one kind ({column.name!r} is "
            f"{_kind(column)}, {other.name!r} is {_kind(other)})"
        )
        return []
    margin = _number(node.at("by"), column, known)
    if margin < 0:
        node.at("by").fault(f"must not be negative (got {node.at('by').value!r})")
    return [Test(column.name, "apart", (margin,), other.name)]


def _kind(column: Column) -> str:
    return f"{column.type} {column.currency}".rstrip()


def _constant(node: Node, column: Column, known: Known) -> str | int | Decimal:
    return node.text() if column.type == "text" else _number(node, column, known)


def _number(node: Node, column: Column, known: Known) -> int | Decimal:
    if column.type == "text":
        node.fault(f"a text column has no order; {column.name!r} is one (give it a type)")
        return 0
    if column.type == "time":
        try:
            return stamp_of(node.text(), known.zone)
        except ValueError:
            node.fault(f"must be a day or time such as '2009-01-01', or the name of a time column (got {node.value!r})")
            return 0
    if column.type == "decimal":
        return _decimal(node, column)
    if isinstance(node.value, bool) or not isinstance(node.value, int):
        node.fault(f"must be a whole number (got {node.value!r})")
        return 0
    return node.value


def _decimal(node: Node, column: Column) -> int | Decimal:
    try:
        exact = Decimal(str(node.value))
    except InvalidOperation:
        node.fault(f"must be a number (got {node.value!r})")
        return 0
    return int(exact.scaleb(column.minor_digits)) if column.currency else exact


def _pattern(node: Node, column: Column) -> str:
    if column.type != "text":
        node.fault(f"'matches' needs a text column ({column.name!r} is {column.type})")
    return _compiled(node)


def _taken(node: Node) -> str:
    """Read a pattern with one group."""
    text = _compiled(node)
    if text and re.compile(text).groups != 1:
        node.fault(f"must have one group in round brackets, the part that is taken (got {text!r})")
        return ""
    return text


def _compiled(node: Node) -> str:
    text = node.text()
    if re.search(r"\(\?<?[=!]", text):
        node.fault("look-around is not part of the language")
    try:
        re.compile(text)
    except re.error as error:
        node.fault(f"is no pattern: {error}")
        return ""
    return text
