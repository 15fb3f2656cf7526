"""Outlier ejection as Envoy publishes it (POLICIES 1, Envoy outlier ejection)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.ejection import Asked, Ended, Hosts, OutlierEjection
from twin.model.instant import SECOND

ENVOY = OutlierEjection()


def fed(rule: OutlierEjection, hosts: int, *ends: Ended) -> Hosts:
    state = rule.initial(hosts)
    for end in ends:
        state, _ = rule.step(state, end)
    return state


def inside(rule: OutlierEjection, state: Hosts, now: int) -> tuple[int, ...]:
    return rule.step(state, Asked(now))[1]


def failing(host: int, times: int, now: int = 0) -> list[Ended]:
    return [Ended(now, host, False)] * times


def test_five_failures_in_a_row_eject_and_a_success_begins_the_row_anew():
    assert inside(ENVOY, fed(ENVOY, 10, *failing(3, 4)), 0) == tuple(range(10))
    assert 3 not in inside(ENVOY, fed(ENVOY, 10, *failing(3, 5)), 0)
    broken = [*failing(3, 4), Ended(0, 3, True), *failing(3, 4)]
    assert inside(ENVOY, fed(ENVOY, 10, *broken), 0) == tuple(range(10))


def test_a_host_is_out_for_the_base_time_times_how_often_it_was_ejected():
    state = fed(ENVOY, 10, *failing(3, 5))
    state, hosts = ENVOY.step(state, Asked(30 * SECOND - 1))
    assert 3 not in hosts
    state, hosts = ENVOY.step(state, Asked(30 * SECOND))
    assert 3 in hosts
    for _ in range(5):
        state, _ = ENVOY.step(state, Ended(30 * SECOND, 3, False))
    assert 3 not in inside(ENVOY, state, 90 * SECOND - 1)
    assert 3 in inside(ENVOY, state, 90 * SECOND)


def test_the_time_out_is_capped_at_the_longest_or_the_base():
    for base, cap in ((30 * SECOND, 300 * SECOND), (400 * SECOND, 400 * SECOND)):
        rule = OutlierEjection(base=base)
        state, now = rule.initial(10), 0
        for _ in range(12):
            for end in failing(0, 5, now):
                state, _ = rule.step(state, end)
            out = state.hosts[0].out_until - now
            now = state.hosts[0].out_until
            state, _ = rule.step(state, Asked(now + rule.interval))
            now += rule.interval
        assert out == cap


@pytest.mark.parametrize(("hosts", "most"), [(2, 1), (9, 1), (10, 1), (20, 2), (30, 3)])
def test_a_tenth_of_the_hosts_is_out_at_most_but_one_always_may(hosts: int, most: int):
    ends = [end for host in range(hosts) for end in failing(host, 5)]
    state = fed(ENVOY, hosts, *ends)
    assert hosts - len(inside(ENVOY, state, 0)) == most


def test_a_single_host_that_is_out_is_asked_all_the_same():
    assert inside(ENVOY, fed(ENVOY, 1, *failing(0, 5)), 0) == (0,)


def calls(host: int, good: int, failed: int) -> list[Ended]:
    """Failures are spread so that no row of them is long."""
    step = max(1, (good + failed) // max(1, failed))
    ends = [Ended(1, host, True)] * (good + failed)
    for number in range(failed):
        ends[number * step] = Ended(1, host, False)
    return ends


@pytest.mark.parametrize(
    ("hosts", "others", "worst", "out"),
    [
        (5, (100, 0), (60, 40), True),  # mean .92, deviation .16: below .616
        (5, (100, 0), (99, 1), True),  # the least difference stands out where all others are equal
        (4, (100, 0), (0, 100), False),  # too few hosts to compare
        (5, (99, 0), (59, 40), False),  # 99 calls are too few
    ],
)
def test_a_success_rate_below_the_mean_by_1_9_deviations_is_ejected_at_the_sweep(hosts, others, worst, out):
    """With one of n hosts apart, it lies sqrt(n - 1) deviations below the mean: 2 with 5 hosts, 1.73 with 4."""
    rule = OutlierEjection(consecutive=1_000)
    ends = [end for host in range(1, hosts) for end in calls(host, *others)] + calls(0, *worst)
    state = fed(rule, hosts, *ends)
    assert inside(rule, state, 10 * SECOND - 1) == tuple(range(hosts))
    assert (0 not in inside(rule, state, 10 * SECOND)) is out


def test_failures_alone_eject_only_where_it_is_switched_on():
    ends = [end for host in range(5) for end in calls(host, 0, 50)]
    off = OutlierEjection(consecutive=1_000, share_max=1.0)
    on = OutlierEjection(consecutive=1_000, share_max=1.0, failing_hosts_min=5)
    assert len(inside(off, fed(off, 5, *ends), 10 * SECOND)) == 5
    assert len(on.step(fed(on, 5, *ends), Asked(10 * SECOND))[0].hosts) == 5
    assert sum(host.ejections for host in on.step(fed(on, 5, *ends), Asked(10 * SECOND))[0].hosts) == 5


@given(
    hosts=st.integers(1, 12),
    steps=st.lists(st.tuples(st.integers(0, 8 * SECOND), st.integers(0, 11), st.booleans()), max_size=200),
)
def test_rows_of_failures_move_it_as_a_naive_list_does(hosts: int, steps: list[tuple[int, int, bool]]):
    """The naive reference keeps a row and a time for each host and looks at every sweep of ten seconds."""
    state, now = ENVOY.initial(hosts), 0
    row, until, times = [0] * hosts, [0] * hosts, [0] * hosts
    swept = 0
    for gap, drawn, ok in steps:
        now, host = now + gap, drawn % hosts
        while now >= swept + 10 * SECOND:
            swept += 10 * SECOND
            for each in range(hosts):
                if until[each] and swept >= until[each]:
                    until[each] = row[each] = 0
        row[host] = 0 if ok else row[host] + 1
        out = sum(bool(each) for each in until)
        if row[host] >= 5 and not until[host] and (out == 0 or out + 1 <= 0.1 * hosts):
            times[host] += 1
            until[host] = now + min(30 * SECOND * times[host], 300 * SECOND)
            row[host] = 0
        state, found = ENVOY.step(state, Ended(now, host, ok))
        expected = tuple(each for each in range(hosts) if not until[each])
        assert found == (expected or tuple(range(hosts)))
