"""The retry slot of a design: how long the caller waits between the attempts of one call, and how many there are."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, Strict, model_validator

from policies import presets
from policies.retry import Retry as Ladder
from policies.retry import RetryRule
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Count, Duration, OneOf, PositiveDuration, rule, sourced


class RetryBlock(PolicyBlock):
    """Any retry rule."""

    def rule(self) -> RetryRule:
        """Return the rule."""
        made = self.made()
        assert isinstance(made, RetryRule)
        return made


class NoRetry(RetryBlock):
    """One attempt."""

    makes: ClassVar[type] = Ladder
    kind: Literal["none"]


class FixedRetry(RetryBlock):
    """The same wait before every further attempt."""

    makes: ClassVar[type] = Ladder
    kind: Literal["fixed"]
    attempts: Count
    base: Duration
    jitter: Literal["none", "full", "equal"] = sourced("none", "rule: a fixed wait is fixed")


class LinearRetry(RetryBlock):
    """A wait of `base` more before every further attempt, at most `cap`."""

    makes: ClassVar[type] = Ladder
    kind: Literal["linear"]
    attempts: Count
    base: PositiveDuration
    cap: PositiveDuration = sourced("20s", "the cap of the AWS SDKs' standard mode")
    jitter: Literal["none", "full", "equal"] = sourced("full", "AWS architecture blog: full jitter spreads best")


class ExponentialRetry(RetryBlock):
    """A wait of `base` x 2^n, at most `cap`; n is `first_exponent` at the first retry."""

    makes: ClassVar[type] = Ladder
    kind: Literal["exponential"]
    attempts: Count = sourced(4, "assumed: three retries")
    base: PositiveDuration = sourced("100ms", "assumed")
    cap: PositiveDuration = sourced("20s", "the cap of the AWS SDKs' standard mode")
    jitter: Literal["none", "full", "equal", "decorrelated"] = sourced(
        "full", "AWS architecture blog: full jitter spreads best"
    )
    first_exponent: Annotated[int, Strict(), Field(ge=0, le=30)] = sourced(0, "as AWS SDK, gRPC, Polly, resilience4j")

    @model_validator(mode="after")
    def _cap_above_base(self) -> Self:
        if self.cap < self.base:
            raise rule("must not be shorter than base", at="cap")
        return self


_BLOCKS = (NoRetry, FixedRetry, LinearRetry, ExponentialRetry)

Retry = Annotated[
    NoRetry | FixedRetry | LinearRetry | ExponentialRetry,
    OneOf("retry", presets=written_out(presets.RETRY, _BLOCKS)),
]
