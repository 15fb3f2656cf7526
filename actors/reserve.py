"""Tracking numbers that a carrier gave to a warehouse beforehand, for the time in which it prints no labels.

A parcel that gets one leaves at once. The carrier hears of it when its interface is back, under the package that its
label would have had, so that it is known once. When the numbers are used up parcels wait at the dock.
"""

from collections.abc import Callable

from actors.calls import Client
from twin.model.message import Event, Message


class Reserve:
    """The numbers of one warehouse, in front of the client that asks for labels.

    `registers` tells the carrier later of what got one of them.
    """

    def __init__(
        self, usual: Client, registers: Client, numbers: int, labelled: Callable[[Event, Message | None], None]
    ) -> None:
        self.usual = usual
        self.registers = registers
        self.left = numbers
        self.labelled = labelled
        self.away = False
        self.used = 0

    def turn(self, away: bool) -> None:
        """The carrier is away from now on, or back."""
        self.away = away

    def submit(self, event: Event) -> None:
        """Get a parcel its label, or its number."""
        if not self.away or not self.left:
            self.usual.submit(event)
            return
        self.left -= 1
        self.used += 1
        self.registers.submit(event)
        self.labelled(event, None)
