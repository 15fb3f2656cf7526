"""The relay: which outbox rows may be sent now, so that each aggregate's rows leave in commit order.

It holds an index over unacknowledged outbox rows and nothing else: after a restart it is built again by offering them
in commit order. A row behind an unacknowledged one of its aggregate waits; other aggregates go on. After the last
failure a row is parked with the reason, and what stands behind it in its aggregate stays where it is until a person
lets it pass.
"""

from collections import deque

from twin.model.message import Event


class Relay:
    """Order per aggregate over the outbox."""

    __slots__ = ("_behind", "parked")

    def __init__(self) -> None:
        self._behind: dict[int, deque[Event] | None] = {}
        self.parked: dict[int, tuple[Event, str]] = {}
        """Dead letters: event id to the event and the reason."""

    def offer(self, event: Event) -> bool:
        """Take note of a committed row; True if it may be sent at once."""
        aggregate = event.aggregate
        if aggregate not in self._behind:
            self._behind[aggregate] = None
            return True
        queue = self._behind[aggregate]
        if queue is None:
            queue = self._behind[aggregate] = deque()
        queue.append(event)
        return False

    def acknowledged(self, event: Event) -> Event | None:
        """Return the row of the same aggregate that may go now, if there is one."""
        aggregate = event.aggregate
        queue = self._behind.get(aggregate)
        if not queue:
            self._behind.pop(aggregate, None)
            return None
        return queue.popleft()

    def park(self, event: Event, reason: str) -> None:
        """Give up on a row: it becomes a dead letter and keeps its aggregate closed."""
        self.parked[event.id] = (event, reason)

    def waiting(self) -> int:
        """Return how many rows stand behind an unacknowledged one."""
        return sum(len(queue) for queue in self._behind.values() if queue)
