"""What partners hear of an order: effects of its table that are events of the outbox."""

from typing import TYPE_CHECKING

from twin.middleware.delivery.documents import watch_document
from twin.middleware.orders.effects import (
    Answer,
    CancelErp,
    Capture,
    ChangeErp,
    CreateErp,
    CreditNote,
    GiveBack,
    RecallRelease,
    SendRelease,
    TellReturn,
)
from twin.model.commands import BackorderExpired, ItemQuantity, OrderedLine, OrderInvoiced
from twin.model.events import (
    CancelErpOrder,
    CancelRelease,
    CapturePayment,
    ChangeErpOrder,
    CreateErpOrder,
    CreditNoteDue,
    InvoiceIssued,
    OrderAnswered,
    PaymentGivenBack,
    ReleaseToWarehouse,
    ReturnAnswered,
)
from twin.model.order import Order

if TYPE_CHECKING:
    from twin.middleware.orders.work import Work


def answer(work: "Work", effect: Answer) -> None:
    """Answer the channel about lines that were free at intake."""
    tell(work, effect, ())


def tell(work: "Work", effect: Answer, short: tuple[ItemQuantity, ...]) -> None:
    """Answer the channel; `short` are units that were not free at intake."""
    order = work.known()
    told = OrderAnswered(
        id=work.ids.next(),
        cause=work.cause.id,
        case=order.id,
        channel=order.channel,
        number=order.number,
        code=effect.code,
        lines=effect.lines,
        short=short,
    )
    work.unit.emit(told)
    if work.rules.fallbacks is not None:
        watch_document(told, order.placed_at, work.now, work.rules, work.unit)


def create(work: "Work", effect: CreateErp) -> None:
    """Have the ERP make a sales order."""
    order = work.known()
    work.unit.emit(
        CreateErpOrder(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            external=order.id,
            lines=_ordered(order),
            document=order.document,
            tax=order.tax,
        )
    )
    if order.cancel_after:
        lapse = BackorderExpired(id=work.ids.next(), cause=work.cause.id, case=order.id)
        work.unit.schedule(order.cancel_after, lapse)


def change(work: "Work", effect: ChangeErp) -> None:
    """Have the ERP change it to what is ordered now."""
    order = work.known()
    work.unit.emit(
        ChangeErpOrder(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            external=order.id,
            revision=order.revision,
            lines=_ordered(order),
        )
    )


def cancel(work: "Work", effect: CancelErp) -> None:
    """Have the ERP cancel it."""
    order = work.known()
    work.unit.emit(CancelErpOrder(id=work.ids.next(), cause=work.cause.id, case=order.id, external=order.id))


def release(work: "Work", effect: SendRelease) -> None:
    """Tell a warehouse what to ship."""
    order = work.known()
    lines = order.lines
    work.unit.emit(
        ReleaseToWarehouse(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            site=effect.site,
            release=effect.key,
            lines=effect.lines,
            items=tuple([ItemQuantity(lines[each.line - 1].item, each.quantity) for each in effect.lines]),
        )
    )


def recall(work: "Work", effect: RecallRelease) -> None:
    """Ask a warehouse not to ship."""
    order = work.known()
    work.unit.emit(
        CancelRelease(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            site=effect.site,
            release=effect.key,
            lines=effect.lines,
        )
    )


def capture(work: "Work", effect: Capture) -> None:
    """Ask for money that is authorised."""
    order = work.known()
    key = work.ids.next()
    work.unit.emit(
        CapturePayment(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            channel=order.channel,
            key=key,
            amount=effect.amount,
        )
    )


def give_back(work: "Work", effect: GiveBack) -> None:
    """Ask for the buyer's money to go back."""
    order = work.known()
    key = work.ids.next()
    work.unit.emit(
        PaymentGivenBack(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            channel=order.channel,
            key=key,
            amount=effect.amount,
        )
    )


def credit(work: "Work", effect: CreditNote) -> None:
    """Have the ERP credit what came back."""
    order = work.known()
    work.unit.emit(
        CreditNoteDue(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            key=effect.key,
            rma=effect.rma,
            lines=effect.lines,
        )
    )


def issue(work: "Work", bill: OrderInvoiced) -> None:
    """Send what the ERP billed to a partner who takes documents, at the prices of the order."""
    order = work.known()
    work.unit.emit(
        InvoiceIssued(
            id=work.ids.next(),
            cause=bill.id,
            case=order.id,
            channel=order.channel,
            number=order.number,
            key=bill.key,
            lines=bill.lines,
            amount=sum(order.lines[each.line - 1].price * each.quantity for each in bill.lines),
        )
    )


def tell_return(work: "Work", effect: TellReturn) -> None:
    """Answer the channel about a return."""
    order = work.known()
    work.unit.emit(
        ReturnAnswered(
            id=work.ids.next(),
            cause=work.cause.id,
            case=order.id,
            channel=order.channel,
            rma=effect.rma,
            code=effect.code,
            lines=effect.lines,
        )
    )


def _ordered(order: Order) -> tuple[OrderedLine, ...]:
    return tuple([OrderedLine(line.item, line.ordered - line.cancelled, line.price) for line in order.lines])
