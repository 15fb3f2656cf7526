"""The concurrency slot of a design: how many attempts a caller has under way at one called side."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from policies import in_flight, presets
from twin.world.own_code import OwnConcurrency
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Block, Count, Identifier, OneOf, Quantity, Share, rule, sourced


class ConcurrencyBlock(PolicyBlock):
    """Any limit on attempts under way."""

    partitions: Mapping[Identifier, Share] = sourced({}, "rule: all operations share it as they come")

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if sum(self.partitions.values()) > 1 + 1e-9:
            raise rule("the shares of operations must not exceed 100 % together", at="partitions", whole=True)
        return self

    def in_flight(self) -> in_flight.InFlight:
        """Return the limit."""
        made = self.made()
        assert isinstance(made, in_flight.Shareable)
        return in_flight.Partitioned(limit=made, shares=self.partitions) if self.partitions else made


class NoConcurrency(Block):
    """As many attempts under way as there is something to send."""

    kind: Literal["none"]


class FixedConcurrency(ConcurrencyBlock):
    """At most `limit`: a bulkhead."""

    makes: ClassVar[type] = in_flight.Bulkhead
    kind: Literal["fixed"]
    limit: Count = sourced(25, "resilience4j")


class _Adaptive(ConcurrencyBlock):
    """A limit that moves with what is measured."""

    start: Count = sourced(20, "Netflix concurrency-limits")
    at_least: Count = sourced(1, "rule: something must get through")
    at_most: Count = sourced(1_000, "Netflix concurrency-limits")


class VegasConcurrency(_Adaptive):
    """One more while the queue that is estimated from the times is short, one less when it is long."""

    makes: ClassVar[type] = in_flight.Vegas
    kind: Literal["vegas"]
    alpha: Quantity = sourced(3, "Netflix concurrency-limits")
    beta: Quantity = sourced(6, "Netflix concurrency-limits")
    probe_every: Count = sourced(30, "Netflix concurrency-limits: so many limits' worth of attempts")


class GradientConcurrency(_Adaptive):
    """Down as the times rise above their long mean, up by `queue` otherwise."""

    makes: ClassVar[type] = in_flight.Gradient2
    kind: Literal["gradient2"]
    queue: Quantity = sourced(4, "Netflix concurrency-limits")
    tolerance: Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False)] = sourced(
        1.5, "Netflix concurrency-limits"
    )
    smoothing: Share = sourced("20%", "Netflix concurrency-limits")
    memory: Count = sourced(600, "Netflix concurrency-limits")


class AimdConcurrency(_Adaptive):
    """One more after a success, a share less after a timeout or a refusal."""

    makes: ClassVar[type] = in_flight.Aimd
    kind: Literal["aimd"]
    backoff: Share = sourced("90%", "Netflix concurrency-limits")


_BLOCKS = (FixedConcurrency, VegasConcurrency, GradientConcurrency, AimdConcurrency)

Concurrency = Annotated[
    NoConcurrency | FixedConcurrency | VegasConcurrency | GradientConcurrency | AimdConcurrency | OwnConcurrency,
    OneOf(
        "concurrency",
        presets=written_out(presets.CONCURRENCY, _BLOCKS),
        marks=("use",),
        short=OwnConcurrency.standing_for,
    ),
]
