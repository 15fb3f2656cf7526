"""At most a share of the requests of a sliding window may be retries (`WindowBudget`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State
from policies.window import SlicedWindow
from twin.model.instant import SECOND

SLICES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowBudget:
    """A retry is allowed while retries < floor(`share` x requests) in the window, at least one unless `share` is 0.

    Below `minimum` requests in the window everything is allowed. Source: the experimental HTTP retry budget of
    dotnet/extensions (POLICIES 2). The window moves on in ten slices; its sums are requests and retries.
    """

    share: float = 0.1
    window_us: int = 30 * SECOND
    minimum: int = 10

    def initial(self) -> State:
        """Return an empty window."""
        return ()

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Count requests, and decide on retries."""
        window = SlicedWindow(max(1, self.window_us // SLICES), SLICES, 2)
        match event:
            case Asked(retry=False):
                return window.add(state, event.now, (1, 0)), NOTED
            case Asked():
                requests, retries = window.sums(state, event.now)
                if requests >= self.minimum and retries >= self._allowed(requests):
                    return state, Grant(False, 0, "retry budget used up")
                return window.add(state, event.now, (0, 1)), Grant(True, 1)
            case Returned(retry=True):
                return window.add(state, event.now, (0, -event.cost)), NOTED
            case Returned() | Ended():
                return state, NOTED

    def _allowed(self, requests: int) -> int:
        if self.share == 0:
            return 0
        return max(1, requests * round(self.share * 1_000_000) // 1_000_000)
