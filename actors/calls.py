"""Calls between parties: a client that sends, waits, repeats and gives up; an endpoint that admits, serves, answers.

One attempt is one small `Call` object. The request travels over a link to the endpoint; the endpoint's gate admits it
or refuses it at once; an admitted one is served for a drawn time, does its work, and the answer travels back. A
timeout is an unknown outcome: the client repeats the same event, under the same id, and a late answer is ignored.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from actors.ground import Ground, Lag
from actors.steps import Steps
from actors.way import Way
from policies.key_contract import Ending
from policies.retry import Failed, RetryRule
from policies.throttle import Throttle
from twin.kernel.guards import Guard
from twin.kernel.link import Link
from twin.model.chance import stream_id, uniform
from twin.model.instant import Elapsed
from twin.model.message import Event, Message

OK, REFUSED, FAILED, TIMEOUT, REJECTED = "ok", "refused", "failed", "timeout", "rejected"
"""How an attempt ends. Refused is by a limit, and may be tried again; rejected is for good."""


class Call:
    """One attempt of one event at one endpoint; `number` is the same in all attempts that one submission makes."""

    __slots__ = ("answer", "attempt", "client", "done", "event", "guard", "number", "retry_after", "sent_at", "status")

    def __init__(self, client: "Client", event: Event, number: int, attempt: int, sent_at: Elapsed) -> None:
        self.client = client
        self.event = event
        self.number = number
        self.attempt = attempt
        self.sent_at = sent_at
        self.status = OK
        self.answer: Message | None = None
        self.retry_after: Elapsed | None = None
        self.guard: Guard | None = None
        self.done = False


class Gate:
    """A partner's limit at work: the throttle's state, held by the partner's process."""

    shut = False
    """Whether nothing is let out at all, for as long as somebody says so."""

    def __init__(self, throttle: Throttle) -> None:
        self.throttle = throttle
        self.state = throttle.initial()

    def admit(self, now: Elapsed, cost: int = 1) -> Elapsed | None:
        """Return None if a call is admitted now, else how long to wait before it might be."""
        self.state, admitted, retry_after = self.throttle.admit(self.state, now, cost)
        return None if admitted else retry_after


class Address(Protocol):
    """Where calls arrive; sooner or later, or never, `call.client.respond(call)` is called with its status set."""

    def request(self, call: Call) -> None:
        """Take an attempt that has arrived."""


class Remembers(Protocol):
    """What a partner knows of the calls that it was sent before."""

    def answers(self, call: Call) -> bool:
        """Write the answer into a call that is not to be worked on; False where it is."""

    def ended(self, call: Call, ending: Ending) -> None:
        """Write down how the work on a call ended."""


class Endpoint:
    """One interface of a partner.

    `concurrency` calls are served at once; `queue_max` more wait in order, whether or not their callers still do, and
    others are refused. `gate` counts calls over time, `keys` knows calls again. `handle` does the work when the service
    ends and returns the answer, which may carry a message for the caller.
    """

    def __init__(
        self,
        ground: Ground,
        *,
        service: Lag,
        handle: Callable[[Event], Message | None],
        concurrency: int = 1_000_000,
        gate: Gate | None = None,
        cost: int = 1,
        queue_max: int = 0,
        keys: Remembers | None = None,
    ) -> None:
        self.ground = ground
        self.service = service
        self.handle = handle
        self.concurrency = concurrency
        self.gate = gate
        self.cost = cost
        self.queue_max = queue_max
        self.keys = keys
        self.waiting: deque[Call] = deque()
        self.in_service = 0
        self.refused = 0

    def request(self, call: Call) -> None:
        """Admit or refuse an attempt that has arrived."""
        now = self.ground.timeline.now
        retry_after: Elapsed | None = None
        if self.in_service >= self.concurrency:
            if len(self.waiting) < self.queue_max:
                self.waiting.append(call)
                return
            retry_after = 0
        elif self.gate is not None:
            retry_after = self.gate.admit(now, self.cost)
        if retry_after is not None:
            self.refused += 1
            call.status, call.retry_after = REFUSED, retry_after or None
            call.client.respond(call)
            return
        if self.keys is not None and self._known(self.keys, call):
            return
        self.in_service += 1
        self.ground.timeline.call_in(self.service(call.event.id, call.attempt), self._serve, call)

    @staticmethod
    def _known(keys: Remembers, call: Call) -> bool:
        """Answer a call that is not to be worked on."""
        answered = keys.answers(call)
        if answered:
            call.client.respond(call)
        return answered

    def _serve(self, call: Call) -> None:
        self.in_service -= 1
        call.answer = self.handle(call.event)
        if self.keys is not None:
            self.keys.ended(call, Ending.OK)
        call.client.respond(call)
        if self.waiting:
            self._next()

    def _next(self) -> None:
        """A place is free: ask for those who wait as if they came now."""
        while self.waiting and self.in_service < self.concurrency:
            self.request(self.waiting.popleft())


class Client:
    """The caller's side of one partner interface.

    At most `concurrency` events are under way; more wait in order, at most `backlog_max`, beyond which an event is
    parked. `pace` is the partner's published limit as the caller knows it: an attempt that it does not admit waits
    here instead of being refused there. `done` hears of every success, `parked` of every event given up. `ends` name
    the two parties in the record.
    """

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        request: Link,
        response: Link,
        endpoint: Address,
        timeout: Elapsed,
        retry: RetryRule,
        done: Callable[[Event, Message | None], None],
        parked: Callable[[Event, str], None],
        refused: Callable[[Event, Elapsed | None], bool] | None = None,
        concurrency: int = 64,
        backlog_max: int = 10_000_000,
        pace: Gate | None = None,
        cost: int = 1,
        ends: tuple[str, str] | None = None,
    ) -> None:
        self.ground = ground
        self.name = name
        self.request = request
        self.response = response
        self.endpoint = endpoint
        self.timeout = timeout
        self.retry = retry
        self.done = done
        self.parked = parked
        self.refused = refused
        self.concurrency = concurrency
        self.backlog_max = backlog_max
        self.pace = pace
        self.cost = cost
        self.backlog: deque[Event] = deque()
        self.under_way = 0
        self.offered = self.turned_away = self.dropped = 0
        """Events that were handed in; of them those beyond the bound of the backlog, and those dropped before they
        began: in a crash, or behind a gate that was shut."""
        self.started = 0
        """How many submissions have left the backlog, or never were in it; the last one's number."""
        self._jitter = stream_id(name + "/retry")
        self._pumping = False
        recorder = ground.recorder
        self._sent = Steps(recorder, "sent")
        self._endings = {status: Steps(recorder, status) for status in (OK, REFUSED, FAILED, TIMEOUT, REJECTED)}
        self.ends = caller, called = ends or (name.partition("/")[0], name)
        self._caller, self._called = recorder.party(caller), recorder.party(called)

    def submit(self, event: Event) -> None:
        """Deliver an event, sooner or later."""
        self.offered += 1
        if self.under_way < self.concurrency and self.pace is None:
            self._start(event)
        elif len(self.backlog) >= self.backlog_max:
            self.turned_away += 1
            self.parked(event, "backlog full")
        else:
            self.backlog.append(event)
            self._send_waiting()

    @property
    def idle(self) -> bool:
        """True when nothing waits to be sent."""
        return not self.backlog

    def _pump(self, _: None) -> None:
        self._pumping = False
        self._send_waiting()

    def _send_waiting(self) -> None:
        backlog = self.backlog
        while backlog and self.under_way < self.concurrency and not self._pumping:
            if self.pace is not None:
                wait = self.pace.admit(self.ground.timeline.now, self.cost)
                if wait is not None:
                    waiting = backlog.popleft()
                    if self._asks_anew(waiting):
                        self.dropped += 1
                        continue
                    backlog.appendleft(waiting)
                    self._pumping = True
                    self.ground.timeline.call_in(max(1, wait), self._pump, None)
                    return
            self._start(backlog.popleft())

    def _start(self, event: Event) -> None:
        self.under_way += 1
        self.started = number = self.started + 1
        self.ground.probe.started(self.name, event, number)
        self._attempt(event, number, 1)

    def _attempt(self, event: Event, number: int, attempt: int) -> Call | None:
        """Send an attempt; return it once it is on its way."""
        ground = self.ground
        call = Call(self, event, number, attempt, ground.timeline.now)
        ground.probe.sent(call)
        call.guard = ground.guards.after(self.timeout, self._timed_out, call)
        kind = self._sent[type(event)]
        ground.recorder.note(
            ground.timeline.now, kind, self._caller, self._called, event.id, event.cause, event.case, 0, attempt
        )
        self.request.send(event.id, attempt, self.endpoint.request, call)
        return call

    def respond(self, call: Call) -> None:
        """Carry the endpoint's answer back over the response link."""
        self.response.send(call.event.id, call.attempt, self._answered, call)

    def _answered(self, call: Call) -> None:
        if call.done:
            return
        call.done = True
        ground = self.ground
        if call.guard is not None:
            ground.guards.cancel(call.guard)
        ground.probe.called(call, ground.timeline.now - call.sent_at, call.status)
        event = call.event
        self._note_end(call, call.status)
        if call.status == OK:
            self._finished(call)
            self.done(event, call.answer)
        elif call.status == REJECTED:
            ground.probe.gave_up(self.name, call.number)
            self._finished(call)
            self.parked(event, f"{self.name}: {REJECTED}")
        elif self.refused is not None and self.refused(event, call.retry_after):
            ground.probe.gave_up(self.name, call.number)
            self._finished(call)
        else:
            self._again(call)

    def _timed_out(self, call: Call) -> None:
        if not call.done:
            call.done = True
            self.ground.probe.called(call, self.timeout, TIMEOUT)
            self._note_end(call, TIMEOUT)
            self._again(call)

    def _note_end(self, call: Call, status: str) -> None:
        event, recorder = call.event, self.ground.recorder
        now, kind = self.ground.timeline.now, self._endings[status][type(event)]
        recorder.note(now, kind, self._called, self._caller, event.id, event.cause, event.case, 0, call.attempt)

    def _again(self, call: Call) -> None:
        event = call.event
        draw = uniform(self.ground.seed, self._jitter, event.id, call.attempt)
        wait = self.retry.delay(Failed(call.attempt, draw, asked_us=call.retry_after))
        if wait is None:
            self.ground.probe.gave_up(self.name, call.number)
            self._finished(call)
            status = TIMEOUT if call.status == OK else call.status  # it was done, and nobody here has heard of it
            self.parked(event, f"{self.name}: {status} after {call.attempt} attempts")
        else:
            self.ground.timeline.call_in(max(1, wait), self._resend, call)

    def _resend(self, call: Call) -> None:
        if self.pace is not None:
            wait = self.pace.admit(self.ground.timeline.now, self.cost)
            if wait is not None:
                if self._asks_anew(call.event):
                    self.ground.probe.gave_up(self.name, call.number)
                    self._finished(call)
                    return
                self.ground.timeline.call_in(max(1, wait), self._resend, call)
                return
        self._attempt(call.event, call.number, call.attempt + 1)

    def _asks_anew(self, event: Event) -> bool:
        """End an event that stands before a shut gate, where whoever handed it in asks for what is true later."""
        return self.pace is not None and self.pace.shut and self.refused is not None and self.refused(event, None)

    def _finished(self, call: Call) -> None:
        self.under_way -= 1
        if self.backlog:
            self._send_waiting()


def broken_off(call: Call) -> None:
    """Tell the caller that the connection under a call broke: he knows no more than that."""
    call.status, call.answer, call.retry_after = FAILED, None, None
    call.client._answered(call)


class Feed:
    """A party's facts on their way to another party, at least once.

    On a link that can lose, a copy goes out again every `again_after` until its arrival is acknowledged; a repeat
    carries the same id, so the receiver's inbox makes it harmless.
    """

    def __init__(
        self,
        ground: Ground,
        name: str,
        link: Way,
        back: Way,
        deliver: Callable[[Message], None],
        again_after: Elapsed,
        attempts_max: int = 1000,
    ) -> None:
        self.ground = ground
        self.link = link
        self.back = back
        self.deliver = deliver
        self.again_after = again_after
        self.attempts_max = attempts_max
        self.lossless = not (link.may_lose or back.may_lose)
        self.open: dict[int, tuple[Message, int]] = {}
        self._sent = Steps(ground.recorder, "sent")
        self._from, self._to = ground.recorder.party(name), ground.recorder.party("middleware")

    def send(self, message: Message) -> None:
        """Send a fact."""
        ground = self.ground
        kind, item = self._sent[type(message)], getattr(message, "item", 0)
        ground.recorder.note(
            ground.timeline.now, kind, self._from, self._to, message.id, message.cause, message.case, item
        )
        if self.lossless:
            self.link.send(message.id, 1, self.deliver, message)
        else:
            self.open[message.id] = (message, 0)
            self._send(message.id)

    def _send(self, id: int) -> None:
        entry = self.open.get(id)
        if entry is None:
            return
        message, attempts = entry
        if attempts >= self.attempts_max:
            del self.open[id]
            self.ground.probe.parked(message, f"no acknowledgement after {attempts} attempts")
            return
        self.open[id] = (message, attempts + 1)
        self.link.send(id, attempts + 1, self._arrived, message)
        self.ground.timeline.call_in(self.again_after, self._send, id)

    def _arrived(self, message: Message) -> None:
        self.deliver(message)
        entry = self.open.get(message.id)
        self.back.send(message.id, entry[1] if entry else 0, self._acknowledged, message.id)

    def _acknowledged(self, id: int) -> None:
        self.open.pop(id, None)

    def not_arrived(self) -> list[Message]:
        """Return the facts that are kept until their arrival is known."""
        return [message for message, _ in self.open.values()]
