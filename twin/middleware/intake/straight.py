"""The plain order in one stride: all of it is free at one place, and nobody waits for it or has a part of it kept.

What the promise, the rows of the order table and the working set do one after the other comes to a handful of rows and
messages then, which are made here in one pass over the lines; rows, messages and ids are the same, and a test holds
them to that. Free stock and the place are asked of the policies, as ever. Whatever is out of the ordinary goes the long
way: `in_one_stride` returns None before it has written anything.
"""

from collections.abc import Sequence

from policies.ruleset import RuleSet
from policies.stock_buffer import sold
from twin.middleware.inventory.movements import moved
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS, Outcome, Unit
from twin.model.commands import BackorderExpired, ItemQuantity, LineQuantity, SubmitOrder
from twin.model.events import AvailabilityChanged, CreateErpOrder, OrderAnswered, ReleaseToWarehouse
from twin.model.ids import Ids
from twin.model.instant import Elapsed, Now
from twin.model.order import Erp, Intake, Line, Order, OrderClaim, Release
from twin.model.stock import ItemStock, Reservation, SalesRate

_VERSION = 5
"""Rows 1, 2, 9, 12 and 16 of the order table have moved it."""


def in_one_stride(
    command: SubmitOrder, stocks: Sequence[ItemStock | None], now: Now, rules: RuleSet, unit: Unit
) -> Outcome | None:
    """Accept an unknown order of which nothing more is asked; `stocks` are the records of its lines' items.

    Returns None, with nothing written, where it is not plain: an item is unknown, named twice, waited for, kept,
    pledged, in dispute or under quotas; or no place that serves the channel has all of it.
    """
    place = _place(command, stocks, now.elapsed, rules)
    if place is None:
        return None
    site, free = place
    ids = Ids(command.id)
    key = ids.next()
    lines: list[Line] = []
    amounts: list[LineQuantity] = []
    claims: list[OrderClaim] = []
    releases: list[Release] = []
    items: list[ItemQuantity] = []
    changed: list[ItemQuantity] = []
    half_life = rules.rate_half_life_us
    for number, (line, stock, there) in enumerate(zip(command.lines, stocks, free, strict=True), 1):
        assert stock is not None
        item, quantity, claim = line.item, line.quantity, ids.next()
        lines.append(Line(number, item, quantity, 0, 0, quantity, price=line.price))
        amounts.append(LineQuantity(number, quantity))
        claims.append(OrderClaim(number, site, claim))
        releases.append(Release(key, site, number, quantity))
        items.append(ItemQuantity(item, quantity))
        changed.append(ItemQuantity(item, there - quantity))
        unit.save(RESERVATIONS, claim, Reservation(claim, command.case, number, item, site, quantity, True))
        rates = _sold(stock, quantity, command.channel, now.elapsed, rules) if half_life else stock.rates
        positions = moved(stock.positions, site, committed=quantity)
        unit.save(ITEMS, item, ItemStock(item, positions, (), stock.supply, (), (), (), rates, now.elapsed))
    wait = rules.cancel_after_us
    order = Order(
        id=command.case,
        channel=command.channel,
        number=command.number,
        revision=command.revision,
        fingerprint=command.fingerprint,
        policy=rules.channels[command.channel].line_policy,
        lines=tuple(lines),
        placed_at=command.placed_at,
        intake=Intake.ACCEPTED,
        erp=Erp.SENT,
        releases=tuple(releases),
        claims=tuple(claims),
        promise=rules.channels[command.channel].ship_by(now),
        cancel_after=now.elapsed + wait if wait else 0,
        accepted_at=now.elapsed,
        version=_VERSION,
        cause=command.id,
        document=command.document,
    )
    unit.save(ORDERS, order.id, order)
    _tell(order, command, tuple(amounts), releases[0], tuple(items), tuple(changed), ids, now.elapsed, unit)
    return Outcome.ACCEPTED


def _place(
    command: SubmitOrder, stocks: Sequence[ItemStock | None], now: Elapsed, rules: RuleSet
) -> tuple[int, list[int]] | None:
    """Return the site that has the whole order, and how much of each line's item is free everywhere."""
    lines, channel = command.lines, command.channel
    available: list[tuple[int, ...]] = []
    needs: dict[int, int] = {}
    for line, stock in zip(lines, stocks, strict=True):
        if stock is None or stock.claims or stock.waiting or stock.pledges or stock.quotas or stock.disputed:
            return None
        available.append(rules.atp.available(stock, now))
        needs[line.item] = line.quantity
    rule = rules.availability.channels[channel]
    asked = list(needs.items())
    if len(asked) < len(lines) or rule.whole_units(asked):
        return None
    found = rules.sourcing.choose(asked, available, rules.channels[channel].sites_for(command.case))
    if found.reason != "SINGLE":
        return None
    site = found.parts[0][0][0]
    if rule.sites is not None and site not in rule.sites:
        return None
    return site, [sum(at) for at in available]


def _sold(stock: ItemStock, quantity: int, channel: int, now: Elapsed, rules: RuleSet) -> tuple[SalesRate, ...]:
    """Return an item's rates of sale after a sale on a channel."""
    rates = list(stock.rates) or [SalesRate()] * len(rules.channels)
    rates[channel] = sold(rates[channel], quantity, now, rules.rate_half_life_us)
    return tuple(rates)


def _tell(
    order: Order,
    command: SubmitOrder,
    amounts: tuple[LineQuantity, ...],
    release: Release,
    items: tuple[ItemQuantity, ...],
    changed: tuple[ItemQuantity, ...],
    ids: Ids,
    now: Elapsed,
    unit: Unit,
) -> None:
    """Let the channel, the ERP, the warehouse and the publishers hear of it."""
    cause, case = command.id, order.id
    unit.emit(
        OrderAnswered(
            id=ids.next(), cause=cause, case=case, channel=order.channel, number=order.number, code="IA", lines=amounts
        )
    )
    unit.emit(
        CreateErpOrder(
            id=ids.next(), cause=cause, case=case, external=case, lines=command.lines, document=command.document
        )
    )
    if order.cancel_after:
        unit.schedule(order.cancel_after, BackorderExpired(id=ids.next(), cause=cause, case=case))
    unit.emit(
        ReleaseToWarehouse(
            id=ids.next(), cause=cause, case=case, site=release.site, release=release.key, lines=amounts, items=items
        )
    )
    unit.emit(AvailabilityChanged(id=ids.next(), cause=cause, rows=changed, at=now))
