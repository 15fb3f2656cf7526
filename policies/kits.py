"""Kits: items that are sold as one and stand on the shelf as several (`Kits`).

A kit has no stock of its own. As many are available as the scarcest component allows, and its components are claimed
together or not at all. In an order a kit stands as the lines of its components, which remember the kit they belong to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from twin.errors import UsageError


class Part(NamedTuple):
    """`quantity` quanta of `item` in each kit."""

    item: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Kits:
    """The components of each kit; raises UsageError for a kit without any, and for a kit inside a kit."""

    parts: Mapping[int, tuple[Part, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kit, parts in self.parts.items():
            if not parts or any(part.quantity < 1 for part in parts):
                raise UsageError(f"kit {kit} needs components of at least one unit each (got {parts})")
            nested = [part.item for part in parts if part.item in self.parts]
            if nested:
                raise UsageError(f"kit {kit} holds {nested[0]}, which is a kit; name its components instead")

    def available(self, kit: int, free: Mapping[int, int]) -> int:
        """Return how many kits the free quanta of the components make.

        >>> Kits({9: (Part(1, 2), Part(2, 1))}).available(9, {1: 7, 2: 5})
        3
        """
        return min([max(0, free.get(part.item, 0)) // part.quantity for part in self.parts[kit]])

    def needs(self, wanted: Sequence[tuple[int, int]]) -> dict[int, int]:
        """Return what one batch of (item or kit, quantity) takes of each item, summed.

        >>> Kits({9: (Part(1, 2), Part(2, 1))}).needs([(9, 2), (1, 1)])
        {1: 5, 2: 2}
        """
        total: dict[int, int] = {}
        for item, quantity in wanted:
            for part in self.parts.get(item, (Part(item, 1),)):
                total[part.item] = total.get(part.item, 0) + part.quantity * quantity
        return total
