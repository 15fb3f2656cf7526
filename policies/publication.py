"""When a channel is told what it may sell: after every movement, periodically, nightly, or governed.

Theory of operation of `Governed`. A key is one (channel, sell item); it is dirty when its value now differs from what
the channel shows, or when what it shows is older than `max_age_us`. One sender per channel opens a slot `interval_us`
after the start of the last send, and at once for a key that has to go to zero (`urgent_zero`). At a slot the values are
read anew, small changes are held back, the rest is ordered by what a wrong figure can cost, and the first `max_items`
go. Values are absolute, so nothing is stored for retry: after a refusal or an outage keys simply stay dirty and the
next slot sends what is true then.

Order: to zero, then keys dirty for `max_age_us` or more (oldest first, so that nothing starves), then from zero, then
by relative change, refreshes last; ties by dirty since, then by key. Ratios are compared as floats: the division is
correctly rounded, so equal ratios are equal floats and every run orders alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from twin.model.instant import DAY, MINUTE, Elapsed, Instant


@dataclass(frozen=True, slots=True)
class EveryEvent:
    """One call per movement with the value after it; nothing is coalesced."""

    kind: Literal["every_event"] = "every_event"


@dataclass(frozen=True, slots=True)
class Periodic:
    """All dirty keys every `interval_us`, at its multiples."""

    interval_us: int
    kind: Literal["periodic"] = "periodic"

    def slot(self, now: Elapsed) -> Elapsed:
        """Return the first sending time after `now` (elapsed)."""
        return (now // self.interval_us + 1) * self.interval_us


@dataclass(frozen=True, slots=True)
class NightlyBatch:
    """All keys at times of day (`at`, microseconds after midnight), with stock from our ledger or from the ERP."""

    at: tuple[int, ...]
    source: Literal["ledger", "erp"] = "erp"
    kind: Literal["nightly_batch"] = "nightly_batch"

    def slot(self, now: Instant) -> Instant:
        """Return the first sending time after `now`; both count from a midnight of the zone in which `at` is meant."""
        midnight = now // DAY * DAY
        return min(midnight + day + at for day in (0, DAY) for at in self.at if midnight + day + at > now)


class Dirty(NamedTuple):
    """A key that may have to be sent.

    `value` is right now; `shown` was last acknowledged and right at `as_of` (elapsed, -1: never); the key is dirty
    since `since` (elapsed).
    """

    key: int
    value: int
    shown: int
    as_of: Elapsed
    since: Elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Governed:
    """Dirty keys in slots: coalesced, ordered by risk, bounded per send and per time.

    `interval_us` lies between the starts of two sends; a send has at most `max_items` keys; a figure is refreshed at
    `max_age_us`; a change below `min_change` waits unless the value is at or below `low_mark` or touches zero; an idle
    sender waits `linger_us` to gather keys; a key under way is sent again after `feed_timeout_us` without an answer.
    Under backlog the minimum change grows up to `min_change_max`. Quantities are sell units.
    """

    interval_us: int = MINUTE
    max_items: int = 100
    max_age_us: int = 30 * MINUTE
    min_change: int = 1
    low_mark: int = 0
    linger_us: int = 0
    urgent_zero: bool = True
    feed_timeout_us: int = 30 * MINUTE
    min_change_max: int = 1024
    kind: Literal["governed"] = "governed"

    def choose(
        self, dirty: Sequence[tuple[int, int, int, Elapsed, Elapsed]], now: Elapsed, min_change: int
    ) -> list[int]:
        """Return the keys to send at this slot, in order; `min_change` is the one in force (see `backlog`).

        `dirty` are the fields of `Dirty`; plain tuples will do.
        """
        ranked: list[tuple[int, float, Elapsed, int]] = []
        aged, low_mark = now - self.max_age_us, self.low_mark
        for key, value, shown, as_of, since in dirty:
            change = value - shown if value > shown else shown - value
            if as_of > aged:
                if change == 0:
                    continue
                if change < min_change and value > low_mark and shown != 0 and value != 0:
                    continue
            if value == 0 and shown != 0:
                ranked.append((_TO_ZERO, 0.0, since, key))
            elif since <= aged:
                ranked.append((_STARVED, 0.0, since, key))
            elif change == 0:
                ranked.append((_REFRESH, 0.0, since, key))
            elif shown == 0:
                ranked.append((_FROM_ZERO, 0.0, since, key))
            else:
                ranked.append((_CHANGED, -change / shown, since, key))
        ranked.sort()
        return [key for _, _, _, key in ranked[: self.max_items]]


_TO_ZERO, _STARVED, _FROM_ZERO, _CHANGED, _REFRESH = range(5)


def is_dirty(value: int, shown: int, as_of: Elapsed, now: Elapsed, max_age_us: int) -> bool:
    """Tell whether a key has to be sent at some slot: another value than shown, or shown for too long."""
    return value != shown or now - as_of >= max_age_us


def slot(rule: Governed, last_send: Elapsed | None, since: Elapsed, now: Elapsed, *, to_zero: bool = False) -> Elapsed:
    """Return when the sender's next slot opens, never before `now`.

    `last_send` is the start of the last send (None: none yet), `since` the time at which the oldest dirty key became
    dirty, `to_zero` whether some dirty key has to go to zero. A sender that was idle when the key became dirty lingers;
    any other waits for its interval.
    """
    if to_zero and rule.urgent_zero:
        return now
    if last_send is None or last_send + rule.interval_us <= since:
        return max(now, since + rule.linger_us)
    return max(now, last_send + rule.interval_us)


class Backlog(NamedTuple):
    """How long the dirty keys take to send, whether that is PUBLICATION_LAG, and the minimum change from now on."""

    drain_us: int
    lag: bool
    min_change: int


def backlog(
    rule: Governed,
    dirty: int,
    min_change: int,
    effective_interval_us: int | None = None,
    items_max: int | None = None,
) -> Backlog:
    """Judge a backlog of `dirty` keys, once per `max_age_us`.

    Longer than `max_age_us` to drain: alarm, and the minimum change doubles up to its bound. At most half of it: the
    minimum change halves, down to the configured one. `effective_interval_us` is what a send really takes between
    starts (a limiter may stretch it), `items_max` what the channel's interface takes in one; left out: as configured.

    >>> backlog(Governed(interval_us=60, max_items=100, max_age_us=1800, min_change=2), 4000, 2)
    Backlog(drain_us=2400, lag=True, min_change=4)
    """
    interval = rule.interval_us if effective_interval_us is None else effective_interval_us
    drain = -(-dirty // min(rule.max_items, items_max or rule.max_items)) * interval
    if drain > rule.max_age_us:
        return Backlog(drain, True, max(rule.min_change, min(rule.min_change_max, 2 * min_change)))
    if 2 * drain <= rule.max_age_us:
        return Backlog(drain, False, max(rule.min_change, min_change // 2))
    return Backlog(drain, False, min_change)
