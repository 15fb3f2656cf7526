"""Entering and leaving a fallback, and which orders are held while the ERP is away (DOMAIN 22).

A shell watches its partners, or is told, and says when one is silent and when it is back. Both are events, with the
time between them; so is what was decided about every order meanwhile. An order that is held asks again and again
whether the ERP is back, by a timer of its own, so that no transaction touches many orders.
"""

from typing import Final

from policies.fallback import ErpAway
from policies.ruleset import RuleSet
from policies.sources import Held, Verdict
from twin.middleware.inventory import silence, unseen
from twin.middleware.inventory.recount import recount
from twin.middleware.unit import ABSENCES, CUSTOMERS, INBOX, ORDERS, Outcome, Unit
from twin.model.commands import HoldReleased, PartnerBack, PartnerSilent, RecheckDue, SubmitOrder
from twin.model.events import FallbackChanged, FallbackDecided, OrdersAsked, OrderTurnedAway
from twin.model.fallback import ERP, Absence, Kind, kind_of
from twin.model.ids import Ids, derive
from twin.model.instant import Now

_ASKED: Final = 8_000_005
"""Which of a message's derived ids the question for a channel's orders has."""
_DECIDED: Final = 8_000_001
"""Which of a message's derived ids what was decided under a fallback has; the timer of a held order follows."""


def enter(command: PartnerSilent, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """A partner has been silent for too long: its fallback is on."""
    if unit.load(ABSENCES, command.partner) is not None or not _has_one(command.partner, rules):
        return Outcome.NOOP
    unit.save(ABSENCES, command.partner, Absence(command.since, now.elapsed))
    _say(command, command.partner, True, 0, unit)
    _review(command, now, unit)
    _recount(command, now, rules, unit, back=False)
    return Outcome.APPLIED


def leave(command: PartnerBack, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """A partner is back for good: its fallback is off."""
    absence = unit.load(ABSENCES, command.partner)
    if absence is None:
        return Outcome.NOOP
    unit.archive(ABSENCES, command.partner)
    _say(command, command.partner, False, now.elapsed - absence.entered, unit)
    _review(command, now, unit)
    _catch_up(command, absence, rules, unit)
    _recount(command, now, rules, unit, back=True)
    return Outcome.APPLIED


def without_the_erp(
    command: SubmitOrder, verdict: Verdict | None, away: ErpAway, now: Now, rules: RuleSet, unit: Unit
) -> Verdict | None:
    """Return the verdict on a new order, with a hold if the ERP is away and the order must wait for it."""
    absence = unit.load(ABSENCES, ERP)
    if absence is None or (verdict is not None and verdict.errors):
        return verdict
    value = sum(line.quantity * line.price for line in command.lines) + (verdict.tax if verdict is not None else 0)
    ruling = away.decide(value, _credit_left(command, rules, unit), now.elapsed - absence.since)
    if ruling.hold is not None and away.refuses:
        return (verdict or Verdict(()))._replace(retry_after=away.recheck_us, code=ruling.reason)
    unit.emit(_decided(command, derive(command.id, _DECIDED), ruling.hold is not None, ruling.reason))
    holds = verdict.holds if verdict is not None else ()
    if ruling.hold is None or any(held.kind is ruling.hold for held in holds):
        return verdict
    due = RecheckDue(id=derive(command.id, _DECIDED + 1), cause=command.id, case=command.case, kind=ruling.hold.value)
    unit.schedule(now.elapsed + away.recheck_us, due)
    return (verdict or Verdict(()))._replace(holds=(*holds, Held(ruling.hold, ruling.reason)))


def turn_away(command: SubmitOrder, verdict: Verdict, now: Now, unit: Unit) -> Outcome:
    """Tell an order's sender to keep it and to send it again; nothing else is known of it.

    A repeat of the very moment is told nothing more.
    """
    told = derive(derive(command.id, _DECIDED + 1), now.elapsed)
    if unit.load(INBOX, told) is not None:
        return Outcome.REFUSED
    unit.save(INBOX, told, int(Outcome.REFUSED))
    unit.emit(_decided(command, derive(told, 1), True, verdict.code))
    turned = OrderTurnedAway(
        id=told,
        cause=command.id,
        case=command.case,
        channel=command.channel,
        number=command.number,
        reason=verdict.code,
        retry_after=verdict.retry_after,
    )
    unit.emit(turned)
    return Outcome.REFUSED


def recheck(command: RecheckDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Let a held order go on if the ERP is back, else ask again later."""
    order = unit.load(ORDERS, command.case)
    if order is None or all(hold.kind.value != command.kind for hold in order.holds):
        return Outcome.NOOP
    ids = Ids(command.id)
    away = rules.fallbacks.erp if rules.fallbacks is not None else None
    if away is not None and unit.load(ABSENCES, ERP) is not None:
        due = RecheckDue(id=ids.next(), cause=command.cause, case=command.case, kind=command.kind)
        unit.schedule(now.elapsed + away.recheck_us, due)
        return Outcome.APPLIED
    released = HoldReleased(id=ids.next(), cause=command.id, case=command.case, kind=command.kind)
    unit.schedule(now.elapsed, released)
    return Outcome.APPLIED


def _decided(command: SubmitOrder, id: int, held: bool, reason: str) -> FallbackDecided:
    return FallbackDecided(id=id, cause=command.id, case=command.case, partner=ERP, held=held, reason=reason)


def _has_one(partner: int, rules: RuleSet) -> bool:
    """Tell whether the design has a fallback for a partner."""
    return rules.fallbacks is not None and rules.fallbacks.of(partner) is not None


def _review(command: PartnerSilent | PartnerBack, now: Now, unit: Unit) -> None:
    """Have the figures looked at again that what has happened may change."""
    kind, number = kind_of(command.partner)
    if kind is Kind.WAREHOUSE:
        silence.review(command, command.partner, now.elapsed, now, unit)
    elif kind is Kind.ORDER_FEED:
        unseen.review(command, number, now.elapsed, now, unit)


def _recount(command: PartnerSilent | PartnerBack, now: Now, rules: RuleSet, unit: Unit, *, back: bool) -> None:
    """Have what is sellable at a warehouse remembered, or compared once its facts have come, where it is to count."""
    kind, site = kind_of(command.partner)
    wms = rules.fallbacks.wms if rules.fallbacks is not None else None
    if kind is Kind.WAREHOUSE and wms is not None and wms.count_above is not None:
        recount(command, site, now.elapsed + (wms.settle_us if back else 0), back=back, unit=unit)


def _catch_up(command: PartnerBack, absence: Absence, rules: RuleSet, unit: Unit) -> None:
    """Ask for what was not heard, and for a little of what was, of a channel whose orders come again."""
    kind, number = kind_of(command.partner)
    feed = rules.fallbacks.feed if rules.fallbacks is not None else None
    if kind is Kind.ORDER_FEED and feed is not None:
        since = max(0, absence.since - feed.overlap_us)
        unit.emit(OrdersAsked(id=derive(command.id, _ASKED), cause=command.id, channel=number, since=since))


def _credit_left(command: SubmitOrder, rules: RuleSet, unit: Unit) -> int | None:
    """Return what the order's customer may still owe; None where nothing is lent to him."""
    source, said = rules.channels[command.channel].source, command.particulars
    account = source.accounts.get(said.customer) if source is not None and said is not None else None
    if account is None or account.credit_limit is None or said is None:
        return None
    row = unit.load(CUSTOMERS, said.customer)
    return account.credit_limit - (row.open + row.receivable if row is not None else 0)


def _say(command: PartnerSilent | PartnerBack, partner: int, on: bool, lasted: int, unit: Unit) -> None:
    unit.emit(FallbackChanged(id=derive(command.id, _DECIDED), cause=command.id, partner=partner, on=on, lasted=lasted))
