"""A server of a world without a distributor: workers, a bounded line before them, and what becomes of each call.

Theory of operation. A call that arrives is begun, waits in the line, waits outside it (`blocks`) or is refused. Work
that is begun keeps a worker for its service time and for the calls that it makes onward and that hold it; then the
answer goes back, whether somebody still waits for it or not: abandoned work is what keeps a collapse alive. With
`cancels` the line drops what nobody waits for; work that is begun is finished all the same.

Before the line stand, in this order: a limit, which several servers may share; who sheds by criticality when too many
wait; room; and what is known of the call's key. A stored answer is given again at once and costs no worker.

Whoever says no spends `refusal` of a worker on it, before any waiting work; a refusal that finds `REFUSALS_MAX` of them
waiting is dropped, and its caller hears nothing.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from actors.calls import FAILED, OK, REFUSED, REJECTED, Call
from actors.ground import Ground
from actors.line import Line, Work
from actors.onward import Onward
from actors.serve import Serve, Served
from actors.server_terms import Counts, Terms
from policies.key_contract import Answer, Ending
from twin.model.ids import derive
from twin.model.instant import Elapsed
from twin.model.message import Event, Message

BLOCKED_MAX: Final = 1_000_000
"""Calls that wait outside a full line of a server that blocks; one more is refused."""
REFUSALS_MAX: Final = 100_000
"""Refusals that wait for a worker; one more is dropped without an answer."""


class Server:
    """One server; `onward` are the calls that it makes, set by whoever connects it."""

    def __init__(self, ground: Ground, name: str, terms: Terms) -> None:
        self.ground = ground
        self.name = name
        self.terms = terms
        self.onward: tuple[Onward, ...] = ()
        self.line = Line(terms.discipline, dropped=self._abandoned if terms.cancels else None)
        self.busy = self.present = 0
        self.counts = Counts(0, 0)
        self._blocked: deque[Work] = deque()
        self._refusals: deque[Work] = deque()
        self._away: dict[int, Work] = {}
        self._versions: dict[int, int] = {}
        self._changed_at: Elapsed = 0
        self._any = terms.service.get("")
        self.heard: Callable[[Call, bool], object] | None = None
        """Who hears of every answer: the call, and whether it is a good one that somebody still waits for."""

    def room(self) -> int:
        """Return how many workers there are."""
        return self.terms.workers

    def restart(self) -> None:
        """The warm-up is over: counts begin at 0."""
        now = self.ground.timeline.now
        self._tick(now)
        self.counts = Counts(now, len(self.line))
        if self.terms.keys is not None:
            self.terms.keys.restart()

    def counted(self) -> Counts:
        """Return the counts with the areas up to now."""
        self._tick(self.ground.timeline.now)
        return self.counts

    # --- calls

    def request(self, call: Call) -> None:
        """Begin a call that has arrived, let it wait, or refuse it."""
        now, door = self.ground.timeline.now, self.terms.door
        self._tick(now)
        self.counts.offered += 1
        work = Work(call, now, _asked(call).priority)
        self.present += 1
        if door is None:
            self._enter(work)
        else:
            door.knock(work, self._enter, self._turned_away)

    def _enter(self, work: Work) -> None:
        """Find a worker or a place for a call that has passed the limit."""
        now, counts, terms, line = self.ground.timeline.now, self.counts, self.terms, self.line
        self._tick(now)
        if terms.sheds is not None and not terms.sheds.admits(work.priority, len(line)):
            counts.shed += 1
            self._turned_away(work, None)
        elif self.busy < self.room() and not line:
            if self._is_new(work):
                self._begin(work, now)
        elif len(line) < terms.queue_max or self._tidied() < terms.queue_max:
            if self._is_new(work):
                line.push(work)
                counts.queue_max = max(counts.queue_max, len(line))
        elif terms.blocks and len(self._blocked) < BLOCKED_MAX:
            if self._is_new(work):
                self._blocked.append(work)
        else:
            self._turned_away(work, None)

    def _turned_away(self, work: Work, retry_after: Elapsed | None) -> None:
        self.present -= 1
        self.counts.rejected += 1
        work.call.retry_after = retry_after
        self._left(work)
        self._refuse(work)

    def _is_new(self, work: Work) -> bool:
        """Tell whether a call is to be worked on; if not, answer it by what is known of its key."""
        keys, call = self.terms.keys, work.call
        if keys is None:
            return True
        reply, stored = keys.arrived(_asked(call), _asked(call).content, self.ground.timeline.now)
        if reply.answer is Answer.PROCESS:
            return True
        self.present -= 1
        self._left(work)
        if reply.answer is Answer.REPLAY:
            call.answer = stored
            self._reply(work.call, OK if reply.ending is Ending.OK else FAILED)
        elif reply.answer is Answer.CONFLICT:
            self._reply(work.call, REFUSED)
        else:
            self._reply(work.call, REJECTED)
        return False

    def _left(self, work: Work) -> None:
        """A call is here no more, whatever became of it."""
        if self.terms.door is not None:
            self.terms.door.left(work)

    def _abandoned(self, work: Work) -> None:
        """The line has dropped a call that nobody waits for."""
        self.present -= 1
        if self.terms.keys is not None:
            self.terms.keys.forget(_asked(work.call))
        self._left(work)

    def _refuse(self, work: Work) -> None:
        if self.terms.refusal is None:
            self._reply(work.call, REFUSED)
        elif len(self._refusals) < REFUSALS_MAX:
            self._refusals.append(work)
            self._next(self.ground.timeline.now)
        else:
            self.counts.dropped += 1

    def _begin(self, work: Work, now: Elapsed) -> None:
        self.busy += 1
        work.has_worker = True
        counts = self.counts
        counts.begun += 1
        if now > work.arrived_at:
            counts.waits += 1
            counts.waited += now - work.arrived_at
        self._serve(work)

    def _serve(self, work: Work) -> None:
        """Let a worker do the work that it was given."""
        self.ground.timeline.call_in(self._takes(work.call), self._serviced, work)

    def _takes(self, call: Call) -> Elapsed:
        """Return the service time of work that is begun now."""
        event = _asked(call)
        lag = self.terms.service.get(event.operation, self._any) if event.operation else self._any
        assert lag is not None
        took = lag(event.id, call.attempt)
        if self.terms.slowing is not None:
            took = round(took * self.terms.slowing.times(self.busy, self.present))
        return took

    def _serviced(self, work: Work) -> None:
        call, terms = work.call, self.terms
        if terms.fails is not None and terms.fails(call.event.id, call.attempt):
            self._finish(work, Ending.FAILED)
        elif self.onward:
            self._pass_on(work)
        elif terms.versioned is not None:
            self._compare(work, terms.versioned)
        else:
            self._finish(work, Ending.OK)

    def _compare(self, work: Work, operation: str) -> None:
        """Answer with the version of the key; the versioned operation moves it on, unless it was seen otherwise."""
        event = _asked(work.call)
        version = self._versions.get(event.key, 0)
        if event.operation == operation:
            if event.version != version:
                self._finish(work, Ending.REFUSED)
                return
            version = self._versions[event.key] = version + 1
        work.call.answer = Served(id=derive(event.id, work.call.attempt), cause=event.id, version=version)
        self._finish(work, Ending.OK)

    def _finish(self, work: Work, ending: Ending) -> None:
        now = self.ground.timeline.now
        self._tick(now)
        self.present -= 1
        self.counts.finished += 1
        self.counts.stayed += now - work.arrived_at
        if work.has_worker:
            work.has_worker = False
            self.busy -= 1
        call, keys = work.call, self.terms.keys
        if keys is not None:
            keys.finished(_asked(call), _asked(call).content, now, ending, call.answer)
        self._reply(call, OK if ending is Ending.OK else FAILED)
        self._left(work)
        self._next(now)

    def _reply(self, call: Call, status: str) -> None:
        call.status = status
        if self.heard is not None:
            self.heard(call, status in (OK, REJECTED) and not call.done)
        call.client.respond(call)

    def _next(self, now: Elapsed) -> None:
        """Put free workers to work: first on refusals, then on who is next in the line."""
        line = self.line
        while self.busy < self.room():
            if self._refusals:
                self._say_no(self._refusals.popleft())
                continue
            work = line.pop()
            while self._blocked and len(line) < self.terms.queue_max:
                line.push(self._blocked.popleft())
            if work is None:
                if not line:
                    return
                continue
            self._begin(work, now)

    def _say_no(self, work: Work) -> None:
        assert self.terms.refusal is not None
        self.busy += 1
        took = self.terms.refusal(work.call.event.id, work.call.attempt)
        self.ground.timeline.call_in(took, self._said_no, work)

    def _said_no(self, work: Work) -> None:
        self.busy -= 1
        self._reply(work.call, REFUSED)
        self._next(self.ground.timeline.now)

    def _tidied(self) -> int:
        """Let go of the oldest that nobody waits for; return how many wait then."""
        self.line.tidy()
        return len(self.line)

    def _tick(self, now: Elapsed) -> None:
        span = now - self._changed_at
        if span:
            self.counts.present_area += self.present * span
            self.counts.queue_area += len(self.line) * span
            self._changed_at = now

    # --- calls onward

    def _pass_on(self, work: Work) -> None:
        """Make the next call of this work, or answer when all are made; the worker is free when no call holds it."""
        if work.has_worker and not any(each.holds for each in self.onward[work.step :]):
            now = self.ground.timeline.now
            self._tick(now)
            work.has_worker = False
            self.busy -= 1
            self._next(now)
        if work.step == len(self.onward):
            self._finish(work, Ending.OK)
            return
        id = derive(derive(work.call.event.id, work.call.attempt), work.step + 1)
        while id in self._away:  # the link brought the call twice
            id = derive(id, 0)
        self._away[id] = work
        self.onward[work.step].ask(id, _asked(work.call))

    def answered(self, event: Event, _: Message | None) -> None:
        """A call onward succeeded."""
        work = self._away.pop(event.id)
        work.step += 1
        self._pass_on(work)

    def gave_up(self, event: Event, _: str) -> None:
        """A call onward failed for good, and so does what it was made for."""
        self._finish(self._away.pop(event.id), Ending.FAILED)


def _asked(call: Call) -> Serve:
    event = call.event
    assert isinstance(event, Serve)
    return event
