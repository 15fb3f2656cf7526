"""Envoy's admission control: refusing one's own requests as the success rate falls (`AdmissionControl`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State
from policies.retry.failed import Cause
from policies.window import SlicedWindow
from twin.model.instant import SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionControl:
    """Any attempt is refused with probability ((n - s) / (n + 1))^(1 / aggression), at most `refused_at_most`.

    n is the requests that ended in the window and s their successes divided by `threshold`; below `floor_per_s`
    requests a second everything passes. Source: envoyproxy/envoy, the admission control filter; its example has 120 s,
    95 %, 5 a second, 80 % (POLICIES 2). The window moves on by a second at a time.
    """

    threshold: float = 0.95
    aggression: float = 1.0
    window_us: int = 30 * SECOND
    floor_per_s: int = 0
    refused_at_most: float = 0.8

    def initial(self) -> State:
        """Return nothing counted."""
        return ()

    def probability(self, requests: int, successes: int) -> float:
        """Return the probability of a refusal, before it is cut.

        >>> round(AdmissionControl(aggression=2).probability(100, 50), 3)
        0.685
        """
        missing = requests - successes / self.threshold
        return float(max(0.0, missing / (requests + 1)) ** (1 / self.aggression))

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Count an end, or decide on an attempt."""
        window = SlicedWindow(SECOND, max(1, self.window_us // SECOND), 2)
        match event:
            case Asked():
                requests, successes = window.sums(state, event.now) if state else (0, 0)
                if requests * SECOND < self.floor_per_s * self.window_us:
                    return state, NOTED
                refused = event.draw < min(self.refused_at_most, self.probability(requests, successes))
                return state, Grant(False, 0, "not admitted by ourselves") if refused else NOTED
            case Ended(cause=Cause.LOCAL):
                return state, NOTED
            case Ended():
                return window.add(state, event.now, (1, int(event.cause in (None, Cause.REJECTED)))), NOTED
            case Returned():
                return state, NOTED
