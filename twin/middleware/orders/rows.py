"""What a row of the order's state table is: an event, and clauses of which the first true one decides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from twin.middleware.orders import cancellation
from twin.middleware.orders.effects import (
    Answer,
    CancelErp,
    ChangeDemand,
    Effect,
    FinishUndo,
    GiveBack,
    KeepClaims,
)
from twin.middleware.orders.occasions import (
    Occasion,
    OrderEvent,
)
from twin.middleware.orders.units import Change
from twin.middleware.unit import Outcome
from twin.model.instant import Elapsed
from twin.model.order import Order

E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Clause(Generic[E_contra]):
    """One guard with its change. The guard's docstring says it in words."""

    guard: Callable[[Order, E_contra, Elapsed], bool]
    change: Callable[[Order, E_contra, Elapsed], Change]
    then: str
    """What becomes of the order, in words."""
    effects: tuple[type[Effect], ...] = ()
    """What the change may ask for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: an event, and clauses of which the first true one decides."""

    number: int
    event: OrderEvent
    occasion: type[Occasion]
    clauses: tuple[Clause[Any], ...]
    """Any: the clauses of one row take its occasion; `row` checks that where the row is written."""
    fact: bool = False
    """Booked in every intake state."""
    timer: bool = False
    """Means nothing when no guard is true."""


def same(outcome: Outcome, *effects: Effect) -> Callable[[Order, object, Elapsed], Change]:
    """Return a change that leaves the order as it is."""

    def change(order: Order, event: object, now: Elapsed) -> Change:
        return order, outcome, effects

    return change


def row(
    number: int,
    event: OrderEvent,
    occasion: type[E],
    *clauses: Clause[E],
    fact: bool = False,
    timer: bool = False,
) -> Row:
    """Return one row; its clauses take its occasion."""
    return Row(number, event, occasion, clauses, fact, timer)  # type: ignore[arg-type]  # E is one of Occasion


KNOWN = cancellation.change_nothing
"""The change of a fact that is known already: none."""
CUT = (KeepClaims, ChangeDemand, CancelErp, GiveBack)
"""What follows when units are cancelled that no warehouse has."""
ANSWERED = (Answer, FinishUndo, CancelErp, GiveBack)
"""What follows when a warehouse has answered for the last unit that was asked back."""
