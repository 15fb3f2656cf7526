"""The breaker slot of a design: when a called side is left alone, for how long, and how it is tried again."""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from policies import breaker, presets
from twin.world.own_code import OwnBreaker
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Block, Count, Duration, OneOf, PositiveDuration, Share, rule, sourced

SLICES_MAX: Final = 3_600
"""Slices of a window of time; each costs memory and time at every call."""


class BreakerBlock(PolicyBlock):
    """Any breaker."""

    def breaker(self) -> breaker.Breaker:
        """Return the breaker."""
        made = self.made()
        assert isinstance(made, breaker.Breaker)
        return made


class NoBreaker(Block):
    """A called side is called whatever it answers."""

    kind: Literal["none"]


class _Windowed(BreakerBlock):
    """What breakers on a window of calls and of time have in common."""

    makes: ClassVar[type] = breaker.WindowBreaker
    minimum: Count = sourced(100, "resilience4j: so many calls before a rate counts; of a window of calls, all of it")
    failures: Share = sourced("50%", "resilience4j")
    slow: Share = sourced("100%", "resilience4j")
    slow_after: PositiveDuration = sourced("60s", "resilience4j")
    open_for: PositiveDuration = sourced("60s", "resilience4j")
    growth: Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False)] = sourced(
        1.0, "rule: every opening lasts as long as the first"
    )
    open_for_at_most: PositiveDuration = sourced("1h", "assumed")
    probes: Count = sourced(3, "assumed")
    half_open_at_most: Duration = sourced("60s", "rule: a probe that never returns must not hold it; 0s is for ever")
    boundary: Literal["inclusive", "exclusive"] = sourced("inclusive", "rule: the deadline itself is late enough")
    stale: Literal["dropped", "counted"] = sourced(
        "dropped", "rule: what was begun before a move says nothing after it"
    )
    evaluates: Literal["every", "failed"] = sourced(
        "every", "resilience4j: the rates are looked at after every outcome"
    )


class CountBreaker(_Windowed):
    """Opens on the share of failed or slow calls among the last `window` calls."""

    kind: Literal["count"]
    window: Count = sourced(100, "resilience4j")


class TimeBreaker(_Windowed):
    """Opens on the share of failed or slow calls in the last `window`, which moves on by a `slice` at a time."""

    kind: Literal["time"]
    window: PositiveDuration = sourced("60s", "assumed: ten times the longest answer that is still useful")
    slice_ticks: PositiveDuration = Field(
        default="1s", alias="slice", validate_default=True, description="resilience4j: one-second slices"
    )

    @model_validator(mode="after")
    def _whole_slices(self) -> Self:
        if self.window % self.slice_ticks or self.window // self.slice_ticks > SLICES_MAX:
            raise rule(f"must be a whole number of slices, at most {SLICES_MAX}", at="window")
        return self


class PollyBreaker(BreakerBlock):
    """Polly v8: failures alone trip it, one probe, and what is no failure closes it."""

    makes: ClassVar[type] = breaker.PollyBreaker
    kind: Literal["polly"]
    failures: Share = sourced("10%", "Polly 8")
    minimum: Annotated[int, Field(strict=True, ge=2)] = sourced(100, "Polly 8")
    sampling: PositiveDuration = sourced("30s", "Polly 8")
    open_for: PositiveDuration = sourced("5s", "Polly 8")
    growth: Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False)] = sourced(1.0, "Polly 8: no generator")


_BLOCKS = (CountBreaker, TimeBreaker, PollyBreaker)

Breaker = Annotated[
    NoBreaker | CountBreaker | TimeBreaker | PollyBreaker | OwnBreaker,
    OneOf("breaker", presets=written_out(presets.BREAKER, _BLOCKS), marks=("use",), short=OwnBreaker.standing_for),
]
