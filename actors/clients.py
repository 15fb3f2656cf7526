"""Clients of a world without a distributor: each makes requests, and a request is one or several calls to servers.

Theory of operation. A group of clients makes its requests `open`, whatever becomes of them, or `closed`: each session
thinks, asks, waits for the end, and thinks again. The calls of a request go out one after the other or all at once,
each through the sender of its client, which repeats and gives up as the design says. A request is *answered* when all
of its calls were, each by its deadline; it *failed* when a call was given up, or came too late. With `again`, a failed
call is not repeated by its sender: the request begins anew at its first call, as that rule says.

Identities come from the group's name, the client, its session and the number of the request, never from what happened
before: a design that repeats more changes nobody's arrivals, think times or service times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import Final, Protocol

from actors.ground import Ground, Lag
from actors.onward import named
from actors.serve import KeyOf, Sender, Serve, Served
from policies.retry import Failed, RetryRule
from twin.kernel.arrivals import Arrivals
from twin.model.chance import draw, root, stream_id, unit
from twin.model.ids import MASK, derive
from twin.model.instant import Elapsed
from twin.model.message import Event, Message

ANYTIME: Final[Elapsed] = 1 << 62
"""The deadline of a call that has none."""


class Ledger(Protocol):
    """Who keeps count of requests."""

    def began(self, now: Elapsed) -> int:
        """A request begins; return its number in the ledger."""

    def repeated(self, number: int) -> None:
        """The request begins anew."""

    def answered(self, number: int, now: Elapsed) -> None:
        """Every call of the request was answered in time."""


@dataclass(frozen=True, slots=True)
class Part:
    """One call of every request of a group."""

    operation: str
    keys: Callable[[int], int]
    priority: int
    deadline: Elapsed
    key_of: KeyOf = "call"


@dataclass(frozen=True, slots=True)
class Session:
    """One user of one client: who it is, and between which instants it makes requests."""

    client: int
    id: int
    start: Elapsed
    stop: Elapsed | None


class _Request:
    __slots__ = ("client", "failed", "id", "left", "number", "previous", "session", "tries", "turn", "version")

    def __init__(self, client: int, id: int, number: int, left: int, session: Session | None, turn: int) -> None:
        self.client, self.id, self.number, self.left = client, id, number, left
        self.session, self.turn = session, turn
        self.failed = False
        self.tries = 1
        self.previous = 0
        self.version = 0


class Clients:
    """One group; `senders` holds the sender of each client for each part, set by whoever connects it."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        parts: Sequence[Part],
        ledger: Ledger,
        *,
        parallel: bool = False,
        again: RetryRule | None = None,
        requests_max: int | None = None,
    ) -> None:
        self.ground = ground
        self.name = name
        self.id = stream_id(name) & MASK
        self.parts = tuple(parts)
        self.senders: list[list[Sender]] = []
        self.ledger = ledger
        self.parallel = parallel
        self.again = again
        self.requests_max = requests_max
        self._under_way: dict[int, tuple[_Request, int, Elapsed]] = {}
        self._gaps = root(ground.seed, stream_id(f"{name}/gap"))
        self._jitter = root(ground.seed, stream_id(f"{name}/again"))

    # --- when requests are made

    def open(self, arrivals: Arrivals, *, even: bool) -> None:
        """Let each client make requests at these arrivals, of its own; even ones begin at a drawn phase."""
        self._arrivals, self._even = arrivals, even
        for client in range(len(self.senders)):
            self._expect(client, 0, 0)

    def _expect(self, client: int, turn: int, now: Elapsed) -> None:
        if self.requests_max is not None and turn >= self.requests_max:
            return
        chance = unit(draw(self._gaps, derive(self.id, client), turn))
        amount = -log(chance) if not self._even else 1.0 if turn else chance
        at = self._arrivals.after(now, amount)
        if at is not None:
            self.ground.timeline.call_at(at, self._arrived, (client, turn))

    def _arrived(self, who: tuple[int, int]) -> None:
        client, turn = who
        now = self.ground.timeline.now
        self._expect(client, turn + 1, now)
        self._make(client, derive(derive(self.id, client), turn), None, turn)

    def closed(self, sessions: Sequence[Session], think: Lag) -> None:
        """Let each session think, ask, wait for the end, and think again."""
        self._think = think
        for session in sessions:
            first = session.start + think(session.id, 0)
            if session.stop is None or first < session.stop:
                self.ground.timeline.call_at(first, self._next_of, (session, 0))

    def _next_of(self, who: tuple[Session, int]) -> None:
        session, turn = who
        self._make(session.client, derive(session.id, turn), session, turn)

    def _rest(self, session: Session, turn: int) -> None:
        """A request of a session has ended: think before the next one, if there is one."""
        if self.requests_max is not None and turn + 1 >= self.requests_max:
            return
        at = self.ground.timeline.now + self._think(session.id, turn + 1)
        if session.stop is None or at < session.stop:
            self.ground.timeline.call_at(at, self._next_of, (session, turn + 1))

    # --- what becomes of a request

    def _make(self, client: int, id: int, session: Session | None, turn: int) -> None:
        number = self.ledger.began(self.ground.timeline.now)
        request = _Request(client, id, number, len(self.parts), session, turn)
        if self.parallel:
            for place in range(len(self.parts)):
                self._call(request, place)
        else:
            self._call(request, 0)

    def _call(self, request: _Request, place: int) -> None:
        part = self.parts[place]
        id = derive(request.id, request.tries * len(self.parts) + place)
        event = Serve(
            id=id,
            cause=request.id,
            case=request.id,
            operation=part.operation,
            key=part.keys(request.id),
            priority=part.priority,
            version=request.version,
            under=named(part.key_of, id, request.id),
        )
        self._under_way[id] = (request, place, self.ground.timeline.now + part.deadline)
        self.senders[request.client][place].submit(event)

    def answered(self, event: Event, answer: Message | None) -> None:
        """A call succeeded: the next one goes out, or the request has ended."""
        request, place, deadline = self._under_way.pop(event.id)
        if isinstance(answer, Served):
            request.version = answer.version
        if self.ground.timeline.now > deadline:
            request.failed = True
        request.left -= 1
        if not self.parallel and request.left and not request.failed:
            self._call(request, place + 1)
        elif not request.left or not self.parallel:
            self._end(request)

    def gave_up(self, event: Event, _: str) -> None:
        """A call was given up: the request fails, or begins anew."""
        request, _place, _deadline = self._under_way.pop(event.id)
        request.left -= 1
        if self.again is not None and (wait := self._wait(self.again, request)) is not None:
            request.previous = wait
            self.ground.timeline.call_in(wait, self._anew, request)
            return
        request.failed = True
        if not self.parallel or not request.left:
            self._end(request)

    def _wait(self, again: RetryRule, request: _Request) -> Elapsed | None:
        chance = unit(draw(self._jitter, request.id, request.tries))
        return again.delay(Failed(request.tries, chance, request.previous))

    def _anew(self, request: _Request) -> None:
        request.tries += 1
        request.left, request.version = len(self.parts), 0
        self.ledger.repeated(request.number)
        self._call(request, 0)

    def _end(self, request: _Request) -> None:
        if not request.failed:
            self.ledger.answered(request.number, self.ground.timeline.now)
        if request.session is not None:
            self._rest(request.session, request.turn)
