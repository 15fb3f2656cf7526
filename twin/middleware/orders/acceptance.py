"""An order comes in, is validated, promised, allocated and released in one transaction: rows 1, 2, 9 (or 7), 12, 16.

A plain order, of which all is free at one place, goes a shorter way (`twin.middleware.intake.straight`).
"""

from collections.abc import Iterator, Sequence

from twin.middleware.orders.effects import Step
from twin.middleware.orders.intake import by_line, worth_accepting
from twin.middleware.orders.occasions import (
    Allocated,
    LinePromise,
    Occasion,
    PromiseGranted,
    PromiseRefused,
    ReleasedToWarehouse,
    Submitted,
    Validated,
)
from twin.middleware.orders.table import step, submit
from twin.middleware.unit import Outcome
from twin.model.commands import LineQuantity
from twin.model.instant import Elapsed
from twin.model.order import Intake, Order


def accept(
    submitted: Submitted,
    promise: PromiseGranted,
    requests: Sequence[ReleasedToWarehouse] = (),
    *,
    now: Elapsed,
    last: Order | None = None,
) -> Step:
    """Take an order from its submission to the warehouses, as far as `promise` carries it.

    `requests` are the 940s over the units confirmed from stock; a ship-complete order that is not complete sends none.
    `last` is the order as it stands, when its business key is known. The version counts one per row. The step names
    the row that decided about the promise (9, or 7 when it is not worth accepting), or 1 when the order got no further.
    """
    entered = submit(last, submitted, now)
    if entered.outcome is not Outcome.APPLIED:
        return entered
    order = step(entered.order, Validated(submitted.id), now).order
    decision: Occasion = promise
    if not promise.lapsed and not worth_accepting(order.policy, _wanted_and_promised(order, promise)):
        decision = PromiseRefused(promise.id, "NO_PROMISE")
    decided = step(order, decision, now)
    order, effects = decided.order, list(decided.effects)
    if order.intake is Intake.ACCEPTED:
        stock = tuple(LineQuantity(line.number, line.pending) for line in order.lines if line.pending)
        following: list[Occasion] = [Allocated(promise.id, stock)] if stock else []
        following.extend(requests)
        for event in following:
            done = step(order, event, now)
            order = done.order
            effects.extend(done.effects)
    return Step(order, decided.outcome, decided.row, tuple(effects))


def _wanted_and_promised(order: Order, promise: PromiseGranted) -> Iterator[tuple[int, LinePromise | None]]:
    named = by_line(promise.lines)
    return ((line.ordered, named.get(line.number)) for line in order.lines)
