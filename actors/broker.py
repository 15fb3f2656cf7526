"""The message broker before the middleware: it keeps what parties send until the process has room for it.

Messages leave in the order in which they came, as long as fewer than `prefetch` wait in the process; else the broker
looks again after `look_every`. It delivers at least once: of some messages it forgets that they were taken and hands
them out a second time when their visibility is over. What nobody has taken within `retention` is dropped.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator

from actors.ground import Ground, Lag
from twin.model.instant import Elapsed
from twin.model.message import Message

Take = Callable[[Message], None]


class Broker:
    """One queue for all senders."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        hop: Lag,
        prefetch: int,
        look_every: Elapsed,
        again: Callable[[int, int], bool],
        visibility: Elapsed,
        retention: Elapsed,
        in_process: Callable[[], int],
    ) -> None:
        self.ground = ground
        self.hop = hop
        self.prefetch = prefetch
        self.look_every = look_every
        self.again = again
        self.visibility = visibility
        self.retention = retention
        self.in_process = in_process
        self.ages: array[int] = array("q")
        """How long each message lay here before it left."""
        self.redelivered = self.expired = 0
        self.length_max = 0
        self._queue: deque[tuple[Elapsed, Message, Take]] = deque()
        self._under_way: dict[int, Message] = {}
        self._looks = False
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._expired = recorder.kind("broker.expired")

    def before(self, take: Take) -> Take:
        """Return what accepts messages for `take`."""

        def put(message: Message) -> None:
            self._queue.append((self.ground.timeline.now, message, take))
            self.length_max = max(self.length_max, len(self._queue))
            self._hand_out()

        return put

    def waiting(self) -> Iterator[Message]:
        """Yield the messages that are here, or on their way from here."""
        yield from (message for _, message, _ in self._queue)
        yield from self._under_way.values()

    def _hand_out(self) -> None:
        now = self.ground.timeline.now
        while self._queue and self.in_process() + len(self._under_way) < self.prefetch:
            came, message, take = self._queue.popleft()
            if now - came > self.retention:
                self.expired += 1
                self.ground.recorder.note(now, self._expired, self._party, self._party, message.id, 0, message.case)
                continue
            self.ages.append(now - came)
            self._deliver(message, take, 0)
            if self.again(message.id, 0):
                self.redelivered += 1
                self.ground.timeline.call_in(self.visibility, self._deliver_again, (message, take))
        if self._queue and not self._looks:
            self._looks = True
            self.ground.timeline.call_in(self.look_every, self._look, None)

    def _look(self, _: None) -> None:
        self._looks = False
        self._hand_out()

    def _deliver_again(self, taken: tuple[Message, Take]) -> None:
        self._deliver(*taken, 1)

    def _deliver(self, message: Message, take: Take, time: int) -> None:
        self._under_way[message.id] = message
        self.ground.timeline.call_in(self.hop(message.id, time), self._arrive, (message, take))

    def _arrive(self, taken: tuple[Message, Take]) -> None:
        message, take = taken
        self._under_way.pop(message.id, None)
        take(message)
