"""A middleware process that can die, pause, lose a worker or sit on a bad store.

What a crash takes: units in hand, the order of the outbox that the relay keeps in memory, and every answer that comes
while the process is down. What stays: committed rows, the outbox, scheduled messages, dead letters, and the queue,
which is a broker's. Calls under way live on with their attempts and due times, since the connections are a sidecar's;
what waited for one is dropped, and so is what the process knew of its partners: breakers, limiters, budgets begin anew.
After the restart every unacknowledged outbox row without a call under way goes out again in commit order (a second call
could end after the first had its row marked or parked), interrupted messages run again from the top, scheduled ones are
armed anew, and every published figure is evaluated.

The named points are the gaps around the outbox. P- and D-numbers are those of the fault catalogue.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from actors.calls import Client
from actors.careful import CarefulClient
from actors.middleware import Middleware
from actors.transactor import Direct
from twin.kernel.faults import Armed, Faults
from twin.middleware.delivery.relay import Relay
from twin.middleware.unit import Outcome
from twin.model.events import AvailabilityChanged
from twin.model.instant import SECOND, Elapsed
from twin.model.message import Event, Message

POINTS: Final = ("before_commit", "after_commit", "after_send", "before_mark")
"""Where a crash can be set: a unit is about to commit; it has committed and sent nothing; an outbox row was sent; it
was acknowledged and not yet marked."""
RESTART: Final[Elapsed] = 90 * SECOND
"""How long a restart takes unless the record says: 90 s, assumed, as the start of a further worker."""

End = tuple[Message, Outcome, Direct, int]


class TroubledMiddleware(Middleware):
    """The process, and the records that are on."""

    down = False
    pausing = False
    _records: tuple[Armed, ...] = ()
    _late: tuple[tuple[Callable[..., None], object], ...] = ()

    def watched(self, faults: Faults, clients: Sequence[Client], publish_all: Callable[[], None]) -> None:
        """Say whose points it passes, whose backlogs a crash drops, and how every figure is evaluated."""
        self._faults = faults
        self._clients = clients
        self._publish_all = publish_all
        self._handed: set[int] = set()
        """Rows that a client has in hand: they wait there or have a call under way."""
        self._usual = self.service
        self.service = self._slowed

    # --- the lever

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self._records = (*self._records, armed)
        match armed.fault.kind:
            case "P1":
                self._crash(armed)
            case "P4":
                armed.took_effect()
                self.pausing = True
            case "P5":
                armed.took_effect()
                self.workers -= 1

    def end(self, armed: Armed) -> None:
        """A record is over; after a pause the process goes on with what it had in hand, as if no time had passed."""
        self._records = tuple(other for other in self._records if other is not armed)
        if armed.fault.kind == "P4":
            late, self._late = self._late, ()
            self.pausing = False
            for go_on, arg in late:
                go_on(arg)
        elif armed.fault.kind == "P5":
            self.workers += 1
            self.take_up()

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
        relay.parked = self.relay.parked
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

    def _end(self, done: End) -> None:
        if self.pausing:
            self._late = (*self._late, (self._end, done))
            return
        if self.down or self._passes("before_commit"):
            return
        message, _, unit, restarts = done
        again = False
        for armed in self._records:
            if armed.fault.kind == "D2" and armed.strikes(self.ground.timeline.now, message.id, restarts):
                unit.reads.append((0, message.id, armed))
            elif armed.fault.kind == "D3":
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
        if self._passes("after_commit"):
            self.ground.probe.committed(message, outcome, unit)  # the store has it, though the process is gone
        else:
            super()._after(message, outcome, unit)

    def _next(self) -> None:
        if self.down:
            return
        if self.busy > self.workers:
            self.busy -= 1
        else:
            super()._next()

    def _send(self, event: Event) -> None:
        if not self.down:
            self._handed.add(event.id)
            super()._send(event)
            self._passes("after_send")

    def _slowed(self, identity: int, attempt: int) -> Elapsed:
        """Return how long a worker is busy: a slow store makes the same trips take longer."""
        took = self._usual(identity, attempt)
        for armed in self._records:
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
