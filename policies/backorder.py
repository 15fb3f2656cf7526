"""Who gets supply when it comes, and who has to give some back (`BackorderRun`).

Supply is what is free and what the selected demands hold and nobody has released to a warehouse. It is handed out class
by class, and within a class by priority, wanted date, time of acceptance, order and line:

WIN          the full request, or the whole run is off
GAIN         at least its confirmation, or the whole run is off; then it may grow
IMPROVE      like GAIN, but it takes a loss rather than end the run
REDISTRIBUTE anything from nothing to its request
FILL         anything from nothing to its confirmation
LOSE         nothing
SKIP         is left alone: neither its demand nor its units take part

A class secures the confirmations of all its members before any of them grows: granted one by one, the first could eat
what the next one has been promised. A run that is off changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, NamedTuple

from twin.model.instant import Elapsed


class Strategy(Enum):
    """How a demand takes part in a run; the run goes through them in this order."""

    WIN = "WIN"
    GAIN = "GAIN"
    IMPROVE = "IMPROVE"
    REDISTRIBUTE = "REDISTRIBUTE"
    FILL = "FILL"
    LOSE = "LOSE"
    SKIP = "SKIP"


class Demand(NamedTuple):
    """One order line in a run, quanta: `requested` is all it wants, `confirmed` what it has of that.

    With `whole` it takes its full request or nothing (SHIP_COMPLETE): it is passed over, never partly filled.
    """

    order: int
    line: int
    channel: int
    requested: int
    confirmed: int = 0
    wanted: Elapsed = 0
    accepted_at: Elapsed = 0
    whole: bool = False


class RunResult(NamedTuple):
    """Quanta per demand in the order asked, what stays free, and whether the run holds.

    BOP_VIOLATION: a WIN or GAIN could not be kept; every demand is as it was.
    """

    given: tuple[int, ...]
    free: int
    reason: Literal["DONE", "BOP_VIOLATION"]


@dataclass(frozen=True, slots=True)
class BackorderRun:
    """A strategy for all channels, others for single ones, and the priority of each (low first, then its index)."""

    strategy: Strategy = Strategy.GAIN
    by_channel: Mapping[int, Strategy] = field(default_factory=dict)
    priorities: tuple[int, ...] = ()
    kind: Literal["run"] = "run"

    def run(self, free: int, demands: Sequence[Demand]) -> RunResult:
        """Hand out `free` quanta and those the demands hold, those of SKIP apart."""
        classes: dict[Strategy, list[int]] = {strategy: [] for strategy in Strategy}
        for at, demand in enumerate(demands):
            classes[self.by_channel.get(demand.channel, self.strategy)].append(at)
        given = [demand.confirmed for demand in demands]
        taking_part = [at for strategy in Strategy if strategy is not Strategy.SKIP for at in classes[strategy]]
        left = free + sum(demands[at].confirmed for at in taking_part)
        for strategy in Strategy:
            if strategy is Strategy.SKIP:
                continue
            members = sorted(classes[strategy], key=lambda at: self._rank(demands[at]))
            taken = _handed_out(strategy, left, [demands[at] for at in members])
            if taken is None:
                return RunResult(tuple([demand.confirmed for demand in demands]), free, "BOP_VIOLATION")
            for at, units in zip(members, taken, strict=True):
                given[at] = units
                left -= units
        return RunResult(tuple(given), left, "DONE")

    def _rank(self, demand: Demand) -> tuple[int, Elapsed, Elapsed, int, int]:
        priority = self.priorities[demand.channel] if self.priorities else 0
        return priority, demand.wanted, demand.accepted_at, demand.order, demand.line


def _handed_out(strategy: Strategy, left: int, members: Sequence[Demand]) -> list[int] | None:
    """Return what the ranked members of a class get of `left`, or None when the class must have more."""
    match strategy:
        case Strategy.WIN:
            wanted = [member.requested for member in members]
            return wanted if sum(wanted) <= left else None
        case Strategy.GAIN | Strategy.IMPROVE:
            kept = _in_turn(left, ((member.confirmed, False) for member in members))
            if strategy is Strategy.GAIN and kept != [member.confirmed for member in members]:
                return None
            left -= sum(kept)
            more = ((member.requested - has, member.whole) for member, has in zip(members, kept, strict=True))
            return [has + grown for has, grown in zip(kept, _in_turn(left, more), strict=True)]
        case Strategy.REDISTRIBUTE:
            return _in_turn(left, ((member.requested, member.whole) for member in members))
        case Strategy.FILL:
            return _in_turn(left, ((member.confirmed, member.whole) for member in members))
        case Strategy.LOSE | Strategy.SKIP:
            return [0] * len(members)


def _in_turn(left: int, wants: Iterable[tuple[int, bool]]) -> list[int]:
    """Give each what it wants while it lasts; one that takes all or nothing is passed over."""
    given = []
    for wanted, whole in wants:
        units = 0 if whole and wanted > left else min(wanted, max(0, left))
        given.append(units)
        left -= units
    return given
