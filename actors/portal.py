"""The customer portal: a read model of parcels, and how late it learns of each milestone."""

from collections.abc import Callable

from actors.ground import Ground
from twin.model.events import MilestoneReached
from twin.model.instant import Elapsed
from twin.model.message import Event, Message


class Portal:
    """What customers see of their parcels: the last word of each tracking number and when it happened."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.shown: dict[int, tuple[str, Elapsed]] = {}
        self.tells: Callable[[MilestoneReached], None] | None = None
        """Who writes to the customer of a parcel."""

    def take(self, event: Event) -> Message | None:
        """Show a milestone."""
        assert isinstance(event, MilestoneReached)
        self.shown[event.tracking] = (event.word, event.at)
        if event.word != "ETA":
            self.ground.probe.seen(event.tracking, event.word, self.ground.timeline.now - event.at)
        if self.tells is not None:
            self.tells(event)
        return None
