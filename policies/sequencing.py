"""What to do with message n of a keyed stream (`Sequencing`), and how versions of two writers compare.

Theory of operation. A stream is (source, entity key, epoch) and remembers the last number applied. A *delta* stream
needs every number: what comes early is held behind the gap, and when the gap lasts, a snapshot is asked for while later
numbers stay held. A *state* stream carries the whole state in each message and needs only the newest: when the gap
lasts, what is held is applied in order and the gap is counted. Clock times never order messages of one key. A number
that went to a dead-letter queue is a gap like any other: a redrive closes it, or a snapshot that passes it.

The digest of a message tells a repeat from another message under the same number. The last `digests_kept` are
remembered; below that a number already passed is taken for a repeat.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from twin.model.instant import SECOND, Elapsed
from twin.model.intake import Held, StreamState


class Turn(Enum):
    """What becomes of a message offered to its stream, or of a stream whose timer rang."""

    APPLY = "APPLY"
    """Its turn: apply it, then the bodies that come with the answer."""
    HOLD = "HOLD"
    """Kept behind a gap; the gap timer runs."""
    DUPLICATE = "DUPLICATE"
    """Known with this content: drop."""
    LATE = "LATE"
    """Passed already, content not known any more: drop (a redrive: SUPERSEDED)."""
    SEQ_CONFLICT = "SEQ_CONFLICT"
    """Known with other content: exception."""
    REFUSED = "REFUSED"
    """A delta stream holds all it can: ask for a snapshot and refuse (back-pressure)."""
    RESYNC = "RESYNC"
    """The gap of a delta stream lasts: ask for a snapshot, hold on."""
    GAP_PASSED = "GAP_PASSED"
    """The gap of a state stream lasts: apply the bodies, count the gap."""
    DRAINED = "DRAINED"
    """A snapshot was taken: apply the bodies."""
    NOT_DUE = "NOT_DUE"
    """The timer has nothing to do."""


class Offered(NamedTuple):
    """The next state of the stream, what becomes of the message, and the held bodies to apply now, in order."""

    state: StreamState
    turn: Turn
    bodies: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequencing:
    """Order within one key: `held_max` messages wait behind a gap for at most `gap_timer_us`."""

    kind: Literal["delta", "state"]
    gap_timer_us: int = 30 * SECOND
    held_max: int = 100
    digests_kept: int = 8

    def offer(
        self, state: StreamState, number: int, digest: int, body: bytes, now: Elapsed, *, epoch: int | None = None
    ) -> Offered:
        """Return what becomes of message `number`; `bodies` never has its own body.

        A higher `epoch` (left out: the current one) starts the numbers again at 1 and closes the old epoch.
        """
        if epoch is not None and epoch != state.epoch:
            if epoch < state.epoch:
                return Offered(state, Turn.LATE)
            state = StreamState(epoch=epoch)
        if number == state.last + 1:
            return self._advanced(state, number, digest, now)
        if number <= state.last:
            return Offered(state, _known(digest, dict(state.digests).get(number)))
        for held in state.held:
            if held.number == number:
                return Offered(state, Turn.DUPLICATE if held.digest == digest else Turn.SEQ_CONFLICT)
        if len(state.held) >= self.held_max:
            return self._overflow(state, number, digest, now)
        waiting = sorted((*state.held, Held(number=number, digest=digest, body=body)), key=_number)
        since = state.gap_since if state.gap_since >= 0 else now
        return Offered(_with(state, state.last, tuple(waiting), state.digests, since), Turn.HOLD)

    def gap(self, state: StreamState, now: Elapsed) -> Offered:
        """Return what the gap timer does at `now`; it rings `gap_timer_us` after `state.gap_since`."""
        if state.gap_since < 0 or now < state.gap_since + self.gap_timer_us:
            return Offered(state, Turn.NOT_DUE)
        if self.kind == "delta":
            return Offered(_with(state, state.last, state.held, state.digests, now), Turn.RESYNC)
        digests = (*state.digests, *((held.number, held.digest) for held in state.held))[-self.digests_kept :]
        bodies = tuple(held.body for held in state.held)
        return Offered(_with(state, state.held[-1].number, (), digests, -1), Turn.GAP_PASSED, bodies)

    def snapshot(self, state: StreamState, number: int, now: Elapsed) -> Offered:
        """Return the stream after a snapshot that is right up to `number`; one older than what is applied is LATE."""
        if number < state.last:
            return Offered(state, Turn.LATE)
        ahead = tuple(held for held in state.held if held.number > number)
        return self._drained(_with(state, number, ahead, state.digests, state.gap_since), now, Turn.DRAINED)

    def _advanced(self, state: StreamState, number: int, digest: int, now: Elapsed) -> Offered:
        digests = (*state.digests, (number, digest))[-self.digests_kept :]
        if not state.held:
            return Offered(_with(state, number, (), digests, -1), Turn.APPLY)
        return self._drained(_with(state, number, state.held, digests, state.gap_since), now, Turn.APPLY)

    def _drained(self, state: StreamState, now: Elapsed, turn: Turn) -> Offered:
        """Take the held messages whose turn it is; the timer of a gap that shows up behind them starts anew."""
        last, digests, bodies = state.last, list(state.digests), []
        for held in state.held:
            if held.number != last + 1:
                break
            last = held.number
            digests.append((held.number, held.digest))
            bodies.append(held.body)
        rest = state.held[len(bodies) :]
        kept = tuple(digests[-self.digests_kept :])
        return Offered(_with(state, last, rest, kept, now if rest else -1), turn, tuple(bodies))

    def _overflow(self, state: StreamState, number: int, digest: int, now: Elapsed) -> Offered:
        """A full delta stream refuses; a full state stream goes on with the newest and drops the rest."""
        if self.kind == "delta":
            return Offered(state, Turn.REFUSED)
        newest = state.held[-1]
        if number > newest.number:
            return self._advanced(_with(state, number - 1, (), state.digests, -1), number, digest, now)
        digests = (*state.digests, (newest.number, newest.digest))[-self.digests_kept :]
        return Offered(_with(state, newest.number, (), digests, -1), Turn.LATE, (newest.body,))


def _with(
    state: StreamState, last: int, held: tuple[Held, ...], digests: tuple[tuple[int, int], ...], gap_since: Elapsed
) -> StreamState:
    return StreamState(epoch=state.epoch, last=last, held=held, digests=digests, gap_since=gap_since, net=state.net)


def _number(held: Held) -> int:
    return held.number


def _known(digest: int, before: int | None) -> Turn:
    if before is None:
        return Turn.LATE
    return Turn.DUPLICATE if before == digest else Turn.SEQ_CONFLICT


class Versions(Enum):
    """How an incoming version stands to the stored one."""

    BEFORE = "BEFORE"
    """Drop."""
    AFTER = "AFTER"
    """Apply."""
    EQUAL = "EQUAL"
    """Duplicate."""
    CONCURRENT = "CONCURRENT"
    """Merge by authority of each attribute, else exception."""


def compare(incoming: Mapping[str, int], stored: Mapping[str, int]) -> Versions:
    """Return how two version vectors compare; a writer that is not named stands at 0.

    >>> compare({"L": 4, "N": 1}, {"L": 3, "N": 2}).value
    'CONCURRENT'
    """
    ahead = any(count > stored.get(writer, 0) for writer, count in incoming.items())
    behind = any(count > incoming.get(writer, 0) for writer, count in stored.items())
    if ahead:
        return Versions.CONCURRENT if behind else Versions.AFTER
    return Versions.BEFORE if behind else Versions.EQUAL
