"""The limit that stands before a server, or before several that share it: calls pass, wait for it, or are sent away.

Where the limit counts calls in flight, each call that passed leaves again by `left`, however it ended.
"""

from collections import deque
from collections.abc import Callable

from actors.calls import Gate
from actors.line import Work
from policies.throttle import Held
from twin.kernel.timeline import Timeline
from twin.model.instant import Elapsed

Passed = Callable[[Work], object]
Refused = Callable[[Work, Elapsed | None], object]


class Door:
    """One limit; with `waits` at most `waiting_max` calls wait for it in order, and else whoever comes is sent away."""

    def __init__(self, timeline: Timeline, gate: Gate, *, waits: bool, waiting_max: int) -> None:
        self.timeline = timeline
        self.gate = gate
        self.waits = waits
        self.waiting_max = waiting_max
        self._waiting: deque[tuple[Work, Passed]] = deque()
        self._looks_again = False

    def knock(self, work: Work, passed: Passed, refused: Refused) -> None:
        """Call `passed` now or later, or `refused` with the time to come back after; None: nobody knows."""
        if self._waiting and self.waits:
            wait: Elapsed | None = 0
        else:
            wait = self.gate.admit(self.timeline.now)
        if wait is None:
            work.passed = True
            passed(work)
        elif self.waits and wait >= 0 and len(self._waiting) < self.waiting_max:
            self._waiting.append((work, passed))
            self._look_again_in(wait)
        else:
            refused(work, wait if wait > 0 else None)

    def left(self, work: Work) -> None:
        """A call that may have passed has ended."""
        throttle = self.gate.throttle
        if work.passed and isinstance(throttle, Held):
            self.gate.state = throttle.release(self.gate.state)
            work.passed = False
            self._let_in()

    def _look_again_in(self, wait: Elapsed) -> None:
        if wait > 0 and not self._looks_again:
            self._looks_again = True
            self.timeline.call_in(wait, self._look_again, None)

    def _look_again(self, _: None) -> None:
        self._looks_again = False
        self._let_in()

    def _let_in(self) -> None:
        """Let those who wait pass in their order, as far as the limit goes."""
        while self._waiting:
            wait = self.gate.admit(self.timeline.now)
            if wait is not None:
                self._look_again_in(wait)
                return
            work, passed = self._waiting.popleft()
            work.passed = True
            passed(work)
