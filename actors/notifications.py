"""Messages to customers: an order is confirmed, a parcel is on its way. A provider sends them within its limit.

What the provider refuses waits and is sent again, so a burst (a backlog that is released) makes customers wait; a
customer hears of one thing once.
"""

from array import array

from actors.calls import Client
from actors.ground import Ground
from actors.once import Once
from twin.model.events import MilestoneReached, OrderAnswered
from twin.model.instant import DAY, Elapsed
from twin.model.message import Event, Message

SILENT = ("ETA", "LABEL")
"""Milestones that customers are not written about."""


class Notifications:
    """What is still to be said, and the provider's ledger of what was."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.ground = ground
        self.client: Client | None = None
        """The way to the provider."""
        self.sent = self.given_up = 0
        self.lags: array[int] = array("q")
        """From the moment there was something to say until it was taken, by message."""
        self._begun: dict[int, Elapsed] = {}
        self._said = Once(30 * DAY)
        recorder = ground.recorder
        self._party = recorder.party(name)

    def say(self, event: OrderAnswered | MilestoneReached) -> None:
        """Write to the customer of an order about an event that he should know of."""
        if isinstance(event, MilestoneReached) and event.word in SILENT:
            return
        assert self.client is not None
        if event.id not in self._begun and self._said.get(event.id) is None:
            self._begun[event.id] = self.ground.timeline.now
            self.client.submit(event)

    def take(self, event: Event) -> Message | None:
        """Take a message as the provider does: one of the same key is sent once."""
        now = self.ground.timeline.now
        if self._said.get(event.id) is None:
            self._said.put(event.id, 1, now)
            self.sent += 1
            self.ground.probe.effect("notifications", "message", event.id)
        return None

    def taken(self, event: Event, answer: Message | None) -> None:
        """The provider has it."""
        self.lags.append(self.ground.timeline.now - self._begun.pop(event.id))

    def lost(self, event: Event, reason: str) -> None:
        """The provider could not be reached for so long that the message is old: it is not sent."""
        self._begun.pop(event.id, None)
        self.given_up += 1
