"""A share of recent requests plus a floor a second, both of which expire (`FinagleBudget`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State
from policies.window import SlicedWindow
from twin.model.instant import SECOND

PARTS = 1_000
SLICES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FinagleBudget:
    """Each request deposits `deposit` of a retry, which is worth something for `ttl_us`; `floor_per_s` come on top.

    Deposits and withdrawals leave the window of `ttl_us`, in ten slices, together with what they did; the floor is
    worth floor_per_s x ttl at any time, less what was withdrawn within the window. Source: twitter/finagle
    RetryBudget.scala, defaults 20 %, 10 a second, 10 s (POLICIES 2).
    """

    deposit: float = 0.2
    floor_per_s: int = 10
    ttl_us: int = 10 * SECOND

    def initial(self) -> State:
        """Return an empty window."""
        return ()

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Deposit for a first attempt, withdraw for a retry."""
        window = SlicedWindow(max(1, self.ttl_us // SLICES), SLICES, 1)
        match event:
            case Asked(retry=False):
                return window.add(state, event.now, (round(self.deposit * PARTS),)), NOTED
            case Asked():
                (balance,) = window.sums(state, event.now)
                if balance + self.floor_per_s * PARTS * self.ttl_us // SECOND < PARTS:
                    return state, Grant(False, 0, "retry budget used up")
                return window.add(state, event.now, (-PARTS,)), Grant(True, PARTS)
            case Returned(retry=True):
                return window.add(state, event.now, (event.cost,)), NOTED
            case Returned() | Ended():
                return state, NOTED
