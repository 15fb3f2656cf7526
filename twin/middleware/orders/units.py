"""Units on the move: what an event names against what the order has, and what follows when units are cancelled."""

from collections.abc import Callable, Iterable

from twin.middleware.orders.effects import Answer, CancelErp, Effect, FinishUndo, GiveBack
from twin.middleware.orders.header import ended, remaining
from twin.middleware.unit import Outcome
from twin.model.commands import LineQuantity
from twin.model.order import Cancel, Erp, Line, Money, Order, Payment, Release, Undo

Change = tuple[Order, Outcome, tuple[Effect, ...]]
"""What one clause makes of an order."""


def amounts(lines: Iterable[LineQuantity]) -> dict[int, int]:
    """Return the units named per line number; a line named twice is summed."""
    total: dict[int, int] = {}
    for each in lines:
        total[each.line] = total.get(each.line, 0) + each.quantity
    return total


def sensible(asked: dict[int, int]) -> bool:
    """Tell whether anything is named and every quantity is positive."""
    return bool(asked) and min(asked.values()) > 0


def within(order: Order, lines: Iterable[LineQuantity], room: Callable[[Line], int]) -> bool:
    """Tell whether every named line exists and has room for its quantity, which is positive."""
    asked = amounts(lines)
    last = len(order.lines)
    return sensible(asked) and all(
        0 < number <= last and quantity <= room(order.lines[number - 1]) for number, quantity in asked.items()
    )


def move(order: Order, lines: Iterable[LineQuantity], by: Callable[[Line, int], Line]) -> tuple[Line, ...]:
    """Return the lines after `by` was applied to each named one, with its quantity."""
    after = list(order.lines)
    for number, quantity in amounts(lines).items():
        after[number - 1] = by(after[number - 1], quantity)
    return tuple(after)


def released(order: Order) -> dict[int, int]:
    """Return L per line number: units that a warehouse was told to ship and has not shipped."""
    total: dict[int, int] = {}
    for release in order.releases:
        total[release.line] = total.get(release.line, 0) + release.quantity
    return total


def told(order: Order, release: int, site: int) -> dict[int, Release]:
    """Return what that site was told under that request key and still has to ship, per line number."""
    return {each.line: each for each in order.releases if each.key == release and each.site == site}


def cancelling(order: Order) -> bool:
    """Tell whether a warehouse has still to answer for units that were asked back."""
    return any(release.cancelling for release in order.releases)


def line_code(line: Line, *, substituted: bool = False) -> str:
    """Return how the line stands in the words of the 855."""
    live = line.ordered - line.cancelled
    if live == 0:
        return "IR"
    if line.backordered == live:
        return "IB"
    if line.backordered > 0:
        return "BP"
    if line.cancelled > 0:
        return "IQ"
    return "IS" if substituted else "IA"


def order_code(codes: Iterable[str]) -> str:
    """Return the code of an order from those of its lines: a common one, else the one that promises least."""
    found = set(codes)
    if len(found) == 1:
        return found.pop()
    if found & {"IB", "BP"}:
        return "BP"
    return "IQ" if found & {"IQ", "IR"} else "IS"


def answer(lines: Iterable[Line]) -> Answer:
    """Return how these lines stand now, as an answer to the channel."""
    found = tuple(lines)
    codes = tuple(line_code(line) for line in found)
    return Answer(order_code(codes), tuple(LineQuantity(line.number, from_stock(line)) for line in found), codes)


def from_stock(line: Line) -> int:
    """Return the units of the line that are confirmed from stock, shipped ones included."""
    return line.pending + line.allocated + line.shipped


def settle(before: Order, after: Order, effects: list[Effect], *, off: bool = False) -> Order:
    """Draw what follows from units that were cancelled or answered for, whichever row did it.

    A pending cancellation that no warehouse has still to answer is answered; the ERP hears that what is left is off
    (`off`: in any case); an undo that waited for a warehouse can finish; the buyer gets back what will not come.
    """
    if not cancelling(after):
        if after.cancel is Cancel.PENDING:
            after = after.amid(cancel=Cancel.ANSWERED)
            effects.append(Answer("CANCEL_ANSWERED"))
            off = off or after.cancel_done > 0
        if after.undo is not Undo.NONE:
            effects.append(FinishUndo())
    if after.erp is Erp.CONFIRMED and (off or (remaining(after) == 0 and remaining(before) > 0)):
        effects.append(CancelErp())
    money = give_back(before, after, effects)
    return after if money is after.money else after.amid(money=money)


def give_back(before: Order, after: Order, effects: list[Effect]) -> Money:
    """Return the money after what is due to the buyer was asked for, once.

    An order that will never deliver gives back everything. Else the price of the units cancelled in this step goes
    back, as far as it was captured beyond the price of the units that stay.
    """
    money = after.money
    open_amount = money.captured - money.giving_back
    if ended(after):
        if money.state is Payment.AUTHORISED and not (ended(before) and before.money.state is Payment.AUTHORISED):
            effects.append(GiveBack(0))
    elif open_amount > 0:
        cut = kept = 0
        for line in after.lines:
            kept += (line.ordered - line.cancelled) * line.price
        for old, new in zip(before.lines, after.lines, strict=False):
            cut += max(0, new.cancelled - old.cancelled) * new.price
        open_amount = min(cut, open_amount - kept)
    if open_amount <= 0:
        return money
    effects.append(GiveBack(open_amount))
    return money.changed(giving_back=money.giving_back + open_amount)


def credit(order: Order, returned: dict[int, int], effects: list[Effect]) -> Money:
    """Return the money after the price of returned units was asked back, as far as it was captured."""
    money = order.money
    due = sum(order.lines[line - 1].price * quantity for line, quantity in returned.items())
    amount = min(due, money.captured - money.giving_back)
    if amount <= 0:
        return money
    effects.append(GiveBack(amount))
    return money.changed(giving_back=money.giving_back + amount)
