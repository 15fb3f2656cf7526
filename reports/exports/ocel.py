"""OCEL 2.0 in JSON: events of a run, and the orders, items, parties and faults that they are about.

The form is that of the published schema (ocel-standard.org, version 2.0), in which every value is a text; what it is
stands with its type. Times are to the microsecond. An order is placed at a party and has its items; what does not
change over time is given at 1970, as the specification says.
"""

import json
from collections.abc import Iterator
from typing import Final

from reports.exports.instants import stamp
from twin.experiment.trace import OF_ITEMS, Record

UNCHANGING: Final = "1970-01-01T00:00:00Z"
ATTRIBUTES: Final = {"number": "integer", "message": "string", "cause": "string"}
"""What an event has beside its objects: units, a figure, an attempt or an outcome; its message, and what caused it."""
THINGS: Final = ("order", "item", "party", "fault", "action")
OF_FAULTS: Final = ("fault.on", "fault.off")
"""Steps that come from a fault, which is no party."""
OF_ACTIONS: Final = ("action.on", "action.off")
"""Steps that come from an action, which is none either; what it is done to may be a setting."""
_PARTIES: Final = f"""SELECT source FROM events WHERE kind NOT IN {OF_FAULTS + OF_ACTIONS}
                      UNION SELECT target FROM events WHERE kind NOT IN {OF_ACTIONS} ORDER BY 1"""


def document(record: Record, start_us: int) -> Iterator[str]:
    """Yield the document of a record in pieces; `start_us` is when its run starts, in microseconds since 1970 UTC."""
    kinds = [str(kind) for (kind,) in record.rows("SELECT DISTINCT kind FROM events ORDER BY 1")]
    types = [{"name": kind, "attributes": _declared(ATTRIBUTES)} for kind in kinds]
    things = [{"name": name, "attributes": _declared({"name": "string"})} for name in THINGS]
    yield f'{{"eventTypes":{_json(types)},\n"objectTypes":{_json(things)},\n"objects":['
    yield from _separated(_objects(record))
    yield '],\n"events":['
    yield from _separated(_events(record, start_us))
    yield "]}\n"


def _objects(record: Record) -> Iterator[dict[str, object]]:
    for (party,) in record.rows(_PARTIES):
        yield _object(f"party:{party}", "party", str(party))
    for (fault,) in record.rows(f"SELECT DISTINCT source FROM events WHERE kind IN {OF_FAULTS} ORDER BY 1"):
        yield _object(f"fault:{fault}", "fault", str(fault))
    for (action,) in record.rows(f"SELECT DISTINCT source FROM events WHERE kind IN {OF_ACTIONS} ORDER BY 1"):
        yield _object(f"action:{action}", "action", str(action))
    for number, name in record.stream(_ITEMS):
        yield _object(f"item:{number}", "item", str(name))
    for case, name, party, items in record.stream(_ORDERS):
        related = [{"objectId": f"party:{party}", "qualifier": "placed at"}] if party is not None else []
        bought = items if isinstance(items, list) else []
        related += [{"objectId": f"item:{item}", "qualifier": "has a line of"} for item in bought]
        yield _object(f"order:{case}", "order", str(name)) | {"relationships": related}


def _object(id: str, kind: str, name: str) -> dict[str, object]:
    return {"id": id, "type": kind, "attributes": [{"name": "name", "value": name, "time": UNCHANGING}]}


def _events(record: Record, start_us: int) -> Iterator[dict[str, object]]:
    for row, at, kind, source, target, message, cause, case, item, quantity, is_of_item in record.stream(_EVENTS):
        of = "fault" if kind in OF_FAULTS else "action" if kind in OF_ACTIONS else "party"
        related = [{"objectId": f"{of}:{source}", "qualifier": "from"}]
        if target != source and kind not in OF_ACTIONS:
            related.append({"objectId": f"party:{target}", "qualifier": "to"})
        if case:
            related.append({"objectId": f"order:{case}", "qualifier": "order"})
        if is_of_item:
            related.append({"objectId": f"item:{item}", "qualifier": "item"})
        values = (("number", quantity), ("message", message), ("cause", cause))
        yield {
            "id": f"event:{row}",
            "type": kind,
            "time": stamp(start_us + int(str(at))),
            "attributes": [{"name": name, "value": str(value)} for name, value in values],
            "relationships": related,
        }


def _declared(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in attributes.items()]


def _separated(values: Iterator[dict[str, object]]) -> Iterator[str]:
    comma = "\n"
    for value in values:
        yield f"{comma}{_json(value)}"
        comma = ",\n"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_ITEMS: Final = f"""
WITH met AS (SELECT DISTINCT item FROM events WHERE {OF_ITEMS})
SELECT item, coalesce(name, item::VARCHAR) FROM met LEFT JOIN names ON what = 'item' AND number = item ORDER BY 1
"""
_ORDERS: Final = """
WITH met AS (
    SELECT case_id, any_value(source) FILTER (kind = 'order.placed') AS party,
           list_sort(list(DISTINCT item) FILTER (kind = 'order.line')) AS items
    FROM events WHERE case_id <> 0 GROUP BY 1
)
SELECT case_id, coalesce(name, case_id::VARCHAR), party, items
FROM met LEFT JOIN names ON what = 'order' AND number = case_id ORDER BY 1
"""
_EVENTS: Final = f"""
SELECT file_row_number, at_us, kind, source, target, message, cause, case_id, item, quantity, {OF_ITEMS}
FROM events ORDER BY file_row_number
"""
