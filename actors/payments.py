"""A payment provider: banks promise money through it, and it takes and gives back what it is asked to.

Its ledger is what of each order is promised, taken and given back. A promise that nobody draws on lapses. What it did
it says in the answer to the call, if the money has moved by then; in any case a webhook tells of it, sometimes twice,
always under the same id: so an answer that was lost is learned all the same, and a repeat is known as one. A key that
was worked on is remembered for a while; without memory (`keys_kept` None) a call that comes again is done again, as
far as the promise lets it.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from actors.calls import REJECTED, Address, Call, Feed
from actors.ground import Ground, Lag
from actors.once import Once
from twin.model.commands import PaymentAuthorised, PaymentCaptured, PaymentRefunded, PaymentVoided
from twin.model.events import AuthorisePayment, CapturePayment, PaymentGivenBack
from twin.model.ids import derive
from twin.model.instant import MINUTE, Elapsed
from twin.model.message import Event, Message

_PROMISED: Final = 6
"""Which of an order's derived ids the webhook of its authorisation has."""
_LAPSED: Final = 7
TRIES_AGAIN: Final[Elapsed] = 15 * MINUTE
"""After how long a buyer who could not pay tries again: a quarter of an hour, assumed."""
_REPEATED: Final = 0
"""Which draw of a webhook decides whether it comes twice."""


@dataclass(slots=True)
class Promise:
    """The money of one order, in minor units: refunded <= captured <= amount."""

    amount: int
    since: Elapsed
    captured: int = 0
    refunded: int = 0
    open: bool = True
    """Neither given up nor lapsed."""
    untold: int = 0
    """Webhooks about it that have not gone out."""


class PaymentProvider:
    """The provider's ledger, its interface and its webhooks."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        hooks: Feed,
        told_after: Lag,
        repeated: Callable[[int, int], bool],
        settles: Lag,
        valid_for: Elapsed,
        keys_kept: Elapsed | None,
    ) -> None:
        self.ground = ground
        self.name = name
        self.hooks = hooks
        self.told_after = told_after
        self.repeated = repeated
        self.settles = settles
        """How long money is on its way; 0: it has moved when the call is answered."""
        self.valid_for = valid_for
        self.promises: dict[int, Promise] = {}
        """By order; one that lapsed without a capture is forgotten."""
        self.counts = dict.fromkeys(("authorised", "captured", "voided", "refunded", "lapsed", "refused"), 0)
        self.captured = self.refunded = 0
        self.lags: array[int] = array("q")
        """From each promise to the first capture under it."""
        self.behind: Address | None = None
        self.reachable: Callable[[], bool] = _always
        """Whether buyers can pay now."""
        self.wanted: dict[int, int] = {}
        """What buyers have tried to pay in vain, by order."""
        self._done = Once(keys_kept) if keys_kept is not None else None
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._kinds = {what: recorder.kind(f"payment.{what}") for what in self.counts}

    # --- buyers

    def pay(self, order: int, amount: int) -> None:
        """A buyer pays, or tries to: he tries again later where the provider cannot be reached."""
        if self.reachable():
            self.authorise(order, amount)
            return
        self.wanted[order] = amount
        self.ground.timeline.call_in(TRIES_AGAIN, self._again, order)

    def _again(self, order: int) -> None:
        if order in self.wanted:
            self.pay(order, self.wanted[order])

    def authorise(self, order: int, amount: int) -> None:
        """A buyer's bank promises the price of an order, once."""
        self.wanted.pop(order, None)
        if order in self.promises:
            return
        now = self.ground.timeline.now
        self.promises[order] = Promise(amount, now)
        self._note("authorised", order, amount)
        self._tell(_promised(order, amount))
        self.ground.timeline.call_in(self.valid_for, self._lapse, order)

    def _lapse(self, order: int) -> None:
        """A promise is over: what was not taken by now is not to be had."""
        promise = self.promises[order]
        if promise.captured:
            promise.open = False
            return
        del self.promises[order]
        if promise.open:
            self._note("lapsed", order, promise.amount)
            self._tell(PaymentVoided(id=derive(order, _LAPSED), case=order))

    # --- what the middleware calls

    def request(self, call: Call) -> None:
        """Refuse for good what the ledger does not allow, or pass the call on to the interface."""
        event = call.event
        assert self.behind is not None
        if isinstance(event, CapturePayment | PaymentGivenBack) and not self._known(event) and not self._may(event):
            self._note("refused", event.case, event.amount)
            call.status = REJECTED
            call.client.respond(call)
            return
        self.behind.request(call)

    def take(self, event: Event) -> Message | None:
        """Do what is asked, once for each key that is remembered; answer with it if the money has moved by then."""
        if isinstance(event, AuthorisePayment):
            return self._asked(event)
        assert isinstance(event, CapturePayment | PaymentGivenBack)
        settles = self.settles(event.id, 0)
        said = moved(event)
        if not self._known(event):
            if not self._may(event):
                return None
            self._do(event)
            if self._done is not None:
                self._done.put(event.key, 1, self.ground.timeline.now)
            self._tell(said, settles)
        return None if settles else said

    def _asked(self, event: AuthorisePayment) -> Message | None:
        """Ask the bank of a buyer who could not pay when he ordered; of anybody else no card is known."""
        if event.case in self.wanted:
            self.authorise(event.case, event.amount)
        promise = self.promises.get(event.case)
        return None if promise is None else _promised(event.case, promise.amount)

    def _known(self, event: CapturePayment | PaymentGivenBack) -> bool:
        return self._done is not None and self._done.get(event.key) is not None

    def _may(self, event: CapturePayment | PaymentGivenBack) -> bool:
        """Tell whether the ledger allows it: a capture within an open promise, a refund of what was taken."""
        promise = self.promises.get(event.case)
        if isinstance(event, CapturePayment):
            return promise is not None and promise.open and promise.captured + event.amount <= promise.amount
        if not event.amount:
            return promise is None or not promise.captured
        return promise is not None and promise.refunded + event.amount <= promise.captured

    def _do(self, event: CapturePayment | PaymentGivenBack) -> None:
        promise = self.promises.get(event.case)
        if isinstance(event, CapturePayment):
            assert promise is not None
            if not promise.captured:
                self.lags.append(self.ground.timeline.now - promise.since)
            promise.captured += event.amount
            self.captured += event.amount
            self._note("captured", event.case, event.amount)
            self.ground.probe.effect(self.name, "capture", event.key)
        elif event.amount:
            assert promise is not None
            promise.refunded += event.amount
            self.refunded += event.amount
            self._note("refunded", event.case, event.amount)
            self.ground.probe.effect(self.name, "refund", event.key)
        else:
            if promise is not None:
                promise.open = False
            self._note("voided", event.case, 0)

    # --- webhooks

    def _tell(self, message: Message, settles: Elapsed = 0) -> None:
        """Tell the middleware of something by a webhook once the money has moved, and sometimes by a second one."""
        for push in range(1 + self.repeated(message.id, _REPEATED)):
            if (promise := self.promises.get(message.case)) is not None:
                promise.untold += 1
            self.ground.timeline.call_in(settles + self.told_after(message.id, push), self._push, message)

    def _push(self, message: Message) -> None:
        if (promise := self.promises.get(message.case)) is not None:
            promise.untold -= 1
        self.hooks.send(message)

    def _note(self, what: str, order: int, amount: int) -> None:
        self.counts[what] += 1
        now, party = self.ground.timeline.now, self._party
        self.ground.recorder.note(now, self._kinds[what], party, party, 0, 0, order, 0, amount)


def _always() -> bool:
    return True


def _promised(order: int, amount: int) -> PaymentAuthorised:
    return PaymentAuthorised(id=derive(order, _PROMISED), case=order, amount=amount)


def moved(event: CapturePayment | PaymentGivenBack) -> Message:
    """Return what whoever holds the money says of a call that was done: the same, however often it is said."""
    id = derive(event.id, 1)
    if isinstance(event, CapturePayment):
        return PaymentCaptured(id=id, cause=event.id, case=event.case, key=event.key, amount=event.amount)
    if not event.amount:
        return PaymentVoided(id=id, cause=event.id, case=event.case)
    return PaymentRefunded(id=id, cause=event.id, case=event.case, key=event.key, amount=event.amount)
