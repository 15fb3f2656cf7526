"""S-5, S-9, S-13 and P-8: the moves of an order's parts, who wrote last, its money, and orders that come again."""

from collections.abc import Set
from typing import Final, NamedTuple

from actors.transactor import Direct
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS
from twin.model.commands import SubmitOrder
from twin.model.instant import Elapsed
from twin.model.message import Message
from twin.model.order import Cancel, Erp, Intake, Line, Money, Order, Payment, Undo
from twin.world.checks.findings import Findings

_CLAIMING: Final = (ITEMS.number, RESERVATIONS.number)
_ORDERS: Final = ORDERS.number

_INTAKE = {
    (None, Intake.RECEIVED), (None, Intake.VALIDATED), (None, Intake.ACCEPTED), (None, Intake.REJECTED),
    (Intake.RECEIVED, Intake.VALIDATED), (Intake.RECEIVED, Intake.ACCEPTED), (Intake.RECEIVED, Intake.REJECTED),
    (Intake.RECEIVED, Intake.WITHDRAWN), (Intake.VALIDATED, Intake.ACCEPTED), (Intake.VALIDATED, Intake.REJECTED),
    (Intake.VALIDATED, Intake.WITHDRAWN), (Intake.ACCEPTED, Intake.CLOSED), (Intake.REJECTED, Intake.RECEIVED),
    (Intake.ACCEPTED, Intake.REJECTED), (Intake.REJECTED, Intake.VALIDATED), (Intake.REJECTED, Intake.ACCEPTED),
}  # fmt: skip
_ERP = {
    (None, Erp.NONE), (None, Erp.SENT), (Erp.NONE, Erp.SENT), (Erp.SENT, Erp.CONFIRMED), (Erp.SENT, Erp.REFUSED),
}  # fmt: skip
_UNDO = {
    (None, Undo.NONE), (Undo.NONE, Undo.OPEN), (Undo.OPEN, Undo.STUCK), (Undo.OPEN, Undo.NONE),
    (Undo.STUCK, Undo.NONE),
}  # fmt: skip
_CANCEL = {(None, Cancel.NONE), (Cancel.NONE, Cancel.PENDING), (Cancel.NONE, Cancel.ANSWERED),
           (Cancel.PENDING, Cancel.ANSWERED), (Cancel.ANSWERED, Cancel.PENDING)}  # fmt: skip
_PAYMENT = {
    (None, Payment.NONE), (Payment.NONE, Payment.AUTHORISED), (Payment.NONE, Payment.CAPTURED),
    (Payment.AUTHORISED, Payment.CAPTURED), (Payment.AUTHORISED, Payment.VOIDED), (Payment.CAPTURED, Payment.REFUNDED),
    (Payment.VOIDED, Payment.CAPTURED), (Payment.REFUNDED, Payment.CAPTURED),
}  # fmt: skip


class _Known(NamedTuple):
    """What is known here of an order: its last version and content, and when it was written last."""

    version: int
    revision: int
    fingerprint: int
    intake: Intake
    at: Elapsed


class OrderChecks:
    """The checks of orders; what is kept of one goes with it."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._known: dict[int, _Known] = {}

    def touched(self, order: int) -> Elapsed:
        """Return when an order was written last, in microseconds; 0 where that was never seen."""
        known = self._known.get(order)
        return known.at if known is not None else 0

    def archived(self, order: int) -> None:
        """An order has left the store."""
        self._known.pop(order, None)

    def written(self, old: Order | None, new: Order, message: Message) -> None:
        """An order was written; `old` is what the writer had read."""
        self.findings.met["S-5"] += 1
        self._current(old, new, message)
        if old is None or old.intake is not new.intake:
            self._moves(old and old.intake, new.intake, _INTAKE, new, message)
        if old is None or old.erp is not new.erp:
            self._moves(old and old.erp, new.erp, _ERP, new, message)
        if old is None or old.undo is not new.undo:
            self._moves(old and old.undo, new.undo, _UNDO, new, message)
        if old is None or old.cancel is not new.cancel:
            self._moves(old and old.cancel, new.cancel, _CANCEL, new, message)
        if old is None or old.money is not new.money:
            self._moves(old and old.money.state, new.money.state, _PAYMENT, new, message)
            self._money(new, message)
        before = old.version if old is not None else 0
        if new.version <= before:
            self.findings.broken("S-5", f"order {new.id}", message, f"version {before} to {new.version}")
        anew = old is None and new.document
        if (new.cause != message.id and not anew) or (old is not None and old.cause == new.cause):
            self.findings.broken("S-5", f"order {new.id}", message, f"cause {new.cause} of {message.id}")
        if old is None or old.lines is not new.lines:
            for line in new.lines:
                self._line(line, new, message)

    def _moves(
        self, was: object, is_: object, legal: Set[object], order: Order,
        message: Message,
    ) -> None:  # fmt: skip
        if was is not is_ and (was, is_) not in legal:
            self.findings.broken("S-5", f"order {order.id}", message, f"{was} to {is_}")

    def _current(self, old: Order | None, new: Order, message: Message) -> None:
        """S-9: what the writer had read is what was written last; S-6: a revision never goes back."""
        known = self._known.get(new.id)
        if known is not None:
            self.findings.met["S-9"] += 1
            read = old.version if old is not None else 0
            if read != known.version:
                told = f"written on version {read} where {known.version} was the last"
                self.findings.broken("S-9", f"order {new.id}", message, told)
            if new.revision < known.revision:
                told = f"revision {known.revision} to {new.revision}"
                self.findings.broken("S-6", f"order {new.id}", message, told)
        now = self.findings.clock()
        self._known[new.id] = _Known(new.version, new.revision, new.fingerprint, new.intake, now)

    def _line(self, line: Line, order: Order, message: Message) -> None:
        parts = (line.pending, line.pledged, line.allocated, line.backordered, line.shipped, line.cancelled)
        if sum(parts) != line.ordered or min(parts) < 0 or line.invoiced > line.shipped:
            key = f"order {order.id} line {line.number}"
            self.findings.broken("S-5", key, message, f"units {parts} of {line.ordered}")

    def _money(self, order: Order, message: Message) -> None:
        """S-13: amounts and keys of what was taken and given back."""
        money = order.money
        if money == _NO_MONEY:
            return
        self.findings.met["S-13"] += 1
        if told := _wrong_money(money):
            self.findings.broken("S-13", f"order {order.id}", message, told)

    # --- P-8

    def comes(self, message: SubmitOrder, unit: Direct) -> None:
        """An order was submitted: if it was known, see what the repeat did. Ask before its writes are entered."""
        known = self._known.get(message.case)
        if known is None or message.revision != known.revision or known.intake is Intake.REJECTED:
            return
        self.findings.met["P-8"] += 1
        tables = [number for number, _, _ in unit.writes]
        same = message.fingerprint == known.fingerprint
        if any(number in _CLAIMING for number in tables):
            told = f"{'the same' if same else 'other'} content again, and it claimed stock"
            self.findings.broken("P-8", f"order {message.case}", message, told)
        elif not same and _ORDERS in tables:
            told = f"revision {known.revision} again with other content, and it changed the order"
            self.findings.broken("P-8", f"order {message.case}", message, told)


_NO_MONEY: Final = Money()


def _wrong_money(money: Money) -> str:
    """Say what is wrong with an order's money, if something is."""
    if min(money.authorised, money.captured, money.refunded, money.giving_back) < 0:
        return f"an amount below 0: {money}"
    if money.refunded > money.captured or money.giving_back > money.captured:
        return f"refunded {money.refunded}, asked back {money.giving_back}, taken {money.captured}"
    if len(set(money.keys)) < len(money.keys) or len(set(money.refunds)) < len(money.refunds):
        return "a capture or a refund is booked twice under one key"
    return ""
