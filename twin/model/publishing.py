"""What a live process keeps of its publishers: their state, and what they heard since it was saved.

A publisher is a fold over what it hears, so saved state and notes together give the same publisher after a restart.
"""

import msgspec

from twin.errors import WireError
from twin.model.commands import EvaluatePublication, PublicationAnswered
from twin.model.events import AvailabilityChanged, FallbackChanged, PublishStock
from twin.model.instant import Elapsed


class PublisherState(msgspec.Struct, frozen=True, gc=False):
    """One channel's publisher; what each part means stands at the publisher."""

    pool: dict[int, int]
    since: dict[int, Elapsed]
    told: dict[int, tuple[int, Elapsed]]
    withheld: dict[int, int]
    in_flight: dict[int, tuple[Elapsed, Elapsed, int, Elapsed, int]]
    last_slot: Elapsed | None
    closed_until: Elapsed
    to_zero: bool
    idle_until: Elapsed
    min_change: int
    wait_us: Elapsed
    lag_us: Elapsed
    waits: list[Elapsed]
    judged: Elapsed
    aging: list[tuple[Elapsed, int]]
    away: bool = False


class SlotOpened(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A slot of a channel's sender opened at `at`."""

    channel: int
    at: Elapsed


class AllDue(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A nightly run fell due at `at`: every item is evaluated for every channel."""

    at: Elapsed


class Changed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What is free changed."""

    event: AvailabilityChanged


class Evaluated(msgspec.Struct, frozen=True, gc=False, tag=True):
    """An evaluation was committed at `at`, with the pushes that it made."""

    message: EvaluatePublication
    pushes: tuple[PublishStock, ...]
    at: Elapsed


class Answered(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A channel answered a push at `at`."""

    message: PublicationAnswered
    at: Elapsed


class FellBack(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A fallback came into force, or ended, at `at`."""

    event: FallbackChanged
    at: Elapsed


Note = SlotOpened | AllDue | Changed | Evaluated | Answered | FellBack
"""What publishers hear, in the order of the commits."""


class PublishersState(msgspec.Struct, frozen=True, gc=False):
    """All publishers of a process, how many evaluations each has asked for, and those still to be made, in order.

    `night` is when the last nightly run fell due.
    """

    publishers: list[PublisherState]
    asked: list[int]
    pending: list[EvaluatePublication]
    night: Elapsed


_encoder = msgspec.json.Encoder()
_note: msgspec.json.Decoder[Note] = msgspec.json.Decoder(Note)
_state = msgspec.json.Decoder(PublishersState)


def encode_publishing(value: Note | PublishersState) -> bytes:
    """Return the bytes of a note or of the saved state; the order of dirty keys in it means something and is kept."""
    return _encoder.encode(value)


def decode_note(data: bytes) -> Note:
    """Return the note that `data` holds; raises WireError naming what was expected."""
    try:
        return _note.decode(data)
    except msgspec.MsgspecError as error:
        raise WireError(f"not a note of a publisher: {error}") from error


def decode_publishers(data: bytes) -> PublishersState:
    """Return the publishers that `data` holds; raises WireError naming what was expected."""
    try:
        return _state.decode(data)
    except msgspec.MsgspecError as error:
        raise WireError(f"not the state of publishers: {error}") from error
