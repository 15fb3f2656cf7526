"""S-2c, S-10, S-10b and S-12: what orders are promised and what channels are told, against a plain reading of a record.

The reference here is written for what most items are: no quotas, no pledges, no dated waiting demand. Where it does not
apply nothing is said, and nothing is counted as checked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from actors.transactor import Direct
from policies.kits import Part
from policies.stock_buffer import ChannelAvailability
from twin.middleware.unit import ABSENCES, ITEMS, MASTER, ORDERS
from twin.model.commands import EvaluatePublication, ItemQuantity, SubmitOrder
from twin.model.events import OrderAnswered, PublishStock
from twin.model.instant import DAY, Elapsed
from twin.model.master import MasterItem
from twin.model.message import Message
from twin.model.order import Line, Order
from twin.model.stock import ItemStock
from twin.world.checks.findings import Findings

_ITEMS, _ABSENCES, _ORDERS, _MASTER = ITEMS.number, ABSENCES.number, ORDERS.number, MASTER.number


class Sale(NamedTuple):
    """What a buyer was shown when he bought one item."""

    item: int
    sold: int
    showed: int
    as_of: Elapsed


class PromiseChecks:
    """The checks of intake and publication.

    `excuse_window[channel]` is W in microseconds, as configured; `stands_for` what else was sold with an item: a kit's
    components, and what replaces it.
    """

    def __init__(
        self,
        findings: Findings,
        availability: ChannelAvailability,
        excuse_window: Sequence[Elapsed],
        stands_for: Mapping[int, Sequence[Part]],
    ) -> None:
        self.findings = findings
        self.availability = availability
        self.excuse_window = excuse_window
        self.stands_for = stands_for
        self.held: Callable[[int, Elapsed], Elapsed] = lambda channel, since: 0
        """How long faults held a channel's figures and orders since a moment."""
        self.excused_units = 0
        self._looks: list[Sale] = []
        self._sales: dict[int, tuple[Sale, ...]] = {}
        self._wrong: set[tuple[int, int, Elapsed]] = set()
        self._told: dict[tuple[int, int], tuple[int, Elapsed, ItemStock, bool, Elapsed]] = {}
        """The last figure published to a channel of an item: how many, when, from which record, whether in silence."""
        self._ruled_at: Elapsed = -1

    def ruled(self, availability: ChannelAvailability, now: Elapsed) -> None:
        """The rules of what is published have changed: what was evaluated until now is judged by none."""
        self.availability, self._ruled_at = availability, now
        self._told.clear()

    # --- S-10: the sale

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

    # --- intake

    def taken_in(self, message: SubmitOrder, unit: Direct) -> None:
        """An order was taken in: what it got must have been free, and what it lacked must have its excuse."""
        sales = self._sales.pop(message.case, ())
        for event in unit.events:
            if type(event) is OrderAnswered:
                self._promised(message, event, unit)
                for short in event.short:
                    self.findings.met["S-10"] += 1
                    reason = self._no_excuse(message.channel, short.item, sales)
                    if reason is None:
                        self.excused_units += short.quantity
                    else:
                        self.findings.broken(
                            "S-10",
                            f"order {message.case} item {short.item} channel {message.channel}",
                            message,
                            f"{short.quantity} units oversold: {reason}",
                        )

    def _promised(self, message: SubmitOrder, answer: OrderAnswered, unit: Direct) -> None:
        """S-2c: per item, claims come from what is free, and `short` is only what is not."""
        before, after = unit.reads.get(_ITEMS, {}), unit.writes.get(_ITEMS, {})
        asked: dict[int, int] = {}
        for line in _ordered(unit):
            asked[line.item] = asked.get(line.item, 0) + line.ordered
        lacking: dict[int, int] = {}
        for row in answer.short:
            lacking[row.item] = lacking.get(row.item, 0) + row.quantity
        now, sites = self.findings.clock(), self.availability.channels[message.channel].sites
        for item, quantity in asked.items():
            stock, left = before.get(item), after.get(item)
            free = _free(stock, now, message.case) if isinstance(stock, ItemStock) and _plain(stock, now) else None
            if free is None or not isinstance(stock, ItemStock):
                continue
            self.findings.met["S-2c"] += 1
            if isinstance(left, ItemStock):
                for site, (old, new) in enumerate(zip(stock.positions, left.positions, strict=True)):
                    taken = new.committed - old.committed
                    if taken > free[site]:
                        told = f"{taken} units promised at site {site} where {free[site]} were free"
                        self.findings.broken("S-2c", f"order {message.case} item {item}", message, told)
            there = sum(free) if sites is None else sum([free[site] for site in sites])
            if lacking.get(item, 0) > max(0, quantity - there):
                told = f"{lacking[item]} of {quantity} units refused where {there} were free"
                self.findings.broken("S-2c", f"order {message.case} item {item}", message, told)

    def _no_excuse(self, channel: int, item: int, sales: Sequence[Sale]) -> str | None:
        mine = [sale for sale in sales if sale.item == item]
        if not mine:
            return "the channel's sale is not known"
        now = self.findings.clock()
        for sale in mine:
            if sale.showed < sale.sold:
                return f"the channel showed {sale.showed} and sold {sale.sold}"
            if (channel, item, sale.as_of) in self._wrong:
                return f"the figure was wrong at its as_of {sale.as_of}"
            age, window = now - sale.as_of, self.excuse_window[channel]
            if age > window and age > window + self.held(channel, sale.as_of):
                return f"the figure was {age} us old, configured are {window} us"
        return None

    # --- publication

    def published(self, message: Message, unit: Direct) -> None:
        """Figures were published from the ledger, or from a file."""
        rows, masters = unit.reads.get(_ITEMS, {}), unit.reads.get(_MASTER, {})
        closed = {id: isinstance(row, MasterItem) and row.closed for id, row in masters.items()}
        silent = any(row is not None for row in unit.reads.get(_ABSENCES, {}).values())
        for event in unit.events:
            if type(event) is PublishStock:
                for figure in event.rows:
                    stock = rows.get(figure.item)
                    if closed and closed.get(figure.item, False):
                        self._off_sale(message, event, figure)
                    elif isinstance(stock, ItemStock):
                        self._figure(message, event, stock, figure.quantity, silent)

    def _off_sale(self, message: Message, event: PublishStock, figure: ItemQuantity) -> None:
        """Judge the figure of an item that its master has taken off sale; what is shown when it is back is new."""
        self.findings.met["S-10b"] += 1
        self._told.pop((event.channel, figure.item), None)
        if figure.quantity:
            told = f"published {figure.quantity} of an item that is off sale"
            self.findings.broken("S-10b", f"item {figure.item} channel {event.channel}", message, told)

    def _figure(self, message: Message, event: PublishStock, stock: ItemStock, quantity: int, silent: bool) -> None:
        """Judge one figure; while a site is `silent` its fallback may show less than the ledger says."""
        channel, item, as_of = event.channel, stock.item, event.as_of
        if as_of <= self._ruled_at:
            return
        waited = message.wait_us if isinstance(message, EvaluatePublication) else 0
        right = published(self.availability, stock, channel, as_of, waited) if stock.changed_at <= as_of else None
        if right is not None:
            self.findings.met["S-10b"] += 1
            if quantity > right or (quantity < right and not silent):
                self._wrong.add((channel, item, as_of))
                told = f"published {quantity}, right at {as_of} was {right}"
                self.findings.broken("S-10b", f"item {item} channel {channel}", message, told)
        place = (channel, item)
        last = self._told.get(place)
        self._told[place] = quantity, as_of, stock, silent, waited
        if last is None or quantity <= last[0]:
            return
        self.findings.met["S-12"] += 1
        before, at, record, was_silent, had_waited = last
        if record is stock and right is not None and not was_silent:
            then = published(self.availability, stock, channel, at, had_waited)
            if then is not None and right <= then:
                told = f"published {before} at {at} and {quantity} at {as_of}, and nothing had changed"
                self.findings.broken("S-12", f"item {item} channel {channel}", message, told)


def published(
    rules: ChannelAvailability, stock: ItemStock, channel: int, now: Elapsed, waited: Elapsed = 0
) -> int | None:
    """Return what a channel must be told of an item, computed plainly from its row: the reference of S-10b.

    Safety is withheld at each site, the buffer and the cap from the sum, floored to whole sell units. None: the
    reference does not apply (`_plain`).
    """
    if not _plain(stock, now):
        return None
    rule = rules.channels[channel]
    total, sites, safety = 0, rule.sites, rules.safety or None
    for site, free in enumerate(_free(stock, now)):
        if sites is None or site in sites:
            total += free if safety is None else max(0, free - safety.units(stock.item, site, rule.method))
    told = total - rule.buffer.size(stock, channel, now, total, waited)
    if rule.depth:
        told += max(0, rule.depth - sum(line.quantity for line in stock.waiting))
    if rule.cap is not None:
        told = min(told, rule.cap)
    return max(0, told) // rule.unit_of(stock.item)


def _ordered(unit: Direct) -> Sequence[Line]:
    """Return the lines of the order that a unit wrote, in quanta of the items that are taken."""
    return next((row.lines for row in unit.writes.get(_ORDERS, {}).values() if isinstance(row, Order)), ())


def _plain(stock: ItemStock, now: Elapsed) -> bool:
    """Tell whether the reference reads this record: no quotas, pledges or dated waiting demand.

    Waiting demand that may be served from a receipt due within a day spares what is free, so it is left out too.
    """
    if stock.quotas or stock.pledges:
        return False
    if not (stock.waiting or stock.disputed):
        return True
    if any(line.due for line in stock.waiting):
        return False
    return not any(receipt.due < now + DAY for receipt in stock.supply)


def _free(stock: ItemStock, now: Elapsed, order: int = 0) -> list[int]:
    """Return what is free at each site: sellable - committed - live soft claims, never below 0.

    What an `order` holds does not count for itself. Waiting demand and units in dispute take from the sites in order.
    """
    if not (stock.claims or stock.waiting or stock.disputed):
        return [free if (free := each.sellable - each.committed) > 0 else 0 for each in stock.positions]
    waiting = stock.disputed + sum([line.quantity for line in stock.waiting])
    found = []
    for site, position in enumerate(stock.positions):
        free = position.sellable - position.committed
        if stock.claims:
            others = [claim for claim in stock.claims if claim.site == site and claim.order != order]
            free -= sum([claim.quantity for claim in others if now < claim.expires_at])
        charged = max(0, min(waiting, free))
        waiting -= charged
        found.append(max(0, free - charged))
    return found
