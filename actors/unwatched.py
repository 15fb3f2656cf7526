"""A probe that hears nothing: who watches a few things only takes the rest from here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actors.ground import Asked, Side, Step
from actors.transactor import Direct
from policies.calling import Calling, Decision, Sides
from twin.middleware.unit import Outcome
from twin.model.instant import Elapsed
from twin.model.message import Event, Message

if TYPE_CHECKING:
    from actors.calls import Call


class Unwatched:
    """Every method of the probe, without an effect."""

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """Nobody looks."""

    def moved(self, site: int, item: int, change: int, reason: str, on_hand: int) -> None:
        """Nobody looks."""

    def booked(self, item: int, change: int) -> None:
        """Nobody looks."""

    def effect(self, party: str, kind: str, key: int) -> None:
        """Nobody looks."""

    def looked(self, channel: int, item: int, asked: int, showed: int, as_of: Elapsed, sold: int) -> None:
        """Nobody looks."""

    def placed(self, channel: int, order: int, units: int) -> None:
        """Nobody looks."""

    def showed(self, channel: int, item: int, value: int) -> None:
        """Nobody looks."""

    def started(self, link: str, event: Event, number: int) -> None:
        """Nobody looks."""

    def sent(self, call: "Call") -> None:
        """Nobody looks."""

    def called(self, call: "Call", took: Elapsed, outcome: str) -> None:
        """Nobody looks."""

    def gave_up(self, link: str, number: int) -> None:
        """Nobody looks."""

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
        """Nobody looks."""

    def broke(self, link: str, broken: bool) -> None:
        """Nobody looks."""

    def acknowledged(self, order: int) -> None:
        """Nobody looks."""

    def queued(self, queue: str, length: int) -> None:
        """Nobody looks."""

    def replied(self, order: int) -> None:
        """Nobody looks."""

    def seen(self, tracking: int, word: str, lag: Elapsed) -> None:
        """Nobody looks."""

    def parked(self, event: Message, reason: str) -> None:
        """Nobody looks."""

    def passed(self, gateway: str, partner: int, control: int, stated: int, content: Sequence[int]) -> None:
        """Nobody looks."""

    def filed(self, gateway: str, partner: int, serial: int, step: Step) -> None:
        """Nobody looks."""

    def mastered(self, item: int, closed: bool) -> None:
        """Nobody compares master data here."""

    def touched(self, letter: int, order: int) -> None:
        """Nobody works a queue here."""
