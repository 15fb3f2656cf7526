"""What a called side does with idempotency keys (`KeyContract`): one published contract is one value.

Theory of operation. The side keeps a record for each key: absent, in progress until its lock ends, or completed until
its retention is over (POLICIES 5). A call that finds the key absent is worked on. One that finds it in progress is told
so, or worked on as if nothing were known; after the end of the lock it takes over. One that finds it completed gets the
stored answer again, unless its content differs and the contract minds. How an attempt ended decides whether its answer
is stored or the key is free again. Keys are compared within the `scope` that whoever holds the records puts into them.

Our own intake is `policies.dedup`: it has a fence, so that whoever lost his lease cannot commit. Partners publish none.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, assert_never

from twin.model.instant import DAY, Elapsed


class Ending(Enum):
    """How the work on a call ended, for whoever stores its answer."""

    OK = "ok"
    REFUSED = "refused"
    """The caller's fault: validation, a limit; nothing was done."""
    FAILED = "failed"
    """The called side's fault, once the work had begun."""


class KeyRecord(NamedTuple):
    """What is known of a key; times in microseconds."""

    fingerprint: int
    until: Elapsed
    """The end of the lock while the work goes on, of the retention afterwards; FOR_EVER where there is none."""
    ending: Ending | None = None
    """None while the work goes on."""
    answer: int = 0


class Arrived(NamedTuple):
    """A call came with this content; `keyed` is False where it names no key."""

    now: Elapsed
    fingerprint: int
    keyed: bool = True


class Finished(NamedTuple):
    """The work on a call ended, and gave this answer."""

    now: Elapsed
    fingerprint: int
    ending: Ending
    answer: int = 0


class Answer(Enum):
    """What the called side does, with the status code of the IETF draft where there is one."""

    PROCESS = "process"
    REPLAY = "replay"
    """The stored answer again; nothing is done."""
    CONFLICT = "conflict"
    """409: the first call under the key is still being worked on."""
    MISMATCH = "mismatch"
    """422: the key belongs to another request."""
    MISSING = "missing"
    """400: a key is asked for."""
    KEPT = "kept"
    """The end of the work is known."""


class Reply(NamedTuple):
    """What is done, and of a replay how the first call ended and what it was answered."""

    answer: Answer
    ending: Ending | None = None
    stored: int = 0


FOR_EVER: Elapsed = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyContract:
    """One contract.

    Attributes:
        retention_us: How long a stored answer is kept from its end on; None: for ever.
        stores: Which ends are stored: `everything` once work has begun, `no_refusals` (all but the caller's own
            faults), `successes`. What is not stored leaves the key free.
        in_flight: What a second call hears while the first is worked on: `conflict`, or it is worked on too.
        mismatch: What another content under a known key meets: `refuse`, or the first answer all the same (`replay`).
        missing: What a call without a key meets: it is worked on, or refused.
        lock_us: After how long a call that has not ended may be taken over; None: only its end frees the key.
        scope: Whose keys are apart from each other's: each `account`'s, each `operation`'s within it.
    """

    retention_us: int | None = DAY
    stores: Literal["everything", "no_refusals", "successes"] = "everything"
    in_flight: Literal["conflict", "process"] = "conflict"
    mismatch: Literal["refuse", "replay"] = "refuse"
    missing: Literal["process", "refuse"] = "process"
    lock_us: int | None = None
    scope: Literal["account", "operation"] = "account"

    def step(self, record: KeyRecord | None, event: Arrived | Finished) -> tuple[KeyRecord | None, Reply]:
        """Return the next record of the key and what is done."""
        match event:
            case Arrived():
                return self._arrived(record, event)
            case Finished():
                return self._finished(record, event)
            case _:
                assert_never(event)

    def _arrived(self, record: KeyRecord | None, event: Arrived) -> tuple[KeyRecord | None, Reply]:
        if not event.keyed:
            return None, Reply(Answer.MISSING if self.missing == "refuse" else Answer.PROCESS)
        if record is None or event.now >= record.until:
            return self._begun(event), Reply(Answer.PROCESS)
        if record.fingerprint != event.fingerprint and self.mismatch == "refuse":
            return record, Reply(Answer.MISMATCH)
        if record.ending is not None:
            return record, Reply(Answer.REPLAY, record.ending, record.answer)
        return record, Reply(Answer.CONFLICT if self.in_flight == "conflict" else Answer.PROCESS)

    def _begun(self, event: Arrived) -> KeyRecord:
        return KeyRecord(event.fingerprint, FOR_EVER if self.lock_us is None else event.now + self.lock_us)

    def _finished(self, record: KeyRecord | None, event: Finished) -> tuple[KeyRecord | None, Reply]:
        kept = Reply(Answer.KEPT)
        if record is not None and record.ending is not None:
            return record, kept
        if not self._stored(event.ending):
            return None, kept
        until = FOR_EVER if self.retention_us is None else event.now + self.retention_us
        return KeyRecord(event.fingerprint, until, event.ending, event.answer), kept

    def _stored(self, ending: Ending) -> bool:
        match self.stores:
            case "everything":
                return True
            case "no_refusals":
                return ending is not Ending.REFUSED
            case "successes":
                return ending is Ending.OK
