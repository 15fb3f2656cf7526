"""What a line of the input says: a canonical message, or a record of a history.

A line is either the bare canonical JSON of a message, or a CloudEvent as a history has it (`twin.model.history`): of a
stimulus and of an answer the message counts, and its time; whatever else a recording holds says nothing to a middleware
that runs for itself.
"""

from typing import NamedTuple

from twin.errors import WireError
from twin.live.files import Line
from twin.model.history import Answer, Header, Stimulus, decode_header, decode_record
from twin.model.instant import Elapsed, Instant
from twin.model.wire import Incoming, decode_incoming

_ENVELOPE = b'"specversion"'
_HEADER = b'"twin.history"'


class Said(NamedTuple):
    """What a line says: a message (None: nothing for us), who sent it, and when it came (None: no time is given)."""

    message: Incoming | None
    source: str
    at: Elapsed | None


def read_line(line: Line, source: str, start: Instant) -> Said:
    """Return what a line says; `source` sent bare messages, `start` is the wall time at elapsed 0.

    Raises WireError, naming what was expected.
    """
    if line.too_long:
        raise WireError(f"a line of more than {len(line.text)} bytes")
    if _ENVELOPE not in line.text:
        return Said(decode_incoming(line.text), source, None)
    if _HEADER in line.text:
        decode_header(line.text)
        return Said(None, source, None)
    record = decode_record(line.text, start)
    match record:
        case Stimulus():
            return Said(record.message, record.source, record.at)
        case Answer():
            return Said(record.message, record.source, record.at)
        case _:
            return Said(None, source, record.at)


def header_of(line: Line | None) -> Header | None:
    """Return the header of a history that a first line is; None where it is something else.

    Raises WireError for a header that cannot be read.
    """
    if line is None or line.too_long or _ENVELOPE not in line.text or _HEADER not in line.text:
        return None
    return decode_header(line.text)
