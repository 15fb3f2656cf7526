"""Who gets scarce stock when several demands compete for one supply (`FairShare`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from twin.model.instant import Elapsed


class Claimant(NamedTuple):
    """A demand that competes: `wanted` quanta, of order `order` placed at `placed_at` (elapsed)."""

    order: int
    wanted: int
    placed_at: Elapsed


class Shares(NamedTuple):
    """Quanta per claimant, in the order asked, and what stays free. ENOUGH: all that packs allow; SCARCE: divided."""

    given: tuple[int, ...]
    free: int
    reason: Literal["ENOUGH", "SCARCE"]


@dataclass(frozen=True, slots=True)
class FairShare:
    """Proportional to demand in whole packs of `pack` quanta, by largest remainder.

    Each claimant gets the floor of its proportional packs, then one pack each by largest fraction (ties: earlier order
    time, then order id), never more packs than it wants whole. What that cap frees is shared again among the others;
    units below a pack stay free.
    """

    pack: int = 1
    kind: Literal["fair_share"] = "fair_share"

    def share(self, available: int, claimants: Sequence[Claimant]) -> Shares:
        """Divide `available` quanta."""
        caps = [max(0, claimant.wanted) // self.pack for claimant in claimants]
        packs = max(0, available) // self.pack
        if packs >= sum(caps):
            given = caps
        else:
            given = self._divided(packs, caps, claimants)
        units = tuple([count * self.pack for count in given])
        return Shares(units, max(0, available) - sum(units), "ENOUGH" if given == caps else "SCARCE")

    def _divided(self, packs: int, caps: list[int], claimants: Sequence[Claimant]) -> list[int]:
        """Hand out fewer packs than are wanted: claimants that fill up first, then the others by largest remainder."""
        given = [0] * len(caps)
        sharing = [at for at, cap in enumerate(caps) if cap > 0]
        while full := self._full(packs, caps, claimants, sharing):
            for at in full:
                given[at] = caps[at]
                packs -= caps[at]
            sharing = [at for at in sharing if at not in full]
        wanted = sum(claimants[at].wanted for at in sharing)
        ranked = []
        for at in sharing:
            given[at], fraction = divmod(packs * claimants[at].wanted, wanted)
            ranked.append((-fraction, claimants[at].placed_at, claimants[at].order, at))
        over = packs - sum(given[at] for at in sharing)
        for _, _, _, at in sorted(ranked)[:over]:
            given[at] += 1
        return given

    def _full(self, packs: int, caps: list[int], claimants: Sequence[Claimant], sharing: list[int]) -> list[int]:
        """Return the claimants whose proportional part reaches all the whole packs they want."""
        wanted = sum(claimants[at].wanted for at in sharing)
        return [at for at in sharing if packs * claimants[at].wanted // wanted >= caps[at]]
