"""Changes of master data: events as they happen, and batches that are pictures of their cut and load hours later.

The versions and cuts decide which of the two is newer, never the order in which they arrive (DOMAIN 13). An item that
is closed takes no new orders and is shown as nothing; one that is opened again is shown as what there is of it.
"""

from collections.abc import Sequence

from policies.ruleset import RuleSet
from policies.sources import Verdict
from twin.middleware.delivery.exceptions import notice
from twin.middleware.master_data.launch import launch
from twin.middleware.unit import ITEMS, MASTER, Outcome, Unit
from twin.model.commands import ItemChanged, ItemQuantity, MasterBatch, SubmitOrder
from twin.model.events import AvailabilityChanged
from twin.model.ids import Ids
from twin.model.instant import Now
from twin.model.master import MasterItem


def change_item(message: ItemChanged, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take an event about one item, unless something newer is known."""
    if rules.master is None:
        return Outcome.NOOP
    known = unit.load(MASTER, message.row.item)
    merged = rules.master.rule(known, message.row, by=message.by)
    if merged.row is None:
        return Outcome.SUPERSEDED
    if merged.reason == "NOT_AUTHORITY":
        detail = f"item {message.row.item}: the {message.by} changes what is not its own"
        notice(message, "NOT_AUTHORITY", message.row.item, detail, now, rules, unit)
    write(message, [(known, merged.row)], now, rules, unit)
    return Outcome.APPLIED


def load_batch(message: MasterBatch, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take a batch: each row that is newer than its item, and what a complete one leaves out, if it is not too much."""
    master = rules.master
    if master is None:
        return Outcome.NOOP
    rows = unit.load_many(MASTER, range(master.items))
    known = {row.item: row for row in rows if row is not None}
    changes: list[tuple[MasterItem | None, MasterItem]] = []
    for told in message.rows:
        before = known.get(told.item)
        after = master.rule(before, told, message.cut).row
        if after is not None:
            changes.append((before, after))
            known[told.item] = after
    if message.complete:
        absence = master.absent(known, [told.item for told in message.rows], message.cut)
        for item in absence.deleted:
            row = known[item]
            changes.append((row, row.gone(message.cut)))
        if absence.reason == "DELETION_GUARD":
            told_of = f"a complete batch of {message.cut} names {len(message.rows)} of {len(known)} items"
            notice(message, "DELETION_GUARD", message.id, told_of, now, rules, unit)
    write(message, changes, now, rules, unit)
    return Outcome.APPLIED if changes else Outcome.NOOP


def opened(rules: RuleSet, now: Now) -> list[MasterItem]:
    """Return the first rows: of every item that is there from the start, which may be sold."""
    return [MasterItem(item, changed_at=now.wall) for item in range(rules.master.at_first)] if rules.master else []


def closed_items(items: Sequence[int], rules: RuleSet, unit: Unit) -> dict[int, None]:
    """Return those of these items that nobody may be sold any more."""
    if rules.master is None:
        return {}
    return {row.item: None for row in unit.load_many(MASTER, items) if row is not None and row.closed}


def of_open_items(command: SubmitOrder, verdict: Verdict | None, rules: RuleSet, unit: Unit) -> Verdict | None:
    """Return the verdict on an order, refused where it names an item that is closed."""
    closed = closed_items([line.item for line in command.lines], rules, unit)
    if not closed or (verdict is not None and verdict.errors):
        return verdict
    lines = [n for n, line in enumerate(command.lines, 1) if line.item in closed]
    return Verdict(tuple([f"line {n}: the item is not sold any more" for n in lines]), code="ITEM_CLOSED")


def write(
    message: ItemChanged | MasterBatch,
    changes: Sequence[tuple[MasterItem | None, MasterItem]],
    now: Now,
    rules: RuleSet,
    unit: Unit,
) -> None:
    """Write the rows that differ, and have channels told anew of items that were closed or opened."""
    for before, after in changes:
        if after != before:
            unit.save(MASTER, after.item, after)
        if before is None:
            launch(after.item, message, now, rules, unit)
    turned = [after.item for before, after in changes if after.closed != (before is not None and before.closed)]
    stocks = unit.load_many(ITEMS, list(dict.fromkeys(turned)))
    figures = [
        ItemQuantity(stock.item, sum(rules.atp.available(stock, now.elapsed))) for stock in stocks if stock is not None
    ]
    if figures:
        id = Ids(message.id).next()
        unit.emit(AvailabilityChanged(id=id, cause=message.id, rows=tuple(figures), at=now.elapsed, marked=True))
