"""P-1 to P-4, P-6 and P-7: what the policies of a careful client decide, judged from the trace of what they heard.

Of each called side the outcomes that its breaker may count, the retries and deposits of its budget and the last cost of
each call are kept here and reckoned anew; the policy's own state is read only where it says what it did. A breaker of
another kind than `WindowBreaker`, a budget of another kind than ratio and quota, a quota beside a hedge, and a retry
rule that is no ladder of this house are not judged and not counted.
"""

from collections import deque
from typing import Final

from actors.ground import Asked, Side
from policies.breaker import BreakerState, Phase, WindowBreaker
from policies.budget import RatioBudget, TokenQuota
from policies.calling import Calling, Decision, Dropped, Ended, GiveUp, Late, Ready, Send, Sides, Stay, Wait
from policies.retry import Cause, Retry
from twin.model.instant import Elapsed
from twin.world.checks.calls import wrong_wait
from twin.world.checks.findings import Findings

PARTS: Final = 1_000_000
"""Deposits are summed in millionths, as whole numbers."""
_MOVES: Final = {
    (Phase.CLOSED, Phase.OPEN), (Phase.OPEN, Phase.HALF_OPEN), (Phase.HALF_OPEN, Phase.CLOSED),
    (Phase.HALF_OPEN, Phase.OPEN),
}  # fmt: skip


class _Side:
    """What is kept of one interface."""

    __slots__ = ("costs", "entered", "outcomes", "probes", "retries")

    def __init__(self) -> None:
        self.outcomes: deque[tuple[Elapsed, bool, bool]] = deque()
        """Of the breaker's present epoch, while closed: when, failed, slow."""
        self.probes = 0
        """Attempts permitted in the present epoch and not ended, while half-open."""
        self.entered: Elapsed = 0
        self.retries = 0
        """The most by which retries of a window that ends now exceed its deposits, in millionths."""
        self.costs: dict[int, int] = {}
        """What the last retry of a call cost, by its key."""


class SideChecks:
    """The checks of policies."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._sides: dict[Side, _Side] = {}

    def ruled(
        self,
        link: str,
        key: Side,
        calling: Calling,
        before: Sides,
        asked: Asked,
        after: Sides,
        decision: Decision,
    ) -> None:
        """The policies were asked, and decided."""
        side = self._sides.get(key)
        if side is None:
            side = self._sides[key] = _Side()
        if isinstance(calling.breaker, WindowBreaker):
            self._breaker(link, side, calling.breaker, before.breaker, asked, after.breaker, decision)
        if isinstance(calling.budget, RatioBudget):
            self._ratio(link, side, calling.budget, asked, decision)
        elif isinstance(calling.budget, TokenQuota) and calling.hedge is None:
            self._quota(link, side, calling.budget, before.budget, asked, after.budget)
        if calling.deadline is not None and isinstance(decision, Send):
            self.findings.met["P-7"] += 1
            late = asked.now - asked.call.begun_at - calling.deadline.within
            if late >= 0:
                self.findings.broken("P-7", f"call {asked.call.key} on {link}", f"sent {late} us after the deadline")
        if isinstance(asked, Ended) and isinstance(decision, Wait) and isinstance(calling.retry, Retry):
            self._wait(link, calling.retry, asked, decision)

    def _wait(self, link: str, rule: Retry, asked: Ended, decision: Wait) -> None:
        self.findings.met["P-4"] += 1
        wrong = wrong_wait(rule, asked.call.rungs + 1, asked.asked, decision.ticks)
        if wrong:
            self.findings.broken("P-4", link, wrong)

    # --- the breaker

    def _breaker(
        self,
        link: str,
        side: _Side,
        rule: WindowBreaker,
        before: BreakerState,
        asked: Asked,
        after: BreakerState,
        decision: Decision,
    ) -> None:
        now = asked.now
        self.findings.met["P-1"] += 1
        if isinstance(asked, Ended | Dropped):
            self._outcome(link, side, rule, before, asked, after)
        elif isinstance(decision, Send):
            if before.phase is Phase.OPEN and now < before.until:
                self._broken("P-1", link, f"an attempt goes out at {now}, and it is open until {before.until}")
        elif isinstance(decision, Wait | GiveUp) and decision.reason == "breaker refused":
            self._refused(link, side, rule, before, after, now)
        if before.epoch != after.epoch:
            self._moved(link, side, rule, before, after, now)
        if after.phase is Phase.HALF_OPEN and isinstance(decision, Send):
            side.probes += 1
            if side.probes > rule.probes:
                self._broken("P-1", link, f"{side.probes} probes at once, where {rule.probes} are allowed")

    def _outcome(
        self,
        link: str,
        side: _Side,
        rule: WindowBreaker,
        before: BreakerState,
        asked: Ended | Dropped,
        after: BreakerState,
    ) -> None:
        stale = asked.call.epoch != before.epoch
        if stale and rule.stale == "dropped":
            if after.counts != before.counts and after.epoch == before.epoch:
                self._broken("P-1", link, f"counts an outcome of epoch {asked.call.epoch} in epoch {before.epoch}")
            return
        if before.phase is Phase.HALF_OPEN:
            side.probes = max(0, side.probes - 1)
        if before.phase is Phase.CLOSED and isinstance(asked, Ended):
            side.outcomes.append((asked.now, asked.cause not in (None, Cause.REJECTED), asked.took > rule.slow_after))

    def _refused(
        self, link: str, side: _Side, rule: WindowBreaker, before: BreakerState, after: BreakerState, now: Elapsed
    ) -> None:
        """P-2: a refusal is right while it is open, and while its probes are out."""
        late = 0 if rule.boundary == "inclusive" else 1
        if before.phase is Phase.OPEN:
            self.findings.met["P-2"] += 1
            if now >= before.until + late:
                self._broken("P-2", link, f"refuses at {now}, and was open until {before.until}")
        elif before.phase is Phase.HALF_OPEN and after.phase is Phase.HALF_OPEN and rule.half_open_at_most:
            self.findings.met["P-2"] += 1
            if now >= side.entered + rule.half_open_at_most + late:
                self._broken("P-2", link, f"half-open since {side.entered}, and refuses at {now}")

    def _moved(
        self, link: str, side: _Side, rule: WindowBreaker, before: BreakerState, after: BreakerState, now: Elapsed
    ) -> None:
        """Judge a move; two at once are those of a phase whose time was over."""
        if after.epoch == before.epoch + 1 and (before.phase, after.phase) not in _MOVES:
            self._broken("P-1", link, f"goes from {before.phase.value} to {after.phase.value}")
        if (before.phase, after.phase) == (Phase.CLOSED, Phase.OPEN):
            calls, failed, slow = _rates(side.outcomes, rule, now)
            least = min(rule.minimum, rule.window) if rule.kind == "count" else rule.minimum
            if calls < least or (failed < rule.failures * calls and slow < rule.slow * calls):
                self._broken("P-1", link, f"opens on {failed} failed and {slow} slow of {calls} calls")
            if after.until < now + min(rule.open_for, rule.open_for_at_most):
                self._broken("P-1", link, f"opens at {now} until {after.until}")
        side.outcomes.clear()
        side.probes, side.entered = 0, now

    # --- the budget

    def _ratio(self, link: str, side: _Side, rule: RatioBudget, asked: Asked, decision: Decision) -> None:
        """P-3, over every window at once: the most that any window ending now has used beyond its deposits.

        A retry counts when it is granted, which is before its wait; a copy that a hedge sends is a retry, and one that
        is granted and not sent comes back.
        """
        call, goes = asked.call, isinstance(decision, Send)
        if isinstance(asked, Ready) and not call.attempt and not call.granted:
            side.retries = max(0, side.retries) - round(rule.deposit * PARTS)
        elif isinstance(asked, Ready) and call.attempt and call.granted and not (goes or decision.call.granted):
            side.retries -= PARTS
        elif isinstance(asked, Late) or not call.granted:
            granted = goes if isinstance(asked, Late) else bool(call.attempt) and (goes or decision.call.granted)
            if granted and not isinstance(decision, Stay):
                self._granted(link, side, rule)

    def _granted(self, link: str, side: _Side, rule: RatioBudget) -> None:
        self.findings.met["P-3"] += 1
        side.retries = max(0, side.retries) + PARTS
        if side.retries > rule.capacity * PARTS:
            told = f"retries exceed deposits by {side.retries / PARTS}, the capacity is {rule.capacity}"
            self._broken("P-3", link, told)

    def _quota(
        self,
        link: str,
        side: _Side,
        rule: TokenQuota,
        before: tuple[int, ...],
        asked: Asked,
        after: tuple[int, ...],
    ) -> None:
        """P-6: tokens are taken at the price of the cause, and come back as the last of them that the call took."""
        (had,), (has,) = before, after
        self.findings.met["P-6"] += 1
        if not 0 <= has <= rule.capacity:
            self._broken("P-6", link, f"{has} tokens of {rule.capacity}")
        key = asked.call.key
        if isinstance(asked, Ended) and asked.cause is None:
            refund = side.costs.pop(key, 0) if asked.call.attempt > 1 else rule.refund
            if has != min(rule.capacity, had + refund):
                self._broken("P-6", link, f"{had} tokens and a refund of {refund} make {has}")
        elif has < had:
            cause = asked.cause if isinstance(asked, Ended) else asked.call.cause
            price = _price(rule, cause or Cause.TRANSIENT)
            side.costs[key] = price
            if had - has != price:
                self._broken("P-6", link, f"a retry after {cause} costs {had - has}, not {price}")
        elif has > had and has - had > side.costs.get(key, 0):
            self._broken("P-6", link, f"{has - had} tokens come back for an attempt that was not sent")

    def _broken(self, name: str, link: str, told: str) -> None:
        self.findings.broken(name, link, told)


def _rates(outcomes: deque[tuple[Elapsed, bool, bool]], rule: WindowBreaker, now: Elapsed) -> tuple[int, int, int]:
    """Return calls, failed and slow ones of the window, from the outcomes one by one."""
    if rule.kind == "count":
        counted = list(outcomes)[-rule.window :]
    else:
        slices = max(1, rule.window // rule.slice_ticks)
        oldest = now // rule.slice_ticks - slices
        counted = [outcome for outcome in outcomes if outcome[0] // rule.slice_ticks > oldest]
    return len(counted), sum(failed for _, failed, _ in counted), sum(slow for _, _, slow in counted)


def _price(rule: TokenQuota, cause: Cause) -> int:
    return {Cause.TIMEOUT: rule.timeout_retry, Cause.THROTTLED: rule.throttled_retry}.get(cause, rule.retry)
