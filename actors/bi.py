"""Business intelligence: it reads the whole store at set times, and while it reads every transaction takes longer.

Its ledger is its last snapshot: how many orders and units there were when the read began. It is complete when the read
ends, so whoever looks at it meanwhile looks at the one before.
"""

from array import array

from actors.ground import Ground, Lag
from actors.transactor import Store
from twin.middleware.unit import ITEMS, ORDERS
from twin.model.instant import DAY, SECOND, Elapsed
from twin.model.stock import ItemStock


class Bi:
    """One reporting database."""

    def __init__(self, ground: Ground, name: str, store: Store, *, rows_per_s: float, slows: float) -> None:
        self.ground = ground
        self.store = store
        self.rows_per_s = rows_per_s
        self.slows = slows
        self.reading = False
        self.reads: array[int] = array("q")
        """How long each finished read took."""
        self.snapshot: tuple[Elapsed, int, int] = (0, 0, 0)
        """When it was right, the orders at hand, and the units on hand."""
        self.rows = 0
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._read_kind = recorder.kind("snapshot.read")

    def slowing(self, service: Lag) -> Lag:
        """Return the time that a transaction takes on a store that is read meanwhile."""

        def took(identity: int, attempt: int) -> Elapsed:
            usual = service(identity, attempt)
            return round(usual * self.slows) if self.reading else usual

        return took

    def reads_daily(self, first: Elapsed) -> None:
        """Read at `first` and at the same time of every following day."""
        self.ground.timeline.call_at(first, self._read, None)

    def _read(self, _: None) -> None:
        timeline = self.ground.timeline
        timeline.call_in(DAY, self._read, None)
        if self.reading:
            return
        self.reading = True
        orders, items = self.store.rows[ORDERS.number], self.store.rows[ITEMS.number]
        units = 0
        for row in items.values():
            assert isinstance(row, ItemStock)
            units += sum(position.on_hand for position in row.positions)
        rows = len(orders) + len(items)
        took = max(1, round(rows / self.rows_per_s * SECOND))
        timeline.call_in(took, self._done, (timeline.now, len(orders), units, rows))

    def _done(self, read: tuple[Elapsed, int, int, int]) -> None:
        began, orders, units, rows = read
        now = self.ground.timeline.now
        self.reading = False
        self.snapshot = (began, orders, units)
        self.rows += rows
        self.reads.append(now - began)
        self.ground.recorder.note(now, self._read_kind, self._party, self._party, 0, 0, 0, orders, units)
