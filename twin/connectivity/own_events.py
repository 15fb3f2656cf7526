"""Reads CloudEvents whose types are ours: no mapping is needed, because their data are facts of the business already.

The type of an event is the name of a fact (`OrderPlaced`), alone or behind a domain of the sender
(`com.example.OrderPlaced`); `data` has its parts. Events with one source and id are one event.
"""

from collections.abc import Iterator
from typing import get_args

import msgspec

from twin.connectivity.formats.cloud_events import cloud_event_rows
from twin.connectivity.reader import Told
from twin.connectivity.report import Report, Tally
from twin.connectivity.rows import Container, Limits, MemoryShelf, Row, Shelf
from twin.errors import HistoryError, WireError
from twin.model.business import Business
from twin.model.history import HEADER, wall_of
from twin.model.ids import business_id

NAMES = tuple(fact.__name__ for fact in get_args(Business))


class OwnReader:
    """Iterates over what a file of our own events tells; `report()` says afterwards what became of every one."""

    def __init__(self, container: Container, *, shelf: Shelf | None = None) -> None:
        self._container = container
        self._shelf = shelf if shelf is not None else MemoryShelf()
        self._tally = Tally()

    def __iter__(self) -> Iterator[Told]:
        """Read the file once.

        Raises:
            HistoryError: it is empty, no CloudEvents, or a history already.
        """
        tally = self._tally
        for row in cloud_event_rows(self._container, Limits()).rows:
            tally.rows += 1
            if row.bad:
                tally.refuse(row.bad, row.place)
            elif row.value is None:
                tally.empty += 1
            else:
                yield from self._event(row, row.value)

    def report(self) -> Report:
        """Return what became of every event so far."""
        return self._tally.report()

    def _event(self, row: Row, event: dict[str, object]) -> Iterator[Told]:
        type = str(event["type"])
        if type == HEADER:
            raise HistoryError(f"{self._container.name}: is a history already; it can be replayed as it is")
        name = type.rpartition(".")[2]
        data = event.get("data")
        if name not in NAMES or not isinstance(data, dict):
            self._tally.refuse("no_event" if name not in NAMES else "invalid_event", row.place)
            return
        if (again := self._again(event)) is not None:
            self._tally.refuse(again, row.place)
            return
        try:
            fact: Business = msgspec.convert({**data, "type": name}, Business)
            at_us = wall_of(str(event.get("time", "")))
        except (msgspec.ValidationError, WireError) as error:
            self._tally.refuse("bad_time" if isinstance(error, WireError) else "invalid_event", row.place)
            return
        tally = self._tally
        tally.mapped += 1
        tally.events[name] = tally.events.get(name, 0) + 1
        tally.event_rows[name] = tally.event_rows.get(name, 0) + 1
        yield Told(at_us, row.number, 1, fact)

    def _again(self, event: dict[str, object]) -> str | None:
        """Return the class of an event whose id has been there, None for a new one."""
        key = f"{event['source']}\x1f{event['id']}"
        content = business_id(msgspec.json.encode(event, order="sorted").decode()).to_bytes(8, "big")
        known = self._shelf.get("event", key)
        if not known:
            self._shelf.put("event", key, content)
            return None
        return "duplicate" if known[0] == content else "conflicting_id"
