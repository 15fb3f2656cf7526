"""The two ways into an exception queue: a message that nobody could book is kept, and what did happen is noted.

A kept message changed nothing and has no inbox row, so the sender's own repeat or a redrive executes it once. A notice
stands beside a change that was made. Both are rows with class, owner, runbook and due time, written in the transaction
that found them out, and both tell the people in charge once: a repeat of an open item counts as a further attempt.
"""

from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.observability.traces import headers_of
from twin.middleware.unit import LETTERS, Outcome, Unit
from twin.model import wire
from twin.model.chance import stream_id
from twin.model.commands import GaveUp, SubmitOrder
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.events import ExceptionOpened
from twin.model.ids import MASK, derive
from twin.model.instant import Elapsed, Now
from twin.model.message import Message

KEPT: Final = frozenset(
    (Outcome.QUEUED, Outcome.ILLEGAL_TRANSITION, Outcome.SEQ_CONFLICT, Outcome.BUSINESS_KEY_CONFLICT)
)
"""Outcomes of messages that changed nothing and stay open: the inbox does not know them."""
_TOLD: Final = 2_000_001
"""Which of a cause's derived ids the telling of its exceptions has; far beyond those that `Ids` counts."""


def keep(message: Message, code: str, detail: str, now: Now, rules: RuleSet, unit: Unit, *, reference: int = 0) -> bool:
    """Keep a message that changed nothing; the caller returns an outcome of `KEPT`. False: it was kept already.

    `reference` is the key of the missing thing whose arrival raises the item; the caller enters the item there.
    """
    known = unit.load(LETTERS, message.id)
    if known is not None and known.code == code:
        unit.save(LETTERS, message.id, known.failed_again(now.elapsed))
        return False
    letter = describe(message, LetterKind.MESSAGE, code, detail, now.elapsed, rules, unit, reference=reference)
    open_item(letter if known is None else letter.instead_of(known), message.id, unit)
    return True


def notice(message: Message, code: str, subject: int, detail: str, now: Now, rules: RuleSet, unit: Unit) -> None:
    """Note what `message` brought about; `subject` (an order, an item) tells notices of one code apart."""
    id = derive(subject, stream_id(code)) & MASK
    known = unit.load(LETTERS, id)
    if known is not None:
        unit.save(LETTERS, id, known.failed_again(now.elapsed))
    else:
        letter = describe(message, LetterKind.NOTICE, code, detail, now.elapsed, rules, unit, id=id)
        open_item(letter, message.id, unit)


def describe(
    message: Message,
    kind: LetterKind,
    code: str,
    detail: str,
    now: Elapsed,
    rules: RuleSet,
    unit: Unit,
    *,
    id: int | None = None,
    reference: int = 0,
    attempts: int = 1,
    first: Elapsed | None = None,
) -> DeadLetter:
    """Return the item that a message makes: its bytes and trace, and whose it is by the routing of the rules."""
    routed = rules.exceptions.route(code)
    return DeadLetter(
        id=message.id if id is None else id,
        kind=kind,
        case=message.case,
        type=type(message).__name__,
        body=b"" if kind is LetterKind.NOTICE else wire.encode(message),
        headers=headers_of(message, unit),
        category=routed.category.value,
        code=code,
        detail=detail,
        attempts=attempts,
        first_failure=now if first is None else first,
        last_failure=now,
        contract=wire.CONTRACT,
        mapping=_mapping(message, rules),
        owner=routed.owner,
        runbook=routed.runbook,
        due=now + routed.due_us,
        reference=reference,
    )


def _mapping(message: Message, rules: RuleSet) -> str:
    """Return the version of the cross-references by which an order in its sender's words is read."""
    if rules.catalogue is None or not isinstance(message, SubmitOrder) or not message.written:
        return ""
    return str(rules.catalogue.references.version)


def quarantine(command: GaveUp, now: Elapsed, rules: RuleSet) -> DeadLetter:
    """Return the item of bytes that are no message: they are kept as they came, under the id that they were given."""
    routed = rules.exceptions.route(command.code)
    return DeadLetter(
        id=command.subject,
        kind=LetterKind.MESSAGE,
        type="",
        body=command.body,
        category=routed.category.value,
        code=command.code,
        detail=command.detail,
        attempts=command.attempts,
        first_failure=command.first,
        last_failure=now,
        contract=wire.CONTRACT,
        owner=routed.owner,
        runbook=routed.runbook,
        due=now + routed.due_us,
    )


def open_item(letter: DeadLetter, cause: int, unit: Unit) -> None:
    """Write an item and tell its people that it is open, or open again."""
    unit.save(LETTERS, letter.id, letter)
    unit.emit(
        ExceptionOpened(
            id=derive(derive(derive(cause, _TOLD), letter.id), letter.last_failure),
            cause=cause,
            case=letter.case,
            code=letter.code,
            detail=letter.detail,
            letter=letter.id,
            category=letter.category,
            owner=letter.owner,
            due=letter.due,
        )
    )
