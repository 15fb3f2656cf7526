"""A party's stock book as of one moment, sent in parts."""

from collections.abc import Mapping

from actors.calls import Feed
from twin.model.commands import ItemQuantity, StockCut
from twin.model.events import StockCutAsked
from twin.model.ids import derive
from twin.model.instant import Elapsed

PART = 200
"""Items in one message, by their number: every party cuts its book at the same places."""


def send_cut(
    facts: Feed,
    asked: StockCutAsked,
    as_of: Elapsed,
    on_hand: Mapping[int, int],
    demand: Mapping[int, int] | None = None,
) -> None:
    """Send the whole book, and with it what has still to be delivered, where the party knows that."""
    parts: dict[int, list[ItemQuantity]] = {}
    for item, quantity in on_hand.items():
        parts.setdefault(item // PART, []).append(ItemQuantity(item, quantity))
    for part, rows in parts.items():
        owed = [ItemQuantity(row.item, demand.get(row.item, 0)) for row in rows] if demand is not None else []
        facts.send(
            StockCut(
                id=derive(asked.id, 10 + part),
                cause=asked.id,
                site=asked.site,
                cut=asked.cut,
                as_of=as_of,
                part=part,
                rows=tuple(rows),
                demand=tuple(owed),
            )
        )
