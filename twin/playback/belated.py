"""A process in real time gets to work of its own when it can: in a replay it gets to it when it did.

A slot opens and a scheduled message fires a moment after it was due, and what has come by then counts. The recording
has these moments (`twin.own`); they are read once before it is played. Work that the recording knows nothing of is done
when it is due.
"""

from collections import deque
from collections.abc import Iterable

from actors.middleware import Middleware
from twin.model.history import Own
from twin.model.instant import Elapsed
from twin.model.message import Message
from twin.playback.history import Numbered


class Moments:
    """When the recorded process got to each channel's slots and to each scheduled message, in order."""

    def __init__(self, records: Iterable[Numbered]) -> None:
        self._moments: dict[tuple[str, int], deque[Elapsed]] = {}
        for _, record in records:
            if isinstance(record, Own):
                self._moments.setdefault((record.of, record.id), deque()).append(record.at)

    def after(self, of: str, id: int, now: Elapsed) -> Elapsed:
        """Return when the process got to it, of what is due now; now where the recording does not say."""
        moments = self._moments.get((of, id))
        while moments and moments[0] < now:
            moments.popleft()
        return moments[0] if moments else now

    def reached(self, of: str, id: int, now: Elapsed) -> None:
        """Note that the process has got to it."""
        moments = self._moments.get((of, id))
        if moments and moments[0] == now:
            moments.popleft()


class Belated(Middleware):
    """The middleware's process, as late as the recorded one."""

    moments: Moments

    def _slot(self, slot: tuple[int, Elapsed]) -> None:
        channel, due = slot
        now = self.ground.timeline.now
        if self._slot_at[channel] == due:
            opens = self.moments.after("slot", channel, now)
            if opens > now:
                self._slot_at[channel] = opens
                self.ground.timeline.call_at(opens, self._slot, (channel, opens))
                return
            self.moments.reached("slot", channel, now)
        super()._slot(slot)

    def _timer(self, entry: tuple[Elapsed, Message]) -> None:
        id, now = entry[1].id, self.ground.timeline.now
        fires = self.moments.after("timer", id, now)
        if fires > now:
            self.ground.timeline.call_at(fires, self._timer, entry)
        else:
            self.moments.reached("timer", id, now)
            super()._timer(entry)
