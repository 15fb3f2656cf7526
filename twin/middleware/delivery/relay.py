"""The relay: which outbox rows may be sent now, so that each aggregate's rows leave in commit order.

It holds an index over unacknowledged outbox rows and nothing else: after a restart it is built again by offering them
in commit order. A row behind an unacknowledged one of its aggregate waits; other aggregates go on. After the last
failure a row is parked with the reason, and what stands behind it in its aggregate stays where it is until a person
lets it pass. Behind a posting that the ERP refused only those wait that take stock away: the others need nothing of it
(DOMAIN 21).
"""

from collections import deque

from twin.model.events import MovementRecorded
from twin.model.message import Event


class Relay:
    """Order per aggregate over the outbox."""

    __slots__ = ("_behind", "_passing", "parked", "refused")

    def __init__(self) -> None:
        self._behind: dict[int, deque[Event] | None] = {}
        self.parked: dict[int, tuple[Event, str]] = {}
        """Dead letters: event id to the event and the reason."""
        self.refused: dict[int, int] = {}
        """Aggregate to the refused posting in it that others may pass."""
        self._passing: dict[int, None] = {}
        """Rows that have passed it and are not acknowledged."""

    def offer(self, event: Event) -> bool:
        """Take note of a committed row; True if it may be sent at once."""
        aggregate = event.aggregate
        if aggregate not in self._behind:
            self._behind[aggregate] = None
            return True
        if aggregate in self.refused and _needs_no_stock(event):
            self._passing[event.id] = None
            return True
        queue = self._behind[aggregate]
        if queue is None:
            queue = self._behind[aggregate] = deque()
        queue.append(event)
        return False

    def acknowledged(self, event: Event) -> Event | None:
        """Return the row of the same aggregate that may go now, if there is one."""
        aggregate = event.aggregate
        if self._passing and event.id in self._passing:
            del self._passing[event.id]
            return None
        if self.refused.get(aggregate) == event.id:
            del self.refused[aggregate]
        queue = self._behind.get(aggregate)
        if not queue:
            self._behind.pop(aggregate, None)
            return None
        return queue.popleft()

    def park(self, event: Event, reason: str) -> None:
        """Give up on a row: it becomes a dead letter and keeps its aggregate closed."""
        self.parked[event.id] = (event, reason)

    def let_pass(self, refused: Event) -> list[Event]:
        """Return the rows behind a refused posting that may go now, for they need no stock of it."""
        aggregate = refused.aggregate
        queue = self._behind.get(aggregate)
        if refused.id in self._passing or aggregate in self.refused:
            return []
        self.refused[aggregate] = refused.id
        going = [event for event in queue or () if _needs_no_stock(event)]
        if queue and going:
            self._behind[aggregate] = deque([event for event in queue if not _needs_no_stock(event)])
            self._passing |= dict.fromkeys([event.id for event in going])
        return going

    def waiting(self) -> int:
        """Return how many rows stand behind an unacknowledged one."""
        return sum(len(queue) for queue in self._behind.values() if queue)


def _needs_no_stock(event: Event) -> bool:
    return isinstance(event, MovementRecorded) and event.change >= 0
