"""The hedge slot of a design: when a copy of an attempt goes out beside it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies import hedge
from twin.world.own_code import OwnHedge
from twin.world.policy_block import PolicyBlock
from twin.world.values import Block, OneOf, PositiveDuration, sourced


class NoHedge(Block):
    """One copy of every attempt."""

    kind: Literal["none"]


class FixedHedge(PolicyBlock):
    """One more copy every `after` without an answer, until there are `copies` in all; the first good answer counts."""

    makes: ClassVar[type] = hedge.Hedge
    kind: Literal["after"]
    after: PositiveDuration
    copies: Annotated[int, Field(strict=True, ge=2, le=hedge.COPIES_MAX)] = sourced(
        2, "The Tail at Scale (2013): one copy; gRPC A6: at most 5 in all"
    )

    def hedge(self) -> hedge.Hedging:
        """Return the rule."""
        made = self.made()
        assert isinstance(made, hedge.Hedging)
        return made


Hedge = Annotated[NoHedge | FixedHedge | OwnHedge, OneOf("hedge", marks=("use",), short=OwnHedge.standing_for)]
