"""What messages come in: signed webhooks, files with a trailer, EDI interchanges. Opened here, handled one by one.

Each envelope has an identity of its own, outside of that of what it carries. It is stored before it is answered, and
its answer is about form only: a webhook's 200, a file's list of outcomes, an interchange's TA1 and 997. What becomes of
an order in it is said by the order's own answer (855). The contents come back as messages of their own in the order in
which they stood in the envelope.
"""

from typing import Final

from policies.ruleset import RuleSet
from policies.signature import Signed
from twin.errors import WireError
from twin.middleware.delivery.exceptions import keep
from twin.middleware.unit import AUDIT, INBOX, Outcome, Unit
from twin.model import wire
from twin.model.commands import FileReceived, FileRecord, InterchangeReceived, WebhookReceived
from twin.model.dead_letter import Audited
from twin.model.events import FileAnswered, InterchangeAnswered, RecordOutcome
from twin.model.ids import Ids, business_id, derive
from twin.model.instant import Now
from twin.model.wire import Incoming

ACCEPTED: Final = "A"
REJECTED: Final = "R"
DUPLICATE_CONTROL_NUMBER: Final = "025"
"""TA1 note: duplicate interchange control number."""


def take_in_webhook(message: WebhookReceived, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Store what a webhook carries if its signature is good; else refuse it unread: the audit alone knows of it."""
    signature = rules.channels[message.channel].signature
    if signature is not None:
        judged = signature.judge(message.raw, message.stamp, message.signature, now.wall)
        if judged is not Signed.VALID:
            sender = f"channel {message.channel}"
            entry = Audited(message.id, now.elapsed, sender, "REFUSE", judged.value, "SIGNATURE", 0)
            unit.save(AUDIT, derive(wire.digest(message), now.elapsed), entry)
            return Outcome.REFUSED
    inner = _read(message.raw)
    if inner is None:
        keep(message, "UNREADABLE", f"{len(message.raw)} bytes that are no message", now, rules, unit)
        return Outcome.QUEUED
    unit.schedule(now.elapsed, inner)
    return Outcome.APPLIED


def take_in_file(message: FileReceived, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Check the trailer, then take the records one by one: a bad one stops no other, a known one is not taken again."""
    count, total = len(message.records), sum(record.amount for record in message.records)
    if (count, total) != (message.count, message.total):
        detail = (
            f"{message.name}: {count} records come to {total}, the trailer says {message.count} and {message.total}"
        )
        keep(message, "CONTROL_TOTAL", detail, now, rules, unit)
        return Outcome.QUEUED
    keys = [_record_id(message, record) for record in message.records]
    seen = unit.load_many(INBOX, keys)
    known = {key for key, earlier in zip(keys, seen, strict=True) if earlier is not None}
    outcomes = []
    for key, record in zip(keys, message.records, strict=True):
        inner = _read(record.body) if key not in known else None
        if inner is not None:
            known.add(key)
            unit.save(INBOX, key, int(Outcome.APPLIED))
            unit.schedule(now.elapsed, inner)
            outcomes.append(RecordOutcome(record.key, "ACCEPTED"))
        else:
            outcomes.append(RecordOutcome(record.key, "DUPLICATE" if key in known else "UNREADABLE"))
    id = Ids(message.id).next()
    unit.emit(
        FileAnswered(id=id, cause=message.id, channel=message.partner, name=message.name, outcomes=tuple(outcomes))
    )
    return Outcome.APPLIED


def take_in_interchange(message: InterchangeReceived, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Acknowledge an interchange and its syntax, and take its documents; a control number that was used is refused."""
    key = business_id("interchange", message.sender, message.receiver, message.control)
    if unit.load(INBOX, key) is not None:
        _acknowledge(message, REJECTED, DUPLICATE_CONTROL_NUMBER, (), unit)
        return Outcome.DUPLICATE
    unit.save(INBOX, key, int(Outcome.APPLIED))
    syntax = []
    for body in message.documents:
        inner = _read(body)
        syntax.append(ACCEPTED if inner is not None else REJECTED)
        if inner is not None:
            unit.schedule(now.elapsed, inner)
    _acknowledge(message, ACCEPTED, "000", tuple(syntax), unit)
    return Outcome.APPLIED


def _record_id(message: FileReceived, record: FileRecord) -> int:
    """Return the identity of a record: tomorrow's file may have today's name and count its records from 1 again."""
    return business_id(str(message.partner), message.name, record.key, str(wire.digest(record.body)))


def _read(raw: bytes) -> Incoming | None:
    """Return the message in these bytes, or None if there is none."""
    try:
        return wire.decode_incoming(raw)
    except WireError:
        return None


def _acknowledge(message: InterchangeReceived, code: str, note: str, syntax: tuple[str, ...], unit: Unit) -> None:
    unit.emit(
        InterchangeAnswered(
            id=derive(message.id, 1),
            cause=message.id,
            channel=message.channel,
            control=message.control,
            code=code,
            note=note,
            syntax=syntax,
        )
    )
