"""Orders that a channel pushes, one by one; a regular look at its list of orders finds those that no push brought."""

from collections.abc import Callable
from typing import Final

from actors.channel import READ, Channel
from actors.ground import Lag
from actors.way import Way
from policies.signature import Signature, Signed, sign
from twin.model import wire
from twin.model.commands import MessageCarried, SubmitOrder, WebhookReceived
from twin.model.ids import derive
from twin.model.instant import Elapsed, Instant, Now
from twin.model.message import Message, altered
from twin.model.trace import TraceContext

_SIGNED: Final = 3
_BEGAN: Final = 4
"""Which of an order message's derived ids the webhooks are made from that carry it."""


class Webhook:
    """Hands each order over by a push of its own; some are lost or doubled, and a regular poll finds the lost ones."""

    def __init__(
        self,
        channel: Channel,
        *,
        dispatch: Lag,
        lost: Callable[[int, int], bool],
        duplicated: Callable[[int, int], bool],
        reconcile_every: Elapsed,
        link: Way,
        reads: Way | None = None,
        signature: Signature | None = None,
        resigns: bool = True,
        traced: bool = False,
        judged_at: Callable[[], Now] | None = None,
    ) -> None:
        self.channel = channel
        self.judged_at = judged_at or channel.ground.now
        """The clock of whoever looks at a signature."""
        self.traced = traced
        """Whether each push carries the trace that the shop's own page began."""
        self.signature = signature
        self.resigns = resigns
        self.dispatch = dispatch
        self.lost = lost
        self.duplicated = duplicated
        self.reconcile_every = reconcile_every
        self.link = link
        self.reads = reads or link
        """What carries the answers to the poll."""
        self.found = 0
        """Orders that the poll handed over."""
        self._scans = 0
        if reconcile_every:
            channel.ground.timeline.call_in(reconcile_every, self._reconcile, None)

    def placed(self, submit: SubmitOrder) -> None:
        """An order was placed: its event goes out, unless it is one of the lost."""
        if self.lost(submit.case, 0):
            return
        timeline = self.channel.ground.timeline
        first = self.channel.ground.now().wall
        timeline.call_in(self.dispatch(submit.case, 0), self._push, (submit, 0, first))
        if self.duplicated(submit.case, 1):
            timeline.call_in(self.dispatch(submit.case, 1), self._push, (submit, 1, first))

    def again(self, push: tuple[SubmitOrder, int, Instant]) -> None:
        """Deliver an order once more: which one, as its how manieth push, and when the first was made."""
        self._push(push)

    def _push(self, push: tuple[SubmitOrder, int, Instant]) -> None:
        submit, attempt, first = push
        if self.signature is None and not self.traced:
            self.link.send(submit.id, attempt, self.channel.hand_over, submit)
            return
        if self.signature is None:
            self.link.send(submit.id, attempt, self._stored, self._under_its_trace(submit))
            return
        stamp = self.channel.ground.now().wall if self.resigns else first
        raw = wire.encode(submit)
        signed = WebhookReceived(
            id=derive(derive(submit.id, _SIGNED), attempt),
            cause=submit.id,
            case=submit.case,
            channel=self.channel.index,
            raw=raw,
            stamp=stamp,
            signature=sign(self.signature.secret, raw, stamp),
        )
        self.link.send(submit.id, attempt, self._arrived, signed)

    def _under_its_trace(self, message: Message) -> MessageCarried:
        begun = derive(message.case, _BEGAN) or 1
        return wire.carried(message, TraceContext(begun << 64 | message.case, begun).header())

    def _stored(self, carried: MessageCarried) -> None:
        self.channel.handed_over(carried.case)
        self.channel.deliver(carried)

    def _arrived(self, signed: WebhookReceived) -> None:
        """The middleware stores it and says so, or answers 401: then the order is still the channel's."""
        assert self.signature is not None
        now = self.judged_at().wall
        if self.signature.judge(signed.raw, signed.stamp, signed.signature, now) is Signed.VALID:
            self.channel.handed_over(signed.case)
        self.channel.deliver(self._under_its_trace(signed) if self.traced else signed)

    def _reconcile(self, _: None) -> None:
        channel = self.channel
        timeline = channel.ground.timeline
        self._scans += 1
        overdue = timeline.now - self.reconcile_every
        for submit in [s for s in channel.untaken.values() if s.placed_at <= overdue]:
            read = submit.under(derive(submit.case, READ))
            self.reads.send(read.id, 1000 + self._scans, self._read, read)
        timeline.call_in(self.reconcile_every, self._reconcile, None)

    def _read(self, submit: SubmitOrder) -> None:
        self.found += submit.case in self.channel.untaken
        self.channel.hand_over(submit)

    def anew(self, message: Message) -> Message:
        """Return a push as it goes out once more: stamped and signed for its new moment, if the shop does so."""
        if self.signature is None or not self.resigns or not isinstance(message, WebhookReceived):
            return message
        stamp = self.channel.ground.now().wall
        return altered(message, stamp=stamp, signature=sign(self.signature.secret, message.raw, stamp))
