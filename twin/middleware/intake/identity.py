"""An order's identity in three layers: the inbox around every procedure, then the request's key, then the document.

What is decided here happens in the order's own transaction: the record of a request is begun, the order handled, and
the record finished under its fence at once, so a lease outlives a transaction only where a handler does its work
outside of it. An order that stays in an exception queue leaves a record that can be tried again.
"""

from typing import Final, Literal

from policies.dedup import Arrived, Finished, Verdict
from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import KEPT, keep
from twin.middleware.intake.reading import read, wait_for_words
from twin.middleware.intake.requests import keep_record, request_of
from twin.middleware.intake.submit import submit_order
from twin.middleware.orders.procedures import amend_order
from twin.middleware.unit import ARCHIVE, AUDIT, ORDERS, REQUESTS, Outcome, Unit
from twin.model.commands import SubmitOrder
from twin.model.dead_letter import Audited
from twin.model.ids import derive
from twin.model.instant import Now
from twin.model.intake import RequestState
from twin.model.order import Intake

_TOLD: Final = {
    Verdict.IN_PROGRESS: Outcome.IN_PROGRESS,
    Verdict.KEY_REUSED: Outcome.KEY_REUSED,
    Verdict.REPLAY: Outcome.REPLAYED,
}


def take_in_order(command: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Handle an order unless a layer of the design knows it already."""
    layers = rules.identity
    if not command.request_key and rules.channels[command.channel].keyed:
        _refuse(command, now, unit)
        return Outcome.REFUSED
    if command.request_key and layers.asks("request"):
        return _under_its_key(command, now, rules, unit)
    if not layers.asks("business"):
        command = unrecognised(command, unit)
    return _handled(command, now, rules, unit)


def _handled(command: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take an order in, or a higher revision of one that lives as the amendment that it is (row 30)."""
    if command.revision > 1:
        known = unit.load(ORDERS, command.case)
        if known is not None and known.intake is not Intake.REJECTED and command.revision > known.revision:
            return _amend(command, now, rules, unit)
    return submit_order(command, now, rules, unit)


def _amend(command: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Read what the revision says; what cannot be read is kept, and the order goes on as it was."""
    reading = read(command, now, rules)
    if reading is None:
        return amend_order(command.amending(command.lines), now, rules, unit)
    if reading.errors:
        said = "; ".join(f"{fault.code} {fault.detail}" for fault in reading.errors)
        keep(command, reading.errors[0].code, said, now, rules, unit)
        return Outcome.QUEUED
    if reading.missing:
        return wait_for_words(command, reading, now, rules, unit)
    return amend_order(command.amending(reading.lines), now, rules, unit)


def unrecognised(command: SubmitOrder, unit: Unit) -> SubmitOrder:
    """Return the order under ids of its own if its number has been used: nobody looks whether it is the same one."""
    times = 0
    case = command.case
    while unit.load(ORDERS, case) is not None or unit.load(ARCHIVE, case) is not None:
        times += 1
        case = derive(command.case, times)
    return command.renamed(derive(command.id, times), case) if times else command


def _refuse(command: SubmitOrder, now: Now, unit: Unit) -> None:
    """Turn an order away that lacks the key it needs (400): nothing is recorded of it but in the audit."""
    sender = f"channel {command.channel}"
    entry = Audited(command.id, now.elapsed, sender, "REFUSE", "KEY_MISSING", "VALIDATION", 0)
    unit.save(AUDIT, derive(command.id, now.elapsed), entry)


def _under_its_key(command: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    rule, key = rules.identity.idempotency, request_of(command)
    record, decision = rule.step(unit.load(REQUESTS, key), Arrived(command.fingerprint), now.elapsed)
    if decision.verdict is not Verdict.EXECUTE:
        return _TOLD[decision.verdict]
    if not rules.identity.asks("business"):
        command = unrecognised(command, unit)
    outcome = _handled(command, now, rules, unit)
    if outcome is Outcome.REFUSED:
        return outcome
    finished = Finished(decision.fence, _state(outcome), int(outcome))
    record, _ = rule.step(record, finished, now.elapsed)
    assert record is not None
    keep_record(key, record, command, now, rules, unit)
    return outcome


def _state(
    outcome: Outcome,
) -> Literal[RequestState.COMPLETED, RequestState.FAILED_FINAL, RequestState.FAILED_RETRYABLE]:
    if outcome in KEPT:
        return RequestState.FAILED_RETRYABLE
    return RequestState.FAILED_FINAL if outcome is Outcome.REJECTED else RequestState.COMPLETED
