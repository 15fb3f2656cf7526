"""Checks the events of a mapping: which rows make which event, and where each part of it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from twin.connectivity.checked import Node
from twin.connectivity.mapping import (
    AllOf,
    Condition,
    Const,
    Counted,
    EventRule,
    Field,
    Group,
    Inner,
    LinesRule,
    Named,
    NotOf,
    Test,
    Value,
)
from twin.connectivity.mapping_columns import Known, Type, column_of, condition_of, refusal_of
from twin.connectivity.mapping_source import path_of


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of an event by the type of what they hold; the first ones it must have."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    lines: bool = False

    @property
    def has(self) -> tuple[str, ...]:
        """What the event must have."""
        return (*self.needs, "lines") if self.lines else self.needs


FORMS = {
    "OrderPlaced": Form(("order",), ("customer", "channel", "promised", "ship_to"), times=("promised",), lines=True),
    "OrderCancelled": Form(("order",)),
    "OrderStep": Form(("order", "step"), ("line",)),
    "PaymentCaptured": Form(("order",), ("amount",), money=("amount",)),
    "ShipmentHandedOver": Form(("order",), ("place",)),
    "ShipmentDelivered": Form(("order",)),
    "ReturnRegistered": Form(("document",), ("order", "customer"), lines=True),
    "StockAdjusted": Form(("item", "change"), ("place", "reason"), numbers=("change",)),
    "StockReceived": Form(("item", "quantity"), ("place", "purchase"), numbers=("quantity",)),
    "StockCounted": Form(("item", "counted"), ("place",), numbers=("counted",)),
    "SupplyOrdered": Form(("purchase",), ("place",), lines=True),
}
"""The parts of each event beside its time (`at`); events with lines have `lines` too."""
DOCUMENTS = ("order", "document", "purchase")
"""The parts by which a document is known."""


def events_of(node: Node, known: Known, group: Group | None) -> tuple[tuple[EventRule, ...], tuple[Named, ...]]:
    """Read the events, and the refusals that a table of types brings along."""
    rules: list[EventRule] = []
    refusals: list[Named] = []
    if node.value == []:
        node.fault("names no event")
    for part in node.items():
        if not isinstance(part.value, dict) or "type" not in part.value:
            part.fault("an event needs a 'type'")
        elif isinstance(part.at("type").value, dict):
            _by_column(part, known, group, rules, refusals)
        else:
            kind = part.at("type").one_of(tuple(FORMS), "")
            when = condition_of(part.at("when"), known) if part.has("when") else None
            if kind:
                _add(part, (kind,), kind, when, known, group, rules)
    return tuple(rules), tuple(refusals)


def _by_column(node: Node, known: Known, group: Group | None, rules: list[EventRule], refusals: list[Named]) -> None:
    """Read an event whose type stands in a column: one rule for each word of the file."""
    type = node.at("type")
    if not type.keys(("column", "map"), ("column", "map")) or not isinstance(type.at("map").value, dict):
        return
    column = known.column(type.at("column"), "text")
    when = condition_of(node.at("when"), known) if node.has("when") else None
    table = type.at("map")
    words = [str(word) for word in table.value if word != "*"] if isinstance(table.value, dict) else []
    kinds = [table.at(word).one_of(tuple(FORMS), "") for word in words if not _is_refusal(table.at(word))]
    named = tuple(dict.fromkeys(kind for kind in kinds if kind))
    for word in words:
        asked: Condition = Test(column, "equals", (word,))
        if _is_refusal(table.at(word)):
            refusals.append(Named(name=refusal_of(table.at(word), keep=False), when=asked))
        elif table.at(word).value in FORMS:
            both = asked if when is None else AllOf((asked, when))
            _add(node, named, str(table.at(word).value), both, known, group, rules)
    if "*" in (table.value if isinstance(table.value, dict) else ()):
        other = NotOf(Test(column, "in", tuple(words)))
        if _is_refusal(table.at("*")):
            refusals.append(Named(name=refusal_of(table.at("*"), keep=False), when=other))
        elif kind := table.at("*").one_of(tuple(FORMS), ""):
            _add(node, (*named, kind), kind, other if when is None else AllOf((other, when)), known, group, rules)


def _is_refusal(node: Node) -> bool:
    return isinstance(node.value, str) and node.value.startswith("refuse")


def _add(
    node: Node,
    kinds: Sequence[str],
    kind: str,
    when: Condition | None,
    known: Known,
    group: Group | None,
    rules: list[EventRule],
) -> None:
    """Read one event of a type; where the type stands in a column, its node has the parts of all `kinds`."""
    form = FORMS[kind]
    allowed = dict.fromkeys(key for each in kinds for key in (*FORMS[each].has, *FORMS[each].may))
    needs = ("type", "at", *form.has)
    if not node.keys(("type", "when", "each", "at", *allowed), needs):
        return
    each = _each(node, known, group)
    lines = _lines(node.at("lines"), known, group) if form.lines and node.has("lines") else None
    names = [name for name in (*form.needs, *form.may) if name != "ship_to" and node.has(name)]
    if node.has("order") and node.at("order").value == "none" and kind == "ReturnRegistered":
        names.remove("order")
    inner = each if each not in ("row", "document") else ""
    parts = tuple((name, _part(node.at(name), name, form, known, inner)) for name in names)
    if form.lines and group is not None and lines is not None and not lines.source:
        for name, value in parts:
            if name in DOCUMENTS and name in form.needs and isinstance(value, Field) and value.column not in group.by:
                node.at(name).fault(f"must be one of the columns that 'group' is by ({', '.join(group.by)})")
    rules.append(
        EventRule(
            type=kind,
            when=when,
            each=each,
            at=known.column(node.at("at"), "time") if node.has("at") else "",
            parts=parts,
            ship_to=_ship_to(node.at("ship_to"), known) if node.has("ship_to") and "ship_to" in form.may else (),
            lines=lines,
        )
    )


def _each(node: Node, known: Known, group: Group | None) -> str:
    if not node.has("each"):
        return "document"
    each = node.at("each")
    if each.value in ("row", "document"):
        if each.value == "document" and group is None:
            each.fault("needs 'group'")
        return str(each.value)
    return _list(each, known)


def _list(node: Node, known: Known) -> str:
    """Read the name of a list: a join with many rows, or a path in the record."""
    text = node.text()
    if text in known.joins:
        if not known.joins[text].many:
            node.fault(f"the join {text!r} gives one row; with 'many: true' it gives a list")
        return text
    if known.flat:
        many = ", ".join(name for name, join in known.joins.items() if join.many) or "none"
        node.fault(f"{text!r} is no join with many rows (there is {many}); rows of this format hold no lists")
        return text
    return path_of(node)


def _part(node: Node, name: str, form: Form, known: Known, inner: str) -> Value:
    if name in form.numbers:
        return _value(node, known, inner, "integer")
    if name in form.money:
        return _value(node, known, inner, "decimal")
    return _value(node, known, inner, "time" if name in form.times else "text")


def _ship_to(node: Node, known: Known) -> tuple[tuple[str, Value], ...]:
    known_keys = ("name", "street", "city", "region", "postcode", "country")
    if not node.keys(known_keys) or not isinstance(node.value, dict):
        return ()
    return tuple((key, _value(node.at(key), known, "", "text")) for key in known_keys if node.has(key))


def _lines(node: Node, known: Known, group: Group | None) -> LinesRule | None:
    if not node.keys(("from", "by", "item", "quantity", "price", "site"), ("item", "quantity")):
        return None
    source = _list(node.at("from"), known) if node.has("from") else ""
    if not source and group is None:
        node.fault("an event with lines needs 'group', or lines 'from' a list")
    if not source and node.has("by"):
        node.at("by").fault("joins elements of a list, so it needs 'from'")
    flat = known.flat or source in known.joins
    by = (
        tuple(column_of(f"by {n}", part, flat=flat, codes=known.codes) for n, part in enumerate(node.at("by").items()))
        if node.has("by")
        else ()
    )
    quantity = node.at("quantity")
    counted = isinstance(quantity.value, dict) and "count" in quantity.value
    if counted and quantity.keys(("count",), ("count",)):
        quantity.at("count").one_of(("rows",), "rows")
        if not source:
            quantity.fault("counts elements of a list, so it needs 'from'")
    return LinesRule(
        source=source,
        by=by,
        item=_value(node.at("item"), known, source, "text"),
        quantity=Counted() if counted else _value(quantity, known, source, "integer"),
        price=_value(node.at("price"), known, source, "decimal") if node.has("price") else None,
        site=_value(node.at("site"), known, source, "text") if node.has("site") else None,
    )


def _value(node: Node, known: Known, inner: str, type: Type) -> Value:
    """Read where a part comes from: a constant, a column of the row, or a field of an element of the list `inner`."""
    if isinstance(node.value, dict) and "const" in node.value:
        if node.keys(("const",), ("const",)) and type != "text":
            node.fault(f"a constant is text; here stands a {type}")
        return Const(text=node.at("const").text())
    negate = isinstance(node.value, dict) and "negate" in node.value and node.at("negate").flag()
    if isinstance(node.value, dict) and "negate" in node.value and type != "integer":
        node.at("negate").fault("turns the sign of whole numbers only")
    of_row = isinstance(node.value, dict) and "row" in node.value
    if inner and not of_row:
        return _inner(node, known, inner, type, negate)
    key = "row" if of_row else "column"
    if isinstance(node.value, dict) and not node.keys((key, "negate"), (key,)):
        return Field(column="")
    named = node.at(key) if isinstance(node.value, dict) else node
    column = known.column(named, type)
    if type == "decimal" and column in known.columns and not known.columns[column].currency:
        named.fault(f"money needs a column with a currency ({column!r} has none)")
    return Field(column=column, negate=negate)


def _inner(node: Node, known: Known, inner: str, type: Type, negate: bool) -> Value:
    value = {key: each for key, each in node.value.items() if key != "negate"} if isinstance(node.value, dict) else None
    told = node if value is None else Node(value, node.path, node.reading)
    column = column_of(
        node.path[-1] if isinstance(node.path[-1], str) else "part",
        told,
        flat=known.flat or inner in known.joins,
        codes=known.codes,
        type=type,
    )
    if column.type != type:
        node.fault(f"needs type {type} (got {column.type})")
    if type == "decimal" and not column.currency:
        node.fault("money needs its currency: {path: price, currency: EUR}")
    return Inner(column=column, negate=negate)
