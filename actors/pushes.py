"""Pushes of a vendor's subscription: each goes out again, by the vendor's rule, until it is acknowledged (M6).

The receiver acknowledges what it has stored. An acknowledgement that is lost, or comes after the vendor's timeout,
brings another push of the same message under the same id; duplicates are therefore normal. When a push is used up it is
dropped. That may end the subscription, and then nothing is pushed at all until somebody has noticed and renewed it.
What was dropped or never pushed is found only by whoever asks: a channel's list of orders, or a regular look at a
carrier's parcels, which is made here (`look_every`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actors.ground import Ground, Lag
from actors.way import A, Way
from policies.redelivery import Redelivery
from twin.kernel.guards import Guard
from twin.model.chance import stream_id
from twin.model.instant import Elapsed

_TRIES = 1_000
"""Further attempts of one message are told apart on the link from the sender's own by thousands."""


@dataclass(slots=True)
class _Push:
    """One message on its way: who takes it, since when, how many attempts have failed, and the present timeout."""

    identity: int
    attempt: int
    deliver: Callable[[Any], object]
    message: Any
    since: Elapsed
    failed: int = 0
    guard: Guard | None = None
    done: bool = False


class Pushes:
    """One subscription, as the way of its sender.

    `there` carries the pushes, `back` the acknowledgements. `stored` tells of a message that has arrived whether the
    receiver has it. `renewed` is how long it takes until an ended subscription is made anew.
    """

    def __init__(
        self,
        ground: Ground,
        name: str,
        rule: Redelivery,
        *,
        there: Way,
        back: Way,
        renewed: Lag,
        stored: Callable[[Any], bool] | None = None,
        look_every: Elapsed = 0,
    ) -> None:
        self.ground = ground
        self.name = name
        self.rule = rule
        self.there = there
        self.back = back
        self.renewed = renewed
        self.stored = stored
        self.look_every = look_every
        self.anew: Callable[[Any], Any] = lambda message: message
        """What makes a message ready for another attempt."""
        self.on = True
        """Whether there is a subscription."""
        self.again = self.dropped = self.missed = self.ended = self.found = 0
        """Attempts beyond the first, pushes used up, messages without a subscription, subscriptions that ended, and
        messages that a look found.
        """
        self._in_a_row = 0
        self._lost: list[_Push] = []
        self._renewal = stream_id(f"{name}/renewed")
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._ended_kind = recorder.kind("subscription.ended")
        self._dropped_kind = recorder.kind("push.dropped")
        if look_every:
            ground.timeline.call_in(look_every, self._look, None)

    @property
    def may_lose(self) -> bool:
        """A sender hears nothing of what is lost; whoever wants it must ask."""
        return False

    def send(self, identity: int, attempt: int, deliver: Callable[[A], object], arg: A) -> None:
        """Push a message, if there is a subscription."""
        push = _Push(identity, attempt, deliver, arg, self.ground.timeline.now)
        if self.on:
            self._try(push)
        else:
            self.missed += 1
            self._not_pushed(push)

    def _try(self, push: _Push) -> None:
        push.guard = self.ground.guards.after(self.rule.timeout_us, self._timed_out, push)
        self.there.send(push.identity, push.attempt + _TRIES * push.failed, self._arrived, push)

    def _try_again(self, push: _Push) -> None:
        if not push.done:
            push.message = self.anew(push.message)
            self._try(push)

    def _arrived(self, push: _Push) -> None:
        push.deliver(push.message)
        if self.stored is None or self.stored(push.message):
            self.back.send(push.identity, push.attempt + _TRIES * push.failed, self._acknowledged, push)

    def _acknowledged(self, push: _Push) -> None:
        push.done = True
        self._in_a_row = 0
        if push.guard is not None:
            self.ground.guards.cancel(push.guard)

    def _timed_out(self, push: _Push) -> None:
        now = self.ground.timeline.now
        push.failed += 1
        self._in_a_row += 1
        following = self.rule.after(push.failed, now - push.since, self._in_a_row)
        if following.wait is not None and self.on:
            self.again += 1
            self.ground.timeline.call_in(max(1, following.wait), self._try_again, push)
            return
        self.dropped += 1
        self.ground.recorder.note(now, self._dropped_kind, self._party, self._party, push.identity, 0, 0, push.failed)
        self._not_pushed(push)
        if following.ends and self.on:
            self._end(now)

    def _end(self, now: Elapsed) -> None:
        """The vendor takes the subscription away; what is on its way by then is dropped with its next failure."""
        self.on = False
        self.ended += 1
        self.ground.recorder.note(now, self._ended_kind, self._party, self._party, 0, 0, 0, self.ended)
        self.ground.timeline.call_in(self.renewed(self._renewal, self.ended), self._renew, None)

    def _renew(self, _: None) -> None:
        self.on, self._in_a_row = True, 0

    # --- what a regular look finds

    def _not_pushed(self, push: _Push) -> None:
        if self.look_every:
            self._lost.append(push)

    def _look(self, _: None) -> None:
        """Ask for what has happened: what was not pushed is read; an answer that gets lost is read at the next look."""
        timeline = self.ground.timeline
        timeline.call_in(self.look_every, self._look, None)
        self._lost = [push for push in self._lost if not push.done]
        for push in self._lost:
            push.failed += 1
            self.there.send(push.identity, push.attempt + _TRIES * push.failed, self._read, push)

    def _read(self, push: _Push) -> None:
        if not push.done:
            push.done = True
            self.found += 1
            push.deliver(push.message)
