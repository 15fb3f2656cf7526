"""The limiter slot of a design: how fast a caller sends to one called side, whatever that side says of itself."""

from typing import Annotated, Literal

from pydantic import Field

from policies.aws_adaptive import AwsAdaptive
from policies.throttle import (
    Cycles,
    FixedWindow,
    Gcra,
    LeakyQueue,
    SlidingCounter,
    SlidingWindow,
    Throttle,
    TokenBucket,
)
from twin.model.instant import SECOND
from twin.world.own_code import OwnLimiter
from twin.world.values import Block, Count, Duration, OneOf, PositiveDuration, RatePerTime, sourced


class LearnedLimiter(Block):
    """The partner's published limit, kept by the caller."""

    kind: Literal["learned"]
    from_: Literal["profile"] = Field("profile", alias="from", description="rule: the limits of the landscape's party")


class NoLimiter(Block):
    """Sends whenever there is something to send, and meets the partner's refusals."""

    kind: Literal["none"]


class LimiterBlock(Block):
    """Any limit that the design states itself."""

    def limiter(self) -> Throttle:
        """Return the limit."""
        raise NotImplementedError


class _Rated(LimiterBlock):
    """So many at once, and a rate."""

    rate: RatePerTime
    burst: Count = sourced(1, "rule: nothing is saved up")

    @property
    def _per(self) -> tuple[int, int]:
        """The rate as units per microseconds."""
        per_us = self.rate.exact / SECOND
        return per_us.numerator, per_us.denominator


class BucketLimiter(_Rated):
    """`burst` at once, then `rate`; a leaky bucket that is a meter is the same arithmetic."""

    kind: Literal["token_bucket", "leaky_bucket"]

    def limiter(self) -> Throttle:
        """Return the bucket."""
        return TokenBucket(*self._per, self.burst, self.kind)


class GcraLimiter(_Rated):
    """The same as a token bucket, in one number."""

    kind: Literal["gcra"]

    def limiter(self) -> Throttle:
        """Return the algorithm."""
        return Gcra(*self._per, self.burst)


class QueueLimiter(LimiterBlock):
    """A leaky bucket that is a queue: calls start at an even rate, and at most `depth` wait."""

    kind: Literal["leaky_queue"]
    rate: RatePerTime
    depth: Count

    def limiter(self) -> Throttle:
        """Return the queue."""
        per_us = self.rate.exact / SECOND
        return LeakyQueue(per_us.numerator, per_us.denominator, self.depth)


class WindowLimiter(LimiterBlock):
    """`limit` in each window on a grid, in any window, or in any window approximately."""

    kind: Literal["fixed_window", "sliding_window", "sliding_counter"]
    limit: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    window: PositiveDuration

    def limiter(self) -> Throttle:
        """Return the window."""
        if self.kind == "fixed_window":
            return FixedWindow(self.limit, self.window)
        return (SlidingWindow if self.kind == "sliding_window" else SlidingCounter)(self.limit, self.window)


class CyclesLimiter(LimiterBlock):
    """resilience4j: `limit` permits a cycle, those of later cycles taken in advance within `wait_at_most`."""

    kind: Literal["cycles"]
    limit: Count
    period: PositiveDuration
    wait_at_most: Duration = sourced("5s", "resilience4j")

    def limiter(self) -> Throttle:
        """Return the cycles."""
        return Cycles(self.limit, self.period, self.wait_at_most)


class AwsAdaptiveLimiter(LimiterBlock):
    """The AWS SDKs' adaptive mode: no limit until the called side refuses, then a rate that follows its answers."""

    kind: Literal["aws_adaptive"]

    def limiter(self) -> Throttle:
        """Return the search for the rate."""
        return AwsAdaptive()


Limiter = Annotated[
    LearnedLimiter
    | NoLimiter
    | BucketLimiter
    | GcraLimiter
    | QueueLimiter
    | WindowLimiter
    | CyclesLimiter
    | AwsAdaptiveLimiter
    | OwnLimiter,
    OneOf("limiter", marks=("use",), short=OwnLimiter.standing_for),
]
