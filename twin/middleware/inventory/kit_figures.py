"""What a channel may be told of kits: as many as the scarcest component makes of what it may be told of each.

A kit has no record of its own. Its figure is computed whenever that of a component is, and when the kit itself falls
due, so that it is never older than what it is made of.
"""

from collections.abc import Mapping, Sequence

from policies.ruleset import RuleSet
from twin.middleware.inventory.silence import counted
from twin.middleware.inventory.unseen import shut, unseen
from twin.middleware.unit import ITEMS, Unit
from twin.model.fallback import Absence
from twin.model.instant import Elapsed, Now


def kits_of(items: Sequence[int], rules: RuleSet) -> tuple[int, ...]:
    """Return the kits that are among these items, or hold any of them."""
    if rules.catalogue is None or not rules.catalogue.kits.parts:
        return ()
    kits = rules.catalogue.kits
    return tuple(dict.fromkeys([*[item for item in items if item in kits.parts], *kits.holding(items)]))


def figures_of(
    kits: Sequence[int],
    channel: int,
    now: Now,
    rules: RuleSet,
    unit: Unit,
    silent: Mapping[int, Elapsed],
    feeds: Mapping[int, Absence],
    waited: Elapsed = 0,
) -> list[int]:
    """Return how many of each kit the channel may be told of.

    `silent` says how long warehouses have been silent, `feeds` which channels' orders do not come, `waited` how long
    the channel's figures wait to be sent.
    """
    assert rules.catalogue is not None
    parts = rules.catalogue.kits.parts
    items = tuple(dict.fromkeys(part.item for kit in kits for part in parts[kit]))
    told = {}
    for stock in unit.load_many(ITEMS, items):
        if stock is not None:
            free = rules.atp.available(stock, now.elapsed)
            if silent:
                free = counted(free, stock, silent, now, rules)
            unheard = unseen(stock, feeds, now, rules) if feeds else 0
            value = rules.availability.value(stock, free, channel, now.elapsed, unheard, waited)
            told[stock.item] = value * rules.availability.channels[channel].unit_of(stock.item)
    if shut(channel, feeds, now, rules):
        return [0] * len(kits)
    return [rules.catalogue.kits.available(kit, told) for kit in kits]
