"""Reads OCEL 2.0 logs, in JSON, XML and SQLite, with the quantity extension: rows are events with their objects.

An event is `id, type, time, attributes.NAME`, its objects `objects[type=order].id` with `qualifier` and
`attributes.NAME` as they stood at its time, and what it moved: `quantities[object=PLACE]` with `item` and `quantity`.
Logs name objects by id only, and tell what was moved apart from the events, so objects and operations are put on a
shelf first and looked up event by event. `rows: objects` gives the objects themselves, `rows: quantities` the
quantities before the first event (`object, object_type, item, quantity`).

Sources: the OCEL 2.0 specification (ocel-standard.org) for the three forms; the quantity extension as `ocelescope`
writes it, and in SQLite also the wide table of the first quantity event logs (one column an item).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from twin.connectivity.formats.nested import Walk, probe
from twin.connectivity.formats.xml import Part, parts
from twin.connectivity.paths import parse_path
from twin.connectivity.rows import Container, Limits, Row, Rows, Shelf
from twin.errors import HistoryError

KINDS = ("events", "objects", "quantities")
"""What the rows of a log may be."""


class _Object(msgspec.Struct, gc=False):
    """An object: its type, values of its attributes with the time from which on they hold, and related objects."""

    type: str
    values: list[tuple[str, str, str]] = []
    related: list[tuple[str, str]] = []


class _Moved(msgspec.Struct, gc=False):
    """A quantity of an item that an event moved at an object; negative where it left."""

    object: str
    item: str
    quantity: str


class _Event(msgspec.Struct, gc=False):
    """An event as each of the three forms tells it."""

    place: str
    id: str | None
    type: str | None
    time: str | None
    attributes: dict[str, object]
    objects: list[tuple[str, str]]


_object = msgspec.json.Decoder(_Object)
_moved = msgspec.json.Decoder(_Moved)


def ocel_rows(container: Container, form: str, kind: str, shelf: Shelf, limits: Limits) -> Rows:
    """Read a log.

    Args:
        container: the file.
        form: `ocel-json`, `ocel-xml` or `ocel-sqlite`.
        kind: what the rows are, one of `KINDS`.
        shelf: keeps objects and operations, as many as the log has.
        limits: of a field, and of nesting.

    Raises:
        HistoryError: while it is read: not of that form, or without a single row.
    """
    log: _Log = _Xml(container, limits)
    if form != "ocel-xml":
        log = _Json(container, limits) if form == "ocel-json" else _Sqlite(container)
    return Rows(None, _rows(log, container.name, kind, shelf))


def _rows(log: "_Log", name: str, kind: str, shelf: Shelf) -> Iterator[Row]:
    shelved = f"object of {name}"
    number = 0
    for id, thing, place in log.objects():
        number += 1
        if kind == "objects":
            yield Row(number, place, {"id": id, **_shown(thing, None), "objects": _related(thing)})
        else:
            shelf.put(shelved, id, msgspec.json.encode(thing))
    if kind == "quantities":
        for moved, place in log.quantities():
            number += 1
            found = shelf.get(shelved, moved.object)
            type = _object.decode(found[0]).type if found else None
            yield Row(number, place, {"object_type": type, **_told(moved)})
    elif kind == "events":
        for at, moved in log.operations():
            shelf.put(f"operation of {name}", at, msgspec.json.encode(moved))
        number = 0
        for event in log.events():
            number += 1
            yield _row(number, event, name, shelved, shelf)
    if number == 0:
        raise HistoryError(f"{name}: there are no {kind} in the file")


def _row(number: int, event: _Event, name: str, shelved: str, shelf: Shelf) -> Row:
    if not event.id or not event.type or not event.time:
        return Row(number, event.place, None, "invalid_event")
    objects: list[dict[str, object]] = []
    for id, qualifier in event.objects:
        found = shelf.get(shelved, id)
        if not found:
            return Row(number, event.place, None, "unknown_object")
        objects.append({"id": id, "qualifier": qualifier, **_shown(_object.decode(found[0]), event.time)})
    moved = [_moved.decode(each) for each in shelf.get(f"operation of {name}", event.id)]
    value: dict[str, object] = {
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "attributes": event.attributes,
        "objects": objects,
        "quantities": [_told(each) for each in moved],
    }
    return Row(number, event.place, value)


def _told(moved: _Moved) -> dict[str, object]:
    return {"object": moved.object, "item": moved.item, "quantity": moved.quantity}


def _shown(thing: _Object, at: str | None) -> dict[str, object]:
    """Return type and attributes: those that hold at a time, or the last ones; before the first value, that one."""
    attributes: dict[str, object] = {}
    moment = None if at is None else _moment(at)
    for name, since, value in thing.values:
        begins = _moment(since)
        if name not in attributes or moment is None or begins is None or begins <= moment:
            attributes[name] = value
    return {"type": thing.type, "attributes": attributes}


def _related(thing: _Object) -> list[dict[str, object]]:
    return [{"id": id, "qualifier": qualifier} for id, qualifier in thing.related]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _sorted(values: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(values, key=lambda each: _moment(each[1]) or first)


class _Log(Protocol):
    """What each of the three forms can tell."""

    def objects(self) -> Iterator[tuple[str, _Object, str]]: ...

    def operations(self) -> Iterator[tuple[str, _Moved]]: ...

    def quantities(self) -> Iterator[tuple[_Moved, str]]: ...

    def events(self) -> Iterator[_Event]: ...


class _Xml:
    """A log in XML; it is read once for objects and operations, and once for events."""

    def __init__(self, container: Container, limits: Limits) -> None:
        self._container, self._limits = container, limits

    def objects(self) -> Iterator[tuple[str, _Object, str]]:
        for part in self._parts("object", "event"):
            if part.tag == "object":
                attributes = part.first("attributes")
                values = [
                    (each.attributes.get("name", ""), each.attributes.get("time", ""), each.text)
                    for each in (attributes.all("attribute") if attributes is not None else ())
                ]
                thing = _Object(part.attributes.get("type", ""), _sorted(values), _relationships(part))
                yield part.attributes.get("id", ""), thing, part.place

    def operations(self) -> Iterator[tuple[str, _Moved]]:
        for part in self._parts("operation"):
            place = part.attributes.get("object-id", "")
            for item in part.all("item"):
                moved = _Moved(place, item.attributes.get("type", ""), item.text)
                yield part.attributes.get("event-id", ""), moved

    def quantities(self) -> Iterator[tuple[_Moved, str]]:
        for part in self._parts("quantity"):
            of = part.attributes
            yield _Moved(of.get("object-id", ""), of.get("type", ""), part.text), part.place

    def events(self) -> Iterator[_Event]:
        for part in self._parts("event", "object"):
            if part.tag == "event":
                of, attributes = part.attributes, part.first("attributes")
                named: dict[str, object] = {
                    each.attributes.get("name", ""): each.text
                    for each in (attributes.all("attribute") if attributes is not None else ())
                }
                yield _Event(part.place, of.get("id"), of.get("type"), of.get("time"), named, _relationships(part))

    def _parts(self, *tags: str) -> Iterator[Part]:
        for part, _ in parts(self._container, frozenset(tags), self._limits):
            yield part


def _relationships(part: Part) -> list[tuple[str, str]]:
    objects = part.first("objects")
    every = [] if objects is None else objects.all("relationship") + objects.all("relobj")
    return [(each.attributes.get("object-id", ""), each.attributes.get("qualifier", "")) for each in every]


class _Json:
    """A log in JSON; each of its lists is walked to by itself."""

    def __init__(self, container: Container, limits: Limits) -> None:
        self._container, self._limits = container, limits

    def objects(self) -> Iterator[tuple[str, _Object, str]]:
        for place, value in self._list("$.objects[*]"):
            values = [
                (_text(each.get("name")), _text(each.get("time")), _text(each.get("value")))
                for each in _tables(value.get("attributes"))
            ]
            yield _text(value.get("id")), _Object(_text(value.get("type")), _sorted(values), _linked(value)), place

    def operations(self) -> Iterator[tuple[str, _Moved]]:
        for _, value in self._list("$.quantityExtension.operations[*]", optional=True):
            yield _text(value.get("eventId")), _json_moved(value)

    def quantities(self) -> Iterator[tuple[_Moved, str]]:
        for place, value in self._list("$.quantityExtension.quantities[*]", optional=True):
            yield _json_moved(value), place

    def events(self) -> Iterator[_Event]:
        for place, value in self._list("$.events[*]"):
            named = {_text(each.get("name")): each.get("value") for each in _tables(value.get("attributes"))}
            id, type, time = (_text(value.get(key)) for key in ("id", "type", "time"))
            yield _Event(place, id, type, time, named, _linked(value))

    def _list(self, path: str, *, optional: bool = False) -> Iterator[tuple[str, dict[str, object]]]:
        if probe(self._container, (path,), self._limits) is None:
            if optional:
                return
            raise HistoryError(f"{self._container.name}: is no OCEL 2.0 log: nothing lies at {path}")
        for place, value, _ in Walk(self._container, self._limits).to(parse_path(path)):
            yield place, value if isinstance(value, dict) else {}


def _json_moved(value: dict[str, object]) -> _Moved:
    return _Moved(_text(value.get("objectId")), _text(value.get("type")), _text(value.get("quantity")))


def _linked(value: dict[str, object]) -> list[tuple[str, str]]:
    return [(_text(each.get("objectId")), _text(each.get("qualifier"))) for each in _tables(value.get("relationships"))]


def _tables(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return "" if value is None else str(value)


class _Sqlite:
    """A log in SQLite; events are asked for in the order of their rows, their attributes in the table of their type."""

    def __init__(self, container: Container) -> None:
        self._container = container
        names = ("event", "object", "event_object", "event_map_type", "object_map_type")
        self._tables = {str(name) for (name,) in self._ask("SELECT name FROM sqlite_master WHERE type = 'table'")}
        missing = [name for name in names if name not in self._tables]
        if missing:
            raise HistoryError(f"{container.name}: is no OCEL 2.0 log: there is no table {missing[0]!r}")

    def objects(self) -> Iterator[tuple[str, _Object, str]]:
        related = "SELECT ocel_target_id, ocel_qualifier FROM object_object WHERE ocel_source_id = ?"
        for number, (id, type) in enumerate(self._ask("SELECT ocel_id, ocel_type FROM object ORDER BY rowid"), 1):
            values: list[tuple[str, str, str]] = []
            for row in self._typed("object", type, id):
                since = _text(row.pop("ocel_time", None))
                values += [(name, since, _text(value)) for name, value in row.items() if value is not None]
            links = self._ask(related, id) if "object_object" in self._tables else iter(())
            linked = [(_text(target), _text(qualifier)) for target, qualifier in links]
            yield _text(id), _Object(_text(type), _sorted(values), linked), f"object row {number}"

    def operations(self) -> Iterator[tuple[str, _Moved]]:
        if "operation" in self._tables:
            for row in self._ask("SELECT ocel_event_id, ocel_object_id, type, quantity FROM operation ORDER BY rowid"):
                event, object, item, quantity = map(_text, row)
                yield event, _Moved(object, item, quantity)
        for wide in self._wide("quantity_operations"):
            event = _text(wide.pop("ocel_event_id", None) or wide.pop("ocel_id", None))
            for moved in _items(wide):
                yield event, moved

    def quantities(self) -> Iterator[tuple[_Moved, str]]:
        if "quantity" in self._tables:
            rows = self._ask("SELECT ocel_object_id, type, quantity FROM quantity ORDER BY rowid")
            for number, row in enumerate(rows, 1):
                object, item, quantity = map(_text, row)
                yield _Moved(object, item, quantity), f"quantity row {number}"
        for number, wide in enumerate(self._wide("object_quantity"), 1):
            for moved in _items(wide):
                yield moved, f"object_quantity row {number}"

    def events(self) -> Iterator[_Event]:
        linked = "SELECT ocel_object_id, ocel_qualifier FROM event_object WHERE ocel_event_id = ? ORDER BY rowid"
        for number, (id, type) in enumerate(self._ask("SELECT ocel_id, ocel_type FROM event ORDER BY rowid"), 1):
            attributes = next(self._typed("event", type, id), {})
            time = _text(attributes.pop("ocel_time", None))
            objects = [(_text(object), _text(qualifier)) for object, qualifier in self._ask(linked, id)]
            yield _Event(f"event row {number}", _text(id), _text(type), time, attributes, objects)

    def _ask(self, sql: str, *values: object) -> Iterator[tuple[object, ...]]:
        return self._container.query(sql, values)

    def _typed(self, kind: str, type: object, id: object) -> Iterator[dict[str, object]]:
        """Yield the rows of one object or event in the table of its type, without its id."""
        for (suffix,) in self._ask(f"SELECT ocel_type_map FROM {kind}_map_type WHERE ocel_type = ?", type):
            table = f"{kind}_{suffix}"
            if table in self._tables:
                names = self._columns(table)
                for row in self._ask(f"SELECT * FROM {_quoted(table)} WHERE ocel_id = ? ORDER BY rowid", id):
                    left_out = ("ocel_id", "ocel_changed_field")
                    yield {name: value for name, value in zip(names, row, strict=True) if name not in left_out}

    def _wide(self, table: str) -> Iterator[dict[str, object]]:
        if table in self._tables:
            names = self._columns(table)
            for row in self._ask(f"SELECT * FROM {_quoted(table)} ORDER BY rowid"):
                yield dict(zip(names, row, strict=True))

    def _columns(self, table: str) -> list[str]:
        return [_text(name) for (name,) in self._ask("SELECT name FROM pragma_table_info(?)", table)]


def _items(row: dict[str, object]) -> Iterator[_Moved]:
    object = _text(row.pop("ocel_cpid", None) or row.pop("ocel_object_id", None) or row.pop("ocel_id", None))
    for item, quantity in row.items():
        if not item.startswith("ocel_") and quantity not in (None, 0, 0.0):
            yield _Moved(object, item, _text(quantity))


def _quoted(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'
