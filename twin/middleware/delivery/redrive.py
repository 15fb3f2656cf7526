"""Ways out of an exception queue: tried again, replaced by corrected content, or parked with a reason.

A redrive enters like the message itself, under the same id and the rules of today: the inbox, the sequence and the
business key are asked again, so what has been done meanwhile is not done twice. It executes in the transaction of the
redrive; if it fails, the item stays with one attempt and one generation more, in the queue that its failure of now
belongs to, and its people hear of it again. Redrives are limited in rate, except those that a missing reference raises
by its arrival. An outbox row leaves the queue when it is redriven; the shell sends it again, and gives up on it again
if it must.

Whatever leaves is written to the audit, with who did it. Of a parked or corrected message the inbox remembers that it
is settled, so that the sender's own repeat changes nothing; under the key of its request it is answered.
"""

from collections.abc import Sequence
from typing import Final

from policies.ruleset import RuleSet
from twin.errors import WireError
from twin.middleware.delivery.exceptions import KEPT, describe, open_item, quarantine
from twin.middleware.dispatch import Procedures, dispatch
from twin.middleware.intake.requests import end_request
from twin.middleware.unit import AUDIT, DESK, INBOX, LETTERS, PARKED, Outcome, Table, Unit, V
from twin.model import wire
from twin.model.commands import CorrectLetter, GaveUp, ParkLetter, RedriveLetter
from twin.model.dead_letter import Audited, DeadLetter, LetterKind, RedriveDesk
from twin.model.events import ExceptionOpened
from twin.model.ids import derive
from twin.model.instant import Elapsed, Now
from twin.model.message import Event, Message
from twin.model.wire import Parked

BYTES: Final = ("UNREADABLE", "SCHEMA_VIOLATED")
"""Codes of what is no message at all: its raw bytes are kept."""
REFERENCE: Final = "reference"
"""Who redrives an item whose missing reference has arrived."""
_RAISED: Final = 3_000_001
"""Which of an arrival's derived ids the redrives have that it raises, one after the other."""


def redrive(procedures: Procedures, command: RedriveLetter, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Try an item again: NOOP when it is settled, WAITS when the limit on redrives asks for patience."""
    letter = unit.load(LETTERS, command.letter)
    if letter is None or letter.kind is LetterKind.NOTICE:
        return Outcome.NOOP
    if not rules.exceptions.duty(letter.category).redrivable:
        return Outcome.REJECTED
    if command.by != REFERENCE and not _admitted(command, now, rules, unit):
        return Outcome.WAITS
    if letter.kind is LetterKind.DELIVERY:
        _settle(letter, command, "REDRIVE", Outcome.APPLIED, now, unit)
        return Outcome.APPLIED
    retrial = _Retrial(unit, letter)
    outcome = _tried_again(procedures, letter, now, rules, retrial)
    if outcome in KEPT:
        tried = retrial.kept or letter.failed_again(now.elapsed)
        tried = tried.redriven_in_vain(letter)
        _audit(tried, command, "REDRIVE", outcome, now, unit)
        open_item(tried, command.id, unit)
    else:
        _settle(letter, command, "REDRIVE", outcome, now, unit)
    return outcome


class _Retrial:
    """The unit of a message that is tried again: the item that its failure makes, and tells of, is kept aside."""

    def __init__(self, unit: Unit, letter: DeadLetter) -> None:
        self.unit = unit
        self.letter = letter
        self.kept: DeadLetter | None = None

    def load(self, table: Table[V], id: int) -> V | None:
        """Load as ever."""
        return self.unit.load(table, id)

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        """Load as ever."""
        return self.unit.load_many(table, ids)

    def save(self, table: Table[V], id: int, row: V) -> None:
        """Save as ever, but for the item."""
        if isinstance(row, DeadLetter) and row.id == self.letter.id:
            self.kept = row
        else:
            self.unit.save(table, id, row)

    def archive(self, table: Table[V], id: int) -> None:
        """Archive as ever."""
        self.unit.archive(table, id)

    def emit(self, event: Event) -> None:
        """Emit as ever, but for the telling of the item: the redrive tells of it."""
        if not (isinstance(event, ExceptionOpened) and event.letter == self.letter.id):
            self.unit.emit(event)

    def schedule(self, due: Elapsed, message: Message) -> None:
        """Schedule as ever."""
        self.unit.schedule(due, message)


def _tried_again(procedures: Procedures, letter: DeadLetter, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Handle a kept message once more; bytes that still are no message stay where they are."""
    try:
        message = wire.decode_incoming(letter.body)
    except WireError:
        return Outcome.QUEUED
    return dispatch(procedures, message, now, rules, unit)


def park(command: ParkLetter, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take an item out of its queue for good, with a reason; NOOP when it is settled."""
    letter = unit.load(LETTERS, command.letter)
    if letter is None:
        return Outcome.NOOP
    if letter.kind is LetterKind.MESSAGE:
        if unit.load(INBOX, letter.id) is None:  # else its sender has repeated it meanwhile, and it was carried out
            unit.save(INBOX, letter.id, int(Outcome.DISCARDED))
            _end_request(letter, command, Outcome.DISCARDED, now, rules, unit)
        _forget_reference(letter, unit)
    _settle(letter, command, "PARK", Outcome.DISCARDED, now, unit, reason=command.reason)
    return Outcome.DISCARDED


def correct(command: CorrectLetter, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Let a corrected message, which has an id of its own, take the place of a kept one: that is SUPERSEDED."""
    letter = unit.load(LETTERS, command.letter)
    if letter is None or letter.kind is not LetterKind.MESSAGE:
        return Outcome.NOOP
    corrected = wire.decode_incoming(command.body)
    if corrected.id == letter.id:
        return Outcome.KEY_REUSED
    unit.save(INBOX, letter.id, int(Outcome.SUPERSEDED))
    _end_request(letter, command, Outcome.SUPERSEDED, now, rules, unit)
    _forget_reference(letter, unit)
    _settle(letter, command, "CORRECT", Outcome.SUPERSEDED, now, unit, reason=f"corrected by {corrected.id}")
    unit.schedule(now.elapsed, corrected)
    return Outcome.APPLIED


def note_failure(command: GaveUp, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Make a dead letter of what a shell could not get further with; NOOP when a repeat has been carried out since."""
    known = unit.load(LETTERS, command.subject)
    if not command.delivery and unit.load(INBOX, command.subject) is not None:
        return Outcome.NOOP
    if command.code in BYTES:
        open_item(quarantine(command, now.elapsed, rules), command.id, unit)
        return Outcome.APPLIED
    kind = LetterKind.DELIVERY if command.delivery else LetterKind.MESSAGE
    read = wire.decode_outgoing if command.delivery else wire.decode_incoming
    letter = describe(
        read(command.body),
        kind,
        command.code,
        command.detail,
        now.elapsed,
        rules,
        unit,
        attempts=command.attempts,
        first=command.first,
    )
    open_item(letter if known is None else letter.instead_of(known), command.id, unit)
    return Outcome.APPLIED


def raise_letters(parked: Parked, cause: int, now: Now, unit: Unit) -> None:
    """Redrive what waits in an exception queue for the thing that has just arrived."""
    for number, letter in enumerate(parked.letters):
        raised = RedriveLetter(id=derive(cause, _RAISED + number), cause=cause, letter=letter, by=REFERENCE)
        unit.schedule(now.elapsed, raised)


def _admitted(command: RedriveLetter, now: Now, rules: RuleSet, unit: Unit) -> bool:
    """Count the redrive against the limit; if there is no room, let the command come back when there is."""
    limit = rules.exceptions.limit
    desk = unit.load(DESK, 0)
    state, admitted, wait = limit.admit(limit.initial() if desk is None else desk.state, now.elapsed)
    if not admitted:
        unit.schedule(now.elapsed + wait, command)
        return False
    unit.save(DESK, 0, RedriveDesk(state))
    return True


def _end_request(
    letter: DeadLetter, command: ParkLetter | CorrectLetter, answer: Outcome, now: Now, rules: RuleSet, unit: Unit
) -> None:
    """End the request under which a settled message came, if it is a message at all."""
    try:
        message = wire.decode_incoming(letter.body)
    except WireError:
        return
    end_request(message, answer, command, now, rules, unit)


def _forget_reference(letter: DeadLetter, unit: Unit) -> None:
    """Let the arrival of what the item waited for raise it no more."""
    parked = unit.load(PARKED, letter.reference) if letter.reference else None
    if parked is None:
        return
    rest = tuple([each for each in parked.letters if each != letter.id])
    if rest or parked.messages:
        unit.save(PARKED, letter.reference, Parked(parked.messages, parked.until, rest))
    else:
        unit.archive(PARKED, letter.reference)


def _settle(
    letter: DeadLetter,
    command: RedriveLetter | ParkLetter | CorrectLetter,
    did: str,
    outcome: Outcome,
    now: Now,
    unit: Unit,
    *,
    reason: str = "",
) -> None:
    unit.archive(LETTERS, letter.id)
    _audit(letter, command, did, outcome, now, unit, reason=reason)


def _audit(
    letter: DeadLetter,
    command: RedriveLetter | ParkLetter | CorrectLetter,
    did: str,
    outcome: Outcome,
    now: Now,
    unit: Unit,
    *,
    reason: str = "",
) -> None:
    entry = Audited(letter.id, now.elapsed, command.by, did, outcome.name, letter.code, letter.redrives, reason)
    unit.save(AUDIT, command.id, entry)
