"""Answers that partners must have by a deadline, while their gateway is away: people type them in time (DOMAIN 22).

The document waits in the outbox all the same, and goes out when the gateway is back, under the same number: a partner
that has it already takes it for the copy it is.
"""

from policies.document_fallback import TYPED
from policies.ruleset import RuleSet
from twin.middleware.unit import ABSENCES, Outcome, Unit
from twin.model import wire
from twin.model.commands import DocumentDue
from twin.model.events import DocumentByHand, FallbackDecided, OrderAnswered
from twin.model.fallback import documents
from twin.model.ids import Ids, derive
from twin.model.instant import Elapsed, Now

_DUE = 8_000_007
"""Which of an answer's derived ids the look at its deadline has."""


def watch_document(told: OrderAnswered, placed_at: Elapsed, now: Now, rules: RuleSet, unit: Unit) -> None:
    """Have an answer looked at before its deadline, where people would take it over."""
    away = rules.fallbacks.documents if rules.fallbacks is not None else None
    source = rules.channels[told.channel].source
    if away is None or told.channel not in away.channels or source is None or not source.promise.acknowledge_us:
        return
    deadline = placed_at + source.promise.acknowledge_us
    due = away.taken_over(deadline, now.elapsed)
    if due is not None:
        look = DocumentDue(
            id=derive(told.id, _DUE),
            cause=told.id,
            case=told.case,
            channel=told.channel,
            deadline=deadline,
            body=wire.encode(told),
        )
        unit.schedule(due, look)


def hand_over(command: DocumentDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Ask people to type an answer whose deadline is near, if its gateway is away."""
    partner = documents(command.channel)
    if unit.load(ABSENCES, partner) is None:
        return Outcome.NOOP
    ids = Ids(command.id)
    by_hand = DocumentByHand(
        id=ids.next(),
        cause=command.id,
        case=command.case,
        channel=command.channel,
        deadline=command.deadline,
        body=command.body,
    )
    unit.emit(by_hand)
    unit.emit(
        FallbackDecided(id=ids.next(), cause=command.id, case=command.case, partner=partner, held=False, reason=TYPED)
    )
    return Outcome.APPLIED
