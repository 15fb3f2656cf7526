"""The traces that came from outside: kept by case, so that every later hop of the case belongs to them.

A partner may send its trace context with a message. The first one of a case is the trace of the whole case: it stands
in a side table under the case's root, and not in the rows of orders and stock. Where none came, the trace is made from
the root itself and needs no row. What is no valid context starts the trace anew and is kept as an attribute. What an
envelope carries (the documents of an interchange, the records of a file) belongs to the envelope's trace. A row stays
as long as the business key of its order, which has no expiry.
"""

from policies.ruleset import RuleSet
from twin.errors import WireError
from twin.middleware.unit import TRACES, Outcome, Unit
from twin.model import trace, wire
from twin.model.commands import FileReceived, InterchangeReceived, MessageCarried
from twin.model.instant import Now
from twin.model.message import Message
from twin.model.trace import Restarted, Traced


def take_up(message: MessageCarried, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Remember the trace that a message came under, and let the message itself come back."""
    inner = wire.decode_incoming(message.body)
    header = trace.received(message.traceparent)
    row = Traced(restarted=header.header) if isinstance(header, Restarted) else Traced(header.header())
    roots = list(dict.fromkeys(_roots(inner)))
    known = unit.load_many(TRACES, roots)
    for root, earlier in zip(roots, known, strict=True):
        if earlier is None:
            unit.save(TRACES, root, row)
    unit.schedule(now.elapsed, inner)
    return Outcome.APPLIED


def headers_of(message: Message, unit: Unit) -> tuple[tuple[str, str], ...]:
    """Return the CloudEvents attributes of a message, with the trace of its case."""
    return trace.headers(message, unit.load(TRACES, trace.root(message)))


def _roots(message: Message) -> list[int]:
    """Return the roots of the cases that a message is about: its own, and those of what it carries."""
    bodies: tuple[bytes, ...] = ()
    if isinstance(message, InterchangeReceived):
        bodies = message.documents
    elif isinstance(message, FileReceived):
        bodies = tuple([record.body for record in message.records])
    roots = [trace.root(message)]
    for body in bodies:
        try:
            roots.append(trace.root(wire.decode_incoming(body)))
        except WireError:
            continue
    return roots
