"""Token bucket: so many at once, then so many a second (`TokenBucket`)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State
from twin.errors import UsageError
from twin.model.instant import SECOND


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """`burst` at once, then `units` per `ticks`; a leaky bucket and a bucket of points are the same arithmetic.

    In every interval at most burst + rate * length is admitted. The state is the level times `ticks`, and its time.
    """

    units: int
    ticks: int
    burst: int
    kind: Literal["token_bucket", "leaky_bucket", "cost_bucket"] = "token_bucket"

    def initial(self) -> State:
        """Return a full bucket at time 0."""
        return self.burst * self.ticks, 0

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Take `cost` tokens, if the bucket has them."""
        full = self.burst * self.ticks
        level = state[0] + self.units * (now - state[1])
        if level > full:
            level = full
        wanted = cost * self.ticks
        if wanted <= level:
            return Admission((level - wanted, now), True)
        if wanted > full:
            return Admission((level, now), False, NEVER)
        return Admission((level, now), False, -(-(wanted - level) // self.units))


def token_bucket(
    rate_per_s: Fraction | int,
    burst: int,
    kind: Literal["token_bucket", "leaky_bucket", "cost_bucket"] = "token_bucket",
) -> TokenBucket:
    """Return a bucket that runs in microseconds; raises UsageError when the rate is not above 0.

    >>> token_bucket(Fraction("0.5"), 3)
    TokenBucket(units=1, ticks=2000000, burst=3, kind='token_bucket')
    """
    per_tick = Fraction(rate_per_s) / SECOND
    if per_tick <= 0:
        raise UsageError(f"a rate is above 0 (rate_per_s={rate_per_s})")
    return TokenBucket(per_tick.numerator, per_tick.denominator, burst, kind)
