"""One direction of a connection: what it loses, repeats, delays, disorders and can carry.

Theory of operation. Sending schedules the receiving method itself: one entry of the timeline for each message that is
delivered, no process and no queue object. Each decision is a keyed draw of (seed, link and purpose, identity, attempt).
So what happens to a message does not depend on other traffic or on the design; switching loss on leaves the latencies
of what still arrives as they were. Only a limited capacity makes messages wait for each other.

In the order in which it happens to a message: it waits until the link can carry it (`capacity_per_s`, one after the
other; where more than `backlog_max` wait already, it is dropped), it may be lost, it travels for its latency, a share
of the messages for up to `disorder_within_us` longer, and it may arrive a second time, after a latency of its own and a
lag. A lost message has used its share of the capacity; a second copy uses none, since whatever lies behind the link
makes it.
"""

from collections.abc import Callable
from heapq import heappush
from typing import Final, TypeVar

from twin.errors import UsageError
from twin.kernel.laws import Constant, Law, delay, keyed_delay
from twin.kernel.timeline import NORMAL, Timeline
from twin.model.chance import draw, root, stream_id, threshold

A = TypeVar("A")

BACKLOG_MAX: Final = 10_000
"""Messages that wait for a link of limited capacity unless another bound is given; one more is dropped."""
_LOW: Final = 0xFFFF_FFFF


class Link:
    """A one-way link; shares are probabilities, `latency` and `duplicate_lag` are laws in seconds.

    Counts what became of messages: `sent_count` of which `lost_count` and `dropped_count` (at the bound of the backlog)
    did not arrive and `duplicated_count` arrived twice.

    Raises:
        UsageError: a share is not between 0 and 1, or a bound or the capacity makes no sense.
    """

    def __init__(
        self,
        timeline: Timeline,
        seed: int,
        name: str,
        *,
        latency: Law,
        lost: float = 0.0,
        duplicated: float = 0.0,
        duplicate_lag: Law | None = None,
        disorder_share: float = 0.0,
        disorder_within_us: int = 0,
        capacity_per_s: float | None = None,
        backlog_max: int = BACKLOG_MAX,
    ) -> None:
        if capacity_per_s is not None and not 0.0 < capacity_per_s <= 1e9:
            raise UsageError(
                f"the capacity of link {name} must be above 0 and at most 1e9 a second (got {capacity_per_s})"
            )
        if backlog_max < 0 or disorder_within_us < 0:
            raise UsageError(f"bounds of link {name} must not be negative (got {backlog_max}, {disorder_within_us})")
        self.name = name
        self.lost, self.duplicated = lost, duplicated
        self.sent_count = self.lost_count = self.dropped_count = self.duplicated_count = 0
        self._timeline = timeline
        self._latency = delay(latency)
        self._fixed_us = self._latency(0) if isinstance(latency, Constant) else -1
        self._lag = delay(duplicate_lag or Constant(0.0))
        latencies, self._coins, self._disorders, self._copies, self._lags = (
            root(seed, stream_id(f"link/{name}/{purpose}"))
            for purpose in ("latency", "coin", "disorder", "copy", "lag")
        )
        self._travel = keyed_delay(latencies, latency)
        self._lost_below, self._duplicated_below = threshold(lost), threshold(duplicated)
        self._disorder_below, self._disorder_span = threshold(disorder_share), disorder_within_us + 1
        self._backlog_max = backlog_max
        self._gap_ns = 0 if capacity_per_s is None else max(round(1e9 / capacity_per_s), 1)
        self._free_ns = 0
        disorders = bool(self._disorder_below and disorder_within_us)
        self._plain = not (self._lost_below or self._duplicated_below or disorders or self._gap_ns)

    @property
    def may_lose(self) -> bool:
        """Whether a message can vanish on the way, so that its sender must be told of its arrival."""
        return self.lost > 0.0

    def send(self, identity: int, attempt: int, deliver: Callable[[A], object], arg: A) -> None:
        """Send one message: `deliver(arg)` is called when it arrives, once, twice or never.

        `identity` and `attempt` are what its luck is drawn from: the same pair meets the same luck.
        """
        self.sent_count += 1
        travel = self._fixed_us
        if travel < 0:
            travel = self._travel(identity, attempt)
        if self._plain or (travel := self._adverse(travel, identity, attempt, deliver, arg)) >= 0:
            timeline = self._timeline
            at = timeline._now + travel
            if at < timeline._edge:
                heappush(timeline._queue, (at, NORMAL, next(timeline._eid), deliver, arg))
            else:
                timeline.put_off((at, NORMAL, next(timeline._eid), deliver, arg))

    def waiting(self) -> int:
        """Return how many messages wait for their turn on a link of limited capacity."""
        return max(self._taken(self._timeline.now * 1_000) - 1, 0)

    def _taken(self, now_ns: int) -> int:
        """How many messages the link has yet to carry, the one under way included."""
        return -(-(self._free_ns - now_ns) // self._gap_ns) if self._free_ns > now_ns else 0

    def _adverse(self, travel: int, identity: int, attempt: int, deliver: Callable[[A], object], arg: A) -> int:
        """Return how long the message is under way in all, or -1 if it never arrives; send its second copy if any."""
        held = self._held() if self._gap_ns else 0
        if held < 0:
            self.dropped_count += 1
            return -1
        coin = draw(self._coins, identity, attempt)
        if coin >> 32 < self._lost_below:
            self.lost_count += 1
            return -1
        if coin & _LOW < self._duplicated_below:
            self.duplicated_count += 1
            copy = self._latency(draw(self._copies, identity, attempt)) + self._lag(draw(self._lags, identity, attempt))
            self._timeline.call_in(held + copy, deliver, arg)
        if self._disorder_below:
            coin = draw(self._disorders, identity, attempt)
            if coin >> 32 < self._disorder_below:
                travel += (coin & _LOW) * self._disorder_span >> 32
        return held + travel

    def _held(self) -> int:
        """Take the next turn on the link; return when it is over, in microseconds from now, or -1 at the bound."""
        now_ns = self._timeline.now * 1_000
        if self._taken(now_ns) > self._backlog_max:
            return -1
        self._free_ns = max(self._free_ns, now_ns) + self._gap_ns
        return -(-(self._free_ns - now_ns) // 1_000)
