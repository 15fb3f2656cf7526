"""Whether a partner is there: asked regularly, and the door that stays shut to it while its fallback is on.

A watcher asks a question that costs a partner nothing and hears the answer, over links like those of its real calls;
or it listens for what a partner sends by itself. What it concludes it tells the middleware as a message, which decides.
While a fallback is on, the door of the partner's client lets nothing out: outbox rows wait in order, and those under
way wear out no further attempt; when it is off they go out through the client's own limits. Where there is another way
they take a detour.
"""

from collections.abc import Callable, Mapping, Sequence

from actors.calls import Gate
from actors.ground import Ground
from actors.tap import Submits
from policies.silence import Silence
from twin.model.chance import stream_id
from twin.model.commands import PartnerBack, PartnerSilent
from twin.model.events import FallbackChanged
from twin.model.ids import derive
from twin.model.instant import SECOND, Elapsed
from twin.model.message import Event, Message

ASKED_EVERY: Elapsed = 30 * SECOND
"""How often a partner is asked at most; one that counts as away after less than two minutes is asked more often."""
LOOKED_EVERY: Elapsed = SECOND
"""How often what waits behind a shut door looks whether it has been opened."""


class Ping(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Are you there?"""

    @property
    def aggregate(self) -> int:
        """Each question by itself."""
        return self.id


class Watcher:
    """Watches one partner: `ask` puts the question; call `heard` with every answer, `missed` when none came."""

    def __init__(self, ground: Ground, name: str, partner: int, rule: Silence, tell: Callable[[Message], None]) -> None:
        self.ground = ground
        self.partner = partner
        self.rule = rule
        self.every = max(SECOND, min(ASKED_EVERY, rule.after_us // 4))
        self.tell = tell
        self.away = False
        self._questions, self._news = stream_id(f"{name}/asked"), stream_id(f"{name}/told")
        self._asked = self._told = 0
        self._last: Elapsed = 0
        self._answers = 0

    def watch(self, ask: Callable[[Event], None]) -> None:
        """Ask now, and go on asking."""
        self._asked += 1
        ask(Ping(id=derive(self._questions, self._asked)))
        self.ground.timeline.call_in(self.every, self.watch, ask)

    def listen(self, _: None = None) -> None:
        """Ask nothing: look how long ago something came by itself, and go on looking."""
        self._judge()
        self.ground.timeline.call_in(self.every, self.listen, None)

    def heard(self) -> None:
        """The partner has answered, or something came from it."""
        self._last = self.ground.timeline.now
        self._answers += 1
        self._judge()

    def missed(self) -> None:
        """The partner has not answered."""
        self._answers = 0
        self._judge()

    def _judge(self) -> None:
        change = self.rule.judge(self.away, self.ground.timeline.now - self._last, self._answers)
        if change is None:
            return
        self.away = change == "leaves"
        self._answers = 0
        self._told += 1
        id = derive(self._news, self._told)
        if self.away:
            self.tell(PartnerSilent(id=id, partner=self.partner, since=self._last))
        else:
            self.tell(PartnerBack(id=id, partner=self.partner))


class Door(Gate):
    """Lets calls out as the `gate` behind it does, if there is one, and none while it is shut."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate
        self.shut = False

    def admit(self, now: Elapsed, cost: int = 1) -> Elapsed | None:
        """Return None if a call may go out now, else how long to wait before it might."""
        if self.shut:
            return LOOKED_EVERY
        return self.gate.admit(now, cost) if self.gate is not None else None


class Doorkeeper:
    """Takes the middleware's events about fallbacks: it turns the doors, by partner, and acknowledges."""

    def __init__(
        self, delivered: Callable[[Event, Message | None], None], turned: Callable[[FallbackChanged], None]
    ) -> None:
        self.name = "middleware"
        self.doors: Mapping[int, Door] = {}
        self.turns: Mapping[int, Sequence[Callable[[bool], None]]] = {}
        """Who else hears whether a partner is away, by partner."""
        self._delivered = delivered
        self._turned = turned

    def submit(self, event: Event) -> None:
        """Take an event; nobody outside has to hear of it."""
        if type(event) is FallbackChanged:
            if event.partner in self.doors:
                self.doors[event.partner].shut = event.on
            for turn in self.turns.get(event.partner, ()):
                turn(event.on)
            self._turned(event)
        self._delivered(event, None)


class Detour:
    """The way to a partner, and the `other` one while it is away; what has begun on the other way ends there."""

    def __init__(self, usual: Submits, other: Submits) -> None:
        self.name = usual.name
        self.usual = usual
        self.other = other
        self.away = False
        self.taken = 0
        """How many have gone the other way."""

    def turn(self, away: bool) -> None:
        """Go the other way from now on, or the usual one again."""
        self.away = away

    def moved(self, event: Event, _: Elapsed | None) -> bool:
        """Take over what the usual way has not delivered; False where nothing goes the other way."""
        if self.away:
            self.submit(event)
        return self.away

    def submit(self, event: Event) -> None:
        """Deliver an event, sooner or later."""
        self.taken += self.away
        (self.other if self.away else self.usual).submit(event)
