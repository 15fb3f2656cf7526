"""The line of calls that wait for a worker of a server: who is next, and who has gone in the meantime."""

from collections import deque
from collections.abc import Callable
from typing import Literal

from actors.calls import Call
from twin.model.instant import Elapsed

Discipline = Literal["fifo", "lifo", "priority"]


class Work:
    """One call as the server sees it: it came, it was begun, it has calls of its own to make."""

    __slots__ = ("arrived_at", "begun_at", "call", "has_worker", "passed", "priority", "step")

    def __init__(self, call: Call, arrived_at: Elapsed, priority: int) -> None:
        self.call = call
        self.arrived_at = arrived_at
        self.begun_at: Elapsed = -1
        self.priority = priority
        self.has_worker = False
        self.passed = False
        """True while a limit counts it among the calls in flight."""
        self.step = 0


class Line:
    """Waiting work: `fifo` and `lifo` by arrival, `priority` by number (lower first) and then by arrival.

    With `dropped`, work whose caller has stopped waiting is dropped instead of served, and shown to it: the oldest of
    each priority when somebody looks, the rest when its turn comes.
    """

    def __init__(self, discipline: Discipline, *, dropped: Callable[[Work], object] | None) -> None:
        self._dropped = dropped
        self._newest_first = discipline == "lifo"
        self._classes = discipline == "priority"
        self._lanes: dict[int, deque[Work]] = {0: deque()}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def push(self, work: Work) -> None:
        """Let work wait."""
        priority = work.priority if self._classes else 0
        if priority not in self._lanes:
            self._lanes = dict(sorted([*self._lanes.items(), (priority, deque[Work]())]))
        self._lanes[priority].append(work)
        self._length += 1

    def pop(self) -> Work | None:
        """Take who is next, None when nobody waits who still wants an answer."""
        for lane in self._lanes.values():
            while lane:
                work = lane.pop() if self._newest_first else lane.popleft()
                self._length -= 1
                if self._dropped is None or not work.call.done:
                    return work
                self._dropped(work)
        return None

    def tidy(self) -> None:
        """Drop the oldest work that was abandoned, as far as it is the oldest."""
        if self._dropped is not None:
            for lane in self._lanes.values():
                while lane and lane[0].call.done:
                    self._length -= 1
                    self._dropped(lane.popleft())
