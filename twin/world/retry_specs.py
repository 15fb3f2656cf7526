"""The retry slot of a design: how long the caller waits between the attempts of one call, and how many there are."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, Strict, model_validator

from policies import presets
from policies import retry as policy
from policies.retry import Retry as Ladder
from policies.retry import RetryRule
from twin.world.own_code import OwnRetry
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Count, Duration, Factor, Flag, OneOf, PositiveDuration, Share, rule, sourced


class RetryBlock(PolicyBlock):
    """Any retry rule."""

    def rule(self) -> RetryRule:
        """Return the rule."""
        made = self.made()
        assert isinstance(made, RetryRule)
        return made


class _Ladder(RetryBlock):
    """What waits that follow a ladder have in common."""

    makes: ClassVar[type] = Ladder
    asked: Literal["obeyed", "ignored"] = sourced("obeyed", "rule: no attempt before the wait that was asked for")


class NoRetry(RetryBlock):
    """One attempt."""

    makes: ClassVar[type] = Ladder
    kind: Literal["none"]


class FixedRetry(_Ladder):
    """The same wait before every further attempt."""

    kind: Literal["fixed"]
    attempts: Count
    base: Duration
    jitter: Literal["none", "full", "equal"] = sourced("none", "rule: a fixed wait is fixed")


class LinearRetry(_Ladder):
    """A wait of `base` more before every further attempt, at most `cap`."""

    kind: Literal["linear"]
    attempts: Count
    base: PositiveDuration
    cap: PositiveDuration = sourced("20s", "the cap of the AWS SDKs' standard mode")
    jitter: Literal["none", "full", "equal"] = sourced("full", "AWS architecture blog: full jitter spreads best")


class ExponentialRetry(_Ladder):
    """A wait of `base` x 2^n, at most `cap`; n is `first_exponent` at the first retry."""

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


class AwsRetry(RetryBlock):
    """The AWS SDKs' standard mode 2.1: another base after a refusal for a limit's sake; mode 2.0 is `exponential`."""

    makes: ClassVar[type] = policy.AwsRetry
    kind: Literal["aws"]
    attempts: Count = sourced(3, "AWS SDKs, standard mode 2.1")
    base: PositiveDuration = sourced("50ms", "AWS SDKs, standard mode 2.1")
    throttled_base: PositiveDuration = sourced("1s", "AWS SDKs, standard mode 2.1")
    cap: PositiveDuration = sourced("20s", "AWS SDKs, standard mode 2.1")


class GrpcRetry(RetryBlock):
    """gRPC's retry policy; more than 5 attempts are 5."""

    makes: ClassVar[type] = policy.GrpcRetry
    kind: Literal["grpc"]
    attempts: Annotated[int, Strict(), Field(ge=1, le=5)] = sourced(4, "gRPC A6: its example")
    initial: PositiveDuration = sourced("100ms", "gRPC A6: its example")
    multiplier: Factor = sourced(2.0, "gRPC A6: its example")
    max: PositiveDuration = sourced("1s", "gRPC A6: its example")


class PollyRetry(RetryBlock):
    """Polly v8."""

    makes: ClassVar[type] = policy.PollyRetry
    kind: Literal["polly"]
    backoff: Literal["constant", "linear", "exponential"] = sourced("constant", "Polly 8")
    attempts: Count = sourced(4, "Polly 8: three retries")
    base: PositiveDuration = sourced("2s", "Polly 8")
    cap: PositiveDuration = sourced("1d", "assumed: Polly 8 has none")
    jitter: Flag = sourced(False, "Polly 8")


class Resilience4jRetry(RetryBlock):
    """resilience4j's interval functions: `randomisation` of the wait to both sides, in whole milliseconds."""

    makes: ClassVar[type] = policy.Resilience4jRetry
    kind: Literal["resilience4j"]
    attempts: Count = sourced(3, "resilience4j")
    base: PositiveDuration = sourced("500ms", "resilience4j")
    multiplier: Factor = sourced(1.0, "resilience4j: the same wait again")
    randomisation: Share = sourced("0%", "resilience4j")
    cap: PositiveDuration = sourced("1d", "assumed: resilience4j has none")


_BLOCKS = (NoRetry, FixedRetry, LinearRetry, ExponentialRetry, AwsRetry, GrpcRetry, PollyRetry, Resilience4jRetry)

Retry = Annotated[
    NoRetry
    | FixedRetry
    | LinearRetry
    | ExponentialRetry
    | AwsRetry
    | GrpcRetry
    | PollyRetry
    | Resilience4jRetry
    | OwnRetry,
    OneOf("retry", presets=written_out(presets.RETRY, _BLOCKS), marks=("use",), short=OwnRetry.standing_for),
]
