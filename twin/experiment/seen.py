"""What a buyer saw of each line of an order, what had changed by then, and when the channel was told.

What was seen is the last figure of the item that the channel applied before the sale. It was stale when something had
happened to the item in between: another sale, or a movement at a warehouse that was on its way. The next figure of the
item at that channel is when it was told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

OF_WAREHOUSES: Final = (
    "StockReceived.sent", "StockAdjusted.sent", "StockCounted.sent", "TransferShipped.sent", "TransferReceived.sent",
    "StockReblocked.sent",
)  # fmt: skip
"""Steps that say that an item's stock at a warehouse is another than it was."""
OF_SALES: Final = ("order.line", "order.oversold")


@dataclass(frozen=True, slots=True)
class Seen:
    """What stood behind one line when it was sold.

    `shown` is the figure on the page since `shown_at_us`; `changed` the first thing that happened to the item between
    then and the sale, `moved` the first of a warehouse; `told` is the figure that the channel applied next. Times are
    microseconds since the start of the run; None where the record has nothing of the kind. `number` is the item as the
    record counts it, `messages` are those that brought the figures and the movement.
    """

    item: str
    quantity: int
    shown: int | None
    shown_at_us: int | None
    changed: str
    changed_at_us: int | None
    moved: str = ""
    moved_at_us: int | None = None
    told: int | None = None
    told_at_us: int | None = None
    number: int = 0
    messages: tuple[int, ...] = ()


def seen(row: Sequence[object]) -> Seen:
    """Make one line of a row of `SEEN` without its order."""
    item, name, quantity, sold, *found = row
    figure, changed, moved, told = (found[n : n + 4] for n in (0, 4, 8, 12))
    is_changed, is_moved = (each[1] is not None and _whole(each[1]) < _whole(sold) for each in (changed, moved))
    messages = (figure[2], moved[2], told[2]) if is_moved else ()
    return Seen(
        item=str(name),
        quantity=_whole(quantity),
        shown=_optional(figure[0]),
        shown_at_us=_optional(figure[1]),
        changed=f"{_told(str(changed[0]))} at {changed[3]}" if is_changed else "",
        changed_at_us=_whole(changed[1]) if is_changed else None,
        moved=f"{_told(str(moved[0]))} at {moved[3]}" if is_moved else "",
        moved_at_us=_whole(moved[1]) if is_moved else None,
        told=_optional(told[0]),
        told_at_us=_optional(told[1]),
        number=_whole(item),
        messages=tuple(_whole(message) for message in messages if message is not None),
    )


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


SEEN: Final = f"""
WITH wanted AS (SELECT unnest(?::BIGINT[]) AS case_id),
line AS (
    SELECT case_id, at_us, item, quantity, source, file_row_number AS row
    FROM events JOIN wanted USING (case_id) WHERE kind = 'order.line'
),
figure AS (SELECT at_us, item, source, quantity, message FROM events WHERE kind = 'stock.shown'),
changed AS (
    SELECT at_us, item, message, kind, source FROM events WHERE kind IN ({_listed((*OF_WAREHOUSES, *OF_SALES))})
),
moved AS (SELECT * FROM changed WHERE kind IN ({_listed(OF_WAREHOUSES)})),
seen AS (
    SELECT line.*, figure.quantity AS value, figure.at_us AS since, figure.message AS brought
    FROM line ASOF LEFT JOIN figure
    ON line.item = figure.item AND line.source = figure.source AND line.at_us >= figure.at_us
),
stale AS (
    SELECT seen.*, changed.kind AS kind, changed.at_us AS changed_at, changed.message AS cause,
           changed.source AS at_party
    FROM seen ASOF LEFT JOIN changed ON seen.item = changed.item AND coalesce(seen.since, 0) < changed.at_us
),
traced AS (
    SELECT stale.*, moved.kind AS how, moved.at_us AS moved_at, moved.message AS movement, moved.source AS site
    FROM stale ASOF LEFT JOIN moved ON stale.item = moved.item AND coalesce(stale.since, 0) < moved.at_us
)
SELECT traced.case_id, traced.item, coalesce(names.name, traced.item::VARCHAR), traced.quantity, traced.at_us,
       value, since, brought, traced.source, kind, changed_at, traced.cause, at_party, how, moved_at, movement, site,
       figure.quantity, figure.at_us, figure.message, figure.source
FROM traced
ASOF LEFT JOIN figure ON traced.item = figure.item AND traced.source = figure.source AND traced.at_us < figure.at_us
LEFT JOIN names ON names.what = 'item' AND names.number = traced.item
ORDER BY traced.row
"""
"""Lines of orders: case, item, its name, units, when sold, then value or kind, when, message and party of the figure,
the change, the movement and the next figure."""


def _told(kind: str) -> str:
    what, _, how = kind.rpartition(".")
    return {"order": "another sale" if how == "line" else "an oversold order"}.get(what, what)


def _whole(value: object) -> int:
    return int(str(value))


def _optional(value: object) -> int | None:
    return None if value is None else _whole(value)
