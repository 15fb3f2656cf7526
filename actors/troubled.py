"""Partners that faults can get at: an endpoint that errs, slows, hangs, lies or is out of reach, a limit that is cut.

Whether an interface serves a call is decided when it comes, what it makes of one that it serves when the work is done.

Both are built only where a record names their party; every other partner is a plain one and pays nothing. E- and
Q-numbers are those of the fault catalogue.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from actors.calls import FAILED, REFUSED, REJECTED, Call, Endpoint, Gate
from policies.key_contract import Ending
from policies.throttle import FixedWindow, SlidingWindow, State, Throttle, TokenBucket
from twin.errors import UsageError
from twin.kernel.faults import Armed
from twin.model.events import (
    CreateErpOrder,
    CreditNoteDue,
    FulfilmentRecorded,
    MovementRecorded,
    PublishStock,
    SnapshotRequested,
    StockCutAsked,
)
from twin.model.instant import DAY, SECOND, Elapsed
from twin.model.message import Event, Message, altered

SERVED: Final = ("E4", "E5", "E6", "E8", "E9", "E17", "W4")
"""Kinds that strike when the work of a call is done."""
POSTED: Final = (FulfilmentRecorded, MovementRecorded, CreditNoteDue)
READ: Final = (SnapshotRequested, StockCutAsked)
DOWN: Final = ("E1", "E3", "E12")
"""Kinds under which an interface gives no useful answer at all."""


class TroubledEndpoint(Endpoint):
    """An interface with the records that are on; made from a plain one, whose place it takes."""

    put_off: Callable[[Event, Elapsed], None] | None = None
    """How the party accepts an order for the time being, and refuses it after a while (E8)."""

    def __init__(self, plain: Endpoint) -> None:
        super().__init__(
            plain.ground,
            service=plain.service,
            handle=plain.handle,
            concurrency=plain.concurrency,
            gate=plain.gate,
            cost=plain.cost,
            queue_max=plain.queue_max,
            keys=plain.keys,
        )
        self.held: list[Call] = []
        """Calls that were accepted and hang."""
        self._usual = plain.service
        self.service = self._slowed
        self._armed: list[Armed] = []
        self._last: Message | None = None
        """What the call before was answered."""
        self._locked: dict[int, Elapsed] = {}
        """Until when somebody holds the record that an event is about, by the key within which it keeps its order."""

    # --- the lever

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self._armed.append(armed)

    def end(self, armed: Armed) -> None:
        """A record is over; calls that hung are worked off at once with `heal_with_burst`, and forgotten otherwise."""
        self._armed.remove(armed)
        if armed.fault.kind == "E3" and not any(other.fault.kind == "E3" for other in self._armed):
            held, self.held = self.held, []
            for call in held:
                if armed.fault.end == "heal_with_burst":
                    self._serve(call)
                else:
                    self.in_service -= 1
        self._next()

    @property
    def down(self) -> bool:
        """Whether a record is on under which nothing is answered."""
        return any(armed.fault.kind in DOWN for armed in self._armed)

    # --- calls

    def request(self, call: Call) -> None:
        """Admit an attempt, unless a record that is on says otherwise."""
        now = self.ground.timeline.now
        for armed in tuple(self._armed):
            if not armed.concerns(call):
                continue
            kind = armed.fault.kind
            if kind in ("E1", "E12"):
                if armed.strikes(now, call.event.id, call.attempt):
                    self._fail(call, _back_in(armed, now))
                    return
            elif kind == "W1":
                armed.took_effect()
                return
            elif kind in ("E14", "E15", "Q3", "T6", "T7"):
                if self._says_no(armed, call):
                    return
            elif kind in SERVED:
                continue
            elif kind == "E3":
                if self.in_service < self.concurrency and armed.strikes(now, call.event.id, call.attempt):
                    if self.keys is None or not self._known(self.keys, call):
                        self.in_service += 1
                        self.held.append(call)
                    return
            elif self.in_service >= self._room(armed, now):
                armed.took_effect()
                if len(self.waiting) < self.queue_max:
                    self.waiting.append(call)
                    return
                self.refused += 1
                call.status = REFUSED
                call.client.respond(call)
                return
        super().request(call)

    def _says_no(self, armed: Armed, call: Call) -> bool:
        """Refuse a call whose record is locked (E14), for good (E15), or with a wait of the record's own (Q3).

        T6: what is posted in a period that is being closed; T7: what comes with a token that is over by their clock.
        """
        now, event, held = self.ground.timeline.now, call.event, int(armed.number("extra", 0.0))
        if armed.fault.kind == "T6":
            if not isinstance(event, POSTED) or not armed.strikes(now, event.id, call.attempt):
                return False
            self._fail(call, None)
            return True
        if armed.fault.kind == "T7":
            life = int(armed.number("base", 1.0))
            if (now - (armed.began or 0)) % life < life - held:
                return False
            armed.took_effect()
            self._fail(call, None)
            return True
        if armed.fault.kind == "Q3":
            if armed.strikes(now, event.id, call.attempt):
                call.status, call.retry_after = REFUSED, held
                call.client.respond(call)
                return True
        elif armed.fault.kind == "E15":
            if armed.strikes(now, event.id, 0):
                call.status, call.retry_after = REJECTED, None
                call.client.respond(call)
                return True
        elif now < self._locked.get(event.aggregate, 0) or armed.strikes(now, event.id, call.attempt):
            self._locked.setdefault(event.aggregate, now + held)
            self._fail(call, None)
            return True
        return False

    def _room(self, armed: Armed, now: Elapsed) -> int:
        """Return how many calls a record leaves room for."""
        if armed.fault.kind == "E13":
            return int(armed.number("cap", self.concurrency))
        if armed.fault.kind == "E2" and armed.number("workers", 0.0):
            return max(1, int(self.concurrency * armed.factor(now)))
        return self.concurrency + 1

    def _slowed(self, identity: int, attempt: int) -> Elapsed:
        """Return the service time of work begun now: a brownout leaves the rate `factor` of what it was."""
        took, now = self._usual(identity, attempt), self.ground.timeline.now
        for armed in self._armed:
            if armed.fault.kind == "E2" and not armed.number("workers", 0.0):
                took = round(took / armed.factor(now))
                armed.took_effect()
        return took

    def _serve(self, call: Call) -> None:
        """Do the work of a call and answer, unless a record makes the answer a lie, or late, or another's."""
        now = self.ground.timeline.now
        for armed in tuple(self._armed):
            kind = armed.fault.kind
            if kind not in SERVED or not armed.concerns(call) or not _fits(kind, call.event):
                continue
            if armed.strikes(now, call.event.id, 0 if kind == "E8" else call.attempt):
                self.in_service -= 1
                self._lies(armed, call)
                self._next()
                return
        super()._serve(call)
        self._last = call.answer

    def _lies(self, armed: Armed, call: Call) -> None:
        """Do what a record makes of a call, and answer."""
        event = call.event
        match armed.fault.kind:
            case "E4":
                self.handle(event)
                self._ended(call, Ending.FAILED)
                self._fail(call, None)
                return
            case "E5":
                pass
            case "E6":
                assert isinstance(event, PublishStock)
                kept = event.rows[: int(len(event.rows) * armed.number("fraction", 1.0))]
                call.answer = self.handle(altered(event, rows=kept))
            case "E8":
                assert self.put_off is not None, "a record of this kind strikes who can think twice"
                self.put_off(event, int(armed.number("extra", 0.0)))
            case "E17":
                call.answer, self._last = self._last, self.handle(event)
            case _:
                call.answer = self.handle(event)
                self._ended(call, Ending.OK)
                late = int(armed.number("lag", 0.0) or armed.number("extra", 0.0))
                self.ground.timeline.call_in(late, call.client.respond, call)
                return
        self._ended(call, Ending.OK)
        call.client.respond(call)

    def _ended(self, call: Call, ending: Ending) -> None:
        if self.keys is not None:
            self.keys.ended(call, ending)

    def _next(self) -> None:
        """Let those who wait in, as far as the records that are on leave room."""
        now = self.ground.timeline.now
        room = min([self.concurrency, *(self._room(armed, now) for armed in self._armed)])
        while self.waiting and self.in_service < room:
            super().request(self.waiting.popleft())

    @staticmethod
    def _fail(call: Call, retry_after: Elapsed | None) -> None:
        call.status, call.retry_after = FAILED, retry_after
        call.client.respond(call)


def _fits(kind: str, event: Event) -> bool:
    """Tell whether a kind can strike an event: a batch of figures (E6), a new order (E8), a question (E9)."""
    match kind:
        case "E6":
            return isinstance(event, PublishStock) and len(event.rows) > 1
        case "E8":
            return isinstance(event, CreateErpOrder)
        case "E9":
            return isinstance(event, READ)
        case _:
            return True


def _back_in(armed: Armed, now: Elapsed) -> Elapsed | None:
    """Return what an interface in maintenance says: when it will be back as announced; nothing once that has passed."""
    if armed.fault.kind != "E12" or not armed.number("announced", 0.0) or armed.began is None:
        return None
    rest = armed.began + int(armed.number("announced", 0.0)) - now
    return rest if rest > 0 else None


class TroubledGate(Gate):
    """A partner's limit with the records that are on: cut, shared, capped by the day, or closed as a penalty."""

    def __init__(self, throttle: Throttle) -> None:
        super().__init__(throttle)
        self._armed: list[Armed] = []
        self._more: dict[str, tuple[Throttle, State]] = {}
        self._calls = 0
        self._banned: tuple[Elapsed, Elapsed] = (0, 0)
        """Until when, and for how long the last ban was."""

    def begin(self, armed: Armed) -> None:
        """A record is on: what it adds to the limit is counted from now."""
        self._armed.append(armed)
        throttle: Throttle | None = None
        if armed.fault.kind == "Q1":
            throttle = scaled(self.throttle, armed.number("factor", 1.0))
        elif armed.fault.kind == "Q2":
            throttle = scaled(self.throttle, 1.0 - armed.number("taken", 0.0))
        elif armed.fault.kind == "Q5":
            throttle = FixedWindow(int(armed.number("cap", 1)), DAY, "quota")
        if throttle is not None:
            self._more[armed.fault.name] = (throttle, throttle.initial())

    def end(self, armed: Armed) -> None:
        """A record is over."""
        self._armed.remove(armed)
        self._more.pop(armed.fault.name, None)

    def admit(self, now: Elapsed, cost: int = 1) -> Elapsed | None:
        """Return None if a call is admitted now, else how long to wait before it might be."""
        for armed in tuple(self._armed):
            name, kind = armed.fault.name, armed.fault.kind
            if kind == "Q4":
                armed.took_effect()
                cost = max(1, min(round(cost * armed.number("factor", 1.0)), getattr(self.throttle, "burst", cost)))
            elif kind in DOWN:
                if armed.fault.selector is None and armed.strikes(now, self._asked(), 0):
                    return SECOND
            elif kind == "Q6":
                if now < self._banned[0]:
                    armed.took_effect()
                    return self._banned[0] - now
            elif name in self._more:
                throttle, state = self._more[name]
                state, admitted, wait = throttle.admit(state, now, cost)
                self._more[name] = (throttle, state)
                if not admitted:
                    armed.took_effect()
                    return self._refusal(wait, now)
        wait_or_none = super().admit(now, cost)
        return None if wait_or_none is None else self._refusal(wait_or_none, now)

    def _asked(self) -> int:
        """Return a number of its own for each call that meets a coin here: a gate does not know what a call carries."""
        self._calls += 1
        return self._calls

    def _refusal(self, wait: Elapsed, now: Elapsed) -> Elapsed:
        """A refusal under a penalty rule closes the door, each time for longer."""
        for armed in self._armed:
            if armed.fault.kind == "Q6":
                base = int(armed.number("base", SECOND))
                again = now < self._banned[0] + 10 * base
                length = int(self._banned[1] * armed.number("factor", 2.0)) if again and self._banned[1] else base
                self._banned = (now + length, length)
                armed.took_effect()
                return max(wait, length)
        return wait


def scaled(throttle: Throttle, factor: float) -> Throttle:
    """Return the same kind of limit at `factor` of its size, rate and burst alike, and at least 1.

    Raises:
        UsageError: limits of this kind cannot be scaled.
    """
    ratio = Fraction(factor).limit_denominator(1_000_000)
    if isinstance(throttle, TokenBucket):
        rate = Fraction(throttle.units, throttle.ticks) * ratio
        return TokenBucket(rate.numerator, rate.denominator, max(1, round(throttle.burst * factor)), throttle.kind)
    if isinstance(throttle, FixedWindow):
        return FixedWindow(max(1, round(throttle.limit * factor)), throttle.window, throttle.kind)
    if isinstance(throttle, SlidingWindow):
        return SlidingWindow(max(1, round(throttle.limit * factor)), throttle.window)
    raise UsageError(f"a limit of kind {throttle.kind} cannot be cut to a share")
