"""A quota of tokens that failures use up and successes give back, as the AWS SDKs keep it (`TokenQuota`)."""

from dataclasses import dataclass

from policies.budget.grant import NOTED, Asked, Ended, Event, Grant, Returned, State
from policies.retry.failed import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenQuota:
    """`capacity` tokens; a retry costs `retry` of them, `timeout_retry` after a timeout, `throttled_retry` after a 429.

    A success of a call that was never retried gives `refund` back, one of a call that was retried the cost of its
    *last* retry; every other end gives nothing. A refund is credited up to the capacity (POLICIES 2; boto/botocore
    botocore/retries/quota.py; P-6). The state is the tokens that are left.
    """

    capacity: int = 500
    retry: int = 5
    timeout_retry: int = 10
    throttled_retry: int = 5
    refund: int = 1
    long_poll_waits: bool = False
    """Whether a long poll still waits for its turn before it fails for want of tokens (standard mode 2.1)."""

    def initial(self) -> State:
        """Return a full quota."""
        return (self.capacity,)

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Take the cost of a retry, or give a refund."""
        (tokens,) = state
        match event:
            case Asked(retry=False):
                return state, NOTED
            case Asked():
                cost = self._cost(event.cause)
                if cost > tokens:
                    return state, Grant(False, 0, "retry quota reached")
                return (tokens - cost,), Grant(True, cost)
            case Returned():
                return self._credited(tokens, event.cost), NOTED
            case Ended(cause=None):
                return self._credited(tokens, event.cost if event.retry else self.refund), NOTED
            case Ended():
                return state, NOTED

    def _cost(self, cause: Cause) -> int:
        if cause is Cause.TIMEOUT:
            return self.timeout_retry
        return self.throttled_retry if cause is Cause.THROTTLED else self.retry

    def _credited(self, tokens: int, refund: int) -> State:
        return (min(self.capacity, tokens + refund),)
