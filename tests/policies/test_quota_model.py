"""A model of the token quota: a jar from which tokens are taken and into which they are put back, one by one."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from policies.budget import Asked, Ended, Returned, TokenQuota
from policies.retry import Cause

CAUSES = st.sampled_from([cause for cause in Cause if cause is not Cause.REJECTED])  # what is not repeated


class Call:
    """One call of a client: what its last retry cost, 0 before it was retried."""

    def __init__(self) -> None:
        self.cost = 0

    @property
    def retried(self) -> bool:
        return self.cost > 0


class QuotaModel(RuleBasedStateMachine):
    """Calls that share one quota, each retried, held back or ended at any time."""

    calls = Bundle("calls")

    @initialize(
        capacity=st.integers(0, 30),
        retry=st.integers(1, 9),
        timeout=st.integers(1, 9),
        throttled=st.integers(1, 9),
        refund=st.integers(0, 3),
    )
    def start(self, capacity, retry, timeout, throttled, refund):
        self.quota = TokenQuota(
            capacity=capacity, retry=retry, timeout_retry=timeout, throttled_retry=throttled, refund=refund
        )
        self.state = self.quota.initial()
        self.prices = {Cause.TIMEOUT: timeout, Cause.THROTTLED: throttled, Cause.TRANSIENT: retry, Cause.LOCAL: retry}
        self.jar = ["token"] * capacity
        self.spent = self.put_back = 0

    def put(self, tokens: int) -> None:
        for _ in range(tokens):
            if len(self.jar) < self.quota.capacity:
                self.jar.append("token")
                self.put_back += 1

    @rule(target=calls)
    def begins(self):
        self.state, grant = self.quota.step(self.state, Asked(0, retry=False))
        assert grant.allowed and grant.cost == 0
        return Call()

    @rule(call=calls, cause=CAUSES)
    def retries(self, call, cause):
        self.state, grant = self.quota.step(self.state, Asked(0, True, cause))
        price = self.prices[cause]
        assert grant.allowed == (len(self.jar) >= price)
        if grant.allowed:
            assert grant.cost == price
            del self.jar[:price]
            self.spent += price
            call.cost = price

    @rule(call=calls, cause=CAUSES)
    def is_held_back(self, call, cause):
        """A retry that was granted and then not sent leaves the quota as it was."""
        before = self.state
        self.state, grant = self.quota.step(self.state, Asked(0, True, cause))
        if grant.allowed:
            self.state, _ = self.quota.step(self.state, Returned(0, True, grant.cost))
        assert self.state == before

    @rule(call=consumes(calls))
    def succeeds(self, call):
        self.state, _ = self.quota.step(self.state, Ended(0, call.retried, call.cost))
        self.put(call.cost if call.retried else self.quota.refund)

    @rule(call=consumes(calls), cause=CAUSES)
    def fails(self, call, cause):
        self.state, _ = self.quota.step(self.state, Ended(0, call.retried, call.cost, cause))

    @invariant()
    def holds_what_is_in_the_jar(self):
        assert self.state == (len(self.jar),)

    @invariant()
    def never_funds_more_than_its_capacity_and_what_came_back(self):
        assert self.spent <= self.quota.capacity + self.put_back


TestAQuotaIsAJarOfTokens = QuotaModel.TestCase
