"""Lines that wait for supply, and pledged ones whose date comes: stock is claimed for them as far as there is any."""

from policies.ruleset import RuleSet
from twin.middleware.inventory.backorders import without_waiting
from twin.middleware.orders.loading import loaded
from twin.middleware.orders.occasions import WaitingFilled
from twin.middleware.orders.work import Work
from twin.middleware.unit import ITEMS, ORDERS, Outcome, Unit
from twin.model.commands import LineQuantity, PledgeBroken, PledgeDue, SupplyGranted
from twin.model.instant import Now
from twin.model.order import LinePolicy, Order

Part = tuple[int, LineQuantity]
"""Units of one line at one site."""


def grant_supply(message: SupplyGranted, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Allocate units that came free to a line that waits for them, as far as they are still free."""
    order = unit.load(ORDERS, message.case)
    if order is None:
        return Outcome.NOOP
    work = _with_the_line(message, now, rules, unit, order)
    return _fill(work, message.line, message.quantity, pledged=message.pledged)


def redeem_pledge(message: PledgeDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Put stock behind units whose date has come; what cannot be had is a broken promise, and waits from now on."""
    order = unit.load(ORDERS, message.case)
    stock = unit.load(ITEMS, message.item)
    if order is None or stock is None or message.line > len(order.lines):
        return Outcome.NOOP
    line = order.lines[message.line - 1]
    due = sum(
        each.quantity
        for each in stock.pledges
        if each.order == order.id and each.line == line.number and each.due <= now.elapsed
    )
    if due <= 0 or line.item != message.item:
        return Outcome.NOOP
    return _fill(_with_the_line(message, now, rules, unit, order), message.line, due, pledged=True, firm=True)


def _with_the_line(message: SupplyGranted | PledgeDue, now: Now, rules: RuleSet, unit: Unit, order: Order) -> Work:
    """Load the line that is served; all of a ship-complete order, which may be released by it."""
    named = None if order.policy is LinePolicy.SHIP_COMPLETE else {message.line}
    return loaded(message, now, rules, unit, order, named)


def _fill(work: Work, number: int, units: int, *, pledged: bool, firm: bool = False) -> Outcome:
    """Claim up to `units` for a line that waits or is pledged; with `firm` the rest of a pledge is broken."""
    order, now, rules, cause = work.order, work.now, work.rules, work.cause.id
    assert order is not None
    line = order.lines[number - 1]
    stock = work.stocks.get(line.item)
    wanted = min(units, line.pledged if pledged else line.backordered)
    if stock is None or wanted <= 0:
        return Outcome.NOOP
    terms = rules.channels[order.channel]
    seen = without_waiting(stock, order.id, line.number if pledged else 0)
    free = rules.atp.available(seen, now.elapsed)
    room = wanted
    if stock.quotas and not pledged:
        room = min(wanted, rules.availability.promisable(seen, free, order.channel, now.elapsed))
    needs = [(line.item, room)]
    packs = rules.availability.channels[order.channel].whole_units(needs)
    sourced = rules.sourcing.choose(needs, [free], terms.sites_for(order.id, order.sites), packs)
    got = room - sourced.rest[0]
    if order.policy is LinePolicy.SHIP_COMPLETE and got < wanted and not pledged:
        got = 0
    if not got and not firm:
        return Outcome.NOOP
    outcome = Outcome.NOOP
    if got:
        promise = 0 if pledged else terms.ship_by(now)
        outcome = work.move(WaitingFilled(cause, (LineQuantity(line.number, got),), pledged, promise))
        if outcome is not Outcome.APPLIED:
            return outcome
        for site, part in sourced.parts[0]:
            work.grant(line.number, line.item, site, part)
        release_claimed(work)
    if firm and got < wanted:
        outcome = work.move(PledgeBroken(id=cause, lines=(LineQuantity(line.number, wanted - got),)))
    work.save()
    return outcome


def release_claimed(work: Work) -> None:
    """Tell the warehouses to ship what is claimed of the loaded lines and no request speaks of yet."""
    parts = unreleased(work)
    if parts:
        work.release(parts)


def unreleased(work: Work) -> list[Part]:
    """Return what is claimed of the loaded lines, by site, and no request speaks of yet."""
    order = work.order
    assert order is not None
    told: dict[tuple[int, int], int] = {}
    for release in order.releases:
        told[(release.line, release.site)] = told.get((release.line, release.site), 0) + release.quantity
    parts = []
    for claim in work.claims:
        if claim.reservation not in work.reservations:
            continue
        live = work.reservations[claim.reservation].live(work.now.elapsed)
        free = live - told.get((claim.line, claim.site), 0)
        told[(claim.line, claim.site)] = max(0, -free)
        if free > 0:
            parts.append((claim.site, LineQuantity(claim.line, free)))
    return parts
