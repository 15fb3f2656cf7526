"""Whether a request or a document has been seen before, and what its sender is told then.

Theory of operation of `Idempotency`. A record of (consumer, operation, key) is written before the work begins, with a
lease and a fence. While the lease runs, a repeat is told to come back; when it is over, the next repeat takes over with
a higher fence, and whoever finishes with an old fence is refused, so its effects are not committed. A lease is written
even when no time is left for the work: a record without one would block its key until retention ends. Completed and
finally failed requests are answered again from the record until retention, counted from completion, is over; a
retryable failure is no answer, so its key stays open and the next repeat executes. Another fingerprint under a known
key is an error of the sender and changes nothing.

The inner layer, the document's own number, has no record here: the order's state table answers for it (row 1).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from twin.model.instant import DAY, SECOND, Elapsed
from twin.model.intake import RequestRecord, RequestState

_ANSWERED = (RequestState.COMPLETED, RequestState.FAILED_FINAL)


class Arrived(NamedTuple):
    """A request with this fingerprint came in; `lease_us` is how long its handler may take (None: the policy's)."""

    fingerprint: int
    lease_us: int | None = None


class Finished(NamedTuple):
    """A handler reports, with the fence it was given, how the request ended and which answer to keep."""

    fence: int
    state: Literal[RequestState.COMPLETED, RequestState.FAILED_FINAL, RequestState.FAILED_RETRYABLE]
    answer: int = 0


class Verdict(Enum):
    """What to do with the event, with the status code of the Idempotency-Key draft where there is one."""

    EXECUTE = "EXECUTE"
    """Run the handler; it presents `fence` when it finishes."""
    IN_PROGRESS = "IN_PROGRESS"
    """409: come back after `retry_after_us`."""
    KEY_REUSED = "KEY_REUSED"
    """422: the key belongs to another request."""
    REPLAY = "REPLAY"
    """Give `answer` again, marked as a replay; no effect."""
    STORED = "STORED"
    """The end is recorded; effects may commit."""
    STALE_FENCE = "STALE_FENCE"
    """Somebody else took over or has finished: effects must not commit."""


class Decision(NamedTuple):
    """A verdict with what goes along with it; times in microseconds."""

    verdict: Verdict
    fence: int = 0
    answer: int = 0
    retry_after_us: int = 0


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The record of one idempotent request as a state machine.

    `lease_us` exceeds the longest handler time; `retention_us` exceeds the longest redelivery and replay horizon.
    """

    lease_us: int = 30 * SECOND
    retention_us: int = DAY

    def step(
        self, record: RequestRecord | None, event: Arrived | Finished, now: Elapsed
    ) -> tuple[RequestRecord | None, Decision]:
        """Return the next record and the decision; written together with the effects of the request."""
        if isinstance(event, Arrived):
            return self._arrived(record, event, now)
        return _finished(record, event, now)

    def _arrived(self, record: RequestRecord | None, event: Arrived, now: Elapsed) -> tuple[RequestRecord, Decision]:
        lease_until = now + (self.lease_us if event.lease_us is None else event.lease_us)
        if record is None or self._expired(record, now):
            return _begun(event.fingerprint, 1, lease_until)
        if record.fingerprint != event.fingerprint:
            return record, Decision(Verdict.KEY_REUSED)
        if record.state is RequestState.IN_PROGRESS and now < record.lease_until:
            return record, Decision(Verdict.IN_PROGRESS, retry_after_us=record.lease_until - now)
        if record.state in _ANSWERED:
            return record, Decision(Verdict.REPLAY, answer=record.answer)
        return _begun(event.fingerprint, record.fence + 1, lease_until)

    def _expired(self, record: RequestRecord, now: Elapsed) -> bool:
        answered = record.state in _ANSWERED
        return answered and now >= record.completed_at + self.retention_us


def _begun(fingerprint: int, fence: int, lease_until: Elapsed) -> tuple[RequestRecord, Decision]:
    record = RequestRecord(
        fingerprint=fingerprint, state=RequestState.IN_PROGRESS, lease_until=lease_until, fence=fence
    )
    return record, Decision(Verdict.EXECUTE, fence=fence)


def _finished(record: RequestRecord | None, event: Finished, now: Elapsed) -> tuple[RequestRecord | None, Decision]:
    if record is None or record.state is not RequestState.IN_PROGRESS or record.fence != event.fence:
        return record, Decision(Verdict.STALE_FENCE, fence=event.fence)
    ended = RequestRecord(
        fingerprint=record.fingerprint,
        state=event.state,
        lease_until=record.lease_until,
        fence=record.fence,
        answer=event.answer,
        completed_at=now,
    )
    return ended, Decision(Verdict.STORED, fence=event.fence, answer=event.answer)
