"""Shipments on their way: scans are taken in, milestones told, silence and losses noticed (DOMAIN 20).

A shipment's row is made by the first that speaks of its tracking number, a scan or the warehouse's confirmation. It
leaves the live store when nothing has been heard of an ended parcel for `silent_after_us`.
"""

from typing import Final

from policies.milestones import ENDED, Judged, fold
from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import notice
from twin.middleware.orders.effects import Effect, GiveBack
from twin.middleware.orders.telling import give_back
from twin.middleware.orders.units import amounts, credit
from twin.middleware.orders.work import Work
from twin.middleware.unit import ORDERS, SHIPMENTS, Outcome, Unit
from twin.model import wire
from twin.model.commands import (
    OrderedLine,
    ShipmentConfirmed,
    ShipmentLost,
    ShipmentScanned,
    ShipmentSilent,
    ShipmentUnconfirmed,
    SubmitOrder,
)
from twin.model.events import MilestoneReached
from twin.model.ids import Ids, derive
from twin.model.instant import Elapsed, Now
from twin.model.message import Message
from twin.model.order import Order
from twin.model.shipment import Scan, Shipment, ShipmentState

_CLAIM: Final = 2_000_001
"""Which of a tracking number's derived ids the claim of a lost parcel has."""


def record_scan(message: ShipmentScanned, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take one scan of a carrier in; one that is known does nothing."""
    known = unit.load(SHIPMENTS, message.tracking)
    order = unit.load(ORDERS, message.case) if known is None or known.channel < 0 else None
    shipment = known or Shipment(message.tracking, message.case)
    if order is not None:
        shipment = shipment.changed(channel=order.channel, deliver_by=order.deliver_by)
    if any(scan.id == message.event for scan in shipment.scans):
        return Outcome.NOOP
    ids = Ids(message.id)
    terms = rules.milestones
    if len(shipment.scans) >= terms.scans_max:
        _raise(shipment, "TOO_MANY_SCANS", message, now, rules, unit)
        return Outcome.EXCEPTION
    if known is None:
        due = ShipmentSilent(id=ids.next(), cause=message.id, case=message.case, tracking=message.tracking)
        unit.schedule(now.elapsed + terms.silent_after_us, due)
    scan = Scan(message.event, message.code, message.at, now.elapsed, message.corrects)
    judged = terms.judge(shipment, scan, message.eta)
    unit.save(SHIPMENTS, message.tracking, judged.shipment)
    _tell(judged, message, ids, now, rules, unit)
    arrives = now.wall - now.elapsed + message.eta
    if message.eta and 0 < shipment.deliver_by <= arrives:
        _raise(shipment, "AT_RISK", message, now, rules, unit)
    picked_up = ShipmentState.PICKED_UP in judged.track.reached
    if picked_up and shipment.confirmed_at < 0 and ShipmentState.PICKED_UP not in fold(shipment.scans).reached:
        check = ShipmentUnconfirmed(id=ids.next(), cause=message.id, case=message.case, tracking=message.tracking)
        unit.schedule(now.elapsed + terms.confirm_wait_us, check)
    return Outcome.EXCEPTION if judged.exceptions else Outcome.APPLIED


def connect(fact: ShipmentConfirmed, order: Order, now: Now, rules: RuleSet, unit: Unit) -> None:
    """Note that a warehouse confirmed parcels with these tracking numbers; milestones move no units."""
    rows = unit.load_many(SHIPMENTS, fact.tracking)
    for tracking, known in zip(fact.tracking, rows, strict=True):
        shipment = known or Shipment(tracking, fact.case)
        if known is None:
            due = ShipmentSilent(id=derive(tracking, 1), cause=fact.id, case=fact.case, tracking=tracking)
            unit.schedule(now.elapsed + rules.milestones.silent_after_us, due)
        confirmed = shipment.changed(
            channel=order.channel, deliver_by=order.deliver_by, lines=fact.lines, confirmed_at=now.elapsed
        )
        unit.save(SHIPMENTS, tracking, confirmed)


def check_silence(message: ShipmentSilent, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Report a parcel that nobody has scanned for long, claim one that is lost, forget one that has ended."""
    shipment = unit.load(SHIPMENTS, message.tracking)
    if shipment is None:
        return Outcome.NOOP
    terms, ids = rules.milestones, Ids(message.id)
    heard = max((scan.recorded_at for scan in shipment.scans), default=shipment.confirmed_at)
    quiet = now.elapsed - heard
    state = fold(shipment.scans).state
    if quiet >= terms.silent_after_us and state in ENDED:
        unit.archive(SHIPMENTS, shipment.tracking)
        return Outcome.APPLIED
    outcome = Outcome.NOOP
    due = heard + terms.silent_after_us
    if quiet >= terms.lost_after_us:
        claim = Scan(derive(derive(shipment.tracking, _CLAIM), now.elapsed), "LOST", now.elapsed, now.elapsed)
        judged = terms.judge(shipment, claim)
        if judged.track.state is ShipmentState.LOST and state is not ShipmentState.LOST:
            unit.save(SHIPMENTS, shipment.tracking, judged.shipment)
            _tell(judged, message, ids, now, rules, unit)
            _look_again(message, now.elapsed + terms.lost_after_us, ids, unit)
            return Outcome.EXCEPTION
        unit.archive(SHIPMENTS, shipment.tracking)
        return Outcome.APPLIED
    if quiet >= terms.silent_after_us:  # it may be heard of and fall silent again before it is lost
        due = min(heard + terms.lost_after_us, now.elapsed + terms.silent_after_us)
        if not shipment.silent:
            unit.save(SHIPMENTS, shipment.tracking, shipment.changed(silent=True))
            _raise(shipment, "TRACKING_SILENT", message, now, rules, unit)
            outcome = Outcome.EXCEPTION
    _look_again(message, max(due, now.elapsed + 1), ids, unit)
    return outcome


def _look_again(message: ShipmentSilent, due: Elapsed, ids: Ids, unit: Unit) -> None:
    again = ShipmentSilent(id=ids.next(), cause=message.id, case=message.case, tracking=message.tracking)
    unit.schedule(due, again)


def check_confirmation(message: ShipmentUnconfirmed, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Report a parcel that the carrier has and of which the warehouse says nothing."""
    shipment = unit.load(SHIPMENTS, message.tracking)
    if shipment is None or shipment.confirmed_at >= 0:
        return Outcome.NOOP
    _raise(shipment, "UNCONFIRMED_SHIPMENT", message, now, rules, unit)
    return Outcome.EXCEPTION


def settle_lost(message: ShipmentLost, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Give the buyer what the policy says for a lost parcel: an order of its own in its place, or the money."""
    order = unit.load(ORDERS, message.case)
    if order is None:
        return Outcome.NOOP
    if rules.milestones.lost == "refund":
        effects: list[Effect] = []
        money = credit(order, amounts(message.lines), effects)
        work = Work(message, now, rules, unit, order, {}, {})
        if effects:
            work.order = order.changed(message.id, money=money)
            for effect in effects:
                assert isinstance(effect, GiveBack)
                give_back(work, effect)
            work.save()
        return Outcome.APPLIED
    ids = Ids(message.id)
    number = f"{order.number}/lost/{message.tracking}"
    lines = tuple(OrderedLine(order.lines[each.line - 1].item, each.quantity) for each in message.lines)
    again = SubmitOrder(
        id=ids.next(),
        cause=message.id,
        case=derive(message.tracking, _CLAIM + 1),
        channel=order.channel,
        number=number,
        fingerprint=wire.fingerprint(order.channel, number, 1, lines),
        lines=lines,
        placed_at=now.elapsed,
    )
    unit.schedule(now.elapsed, again)
    return Outcome.APPLIED


def _tell(judged: Judged, message: Message, ids: Ids, now: Now, rules: RuleSet, unit: Unit) -> None:
    shipment, cause = judged.shipment, message.id
    for told in judged.tell:
        for audience in rules.milestones.audiences:
            if audience == "channel" and shipment.channel < 0:
                continue
            unit.emit(
                MilestoneReached(
                    id=ids.next(),
                    cause=cause,
                    case=shipment.order,
                    audience=audience,
                    channel=shipment.channel,
                    tracking=shipment.tracking,
                    word=told.word,
                    at=told.at,
                )
            )
    lost_first = any(told.word == ShipmentState.LOST.value for told in judged.tell)
    for code in judged.exceptions:
        _raise(shipment, code, message, now, rules, unit)
        if code == "LOST_SHIPMENT" and lost_first and rules.milestones.lost != "ask" and shipment.lines:
            lost = ShipmentLost(
                id=ids.next(), cause=cause, case=shipment.order, tracking=shipment.tracking, lines=shipment.lines
            )
            unit.schedule(judged.shipment.scans[-1].recorded_at, lost)


def _raise(shipment: Shipment, code: str, message: Message, now: Now, rules: RuleSet, unit: Unit) -> None:
    notice(message, code, shipment.tracking, f"parcel {shipment.tracking}", now, rules, unit)
