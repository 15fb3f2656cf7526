"""The cloud ERP: the financial record. It knows what is booked, bills what was shipped and orders from suppliers.

Its ledger holds sales orders by their external key, booked stock per item and open demand. An external key is unique
for good, so that creating an order twice returns the first reference, unless an idempotency contract before the ledger
says what a repeat is (`actors.order_keys`); postings are remembered by key. Its stock changes only by what is posted to
it, so it is late and can be wrong. Regularly it reviews every item's position (booked - open demand + on order + on the
road between own sites) and buys by its replenishment rule; at night it may write a stock file.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from actors.calls import Feed
from actors.ground import Ground, Lag
from actors.once import Once
from actors.stock_book import send_cut
from twin.model.commands import (
    ErpConfirmed,
    ErpRefused,
    ItemQuantity,
    LineQuantity,
    OrderInvoiced,
    StockExtract,
    SupplyAnnounced,
)
from twin.model.events import (
    CancelErpOrder,
    ChangeErpOrder,
    CreateErpOrder,
    CreditNoteDue,
    FulfilmentRecorded,
    MilestoneReached,
    MovementRecorded,
    StockCutAsked,
)
from twin.model.ids import derive
from twin.model.instant import DAY, Elapsed
from twin.model.message import Event, Message
from twin.model.posting import booked

POSTINGS_KEPT = 7 * DAY
"""How long a posting's key is remembered; longer than any sender repeats one."""


class Replenishes(Protocol):
    """A replenishment rule of one item."""

    def order(self, position: int) -> int:
        """Return how many units to buy when the inventory position is `position`; 0 for none."""


class Erp:
    """The ERP's ledger and its jobs."""

    def __init__(
        self,
        ground: Ground,
        *,
        booked: dict[int, int],
        job: Lag,
        facts: Feed,
        rules: dict[int, Replenishes],
        buy: Callable[[int, int, int], Sequence[SupplyAnnounced]],
        unique: bool = True,
    ) -> None:
        self.ground = ground
        self.booked = booked
        self.job = job
        self.facts = facts
        self.rules = rules
        self.buy = buy
        self.open_demand: dict[int, int] = {}
        self.on_order: dict[int, int] = {}
        self.on_road: dict[int, int] = {}
        """Units between own sites, by item: on no site's book, and not to be bought again."""
        self._transfers: dict[int, int] = {}
        """Open transfers by document, with their units; 0 for one whose receipt was posted before its departure."""
        self.blocked: dict[int, int] = {}
        """Booked and not for sale: what came back and was not put on the shelf again."""
        self.references: dict[int, int] = {}
        """External key to the last reference that was made for it."""
        self.unique = unique
        """Whether the ledger itself takes an external key only once."""
        self.parcels: dict[int, str] = {}
        """Tracking number to the last milestone."""
        self.open_orders: dict[int, dict[int, int]] = {}
        self.undecided: dict[int, None] = {}
        """Orders that were accepted for the time being, and that will be refused."""
        self.postings = Once(POSTINGS_KEPT)
        self.hand_out: Callable[[StockExtract], None] = self._hand_out
        """Who carries a stock file to whoever reads it."""
        self._reviews = 0
        self._extracts = 0
        recorder = ground.recorder
        self._party = recorder.party("erp")
        self._bought = recorder.kind("supply.ordered")
        self._file = recorder.kind("stock.extract")

    # --- what the middleware calls

    def take(self, event: Event) -> Message | None:
        """Do what an event asks for; a repeat of one that was done returns the same answer and does nothing."""
        if type(event) is CreateErpOrder:
            return self._create(event)
        if type(event) is FulfilmentRecorded:
            return self._fulfil(event)
        if type(event) is MovementRecorded:
            return self._post(event)
        if type(event) is ChangeErpOrder:
            return self._change(event)
        if type(event) is MilestoneReached:
            self.parcels[event.tracking] = event.word
            return None
        if type(event) is CreditNoteDue:
            return self._credit(event)
        if type(event) is StockCutAsked:
            self.ground.timeline.call_at(max(self.ground.timeline.now, event.cut), self._cut, event)
            return None
        assert type(event) is CancelErpOrder
        return self._cancel(event)

    def _create(self, event: CreateErpOrder) -> Message:
        reference = self.references.get(event.external)
        if reference is None or not self.unique:
            reference = self.references[event.external] = derive(reference or event.external, 1)
            lines: dict[int, int] = {}
            for line in event.lines:
                if line.quantity:
                    lines[line.item] = lines.get(line.item, 0) + line.quantity
                    self.open_demand[line.item] = self.open_demand.get(line.item, 0) + line.quantity
            self.open_orders[event.external] = lines
            self.ground.probe.effect("erp", "order", event.document or event.case)
        return ErpConfirmed(id=derive(event.id, 1), cause=event.id, case=event.case, reference=reference)

    def put_off(self, event: Event, after: Elapsed) -> None:
        """Accept an order for the time being: nothing is made of it, and it is refused `after` a while."""
        self.undecided[event.case] = None
        refused = ErpRefused(id=derive(event.id, 8), cause=event.id, case=event.case, reason="audited")
        self.ground.timeline.call_in(after, self._refuse, refused)

    def _refuse(self, refused: ErpRefused) -> None:
        self.undecided.pop(refused.case, None)
        self.facts.send(refused)

    def _fulfil(self, event: FulfilmentRecorded) -> Message | None:
        booked_at = self.postings.get(event.key)
        if booked_at is not None:
            return booked(event, booked_at)
        now = self.ground.timeline.now
        self.postings.put(event.key, now, now)
        order = self.open_orders.get(event.case, {})
        for row in event.items:
            self._book(row.item, -row.quantity)
            rest = order.get(row.item, 0)
            served = min(rest, row.quantity)
            self.open_demand[row.item] = self.open_demand.get(row.item, 0) - served
            if rest == served:
                order.pop(row.item, None)
            else:
                order[row.item] = rest - served
        if not order:
            self.open_orders.pop(event.case, None)
        if event.lines:
            self.ground.timeline.call_in(self.job(event.id, 2), self._invoice, event)
        return booked(event, now)

    def _post(self, event: MovementRecorded) -> Message | None:
        key = event.key or event.movement
        booked_at = self.postings.get(key)
        if booked_at is None:
            booked_at = self.ground.timeline.now
            self.postings.put(key, booked_at, booked_at)
            self._book(event.item, event.change)
            if event.blocked:
                self.blocked[event.item] = self.blocked.get(event.item, 0) + event.blocked
            if event.reason == "receipt":
                self.on_order[event.item] = self.on_order.get(event.item, 0) - event.change
            elif event.reason == "transfer":
                self._transfer(event.item, event.document, event.change)
        return booked(event, booked_at)

    def _transfer(self, item: int, document: int, change: int) -> None:
        """A departure opens a transfer, its one receipt closes it, whatever was on the truck; either may be first."""
        known = self._transfers.pop(document, None)
        if known is None:
            self._transfers[document] = max(0, -change)
            self.on_road[item] = self.on_road.get(item, 0) + max(0, -change)
        elif known:
            self.on_road[item] -= known

    def _cut(self, event: StockCutAsked) -> None:
        """Say what is booked and what is still to be delivered, as of now, which is the cut if it was asked in time."""
        send_cut(self.facts, event, self.ground.timeline.now, self.booked, self.open_demand)

    def _change(self, event: ChangeErpOrder) -> Message | None:
        """Take the new revision: open demand follows what is still to be delivered."""
        old = self.open_orders.get(event.external)
        if old is not None:
            for item, rest in old.items():
                self.open_demand[item] -= rest
            lines: dict[int, int] = {}
            for line in event.lines:
                if line.quantity:
                    lines[line.item] = lines.get(line.item, 0) + line.quantity
                    self.open_demand[line.item] = self.open_demand.get(line.item, 0) + line.quantity
            self.open_orders[event.external] = lines
        return None

    def _cancel(self, event: CancelErpOrder) -> Message | None:
        for item, rest in self.open_orders.pop(event.external, {}).items():
            self.open_demand[item] -= rest
        return None

    def _credit(self, event: CreditNoteDue) -> Message | None:
        if self.postings.get(event.key) is None:
            self.postings.put(event.key, 1, self.ground.timeline.now)
            self.ground.probe.effect("erp", "credit_note", event.key)
        return None

    def book_by_hand(self, item: int, change: int) -> None:
        """Somebody changes the booked stock of an item and tells nobody."""
        self._book(item, change)

    def _book(self, item: int, change: int) -> None:
        self.booked[item] = self.booked.get(item, 0) + change
        self.ground.probe.booked(item, change)

    def _invoice(self, event: FulfilmentRecorded) -> None:
        key = derive(event.key, 7)
        self.ground.probe.effect("erp", "invoice", key)
        lines = tuple(LineQuantity(line.line, line.quantity) for line in event.lines)
        invoiced = OrderInvoiced(id=derive(event.id, 2), cause=event.id, case=event.case, key=key, lines=lines)
        self.facts.send(invoiced)

    # --- jobs

    def review_every(self, first: Elapsed, every: Elapsed) -> None:
        """Review every item's position at `first` and every `every` microseconds from then on."""
        self.ground.timeline.call_at(first, self._review, every)

    def _review(self, every: Elapsed) -> None:
        ground = self.ground
        ground.timeline.call_in(every, self._review, every)
        self._reviews += 1
        for item, rule in self.rules.items():
            sellable = self.booked.get(item, 0) - self.blocked.get(item, 0)
            coming = self.on_order.get(item, 0) + self.on_road.get(item, 0)
            position = sellable - self.open_demand.get(item, 0) + coming
            quantity = rule.order(position)
            if quantity > 0:
                self.on_order[item] = self.on_order.get(item, 0) + quantity
                purchase = derive(derive(item, 1_000_003), self._reviews)
                ground.recorder.note(
                    ground.timeline.now, self._bought, self._party, self._party, purchase, 0, 0, item, quantity
                )
                for announced in self.buy(purchase, item, quantity):
                    self.facts.send(announced)

    def extract_daily(self, first: Elapsed, every: Elapsed) -> None:
        """Write the stock file at `first` and again every `every` microseconds."""
        self.ground.timeline.call_at(first, self._extract, every)

    def _extract(self, every: Elapsed) -> None:
        ground = self.ground
        now = ground.timeline.now
        ground.timeline.call_in(every, self._extract, every)
        self._extracts += 1
        rows = tuple(ItemQuantity(item, self.available(item)) for item in self.booked)
        file = StockExtract(id=derive(derive(1_000_033, 0), self._extracts), as_of=now, rows=rows)
        ground.recorder.note(now, self._file, self._party, self._party, file.id, 0, 0, len(rows))
        self.hand_out(file)

    def _hand_out(self, file: StockExtract) -> None:
        self.ground.timeline.call_in(self.job(file.id, 3), self.facts.send, file)

    def available(self, item: int) -> int:
        """Return what the ERP believes may be sold: booked less blocked and open demand, not below 0."""
        return max(0, self.booked.get(item, 0) - self.blocked.get(item, 0) - self.open_demand.get(item, 0))
