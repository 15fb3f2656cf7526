"""What the rules of an order's source make of it at intake: refused (row 3), held (row 5), or taken on their terms.

An order that says nothing beside its lines is asked nothing; only the deadlines of its channel hold for it.
"""

from policies.exceptions import HELD
from policies.ruleset import RuleSet
from policies.sources import Verdict
from twin.middleware.delivery.exceptions import notice
from twin.middleware.orders.deadlines import watch, watch_answer
from twin.middleware.orders.effects import Answer, Effect, Step
from twin.middleware.orders.intake import BEFORE
from twin.middleware.orders.occasions import Submitted, ValidationFailed
from twin.middleware.orders.table import submit
from twin.middleware.orders.work import Work
from twin.middleware.unit import CUSTOMERS, Outcome, Unit
from twin.model.chance import stream_id
from twin.model.commands import HoldExpired, HoldPlaced, SubmitOrder
from twin.model.ids import derive
from twin.model.instant import Now
from twin.model.order import Intake, Order
from twin.model.particulars import Recent


def judged(command: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Verdict | None:
    """Ask the rules of the order's source, if it has some."""
    source = rules.channels[command.channel].source
    if source is None:
        return None
    said = command.particulars
    if said is None:
        promise = source.promise
        return Verdict((), deadlines=promise.deadlines(command.placed_at, now)) if promise.dates else None
    known = unit.load(CUSTOMERS, said.customer) if said.customer else None
    return source.judge(command, known, now)


def of_whole_lines(command: SubmitOrder, verdict: Verdict | None) -> Verdict | None:
    """Return the verdict on an order, refused where it has no line, or one of nothing or less."""
    for line in command.lines:
        if line.quantity < 1:
            break
    else:
        if command.lines or (verdict is not None and verdict.errors):
            return verdict
        return Verdict(("the order has no lines",))
    if verdict is not None and verdict.errors:
        return verdict
    wrong = [(n, line.quantity) for n, line in enumerate(command.lines, 1) if line.quantity < 1]
    return Verdict(tuple([f"line {n}: a quantity of {quantity}" for n, quantity in wrong]))


def taken(command: SubmitOrder, verdict: Verdict | None, rules: RuleSet) -> Submitted:
    """Return the order as it is taken in: at the prices that hold, under the line policy that holds."""
    policy = rules.channels[command.channel].line_policy
    if verdict is None:
        return Submitted(command, policy)
    priced = command.at_prices(verdict.prices) if verdict.repriced else command
    return Submitted(priced, verdict.line_policy or policy)


def refuse(work: Work, submitted: Submitted, verdict: Verdict) -> Outcome:
    """Reject an order, with all its errors in one answer; those who look after its source see it too."""
    work.take(submit(work.order, submitted, work.now.elapsed))
    said = "; ".join(verdict.errors)
    notice(work.cause, verdict.code, submitted.message.case, said, work.now, work.rules, work.unit)
    return work.move(ValidationFailed(submitted.id, said))


def hold(work: Work, verdict: Verdict | None) -> Outcome:
    """Hold a received order for every reason that the rules give, and tell who decides; in the end each is over."""
    until = work.now.elapsed + work.rules.hold_us
    order = work.order
    assert order is not None
    outcome = Outcome.APPLIED
    for held in verdict.holds if verdict is not None else ():
        outcome = work.move(
            HoldPlaced(id=work.cause.id, cause=work.cause.id, case=order.id, kind=held.kind.value, until=until)
        )
        if held.kind in HELD:
            subject = derive(order.id, stream_id(held.kind.value))
            notice(work.cause, HELD[held.kind], subject, held.reason, work.now, work.rules, work.unit)
        work.unit.schedule(until, HoldExpired(id=work.ids.next(), cause=work.cause.id, case=order.id))
    return outcome


def on_terms(decided: Step, verdict: Verdict) -> Step:
    """Return a decided step with what the rules fix of its order; an acceptance at our prices says so (855 IP)."""
    effects: tuple[Effect, ...] = decided.effects
    if verdict.repriced:
        effects = tuple(
            Answer("IP", each.lines, each.codes, each.detail)
            if isinstance(each, Answer) and each.code == "IA"
            else each
            for each in effects
        )
    return Step(_fixed(decided.order, verdict), decided.outcome, decided.row, effects)


def settle_terms(work: Work, verdict: Verdict) -> None:
    """Fix what the rules say of the order, remember it as a possible original, and watch its deadline."""
    order = work.order
    assert order is not None
    work.order = order = _fixed(order, verdict)
    if order.intake is Intake.REJECTED:
        return
    if order.customer:
        work.recent = Recent(verdict.digest, order.id, work.now.elapsed)
    if order.ship_by:
        watch(order, work.cause, work.ids.next(), work.now, work.rules, work.unit)
    answer_by = verdict.deadlines.answer_by
    if answer_by and order.intake in BEFORE:
        watch_answer(order, answer_by, work.cause, work.ids.next(), work.now, work.rules, work.unit)


def _fixed(order: Order, verdict: Verdict) -> Order:
    return order.amid(
        customer=verdict.customer,
        tax=verdict.tax,
        sites=verdict.sites,
        ship_by=verdict.deadlines.ship_by,
        deliver_by=verdict.deadlines.deliver_by,
    )
