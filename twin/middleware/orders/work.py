"""One transaction on one order: what a step of the table asks for becomes claims, demand and outgoing events.

`Work` is the working set of a procedure: the order, the item records and the reservations it loaded. It applies effects
to its own copies and writes everything once, in `save`. It decides nothing: quantities come from the table, places from
the sourcing policy.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from policies.ruleset import RuleSet
from policies.sourcing import SourcingPlan
from policies.stock_buffer import drawn, given_back, sold
from twin.middleware.delivery.exceptions import KEPT, keep, notice
from twin.middleware.inventory.backorders import serve_waiting
from twin.middleware.inventory.movements import awake, moved
from twin.middleware.inventory.posting import follow, post
from twin.middleware.inventory.reservation import Commit, Consume, EntryCode, Release, apply, grant
from twin.middleware.inventory.soft_claims import without_claim
from twin.middleware.orders.effects import (
    Answer,
    Archive,
    CancelErp,
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
    AllocatedShort,
    Occasion,
    ReleasedToWarehouse,
    UndoDone,
)
from twin.middleware.orders.owing import keep_account
from twin.middleware.orders.table import step
from twin.middleware.unit import ARCHIVE, ITEMS, MOVEMENTS, ORDERS, RESERVATIONS, Outcome, Unit
from twin.model.commands import (
    ArchiveDue,
    BackorderExpired,
    ItemQuantity,
    LineQuantity,
    OrderedLine,
    PledgeDue,
    ReturnDisposed,
    ReturnReceived,
    ShipmentConfirmed,
)
from twin.model.events import (
    AvailabilityChanged,
    CancelErpOrder,
    CancelRelease,
    ChangeErpOrder,
    CreateErpOrder,
    CreditNoteDue,
    FulfilmentRecorded,
    OrderAnswered,
    PaymentGivenBack,
    ReleaseToWarehouse,
    ReturnAnswered,
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
    Pledge,
    Position,
    Quota,
    Reservation,
    SalesRate,
    SoftClaim,
    Waiting,
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
        self._shipped: list[_Shipped] = []
        self._posted: list[ToPost] = []
        self._by_line: dict[int, list[OrderClaim]] = {}
        for claim in self.claims:
            self._by_line.setdefault(claim.line, []).append(claim)

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
                notice(self.cause, code, self._known().id, detail, self.now, self.rules, self.unit)
            return step.outcome
        for code, detail in raised:
            keep(self.cause, code, detail, self.now, self.rules, self.unit)
        return step.outcome if step.outcome in KEPT else Outcome.QUEUED

    def reword(self, wording: Wording) -> None:
        """Keep what the order's lines were before they were read."""
        self.order = self._known().amid(wording=wording)

    # --- claims and stock

    def take_in(self, item: int, site: int, quantity: int) -> None:
        """Book goods that came back: they are there, and not sellable."""
        self._post(item, site, Bucket.OUTSIDE, Bucket.QUALITY, quantity, "return")

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
        self._put(grant(id, order=self.order.id, line=line, item=item, site=site, quantity=quantity, committed=True))
        claim = OrderClaim(line, site, id)
        self.claims.append(claim)
        self._by_line.setdefault(line, []).append(claim)
        stock = self.touch(item)
        quotas = drawn(stock.quotas, self.order.channel, quantity, self.now.elapsed) if stock.quotas else stock.quotas
        self.stocks[item] = _with(stock, moved(stock.positions, site, committed=quantity), quotas=quotas)

    def keep_for(self, line: int, item: int, site: int, quantity: int, until: Elapsed) -> int:
        """Claim units for a line of an order that is not accepted yet, until `until`; return the claim's id."""
        order, id = self._known(), self.ids.next()
        self._put(grant(id, order=order.id, line=line, item=item, site=site, quantity=quantity, expires_at=until))
        claim = OrderClaim(line, site, id)
        self.claims.append(claim)
        self._by_line.setdefault(line, []).append(claim)
        stock = self.touch(item)
        claims = (*stock.claims, SoftClaim(id, site, quantity, until, order.id))
        quotas = drawn(stock.quotas, order.channel, quantity, self.now.elapsed) if stock.quotas else stock.quotas
        self.stocks[item] = stock.changed(claims=claims, quotas=quotas)
        return id

    def harden(self) -> list[tuple[int, int, int]]:
        """Commit what is kept for the order and has not lapsed; return it as (line, site, units).

        What is kept for a line that has been changed meanwhile is given up: it is promised anew.
        """
        order, now = self._known(), self.now.elapsed
        for number, claims in self._by_line.items():
            held = [self.reservations[claim.reservation] for claim in claims]
            line = order.lines[number - 1] if number <= len(order.lines) else None
            units = sum([each.live(now) for each in held])
            if line is None or units > line.pending or any(each.item != line.item for each in held):
                self._keep(KeepClaims(number, 0))
        hard = []
        for claim in self.claims:
            reservation = self.reservations[claim.reservation]
            units = reservation.live(self.now.elapsed)
            if not units or reservation.committed:
                continue
            after, code = apply(reservation, Commit(self.ids.next()), self.now.elapsed)
            assert code is EntryCode.OK
            self._put(after)
            stock = without_claim(self.touch(reservation.item), reservation.id, units)
            positions = moved(stock.positions, claim.site, committed=units)
            self.stocks[reservation.item] = _with(stock, positions)
            hard.append((claim.line, claim.site, units))
        return hard

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
            self.stocks[item] = _with(stock, stock.positions, rates=tuple(rates))

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
        channel, now = self._known().channel, self.now.elapsed
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

    def _put(self, reservation: Reservation) -> None:
        self.reservations[reservation.id] = reservation
        self._claimed[reservation.id] = None

    def _give_up(self, effect: ReleaseClaims) -> None:
        self._reduce(effect.line, effect.quantity, effect.site, consume=False)

    def _keep(self, effect: KeepClaims) -> None:
        live = sum(self.reservations[claim.reservation].live(self.now.elapsed) for claim in self._of(effect.line, None))
        if live > effect.quantity:
            self._reduce(effect.line, live - effect.quantity, None, consume=False)

    def _consume(self, effect: ConsumeClaims) -> None:
        assert self.order is not None
        item = self.order.lines[effect.line - 1].item
        consumed = self._reduce(effect.line, effect.quantity, effect.site, consume=True)
        out = effect.quantity + effect.over
        stock = self.touch(item)
        self.stocks[item] = _with(stock, moved(stock.positions, effect.site, sellable=-out, committed=-consumed))
        movement = self.ids.next()
        now = self.now.elapsed
        self.unit.save(
            MOVEMENTS,
            movement,
            Movement(
                movement, self.cause.id, item, effect.site, Bucket.SELLABLE, Bucket.OUTSIDE, out, "shipment", now, now
            ),
        )
        self._shipped.append(_Shipped(effect.site, effect.line, item, out, effect.quantity, movement))

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
            self._put(after)
            if not consume:
                stock = self.touch(reservation.item)
                if reservation.committed:
                    stock = _with(stock, moved(stock.positions, reservation.site, committed=-units))
                else:
                    stock = without_claim(stock, reservation.id, units)
                if stock.quotas:
                    now = self.now.elapsed
                    stock = _with(
                        stock, stock.positions, quotas=given_back(stock.quotas, self._known().channel, units, now)
                    )
                self.stocks[reservation.item] = stock
            left -= units
        return quantity - left

    def _of(self, line: int, site: int | None) -> list[OrderClaim]:
        return [claim for claim in self._by_line.get(line, ()) if site is None or claim.site == site]

    def _demand(self, effect: ChangeDemand) -> None:
        assert self.order is not None
        item = self.order.lines[effect.line - 1].item
        stock = self.touch(item)
        order, now = self.order, self.now.elapsed
        waiting, pledges = stock.waiting, stock.pledges
        home = self.rules.channels[order.channel].sites_for(order.id, order.sites)[0].position
        if effect.waiting > 0:
            since = order.accepted_at if effect.pledged < 0 else now
            due = self.dated.get(effect.line, 0)
            waiting = (*waiting, Waiting(order.id, effect.line, effect.waiting, since, order.channel, due, home))
        elif effect.waiting < 0:
            waiting = _less_waiting(waiting, order.id, effect.line, -effect.waiting)
        if effect.pledged > 0:
            for site, units, due in self.schedules.get(effect.line, ((home, effect.pledged, order.promise),)):
                pledges = (*pledges, Pledge(order.id, effect.line, site, units, due, order.channel))
                timer = PledgeDue(id=self.ids.next(), cause=self.cause.id, case=order.id, line=effect.line, item=item)
                self.unit.schedule(due, timer)
        elif effect.pledged < 0:
            pledges = _less_pledged(pledges, order.id, effect.line, -effect.pledged)
        self.stocks[item] = _with(stock, stock.positions, waiting=waiting, pledges=pledges)

    def _reallocate(self, effect: Reallocate) -> None:
        assert self.order is not None
        item = self.order.lines[effect.line - 1].item
        rest = self.allocate(effect.line, item, effect.quantity)
        if rest:
            self.move(AllocatedShort(self.cause.id, (LineQuantity(effect.line, rest),)))

    def _take_in(self, effect: TakeIn) -> None:
        self.take_in(self._known().lines[effect.line - 1].item, effect.site, effect.quantity)

    def _grade(self, effect: Grade) -> None:
        item = self._known().lines[effect.line - 1].item
        self._post(item, effect.site, Bucket.QUALITY, effect.target, effect.quantity, "disposal")

    def _post(self, item: int, site: int, source: Bucket, target: Bucket, quantity: int, reason: str) -> None:
        """Move returned units between buckets, in the ledger and, where the books change, in the ERP."""
        stock = self.touch(item)
        quality = (target is Bucket.QUALITY) - (source is Bucket.QUALITY)
        sellable, damaged = target is Bucket.SELLABLE, target is Bucket.DAMAGED
        positions = moved(
            stock.positions,
            site,
            quality=quality * quantity,
            sellable=sellable * quantity,
            damaged=damaged * quantity,
        )
        self.stocks[item] = _with(stock, positions)
        movement, now = self.ids.next(), self.now.elapsed
        self.unit.save(
            MOVEMENTS,
            movement,
            Movement(movement, self.cause.id, item, site, source, target, quantity, reason, now, now),
        )
        change = (source is Bucket.OUTSIDE) - (target is Bucket.OUTSIDE)
        blocked = (quality + damaged) * quantity
        if change or blocked:
            document, at = self.cause.case, self._happened()
            self._posted.append(ToPost(movement, reason, item, site, reason, document, change * quantity, blocked, at))

    # --- what partners hear

    def _answer(self, effect: Answer) -> None:
        self.tell(effect, ())

    def tell(self, effect: Answer, short: tuple[ItemQuantity, ...]) -> None:
        """Answer the channel; `short` are units that were not free at intake."""
        order = self._known()
        self.unit.emit(
            OrderAnswered(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                channel=order.channel,
                number=order.number,
                code=effect.code,
                lines=effect.lines,
                short=short,
            )
        )

    def _create(self, effect: CreateErp) -> None:
        order = self._known()
        self.unit.emit(
            CreateErpOrder(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                external=order.id,
                lines=_ordered(order),
                document=order.document,
                tax=order.tax,
            )
        )
        if order.cancel_after:
            lapse = BackorderExpired(id=self.ids.next(), cause=self.cause.id, case=order.id)
            self.unit.schedule(order.cancel_after, lapse)

    def _change(self, effect: ChangeErp) -> None:
        order = self._known()
        self.unit.emit(
            ChangeErpOrder(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                external=order.id,
                revision=order.revision,
                lines=_ordered(order),
            )
        )

    def _cancel(self, effect: CancelErp) -> None:
        order = self._known()
        self.unit.emit(CancelErpOrder(id=self.ids.next(), cause=self.cause.id, case=order.id, external=order.id))

    def _send(self, effect: SendRelease) -> None:
        order = self._known()
        lines = order.lines
        self.unit.emit(
            ReleaseToWarehouse(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                site=effect.site,
                release=effect.key,
                lines=effect.lines,
                items=tuple([ItemQuantity(lines[each.line - 1].item, each.quantity) for each in effect.lines]),
            )
        )

    def _recall(self, effect: RecallRelease) -> None:
        order = self._known()
        self.unit.emit(
            CancelRelease(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                site=effect.site,
                release=effect.key,
                lines=effect.lines,
            )
        )

    def give_back(self, effect: GiveBack) -> None:
        """Ask for the buyer's money to go back."""
        order = self._known()
        key = self.ids.next()
        self.unit.emit(
            PaymentGivenBack(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                channel=order.channel,
                key=key,
                amount=effect.amount,
            )
        )

    def _credit(self, effect: CreditNote) -> None:
        order = self._known()
        self.unit.emit(
            CreditNoteDue(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                key=effect.key,
                rma=effect.rma,
                lines=effect.lines,
            )
        )

    def _tell_return(self, effect: TellReturn) -> None:
        order = self._known()
        self.unit.emit(
            ReturnAnswered(
                id=self.ids.next(),
                cause=self.cause.id,
                case=order.id,
                channel=order.channel,
                rma=effect.rma,
                code=effect.code,
                lines=effect.lines,
            )
        )

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

    def _known(self) -> Order:
        assert self.order is not None
        return self.order

    # --- the end

    def save(self) -> None:
        """Write what changed, once each, and tell the publisher what is free now."""
        unit, now = self.unit, self.now.elapsed
        if self._shipped:
            self._post_shipment()
        post(self._posted, self.cause, self.now, self.rules, self.ids, unit)
        changed: list[ItemQuantity] = []
        for item in self._changed:
            stock = self.stocks[item]
            after = self.rules.atp.available(stock, now)
            if after != self._before[item]:
                changed.append(ItemQuantity(item, sum(after)))
                rates = awake(stock, self._before[item], after, now)
                stock = _with(stock, stock.positions, changed_at=now, rates=rates)
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

    def _post_shipment(self) -> None:
        order = self._known()
        followed = self.rules.reconciliation is not None
        at = self._happened()
        for site in dict.fromkeys(each.site for each in self._shipped):
            here = [each for each in self._shipped if each.site == site]
            self.unit.emit(
                FulfilmentRecorded(
                    id=self.ids.next(),
                    cause=self.cause.id,
                    case=order.id,
                    key=self.ids.next(),
                    site=site,
                    lines=tuple([LineQuantity(each.line, each.units) for each in here if each.units]),
                    items=tuple([ItemQuantity(each.item, each.out) for each in here]),
                    movements=tuple([each.movement for each in here]) if followed else (),
                    receipt=followed,
                )
            )
        if followed:
            rows = [
                ToPost(each.movement, "fulfilment", each.item, each.site, "shipment", order.id, -each.out, 0, at)
                for each in self._shipped
            ]
            follow(rows, self.now, self.rules, self.unit)

    def _happened(self) -> Elapsed:
        """Return when the fact at hand took place, now where it does not say."""
        cause = self.cause
        if isinstance(cause, ShipmentConfirmed | ReturnReceived | ReturnDisposed):
            return cause.at
        return self.now.elapsed


class _Shipped(NamedTuple):
    """What left of one line: units out of stock, units of the order, and the movement in the ledger."""

    site: int
    line: int
    item: int
    out: int
    units: int
    movement: int


_DO: dict[type[Effect], Callable[..., None]] = {
    Answer: Work._answer,
    CommitClaims: Work._ignore,
    KeepClaims: Work._keep,
    ReleaseClaims: Work._give_up,
    ConsumeClaims: Work._consume,
    ChangeDemand: Work._demand,
    Reallocate: Work._reallocate,
    Recount: Work._ignore,
    SendRelease: Work._send,
    RecallRelease: Work._recall,
    CreateErp: Work._create,
    ChangeErp: Work._change,
    CancelErp: Work._cancel,
    GiveBack: Work.give_back,
    OpenException: Work._exception,
    Resume: Work._go_on,
    FinishUndo: Work._finish_undo,
    TakeIn: Work._take_in,
    Grade: Work._grade,
    CreditNote: Work._credit,
    TellReturn: Work._tell_return,
    Archive: Work._archive,
}


def _ordered(order: Order) -> tuple[OrderedLine, ...]:
    return tuple([OrderedLine(line.item, line.ordered - line.cancelled, line.price) for line in order.lines])


def _with(
    stock: ItemStock,
    positions: tuple[Position, ...],
    *,
    waiting: tuple[Waiting, ...] | None = None,
    pledges: tuple[Pledge, ...] | None = None,
    quotas: tuple[Quota, ...] | None = None,
    rates: tuple[SalesRate, ...] | None = None,
    changed_at: int | None = None,
) -> ItemStock:
    return ItemStock(
        stock.item,
        positions,
        stock.claims,
        stock.supply,
        stock.pledges if pledges is None else pledges,
        stock.waiting if waiting is None else waiting,
        stock.quotas if quotas is None else quotas,
        stock.rates if rates is None else rates,
        stock.changed_at if changed_at is None else changed_at,
        stock.disputed,
    )


def _unclaimed(stock: ItemStock) -> int:
    return sum(position.sellable - position.committed for position in stock.positions)


def _less_waiting(waiting: tuple[Waiting, ...], order: int, line: int, quantity: int) -> tuple[Waiting, ...]:
    rest: list[Waiting] = []
    for entry in waiting:
        if quantity and entry.order == order and entry.line == line:
            taken = min(quantity, entry.quantity)
            quantity -= taken
            if entry.quantity > taken:
                rest.append(entry.of(entry.quantity - taken))
        else:
            rest.append(entry)
    return tuple(rest)


def _less_pledged(pledges: tuple[Pledge, ...], order: int, line: int, quantity: int) -> tuple[Pledge, ...]:
    rest: list[Pledge] = []
    for entry in pledges:
        if quantity and entry.order == order and entry.line == line:
            taken = min(quantity, entry.quantity)
            quantity -= taken
            if entry.quantity > taken:
                rest.append(entry.of(entry.quantity - taken))
        else:
            rest.append(entry)
    return tuple(rest)
