"""What is said of business requests over time: shares of windows, collapse, recovery, as a scenario sets them.

A request counts for the window in which it *began*, and it is good when it was answered well in time. The defaults are
those of the measures' table: recovery is the first of 5 consecutive windows of 60 s with a goodput of 95 % of what it
was before the first fault; a collapse is under half of the requests of the last quarter.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Self

from pydantic import Field, model_validator

from twin.kernel.faults import Faults
from twin.model.instant import SECOND, Elapsed
from twin.world.values import Block, Count, Duration, Identifier, PositiveDuration, Share, rule, sourced


class RequestWindow(Block):
    """A stretch of simulated time, from `from` up to but not including `to`."""

    from_: Duration = Field(alias="from")
    to: PositiveDuration

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.to <= self.from_:
            raise rule("must be later than from", at="to")
        return self


class Collapse(Block):
    """When a run counts as collapsed."""

    success_below: Share = sourced("50%", "rule: under half of the requests were answered well in time")
    window: Identifier | None = sourced(None, "rule: the last quarter of the horizon, the last deadline apart")


class Recovery(Block):
    """When a run counts as recovered: so many windows in a row, each good enough.

    `success` asks for a share of the requests begun in a window, `goodput` for a share of the goodput before the first
    fault.
    """

    success: Share | None = sourced(None, "rule: goodput is what is looked at")
    goodput: Share | None = sourced(None, "rule: 95 % of the goodput before the first fault, unless success is stated")
    windows: Count = sourced(5, "rule: five in a row are no luck")
    of: PositiveDuration = sourced("60s", "rule: a minute")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.success is not None and self.goodput is not None:
            raise rule("takes success or goodput, not both", at="goodput", whole=True)
        return self

    @property
    def goodput_share(self) -> float:
        """The share of the baseline's goodput that is asked for, where success is not."""
        return 0.95 if self.goodput is None else self.goodput


@dataclass(slots=True)
class Requests:
    """All requests of a run, in the order in which they began; `took` is -1 for those not answered well in time."""

    began: "array[int]"
    took: "array[int]"

    @classmethod
    def none(cls) -> Self:
        """Return an empty record."""
        return cls(array("q"), array("q"))

    @classmethod
    def of(cls, groups: "Sequence[Requests]") -> "Requests":
        """Return the requests of several groups together, in the order in which they began."""
        if len(groups) == 1:
            return groups[0]
        pairs = sorted(pair for group in groups for pair in zip(group.began, group.took, strict=True))
        return cls(array("q", [began for began, _ in pairs]), array("q", [took for _, took in pairs]))

    def within(self, begin: Elapsed, end: Elapsed) -> tuple[int, int]:
        """Return how many began in [begin, end), and how many of those were good."""
        first, last = bisect_left(self.began, begin), bisect_left(self.began, end)
        return last - first, sum(took >= 0 for took in self.took[first:last])

    def good_until(self) -> "array[int]":
        """Return how many of the first n requests were good, for n from 0 on."""
        return array("q", accumulate((took >= 0 for took in self.took), initial=0))

    def share(self, begin: Elapsed, end: Elapsed) -> float | None:
        """Return the share of the requests begun in [begin, end) that were good; None without any."""
        begun, good = self.within(begin, end)
        return good / begun if begun else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """When the first fault began and when the last one ended, microseconds; `over` is None while one goes on."""

    began: Elapsed
    over: Elapsed | None


def trouble_of(faults: Faults) -> Trouble | None:
    """Return from when to when there was trouble; None when nothing failed on purpose."""
    begun = [(armed.began, armed.ended) for armed in faults.armed if armed.began is not None]
    if not begun:
        return None
    ends = [ended for _, ended in begun if ended is not None]
    return Trouble(began=min(began for began, _ in begun), over=max(ends) if len(ends) == len(begun) else None)


def recovered_after(
    requests: Requests, rule: Recovery, trouble: Trouble, *, since: Elapsed, until: Elapsed
) -> Elapsed | None:
    """Return how long after the last fault the first second lies from which enough windows in a row are good.

    `since` is where the baseline begins (the end of the warm-up), `until` where the last window may end. None when
    there is no such second, or the fault is not over.
    """
    if trouble.over is None:
        return None
    baseline = None
    if rule.success is None:
        _, good = requests.within(since, trouble.began)
        span = trouble.began - since
        baseline = good / span if span else None
    good_until, start = requests.good_until(), trouble.over
    while start + rule.windows * rule.of <= until:
        edges = [start + number * rule.of for number in range(rule.windows + 1)]
        places = [bisect_left(requests.began, edge) for edge in edges]
        if all(_good(rule, baseline, b - a, good_until[b] - good_until[a]) for a, b in pairwise(places)):
            return start - trouble.over
        start += SECOND
    return None


def _good(rule: Recovery, baseline: float | None, begun: int, good: int) -> bool:
    """Tell whether one window is good; `baseline` is a goodput in requests a microsecond."""
    if rule.success is not None:
        return begun > 0 and good >= rule.success * begun
    return baseline is not None and good >= rule.goodput_share * baseline * rule.of


def last_quarter(horizon: Elapsed, deadline: Elapsed) -> tuple[Elapsed, Elapsed]:
    """Return the window in which a collapse shows, unless another is named; `deadline` is the longest of a request."""
    begin = horizon - horizon // 4
    return begin, max(horizon - deadline, begin + 1)


def collapsed(requests: Requests, rule: Collapse, window: tuple[Elapsed, Elapsed]) -> float | None:
    """Return 1 when too few of the requests begun in the window were good, else 0; None without any."""
    share = requests.share(*window)
    return None if share is None else float(share < rule.success_below)


Windows = Mapping[Identifier, RequestWindow]
