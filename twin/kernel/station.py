"""Places where work waits for people or machines: workers, a bounded queue, working hours.

Theory of operation. First come, first served, and the service time is known on arrival: so the finish is known too, and
a job costs one entry of the timeline, its completion. The station keeps when each worker becomes free and when each
waiting job will start; what has started by now is forgotten when somebody asks. Priorities, abandoned jobs and speeds
that change under a waiting job do not fit here: they need a queue and an entry for each start.

With working hours the same arithmetic runs in worked time: `Hours` maps an instant to the time worked until then, and
back. A job that meets the end of the day pauses and goes on the next morning.

Stations and links push their entries onto the timeline's heap themselves: a call less for each message.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from heapq import heapreplace
from itertools import accumulate
from typing import TypeVar

from twin.errors import UsageError
from twin.kernel.timeline import NORMAL, Timeline, refusal
from twin.model.instant import DAY

A = TypeVar("A")


class Hours:
    """Working hours: windows [from, to) in microseconds of a period that repeats, a day unless told otherwise.

    `start_us` is where in the period elapsed time begins: 8 h in microseconds for a world that starts at 08:00.

    Raises:
        UsageError: the windows are empty, overlap, are out of order or leave the period.
    """

    def __init__(self, windows: Sequence[tuple[int, int]], *, start_us: int = 0, period_us: int = DAY) -> None:
        edges = [edge for window in windows for edge in window]
        if (
            not windows
            or edges[0] < 0
            or edges[-1] > period_us
            or any(a >= b for a, b in windows)
            or edges != sorted(edges)
        ):
            raise UsageError(f"working hours must be windows in order within {period_us} us (got {list(windows)})")
        if not 0 <= start_us < period_us:
            raise UsageError(f"the world must start within the period of {period_us} us (got {start_us})")
        self._from = [begin for begin, _ in windows]
        self._to = [end for _, end in windows]
        self._before = list(accumulate((end - begin for begin, end in windows), initial=0))
        self._period, self._start = period_us, start_us
        self._offset = 0
        self._offset = self.worked(0)

    def worked(self, elapsed: int) -> int:
        """Return the time worked from the start of the world to the instant `elapsed`, in microseconds."""
        periods, within = divmod(elapsed + self._start, self._period)
        place = bisect_right(self._from, within)
        worked = self._before[place]
        if place and within < self._to[place - 1]:
            worked -= self._to[place - 1] - within
        return periods * self._before[-1] + worked - self._offset

    def instant(self, worked: int) -> int:
        """Return the first instant by which `worked` microseconds are worked: a day's end, not the next morning."""
        periods, within = divmod(worked + self._offset, self._before[-1])
        if within == 0:
            periods, within = periods - 1, self._before[-1]
        place = bisect_left(self._before, within)
        return periods * self._period + self._to[place - 1] - (self._before[place] - within) - self._start


class Station:
    """Workers who take jobs first come, first served, from a queue of at most `queue_max` waiting jobs.

    `busy_us` is the service time taken on so far, in microseconds; `offered_count` and `rejected_count` count jobs.

    Raises:
        UsageError: there is no worker, or the bound of the queue is negative.
    """

    def __init__(
        self, timeline: Timeline, name: str, workers: int, queue_max: int, calendar: Hours | None = None
    ) -> None:
        if workers < 1 or queue_max < 0:
            raise UsageError(f"station {name} needs a worker and a bound from 0 (got {workers}, {queue_max})")
        self.name = name
        self.workers, self.queue_max = workers, queue_max
        self.offered_count = self.rejected_count = self.busy_us = 0
        self._timeline, self._calendar = timeline, calendar
        self._free = [0] * workers
        self._starts: deque[int] = deque()

    def offer(self, service_us: int, done: Callable[[A], object], arg: A) -> bool:
        """Take a job of `service_us` whole microseconds and call `done(arg)` at its end; False if the queue is full.

        Raises:
            UsageError: the service time is negative or not a whole number.
        """
        if service_us.__class__ is not int or service_us < 0:
            raise UsageError(refusal(service_us))
        self.offered_count += 1
        timeline, calendar, free = self._timeline, self._calendar, self._free
        now = timeline._now if calendar is None else calendar.worked(timeline._now)
        start = free[0]
        if start > now:
            starts = self._starts
            while starts and starts[0] <= now:
                starts.popleft()
            if len(starts) >= self.queue_max:
                self.rejected_count += 1
                return False
            starts.append(start)
            now = start
        finish = now + service_us
        heapreplace(free, finish)
        self.busy_us += service_us
        if calendar is not None:
            finish = max(calendar.instant(finish), timeline._now)
        timeline.put((finish, NORMAL, next(timeline._eid), done, arg))
        return True

    def clears_at(self) -> int:
        """Return when the last of the jobs taken on so far is done, an instant; now, if there are none."""
        calendar, last = self._calendar, max(self._free)
        return max(self._timeline.now, last if calendar is None else calendar.instant(last))

    def length(self) -> int:
        """Return how many jobs wait for a worker; out of hours, without those that start first thing in the morning."""
        return self._waiting(self._now())

    def in_service(self) -> int:
        """Return how many workers have a job in hand, also one that pauses out of hours."""
        now = self._now()
        return sum(free > now for free in self._free)

    def _now(self) -> int:
        now = self._timeline.now
        return now if self._calendar is None else self._calendar.worked(now)

    def _waiting(self, now: int) -> int:
        starts = self._starts
        while starts and starts[0] <= now:
            starts.popleft()
        return len(starts)
