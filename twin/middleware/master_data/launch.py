"""An item that nobody knew comes into being: its stock record is opened, and what has waited for it goes on.

What has come of an unknown item before waits for it: stock facts and announcements in the exception queue, orders on
hold (row 4). Its arrival raises them all, in the order in which they came (DOMAIN 8, 12).
"""

from policies.ruleset import RuleSet
from twin.middleware.delivery.waiting import item_arrived
from twin.middleware.inventory.quotas import opened
from twin.middleware.unit import ITEMS, Unit
from twin.model.instant import Now
from twin.model.message import Message
from twin.model.stock import ItemStock, Position, SalesRate


def launch(item: int, cause: Message, now: Now, rules: RuleSet, unit: Unit) -> None:
    """Open the record of an item that has none, empty at every site, and raise what waits for it."""
    if unit.load(ITEMS, item) is None:
        unit.save(ITEMS, item, opened(empty(item, rules), rules))
    item_arrived(item, cause, now, unit)


def empty(item: int, rules: RuleSet) -> ItemStock:
    """Return the record of an item of which there is nothing anywhere."""
    sites = 1 + max([site.position for terms in rules.channels for home in terms.homes for site in home])
    rates = tuple([SalesRate()] * len(rules.channels)) if rules.rate_half_life_us else ()
    return ItemStock(item, tuple([Position()] * sites), rates=rates)
