"""One transaction on one order: what a step of the table asks for becomes claims, demand and outgoing events.

`Work` is the working set of a procedure: the order, the item records and the reservations it loaded. It applies effects
to its own copies and writes everything once, in `save`. It decides nothing: quantities come from the table, places from
the sourcing policy. What is done to claims stands here, what is done to item records beside them in `bookings`, what
partners hear in `telling`.
"""

from collections.abc import Callable, Iterable, Sequence

from policies.ruleset import RuleSet
from policies.sourcing import SourcingPlan
from policies.stock_buffer import drawn, given_back, sold
from twin.middleware.delivery.exceptions import KEPT, keep, notice
from twin.middleware.inventory.backorders import serve_waiting
from twin.middleware.inventory.movements import awake, moved, replaced
from twin.middleware.inventory.posting import post
from twin.middleware.inventory.reservation import Consume, EntryCode, Release, apply, grant
from twin.middleware.inventory.soft_claims import without_claim
from twin.middleware.inventory.weights import weights_of
from twin.middleware.orders import bookings, telling
from twin.middleware.orders.bookings import Shipped, advise, post_shipment
from twin.middleware.orders.effects import (
    Answer,
    Archive,
    CancelErp,
    Capture,
    ChangeDemand,
    ChangeErp,
    CommitClaims,
    ConsumeClaims,
    CreateErp,
    CreditNote,
    Effect,
    FinishUndo,
    GiveBack,
    Grade,
    KeepClaims,
    OpenException,
    Reallocate,
    RecallRelease,
    Recount,
    ReleaseClaims,
    Resume,
    SendRelease,
    Step,
    TakeIn,
    TellReturn,
)
from twin.middleware.orders.header import off
from twin.middleware.orders.occasions import (
    Allocated,
    Occasion,
    ReleasedToWarehouse,
    UndoDone,
)
from twin.middleware.orders.owing import keep_account
from twin.middleware.orders.table import step
from twin.middleware.unit import ARCHIVE, ITEMS, MOVEMENTS, ORDERS, RESERVATIONS, Outcome, Unit
from twin.model.commands import (
    ArchiveDue,
    ItemQuantity,
    LineQuantity,
)
from twin.model.events import (
    AvailabilityChanged,
)
from twin.model.ids import Ids
from twin.model.instant import Elapsed, Now
from twin.model.message import Message
from twin.model.order import Order, OrderClaim
from twin.model.particulars import Recent
from twin.model.posting import ToPost
from twin.model.stock import (
    Bucket,
    ItemStock,
    Movement,
    Reservation,
    SalesRate,
)
from twin.model.written import Wording


class Work:
    """The working set of one transaction on one order."""

    def __init__(
        self,
        cause: Message,
        now: Now,
        rules: RuleSet,
        unit: Unit,
        order: Order | None,
        stocks: dict[int, ItemStock],
        reservations: dict[int, Reservation],
    ) -> None:
        self.cause = cause
        self.now = now
        self.rules = rules
        self.unit = unit
        self.ids = Ids(cause.id)
        self.order = self._first = order
        self.recent: Recent | None = None
        """What is to be remembered of a new order of a known customer."""
        self.stocks = stocks
        self.reservations = reservations
        self.claims: list[OrderClaim] = list(order.claims) if order is not None else []
        self.resume = False
        self.exceptions: list[tuple[str, str]] = []
        """(code, detail) of what the step at hand raised."""
        self.archived = False
        self.schedules: dict[int, tuple[tuple[int, int, Elapsed], ...]] = {}
        """(site, units, due) of what a line is pledged, where its promise said so."""
        self.dated: dict[int, Elapsed] = {}
        """When the waiting units of a line are promised by the lead time of a purchase."""
        self._found: dict[int, tuple[ItemStock, tuple[int, ...]]] = {}
        """What was free of an item, and the record that says so."""
        self._before: dict[int, tuple[int, ...]] = {}
        self._free: dict[int, int] = {}
        """Units that no claim is on, of each item that somebody was waiting for."""
        self._changed: dict[int, None] = {}
        self._claimed: dict[int, None] = {}
        self.shipped: list[Shipped] = []
        """What left, line by line."""
        self.posted: list[ToPost] = []
        """Movements that the ERP is to book."""
        self.by_line: dict[int, list[OrderClaim]] = {}
        for claim in self.claims:
            self.by_line.setdefault(claim.line, []).append(claim)

    # --- what the table asks for

    def move(self, event: Occasion) -> Outcome:
        """Move the order by one event and do what its row asks for."""
        assert self.order is not None
        return self.take(step(self.order, event, self.now.elapsed))

    def take(self, step: Step) -> Outcome:
        """Take the order as a step left it, and do what the step asks for."""
        changed = step.order is not self.order
        self.order = step.order
        for effect in step.effects:
            _DO[type(effect)](self, effect)
            changed = changed or type(effect) is not OpenException
        return self._excepted(step, changed) if self.exceptions else step.outcome

    def _excepted(self, step: Step, changed: bool) -> Outcome:
        """Put what the step raised into the queues: a notice beside what was changed, or the message itself."""
        raised, self.exceptions = self.exceptions, []
        if changed:
            for code, detail in raised:
                notice(self.cause, code, self.known().id, detail, self.now, self.rules, self.unit)
            return step.outcome
        for code, detail in raised:
            keep(self.cause, code, detail, self.now, self.rules, self.unit)
        return step.outcome if step.outcome in KEPT else Outcome.QUEUED

    def reword(self, wording: Wording) -> None:
        """Keep what the order's lines were before they were read."""
        self.order = self.known().amid(wording=wording)

    # --- claims and stock

    def available(self, item: int) -> tuple[int, ...]:
        """Return what may be claimed of an item now, per site."""
        stock = self.stocks[item]
        found = self._found.get(item)
        if found is not None and found[0] is stock:
            return found[1]
        free = self.rules.atp.available(stock, self.now.elapsed)
        self._found[item] = stock, free
        return free

    def available_to(self, order: int, item: int) -> tuple[int, ...]:
        """Return the same for one order: what it holds itself does not count."""
        stock = self.stocks[item]
        if stock.claims:
            return self.rules.atp.available(stock, self.now.elapsed, order)
        return self.available(item)

    def grant(self, line: int, item: int, site: int, quantity: int) -> None:
        """Claim units for a line of the accepted order."""
        assert self.order is not None
        id = self.ids.next()
        self.put(grant(id, order=self.order.id, line=line, item=item, site=site, quantity=quantity, committed=True))
        claim = OrderClaim(line, site, id)
        self.claims.append(claim)
        self.by_line.setdefault(line, []).append(claim)
        stock = self.touch(item)
        quotas = drawn(stock.quotas, self.order.channel, quantity, self.now.elapsed) if stock.quotas else stock.quotas
        self.stocks[item] = replaced(stock, positions=moved(stock.positions, site, committed=quantity), quotas=quotas)

    def touch(self, item: int) -> ItemStock:
        """Return an item's record, which is about to change."""
        stock = self.stocks[item]
        if item not in self._changed:
            self._changed[item] = None
            self._before[item] = self.available(item)
            if stock.waiting:
                self._free[item] = _unclaimed(stock)
        return stock

    def sell(self, item: int, quantity: int) -> None:
        """Note a sale in the channel's rate of the item, where rates are kept."""
        assert self.order is not None
        half_life = self.rules.rate_half_life_us
        if half_life:
            stock = self.touch(item)
            channel = self.order.channel
            rates = list(stock.rates) or [SalesRate()] * len(self.rules.channels)
            rates[channel] = sold(rates[channel], quantity, self.now.elapsed, half_life)
            self.stocks[item] = replaced(stock, rates=tuple(rates))

    def allocate(self, line: int, item: int, quantity: int) -> int:
        """Claim pending units of a line wherever they are free, release them to the warehouses, return the rest."""
        room = self._room(item, quantity)
        plan = self.source([(item, room)])
        got = room - plan.rest[0]
        if got:
            for site, units in plan.parts[0]:
                self.grant(line, item, site, units)
            assert self.order is not None
            self.move(Allocated(self.cause.id, (LineQuantity(line, got),)))
            self.release([(site, LineQuantity(line, units)) for site, units in plan.parts[0]])
        return quantity - got

    def _room(self, item: int, quantity: int) -> int:
        """Return how much of a quantity other channels' quotas leave to the order's channel."""
        stock = self.stocks[item]
        if not stock.quotas:
            return quantity
        channel, now = self.known().channel, self.now.elapsed
        return min(quantity, self.rules.availability.promisable(stock, self.available(item), channel, now))

    def source(self, needs: Sequence[tuple[int, int]]) -> SourcingPlan:
        """Ask the sourcing policy where these (item, quantity) pairs come from."""
        assert self.order is not None
        terms = self.rules.channels[self.order.channel]
        sites = terms.sites_for(self.order.id, self.order.sites)
        units = self.rules.availability.channels[self.order.channel].whole_units(needs)
        return self.rules.sourcing.choose(needs, [self.available(item) for item, _ in needs], sites, units)

    def release(self, parts: Iterable[tuple[int, LineQuantity]]) -> None:
        """Tell each site to ship its part, in one request each."""
        by_site: dict[int, list[LineQuantity]] = {}
        for site, part in parts:
            by_site.setdefault(site, []).append(part)
        for site, lines in by_site.items():
            self.move(ReleasedToWarehouse(self.cause.id, self.ids.next(), site, tuple(lines)))

    def put(self, reservation: Reservation) -> None:
        """Write a claim at the end."""
        self.reservations[reservation.id] = reservation
        self._claimed[reservation.id] = None

    def let_go(self, line: int, quantity: int, site: int) -> None:
        """Give up units that are claimed at a site."""
        self._reduce(line, quantity, site, consume=False)

    def _give_up(self, effect: ReleaseClaims) -> None:
        self._reduce(effect.line, effect.quantity, effect.site, consume=False)

    def keep(self, effect: KeepClaims) -> None:
        """Give up claims of a line beyond what it is to keep."""
        live = sum(self.reservations[claim.reservation].live(self.now.elapsed) for claim in self._of(effect.line, None))
        if live > effect.quantity:
            self._reduce(effect.line, live - effect.quantity, None, consume=False)

    def _consume(self, effect: ConsumeClaims) -> None:
        assert self.order is not None
        item = self.order.lines[effect.line - 1].item
        consumed = self._reduce(effect.line, effect.quantity, effect.site, consume=True)
        out = effect.quantity + effect.over
        stock = self.touch(item)
        self.stocks[item] = replaced(
            stock, positions=moved(stock.positions, effect.site, sellable=-out, committed=-consumed)
        )
        movement = self.ids.next()
        now, cause, reason = self.now.elapsed, self.cause.id, "shipment"
        sellable, outside, weight = Bucket.SELLABLE, Bucket.OUTSIDE, weights_of(self.cause).get(effect.line, 0)
        row = Movement(movement, cause, item, effect.site, sellable, outside, out, reason, now, now, weight)
        self.unit.save(MOVEMENTS, movement, row)
        self.shipped.append(Shipped(effect.site, effect.line, item, out, effect.quantity, movement))

    def _reduce(self, line: int, quantity: int, site: int | None, *, consume: bool) -> int:
        """Take units off the live claims of a line, in the order in which they were made; return how many there were.

        Released units are free again; consumed ones leave the position in the same stroke as the stock does.
        """
        left = quantity
        for claim in self._of(line, site):
            if not left:
                break
            reservation = self.reservations[claim.reservation]
            units = min(left, reservation.live(self.now.elapsed))
            if not units:
                continue
            key = self.ids.next()
            entry = Consume(key, units) if consume else Release(key, units)
            after, code = apply(reservation, entry, self.now.elapsed)
            assert code is EntryCode.OK
            self.put(after)
            if not consume:
                stock = self.touch(reservation.item)
                if reservation.committed:
                    stock = replaced(stock, positions=moved(stock.positions, reservation.site, committed=-units))
                else:
                    stock = without_claim(stock, reservation.id, units)
                if stock.quotas:
                    now = self.now.elapsed
                    stock = replaced(stock, quotas=given_back(stock.quotas, self.known().channel, units, now))
                self.stocks[reservation.item] = stock
            left -= units
        return quantity - left

    def _of(self, line: int, site: int | None) -> list[OrderClaim]:
        return [claim for claim in self.by_line.get(line, ()) if site is None or claim.site == site]

    def _exception(self, effect: OpenException) -> None:
        self.exceptions.append((effect.code, effect.detail))

    def _finish_undo(self, effect: FinishUndo) -> None:
        self.move(UndoDone(self.cause.id))

    def _go_on(self, effect: Resume) -> None:
        self.resume = True

    def _archive(self, effect: Archive) -> None:
        self.archived = not self.rules.return_window_us

    def _ignore(self, effect: Effect) -> None:
        """Claims are committed when they are granted, and a warehouse counts a bin that came up short by itself."""

    def known(self) -> Order:
        """Return the order, which there is."""
        assert self.order is not None
        return self.order

    # --- the end

    def save(self) -> None:
        """Write what changed, once each, and tell the publisher what is free now."""
        unit, now = self.unit, self.now.elapsed
        if self.shipped:
            post_shipment(self)
            if self.rules.channels[self.known().channel].documents:
                advise(self)
        post(self.posted, self.cause, self.now, self.rules, self.ids, unit)
        changed: list[ItemQuantity] = []
        for item in self._changed:
            stock = self.stocks[item]
            after = self.rules.atp.available(stock, now)
            if after != self._before[item]:
                changed.append(ItemQuantity(item, sum(after)))
                rates = awake(stock, self._before[item], after, now)
                stock = replaced(stock, changed_at=now, rates=rates)
            if stock.waiting and _unclaimed(stock) > self._free.get(item, _unclaimed(stock)):
                serve_waiting(stock, self.cause, self.now, self.rules, self.ids, unit)
            unit.save(ITEMS, item, stock)
        if changed:
            unit.emit(AvailabilityChanged(id=self.ids.next(), cause=self.cause.id, rows=tuple(changed), at=now))
        ended: dict[int, None] = {}
        for id in self._claimed:
            reservation = self.reservations[id]
            unit.save(RESERVATIONS, id, reservation)
            if not reservation.live(now):
                ended[id] = None
        order = self.order
        if order is None:
            return
        if order.customer:
            keep_account(self._first, order, self.recent, unit)
        claims = tuple([claim for claim in self.claims if claim.reservation not in ended])
        if claims != order.claims:
            order = order.amid(claims=claims)
        if self.archived:
            unit.archive(ORDERS, order.id)
            unit.save(ARCHIVE, order.id, order.fingerprint)
        else:
            unit.save(ORDERS, order.id, order)
            if off(order) and not (self._first is not None and off(self._first)):
                due = ArchiveDue(id=self.ids.next(), cause=self.cause.id, case=order.id)
                unit.schedule(now + self.rules.close_after_us, due)
        for id in ended:
            unit.archive(RESERVATIONS, id)


_DO: dict[type[Effect], Callable[..., None]] = {
    Answer: telling.answer,
    CommitClaims: Work._ignore,
    KeepClaims: Work.keep,
    ReleaseClaims: Work._give_up,
    ConsumeClaims: Work._consume,
    ChangeDemand: bookings.demand,
    Reallocate: bookings.reallocate,
    Recount: Work._ignore,
    SendRelease: telling.release,
    RecallRelease: telling.recall,
    CreateErp: telling.create,
    ChangeErp: telling.change,
    CancelErp: telling.cancel,
    Capture: telling.capture,
    GiveBack: telling.give_back,
    OpenException: Work._exception,
    Resume: Work._go_on,
    FinishUndo: Work._finish_undo,
    TakeIn: bookings.take_in_returned,
    Grade: bookings.grade,
    CreditNote: telling.credit,
    TellReturn: telling.tell_return,
    Archive: Work._archive,
}


def _unclaimed(stock: ItemStock) -> int:
    return sum(position.sellable - position.committed for position in stock.positions)
