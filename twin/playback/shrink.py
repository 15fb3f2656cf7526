"""Makes a history smaller that still shows what it shows.

First everything goes at once that speaks of other items than the finding does. Then whole subjects go (everything
about an order, an item's stock, a channel), then single records, by delta debugging: parts are left out, halves first,
then ever smaller ones; what remains is minimal in that no single record can go. Then values: quantities become 1 where
that keeps the finding. Last the snapshot loses the items that nothing speaks of. A history that cannot be replayed any
more shows nothing, so a step that breaks it is not taken.
"""

from collections.abc import Callable, Sequence

import msgspec

from twin.middleware.unit import ITEMS, SHOWN
from twin.model import business, commands
from twin.model.history import Answer, Closing, Draw, Fact, Header, Pace, Record, Snapshot, Stimulus
from twin.model.instant import Elapsed
from twin.model.publication import CHANNELS_MAX
from twin.playback.diverge import items_of
from twin.playback.history import Numbered

REPLAYS_MAX = 600
"""How often a history is replayed at most on the way to the smallest; then the smallest so far counts."""
Shows = Callable[[Header, Sequence[Numbered]], bool]


class Shrinker:
    """Shrinks one history; `replays` counts how often it was played."""

    def __init__(self, header: Header, records: Sequence[Numbered], shows: Shows) -> None:
        self.header = header
        self.records = list(records)
        self.replays = 0
        self._shows = shows

    def shrink(self, until: Elapsed, items: Sequence[int] = ()) -> None:
        """Leave out all that the finding does not need; `until` is when it shows, `items` are what it is about.

        The header's horizon ends there, too, if the finding still shows.
        """
        self._keep([each for each in self.records if not isinstance(each[1], Closing) and each[1].at <= until])
        self._end_at(until)
        subjects = self._subjects()
        about = frozenset(items)
        near = [part for part in subjects if any(about.intersection(_items(record)) for _, record in part)]
        if near and self._keep(_in_file_order(near)):
            subjects = near
        self.records = _in_file_order(self._minimal(subjects))
        self.records = _in_file_order(self._minimal([[each] for each in self.records]))
        self._smaller_values()
        self._smaller_snapshot()

    def _subjects(self) -> list[list[Numbered]]:
        """Return the records by what they are about; how long work on a message took goes with the message."""
        parts: dict[str, list[Numbered]] = {}
        subject_of = {}
        for _, record in self.records:
            if isinstance(record, Stimulus):
                subject_of[record.message.id] = _subject(record)
        for numbered in self.records:
            record = numbered[1]
            subject = subject_of.get(record.message, "chance") if isinstance(record, Draw) else _subject(record)
            parts.setdefault(subject, []).append(numbered)
        return list(parts.values())

    def _keep(self, records: list[Numbered]) -> bool:
        if len(records) < len(self.records) and self._try(self.header, records):
            self.records = records
            return True
        return False

    def _end_at(self, until: Elapsed) -> None:
        shorter = msgspec.structs.replace(self.header, horizon=until + 1)
        if self._try(shorter, self.records):
            self.header = shorter

    def _minimal(self, parts: list[list[Numbered]]) -> list[list[Numbered]]:
        """Return parts of which none can be left out: delta debugging by complements."""
        size = 2
        while len(parts) >= 1 and self.replays < REPLAYS_MAX:
            step = max(1, len(parts) // size)
            for start in range(0, len(parts), step):
                rest = parts[:start] + parts[start + step :]
                if self._try(self.header, _in_file_order(rest)):
                    parts, size = rest, max(2, size - 1)
                    break
            else:
                if step == 1:
                    return parts
                size = min(len(parts), size * 2)
        return parts

    def _smaller_values(self) -> None:
        for place in range(len(self.records)):
            line, record = self.records[place]
            smaller = _with_ones(record)
            if smaller is not None:
                changed = [*self.records[:place], (line, smaller), *self.records[place + 1 :]]
                if self._try(self.header, changed):
                    self.records = changed

    def _smaller_snapshot(self) -> None:
        named = {item for _, record in self.records for item in _items(record)}
        rows = dict(self.header.snapshot.rows)
        if ITEMS.name in rows:
            rows[ITEMS.name] = [row for row in rows[ITEMS.name] if row[0] in named]
        if SHOWN.name in rows:
            rows[SHOWN.name] = [row for row in rows[SHOWN.name] if row[0] // CHANNELS_MAX in named]
        snapshot: Snapshot = msgspec.structs.replace(self.header.snapshot, rows=rows)
        header = msgspec.structs.replace(self.header, snapshot=snapshot)
        if self._try(header, self.records):
            self.header = header

    def _try(self, header: Header, records: Sequence[Numbered]) -> bool:
        if self.replays >= REPLAYS_MAX:
            return False
        self.replays += 1
        return self._shows(header, records)


def _in_file_order(parts: Sequence[list[Numbered]]) -> list[Numbered]:
    return sorted((each for part in parts for each in part), key=lambda numbered: numbered[0])


def _subject(record: Record) -> str:
    """Return what a record is about: an order, else an item's stock, else a channel."""
    match record:
        case Stimulus():
            message = record.message
            if message.case:
                return f"order {message.case}"
            if isinstance(message, commands.PublicationAnswered):
                return f"channel {message.channel}"
            return f"item {getattr(message, 'item', record.source)}"
        case Answer():
            if record.request.case:
                return f"order {record.request.case}"
            channel = getattr(record.request, "channel", None)
            return f"item {items_of(record.request)}" if channel is None else f"channel {channel}"
        case Fact():
            fact = record.fact
            name = getattr(fact, "order", "") or getattr(fact, "item", "") or record.id
            return f"{type(fact).__name__} {name}"
        case Pace():
            return f"channel {record.channel}"
    return "chance"


def _items(record: Record) -> tuple[int, ...]:
    if isinstance(record, Answer):
        return items_of(record.request)
    if isinstance(record, Stimulus):
        message = record.message
        if isinstance(message, commands.SubmitOrder | commands.AmendOrder):
            return tuple(line.item for line in message.lines)
        item = getattr(message, "item", None)
        return (item,) if isinstance(item, int) else ()
    return ()


def _with_ones(record: Record) -> Record | None:
    """Return an order whose lines ask for one piece each, None where they do already or it is no order."""
    if isinstance(record, Stimulus) and isinstance(record.message, commands.SubmitOrder):
        lines = tuple(msgspec.structs.replace(line, quantity=1) for line in record.message.lines)
        if lines != record.message.lines:
            return msgspec.structs.replace(record, message=msgspec.structs.replace(record.message, lines=lines))
    if isinstance(record, Fact) and isinstance(record.fact, business.OrderPlaced):
        ordered = tuple(msgspec.structs.replace(line, quantity=1) for line in record.fact.lines)
        if ordered != record.fact.lines:
            return msgspec.structs.replace(record, fact=msgspec.structs.replace(record.fact, lines=ordered))
    return None
