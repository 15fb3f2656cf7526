"""A claim's entries add up, are known by their keys, and refuse what cannot be."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.middleware.inventory.reservation import (
    Claim,
    Commit,
    Consume,
    Entry,
    EntryCode,
    Expire,
    Extend,
    Release,
    apply,
    grant,
    sound,
    state,
)
from twin.model.stock import Reservation

OK, NOOP = EntryCode.OK, EntryCode.NOOP


def held(quantity: int = 10, until: int = 900) -> Reservation:
    return grant(1, order=2, line=1, item=3, site=0, quantity=quantity, expires_at=until)


def run(reservation: Reservation, *entries: Entry, now: int = 0) -> tuple[Reservation, list[EntryCode]]:
    codes = []
    for entry in entries:
        reservation, code = apply(reservation, entry, now)
        codes.append(code)
    return reservation, codes


@pytest.mark.vector("V28", rule="5", code="twin.middleware.inventory.reservation.apply", scenario="oversell")
def test_v28_the_life_of_a_claim() -> None:
    claim, codes = run(held(), Commit(1), Consume(2, 6))
    assert codes == [OK, OK] and claim.live(0) == 4
    claim, codes = run(claim, Consume(2, 6), Consume(3, 6), Release(4, 4))
    assert codes == [NOOP, EntryCode.EXCEEDS_LIVE, OK] and claim.live(0) == 0
    claim, codes = run(claim, Release(4, 4), Release(5, 4))
    assert codes == [NOOP, EntryCode.ALREADY_CONSUMED] and state(claim, 0) is Claim.CONSUMED


@pytest.mark.vector("V29", rule="5", code="twin.middleware.inventory.reservation.apply", scenario="oversell")
def test_v29_expiry_is_a_matter_of_time_and_not_of_the_reaper() -> None:
    claim, codes = run(held(), Release(1, 3), now=899)
    assert codes == [OK] and claim.live(899) == 7
    for entry in (Commit(2), Release(3, 1), Consume(4, 1), Extend(5, 2_000)):
        assert apply(claim, entry, 900) == (claim, EntryCode.RESERVATION_EXPIRED)
    assert claim.live(900) == 0 and state(claim, 900) is Claim.EXPIRED
    swept, codes = run(claim, Expire(6), Expire(6), Expire(7), now=901)
    assert codes == [OK, NOOP, EntryCode.RESERVATION_EXPIRED] and swept.expired == 7
    assert [swept.live(at) for at in (900, 901)] == [claim.live(at) for at in (900, 901)]


@pytest.mark.vector("V30", rule="5", code="twin.middleware.inventory.reservation.apply", scenario="oversell")
def test_v30_a_shipment_delivered_twice_consumes_once() -> None:
    claim, codes = run(held(), Commit(1), Consume(77, 10), Consume(77, 10))
    assert codes == [OK, OK, NOOP] and claim.consumed == 10


@pytest.mark.vector("V31", rule="5", code="twin.middleware.inventory.reservation.apply", scenario="oversell")
def test_v31_nothing_is_consumed_of_a_claim_that_was_released() -> None:
    claim, codes = run(held(5), Commit(1), Release(2, 5, "cancel confirmed"), Consume(3, 5))
    assert codes == [OK, OK, EntryCode.ALREADY_RELEASED] and claim.consumed == 0


@pytest.mark.vector("V32", rule="5", code="twin.middleware.inventory.reservation.apply", scenario="oversell")
def test_v32_an_undo_releases_what_is_still_live() -> None:
    claim, _ = run(held(), Commit(1), Consume(2, 6))
    undone, codes = run(claim, Release(3, claim.live(0), "undo"))
    assert codes == [OK] and undone.released == 4 and undone.live(0) == 0


def test_a_hard_claim_is_not_consumed_before_and_not_committed_twice() -> None:
    assert run(held(), Consume(1, 1))[1] == [EntryCode.NOT_COMMITTED]
    claim, codes = run(held(), Commit(1), Commit(2), Extend(3, 5_000), Expire(4))
    assert codes == [OK, *[EntryCode.ALREADY_COMMITTED] * 3]
    assert claim.expires_at == 0 and claim.live(10**12) == 10 and state(claim, 10**12) is Claim.COMMITTED


def test_a_claim_is_extended_only_while_it_lives_and_never_shortened() -> None:
    claim, codes = run(held(), Extend(1, 1_000), Extend(2, 500), now=899)
    assert codes == [OK, OK] and claim.expires_at == 1_000 and claim.live(999) == 10
    assert run(claim, Extend(3, 2_000), now=1_000)[1] == [EntryCode.RESERVATION_EXPIRED]


def test_the_reaper_finds_nothing_to_do_before_the_end() -> None:
    claim = held()
    assert apply(claim, Expire(1), 899) == (claim, NOOP)
    assert apply(claim, Expire(1), 900)[1] is OK


def test_a_claim_granted_committed_has_no_end() -> None:
    claim = grant(1, order=2, line=1, item=3, site=0, quantity=4, expires_at=5, committed=True)
    assert claim.expires_at == 0 and claim.live(10) == 4


@pytest.mark.parametrize("entry", [Release(9, 2), Consume(9, 2)])
def test_an_entry_leaves_every_other_part_alone(entry: Entry) -> None:
    claim = Reservation(1, 2, 3, 4, 5, 20, committed=True, released=1, consumed=2, expired=3, entries=(7,))
    after, code = apply(claim, entry, 0)
    assert code is OK
    changed = {name for name in Reservation.__struct_fields__ if getattr(claim, name) != getattr(after, name)}
    assert changed == {"released" if isinstance(entry, Release) else "consumed", "entries"}
    assert len(msgspec.structs.astuple(held())) == 12, "a new field must be carried over by every entry"


KEYS = st.integers(1, 6)
ENTRIES = st.one_of(
    st.builds(Commit, KEYS),
    st.builds(Release, KEYS, st.integers(1, 8)),
    st.builds(Consume, KEYS, st.integers(1, 8)),
    st.builds(Expire, KEYS),
    st.builds(Extend, KEYS, st.integers(0, 30)),
)


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 4), ENTRIES), max_size=14))
def test_units_are_conserved_and_refused_entries_change_nothing(quantity: int, steps: list[tuple[int, Entry]]) -> None:
    """Any entries at any times: the sum holds, live never grows, and only OK changes the claim (I2)."""
    claim, now = held(quantity, 9), 0
    for wait, entry in steps:
        now += wait
        before = claim.live(now)
        after, code = apply(claim, entry, now)
        assert (after is claim) is (code is not OK)
        assert sound(after) and 0 <= after.live(now) <= before
        assert apply(after, entry, now) == (after, NOOP) or code is not OK
        claim = after
