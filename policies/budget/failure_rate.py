"""Retries only while few attempts fail: a lifetime share of failures above the bound ends them (`FailureRate`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, State
from policies.retry.failed import Cause

PARTS = 1_000_000
"""The bound is kept in millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRate:
    """Grants retries while failed attempts <= `at_most` x calls, both counted since the process started.

    It opens like a breaker and takes no new calls away; nothing is forgotten, so a bad start lasts (VALIDATION C2). The
    state is the calls and the failed attempts.
    """

    at_most: float = 0.1

    def initial(self) -> State:
        """Return no calls and no failures."""
        return 0, 0

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Count a call or a failure, or rule on a retry."""
        calls, failures = state
        match event:
            case Asked(retry=False):
                return (calls + 1, failures), NOTED
            case Asked():
                if failures * PARTS > round(self.at_most * PARTS) * calls:
                    return state, Grant(False, 0, "too many attempts fail")
                return state, Grant(True)
            case Ended(cause=None | Cause.LOCAL | Cause.REJECTED):
                return state, NOTED
            case Ended():
                return (calls, failures + 1), NOTED
            case _:
                return state, NOTED
