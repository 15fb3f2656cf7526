"""An older ERP: no call reaches it. What it is to book lies in a drop until a batch job imports it.

Jobs run every so often, and none starts while the nightly job holds the tables; all that lies in the drop when a job
starts is imported by it, and its result file says so at its end. The stock file that it writes at night is late, cut
short, or comes twice, each by a coin of the file. Its ledger is the one of any ERP.
"""

from collections.abc import Callable
from dataclasses import dataclass

from actors.calls import Feed
from actors.ground import Ground, Lag
from twin.model.commands import StockExtract
from twin.model.ids import derive
from twin.model.instant import DAY, Elapsed

Coin = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJobs:
    """When what was dropped is booked: `closed` are the microseconds of the day, from and to, without a new job."""

    ground: Ground
    every: Elapsed
    takes: Lag
    closed: tuple[Elapsed, Elapsed]
    midnight: Elapsed
    """The elapsed time of a midnight, at or before the start."""

    def wait(self, identity: int, attempt: int) -> Elapsed:
        """Return how long it takes from now until the job that imports it has ended."""
        now = self.ground.timeline.now
        job = now // self.every + 1
        while self._held(job * self.every):
            job += 1
        return job * self.every - now + self.takes(job, 0)

    def _held(self, at: Elapsed) -> bool:
        of_day = (at - self.midnight) % DAY
        begin, end = self.closed
        return begin <= of_day < end if begin < end else of_day >= begin or of_day < end


class StockFiles:
    """The nightly stock files on their way; `kept` is the share of the rows of one that was cut short."""

    def __init__(
        self,
        ground: Ground,
        facts: Feed,
        *,
        job: Lag,
        late: Coin,
        late_by: Lag,
        cut_short: Coin,
        kept: float,
        repeated: Coin,
        again_after: Lag,
    ) -> None:
        self.ground = ground
        self.facts = facts
        self.job = job
        self.late = late
        self.late_by = late_by
        self.cut_short = cut_short
        self.kept = kept
        self.repeated = repeated
        self.again_after = again_after
        self.counts = {"late": 0, "cut_short": 0, "repeated": 0}
        self._files = 0

    def hand_out(self, file: StockExtract) -> None:
        """Send a stock file: late, short or a second time under a new name, if it is one of those."""
        timeline = self.ground.timeline
        self._files += 1
        number = self._files
        if self.cut_short(number, 0):
            self.counts["cut_short"] += 1
            file = StockExtract(id=file.id, as_of=file.as_of, rows=file.rows[: int(len(file.rows) * self.kept)])
        wait = self.job(file.id, 3)
        if self.late(number, 0):
            self.counts["late"] += 1
            wait += self.late_by(number, 0)
        timeline.call_in(wait, self.facts.send, file)
        if self.repeated(number, 0):
            self.counts["repeated"] += 1
            again = StockExtract(id=derive(file.id, 1), as_of=file.as_of, rows=file.rows)
            timeline.call_in(wait + self.again_after(number, 1), self.facts.send, again)
