"""A cap on retries in flight, as a share of the requests in flight (`EnvoyBudget`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvoyBudget:
    """A retry is allowed while fewer than max(`share` of the requests in flight, `minimum`) retries are in flight.

    A request is in flight from its grant to its end, a retry's wait included; what the proxy calls pending is not kept
    apart. Source: envoyproxy/envoy source/common/upstream/resource_manager_impl.h (POLICIES 2). The state is requests
    and retries in flight.
    """

    share: float = 0.2
    minimum: int = 3

    def initial(self) -> State:
        """Return nothing in flight."""
        return 0, 0

    def limit(self, active: int) -> int:
        """Return how many retries may be in flight beside `active` requests."""
        return max(active * round(self.share * 1_000_000) // 1_000_000, self.minimum)

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Count what begins and what ends."""
        active, retries = state
        match event:
            case Asked(retry=False):
                return (active + 1, retries), NOTED
            case Asked():
                if retries >= self.limit(active):
                    return state, Grant(False, 0, "too many retries in flight")
                return (active + 1, retries + 1), NOTED
            case Returned() | Ended():
                return (active - 1, retries - event.retry), NOTED
