"""Clocks that are wrong: a party's wall time is ahead, behind, jumps or runs at another speed.

Elapsed time stays as it is: it serves timeouts and leases and never goes back, so a wrong clock bends dates, stamps and
what is judged by them. T-numbers are those of the fault catalogue.
"""

from typing import Final, Protocol

from actors.ground import Ground
from twin.kernel.faults import Armed
from twin.model.instant import HOUR, Elapsed, Now

CLOCKS: Final = ("T1", "T2", "T3", "T4", "T5")
DRAWN_BACK_PPM: Final = 500
"""How fast a clock that jumped is drawn back: 500 millionths, the most that NTP's discipline allows (RFC 5905)."""


class HasClock(Protocol):
    """A party that asks its ground for the time."""

    ground: Ground


class BentGround(Ground):
    """The ground of a party whose clock is wrong while records are on."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.timeline, ground.seed, ground.wall_start, ground.recorder, ground.probe)
        self.guards = ground.guards
        self.armed: tuple[Armed, ...] = ()

    def now(self) -> Now:
        """Return the moment as the party believes it to be."""
        right = super().now()
        wrong = right.wall
        for armed in self.armed:
            off = _off(armed, right.elapsed)
            if off:
                armed.took_effect()
                wrong += -off if armed.number("behind", 0.0) else off
        return Now(right.elapsed, wrong)


class Clock:
    """The lever of one party's clock."""

    def __init__(self, party: HasClock) -> None:
        self.bent = BentGround(party.ground)
        party.ground = self.bent

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self.bent.armed = (*self.bent.armed, armed)

    def end(self, armed: Armed) -> None:
        """A record is over: the clock is right again."""
        self.bent.armed = tuple(other for other in self.bent.armed if other is not armed)


def _off(armed: Armed, now: Elapsed) -> Elapsed:
    """Return by how much a clock is wrong, in microseconds."""
    since = now - (armed.began or 0)
    extra = int(armed.number("extra", 0.0))
    match armed.fault.kind:
        case "T2":
            return max(0, extra - since * DRAWN_BACK_PPM // 1_000_000)
        case "T3":
            return extra if since // int(armed.number("base", 1.0)) % 2 == 0 else 0
        case "T4":
            return round(since * (armed.number("factor", 1.0) - 1.0))
        case "T5":
            return HOUR
        case _:
            return extra
