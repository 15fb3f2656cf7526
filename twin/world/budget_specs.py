"""The budget slot of a design: what a caller's retries may cost the called side, over all of its calls."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies import budget, presets
from twin.world.own_code import OwnBudget
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Block, Count, Factor, Flag, OneOf, PositiveDuration, Quantity, Share, sourced


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
    long_poll_waits: Flag = sourced(False, "AWS SDKs, standard mode 2.0; in 2.1 a long poll waits before it fails")


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


class GrpcBudget(BudgetBlock):
    """Retries only while more than half of the tokens are there: a failure takes one, a success gives `ratio`."""

    makes: ClassVar[type] = budget.GrpcThrottle
    kind: Literal["grpc"]
    tokens: Annotated[int, Field(strict=True, ge=1, le=1_000)] = sourced(10, "gRPC A6: its example")
    ratio: Factor = sourced(0.1, "gRPC A6: its example")


class EnvoyBudget(BudgetBlock):
    """Retries in flight are at most a share of the requests in flight, or `minimum`."""

    makes: ClassVar[type] = budget.EnvoyBudget
    kind: Literal["envoy"]
    share: Share = sourced("20%", "Envoy")
    minimum: Quantity = sourced(3, "Envoy")


class FinagleBudget(BudgetBlock):
    """A share of the requests of the last `ttl`, and a floor a second."""

    makes: ClassVar[type] = budget.FinagleBudget
    kind: Literal["finagle"]
    deposit: Share = sourced("20%", "Finagle")
    floor_per_s: Quantity = sourced(10, "Finagle")
    ttl: PositiveDuration = sourced("10s", "Finagle")


class WindowBudget(BudgetBlock):
    """Retries are at most a share of the requests of a sliding window."""

    makes: ClassVar[type] = budget.WindowBudget
    kind: Literal["microsoft"]
    share: Share = sourced("10%", "assumed")
    window: PositiveDuration = sourced("30s", "assumed")
    minimum: Quantity = sourced(10, "assumed: below so many requests everything is allowed")


class AdmissionBudget(BudgetBlock):
    """The caller refuses its own attempts as the success rate of the last `window` falls below `threshold`."""

    makes: ClassVar[type] = budget.AdmissionControl
    kind: Literal["admission"]
    threshold: Annotated[Share, Field(gt=0)] = sourced("95%", "Envoy")
    aggression: Factor = sourced(1.0, "Envoy")
    window: PositiveDuration = sourced("30s", "Envoy")
    floor_per_s: Quantity = sourced(0, "Envoy")
    refused_at_most: Share = sourced("80%", "Envoy")


class FailureRateBudget(BudgetBlock):
    """Retries stop while more than this share of all attempts so far, per call, have failed."""

    makes: ClassVar[type] = budget.FailureRate
    kind: Literal["failure_rate"]
    at_most: Share = sourced("10%", "mbrooker/simulator_example retry_sim, the breaker of 10 %")


_BLOCKS = (
    QuotaBudget,
    RatioBudget,
    GoogleBudget,
    GrpcBudget,
    EnvoyBudget,
    FinagleBudget,
    WindowBudget,
    AdmissionBudget,
    FailureRateBudget,
)

Budget = Annotated[
    NoBudget
    | QuotaBudget
    | RatioBudget
    | GoogleBudget
    | GrpcBudget
    | EnvoyBudget
    | FinagleBudget
    | WindowBudget
    | AdmissionBudget
    | FailureRateBudget
    | OwnBudget,
    OneOf("budget", presets=written_out(presets.BUDGET, _BLOCKS), marks=("use",), short=OwnBudget.standing_for),
]
