"""Claims about what can be promised, with the vectors of the public rules they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.atp import (
    LookAhead,
    accumulate,
    backward_consumed,
    balance,
    cumulative,
    discrete,
    free,
    ladder,
    look_ahead,
    period,
    schedule_lines,
    shortage,
)
from twin.model.instant import DAY
from twin.model.stock import ItemStock, Pledge, Position, SoftClaim, Supply, Waiting

NOON = 10 * DAY + DAY // 2
RULE = LookAhead()
# Oracle Inventory, ATP rules: eight periods of supply and demand.
ORACLE = (6, 4, 2, 4, 8, 4, 4, 4), (6, 2, 3, 6, 6, 1, 2, 2)
# JD Edwards, cumulative ATP.
JDE = (80, 0, 60, 0, 0, 60, 0, 0), (30, 25, 30, 10, 0, 35, 0, 0)
COMPUTED = (100, 0, 0, 60, 0), (30, 0, 50, 0, 25)


def stock(*positions: Position, **rest: object) -> ItemStock:
    return ItemStock(item=1, positions=positions, **rest)  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.vector("V01", rule="2", code="policies.atp.LookAhead.available", scenario="first_day")
def test_v01_claims_lower_what_is_free_and_other_buckets_do_not_count() -> None:
    """V01, computed."""
    position = Position(sellable=100, quality=3, damaged=2, committed=25)
    claimed = stock(position, claims=(SoftClaim(reservation=1, site=0, quantity=5, expires_at=NOON + 1),))
    assert position.on_hand == 105
    assert free(claimed, 0, NOON) == 70
    assert RULE.available(claimed, NOON) == (70,)


@pytest.mark.vector("V02", rule="2", code="policies.atp.shortage", scenario="oversell")
def test_v02_free_goes_negative_when_a_count_finds_less_than_is_committed() -> None:
    """V02, computed."""
    short = stock(Position(sellable=20, committed=25))
    assert free(short, 0, NOON) == -5
    assert shortage(short, 0, NOON) == 5
    assert RULE.available(short, NOON) == (0,)


def test_a_claim_is_over_at_its_expiry_swept_or_not() -> None:
    claimed = stock(Position(sellable=3), claims=(SoftClaim(reservation=1, site=0, quantity=2, expires_at=NOON),))
    assert RULE.available(claimed, NOON - 1) == (1,)
    assert RULE.available(claimed, NOON) == (3,)


@pytest.mark.vector("V04", rule="3", code="policies.atp.period", scenario="promise_dates")
def test_v04_period_and_balance() -> None:
    """V04, Oracle Inventory ATP rules."""
    assert period(*ORACLE) == (0, 2, -1, -2, 2, 3, 2, 2)
    assert balance(*ORACLE) == (0, 2, 1, -1, 1, 4, 6, 8)


@pytest.mark.vector("V07", rule="3", code="policies.atp.look_ahead", scenario="promise_dates")
@pytest.mark.parametrize(
    ("supply", "demand", "expected"),
    [
        ((5,), (0,), (5,)),
        ((0, 0), (0, 0), (0, 0)),
        ((5, 0, 0), (0, 0, 9), (0, 0, 0)),
        ((5, 0, 4), (0, 0, 9), (0, 0, 0)),
        ((5, 0, 5), (0, 0, 9), (1, 1, 1)),
        ((0, 10), (5, 0), (0, 5)),
        ((10**15, 0), (0, 1), (10**15 - 1, 10**15 - 1)),
    ],
)
def test_v07_further_ladders(supply: tuple[int, ...], demand: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """As V07: one bucket; nothing; a late demand that takes all, exactly all, and all but one; short at first; many."""
    assert look_ahead(supply, demand) == expected


@pytest.mark.vector("V10", rule="3", code="policies.atp.schedule_lines", scenario="promise_dates")
@pytest.mark.parametrize(
    ("wanted", "quantity", "lines", "rest"),
    [
        (1, 0, (), 0),
        (1, 20, ((1, 20),), 0),
        (1, 21, ((1, 20), (4, 1)), 0),
        (3, 55, ((3, 20), (4, 35)), 0),
        (4, 56, ((4, 55),), 1),
        (5, 55, ((5, 55),), 0),
        (6, 1, (), 1),
    ],
)
def test_v10_further_schedules(wanted: int, quantity: int, lines: tuple[tuple[int, int], ...], rest: int) -> None:
    """As V10: nothing; all of a bucket and one more; all there is; one more than that; wanted after the last bucket."""
    assert schedule_lines(*COMPUTED, wanted, quantity) == (lines, rest)


@pytest.mark.vector("V12", rule="3", code="policies.atp.ladder", scenario="promise_dates")
@pytest.mark.parametrize(
    ("overdue", "counts"), [(0, 40), (1, 40), (2 * DAY - 1, 40), (2 * DAY, 40), (2 * DAY + 1, 0), (30 * DAY, 0)]
)
def test_v12_supply_is_believed_for_two_days_and_not_a_moment_longer(overdue: int, counts: int) -> None:
    late = stock(Position(), supply=(Supply(order=1, site=0, ordered=40, received=0, due=NOON - overdue),))
    assert ladder(RULE, late, 0, NOON, buckets=3).supply[0] == counts


@pytest.mark.vector("V05", rule="3", code="policies.atp.backward_consumed", scenario="promise_dates")
def test_v05_backward_consumption() -> None:
    """V05, Oracle Inventory ATP rules."""
    assert backward_consumed(*ORACLE) == (0, 0, 0, -1, 2, 3, 2, 2)


@pytest.mark.vector("V06", rule="3", code="policies.atp.accumulate", scenario="promise_dates")
def test_v06_backward_consumption_with_accumulation() -> None:
    """V06, Oracle Inventory ATP rules: one unit more than the balance allows."""
    assert accumulate(*ORACLE) == (0, 0, 0, -1, 2, 5, 7, 9)


@pytest.mark.vector("V07", rule="3", code="policies.atp.look_ahead", scenario="promise_dates")
def test_v07_look_ahead() -> None:
    """V07, computed."""
    assert look_ahead(*ORACLE) == (0, 0, 0, 0, 1, 4, 6, 8)


@pytest.mark.vector("V08", rule="3", code="policies.atp.schedule_lines", scenario="promise_dates")
def test_v08_the_backward_rule_answers_an_earlier_period_and_look_ahead_grants() -> None:
    """V08, Oracle Inventory ATP rules: 3 more wanted in period 7."""
    offered = backward_consumed(*ORACLE)
    assert offered[6] < 3
    assert next(t for t in range(6, 0, -1) if offered[t - 1] >= 3) == 6
    assert schedule_lines(*ORACLE, 7, 3) == (((7, 3),), 0)
    supply, demand = ORACLE
    assert look_ahead(supply, (*demand[:6], demand[6] + 3, demand[7])) == (0, 0, 0, 0, 1, 3, 3, 5)


@pytest.mark.vector("V09", rule="3", code="policies.atp.cumulative", scenario="promise_dates")
def test_v09_discrete_and_cumulative() -> None:
    """V09, JD Edwards cumulative ATP."""
    assert discrete(*JDE) == (25, 0, 20, 0, 0, 25, 0, 0)
    assert cumulative(*JDE) == look_ahead(*JDE) == (25, 25, 45, 45, 45, 70, 70, 70)


@pytest.mark.vector("V10", rule="3", code="policies.atp.schedule_lines", scenario="promise_dates")
def test_v10_schedule_lines() -> None:
    """V10, computed."""
    assert look_ahead(*COMPUTED) == (20, 20, 20, 55, 55)
    assert schedule_lines(*COMPUTED, 2, 40) == (((2, 20), (4, 20)), 0)
    assert schedule_lines(*COMPUTED, 1, 90) == (((1, 20), (4, 35)), 35)
    assert schedule_lines(*COMPUTED, 2, 40, ship_complete=True) == (((4, 40),), 0)
    assert schedule_lines(*COMPUTED, 1, 90, ship_complete=True) == ((), 90)


@pytest.mark.vector("V11", rule="2,3", code="policies.atp.ladder", scenario="promise_dates")
def test_v11_a_partial_receipt_is_not_counted_twice() -> None:
    """V11, metasfresh#4805: 100 due tomorrow, 30 received today."""
    receiving = stock(
        Position(sellable=30), supply=(Supply(order=1, site=0, ordered=100, received=30, due=NOON + DAY),)
    )
    assert look_ahead(*ladder(RULE, receiving, 0, NOON, buckets=3)) == (30, 100, 100)
    assert RULE.available(receiving, NOON) == (30,)


@pytest.mark.vector("V12", rule="3", code="policies.atp.ladder", scenario="promise_dates")
def test_v12_supply_overdue_too_long_is_not_believed() -> None:
    """V12, computed: 40 overdue by 3 days, 25 by 1 day, limit 2 days."""
    late = (
        Supply(order=1, site=0, ordered=40, received=0, due=NOON - 3 * DAY),
        Supply(order=2, site=0, ordered=25, received=0, due=NOON - DAY),
    )
    assert ladder(RULE, stock(Position(), supply=late), 0, NOON, buckets=2).supply == (25, 0)
    waiting = (Waiting(order=1, line=1, quantity=5, since=0),)
    pledged = (Pledge(order=1, line=1, site=0, quantity=20, due=NOON),)
    assert RULE.available(stock(Position(sellable=1), supply=late, waiting=waiting, pledges=pledged), NOON) == (1,)
    assert RULE.available(stock(Position(sellable=1), supply=late[:1], pledges=pledged), NOON) == (0,)


@pytest.mark.vector("V83", rule="3", code="policies.atp.LookAhead.available", scenario="first_day")
def test_v83_a_sale_today_does_not_eat_what_a_pledge_counts_on() -> None:
    """V83, computed: pledge of 15 for bucket 3, then also a receipt of 15 in bucket 2."""
    pledge = (Pledge(order=1, line=1, site=0, quantity=15, due=NOON + 2 * DAY),)
    supply = (Supply(order=2, site=0, ordered=15, received=0, due=NOON + DAY),)
    assert RULE.available(stock(Position(sellable=20), pledges=pledge), NOON) == (5,)
    assert RULE.available(stock(Position(sellable=20), pledges=pledge, supply=supply), NOON) == (20,)


def test_waiting_demand_is_charged_to_sites_in_index_order_where_stock_is_free() -> None:
    waiting = (Waiting(order=1, line=1, quantity=7, since=0),)
    assert RULE.available(stock(Position(), Position(sellable=5), Position(sellable=4), waiting=waiting), 0) == (
        0,
        0,
        2,
    )
    assert RULE.available(stock(Position(sellable=3), Position(sellable=2), waiting=waiting), 0) == (0, 0)


def test_todays_receipt_serves_waiting_demand_before_stock_is_withheld_for_it() -> None:
    """At one site A = min(F, CA_1) to the letter: F 5, receipt of 10 today, 12 waiting leave 3."""
    supply = (Supply(order=2, site=0, ordered=10, received=0, due=NOON),)
    waiting = (Waiting(order=1, line=1, quantity=12, since=0),)
    assert RULE.available(stock(Position(sellable=5), supply=supply, waiting=waiting), NOON) == (3,)


def test_a_receipt_beyond_what_was_ordered_takes_nothing_back() -> None:
    over = (Supply(order=1, site=0, ordered=10, received=14, due=NOON),)
    waiting = (Waiting(order=1, line=1, quantity=1, since=0),)
    assert RULE.available(stock(Position(sellable=5), supply=over, waiting=waiting), NOON) == (4,)
    assert ladder(RULE, stock(Position(), supply=over), 0, NOON, buckets=1).supply == (0,)


def test_what_is_due_beyond_the_horizon_is_not_looked_at() -> None:
    pledge = (Pledge(order=1, line=1, site=0, quantity=15, due=NOON + 2 * DAY),)
    assert LookAhead(horizon_us=DAY).available(stock(Position(sellable=20), pledges=pledge), NOON) == (20,)


buckets = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8)


@given(buckets, st.data())
def test_a_grant_keeps_every_later_balance_exactly_when_look_ahead_allows_it(
    ladder: list[tuple[int, int]], data: st.DataObject
) -> None:
    supply = [s + d for s, d in ladder]  # nothing is short already
    demand = [d for _, d in ladder]
    t = data.draw(st.integers(0, len(ladder) - 1))
    quantity = data.draw(st.integers(1, 40))
    demand_after = [d + (quantity if u == t else 0) for u, d in enumerate(demand)]
    keeps = all(level >= 0 for level in balance(supply, demand_after)[t:])
    assert keeps == (quantity <= look_ahead(supply, demand)[t])


@given(buckets)
def test_look_ahead_never_promises_less_later_nor_more_than_the_balance(ladder: list[tuple[int, int]]) -> None:
    supply, demand = zip(*ladder, strict=True)
    offered = look_ahead(supply, demand)
    assert list(offered) == sorted(offered)
    assert all(ca <= max(0, level) for ca, level in zip(offered, balance(supply, demand), strict=True))


@given(buckets, st.integers(1, 8), st.integers(1, 60), st.booleans())
def test_schedule_lines_agree_with_inserting_each_grant_as_demand(
    ladder: list[tuple[int, int]], wanted: int, quantity: int, complete: bool
) -> None:
    supply, demand = zip(*ladder, strict=True)
    naive, rest, left = [], quantity, list(demand)
    for t in range(wanted - 1, len(supply)):
        part = min(rest, look_ahead(supply, left)[t])
        if part and not (complete and part < quantity):
            naive.append((t + 1, part))
            left[t] += part
            rest -= part
    assert schedule_lines(supply, demand, wanted, quantity, ship_complete=complete) == (tuple(naive), rest)


sites = st.integers(0, 1)
amounts = st.integers(0, 20)
days = st.integers(-4, 6)


@given(
    st.lists(st.tuples(amounts, amounts), min_size=1, max_size=1),
    st.lists(st.tuples(amounts, days), max_size=4),
    st.lists(st.tuples(amounts, days), max_size=4),
    st.lists(amounts, max_size=2),
)
def test_one_site_agrees_with_the_formula_on_its_ladder(
    positions: list[tuple[int, int]],
    receipts: list[tuple[int, int]],
    pledged: list[tuple[int, int]],
    backlog: list[int],
) -> None:
    """A = max(0, min(F, CA_1)), with all undated demand in bucket 1."""
    item = stock(
        *[Position(sellable=s, committed=c) for s, c in positions],
        supply=tuple(Supply(order=1, site=0, ordered=q, received=0, due=NOON + d * DAY) for q, d in receipts),
        pledges=tuple(Pledge(order=1, line=1, site=0, quantity=q, due=NOON + d * DAY) for q, d in pledged),
        waiting=tuple(Waiting(order=1, line=1, quantity=q, since=0) for q in backlog),
    )
    waiting = sum(backlog)
    first = look_ahead(*ladder(RULE, item, 0, NOON, buckets=10, waiting=waiting))[0]
    assert RULE.available(item, NOON) == (max(0, min(free(item, 0, NOON), first)),)


@given(st.lists(amounts, min_size=2, max_size=4), amounts)
def test_waiting_demand_takes_its_quantity_from_what_all_sites_have(sellable: list[int], waiting: int) -> None:
    item = stock(
        *[Position(sellable=s) for s in sellable], waiting=(Waiting(order=1, line=1, quantity=waiting, since=0),)
    )
    assert sum(RULE.available(item, 0)) == max(0, sum(sellable) - waiting)


@pytest.mark.parametrize("sellable", [0, 7])
def test_without_claims_and_demand_everything_sellable_is_available(sellable: int) -> None:
    assert RULE.available(stock(Position(sellable=sellable), Position(sellable=1, committed=3)), 0) == (sellable, 0)
