"""Which locations ship an order (`Sourcing`): one if any one can, else the fewest, else as much as can be had.

Theory of operation. Locations are compared by (priority, cost, id), lowest first. The first that covers every line
ships alone. Else the smallest set that covers all is searched, exactly and by ascending size up to `max_splits`, among
at most `exact_up_to` locations; sets of one size compare by (sum of priorities, sum of costs, sorted ids). Above that
number, and where nothing covers all, locations are taken greedily: most lines covered whole, then priority, then id.
Inside the chosen set each line is filled by location priority, floored to whole sell units at each location. Every tie
ends on an id, so runs repeat exactly. Lines of one item share its stock, so they are sourced as one and divided after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple


class Site(NamedTuple):
    """A location that may ship this order, at `position` in the tuples of availability; sorts by preference."""

    priority: int
    cost: int
    id: int
    position: int


class SourcingPlan(NamedTuple):
    """Per need: `(position of the site, quanta)` parts and the quanta that nobody has; and how the plan was found.

    SINGLE: one location ships all. SMALLEST_SET: the fewest that cover all. GREEDY: all covered, too many locations to
    search. SHORT: not all covered. NOTHING: nothing is to be had.
    """

    parts: tuple[tuple[tuple[int, int], ...], ...]
    rest: tuple[int, ...]
    reason: Literal["SINGLE", "SMALLEST_SET", "GREEDY", "SHORT", "NOTHING"]


@dataclass(frozen=True, slots=True)
class Sourcing:
    """Fewest locations first; at most `max_splits` of them, searched exactly among up to `exact_up_to`."""

    max_splits: int = 3
    exact_up_to: int = 12

    def choose(
        self,
        needs: Sequence[tuple[int, int]],
        available: Sequence[Sequence[int]],
        sites: Sequence[Site],
        sell_units: Sequence[int] = (),
    ) -> SourcingPlan:
        """Return where each need is filled from.

        `needs` are (item, quanta); `available[i][site.position]` is what need i may take there now; `sites` are the
        eligible ones; `sell_units[i]` is how many quanta make one sell unit of need i (left out: 1 each).
        """
        if sell_units:
            return self._in_sell_units(needs, available, sites, sell_units)
        if len(needs) > 1 and len(dict(needs)) < len(needs):
            return self._item_by_item(needs, available, sites)
        best: Site | None = None
        for site in sites:
            if best is None or site < best:
                position = site.position
                for need, at in zip(needs, available):  # noqa: B905  # `strict` costs more than the loop body here
                    if at[position] < need[1]:
                        break
                else:
                    best = site
        if best is not None:
            position = best.position
            return SourcingPlan(tuple([((position, q),) if q else () for _, q in needs]), (0,) * len(needs), "SINGLE")
        return self._split([quantity for _, quantity in needs], available, sorted(sites))

    def _split(self, wanted: list[int], available: Sequence[Sequence[int]], ranked: list[Site]) -> SourcingPlan:
        useful = [site for site in ranked if _gives(site, wanted, available)]
        if not useful:
            return SourcingPlan(((),) * len(wanted), tuple(wanted), "NOTHING")
        if len(useful) <= self.exact_up_to and _covers(useful, wanted, available):
            chosen = self._smallest(useful, wanted, available)
            if chosen:
                return _filled(chosen, wanted, available, "SMALLEST_SET")
        return _filled(self._greedy(useful, wanted, available), wanted, available, "GREEDY")

    def _smallest(self, sites: list[Site], wanted: list[int], available: Sequence[Sequence[int]]) -> tuple[Site, ...]:
        for size in range(2, min(self.max_splits, len(sites)) + 1):
            covering = [chosen for chosen in combinations(sites, size) if _covers(chosen, wanted, available)]
            if covering:
                return min(covering, key=_preference)
        return ()

    def _greedy(self, sites: list[Site], wanted: list[int], available: Sequence[Sequence[int]]) -> tuple[Site, ...]:
        left = list(wanted)
        open_sites = list(sites)
        chosen: list[Site] = []
        while len(chosen) < self.max_splits and any(left):
            offers = [
                (-_whole_lines(site, left, available), site) for site in open_sites if _gives(site, left, available)
            ]
            if not offers:
                break
            best = min(offers, key=lambda offer: (offer[0], offer[1].priority, offer[1].id))[1]
            chosen.append(best)
            open_sites.remove(best)
            left = [max(0, q - at[best.position]) for q, at in zip(left, available, strict=True)]
        return tuple(sorted(chosen))

    def _in_sell_units(
        self,
        needs: Sequence[tuple[int, int]],
        available: Sequence[Sequence[int]],
        sites: Sequence[Site],
        sell_units: Sequence[int],
    ) -> SourcingPlan:
        """Choose in whole sell units and return to quanta; what is below a sell unit is left over."""
        plan = self.choose(
            [(item, quantity // unit) for (item, quantity), unit in zip(needs, sell_units, strict=True)],
            [[quantity // unit for quantity in at] for at, unit in zip(available, sell_units, strict=True)],
            sites,
        )
        parts = tuple(
            tuple((position, quantity * unit) for position, quantity in filled)
            for filled, unit in zip(plan.parts, sell_units, strict=True)
        )
        rest = tuple(
            quantity - sum(part for _, part in filled) for (_, quantity), filled in zip(needs, parts, strict=True)
        )
        return SourcingPlan(parts, rest, "SHORT" if any(rest) and any(parts) else plan.reason)

    def _item_by_item(
        self, needs: Sequence[tuple[int, int]], available: Sequence[Sequence[int]], sites: Sequence[Site]
    ) -> SourcingPlan:
        """Source the lines of one item as one need and divide what it gets among them in their order."""
        total: dict[int, int] = {}
        at_sites: dict[int, Sequence[int]] = {}
        for (item, quantity), at in zip(needs, available, strict=True):
            total[item] = total.get(item, 0) + quantity
            at_sites[item] = at
        plan = self.choose(list(total.items()), list(at_sites.values()), sites)
        supply = {item: list(parts) for item, parts in zip(total, plan.parts, strict=True)}
        parts = tuple([_taken(supply[item], quantity) for item, quantity in needs])
        rest = tuple(q - sum(part for _, part in taken) for (_, q), taken in zip(needs, parts, strict=True))
        return SourcingPlan(parts, rest, plan.reason)


def _gives(site: Site, wanted: Sequence[int], available: Sequence[Sequence[int]]) -> bool:
    return any(q > 0 and at[site.position] > 0 for q, at in zip(wanted, available, strict=True))


def _covers(sites: Sequence[Site], wanted: Sequence[int], available: Sequence[Sequence[int]]) -> bool:
    return all(sum(at[site.position] for site in sites) >= q for q, at in zip(wanted, available, strict=True))


def _whole_lines(site: Site, wanted: Sequence[int], available: Sequence[Sequence[int]]) -> int:
    return sum(0 < q <= at[site.position] for q, at in zip(wanted, available, strict=True))


def _preference(sites: Sequence[Site]) -> tuple[int, int, list[int]]:
    return sum(site.priority for site in sites), sum(site.cost for site in sites), sorted(site.id for site in sites)


def _filled(
    chosen: Sequence[Site],
    wanted: Sequence[int],
    available: Sequence[Sequence[int]],
    found: Literal["SMALLEST_SET", "GREEDY"],
) -> SourcingPlan:
    """Fill each need from the chosen sites in their order of preference."""
    parts = tuple(
        [
            _taken([(site.position, at[site.position]) for site in chosen], q)
            for q, at in zip(wanted, available, strict=True)
        ]
    )
    rest = tuple([q - sum(part for _, part in filled) for q, filled in zip(wanted, parts, strict=True)])
    return SourcingPlan(parts, rest, "SHORT" if any(rest) else found)


def _taken(supply: list[tuple[int, int]], quantity: int) -> tuple[tuple[int, int], ...]:
    """Take up to `quantity` off the front of `supply`, which is lowered."""
    taken = []
    for place, (position, stock) in enumerate(supply):
        part = min(quantity, stock)
        if part > 0:
            taken.append((position, part))
            supply[place] = (position, stock - part)
            quantity -= part
    return tuple(taken)
