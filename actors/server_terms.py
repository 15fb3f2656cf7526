"""What a server of a world without a distributor is like (`Terms`), and what it adds up (`Counts`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from actors.door import Door
from actors.ground import Lag
from actors.key_desk import KeyDesk
from actors.line import Discipline
from policies.shedding import Shedding
from twin.model.instant import Elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowing:
    """Service takes longer by min(at_most, 1 + factor (n - above)^power) where n > above."""

    in_system: bool
    above: int
    factor: float
    power: float
    at_most: float

    def times(self, busy: int, present: int) -> float:
        """Return the factor for work that is begun; both numbers count it."""
        beyond = (present if self.in_system else busy) - self.above
        return min(self.at_most, 1.0 + self.factor * float(beyond) ** self.power) if beyond > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a server is like; `service` by operation, under "" for every operation that is not named."""

    workers: int
    queue_max: int
    blocks: bool
    discipline: Discipline
    cancels: bool
    service: Mapping[str, Lag]
    refusal: Lag | None
    fails: Callable[[int, int], bool] | None
    slowing: Slowing | None
    versioned: str | None
    door: Door | None = None
    sheds: Shedding | None = None
    keys: KeyDesk | None = None


class Counts:
    """What a server adds up, from the last restart; areas and sums of time are in microseconds."""

    __slots__ = (
        "begun",
        "dropped",
        "finished",
        "offered",
        "present_area",
        "queue_area",
        "queue_max",
        "rejected",
        "shed",
        "since",
        "stayed",
        "waited",
        "waits",
    )

    def __init__(self, since: Elapsed, queue: int) -> None:
        self.since = since
        self.offered = self.rejected = self.shed = self.dropped = self.begun = self.finished = self.waits = 0
        self.present_area = self.queue_area = self.stayed = self.waited = 0
        self.queue_max = queue
