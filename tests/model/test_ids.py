"""Derived identities: what a message numbers is what `derive` makes of it."""

from hypothesis import given
from hypothesis import strategies as st

from twin.model.ids import Ids, derive


@given(st.integers(0, 2**63 - 1), st.integers(1, 30))
def test_a_message_numbers_what_it_causes_as_derive_does(cause: int, count: int) -> None:
    ids = Ids(cause)
    assert [ids.next() for _ in range(count)] == [derive(cause, n) for n in range(1, count + 1)]


@given(st.lists(st.integers(0, 2**63 - 1), min_size=2, max_size=50, unique=True))
def test_causes_of_their_own_have_children_of_their_own(causes: list[int]) -> None:
    children = [derive(cause, n) for cause in causes for n in range(1, 9)]
    assert len(set(children)) == len(children)
    assert all(0 <= child < 2**63 for child in children)
