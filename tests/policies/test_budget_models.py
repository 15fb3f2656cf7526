"""Models of the budgets: each keeps the whole history and counts anew at every question (POLICIES 2)."""

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import NamedTuple

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
    Returned,
    WindowBudget,
)
from policies.retry import Cause
from twin.model.instant import SECOND


class Seen(NamedTuple):
    """One thing that happened: an attempt was asked for, or one that was granted ended or was not sent."""

    now: int
    what: str
    retry: bool
    granted: bool = True


History = list[Seen]
Model = Callable[[History, int, bool, float], bool]


def count(history: History, *, what: str, retry: bool | None = None, since: int = -1) -> int:
    return sum(
        each.granted and each.what == what and retry in (None, each.retry) and each.now >= since for each in history
    )


def slices_since(now: int, slice_ticks: int, slices: int) -> int:
    """Return the first tick that a window of whole slices still holds."""
    return (now // slice_ticks - slices + 1) * slice_ticks


def envoy(history: History, _now: int, retry: bool, _draw: float) -> bool:
    over = count(history, what="ok") + count(history, what="failed") + count(history, what="returned")
    retries_over = sum(each.retry for each in history if each.what != "asked")
    active = count(history, what="asked") - over
    return not retry or count(history, what="asked", retry=True) - retries_over < max(floor(0.2 * active), 3)


def grpc(history: History, _now: int, retry: bool, _draw: float) -> bool:
    tokens = Fraction(10)
    for each in history:
        if each.what == "ok":
            tokens = min(Fraction(10), tokens + Fraction(1, 10))
        elif each.what == "failed":
            tokens = max(Fraction(0), tokens - 1)
    return not retry or tokens > 5


def finagle(history: History, now: int, retry: bool, _draw: float) -> bool:
    since = slices_since(now, SECOND, 10)
    firsts = count(history, what="asked", retry=False, since=since)
    spent = count(history, what="asked", retry=True, since=since)
    back = sum(each.what == "returned" and each.retry and each.now >= since for each in history)
    return not retry or Fraction(firsts, 5) - spent + back + 1 * 10 >= 1


def microsoft(history: History, now: int, retry: bool, _draw: float) -> bool:
    since = slices_since(now, 3 * SECOND, 10)
    firsts = count(history, what="asked", retry=False, since=since)
    back = sum(each.what == "returned" and each.retry and each.now >= since for each in history)
    retries = count(history, what="asked", retry=True, since=since) - back
    return not retry or firsts < 10 or retries < max(1, firsts // 10)


def failure_rate(history: History, _now: int, retry: bool, _draw: float) -> bool:
    calls = count(history, what="asked", retry=False)
    return not retry or Fraction(count(history, what="failed")) <= Fraction(1, 10) * calls


def google(history: History, now: int, _retry: bool, draw: float) -> bool:
    since = slices_since(now, SECOND, 20)
    requests = sum(each.what == "asked" and each.now >= since for each in history)  # the refused ones included
    accepts = count(history, what="ok", since=since)
    return draw >= max(0, Fraction(requests - 2 * accepts, requests + 1))


def admission(history: History, now: int, _retry: bool, draw: float) -> bool:
    since = slices_since(now, SECOND, 30)
    good = count(history, what="ok", since=since)
    requests = good + count(history, what="failed", since=since)
    return draw >= min(0.8, max(0.0, (requests - good / 0.95) / (requests + 1)))


BUDGETS: dict[str, tuple[Budget, Model]] = {
    "envoy": (EnvoyBudget(), envoy),
    "grpc": (GrpcThrottle(), grpc),
    "finagle": (FinagleBudget(floor_per_s=1), finagle),
    "microsoft": (WindowBudget(), microsoft),
    "failure_rate": (FailureRate(), failure_rate),
    "google": (AdaptiveThrottling(window_us=20 * SECOND, slices=20), google),
    "admission": (AdmissionControl(), admission),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, SECOND // 3, SECOND, 4 * SECOND]),
        st.sampled_from(["first", "first", "retry", "retry", "ok", "failed", "returned"]),
        st.floats(0, 1, exclude_max=True),
    ),
    max_size=120,
)


@pytest.mark.parametrize("name", BUDGETS)
@given(steps=STEPS)
def test_a_budget_is_its_history_counted_anew(name: str, steps: list[tuple[int, str, float]]):
    budget, model = BUDGETS[name]
    state, now, history, open_ = budget.initial(), 0, History(), list[tuple[bool, int]]()
    for gap, action, draw in steps:
        now += gap
        if action in ("first", "retry"):
            retry = action == "retry"
            state, grant = budget.step(state, Asked(now, retry, Cause.TRANSIENT, draw))
            assert grant.allowed == model(history, now, retry, draw)
            history.append(Seen(now, "asked", retry, grant.allowed))
            if grant.allowed:
                open_.append((retry, grant.cost))
        elif open_:
            retry, cost = open_.pop(0)
            cause = Cause.TRANSIENT if action == "failed" else None
            event = Returned(now, retry, cost) if action == "returned" else Ended(now, retry, cost, cause)
            state, _ = budget.step(state, event)
            history.append(Seen(now, action, retry))
