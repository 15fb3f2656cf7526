"""The events of a run as rows of CSV, with the names of orders and items beside their numbers."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from reports.exports.instants import stamp
from twin.experiment.trace import OF_ITEMS, Record

HEADS: Final = (
    *("time", "at_us", "kind", "source", "target", "message", "cause", "case", "order", "item", "item_name"),
    "number",
)
"""`number` is what the kind says: units of a line, the figure shown, the attempt of a call, the outcome's number.

`item_name` stands where the number is that of an item; an order that was placed has the count of its lines there.
"""


def document(record: Record, start_us: int) -> Iterator[str]:
    """Yield the rows of a record; `start_us` is when its run starts, in microseconds since 1970 UTC."""
    yield _line(HEADS)
    for at, *rest in record.stream(_ROWS):
        yield _line((stamp(start_us + int(str(at))), at, *rest))


def _line(cells: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)  # type: ignore[arg-type]
    return text.getvalue()


_ROWS: Final = f"""
SELECT at_us, kind, source, target, message, cause, case_id, orders.name, item,
       items.name, quantity
FROM events
LEFT JOIN names AS orders ON orders.what = 'order' AND orders.number = case_id AND case_id <> 0
LEFT JOIN names AS items ON items.what = 'item' AND items.number = item AND {OF_ITEMS}
ORDER BY file_row_number
"""
