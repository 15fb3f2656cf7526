"""Quotas and who waits: what comes free is handed out, and other channels' firm quotas stay whole (DOMAIN 19).

A run divides what is free as if it were one pool. Where channels have quotas, what a demand got of it is held against
what its channel may be promised after those before it; what it may not have is offered to the others in a further run,
in which it asks for no more. Each run lowers some request, so there are no more runs than units asked for.
"""

from collections.abc import Callable, Sequence

from policies.backorder import BackorderRun, Demand, Strategy
from policies.ruleset import RuleSet
from policies.stock_buffer import drawn
from twin.model.instant import Elapsed
from twin.model.stock import ItemStock

Run = Callable[[Sequence[Demand]], Sequence[int] | None]
"""Returns the units of each demand; None: nothing may change."""


def within_quotas(
    run: Run,
    demands: Sequence[Demand],
    promised: int,
    stock: ItemStock,
    left: Sequence[int],
    rules: RuleSet,
    at: Elapsed,
) -> Sequence[int] | None:
    """Return what a run gives to demands, the first `promised` of which hold theirs, out of what is `left` per site.

    A WIN that its quota does not let have everything ends the run, as one for which there is not enough does.
    """
    asked = list(demands)
    while True:
        given = run(asked)
        if given is None:
            return None
        allowed = _allowed(asked, given, promised, stock, left, rules, at)
        cut = [place for place, units in enumerate(allowed) if units < given[place]]
        if not cut:
            return given
        if any(_must_win(asked[place], rules) for place in cut):
            return None
        for place in cut:
            most = 0 if asked[place].whole else allowed[place]
            asked[place] = asked[place]._replace(requested=most)


def _allowed(
    demands: Sequence[Demand],
    given: Sequence[int],
    promised: int,
    stock: ItemStock,
    left: Sequence[int],
    rules: RuleSet,
    at: Elapsed,
) -> list[int]:
    """Return how much of what they were given the demands may have, one after the other by rank of their channels."""
    channels, free = rules.availability.channels, list(left)
    allowed = list(given)
    ranked = sorted(range(promised, len(demands)), key=lambda place: (*_rank(demands[place], rules), place))
    for place in ranked:
        channel = demands[place].channel
        units = allowed[place] = min(given[place], rules.availability.promisable(stock, free, channel, at))
        stock = stock.changed(quotas=drawn(stock.quotas, channel, units, at))
        sites = channels[channel].sites
        for site in range(len(free)) if sites is None else sites:
            part = min(units, free[site])
            free[site] -= part
            units -= part
    return allowed


def _rank(demand: Demand, rules: RuleSet) -> tuple[int, Elapsed, Elapsed]:
    return rules.availability.channels[demand.channel].priority, demand.wanted, demand.accepted_at


def _must_win(demand: Demand, rules: RuleSet) -> bool:
    rule = rules.backorders
    if not isinstance(rule, BackorderRun):
        return False
    return rule.by_channel.get(demand.channel, rule.strategy) is Strategy.WIN
