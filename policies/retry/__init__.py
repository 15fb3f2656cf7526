"""How long to wait before the next attempt, or that there is none: one rule a module, one question for all."""

from policies.retry.aws import AwsRetry as AwsRetry
from policies.retry.failed import Cause as Cause
from policies.retry.failed import Failed as Failed
from policies.retry.failed import RetryRule as RetryRule
from policies.retry.grpc import GrpcRetry as GrpcRetry
from policies.retry.ladder import Retry as Retry
from policies.retry.ladder import attempts_in_all as attempts_in_all
from policies.retry.polly import PollyRetry as PollyRetry
from policies.retry.resilience4j import Resilience4jRetry as Resilience4jRetry

__all__ = [
    "AwsRetry",
    "Cause",
    "Failed",
    "GrpcRetry",
    "PollyRetry",
    "Resilience4jRetry",
    "Retry",
    "RetryRule",
    "attempts_in_all",
]
