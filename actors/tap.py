"""The tap: it stands at the middleware's door and has everything written down that crosses it from outside.

What the middleware does by itself (timers, slots, nightly runs) is not recorded: it follows. Watching changes nothing:
every wrapper here says what it saw and then does what would have been done without it. `turn` counts signs of the
middleware's own life within one microsecond (work begun, commits, questions to an interface, events handed to a
client), so that a replay can put a record back between the same two of them.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from actors.ground import Lag
from actors.transactor import Direct, Store
from twin.middleware.unit import INBOX, TABLES, Outcome
from twin.model import wire
from twin.model.history import Answer, Closing, Draw, Pace, Record, Stimulus
from twin.model.instant import Elapsed
from twin.model.message import Event, Message

Write = Callable[[Record], None]
ROWS_AT_ONCE = 1_000
"""Rows of a table that are written out at once for a digest."""


class Submits(Protocol):
    """What the middleware asks of the client of a partner's interface."""

    name: str

    def submit(self, event: Event) -> None:
        """Deliver an event, sooner or later."""


class Life:
    """Counts the signs of the middleware's own life at the present instant."""

    __slots__ = ("_at", "_clock", "_count")

    def __init__(self, clock: Callable[[], Elapsed]) -> None:
        self._clock = clock
        self._at: Elapsed = -1
        self._count = 0

    def sign(self) -> None:
        """The middleware did something."""
        now = self._clock()
        if now != self._at:
            self._at, self._count = now, 0
        self._count += 1

    def queued(self, queue: str) -> None:
        """A queue changed; the middleware's own is a sign of its life."""
        if queue == "middleware":
            self.sign()

    @property
    def turn(self) -> int:
        """How often it did at this instant."""
        return self._count if self._clock() == self._at else 0


class Decisions:
    """The digest of every decision in the order of commits: message, outcome, events.

    A repeat that the inbox knows decides nothing: it is left out.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.count = 0

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """Take one more decision in."""
        if not unit.writes and not unit.events and not unit.scheduled:
            return
        self._digest.update(wire.encode((message.id, int(outcome), unit.events)))
        self.count += 1

    def digest(self) -> str:
        """Return the digest so far, as `sha256:...`."""
        return "sha256:" + self._digest.hexdigest()


class Tap:
    """Records one middleware's history."""

    def __init__(self, clock: Callable[[], Elapsed], write: Write) -> None:
        self.clock = clock
        self.write = write
        self.life = Life(clock)
        self.decisions = Decisions()
        self._open: dict[int, tuple[str, Event]] = {}

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """The middleware committed a unit."""
        self.life.sign()
        self.decisions.committed(message, outcome, unit)

    def queued(self, queue: str) -> None:
        """A queue changed."""
        self.life.queued(queue)

    def received(self, source: str, receive: Callable[[Message], None]) -> Callable[[Message], None]:
        """Return `receive` for messages of `source`."""

        def received(message: Message) -> None:
            self.write(Stimulus(at=self.clock(), turn=self.life.turn, source=source, message=message))  # type: ignore[arg-type]  # who sends to the middleware sends what it takes
            receive(message)

        return received

    def delivered(
        self, source: str, delivered: Callable[[Event, Message | None], None]
    ) -> Callable[[Event, Message | None], None]:
        """Return `delivered` for events that went over the interface `source`."""

        def heard(event: Event, message: Message | None) -> None:
            self._answered(self._answer(source, event, "ok", message=message))
            delivered(event, message)

        return heard

    def parked(self, source: str, parked: Callable[[Event, str], None]) -> Callable[[Event, str], None]:
        """Return `parked` for events that went over the interface `source`."""

        def heard(event: Event, reason: str) -> None:
            self._answered(self._answer(source, event, "parked", reason=reason))
            parked(event, reason)

        return heard

    def refused(
        self, source: str, refused: Callable[[Event, Elapsed | None], bool]
    ) -> Callable[[Event, Elapsed | None], bool]:
        """Return `refused` for events that went over the interface `source`; one that is tried again is no answer."""

        def heard(event: Event, retry_after: Elapsed | None) -> bool:
            answer = self._answer(source, event, "refused", retry_after=retry_after)
            ended = refused(event, retry_after)
            if ended:
                self._answered(answer)
            return ended

        return heard

    def client(self, client: Submits) -> "Submits":
        """Return a client that says what was handed to it."""
        return _Tapped(self, client)

    def ready(self, channel: int, ready: Callable[[], bool]) -> Callable[[], bool]:
        """Return `ready` for the interface of a channel; what it answers is recorded when it changes."""
        last = True

        def asked() -> bool:
            nonlocal last
            turn = self.life.turn
            self.life.sign()
            free = ready()
            if free != last:
                last = free
                self.write(Pace(at=self.clock(), turn=turn, channel=channel, free=free))
            return free

        return asked

    def lag(self, of: str, lag: Lag, usual: Elapsed) -> Lag:
        """Return `lag` of the middleware's own work; what differs from the usual is recorded."""

        def drawn(identity: int, attempt: int) -> Elapsed:
            self.life.sign()
            took = lag(identity, attempt)
            if took != usual:
                draw = Draw(
                    at=self.clock(),
                    message=identity,
                    attempt=attempt,
                    took=took,
                    of="worker" if of == "worker" else "store",
                )
                self.write(draw)
            return took

        return drawn

    def close(self, store: Store) -> None:
        """Write what was never answered, and the closing line."""
        now = self.clock()
        for source, event in self._open.values():
            self.write(Answer(at=now, source=source, request=event, status="open"))  # type: ignore[arg-type]  # an event of the wire
        digest, count = self.decisions.digest(), self.decisions.count
        self.write(Closing(at=now, state=state_digest(store), decisions=digest, handled=count))

    def submitted(self, source: str, event: Event) -> None:
        """The middleware handed an event to a client."""
        self.life.sign()
        self._open[event.id] = (source, event)

    def _answer(
        self,
        source: str,
        event: Event,
        status: Literal["ok", "refused", "parked"],
        *,
        message: Message | None = None,
        retry_after: Elapsed | None = None,
        reason: str = "",
    ) -> Answer:
        return Answer(
            at=self.clock(),
            turn=self.life.turn,
            source=source,
            request=event,  # type: ignore[arg-type]  # the middleware emits events of the wire
            status=status,
            message=message,  # type: ignore[arg-type]  # and is answered in messages of it
            retry_after=retry_after,
            reason=reason,
        )

    def _answered(self, answer: Answer) -> None:
        self._open.pop(answer.request.id, None)
        self.write(answer)


class _Tapped:
    """A client that says what was handed to it."""

    __slots__ = ("_client", "_tap", "name")

    def __init__(self, tap: Tap, client: Submits) -> None:
        self._tap = tap
        self._client = client
        self.name = client.name

    def submit(self, event: Event) -> None:
        self._tap.submitted(self.name, event)
        self._client.submit(event)


def state_of(store: Store) -> dict[str, Mapping[int, object]]:
    """Return the committed rows of every table by its name, what the inbox still knows included."""
    rows: dict[str, Mapping[int, object]] = {table.name: store.rows[table.number] for table in TABLES}
    if store.inbox_earlier:
        rows[INBOX.name] = {**store.inbox_earlier, **store.rows[INBOX.number]}
    return rows


def state_digest(store: Store) -> str:
    """Return the SHA-256 of everything that the store holds, as `sha256:...`.

    It is that of the canonical JSON of rows by table, outbox and timers, written piece by piece: a store of a million
    orders is not held twice.
    """
    digest = hashlib.sha256(b"[{")
    comma = b""
    for table, rows in sorted(state_of(store).items()):
        if rows:
            digest.update(comma + wire.encode(table) + b":[")
            ids = sorted(rows)
            for start in range(0, len(ids), ROWS_AT_ONCE):
                chunk = [(id, rows[id]) for id in ids[start : start + ROWS_AT_ONCE]]
                digest.update((b"," if start else b"") + wire.encode(chunk)[1:-1])
            digest.update(b"]")
            comma = b","
    outbox = [event for _, event in sorted(store.outbox.items())]
    timers = [entry for _, entry in sorted(store.timers.items())]
    digest.update(b"}," + wire.encode(outbox) + b"," + wire.encode(timers) + b"]")
    return "sha256:" + digest.hexdigest()
