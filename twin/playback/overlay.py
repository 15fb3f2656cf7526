"""What is laid over a recording before it is played: repeats, disorder, losses, delays, another speed.

Only what others sent is touched, never what became of our own events. Draws are keyed by the message, so that the same
record meets the same fate in every design. A record only ever moves to later; it is sorted in
again as the recording goes by, so memory holds what is under way.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from twin.errors import UsageError
from twin.model.chance import stream_id, uniform
from twin.model.history import Fact, Header, Pace, Record, Stimulus
from twin.model.ids import business_id
from twin.model.instant import MINUTE, Elapsed
from twin.playback.history import Numbered
from twin.world.values import duration_us, share

REPEATED_WITHIN: Elapsed = MINUTE
"""How much later a repeat comes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Shares of records that are repeated or lost, and by how much they come later."""

    duplicates: float = 0.0
    loss: float = 0.0
    disorder: Elapsed = 0
    delay: Elapsed = 0
    speed: float = 1.0

    @classmethod
    def read(cls, texts: Iterable[str], speed: float = 1.0) -> "Overlay":
        """Read `duplicates=1%`, `loss=0.5%`, `disorder=30s`, `delay=200ms`, one or more of them joined by commas.

        Raises:
            UsageError: a name is unknown, a value is none, or the speed is not above 0.
        """
        found: dict[str, float | int] = {}
        for text in (part.strip() for joined in texts for part in joined.split(",")):
            name, _, value = text.partition("=")
            try:
                if name in ("duplicates", "loss"):
                    found[name] = share(value)
                elif name in ("disorder", "delay"):
                    found[name] = duration_us(value)
                else:
                    raise UsageError(f"perturb: expected duplicates, disorder, loss or delay (got '{text}')")
            except ValueError as error:
                raise UsageError(f"perturb: {name}: {error}") from error
        if not 0 < speed < float("inf"):
            raise UsageError(f"speed: must be above 0 (got {speed})")
        return cls(**found, speed=speed)  # type: ignore[arg-type]  # shares are floats and durations whole, as read above

    def __bool__(self) -> bool:
        """Tell whether anything is laid over the recording at all."""
        return bool(self.duplicates or self.loss or self.disorder or self.delay or self.speed != 1.0)

    def over(self, header: Header, records: Iterable[Numbered], seed: int) -> Iterator[Numbered]:
        """Yield the recording as it is to be played, in time order."""
        if not self:
            yield from records
            return
        moved: list[tuple[Elapsed, int, Numbered]] = []
        count = 0
        for line, record in records:
            at = header.opened + int((record.at - header.opened) / self.speed)
            while moved and moved[0][0] <= at:
                yield heapq.heappop(moved)[2]
            for later in self._fates(record, seed):
                count += 1
                heapq.heappush(moved, (at + later, count, (line, _moved(record, at + later))))
        while moved:
            yield heapq.heappop(moved)[2]

    def _fates(self, record: Record, seed: int) -> list[Elapsed]:
        """Return how much later each copy of a record comes; none for one that is lost."""
        if isinstance(record, Stimulus):
            id = record.message.id
        elif isinstance(record, Fact):
            id = business_id(record.source, record.id)
        else:
            return [0]
        if self.loss and uniform(seed, _LOST, id) < self.loss:
            return []
        later = self.delay + int(self.disorder * uniform(seed, _LATER, id)) if self.disorder else self.delay
        if self.duplicates and uniform(seed, _AGAIN, id) < self.duplicates:
            return [later, later + int(REPEATED_WITHIN * uniform(seed, _AFTER, id))]
        return [later]


def _moved(record: Record, at: Elapsed) -> Record:
    """Return the record at another instant; its turn within the old one means nothing there."""
    if at == record.at:
        return record
    if isinstance(record, Stimulus | Pace):
        return msgspec.structs.replace(record, at=at, turn=0)
    return msgspec.structs.replace(record, at=at)


_LOST, _LATER, _AGAIN, _AFTER = (stream_id(f"overlay/{name}") for name in ("lost", "later", "again", "after"))
