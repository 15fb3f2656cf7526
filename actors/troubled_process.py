"""A middleware process that can die, pause, lose a worker or sit on a bad store.

What a crash takes: units in hand, the order of the outbox that the relay keeps in memory, and every answer that comes
while the process is down. What stays: committed rows, the outbox, scheduled messages, dead letters, and the queue,
which is a broker's. Calls under way live on with their attempts and due times, since the connections are a sidecar's;
what waited for one is dropped, and so is what the process knew of its partners: breakers and budgets begin anew.
After the restart every unacknowledged outbox row without a call under way goes out again in commit order (a second call
could end after the first had its row marked or parked), interrupted messages run again from the top, scheduled ones are
armed anew, and every published figure is evaluated.

The named points are the gaps around the outbox. P- and D-numbers are those of the fault catalogue.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from actors.calls import Client
from actors.careful import CarefulClient
from actors.middleware import Middleware
from actors.transactor import Direct
from actors.troubled_queue import QUEUED, SWEPT_EVERY, TRIED_AGAIN, TroubledQueue
from actors.troubled_settings import ruled
from actors.troubled_store import STORED, TroubledStore
from policies.ruleset import RuleSet
from twin.kernel.faults import Armed, Faults, Struck
from twin.middleware.delivery.relay import Relay
from twin.middleware.dispatch import Procedures
from twin.middleware.unit import ITEMS, Outcome
from twin.model.events import AvailabilityChanged
from twin.model.instant import SECOND, Elapsed
from twin.model.message import Event, Message

POINTS: Final = ("before_begin", "before_commit", "after_commit", "before_send", "after_send", "before_mark")
"""Where a crash can be set: a message was taken and nothing has run; its unit is about to commit; it has committed and
sent nothing; an outbox row is about to be sent; it was sent; it was acknowledged and not yet marked."""
CRASHES: Final = ("P1", "P2", "P3", "P6", "D1")
RULED: Final = ("C4", "C5")
RESTART: Final[Elapsed] = 90 * SECOND
"""How long a restart takes unless the record says: 90 s, assumed, as the start of a further worker."""

End = tuple[Message, Outcome, Direct, int]


class TroubledMiddleware(Struck, Middleware):
    """The process, and the records that are on."""

    down = False
    pausing = False
    _line: TroubledQueue | None = None
    _kept: TroubledStore | None = None
    _late: tuple[tuple[Callable[..., None], object], ...] = ()

    def watched(
        self,
        faults: Faults,
        records: Sequence[Armed],
        clients: Sequence[Client],
        publish_all: Callable[[], None],
        told: Callable[[RuleSet], None],
    ) -> None:
        """Say whose points it passes, which records may strike it, and whose backlogs a crash drops.

        `publish_all` evaluates every figure; `told` hears of rules that have changed.
        """
        self._faults = faults
        self._told = told
        self._as_built, self._table = self.rules, self.procedures
        self._unknown: dict[tuple[str, int], None] = {}
        """Messages that came again because nobody knew how their commit ended, by the record: they do so once."""
        self._away: dict[str, int] = {}
        """Workers that a record has taken, by its name."""
        if any(armed.fault.kind in QUEUED for armed in records):
            self._line = TroubledQueue(self)
        stored = tuple(armed for armed in records if armed.fault.kind in STORED)
        if stored:
            self._kept = TroubledStore(self.store, self.ground.timeline, stored)
        self._clients = clients
        self._publish_all = publish_all
        self._handed: set[int] = set()
        """Rows that a client has in hand: they wait there or have a call under way."""
        self._usual = self.service
        self.service = self._slowed

    # --- the lever

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        kind = armed.fault.kind
        super().begin(armed)
        if self._line is not None and kind in QUEUED:
            self._line.begin(armed)
        if self._kept is not None and kind in STORED:
            self._kept.begin(armed)
        if kind in CRASHES:
            self._crash(armed)
        elif kind in RULED:
            armed.took_effect()
            self._rule()
        elif kind == "P4":
            armed.took_effect()
            self.pausing = True
        elif kind == "P5":
            self._take_away(armed, 1)
        elif kind == "P8":
            self._take_away(armed, max(0, self.workers - int(armed.number("cap", 1.0))))
        elif kind == "P9":
            self._stop(armed)
        elif kind == "D8":
            armed.took_effect()
            self.procedures = Procedures(self._table)
            self.procedures.unremembered = frozenset(self._table.kinds())
        elif kind == "L5":
            armed.took_effect()
            self._publish_all()

    def end(self, armed: Armed) -> None:
        """A record is over; after a pause the process goes on with what it had in hand, as if no time had passed."""
        kind = armed.fault.kind
        super().end(armed)
        if self._line is not None and kind in QUEUED:
            self._line.end(armed)
        if self._kept is not None and kind in STORED:
            self._kept.end(armed)
        if kind == "P4":
            self.pausing = False
        elif kind in ("P5", "P8"):
            self._give_back(armed)
        elif kind in RULED:
            self._rule()
        elif kind == "D8":
            self.procedures = self._table
        if kind in ("P4", "D4"):
            late, self._late = self._late, ()
            for go_on, arg in late:
                go_on(arg)

    def rule(self, rules: RuleSet) -> None:
        """Go by other rules, as the records that are on leave them."""
        self._as_built = rules
        for armed in self.armed:
            if armed.fault.kind in RULED:
                rules = ruled(rules, armed)
        super().rule(rules)

    def _rule(self) -> None:
        """A record on the rules has begun or is over; every figure is evaluated anew."""
        self.rule(self._as_built)
        self._told(self.rules)
        self._publish_all()

    def _take_away(self, armed: Armed, workers: int) -> None:
        if workers:
            armed.took_effect()
        self._away[armed.fault.name] = workers
        self.workers -= workers

    def _give_back(self, armed: Armed) -> None:
        self.workers += self._away.pop(armed.fault.name, 0)
        self.take_up()

    def _stop(self, armed: Armed) -> None:
        """Let what is in hand be finished, drop what was fetched, and take up work again after the restart (P9)."""
        timeline = self.ground.timeline
        for _ in range(min(int(armed.number("cap", 1.0)), len(self.queue))):
            armed.took_effect()
            timeline.call_in(TRIED_AGAIN, self.handed, self.queue.popleft())
        self._take_away(armed, self.workers)
        timeline.call_in(int(armed.number("restart", RESTART)), self._give_back, armed)

    # --- a crash

    def _crash(self, armed: Armed) -> None:
        if self.down:
            return
        armed.took_effect()
        self.down = True
        self.queue = deque([*self.in_hand.values(), *self.queue])
        self.ground.probe.queued("middleware", len(self.queue))
        self.in_hand.clear()
        self.busy = max(self.busy, self.workers)
        for client in self._clients:
            self._handed.difference_update(event.id for event in client.backlog)
            client.dropped += len(client.backlog)
            client.backlog.clear()
            if isinstance(client, CarefulClient):
                client.forget()
        self.ground.timeline.call_in(int(armed.number("restart", RESTART)), self._restart, None)

    def _restart(self, _: None) -> None:
        self.down = False
        now, store = self.ground.timeline.now, self.store
        relay = Relay()
        relay.parked, relay.refused = self.relay.parked, self.relay.refused
        self.relay = relay
        for event in list(store.outbox.values()):
            if type(event) is AvailabilityChanged:
                del store.outbox[event.id]
            elif self.relay.offer(event) and event.id not in self.relay.parked and event.id not in self._handed:
                self._send(event)
        for id, (due, message) in list(store.timers.items()):
            entry = store.timers[id] = (due, message)
            self.ground.timeline.call_at(max(now, due), self._timer, entry)
        self._publish_all()
        self.busy = 0
        self.take_up()

    def take_up(self) -> None:
        """Give waiting messages to free workers, if the process is up."""
        if not self.down:
            super().take_up()

    def _passes(self, point: str) -> bool:
        """Pass a named point; True if the process has died there."""
        self._faults.passes(point)
        return self.down

    # --- the process

    def receive(self, message: Message) -> None:
        """Take a message in, unless it is held up."""
        if self._line is None or not self._line.holds(message):
            super().receive(message)

    def handed(self, message: Message) -> None:
        """Take a message in whatever its records say: it comes back from what one of them did."""
        super().receive(message)

    def held_up(self) -> Iterator[Message]:
        """Yield the messages that wait for one before them."""
        return iter(()) if self._line is None else self._line.held()

    def _begin(self, message: Message, restarts: int) -> None:
        if restarts == 0:
            self.in_hand[message.id] = message
            if self._passes("before_begin"):
                return
            if self._line is not None:
                self._line.taken(message)
        super()._begin(message, restarts)

    def _poisoned(self, done: End) -> bool:
        """Tell whether handling a message has failed: it is tried again, or given up."""
        message, _, _, restarts = done
        tries = 0 if self._line is None else self._line.poisons(message)
        if not tries:
            return False
        if restarts + 1 < tries:
            self._begin(message, restarts + 1)
        else:
            self.in_hand.pop(message.id, None)
            self._give_up(message, "POISONED", f"failed {tries} times", tries)
            self._next()
        return True

    def _give_up(self, subject: Message, code: str, detail: str, attempts: int) -> None:
        if self._line is not None and self._line.is_full():
            self.ground.timeline.call_in(TRIED_AGAIN, self._give_up_again, (subject, code, detail, attempts))
        else:
            super()._give_up(subject, code, detail, attempts)

    def _give_up_again(self, given: tuple[Message, str, str, int]) -> None:
        self._give_up(*given)

    def _timer(self, entry: tuple[Elapsed, Message]) -> None:
        line = self._line
        if line is not None and self.store.timers.get(entry[1].id) is entry and line.loses(entry[1]):
            self.ground.timeline.call_in(SWEPT_EVERY, super()._timer, entry)
            return
        super()._timer(entry)
        if line is not None and line.doubles(entry[1]):
            self.handed(entry[1])

    def _end(self, done: End) -> None:
        kept = self._kept
        if self.pausing or (kept is not None and not self.down and kept.refuses()):
            self._late = (*self._late, (self._end, done))
            return
        if self.down or self._poisoned(done) or self._passes("before_commit"):
            return
        message, _, unit, restarts = done
        if kept is not None:
            kept.before(message, unit, restarts)
        again = False
        for armed in self.armed:
            if not armed.concerns(message):
                continue
            if armed.fault.kind == "D2" and armed.strikes(self.ground.timeline.now, message.id, restarts):
                unit.reads.setdefault(ITEMS.number, {})[message.id] = armed
                unit.began = -1
            elif armed.fault.kind == "D3" and (armed.fault.name, message.id) not in self._unknown:
                self._unknown[(armed.fault.name, message.id)] = None
                again = armed.strikes(self.ground.timeline.now, message.id, restarts) or again
        super()._end(done)
        if again:
            self.receive(message)

    def _fetched(self, waiting: tuple[Message, object, object, int, int]) -> None:
        if self.pausing:
            self._late = (*self._late, (self._fetched, waiting))
        elif not self.down:
            super()._fetched(waiting)  # type: ignore[arg-type]  # the base class knows what a trip carries

    def _after(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        if self._kept is not None:
            self._kept.after(message, unit)
        if self._passes("after_commit"):
            self.ground.probe.committed(message, outcome, unit)  # the store has it, though the process is gone
        else:
            super()._after(message, outcome, unit)

    def _next(self) -> None:
        if self.down:
            return
        while self._line is not None and self.queue and self._line.expired(self.queue[0]):
            self.queue.popleft()
        super()._next()

    def _send(self, event: Event) -> None:
        if not self.down and not self._passes("before_send"):
            self._handed.add(event.id)
            super()._send(event)
            self._passes("after_send")

    def _slowed(self, identity: int, attempt: int) -> Elapsed:
        """Return how long a worker is busy: a slow store makes the same trips take longer."""
        took = self._usual(identity, attempt)
        for armed in self.armed:
            if armed.fault.kind == "D5":
                took = round(took * armed.factor(self.ground.timeline.now))
                armed.took_effect()
        return took

    # --- what comes back

    def delivered(self, event: Event, answer: Message | None) -> None:
        """Mark an outbox row that a partner took, unless the process is down or another call has marked it."""
        self._handed.discard(event.id)
        if event.id in self.store.outbox and not self.down and not self._passes("before_mark"):
            super().delivered(event, answer)

    def parked(self, event: Event, reason: str) -> None:
        """Keep a dead letter, unless the process is down or another call has ended it."""
        self._handed.discard(event.id)
        if event.id in self.store.outbox and event.id not in self.relay.parked and not self.down:
            super().parked(event, reason)

    def refused(self, event: Event, retry_after: Elapsed | None) -> bool:
        """Hear of a refused push; a process that is down hears nothing, and its row stays in the outbox."""
        ends = self.down or super().refused(event, retry_after)
        if ends:
            self._handed.discard(event.id)
        return ends
