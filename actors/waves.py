"""Waves: what a warehouse is asked to ship waits until a wave takes it to the floor, many requests at once.

A wave is due at set times or every so often; a full one goes at once. What came less than `cut_off` before a wave that
was due misses it and waits for the next. A wave is planned before its lists are printed. What it has taken stands on
them: a request that is asked back then is not given back, though nobody has picked it yet.
"""

from array import array
from collections.abc import Callable

from actors.ground import Ground, Lag
from twin.model.chance import stream_id
from twin.model.events import ReleaseToWarehouse
from twin.model.instant import Elapsed


class Waves:
    """The waves of one site."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        to_floor: Callable[[ReleaseToWarehouse], None],
        plans: Lag,
        size: int | None,
        cut_off: Elapsed,
    ) -> None:
        self.ground = ground
        self.to_floor = to_floor
        self.plans = plans
        self.size = size
        """So many requests make a wave at once; None: only its time does."""
        self.cut_off = cut_off
        self.gone = self.kept_back = 0
        """Waves so far, and requests that were asked back when a wave had taken them."""
        self.waits = array("q")
        """How long each request waited for its wave, in microseconds."""
        self._waiting: dict[int, tuple[ReleaseToWarehouse, Elapsed]] = {}
        self._stream = stream_id(f"{name}/waves")
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._went = recorder.kind("wave.released")

    def repeat(self, first: Elapsed, every: Elapsed) -> None:
        """Have a wave due at `first` and every `every` microseconds from then on."""
        self.ground.timeline.call_at(first, self._due, every)

    def take(self, job: ReleaseToWarehouse) -> None:
        """A request has come; it may be the one that fills a wave."""
        now = self.ground.timeline.now
        self._waiting[job.release] = (job, now)
        if self.size is not None and len(self._waiting) >= self.size:
            self._go(now)

    def give_back(self, release: int) -> bool:
        """Take a request out of the line; False if a wave has taken it."""
        waits = self._waiting.pop(release, None) is not None
        self.kept_back += not waits
        return waits

    def _due(self, every: Elapsed) -> None:
        timeline = self.ground.timeline
        timeline.call_in(every, self._due, every)
        self._go(timeline.now - self.cut_off)

    def _go(self, until: Elapsed) -> None:
        """Take everything that has come by `until`."""
        now = self.ground.timeline.now
        wave = [(job, came) for job, came in self._waiting.values() if came <= until]
        if not wave:
            return
        self.gone += 1
        for job, came in wave:
            del self._waiting[job.release]
            self.waits.append(now - came)
        self.ground.recorder.note(now, self._went, self._party, self._party, 0, 0, 0, self.gone, len(wave))
        jobs = [job for job, _ in wave]
        self.ground.timeline.call_in(self.plans(self._stream, self.gone), self._printed, jobs)

    def _printed(self, jobs: list[ReleaseToWarehouse]) -> None:
        for job in jobs:
            self.to_floor(job)
