"""Refusing one's own requests in proportion to what the called side no longer accepts (`AdaptiveThrottling`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State
from policies.retry.failed import Cause
from policies.window import SlicedWindow
from twin.model.instant import MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveThrottling:
    """Any attempt, first or not, is refused with probability max(0, (requests - k * accepts) / (requests + 1)).

    Both are counts of the last `window_us` microseconds, in `slices` slices. `requests` counts attempts that wanted to
    be sent, those refused here included, before they are sent; counting them when they end is a classic mistake, as is
    a window that is shorter than the timeout (zeromicro/go-zero, issue 5011). An accept is an attempt that succeeded,
    as in Apache Beam's throttler, or that was rejected for what it asks. Source: Google's book on site reliability,
    "Handling overload" (POLICIES 2).
    """

    k: float = 2.0
    window_us: int = 2 * MINUTE
    slices: int = 60

    def initial(self) -> State:
        """Return nothing counted."""
        return ()

    def probability(self, requests: int, accepts: int) -> float:
        """Return the probability of a refusal.

        >>> round(AdaptiveThrottling().probability(100, 25), 3)
        0.495
        """
        return max(0.0, (requests - self.k * accepts) / (requests + 1))

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Count a request and decide on it, or count an accept."""
        window = SlicedWindow(max(1, self.window_us // self.slices), self.slices, 2)
        match event:
            case Asked():
                requests, accepts = window.sums(state, event.now)
                refused = event.draw < self.probability(requests, accepts)
                grant = Grant(False, 0, "throttled by ourselves") if refused else NOTED
                return window.add(state, event.now, (1, 0)), grant
            case Ended(cause=None | Cause.REJECTED):
                return window.add(state, event.now, (0, 1)), NOTED
            case Ended() | Returned():
                return state, NOTED
