"""The state table of the order: for every part and every event exactly one outcome.

An order has independent parts (intake, holds, units, erp, undo, cancel, payment); an event changes only those that its
row names, and the header that people see is derived from them (`header`). The table is data: `ROWS` lists, per row,
the event and its clauses "guard: change" with the effects a change may ask for. `step` finds the rows of the event in
number order and their clauses left to right; the first true guard decides. When none is true, a timer means nothing any
more (NOOP), and everything else is an illegal move: the same order comes back, untouched. Facts are booked in every
intake state, because what a partner did has happened.

Rules that hold throughout:

* Pure: an order and an event go in, an order and effects come out. The procedure turns effects into entries of
  reservations, demand in item records and events of the outbox, in the same transaction. It has granted the claims for
  units that a step allocates, because only it knows the sites.
* The inbox knows repeated messages; the table knows repeated *facts* (shipments, invoices, captures, refunds by key).
* A quantity is compared line by line: an excess of one line is not excused by room in another. Quantities are positive;
  a fact that names nothing, or a quantity of zero, is an illegal move, kept for a person.
* L and K are kept per request and site; a request is dropped when L is zero, so one that is unknown has L = K = 0.
* Whatever row cancels units, `settle` draws the consequences once: cancellation answered, undo finished, ERP told,
  money given back.
* Each row that changes something is one version.

The rows stand with the time of an order to which they belong: `rows_intake`, `rows_units`, `rows_after`.
An RMA has a state table of its own (`rma`); rows 27 and 28 have further events for its undo, its end and its match.
Tried and dropped: one guard function per row that returns the clause (the
exactly-one-outcome property could then not be read off the data); events of our own beside the partners' messages (a
copy per message on the hot path, and two names for one thing).
"""

from collections.abc import Callable

from twin.middleware.orders import intake
from twin.middleware.orders.effects import Step
from twin.middleware.orders.occasions import Occasion, Submitted
from twin.middleware.orders.rows import Row
from twin.middleware.orders.rows_after import AFTER_ROWS
from twin.middleware.orders.rows_intake import INTAKE_ROWS
from twin.middleware.orders.rows_units import UNIT_ROWS
from twin.middleware.orders.units import Change
from twin.middleware.unit import Outcome
from twin.model.instant import Elapsed
from twin.model.order import Order


def step(order: Order, event: Occasion, now: Elapsed) -> Step:
    """Move the order by one event; `now` is elapsed. Raises KeyError for an event that is in no row (a defect)."""
    for number, guard, change in _CLAUSES[type(event)]:
        if guard(order, event, now):
            after, outcome, effects = change(order, event, now)
            return Step(after, outcome, number, effects)
    return Step(order, _UNMOVED[type(event)], 0)


def submit(order: Order | None, event: Submitted, now: Elapsed) -> Step:
    """Take an order in (row 1): a new one when its business key is unknown, else as the table says."""
    if order is None:
        return Step(intake.received(event), Outcome.APPLIED, 1)
    return step(order, event, now)


ROWS: tuple[Row, ...] = (*INTAKE_ROWS, *UNIT_ROWS, *AFTER_ROWS)
_CLAUSES: dict[type[Occasion], tuple[tuple[int, Callable[..., bool], Callable[..., Change]], ...]] = {
    kind: tuple(
        (row.number, clause.guard, clause.change) for row in ROWS if row.occasion is kind for clause in row.clauses
    )
    for kind in {row.occasion: None for row in ROWS}
}
_UNMOVED: dict[type[Occasion], Outcome] = {
    row.occasion: Outcome.NOOP if row.timer else Outcome.ILLEGAL_TRANSITION for row in ROWS
}
