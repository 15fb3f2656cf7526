"""The throttle of gRPC's retry policy: failures take a token, successes give a part of one (`GrpcThrottle`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State
from policies.retry.failed import Cause

PARTS = 1_000
"""Tokens are kept to three decimals, as the proposal says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcThrottle:
    """Begins with `tokens` of them; a retry is allowed only while strictly more than half of them are there.

    A failure that could be retried, or an answer that forbids to, takes one; a success gives `ratio`. Source:
    grpc/proposal A6-client-retries.md (POLICIES 2). The state is the tokens in thousandths.
    """

    tokens: int = 10
    ratio: float = 0.1

    def initial(self) -> State:
        """Return all tokens."""
        return (self.tokens * PARTS,)

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Count an end, or say whether a retry is allowed."""
        (left,) = state
        full = self.tokens * PARTS
        match event:
            case Asked(retry=True):
                return state, NOTED if 2 * left > full else Grant(False, 0, "retries throttled")
            case Ended(cause=None):
                return (min(full, left + int(self.ratio * PARTS + 0.5)),), NOTED
            case Ended(cause=cause):
                return (left if cause in (Cause.LOCAL, Cause.REJECTED) else max(0, left - PARTS),), NOTED
            case Asked() | Returned():
                return state, NOTED

    def replaced(self, former: "GrpcThrottle", state: State) -> State:
        """Return the state after these parameters take the place of others: the share of tokens stays what it was."""
        return (state[0] * self.tokens // former.tokens,)
