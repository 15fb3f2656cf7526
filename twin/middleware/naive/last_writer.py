"""Master data as it arrives: the last message wins, and what a file leaves out is gone.

The defect that this repeats is that of nightly imports which overwrite whatever is there: a change of the day between
the cut of the file and its load is undone, a deleted item comes back with an old message, and half a file deletes half
the catalogue. Right is the feed that asks versions and cuts, and does not believe in too many deletions (DOMAIN 13).
"""

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.master_data.feed import write
from twin.middleware.procedures import standard
from twin.middleware.unit import MASTER, Outcome, Unit
from twin.model.commands import ItemChanged, MasterBatch
from twin.model.instant import Now
from twin.model.master import MasterItem


def overwrite_item(message: ItemChanged, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Write what the event says."""
    write(message, [(unit.load(MASTER, message.row.item), message.row)], now, rules, unit)
    return Outcome.APPLIED


def overwrite_all(message: MasterBatch, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Write what the file says, and delete what it does not name."""
    if rules.master is None:
        return Outcome.NOOP
    told = {row.item: row for row in message.rows}
    known = unit.load_many(MASTER, range(rules.master.items))
    changes: list[tuple[MasterItem | None, MasterItem]] = []
    for item, before in enumerate(known):
        after = told.get(item)
        if after is None and message.complete and before is not None:
            after = MasterItem(item, before.version, message.cut, before.active, deleted=True)
        if after is not None:
            changes.append((before, after))
    write(message, changes, now, rules, unit)
    return Outcome.APPLIED


def last_writer() -> Procedures:
    """Return the table in which master data is whatever came last."""
    table = Procedures(standard())
    table.bind(ItemChanged, overwrite_item)
    table.bind(MasterBatch, overwrite_all)
    return table
