"""The budget slot of a design: what a caller's retries may cost the called side, over all of its calls."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies import budget, presets
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Block, Count, Factor, OneOf, PositiveDuration, Quantity, Share, sourced


class BudgetBlock(PolicyBlock):
    """Any budget."""

    def budget(self) -> budget.Budget:
        """Return the budget."""
        made = self.made()
        assert isinstance(made, budget.Budget)
        return made


class NoBudget(Block):
    """Retries cost nothing."""

    kind: Literal["none"]


class QuotaBudget(BudgetBlock):
    """Tokens that retries use up and successes give back; timeouts and refusals may cost more or less than others."""

    makes: ClassVar[type] = budget.TokenQuota
    kind: Literal["quota"]
    capacity: Count = sourced(500, "AWS SDKs, standard mode 2.0")
    retry: Count = sourced(5, "AWS SDKs, standard mode 2.0")
    timeout_retry: Count = sourced(10, "AWS SDKs, standard mode 2.0")
    throttled_retry: Count = sourced(5, "AWS SDKs, standard mode 2.0")
    refund: Quantity = sourced(1, "AWS SDKs: for a success that needed no retry; else the cost of the last one")


class RatioBudget(BudgetBlock):
    """A share of a retry for each new call, at most `capacity` saved up."""

    makes: ClassVar[type] = budget.RatioBudget
    kind: Literal["ratio"]
    deposit: Share
    capacity: Count = sourced(10, "assumed")
    start: Literal["full", "empty"] = sourced("full", "rule: a process that starts may retry")


class GoogleBudget(BudgetBlock):
    """The caller refuses its own attempts in proportion to those that were not accepted in the last `window`."""

    makes: ClassVar[type] = budget.AdaptiveThrottling
    kind: Literal["google"]
    k: Factor = sourced(2.0, "Site Reliability Engineering, Handling overload")
    window: PositiveDuration = sourced("2m", "Site Reliability Engineering, Handling overload")
    slices: Annotated[int, Field(strict=True, ge=1, le=1_000)] = sourced(60, "assumed: slices the window moves on by")


_BLOCKS = (QuotaBudget, RatioBudget, GoogleBudget)

Budget = Annotated[
    NoBudget | QuotaBudget | RatioBudget | GoogleBudget,
    OneOf("budget", presets=written_out(presets.BUDGET, _BLOCKS)),
]
