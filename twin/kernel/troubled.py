"""A link that faults can get at: it loses, repeats, delays, holds back or squeezes messages while a record is on.

It is built only where a record names the link; every other link is a plain one and pays nothing. What a fault does
comes before what the link does by itself: a message that a fault lost never meets the link's own loss, and a message
that it delays leaves later. N-numbers are those of the fault catalogue.
"""

from collections.abc import Callable
from typing import Any, Final

from twin.kernel.faults import Armed
from twin.kernel.laws import Law
from twin.kernel.link import Link
from twin.kernel.timeline import Timeline
from twin.model.chance import draw, root, stream_id
from twin.model.instant import SECOND, Elapsed

Message = tuple[int, int, Callable[[Any], object], Any]
"""Identity, attempt, who receives it, and what: the last two belong together, which a tuple cannot say."""

LOSSES: Final = ("N1", "N2", "N8", "N10", "N12", "N13")
"""Kinds under which a message does not arrive."""
CLOGS: Final = ("N7", "N9")
"""Kinds under which messages are held back until it is over."""
COPY: Final = 500_000
"""What is added to the attempt of a second copy, so that its luck on the link is its own."""


class TroubledLink(Link):
    """One direction of a connection, with the records that are on.

    `told` is called with a lost message's argument where the fault's visibility is `error`: the sender learns at once
    that the connection broke. Without it, and for every other visibility, loss is silent.
    """

    @property
    def may_lose(self) -> bool:
        """A fault may make any message vanish."""
        return True

    def __init__(
        self,
        timeline: Timeline,
        seed: int,
        name: str,
        *,
        latency: Law,
        lost: float = 0.0,
        duplicated: float = 0.0,
        disorder_share: float = 0.0,
        disorder_within_us: int = 0,
        capacity_per_s: float | None = None,
        told: Callable[[Any], object] | None = None,
    ) -> None:
        super().__init__(
            timeline,
            seed,
            name,
            latency=latency,
            lost=lost,
            duplicated=duplicated,
            disorder_share=disorder_share,
            disorder_within_us=disorder_within_us,
            capacity_per_s=capacity_per_s,
        )
        self.told = told
        self.held: list[Message] = []
        self._armed: list[Armed] = []
        self._free: Elapsed = 0
        self._spread = root(seed, stream_id(f"link/{name}/fault"))

    # --- the lever

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self._armed.append(armed)

    def end(self, armed: Armed) -> None:
        """A record is over; a clog lets go of everything at once, in the order in which it was sent."""
        self._armed.remove(armed)
        if armed.fault.kind in CLOGS and not any(other.fault.kind in CLOGS for other in self._armed):
            held, self.held = self.held, []
            for identity, attempt, deliver, arg in held:
                super().send(identity, attempt, deliver, arg)

    # --- messages

    def send(self, identity: int, attempt: int, deliver: Callable[[Any], object], arg: Any) -> None:
        """Send one message through whatever is wrong at the moment."""
        now = self._timeline.now
        wait: Elapsed = 0
        for armed in tuple(self._armed):
            if not armed.concerns(arg):
                continue
            kind = armed.fault.kind
            if kind in ("N11", "N14"):
                held = self._squeezed(armed, now)
                if held < 0:
                    return
                wait += held
            elif not armed.strikes(now, identity, attempt):
                continue
            elif kind in LOSSES:
                self._lose(armed, arg)
                return
            elif kind in CLOGS:
                self.held.append((identity, attempt, deliver, arg))
                return
            elif kind == "N4":
                self.duplicated_count += 1
                lag = self._drawn(identity, attempt, 4, armed.number("lag", 0.0))
                self._timeline.call_in(lag, self._plainly, (identity, attempt + COPY, deliver, arg))
            else:
                wait += self._delayed(armed, now, identity, attempt)
        if wait:
            self._timeline.call_in(wait, self._plainly, (identity, attempt, deliver, arg))
        else:
            super().send(identity, attempt, deliver, arg)

    def _plainly(self, message: Message) -> None:
        super().send(*message)

    def _lose(self, armed: Armed, arg: Any) -> None:
        self.sent_count += 1
        self.lost_count += 1
        if self.told is not None and armed.fault.visibility == "error":
            self._timeline.call_in(1, self.told, arg)

    def _delayed(self, armed: Armed, now: Elapsed, identity: int, attempt: int) -> Elapsed:
        """Return how much later a message leaves: N3 by `extra`, N5 by up to `within`, N6 as `factor` says."""
        match armed.fault.kind:
            case "N3":
                return round(armed.number("extra", 0.0) * armed.level(now))
            case "N5":
                return self._drawn(identity, attempt, 5, armed.number("within", 0.0))
            case _:
                usual = self._travel(identity, attempt)
                return max(0, round(usual * (armed.factor(now) - 1.0)))

    def _drawn(self, identity: int, attempt: int, purpose: int, most: float) -> Elapsed:
        """Return a time drawn evenly up to `most`."""
        return (draw(self._spread, identity, attempt * 8 + purpose) >> 32) * (int(most) + 1) >> 32

    def _squeezed(self, armed: Armed, now: Elapsed) -> Elapsed:
        """Return how long a message waits for its turn on a link that carries `capacity` a second, or -1 if dropped."""
        gap = max(1, round(SECOND / armed.number("capacity", 1.0)))
        wait = max(0, self._free - now)
        backlog = armed.number("backlog", 0.0)
        if backlog and wait > backlog * gap:
            self.sent_count += 1
            self.dropped_count += 1
            armed.took_effect()
            return -1
        self._free = now + wait + gap
        if wait:
            armed.took_effect()
        return wait
