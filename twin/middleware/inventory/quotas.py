"""Quotas granted and granted anew: every item's channels get their share of what can be claimed at that moment.

An item opens with quotas; when they expire, those of a group of items are granted anew in one transaction, which marks
the items' keys, for what each channel may be told has changed even where what is free has not (DOMAIN 4, 19).
"""

from collections.abc import Sequence
from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.unit import ITEMS, Outcome, Unit
from twin.model.chance import stream_id
from twin.model.commands import GrantQuotas, ItemQuantity
from twin.model.events import AvailabilityChanged
from twin.model.ids import Ids, derive
from twin.model.instant import Elapsed, Now
from twin.model.stock import ItemStock

GRANTED_AT_ONCE: Final = 50
"""Items whose quotas one transaction grants."""
_NEXT: Final = 1_000_003
"""Which of a message's derived ids the next grant has; far beyond those that `Ids` counts."""


def opened(stock: ItemStock, rules: RuleSet) -> ItemStock:
    """Return an item's first record with the quotas that it opens with, if the design has any."""
    if rules.quotas is None:
        return stock
    supply = sum(rules.atp.available(stock, 0))
    return stock.changed(quotas=rules.quotas.grant(supply, 0))


def renewals(rules: RuleSet, items: Sequence[int]) -> list[tuple[Elapsed, GrantQuotas]]:
    """Return when the first quotas of these items are granted anew, and the messages that do it."""
    if rules.quotas is None:
        return []
    first = stream_id("quotas")
    return [
        (
            rules.quotas.lasts_us,
            GrantQuotas(id=derive(first, start), items=tuple(items[start : start + GRANTED_AT_ONCE])),
        )
        for start in range(0, len(items), GRANTED_AT_ONCE)
    ]


def grant_quotas(command: GrantQuotas, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Replace the quotas of these items, mark their keys, and come back when they expire."""
    quotas = rules.quotas
    if quotas is None:
        return Outcome.NOOP
    rows = []
    for stock in unit.load_many(ITEMS, command.items):
        if stock is not None:
            supply = sum(rules.atp.available(stock, now.elapsed))
            granted = quotas.grant(supply, now.elapsed)
            unit.save(ITEMS, stock.item, stock.changed(quotas=granted, changed_at=now.elapsed))
            rows.append(ItemQuantity(stock.item, supply))
    if rows:
        id = Ids(command.id).next()
        unit.emit(AvailabilityChanged(id=id, cause=command.id, rows=tuple(rows), at=now.elapsed, marked=True))
    again = GrantQuotas(id=derive(command.id, _NEXT), cause=command.id, items=command.items)
    unit.schedule(now.elapsed + quotas.lasts_us, again)
    return Outcome.APPLIED
