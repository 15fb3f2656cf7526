"""The state table of an RMA: agreed, received, closed; or cancelled, or expired with nothing received (DOMAIN 20)."""

from enum import Enum

from twin.model.order import ReturnLine, Rma, RmaState
from twin.model.states import Move, StateTable


class RmaEvent(Enum):
    """What happens to an RMA."""

    AUTHORISED = "authorised"
    MADE_BY_RECEIPT = "made by the receipt"
    RECEIVED = "received"
    DISPOSED = "disposed in part"
    ALL_DISPOSED = "all disposed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


A, R, C = RmaState.AUTHORISED, RmaState.RECEIVED, RmaState.CLOSED

RMA_TABLE: StateTable[RmaState, RmaEvent] = StateTable(
    "RMA",
    "DOMAIN 8 rows 27 to 29, DOMAIN 20",
    RmaState,
    RmaEvent,
    (
        Move(None, RmaEvent.AUTHORISED, A),
        Move(None, RmaEvent.MADE_BY_RECEIPT, R),
        Move(A, RmaEvent.RECEIVED, R),
        Move(R, RmaEvent.RECEIVED, R),
        Move(R, RmaEvent.DISPOSED, R),
        Move(R, RmaEvent.ALL_DISPOSED, C),
        Move(A, RmaEvent.CANCELLED, RmaState.CANCELLED),
        Move(A, RmaEvent.EXPIRED, RmaState.EXPIRED),
        Move(R, RmaEvent.EXPIRED, R),
    ),
)
"""RECEIVED that expires stays RECEIVED: what has come is still to be graded, what has not come is awaited no more."""
OPEN = (RmaState.AUTHORISED, RmaState.RECEIVED)
"""States in which goods may come or lie ungraded."""


def awaited(rma: Rma) -> dict[int, int]:
    """Return the units that may still come, per line number."""
    if rma.state not in OPEN:
        return {}
    return {each.line: each.quantity - each.received for each in rma.lines if each.quantity > each.received}


def ungraded(rma: Rma) -> dict[int, int]:
    """Return the units that came and were not disposed of yet, per line number."""
    return {each.line: each.received - each.disposed for each in rma.lines if each.received > each.disposed}


def moved(rma: Rma, event: RmaEvent, lines: tuple[ReturnLine, ...]) -> Rma:
    """Return the RMA after an event that its table allows, with these lines; a refused event is a defect here."""
    after = RMA_TABLE.after(rma.state, event)
    assert after is not None, f"{event} in {rma.state}: the guard of the row allows no such move"
    return Rma(rma.number, after, lines, rma.until)


def finished(lines: tuple[ReturnLine, ...]) -> bool:
    """Tell whether all has come and been disposed of."""
    return all(each.disposed == each.quantity for each in lines)
