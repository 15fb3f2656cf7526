"""Measures: formulas over what the parties do after the warm-up, each under its contractual name.

`Watch` is the probe of a run: it adds up what happens and passes it on to the invariants. Watching changes nothing and
draws nothing. Counts sum over the horizon; levels are time-weighted means with their maximum and last value;
distributions keep every sample. A measure without a sample is None.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from actors.calls import Call
from actors.ground import Asked, Side, Step
from actors.transactor import Direct, Store
from policies.calling import Calling, Decision, Sides
from policies.ruleset import RuleSet
from twin.kernel.recorder import Recorder
from twin.middleware.orders.header import header
from twin.middleware.orders.intake import BEFORE
from twin.middleware.unit import ITEMS, LETTERS, MASTER, MOVEMENTS, ORDERS, Outcome
from twin.model.commands import (
    AmendOrder,
    BackorderExpired,
    BasketDue,
    BasketFilled,
    CancelOrder,
    CloseDue,
    ErpConfirmed,
    ErpRefused,
    HoldExpired,
    HoldReleased,
    ItemChanged,
    ItemQuantity,
    MasterBatch,
    PaymentAuthorised,
    PaymentCaptured,
    RedriveLetter,
    ReleaseCancelled,
    RemainderClosed,
    ReturnReceived,
    ShipmentConfirmed,
    StockAdjusted,
    StockCounted,
    StockCut,
    StockReceived,
    StreamGapDue,
    SubmitOrder,
    SupplyGapDue,
    TransferReceived,
    TransferShipped,
    WarehouseShort,
)
from twin.model.dead_letter import LetterKind
from twin.model.events import (
    CountAsked,
    ExceptionOpened,
    FallbackChanged,
    FallbackDecided,
    MovementRecorded,
    OrderAnswered,
    PublishStock,
)
from twin.model.ids import derive
from twin.model.instant import HOUR, SECOND, Elapsed
from twin.model.master import MasterItem
from twin.model.message import Event, Message
from twin.model.order import Header, Intake, Order
from twin.model.stock import Movement
from twin.world.affected import UNREAD, Affected, at_risk
from twin.world.fallback_watch import FallbackWatch
from twin.world.invariants import Invariants
from twin.world.levels import Level, Samples
from twin.world.lineage import Lineage
from twin.world.longest import Longest
from twin.world.order_requests import OrderRequests
from twin.world.redriven import carried_out

_ORDERS, _LETTERS, _MOVEMENTS = ORDERS.number, LETTERS.number, MOVEMENTS.number
DONE = (Header.SHIPPED, Header.INVOICED)
OPEN = (Header.ACCEPTED, Header.BACKORDERED, Header.ALLOCATED, Header.PARTIALLY_FULFILLED)


class Watch:
    """The probe of one run."""

    def __init__(
        self,
        *,
        clock: Callable[[], Elapsed],
        store: Store,
        rules: RuleSet,
        channels: int,
        items: int,
        invariants: Invariants,
        booked: dict[int, int],
        counted: dict[int, int],
        recorder: Recorder,
        answered_within: Elapsed,
    ) -> None:
        self.clock = clock
        self.recorder = recorder
        self._oversold, self._party = recorder.kind("order.oversold"), recorder.party("middleware")
        self._longest = Longest(recorder, "middleware")
        self.store = store
        self.rules = rules
        self.invariants = invariants
        self.stale = Level()
        self._off_sale: dict[int, bool] = {}
        self._closed: dict[int, bool] = {}
        """Which items their master has taken off sale, and which ones the middleware does not sell."""
        self._kits = rules.catalogue.kits.parts if rules.catalogue is not None else {}
        self.count = defaultdict[str, int](int)
        self.age = Samples()
        self.capture = Samples()
        self.requests = OrderRequests(answered_within)
        self.cycle = Samples()
        self.milestones = Samples()
        self._unanswered: dict[int, Elapsed] = {}
        """Orders whose channel waits for an answer, with the moment by which it must have one."""
        self.latency = defaultdict[str, Samples](Samples)
        self.calls = defaultdict[str, int](int)
        self.attempts = defaultdict[str, int](int)
        self.stock_links: frozenset[str] = frozenset()
        self.queues: dict[str, Level] = {}
        self.broken = Level()
        self.dead = Level()
        self.fallbacks = FallbackWatch(recorder)
        self.affected = Affected()
        self.channel_names: Sequence[str] = ()
        self.sites: Sequence[str] = ()
        """Warehouses by name, in the order of their numbers."""
        self.clears_at: Callable[[int], Elapsed] = lambda _: 0
        """When a site's floor will have worked off what lies on it."""
        invariants.effects.twice = self._twice
        self.lineage = Lineage(store, rules, recorder)
        self.drift = Level()
        self.ghost = Level()
        self.open = 0
        self._items: dict[int, bool] = {}
        """Open items of the exception queues, and whether each is a dead letter."""
        self._fell_out: dict[int, None] = {}
        self.operators_us: Callable[[], Elapsed] = lambda: 0
        """How long operators have worked on items until now."""
        self._operators_began: Elapsed = 0
        self.units_ordered = 0
        self.units_short = 0
        self._shown = [array("q", bytes(8 * items)) for _ in range(channels)]
        self._counted = counted
        self._drift_of = {item: booked.get(item, 0) - counted.get(item, 0) for item in counted}
        self.drift.value = self.drift.maximum = sum(abs(gap) for gap in self._drift_of.values())
        self._ghost_of: dict[int, int] = {}
        self._began: Elapsed = 0

    def restart(self) -> None:
        """The warm-up is over: counts begin at 0, levels go on."""
        now = self.clock()
        self._began = now
        for counted in (self.count, self.calls, self.attempts, self.latency):
            counted.clear()
        self.units_ordered = self.units_short = 0
        self._unanswered = {}
        self._fell_out = {}
        self._operators_began = self.operators_us()
        for samples in (self.age, self.capture, self.cycle, self.milestones):
            samples.restart()
        for level in (*self.queues.values(), self.broken, self.dead, self.drift, self.ghost, self.stale):
            level.restart(now)
        self.fallbacks.restart(now)
        self.affected.restart()
        self.lineage.restart()

    def _add(self, name: str, by: int = 1) -> None:
        self.count[name] += by

    @property
    def began(self) -> Elapsed:
        """When measures begin: the end of the warm-up, once it is over."""
        return self._began

    def under_way(self) -> int:
        """Return how many orders were placed and are neither shipped nor refused nor cancelled."""
        count = self.count
        ended = sum(count.get(f"orders_{stage}", 0) for stage in ("shipped", "rejected", "cancelled"))
        return count.get("orders_placed", 0) - ended

    def counted(self, name: str) -> int:
        """Return a count as it stands."""
        return self.count.get(name, 0)

    def harm(self) -> list[int]:
        """Return each measure of harm as it stands, in the order of `HARM`."""
        counts, duplicates = self.count, self.invariants.duplicates
        names = ("oversold_units", "lost_sales_units", "late_orders", "ack_deadline_missed", "shorted_units")
        return [
            *(counts.get(name, 0) for name in (*names, "order_fallout")),
            duplicates.get(("erp", "order"), 0),
            _shipped_twice(duplicates),
            self.requests.not_in_time(self.clock()),
        ]

    # --- channels

    def looked(self, channel: int, item: int, asked: int, showed: int, as_of: Elapsed, sold: int) -> None:
        """A buyer looked; what he did not get although it was free is a lost sale."""
        now = self.clock()
        stock = self.store.get(ITEMS, item)
        if stock is None and sold < asked and item in self._kits:
            self._kit_not_sold(channel, item, asked, sold)
        if stock is not None:
            if as_of >= 0:
                self.age.add(now - as_of if stock.changed_at > as_of else 0)
            if sold < asked:
                free = self.rules.availability.promisable(stock, self.rules.atp.available(stock, now), channel, now)
                if free >= asked and not self._off_sale.get(item, False):
                    self._add("lost_sales_units", asked - sold)
        self.invariants.looked(item, showed, as_of, sold)

    def _kit_not_sold(self, channel: int, kit: int, asked: int, sold: int) -> None:
        """Count what a buyer did not get of a kit although its components were free."""
        now, rules = self.clock(), self.rules
        free: dict[int, int] = {}
        for part in self._kits[kit]:
            stock = self.store.get(ITEMS, part.item)
            if stock is not None:
                free[part.item] = rules.availability.promisable(stock, rules.atp.available(stock, now), channel, now)
        if rules.catalogue is not None and rules.catalogue.kits.available(kit, free) >= asked:
            self._add("lost_sales_units", asked - sold)

    def placed(self, channel: int, order: int, units: int) -> None:
        """A channel took an order."""
        self.count["orders_placed"] += 1
        self.requests.placed(order, self.clock())
        source = self.rules.channels[channel].source
        if source is not None and source.promise.acknowledge_us:
            self._unanswered[order] = self.clock() + source.promise.acknowledge_us
        self.invariants.placed(order)

    def showed(self, channel: int, item: int, value: int) -> None:
        """A page changed; a kit lies in no warehouse under its own name."""
        shown = self._shown[channel]
        if value != shown[item] and item not in self._kits:
            shown[item] = value
            self._ghost(item)

    # --- warehouses and ERP

    def moved(self, site: int, item: int, change: int, reason: str, on_hand: int) -> None:
        """A warehouse booked a change."""
        self._counted[item] = self._counted.get(item, 0) + change
        self._gap(item, -change)
        self._ghost(item)
        self.invariants.moved(site, item, change, reason, on_hand)

    def booked(self, item: int, change: int) -> None:
        """The ERP booked a change."""
        self._gap(item, change)
        self.invariants.booked(item)

    def _gap(self, item: int, change: int) -> None:
        old = self._drift_of.get(item, 0)
        new = self._drift_of[item] = old + change
        further = abs(new) - abs(old)
        if further:
            self.drift.add(further, self.clock())

    def _ghost(self, item: int) -> None:
        most = max([shown[item] for shown in self._shown])
        there = self._counted.get(item, 0)
        new = most if there < 0 else most - there if most > there else 0
        old = self._ghost_of.get(item, 0)
        if new != old:
            self._ghost_of[item] = new
            self.ghost.add(new - old, self.clock())

    def effect(self, party: str, kind: str, key: int) -> None:
        """A party did something once."""
        self.invariants.effect(party, kind, key)

    def _twice(self, party: str, kind: str, key: int) -> None:
        if (party, kind) == ("erp", "order"):
            self.affected.case(key)
        elif party in self.sites:
            self.affected.warehouse(self.sites.index(party))

    # --- links

    def started(self, link: str, event: Event, number: int) -> None:
        """A call began."""
        self.calls[link] += 1
        self.invariants.started(link, event, number)

    def sent(self, call: Call) -> None:
        """An attempt leaves."""
        self.invariants.sent(call)

    def gave_up(self, link: str, number: int) -> None:
        """A call ended without a success."""
        self.invariants.gave_up(link, number)

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
        self.invariants.ruled(link, side, calling, before, asked, after, decision)

    def called(self, call: Call, took: Elapsed, outcome: str) -> None:
        """An attempt ended."""
        link = call.client.name
        self.attempts[link] += 1
        self.latency[link].values.append(took)
        if outcome == "refused":
            self._add("throttled_calls")
        if link in self.stock_links:
            self.count["channel_calls"] += 1
        self.invariants.called(call, outcome)

    def broke(self, link: str, broken: bool) -> None:
        """A breaker left CLOSED, or came back to it."""
        self.broken.add(1 if broken else -1, self.clock())

    def acknowledged(self, order: int) -> None:
        """An order is the middleware's."""
        self.invariants.acknowledged(order)

    def queued(self, queue: str, length: int) -> None:
        """A queue changed."""
        level = self.queues.get(queue)
        if level is None:
            level = self.queues[queue] = Level()
            level.restart(self._began)
        now = self.clock()
        level.put(length, now)
        if queue == "middleware":
            self._longest.put(length, now)

    def replied(self, order: int) -> None:
        """A channel heard of its order."""
        due = self._unanswered.pop(order, None)
        if due is not None and self.clock() > due:
            self._add("ack_deadline_missed")
            self._note("order.answered_late", order)

    def seen(self, tracking: int, word: str, lag: Elapsed) -> None:
        """Customers see a milestone."""
        self.milestones.add(lag)

    def parked(self, event: Message, reason: str) -> None:
        """A party's own dead letter."""
        self.dead.add(1, self.clock())

    def passed(self, gateway: str, partner: int, control: int, stated: int, content: Sequence[int]) -> None:
        """A gateway let a file through."""
        self.invariants.passed(gateway, partner, control, stated, content)

    def filed(self, gateway: str, partner: int, serial: int, step: Step) -> None:
        """A partner sent a file, or learned what became of it."""
        if step == "rejected" and self.affected.unread(derive(derive(partner, serial), 1), gateway):
            self._add("failed_transformations")
        self.invariants.filed(gateway, partner, serial, step)

    def mastered(self, item: int, closed: bool) -> None:
        """Whoever looks after the items has taken one off sale, or put it on sale again."""
        self._off_sale[item] = closed
        self._stale()

    def _stale(self) -> None:
        closed, off = self._closed, self._off_sale
        wrong = [item for item in {**off, **closed} if off.get(item, False) != closed.get(item, False)]
        self.stale.put(len(wrong), self.clock())

    def touched(self, letter: int, order: int) -> None:
        """A person looked at an item."""
        self._add("manual_touches")
        if order and order not in self._fell_out:
            self._fell_out[order] = None
            self._add("order_fallout")

    def _item_opened(self, event: ExceptionOpened) -> None:
        row = self.store.get(LETTERS, event.letter)
        if row is not None and event.letter not in self._items:
            self._items[event.letter] = row.kind is not LetterKind.NOTICE
            self.dead.add(self._items[event.letter], self.clock())
            self.queued("exceptions", len(self._items))

    def _item_settled(self, letter: int) -> None:
        counted = self._items.pop(letter, None)
        if counted is not None:
            self.dead.add(-counted, self.clock())
            self.queued("exceptions", len(self._items))

    # --- the middleware

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """The middleware finished a message."""
        self.count["messages"] += 1
        if type(message) is RedriveLetter:
            message = carried_out(message, unit)
        hears = _HEARS.get(type(message))
        if hears is not None:
            hears(self, message, outcome, unit)
        if outcome is Outcome.ILLEGAL_TRANSITION:
            self._add("illegal_transitions")
        elif outcome is Outcome.SEQ_CONFLICT:
            self._add("sequence_violations")
        for event in unit.events:
            tells = _TELLS.get(type(event))
            if tells is not None:
                tells(self, event, message)
        for number, letter in unit.archived:
            if number == _LETTERS:
                self._item_settled(letter)
        self.invariants.committed(message, outcome, unit)

    def _mastered(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        written = unit.writes.get(MASTER.number, {})
        self._closed.update({id: row.closed for id, row in written.items() if isinstance(row, MasterItem)})
        self._stale()

    def _confirmed(self, message: ErpConfirmed, outcome: Outcome, unit: Direct) -> None:
        order = _written(unit)
        if order is not None:
            now = self.clock()
            self.capture.add(now - order.placed_at)
            self.requests.confirmed(message.case, now)

    def _order_closed(self, message: CloseDue, outcome: Outcome, unit: Direct) -> None:
        if outcome is Outcome.APPLIED:
            self._add("orders_closed")
            self.open -= 1

    def _came_up_short(self, message: WarehouseShort, outcome: Outcome, unit: Direct) -> None:
        self._add("shorted_units", sum(line.quantity for line in message.lines))
        self._decided(message, outcome, unit)

    def _fact_booked(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        self.lineage.booked(message, unit, self.clock())

    def _basket_kept(self, message: BasketFilled, outcome: Outcome, unit: Direct) -> None:
        if unit.scheduled:
            self._add("baskets_kept")

    def _basket_lapsed(self, message: BasketDue, outcome: Outcome, unit: Direct) -> None:
        if outcome is Outcome.APPLIED:
            self._add("baskets_lapsed")

    def _gap_lasted(self, message: StreamGapDue | SupplyGapDue, outcome: Outcome, unit: Direct) -> None:
        if outcome is Outcome.APPLIED:
            self._add("sequence_violations")

    def _published(self, event: PublishStock, cause: Message) -> None:
        self.count["publications"] += len(event.rows)

    def _posted(self, event: MovementRecorded, cause: Message) -> None:
        self.lineage.posted(event)
        if event.reason == "reconciliation":
            self._add("corrected_units", abs(event.change))

    def _compared(self, message: StockCut, outcome: Outcome, unit: Direct) -> None:
        """Count what a comparison of the books changed in our ledger; what it posts to the ERP is counted there."""
        for row in unit.writes.get(_MOVEMENTS, {}).values():
            if isinstance(row, Movement):
                self._add("corrected_units", row.quantity)

    def _opened(self, event: ExceptionOpened, cause: Message) -> None:
        self._item_opened(event)
        if event.code in UNREAD and self.affected.unread(event.letter, self._sender(cause)):
            self._add("failed_transformations")

    def _count_asked(self, event: CountAsked, cause: Message) -> None:
        self.fallbacks.counting(len(event.items))

    def _fell_back(self, event: FallbackChanged | FallbackDecided, cause: Message) -> None:
        self.fallbacks.heard(event, self.clock())

    def _sender(self, message: Message) -> str:
        """Return who sent a message that could not be read: its channel, or what it is."""
        channel = getattr(message, "channel", None)
        known = isinstance(channel, int) and channel < len(self.channel_names)
        return self.channel_names[channel] if known and channel is not None else type(message).__name__

    def _taken_in(self, message: SubmitOrder, outcome: Outcome, unit: Direct) -> None:
        order = _written(unit)
        if order is None:
            return
        if order.holds:
            self.affected.order(order)
        if outcome is Outcome.ACCEPTED or outcome is Outcome.BACKORDERED:
            self._add("orders_accepted")
            self.open += 1
            if outcome is Outcome.BACKORDERED:
                self._add("orders_backordered")
        elif outcome is Outcome.REJECTED:
            self._add("orders_rejected")
        else:
            return
        ordered = sum(line.quantity for line in message.lines)
        if message.written or self._kits:
            ordered = _as_read(unit, message.case)
        self.units_ordered += ordered
        for event in unit.events:
            if type(event) is OrderAnswered:
                confirmed = sum(line.quantity for line in event.lines)
                self.units_short += max(0, ordered - confirmed)
                if event.short:
                    self._add("oversold_orders")
                    self.affected.order(order)
                    for row in event.short:
                        self._oversell(event, row)

    def _oversell(self, event: OrderAnswered, row: ItemQuantity) -> None:
        self._add("oversold_units", row.quantity)
        place, now = self._party, self.clock()
        self.recorder.note(now, self._oversold, place, place, event.id, event.cause, event.case, row.item, row.quantity)

    def _came_back(self, message: ReturnReceived, outcome: Outcome, unit: Direct) -> None:
        if outcome is Outcome.APPLIED:
            self._add("returned_units", sum(line.quantity for line in message.lines))
        elif outcome is Outcome.EXCEPTION:
            self._add("unauthorised_returns")

    def _decided(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        order = _written(unit)
        if order is None:
            return
        before = unit.reads.get(_ORDERS, {}).get(order.id)
        if not isinstance(before, Order):
            return
        if before.intake in BEFORE and order.intake is Intake.ACCEPTED:
            self._add("orders_accepted")
            self.open += 1
        elif before.intake is not Intake.REJECTED and order.intake is Intake.REJECTED:
            self._add("orders_rejected")
        elif header(order) is Header.CANCELLED and header(before) is not Header.CANCELLED:
            self._add("orders_cancelled")
            if order.intake is Intake.ACCEPTED:
                self.open -= 1

    def _shipped(self, message: ShipmentConfirmed, outcome: Outcome, unit: Direct) -> None:
        order = _written(unit)
        if order is not None and header(order) in DONE:
            self._add("orders_shipped")
            self.cycle.add(self.clock() - order.placed_at)
            if self._dated(order) and self.clock() > order.promise:
                self._add("late_orders")
                self.affected.order(order)
                self._note("order.late", order.id)
        self.affected.shipped(message.case, message.site)

    def _note(self, kind: str, order: int) -> None:
        """Write into the event log what became of an order; a run without one of the kind does not know it."""
        self.recorder.note(self.clock(), self.recorder.kind(kind), self._party, self._party, 0, 0, order)

    def _dated(self, order: Order) -> bool:
        rules = self.rules
        return rules.channels[order.channel].dates is not None or rules.promising.kind != "at_once"

    def _overdue(self, now: Elapsed) -> int:
        """Return how many open orders should have shipped by now."""
        late = 0
        for row in self.store.rows[_ORDERS].values():
            assert isinstance(row, Order)
            promised = row.intake is Intake.ACCEPTED and self._dated(row) and 0 < row.promise < now
            if promised and header(row) in OPEN:
                late += 1
                self.affected.order(row)
        return late

    def _at_risk(self) -> int:
        rows = (row for row in self.store.rows[_ORDERS].values() if isinstance(row, Order) and self._dated(row))
        return at_risk(rows, lambda item: self.store.get(ITEMS, item), self.clears_at)

    # --- the result

    def results(self, conflicts: int, floors: dict[str, float]) -> dict[str, float | None]:
        """Return every measure under its key, in a fixed order."""
        now = self.clock()
        count = self.count
        kpis: dict[str, float | None] = {}
        for stage in ("placed", "accepted", "rejected", "backordered", "cancelled", "shipped", "closed"):
            kpis[f"orders_{stage}"] = count.get(f"orders_{stage}", 0)
        kpis["orders_open"] = self.open
        kpis["oversold_units"] = count.get("oversold_units", 0)
        kpis["oversold_orders"] = count.get("oversold_orders", 0)
        placed = count.get("orders_placed", 0)
        kpis["oversell_rate"] = count.get("oversold_orders", 0) / placed if placed else None
        overdue = sum(due < now for due in self._unanswered.values())
        kpis["ack_deadline_missed"] = count.get("ack_deadline_missed", 0) + overdue
        kpis["lost_sales_units"] = count.get("lost_sales_units", 0)
        kpis["fill_rate"] = 1 - self.units_short / self.units_ordered if self.units_ordered else None
        tells = self.rules.promising.kind != "at_once" or any(each.dates is not None for each in self.rules.channels)
        kpis["late_orders"] = count.get("late_orders", 0) + self._overdue(now) if tells else None
        kpis["orders_at_risk"] = self._at_risk() if tells else None
        for order in self.invariants.effects.lost_orders:
            self.affected.case(order)
        kpis |= self.affected.results()
        kpis["shorted_units"] = count.get("shorted_units", 0)
        kpis["returned_units"] = count.get("returned_units", 0)
        kpis["unauthorised_returns"] = count.get("unauthorised_returns", 0)
        _level(kpis, "drift_units", self.drift, now)
        kpis["corrected_units"] = count.get("corrected_units", 0)
        _level(kpis, "ghost_stock_units", self.ghost, now)
        _level(kpis, "stale_master_items", self.stale, now)
        _distribution(kpis, "availability_age_s", self.age)
        kpis["publications"] = count.get("publications", 0)
        kpis["channel_calls"] = count.get("channel_calls", 0)
        _distribution(kpis, "capture_latency_s", self.capture)
        _distribution(kpis, "order_cycle_s", self.cycle)
        _distribution(kpis, "milestone_lag_s", self.milestones)
        span = (now - self._began) / SECOND
        kpis["throughput_per_s"] = count.get("messages", 0) / span if span else None
        for link in sorted(self.latency):
            _distribution(kpis, "api_latency_s", self.latency[link], f"{{link={link}}}")
        for link in sorted(self.calls):
            kpis[f"attempts_per_call{{link={link}}}"] = self.attempts.get(link, 0) / self.calls[link]
        calls = sum(self.calls.values())
        kpis["attempts_per_call"] = sum(self.attempts.values()) / calls if calls else 1
        kpis["throttled_calls"] = count.get("throttled_calls", 0)
        kpis["breaker_open_s"] = self.broken.mean(now) * span
        kpis |= self.fallbacks.results(now)
        queue = self.queues.get("middleware", Level())
        _level(kpis, "queue_length", queue, now, "{queue=middleware}")
        kpis["dlq_length.max"], kpis["dlq_length.end"] = self.dead.maximum, self.dead.value
        _level(kpis, "queue_length", self.queues.get("exceptions", Level()), now, "{queue=exceptions}")
        kpis["order_fallout"] = count.get("order_fallout", 0)
        kpis["manual_touches"] = count.get("manual_touches", 0)
        kpis["operator_hours"] = (self.operators_us() - self._operators_began) / HOUR
        duplicates = self.invariants.duplicates
        kpis["duplicate_erp_orders"] = duplicates.get(("erp", "order"), 0)
        kpis["duplicate_shipments"] = _shipped_twice(duplicates)
        kpis["lost_orders"] = self.invariants.lost_orders
        kpis["illegal_transitions"] = count.get("illegal_transitions", 0)
        kpis["baskets_kept"], kpis["baskets_lapsed"] = count.get("baskets_kept", 0), count.get("baskets_lapsed", 0)
        kpis["sequence_violations"] = count.get("sequence_violations", 0)
        kpis |= self.lineage.results()
        kpis["conflicts"] = conflicts
        for site in sorted(floors):
            kpis[f"floor_use{{site={site}}}"] = floors[site]
        broken = self.invariants.counts
        declared = self.invariants.declared
        for name in self.invariants.antecedents:
            kpis[f"violations{{invariant={name}}}"] = broken.get(name, 0)
        kpis["invariant_violations"] = sum(n for name, n in broken.items() if name not in declared)
        kpis["violations_declared"] = sum(n for name, n in broken.items() if name in declared)
        return kpis


def _shipped_twice(duplicates: Mapping[tuple[str, str], int]) -> int:
    return sum(n for (_, kind), n in duplicates.items() if kind in ("shipment", "label", "release"))


_HEARS: Final[dict[type[Message], Callable[[Watch, Any, Outcome, Direct], None]]] = {
    SubmitOrder: Watch._taken_in,
    ItemChanged: Watch._mastered,
    MasterBatch: Watch._mastered,
    ShipmentConfirmed: Watch._shipped,
    ErpConfirmed: Watch._confirmed,
    ReturnReceived: Watch._came_back,
    CloseDue: Watch._order_closed,
    WarehouseShort: Watch._came_up_short,
    StockReceived: Watch._fact_booked,
    StockAdjusted: Watch._fact_booked,
    TransferShipped: Watch._fact_booked,
    TransferReceived: Watch._fact_booked,
    StockCounted: Watch._fact_booked,
    BasketFilled: Watch._basket_kept,
    BasketDue: Watch._basket_lapsed,
    StreamGapDue: Watch._gap_lasted,
    SupplyGapDue: Watch._gap_lasted,
    StockCut: Watch._compared,
    **dict.fromkeys(
        (
            *(CancelOrder, AmendOrder, ReleaseCancelled, RemainderClosed, HoldExpired, BackorderExpired),
            *(HoldReleased, PaymentAuthorised, PaymentCaptured, ErpRefused),
        ),
        Watch._decided,
    ),
}
"""What is measured of a message; after the last ones an order may be cancelled whole, or accepted or refused late."""
_TELLS: Final[dict[type[Event], Callable[[Watch, Any, Message], None]]] = {
    PublishStock: Watch._published,
    MovementRecorded: Watch._posted,
    ExceptionOpened: Watch._opened,
    FallbackChanged: Watch._fell_back,
    FallbackDecided: Watch._fell_back,
    CountAsked: Watch._count_asked,
}
"""What is measured of an event."""


def _written(unit: Direct) -> Order | None:
    for row in unit.writes.get(_ORDERS, {}).values():
        assert isinstance(row, Order)
        return row
    return None


def _level(kpis: dict[str, float | None], name: str, level: Level, now: Elapsed, label: str = "") -> None:
    kpis[f"{name}{label}"] = level.mean(now)
    kpis[f"{name}.max{label}"] = level.maximum
    kpis[f"{name}.end{label}"] = level.value


def _distribution(kpis: dict[str, float | None], name: str, samples: Samples, label: str = "") -> None:
    for statistic, value in samples.statistics().items():
        kpis[f"{name}.{statistic}{label}"] = value


def _as_read(unit: Direct, case: int) -> int:
    """Return the units of an order as intake read its lines."""
    order = unit.writes.get(_ORDERS, {}).get(case)
    return sum(line.ordered for line in order.lines) if isinstance(order, Order) else 0
