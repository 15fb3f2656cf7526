"""Rate limits as the other side keeps them, so that a simulated partner refuses what a real one would.

Theory of operation. A throttle is a value of parameters; its state is a value too, a few numbers that only the throttle
reads, handed in and returned. All arithmetic is in whole ticks (the caller decides how long a tick is): a rate of
`units` per `ticks` is kept as that ratio, the level of a bucket is scaled by it, waits are rounded up: nothing drifts.
Time never goes back. A refusal uses nothing up. What can never be admitted, because it costs more than the whole limit,
has the wait NEVER; a wait that only the end of another call will end has 0.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple, Protocol

from twin.errors import UsageError
from twin.model.instant import SECOND

NEVER = -1
"""The wait of a request that is larger than the limit itself."""

State = tuple[int, ...]
"""What a throttle remembers; empty before the first call."""


class Admission(NamedTuple):
    """The state after a request, whether it was admitted, and when to come back: ticks from now, or NEVER."""

    state: State
    admitted: bool
    retry_after: int = 0


class Throttle(Protocol):
    """What all limits have in common."""

    @property
    def kind(self) -> str:
        """The name under which a profile chooses it."""

    def initial(self) -> State:
        """Return the state before the first call."""

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Return whether a request of `cost` passes at `now` (ticks), and the next state."""


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """`burst` at once, then `units` per `ticks`; a leaky bucket and a bucket of points are the same arithmetic.

    In every interval at most burst + rate * length is admitted. The state is the level times `ticks`, and its time.
    """

    units: int
    ticks: int
    burst: int
    kind: Literal["token_bucket", "leaky_bucket", "cost_bucket"] = "token_bucket"

    def initial(self) -> State:
        """Return a full bucket at time 0."""
        return self.burst * self.ticks, 0

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Take `cost` tokens, if the bucket has them."""
        full = self.burst * self.ticks
        level = min(full, state[0] + self.units * (now - state[1]))
        wanted = cost * self.ticks
        if wanted <= level:
            return Admission((level - wanted, now), True)
        if wanted > full:
            return Admission((level, now), False, NEVER)
        return Admission((level, now), False, -(-(wanted - level) // self.units))


def token_bucket(
    rate_per_s: Fraction | int,
    burst: int,
    kind: Literal["token_bucket", "leaky_bucket", "cost_bucket"] = "token_bucket",
) -> TokenBucket:
    """Return a bucket that runs in microseconds; raises UsageError when the rate is not above 0.

    >>> token_bucket(Fraction("0.5"), 3)
    TokenBucket(units=1, ticks=2000000, burst=3, kind='token_bucket')
    """
    per_tick = Fraction(rate_per_s) / SECOND
    if per_tick <= 0:
        raise UsageError(f"a rate is above 0 (rate_per_s={rate_per_s})")
    return TokenBucket(per_tick.numerator, per_tick.denominator, burst, kind)


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """`limit` per window of `window` ticks, cleared at its edge; up to twice that passes across an edge.

    A quota is the same with windows of an hour or a day. The state is the window's number and what was used of it.
    """

    limit: int
    window: int
    kind: Literal["fixed_window", "quota"] = "fixed_window"

    def initial(self) -> State:
        """Return window 0, unused."""
        return 0, 0

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Count `cost` in the current window, if there is room."""
        current = now // self.window
        used = state[1] if state[0] == current else 0
        if used + cost <= self.limit:
            return Admission((current, used + cost), True)
        if cost > self.limit:
            return Admission((current, used), False, NEVER)
        return Admission((current, used), False, (current + 1) * self.window - now)


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """At most `limit` in every period of `window` ticks, exactly.

    The state is the log of the last period: time and cost of what was admitted, by turns, at most `limit` pairs.
    """

    limit: int
    window: int
    kind: Literal["sliding_window"] = "sliding_window"

    def initial(self) -> State:
        """Return an empty log."""
        return ()

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Log `cost` at `now`, if the last period leaves room."""
        over = 0
        while over < len(state) and state[over] + self.window <= now:
            over += 2
        log = state[over:]
        excess = sum(log[1::2]) + cost - self.limit
        if excess <= 0:
            return Admission((*log, now, cost), True)
        if cost > self.limit:
            return Admission(log, False, NEVER)
        at = 0
        while excess > log[at + 1]:
            excess -= log[at + 1]
            at += 2
        return Admission(log, False, log[at] + self.window - now)


@dataclass(frozen=True, slots=True)
class Interval:
    """At least `gap` ticks between the starts of two calls; the state is the last start."""

    gap: int
    kind: Literal["interval"] = "interval"

    def initial(self) -> State:
        """Return the state before the first call."""
        return ()

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Admit a call of any cost when the gap is over."""
        if not state or now >= state[0] + self.gap:
            return Admission((now,), True)
        return Admission(state, False, state[0] + self.gap - now)


@dataclass(frozen=True, slots=True)
class Concurrency:
    """At most `limit` in flight; each admission is given back once, by `release`, also when a call is cancelled."""

    limit: int
    kind: Literal["concurrency"] = "concurrency"

    def initial(self) -> State:
        """Return nothing in flight."""
        return (0,)

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Admit while there is room; nobody knows when a call will end, so the wait is 0."""
        if state[0] + cost <= self.limit:
            return Admission((state[0] + cost,), True)
        return Admission(state, False, NEVER if cost > self.limit else 0)

    def release(self, state: State, cost: int = 1) -> State:
        """Return the state after a call ended; raises UsageError when none was admitted."""
        if cost > state[0]:
            raise UsageError(f"released {cost} of {state[0]} calls in flight")
        return (state[0] - cost,)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Several limits that hold at the same time: a call passes when each admits it, and else uses up none of them.

    The state is that of each in turn, its length before it.
    """

    throttles: tuple[Throttle, ...]
    kind: Literal["all_of"] = "all_of"

    def initial(self) -> State:
        """Return the states of all before the first call."""
        return _joined([throttle.initial() for throttle in self.throttles])

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Ask all; the wait is the longest one."""
        answers = []
        start = 0
        for throttle in self.throttles:
            end = start + 1 + state[start]
            answers.append(throttle.admit(state[start + 1 : end], now, cost))
            start = end
        refusals = [answer.retry_after for answer in answers if not answer.admitted]
        if refusals:
            return Admission(state, False, NEVER if NEVER in refusals else max(refusals))
        return Admission(_joined([answer.state for answer in answers]), True)


def _joined(states: list[State]) -> State:
    return tuple([number for state in states for number in (len(state), *state)])
