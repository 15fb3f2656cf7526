"""Orders as business requests: each is begun when a buyer places it, and good when the ERP has confirmed it in time."""

from collections.abc import Mapping

from twin.kernel.faults import Faults
from twin.model.instant import Elapsed
from twin.world.call_watch import Judgement, judged
from twin.world.outcomes import Requests, trouble_of
from twin.world.scenario import Measures


class OrderRequests:
    """The orders of a run as requests; `within` is how long the ERP's confirmation may take, microseconds."""

    def __init__(self, within: Elapsed) -> None:
        self.within = within
        self.requests = Requests.none()
        self._open: dict[int, int] = {}
        self.good = 0
        """Orders confirmed in time so far."""
        self._looked = self._late = 0

    def placed(self, order: int, now: Elapsed) -> None:
        """A channel took an order."""
        self._open[order] = len(self.requests.began)
        self.requests.began.append(now)
        self.requests.took.append(-1)

    def confirmed(self, order: int, now: Elapsed) -> None:
        """The ERP has it, and the middleware knows; a second confirmation changes nothing."""
        number = self._open.pop(order, None)
        if number is not None and now - self.requests.began[number] <= self.within:
            self.requests.took[number] = now - self.requests.began[number]
            self.good += 1

    def not_in_time(self, now: Elapsed) -> int:
        """Return how many orders had not been confirmed when their time was over, until now; asked in order of time."""
        requests = self.requests
        while self._looked < len(requests.began) and requests.began[self._looked] <= now - self.within:
            self._late += requests.took[self._looked] < 0
            self._looked += 1
        return self._late

    def results(
        self, measures: Measures, faults: Faults, *, since: Elapsed, now: Elapsed
    ) -> Mapping[str, float | None]:
        """Return what became of the orders since the end of the warm-up."""
        asked = Judgement(
            since=since,
            now=now,
            deadline=self.within,
            windows=measures.windows,
            collapse=measures.collapse,
            recovery=measures.recovery,
            trouble=trouble_of(faults),
        )
        return judged(self.requests, asked, {})
