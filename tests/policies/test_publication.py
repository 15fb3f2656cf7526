"""Claims about when a channel is told, and about what first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.publication import Dirty, Governed, NightlyBatch, Periodic, backlog, is_dirty, slot
from twin.model.instant import DAY, HOUR, MINUTE, SECOND

NOW = 10 * DAY
FRESH = NOW - MINUTE
RULE = Governed(max_items=3, min_change=2)
KEYS = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}
NAMES = {number: name for name, number in KEYS.items()}


def sends(rule: Governed, dirty: list[Dirty]) -> list[str]:
    """Every slot's keys until nothing more is sent, as letters."""
    slots = []
    left = list(dirty)
    while chosen := rule.choose(left, NOW, rule.min_change):
        slots.append("".join(NAMES[key] for key in chosen))
        left = [entry for entry in left if entry.key not in chosen]
    return slots


def shown(name: str, value: int, *, now_at: int, as_of: int = FRESH) -> Dirty:
    return Dirty(KEYS[name], now_at, value, as_of, FRESH)


OTHERS = [
    shown("b", 3, now_at=0),
    shown("c", 0, now_at=4),
    shown("d", 100, now_at=40),
    shown("e", 8, now_at=8, as_of=NOW - RULE.max_age_us - 1),
]


@pytest.mark.vector("V94", rule="19", code="policies.publication.Governed.choose", scenario="oversell")
def test_v94_order_of_a_slot_and_what_is_held_back() -> None:
    """V94, computed: shown/now a 10/9, b 3/0, c 0/4, d 100/40, e 8/8 too old; minimum change 2, 3 items a send."""
    assert sends(RULE, [shown("a", 10, now_at=9), *OTHERS]) == ["bcd", "e"]
    assert sends(Governed(max_items=3, min_change=2, low_mark=9), [shown("a", 10, now_at=9), *OTHERS]) == ["bcd", "ae"]
    assert sends(RULE, [shown("a", 10, now_at=9, as_of=NOW - RULE.max_age_us), *OTHERS]) == ["bcd", "ae"]


@pytest.mark.vector("V95", rule="19", code="policies.publication.slot", scenario="oversell")
@pytest.mark.parametrize(
    ("urgent", "expected"),
    [(True, [(0, "1"), (20, "42"), (80, "3")]), (False, [(0, "1"), (60, "42"), (120, "3")])],
)
def test_v95_a_key_that_goes_to_zero_opens_a_slot_at_once(urgent: bool, expected: list[tuple[int, str]]) -> None:
    """V95, computed: interval 60, 2 items; keys dirty at 0, 5, 7 with equal ratios, key 4 to zero at 20."""
    rule = Governed(interval_us=60, max_items=2, urgent_zero=urgent)
    marks = {0: Dirty(1, 5, 10, 0, 0), 5: Dirty(2, 5, 10, 0, 5), 7: Dirty(3, 5, 10, 0, 7), 20: Dirty(4, 0, 10, 0, 20)}
    dirty: list[Dirty] = []
    last: int | None = None
    sent = []
    for now in range(200):
        dirty += [marks[now]] if now in marks else []
        to_zero = any(entry.value == 0 for entry in dirty)
        if dirty and slot(rule, last, min(entry.since for entry in dirty), now, to_zero=to_zero) == now:
            chosen = rule.choose(dirty, now, rule.min_change)
            sent.append((now, "".join(map(str, chosen))))
            dirty = [entry for entry in dirty if entry.key not in chosen]
            last = now
    assert sent == expected


@pytest.mark.vector("V99", rule="19", code="policies.publication.backlog", scenario="edi_trouble")
def test_v99_a_backlog_that_takes_too_long_raises_the_minimum_change() -> None:
    """V99, computed: 4,000 dirty keys, 100 a send, every 60 s, age at most 1,800 s, minimum change 2."""
    rule = Governed(interval_us=60 * SECOND, max_items=100, max_age_us=1800 * SECOND, min_change=2)
    late = backlog(rule, 4000, 2)
    assert (late.drain_us, late.lag, late.min_change) == (2400 * SECOND, True, 4)
    assert backlog(rule, 4000, 4).min_change == 8
    assert backlog(rule, 2000, 8).min_change == 8
    assert backlog(rule, 1500, 8).min_change == 4
    assert backlog(rule, 0, 2).min_change == 2
    assert backlog(rule, 1500, 8, 120 * SECOND).min_change == 8


@pytest.mark.vector("V99", rule="19", code="policies.publication.backlog", scenario="edi_trouble")
@pytest.mark.parametrize(
    ("dirty", "items_max", "expected"),
    [
        (3000, 100, (1800, False, 8)),
        (3001, 100, (1860, True, 16)),
        (1501, 100, (960, False, 8)),
        (1500, 100, (900, False, 4)),
        (0, 100, (0, False, 4)),
        (1, 1, (60, False, 4)),
        (4000, 500, (2400, True, 16)),
        (100, 2, (3000, True, 16)),
    ],
)
def test_v99_a_backlog_at_its_limits_and_where_the_channel_takes_fewer_than_we_would_send(
    dirty: int, items_max: int, expected: tuple[int, bool, int]
) -> None:
    """As V99: equality is no alarm and halves; what the interface takes counts where it is less."""
    rule = Governed(interval_us=60 * SECOND, max_items=100, max_age_us=1800 * SECOND, min_change=2)
    drain, lag, change = expected
    assert backlog(rule, dirty, 8, None, items_max) == (drain * SECOND, lag, change)


def test_the_minimum_change_has_a_bound() -> None:
    assert backlog(Governed(min_change_max=16), 1_000_000, 16).min_change == 16


def test_a_value_that_is_back_at_what_is_shown_is_clean() -> None:
    """V96, the governed half: 49, 48 and 50 again before the slot."""
    assert RULE.choose([Dirty(1, 50, 50, FRESH, FRESH)], NOW, 1) == []
    assert not is_dirty(50, 50, FRESH, NOW, RULE.max_age_us)
    assert is_dirty(50, 50, NOW - RULE.max_age_us, NOW, RULE.max_age_us)


def test_a_key_dirty_for_too_long_goes_before_all_but_to_zero() -> None:
    rule = Governed(max_items=2)
    starved = Dirty(1, 99, 100, FRESH, NOW - rule.max_age_us)
    assert rule.choose([shown("b", 0, now_at=5), starved, shown("c", 5, now_at=0)], NOW, 1) == [KEYS["c"], 1]


def test_an_idle_sender_lingers_and_a_busy_one_keeps_its_interval() -> None:
    rule = Governed(interval_us=60, linger_us=5)
    assert slot(rule, None, 100, 100) == 105
    assert slot(rule, 30, 100, 100) == 105
    assert slot(rule, 80, 100, 100) == 140
    assert slot(rule, 80, 100, 200) == 200
    assert slot(rule, 80, 100, 100, to_zero=True) == 100


def test_periodic_and_nightly_slots_lie_after_now() -> None:
    assert Periodic(MINUTE).slot(0) == MINUTE
    assert Periodic(MINUTE).slot(MINUTE - 1) == MINUTE
    nightly = NightlyBatch((2 * HOUR, 14 * HOUR))
    assert nightly.slot(NOW) == NOW + 2 * HOUR
    assert nightly.slot(NOW + 2 * HOUR) == NOW + 14 * HOUR
    assert nightly.slot(NOW + 20 * HOUR) == NOW + DAY + 2 * HOUR


entries = st.lists(
    st.builds(
        Dirty,
        st.integers(1, 9),
        st.integers(0, 20),
        st.integers(0, 20),
        st.integers(NOW - 2 * HOUR, NOW),
        st.integers(NOW - 2 * HOUR, NOW),
    ),
    max_size=8,
    unique_by=lambda entry: entry.key,
)


@given(entries, st.integers(1, 5), st.integers(0, 5))
def test_a_change_to_or_from_zero_is_never_held_back(dirty: list[Dirty], min_change: int, low_mark: int) -> None:
    rule = Governed(max_items=100, low_mark=low_mark)
    chosen = rule.choose(dirty, NOW, min_change)
    for entry in dirty:
        if (entry.value == 0) != (entry.shown == 0):
            assert entry.key in chosen
        if entry.value == entry.shown and NOW - entry.as_of < rule.max_age_us:
            assert entry.key not in chosen
    to_zero = [entry.key for entry in dirty if entry.value == 0 < entry.shown]
    assert sorted(chosen[: len(to_zero)]) == sorted(to_zero)


@given(entries)
def test_the_order_does_not_depend_on_how_keys_arrive(dirty: list[Dirty]) -> None:
    assert RULE.choose(dirty, NOW, 2) == RULE.choose(dirty[::-1], NOW, 2)
