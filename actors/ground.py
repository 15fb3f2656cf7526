"""What every actor stands on: the timeline, keyed chance, the recorder and the probe."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from actors.transactor import Direct
from policies.calling import Calling, Decision, Dropped, Ended, Late, Ready, Sides
from twin.kernel.guards import Guards
from twin.kernel.laws import Law, keyed_delay
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.middleware.unit import Outcome
from twin.model.chance import draw, root, stream_id, threshold
from twin.model.instant import Elapsed, Instant, Now
from twin.model.message import Event, Message

if TYPE_CHECKING:
    from actors.calls import Call

Lag = Callable[[int, int], Elapsed]
"""A drawn delay: (identity, attempt) to whole microseconds, the same in every design."""

Asked = Ready | Late | Ended | Dropped
"""What the policies of a link are asked or told."""
Side = tuple[int, int]
"""What one process knows of a called side, told apart from all others, and how often the process has begun anew."""
Step = Literal["sent", "accepted", "rejected", "given up"]
"""What becomes of a partner's file."""


class Probe(Protocol):
    """Who watches the parties' own ledgers: measures and invariants. Watching changes nothing."""

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """The middleware committed a unit; its reads and writes are still at hand."""

    def moved(self, site: int, item: int, change: int, reason: str, on_hand: int) -> None:
        """A warehouse booked a signed change; `on_hand` is what it now has on its book."""

    def booked(self, item: int, change: int) -> None:
        """The ERP booked a signed change of an item's stock."""

    def effect(self, party: str, kind: str, key: int) -> None:
        """A party did something that must happen once per key."""

    def looked(self, channel: int, item: int, asked: int, showed: int, as_of: Elapsed, sold: int) -> None:
        """A buyer looked at an item on a channel and bought `sold` of the `asked` units."""

    def placed(self, channel: int, order: int, units: int) -> None:
        """A channel took an order."""

    def showed(self, channel: int, item: int, value: int) -> None:
        """A channel's page now shows `value`."""

    def started(self, link: str, event: Event, number: int) -> None:
        """A call (not an attempt) began on a link, as the `number`-th of its client."""

    def sent(self, call: "Call") -> None:
        """An attempt leaves."""

    def called(self, call: "Call", took: Elapsed, outcome: str) -> None:
        """An attempt ended: ok, refused, failed or timeout, after `took` microseconds."""

    def gave_up(self, link: str, number: int) -> None:
        """A call ended without a success: no further attempt comes."""

    def ruled(
        self,
        link: str,
        side: Side,
        calling: Calling,
        before: Sides,
        asked: Asked,
        after: Sides,
        decision: Decision,
    ) -> None:
        """The policies of a link were asked, and decided."""

    def broke(self, link: str, broken: bool) -> None:
        """A breaker on a link left CLOSED, or came back to it."""

    def acknowledged(self, order: int) -> None:
        """The middleware took responsibility for an order towards its channel."""

    def queued(self, queue: str, length: int) -> None:
        """A queue now holds `length` waiting entries."""

    def replied(self, order: int) -> None:
        """A channel has the middleware's answer about an order."""

    def seen(self, tracking: int, word: str, lag: Elapsed) -> None:
        """The customer portal shows a milestone, `lag` microseconds after it happened."""

    def parked(self, event: Message, reason: str) -> None:
        """A party gave up on a message for good."""

    def passed(self, gateway: str, partner: int, control: int, stated: int, content: Sequence[int]) -> None:
        """A gateway let a partner's file through: its number, the records it states, and one fingerprint for each."""

    def filed(self, gateway: str, partner: int, serial: int, step: Step) -> None:
        """A partner sent its file `serial`, or learned what became of it: sent, accepted, rejected, given up."""

    def mastered(self, item: int, closed: bool) -> None:
        """Whoever looks after the items has taken one off sale, or put it on sale again."""

    def touched(self, letter: int, order: int) -> None:
        """A person took an item from an exception queue; `order` is 0 where it is about none."""


class Ground:
    """The simulated world as actors see it."""

    def __init__(self, timeline: Timeline, seed: int, wall_start: Instant, recorder: Recorder, probe: Probe) -> None:
        self.timeline = timeline
        self.seed = seed
        self.wall_start = wall_start
        self.recorder = recorder
        self.probe = probe
        self.guards = Guards(timeline)

    def now(self) -> Now:
        """Return the moment, for a procedure."""
        elapsed = self.timeline.now
        return Now(elapsed, self.wall_start + elapsed)

    def lag(self, name: str, law: Law) -> Lag:
        """Return the delay `name`: `law` in seconds, drawn by (identity, attempt)."""
        return keyed_delay(root(self.seed, stream_id(name)), law)

    def coin(self, name: str, share: float) -> Callable[[int, int], bool]:
        """Return a coin that shows heads with probability `share`, drawn by (identity, attempt)."""
        key, below = root(self.seed, stream_id(name)), threshold(share)

        def coin(identity: int, attempt: int) -> bool:
            return draw(key, identity, attempt) >> 32 < below

        return coin
