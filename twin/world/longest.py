"""How long the middleware's queue was at most in each minute, as rows of the record.

A row for every message that waits would double the record of a busy day; one a minute costs nothing that can be
measured. It is written when a later minute has begun, and stands at the beginning of its own; the last minute of a run
has none.
"""

from twin.kernel.recorder import Recorder
from twin.model.instant import MINUTE, Elapsed

KIND = "queue.longest"


class Longest:
    """The longest line in the minute that goes on."""

    def __init__(self, recorder: Recorder, party: str) -> None:
        self._recorder = recorder
        self._party = party
        self._minute = self._most = 0

    def put(self, length: int, now: Elapsed) -> None:
        """The queue now holds `length` waiting messages."""
        minute = now // MINUTE
        if minute != self._minute:
            if self._most:
                party = self._recorder.party(self._party)
                self._recorder.note(
                    self._minute * MINUTE, self._recorder.kind(KIND), party, party, 0, 0, 0, 0, self._most
                )
            self._minute, self._most = minute, 0
        self._most = max(self._most, length)
