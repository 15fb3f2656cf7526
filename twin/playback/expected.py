"""What a recording has an answer to, so that a replay knows what production sent before it comes to the line."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from twin.model import events, wire
from twin.model.history import Answer
from twin.playback.history import Numbered


class Expected:
    """Ids of the events that have an answer, and digests of the pushes; eight bytes each.

    `numbers` has the order's number by its case, as answers to channels tell it.
    """

    def __init__(self, records: Iterable[Numbered]) -> None:
        ids, pushes = array("q"), array("q")
        self.numbers: dict[int, str] = {}
        for _, record in records:
            if isinstance(record, Answer):
                request = record.request
                ids.append(request.id)
                if isinstance(request, events.PublishStock):
                    pushes.append(push_digest(request))
                elif isinstance(request, events.OrderAnswered):
                    self.numbers[request.case] = request.number
        self._ids, self._pushes = array("q", sorted(ids)), array("q", sorted(pushes))

    def event(self, id: int) -> bool:
        """Tell whether the recording has an event of that id."""
        return _has(self._ids, id)

    def push(self, event: events.PublishStock) -> bool:
        """Tell whether the recording has a push about the same items to the same channel."""
        return _has(self._pushes, push_digest(event))


def push_digest(event: events.PublishStock) -> int:
    """Return the digest of what a push is about: its channel and its items."""
    return wire.digest((event.channel, [row.item for row in event.rows]))


def _has(numbers: "array[int]", number: int) -> bool:
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number
