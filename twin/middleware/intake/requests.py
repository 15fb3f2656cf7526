"""The records of idempotent requests: how one ends, and when it is forgotten (DOMAIN 9)."""

from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.unit import REQUESTS, Outcome, Unit
from twin.model.commands import RequestExpired, SubmitOrder
from twin.model.ids import derive
from twin.model.instant import Now
from twin.model.intake import RequestRecord, RequestState
from twin.model.message import Message

_EXPIRES: Final = 5_000_001
"""Which of a message's derived ids the end of its record's retention has."""


def request_of(command: SubmitOrder) -> int:
    """Return the key of a request's record: idempotency keys are each channel's own."""
    return derive(command.request_key, command.channel)


def keep_record(key: int, record: RequestRecord, cause: Message, now: Now, rules: RuleSet, unit: Unit) -> None:
    """Write the record of a request that has ended, and have it looked at when its retention is over."""
    unit.save(REQUESTS, key, record)
    expires = RequestExpired(id=derive(cause.id, _EXPIRES), cause=cause.id, request=key)
    unit.schedule(now.elapsed + rules.identity.idempotency.retention_us, expires)


def end_request(message: Message, answer: Outcome, cause: Message, now: Now, rules: RuleSet, unit: Unit) -> None:
    """Let the request of a message that a person has settled be tried no more: its answer is final."""
    if not isinstance(message, SubmitOrder) or not message.request_key:
        return
    key = request_of(message)
    record = unit.load(REQUESTS, key)
    if record is not None and record.state is RequestState.FAILED_RETRYABLE:
        keep_record(key, record.settled(int(answer), now.elapsed), cause, now, rules, unit)


def forget_request(command: RequestExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Drop a record whose retention is over; one that was answered later has a timer of its own."""
    record = unit.load(REQUESTS, command.request)
    if record is None or now.elapsed < record.completed_at + rules.identity.idempotency.retention_us:
        return Outcome.NOOP
    unit.archive(REQUESTS, command.request)
    return Outcome.APPLIED
