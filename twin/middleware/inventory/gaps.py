"""Gaps in a warehouse's stock facts: after the gap timer a snapshot is asked for, and what it says passes the gap.

A snapshot says what facts 1 to m of a stream come to. The difference to the sum of what was applied is the missing
facts' change, and becomes one movement: never a figure written over the stock, since shipments that are still on their
way are in neither sum. Held facts behind m follow in order; a fact that comes after its snapshot is late and dropped.
Purchase orders and transfers whose receipts were among the missing facts stay open in our book until their date is
past.
"""

from typing import Final

from policies.ruleset import RuleSet
from policies.sequencing import Turn
from twin.middleware.delivery.exceptions import notice
from twin.middleware.delivery.waiting import wait_for_item
from twin.middleware.inventory.movements import book, change_of, freed_by, held_facts, move, place, settle
from twin.middleware.inventory.posting import stream_key
from twin.middleware.inventory.weights import weigh_snapshot
from twin.middleware.unit import ITEMS, STREAMS, Outcome, Unit
from twin.model.commands import StockSnapshot, StreamGapDue
from twin.model.events import SnapshotRequested
from twin.model.ids import Ids
from twin.model.instant import Now
from twin.model.intake import StreamState
from twin.model.posting import ToPost

ASKED_IN_VAIN: Final = 2
"""After so many questions without an answer somebody must look at the stream."""


def judge_gap(command: StreamGapDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Ask for a snapshot if the gap is still open, and look again after the same time."""
    key = stream_key(command.item, command.site)
    stream = unit.load(STREAMS, key)
    if stream is None or stream.gap_since < 0:
        return Outcome.NOOP
    ids = Ids(command.id)
    judged = rules.stock_stream.gap(stream, now.elapsed)
    asked = command.asked
    if judged.turn is not Turn.NOT_DUE:
        asked += 1
        unit.save(STREAMS, key, judged.state)
        unit.emit(SnapshotRequested(id=ids.next(), cause=command.id, site=command.site, item=command.item))
        if asked > ASKED_IN_VAIN:
            detail = f"{place(command)}: {len(stream.held)} facts wait behind number {stream.last + 1}"
            notice(command, "SEQUENCE_GAP", key, detail, now, rules, unit)
    due = judged.state.gap_since + rules.stock_stream.gap_timer_us
    again = StreamGapDue(id=ids.next(), cause=command.id, site=command.site, item=command.item, asked=asked)
    unit.schedule(due, again)
    return Outcome.NOOP if judged.turn is Turn.NOT_DUE else Outcome.APPLIED


def take_snapshot(snapshot: StockSnapshot, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Book what the missing facts came to, then the held ones that follow."""
    key = stream_key(snapshot.item, snapshot.site)
    stream = unit.load(STREAMS, key) or StreamState()
    stock = unit.load(ITEMS, snapshot.item)
    taken = rules.stock_stream.snapshot(stream, snapshot.sequence, now.elapsed)
    if taken.turn is Turn.LATE:
        return Outcome.SUPERSEDED
    if stock is None:
        return wait_for_item(snapshot, snapshot.item, now, rules, unit)
    ids = Ids(snapshot.id)
    facts = held_facts(taken.bodies)
    unit.save(STREAMS, key, taken.state.summing(snapshot.net + sum(change_of(each) for each in facts)))
    before = rules.atp.available(stock, now.elapsed)
    booked: list[ToPost] = []
    missing = weigh_snapshot(snapshot, facts, unit)
    change = snapshot.net - stream.net
    stock = move(stock, snapshot, change, "snapshot", now.elapsed, ids, unit, booked, weight=missing)
    for each in facts:
        stock = book(stock, each, now.elapsed, ids, unit, booked)
    settle(stock, before, snapshot, booked, now, rules, ids, unit, freed_by(facts))
    return Outcome.APPLIED
