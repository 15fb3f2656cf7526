"""The waits of gRPC's retry policy, with the pushback of the called side (`GrpcRetry`)."""

from dataclasses import dataclass

from policies.retry.failed import Failed
from twin.model.instant import SECOND

ATTEMPTS_MAX = 5
"""More attempts than these are treated as these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcRetry:
    """The n-th wait is min(initial x multiplier^(n - 1), max) x U(0.8, 1.2).

    A pushback is obeyed exactly and the ladder begins anew after it; a negative one, or one that cannot be read, means
    that there is no retry. Source: grpc/proposal A6-client-retries.md (POLICIES 2).
    """

    attempts: int = 4
    initial_us: int = 100_000
    multiplier: float = 2.0
    max_us: int = SECOND

    def delay(self, failed: Failed) -> int | None:
        """Return the wait after a failed attempt, None when there is none."""
        if failed.attempt >= min(self.attempts, ATTEMPTS_MAX):
            return None
        if failed.asked_us is not None:
            return failed.asked_us if failed.asked_us >= 0 else None
        step = min(float(self.max_us), self.initial_us * self.multiplier ** (failed.attempt - failed.since - 1))
        return round(step * (0.8 + 0.4 * failed.draw))
