"""A cancellation that frees the claims when it is asked, and again when the warehouse has agreed.

The defect that this repeats is that of compensations which do not ask what is still live (medusa#16406: the undo of a
step releases all that was granted, whatever has been consumed or released since). The same units are free twice, so
they are sold twice. Right is an undo on what is still live, once per step (DOMAIN 8): claims of a request that the
warehouse has in hand are released by its answer.
"""

from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.inventory.movements import moved, replaced
from twin.middleware.orders.procedures import move_whole
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS, Outcome, Unit
from twin.model.commands import CancelOrder, ItemQuantity, ReservationLapsed
from twin.model.events import AvailabilityChanged
from twin.model.ids import Ids, derive
from twin.model.instant import Now

_FREED: Final = 9_000_001
"""Which of a cancellation's derived ids the freeing of the first claim has; the others follow."""


def cancel_and_free(message: CancelOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Do what a cancellation does, and have every claim of the order freed besides."""
    order = unit.load(ORDERS, message.case)
    outcome = move_whole(message, now, rules, unit)
    for number, claim in enumerate(order.claims if order is not None else ()):
        id = derive(message.id, _FREED + number)
        freed = ReservationLapsed(id=id, cause=message.id, case=message.case, reservation=claim.reservation)
        unit.schedule(now.elapsed, freed)
    return outcome


def free_claim(message: ReservationLapsed, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take a claim off its position, and leave the claim as it is."""
    claim = unit.load(RESERVATIONS, message.reservation)
    stock = unit.load(ITEMS, claim.item) if claim is not None else None
    if claim is None or stock is None:
        return Outcome.NOOP
    positions = moved(stock.positions, claim.site, committed=-claim.live(now.elapsed))
    stock = replaced(stock, positions=positions, changed_at=now.elapsed)
    unit.save(ITEMS, stock.item, stock)
    rows = (ItemQuantity(stock.item, sum(rules.atp.available(stock, now.elapsed))),)
    unit.emit(AvailabilityChanged(id=Ids(message.id).next(), cause=message.id, rows=rows, at=now.elapsed))
    return Outcome.APPLIED


def double_release() -> Procedures:
    """Return the table in which a cancellation frees what the warehouse's answer frees again."""
    table = Procedures(standard())
    table.bind(CancelOrder, cancel_and_free)
    table.bind(ReservationLapsed, free_claim)
    return table
