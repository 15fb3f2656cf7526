"""Checks a mapping document and makes the `Mapping` of it.

The document is what somebody else has read from YAML or JSON. Every problem is collected before giving up. Nothing here
reads a file: positions, time zones and tables of codes come from the caller.
"""

from collections.abc import Callable
from datetime import UTC, tzinfo

from twin.connectivity.checked import Node, Place, Reading
from twin.connectivity.mapping import Duplicates, Group, Join, Mapping, Named, Opening
from twin.connectivity.mapping_columns import Codes, Known, columns_of_mapping, condition_of, refusal_of
from twin.connectivity.mapping_events import DOCUMENTS, events_of
from twin.connectivity.mapping_source import clock_of, duration_of, limits_of, source_of
from twin.connectivity.rows import Limits
from twin.errors import ScenarioError
from twin.model.history import STREAMS, StepClass

_HEAD = ("mapping_version", "name", "source", "clock", "columns", "events")
_KEYS = (
    *_HEAD,
    "joins",
    "refuse",
    "note",
    "duplicates",
    "group",
    "order",
    "arrival",
    "completeness",
    "privacy",
    "opening",
    "lifecycle",
    "limits",
)


def no_codes(name: str) -> tuple[tuple[str, str], ...]:
    """Refuse a file of codes: there is no folder to look in."""
    raise ValueError(f"no file {name!r}: this mapping stands in no folder")


def parse_mapping(
    document: object,
    *,
    zones: Callable[[str], tzinfo],
    file: str = "mapping",
    place: Place = lambda path: (1, 1),
    codes: Codes = no_codes,
) -> Mapping:
    """Check a mapping document and return it as a value.

    Args:
        document: what a YAML or JSON reader made: dicts, lists, text, numbers.
        zones: gives the time zone of a name and raises `KeyError` or `ValueError` for an unknown one.
        file: named in problems.
        place: line and column of a path, for problems.
        codes: reads the file that a `map_file` names.

    Raises:
        ScenarioError: with every problem found, if there is any.
    """
    reading = Reading(file=file, place=place)
    mapping = _mapping(Node(document, (), reading), zones, codes)
    if reading.problems or mapping is None:
        raise ScenarioError(tuple(reading.problems))
    return mapping


def _mapping(top: Node, zones: Callable[[str], tzinfo], codes: Codes) -> Mapping | None:
    if not top.keys(_KEYS, _HEAD):
        return None
    if top.has("mapping_version") and top.at("mapping_version").value != 1:
        top.at("mapping_version").fault(f"must be 1 (got {top.at('mapping_version').value!r})")
    id, version = _name(top.at("name")) if top.has("name") else ("", "")
    source = source_of(top.at("source")) if top.has("source") else None
    clock = clock_of(top.at("clock"), zones) if top.has("clock") else None
    joins = _joins(top.at("joins")) if top.has("joins") else {}
    flat = source is None or source.flat
    columns = columns_of_mapping(top.at("columns"), flat=flat, joins=joins, codes=codes) if top.has("columns") else {}
    zone = UTC if clock is None else clock.zone
    known = Known(columns=columns, joins=joins, flat=flat, zone=zone, codes=codes)
    group = _group(top.at("group"), known) if top.has("group") else None
    events, of_types = events_of(top.at("events"), known, group) if top.has("events") else ((), ())
    keyed, drop = _privacy(top.at("privacy"), known) if top.has("privacy") else ((), ())
    lines_per_order, limits = limits_of(top.at("limits")) if top.has("limits") else (20_000, Limits())
    order = top.at("order").one_of(("by_time", "as_read"), "by_time") if top.has("order") else "by_time"
    arrival = top.at("arrival").one_of(("open", "closed"), "open") if top.has("arrival") else "open"
    mapping = (
        Mapping(
            id=id,
            version=version,
            source=source,
            joins=tuple(joins.values()),
            clock=clock,
            columns=tuple(columns.values()),
            refuse=(*_named(top, "refuse", known), *of_types),
            note=_named(top, "note", known),
            duplicates=_duplicates(top.at("duplicates"), known) if top.has("duplicates") else None,
            group=group,
            events=events,
            order="as_read" if order == "as_read" else "by_time",
            arrival="closed" if arrival == "closed" else "open",
            completeness=_completeness(top.at("completeness")) if top.has("completeness") else (),
            keyed=keyed,
            drop=drop,
            opening=_openings(top.at("opening")) if top.has("opening") else (),
            lifecycle=_lifecycle(top.at("lifecycle")) if top.has("lifecycle") else (),
            lines_per_order=lines_per_order,
            limits=limits,
        )
        if source is not None and clock is not None
        else None
    )
    if mapping is not None:
        _check_dropped(top.at("privacy"), mapping)
    return mapping


def _name(node: Node) -> tuple[str, str]:
    if not node.keys(("id", "version"), ("id", "version")):
        return "", ""
    return (
        node.at("id").text() if node.has("id") else "",
        node.at("version").text() if node.has("version") else "",
    )


def _joins(node: Node) -> dict[str, Join]:
    if not isinstance(node.value, dict):
        node.fault(f"expected a table of joins by name (got {node.value!r})")
        return {}
    return {str(name): join for name in node.value if (join := _join(str(name), node.at(name))) is not None}


def _join(name: str, node: Node) -> Join | None:
    own = ("on", "many")
    if not isinstance(node.value, dict):
        node.fault(f"expected a table with file, on, many (got {node.value!r})")
        return None
    told = {"format": "csv", **{key: value for key, value in node.value.items() if key not in own}}
    source = source_of(Node(told, node.path, node.reading))
    for key in ("file", "on"):
        if not node.has(key):
            node.fault(f"{key!r} is missing")
    on = node.at("on")
    if not isinstance(on.value, dict) or not on.value:
        on.fault("expected a table {column of the first file: column of this one}")
        return None
    pairs = tuple((str(left), on.at(left).text()) for left in on.value)
    if source is None:
        return None
    return Join(name=name, source=source, on=pairs, many=node.at("many").flag() if node.has("many") else False)


def _named(top: Node, key: str, known: Known) -> tuple[Named, ...]:
    found = []
    for node in top.at(key).items() if top.has(key) else ():
        if node.keys(("class", "when", *(["each"] if key == "note" else [])), ("class", "when")):
            condition = condition_of(node.at("when"), known) if node.has("when") else None
            each = known.column(node.at("each")) if node.has("each") else ""
            if condition is not None:
                found.append(Named(name=node.at("class").text(), when=condition, each=each))
    return tuple(found)


def _duplicates(node: Node, known: Known) -> Duplicates | None:
    if not node.keys(("by", "same", "different"), ("by",)):
        return None
    same = node.at("same").one_of(("drop", "keep"), "drop") if node.has("same") else "drop"
    return Duplicates(
        by=tuple(known.column(part) for part in node.at("by").items()),
        same="keep" if same == "keep" else "drop",
        different=refusal_of(node.at("different"), keep=True) if node.has("different") else "conflicting_id",
    )


def _group(node: Node, known: Known) -> Group | None:
    if not node.keys(("by", "time", "closes_after", "repeats"), ("by",)):
        return None
    time = node.at("time").one_of(("first", "last"), "first") if node.has("time") else "first"
    repeats = node.at("repeats").one_of(("keep", "sum", "drop"), "keep") if node.has("repeats") else "keep"
    rows: int | None = 2000
    after_us: int | None = None
    if node.has("closes_after"):
        after = node.at("closes_after")
        if after.keys(("rows", "time")):
            rows = after.at("rows").count(2000) if after.has("rows") else None
            after_us = duration_of(after.at("time")) if after.has("time") else None
            if rows is None and after_us is None:
                after.fault("needs 'rows' or 'time'")
    return Group(
        by=tuple(known.column(part) for part in node.at("by").items()),
        time="last" if time == "last" else "first",
        closes_after_rows=rows,
        closes_after_us=after_us,
        repeats="sum" if repeats == "sum" else "drop" if repeats == "drop" else "keep",
    )


def _privacy(node: Node, known: Known) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not node.keys(("keyed", "drop")):
        return (), ()
    keyed = tuple(known.column(part, "text") for part in node.at("keyed").items()) if node.has("keyed") else ()
    return keyed, node.at("drop").texts() if node.has("drop") else ()


def _check_dropped(node: Node, mapping: Mapping) -> None:
    """See that no event would lack what it is known by if what is to be dropped were gone."""
    needed = {
        value.column
        for rule in mapping.events
        for name, value in rule.parts
        if name in (*DOCUMENTS, "item", "step") and hasattr(value, "column")
    }
    for number, name in enumerate(mapping.drop):
        if name in needed:
            node.at("drop").at(number).fault(f"an event is known by {name!r}; it can be keyed, not dropped")


def _openings(node: Node) -> tuple[tuple[str, Opening], ...]:
    found = []
    if node.keys(("stock", "orders")) and isinstance(node.value, dict):
        for name in node.value:
            part = node.at(name)
            if part.keys(("file", "mapping"), ("mapping",)):
                file = part.at("file").text() if part.has("file") else ""
                found.append((str(name), Opening(file=file, mapping=part.at("mapping").text("?"))))
    return tuple(found)


def _lifecycle(node: Node) -> tuple[StepClass, ...]:
    return tuple(
        StepClass(
            name=each.at("class").text("?"),
            step=each.at("step").text("?"),
            before=each.at("before").text() if each.has("before") else "",
            times=each.at("times").count(1) if each.has("times") else 1,
        )
        for each in node.items()
        if each.keys(("class", "step", "before", "times"), ("class", "step"))
    )


def _completeness(node: Node) -> tuple[tuple[str, str], ...]:
    streams = tuple(name for name in STREAMS if name not in ("facts", "answers"))
    if not node.keys(streams) or not isinstance(node.value, dict):
        return ()
    return tuple((str(key), node.at(key).one_of(("full", "partial", "none"), "none")) for key in node.value)
