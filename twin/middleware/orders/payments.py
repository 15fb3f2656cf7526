"""When a buyer's money is taken, and what is owed to him once it was: money follows goods, shipment by shipment.

An authorisation is a promise of the buyer's bank; it is captured for what has left, tax in proportion, never for more.
An order whose lines have no prices is captured whole with its last unit.
DOMAIN 8 has rows for what a payment provider says and none for what it is asked: that captures are asked for by rows
18, 19 and 34 (goods may leave before the promise is heard of) is decided here. Dropped: one capture when the last unit
has left; the first parcel of an order that waits for the rest would be given on trust.
"""

from twin.middleware.orders.effects import Capture, Effect, GiveBack
from twin.middleware.orders.header import ended, remaining
from twin.model.order import Money, Order, Payment


def take(order: Order, effects: list[Effect]) -> Money:
    """Return the money after what has shipped and was promised was asked for, once."""
    money = order.money
    if money.state not in (Payment.AUTHORISED, Payment.CAPTURED) or ended(order):
        return money
    asked = max(money.taking, money.captured)
    due = min(money.authorised, _shipped(order)) - asked
    if due <= 0:
        return money
    effects.append(Capture(due))
    return money.changed(taking=asked + due)


def catch_up(order: Order, effects: list[Effect]) -> Money:
    """Return the money after what returned goods are worth was asked back: they may come before the money was taken."""
    money = order.money
    back = sum(order.lines[each.line - 1].price * each.disposed for rma in order.returns for each in rma.lines)
    due = min(back, money.captured) - money.giving_back
    if due <= 0:
        return money
    effects.append(GiveBack(due))
    return money.changed(giving_back=money.giving_back + due)


def settled(money: Money) -> bool:
    """Tell whether no money is promised and not taken, none is being taken, and none is on its way back."""
    taken = money.state is Payment.VOIDED or money.taking <= money.captured
    return money.state is not Payment.AUTHORISED and taken and money.giving_back <= money.refunded


def _shipped(order: Order) -> int:
    """Return what the shipped units cost, with their part of the tax; without prices all of it goes with the last."""
    worth = ordered = units = 0
    for line in order.lines:
        worth += line.shipped * line.price
        ordered += line.ordered * line.price
        units += line.shipped
    if not ordered:
        return order.money.authorised if units == remaining(order) else 0
    return worth + order.tax * worth // ordered
