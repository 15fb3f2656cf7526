"""Orders posted one by one under an idempotency key: what is not answered in time is posted again under the same key.

The repeat is another message, as a client that lost its connection makes one; only the key and the content say that it
is the same order. A client that has posted `POSTS_MAX` times in vain gives up.
"""

from typing import Final

from actors.channel import Channel
from actors.ground import Lag
from twin.kernel.link import Link
from twin.model.commands import SubmitOrder
from twin.model.ids import derive
from twin.model.instant import Elapsed

POSTS_MAX: Final = 200
"""Posts of one order at most."""
_KEY: Final = 400
"""Which of an order's derived ids its idempotency key is."""
_POST: Final = 401
"""The first of those that its repeats have as messages."""


class KeyedPosts:
    """The client of one channel: `there` carries its posts, `back` the answers that they were stored."""

    def __init__(self, channel: Channel, *, there: Link, back: Link, delay: Lag, again_after: Elapsed) -> None:
        self.channel = channel
        self.there = there
        self.back = back
        self.delay = delay
        self.again_after = again_after
        self._open: dict[int, SubmitOrder] = {}

    def placed(self, submit: SubmitOrder) -> None:
        """An order was placed: it is posted."""
        self._open[submit.case] = submit.under_key(derive(submit.case, _KEY))
        self.channel.ground.timeline.call_in(self.delay(submit.case, 0), self._post, (submit.case, 0))

    def _post(self, post: tuple[int, int]) -> None:
        order, times = post
        submit = self._open.get(order)
        if submit is None:
            return
        if times == POSTS_MAX:
            del self._open[order]
            return
        message = submit.under(derive(order, _POST + times)) if times else submit
        self.there.send(message.id, 0, self._arrived, message)
        self.channel.ground.timeline.call_in(self.again_after, self._post, (order, times + 1))

    def _arrived(self, message: SubmitOrder) -> None:
        self.channel.hand_over(message)
        self.back.send(message.id, 0, self._answered, message.case)

    def _answered(self, order: int) -> None:
        self._open.pop(order, None)
