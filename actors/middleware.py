"""The middleware's process in simulated time: workers with a queue in front of the store, the relay and the publishers.

A worker runs a message's procedure at once on the rows as they are, is busy for its service time, and applies the
commit when that ends. If a row it read has changed by then, it runs the procedure again with a new `now`, at most
`restarts_max` times; after that the message is a dead letter. In flight is plain data: message, reads, writes.
"""

from collections import deque
from collections.abc import Callable, Mapping

from actors.ground import Ground, Lag
from actors.presence import Doorkeeper
from actors.steps import Steps
from actors.tap import Submits
from actors.transactor import Direct, Store, Waiting, overwrite
from policies.ruleset import RuleSet
from twin.middleware.delivery.relay import Relay
from twin.middleware.dispatch import Procedures, dispatch
from twin.middleware.inventory.publisher import Publisher
from twin.middleware.orders.procedures import after_parking
from twin.middleware.unit import Conflict, Missing, Outcome
from twin.model import wire
from twin.model.chance import stream_id
from twin.model.commands import EvaluatePublication, GaveUp, ParkLetter, PublicationAnswered, RedriveLetter
from twin.model.events import (
    AvailabilityChanged,
    ExceptionOpened,
    FallbackChanged,
    FallbackDecided,
    FulfilmentRecorded,
    MovementRecorded,
    PublishStock,
)
from twin.model.fallback import Kind, kind_of
from twin.model.ids import derive
from twin.model.instant import SECOND, Elapsed
from twin.model.message import Event, Message
from twin.model.posting import booked

_GIVEN_UP = stream_id("given up")
_CODES = {
    "timeout": "DELIVERY_TIMEOUT",
    "refused": "DELIVERY_REFUSED",
    "throttled": "DELIVERY_REFUSED",
    "backlog": "BACKLOG_FULL",
    "rejected": "DELIVERY_REFUSED",
}
"""Exception codes by the first word of a client's reason; all others mean that it was not delivered."""
Route = Callable[..., Submits]
"""Called with an event of the type it stands for."""


def failure(event: Event, reason: str) -> tuple[str, int]:
    """Return the exception code and the number of attempts of a client's reason: `link: why`, `after n attempts`."""
    words = reason.rpartition(": ")[2].split()
    if words[0] == "rejected" and isinstance(event, MovementRecorded):
        return "POSTING_REFUSED", 1
    attempts = int(words[2]) if len(words) == 4 and words[1] == "after" else 0
    return _CODES.get(words[0], "DELIVERY_FAILED"), attempts


class Middleware:
    """Workers, queue, store, relay and publishers of one middleware process."""

    def __init__(
        self,
        ground: Ground,
        store: Store,
        procedures: Procedures,
        rules: RuleSet,
        *,
        workers: int,
        service: Lag,
        store_latency: Lag | None = None,
        queue_max: int = 1_000_000,
        restarts_max: int = 50,
        inbox_kept: Elapsed,
        checked: bool = True,
        outbox: bool = True,
    ) -> None:
        self.ground = ground
        self.store = store
        self.procedures = procedures
        self.rules = rules
        self.workers = workers
        self.service = service
        self.store_latency = store_latency
        self.queue_max = queue_max
        self.restarts_max = restarts_max
        self.checked = checked
        """Whether a commit compares what was read; a naive design does without."""
        self.outbox = outbox
        """Whether events leave after their commit; a naive design writes twice: to the partners, then to the store."""
        self.queue: deque[Message] = deque()
        self.busy = 0
        self.relay = Relay()
        self.publishers: list[Publisher] = []
        self.routes: Mapping[type[Event], Route] = {}
        self.doors = Doorkeeper(self.delivered, self._fell_back)
        self.exceptions: dict[str, int] = {}
        self.conflicts = 0
        self.turned_away = 0
        self.people: Callable[[ExceptionOpened], None] | None = None
        """Who hears of an item of an exception queue."""
        self._given_up = 0
        self.in_hand: dict[int, Message] = {}
        """Messages that workers have in hand."""
        self._fired: dict[int, tuple[Elapsed, Message]] = {}
        self._slot_at: list[Elapsed | None] = []
        self._slots: list[int] = []
        self._publisher_ids: list[int] = []
        self._inbox_kept = max(1, inbox_kept)
        recorder = ground.recorder
        self._party = recorder.party("middleware")
        self._committed = Steps(recorder, "committed")
        ground.timeline.call_in(self._inbox_kept, self._prune, None)

    def connect(self, routes: Mapping[type[Event], Route], publishers: list[Publisher]) -> None:
        """Say where events go and who tells the channels."""
        self.routes = {**routes, FallbackChanged: lambda _: self.doors, FallbackDecided: lambda _: self.doors}
        self.publishers = publishers
        self._slot_at = [None] * len(publishers)
        self._slots = [0] * len(publishers)
        self._publisher_ids = [stream_id(f"publisher/{channel}") for channel in range(len(publishers))]

    def rule(self, rules: RuleSet) -> None:
        """Go by other rules from now on; what is in hand is finished under those before."""
        self.rules = rules

    def resume(self) -> None:
        """Go on from what the store holds: send the outbox again, and wait for what was scheduled."""
        now = self.ground.timeline.now
        for event in list(self.store.outbox.values()):
            if self.relay.offer(event):
                self._send(event)
        for entry in list(self.store.timers.values()):
            self.ground.timeline.call_at(max(now, entry[0]), self._timer, entry)

    def receive(self, message: Message) -> None:
        """Take a message in: to a free worker, else into the queue; a full queue pushes back for a second."""
        ground = self.ground
        if self.busy < self.workers:
            self.busy += 1
            self._begin(message, 0)
        elif len(self.queue) < self.queue_max:
            self.queue.append(message)
            ground.probe.queued("middleware", len(self.queue))
        else:
            self.turned_away += 1
            ground.timeline.call_in(SECOND, self.receive, message)

    def _begin(self, message: Message, restarts: int) -> None:
        self.in_hand[message.id] = message
        if self.store_latency is not None:
            self._fetch(message, Waiting(self.store, {}), restarts, 0)
            return
        unit = Direct(self.store)
        outcome = dispatch(self.procedures, message, self.ground.now(), self.rules, unit)
        if not self.outbox:
            self._send_at_once(unit)
        service = self.service(message.id, restarts)
        if service:
            self.ground.timeline.call_in(service, self._end, (message, outcome, unit, restarts))
        else:
            self._end((message, outcome, unit, restarts))

    def _fetch(self, message: Message, unit: Waiting, restarts: int, trips: int) -> None:
        again = Waiting(self.store, unit.fetched)
        try:
            outcome = dispatch(self.procedures, message, self.ground.now(), self.rules, again)
        except Missing as missing:
            assert self.store_latency is not None
            wait = self.store_latency(message.id, restarts * 64 + trips)
            self.ground.timeline.call_in(wait, self._fetched, (message, again, missing, restarts, trips))
        except Exception:
            if not again.stale():
                raise
            self.conflicts += 1
            self._fetch(message, Waiting(self.store, {}), restarts + 1, 0)
        else:
            if not self.outbox:
                self._send_at_once(again)
            end = (message, outcome, again, restarts)
            self.ground.timeline.call_in(self.service(message.id, restarts), self._end, end)

    def _fetched(self, waiting: tuple[Message, Waiting, Missing, int, int]) -> None:
        message, unit, missing, restarts, trips = waiting
        unit.fetch(missing)
        self._fetch(message, unit, restarts, trips + 1)

    def _end(self, done: tuple[Message, Outcome, Direct, int]) -> None:
        message, outcome, unit, restarts = done
        try:
            if self.checked:
                unit.commit()
            else:
                overwrite(unit)
        except Conflict as conflict:
            self.conflicts += 1
            if restarts < self.restarts_max:
                self._begin(message, restarts + 1)
                return
            self._give_up(message, "RESTARTS_USED_UP", f"conflict on {conflict.args}", restarts + 1)
        else:
            self._after(message, outcome, unit)
        self.in_hand.pop(message.id, None)
        self._next()

    def _next(self) -> None:
        if self.queue and self.busy <= self.workers:
            message = self.queue.popleft()
            self.ground.probe.queued("middleware", len(self.queue))
            self._begin(message, 0)
        else:
            self.busy -= 1

    def take_up(self) -> None:
        """Give waiting messages to free workers."""
        while self.queue and self.busy < self.workers:
            self.busy += 1
            self._next()

    def _after(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        ground = self.ground
        now = ground.timeline.now
        kind = self._committed[type(message)]
        ground.recorder.note(now, kind, self._party, self._party, message.id, message.cause, message.case, 0, outcome)
        ground.probe.committed(message, outcome, unit)
        for event in unit.events:
            if type(event) is AvailabilityChanged:
                del self.store.outbox[event.id]
                self._changed(event, now)
            elif not self.outbox:
                self.store.outbox.pop(event.id, None)  # it has been sent before the commit
            elif self.relay.offer(event):
                self._send(event)
        self._spent(message.id)
        if type(message) is GaveUp:
            self._spent(message.subject)
        for due, later in unit.scheduled:
            ground.timeline.call_at(max(now, due), self._timer, self.store.timers[later.id])
        if type(message) is PublicationAnswered:
            self.publishers[message.channel].answered(message, now)
            self.arm(message.channel)
        elif type(message) is EvaluatePublication:
            self._evaluated(message, unit, now)
        elif type(message) is RedriveLetter and outcome is Outcome.APPLIED:
            self._settled(message.letter, sends_again=True)
        elif type(message) is ParkLetter and outcome is Outcome.DISCARDED:
            self._settled(message.letter, sends_again=False)

    def _send_at_once(self, unit: Direct) -> None:
        for event in unit.events:
            if type(event) is not AvailabilityChanged:
                self._send(event)

    def _timer(self, entry: tuple[Elapsed, Message]) -> None:
        """A scheduled message comes back, unless it was scheduled anew; its entry goes when it has been handled."""
        message = entry[1]
        if self.store.timers.get(message.id) is entry:
            self._fired[message.id] = entry
            self.receive(message)

    def _spent(self, message: int) -> None:
        """A scheduled message has been handled, or is a letter by now: its entry goes, unless it was scheduled anew."""
        fired = self._fired.pop(message, None)
        if fired is not None and self.store.timers.get(message) is fired:
            del self.store.timers[message]

    # --- delivery

    def _send(self, event: Event) -> None:
        if type(event) is ExceptionOpened:
            self.exceptions[event.code] = self.exceptions.get(event.code, 0) + 1
            self.delivered(event, None)
            if self.people is not None:
                self.people(event)
        else:
            self.routes[type(event)](event).submit(event)

    def delivered(self, event: Event, answer: Message | None) -> None:
        """A partner took an event; its answer, if it carries a message, goes through intake like any other."""
        self.store.outbox.pop(event.id, None)
        self._follow(event)
        if answer is None and isinstance(event, MovementRecorded | FulfilmentRecorded):
            answer = booked(event, self.ground.timeline.now)
        if answer is not None:
            self.receive(answer)
        if type(event) is PublishStock:
            self.arm(event.channel)

    def parked(self, event: Event, reason: str) -> None:
        """A partner could not be reached, or refused for good: the event is a dead letter."""
        self.relay.park(event, reason)
        code, attempts = failure(event, reason)
        self._give_up(event, code, reason, attempts)
        for passing in self.relay.let_pass(event) if code == "POSTING_REFUSED" else ():
            self._send(passing)
        follows = after_parking(event)
        if follows is not None:
            self.receive(follows)

    def _give_up(self, subject: Message, code: str, detail: str, attempts: int) -> None:
        """Put a message or an outbox row into the exception queue that its failure belongs to.

        A record of a failure is tried until it is kept: one that failed in its turn would hold the one before.
        """
        if isinstance(subject, GaveUp):
            self.receive(subject)
            return
        self._given_up += 1
        self.receive(
            GaveUp(
                id=derive(derive(subject.id, _GIVEN_UP), self._given_up),
                cause=subject.id,
                case=subject.case,
                subject=subject.id,
                delivery=isinstance(subject, Event),
                body=wire.encode(subject),
                code=code,
                detail=detail,
                attempts=attempts,
                first=self.ground.timeline.now,
            )
        )

    def _settled(self, letter: int, sends_again: bool) -> None:
        """An outbox row has left its exception queue: it goes out again, or lets the rows behind it pass."""
        parked = self.relay.parked.pop(letter, None)
        if parked is None:
            return
        event, _ = parked
        if sends_again:
            self._send(event)
        else:
            self.store.outbox.pop(event.id, None)
            self._follow(event)

    def _follow(self, event: Event) -> None:
        follower = self.relay.acknowledged(event)
        if follower is not None:
            self._send(follower)

    # --- publication

    def _changed(self, event: AvailabilityChanged, now: Elapsed) -> None:
        for channel, publisher in enumerate(self.publishers):
            items = publisher.changed(event, now)
            if items:
                self._evaluate(channel, items)
            elif items is not None or self._slot_at[channel] is None:
                self.arm(channel)

    def _fell_back(self, event: FallbackChanged) -> None:
        """A partner is away, or back: who tells a channel hears of its stock interface."""
        kind, channel = kind_of(event.partner)
        if kind is Kind.STOCK_INTERFACE:
            self.publishers[channel].turned(event.on, self.ground.timeline.now)
            self.arm(channel)

    def arm(self, channel: int) -> None:
        due = self.publishers[channel].slot(self.ground.timeline.now)
        armed = self._slot_at[channel]
        if due is not None and (armed is None or due < armed):
            self._slot_at[channel] = due
            self.ground.timeline.call_at(due, self._slot, (channel, due))

    def _slot(self, slot: tuple[int, Elapsed]) -> None:
        channel, due = slot
        if self._slot_at[channel] != due:
            return
        self._slot_at[channel] = None
        items = self.publishers[channel].take(self.ground.timeline.now)
        if items:
            self._evaluate(channel, items)
        else:
            self.arm(channel)

    def _evaluate(self, channel: int, items: tuple[int, ...]) -> None:
        self._slots[channel] += 1
        id = derive(self._publisher_ids[channel], self._slots[channel])
        wait, lag = self.publishers[channel].wait_us, self.publishers[channel].alarm()
        self.receive(EvaluatePublication(id=id, channel=channel, items=items, wait_us=wait, lag_us=lag))

    def _evaluated(self, message: EvaluatePublication, unit: Direct, now: Elapsed) -> None:
        pushes = [event for event in unit.events if type(event) is PublishStock]
        self.publishers[message.channel].evaluated(message.items, pushes, now)
        self.arm(message.channel)

    def publish_all(self, items_at_once: int, items: tuple[int, ...], channel: int) -> None:
        """Evaluate every item for a channel, in chunks: the nightly run and the start."""
        for start in range(0, len(items), items_at_once):
            self._evaluate(channel, items[start : start + items_at_once])

    def refused(self, event: Event, retry_after: Elapsed | None) -> bool:
        """Hear of a refused push; True if its keys simply stay dirty, so that the push itself ends here."""
        if type(event) is not PublishStock:
            return False
        publisher = self.publishers[event.channel]
        if not publisher.forgets_refused:
            return False
        now = self.ground.timeline.now
        publisher.refused(event, now, retry_after)
        self.store.outbox.pop(event.id, None)
        self._follow(event)
        self.arm(event.channel)
        return True

    def _prune(self, _: None) -> None:
        self.store.forget_inbox()
        self.ground.timeline.call_in(self._inbox_kept, self._prune, None)
