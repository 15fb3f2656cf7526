"""Claims about limits on attempts under way: each place is given back once, and the moving ones settle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.in_flight import Aimd, Bulkhead, Gradient2, InFlight, Partitioned, Vegas
from policies.throttle import State

ALL: list[InFlight] = [Bulkhead(limit=5), Vegas(start=5), Gradient2(start=5), Aimd(start=5)]


@given(st.sampled_from(ALL), st.lists(st.tuples(st.booleans(), st.integers(1, 100), st.booleans()), max_size=80))
def test_what_is_under_way_is_what_was_admitted_and_has_not_ended(
    rule: InFlight, steps: list[tuple[bool, int, bool]]
) -> None:
    """Release exactly once per admit, also when it times out (`ok` False)."""
    state, flying = rule.initial(), 0
    for asks, took, ok in steps:
        if asks:
            answer = rule.admit(state, 0)
            state, flying = answer.state, flying + answer.admitted
        elif flying:
            state, flying = rule.ended(state, 0, took, ok), flying - 1
        assert state[0] == flying


def test_a_bulkhead_admits_its_limit() -> None:
    rule, state, admitted = Bulkhead(limit=2), (0,), []
    for _ in range(3):
        state, yes, _ = rule.admit(state, 0)
        admitted.append(yes)
    assert admitted == [True, True, False]


def settled(rule: InFlight, capacity: int, rounds: int = 400) -> float:
    """The limit after rounds in which all that is admitted is served by `capacity` workers, ten ticks a piece."""
    state = rule.initial()
    for _ in range(rounds):
        flying = 0
        while (answer := rule.admit(state, 0)).admitted:
            state, flying = answer.state, flying + 1
        for place in range(flying):
            state = rule.ended(state, 0, 10 * (1 + place // capacity), ok=place < 4 * capacity)
    return state[1] / 1_000


@pytest.mark.parametrize("rule", [Vegas(start=5), Vegas(start=200), Gradient2(start=5), Aimd(start=5)])
def test_a_moving_limit_settles_around_what_the_called_side_can_do(rule: InFlight) -> None:
    """Twenty workers: with fewer than a worker each nothing is gained, with many more everything waits."""
    assert 15 <= settled(rule, 20) <= 100


def test_a_limit_stays_within_its_bounds() -> None:
    low = Aimd(start=2, at_least=2)
    state = low.initial()
    for _ in range(50):
        state, _, _ = low.admit(state, 0)
        state = low.ended(state, 0, 10, ok=False)
    assert state[1] == 2_000
    high = Aimd(start=3, at_most=3)
    state = high.initial()
    for _ in range(50):
        state, _, _ = high.admit(state, 0)
        state, _, _ = high.admit(state, 0)
        state = high.ended(high.ended(state, 0, 10, ok=True), 0, 10, ok=True)
    assert state[1] == 3_000


def test_an_idle_caller_learns_nothing() -> None:
    rule = Aimd(start=20)
    state, _, _ = rule.admit(rule.initial(), 0)
    assert rule.ended(state, 0, 10, ok=True)[1] == 20_000


KINDS = {"orders": 0.6, "stock": 0.3}


def begun(rule: Partitioned, state: State, kind: str | None, most: int) -> tuple[State, int]:
    """Let up to `most` calls of a kind begin; return how many did."""
    for count in range(most):
        state, admitted, _ = rule.of(kind).admit(state, 0)
        if not admitted:
            return state, count
    return state, most


def test_partitions_guarantee_their_shares_and_lend_what_is_not_used() -> None:
    """Ten places: stock takes all of them, orders still get six; who has no share gets none while the whole is full."""
    rule = Partitioned(limit=Bulkhead(limit=10), shares=KINDS)
    state, stock = begun(rule, rule.initial(), "stock", 99)
    state, orders = begun(rule, state, "orders", 99)
    state, others = begun(rule, state, None, 99)
    assert (stock, orders, others) == (10, 6, 0)
    for _ in range(8):
        state = rule.of("stock").ended(state, 0, 10, ok=True)
    assert begun(rule, state, "stock", 99)[1] == 2  # eight are under way: two places are free
    assert begun(rule, state, "orders", 99)[1] == 2


def test_a_share_follows_a_limit_that_moves() -> None:
    rule = Partitioned(limit=Aimd(start=20, backoff=0.5), shares=KINDS)
    state, _ = begun(rule, rule.initial(), "stock", 99)
    for _ in range(2):
        state = rule.of("stock").ended(state, 0, 10, ok=False)
    assert begun(rule, state, "orders", 99)[1] == 3  # 0.6 of 5; the 18 of stock are over the limit


@given(st.lists(st.tuples(st.sampled_from(["orders", "stock", None]), st.booleans()), max_size=80))
def test_partitions_count_as_a_plain_list_does(steps: list[tuple[str | None, bool]]) -> None:
    """Against a naive reference: a list of the kinds under way, and the two questions asked of it."""
    rule, flying = Partitioned(limit=Bulkhead(limit=4), shares=KINDS), list[str | None]()
    state = rule.initial()
    for kind, asks in steps:
        if asks:
            owed = {"orders": 3, "stock": 2}.get(kind or "", 0)  # 2.4 and 1.2, rounded up
            expected = len(flying) < 4 or flying.count(kind) < owed
            state, admitted, _ = rule.of(kind).admit(state, 0)
            assert admitted is expected
            flying += [kind] if admitted else []
        elif kind in flying:
            flying.remove(kind)
            state = rule.of(kind).ended(state, 0, 10, ok=True)
    assert state == (len(flying), flying.count("orders"), flying.count("stock"))
