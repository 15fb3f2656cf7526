"""Invariants: what must hold in every run, checked while it runs from the parties' own ledgers.

Each check is incremental: it looks at the keys that an event touched and keeps its own small book of what must be.
Nothing here asks the code under test for its opinion. A violation names the invariant, the time, the key and the
messages that led there; the first few of each kind are kept whole, the rest are counted. Beside every "no violation"
stands the antecedent: how often there was something to check.

This is the one door of all families: it hands what happens to those that are asked for, and a family none of whose
invariants is asked for costs nothing. S-3 and S-4 are kept in any case, since measures count by them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from actors.calls import Call
from actors.ground import Asked, Side, Step
from actors.transactor import Direct, Store
from policies.calling import Calling, Decision, Sides
from policies.kits import Part
from policies.stock_buffer import ChannelAvailability
from twin.middleware.unit import ITEMS, LETTERS, MOVEMENTS, ORDERS, RESERVATIONS, STREAMS, Outcome
from twin.model.commands import (
    CancelOrder,
    ErpRefused,
    EvaluatePublication,
    HoldExpired,
    HoldReleased,
    ParkLetter,
    PaymentAuthorised,
    PaymentCaptured,
    ReleaseCancelled,
    ReleaseCancelRefused,
    StockExtract,
    SubmitOrder,
    WarehouseShort,
)
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.model.stock import ItemStock
from twin.world.checks.calls import CallChecks
from twin.world.checks.effects import EffectChecks
from twin.world.checks.end import EndChecks, Limits
from twin.world.checks.files import FileChecks
from twin.world.checks.findings import Findings
from twin.world.checks.letters import LetterChecks
from twin.world.checks.orders import OrderChecks
from twin.world.checks.promises import PromiseChecks
from twin.world.checks.sides import SideChecks
from twin.world.checks.stock import StockChecks

_ITEMS, _ORDERS, _RESERVATIONS = ITEMS.number, ORDERS.number, RESERVATIONS.number
_DECIDED: Final = frozenset(
    (
        *(CancelOrder, HoldExpired, HoldReleased, PaymentAuthorised, PaymentCaptured),
        *(ErpRefused, ReleaseCancelled, ReleaseCancelRefused, WarehouseShort),
    )
)
"""Messages by which an order that was held is called off, or tried and refused; and those that may end an undo."""
_HANGS: Final = "ERP_REFUSED_LATE"
"""What an order hangs on beside which a notice stands: units have left, and no party's book has the order."""
_LETTERS, _MOVEMENTS, _STREAMS = LETTERS.number, MOVEMENTS.number, STREAMS.number


class Invariants:
    """The checks of one run.

    `stops` are the invariants that end the run with `InvariantViolation`; `declared` those that the design gives up;
    all others are counted. `excuse_window[channel]` is W: how old, in microseconds, a figure may be at acceptance.
    """

    def __init__(
        self,
        *,
        checked: Sequence[str],
        stops: bool,
        declared: Sequence[str],
        availability: ChannelAvailability,
        excuse_window: Sequence[Elapsed],
        opening: Iterable[tuple[int, int, int]],
        stands_for: Mapping[int, Sequence[Part]],
        store: Store,
        inbox_kept: Elapsed,
        limits: Limits,
        clock: Callable[[], Elapsed],
    ) -> None:
        self.findings = book = Findings(checked=checked, stops=stops, declared=declared, clock=clock)
        self.effects = EffectChecks(book, store, inbox_kept)
        self.stock = StockChecks(book, opening) if book.asks("stock") or book.asks("end") else None
        self.promises = PromiseChecks(book, availability, excuse_window, stands_for) if book.asks("promises") else None
        self.orders = OrderChecks(book) if book.asks("orders") or book.asks("end") else None
        self.letters = LetterChecks(book) if book.asks("letters") else None
        self.calls = CallChecks(book) if book.asks("calls") or book.asks("end") else None
        self.sides = SideChecks(book) if book.asks("sides") else None
        self.files = FileChecks(book) if book.asks("files") else None
        self.end = EndChecks(book, limits) if book.asks("end") else None
        self._outgoing = book.asks("effects")
        self._kept_books: dict[int, Callable[[int, Any, Message], None]] = {}
        """Who keeps a book of a table: called with the key, the row and the message that wrote it."""
        if self.stock is not None:
            self._kept_books[_RESERVATIONS] = self.stock.reservation
            self._kept_books[_MOVEMENTS] = self.stock.movement
            self._kept_books[_STREAMS] = self.stock.stream

    # --- what was found

    @property
    def counts(self) -> dict[str, int]:
        """How often each invariant was broken."""
        return self.findings.counts

    @property
    def kept(self) -> list[dict[str, object]]:
        """The first violations of each, whole."""
        return self.findings.kept

    @property
    def antecedents(self) -> dict[str, int]:
        """How often there was something to check."""
        return self.findings.antecedents

    @property
    def declared(self) -> frozenset[str]:
        """What the design gives up."""
        return self.findings.declared

    @property
    def duplicates(self) -> dict[tuple[str, str], int]:
        """How often a party did a second time what happens once per key, by party and kind."""
        return self.effects.duplicates

    @property
    def lost_orders(self) -> int:
        """How many acknowledged orders are nowhere."""
        return self.counts.get("S-4", 0)

    # --- parties

    def moved(self, site: int, item: int, change: int, reason: str, on_hand: int) -> None:
        """A warehouse booked a change."""
        if self.stock is not None:
            self.stock.moved(site, item, change, reason, on_hand)
        if self.end is not None:
            self.end.changed[item] = self.findings.clock()

    def booked(self, item: int) -> None:
        """The ERP booked a change of an item."""
        if self.end is not None:
            self.end.changed[item] = self.findings.clock()

    def effect(self, party: str, kind: str, key: int) -> None:
        """A party did something that must happen once per key."""
        self.effects.effect(party, kind, key)

    def acknowledged(self, order: int) -> None:
        """An order is ours, towards its channel."""
        self.effects.acknowledged[order] = None

    def looked(self, item: int, showed: int, as_of: Elapsed, sold: int) -> None:
        """A buyer looked, and bought `sold` units."""
        if self.promises is not None:
            self.promises.looked(item, showed, as_of, sold)

    def placed(self, order: int) -> None:
        """A channel took an order."""
        if self.promises is not None:
            self.promises.placed(order)

    def passed(self, gateway: str, partner: int, control: int, stated: int, content: Sequence[int]) -> None:
        """A gateway let a file through."""
        if self.files is not None:
            self.files.passed(gateway, partner, control, stated, content)

    def filed(self, gateway: str, partner: int, serial: int, step: Step) -> None:
        """A partner sent a file, or learned what became of it."""
        if self.files is not None:
            self.files.filed(gateway, partner, serial, step)

    # --- calls

    def started(self, link: str, event: Event, number: int) -> None:
        """A call began."""
        if self.calls is not None:
            self.calls.started(link)
        if self._outgoing:
            self.effects.started(link, event)

    def sent(self, call: Call) -> None:
        """An attempt leaves."""
        if self.calls is not None:
            self.calls.sent(call)

    def called(self, call: Call, outcome: str) -> None:
        """An attempt ended."""
        if self.calls is not None:
            self.calls.called(call, outcome)
        if self._outgoing and outcome == "ok":
            self.effects.left(call.event)

    def gave_up(self, link: str, number: int) -> None:
        """A call ended without a success."""
        if self.calls is not None:
            self.calls.gave_up(link, number)

    def ruled(
        self,
        link: str,
        side: Side,
        calling: Calling,
        before: Sides,
        asked: Asked,
        after: Sides,
        decision: Decision,
    ) -> None:
        """The policies of a link decided."""
        if self.sides is not None:
            self.sides.ruled(link, side, calling, before, asked, after, decision)

    # --- everything the middleware commits

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """Check what one unit of work wrote."""
        kind = type(message)
        if self._outgoing:
            self.effects.executed(message, outcome, unit)
        if kind is SubmitOrder:
            assert isinstance(message, SubmitOrder)
            self._taken_in(message, unit)
        elif kind is ParkLetter:
            if outcome is Outcome.DISCARDED and not _is_notice(unit):
                self.effects.parked(message.case)
        elif self.promises is not None and (kind is EvaluatePublication or kind is StockExtract):
            self.promises.published(message, unit)
        elif kind in _DECIDED:
            self.effects.called_off(unit)
        self._written(message, unit)
        if self._outgoing and unit.events:
            self.effects.committed(unit.events)
        if self.end is not None:
            self.end.handled(message, outcome)

    def _taken_in(self, message: SubmitOrder, unit: Direct) -> None:
        self.effects.answered(message.case, unit)
        if self.orders is not None:
            self.orders.comes(message, unit)
        if self.promises is not None:
            self.promises.taken_in(message, unit)

    def _written(self, message: Message, unit: Direct) -> None:
        """Hand each row to the family that keeps a book of its table; positions last, when their movements are in."""
        writes, orders, letters = unit.writes, self.orders, self.letters
        for number, book in self._kept_books.items():
            if number in writes:
                for id, row in writes[number].items():
                    book(id, row, message)
        if orders is not None and _ORDERS in writes:
            read = unit.reads.get(_ORDERS, {})
            for id, row in writes[_ORDERS].items():
                orders.written(read.get(id), row, message, unit.events)  # type: ignore[arg-type]  # a table's rows have its type
        if self.stock is not None and _ITEMS in writes:
            self._positions(self.stock, writes[_ITEMS].values(), message)  # type: ignore[arg-type]  # as above
        if unit.archived and orders is not None:
            for number, id in unit.archived:
                if number == _ORDERS:
                    orders.archived(id)
        if letters is not None and (unit.archived or _LETTERS in writes):
            letters.committed(message, unit)

    def _positions(self, stock: StockChecks, touched: Iterable[ItemStock], message: Message) -> None:
        for item in touched:
            stock.position(item, message)
        if self.end is not None:
            now, changed = self.findings.clock(), self.end.changed
            for item in touched:
                changed[item.item] = now


def _is_notice(unit: Direct) -> bool:
    """Tell whether the item that a unit settles stood beside a change that was made, and nothing hung on it."""
    letters = [row for row in unit.reads.get(_LETTERS, {}).values() if isinstance(row, DeadLetter)]
    return any(letter.kind is LetterKind.NOTICE and letter.code != _HANGS for letter in letters)
