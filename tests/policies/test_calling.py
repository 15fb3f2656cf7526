"""Claims about the order of the policies of one caller: what each of them hears, and what costs what."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.aws_adaptive import AwsAdaptive
from policies.breaker import Force, Phase, WindowBreaker
from policies.budget import AdaptiveThrottling, EnvoyBudget, RatioBudget, TokenQuota
from policies.calling import (
    Calling,
    CallRecord,
    Decision,
    Done,
    Dropped,
    Ended,
    GiveUp,
    Late,
    Ready,
    Send,
    Sides,
    Stay,
    Wait,
)
from policies.deadline import Deadline
from policies.hedge import Hedge
from policies.in_flight import Bulkhead
from policies.retry import Cause, Retry
from policies.throttle import LeakyQueue, TokenBucket, token_bucket
from twin.model.instant import SECOND

QUICK = WindowBreaker(window=2, minimum=2, open_for=5 * SECOND, probes=1)


@dataclass
class Caller:
    """One process that makes calls by the policies, one at a time, on its own clock."""

    calling: Calling
    now: int = 0

    def __post_init__(self) -> None:
        self.sides: Sides = self.calling.initial()
        self.sent: list[tuple[int, int]] = []
        """Time and key of every attempt that was sent."""

    def call(self, key: int, *answers: Cause | None, took: int = 0, draw: float = 1.0) -> Decision:
        """Make one call; `answers` are the ends of its attempts in turn."""
        record = CallRecord(key, self.now)
        left = list(answers)
        while True:
            self.sides, decision = self.calling.step(self.sides, Ready(self.now, record, draw))
            if isinstance(decision, Send):
                self.sent.append((self.now, decision.call.key))
                self.now += took
                ended = Ended(self.now, decision.call, left.pop(0), took, draw)
                self.sides, decision = self.calling.step(self.sides, ended)
            if not isinstance(decision, Wait):
                return decision
            record = decision.call
            self.now += decision.ticks


FAIL = Cause.TRANSIENT


@pytest.mark.parametrize(
    ("attempts", "tokens", "cap_s", "answers", "quota", "waits", "ends"),
    [
        (3, 500, 20, (FAIL, FAIL, None), 495, [1, 2], "Done"),
        (3, 500, 20, (FAIL, FAIL, FAIL), 490, [1, 2], "transient after 3 attempts"),
        (3, 5, 20, (FAIL, FAIL), 0, [1], "retry quota reached"),
        (3, 0, 20, (FAIL,), 0, [], "retry quota reached"),
        (5, 500, 20, (FAIL,) * 5, 480, [1, 2, 4, 8], "transient after 5 attempts"),
        (5, 500, 3, (FAIL,) * 5, 480, [1, 2, 3, 3], "transient after 5 attempts"),
        (5, 10, 20, (FAIL,) * 3, 0, [1, 2], "retry quota reached"),
    ],
)
def test_a_retrying_caller_keeps_the_quota_of_the_aws_sdks(
    attempts: int,
    tokens: int,
    cap_s: int,
    answers: tuple[Cause | None, ...],
    quota: int,
    waits: list[int],
    ends: str,
) -> None:
    """POLICIES 2, the cross-SDK specification's cases, jitter fixed at 1."""
    calling = Calling(
        retry=Retry(attempts=attempts, cap_us=cap_s * SECOND),
        budget=TokenQuota(capacity=tokens),
        when_refused="fail",
    )
    caller = Caller(calling)
    decision = caller.call(1, *answers)
    assert caller.sides.budget == (quota,)
    times = [at for at, _ in caller.sent]
    assert [(later - at) // SECOND for at, later in pairwise(times)] == waits
    assert (decision.reason if isinstance(decision, GiveUp) else type(decision).__name__) == ends


def test_the_quota_of_a_process_is_shared_by_its_calls() -> None:
    """POLICIES 2, "recovery" and "shared": the last retry's cost comes back, the others' do not."""
    for capacity, found in ((15, 10), (500, 495)):
        caller = Caller(Calling(retry=Retry(attempts=5), budget=TokenQuota(capacity=capacity), when_refused="fail"))
        caller.call(1, FAIL, FAIL, None)
        caller.call(2, FAIL, None)
        assert caller.sides.budget == (found,)


def test_the_key_is_the_same_in_every_attempt() -> None:
    caller = Caller(Calling(retry=Retry(attempts=3)))
    caller.call(77, FAIL, FAIL, FAIL)
    assert [key for _, key in caller.sent] == [77, 77, 77]


def test_a_no_for_good_is_not_repeated_and_no_reproach_to_the_called_side() -> None:
    """POLICIES 2: no end but a 2xx is refunded, and a 4xx of the request is not retryable; the called side is well."""
    caller = Caller(Calling(retry=Retry(attempts=9), breaker=QUICK, budget=TokenQuota(capacity=500)))
    caller.sides = caller.sides._replace(budget=(100,))
    for key in range(1, 5):
        decision = caller.call(key, Cause.REJECTED)
        assert isinstance(decision, GiveUp)
    assert [key for _, key in caller.sent] == [1, 2, 3, 4]
    assert (caller.sides.budget, caller.sides.breaker.phase) == ((100,), Phase.CLOSED)


@pytest.mark.parametrize("when_refused", ["wait", "fail"])
def test_a_refusal_of_the_breaker_costs_no_budget_and_is_no_failure(when_refused: str) -> None:
    """Two failures open the breaker; the third attempt is refused here, and its retry gets its tokens back."""
    calling = Calling(
        retry=Retry(kind="fixed", attempts=4, base_us=SECOND),
        budget=TokenQuota(capacity=500),
        breaker=QUICK,
        when_refused=when_refused,  # type: ignore[arg-type]  # one of the literal's own values
    )
    caller = Caller(calling)
    decision = caller.call(1, FAIL, FAIL, FAIL, FAIL)
    if when_refused == "fail":
        assert decision == GiveUp(decision.call, "breaker refused")
        assert [at // SECOND for at, _ in caller.sent] == [0, 1]
        assert caller.sides.budget == (495,)
    else:
        assert [at // SECOND for at, _ in caller.sent] == [0, 1, 6, 11]
        assert caller.sides.budget == (485,)
    assert caller.sides.breaker.phase is Phase.OPEN


def test_a_refusal_of_the_limiter_takes_no_permit_of_the_breaker() -> None:
    """HALF_OPEN has one permit; the limiter refuses, so the permit is still there and the breaker still OPEN."""
    calling = Calling(retry=Retry(kind="none"), breaker=QUICK, limiter=TokenBucket(1, 20 * SECOND, 2))
    caller = Caller(calling)
    caller.call(1, FAIL)
    caller.call(2, FAIL)
    caller.now = 6 * SECOND
    refused, decision = calling.step(caller.sides, Ready(caller.now, CallRecord(3, caller.now), 0.0))
    assert decision == Wait(CallRecord(3, caller.now), 14 * SECOND, "limiter refused")
    assert refused.breaker == caller.sides.breaker


def test_waiting_for_a_limiter_uses_no_rung_and_no_budget_of_the_ladder() -> None:
    calling = Calling(
        retry=Retry(kind="fixed", attempts=2, base_us=SECOND),
        budget=RatioBudget(deposit=0.1),
        limiter=token_bucket(1, 1),
    )
    caller = Caller(calling)
    for key in range(5):
        assert isinstance(caller.call(key, None), Done)
    assert [at // SECOND for at, _ in caller.sent] == [0, 1, 2, 3, 4]
    assert isinstance(caller.call(9, FAIL, None), Done)


def test_a_place_in_the_limiters_queue_is_taken_once() -> None:
    """A leaky queue admits for a later time: the call starts then and does not queue again."""
    calling = Calling(retry=Retry(kind="none"), limiter=LeakyQueue(1, SECOND, 2))
    sides, starts = calling.initial(), []
    for key in range(3):
        sides, decision = calling.step(sides, Ready(0, CallRecord(key, 0), 0.0))
        ticks = decision.ticks if isinstance(decision, Wait) else 0
        if ticks:
            sides, decision = calling.step(sides, Ready(ticks, decision.call, 0.0))
        assert isinstance(decision, Send)
        starts.append(ticks // SECOND)
    assert starts == [0, 1, 2]


def test_a_full_bulkhead_holds_a_call_until_another_has_ended() -> None:
    calling = Calling(retry=Retry(kind="none"), in_flight=Bulkhead(limit=1))
    sides, first = calling.step(calling.initial(), Ready(0, CallRecord(1, 0), 0.0))
    sides, second = calling.step(sides, Ready(0, CallRecord(2, 0), 0.0))
    assert (type(first), second) == (Send, Wait(CallRecord(2, 0), 0, "concurrency refused"))
    sides, _ = calling.step(sides, Ended(5, first.call, Cause.TIMEOUT, 5, 0.0))
    _, again = calling.step(sides, Ready(5, second.call, 0.0))
    assert isinstance(again, Send)


def test_a_limit_that_learns_hears_what_is_answered() -> None:
    """The AWS SDKs' adaptive mode is off until the first 429 and on after it."""
    calling = Calling(retry=Retry(kind="none"), limiter=AwsAdaptive(), when_refused="fail")
    caller = Caller(calling, now=SECOND)
    for key in range(9):
        caller.call(key, None)
    caller.call(9, Cause.THROTTLED)
    assert not isinstance(caller.call(10, None), Done)


def test_a_request_larger_than_the_limit_is_given_up_at_once() -> None:
    caller = Caller(Calling(retry=Retry(attempts=9), limiter=token_bucket(1, 1), cost=2))
    assert caller.call(1) == GiveUp(CallRecord(1, 0), "limiter refused")


def test_no_attempt_starts_at_the_deadline_or_after_it() -> None:
    """P-7: attempts at 0, 1, 2, ...; the deadline is at 3 s."""
    caller = Caller(Calling(retry=Retry(kind="fixed", attempts=9, base_us=SECOND), deadline=Deadline(3 * SECOND)))
    decision = caller.call(1, *[FAIL] * 9)
    assert isinstance(decision, GiveUp)
    assert decision.reason == "deadline"
    assert [at // SECOND for at, _ in caller.sent] == [0, 1, 2]


def test_a_call_that_waits_for_an_open_breaker_ends_at_its_deadline() -> None:
    caller = Caller(Calling(retry=Retry(kind="none"), breaker=QUICK, deadline=Deadline(3 * SECOND)))
    for key in (1, 2):
        caller.call(key, FAIL)
    decision = caller.call(3)
    assert isinstance(decision, GiveUp)
    assert decision.reason == "deadline"


def test_a_queue_asks_the_budget_again_and_uses_up_a_rung_each_time() -> None:
    """An empty budget: one attempt is sent, the rungs of the others pass in vain."""
    calling = Calling(retry=Retry(kind="fixed", attempts=4, base_us=SECOND), budget=TokenQuota(capacity=1))
    caller = Caller(calling)
    decision = caller.call(1, FAIL)
    assert isinstance(decision, GiveUp)
    assert decision.reason == "retry quota reached"
    assert (len(caller.sent), caller.now) == (1, 3 * SECOND)


def test_adaptive_throttling_may_refuse_first_attempts_too() -> None:
    """After 10 failed requests the probability is 10 / 11: a draw below it is refused here, one above it is sent."""
    calling = Calling(retry=Retry(kind="none"), budget=AdaptiveThrottling(), when_refused="fail")
    caller = Caller(calling)
    for key in range(10):
        caller.call(key, FAIL, draw=0.99)
    assert caller.call(10, draw=0.9).call.attempt == 0
    assert isinstance(caller.call(11, None, draw=0.95), Done)


@given(st.lists(st.lists(st.sampled_from([None, FAIL, Cause.TIMEOUT]), min_size=9, max_size=9), max_size=30))
def test_a_ratio_budget_bounds_what_retries_add(scripts: list[list[Cause | None]]) -> None:
    """P-3: retries <= deposit x firsts + capacity, whatever the answers are and whether the breaker is open or not."""
    calling = Calling(
        retry=Retry(kind="fixed", attempts=4, base_us=SECOND),
        budget=RatioBudget(deposit=0.1, capacity=3),
        breaker=WindowBreaker(window=4, minimum=4, open_for=2 * SECOND, probes=2),
        when_refused="fail",
    )
    caller = Caller(calling)
    for key, script in enumerate(scripts):
        caller.call(key, *script)
    firsts = len({key for _, key in caller.sent})
    assert len(caller.sent) - firsts <= 0.1 * len(scripts) + 3


def late(calling: Calling, sides: Sides, record: CallRecord, now: int) -> tuple[Sides, Decision]:
    return calling.step(sides, Late(now, record, 0.5))


def begun(calling: Calling) -> tuple[Sides, CallRecord]:
    """Send the first attempt of a call at 0."""
    sides, sent = calling.step(calling.initial(), Ready(0, CallRecord(7, 0), 0.5))
    assert isinstance(sent, Send)
    return sides, sent.call


def test_a_copy_is_paid_for_like_a_retry_and_is_no_rung_of_the_ladder() -> None:
    calling = Calling(retry=Retry(attempts=3), budget=TokenQuota(capacity=9), hedge=Hedge(after=50))
    sides, record = begun(calling)
    sides, sent = late(calling, sides, record, 50)
    assert isinstance(sent, Send)
    assert (sides.budget, sent.call.key, sent.call.attempt, sent.call.rungs) == ((4,), 7, 1, 0)
    sides, stays = late(calling, sides, record, 60)
    assert isinstance(stays, Stay)
    assert stays.reason == "retry quota reached"


def test_a_copy_that_wins_gives_back_its_cost_and_the_other_one_nothing() -> None:
    calling = Calling(retry=Retry(attempts=3), budget=TokenQuota(capacity=100), hedge=Hedge(after=50))
    sides, record = begun(calling)
    sides, sent = late(calling, sides, record, 50)
    sides, _ = calling.step(sides, Dropped(70, record, 70))
    assert sides.budget == (95,)
    sides, done = calling.step(sides, Ended(70, sent.call, None, 20, 0.5))
    assert isinstance(done, Done)
    assert sides.budget == (100,)


def test_a_copy_that_breaker_limiter_or_bulkhead_refuse_costs_nothing_and_nobody_waits_for_it() -> None:
    tight = {
        "breaker refused": Calling(retry=Retry(), budget=TokenQuota(), breaker=QUICK, hedge=Hedge(after=50)),
        "limiter refused": Calling(
            retry=Retry(), budget=TokenQuota(), limiter=token_bucket(1, 1), hedge=Hedge(after=50)
        ),
        "concurrency refused": Calling(
            retry=Retry(), budget=TokenQuota(), in_flight=Bulkhead(limit=1), hedge=Hedge(after=50)
        ),
    }
    for reason, calling in tight.items():
        sides, record = begun(calling)
        if calling.breaker is not None:
            forced, _ = calling.breaker.step(sides.breaker, Force(10, Phase.OPEN))
            sides = sides._replace(breaker=forced)
        after, stays = late(calling, sides, record, 50)
        assert (stays.reason, after.budget, after.limiter, after.in_flight) == (
            reason, sides.budget, sides.limiter, sides.in_flight,
        )  # fmt: skip


def test_an_abandoned_copy_frees_its_place_and_is_no_verdict() -> None:
    calling = Calling(retry=Retry(), breaker=QUICK, in_flight=Bulkhead(limit=2), hedge=Hedge(after=50))
    sides, record = begun(calling)
    sides, sent = late(calling, sides, record, 50)
    assert sides.in_flight == (2,)
    for dropped in (record, sent.call):
        sides, _ = calling.step(sides, Dropped(90, dropped, 40))
    assert sides.in_flight == (0,)
    assert QUICK.rates(sides.breaker, 90).calls == 0


@given(st.lists(st.booleans(), max_size=60))
def test_copies_leave_no_budget_with_anything_in_flight(wins: list[bool]) -> None:
    """Envoy's budget counts requests and retries in flight: whatever wins, all of them are counted down again."""
    calling = Calling(retry=Retry(), budget=EnvoyBudget(), hedge=Hedge(after=50))
    sides = calling.initial()
    for copy_wins in wins:
        sides, first = calling.step(sides, Ready(0, CallRecord(1, 0), 0.5))
        sides, copy = late(calling, sides, first.call, 50)
        assert isinstance(copy, Send)
        winner, loser = (copy.call, first.call) if copy_wins else (first.call, copy.call)
        sides, _ = calling.step(sides, Dropped(60, loser, 10))
        sides, _ = calling.step(sides, Ended(60, winner, None, 10, 0.5))
    assert sides.budget == (0, 0)


@pytest.mark.parametrize(
    ("long_poll", "version", "waits"),
    [(True, True, 3 * SECOND), (False, True, 0), (True, False, 0)],
)
def test_with_an_empty_quota_only_a_long_poll_of_mode_2_1_waits_before_it_fails(
    long_poll: bool, version: bool, waits: int
) -> None:
    """POLICIES 2, AWS standard: 2.0 stops at once; 2.1 lets long-poll operations sleep the backoff, then fails."""
    calling = Calling(
        retry=Retry(kind="fixed", attempts=3, base_us=3 * SECOND),
        budget=TokenQuota(capacity=1, long_poll_waits=version),
        when_refused="fail",
        long_poll=long_poll,
    )
    caller = Caller(calling)
    decision = caller.call(1, FAIL)
    assert isinstance(decision, GiveUp)
    assert decision.reason == "retry quota reached"
    assert (len(caller.sent), caller.now) == (1, waits)
    assert caller.sides.budget == (1,), "nothing was taken for an attempt that is not sent"
