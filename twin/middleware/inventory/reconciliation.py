"""The books of warehouses and ERP compared at a common cut, by the authority of each attribute.

Theory of operation. A comparison of figures that were read at different moments finds what happened in between. So the
cut is announced before it comes, every party says what its book was at that very moment, and what was on its way from
a warehouse into the ERP at the cut is taken from our own record of it. Then, item by item:

First our ledger against the warehouses, whose count is the authority. A difference may still be under way as facts; the
same difference at two cuts is not, and becomes a movement (LEDGER_DRIFT). It is not posted: whether the ERP has what
our ledger had lost can only be seen there, and after a restore it mostly has. Only an item on which both agree goes on.

Then the warehouses against the ERP's booked stock plus what was on its way. Within tolerance the difference is posted
to the ERP, as a movement of its own that refers to this cut; beyond it somebody must look (RECONCILIATION), and the
units that are not in both books are promised to nobody until a later cut explains them. A difference of an item whose
ledger was mended since the last comparison has its explanation, and is posted whatever the tolerance.

Tried and dropped: posting what the ledger was mended by. After a restore of our store that booked twice in the ERP what
it had been told before.

Last, what the ERP has still to deliver against what we have promised: ours rules, so a difference that stays is only
reported (ERP_COMMIT_DIFF), as is a posting that has been on its way for too long (POSTING_BLOCKED).
"""

from collections.abc import Mapping

from policies.reconciliation import Finding, Reconciliation
from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import notice
from twin.middleware.inventory.movements import moved
from twin.middleware.inventory.posting import send
from twin.middleware.unit import CUTS, FLIGHTS, ITEMS, MOVEMENTS, Outcome, Unit
from twin.model.chance import stream_id
from twin.model.commands import ItemQuantity, ReconcileDue, StockCut
from twin.model.events import AvailabilityChanged, StockCutAsked
from twin.model.ids import Ids, derive
from twin.model.instant import Elapsed, Now
from twin.model.posting import ERP_BOOK, Book, Cut, Flight, Flights, ToPost
from twin.model.stock import Bucket, ItemStock, Movement

_NEXT = 1_000_003
"""Which of a message's derived ids the next comparison has; far beyond those that `Ids` counts."""


def comparisons(rules: RuleSet) -> list[tuple[Elapsed, ReconcileDue]]:
    """Return when the first comparison of the books is announced (elapsed), and the message that does it."""
    rule = rules.reconciliation
    if rule is None:
        return []
    return [(max(1, rule.every_us - rule.ahead_us), ReconcileDue(id=stream_id("reconciliation")))]


def begin_reconciliation(command: ReconcileDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Announce the next cut to every party, and come back after the interval."""
    rule = rules.reconciliation
    if rule is None:
        return Outcome.NOOP
    ids = Ids(command.id)
    cut = now.elapsed + rule.ahead_us
    for site in (ERP_BOOK, *range(rule.sites)):
        unit.emit(StockCutAsked(id=ids.next(), cause=command.id, site=site, cut=cut))
    unit.schedule(now.elapsed + rule.every_us, ReconcileDue(id=derive(command.id, _NEXT), cause=command.id))
    return Outcome.APPLIED


def take_cut(message: StockCut, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Keep a party's book; when the last one has come, compare. A book of another moment is no use and is dropped."""
    rule = rules.reconciliation
    if rule is None or message.as_of != message.cut:
        return Outcome.SUPERSEDED
    key = derive(message.cut, message.part)
    known = unit.load(CUTS, key) or Cut(message.cut)
    if any(book.site == message.site for book in known.books):
        return Outcome.DUPLICATE
    books = {book.site: book for book in (*known.books, Book(message.site, message.rows, message.demand))}
    if len(books) <= rule.sites:
        unit.save(CUTS, key, Cut(message.cut, tuple(books.values())))
        return Outcome.APPLIED
    unit.archive(CUTS, key)
    _Comparison(message, rule, now, rules, unit).compare(books)
    return Outcome.APPLIED


class _Comparison:
    """All books of one part of the items at one cut."""

    def __init__(self, message: StockCut, rule: Reconciliation, now: Now, rules: RuleSet, unit: Unit) -> None:
        self.message = message
        self.cut = message.cut
        self.rule = rule
        self.now = now
        self.rules = rules
        self.unit = unit
        self.ids = Ids(message.id)

    def compare(self, books: Mapping[int, Book]) -> None:
        booked = {row.item: row.quantity for row in books[ERP_BOOK].rows}
        demand = {row.item: row.quantity for row in books[ERP_BOOK].demand}
        counted: dict[int, list[int]] = {item: [0] * self.rule.sites for item in booked}
        for site, book in books.items():
            if site != ERP_BOOK:
                for row in book.rows:
                    counted.setdefault(row.item, [0] * self.rule.sites)[site] = row.quantity
        items = list(counted)
        stocks = self.unit.load_many(ITEMS, items)
        flights = self.unit.load_many(FLIGHTS, items)
        for item, stock, known in zip(items, stocks, flights, strict=True):
            if stock is not None:
                old = known or Flights()
                self._item(stock, old, counted[item], booked.get(item, 0), demand.get(item, 0))

    def _item(self, stock: ItemStock, flights: Flights, counted: list[int], booked: int, demand: int) -> None:
        after = stock
        gap = sum(counted) - _ledger_at(stock, flights, self.cut)
        corrections: list[ToPost] = []
        explained = flights.explained
        if gap:
            if gap == flights.ledger_gap:
                after = self._mend(stock, flights, counted)
                gap, explained = 0, True
        else:
            under_way = sum(row.change for row in flights.rows if _in_flight(row, self.cut))
            after = self._against_erp(stock, sum(counted), booked, under_way, explained, corrections)
            explained = False
        commitment = demand - _promised(stock)
        if commitment and commitment == flights.commitment_gap:
            self._notice("ERP_COMMIT_DIFF", stock.item, f"the ERP owes {commitment:+d} units against us")
        if any(row.booked_at < 0 and self.now.elapsed - row.at > self.rule.blocked_after_us for row in flights.rows):
            self._notice("POSTING_BLOCKED", stock.item, "a movement has not reached the ERP")
        self._save(stock, after, flights, corrections, gap, commitment, explained)

    def _mend(self, stock: ItemStock, flights: Flights, counted: list[int]) -> ItemStock:
        """Take over what the warehouses have, site by site, as movements against the book of the cut."""
        positions, mended = stock.positions, 0
        for site, found in enumerate(counted):
            change = found - _site_at(stock, flights, site, self.cut)
            if change:
                movement = self.ids.next()
                source, target = (Bucket.OUTSIDE, Bucket.SELLABLE) if change > 0 else (Bucket.SELLABLE, Bucket.OUTSIDE)
                at, reason = self.cut, "reconciliation"
                self.unit.save(
                    MOVEMENTS,
                    movement,
                    Movement(
                        movement,
                        self.message.id,
                        stock.item,
                        site,
                        source,
                        target,
                        abs(change),
                        reason,
                        at,
                        self.now.elapsed,
                    ),
                )
                positions = moved(positions, site, sellable=change)
                mended += change
        self._notice("LEDGER_DRIFT", stock.item, f"our ledger was mended by {mended:+d}")
        return stock.changed(positions=positions)

    def _against_erp(
        self,
        stock: ItemStock,
        counted: int,
        booked: int,
        under_way: int,
        explained: bool,
        corrections: list[ToPost],
    ) -> ItemStock:
        found = self.rule.tolerance_of(stock.item).compare(counted, booked, under_way)
        if found.finding is Finding.EXCEPTION and not explained:
            detail = f"warehouses {counted}, ERP {booked}, on their way {under_way}: {found.difference:+d}"
            self._notice("RECONCILIATION", stock.item, detail)
            return stock.changed(disputed=max(0, counted - min(counted, booked + under_way)))
        if found.finding is not Finding.MATCH:
            movement, reason = self.ids.next(), "reconciliation"
            change, at = found.difference, self.cut
            corrections.append(ToPost(movement, "correction", stock.item, -1, reason, 0, change, 0, at))
        return stock.changed(disputed=0) if stock.disputed else stock

    def _save(
        self,
        stock: ItemStock,
        after: ItemStock,
        flights: Flights,
        corrections: list[ToPost],
        gap: int,
        commitment: int,
        explained: bool,
    ) -> None:
        unit, now = self.unit, self.now.elapsed
        if corrections:
            send(corrections, self.message, self.now, self.rules, self.ids, unit)
        new = tuple([Flight(row.movement, row.site, row.change, row.at) for row in corrections])
        left = Flights((*flights.rows, *new), gap, commitment, explained)
        if left != flights:
            unit.save(FLIGHTS, stock.item, left)
        if after is not stock:
            free = self.rules.atp.available(after, now)
            if free != self.rules.atp.available(stock, now):
                after = after.changed(changed_at=now)
                rows = (ItemQuantity(stock.item, sum(free)),)
                unit.emit(AvailabilityChanged(id=self.ids.next(), cause=self.message.id, rows=rows, at=now))
            unit.save(ITEMS, stock.item, after)

    def _notice(self, code: str, item: int, detail: str) -> None:
        notice(
            self.message,
            code,
            item,
            f"item {item} at the cut of {self.cut} us: {detail}",
            self.now,
            self.rules,
            self.unit,
        )


def _in_flight(row: Flight, cut: Elapsed) -> bool:
    """Tell whether a movement had happened and was not yet in the ERP's book at the cut."""
    return row.at <= cut and (row.booked_at < 0 or row.booked_at > cut)


def _ledger_at(stock: ItemStock, flights: Flights, cut: Elapsed) -> int:
    """Return what our ledger had on hand at the cut, over all sites."""
    return sum(_site_at(stock, flights, site, cut) for site in range(len(stock.positions)))


def _site_at(stock: ItemStock, flights: Flights, site: int, cut: Elapsed) -> int:
    since = sum(row.change for row in flights.rows if row.site == site and row.at > cut)
    return stock.positions[site].on_hand - since


def _promised(stock: ItemStock) -> int:
    """Return the units that accepted orders have still to get."""
    claimed = sum(position.committed for position in stock.positions)
    return claimed + sum(line.quantity for line in stock.waiting) + sum(pledge.quantity for pledge in stock.pledges)
