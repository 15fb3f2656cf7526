"""Goods on hold: now and then units of an item at a site must not be sold until somebody has looked at them.

A share of what lies on the shelf is put aside, and after a while it is good, or it is not and stays aside, damaged.
"""

from collections.abc import Callable, Sequence
from math import ceil

from actors.ground import Ground, Lag
from actors.wms import Warehouse
from twin.model.chance import bits, stream_id
from twin.model.ids import derive
from twin.model.stock import Bucket


class Holds:
    """Whoever puts goods on hold in the warehouses of one system."""

    def __init__(
        self,
        ground: Ground,
        warehouses: Sequence[Warehouse],
        *,
        items: int,
        between: Lag,
        lasts: Lag,
        share: float,
        good: Callable[[int, int], bool],
    ) -> None:
        self.ground = ground
        self.warehouses = warehouses
        self.items = items
        self.between = between
        self.lasts = lasts
        self.share = share
        """How much of what lies there is put on hold, at least a unit."""
        self.good = good
        """Whether what was on hold is good, by its number."""
        self.held_units = 0
        self._number = 0
        self._pick = stream_id("holds/where")
        ground.timeline.call_in(between(0, 0), self._hold, None)

    def _hold(self, _: None) -> None:
        self._number += 1
        number, timeline = self._number, self.ground.timeline
        timeline.call_in(self.between(number, 0), self._hold, None)
        drawn = bits(self.ground.seed, self._pick, number)
        warehouse, item = self.warehouses[drawn % len(self.warehouses)], drawn // 64 % self.items
        units = ceil(warehouse.shelf.get(item, 0) * self.share)
        cause = derive(self._pick, number)
        if units > 0:
            self.held_units += units
            warehouse.reblock(item, units, Bucket.SELLABLE, Bucket.HELD, "hold", cause)
            timeline.call_in(self.lasts(number, 0), self._look, (warehouse, item, units, number))

    def _look(self, held: tuple[Warehouse, int, int, int]) -> None:
        warehouse, item, units, number = held
        target = Bucket.SELLABLE if self.good(number, 0) else Bucket.DAMAGED
        warehouse.reblock(item, units, Bucket.HELD, target, "inspection", derive(derive(self._pick, number), 1))
