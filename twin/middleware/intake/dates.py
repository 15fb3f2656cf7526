"""Dates for what cannot be had at once: on expected supply, else after the lead time of a purchase."""

from collections.abc import Sequence

from twin.middleware.intake.planned import Plan
from twin.middleware.inventory.movements import moved
from twin.middleware.orders.occasions import LinePromise
from twin.middleware.orders.work import Work
from twin.model.order import LinePolicy
from twin.model.stock import ItemStock, Pledge


def with_dates(
    found: Plan,
    needs: Sequence[tuple[int, int]],
    order: int,
    channel: int,
    policy: LinePolicy,
    work: Work,
    allowed: tuple[int, ...] = (),
) -> Plan:
    """Return the plan with what is pledged of each line that lacks some, and with the dates of what waits.

    A ship-complete line is pledged whole or not at all. Lines of one item see what the lines before them took.
    """
    rules, now = work.rules, work.now
    sites = [site.position for site in rules.channels[channel].sites_for(order, allowed)]
    whole = policy is LinePolicy.SHIP_COMPLETE
    seen: dict[int, ItemStock] = {}
    for (item, _), parts in zip(needs, found.parts, strict=True):
        seen[item] = _claimed(seen.get(item, work.stocks[item]), parts)
    promises: list[LinePromise] = []
    schedules = dict(found.schedules)
    dated = dict(found.dated)
    for (item, quantity), promise in zip(needs, found.promises, strict=True):
        rest = quantity - promise.confirmed
        later = rules.promising.later(rules.atp, seen[item], sites, now.elapsed, rest, whole=whole)
        pledges = [Pledge(order, promise.line, site, units, due, channel) for site, units, due in later.parts]
        seen[item] = seen[item].changed(pledges=(*seen[item].pledges, *pledges))
        promises.append(LinePromise(promise.line, promise.confirmed, rest - later.rest))
        if later.parts:
            schedules[promise.line] = later.parts
        if later.rest and rules.promising.capable is not None:
            capable = rules.promising.capable.promise(now.wall)
            if capable.due is not None:
                dated[promise.line] = capable.due - now.wall + now.elapsed
    return Plan(tuple(promises), found.parts, found.short, schedules, dated)


def _claimed(stock: ItemStock, parts: Sequence[tuple[int, int]]) -> ItemStock:
    positions = stock.positions
    for site, units in parts:
        positions = moved(positions, site, committed=units)
    return stock.changed(positions=positions)
