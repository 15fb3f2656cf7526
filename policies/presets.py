"""Published settings by name and version, each with its source: what `{preset: name}` in a scenario stands for.

A name carries the version whose defaults it holds. Where a product's own default is something else than a reader would
think, the name says which mode is meant: boto3's default mode is still `legacy`, so there is no preset "aws".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policies.breaker import WindowBreaker
from policies.budget import AdaptiveThrottling, RatioBudget, TokenQuota
from policies.retry import Retry
from twin.model.instant import SECOND


@dataclass(frozen=True, slots=True)
class Preset:
    """A policy as somebody published it."""

    policy: object
    source: str


RETRY: Mapping[str, Preset] = {
    "aws-standard-2.0": Preset(
        Retry(attempts=3, base_us=SECOND, cap_us=20 * SECOND),
        "boto/botocore botocore/retries/standard.py, mode standard; budget: the preset of the same name",
    ),
}
"""Retry rules."""

BUDGET: Mapping[str, Preset] = {
    "aws-standard-2.0": Preset(TokenQuota(), "boto/botocore botocore/retries/quota.py, 500 tokens, 5 and 10 a retry"),
    "google-sre-2016": Preset(
        AdaptiveThrottling(), "Site Reliability Engineering (2016), Handling overload: K 2, 2 min"
    ),
    "ten-percent": Preset(RatioBudget(), "the usual 10 % of new calls, at most 10 saved up (assumed)"),
}
"""Budgets."""

BREAKER: Mapping[str, Preset] = {
    "resilience4j-2": Preset(
        WindowBreaker(probes=10, half_open_at_most=0, boundary="exclusive", stale="counted"),
        "resilience4j/resilience4j CircuitBreakerConfig.java: 50 % of 100 calls, 60 s open, 10 probes for ever",
    ),
}
"""Breakers."""
