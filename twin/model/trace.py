"""Trace context: which case a message belongs to and which message led to it, in the words of W3C and CloudEvents.

Theory of operation. Every message has an id, a cause and a case, and each hop is a message of its own. So the trace
needs no field: the trace id is made from the root of the case, the parent id is the message's own, and both are the
same wherever they are computed: in the outbox, in a dead letter, after a restart. The root is the case; for what has
none (a stock fact and the movement it made) the fact itself. A context that came from outside is kept instead, if it is
valid; else the trace starts anew and the old value stays as an attribute.
"""

from typing import NamedTuple

import msgspec

from twin.model.ids import derive
from twin.model.message import Event, Message

_HEX = frozenset("0123456789abcdef")
_SAMPLED = 1


class TraceContext(NamedTuple):
    """A traceparent: 128 bits of trace id, 64 bits of parent id, 8 bits of flags."""

    trace: int
    parent: int
    flags: int = _SAMPLED

    def header(self) -> str:
        """Return the traceparent of version 00."""
        return f"00-{self.trace:032x}-{self.parent:016x}-{self.flags:02x}"


class Restarted(NamedTuple):
    """A header that no trace can be built on; the trace starts anew and keeps it as an attribute."""

    header: str


class Traced(msgspec.Struct, frozen=True, gc=False):
    """The trace of a case as it came from outside: its header, or the one that no trace can be built on."""

    traceparent: str = ""
    restarted: str = ""


def received(header: str) -> TraceContext | Restarted:
    """Return what a traceparent header says, or that the trace must start anew (W3C Trace Context, level 1).

    Four fields in lower-case hexadecimal; ids of all zeros and version ff are invalid; a later version may carry more
    behind a further dash.

    >>> received("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").header()[:7]
    '00-4bf9'
    """
    fields = header.split("-", 4)
    if len(fields) < 4 or [len(each) for each in fields[:4]] != [2, 32, 16, 2]:
        return Restarted(header)
    if not _HEX.issuperset("".join(fields[:4])):
        return Restarted(header)
    version, trace, parent, flags = fields[0], int(fields[1], 16), int(fields[2], 16), int(fields[3], 16)
    if version == "ff" or (version == "00" and len(fields) > 4) or not trace or not parent:
        return Restarted(header)
    return TraceContext(trace, parent, flags)


def root(message: Message) -> int:
    """Return the id of the whole case: the order, or the fact from which it came."""
    if message.case:
        return message.case
    return message.cause if isinstance(message, Event) and message.cause else message.id


def context(message: Message, outside: TraceContext | None = None) -> TraceContext:
    """Return the context that this hop hands on: the case's trace (or the one from outside) and itself as parent."""
    parent = message.id or 1
    if outside is not None:
        return TraceContext(outside.trace, parent, outside.flags)
    case = root(message)
    return TraceContext(derive(case, 1) << 64 | derive(case, 2) | 1, parent)


def headers(message: Message, traced: Traced | None = None) -> tuple[tuple[str, str], ...]:
    """Return the CloudEvents attributes of a message, by name; `traced` is what came from outside of its case.

    Messages of one `partitionkey` keep their order; `sequence` is the message's number in its stream, if it has one.
    """
    outside = received(traced.traceparent) if traced is not None and traced.traceparent else None
    key = message.aggregate if isinstance(message, Event) else root(message)
    attributes = {
        "causationid": f"{message.cause:016x}",
        "correlationid": f"{root(message):016x}",
        "id": f"{message.id:016x}",
        "partitionkey": f"{key:016x}",
        "source": "/twin/middleware" if isinstance(message, Event) else "/twin/partner",
        "specversion": "1.0",
        "subject": f"{message.case:016x}",
        "traceparent": context(message, outside if isinstance(outside, TraceContext) else None).header(),
        "type": type(message).__name__,
    }
    sequence = getattr(message, "sequence", None)
    if sequence is not None:
        attributes["sequence"] = str(sequence)
    if traced is not None and traced.restarted:
        attributes["restartedtrace"] = traced.restarted
    return tuple(sorted(attributes.items()))
