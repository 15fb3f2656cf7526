"""Who is served when stock comes free: promised dates first, then those who wait, by the design's rule.

A receipt is the supply that pledges count on, so they take from it by date before anybody else; what they take is not
offered twice. The rest, less what later pledges count on, is handed out among the waiting lines in one decision; a run
that has to break a promise it must keep changes nothing and is an exception. Every line served is told by a message of
its own, so that no transaction touches many orders; until it comes, availability counts the line as waiting, and no
new order can take its units.
"""

from collections.abc import Sequence
from functools import partial

from policies.allocation import Claimant, FairShare
from policies.backorder import Demand
from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import notice
from twin.middleware.inventory.protected import within_quotas
from twin.middleware.unit import Unit
from twin.model.commands import SupplyGranted
from twin.model.ids import Ids
from twin.model.instant import Now
from twin.model.message import Message
from twin.model.order import LinePolicy
from twin.model.stock import ItemStock, Pledge, Position, Waiting


def serve_waiting(
    stock: ItemStock,
    cause: Message,
    now: Now,
    rules: RuleSet,
    ids: Ids,
    unit: Unit,
    arrived: Sequence[tuple[int, int]] = (),
) -> None:
    """Offer what is free to who waits for the item; nothing is taken here. `arrived` are (site, units) of receipts."""
    if not (stock.waiting or stock.pledges):
        return
    pledged = _kept(stock, arrived)
    left = rules.atp.available(_behind(stock, pledged), now.elapsed)
    waiting = [line for line in stock.waiting if _reached(line, left, rules)]
    demands = [_promised(pledge, units) for pledge, units in pledged]
    demands += [_waiting(line, rules) for line in waiting]
    promised, free = len(pledged), sum(left)
    given: Sequence[int] | None
    if stock.quotas:
        run = partial(_decided, promised=promised, free=free, rules=rules)
        given = within_quotas(run, demands, promised, stock, left, rules, now.elapsed)
    else:
        given = _decided(demands, promised, free, rules)
    if given is None:
        detail = f"item {stock.item}: {free} units free do not keep what was confirmed"
        notice(cause, "BOP_VIOLATION", stock.item, detail, now, rules, unit)
        return
    for place, (demand, units) in enumerate(zip(demands, given, strict=True)):
        if units:
            granted = SupplyGranted(
                id=ids.next(),
                cause=cause.id,
                case=demand.order,
                line=demand.line,
                item=stock.item,
                quantity=units,
                pledged=place < promised,
            )
            unit.schedule(now.elapsed, granted)


def without_waiting(stock: ItemStock, order: int = 0, line: int = 0) -> ItemStock:
    """Return the record as a line that is being served sees it: nobody waits, and its own pledges are not demand."""
    pledges = tuple([each for each in stock.pledges if (each.order, each.line) != (order, line)])
    return stock.changed(waiting=(), pledges=pledges)


def _kept(stock: ItemStock, arrived: Sequence[tuple[int, int]]) -> list[tuple[Pledge, int]]:
    """Return the pledges that a receipt serves and their units, by date."""
    served: list[tuple[Pledge, int]] = []
    for site, units in arrived:
        position = stock.positions[site]
        left = min(units, position.sellable - position.committed)
        for pledge in sorted(stock.pledges, key=lambda each: (each.due, each.order, each.line)):
            if left > 0 and pledge.site == site:
                part = min(left, pledge.quantity)
                served.append((pledge, part))
                left -= part
    return served


def _behind(stock: ItemStock, served: Sequence[tuple[Pledge, int]]) -> ItemStock:
    """Return the record after the served pledges have become claims, with nobody waiting."""
    positions = list(stock.positions)
    rest: list[Pledge] = []
    taken = {id(pledge): units for pledge, units in served}
    for pledge in stock.pledges:
        units = taken.get(id(pledge), 0)
        if units:
            old = positions[pledge.site]
            positions[pledge.site] = Position(old.sellable, old.quality, old.damaged, old.held, old.committed + units)
        if units < pledge.quantity:
            rest.append(pledge.of(pledge.quantity - units))
    return stock.changed(positions=tuple(positions), pledges=tuple(rest), waiting=())


def _reached(line: Waiting, left: Sequence[int], rules: RuleSet) -> bool:
    """Tell whether something is free at a site that serves the line's channel."""
    sites = rules.availability.channels[line.channel].sites
    return any(left) if sites is None else any(left[site] for site in sites)


def _promised(pledge: Pledge, units: int) -> Demand:
    return Demand(pledge.order, pledge.line, pledge.channel, units, units, pledge.due)


def _waiting(line: Waiting, rules: RuleSet) -> Demand:
    whole = rules.channels[line.channel].line_policy is LinePolicy.SHIP_COMPLETE
    return Demand(line.order, line.line, line.channel, line.quantity, 0, line.due, line.since, whole)


def _decided(demands: Sequence[Demand], promised: int, free: int, rules: RuleSet) -> Sequence[int] | None:
    """Return the units of each demand, of which the first `promised` hold theirs; None: nothing may change."""
    rule = rules.backorders
    if isinstance(rule, FairShare):
        return [each.confirmed for each in demands[:promised]] + _shared(rule, demands[promised:], free)
    result = rule.run(free, demands)
    return None if result.reason == "BOP_VIOLATION" else result.given


def _shared(rule: FairShare, demands: Sequence[Demand], free: int) -> list[int]:
    """Divide what is free; a line that takes all or nothing and does not get all is passed over, the last one first."""
    wanted = [each.requested for each in demands]
    while True:
        claimants = [Claimant(each.order, units, each.accepted_at) for each, units in zip(demands, wanted, strict=True)]
        given = list(rule.share(free, claimants).given)
        partly = [place for place, each in enumerate(demands) if each.whole and 0 < given[place] < each.requested]
        if not partly:
            return given
        last = max(partly, key=lambda place: (demands[place].accepted_at, demands[place].order, place))
        wanted[last] = 0
