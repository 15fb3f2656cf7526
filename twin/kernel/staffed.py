"""A station whose number of workers changes while jobs wait: more hands help with what lies there already.

`Station` plans every job when it arrives, so a worker who comes later would find all that waits given away. Here jobs
wait in a line, and each is planned when somebody is free for it: one entry of the timeline more for each job. It is
built only where an action changes the staff. Whoever goes finishes what he has in hand.
"""

from collections import deque
from collections.abc import Callable
from heapq import heapify, heapreplace
from typing import Any

from twin.errors import UsageError
from twin.kernel.station import Hours, Station
from twin.kernel.timeline import Timeline, refusal

Job = tuple[int, Callable[[Any], object], Any]


class Staffed(Station):
    """Workers who come and go; `extra_us` is the time worked by those beyond the first number, in microseconds."""

    def __init__(
        self, timeline: Timeline, name: str, workers: int, queue_max: int, calendar: Hours | None = None
    ) -> None:
        super().__init__(timeline, name, workers, queue_max, calendar)
        self.planned = workers
        self._jobs: deque[Job] = deque()
        self._ends: list[int] = []
        """When each job in hand is done, in worked time."""
        self._paid = self._extra = 0
        self._since = self._now()

    def staff(self, workers: int) -> None:
        """Change the number of workers from now on.

        Raises:
            UsageError: nobody would be left.
        """
        if workers < 1:
            raise UsageError(f"station {self.name} needs a worker (got {workers})")
        now = self._now()
        self._paid, self._extra, self._since = self._paid_until(now), self._extra_until(now), now
        self.workers = workers
        self._take_up()

    def paid_us(self) -> int:
        """Return the time paid until now, of all workers, in microseconds."""
        return self._paid_until(self._now())

    @property
    def extra_us(self) -> int:
        """The time paid until now of workers beyond those planned."""
        return self._extra_until(self._now())

    def offer(self, service_us: int, done: Callable[[Any], object], arg: Any) -> bool:
        """Take a job of `service_us` whole microseconds and call `done(arg)` at its end; False if the line is full.

        Raises:
            UsageError: the service time is negative or not a whole number.
        """
        if service_us.__class__ is not int or service_us < 0:
            raise UsageError(refusal(service_us))
        self.offered_count += 1
        if len(self._ends) >= self.workers and len(self._jobs) >= self.queue_max:
            self.rejected_count += 1
            return False
        self.busy_us += service_us
        self._jobs.append((service_us, done, arg))
        self._take_up()
        return True

    def clears_at(self) -> int:
        """Return when the last of the jobs taken on so far is done with the staff of now; now, if there are none."""
        now = self._now()
        free = sorted(self._ends)[-self.workers :]
        free += [now] * (self.workers - len(free))
        heapify(free)
        for service, _, _ in self._jobs:
            heapreplace(free, max(free[0], now) + service)
        last, calendar = max(free), self._calendar
        return max(self._timeline.now, last if calendar is None else calendar.instant(last))

    def length(self) -> int:
        """Return how many jobs wait for a worker."""
        return len(self._jobs)

    def in_service(self) -> int:
        """Return how many workers have a job in hand, also one that pauses out of hours."""
        return len(self._ends)

    def _take_up(self) -> None:
        while self._jobs and len(self._ends) < self.workers:
            job = self._jobs.popleft()
            finish = self._now() + job[0]
            self._ends.append(finish)
            at = finish if self._calendar is None else max(self._calendar.instant(finish), self._timeline.now)
            self._timeline.call_at(at, self._finish, (finish, job))

    def _finish(self, ended: tuple[int, Job]) -> None:
        finish, (_, done, arg) = ended
        self._ends.remove(finish)
        self._take_up()
        done(arg)

    def _paid_until(self, now: int) -> int:
        return self._paid + self.workers * (now - self._since)

    def _extra_until(self, now: int) -> int:
        return self._extra + max(0, self.workers - self.planned) * (now - self._since)
