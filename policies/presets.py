"""Published settings by name and version, each with its source: what `{preset: name}` in a scenario stands for.

A name carries the version whose defaults it holds. Where a product's own default is something else than a reader would
think, the name says which mode is meant: boto3's default mode is still `legacy`, so there is no preset "aws". Published
figures that a scenario cannot hold have no preset either: resilience4j's limiter counts 500 nanoseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policies import budget, retry
from policies.breaker import PollyBreaker, WindowBreaker
from policies.ejection import OutlierEjection
from policies.in_flight import Bulkhead
from policies.key_contract import KeyContract
from twin.model.instant import DAY, MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Preset:
    """A policy as somebody published it."""

    policy: object
    source: str


RETRY: Mapping[str, Preset] = {
    "aws-standard-2.0": Preset(
        retry.Retry(attempts=3, base_us=SECOND, cap_us=20 * SECOND, asked="ignored"),
        "boto/botocore botocore/retries/standard.py, mode standard, no Retry-After; its quota is the budget so named",
    ),
    "aws-standard-2.1": Preset(
        retry.AwsRetry(),
        "boto/botocore botocore/retries/standard.py with AWS_NEW_RETRIES_2026: 50 ms, throttled 1 s",
    ),
    "aws-standard-2.1-dynamodb": Preset(
        retry.AwsRetry(attempts=4, base_us=25_000), "the same, for DynamoDB and its streams: 4 attempts, 25 ms"
    ),
    "aws-blog-decorrelated-2015": Preset(
        retry.Retry(
            attempts=10, base_us=5_000, cap_us=2 * SECOND, jitter="decorrelated", first_exponent=1, asked="ignored"
        ),
        "aws-samples/aws-arch-backoff-simulator: 5 ms, 2 s; attempts assumed, there they have no end",
    ),
    "grpc-a6": Preset(
        retry.GrpcRetry(), "grpc/proposal A6-client-retries.md: its example, 4 attempts, 0.1 s, 1 s, times 2"
    ),
    "polly-8": Preset(retry.PollyRetry(), "App-vNext/Polly RetryStrategyOptions: 3 retries, constant, 2 s, no jitter"),
    "polly-8-exponential": Preset(
        retry.PollyRetry(backoff="exponential", jitter=True), "the same, exponential with jitter"
    ),
    "resilience4j-2": Preset(retry.Resilience4jRetry(), "resilience4j/resilience4j RetryConfig.java: 3 times, 500 ms"),
    "resilience4j-2-random": Preset(
        retry.Resilience4jRetry(multiplier=1.5, randomisation=0.5),
        "resilience4j/resilience4j IntervalFunction.java, exponential and randomised: times 1.5, a half to both sides",
    ),
}
"""Retry rules."""

BUDGET: Mapping[str, Preset] = {
    "aws-standard-2.0": Preset(
        budget.TokenQuota(), "boto/botocore botocore/retries/quota.py: 500 tokens, 5 a retry, 10 after a timeout"
    ),
    "aws-standard-2.1": Preset(
        budget.TokenQuota(retry=14, timeout_retry=14, long_poll_waits=True),
        "the same with AWS_NEW_RETRIES_2026: 14 a retry, throttled 5; a long poll waits before it fails",
    ),
    "envoy-1": Preset(
        budget.EnvoyBudget(), "envoyproxy/envoy resource_manager_impl.h: 20 % of what is in flight, at least 3"
    ),
    "envoy-admission-1": Preset(
        budget.AdmissionControl(window_us=2 * MINUTE, floor_per_s=5),
        "envoyproxy/envoy, admission control filter: its example, 120 s, 95 %, 5/s, at most 80 %",
    ),
    "finagle-1": Preset(budget.FinagleBudget(), "twitter/finagle RetryBudget.scala: 20 %, 10 a second, 10 s"),
    "google-sre-2016": Preset(
        budget.AdaptiveThrottling(), "Site Reliability Engineering (2016), Handling overload: K = 2, 2 minutes"
    ),
    "grpc-a6": Preset(budget.GrpcThrottle(), "grpc/proposal A6-client-retries.md: its example, 10 tokens, ratio 0.1"),
}
"""Budgets."""

BREAKER: Mapping[str, Preset] = {
    "resilience4j-2": Preset(
        WindowBreaker(probes=10, half_open_at_most=0, boundary="exclusive", stale="counted"),
        "resilience4j/resilience4j CircuitBreakerConfig.java: 50 % of 100 calls, 60 s open, 10 probes for ever",
    ),
    "polly-8": Preset(
        PollyBreaker(), "App-vNext/Polly CircuitBreakerStrategyOptions: 10 % of at least 100 calls in 30 s, 5 s open"
    ),
}
"""Breakers."""

CONCURRENCY: Mapping[str, Preset] = {
    "resilience4j-2": Preset(Bulkhead(), "resilience4j/resilience4j BulkheadConfig.java: 25 at once"),
    "envoy-1": Preset(
        Bulkhead(limit=1_024), "envoyproxy/envoy circuit breakers, which are caps: 1,024 requests per called side"
    ),
}
"""Limits on attempts under way."""

EJECTION: Mapping[str, Preset] = {
    "envoy-1": Preset(
        OutlierEjection(),
        "envoyproxy/envoy outlier_detection.proto: 5 failures in a row, sweeps of 10 s, 30 s out, 10 % of the hosts",
    ),
}
"""Outlier ejection, of a party that is several servers."""

_HOUR = 60 * MINUTE

IDEMPOTENCY: Mapping[str, Preset] = {
    "ietf-draft-07": Preset(
        KeyContract(missing="refuse"),
        "IETF draft Idempotency-Key: 400 without a key, 409 in flight, 422 for another content; retention assumed",
    ),
    "stripe-v1": Preset(
        KeyContract(stores="no_refusals"),
        "Stripe API v1: any answer once execution began, errors included, at least 24 h",
    ),
    "stripe-v2": Preset(
        KeyContract(stores="successes"),
        "Stripe API v2: failed work is run again; in-flight answer and retention assumed as in v1",
    ),
    "adyen-2026": Preset(KeyContract(), "Adyen: the same result again; retention and conflicts assumed"),
    "square-2026": Preset(
        KeyContract(), "Square: the same result, refused with other data; retention not published, 24 h assumed"
    ),
    "zuora-2026": Preset(KeyContract(), "Zuora: same status, headers and body, errors too, 409 and 422, 24 h"),
    "checkout-com-2026": Preset(
        KeyContract(stores="successes"), "Checkout.com: stored only if 2xx, one wins in flight, 24 h"
    ),
    "ppro-2026": Preset(KeyContract(stores="no_refusals"), "PPRO: 409 in flight, 4xx not stored, 24 h"),
    "qonto-2026": Preset(
        KeyContract(retention_us=_HOUR // 2, stores="successes", mismatch="replay"),
        "Qonto: successes only, replayed even if the body differs, 30 min; in-flight answer assumed",
    ),
    "truelayer-2026": Preset(
        KeyContract(retention_us=6 * _HOUR), "TrueLayer: error for other data, 6 h (30 days on another page)"
    ),
    "powertools-python-2024": Preset(
        KeyContract(retention_us=_HOUR, stores="successes", lock_us=15 * MINUTE),
        "powertools-lambda-python: an exception deletes the record, 3,600 s; lock: the longest run, 15 min, assumed",
    ),
    "nservicebus-outbox": Preset(
        KeyContract(retention_us=7 * DAY, stores="successes"),
        "NServiceBus outbox: by message id, stored messages go out again, 7 days; in-flight answer assumed",
    ),
}
"""What called parties do with idempotency keys, of a party that takes calls."""

ALL: Mapping[str, Mapping[str, Preset]] = {
    "retry": RETRY,
    "budget": BUDGET,
    "breaker": BREAKER,
    "concurrency": CONCURRENCY,
    "ejects": EJECTION,
    "idempotency": IDEMPOTENCY,
}
"""Presets by what takes them: a slot of a design, or for the last two a key of a party."""
