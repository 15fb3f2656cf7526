"""The waits of Polly v8: constant, linear or exponential, with its two kinds of jitter (`PollyRetry`)."""

import math
from dataclasses import dataclass
from typing import Literal

from policies.retry.failed import Failed
from twin.model.instant import DAY, SECOND

_PLACE_MAX = 60
"""Retries after which every wait is the longest one."""
_P_FACTOR = 4.0
_SCALE = 1 / 1.4
"""Constants of the smoothed formula, chosen by its author so that the median first wait is the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollyRetry:
    """Waits of `base_us`, k x `base_us` or `base_us` x 2^(k - 1) after the k-th failure, at most `cap_us`.

    Jitter spreads constant and linear waits by a quarter to both sides. An exponential one becomes the smoothed
    decorrelated formula f(k - 1 + u) - f(k - 2 + u'), with f(t) = 2^t tanh(sqrt(4 t)) and u' the draw of the wait
    before. Source: App-vNext/Polly src/Polly.Core/Retry/RetryHelper.cs (POLICIES 2).
    """

    backoff: Literal["constant", "linear", "exponential"] = "constant"
    attempts: int = 4
    base_us: int = 2 * SECOND
    cap_us: int = DAY
    jitter: bool = False

    def delay(self, failed: Failed) -> int | None:
        """Return the wait after a failed attempt, None when it was the last; what was asked for comes before it."""
        if failed.attempt >= self.attempts or (failed.asked_us or 0) < 0:
            return None
        return failed.asked_us or round(min(float(self.cap_us), self.base_us * self._factor(failed)))

    def _factor(self, failed: Failed) -> float:
        place = failed.attempt - 1
        if self.backoff == "exponential":
            if place > _PLACE_MAX:
                return math.inf
            if not self.jitter:
                return 2.0**place
            before = _smoothed(place - 1 + failed.previous_draw) if place else 0.0
            return (_smoothed(place + failed.draw) - before) * _SCALE
        factor = float(failed.attempt) if self.backoff == "linear" else 1.0
        return factor * (0.75 + 0.5 * failed.draw) if self.jitter else factor


def _smoothed(t: float) -> float:
    return float(2.0**t) * math.tanh(math.sqrt(_P_FACTOR * t))
