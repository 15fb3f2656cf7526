"""L-1, L-2, L-4, L-7 and leaks: what must have come to an end, and what must agree where nothing moves any more.

L-7 is asked with every message that is handled; the others are asked once, of a world that has reached its horizon.
What is still on its way then is no fault: an order is stuck only when nothing that could move it is left anywhere, and
books are compared only for items that nothing has touched for T_conv and that nobody has to look at.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from twin.middleware.unit import Outcome
from twin.model.instant import DAY, HOUR, Elapsed
from twin.model.message import Message
from twin.model.order import Intake, Order
from twin.model.stock import ItemStock
from twin.world.checks.findings import Findings
from twin.world.checks.leaks import held_for_nobody

_AGAIN = (Outcome.WAITS, Outcome.IN_PROGRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long things may take, in microseconds: to agree (T_conv), to be moved on (T_term), to be mended (T_rec), and
    messages without an end (G).
    """

    converge: Elapsed = DAY + HOUR
    term: Elapsed = DAY + 2 * HOUR
    repair: Elapsed = DAY + HOUR
    progress: Elapsed = HOUR


@dataclass(frozen=True, slots=True)
class Books:
    """What the parties have of one item, and when it last changed in any of the books.

    `packed` units are picked and not yet told as shipped; `excused` says that somebody has to look at the item, or that
    something about it is still on its way.
    """

    item: int
    counted: Mapping[int, int]
    packed: Mapping[int, int]
    booked: int
    changed: Elapsed
    excused: bool


class EndChecks:
    """The checks of what must end."""

    def __init__(self, findings: Findings, limits: Limits) -> None:
        self.findings = findings
        self.limits = limits
        self.changed: dict[int, Elapsed] = {}
        """When an item last changed in a book: a warehouse's, the ERP's or ours."""
        self._waiting: Elapsed = -1
        """Since when every message that was handled waits again; -1: the last one did not."""
        self._stands = False

    # --- L-7

    def handled(self, message: Message, outcome: Outcome) -> None:
        """A message was handled."""
        now = self.findings.clock()
        if outcome not in _AGAIN:
            self._waiting, self._stands = -1, False
            return
        self.findings.met["L-7"] += 1
        if self._waiting < 0:
            self._waiting = now
        if now - self._waiting > self.limits.progress and not self._stands:
            self._stands = True
            told = f"since {self._waiting} every message that was handled waits again"
            self.findings.broken("L-7", f"message {message.id}", message, told)

    # --- the end

    def leaks(
        self, claims: Mapping[int, tuple[int, int]], orders: Mapping[int, object], baskets: Mapping[int, object]
    ) -> None:
        """Look for units that are held for nobody; `claims` are order and live units by reservation."""
        self.findings.met["leaks"] += len(claims)
        for key, leak in held_for_nobody(claims, orders, baskets):
            self.findings.broken("leaks", key, leak)

    def overdue(self, timers: Iterable[tuple[Elapsed, Message]], at_hand: Set[int]) -> None:
        """Look for scheduled messages whose time has passed, and that nobody has in hand: their entry was forgotten."""
        now = self.findings.clock()
        for due, message in timers:
            if due < now and message.id not in at_hand:
                told = f"{type(message).__name__} was due at {due}, and stands there yet"
                self.findings.broken("leaks", f"timer {message.id}", message, told)

    def stuck(self, orders: Iterable[tuple[Order, Elapsed]], moving: Set[int]) -> None:
        """Look for accepted orders that nothing will move; each comes with when it was written last."""
        now = self.findings.clock()
        for order, touched in orders:
            if order.intake is not Intake.ACCEPTED or all(line.cancelled == line.ordered for line in order.lines):
                continue
            self.findings.met["L-1"] += 1
            if order.id not in moving and now - touched > self.limits.term:
                told = f"written last at {touched}, and nothing speaks of it: {_standing(order)}"
                self.findings.broken("L-1", f"order {order.id}", told)

    def agree(self, books: Iterable[tuple[Books, ItemStock]], *, reconciled: bool) -> None:
        """Compare the books item by item; `reconciled`: somebody does so in the run, and mends differences."""
        now = self.findings.clock()
        for book, stock in books:
            if not book.excused and now - book.changed > self.limits.converge:
                self.findings.met["L-2"] += 1
                if told := _difference(book, stock):
                    self.findings.broken("L-2", f"item {book.item}", told)
            if reconciled and not book.excused and now - book.changed > self.limits.repair:
                self.findings.met["L-4"] += 1
                if told := _difference(book, stock):
                    self.findings.broken("L-4", f"item {book.item}", f"neither mended nor raised: {told}")

    def open_orders(self, orders: Iterable[tuple[int, Elapsed, Mapping[int, int], Mapping[int, int]]]) -> None:
        """Compare what is still to be delivered of orders that nothing speaks of, by item, with us and in the ERP.

        Each comes with when we wrote it last; of one that is archived nothing is to be delivered.
        """
        now = self.findings.clock()
        for order, touched, ours, theirs in orders:
            if now - touched > self.limits.converge:
                self.findings.met["L-2"] += 1
                if ours != theirs:
                    told = f"to be delivered, by item: {dict(ours)} with us, {dict(theirs)} in the ERP"
                    self.findings.broken("L-2", f"order {order}", told)


def _difference(book: Books, stock: ItemStock) -> str:
    """Say where the books of an item differ, or return an empty text."""
    for site, position in enumerate(stock.positions):
        there = book.counted.get(site, 0) + book.packed.get(site, 0)
        if position.on_hand != there:
            return f"we have {position.on_hand} at site {site}, the warehouse {there}"
    there = sum(book.counted.values()) + sum(book.packed.values())
    if book.booked != there:
        return f"the ERP has {book.booked}, the warehouses {there}"
    return ""


def _standing(order: Order) -> str:
    parts = [
        f"line {line.number}: {line.allocated} allocated, {line.backordered} waiting, {line.shipped} of {line.ordered} "
        f"shipped"
        for line in order.lines
        if line.shipped + line.cancelled < line.ordered
    ]
    return "; ".join(parts) or "all shipped, not closed"
