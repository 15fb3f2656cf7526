"""Claims about budgets: the vectors of the projects that published them, and what each bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.budget import (
    AdaptiveThrottling,
    AdmissionControl,
    Asked,
    Budget,
    Ended,
    EnvoyBudget,
    FailureRate,
    FinagleBudget,
    GrpcThrottle,
    RatioBudget,
    Returned,
    TokenQuota,
    WindowBudget,
)
from policies.budget.grant import Grant
from policies.retry import Cause
from twin.model.instant import MINUTE, SECOND


class Kept:
    """A budget and where it stands."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.state = budget.initial()

    def first(self, at_s: float = 0.0, draw: float = 0.5) -> bool:
        self.state, grant = self.budget.step(self.state, Asked(round(at_s * SECOND), False, draw=draw))
        return grant.allowed

    def retry(self, at_s: float = 0.0, cause: Cause = Cause.TRANSIENT) -> Grant:
        self.state, grant = self.budget.step(self.state, Asked(round(at_s * SECOND), True, cause))
        return grant

    def end(self, cause: Cause | None, cost: int = 0, retried: bool = False, at_s: float = 0.0) -> None:
        self.state, _ = self.budget.step(self.state, Ended(round(at_s * SECOND), retried, cost, cause))


FAIL = Cause.TRANSIENT


def test_the_default_quota_funds_a_hundred_retries_and_fifty_after_timeouts() -> None:
    """POLICIES 2, derived: 500 / 5 and 500 / 10; in 2.1 35 of cost 14."""
    for quota, cause, expected in (
        (TokenQuota(), FAIL, 100),
        (TokenQuota(), Cause.TIMEOUT, 50),
        (TokenQuota(retry=14, timeout_retry=14), Cause.TIMEOUT, 35),
    ):
        kept = Kept(quota)
        granted = 0
        while kept.retry(cause=cause).allowed:
            granted += 1
        assert granted == expected


def test_the_2_1_quota_of_dynamodb_runs_as_published() -> None:
    """boto/botocore test_standard_retry_v2_1.py: 486, 472, 458; back to 500 on success; 14 of 14, then refused."""
    kept = Kept(TokenQuota(retry=14, timeout_retry=14))
    seen = []
    for _ in range(3):
        grant = kept.retry()
        seen.append(kept.state[0])
    assert seen == [486, 472, 458]
    one = Kept(TokenQuota(retry=14, timeout_retry=14))
    grant = one.retry(cause=Cause.TIMEOUT)
    one.end(None, grant.cost, retried=True)
    assert one.state == (500,)
    small = Kept(TokenQuota(capacity=14, retry=14))
    assert [small.retry().allowed, small.retry().allowed] == [True, False]


@given(
    st.lists(
        st.tuples(st.sampled_from(["retry", "success", "retried", "fail", "returned"]), st.sampled_from(list(Cause)))
    )
)
def test_the_quota_ledger_adds_up(history: list[tuple[str, Cause]]) -> None:
    """P-6: 0 <= tokens <= capacity, and tokens = initial - costs + refunds as credited."""
    kept, expected = Kept(TokenQuota(capacity=30)), 30
    for what, cause in history:
        if what == "retry":
            expected -= kept.retry(cause=cause).cost
        elif what == "returned":
            kept.state, _ = kept.budget.step(kept.state, Returned(0, True, 5))
            expected = min(30, expected + 5)
        elif what == "fail":
            kept.end(cause, 5, retried=True)
        else:
            kept.end(None, 10, retried=what == "retried")
            expected = min(30, expected + (10 if what == "retried" else 1))
        assert kept.state == (expected,)
        assert 0 <= expected <= 30


def test_ten_deposits_of_a_tenth_are_one_retry() -> None:
    kept = Kept(RatioBudget(deposit=0.1, capacity=5, start="empty"))
    for _ in range(9):
        kept.first()
    assert not kept.retry().allowed
    kept.first()
    assert [kept.retry().allowed, kept.retry().allowed] == [True, False]


@given(st.lists(st.booleans(), max_size=200))
def test_a_ratio_budget_holds_in_every_window(asks: list[bool]) -> None:
    """P-3: in any window retries <= deposit x firsts + capacity."""
    kept = Kept(RatioBudget(deposit=0.2, capacity=3))
    log = [(retry, kept.retry().allowed if retry else kept.first()) for retry in asks]
    for begin in range(0, len(log), 7):
        window = log[begin:]
        retries = sum(retry and granted for retry, granted in window)
        assert retries <= 0.2 * sum(not retry for retry, _ in window) + 3 + 1e-9


def test_grpc_throttles_at_half_of_its_tokens() -> None:
    """grpc/grpc test/core/client_channel/retry_throttle_test.cc, max 4, ratio 1.6."""
    kept = Kept(GrpcThrottle(tokens=4, ratio=1.6))
    answers, tokens = [], []
    for what in "F S F F F F F S S F F S F S F".split():
        kept.end(FAIL if what == "F" else None)
        tokens.append(kept.state[0] / 1_000)
        if what == "F":
            answers.append(kept.retry().allowed)
    assert tokens == [3, 4, 3, 2, 1, 0, 0, 1.6, 3.2, 2.2, 1.2, 2.8, 1.8, 3.4, 2.4]
    assert answers == [True, True, False, False, False, False, True, False, False, True]


def test_grpc_keeps_its_share_of_tokens_under_new_parameters() -> None:
    """The same test: 3 of 4 become 7.5 of 10."""
    assert GrpcThrottle(tokens=10).replaced(GrpcThrottle(tokens=4), (3_000,)) == (7_500,)


@pytest.mark.parametrize(
    ("active", "expected"), [(0, 3), (10, 3), (15, 3), (19, 3), (20, 4), (24, 4), (25, 5), (100, 20)]
)
def test_envoy_allows_a_share_of_what_is_in_flight(active: int, expected: int) -> None:
    """POLICIES 2, computed: 20 % and at least 3."""
    kept = Kept(EnvoyBudget())
    for _ in range(active):
        kept.first()
    assert EnvoyBudget().limit(active) == expected
    granted = 0
    while granted < 99 and kept.budget.step((active, granted), Asked(0, True))[1].allowed:
        granted += 1
    assert granted == expected


def test_envoy_counts_what_ends() -> None:
    kept = Kept(EnvoyBudget(minimum=1))
    kept.first()
    assert [kept.retry().allowed, kept.retry().allowed] == [True, False]
    kept.end(FAIL, retried=True)
    assert kept.retry().allowed


def test_finagle_deposits_expire() -> None:
    """10 requests deposit two retries, which are worth something for ten seconds; without a floor."""
    kept = Kept(FinagleBudget(floor_per_s=0))
    for _ in range(10):
        kept.first()
    late = Kept(FinagleBudget(floor_per_s=0))
    late.state = kept.state
    assert [kept.retry(5).allowed for _ in range(3)] == [True, True, False]
    assert not late.retry(10).allowed


def test_finagle_has_a_floor_that_comes_back() -> None:
    """10 a second over 10 s: a hundred retries, and again a window later."""
    kept = Kept(FinagleBudget())
    assert sum(kept.retry(0).allowed for _ in range(200)) == 100
    assert sum(kept.retry(5).allowed for _ in range(200)) == 0
    assert sum(kept.retry(10).allowed for _ in range(200)) == 100


def test_a_window_budget_allows_its_share_and_at_least_one() -> None:
    """POLICIES 2, the experimental HTTP retry budget: retries < floor(ratio x requests) once there are enough."""
    kept = Kept(WindowBudget(share=0.1, minimum=10))
    for _ in range(10):
        kept.first()
    assert [kept.retry().allowed, kept.retry().allowed] == [True, False]
    for _ in range(20):
        kept.first()
    assert [kept.retry().allowed for _ in range(3)] == [True, True, False]
    assert kept.retry(30).allowed
    none = Kept(WindowBudget(share=0.0, minimum=0))
    none.first()
    assert not none.retry().allowed


@pytest.mark.parametrize(
    ("k", "requests", "accepts", "expected"),
    [
        (2, 100, 100, 0),
        (2, 100, 50, 0),
        (2, 100, 25, 0.495),
        (2, 100, 0, 0.990),
        (2, 10, 0, 0.909),
        (2, 1, 0, 0.5),
        (2, 1000, 100, 0.799),
        (1.1, 100, 90, 0.0099),
    ],
)
def test_adaptive_throttling_refuses_by_what_is_not_accepted(
    k: float, requests: int, accepts: int, expected: float
) -> None:
    """POLICIES 2, values of the formula; held against the step, whose draw decides around it."""
    rule = AdaptiveThrottling(k=k)
    found = rule.probability(requests, accepts)
    assert found == pytest.approx(expected, abs=6e-4)
    state = (0, requests, accepts)
    for draw, allowed in ((found - 1e-6, False), (found + 1e-6, True)):
        if draw >= 0:
            assert rule.step(state, Asked(0, False, draw=draw))[1].allowed is allowed


def test_adaptive_throttling_counts_what_it_refuses_and_forgets_a_window() -> None:
    """Apache Beam adaptive_throttler_test.py: no throttle at the start, none without errors, over after a window."""
    kept = Kept(AdaptiveThrottling())
    assert kept.first(draw=0.0)
    for _ in range(99):
        kept.first(draw=0.0)
    assert not kept.first(draw=0.98)
    assert kept.budget.step(kept.state, Asked(2 * MINUTE, False, draw=0.0))[1].allowed
    calm = Kept(AdaptiveThrottling())
    for _ in range(50):
        assert calm.first(draw=0.0)
        calm.end(None)


def test_adaptive_throttling_settles_where_a_third_succeeds() -> None:
    """The same tests: probability 0.33 +- 0.1."""
    rule = AdaptiveThrottling()
    kept = Kept(rule)
    for number in range(300):
        kept.first(number / 10, draw=0.999)
        if number % 3 == 0:
            kept.end(None, at_s=number / 10)
    requests, accepts = sum(kept.state[1::3]), sum(kept.state[2::3])
    assert rule.probability(requests, accepts) == pytest.approx(0.33, abs=0.1)


@pytest.mark.parametrize(
    ("aggression", "successes", "expected"),
    [(1, 95, 0), (1, 90, 0.0521), (1, 50, 0.469), (2, 50, 0.685), (1, 0, 0.990)],
)
def test_admission_control_refuses_as_the_success_rate_falls(
    aggression: float, successes: int, expected: float
) -> None:
    """POLICIES 2, values at n = 100 and threshold 0.95."""
    rule = AdmissionControl(aggression=aggression, refused_at_most=1.0)
    assert rule.probability(100, successes) == pytest.approx(expected, abs=5e-4)
    kept = Kept(rule)
    for number in range(100):
        kept.end(None if number < successes else FAIL)
    assert kept.first(draw=expected + 0.002)
    assert expected == 0 or not kept.first(draw=expected - 0.002)


def test_admission_control_has_a_floor_and_a_cap() -> None:
    """The example of its documentation: 120 s, floor 5/s, cap 80 %."""
    rule = AdmissionControl(window_us=2 * MINUTE, floor_per_s=5)
    few, many = Kept(rule), Kept(rule)
    for kept, failures in ((few, 599), (many, 600)):
        for _ in range(failures):
            kept.end(FAIL)
    assert few.first(draw=0.0)
    assert [many.first(draw=0.79), many.first(draw=0.81)] == [False, True]


@pytest.mark.parametrize(
    ("budget", "quiet"),
    [
        (GrpcThrottle(tokens=2), (2_000,)),  # no failure that could be retried, and no success
        (FailureRate(), (0, 0)),
        (TokenQuota(capacity=9), (9,)),
    ],
)
def test_a_no_for_good_costs_no_budget(budget: Budget, quiet: tuple[int, ...]) -> None:
    kept = Kept(budget)
    for _ in range(5):
        kept.end(Cause.REJECTED)
    assert kept.state == quiet


@pytest.mark.parametrize("budget", [AdaptiveThrottling(), AdmissionControl()])
def test_who_is_told_no_for_good_was_accepted(budget: Budget) -> None:
    """It was worked on: that is no overload, whatever the answer."""
    kept = Kept(budget)
    for _ in range(50):
        kept.first()
        kept.end(Cause.REJECTED)
    assert kept.first(draw=0.0)
