"""Stock facts of a warehouse: each becomes a movement in the ledger, in the order of its stream, and is posted on.

A position is the fold of its movements. Facts of one (site, item) carry numbers without gaps; what comes early is held
until its turn, a repeat changes nothing. More stock first goes to who waits for it (`backorders`).
"""

from collections.abc import Sequence

from policies.atp import shortage
from policies.ruleset import RuleSet
from policies.sequencing import Turn
from policies.stock_buffer import paused
from twin.middleware.delivery.exceptions import keep, notice
from twin.middleware.delivery.waiting import wait_for_item
from twin.middleware.inventory.backorders import serve_waiting
from twin.middleware.inventory.posting import post, stream_key
from twin.middleware.inventory.transfers import under_way
from twin.middleware.inventory.weights import weigh_facts, weight_of
from twin.middleware.unit import ITEMS, MOVEMENTS, STREAMS, Outcome, Unit
from twin.model import wire
from twin.model.commands import (
    ItemQuantity,
    LineageDue,
    StockAdjusted,
    StockCounted,
    StockReblocked,
    StockReceived,
    StockSnapshot,
    StreamGapDue,
    TransferReceived,
    TransferShipped,
)
from twin.model.events import AvailabilityChanged, SnapshotRequested
from twin.model.ids import Ids
from twin.model.instant import Elapsed, Now
from twin.model.intake import StreamState
from twin.model.posting import ToPost
from twin.model.stock import Bucket, ItemStock, Movement, Pledge, Position, Quota, SalesRate, Supply, Waiting

Transferred = TransferShipped | TransferReceived
Fact = StockReceived | StockAdjusted | StockCounted | StockReblocked | Transferred
_ON_HAND = (Bucket.SELLABLE, Bucket.QUALITY, Bucket.DAMAGED, Bucket.HELD)
_OWN_TYPES = ("receipt", "transfer")
"""Reasons of movements that are posted under their own name."""


def book_stock_fact(fact: Fact, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book one fact of a warehouse, and those held behind it, when it is their turn."""
    if _makes_no_sense(fact):
        keep(fact, "UNFIT", f"{place(fact)}: less than nothing, or from nowhere to nowhere", now, rules, unit)
        return Outcome.QUEUED
    key = stream_key(fact.item, fact.site)
    stream = unit.load(STREAMS, key) or StreamState()
    stock = unit.load(ITEMS, fact.item)
    body = wire.encode(fact)
    offered = rules.stock_stream.offer(stream, fact.sequence, wire.content_digest(fact), body, now.elapsed)
    ids = Ids(fact.id)
    if offered.turn is Turn.SEQ_CONFLICT:
        keep(fact, "SEQ_CONFLICT", place(fact), now, rules, unit)
        return Outcome.SEQ_CONFLICT
    if offered.turn is Turn.REFUSED:
        if keep(fact, "SEQUENCE_FULL", place(fact), now, rules, unit):
            unit.emit(SnapshotRequested(id=ids.next(), cause=fact.id, site=fact.site, item=fact.item))
        return Outcome.QUEUED
    if offered.turn is Turn.HOLD:
        unit.save(STREAMS, key, offered.state)
        if stream.gap_since < 0:
            due = now.elapsed + rules.stock_stream.gap_timer_us
            unit.schedule(due, StreamGapDue(id=ids.next(), cause=fact.id, site=fact.site, item=fact.item))
        return Outcome.APPLIED
    if offered.turn is Turn.LATE:
        return Outcome.SUPERSEDED
    if offered.turn is not Turn.APPLY:
        return Outcome.DUPLICATE
    if stock is None:
        return wait_for_item(fact, fact.item, now, rules, unit)
    facts = [fact, *held_facts(offered.bodies)]
    unit.save(STREAMS, key, offered.state.summing(stream.net + sum(change_of(each) for each in facts)))
    before = rules.atp.available(stock, now.elapsed)
    booked: list[ToPost] = []
    for each in facts:
        stock = book(stock, each, now.elapsed, ids, unit, booked)
        if isinstance(each, TransferReceived) and each.missing:
            told = f"{place(each)}: {each.missing} of transfer {each.transfer} were not on the truck"
            notice(fact, "TRANSFER_SHORT", each.transfer, told, now, rules, unit)
    weigh_facts(facts, fact.item, fact.site, unit)
    settle(stock, before, fact, booked, now, rules, ids, unit, freed_by(facts))
    return Outcome.APPLIED


def freed_by(facts: Sequence[Fact]) -> list[tuple[int, int]]:
    """Return (site, units) of what these facts say may be sold again."""
    again = [each for each in facts if isinstance(each, StockReblocked) and each.target is Bucket.SELLABLE]
    return [(each.site, each.quantity) for each in again]


def _makes_no_sense(fact: Fact) -> bool:
    if isinstance(fact, StockCounted):
        return fact.counted < 0
    if isinstance(fact, StockReblocked):
        kinds = (fact.source, fact.target)
        return fact.quantity < 1 or fact.source is fact.target or any(kind not in _ON_HAND for kind in kinds)
    return not isinstance(fact, StockAdjusted) and fact.quantity < 0


def held_facts(bodies: Sequence[bytes]) -> list[Fact]:
    """Return the facts that were held behind a gap."""
    facts: list[Fact] = []
    for held in bodies:
        fact = wire.decode_incoming(held)
        assert isinstance(fact, Fact)
        facts.append(fact)
    return facts


def change_of(fact: Fact) -> int:
    """Return by how much a fact of a stream changes what is on hand; a count says it against the book of its moment."""
    if isinstance(fact, StockReceived | TransferReceived):
        return fact.quantity
    if isinstance(fact, TransferShipped):
        return -fact.quantity
    if isinstance(fact, StockReblocked):
        return 0
    return fact.change if isinstance(fact, StockAdjusted) else fact.counted - fact.book


def book(stock: ItemStock, fact: Fact, now: Elapsed, ids: Ids, unit: Unit, booked: list[ToPost]) -> ItemStock:
    """Return the item's record after the fact; its movement is in the ledger and, if it has a value, in `booked`."""
    if isinstance(fact, StockReblocked):
        return _reblock(stock, fact, now, ids, unit)
    reason = "receipt" if isinstance(fact, StockReceived) else "count"
    document = 0
    if isinstance(fact, StockAdjusted):
        reason = fact.reason
    if isinstance(fact, StockReceived) and fact.order:
        document = fact.order
        stock = replaced(stock, supply=_received(stock.supply, fact))
    if isinstance(fact, Transferred):
        reason, document = "transfer", fact.transfer
        stock = replaced(stock, supply=under_way(stock.supply, fact))
    return move(stock, fact, change_of(fact), reason, now, ids, unit, booked, document=document, weight=weight_of(fact))


def _reblock(stock: ItemStock, fact: StockReblocked, now: Elapsed, ids: Ids, unit: Unit) -> ItemStock:
    """Return the record with units in another bucket: what is on hand stays, and nothing is posted (DOMAIN 21)."""
    movement, units = ids.next(), fact.quantity
    row = Movement(movement, fact.id, fact.item, fact.site, fact.source, fact.target, units, fact.reason, fact.at, now)
    unit.save(MOVEMENTS, movement, row)
    change = {bucket: (fact.target is bucket) - (fact.source is bucket) for bucket in _ON_HAND}
    positions = moved(
        stock.positions,
        fact.site,
        sellable=change[Bucket.SELLABLE] * units,
        quality=change[Bucket.QUALITY] * units,
        damaged=change[Bucket.DAMAGED] * units,
        held=change[Bucket.HELD] * units,
    )
    return replaced(stock, positions=positions)


def move(
    stock: ItemStock,
    fact: Fact | StockSnapshot,
    change: int,
    reason: str,
    now: Elapsed,
    ids: Ids,
    unit: Unit,
    booked: list[ToPost],
    *,
    document: int = 0,
    weight: int = 0,
) -> ItemStock:
    """Return the record after a signed change of what can be sold at the fact's site, and of its weight."""
    if change or weight:
        more = (change or weight) > 0
        source, target = (Bucket.OUTSIDE, Bucket.SELLABLE) if more else (Bucket.SELLABLE, Bucket.OUTSIDE)
        movement, units, weighs = ids.next(), abs(change), abs(weight)
        row = Movement(movement, fact.id, fact.item, fact.site, source, target, units, reason, fact.at, now, weighs)
        unit.save(MOVEMENTS, movement, row)
        type = reason if reason in _OWN_TYPES else "adjustment"
        booked.append(ToPost(movement, type, fact.item, fact.site, reason, document, change, 0, fact.at, weight))
    return replaced(stock, positions=moved(stock.positions, fact.site, sellable=change))


def settle(
    stock: ItemStock,
    before: tuple[int, ...],
    fact: Fact | StockSnapshot,
    booked: Sequence[ToPost],
    now: Now,
    rules: RuleSet,
    ids: Ids,
    unit: Unit,
    freed: Sequence[tuple[int, int]] = (),
) -> None:
    """Save the record and say what follows: what is posted, who is served, what is short, what channels must hear.

    `freed` are (site, units) that may be sold again, beside what has come.
    """
    at = now.elapsed
    post(booked, fact, now, rules, ids, unit)
    after = rules.atp.available(stock, at)
    if after != before:
        stock = replaced(stock, changed_at=at, rates=awake(stock, before, after, at))
        unit.emit(AvailabilityChanged(id=ids.next(), cause=fact.id, rows=(ItemQuantity(fact.item, sum(after)),), at=at))
        if rules.lineage_us:
            movements = tuple([each.movement for each in booked])
            due = LineageDue(id=ids.next(), cause=fact.id, item=fact.item, at=at, movements=movements)
            unit.schedule(at + rules.lineage_us, due)
    if shortage(stock, fact.site, at):
        notice(fact, "OVERCOMMITTED", stream_key(fact.item, fact.site), place(fact), now, rules, unit)
    arrived = [(each.site, each.change) for each in booked if each.change > 0]
    arrived += freed
    if arrived:
        serve_waiting(stock, fact, now, rules, ids, unit, arrived)
    unit.save(ITEMS, stock.item, stock)


def moved(
    positions: tuple[Position, ...],
    site: int,
    *,
    sellable: int = 0,
    committed: int = 0,
    quality: int = 0,
    damaged: int = 0,
    held: int = 0,
) -> tuple[Position, ...]:
    """Return the positions after signed changes of one site's buckets and hard claims."""
    old = positions[site]
    new = Position(
        old.sellable + sellable,
        old.quality + quality,
        old.damaged + damaged,
        old.held + held,
        old.committed + committed,
    )
    return (*positions[:site], new, *positions[site + 1 :])


def replaced(
    stock: ItemStock,
    *,
    positions: tuple[Position, ...] | None = None,
    supply: tuple[Supply, ...] | None = None,
    pledges: tuple[Pledge, ...] | None = None,
    waiting: tuple[Waiting, ...] | None = None,
    quotas: tuple[Quota, ...] | None = None,
    rates: tuple[SalesRate, ...] | None = None,
    changed_at: Elapsed | None = None,
) -> ItemStock:
    """Return the record with these parts replaced."""
    return ItemStock(
        stock.item,
        stock.positions if positions is None else positions,
        stock.claims,
        stock.supply if supply is None else supply,
        stock.pledges if pledges is None else pledges,
        stock.waiting if waiting is None else waiting,
        stock.quotas if quotas is None else quotas,
        stock.rates if rates is None else rates,
        stock.changed_at if changed_at is None else changed_at,
        stock.disputed,
    )


def awake(stock: ItemStock, before: tuple[int, ...], after: tuple[int, ...], now: Elapsed) -> tuple[SalesRate, ...]:
    """Return the sales rates after stock came back: the time in which there was nothing to sell does not decay them."""
    if not stock.rates or any(before) or not any(after):
        return stock.rates
    return tuple([paused(rate, now - stock.changed_at) for rate in stock.rates])


def _received(supply: tuple[Supply, ...], fact: StockReceived) -> tuple[Supply, ...]:
    """Return the open receipts after a delivery; one that is complete is gone."""
    rest = []
    for known in supply:
        if known.order == fact.order:
            received = known.received + fact.quantity
            if received < known.ordered:
                rest.append(known.with_received(received))
        else:
            rest.append(known)
    return tuple(rest)


def place(message: Fact | StockSnapshot | StreamGapDue) -> str:
    """Say which stream a message belongs to."""
    return f"item {message.item} at site {message.site}"
