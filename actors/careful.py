"""A client that asks its policies before every attempt and tells them how each one ended.

It is the client of every design that has a budget, a breaker, a limiter of its own, a deadline, or a retry rule with a
memory; without any of them the plain `Client` does the same with less. All decisions are `Calling`'s: this process
keeps what it knows of the called side, waits, and hears of moves of the breaker.
"""

from collections import deque
from typing import assert_never

from actors.calls import OK, REFUSED, TIMEOUT, Call, Client
from policies.breaker import Phase
from policies.calling import Calling, CallRecord, Decision, Done, Ended, GiveUp, Ready, Send, Sides, Wait
from policies.retry import Cause
from twin.model.chance import stream_id, uniform
from twin.model.message import Event

_CAUSES = {OK: Cause.TIMEOUT, TIMEOUT: Cause.TIMEOUT, REFUSED: Cause.THROTTLED}
"""Why an attempt failed, by its status; that of an attempt which was never answered is still OK."""


class CarefulClient(Client):
    """The caller's side of one partner interface, with all the policies of its design."""

    calling: Calling

    def govern(self, calling: Calling) -> None:
        """Take the policies on, as a process that has just started; call it once, before the first event."""
        self.calling = calling
        self._gate = stream_id(self.name + "/gate")
        self.sides: Sides = calling.initial()
        self.records: dict[int, CallRecord] = {}
        self.holding: deque[tuple[Event, CallRecord]] = deque()
        """Calls that wait for another attempt to end."""

    def _attempt(self, event: Event, attempt: int) -> None:
        self._ready((event, CallRecord(event.id, self.ground.timeline.now)))

    def _ready(self, waiting: tuple[Event, CallRecord]) -> None:
        event, record = waiting
        now = self.ground.timeline.now
        if record.attempt and self.pace is not None:
            wait = self.pace.admit(now, self.cost)
            if wait is not None:
                self.ground.timeline.call_in(max(1, wait), self._ready, waiting)
                return
        draw = uniform(self.ground.seed, self._gate, event.id, record.rungs)
        self._decided(event, *self.calling.step(self.sides, Ready(now, record, draw)))

    def _decided(self, event: Event, sides: Sides, decision: Decision) -> None:
        self._keep(sides)
        record = decision.call
        match decision:
            case Send():
                self.records[event.id] = record
                super()._attempt(event, record.attempt)
            case Wait(ticks=0):
                self.holding.append((event, record))
            case Wait():
                self.ground.timeline.call_in(decision.ticks, self._ready, (event, record))
            case GiveUp():
                self._closed()
                self.parked(event, f"{self.name}: {decision.reason}")
            case Done():
                self._closed()
            case _:
                assert_never(decision)

    def _keep(self, sides: Sides) -> None:
        """Keep what the process now knows, and report when the breaker leaves CLOSED or comes back to it."""
        before, after = self.sides.breaker.phase, sides.breaker.phase
        self.sides = sides
        if (before is Phase.CLOSED) != (after is Phase.CLOSED):
            self._broke(broken=after is not Phase.CLOSED)

    def _broke(self, *, broken: bool) -> None:
        """Tell the probe and the event log, which knows the kinds of breakers only once one has moved."""
        self.ground.probe.broke(self.name, broken)
        recorder = self.ground.recorder
        kind = recorder.kind("breaker.opened" if broken else "breaker.closed")
        recorder.note(self.ground.timeline.now, kind, self._caller, self._called, 0, 0, 0)

    def _again(self, call: Call) -> None:
        self._decided(call.event, *self._ended(call, _CAUSES.get(call.status, Cause.TRANSIENT), final=False))
        self._next()

    def _finished(self, call: Call) -> None:
        cause = None if call.status == OK else _CAUSES.get(call.status, Cause.TRANSIENT)
        sides, _ = self._ended(call, cause, final=True)
        self._keep(sides)
        self._closed()
        self._next()

    def _ended(self, call: Call, cause: Cause | None, *, final: bool) -> tuple[Sides, Decision]:
        """Tell the policies how an attempt ended."""
        now, event = self.ground.timeline.now, call.event
        draw = uniform(self.ground.seed, self._jitter, event.id, call.attempt)
        record = self.records.pop(event.id)
        ended = Ended(now, record, cause, now - call.sent_at, draw, call.retry_after, final)
        return self.calling.step(self.sides, ended)

    def _next(self) -> None:
        """Let a call that waited for another attempt to end ask again."""
        if self.holding:
            self._ready(self.holding.popleft())

    def _closed(self) -> None:
        self.under_way -= 1
        if self.backlog:
            self._send_waiting()
