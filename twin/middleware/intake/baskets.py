"""Baskets: what is free of their lines is kept for a while, longer once the buyer has begun to check out, then let go.

A claim of a basket is a soft one like that of an order that is held (DOMAIN 5): nobody else is promised its units, and
it is over at its moment, whatever has been written down. When the order comes under the basket's case, its claims
become the order's and harden as it is accepted. What could not be kept is looked for again then.
"""

from collections.abc import Sequence
from typing import Final

from policies.ruleset import RuleSet
from policies.stock_buffer import given_back
from twin.middleware.intake.submit import plan
from twin.middleware.inventory.backorders import serve_waiting
from twin.middleware.inventory.reservation import EntryCode, Expire, Extend, apply
from twin.middleware.inventory.soft_claims import extended_claim, without_claim
from twin.middleware.orders.soft import keep_for
from twin.middleware.orders.work import Work
from twin.middleware.unit import BASKETS, ITEMS, ORDERS, RESERVATIONS, Outcome, Unit
from twin.model.basket import Basket
from twin.model.commands import BasketDue, BasketFilled, CheckoutBegun, ItemQuantity
from twin.model.events import AvailabilityChanged, BasketAnswered
from twin.model.ids import Ids
from twin.model.instant import Elapsed, Now
from twin.model.message import Message
from twin.model.order import LinePolicy
from twin.model.stock import ItemStock, Reservation

LINES_MAX: Final = 100
"""Most lines of a basket for which something is kept."""


def fill_basket(command: BasketFilled, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Keep what is free of a basket's lines, as much as there is; of one that is known nothing changes."""
    lines = command.lines[:LINES_MAX]
    known, order = unit.load(BASKETS, command.case), unit.load(ORDERS, command.case)
    found = unit.load_many(ITEMS, [line.item for line in lines])
    if not rules.basket_us or known is not None or order is not None:
        return Outcome.NOOP
    stocks = {stock.item: stock for stock in found if stock is not None}
    needs = [(line.item, line.quantity) for line in lines if line.item in stocks and line.quantity > 0]
    work = Work(command, now, rules, unit, None, stocks, {})
    planned = plan(work, command.case, command.channel, needs, LinePolicy.PARTIAL)
    until = now.elapsed + rules.basket_us
    kept: dict[int, int] = {}
    for number, ((item, _), parts) in enumerate(zip(needs, planned.parts, strict=True), 1):
        for site, units in parts:
            keep_for(work, command.case, command.channel, number, item, site, units, until)
            kept[item] = kept.get(item, 0) + units
    if work.claims:
        unit.save(BASKETS, command.case, Basket(command.channel, tuple(work.claims), until))
        unit.schedule(until, BasketDue(id=work.ids.next(), cause=command.id, case=command.case))
    rows = tuple([ItemQuantity(item, units) for item, units in kept.items()])
    _answer(command, command.channel, until if rows else 0, rows, work.ids, unit)
    work.save()
    return Outcome.APPLIED


def extend_basket(command: CheckoutBegun, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Keep a basket until its buyer can have paid; what has lapsed meanwhile does not come back."""
    basket = unit.load(BASKETS, command.case)
    if basket is None or now.elapsed >= basket.until:
        return Outcome.NOOP
    held, stocks = _held(basket, unit)
    ids, until = Ids(command.id), now.elapsed + rules.checkout_us
    kept: dict[int, int] = {}
    for reservation in held:
        after, code = apply(reservation, Extend(ids.next(), until), now.elapsed)
        if code is EntryCode.OK:
            unit.save(RESERVATIONS, after.id, after)
            stocks[after.item] = extended_claim(stocks[after.item], after.id, after.expires_at)
            kept[after.item] = kept.get(after.item, 0) + after.live(now.elapsed)
    for item in kept:
        unit.save(ITEMS, item, stocks[item])
    longer = basket.extended(until)
    unit.save(BASKETS, command.case, longer)
    if longer.until > basket.until:
        unit.schedule(longer.until, BasketDue(id=ids.next(), cause=command.id, case=command.case))
    rows = tuple([ItemQuantity(item, units) for item, units in kept.items()])
    _answer(command, basket.channel, longer.until, rows, ids, unit)
    return Outcome.APPLIED


def lapse_basket(message: BasketDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Write down that what was kept for a basket is over; one that was extended has another timer."""
    basket = unit.load(BASKETS, message.case)
    if basket is None or now.elapsed < basket.until:
        return Outcome.NOOP
    held, stocks = _held(basket, unit)
    ids = Ids(message.id)
    for reservation in held:
        after, code = apply(reservation, Expire(ids.next()), now.elapsed)
        if code is EntryCode.OK:
            stock = without_claim(stocks[after.item], after.id, after.granted)
            quotas = given_back(stock.quotas, basket.channel, after.expired, now.elapsed)
            stocks[after.item] = stock.changed(quotas=quotas, changed_at=now.elapsed)
            unit.save(RESERVATIONS, after.id, after)
        unit.archive(RESERVATIONS, after.id)
    for item, stock in stocks.items():
        serve_waiting(stock, message, now, rules, ids, unit)
        unit.save(ITEMS, item, stock)
    rows = tuple([ItemQuantity(item, sum(rules.atp.available(each, now.elapsed))) for item, each in stocks.items()])
    unit.emit(AvailabilityChanged(id=ids.next(), cause=message.id, rows=rows, at=now.elapsed, marked=True))
    unit.archive(BASKETS, message.case)
    _answer(message, basket.channel, 0, (), ids, unit)
    return Outcome.APPLIED


def _held(basket: Basket, unit: Unit) -> tuple[Sequence[Reservation], dict[int, ItemStock]]:
    """Return the claims of a basket, and the records of their items."""
    rows = unit.load_many(RESERVATIONS, [claim.reservation for claim in basket.claims])
    held = [row for row in rows if row is not None]
    found = unit.load_many(ITEMS, list(dict.fromkeys([row.item for row in held])))
    return held, {stock.item: stock for stock in found if stock is not None}


def _answer(cause: Message, channel: int, until: Elapsed, kept: tuple[ItemQuantity, ...], ids: Ids, unit: Unit) -> None:
    unit.emit(BasketAnswered(id=ids.next(), cause=cause.id, case=cause.case, channel=channel, until=until, kept=kept))
