"""The blocks of a demand that say how many buyers cancel, change or send back what they ordered, and how much later."""

from collections.abc import Mapping
from typing import Self

from pydantic import PrivateAttr, ValidationInfo, model_validator

from twin.world.law_specs import Delay
from twin.world.values import Block, Identifier, Share, Surroundings, rule, sourced


class SecondThoughts(Block):
    """A share of the orders, by number or by a figure of demand.yaml, and how long after the order it happens."""

    share: Share | None = sourced(None, "rule: from the figure")
    figure: Identifier | None = sourced(None, "rule: the share is stated")
    delay: Delay
    _looked_up: float = PrivateAttr(0.0)

    @property
    def part(self) -> float:
        """The share of the orders, 0 to 1."""
        return self._looked_up if self.share is None else self.share

    @model_validator(mode="after")
    def _one_share(self, info: ValidationInfo) -> Self:
        if (self.share is None) == (self.figure is None):
            raise rule("takes share or figure, one of them", whole=True)
        surroundings: Surroundings | None = info.context
        if self.figure is not None and surroundings is not None:
            entry = surroundings.figure(self.figure)
            if entry is None:
                near = surroundings.near("figure", self.figure)
                raise rule(f"no such figure {self.figure!r}{near}", at="figure", whole=True)
            value = entry.get("value")
            if isinstance(value, Mapping) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise rule(f"figure {self.figure!r} is no share", at="figure", whole=True)
            self._looked_up = float(value)
        return self


class Returns(SecondThoughts):
    """Orders that come back whole, `delay` after they were delivered; `unannounced` of them without asking first."""

    unannounced: Share = sourced("0%", "rule: a buyer asks first unless it is said")
