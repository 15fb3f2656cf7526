"""S-5, S-9, S-13 and P-8: the moves of an order's parts, who wrote last, its money, and orders that come again."""

from collections.abc import Sequence, Set
from typing import Final

from actors.transactor import Direct
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS
from twin.model.commands import SubmitOrder
from twin.model.events import CancelRelease
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.model.order import Cancel, Erp, Intake, Line, Money, Order, Payment, Undo
from twin.world.checks.findings import Findings

_CLAIMING: Final = (ITEMS.number, RESERVATIONS.number)
_ORDERS: Final = ORDERS.number

_INTAKE = {
    (Intake.RECEIVED, Intake.VALIDATED), (Intake.RECEIVED, Intake.ACCEPTED), (Intake.RECEIVED, Intake.REJECTED),
    (Intake.RECEIVED, Intake.WITHDRAWN), (Intake.VALIDATED, Intake.ACCEPTED), (Intake.VALIDATED, Intake.REJECTED),
    (Intake.VALIDATED, Intake.WITHDRAWN), (Intake.ACCEPTED, Intake.CLOSED), (Intake.REJECTED, Intake.RECEIVED),
    (Intake.ACCEPTED, Intake.REJECTED), (Intake.REJECTED, Intake.VALIDATED), (Intake.REJECTED, Intake.ACCEPTED),
}  # fmt: skip
_ERP = {(Erp.NONE, Erp.SENT), (Erp.SENT, Erp.CONFIRMED), (Erp.SENT, Erp.REFUSED)}
_ERP_AGAIN = {(Erp.REFUSED, Erp.NONE), (Erp.REFUSED, Erp.SENT)}
"""An order that was refused and is tried anew begins with the ERP as a new one does, and so with its payment."""
_UNDO = {(Undo.NONE, Undo.OPEN), (Undo.OPEN, Undo.STUCK), (Undo.OPEN, Undo.NONE), (Undo.STUCK, Undo.NONE)}
_CANCEL = {
    (Cancel.NONE, Cancel.PENDING), (Cancel.NONE, Cancel.ANSWERED),
    (Cancel.PENDING, Cancel.ANSWERED), (Cancel.ANSWERED, Cancel.PENDING),
}  # fmt: skip
_PAYMENT = {
    (Payment.NONE, Payment.AUTHORISED), (Payment.NONE, Payment.CAPTURED),
    (Payment.AUTHORISED, Payment.CAPTURED), (Payment.AUTHORISED, Payment.VOIDED), (Payment.CAPTURED, Payment.REFUNDED),
    (Payment.VOIDED, Payment.CAPTURED), (Payment.REFUNDED, Payment.CAPTURED),
}  # fmt: skip
_PAYMENT_AGAIN = {*_PAYMENT, (Payment.VOIDED, Payment.NONE), (Payment.REFUNDED, Payment.NONE)}
_NEW_INTAKE: Final = (Intake.ACCEPTED, Intake.RECEIVED, Intake.VALIDATED, Intake.REJECTED)
"""In what an order may begin: each part has its own list, and undo and cancellation begin in NONE."""
_NEW_ERP: Final = (Erp.SENT, Erp.NONE)
_NEW_PAYMENT: Final = (Payment.NONE,)


class OrderChecks:
    """The checks of orders; what is kept of one goes with it."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._known: dict[int, tuple[Order, Elapsed]] = {}
        """Each order as it was written last, and when."""

    def touched(self, order: int) -> Elapsed:
        """Return when an order was written last, in microseconds; 0 where that was never seen."""
        known = self._known.get(order)
        return known[1] if known is not None else 0

    def archived(self, order: int) -> None:
        """An order has left the store."""
        self._known.pop(order, None)

    def written(self, old: Order | None, new: Order, message: Message, events: Sequence[Event] = ()) -> None:
        """An order was written; `old` is what the writer had read, `events` are what it sends in the same unit."""
        self.findings.met["S-5"] += 1
        self._current(old, new, message)
        if old is None:
            self._begins(new, message)
        else:
            self._goes_on(old, new, message)
        before = old.version if old is not None else 0
        if new.version <= before:
            self.findings.broken("S-5", f"order {new.id}", message, f"version {before} to {new.version}")
        anew = old is None and new.document
        if (new.cause != message.id and not anew) or (old is not None and old.cause == new.cause):
            self.findings.broken("S-5", f"order {new.id}", message, f"cause {new.cause} of {message.id}")
        if old is not None and old.releases is not new.releases:
            self._asked_back(old, new, message, events)
        if old is None or old.lines is not new.lines:
            for line in new.lines:
                self._line(line, new, message)

    def _begins(self, new: Order, message: Message) -> None:
        right = new.intake in _NEW_INTAKE and new.erp in _NEW_ERP and new.money.state in _NEW_PAYMENT
        if not right or new.undo is not Undo.NONE or new.cancel is not Cancel.NONE:
            told = f"begins as {new.intake}, {new.erp}, {new.undo}, {new.cancel}, {new.money.state}"
            self.findings.broken("S-5", f"order {new.id}", message, told)
        self._money(new, message)

    def _goes_on(self, old: Order, new: Order, message: Message) -> None:
        if old.intake is not new.intake:
            self._moves(old.intake, new.intake, _INTAKE, new, message)
        again = old.intake is Intake.REJECTED and new.intake is not Intake.REJECTED
        if old.erp is not new.erp:
            self._moves(old.erp, new.erp, _ERP_AGAIN if again else _ERP, new, message)
        if old.undo is not new.undo:
            self._moves(old.undo, new.undo, _UNDO, new, message)
        if old.cancel is not new.cancel:
            self._moves(old.cancel, new.cancel, _CANCEL, new, message)
        if old.money is not new.money:
            self._moves(old.money.state, new.money.state, _PAYMENT_AGAIN if again else _PAYMENT, new, message)
            self._money(new, message)

    def _moves(
        self, was: object, is_: object, legal: Set[object], order: Order,
        message: Message,
    ) -> None:  # fmt: skip
        if was is not is_ and (was, is_) not in legal:
            self.findings.broken("S-5", f"order {order.id}", message, f"{was} to {is_}")

    def _current(self, old: Order | None, new: Order, message: Message) -> None:
        """S-9: what the writer had read is what was written last; S-6: a revision never goes back."""
        before = self._known.get(new.id)
        if before is not None:
            self.findings.met["S-9"] += 1
            known, _ = before
            read = old.version if old is not None else 0
            if read != known.version:
                told = f"written on version {read} where {known.version} was the last"
                self.findings.broken("S-9", f"order {new.id}", message, told)
            if new.revision < known.revision:
                told = f"revision {known.revision} to {new.revision}"
                self.findings.broken("S-6", f"order {new.id}", message, told)
        self._known[new.id] = new, self.findings.clock()

    def _asked_back(self, old: Order, new: Order, message: Message, events: Sequence[Event]) -> None:
        """What an order notes as asked back from a warehouse, the warehouse is asked for in the same unit."""
        before = {(each.key, each.site, each.line): each.cancelling for each in old.releases if each.cancelling}
        noted = sum(
            [
                max(0, each.cancelling - before.get((each.key, each.site, each.line), 0))
                for each in new.releases
                if each.cancelling
            ]
        )
        if not noted:
            return
        asked = sum([line.quantity for each in events if isinstance(each, CancelRelease) for line in each.lines])
        if asked != noted:
            told = f"{noted} units are noted as asked back, and the warehouses are asked for {asked}"
            self.findings.broken("S-5", f"order {new.id}", message, told)

    def _line(self, line: Line, order: Order, message: Message) -> None:
        pending, pledged, allocated, waiting = line.pending, line.pledged, line.allocated, line.backordered
        shipped, cancelled = line.shipped, line.cancelled
        whole = pending + pledged + allocated + waiting + shipped + cancelled == line.ordered
        below = (pending | pledged | allocated | waiting | shipped | cancelled) < 0  # the sign of any of them is kept
        if not whole or below or line.invoiced > shipped:
            parts = (pending, pledged, allocated, waiting, shipped, cancelled)
            key = f"order {order.id} line {line.number}"
            self.findings.broken("S-5", key, message, f"units {parts} of {line.ordered}")

    def _money(self, order: Order, message: Message) -> None:
        """S-13: amounts and keys of what was taken and given back."""
        money = order.money
        if money == _NO_MONEY:
            return
        self.findings.met["S-13"] += 1
        if told := _wrong_money(money) or _taken_too_early(order):
            self.findings.broken("S-13", f"order {order.id}", message, told)

    def agrees(self, order: Order, captured: int, refunded: int) -> None:
        """Nothing of an order's money is on its way: what the provider took and gave back is what we know of (S-13)."""
        self.findings.met["S-13"] += 1
        money = order.money
        if (money.captured, money.refunded) != (captured, refunded):
            told = f"taken {money.captured}, given back {money.refunded}; at the provider {captured} and {refunded}"
            self.findings.broken("S-13", f"order {order.id}", told)

    # --- P-8

    def comes(self, message: SubmitOrder, unit: Direct) -> None:
        """An order was submitted: if it was known, see what the repeat did. Ask before its writes are entered."""
        before = self._known.get(message.case)
        if before is None:
            return
        known, _ = before
        if message.revision != known.revision or known.intake is Intake.REJECTED:
            return
        self.findings.met["P-8"] += 1
        same = message.fingerprint == known.fingerprint
        if any(number in unit.writes for number in _CLAIMING):
            told = f"{'the same' if same else 'other'} content again, and it claimed stock"
            self.findings.broken("P-8", f"order {message.case}", message, told)
        elif not same and _ORDERS in unit.writes:
            told = f"revision {known.revision} again with other content, and it changed the order"
            self.findings.broken("P-8", f"order {message.case}", message, told)


_NO_MONEY: Final = Money()


def _taken_too_early(order: Order) -> str:
    """Say whether more was asked for than the units that have left cost, with all of the tax."""
    worth = sum(line.shipped * line.price for line in order.lines) + order.tax
    taking = order.money.taking if any(line.price for line in order.lines) else 0
    return f"asked for {taking}, and what has left costs {worth}" if taking > worth else ""


def _wrong_money(money: Money) -> str:
    """Say what is wrong with an order's money, if something is."""
    if min(money.authorised, money.captured, money.refunded, money.giving_back) < 0:
        return f"an amount below 0: {money}"
    if money.refunded > money.captured or money.giving_back > money.captured:
        return f"refunded {money.refunded}, asked back {money.giving_back}, taken {money.captured}"
    if money.taking > money.authorised or (money.authorised and money.captured > money.authorised):
        return f"promised {money.authorised}, asked for {money.taking}, taken {money.captured}"
    if len(set(money.keys)) < len(money.keys) or len(set(money.refunds)) < len(money.refunds):
        return "a capture or a refund is booked twice under one key"
    return ""
