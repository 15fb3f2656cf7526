"""The waits of the AWS SDKs' standard mode 2.1, which tell throttling from everything else (`AwsRetry`)."""

from dataclasses import dataclass

from policies.retry.failed import Cause, Failed
from policies.retry.ladder import DOUBLINGS_MAX, between
from twin.model.instant import SECOND

ASKED_MORE_MAX_US = 5 * SECOND
"""How much longer than its own wait a client stays away because it was asked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsRetry:
    """U(0, 1) x min(scale x 2^(k - 1), cap) after the k-th failure; the scale is `throttled_base_us` after a 429.

    What the called side asks for is obeyed between the client's own wait t and t + 5 s; a negative number is ignored.
    Source: boto/botocore botocore/retries/standard.py with AWS_NEW_RETRIES_2026 (POLICIES 2). Mode 2.0 is the
    exponential `Retry` with full jitter.
    """

    attempts: int = 3
    base_us: int = 50_000
    throttled_base_us: int = SECOND
    cap_us: int = 20 * SECOND

    def delay(self, failed: Failed) -> int | None:
        """Return the wait after a failed attempt, None when it was the last."""
        if failed.attempt >= self.attempts:
            return None
        scale = self.throttled_base_us if failed.cause is Cause.THROTTLED else self.base_us
        own = between(0, min(self.cap_us, scale << min(failed.attempt - 1, DOUBLINGS_MAX)), failed.draw)
        if failed.asked_us is None or failed.asked_us < 0:
            return own
        return min(max(failed.asked_us, own), own + ASKED_MORE_MAX_US)
