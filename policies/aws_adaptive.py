"""The client-side rate limit of the AWS SDKs' adaptive mode: off until throttled, then a cubic search (`AwsAdaptive`).

Theory of operation. Every answer is counted in half-second buckets, smoothed by 0.8. The first throttling answer turns
the token bucket on. Each throttling answer cuts the rate to 0.7 of what was used, each other one lets it grow along a
cubic that passes the old rate after K seconds, and never above twice the measured rate. Source: boto/botocore
botocore/retries/{adaptive,throttling,bucket}.py (POLICIES 2). Rates are kept in units of 10^-12 a second.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from policies.throttle import Admission, State
from twin.model.instant import SECOND

UNIT = 10**12
BETA = 0.7
SCALE = 0.4
SMOOTHING = 0.8
RATE_AT_LEAST = 0.5
BUCKET_TICKS = SECOND // 2


class _Memory(NamedTuple):
    """The state: rates in 10^-12/s, the level in 10^-12, times in ticks."""

    enabled: int = 0
    fill: int = UNIT // 2
    level: int = 0
    filled_at: int = 0
    measured: int = 0
    answers: int = 0
    bucket: int = 0
    rate_before: int = 0
    """The rate at the last throttling answer."""
    throttled_at: int = 0


@dataclass(frozen=True, slots=True)
class AwsAdaptive:
    """A token bucket whose rate follows the answers of the called side; ticks are microseconds."""

    kind: Literal["aws_adaptive"] = "aws_adaptive"

    def initial(self) -> State:
        """Return the state of a process that has just started: nothing is limited."""
        return _Memory()

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Take tokens once the bucket is on."""
        memory = _Memory(*state)
        if not memory.enabled:
            return Admission(state, True)
        memory = _filled(memory, now)
        wanted = cost * UNIT
        if wanted <= memory.level:
            return Admission(memory._replace(level=memory.level - wanted), True)
        return Admission(memory, False, -(-(wanted - memory.level) * SECOND // memory.fill))

    def learned(self, state: State, now: int, throttled: bool) -> State:
        """Count an answer and set the rate by it."""
        memory = _measured(_Memory(*state), now)
        if throttled:
            used = min(memory.measured, memory.fill) if memory.enabled else memory.measured
            memory = memory._replace(rate_before=used, throttled_at=now, enabled=1)
            rate = used / UNIT * BETA
        else:
            rate = cubic((now - memory.throttled_at) / SECOND, memory.rate_before / UNIT)
        rate = max(RATE_AT_LEAST, min(rate, 2 * memory.measured / UNIT))
        memory = _filled(memory, now)
        fill = round(rate * UNIT)
        return memory._replace(fill=fill, level=min(memory.level, max(UNIT, fill)))


def cubic(since_s: float, rate_before: float) -> float:
    """Return the rate `since_s` seconds after a cut from `rate_before`; at 0 it is 0.7 of it.

    >>> round(cubic(0, 10), 6), round(cubic(6, 10), 6)
    (7.0, 36.425999)
    """
    k = (rate_before * (1 - BETA) / SCALE) ** (1 / 3)
    return float(SCALE * (since_s - k) ** 3 + rate_before)


def _filled(memory: _Memory, now: int) -> _Memory:
    """Fill the bucket up to the moment; it holds a second's worth, at least one token."""
    level = memory.level + memory.fill * (now - memory.filled_at) // SECOND
    return memory._replace(level=min(max(UNIT, memory.fill), level), filled_at=now)


def _measured(memory: _Memory, now: int) -> _Memory:
    """Count an answer; the first one of a new bucket closes those before it."""
    answers, bucket = memory.answers + 1, now // BUCKET_TICKS
    if bucket == memory.bucket:
        return memory._replace(answers=answers)
    current = answers * UNIT * SECOND // ((bucket - memory.bucket) * BUCKET_TICKS)
    measured = round(current * SMOOTHING + memory.measured * (1 - SMOOTHING))
    return memory._replace(measured=measured, answers=0, bucket=bucket)
