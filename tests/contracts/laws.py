"""The invariants of the domain rules (17) as plain checks of all that a store keeps.

Each takes what is kept (and what was before, and the message) and asserts; its name is that of its row.
"""

from collections import Counter
from collections.abc import Mapping

from policies.ruleset import RuleSet
from tests.contracts.shells import Kept
from twin.middleware.orders.header import header
from twin.model import commands
from twin.model.events import MovementRecorded, OrderAnswered, PublishStock
from twin.model.instant import Now
from twin.model.message import Message
from twin.model.order import Header, Order
from twin.model.stock import Bucket, ItemStock, Movement, Reservation

FACTS = (
    commands.StockReceived,
    commands.StockAdjusted,
    commands.StockCounted,
    commands.StockSnapshot,
    commands.ShipmentConfirmed,
    commands.WarehouseShort,
    commands.ReturnReceived,
)
"""What others did: these alone may make less free than nothing."""
BUCKETS = {
    Bucket.SELLABLE: "sellable",
    Bucket.QUALITY: "quality",
    Bucket.DAMAGED: "damaged",
    Bucket.HELD: "held",
}


def stocks(kept: Kept) -> dict[int, ItemStock]:
    return {id: row for id, row in kept.rows["items"].items() if isinstance(row, ItemStock)}


def orders(kept: Kept) -> dict[int, Order]:
    return {id: row for id, row in kept.rows["orders"].items() if isinstance(row, Order)}


def claims(kept: Kept) -> list[Reservation]:
    return [row for row in kept.rows["reservations"].values() if isinstance(row, Reservation)]


def movements(kept: Kept) -> list[Movement]:
    return [row for _, row in kept.journal if isinstance(row, Movement)]


def i1_buckets_are_the_fold_of_movements(opening: Mapping[int, ItemStock], kept: Kept) -> None:
    found: Counter[tuple[int, int, Bucket]] = Counter()
    for row in movements(kept):
        found[row.item, row.site, row.source] -= row.quantity
        found[row.item, row.site, row.target] += row.quantity
    for item, stock in stocks(kept).items():
        for site, position in enumerate(stock.positions):
            for bucket, name in BUCKETS.items():
                began = getattr(opening[item].positions[site], name)
                assert getattr(position, name) == began + found[item, site, bucket], (item, site, name)


def i2_claims_add_up_to_positions(kept: Kept, now: Now) -> None:
    hard: Counter[tuple[int, int]] = Counter()
    for claim in claims(kept):
        live = claim.live(now.elapsed)
        parts = (claim.released, claim.consumed, claim.expired, live)
        assert min(parts) >= 0, claim
        if claim.committed:
            assert sum(parts) == claim.granted, claim
            hard[claim.item, claim.site] += live
    for item, stock in stocks(kept).items():
        for site, position in enumerate(stock.positions):
            assert position.committed == hard[item, site], (item, site)


def i3_no_decision_of_ours_makes_less_free_than_nothing(before: Kept, message: Message, kept: Kept) -> None:
    if isinstance(message, FACTS):
        return
    earlier = stocks(before)
    for item, stock in stocks(kept).items():
        for site, position in enumerate(stock.positions):
            old = earlier[item].positions[site]
            assert position.sellable - position.committed >= min(0, old.sellable - old.committed), (item, site, message)


def i4_units_of_a_line_are_conserved(kept: Kept) -> None:
    for order in orders(kept).values():
        for line in order.lines:
            parts = (line.pending, line.pledged, line.allocated, line.backordered, line.shipped, line.cancelled)
            assert sum(parts) == line.ordered, line
            assert min(parts) >= 0, line
            mine = [row for row in order.releases if row.line == line.number]
            released, cancelling = sum(row.quantity for row in mine), sum(row.cancelling for row in mine)
            assert 0 <= cancelling <= released <= line.allocated, (line, mine)
            assert line.returned <= line.shipped, line
            assert line.invoiced <= line.shipped, line


def i5_figures_and_quotas_fit_the_pool(rules: RuleSet, before: Kept, kept: Kept, now: Now) -> None:
    known = {event.id for event in before.outbox}
    for event in kept.outbox:
        if isinstance(event, PublishStock) and event.id not in known:
            assert all(row.quantity >= 0 for row in event.rows)
    for stock in stocks(kept).values():
        available = rules.atp.available(stock, now.elapsed)
        pool = sum(available)
        figures = [rules.availability.value(stock, available, channel, now.elapsed) for channel in range(2)]
        left = [max(0, row.granted - row.consumed) for row in stock.quotas if now.elapsed < row.expires_at]
        assert all(0 <= figure <= pool for figure in figures), stock
        assert sum(figures) <= 2 * pool - min(pool, sum(left)), "what one quota protects the other channel is not told"


def i8_every_effect_has_one_cause(kept: Kept, handled: set[int]) -> None:
    ids = Counter(event.id for event in kept.outbox)
    assert max(ids.values(), default=1) == 1
    for event in kept.outbox:
        assert event.cause in handled, event
    causes = Counter((row.cause, row.item, row.site, row.source, row.target) for row in movements(kept))
    assert max(causes.values(), default=1) == 1


def i11_what_is_oversold_was_not_free(rules: RuleSet, before: Kept, message: Message, kept: Kept, now: Now) -> None:
    if not isinstance(message, commands.SubmitOrder):
        return
    known = {event.id for event in before.outbox}
    earlier = stocks(before)
    for event in kept.outbox:
        if isinstance(event, OrderAnswered) and event.id not in known:
            for row in event.short:
                stock = earlier[row.item]
                free = rules.availability.promisable(
                    stock, rules.atp.available(stock, now.elapsed), message.channel, now.elapsed
                )
                asked = sum(line.quantity for line in message.lines if line.item == row.item)
                assert 0 < row.quantity <= asked - min(free, asked), (row, free)


def i12_money_goes_back_once(kept: Kept, *, at_the_end: bool) -> None:
    for order in orders(kept).values():
        money = order.money
        assert 0 <= money.refunded <= money.captured, order
        if at_the_end and header(order) in (Header.REJECTED, Header.CANCELLED):
            assert money.captured == money.refunded, order


def i13_every_movement_is_posted_once(kept: Kept) -> None:
    posted = Counter(
        movement
        for event in kept.outbox
        if isinstance(event, MovementRecorded)
        for movement in (event.movements or (event.movement,))
    )
    assert max(posted.values(), default=1) == 1
    for row in movements(kept):
        if row.reason in ("receipt", "count", "damaged"):
            assert posted[row.id] == 1, row


def state(kept: Kept) -> dict[str, object]:
    """What is compared between two orders of one set of messages; times, versions and ids are left out."""
    rows = {
        id: (
            [
                (line.ordered, line.allocated, line.backordered, line.shipped, line.cancelled, line.invoiced)
                for line in order.lines
            ],
            header(order),
            order.erp,
            order.erp_reference,
            order.money.captured,
            order.money.refunded,
        )
        for id, order in orders(kept).items()
    }
    return {"orders": rows, "positions": {item: stock.positions for item, stock in stocks(kept).items()}}


def open_exceptions(kept: Kept) -> int:
    return len(kept.rows["letters"])
