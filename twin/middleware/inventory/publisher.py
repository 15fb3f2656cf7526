"""The publisher: when one channel is told new stock figures, and of which items.

One object per channel in the middleware's process, without clock or timer. It is an index of dirty keys over what
`AvailabilityChanged` events said as they committed; after a restart every key is marked, so nothing is missed. It never
keeps a value for retry: a slot names items, and `evaluate_publication` computes their values at that moment.

To rank keys it guesses a key's value: the pool that the last event told, less what was withheld of the pool when the
key was last evaluated (buffer, safety, sites that do not serve the channel). A guess decides only the sending order.

`every_event` evaluates each event's items at once. `periodic` opens a slot per interval for all dirty keys.
`governed` opens a slot no sooner than `interval` after the last one, or at once for a key that must go to zero; slots
stay closed while the sender still has pushes waiting, and as long as a refusal asked for. A nightly batch has no slots:
a timer of the shell evaluates everything. While the channel's interface is away a governed sender has no slots either,
but those of the other way that its design may have; at its return a slot opens at once, zeros first.

What an evaluation must know of the sender goes with it: how long figures wait, which enlarges a buffer against risk,
and a backlog that takes too long, which is for a person.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from policies.channel_fallback import ChannelRefuses
from policies.publication import EveryEvent, Governed, Periodic, backlog, slot
from policies.ruleset import PublicationPolicy
from twin.model.commands import PublicationAnswered
from twin.model.events import AvailabilityChanged, PublishStock
from twin.model.instant import Elapsed
from twin.model.publishing import PublisherState

NEVER: Elapsed = 1 << 62
_NEVER_TOLD: tuple[int, Elapsed] = (0, -1 << 60)
RANKED_MAX = 20_000
"""Most dirty keys that one slot ranks, oldest first; more wait for the next slot."""
WAITS = 100
"""Keys of which it is told how long most of them waited."""


class Publisher:
    """The sender of one channel; times are elapsed microseconds."""

    def __init__(
        self,
        policy: PublicationPolicy,
        *,
        items_per_slot: int,
        slot_interval: Elapsed,
        ready: Callable[[], bool],
        refuses: ChannelRefuses | None = None,
    ) -> None:
        self.policy = policy
        self.refuses = refuses
        """What is done while the interface is away."""
        self.away = False
        """Whether it is."""
        self.items_per_slot = items_per_slot
        """What the channel's interface takes between two slots."""
        self.slot_interval = slot_interval
        """The shortest time between slots that the interface sustains."""
        self.ready = ready
        """Whether everything sent so far has left."""
        self.forgets_refused = isinstance(policy, Governed | Periodic)
        """A refused push ends; its keys are dirty and the next slot sends what is true then."""
        self.pool: dict[int, int] = {}
        self.since: dict[int, Elapsed] = {}
        """Dirty keys in the order in which they became dirty."""
        self.told: dict[int, tuple[int, Elapsed]] = {}
        """Item to what the channel acknowledged, and its as_of."""
        self.withheld: dict[int, int] = {}
        self.in_flight: dict[int, tuple[Elapsed, Elapsed, int, Elapsed, int]] = {}
        """Item to (sent at, dirty since, value, as_of, sequence)."""
        self.last_slot: Elapsed | None = None
        self.closed_until: Elapsed = 0
        self.to_zero = False
        self.idle_until: Elapsed = 0
        """Every dirty key is held back or on its way until then, unless something changes."""
        self.min_change = policy.min_change if isinstance(policy, Governed) else 1
        self.wait_us: Elapsed = 0
        """How long nineteen of twenty of the last `WAITS` keys waited for their slot."""
        self.lag_us: Elapsed = 0
        """How long the backlog takes to send, since that was found to be too long; 0: nothing to tell."""
        self._waits: list[Elapsed] = []
        self._judged: Elapsed = 0
        self._aging: deque[tuple[Elapsed, int]] = deque()

    def begin(self, item: int, pool: int, value: int, as_of: Elapsed) -> None:
        """Note what the channel shows at the start, or after a restart."""
        self.pool[item] = pool
        self.told[item] = (value, as_of)
        self.withheld[item] = pool - value
        if isinstance(self.policy, Governed):
            self._aging.append((as_of, item))

    def state(self) -> PublisherState:
        """Return all that must be kept for this publisher to go on in another process."""
        return PublisherState(
            dict(self.pool),
            dict(self.since),
            dict(self.told),
            dict(self.withheld),
            dict(self.in_flight),
            self.last_slot,
            self.closed_until,
            self.to_zero,
            self.idle_until,
            self.min_change,
            self.wait_us,
            self.lag_us,
            list(self._waits),
            self._judged,
            list(self._aging),
            self.away,
        )

    def resume(self, state: PublisherState) -> None:
        """Go on from where the publisher of another process was."""
        self.pool, self.since, self.told = dict(state.pool), dict(state.since), dict(state.told)
        self.withheld, self.in_flight = dict(state.withheld), dict(state.in_flight)
        self.last_slot, self.closed_until = state.last_slot, state.closed_until
        self.to_zero, self.idle_until = state.to_zero, state.idle_until
        self.min_change, self.wait_us, self.lag_us = state.min_change, state.wait_us, state.lag_us
        self._waits = list(state.waits)
        self._judged, self._aging = state.judged, deque(state.aging)
        self.away = state.away

    def turned(self, away: bool, now: Elapsed) -> None:
        """The interface is away from now on, or back: then a slot opens for what is dirty, whatever was asked for."""
        self.away = away
        self.idle_until = 0
        if not away:
            self.closed_until, self.to_zero = now, bool(self.since)

    def changed(self, event: AvailabilityChanged, now: Elapsed) -> tuple[int, ...] | None:
        """Mark the event's items; return those to be evaluated at once, or None when no slot can open any sooner."""
        if isinstance(self.policy, EveryEvent):
            return tuple([row.item for row in event.rows])
        if not self.forgets_refused:
            return None
        pools, told_of, withheld, since = self.pool, self.told, self.withheld, self.since
        sooner = not since or self.idle_until > 0
        for row in event.rows:
            item, pool = row.item, row.quantity
            pools[item] = pool
            told = told_of.get(item)
            guess = pool - withheld.get(item, 0)
            if guess < 0:
                guess = 0
            if told is not None and told[0] == guess and item not in self.in_flight and not event.marked:
                since.pop(item, None)
            else:
                since.setdefault(item, now)
                if guess == 0 and not self.to_zero and (told is None or told[0] != 0):
                    self.to_zero = sooner = True
                self.idle_until = 0
        return () if sooner else None

    def slot(self, now: Elapsed) -> Elapsed | None:
        """Return when the next slot opens, or None while there is nothing to send or no way to send it."""
        policy = self.policy
        if isinstance(policy, Periodic):
            return max(policy.slot(now), self.closed_until) if self.since else None
        if not isinstance(policy, Governed):
            return None
        if not self.ready():
            return None
        if self.away:
            return self._other_way(now)
        due = self._refresh_due(policy)
        if self.in_flight:
            for flying in self.in_flight.values():
                due = min(due, flying[0] + policy.feed_timeout_us)
                break
        if self.since:
            opens = self._opens(policy, now)
            if opens < due:
                due = opens
        return None if due is NEVER else max(due, now, self.closed_until)

    def _opens(self, policy: Governed, now: Elapsed) -> Elapsed:
        """Return when the next slot opens for the keys that are dirty."""
        oldest = next(iter(self.since.values()))
        opens = slot(policy, self.last_slot, oldest, now, to_zero=self.to_zero)
        if self.last_slot is not None and not self.to_zero:
            opens = max(opens, self.last_slot + self.slot_interval)
        return max(opens, self.idle_until)

    def _other_way(self, now: Elapsed) -> Elapsed | None:
        """Return when the next slot of the other way opens, or None where there is none, or nothing to send."""
        if self.refuses is None or self.refuses.use == "wait" or not self.since:
            return None
        after = self.last_slot + self.refuses.every_us if self.last_slot is not None else now
        return max(after, now, self.idle_until)

    def take(self, now: Elapsed) -> tuple[int, ...]:
        """Open a slot: return the items to evaluate and send, most dangerous first."""
        policy = self.policy
        if isinstance(policy, Periodic):
            items = tuple(self.since)
            self._fly(items, now)
            return items
        assert isinstance(policy, Governed)
        self._give_up_on_silence(policy, now)
        self._mark_aged(policy, now)
        self._judge(policy, now)
        self.to_zero = False
        told_of, pool_of, withheld_of, in_flight = self.told.get, self.pool.get, self.withheld.get, self.in_flight
        dirty = [  # the fields of `Dirty`: a value is guessed, and is never below 0
            (item, guess if (guess := pool_of(item, 0) - withheld_of(item, 0)) > 0 else 0, shown, as_of, since)
            for item, since in islice(self.since.items(), RANKED_MAX)
            if item not in in_flight
            for shown, as_of in (told_of(item, _NEVER_TOLD),)
        ]
        if self.away:
            chosen = self._for_the_other_way(policy, dirty, now)
        else:
            chosen = tuple(policy.choose(dirty, now, self.min_change)[: self.items_per_slot])
        if chosen:
            self.last_slot = now
            self._measure(chosen, now)
            self._fly(chosen, now)
        else:
            aged = min([min(as_of, since) + policy.max_age_us for _, _, _, as_of, since in dirty], default=NEVER)
            self.idle_until = max(aged, now + policy.interval_us)
        return chosen

    def _for_the_other_way(
        self, policy: Governed, dirty: Sequence[tuple[int, int, int, Elapsed, Elapsed]], now: Elapsed
    ) -> tuple[int, ...]:
        """Return the keys that go the other way now, in the usual order: as many as it takes, and only such as may."""
        refuses = self.refuses
        if refuses is None:
            return ()
        going = [each for each in dirty if refuses.sends(each[1], each[2])]
        wider = replace(policy, max_items=refuses.items)
        self.last_slot = now
        return tuple(wider.choose(going, now, self.min_change))

    def alarm(self) -> Elapsed:
        """Return how long the backlog takes to send if that is too long (PUBLICATION_LAG), once; else 0."""
        lag, self.lag_us = self.lag_us, 0
        return lag

    def evaluated(self, items: Sequence[int], pushes: Sequence[PublishStock], now: Elapsed) -> None:
        """Hear what the evaluation of a slot's items sent; what it did not send was right already."""
        for push in pushes:
            for row in push.rows:
                item = row.item
                flying = self.in_flight.pop(item, None)
                since = flying[1] if flying else now
                if item in self.pool:
                    self.withheld[item] = self.pool[item] - row.quantity
                self.in_flight[item] = (now, since, row.quantity, push.as_of, push.sequence)
        for item in items:
            flying = self.in_flight.get(item)
            if flying is not None and flying[4] == 0:
                del self.in_flight[item]

    def answered(self, answer: PublicationAnswered, now: Elapsed) -> None:
        """The channel shows the values of a push."""
        for item in answer.items:
            flying = self.in_flight.get(item)
            if flying is not None and flying[4] == answer.sequence:
                del self.in_flight[item]
                self.told[item] = (flying[2], flying[3])
                if item in self.since:
                    self.idle_until = 0
                if isinstance(self.policy, Governed):
                    self._aging.append((flying[3], item))
        for item in answer.refused:
            flying = self.in_flight.get(item)
            if flying is not None and flying[4] == answer.sequence:
                del self.in_flight[item]

    def refused(self, push: PublishStock, now: Elapsed, retry_after: Elapsed | None) -> None:
        """The channel refused a push: its keys are dirty again, and slots stay closed for as long as it asked."""
        for row in push.rows:
            flying = self.in_flight.pop(row.item, None)
            if flying is not None:
                self.since.setdefault(row.item, flying[1])
        self.idle_until = 0
        self.closed_until = max(self.closed_until, now + (retry_after or self.slot_interval))

    def _measure(self, items: Sequence[int], now: Elapsed) -> None:
        """Note how long these keys have waited; every so many make a new figure."""
        since = self.since.get
        self._waits += [now - since(item, now) for item in items]
        if len(self._waits) >= WAITS:
            self._waits.sort()
            self.wait_us = self._waits[-(-19 * len(self._waits) // 20) - 1]
            self._waits = []

    def _fly(self, items: Sequence[int], now: Elapsed) -> None:
        for item in items:
            self.in_flight[item] = (now, self.since.pop(item, now), 0, 0, 0)

    def _refresh_due(self, policy: Governed) -> Elapsed:
        """Return when the oldest figure that still stands must be confirmed, or NEVER; a look that changes nothing."""
        for as_of, item in self._aging:
            if item not in self.in_flight and self.told.get(item, _NEVER_TOLD)[1] == as_of:
                return as_of + policy.max_age_us
        return NEVER

    def _mark_aged(self, policy: Governed, now: Elapsed) -> None:
        aging = self._aging
        while aging:
            as_of, item = aging[0]
            if item not in self.in_flight and self.told.get(item, _NEVER_TOLD)[1] == as_of:
                if as_of + policy.max_age_us > now:
                    return
                self.since.setdefault(item, now)
            aging.popleft()

    def _give_up_on_silence(self, policy: Governed, now: Elapsed) -> None:
        silent = []
        for item, flying in self.in_flight.items():
            if flying[0] + policy.feed_timeout_us > now:
                break
            silent.append(item)
        for item in silent:
            self.since.setdefault(item, self.in_flight.pop(item)[1])

    def _judge(self, policy: Governed, now: Elapsed) -> None:
        if now - self._judged >= policy.max_age_us:
            self._judged = now
            interval = max(policy.interval_us, self.slot_interval)
            judged = backlog(policy, len(self.since), self.min_change, interval, self.items_per_slot)
            self.min_change = judged.min_change
            if judged.lag:
                self.lag_us = judged.drain_us
