"""The live process: takes what comes and what is due, one step at a time, and hands out what follows from it.

Theory of operation. A step is one transaction: a message's effects, the offset of the line that it stood on or the
timer that it was, what publishers hear of it, and its line in the journal. So the process may be killed between any two
instructions and goes on from the last commit: a line is taken once, a timer fires once, an effect has one id. The relay
hands out committed events on its own; an event may leave twice, under one id and in the same bytes.

Before a line is taken, everything that is due by then is done: evaluations that publishers wait for, then timers and
slots in the order of their times. With the clock of a recording the whole is a function of the input.

The end of every road is a row of an exception queue: a line that cannot be read, a message that no procedure can
handle, a conflict that would not end. What the store itself raises is none of these: it ends the process, which loses
nothing.

An HTTP gateway will be another feed (`peek`, `advance`) and another `deliver` of the relay; nothing here knows files.
"""

import asyncio
import json
from contextlib import suppress
from typing import Literal, NamedTuple, Protocol

from twin.errors import TwinError, WireError
from twin.live.alerts import LiveAlerts
from twin.live.deployment import Deployment
from twin.live.files import Line
from twin.live.inbound import Said, read_line
from twin.live.publishing import Publishing
from twin.live.relay import relay
from twin.live.store import LiveStore, Progress, Timer
from twin.live.transactor import Stored, Transactor
from twin.middleware.delivery.redrive import REFERENCE
from twin.middleware.unit import LETTERS, Conflict, Outcome
from twin.model import wire
from twin.model.chance import stream_id
from twin.model.commands import (
    CorrectLetter,
    EvaluatePublication,
    GaveUp,
    ParkLetter,
    PublicationAnswered,
    RedriveLetter,
)
from twin.model.dead_letter import LetterKind
from twin.model.events import (
    AvailabilityChanged,
    ExceptionOpened,
    FallbackChanged,
    FallbackDecided,
    PublishStock,
)
from twin.model.history import Answer, Own, Stimulus, encode_record
from twin.model.ids import derive
from twin.model.instant import SECOND, Elapsed, Instant, Now
from twin.model.message import Event, Message
from twin.model.publishing import AllDue, Answered, Changed, Evaluated, FellBack, Note, SlotOpened, encode_publishing

IDLE_US = 50_000
"""How long the process rests when there is nothing to do."""
HOUSEKEEPING_US = 60 * SECOND
"""How often old inbox and outbox rows are dropped."""
PEOPLE = "people"
"""Who sent a command about an exception queue, in the journal."""
ALL_DONE = 1 << 30
"""The turn of what comes when all that was due by then is done, as before every line here."""
EFFECTS = "effects"
"""Who took what was sent, in the journal."""
DEFECTS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, TwinError)
"""What a procedure raises over a message that does not fit: none of these comes from a store."""

_GIVEN_UP = stream_id("given up")
_OWN = stream_id("work of its own")


class Step(NamedTuple):
    """What one step takes: a message (None: what it stood for cannot be read), its sender, its line or its timer."""

    message: Message | None
    sender: str = ""
    line: Line | None = None
    timer: Timer | None = None


class Clock(Protocol):
    """The present moment, and how far it may go before a line is taken."""

    def __call__(self) -> Now: ...

    def until(self, at: Elapsed | None) -> Elapsed: ...

    def move(self, to: Elapsed) -> None: ...


class Source(Protocol):
    """Where lines come from: a file, later a gateway."""

    offset: int

    def peek(self) -> Line | None: ...

    def advance(self, line: Line) -> None: ...

    def size(self) -> int: ...


class Receiver(Protocol):
    """Where effects go: a file, later partners' interfaces."""

    def append(self, event: Event) -> bool: ...

    def settle(self) -> None: ...


class LiveProcess:
    """One process on one store. `name` is the input's, under which its offset stands in the store.

    `start` is the wall time at elapsed 0, in microseconds since 1970 UTC.
    """

    def __init__(
        self,
        store: LiveStore,
        deployment: Deployment,
        clock: Clock,
        *,
        name: str,
        source: Source,
        receiver: Receiver,
        start: Instant,
    ) -> None:
        self.store = store
        self.deployment = deployment
        self.clock = clock
        self.name = name
        self.source = source
        self.receiver = receiver
        self.start = start
        self.transactor = Transactor(
            store, deployment.procedures, deployment.rules, clock, restarts_max=deployment.restarts_max
        )
        self.publishing: Publishing | None = None
        """The publishers, where this process leads."""
        self.alerts = LiveAlerts(deployment.alerts, self._open_letters)
        self.outcomes: dict[str, int] = {}
        self.given_up: dict[str, int] = {}
        self.handed_out = 0
        self._late = False
        """Whether something that was due has waited."""
        self._said: tuple[Line, Said | WireError] | None = None
        self._news = asyncio.Event()

    # --- running

    async def run(self, stop: asyncio.Event, *, once: bool = False) -> None:
        """Work until `stop` is set; with `once`, until the input is at its end and all that is due by then is done.

        What the relay or the housekeeping raises ends the work too. `stop` is set in the end.
        """
        relaying = asyncio.create_task(self._relay(stop))
        keeping = asyncio.create_task(self._keep_house(stop))
        try:
            while not stop.is_set():
                if self.step():
                    self._news.set()
                    await asyncio.sleep(0)
                elif once:
                    break
                else:
                    await _wait(stop, IDLE_US)
                if relaying.done() or keeping.done():
                    break
        finally:
            stop.set()
            self._news.set()
            await asyncio.gather(relaying, keeping)
        self.hand_out()
        if self.publishing is not None:
            self.publishing.save()

    def step(self) -> bool:
        """Do the next thing there is to do; False if there is none."""
        self.alerts.look(self.clock().elapsed)
        line, said = self._peek()
        if self.store.lead():
            if self.publishing is None:
                self.publishing = Publishing(self.store, self.deployment)
            if self._what_is_due(self.publishing, said.at if isinstance(said, Said) else None):
                return True
        if line is None:
            return False
        assert said is not None
        self._take(line, said)
        return True

    def hand_out(self) -> int:
        """Hand the committed events to the receiver; return how many there were."""
        count = relay(self.store, self.receiver.append, self.receiver.settle)
        self.handed_out += count
        return count

    # --- what is due

    def _what_is_due(self, publishing: Publishing, at: Elapsed | None) -> bool:
        publishing.hear()
        if publishing.pending:
            self._handle(Step(publishing.pending[0]))
            return True
        now = self.clock()  # first: what is overdue opens now, and a clock that goes on must have come as far
        until = self.clock.until(at)
        slot = publishing.next_slot(now.elapsed)
        night = publishing.next_night(now)
        timer = next(iter(self.store.due(until, 1)), None)
        dues = [due for due in (timer and timer.due, slot and slot[0], night) if due is not None and due <= until]
        if not dues:
            return False
        first = min(dues)
        self.clock.move(first)
        if timer is not None and timer.due == first:
            self._handle(Step(timer.message, timer=timer))
        elif night == first:
            self._note(AllDue(first), [])
        else:
            assert slot is not None
            opened = SlotOpened(slot[1], self.clock().elapsed)
            self._note(opened, self._own(opened.at, slot[0], "slot", slot[1]))
        return True

    def _open_letters(self) -> int:
        """Return how many items the exception queues hold, notices apart."""
        return sum(row.kind is not LetterKind.NOTICE for _, row in self.store.rows(LETTERS))

    def _note(self, note: Note, records: list[tuple[int, bytes]]) -> None:
        unit = Stored(self.store, self.clock(), {})
        unit.progress = Progress(notes=(encode_publishing(note),), records=records)
        unit.commit()

    # --- what comes

    def _peek(self) -> tuple[Line | None, Said | WireError | None]:
        line = self.source.peek()
        if line is None:
            return None, None
        if self._said is None or self._said[0].begin != line.begin:
            try:
                self._said = line, read_line(line, self.name, self.start)
            except WireError as error:
                self._said = line, error
        return line, self._said[1]

    def _take(self, line: Line, said: Said | WireError) -> None:
        if isinstance(said, WireError):
            subject = derive(stream_id(self.name), line.begin)
            step = Step(None, self.name, line=line)
            self._give_up(step, subject, 0, line.text, _unreadable(line), str(said))
        else:
            if said.at is not None:
                self.clock.move(said.at)
            if said.message is not None:
                self._handle(Step(said.message, said.source, line=line))
        self.source.advance(line)

    def _handle(self, step: Step) -> None:
        """Run a message's procedure in a step of its own, or give it up with the reason."""
        message = step.message
        assert message is not None
        self.alerts.look(self.clock().elapsed)
        units: list[Stored] = []

        def finish(_: Outcome, unit: Stored) -> None:
            units.append(unit)
            self._finish(step, unit, recorded=True)

        try:
            outcome = self.transactor.run(message, finish)
        except Conflict as conflict:
            reason = f"conflict on {conflict.args} after {self.deployment.restarts_max} restarts"
            self._give_up(step, message.id, message.case, wire.encode(message), "RESTARTS_USED_UP", reason)
        except DEFECTS as error:
            reason = f"{type(message).__name__}: {type(error).__name__}: {error}"
            self._give_up(step, message.id, message.case, wire.encode(message), "UNFIT", reason)
        else:
            self.outcomes[outcome.name] = self.outcomes.get(outcome.name, 0) + 1
            self.alerts.heard(message, outcome, units[-1])

    def _give_up(self, step: Step, subject: int, case: int, body: bytes, code: str, reason: str) -> None:
        """Put what cannot be handled into the exception queue of its class, in a step that goes on behind it."""
        place = step.line.begin if step.line else step.timer.due if step.timer else 0
        dead = GaveUp(
            id=derive(derive(subject, _GIVEN_UP), place),
            cause=subject,
            case=case,
            subject=subject,
            delivery=False,
            body=body,
            code=code,
            detail=reason,
            attempts=1,
            first=self.clock().elapsed,
        )
        self.transactor.run(dead, lambda _, unit: self._finish(step, unit, recorded=False))
        self.given_up[code] = self.given_up.get(code, 0) + 1

    def _finish(self, step: Step, unit: Stored, *, recorded: bool) -> None:
        """Add to a unit what is to be committed with it: what publishers hear, how far we are, the journal's line."""
        at, line, message = unit.now.elapsed, step.line, step.message
        notes: list[Note] = [Changed(event) for event in unit.events if isinstance(event, AvailabilityChanged)]
        notes += [FellBack(event, at) for event in unit.events if isinstance(event, FallbackChanged)]
        unit.events = [event for event in unit.events if not isinstance(event, AvailabilityChanged)]
        if isinstance(message, EvaluatePublication):
            pushes = tuple([event for event in unit.events if isinstance(event, PublishStock)])
            notes.append(Evaluated(message, pushes, at))
        elif isinstance(message, PublicationAnswered) and recorded:
            notes.append(Answered(message, at))
        unit.progress = Progress(
            source=self.name if line else "",
            offset=line.end if line else 0,
            timer=step.timer.seq if step.timer else 0,
            notes=[encode_publishing(note) for note in notes],
            records=self._records(message, step, unit) if recorded else self._answers(unit),
        )
        unit.checked = self.deployment.checked
        if not self.deployment.outbox:
            self._send_at_once(unit)

    def _send_at_once(self, unit: Stored) -> None:
        """Write twice, as a naive design does: send the effects now, then commit the rows."""
        for event in unit.events:
            self.receiver.append(event)
        self.receiver.settle()
        self.handed_out += len(unit.events)
        unit.events = []

    def _records(self, message: Message | None, step: Step, unit: Stored) -> list[tuple[int, bytes]]:
        """Return the step's lines in the journal: what came from outside, and what became of what is sent."""
        answers = self._answers(unit)
        if message is not None and step.timer is not None:
            answers = [*self._own(unit.now.elapsed, step.timer.due, "timer", message.id), *answers]
        if message is None or not _from_outside(step):
            return answers
        came = Stimulus(at=unit.now.elapsed, turn=ALL_DONE, source=step.sender or PEOPLE, message=message)  # type: ignore[arg-type]  # it was read from the wire
        return [(message.id, encode_record(came, self.start)), *answers]

    def _own(self, at: Elapsed, due: Elapsed, of: Literal["slot", "timer"], id: int) -> list[tuple[int, bytes]]:
        """Return the journal's line on work of our own: when we got to it, from the first time on that it was late."""
        self._late = self._late or at != due
        own = Own(at=at, of=of, id=id)
        return [(derive(_OWN, at), encode_record(own, self.start))] if self._late else []

    def _answers(self, unit: Stored) -> list[tuple[int, bytes]]:
        """Return what becomes of a step's events: the effects file takes each; what they lead to comes in by itself."""
        at = unit.now.elapsed
        taken = [
            Answer(at=at, turn=ALL_DONE, source=EFFECTS, request=event, status="ok")  # type: ignore[arg-type]  # the outbox holds events of the wire
            for event in unit.events
            if not isinstance(event, ExceptionOpened | FallbackChanged | FallbackDecided)
        ]
        return [(answer.request.id, encode_record(answer, self.start)) for answer in taken]

    # --- beside the steps

    async def _relay(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await _wait(self._news, IDLE_US)
            self._news.clear()
            self.hand_out()

    async def _keep_house(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.store.forget_inbox(self.clock().elapsed - self.deployment.inbox_kept)
            self.store.forget_acknowledged()
            await _wait(stop, HOUSEKEEPING_US)


async def _wait(news: asyncio.Event, longest_us: Elapsed) -> None:
    """Wait until something is new, or so long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(news.wait(), longest_us / SECOND)


def _from_outside(step: Step) -> bool:
    """Tell whether a step's message came from a partner or a person; all others are the middleware's own."""
    by_hand = isinstance(step.message, RedriveLetter | ParkLetter | CorrectLetter) and step.message.by != REFERENCE
    return step.line is not None or by_hand


def _unreadable(line: Line) -> str:
    """Return the code of a line that is no message: what is no JSON is poison, all else breaks the contract."""
    try:
        json.loads(line.text)
    except ValueError:
        return "UNREADABLE"
    return "SCHEMA_VIOLATED"
