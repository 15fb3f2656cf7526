"""A server that faults can get at: it errs as calls arrive, slows down, loses workers, or hangs.

It is built only where a record names it; every other server is a plain one and pays nothing. E1 fails calls as they
arrive. E2 lengthens the service that is begun while it is on, or leaves fewer workers, at least one; what is in hand is
finished. E3 keeps work that is begun, and its worker, until its end: then it is forgotten, or begun again with
`heal_with_burst`; the line waits meanwhile. E-numbers are those of the fault catalogue.
"""

from actors.calls import FAILED, Call
from actors.ground import Ground
from actors.line import Work
from actors.server import Server
from actors.server_terms import Terms
from twin.kernel.faults import Armed
from twin.model.instant import Elapsed


class TroubledServer(Server):
    """A server with the records that are on."""

    def __init__(self, ground: Ground, name: str, terms: Terms) -> None:
        super().__init__(ground, name, terms)
        self._armed: list[Armed] = []
        self._hung: list[Work] = []

    # --- the lever

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self._armed.append(armed)

    def end(self, armed: Armed) -> None:
        """A record is over: workers that hung are free, and what they had is begun again or forgotten."""
        now = self.ground.timeline.now
        self._tick(now)
        self._armed.remove(armed)
        if armed.fault.kind == "E3" and not any(other.fault.kind == "E3" for other in self._armed):
            hung, self._hung = self._hung, []
            for work in hung:
                if armed.fault.end == "heal_with_burst":
                    self._serve(work)
                else:
                    self.busy -= 1
                    self._abandoned(work)
        self._next(now)

    # --- calls

    def request(self, call: Call) -> None:
        """Take a call that has arrived, unless it fails at once."""
        now = self.ground.timeline.now
        for armed in self._armed:
            if armed.fault.kind == "E1" and armed.strikes(now, call.event.id, call.attempt):
                self._reply(call, FAILED)
                return
        super().request(call)

    def room(self) -> int:
        """Return how many workers there are now: whole ones, at least one."""
        room, now = self.terms.workers, self.ground.timeline.now
        for armed in self._armed:
            if armed.fault.kind == "E2" and armed.number("workers", 0.0):
                room = max(1, int(room * armed.factor(now)))
                armed.took_effect()
        return room

    def _serve(self, work: Work) -> None:
        event, now = work.call.event, self.ground.timeline.now
        for armed in self._armed:
            if armed.fault.kind == "E3" and armed.strikes(now, event.id, work.call.attempt):
                self._hung.append(work)
                return
        super()._serve(work)

    def _takes(self, call: Call) -> Elapsed:
        took, now = super()._takes(call), self.ground.timeline.now
        for armed in self._armed:
            if armed.fault.kind == "E2" and not armed.number("workers", 0.0):
                took = round(took / armed.factor(now))
                armed.took_effect()
        return took
