"""A model of the token bucket, and of its one-number form: exact fractions, refilled tick by tick."""

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from policies.throttle import NEVER, Gcra, TokenBucket


class BucketModel(RuleBasedStateMachine):
    """Requests of any cost at any time, put to both forms and to the model."""

    @initialize(units=st.integers(1, 7), ticks=st.integers(1, 12), burst=st.integers(1, 6))
    def start(self, units, ticks, burst):
        self.rate, self.burst = Fraction(units, ticks), burst
        self.bucket, self.cells = TokenBucket(units, ticks, burst), Gcra(units, ticks, burst)
        self.bucket_state, self.cells_state = self.bucket.initial(), self.cells.initial()
        self.now, self.level = 0, Fraction(burst)
        self.admitted: list[tuple[int, int]] = []

    def filled(self, level: Fraction) -> Fraction:
        """Return the level one tick later."""
        return min(Fraction(self.burst), level + self.rate)

    def wait_for(self, cost: int) -> int:
        """Count the ticks until the level suffices."""
        if cost > self.burst:
            return NEVER
        level, ticks = self.level, 0
        while level < cost:
            level, ticks = self.filled(level), ticks + 1
        return ticks

    @rule(ticks=st.integers(1, 30))
    def waits(self, ticks):
        self.now += ticks
        for _ in range(ticks):
            self.level = self.filled(self.level)

    @rule(cost=st.integers(1, 7))
    def asks(self, cost):
        self.bucket_state, *answer = self.bucket.admit(self.bucket_state, self.now, cost)
        self.cells_state, *same = self.cells.admit(self.cells_state, self.now, cost)
        wait = self.wait_for(cost)
        assert answer == same == [wait == 0, wait]
        if wait == 0:
            self.level -= cost
            self.admitted.append((self.now, cost))

    @invariant()
    def no_interval_admits_more_than_the_burst_and_the_rate(self):
        """Of the intervals that end with the last request that passed; the others were looked at before."""
        passed = 0
        for at, cost in reversed(self.admitted):
            passed += cost
            assert passed <= self.burst + self.rate * (self.admitted[-1][0] - at)


TestABucketIsALevelThatRises = BucketModel.TestCase
