"""Deadlines of an order: somebody is told before one is missed, and when it has been (DOMAIN 23)."""

from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import notice
from twin.middleware.orders.header import remaining
from twin.middleware.orders.intake import BEFORE, LIVE
from twin.middleware.unit import ORDERS, Outcome, Unit
from twin.model.commands import DeadlineDue
from twin.model.ids import derive
from twin.model.instant import Elapsed, Instant, Now
from twin.model.message import Message
from twin.model.order import Order


def watch(order: Order, cause: Message, id: int, now: Now, rules: RuleSet, unit: Unit) -> None:
    """Have the order looked at before it must have shipped."""
    source = rules.channels[order.channel].source
    assert source is not None, "only rules of a source set deadlines"
    due = DeadlineDue(id=id, cause=cause.id, case=order.id)
    unit.schedule(_elapsed(order.ship_by - source.promise.margin_us, now), due)


def watch_answer(
    order: Order, answer_by: Instant, cause: Message, id: int, now: Now, rules: RuleSet, unit: Unit
) -> None:
    """Have an order that nobody has answered yet looked at before its channel must have its answer (855)."""
    source = rules.channels[order.channel].source
    assert source is not None, "only rules of a source set deadlines"
    due = DeadlineDue(id=id, cause=cause.id, case=order.id, answer_by=answer_by)
    unit.schedule(_elapsed(answer_by - source.promise.margin_us, now), due)


def check_deadline(message: DeadlineDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Raise AT_RISK before a deadline and LATE at it: some unit is still to ship, or the order to be answered."""
    order = unit.load(ORDERS, message.case)
    if order is None or order.intake not in LIVE:
        return Outcome.NOOP
    if order.intake not in BEFORE if message.answer_by else _shipped(order):
        return Outcome.NOOP
    deadline, to = (message.answer_by, "answer") if message.answer_by else (order.ship_by, "ship")
    late = now.wall >= deadline
    if not late:
        again = DeadlineDue(id=derive(message.id, 1), cause=message.id, case=order.id, answer_by=message.answer_by)
        unit.schedule(_elapsed(deadline, now), again)
    notice(message, "LATE" if late else "AT_RISK", order.id, f"order {order.number} to {to}", now, rules, unit)
    return Outcome.EXCEPTION


def _shipped(order: Order) -> bool:
    return sum(line.shipped for line in order.lines) == remaining(order)


def _elapsed(wall: int, now: Now) -> Elapsed:
    return now.elapsed + max(0, wall - now.wall)
