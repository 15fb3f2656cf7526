"""Supply that is expected: what a purchase order brings, and when, told anew whenever somebody knows better.

All that is said of one purchase order is a state stream (DOMAIN 10): each message says the whole, so the newest is
enough. What comes early is held, for a while, behind what is missing; then the newest of it counts and the missing one
is not asked for. What is known of the order in the item's record says which number it was told by; a stream has a row
of its own only while something is held.
"""

from typing import Final

from policies.ruleset import RuleSet
from policies.sequencing import Turn
from twin.middleware.delivery.exceptions import keep
from twin.middleware.delivery.waiting import wait_for_item
from twin.middleware.inventory.movements import replaced
from twin.middleware.unit import ITEMS, STREAMS, Outcome, Unit
from twin.model import wire
from twin.model.commands import ItemQuantity, SupplyAnnounced, SupplyGapDue
from twin.model.events import AvailabilityChanged
from twin.model.ids import Ids, derive
from twin.model.instant import Now
from twin.model.intake import StreamState
from twin.model.message import Message
from twin.model.stock import ItemStock, Supply

_STREAM: Final = 7_000_001
"""Keeps the streams of purchase orders apart from those of stock facts."""


def announce_supply(command: SupplyAnnounced, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Note what is expected of a purchase order; look-ahead availability counts on it at its date."""
    stock = unit.load(ITEMS, command.item)
    key = _key(command.order)
    row = unit.load(STREAMS, key)
    if command.quantity < 1:
        keep(command, "UNFIT", f"purchase {command.order} of {command.quantity}", now, rules, unit)
        return Outcome.QUEUED
    if stock is None:
        return wait_for_item(command, command.item, now, rules, unit)
    stream = row or StreamState(last=_last(stock, command.order))
    digest, body = wire.content_digest(command), wire.encode(command)
    offered = rules.supply_stream.offer(stream, command.sequence, digest, body, now.elapsed)
    ids = Ids(command.id)
    if offered.turn is Turn.SEQ_CONFLICT:
        keep(command, "SEQ_CONFLICT", f"purchase {command.order}", now, rules, unit)
        return Outcome.SEQ_CONFLICT
    if offered.turn is Turn.HOLD:
        unit.save(STREAMS, key, offered.state)
        if stream.gap_since < 0:
            due = now.elapsed + rules.supply_stream.gap_timer_us
            unit.schedule(due, SupplyGapDue(id=ids.next(), cause=command.id, item=command.item, order=command.order))
        return Outcome.APPLIED
    told = [command] if offered.turn is Turn.APPLY else []
    told += [_read(held) for held in offered.bodies]
    if told:
        _remember(key, row, offered.state, unit)
        _expect(stock, told[-1], command, now, rules, ids, unit)
    if offered.turn is Turn.APPLY:
        return Outcome.APPLIED
    return Outcome.SUPERSEDED if offered.turn is Turn.LATE and command.sequence < stream.last else Outcome.DUPLICATE


def pass_gap(command: SupplyGapDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Go on without what is missing, if it still is: the newest that is held counts."""
    key = _key(command.order)
    stream, stock = unit.load(STREAMS, key), unit.load(ITEMS, command.item)
    if stream is None or stream.gap_since < 0 or stock is None:
        return Outcome.NOOP
    ids = Ids(command.id)
    judged = rules.supply_stream.gap(stream, now.elapsed)
    if judged.turn is not Turn.GAP_PASSED:
        due = stream.gap_since + rules.supply_stream.gap_timer_us
        unit.schedule(due, SupplyGapDue(id=ids.next(), cause=command.id, item=command.item, order=command.order))
        return Outcome.NOOP
    _remember(key, stream, judged.state, unit)
    _expect(stock, _read(judged.bodies[-1]), command, now, rules, ids, unit)
    return Outcome.APPLIED


def _expect(
    stock: ItemStock, told: SupplyAnnounced, cause: Message, now: Now, rules: RuleSet, ids: Ids, unit: Unit
) -> None:
    """Write what is told into the item's record; channels hear of it where it changes what is available."""
    before = rules.atp.available(stock, now.elapsed)
    received = sum([each.received for each in stock.supply if each.order == told.order])
    rest = tuple([each for each in stock.supply if each.order != told.order])
    if received < told.quantity:
        rest = (*rest, Supply(told.order, told.site, told.quantity, received, told.due, told.sequence))
    stock = replaced(stock, supply=rest)
    after = rules.atp.available(stock, now.elapsed)
    if after != before:
        stock = replaced(stock, changed_at=now.elapsed)
        rows = (ItemQuantity(stock.item, sum(after)),)
        unit.emit(AvailabilityChanged(id=ids.next(), cause=cause.id, rows=rows, at=now.elapsed))
    unit.save(ITEMS, stock.item, stock)


def _remember(key: int, row: StreamState | None, state: StreamState, unit: Unit) -> None:
    """Keep the stream while something is held; else what is known of the order says where it is."""
    if state.held:
        unit.save(STREAMS, key, state)
    elif row is not None:
        unit.archive(STREAMS, key)


def _last(stock: ItemStock, order: int) -> int:
    """Return the number by which an open purchase order was told of last; 0: it was not."""
    return max([each.sequence for each in stock.supply if each.order == order], default=0)


def _key(order: int) -> int:
    return derive(order, _STREAM)


def _read(body: bytes) -> SupplyAnnounced:
    told = wire.decode_incoming(body)
    assert isinstance(told, SupplyAnnounced)
    return told
