"""Leaks: what the middleware still holds at the end of a run for an order that wants nothing any more.

Whether an order still wants something is read from its parts and not from the state that people see. Timers of an
order that was archived are none of the leaks: they fire, find nothing and are gone.
"""

from collections.abc import Iterator, Mapping

from twin.model.order import Intake, Order

_OVER = (Intake.REJECTED, Intake.WITHDRAWN, Intake.CLOSED)


def held_for_nobody(
    claims: Mapping[int, tuple[int, int]], orders: Mapping[int, object], baskets: Mapping[int, object]
) -> Iterator[tuple[str, str]]:
    """Yield (key, sentence) for each live claim of an order that is over.

    Args:
        claims: (order, live units) by reservation.
        orders: the orders that are not archived.
        baskets: those whose orders may still come.
    """
    for reservation, (number, live) in claims.items():
        if number in baskets:
            continue
        order = orders.get(number)
        if not isinstance(order, Order):
            yield f"reservation {reservation}", f"{live} units are held for order {number}, which is archived"
        elif order.intake in _OVER or all(line.shipped + line.cancelled == line.ordered for line in order.lines):
            yield f"reservation {reservation}", f"{live} units are held for order {number}, which wants none"
