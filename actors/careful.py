"""A client that asks its policies before every attempt and tells them how each one ended.

It is the client of every design that has a budget, a breaker, a limiter of its own, a deadline, a hedge, or a retry
rule with a memory; without any of them the plain `Client` does the same with less. All decisions are `Calling`'s: this
process keeps what it knows of the called side, waits, and hears of moves of the breaker.

What it knows is a `Standing`: one for each caller and called side, shared by all of the caller's interfaces there, and
lost when the process dies. What a call has been through (attempts, due time, key) is the store's, so it goes on over a
restart: an event that is handed in again while its call is open is that call, and no second one.

Copies of an attempt that a hedge sends carry the attempt's record and a number of their own on the wire. The first good
answer ends the others; a copy that fails while others are under way is heard by the policies and decides nothing.
"""

from collections import deque
from typing import Final, assert_never

from actors.calls import OK, REFUSED, REJECTED, TIMEOUT, Call, Client
from actors.ground import Asked
from actors.steps import Steps
from policies.breaker import Phase
from policies.calling import (
    Calling,
    CallRecord,
    Decision,
    Done,
    Dropped,
    Ended,
    GiveUp,
    Late,
    Ready,
    Send,
    Sides,
    Stay,
    Wait,
)
from policies.retry import Cause
from twin.model.chance import stream_id, uniform
from twin.model.message import Event

CANCELLED: Final = "cancelled"
"""How a copy ends that nobody waits for any more, because another one was answered."""
COPY: Final = 1_000_000
"""What the number of an attempt on the wire grows by with each copy of it."""
_CAUSES = {OK: Cause.TIMEOUT, TIMEOUT: Cause.TIMEOUT, REFUSED: Cause.THROTTLED, REJECTED: Cause.REJECTED}
"""Why an attempt failed, by its status; that of an attempt which was never answered is still OK."""

Waiting = tuple[Event, CallRecord, int]
"""A call that asks for its next attempt, its record, and the age of the process that made the record."""


class Standing:
    """What one process knows of one called side, and the calls that wait for another attempt there to end."""

    def __init__(self, calling: Calling) -> None:
        self.calling = calling
        self.sides: Sides = calling.initial()
        self.age = 0
        """How often the process has begun anew."""
        self.holding: deque[tuple[CarefulClient, Waiting]] = deque()

    def forget(self) -> None:
        """The process died: the next one knows nothing but what was sent, which stands with the connections."""
        self.sides = self.calling.initial()._replace(limiter=self.sides.limiter)
        self.age += 1


class CarefulClient(Client):
    """The caller's side of one partner interface, with all the policies of its design."""

    calling: Calling

    def govern(self, calling: Calling, standing: Standing | None = None) -> None:
        """Take the policies on; call it once, before the first event. Without a standing, as a new process."""
        self.calling = calling
        self.standing = standing or Standing(calling)
        self._gate = stream_id(self.name + "/gate")
        self.records: dict[tuple[int, int], tuple[CallRecord, int]] = {}
        """Of each attempt under way, by event and number: its record, and the age of the process that sent it."""
        self.open: dict[int, list[Call]] = {}
        """The calls that have begun and not ended, each with its attempts under way."""
        self.numbers: dict[int, int] = {}
        """The number of each of them."""
        if calling.hedge is not None:
            self._endings[CANCELLED] = Steps(self.ground.recorder, CANCELLED)

    def submit(self, event: Event) -> None:
        """Deliver an event; one whose call is open already goes on as it was."""
        if event.id not in self.open:
            super().submit(event)

    def forget(self) -> None:
        """The process dies: budget, breaker and concurrency limit begin anew; open calls stay as stored.

        The limiter goes on: with a full one at each start, the first moments would send beyond the partner's limit.
        """
        before = self.standing.sides
        self.standing.forget()
        self._told(before, self.standing.sides)

    def _attempt(self, event: Event, number: int, attempt: int) -> Call | None:
        self.open[event.id] = []
        self.numbers[event.id] = number
        self._paced((event, CallRecord(event.id, self.ground.timeline.now), self.standing.age))
        return None

    def _ready(self, waiting: Waiting) -> None:
        """Go on with a call that has waited: the pace is asked for the present moment, whatever it said before."""
        if self.pace is not None:
            wait = self.pace.admit(self.ground.timeline.now, self.cost)
            if wait is not None:
                if self._asks_anew(waiting[0]):
                    self.ground.probe.gave_up(self.name, self.numbers[waiting[0].id])
                    self._closed(waiting[0])
                    return
                self.ground.timeline.call_in(max(1, wait), self._ready, waiting)
                return
        self._paced(waiting)

    def _paced(self, waiting: Waiting) -> None:
        event, record, age = waiting
        now = self.ground.timeline.now
        if age != self.standing.age:  # what the process before has paid and reserved is nothing to this one
            record = record._replace(granted=False, cost=0, reserved=False)
        draw = uniform(self.ground.seed, self._gate, event.id, record.rungs)
        self._decided(event, *self._ask(Ready(now, record, draw)))

    def _ask(self, asked: Asked) -> tuple[Sides, Decision]:
        before = self.standing.sides
        after, decision = self.calling.step(before, asked)
        side = (id(self.standing), self.standing.age)
        self.ground.probe.ruled(self.name, side, self.calling, before, asked, after, decision)
        return after, decision

    def _decided(self, event: Event, sides: Sides, decision: Decision) -> None:
        self._keep(sides)
        record = decision.call
        match decision:
            case Send():
                self._sent_out(event, record, 1)
            case Wait(ticks=0):
                self.standing.holding.append((self, (event, record, self.standing.age)))
            case Wait():
                self.ground.timeline.call_in(decision.ticks, self._ready, (event, record, self.standing.age))
            case GiveUp():
                self.ground.probe.gave_up(self.name, self.numbers[event.id])
                self._closed(event)
                self.parked(event, f"{self.name}: {decision.reason}")
            case Done():
                self._closed(event)
            case Stay():
                pass
            case _:
                assert_never(decision)

    def _keep(self, sides: Sides) -> None:
        """Keep what the process now knows, and report when the breaker leaves CLOSED or comes back to it."""
        before, self.standing.sides = self.standing.sides, sides
        self._told(before, sides)

    def _told(self, before: Sides, after: Sides) -> None:
        was, is_now = before.breaker.phase, after.breaker.phase
        if (was is Phase.CLOSED) != (is_now is Phase.CLOSED):
            self._broke(broken=is_now is not Phase.CLOSED)

    def _broke(self, *, broken: bool) -> None:
        """Tell the probe and the event log, which knows the kinds of breakers only once one has moved."""
        self.ground.probe.broke(self.name, broken)
        recorder = self.ground.recorder
        kind = recorder.kind("breaker.opened" if broken else "breaker.closed")
        recorder.note(self.ground.timeline.now, kind, self._caller, self._called, 0, 0, 0)

    # --- attempts and their copies

    def _sent_out(self, event: Event, record: CallRecord, copy: int) -> None:
        """Send an attempt, or the n-th copy of it, and look again when the hedge says."""
        number = record.attempt + (copy - 1) * COPY
        self.records[event.id, number] = record, self.standing.age
        call = super()._attempt(event, self.numbers[event.id], number)
        assert call is not None
        self.open[event.id].append(call)
        hedge = self.calling.hedge
        if hedge is not None and (wait := hedge.next_copy(copy)) is not None:
            self.ground.timeline.call_in(wait, self._late, (event, record, copy))

    def _late(self, waiting: tuple[Event, CallRecord, int]) -> None:
        """Send a copy of an attempt that is still waited for, if the policies let it."""
        event, record, copy = waiting
        if not any(call.attempt % COPY == record.attempt for call in self.open.get(event.id, ())):
            return
        draw = uniform(self.ground.seed, self._gate, event.id, record.attempt + copy * COPY)
        sides, decision = self._ask(Late(self.ground.timeline.now, record, draw))
        self._keep(sides)
        if isinstance(decision, Send):
            self._sent_out(event, decision.call, copy + 1)

    def _drop(self, call: Call) -> None:
        """Abandon a copy."""
        call.done = True
        if call.guard is not None:
            self.ground.guards.cancel(call.guard)
        took = self.ground.timeline.now - call.sent_at
        record, age = self.records.pop((call.event.id, call.attempt))
        if age == self.standing.age:
            sides, _ = self._ask(Dropped(self.ground.timeline.now, record, took))
            self._keep(sides)
        self.ground.probe.called(call, took, CANCELLED)
        self._note_end(call, CANCELLED)

    # --- how an attempt ended

    def _again(self, call: Call) -> None:
        others = self.open[call.event.id]
        others.remove(call)
        cause = _CAUSES.get(call.status, Cause.TRANSIENT)
        sides, decision = self._ended(call, cause, final=bool(others))
        if others:
            self._keep(sides)
        else:
            self._decided(call.event, sides, decision)
        self._next()

    def _finished(self, call: Call) -> None:
        others = self.open[call.event.id]
        others.remove(call)
        cause = None if call.status == OK else _CAUSES.get(call.status, Cause.TRANSIENT)
        sides, _ = self._ended(call, cause, final=True)
        self._keep(sides)
        for other in list(others):
            self._drop(other)
        self._closed(call.event)
        self._next()

    def _ended(self, call: Call, cause: Cause | None, *, final: bool) -> tuple[Sides, Decision]:
        """Tell the policies how an attempt ended; a process that did not send it knows nothing of it."""
        now, event = self.ground.timeline.now, call.event
        draw = uniform(self.ground.seed, self._jitter, event.id, call.attempt)
        record, age = self.records.pop((event.id, call.attempt))
        ended = Ended(now, record, cause, now - call.sent_at, draw, call.retry_after, final)
        if age == self.standing.age:
            return self._ask(ended)
        _, decision = self.calling.step(self.calling.initial(), ended)
        return self.standing.sides, decision._replace(call=decision.call._replace(granted=False, cost=0))

    def _next(self) -> None:
        """Let those who wait for an attempt to end ask again, in their order, until one of them must wait on."""
        holding = self.standing.holding
        while holding:
            others = len(holding)
            client, waiting = holding.popleft()
            client._ready(waiting)
            if len(holding) == others:
                holding.rotate(1)
                return

    def _closed(self, event: Event) -> None:
        del self.open[event.id], self.numbers[event.id]
        self.under_way -= 1
        if self.backlog:
            self._send_waiting()
