"""What channels whose order feeds are silent may have sold, and the review of all figures meanwhile.

Orders that we have not heard of take from the same pool as all others; so every channel is shown less while one of them
is silent, and the silent one nothing at all in the end. Rates are read as they were when the silence began: that nobody
buys is not known of a channel that is not heard. Promises are not touched.
"""

from collections.abc import Mapping

from policies.ruleset import RuleSet
from policies.stock_buffer import read
from twin.middleware.inventory.silence import CHUNK, mark
from twin.middleware.unit import ABSENCES, ITEMS, Outcome, Unit
from twin.model.commands import FeedReviewDue, ItemQuantity
from twin.model.fallback import Absence, order_feed
from twin.model.ids import derive
from twin.model.instant import Elapsed, Now
from twin.model.message import Message
from twin.model.stock import ItemStock

_REVIEW = 8_000_004


def silent_feeds(rules: RuleSet, unit: Unit) -> dict[int, Absence]:
    """Return the absences of the order feeds that are silent, by channel."""
    if rules.fallbacks is None or rules.fallbacks.feed is None:
        return {}
    rows = unit.load_many(ABSENCES, [order_feed(channel) for channel in range(len(rules.channels))])
    return {channel: row for channel, row in enumerate(rows) if row is not None}


def unseen(stock: ItemStock, feeds: Mapping[int, Absence], now: Now, rules: RuleSet) -> int:
    """Return how many quanta of an item the channels of silent `feeds` may have sold meanwhile."""
    policy = rules.fallbacks.feed if rules.fallbacks is not None else None
    if policy is None or not stock.rates:
        return 0
    half_life = rules.rate_half_life_us
    return sum(
        [
            policy.unseen(
                read(stock.rates[channel], max(row.since, stock.rates[channel].at), half_life), now.elapsed - row.since
            )
            for channel, row in feeds.items()
        ]
    )


def shut(channel: int, feeds: Mapping[int, Absence], now: Now, rules: RuleSet) -> bool:
    """Tell whether a channel has been silent for so long that it is shown nothing."""
    policy = rules.fallbacks.feed if rules.fallbacks is not None else None
    return policy is not None and channel in feeds and policy.shuts(now.elapsed - feeds[channel].since)


def review(cause: Message, channel: int, entered: Elapsed, now: Now, unit: Unit) -> None:
    """Have all figures looked at from the first item on; `entered` tells one absence from the next."""
    first = FeedReviewDue(id=derive(cause.id, _REVIEW), cause=cause.id, channel=channel, first=0, entered=entered)
    unit.schedule(now.elapsed, first)


def review_feed(command: FeedReviewDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Mark a chunk of items as changed, and go on with the next one, now or at the next review.

    A review of an absence that is over, or of one that has been followed by another, ends.
    """
    policy = rules.fallbacks.feed if rules.fallbacks is not None else None
    absence = unit.load(ABSENCES, order_feed(command.channel))
    if policy is None or (absence is not None and absence.entered != command.entered):
        return Outcome.NOOP
    found = unit.load_many(ITEMS, range(command.first, command.first + CHUNK))
    stocks = [stock for stock in found if stock is not None]
    free = rules.atp.available
    rows = tuple([ItemQuantity(each.item, sum(free(each, now.elapsed))) for each in stocks if _any(each)])
    due = policy.next_review(absence.since, now.elapsed) if absence is not None else None
    mark(command, rows, now.elapsed, unit, more=bool(stocks), due=due, marked=True)
    return Outcome.APPLIED


def _any(stock: ItemStock) -> bool:
    return any(position.sellable > 0 for position in stock.positions)
