"""What counts of the stock of warehouses that are silent, and the review of their items' figures.

A warehouse that is silent may have less than its last facts say. What channels are shown of it shrinks with the
silence, though nothing moves in the ledger; so its items are marked as changed: when the fallback is entered and left,
and in between as often as its rule says, a chunk of items at a time, so that no transaction touches many. Promises are
not touched: an order that has come is promised from the ledger, as ever.
"""

from collections.abc import Mapping

from policies.fallback import WmsSilent
from policies.ruleset import RuleSet
from policies.stock_buffer import read
from twin.middleware.unit import ABSENCES, ITEMS, Outcome, Unit
from twin.model.commands import FeedReviewDue, ItemQuantity, SiteReviewDue
from twin.model.events import AvailabilityChanged
from twin.model.fallback import warehouse
from twin.model.ids import Ids, derive
from twin.model.instant import Elapsed, Now
from twin.model.message import Message
from twin.model.stock import ItemStock

CHUNK = 250
"""Items that one transaction of a review looks at."""
_REVIEW = 8_000_003


def review(cause: Message, partner: int, entered: Elapsed, now: Now, unit: Unit) -> None:
    """Have the items of a warehouse looked at from the first one on; `entered` tells one absence from the next."""
    first = SiteReviewDue(id=derive(cause.id, _REVIEW), cause=cause.id, site=partner - 1, first=0, entered=entered)
    unit.schedule(now.elapsed, first)


def review_site(command: SiteReviewDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Mark a chunk of a warehouse's items as changed, and go on with the next one, now or at the next review.

    A review of an absence that is over, or of one that has been followed by another, ends.
    """
    away = rules.fallbacks.wms if rules.fallbacks is not None else None
    absence = unit.load(ABSENCES, warehouse(command.site))
    if away is None or (absence is not None and absence.entered != command.entered):
        return Outcome.NOOP
    found = unit.load_many(ITEMS, range(command.first, command.first + CHUNK))
    stocks = [stock for stock in found if stock is not None]
    silent = {command.site: now.elapsed - absence.since} if absence is not None else {}
    rows = tuple(
        [
            ItemQuantity(stock.item, sum(counted(rules.atp.available(stock, now.elapsed), stock, silent, now, rules)))
            for stock in stocks
            if command.site < len(stock.positions) and stock.positions[command.site].sellable > 0
        ]
    )
    due = away.next_review(absence.since, now.elapsed) if absence is not None else None
    mark(command, rows, now.elapsed, unit, more=bool(stocks), due=due)
    return Outcome.APPLIED


def mark(
    command: SiteReviewDue | FeedReviewDue,
    rows: tuple[ItemQuantity, ...],
    now: Elapsed,
    unit: Unit,
    *,
    more: bool,
    due: Elapsed | None,
    marked: bool = False,
) -> None:
    """Say that the items of one chunk have changed, and go on.

    Args:
        command: the review of this chunk.
        rows: the items whose figures are to be looked at, with what is free of each.
        now: the moment of this review.
        unit: takes the event and the next review.
        more: whether there may be items behind the chunk: it goes on with them at once.
        due: when it begins again from the first item, if there are no more; None: it ends.
        marked: whether the figures go out although nothing that is free has changed.
    """
    ids = Ids(command.id)
    if rows:
        unit.emit(AvailabilityChanged(id=ids.next(), cause=command.id, rows=rows, at=now, marked=marked))
    at, first = (now, command.first + CHUNK) if more else (due, 0)
    if at is not None:
        unit.schedule(at, command.from_item(ids.next(), first))


def silences(rules: RuleSet, now: Now, unit: Unit) -> dict[int, Elapsed]:
    """Return how long the warehouses have been silent whose fallback is on, by site."""
    sites = sorted({site.position for terms in rules.channels for home in terms.homes for site in home})
    absences = unit.load_many(ABSENCES, [warehouse(site) for site in sites])
    found = zip(sites, absences, strict=True)
    return {site: now.elapsed - absence.since for site, absence in found if absence is not None}


def counted(
    available: tuple[int, ...], stock: ItemStock, silent: Mapping[int, Elapsed], now: Now, rules: RuleSet
) -> tuple[int, ...]:
    """Return what counts of an item at each site when some of them have been `silent` for so long."""
    if not silent or rules.fallbacks is None or rules.fallbacks.wms is None:
        return available
    policy: WmsSilent = rules.fallbacks.wms
    half_life = rules.rate_half_life_us
    rate = sum([read(each, now.elapsed, half_life) for each in stock.rates]) if half_life else 0.0
    return tuple(
        [policy.counts(units, silent[site], rate) if site in silent else units for site, units in enumerate(available)]
    )
