"""Checks a mapping document and makes the `Mapping` of it.

The document is what somebody else has read from YAML or JSON. Every problem is collected before giving up. What the
language names and this version cannot do yet is refused as "not available yet", never ignored. Nothing here reads a
file: positions and time zones come from the caller.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from typing import Literal

from twin.connectivity.checked import LATER, Node, Place, Reading
from twin.connectivity.mapping import (
    AllOf,
    AnyOf,
    Clock,
    Column,
    Condition,
    Const,
    EventRule,
    Field,
    Group,
    Mapping,
    NotOf,
    RefuseRule,
    Source,
    Test,
    Value,
)
from twin.errors import ScenarioError

FIELD_BYTES_MAX = 131_072
"""The CSV reader of the standard library refuses longer fields."""


def parse_mapping(
    document: object,
    *,
    zones: Callable[[str], tzinfo],
    file: str = "mapping",
    place: Place = lambda path: (1, 1),
) -> Mapping:
    """Check a mapping document and return it as a value.

    Args:
        document: what a YAML or JSON reader made: dicts, lists, text, numbers.
        zones: gives the time zone of a name and raises `KeyError` or `ValueError` for an unknown one.
        file: named in problems.
        place: line and column of a path, for problems.

    Raises:
        ScenarioError: with every problem found, if there is any.
    """
    reading = Reading(file=file, place=place)
    mapping = _mapping(Node(document, (), reading), zones)
    if reading.problems or mapping is None:
        raise ScenarioError(tuple(reading.problems))
    return mapping


def _mapping(top: Node, zones: Callable[[str], tzinfo]) -> Mapping | None:
    head = ("mapping_version", "name", "source", "clock", "columns")
    known = (*head, "refuse", "group", "events", "order", "completeness", "privacy", "limits")
    if not top.keys(known, (*head, "events"), later=("joins", "opening", "duplicates")):
        return None
    if top.has("mapping_version") and top.at("mapping_version").value != 1:
        top.at("mapping_version").fault(f"must be 1 (got {top.at('mapping_version').value!r})")
    if top.has("order"):
        top.at("order").one_of(("as_read",), "as_read", later=("by_time",))
    name = top.at("name")
    if top.has("name"):
        name.keys(("id", "version"), ("id", "version"))
    columns = _columns(top.at("columns")) if top.has("columns") else ()
    known_columns = {column.name: column for column in columns}
    group = _group(top.at("group"), known_columns) if top.has("group") else None
    events = [_event(part, known_columns, group) for part in top.at("events").items()] if top.has("events") else []
    if top.has("events") and top.at("events").value == []:
        top.at("events").fault("names no event")
    refuse = [_refuse(part, known_columns) for part in top.at("refuse").items()] if top.has("refuse") else []
    keyed, drop = _privacy(top.at("privacy"), known_columns) if top.has("privacy") else ((), ())
    lines_per_order, field_bytes = _limits(top.at("limits")) if top.has("limits") else (20_000, 65_536)
    source = _source(top.at("source")) if top.has("source") else None
    clock = _clock(top.at("clock"), zones) if top.has("clock") else None
    if source is None or clock is None:
        return None
    return Mapping(
        id=name.at("id").text() if name.has("id") else "",
        version=name.at("version").text() if name.has("version") else "",
        source=source,
        clock=clock,
        columns=columns,
        refuse=tuple(rule for rule in refuse if rule is not None),
        group=group,
        events=tuple(rule for rule in events if rule is not None),
        completeness=_completeness(top.at("completeness")) if top.has("completeness") else (),
        keyed=keyed,
        drop=drop,
        lines_per_order=lines_per_order,
        field_bytes=field_bytes,
    )


_ENCODINGS = ("utf-8", "ascii", "cp1252", "iso-8859-1", "iso-8859-15", "latin-1")


def _source(node: Node) -> Source | None:
    known = ("format", "encoding", "delimiter", "quote", "header", "decimal", "thousands", "line_ends", "blank")
    if not node.keys(known, ("format",), later=("file", "rows", "widths", "table", "negative")):
        return None
    later = (
        "fixed",
        "json",
        "ocel-json",
        "ocel-xml",
        "ocel-sqlite",
        "xes",
        "epcis",
        "cloudevents",
        "parquet",
        "sqlite",
    )
    if node.has("format"):
        node.at("format").one_of(("csv",), "csv", later=later)
    if node.has("header") and not node.at("header").flag():
        node.at("header").fault(f"a file without header is {LATER}")
    if node.has("line_ends"):
        node.at("line_ends").one_of(("any",), "any")
    standard = Source()
    encoding, blank = standard.encoding, standard.blank
    if node.has("encoding"):
        encoding = node.at("encoding").one_of(
            _ENCODINGS, encoding, later=("utf-16", "utf-16-le", "utf-16-be", "utf-32")
        )
    if node.has("blank"):
        blank = ("", *node.at("blank").texts())
    return Source(
        encoding=encoding,
        delimiter=_character(node, "delimiter", standard.delimiter),
        quote=_character(node, "quote", standard.quote),
        decimal=node.at("decimal").one_of((".", ","), ".") if node.has("decimal") else standard.decimal,
        thousands=_character(node, "thousands", "") or None,
        blank=tuple(dict.fromkeys(blank)),
    )


def _character(node: Node, key: str, default: str) -> str:
    if not node.has(key):
        return default
    value = node.at(key).value
    if not isinstance(value, str) or len(value) != 1:
        node.at(key).fault(f"must be one character (got {value!r})")
        return default
    return value


def _clock(node: Node, zones: Callable[[str], tzinfo]) -> Clock | None:
    known = ("zone", "formats", "resolution", "ambiguous", "skipped_hour", "between")
    if not node.keys(known, ("zone", "formats"), later=("pivot",)):
        return None
    zone: tzinfo = UTC
    if node.has("zone"):
        try:
            zone = zones(node.at("zone").text())
        except (KeyError, ValueError):
            node.at("zone").fault(f"no such time zone (got {node.at('zone').value!r})")
    choices = ("earlier", "later", "refuse")
    between = _between(node.at("between"), zone) if node.has("between") else None
    return Clock(
        zone=zone,
        formats=tuple(_format(part) for part in node.at("formats").items()) if node.has("formats") else (),
        resolution_us=_resolution(node.at("resolution")) if node.has("resolution") else 1_000_000,
        ambiguous=_choice3(node.at("ambiguous").one_of(choices, "earlier") if node.has("ambiguous") else "earlier"),
        skipped_hour=_choice3(
            node.at("skipped_hour").one_of(choices, "later") if node.has("skipped_hour") else "later"
        ),
        between_us=between,
    )


def _choice3(text: str) -> Literal["earlier", "later", "refuse"]:
    return "earlier" if text == "earlier" else "later" if text == "later" else "refuse"


def _format(node: Node) -> str:
    text = node.text()
    if text in ("epoch_s", "epoch_ms"):
        node.fault(f"{text!r} is {LATER}")
    elif "%y" in text:
        node.fault(f"a two-digit year needs 'pivot', which is {LATER}")
    elif text != "iso" and "%" not in text:
        node.fault(f"is no time format (got {text!r})")
    return text


def _resolution(node: Node) -> int:
    units = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
    match = re.fullmatch(r"(\d{1,6})(us|ms|s|m|h|d)", node.value) if isinstance(node.value, str) else None
    if match is None or int(match[1]) == 0:
        node.fault(f"must be a duration such as 1s or 1m (got {node.value!r})")
        return 1_000_000
    return int(match[1]) * units[match[2]]


def _between(node: Node, zone: tzinfo) -> tuple[int, int] | None:
    ends: list[int] = []
    for part in node.items():
        try:
            ends.append(round(datetime.fromisoformat(part.text()).replace(tzinfo=zone).timestamp() * 1_000_000))
        except ValueError:
            part.fault(f"must be a day such as '2009-01-01' (got {part.value!r})")
    if len(ends) != 2 or ends[0] >= ends[1]:
        node.fault("must be two days, the first before the second")
        return None
    return ends[0], ends[1]


def _columns(node: Node) -> tuple[Column, ...]:
    if not isinstance(node.value, dict) or not node.value:
        node.fault(f"expected a table of columns (got {node.value!r})")
        return ()
    return tuple(_column(str(name), node.at(name)) for name in node.value)


def _column(name: str, node: Node) -> Column:
    if isinstance(node.value, str):
        return Column(name=name, source=node.value)
    known = ("column", "type", "optional", "drop_suffix", "case", "currency")
    if not node.keys(known, ("column",), later=("path", "columns", "join", "map", "map_file", "on_missing", "law")):
        return Column(name=name, source=name)
    kind = node.at("type").one_of(("text", "integer", "decimal", "time"), "text") if node.has("type") else "text"
    if node.has("case"):
        node.at("case").one_of(("keep",), "keep", later=("upper", "lower", "fold"))
    currency = node.at("currency").text() if node.has("currency") else ""
    if currency and not re.fullmatch("[A-Z]{3}", currency):
        node.at("currency").fault(f"must be three capital letters (got {currency!r})")
    if kind == "decimal" and not currency:
        node.fault(f"a decimal without 'currency' is {LATER}")
    if kind != "decimal" and currency:
        node.at("currency").fault("only a decimal column has a currency")
    return Column(
        name=name,
        source=node.at("column").text() if node.has("column") else name,
        type="integer"
        if kind == "integer"
        else "decimal"
        if kind == "decimal"
        else "time"
        if kind == "time"
        else "text",
        optional=node.at("optional").flag() if node.has("optional") else False,
        drop_suffix=node.at("drop_suffix").text() if node.has("drop_suffix") else "",
        count_case=node.has("case"),
        currency=currency,
    )


Columns = dict[str, Column]


def _known(node: Node, columns: Columns, *types: str) -> str:
    """Read a column name; `types` limits what the column may hold."""
    name = node.text()
    column = columns.get(name)
    if column is None:
        node.fault(f"{name!r} is no column of this mapping; there are {', '.join(columns)}")
    elif types and column.type not in types:
        node.fault(f"needs a column of type {' or '.join(types)} ({name!r} is {column.type})")
    return name


def _refuse(node: Node, columns: Columns) -> RefuseRule | None:
    if not node.keys(("class", "when"), ("class", "when")):
        return None
    condition = _condition(node.at("when"), columns)
    if condition is None:
        return None
    return RefuseRule(name=node.at("class").text(), when=condition)


def _condition(node: Node, columns: Columns) -> Condition | None:
    if not isinstance(node.value, dict) or not node.value:
        node.fault(f"expected conditions by column (got {node.value!r})")
        return None
    parts: list[Condition] = []
    for key in node.value:
        inner = node.at(key)
        if key in ("all", "any"):
            nested = [part for part in (_condition(each, columns) for each in inner.items()) if part is not None]
            parts.append(AllOf(tuple(nested)) if key == "all" else AnyOf(tuple(nested)))
        elif key == "not":
            part = _condition(inner, columns)
            if part is not None:
                parts.append(NotOf(part))
        elif key in columns:
            parts.extend(_tests(inner, columns[key]))
        else:
            near = get_close_matches(str(key), list(columns), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(columns)}"
            inner.fault(f"{key!r} is no column of this mapping; {hint}")
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _tests(node: Node, column: Column) -> list[Test]:
    if not node.keys(("equals", "in", "matches", "empty", "above", "below", "between")):
        return []
    tests: list[Test] = []
    for key in node.value if isinstance(node.value, dict) else ():
        inner = node.at(key)
        if key == "equals":
            tests.append(Test(column.name, "equals", (_constant(inner, column),)))
        elif key == "in":
            tests.append(Test(column.name, "in", tuple(_constant(part, column) for part in inner.items())))
        elif key == "matches":
            tests.append(Test(column.name, "matches", (_pattern(inner, column),)))
        elif key == "empty":
            tests.append(Test(column.name, "empty", (inner.flag(),)))
        elif key in ("above", "below"):
            tests.append(Test(column.name, "above" if key == "above" else "below", (_number(inner, column),)))
        elif key == "between":
            ends = tuple(_number(part, column) for part in inner.items())
            if len(ends) != 2:
                inner.fault("must be two whole numbers")
            tests.append(Test(column.name, "between", ends))
    return tests


def _constant(node: Node, column: Column) -> str | int:
    return _number(node, column) if column.type == "integer" else node.text()


def _number(node: Node, column: Column) -> int:
    if column.type != "integer":
        node.fault(f"comparing {column.type} columns is {LATER}; {column.name!r} is one")
        return 0
    if isinstance(node.value, bool) or not isinstance(node.value, int):
        node.fault(f"must be a whole number (got {node.value!r})")
        return 0
    return node.value


def _pattern(node: Node, column: Column) -> str:
    text = node.text()
    if column.type != "text":
        node.fault(f"'matches' needs a text column ({column.name!r} is {column.type})")
    if re.search(r"\(\?<?[=!]", text):
        node.fault("look-around is not part of the language")
    try:
        re.compile(text)
    except re.error as error:
        node.fault(f"is no pattern: {error}")
        return ""
    return text


def _group(node: Node, columns: Columns) -> Group | None:
    if not node.keys(("by", "time", "closes_after", "repeats"), ("by",)):
        return None
    if node.has("time"):
        node.at("time").one_of(("first",), "first", later=("last",))
    if node.has("repeats"):
        node.at("repeats").one_of(("keep",), "keep", later=("sum", "drop"))
    rows = 2000
    if node.has("closes_after"):
        after = node.at("closes_after")
        if after.keys(("rows",), ("rows",), later=("time",)) and after.has("rows"):
            rows = after.at("rows").count(rows)
    return Group(by=tuple(_known(part, columns) for part in node.at("by").items()), closes_after_rows=rows)


_EVENT_TYPES = ("OrderPlaced", "ReturnRegistered", "StockAdjusted")
_LATER_TYPES = ("PaymentCaptured", "ShipmentHandedOver", "ShipmentDelivered", "OrderCancelled", "ReceiptPosted")


def _event(node: Node, columns: Columns, group: Group | None) -> EventRule | None:
    if not isinstance(node.value, dict) or "type" not in node.value:
        node.fault("an event needs a 'type'")
        return None
    if isinstance(node.at("type").value, dict):
        node.at("type").fault(f"a type taken from a column is {LATER}")
        return None
    kind = node.at("type").one_of(_EVENT_TYPES, "", later=_LATER_TYPES)
    when = _condition(node.at("when"), columns) if node.has("when") else None
    if kind == "StockAdjusted":
        return _adjustment(node, columns, when)
    if kind in ("OrderPlaced", "ReturnRegistered"):
        return _document(node, columns, group, when, "OrderPlaced" if kind == "OrderPlaced" else "ReturnRegistered")
    return None


def _document(
    node: Node,
    columns: Columns,
    group: Group | None,
    when: Condition | None,
    kind: Literal["OrderPlaced", "ReturnRegistered"],
) -> EventRule | None:
    key = "order" if kind == "OrderPlaced" else "document"
    known = ("type", "when", key, "at", "customer", "lines") + (("ship_to",) if key == "order" else ("order",))
    if not node.keys(known, ("at", key, "lines"), later=("promised", "channel", "each", "site")):
        return None
    if key == "document" and node.has("order") and node.at("order").value != "none":
        node.at("order").fault(f"a return that names its order is {LATER}; write 'none'")
    if group is None:
        node.fault("an event with lines needs 'group'")
    document = _known(node.at(key), columns, "text") if node.has(key) else ""
    if group is not None and document and document not in group.by:
        node.at(key).fault(f"must be one of the columns that 'group' is by ({', '.join(group.by)})")
    lines = node.at("lines")
    if not node.has("lines") or not lines.keys(
        ("item", "quantity", "price"), ("item", "quantity"), later=("from", "by", "site")
    ):
        return None
    country = None
    if node.has("ship_to") and node.at("ship_to").keys(("country",), ("country",)):
        country = _known(node.at("ship_to").at("country"), columns, "text")
    return EventRule(
        type=kind,
        when=when,
        at=_known(node.at("at"), columns, "time") if node.has("at") else "",
        document=Field(column=document),
        customer=_known(node.at("customer"), columns, "text") if node.has("customer") else None,
        country=country,
        item=_value(lines.at("item"), columns),
        quantity=_quantity(lines.at("quantity"), columns),
        price=_known(lines.at("price"), columns, "decimal") if lines.has("price") else None,
    )


def _adjustment(node: Node, columns: Columns, when: Condition | None) -> EventRule | None:
    known = ("type", "each", "when", "at", "item", "place", "change", "reason")
    if not node.keys(known, ("each", "at", "item", "change")):
        return None
    if node.has("each"):
        node.at("each").one_of(("row",), "row")
    return EventRule(
        type="StockAdjusted",
        when=when,
        at=_known(node.at("at"), columns, "time") if node.has("at") else "",
        item=_value(node.at("item"), columns),
        quantity=_quantity(node.at("change"), columns),
        place=_value(node.at("place"), columns) if node.has("place") else None,
        reason=_value(node.at("reason"), columns) if node.has("reason") else None,
    )


def _value(node: Node, columns: Columns) -> Value:
    if isinstance(node.value, dict):
        if node.keys(("const",), ("const",)):
            return Const(text=node.at("const").text())
        return Const(text="")
    return Field(column=_known(node, columns, "text"))


def _quantity(node: Node, columns: Columns) -> Field:
    if not isinstance(node.value, dict):
        return Field(column=_known(node, columns, "integer"))
    if not node.keys(("column", "negate"), ("column",), later=("count", "const")):
        return Field(column="")
    column = _known(node.at("column"), columns, "integer") if node.has("column") else ""
    return Field(column=column, negate=node.at("negate").flag() if node.has("negate") else False)


def _privacy(node: Node, columns: Columns) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not node.keys(("keyed", "drop")):
        return (), ()
    keyed = tuple(_known(part, columns) for part in node.at("keyed").items()) if node.has("keyed") else ()
    return keyed, node.at("drop").texts() if node.has("drop") else ()


def _limits(node: Node) -> tuple[int, int]:
    if not node.keys(("lines_per_order", "field_bytes"), later=("depth",)):
        return 20_000, 65_536
    lines = node.at("lines_per_order").count(20_000) if node.has("lines_per_order") else 20_000
    size = node.at("field_bytes").count(65_536) if node.has("field_bytes") else 65_536
    if size > FIELD_BYTES_MAX:
        node.at("field_bytes").fault(f"must be at most {FIELD_BYTES_MAX} (got {size})")
    return lines, size


def _completeness(node: Node) -> tuple[tuple[str, str], ...]:
    streams = ("orders", "returns", "stock", "shipments", "payments")
    if not node.keys(streams) or not isinstance(node.value, dict):
        return ()
    return tuple((str(key), node.at(key).one_of(("full", "partial", "none"), "none")) for key in node.value)
