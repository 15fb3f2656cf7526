"""What the queues of people hold: messages that could not be taken in, rows that could not be sent, and notices."""

from enum import Enum

import msgspec

from twin.model.instant import Elapsed


class LetterKind(Enum):
    """What lies behind an item of an exception queue, and so what a redrive of it does."""

    MESSAGE = "MESSAGE"
    """A message that changed nothing when it was handled: a redrive handles it again under the same id."""
    DELIVERY = "DELIVERY"
    """An outbox row that its partner did not take: a redrive sends it again; the rows behind it wait."""
    NOTICE = "NOTICE"
    """Something that did happen and must be looked at: there is nothing to repeat."""


class DeadLetter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One open item of an exception queue; when it is settled, the row goes and the audit keeps what became of it."""

    id: int
    """Of the message or outbox row; of a notice: made from its code and subject, so that one is open at a time."""
    kind: LetterKind
    case: int = 0
    """The order it is about; 0 where there is none."""
    type: str
    """Name of the message type."""
    body: bytes
    """Raw bytes, as they came or were to go; empty for a notice."""
    headers: tuple[tuple[str, str], ...] = ()
    """CloudEvents attributes, the traceparent among them."""
    category: str
    code: str
    detail: str
    attempts: int = 1
    first_failure: Elapsed
    last_failure: Elapsed
    contract: str
    mapping: str = ""
    """Version of the mapping that made it; empty where none took part."""
    owner: str
    runbook: str
    due: Elapsed
    redrives: int = 0
    """How often it was redriven in vain: its generation."""
    reference: int = 0
    """Key of the missing thing whose arrival raises it; 0: none."""

    @property
    def traceparent(self) -> str:
        """The trace that it belongs to."""
        return dict(self.headers).get("traceparent", "")

    def failed_again(self, now: Elapsed) -> "DeadLetter":
        """Return the item after one further attempt, now."""
        return msgspec.structs.replace(self, attempts=self.attempts + 1, last_failure=now)

    def redriven_in_vain(self, earlier: "DeadLetter") -> "DeadLetter":
        """Return the item as one generation more than it was."""
        return msgspec.structs.replace(self, redrives=earlier.redrives + 1)

    def instead_of(self, earlier: "DeadLetter") -> "DeadLetter":
        """Return this item with the history of an earlier one of the same message, which failed for another reason."""
        return msgspec.structs.replace(
            self,
            attempts=earlier.attempts + self.attempts,
            redrives=earlier.redrives,
            first_failure=earlier.first_failure,
        )


class Audited(msgspec.Struct, frozen=True, gc=False):
    """One thing that was done to an item of an exception queue; the journal of them is never edited."""

    letter: int
    at: Elapsed
    by: str
    did: str
    """REDRIVE, PARK or CORRECT."""
    outcome: str
    code: str
    generation: int
    reason: str = ""


class RedriveDesk(msgspec.Struct, frozen=True, gc=False):
    """What the limit on redrives remembers."""

    state: tuple[int, ...]
