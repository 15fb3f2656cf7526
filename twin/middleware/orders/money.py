"""Rows 21, 22 and 34 to 37: invoices, the close, and the buyer's money."""

from twin.middleware.orders.effects import Archive, Effect, OpenException
from twin.middleware.orders.header import header
from twin.middleware.orders.intake import freed
from twin.middleware.orders.payments import catch_up, settled, take
from twin.middleware.orders.returns import returns_open
from twin.middleware.orders.units import Change, amounts, give_back, move, within
from twin.middleware.unit import Outcome
from twin.model.commands import (
    CloseDue,
    OrderInvoiced,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
)
from twin.model.instant import Elapsed
from twin.model.order import Erp, Header, HoldKind, Intake, Line, Money, Order, Payment, Undo

# --- rows 21 and 22


def invoiced_before(order: Order, event: OrderInvoiced, now: Elapsed) -> bool:
    """The key is known."""
    return event.key in order.invoices


def can_be_invoiced(order: Order, event: OrderInvoiced, now: Elapsed) -> bool:
    """The key is new, q <= S - invoiced."""
    return event.key not in order.invoices and within(order, event.lines, _uninvoiced)


def invoice(order: Order, event: OrderInvoiced, now: Elapsed) -> Change:
    """Book the invoice."""
    lines = move(order, event.lines, _invoiced)
    return order.changed(event.id, lines=lines, invoices=(*order.invoices, event.key)), Outcome.APPLIED, ()


def report_invoice_exceeds(order: Order, event: OrderInvoiced, now: Elapsed) -> Change:
    """More was invoiced than has left."""
    detail = f"invoice {event.key} of {sum(amounts(event.lines).values())} units"
    return order, Outcome.EXCEPTION, (OpenException("INVOICE_EXCEEDS", detail),)


def can_be_closed(order: Order, event: CloseDue, now: Elapsed) -> bool:
    """Header INVOICED, erp CONFIRMED, no open RMA, payment settled; the timer comes when the retention is over."""
    if order.erp is not Erp.CONFIRMED or returns_open(order):
        return False
    return settled(order.money) and header(order) is Header.INVOICED


def over(order: Order) -> bool:
    """Tell whether nobody has still to answer for an order that is off: no warehouse, not the ERP, nor its payment."""
    waits = order.releases or order.erp is Erp.SENT or order.undo is not Undo.NONE
    return not waits and settled(order.money)


def close(order: Order, event: CloseDue, now: Elapsed) -> Change:
    """End the order."""
    return order.changed(event.id, intake=Intake.CLOSED), Outcome.APPLIED, (Archive(),)


def _uninvoiced(line: Line) -> int:
    return line.shipped - line.invoiced


def _invoiced(line: Line, quantity: int) -> Line:
    return line.changed(invoiced=line.invoiced + quantity)


# --- rows 34 to 37


def not_yet_paid(order: Order, event: PaymentAuthorised, now: Elapsed) -> bool:
    """NONE."""
    return order.money.state is Payment.NONE


def authorise(order: Order, event: PaymentAuthorised, now: Elapsed) -> Change:
    """Note that the money is promised; an order that has ended voids it, one that has shipped takes what is due."""
    return _paid(order, event.id, order.money.changed(state=Payment.AUTHORISED, authorised=event.amount))


def captured_before(order: Order, event: PaymentCaptured, now: Elapsed) -> bool:
    """The key is known."""
    return event.key in order.money.keys


def can_be_captured(order: Order, event: PaymentCaptured, now: Elapsed) -> bool:
    """The key is new; NONE, AUTHORISED or CAPTURED; an amount."""
    expected = order.money.state in (Payment.NONE, Payment.AUTHORISED, Payment.CAPTURED)
    return event.amount > 0 and event.key not in order.money.keys and expected


def capture(order: Order, event: PaymentCaptured, now: Elapsed) -> Change:
    """Note that the money was taken; an order that has ended refunds it."""
    return _paid(order, event.id, _with_capture(order, event).changed(state=Payment.CAPTURED))


def captured_unexpectedly(order: Order, event: PaymentCaptured, now: Elapsed) -> bool:
    """The key is new; VOIDED or REFUNDED; an amount."""
    expected = order.money.state in (Payment.NONE, Payment.AUTHORISED, Payment.CAPTURED)
    return event.amount > 0 and event.key not in order.money.keys and not expected


def capture_in_conflict(order: Order, event: PaymentCaptured, now: Elapsed) -> Change:
    """Note the amount, since it was taken; an order that has ended refunds it."""
    effects: list[Effect] = [OpenException("PAYMENT_CONFLICT", f"captured when {order.money.state.value}")]
    after = order.changed(event.id, money=_with_capture(order, event))
    after = after.amid(money=give_back(order, after, effects))
    return after, Outcome.EXCEPTION, tuple(effects)


def can_be_voided(order: Order, event: PaymentVoided, now: Elapsed) -> bool:
    """AUTHORISED."""
    return order.money.state is Payment.AUTHORISED


def void(order: Order, event: PaymentVoided, now: Elapsed) -> Change:
    """Note that the promise of money is gone."""
    return order.changed(event.id, money=order.money.changed(state=Payment.VOIDED)), Outcome.APPLIED, ()


def voided_before(order: Order, event: PaymentVoided, now: Elapsed) -> bool:
    """VOIDED."""
    return order.money.state is Payment.VOIDED


def refunded_before(order: Order, event: PaymentRefunded, now: Elapsed) -> bool:
    """The key is known."""
    return event.key in order.money.refunds


def can_be_refunded(order: Order, event: PaymentRefunded, now: Elapsed) -> bool:
    """The key is new, amount <= captured - refunded."""
    money = order.money
    return event.key not in money.refunds and 0 < event.amount <= money.captured - money.refunded


def refund(order: Order, event: PaymentRefunded, now: Elapsed) -> Change:
    """Note that money went back."""
    money = order.money
    refunded = money.refunded + event.amount
    after = money.changed(
        state=Payment.REFUNDED if refunded == money.captured else money.state,
        refunded=refunded,
        giving_back=max(money.giving_back, refunded),
        refunds=(*money.refunds, event.key),
    )
    return order.changed(event.id, money=after), Outcome.APPLIED, ()


def report_payment_conflict(
    order: Order, event: PaymentAuthorised | PaymentVoided | PaymentRefunded, now: Elapsed
) -> Change:
    """The payment provider says what cannot follow from what it said before."""
    return order, Outcome.EXCEPTION, (OpenException("PAYMENT_CONFLICT", f"payment {order.money.state.value}"),)


def _with_capture(order: Order, event: PaymentCaptured) -> Money:
    money = order.money
    return money.changed(captured=money.captured + event.amount, keys=(*money.keys, event.key))


def _paid(order: Order, by: int, money: Money) -> Change:
    holds, resumed = freed(order, HoldKind.PAYMENT)
    effects: list[Effect] = list(resumed)
    after = order.changed(by, money=money, holds=holds)
    after = after.amid(money=give_back(order, after, effects))
    after = after.amid(money=catch_up(after, effects))
    after = after.amid(money=take(after, effects))
    return after, Outcome.APPLIED, tuple(effects)
