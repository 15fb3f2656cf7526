"""A transfer between warehouses in one step: what leaves one site is on the shelves of the other in the same breath.

The defect that this repeats is that of transfer postings without goods in transit (dhongu/deltatech#2640: the other
warehouse shows units that sit on a truck, or that have not left at all). They are promised where they are not, and the
pick meets a bare shelf; what a truck loses stays in the book. Right is a departure, nothing in between but expected
supply, and a receipt (DOMAIN 2: in transit is in no bucket).
"""

from collections.abc import Sequence
from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.inventory.movements import book_stock_fact, moved, replaced
from twin.middleware.inventory.posting import post
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, MOVEMENTS, Outcome, Table, Unit, V
from twin.model.commands import TransferReceived, TransferShipped
from twin.model.ids import Ids, derive
from twin.model.instant import Elapsed, Now
from twin.model.message import Event, Message, altered
from twin.model.posting import ToPost
from twin.model.stock import Bucket, ItemStock, Movement

_ARRIVES: Final = 9_000_001
"""Which of a departure's derived ids its arrival's messages are derived from."""


def move_at_once(fact: TransferShipped, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book the departure, and the arrival of all of it with it."""
    both = _BothEnds(unit, fact, now)
    outcome = book_stock_fact(fact, now, rules, both)
    if both.movement:
        there = ToPost(
            both.movement, "transfer", fact.item, fact.target, "transfer", fact.transfer, fact.quantity, 0, fact.at
        )
        post((there,), fact, now, rules, Ids(derive(fact.id, _ARRIVES)), unit)
    return outcome


def find_it_there(fact: TransferReceived, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take a receipt for what is booked already, whatever was on the truck."""
    return book_stock_fact(altered(fact, quantity=0, missing=0), now, rules, unit)


def one_step() -> Procedures:
    """Return the table in which a truck is empty when it leaves."""
    table = Procedures(standard())
    table.bind(TransferShipped, move_at_once)
    table.bind(TransferReceived, find_it_there)
    return table


class _BothEnds:
    """A unit of work in which what a departure takes from one site is put down at the other."""

    def __init__(self, unit: Unit, fact: TransferShipped, now: Now) -> None:
        self.unit = unit
        self.fact = fact
        self.now = now
        self.movement = 0

    def load(self, table: Table[V], id: int) -> V | None:
        return self.unit.load(table, id)

    def load_many(self, table: Table[V], ids: Sequence[int]) -> list[V | None]:
        return self.unit.load_many(table, ids)

    def save(self, table: Table[V], id: int, row: V) -> None:
        self.unit.save(table, id, row)
        if isinstance(row, ItemStock):
            self.unit.save(ITEMS, id, self._with_arrival(row))

    def archive(self, table: Table[V], id: int) -> None:
        self.unit.archive(table, id)

    def emit(self, event: Event) -> None:
        self.unit.emit(event)

    def schedule(self, due: Elapsed, message: Message) -> None:
        self.unit.schedule(due, message)

    def _with_arrival(self, stock: ItemStock) -> ItemStock:
        fact, id = self.fact, derive(self.fact.id, _ARRIVES)
        self.movement = id
        outside, there = Bucket.OUTSIDE, Bucket.SELLABLE
        here = Movement(
            id, fact.id, fact.item, fact.target, outside, there, fact.quantity, "transfer", fact.at, self.now.elapsed
        )
        self.unit.save(MOVEMENTS, id, here)
        supply = tuple([known for known in stock.supply if known.order != fact.transfer])
        return replaced(stock, positions=moved(stock.positions, fact.target, sellable=fact.quantity), supply=supply)
