"""S-3, S-4, S-6, S-7 and S-8: effects at the partners, acknowledged orders, and what goes out through the outbox.

A row of the outbox is entered here when it is committed, under the key within which it keeps its order, and leaves when
the store holds it no more. Whoever sends one that is not there sends what was never committed, or what was marked as
sent before it was; whoever sends one while an earlier one of its key is there, overtakes it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Set
from typing import Final

from actors.presence import Ping
from actors.transactor import Direct, Store
from twin.middleware.delivery.exceptions import KEPT
from twin.middleware.unit import AUDIT, INBOX, ORDERS, Outcome
from twin.model.events import AvailabilityChanged, ExceptionOpened, OrderAnswered, OrderTurnedAway
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.model.order import Order
from twin.world.checks.findings import Findings
from twin.world.checks.lately import Lately

OWN = "middleware/"
"""How the links begin that events leave the middleware by."""
_INBOX = INBOX.number
_MARKS: Final = (INBOX.number, AUDIT.number)
_STAYS_OPEN: Final = frozenset((*KEPT, Outcome.WAITS, Outcome.IN_PROGRESS, Outcome.REFUSED))
"""Outcomes of a message that is to be handled again when it comes again."""


class EffectChecks:
    """The checks of effects; `inbox_kept` is how long a message is remembered at least, in microseconds."""

    def __init__(self, findings: Findings, store: Store, inbox_kept: Elapsed) -> None:
        self.findings = findings
        self.store = store
        self.acknowledged: dict[int, None] = {}
        """Orders that are ours towards their channel, and not yet in the ERP nor refused."""
        self.duplicates: dict[tuple[str, str], int] = {}
        self.twice: Callable[[str, str, int], None] = _unheard
        """Who hears of an effect that a party had a second time: party, kind, key."""
        self.lost_orders: list[int] = []
        """Acknowledged orders that were nowhere at the last look."""
        self._effects: dict[tuple[str, str], set[int]] = {}
        self._executed = Lately(inbox_kept)
        self._rows: dict[int, deque[int]] = {}
        self._key_of: dict[int, int] = {}

    # --- S-3 and S-4

    def effect(self, party: str, kind: str, key: int) -> None:
        """A party did something that must happen once per key."""
        done = self._effects.setdefault((party, kind), set())
        self.findings.met["S-3"] += 1
        if key in done:
            self.duplicates[(party, kind)] = self.duplicates.get((party, kind), 0) + 1
            self.twice(party, kind, key)
            self.findings.broken("S-3", f"{kind} {key} at {party}", f"{party} made a second {kind} for key {key}")
        done.add(key)
        if kind == "order":
            self.acknowledged.pop(key, None)

    def answered(self, order: int, unit: Direct) -> None:
        """An order was taken in, and perhaps its channel is told that it is refused."""
        for event in unit.events:
            if type(event) is OrderAnswered:
                self.findings.met["S-4"] += 1
                if event.code == "IR":
                    self.acknowledged.pop(order, None)
            elif type(event) is OrderTurnedAway:
                self.acknowledged.pop(order, None)

    def called_off(self, unit: Direct) -> None:
        """A held order was decided about, or one was cancelled; perhaps its channel is told that all of it is off."""
        for event in unit.events:
            if type(event) is not OrderAnswered:
                continue
            if event.code in ("IR", "WITHDRAWN") or (event.code == "CANCEL_ANSWERED" and _is_off(unit, event.case)):
                self.acknowledged.pop(event.case, None)

    def parked(self, order: int) -> None:
        """Somebody took what an order hung on out of its queue, with a reason: it is nowhere, and not lost."""
        self.acknowledged.pop(order, None)

    def lost(self, under_way: Callable[[], Set[int]]) -> None:
        """Look at the end for acknowledged orders that are nowhere."""
        if self.acknowledged:
            moving = under_way()
            for order in self.acknowledged:
                if order not in moving:
                    self.lost_orders.append(order)
                    self.findings.broken("S-4", f"order {order}", "acknowledged to its channel, and nowhere at the end")

    # --- S-7

    def executed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """A message was handled: unless it was known, it must have been the first time."""
        if not (unit.writes or unit.events or unit.scheduled) or outcome in _STAYS_OPEN:
            return
        self.findings.met["S-7"] += 1
        now = self.findings.clock()
        if self._executed.came(message.id, now) and _does_more(unit):
            self.findings.broken("S-7", f"message {message.id}", message, "took effect a second time")
        for id in unit.writes.get(_INBOX, ()):
            if id != message.id and self._executed.came(id, now):
                self.findings.broken("S-7", f"message {id}", message, "took effect a second time by a redrive")

    # --- S-6 and S-8

    def committed(self, events: Iterable[Event]) -> None:
        """Rows have come into the outbox, in this order."""
        outbox = self.store.outbox
        for event in events:
            kind = type(event)
            if kind is AvailabilityChanged or kind is ExceptionOpened or event.id not in outbox:
                continue
            key = event.aggregate
            if key == event.id:
                continue
            self._key_of[event.id] = key
            rows = self._rows.get(key)
            if rows is None:
                self._rows[key] = deque((event.id,))
            else:
                rows.append(event.id)

    def started(self, link: str, event: Event) -> None:
        """An event is handed to a partner's interface."""
        if not link.startswith(OWN) or type(event) is Ping:
            return
        self.findings.met["S-8"] += 1
        id = event.id
        if id not in self.store.outbox:
            self.findings.broken("S-8", f"event {id} on {link}", event, "sent, and it stands in no outbox")
            return
        rows = self._rows.get(self._key_of.get(id, 0))
        if rows is None or rows[0] == id:
            return
        self._gone(rows)
        if rows and rows[0] != id:
            self.findings.met["S-6"] += 1
            told = f"sent while {rows[0]} of the same key, committed before it, is still there"
            self.findings.broken("S-6", f"event {id} on {link}", event, told)

    def _gone(self, rows: deque[int]) -> None:
        """Leave out what the store holds no more."""
        outbox = self.store.outbox
        while rows and rows[0] not in outbox:
            self._key_of.pop(rows.popleft(), None)

    def left(self, event: Event) -> None:
        """A partner has taken an event: its row goes."""
        key = self._key_of.pop(event.id, None)
        rows = self._rows.get(key) if key is not None else None
        if rows is None or key is None:
            return
        if rows[0] == event.id:
            rows.popleft()
            if not rows:
                del self._rows[key]
            else:
                self.findings.met["S-6"] += 1

    def zombies(self, at_hand: Set[int]) -> None:
        """Look at the end for rows that stand first of their key and that nobody sends; `at_hand` are those sent."""
        keys: dict[int, None] = {}
        for event in self.store.outbox.values():
            key = event.aggregate
            if key not in keys and event.id not in at_hand:
                self.findings.broken("S-8", f"event {event.id} of key {key}", event, "committed, and nobody sends it")
            keys[key] = None


def _is_off(unit: Direct, order: int) -> bool:
    """Tell whether a unit leaves nothing of an order to be delivered, nor anything that was."""
    row = unit.writes.get(ORDERS.number, {}).get(order)
    return isinstance(row, Order) and all(line.cancelled == line.ordered for line in row.lines)


def _does_more(unit: Direct) -> bool:
    """Tell whether a unit does more than note what became of its message, and of the item that was kept of it."""
    return bool(unit.events or unit.scheduled) or any(number not in _MARKS for number in unit.writes)


def _unheard(party: str, kind: str, key: int) -> None:
    """Nobody wants to hear of it."""
