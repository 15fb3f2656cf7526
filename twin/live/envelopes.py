"""Effects as CloudEvents: each event under its headers, so that its receiver can go on with the trace.

The headers are a function of the event and of the trace that came in with its case, if one did. The event itself is the
`data`, in the same bytes as without an envelope; by these a repeat is known.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from twin.errors import WireError
from twin.live.store import LiveStore
from twin.middleware.unit import TRACES
from twin.model import trace, wire
from twin.model.message import Event

MARK: Final = b'"specversion"'
"""What tells an enveloped line from a bare one."""


class _Data(msgspec.Struct):
    data: msgspec.Raw


_data: Final = msgspec.json.Decoder(_Data)


def enveloped(store: LiveStore) -> Callable[[Event], bytes]:
    """Return the function that writes an event with its headers; it looks the trace of the event's case up."""

    def write(event: Event) -> bytes:
        headers: dict[str, object] = dict(trace.headers(event, store.get(TRACES, trace.root(event))))
        headers["datacontenttype"] = "application/json"
        headers["data"] = msgspec.Raw(wire.encode(event))
        return wire.encode(headers)

    return write


def opened(line: bytes) -> bytes:
    """Return the canonical bytes of the event on a line, whether in an envelope or bare; raises WireError."""
    if MARK not in line:
        return line
    try:
        return bytes(_data.decode(line).data)
    except wire.NOT_READ as error:
        raise WireError(f"not a CloudEvent with data: {error}") from error
