"""Transfers between the sites of one warehouse system: a planner, and the trucks that he sends.

Once a day he looks at every item. Where a site is out of it and another has enough, half of what nobody has asked that
one for goes on a truck. He goes by the books and by what the sites have been asked to ship; of claims that have not
reached a site he knows nothing. On the road goods are at no site. A truck that arrives is unloaded and put away as any
delivery, and then some units may turn out to be missing: for good.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from actors.ground import Ground, Lag
from actors.wms import Warehouse
from twin.model.chance import stream_id
from twin.model.commands import TransferReceived, TransferShipped
from twin.model.ids import derive
from twin.model.instant import Elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """`quantity` units of an item on their way to another site, of which `arriving` will be found on the truck."""

    id: int
    item: int
    target: int
    quantity: int
    arriving: int


class Trucks:
    """The planner and what is on the road.

    `expected` is how long the way takes as the planner says, put-away included; `way` is how long it takes. A truck of
    several units arrives `short` by a share `short_by` of them, never by all.
    """

    def __init__(
        self,
        ground: Ground,
        warehouses: Sequence[Warehouse],
        *,
        way: Lag,
        expected: Elapsed,
        short: Callable[[int, int], bool],
        short_by: float,
        at_most: int,
        at_least: int,
    ) -> None:
        self.ground = ground
        self.warehouses = warehouses
        self.way = way
        self.expected = expected
        self.short = short
        self.short_by = short_by
        self.at_most = at_most
        """A site that has more of an item than this, and not asked for, gets none."""
        self.at_least = at_least
        """For fewer units no truck is loaded."""
        self.on_road: dict[int, Transfer] = {}
        self.sent = self.units = self.missing = 0
        """Transfers, units that left, and units that were missing on arrival."""
        self.lost: dict[int, int] = {}
        """What was missing, by item."""
        self._plan_id = stream_id("transfers")
        self._plans = 0

    def plan_daily(self, first: Elapsed, every: Elapsed) -> None:
        """Look at every item at `first` and every `every` microseconds from then on."""
        self.ground.timeline.call_at(first, self._plan, every)

    def _plan(self, every: Elapsed) -> None:
        self.ground.timeline.call_in(every, self._plan, every)
        self._plans += 1
        plan = derive(self._plan_id, self._plans)
        free = [unasked(warehouse) for warehouse in self.warehouses]
        coming = {(transfer.item, transfer.target) for transfer in self.on_road.values()}
        for item in dict.fromkeys(item for book in free for item in book):
            there = [book.get(item, 0) for book in free]
            target = min(range(len(there)), key=lambda site: (there[site], site))
            source = min(range(len(there)), key=lambda site: (-there[site], site))
            units = there[source] // 2
            if there[target] <= self.at_most and units >= self.at_least and (item, target) not in coming:
                self._send(derive(plan, item), item, source, target, units)

    def _send(self, id: int, item: int, source: int, target: int, units: int) -> None:
        """Have what is found of the units loaded, and follow the truck."""
        loaded = self._load(self.warehouses[source], id, item, units, target)
        if not loaded:
            return
        missing = min(loaded - 1, ceil(loaded * self.short_by)) if self.short(id, 0) else 0
        transfer = Transfer(id=id, item=item, target=target, quantity=loaded, arriving=loaded - missing)
        self.on_road[id] = transfer
        self.sent += 1
        self.units += loaded
        self.ground.timeline.call_in(self.way(id, 0), self._arrived, transfer)

    def _load(self, warehouse: Warehouse, id: int, item: int, units: int, target: int) -> int:
        """Load units as far as they are found, and return how many; a bin that lacks some is counted."""
        there, now = warehouse.shelf.get(item, 0), self.ground.timeline.now
        loaded = min(units, there)
        if loaded:
            warehouse.shelf[item] = there - loaded
            warehouse.facts.send(
                TransferShipped(
                    id=derive(id, 1),
                    cause=id,
                    site=warehouse.site,
                    item=item,
                    quantity=loaded,
                    transfer=id,
                    target=target,
                    due=now + self.expected,
                    sequence=warehouse.moved(item, -loaded, "transfer"),
                    at=now,
                )
            )
        if loaded < units:
            warehouse.restock(item, 0, id)
        return loaded

    def _arrived(self, transfer: Transfer) -> None:
        put_away = self.warehouses[transfer.target].put_away(transfer.id, 0)
        self.ground.timeline.call_in(put_away, self._stowed, transfer)

    def _stowed(self, transfer: Transfer) -> None:
        del self.on_road[transfer.id]
        missing = transfer.quantity - transfer.arriving
        if missing:
            self.missing += missing
            self.lost[transfer.item] = self.lost.get(transfer.item, 0) + missing
        warehouse, item, units = self.warehouses[transfer.target], transfer.item, transfer.arriving
        warehouse.shelf[item] = warehouse.shelf.get(item, 0) + units
        warehouse.facts.send(
            TransferReceived(
                id=derive(transfer.id, 2),
                cause=transfer.id,
                site=warehouse.site,
                item=item,
                quantity=units,
                missing=missing,
                transfer=transfer.id,
                sequence=warehouse.moved(item, units, "transfer"),
                at=self.ground.timeline.now,
            )
        )


def unasked(warehouse: Warehouse) -> dict[int, int]:
    """Return by item what a site's book has on the shelves and nobody has asked it to ship."""
    free = {item: units - warehouse.aside.get(item, 0) for item, units in warehouse.book.items()}
    for job in warehouse.jobs.values():
        for row in job.items:
            free[row.item] = free.get(row.item, 0) - row.quantity
    return free
