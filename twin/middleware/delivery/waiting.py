"""Messages that came before what they speak of: they wait under its key, then stand in an exception queue.

The order that arrives brings its messages back in the order in which they came; what had already gone to the queue is
redriven by the arrival, the one class of exceptions that needs nobody. A message about an order is given
`reference_wait_us`; one about an unknown item goes to the queue at once, since items come from people.
"""

from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import keep
from twin.middleware.delivery.redrive import raise_letters
from twin.middleware.unit import ARCHIVE, PARKED, Outcome, Unit
from twin.model.commands import HoldReleased
from twin.model.ids import derive
from twin.model.instant import Now
from twin.model.message import Message
from twin.model.order import HoldKind
from twin.model.wire import Incoming, Parked

PARKED_MAX: Final = 100
"""Most messages, and most items of an exception queue, that wait for one thing."""
_HELD: Final = HoldKind.REFERENCE.value
_ITEM: Final = 4_000_001
"""Keeps the keys of items apart from those of orders."""


def item_reference(item: int) -> int:
    """Return the key under which messages wait for an item."""
    return derive(item, _ITEM)


def wait_for_order(message: Incoming, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Park a message that came before its order, or say that its order is history or never came."""
    if unit.load(ARCHIVE, message.case) is not None:
        return Outcome.NOOP
    parked = unit.load(PARKED, message.case)
    known = parked.messages if parked is not None else ()
    letters = parked.letters if parked is not None else ()
    until = parked.until if parked is not None and known else now.elapsed + rules.reference_wait_us
    mine = any(each.id == message.id for each in known)
    if now.elapsed >= until or message.id in letters or (not mine and len(known) >= PARKED_MAX):
        rest = tuple([each for each in known if each.id != message.id])
        detail = f"{type(message).__name__} of an order that never came"
        return _to_the_queue(message, message.case, Parked(rest, until, letters), detail, now, rules, unit)
    if not mine:
        unit.save(PARKED, message.case, Parked((*known, message), until, letters))
        unit.schedule(until, message)
    return Outcome.WAITS


def wait_for_item(message: Incoming, item: int, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Put a message about an item that nobody knows into the queue, until the item arrives."""
    reference = item_reference(item)
    parked = unit.load(PARKED, reference) or Parked((), 0)
    return _to_the_queue(message, reference, parked, f"item {item} is not known", now, rules, unit)


def hold_for_item(case: int, item: int, cause: Message, unit: Unit) -> None:
    """Have the order go on when an item that it names arrives; beyond the bound a person must let it go on."""
    reference = item_reference(item)
    parked = unit.load(PARKED, reference) or Parked((), 0)
    released = HoldReleased(id=derive(derive(cause.id, item), _ITEM), cause=cause.id, case=case, kind=_HELD)
    if len(parked.messages) < PARKED_MAX:
        unit.save(PARKED, reference, Parked((*parked.messages, released), parked.until, parked.letters))


def item_arrived(item: int, cause: Message, now: Now, unit: Unit) -> None:
    """Raise what waits for an item that is known from now on."""
    parked = unit.load(PARKED, item_reference(item))
    if parked is not None:
        for message in parked.messages:
            unit.schedule(now.elapsed, message)
        raise_letters(parked, cause.id, now, unit)
        unit.archive(PARKED, item_reference(item))


def raise_waiting(parked: Parked, arrived: Message, now: Now, unit: Unit) -> None:
    """Bring back what has waited for the order that `arrived` brings, and redrive what had gone to the queue."""
    for message in parked.messages:
        unit.schedule(now.elapsed, message)
    raise_letters(parked, arrived.id, now, unit)
    unit.archive(PARKED, arrived.case)


def _to_the_queue(
    message: Incoming, reference: int, parked: Parked, detail: str, now: Now, rules: RuleSet, unit: Unit
) -> Outcome:
    """Keep a message as REFERENCE_MISSING; beyond the bound nothing but a person raises it."""
    letters = parked.letters
    if message.id not in letters and len(letters) < PARKED_MAX:
        letters = (*letters, message.id)
    unit.save(PARKED, reference, Parked(parked.messages, parked.until, letters))
    keep(message, "REFERENCE_MISSING", detail, now, rules, unit, reference=reference)
    return Outcome.QUEUED
