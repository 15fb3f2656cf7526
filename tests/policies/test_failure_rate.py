"""The budget that ends retries while too many attempts fail."""

from policies.budget import Asked, Ended, FailureRate
from policies.retry import Cause


def test_a_retry_passes_while_failures_are_at_most_the_share_of_calls():
    """Both are counted over the life of the process; the failure that asks for the retry counts (VALIDATION C2)."""
    budget = FailureRate(at_most=0.25)
    state = budget.initial()
    granted = []
    for failed in (False, True, False, True, False, False, False, True):
        state, _ = budget.step(state, Asked(0, retry=False))
        state, _ = budget.step(state, Ended(0, retry=False, cost=0, cause=Cause.TRANSIENT if failed else None))
        if failed:
            state, grant = budget.step(state, Asked(0, retry=True))
            granted.append(grant.allowed)
    assert granted == [False, False, False]
    for _ in range(4):
        state, _ = budget.step(state, Asked(0, retry=False))
    assert budget.step(state, Asked(0, retry=True))[1].allowed, "3 failures in 12 calls"
