"""An ERP that refuses postings for good: somebody must mend the reason before they are booked.

A posting is refused once; what comes again has been seen to by a person. The postings behind it in the ledger of its
item and site wait until then, whatever they are, so that the ERP's book never takes out what has not been put in.
"""

from collections.abc import Callable

from actors.calls import REJECTED, Address, Call
from twin.model.events import MovementRecorded


class Refusing:
    """Stands before the ERP's interface; `refuses` tells by a posting's id whether there is something wrong with it."""

    def __init__(self, behind: Address, refuses: Callable[[int, int], bool]) -> None:
        self.behind = behind
        self.refuses = refuses
        self.refused: dict[int, None] = {}

    def request(self, call: Call) -> None:
        """Refuse a posting, or pass the call on."""
        event = call.event
        if type(event) is MovementRecorded and event.id not in self.refused and self.refuses(event.id, 0):
            self.refused[event.id] = None
            call.status = REJECTED
            call.client.respond(call)
            return
        self.behind.request(call)
