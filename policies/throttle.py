"""Rate limits as the other side keeps them, so that a simulated partner refuses what a real one would.

Theory of operation. A limiter is a value of parameters; its state is a value too, handed in and returned, None before
the first call. All arithmetic is in whole ticks (the caller decides how long a tick is): a rate of `units` per `ticks`
is kept as that ratio, a bucket's level is scaled by it, and waits are rounded up, so nothing drifts. Time never goes
back. A refusal changes no counter. What can never be admitted, because it costs more than the whole limit, has the wait
NEVER; a wait that only the end of another call will end has 0.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from twin.errors import UsageError
from twin.model.instant import SECOND

NEVER = -1
"""The wait of a request that is larger than the limit itself."""

S = TypeVar("S")


class Admission(NamedTuple, Generic[S]):
    """The state after a request, whether it was admitted, and when to come back: ticks from now, or NEVER."""

    state: S
    admitted: bool
    retry_after: int = 0


class Limiter(Protocol[S]):
    """What all limits have in common."""

    def admit(self, state: S | None, now: int, cost: int = 1) -> Admission[S]:
        """Return whether a request of `cost` passes at `now` (ticks), and the next state."""


class Level(NamedTuple):
    """What a bucket held `at` a time, scaled by the ticks of its rate."""

    scaled: int
    at: int


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """`burst` at once, then `units` per `ticks`; a leaky bucket and a bucket of points are the same arithmetic.

    In every interval at most burst + rate * length is admitted.
    """

    units: int
    ticks: int
    burst: int
    kind: Literal["token_bucket", "leaky_bucket", "cost_bucket"] = "token_bucket"

    def admit(self, state: Level | None, now: int, cost: int = 1) -> Admission[Level]:
        """Take `cost` tokens, if the bucket has them."""
        full = self.burst * self.ticks
        level = full if state is None else min(full, state.scaled + self.units * (now - state.at))
        wanted = cost * self.ticks
        if wanted <= level:
            return Admission(Level(level - wanted, now), True)
        if wanted > full:
            return Admission(Level(level, now), False, NEVER)
        return Admission(Level(level, now), False, _ceiling(wanted - level, self.units))


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


class Count(NamedTuple):
    """How much was admitted in the window of this number."""

    window: int
    used: int


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """`limit` per window of `window` ticks, cleared at its edge; up to twice that passes across an edge.

    A quota is the same with windows of an hour or a day.
    """

    limit: int
    window: int
    kind: Literal["fixed_window", "quota"] = "fixed_window"

    def admit(self, state: Count | None, now: int, cost: int = 1) -> Admission[Count]:
        """Count `cost` in the current window, if there is room."""
        current = now // self.window
        used = state.used if state is not None and state.window == current else 0
        if used + cost <= self.limit:
            return Admission(Count(current, used + cost), True)
        if cost > self.limit:
            return Admission(Count(current, used), False, NEVER)
        return Admission(Count(current, used), False, (current + 1) * self.window - now)


Log = tuple[tuple[int, int], ...]
"""`(time, cost)` of what was admitted, oldest first."""


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """At most `limit` in every period of `window` ticks, exactly: the state is the log of what was admitted in it.

    The log has at most `limit` entries.
    """

    limit: int
    window: int
    kind: Literal["sliding_window"] = "sliding_window"

    def admit(self, state: Log | None, now: int, cost: int = 1) -> Admission[Log]:
        """Log `cost` at `now`, if the last period leaves room."""
        log = tuple([entry for entry in state or () if now < entry[0] + self.window])
        used = sum([entry[1] for entry in log])
        if used + cost <= self.limit:
            return Admission((*log, (now, cost)), True)
        if cost > self.limit:
            return Admission(log, False, NEVER)
        over = used + cost - self.limit
        for at, part in log:
            over -= part
            if over <= 0:
                return Admission(log, False, at + self.window - now)
        raise AssertionError(f"a log of {used} admits a cost of {cost} within a limit of {self.limit} once it is empty")


@dataclass(frozen=True, slots=True)
class Interval:
    """At least `gap` ticks between the starts of two calls; the state is the last start."""

    gap: int
    kind: Literal["interval"] = "interval"

    def admit(self, state: int | None, now: int, cost: int = 1) -> Admission[int]:
        """Admit a call of any cost when the gap is over."""
        if state is None or now >= state + self.gap:
            return Admission(now, True)
        return Admission(state, False, state + self.gap - now)


@dataclass(frozen=True, slots=True)
class Concurrency:
    """At most `limit` in flight; each admission is given back once, by `release`, also when a call is cancelled."""

    limit: int
    kind: Literal["concurrency"] = "concurrency"

    def admit(self, state: int | None, now: int, cost: int = 1) -> Admission[int]:
        """Admit when fewer are in flight; nobody knows when one will end, so the wait is 0."""
        used = state or 0
        if used + cost <= self.limit:
            return Admission(used + cost, True)
        return Admission(used, False, NEVER if cost > self.limit else 0)

    def release(self, state: int, cost: int = 1) -> int:
        """Return the calls in flight after one ended; raises UsageError when none was admitted."""
        if cost > state:
            raise UsageError(f"released {cost} of {state} calls in flight")
        return state - cost


def _ceiling(amount: int, by: int) -> int:
    return -(-amount // by)
