"""Claims about postings: every movement in exactly one, and the same posting under the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.posting import Period, Posting, booked_on, posting_key
from twin.model.posting import ToPost

SUMMED = Posting(kind="summed")


def movement(id: int, change: int, type: str = "shipment", item: int = 1, site: int = 0) -> ToPost:
    return ToPost(id, type, item, site, "", 0, change)


@pytest.mark.vector("V104", rule="21", code="policies.posting.Posting.group", scenario="stock_reconciliation")
def test_v104_movements_of_one_kind_are_summed_and_the_key_is_the_digest_of_their_ids() -> None:
    """V104, computed: m1 +10, m2 -3, m3 -2; sent again after a timeout; m4 -1 later."""
    ledger = [movement(1, 10, "receipt"), movement(2, -3), movement(3, -2)]
    first, second = SUMMED.group(ledger)
    assert (first.movements, first.change) == ((1,), 10)
    assert (second.movements, second.change) == ((2, 3), -5)
    assert [posting.key for posting in SUMMED.group(ledger)] == [first.key, second.key]
    (later,) = SUMMED.group([movement(4, -1)])
    assert (later.movements, later.change) == ((4,), -1)
    assert len({first.key, second.key, later.key}) == 3


M1, M2 = movement(1, 10, "receipt"), movement(2, -3)


@pytest.mark.vector("V104", rule="21", code="policies.posting.Posting.group", scenario="stock_reconciliation")
@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        ([], []),
        ([M2, movement(3, 3)], [((2, 3), 0)]),
        ([M2, movement(3, -2, site=1)], [((2,), -3), ((3,), -2)]),
        ([M2, movement(3, -2, item=2)], [((2,), -3), ((3,), -2)]),
        ([M2, M1, movement(3, -2)], [((2, 3), -5), ((1,), 10)]),
        ([movement(1, 10**15), movement(2, 10**15)], [((1, 2), 2 * 10**15)]),
    ],
)
def test_v104_what_is_summed_and_what_is_not(ledger: list[ToPost], expected: list[tuple[tuple[int, ...], int]]) -> None:
    """As V104: nothing; a sum of 0 is posted all the same; another site, another item; the order of the ledger."""
    assert [(posting.movements, posting.change) for posting in SUMMED.group(ledger)] == expected


def test_v104_a_key_depends_on_the_ids_and_on_their_order_alone() -> None:
    assert posting_key((1, 2)) == posting_key((1, 2)) != posting_key((2, 1))
    assert SUMMED.group([M2])[0].key == SUMMED.group([movement(2, 99, "count", 7, 3)])[0].key


def test_what_a_closed_period_shifts_is_not_summed_with_what_it_does_not() -> None:
    """Closed from 10 to 20: of three movements at 9, 10 and 20 only the second is shifted, and stands alone."""
    rule = Posting(kind="summed", closed=(Period(110, 120),))
    rows = [ToPost(id, "count", 1, 0, "", 0, 1, 0, at) for id, at in ((1, 9), (2, 10), (3, 20))]
    assert [(each.movements, each.on) for each in rule.group(rows, 100)] == [
        ((1, 3), (109, "OPEN")),
        ((2,), (120, "PERIOD_SHIFTED")),
    ]


@given(
    st.lists(
        st.tuples(st.integers(-9, 9), st.sampled_from(["receipt", "count"]), st.integers(1, 3), st.integers(0, 1)),
        max_size=12,
    )
)
def test_every_movement_is_in_exactly_one_posting_and_no_unit_is_lost(rows: list[tuple[int, str, int, int]]) -> None:
    ledger = [movement(id, change, type, item, site) for id, (change, type, item, site) in enumerate(rows)]
    for rule in (Posting(), SUMMED):
        postings = rule.group(ledger)
        posted = [id for posting in postings for id in posting.movements]
        assert sorted(posted) == list(range(len(ledger)))
        assert sum(posting.change for posting in postings) == sum(change for change, _, _, _ in rows)
        begins = [posting.movements[0] for posting in postings]
        assert begins == sorted(begins)
        assert all(posting.key == posting_key(posting.movements) for posting in postings)


def test_a_closed_period_moves_a_posting_to_the_first_open_moment() -> None:
    closed = (Period(10, 20), Period(20, 25))
    assert booked_on(9, closed) == (9, "OPEN")
    assert booked_on(10, closed) == (25, "PERIOD_SHIFTED")
    assert booked_on(25, closed) == (25, "OPEN")
