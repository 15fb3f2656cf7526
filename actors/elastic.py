"""Elastic workers: more are started while the queue is long or old, and let go when it has been empty for a while.

Every `look_every` somebody looks. A new worker is ready `start_delay` later, so a burst shorter than that is met by
those who are there; those that are starting count as there. One is started for each look that finds too much. The age
of the queue's head is known to the look: a message that stood last at a look and is still there is at least that old,
and the head is older.
"""

from collections import deque
from dataclasses import dataclass

from actors.middleware import Middleware
from twin.model.instant import Elapsed
from twin.model.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Between `least` and `most` workers, by the length (messages) or the age (us, 0: not asked) of the queue."""

    least: int
    most: int
    queue_above: int
    age_above: Elapsed
    start_delay: Elapsed
    look_every: Elapsed
    idle_for: Elapsed


class Elastic:
    """Who starts and stops the workers of one middleware."""

    def __init__(self, middleware: Middleware, scaling: Scaling) -> None:
        self.middleware = middleware
        self.scaling = scaling
        self.extra = 0
        """Workers beyond the least, those ready."""
        self.starting = 0
        self.started = self.extra_max = 0
        self._paid_us = 0
        self._since: Elapsed = 0
        self._marks: deque[tuple[Elapsed, Message]] = deque()
        self._idle_since: Elapsed | None = None
        recorder = middleware.ground.recorder
        self._party = recorder.party("middleware")
        self._ready_kind, self._gone_kind = recorder.kind("worker.started"), recorder.kind("worker.stopped")
        middleware.ground.timeline.call_in(scaling.look_every, self._look, None)

    def paid_us(self) -> Elapsed:
        """Return the time of extra workers until now, in microseconds, the time in which they start included."""
        now = self.middleware.ground.timeline.now
        return self._paid_us + (self.extra + self.starting) * (now - self._since)

    def _look(self, _: None) -> None:
        timeline, scaling = self.middleware.ground.timeline, self.scaling
        timeline.call_in(scaling.look_every, self._look, None)
        queue, now = self.middleware.queue, timeline.now
        if len(queue) > scaling.queue_above or (scaling.age_above and self._age(now) > scaling.age_above):
            self._idle_since = None
            if scaling.least + self.extra + self.starting < scaling.most:
                self._pay(now)
                self.starting += 1
                timeline.call_in(scaling.start_delay, self._ready, None)
        elif queue:
            self._idle_since = None
        elif self.extra:
            if self._idle_since is None:
                self._idle_since = now
            elif now - self._idle_since >= scaling.idle_for:
                self._idle_since = now
                self._let_go(now)

    def _age(self, now: Elapsed) -> Elapsed:
        """Return how old the head of the queue is at least, and mark its present end."""
        queue, marks = self.middleware.queue, self._marks
        here = {id(message) for message in queue}
        while marks and id(marks[0][1]) not in here:
            marks.popleft()
        if queue:
            marks.append((now, queue[-1]))
        return now - marks[0][0] if marks else 0

    def _ready(self, _: None) -> None:
        """A new worker is there, and takes what waits."""
        middleware = self.middleware
        now = middleware.ground.timeline.now
        self._pay(now)
        self.starting -= 1
        self.extra += 1
        self.started += 1
        self.extra_max = max(self.extra_max, self.extra)
        middleware.workers += 1
        middleware.ground.recorder.note(now, self._ready_kind, self._party, self._party, 0, 0, 0, 0, middleware.workers)
        middleware.take_up()

    def _let_go(self, now: Elapsed) -> None:
        middleware = self.middleware
        self._pay(now)
        self.extra -= 1
        middleware.workers -= 1
        middleware.ground.recorder.note(now, self._gone_kind, self._party, self._party, 0, 0, 0, 0, middleware.workers)

    def _pay(self, now: Elapsed) -> None:
        self._paid_us += (self.extra + self.starting) * (now - self._since)
        self._since = now
