"""A recording of what came to the middleware, line by line, and what it was like before the first line.

The form is CloudEvents 1.0, one JSON object a line, the first of them the header. What is recorded is what the
middleware cannot work out for itself: messages that others sent it (`twin.stimulus`), what became of the events that it
sent (`twin.answer`), and what chance decided about its own work (`twin.draw`) and about the pace of an interface
(`twin.pace`); a process in real time says when it got to what was due (`twin.own`). No decision is recorded and no
seed: the last line of a complete recording (`twin.closing`) has digests of both state and decisions, so that a replay
knows whether it came to the same. An imported recording has business facts (`twin.business`) instead, and no closing
line.

Lines are in the order in which they happened. `time` is the wall clock in UTC; elapsed time counts from the header's
`start`. `turn` breaks ties: it is how much the middleware had already done by itself at that very microsecond.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec

from twin.errors import WireError
from twin.model.business import Business
from twin.model.instant import Elapsed, Instant
from twin.model.message import Message
from twin.model.wire import NOT_READ, Incoming, Outgoing, carried

SCHEMA_VERSION: Final = 1
SPECVERSION: Final = "1.0"
ID_MAX: Final = 1 << 63
Complete = Literal["full", "partial", "none"]
STREAMS: Final = ("orders", "returns", "stock", "shipments", "payments", "supply", "steps", "facts", "answers")
"""What a recording can be complete in: `facts` and `answers` are those of partners, in messages of ours."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The state before the first line: committed rows by table (id and row), outbox, scheduled and queued messages."""

    rows: dict[str, list[tuple[int, msgspec.Raw]]] = {}
    outbox: tuple[Outgoing, ...] = ()
    timers: tuple[tuple[Elapsed, Incoming], ...] = ()
    queue: tuple[Incoming, ...] = ()

    def with_timers(self, timers: tuple[tuple[Elapsed, Incoming], ...]) -> "Snapshot":
        """Return the snapshot with these timers beside its own."""
        return msgspec.structs.replace(self, timers=(*self.timers, *timers))


class StepClass(msgspec.Struct, frozen=True, kw_only=True):
    """A name for orders in which a foreign `step` came at least `times` times, and first before the first `before`.

    Where `before` is empty it does not matter what came earlier.
    """

    name: str
    step: str
    before: str = ""
    times: int = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What one must know to read, and to replay, the lines that follow.

    Attributes:
        schema_version: of this form.
        made_by: `run`, `live` or `import`, and what of: a scenario's name, a mapping and its version.
        start: wall time at elapsed 0, microseconds since 1970 UTC.
        zone: of the business, for dates and cut-offs.
        opened: elapsed time of the snapshot; 0 at the start of a world, later where a live process is recorded.
        horizon: elapsed time until which the recording lasts; 0 where nobody knows.
        arrival: `open` where the senders of orders did not wait for answers, `closed` where they did.
        pinned: what is in the records and need not be simulated.
        completeness: how much of each stream is recorded.
        redacted: what was replaced or left out before the recording was given away.
        design: the name of the design that ran, empty where none of ours did.
        rules: the version of the rule set, empty where none of ours ran.
        setup: the scenario without its buyers, as its file would say it: landscape, channels, stock, that design.
        fails: the faults of the middleware's own process and store that are part of the setup.
        items: the names of items, in the order of their numbers; so are sites and channels.
        lifecycle: what is worth a name in the steps of an order, of an imported recording that has steps.
        snapshot: the state before the first line.
    """

    schema_version: int = SCHEMA_VERSION
    made_by: str
    start: Instant
    zone: str = "UTC"
    opened: Elapsed = 0
    horizon: Elapsed = 0
    arrival: Literal["open", "closed"] = "open"
    pinned: tuple[str, ...] = ()
    completeness: dict[str, Complete] = {}
    redacted: tuple[str, ...] = ()
    design: str = ""
    rules: str = ""
    setup: dict[str, object] = {}
    fails: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    lifecycle: tuple[StepClass, ...] = ()
    snapshot: Snapshot = Snapshot()


class Stimulus(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A message reached the middleware; `source` is who sent it."""

    at: Elapsed
    turn: int = 0
    source: str
    message: Incoming


class Answer(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What became of an event that the middleware sent to a partner over the interface `source`.

    `ok`: taken, with or without a message in return. `refused`: not now, and not tried again under this id. `parked`:
    given up for the reason. `open`: nothing was heard by the end of the recording.
    """

    at: Elapsed
    turn: int = 0
    source: str
    request: Outgoing
    status: Literal["ok", "refused", "parked", "open"]
    message: Incoming | None = None
    retry_after: Elapsed | None = None
    reason: str = ""


class Pace(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """From the middleware's `turn`-th question at this instant on, a channel's interface was free, or was not."""

    at: Elapsed
    turn: int = 0
    channel: int
    free: bool


class Draw(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What chance decided about the `attempt`-th work on a message: how long a worker or the store took (microseconds).

    Where the law is a constant nothing is recorded.
    """

    at: Elapsed
    message: int
    attempt: int
    took: Elapsed
    of: Literal["worker", "store"] = "worker"


class Own(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A process in real time got to work of its own that was due: a slot of the channel `id`, or the timer `id`."""

    at: Elapsed
    of: Literal["slot", "timer"]
    id: int


class Fact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A business fact of an imported file: `source` names mapping and file, `id` is the one of the file, or its row."""

    at: Elapsed
    source: str
    id: str
    fact: Business


class Closing(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The end of a complete recording: digests of the final state and of all decisions in their order, and counts."""

    at: Elapsed
    state: str
    decisions: str
    handled: int


Record = Stimulus | Answer | Pace | Draw | Own | Fact | Closing
_TYPES: Final[dict[str, type[Record]]] = {
    "twin.stimulus": Stimulus,
    "twin.answer": Answer,
    "twin.pace": Pace,
    "twin.draw": Draw,
    "twin.own": Own,
    "twin.business": Fact,
    "twin.closing": Closing,
}
HEADER: Final = "twin.history"
MOMENTS: Final = "moments"
"""Pinned where the recording says when the process got to what was due."""


class _Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    specversion: str = ""
    id: str
    source: str
    type: str
    time: str
    turn: int = 0
    subject: str = ""
    traceparent: str = ""
    datacontenttype: str = ""
    data: msgspec.Raw


class _AnswerData(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    request: Outgoing
    status: Literal["ok", "refused", "parked", "open"]
    message: Incoming | None = None
    retry_after: Elapsed | None = None
    reason: str = ""


class _PaceData(msgspec.Struct, frozen=True, gc=False):
    channel: int
    free: bool


class _DrawData(msgspec.Struct, frozen=True, gc=False):
    message: int
    attempt: int
    took: Elapsed
    of: Literal["worker", "store"] = "worker"


class _OwnData(msgspec.Struct, frozen=True, gc=False):
    of: Literal["slot", "timer"]
    id: int


class _ClosingData(msgspec.Struct, frozen=True, gc=False):
    state: str
    decisions: str
    handled: int


_encoder: Final = msgspec.json.Encoder(order="sorted")
_in_order: Final = msgspec.json.Encoder()
"""For the header: the order of channels and sites in a scenario means something."""
_line: Final = msgspec.json.Decoder(_Line)
_header: Final = msgspec.json.Decoder(Header)
_stimulus: Final[msgspec.json.Decoder[Incoming]] = msgspec.json.Decoder(Incoming)
_answer: Final = msgspec.json.Decoder(_AnswerData)
_pace: Final = msgspec.json.Decoder(_PaceData)
_draw: Final = msgspec.json.Decoder(_DrawData)
_own: Final = msgspec.json.Decoder(_OwnData)
_business: Final[msgspec.json.Decoder[Business]] = msgspec.json.Decoder(Business)
_closing: Final = msgspec.json.Decoder(_ClosingData)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def encode_header(header: Header) -> bytes:
    """Return the first line of a history, without its line end."""
    body = msgspec.Raw(_in_order.encode(header))
    return _written(header.made_by, "header", HEADER, header.start, 0, "", body)


def encode_record(record: Record, start: Instant) -> bytes:
    """Return one line of a history, without its line end; `start` is the header's."""
    wall = start + record.at
    match record:
        case Stimulus():
            message = record.message
            case = str(message.case) if message.case else ""
            return _written(record.source, str(message.id), "twin.stimulus", wall, record.turn, case, message)
        case Answer():
            body = _AnswerData(
                request=record.request,
                status=record.status,
                message=record.message,
                retry_after=record.retry_after,
                reason=record.reason,
            )
            request: Message = record.request
            case = str(request.case) if request.case else ""
            return _written(record.source, str(request.id), "twin.answer", wall, record.turn, case, body)
        case Pace():
            channel = str(record.channel)
            pace = _PaceData(record.channel, record.free)
            return _written("middleware", f"{record.at}.{channel}", "twin.pace", wall, record.turn, channel, pace)
        case Draw():
            draw = _DrawData(record.message, record.attempt, record.took, record.of)
            id = f"{record.message}.{record.of}.{record.attempt}"
            return _written("middleware", id, "twin.draw", wall, 0, "", draw)
        case Own():
            own = _OwnData(record.of, record.id)
            return _written("middleware", f"{record.at}.{record.of}.{record.id}", "twin.own", wall, 0, "", own)
        case Fact():
            return _written(record.source, record.id, "twin.business", wall, 0, "", record.fact)
        case Closing():
            closing = _ClosingData(record.state, record.decisions, record.handled)
            return _written("middleware", "closing", "twin.closing", wall, 0, "", closing)


def decode_header(line: bytes) -> Header:
    """Return the header that a first line holds; raises WireError naming what was expected."""
    envelope = _envelope(line)
    if envelope.type != HEADER:
        raise WireError(f"expected a header, of type {HEADER!r} (got {envelope.type!r})")
    try:
        header = _header.decode(envelope.data)
    except NOT_READ as error:
        raise WireError(f"no header of a history: {error}") from error
    if header.schema_version != SCHEMA_VERSION:
        raise WireError(f"schema_version must be {SCHEMA_VERSION} (got {header.schema_version})")
    return header


def decode_record(line: bytes, start: Instant) -> Record:
    """Return the record that a line holds; raises WireError naming what was expected."""
    envelope = _envelope(line)
    at = wall_of(envelope.time) - start
    data, source, turn = envelope.data, envelope.source, envelope.turn
    try:
        match envelope.type:
            case "twin.stimulus":
                message = _stimulus.decode(data)
                _known_by(message)
                if envelope.traceparent:
                    message = carried(message, envelope.traceparent)
                return Stimulus(at=at, turn=turn, source=source, message=message)
            case "twin.answer":
                body = _answer.decode(data)
                _known_by(body.request)
                return Answer(
                    at=at,
                    turn=turn,
                    source=source,
                    request=body.request,
                    status=body.status,
                    message=body.message,
                    retry_after=body.retry_after,
                    reason=body.reason,
                )
            case "twin.business":
                return Fact(at=at, source=source, id=envelope.id, fact=_business.decode(data))
            case "twin.pace":
                pace = _pace.decode(data)
                return Pace(at=at, turn=turn, channel=pace.channel, free=pace.free)
            case "twin.draw":
                draw = _draw.decode(data)
                return Draw(at=at, message=draw.message, attempt=draw.attempt, took=draw.took, of=draw.of)
            case "twin.own":
                own = _own.decode(data)
                return Own(at=at, of=own.of, id=own.id)
            case "twin.closing":
                closing = _closing.decode(data)
                return Closing(at=at, state=closing.state, decisions=closing.decisions, handled=closing.handled)
    except NOT_READ as error:
        raise WireError(f"no {envelope.type}: {error}") from error
    raise WireError(f"type must be one of {', '.join(_TYPES)} (got {envelope.type!r})")


def _known_by(message: Message) -> None:
    """Refuse numbers that nothing is stored under."""
    for name, number in (("id", message.id), ("case", message.case), ("cause", message.cause)):
        if not -ID_MAX <= number < ID_MAX:
            raise WireError(f"{name} must be a whole number of 64 bits (got {number})")


def wall_of(text: str) -> Instant:
    """Return the instant of an RFC 3339 time; raises WireError if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise WireError(f"no time of RFC 3339: {text!r}") from error
    if moment.tzinfo is None:
        raise WireError(f"a time without offset: {text!r}")
    return (moment - _EPOCH) // _MICROSECOND


def text_of(wall: Instant) -> str:
    """Return an instant as RFC 3339, in UTC, with microseconds.

    >>> text_of(1_500_000)
    '1970-01-01T00:00:01.500000Z'
    """
    moment = _EPOCH + timedelta(microseconds=wall)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def snapshot_of(rows: Mapping[str, Mapping[int, object]]) -> dict[str, list[tuple[int, msgspec.Raw]]]:
    """Return committed rows in the form of a snapshot: by table, sorted by id; empty tables are left out."""
    return {
        table: [(id, msgspec.Raw(_encoder.encode(row))) for id, row in sorted(found.items())]
        for table, found in rows.items()
        if found
    }


def _written(source: str, id: str, kind: str, wall: Instant, turn: int, subject: str, data: object) -> bytes:
    return _encoder.encode(
        _Line(
            specversion=SPECVERSION,
            id=id,
            source=source,
            type=kind,
            time=text_of(wall),
            turn=turn,
            subject=subject,
            datacontenttype="application/json",
            data=msgspec.Raw(_encoder.encode(data)),
        )
    )


def _envelope(line: bytes) -> _Line:
    try:
        envelope = _line.decode(line)
    except NOT_READ as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise WireError(f"no CloudEvent of a history: {why}") from error
    if envelope.specversion != SPECVERSION:
        raise WireError(f"specversion must be {SPECVERSION!r} (got {envelope.specversion!r})")
    return envelope
