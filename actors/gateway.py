"""The API gateway before the middleware: every consumer has a quota of calls, and who is beyond it hears 429.

A refused sender waits as long as he is told and tries again, at most `tries` times; then the order stays with its
channel, which may find out by itself. What is let in takes `latency` to be checked. A limit that was typed wrong is
the same limit with another figure.
"""

from collections.abc import Callable

from actors.calls import Gate
from actors.ground import Ground, Lag
from actors.way import A, Way
from policies.throttle import TokenBucket
from twin.model.instant import Elapsed


class Gateway:
    """The gateway's counters."""

    def __init__(self, ground: Ground, name: str, *, latency: Lag, tries: int) -> None:
        self.ground = ground
        self.latency = latency
        self.tries = tries
        self.passed = self.refused = self.given_up = 0
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._refused = recorder.kind("gateway.refused")

    def before(self, consumer: str, limit: TokenBucket, link: Way) -> Way:
        """Return the way of one consumer: his link, and the gateway at its end."""
        return _Entrance(self, self.ground.recorder.party(consumer), Gate(limit), link)

    def refuses(self, consumer: int, identity: int) -> None:
        """Count a refusal and write it down."""
        self.refused += 1
        ground = self.ground
        ground.recorder.note(ground.timeline.now, self._refused, consumer, self._party, identity, 0, 0)


class _Entrance:
    """One consumer's way in."""

    def __init__(self, gateway: Gateway, consumer: int, gate: Gate, link: Way) -> None:
        self.gateway = gateway
        self.consumer = consumer
        self.gate = gate
        self.link = link

    @property
    def may_lose(self) -> bool:
        """Whether a message can vanish: on the link, or when its sender has given up."""
        return self.link.may_lose

    def send(self, identity: int, attempt: int, deliver: Callable[[A], object], arg: A) -> None:
        """Send a message to the gateway, which calls `deliver(arg)` once it has let it in."""

        def arrives(tried: int) -> None:
            gateway, timeline = self.gateway, self.gateway.ground.timeline
            wait: Elapsed | None = self.gate.admit(timeline.now)
            if wait is None:
                gateway.passed += 1
                timeline.call_in(gateway.latency(identity, attempt), deliver, arg)
                return
            gateway.refuses(self.consumer, identity)
            if tried < gateway.tries:
                timeline.call_in(max(1, wait), arrives, tried + 1)
            else:
                gateway.given_up += 1

        self.link.send(identity, attempt, arrives, 1)
