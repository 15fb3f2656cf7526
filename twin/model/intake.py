"""What intake remembers: idempotency records of requests and the state of keyed streams."""

from enum import Enum

import msgspec

from twin.model.instant import Elapsed


class RequestState(Enum):
    """How far the execution of one idempotent request has come."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED_FINAL = "FAILED_FINAL"
    FAILED_RETRYABLE = "FAILED_RETRYABLE"


class RequestRecord(msgspec.Struct, frozen=True, gc=False):
    """The idempotency record of (consumer, operation, key): lease and fence guard against a second execution."""

    fingerprint: int
    state: RequestState
    lease_until: Elapsed
    fence: int
    answer: int = 0
    """The stored answer (an outcome), given again to the same request."""
    completed_at: Elapsed = 0

    def settled(self, answer: int, at: Elapsed) -> "RequestRecord":
        """Return the record with an answer that is final."""
        return msgspec.structs.replace(self, state=RequestState.FAILED_FINAL, answer=answer, completed_at=at)


class Held(msgspec.Struct, frozen=True, gc=False):
    """A message of a keyed stream that came before its turn, as canonical bytes."""

    number: int
    digest: int
    body: bytes


class StreamState(msgspec.Struct, frozen=True, gc=False):
    """One keyed stream (source, entity, epoch): the last number applied, and what is held behind a gap."""

    epoch: int = 0
    last: int = 0
    held: tuple[Held, ...] = ()
    digests: tuple[tuple[int, int], ...] = ()
    """(number, digest) of the last few applied, so that a repeat with other content is noticed."""
    gap_since: Elapsed = -1
    """When the first gap now open was seen; -1: none."""
    net: int = 0
    """Of a delta stream: the sum of the changes applied, numbers 1 to `last`; a snapshot is compared with it."""

    def summing(self, net: int) -> "StreamState":
        """Return the state with another sum."""
        return msgspec.structs.replace(self, net=net)
