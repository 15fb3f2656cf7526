"""What becomes of the units of an order line that cannot be had now (`ShortagePolicy`)."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from twin.model.order import LinePolicy


class Settled(NamedTuple):
    """How a wanted quantity is divided, in quanta: `allocated + pledged + backordered + cancelled` is all of it.

    FILLED: nothing is short. WAITS: the rest, or with SHIP_COMPLETE the whole line, is backordered. CUT: the rest is
    cancelled. DEPTH: part of the rest waits, the backorder depth cuts off the other part. KILLED: the whole line.
    """

    allocated: int
    pledged: int
    backordered: int
    cancelled: int
    reason: Literal["FILLED", "WAITS", "CUT", "DEPTH", "KILLED"]


@dataclass(frozen=True, slots=True)
class ShortagePolicy:
    """Line policy with the most units of an item that may wait on backorder (`depth`; 0: none, None: no limit)."""

    kind: LinePolicy
    depth: int | None = None

    def settle(self, wanted: int, at_once: int, later: int = 0, waiting: int = 0) -> Settled:
        """Divide `wanted` quanta of one line, of which `at_once` can be had now and `later` are confirmed for a date.

        `waiting` units of the item are on backorder already. Units that fall short later, at a warehouse say, are
        settled as a quantity of which nothing can be had; KILLED then takes every unit of the line not yet released.
        """
        if self.kind is LinePolicy.SHIP_COMPLETE and at_once < wanted:
            return self._whole_line(wanted, later, waiting)
        allocated = min(wanted, at_once)
        pledged = min(wanted - allocated, later)
        rest = wanted - allocated - pledged
        if rest == 0:
            return Settled(allocated, pledged, 0, 0, "FILLED")
        if self.kind is LinePolicy.FILL_OR_KILL:
            return Settled(0, 0, 0, wanted, "KILLED")
        if self.kind is LinePolicy.PARTIAL:
            return Settled(allocated, pledged, 0, rest, "CUT")
        waits = min(rest, self._room(rest, waiting))
        return Settled(allocated, pledged, waits, rest - waits, "WAITS" if waits == rest else "DEPTH")

    def _whole_line(self, wanted: int, later: int, waiting: int) -> Settled:
        """Confirm the line for one date, or let it wait, or cancel it, but never part of it."""
        if later >= wanted:
            return Settled(0, wanted, 0, 0, "FILLED")
        if self._room(wanted, waiting) >= wanted:
            return Settled(0, 0, wanted, 0, "WAITS")
        return Settled(0, 0, 0, wanted, "DEPTH")

    def _room(self, asked: int, waiting: int) -> int:
        return asked if self.depth is None else max(0, self.depth - waiting)
