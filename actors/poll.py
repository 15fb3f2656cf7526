"""Orders that are fetched from a channel's list, page by page."""

from actors.calls import Gate
from actors.channel import Channel
from actors.ground import Lag
from actors.way import Way
from twin.model.commands import SubmitOrder
from twin.model.instant import Elapsed


class Poll:
    """Fetches, every so often, the orders that have become readable, page by page, within the channel's list quota."""

    def __init__(
        self,
        channel: Channel,
        *,
        every: Elapsed,
        first: Elapsed,
        visible: Lag,
        latency: Lag,
        page: int,
        gate: Gate,
        link: Way,
    ) -> None:
        self.channel = channel
        self.every = every
        self.visible = visible
        self.latency = latency
        self.page = page
        self.gate = gate
        self.link = link
        self.refused = 0
        self._polls = 0
        channel.ground.timeline.call_in(first, self._poll, None)

    def placed(self, submit: SubmitOrder) -> None:
        """An order was placed: it becomes readable after a while."""
        now = self.channel.ground.timeline.now
        self.channel.visible_at[submit.case] = now + self.visible(submit.case, 0)

    def _poll(self, _: None) -> None:
        timeline = self.channel.ground.timeline
        timeline.call_in(self.every, self._poll, None)
        self._page(None)

    def _page(self, _: None) -> None:
        channel = self.channel
        timeline = channel.ground.timeline
        now = timeline.now
        if self.gate.admit(now) is not None:
            self.refused += 1
            return
        self._polls += 1
        if not channel.untaken:
            return
        visible = channel.visible_at
        page = [submit for submit in channel.untaken.values() if visible[submit.case] <= now][: self.page]
        if not page:
            return
        took = self.latency(page[0].case, self._polls)
        timeline.call_in(took, self._read, page)
        if len(page) == self.page:
            timeline.call_in(took, self._page, None)

    def _read(self, page: list[SubmitOrder]) -> None:
        for submit in page:
            if submit.case in self.channel.untaken:
                self.link.send(submit.id, self._polls, self.channel.hand_over, submit)
