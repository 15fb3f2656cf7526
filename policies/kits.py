"""Kits: items that are sold as one and stand on the shelf as several (`Kits`).

A kit has no stock of its own. As many are available as the scarcest component allows, and its components are claimed
together or not at all. In an order a kit stands as the lines of its components, which remember the kit they belong to.
"""

from collections.abc import Iterable, Mapping
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
            if all(part.quantity > 1 for part in parts):
                raise UsageError(f"kit {kit} holds no component once, so none can bear its price (got {parts})")
            nested = [part.item for part in parts if part.item in self.parts]
            if nested:
                raise UsageError(f"kit {kit} holds {nested[0]}, which is a kit; name its components instead")

    def available(self, kit: int, free: Mapping[int, int]) -> int:
        """Return how many kits the free quanta of the components make.

        >>> Kits({9: (Part(1, 2), Part(2, 1))}).available(9, {1: 7, 2: 5})
        3
        """
        return min([max(0, free.get(part.item, 0)) // part.quantity for part in self.parts[kit]])

    def holding(self, items: Iterable[int]) -> tuple[int, ...]:
        """Return the kits that hold any of these items.

        >>> Kits({9: (Part(1, 2), Part(2, 1))}).holding([2, 3])
        (9,)
        """
        wanted = dict.fromkeys(items)
        return tuple([kit for kit, parts in self.parts.items() if any(part.item in wanted for part in parts)])
