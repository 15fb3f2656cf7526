"""Orders as business requests: which are good, when a day has collapsed, and when it has recovered."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

import scenarios
from twin.model.instant import MINUTE, SECOND
from twin.world.order_requests import OrderRequests
from twin.world.outcomes import Recovery, Requests, Trouble, recovered_after
from twin.world.result import RunResult
from twin.world.run import run_once


def day(*settings: str) -> RunResult:
    return run_once(scenarios.load("first_day", ["horizon=4h", *settings]), "standard", 3, on_violation="report")


def test_an_order_is_good_when_it_is_confirmed_in_time_and_only_once():
    orders = OrderRequests(within=10)
    for order, at in ((1, 0), (2, 5), (3, 6)):
        orders.placed(order, at)
    for order, at in ((2, 15), (1, 11), (2, 16), (9, 16)):
        orders.confirmed(order, at)
    assert orders.requests.took.tolist() == [-1, 10, -1]


def test_every_order_of_an_ordinary_day_is_a_request():
    found = day()
    assert found.kpis["requests"] == found.kpis["orders_placed"]
    assert found.kpis["success_share"] > 0.97  # those of the last minutes are still on their way
    assert (found.kpis["collapsed"], found.kpis["recovery_s"]) == (0, None)
    assert found.kpis["latency_s.mean"] <= found.kpis["capture_latency_s.mean"]


DOWN = "faults=[{name: down, kind: E1, target: erp, trigger: {at: 1h}, duration: %s, probability: 100%%}]"
PATIENT = "designs.standard.retry={kind: fixed, attempts: 1000, base: 20s}"
RECOVERY = "measures.recovery={success: 90%, windows: 2, of: 5m}"


def test_an_erp_that_stays_away_is_a_collapse_and_one_that_comes_back_is_recovered_from():
    ever, half = (day(DOWN % length, PATIENT, RECOVERY) for length in ("10h", "40m"))
    assert (ever.kpis["collapsed"], ever.kpis["recovery_censored"]) == (1, 1)
    assert (half.kpis["collapsed"], half.kpis["recovery_censored"]) == (0, 0)
    assert half.kpis["recovery_s"] < 900


@given(
    gaps=st.lists(st.integers(1, 20 * SECOND), min_size=1, max_size=60),
    good=st.lists(st.booleans(), min_size=60, max_size=60),
    over=st.integers(0, 3 * MINUTE),
    share=st.sampled_from((0.5, 0.9, 1.0)),
)
def test_recovery_is_the_first_second_from_which_all_windows_are_good(
    gaps: list[int], good: list[bool], over: int, share: float
):
    """The naive reference counts every window by looking at every request."""
    began, at = array("q"), 0
    for gap in gaps:
        at += gap
        began.append(at)
    requests = Requests(began, array("q", [1 if ok else -1 for ok in good[: len(gaps)]]))
    rule, until = Recovery(success=share, windows=2, of="30s"), 10 * MINUTE
    found = recovered_after(requests, rule, Trouble(began=0, over=over), since=0, until=until)
    expected = None
    start = over
    while start + 60 * SECOND <= until and expected is None:
        windows = [(start, start + 30 * SECOND), (start + 30 * SECOND, start + 60 * SECOND)]
        inside = [[ok for b, ok in zip(began, good, strict=False) if first <= b < last] for first, last in windows]
        if all(each and sum(each) >= share * len(each) for each in inside):
            expected = start - over
        start += SECOND
    assert found == expected
