"""The scales of a warehouse: what each piece of an item by catch weight weighs, known only once it has been weighed.

A piece weighs its item's nominal weight, more or less; pieces leave in the order in which they came.
"""

from collections import deque
from collections.abc import Mapping, Sequence

from twin.model.chance import stream_id, uniform


class Scales:
    """What lies at one site and is weighed; weights are whole quanta, at least one a piece."""

    def __init__(
        self, seed: int, name: str, nominal: Mapping[int, int], spread: float, there: Mapping[int, int]
    ) -> None:
        self.seed = seed
        self.nominal = nominal
        """Weight of a piece by item, of those that are weighed."""
        self.spread = spread
        """By which share of it a piece may be lighter or heavier."""
        self._stream = stream_id(f"{name}/scales")
        self._pieces: dict[int, deque[int]] = {item: deque() for item in nominal}
        for item in nominal:
            self.put(item, there.get(item, 0), item)

    def weighs(self, item: int) -> bool:
        """Tell whether an item is weighed here."""
        return item in self.nominal

    def put(self, item: int, pieces: int, cause: int) -> int:
        """Weigh pieces that come; `cause` tells them from all others."""
        if item not in self.nominal:
            return 0
        return self._add(item, [self._piece(item, cause, number) for number in range(pieces)])

    def take(self, item: int, pieces: int) -> int:
        """Weigh pieces that go."""
        there = self._pieces[item]
        return sum([there.popleft() for _ in range(min(pieces, len(there)))])

    def found(self, item: int, more: int, cause: int) -> int:
        """Return by how much a count changes the weight: pieces that nobody knew of are weighed, others are gone."""
        if item not in self.nominal:
            return 0
        return self.put(item, more, cause) if more > 0 else -self.take(item, -more)

    def there(self, item: int) -> int:
        """Return what the pieces of an item weigh that lie here."""
        return sum(self._pieces.get(item, ()))

    def _add(self, item: int, pieces: Sequence[int]) -> int:
        self._pieces[item].extend(pieces)
        return sum(pieces)

    def _piece(self, item: int, cause: int, number: int) -> int:
        off = (2 * uniform(self.seed, self._stream, cause, number) - 1) * self.spread
        return max(1, round(self.nominal[item] * (1 + off)))
