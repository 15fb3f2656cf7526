"""How long to wait before the next attempt, or that there is none: one rule a module, one question for all."""

from policies.retry.failed import Cause as Cause
from policies.retry.failed import Failed as Failed
from policies.retry.failed import RetryRule as RetryRule
from policies.retry.ladder import Retry as Retry
from policies.retry.ladder import attempts_in_all as attempts_in_all

__all__ = ["Cause", "Failed", "Retry", "RetryRule", "attempts_in_all"]
