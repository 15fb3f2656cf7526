"""Invariants: what must hold in every run, checked while it runs from the parties' own ledgers.

Each check is incremental: it looks at the keys that an event touched and keeps its own small book of what must be.
Nothing here asks the code under test for its opinion. A violation names the invariant, the time, the key and the
messages that led there; the first few of each kind are kept whole, the rest are counted. Beside every "no violation"
stands the antecedent: how often there was something to check.

S-1 conservation of physical stock at each warehouse; S-2b reservation algebra and agreement with the positions; S-3 no
second effect per business key, at the party; S-4 no acknowledged order lost; S-5 legal moves only, one version each;
S-10 no oversold unit without an excuse; S-10b figures right at their as_of; S-14 files pass once and whole; leaks: at
the end nothing is held for nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from actors.transactor import Direct
from policies.kits import Part
from policies.stock_buffer import ChannelAvailability
from twin.errors import InvariantViolation
from twin.middleware.unit import ABSENCES, ITEMS, ORDERS, RESERVATIONS, Outcome
from twin.model.commands import EvaluatePublication, StockExtract, SubmitOrder
from twin.model.events import OrderAnswered, PublishStock
from twin.model.instant import DAY, Elapsed
from twin.model.message import Message
from twin.model.order import Cancel, Erp, Intake, Order, Payment, Undo
from twin.model.stock import ItemStock, Reservation
from twin.world.file_book import FileBook
from twin.world.leaks import held_for_nobody

CHECKED: Final = {
    "S-1": "Stock of each item at each warehouse is its opening plus what was booked in, less what was booked out.",
    "S-2b": "granted = released + consumed + expired + live, none below 0; live claims add up to what positions say.",
    "S-3": "At most one sales order, release, label, shipment and invoice per business key, in the party's own ledger.",
    "S-4": "Every acknowledged order is in the ERP, was refused to its channel, is a dead letter or still under way.",
    "S-5": "Only legal moves of an order's parts, each with its own cause and a higher version; no unit is lost.",
    "S-10": "An oversold unit has its excuse: a figure that was right at its as_of and not older than configured.",
    "S-10b": "A figure published from the ledger is what the rule says of the state that the ledger had at its as_of.",
    "S-14": "A gateway lets a file through once, by number and by content, and only with the records that it states.",
    "leaks": "At the end no unit is reserved for an order that is archived or over, or that wants no more units.",
}
ASSUMES: Final = {name: "B" if name == "S-14" else "A" for name in CHECKED}
"""The widest class of faults under which each must hold: A inside the partners' contracts, B outside but detectable."""
KEPT_WHOLE: Final = 20
"""How many violations of one invariant are kept with their details."""

_ITEMS, _ORDERS, _RESERVATIONS = ITEMS.number, ORDERS.number, RESERVATIONS.number

_INTAKE = {
    (None, Intake.RECEIVED), (None, Intake.VALIDATED), (None, Intake.ACCEPTED), (None, Intake.REJECTED),
    (Intake.RECEIVED, Intake.VALIDATED), (Intake.RECEIVED, Intake.ACCEPTED), (Intake.RECEIVED, Intake.REJECTED),
    (Intake.RECEIVED, Intake.WITHDRAWN), (Intake.VALIDATED, Intake.ACCEPTED), (Intake.VALIDATED, Intake.REJECTED),
    (Intake.VALIDATED, Intake.WITHDRAWN), (Intake.ACCEPTED, Intake.CLOSED), (Intake.REJECTED, Intake.RECEIVED),
    (Intake.ACCEPTED, Intake.REJECTED), (Intake.REJECTED, Intake.VALIDATED), (Intake.REJECTED, Intake.ACCEPTED),
}  # fmt: skip
_ERP = {
    (None, Erp.NONE), (None, Erp.SENT), (Erp.NONE, Erp.SENT), (Erp.SENT, Erp.CONFIRMED), (Erp.SENT, Erp.REFUSED),
}  # fmt: skip
_UNDO = {
    (None, Undo.NONE),
    (Undo.NONE, Undo.OPEN),
    (Undo.OPEN, Undo.STUCK),
    (Undo.OPEN, Undo.NONE),
    (Undo.STUCK, Undo.NONE),
}
_CANCEL = {(None, Cancel.NONE), (Cancel.NONE, Cancel.PENDING), (Cancel.NONE, Cancel.ANSWERED),
           (Cancel.PENDING, Cancel.ANSWERED), (Cancel.ANSWERED, Cancel.PENDING)}  # fmt: skip
_PAYMENT = {
    (None, Payment.NONE), (Payment.NONE, Payment.AUTHORISED), (Payment.NONE, Payment.CAPTURED),
    (Payment.AUTHORISED, Payment.CAPTURED), (Payment.AUTHORISED, Payment.VOIDED), (Payment.CAPTURED, Payment.REFUNDED),
    (Payment.VOIDED, Payment.CAPTURED), (Payment.REFUNDED, Payment.CAPTURED),
}  # fmt: skip


class Sale(NamedTuple):
    """What a buyer was shown when he bought one item."""

    item: int
    sold: int
    showed: int
    as_of: Elapsed


class _Claim(NamedTuple):
    item: int
    site: int
    live: int
    committed: bool
    order: int


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
        stands_for: Mapping[int, Sequence[Part]] | None = None,
        clock: Callable[[], Elapsed],
    ) -> None:
        self.checked = frozenset(checked)
        self.stops = stops
        self.declared = frozenset(declared)
        self.availability = availability
        self.excuse_window = excuse_window
        self.clock = clock
        self.stands_for = stands_for or {}
        """What else was sold with an item: a kit's components, and what replaces it."""
        self.counts: dict[str, int] = {}
        self.units: dict[str, int] = {}
        self.kept: list[dict[str, object]] = []
        self.antecedents: dict[str, int] = {name: 0 for name in CHECKED if name in self.checked}
        self.on_hand = {(site, item): quantity for site, item, quantity in opening}
        self._claims: dict[int, _Claim] = {}
        self._live: dict[tuple[int, int], int] = {}
        self._soft: dict[tuple[int, int], int] = {}
        self._effects: dict[tuple[str, str], set[int]] = {}
        self.duplicates: dict[tuple[str, str], int] = {}
        self.acknowledged: dict[int, None] = {}
        self._looks: list[Sale] = []
        self._sales: dict[int, tuple[Sale, ...]] = {}
        self._wrong: set[tuple[int, int, Elapsed]] = set()
        self.excused_units = 0
        self._files = FileBook()

    def broken(self, name: str, key: str, chain: Sequence[str]) -> None:
        """Count a violation; stop the run if this one stops runs."""
        if name not in self.checked:
            return
        self.counts[name] = count = self.counts.get(name, 0) + 1
        now = self.clock()
        if count <= KEPT_WHOLE:
            self.kept.append({"invariant": name, "at_us": now, "key": key, "chain": list(chain)})
        if self.stops and name not in self.declared:
            raise InvariantViolation(name, now, key, tuple(chain))

    # --- S-1

    def moved(self, site: int, item: int, change: int, reason: str, on_hand: int) -> None:
        """A warehouse booked a change; its book must be the old one plus the change."""
        self.antecedents["S-1"] = self.antecedents.get("S-1", 0) + 1
        expected = self.on_hand.get((site, item), 0) + change
        self.on_hand[(site, item)] = on_hand
        if expected != on_hand:
            self.broken(
                "S-1", f"item {item} at site {site}", (f"{reason} {change:+d}: book {on_hand}, not {expected}",)
            )

    # --- S-3

    def effect(self, party: str, kind: str, key: int) -> None:
        """A party did something that must happen once per key."""
        done = self._effects.setdefault((party, kind), set())
        if key in done:
            self.duplicates[(party, kind)] = self.duplicates.get((party, kind), 0) + 1
            self.broken("S-3", f"{kind} {key} at {party}", (f"{party} made a second {kind} for key {key}",))
        done.add(key)
        self.antecedents["S-3"] = self.antecedents.get("S-3", 0) + 1
        if kind == "order":
            self.acknowledged.pop(key, None)

    # --- S-10

    def looked(self, item: int, showed: int, as_of: Elapsed, sold: int) -> None:
        """Remember what the buyer of the order now being placed was shown."""
        if sold:
            self._looks.append(Sale(item, sold, showed, as_of))
            for part in self.stands_for.get(item, ()):
                self._looks.append(Sale(part.item, sold * part.quantity, showed * part.quantity, as_of))

    def placed(self, order: int) -> None:
        """The looks since the last order were this order's."""
        self._sales[order] = tuple(self._looks)
        self._looks.clear()

    # --- everything the middleware commits

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """Check what one unit of work wrote."""
        before = {(number, id): row for number, id, row in unit.reads if number == _ORDERS}
        touched: list[ItemStock] = []
        for number, id, row in unit.writes:
            if number == _RESERVATIONS:
                assert isinstance(row, Reservation)
                self._reservation(row, message)
            elif number == _ORDERS:
                assert isinstance(row, Order)
                old = before.get((number, id))
                self._order(old if isinstance(old, Order) else None, row, message)
            elif number == _ITEMS:
                assert isinstance(row, ItemStock)
                touched.append(row)
        for stock in touched:
            self._position(stock, message)
        kind = type(message)
        if isinstance(message, SubmitOrder):
            self._taken_in(message, unit)
        elif kind is EvaluatePublication or kind is StockExtract:
            self._published(message, unit)

    def _reservation(self, row: Reservation, message: Message) -> None:
        live = row.granted - row.released - row.consumed - row.expired
        if min(live, row.granted, row.released, row.consumed, row.expired) < 0:
            self.broken("S-2b", f"reservation {row.id}", (_said(message), f"{row}"))
        old = self._claims.get(row.id)
        if old is not None:
            book = self._live if old.committed else self._soft
            book[(old.item, old.site)] -= old.live
        book = self._live if row.committed else self._soft
        book[(row.item, row.site)] = book.get((row.item, row.site), 0) + live
        if live:
            self._claims[row.id] = _Claim(row.item, row.site, live, row.committed, row.order)
        else:
            self._claims.pop(row.id, None)

    def _position(self, stock: ItemStock, cause: Message | str) -> None:
        self.antecedents["S-2b"] = self.antecedents.get("S-2b", 0) + 1
        for site, position in enumerate(stock.positions):
            live = self._live.get((stock.item, site), 0)
            if position.committed != live:
                self.broken(
                    "S-2b",
                    f"item {stock.item} at site {site}",
                    (_said(cause), f"committed {position.committed}, live reservations {live}"),
                )
            soft = sum(claim.quantity for claim in stock.claims if claim.site == site)
            held = self._soft.get((stock.item, site), 0)
            if soft != held:
                self.broken(
                    "S-2b", f"item {stock.item} at site {site}", (_said(cause), f"soft claims {soft}, holds {held}")
                )

    def _order(self, old: Order | None, new: Order, message: Message) -> None:
        self.antecedents["S-5"] = self.antecedents.get("S-5", 0) + 1
        moves: tuple[tuple[object, object, set[tuple[object, object]]], ...] = (
            (old and old.intake, new.intake, _INTAKE),  # type: ignore[assignment]  # sets of pairs of one enum each
            (old and old.erp, new.erp, _ERP),
            (old and old.undo, new.undo, _UNDO),
            (old and old.cancel, new.cancel, _CANCEL),
            (old and old.money.state, new.money.state, _PAYMENT),
        )
        for was, is_, legal in moves:
            if was is not is_ and (was, is_) not in legal:
                self.broken("S-5", f"order {new.id}", (_said(message), f"{was} to {is_}"))
        if new.version <= (old.version if old else 0):
            self.broken(
                "S-5", f"order {new.id}", (_said(message), f"version {old.version if old else 0} to {new.version}")
            )
        anew = old is None and new.document
        if (new.cause != message.id and not anew) or (old and old.cause == new.cause):
            self.broken("S-5", f"order {new.id}", (_said(message), f"cause {new.cause} of {message.id}"))
        for line in new.lines:
            parts = (line.pending, line.pledged, line.allocated, line.backordered, line.shipped, line.cancelled)
            if sum(parts) != line.ordered or min(parts) < 0 or line.invoiced > line.shipped:
                self.broken(
                    "S-5", f"order {new.id} line {line.number}", (_said(message), f"units {parts} of {line.ordered}")
                )

    def _taken_in(self, message: SubmitOrder, unit: Direct) -> None:
        sales = self._sales.pop(message.case, ())
        for event in unit.events:
            if type(event) is not OrderAnswered:
                continue
            self.antecedents["S-4"] = self.antecedents.get("S-4", 0) + 1
            if event.code == "IR":
                self.acknowledged.pop(message.case, None)
            for short in event.short:
                self.antecedents["S-10"] = self.antecedents.get("S-10", 0) + 1
                reason = self._no_excuse(message.channel, short.item, sales)
                if reason is None:
                    self.excused_units += short.quantity
                else:
                    self.broken(
                        "S-10",
                        f"order {message.case} item {short.item} channel {message.channel}",
                        (_said(message), f"{short.quantity} units oversold: {reason}"),
                    )

    def _no_excuse(self, channel: int, item: int, sales: Sequence[Sale]) -> str | None:
        mine = [sale for sale in sales if sale.item == item]
        if not mine:
            return "the channel's sale is not known"
        now = self.clock()
        for sale in mine:
            if sale.showed < sale.sold:
                return f"the channel showed {sale.showed} and sold {sale.sold}"
            if (channel, item, sale.as_of) in self._wrong:
                return f"the figure was wrong at its as_of {sale.as_of}"
            if now - sale.as_of > self.excuse_window[channel]:
                return f"the figure was {now - sale.as_of} us old, configured are {self.excuse_window[channel]} us"
        return None

    def _published(self, message: Message, unit: Direct) -> None:
        rows = {id: row for number, id, row in unit.reads if number == _ITEMS}
        for event in unit.events:
            if type(event) is not PublishStock:
                continue
            for figure in event.rows:
                stock = rows.get(figure.item)
                if isinstance(stock, ItemStock) and stock.changed_at <= event.as_of:
                    right = published(self.availability, stock, event.channel, event.as_of)
                    if right is None:
                        continue
                    self._met("S-10b")
                    if figure.quantity != right and not (figure.quantity < right and _a_site_is_silent(unit)):
                        self._wrong.add((event.channel, figure.item, event.as_of))
                        self.broken(
                            "S-10b",
                            f"item {figure.item} channel {event.channel}",
                            (_said(message), f"published {figure.quantity}, right at {event.as_of} was {right}"),
                        )

    # --- S-14

    def passed(self, gateway: str, partner: int, control: int, stated: int, content: Sequence[int]) -> None:
        """A gateway let a file through."""
        self._met("S-14")
        for wrong in self._files.passed(gateway, partner, control, stated, content):
            self.broken("S-14", f"file {control} of partner {partner} at {gateway}", (wrong,))

    def _met(self, name: str) -> None:
        self.antecedents[name] = self.antecedents.get(name, 0) + 1

    # --- the end

    def left_over(self, orders: Mapping[int, object]) -> None:
        """Look for what is still held for nobody; `orders` are those that are not archived."""
        claims = {id: (claim.order, claim.live) for id, claim in self._claims.items()}
        self.antecedents["leaks"] = len(claims)
        for key, leak in held_for_nobody(claims, orders):
            self.broken("leaks", key, (leak,))

    def finish(
        self,
        on_books: Iterable[tuple[int, int, int]],
        under_way: Callable[[], set[int]],
        stocks: Iterable[ItemStock] = (),
    ) -> None:
        """Compare whole ledgers: warehouses' books as (site, item, quantity), item records, orders that are nowhere."""
        for stock in stocks:
            self._position(stock, "at the end")
        for site, item, quantity in on_books:
            expected = self.on_hand.get((site, item), 0)
            if expected != quantity:
                self.broken(
                    "S-1", f"item {item} at site {site}", (f"at the end the book says {quantity}, not {expected}",)
                )
        if self.acknowledged:
            moving = under_way()
            for order in self.acknowledged:
                if order not in moving:
                    self.broken("S-4", f"order {order}", ("acknowledged to its channel, and nowhere at the end",))

    @property
    def lost_orders(self) -> int:
        """How many acknowledged orders are nowhere."""
        return self.counts.get("S-4", 0)


def _a_site_is_silent(unit: Direct) -> bool:
    """Tell whether a warehouse's fallback was on: then less is shown than the ledger says."""
    return any(number == ABSENCES.number and row is not None for number, _, row in unit.reads)


def published(rules: ChannelAvailability, stock: ItemStock, channel: int, now: Elapsed) -> int | None:
    """Return what a channel must be told of an item, computed plainly from its row: the reference of S-10b.

    Free at a site is sellable - committed - live soft claims; undated waiting demand and units in dispute take from the
    sites in order; safety is withheld at each site, the buffer and the cap from the sum, floored to whole sell units.
    Outside this reference are items with quotas, pledges or dated waiting demand, and those whose waiting demand may be
    served from a receipt due within a day, which spares what is free: None.
    """
    waiting = stock.disputed + sum(line.quantity for line in stock.waiting)
    if stock.quotas or stock.pledges or any(line.due for line in stock.waiting):
        return None
    if waiting and any(receipt.due < now + DAY for receipt in stock.supply):
        return None
    rule = rules.channels[channel]
    total = 0
    for site, position in enumerate(stock.positions):
        free = position.sellable - position.committed
        free -= sum(claim.quantity for claim in stock.claims if claim.site == site and now < claim.expires_at)
        charged = max(0, min(waiting, free))
        waiting -= charged
        if rule.sites is None or site in rule.sites:
            total += max(0, max(0, free - charged) - rules.safety.units(stock.item, site, rule.method))
    told = total - rule.buffer.size(stock, channel, now, total)
    if rule.depth:
        told += max(0, rule.depth - sum(line.quantity for line in stock.waiting))
    if rule.cap is not None:
        told = min(told, rule.cap)
    return max(0, told) // rule.unit_of(stock.item)


def _said(message: Message | str) -> str:
    if isinstance(message, str):
        return message
    return f"{type(message).__name__} {message.id} caused by {message.cause} in case {message.case}"
