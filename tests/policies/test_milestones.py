"""Milestones: the state is a fold of the scans, in whatever order they come; what is told outward never goes back."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.milestones import KIND_OF, RANK, SHIPMENT_TABLE, TROUBLE, Judged, Milestones, ScanKind, fold, is_late
from twin.model.instant import DAY, HOUR
from twin.model.shipment import Scan, Shipment, ShipmentState

S = ShipmentState
MON, TUE, WED = 0, DAY, 2 * DAY


def scan(id: int, code: str, at: int, *, heard: int | None = None, corrects: int = 0) -> Scan:
    return Scan(id, code, at, at if heard is None else heard, corrects)


V102 = (
    scan(1, "AF", MON + 9 * HOUR),
    scan(2, "X4", MON + 20 * HOUR),
    scan(3, "X1", TUE + 8 * HOUR),
    scan(4, "AP", TUE + 12 * HOUR),
    scan(5, "P1", TUE + 13 * HOUR),
    scan(6, "X1", WED + 8 * HOUR),
    scan(7, "D1", WED + 10 * HOUR),
)


def told(scans: tuple[Scan, ...], terms: Milestones | None = None) -> tuple[list[str], Judged]:
    shipment, words = Shipment(1, 1), []
    judged = None
    for each in scans:
        if any(known.id == each.id for known in shipment.scans):
            continue
        judged = (terms or Milestones()).judge(shipment, each)
        shipment = judged.shipment
        words += [said.word for said in judged.tell]
    assert judged is not None
    return words, judged


@pytest.mark.vector("V102", rule="20", code="policies.milestones.fold", scenario="parcels")
@pytest.mark.parametrize("order", list(permutations(range(7)))[:: 5040 // 60])
def test_v102_a_parcel_at_the_second_attempt(order: tuple[int, ...]) -> None:
    track = fold([V102[place] for place in order] + [V102[6]])
    assert (track.state, track.since, track.trouble) == (S.DELIVERED, WED + 10 * HOUR, "")
    assert track.reached[S.OUT_FOR_DELIVERY].at == TUE + 8 * HOUR
    words, judged = told(tuple(V102[place] for place in order))
    assert judged.track.state is S.DELIVERED
    assert len(words) == len(set(words)), "each state is told once"
    ranks = [RANK[S[word]] for word in words if word in S.__members__]
    assert ranks == sorted(ranks)


@pytest.mark.vector("V102", rule="20", code="policies.milestones.Milestones.judge", scenario="parcels")
def test_v102_what_is_told_when_the_scans_come_in_order() -> None:
    words, _ = told((*V102, V102[6]))
    assert words == ["PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "AP", "DELIVERED"]


@pytest.mark.vector("V103", rule="20", code="policies.milestones.fold", scenario="parcels")
def test_v103_skipped_milestones_are_inferred_until_their_own_scan_comes() -> None:
    label, delivered, picked_up = scan(1, "LABEL", 0), scan(2, "D1", DAY), scan(3, "AF", HOUR, heard=2 * DAY)
    track = fold([label, delivered])
    assert track.state is S.DELIVERED
    assert {state: track.reached[state] for state in (S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY)} == dict.fromkeys(
        (S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY), (DAY, True)
    )
    assert is_late([label, delivered], picked_up)
    after = fold([label, delivered, picked_up])
    assert after.state is S.DELIVERED and after.reached[S.PICKED_UP] == (HOUR, False)
    assert told((label, delivered, picked_up))[0] == ["LABELLED", "DELIVERED"]
    assert told((label, delivered, picked_up))[1].shipment.late == 1


LABEL, PICKED, MOVED, OUT, DONE = (
    scan(id, code, id * HOUR) for id, code in enumerate(("LABEL", "AF", "X4", "X1", "D1"), 1)
)


@pytest.mark.vector("V102", rule="20", code="policies.milestones.Milestones.judge", scenario="parcels")
@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        ((OUT, scan(9, "A7", 6 * HOUR), scan(10, "D1", 7 * HOUR)), ["OUT_FOR_DELIVERY", "RETURNING", "DELIVERED"]),
        ((OUT, scan(9, "A7", 6 * HOUR), scan(10, "RETURNED", DAY)), ["OUT_FOR_DELIVERY", "RETURNING", "RETURNED"]),
        ((DONE, OUT, MOVED, PICKED), ["DELIVERED"]),
        ((PICKED, scan(9, "SD", 3 * HOUR), scan(10, "SD", 4 * HOUR), OUT), ["PICKED_UP", "SD", "OUT_FOR_DELIVERY"]),
        (
            (OUT, scan(9, "AP", 5 * HOUR), scan(10, "P1", 6 * HOUR), scan(11, "AP", 7 * HOUR)),
            ["OUT_FOR_DELIVERY", "AP", "AP"],
        ),
        ((scan(1, "VOID", 0), scan(2, "AF", 1)), ["VOIDED"]),
        ((scan(1, "ZZ", 0),), []),
    ],
)
def test_v102_what_is_told_of_other_parcels(scans: tuple[Scan, ...], expected: list[str]) -> None:
    """As V102: delivered after all; taken back; the end first; a trouble that lasts, and one that comes again."""
    assert told(scans)[0] == expected


@pytest.mark.vector("V103", rule="20", code="policies.milestones.fold", scenario="parcels")
@pytest.mark.parametrize(
    ("scans", "inferred"),
    [
        ((LABEL, OUT), [S.PICKED_UP, S.IN_TRANSIT]),
        ((DONE,), [S.LABELLED, S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY]),
        ((PICKED, scan(9, "A7", DAY)), [S.LABELLED, S.IN_TRANSIT]),
        ((PICKED, scan(9, "LOST", DAY)), [S.LABELLED]),
        ((LABEL, PICKED, MOVED, OUT, DONE), []),
        ((LABEL, scan(9, "VOID", DAY)), []),
    ],
)
def test_v103_what_is_inferred_of_other_parcels(scans: tuple[Scan, ...], inferred: list[ShipmentState]) -> None:
    reached = fold(scans).reached
    assert sorted((state for state, each in reached.items() if each.inferred), key=RANK.__getitem__) == inferred


def test_a_label_from_a_clock_that_is_days_ahead_makes_no_other_scan_impossible() -> None:
    label = scan(1, "LABEL", 30 * DAY, heard=HOUR)
    track = fold([label, scan(2, "AF", 2 * HOUR), scan(3, "D1", DAY)])
    assert (track.flagged, track.reached[S.LABELLED].at, track.since) == ((1,), HOUR, DAY)


@pytest.mark.parametrize(
    ("at", "heard", "flagged"),
    [(DAY, DAY, ()), (3 * DAY, 2 * DAY, ()), (3 * DAY + 1, 2 * DAY, (2,)), (0, 2 * DAY, ()), (-1, 2 * DAY, (2,))],
)
def test_event_times_are_believed_from_a_day_before_the_label_to_a_day_after_they_are_heard(
    at: int, heard: int, flagged: tuple[int, ...]
) -> None:
    assert fold([scan(1, "LABEL", DAY), scan(2, "X4", at, heard=heard)]).flagged == flagged


def test_trouble_is_over_when_the_parcel_is_scanned_in_the_state_in_which_it_was() -> None:
    scans = [OUT, scan(9, "SD", 5 * HOUR), scan(10, "X1", 6 * HOUR)]
    assert fold(scans[:2]).trouble == "SD"
    assert (fold(scans).state, fold(scans).trouble) == (S.OUT_FOR_DELIVERY, "")


def test_a_delivery_is_undone_only_by_a_correction_that_names_it() -> None:
    out, delivered, moved = scan(1, "X1", 0), scan(2, "D1", HOUR), scan(3, "X4", 2 * HOUR)
    assert fold([out, delivered, moved]).state is S.DELIVERED
    correction = scan(4, "SD", 3 * HOUR, corrects=2)
    assert fold([out, delivered, correction]).state is S.OUT_FOR_DELIVERY
    assert fold([correction, delivered, out]).state is S.OUT_FOR_DELIVERY


def test_trouble_lasts_until_the_parcel_moves_again() -> None:
    scans = [scan(1, "AF", 0), scan(2, "SD", HOUR)]
    assert fold(scans).trouble == "SD"
    assert fold([*scans, scan(3, "X4", 2 * HOUR)]).trouble == ""
    assert fold([*scans, scan(3, "D1", 2 * HOUR), scan(4, "A9", 3 * HOUR)]).trouble == ""


def test_an_event_time_that_cannot_be_is_replaced_by_the_recorded_one() -> None:
    future = scan(2, "X4", 5 * DAY, heard=DAY)
    before = scan(3, "X1", -2 * DAY, heard=2 * DAY)
    track = fold([scan(1, "LABEL", 0), future, before])
    assert track.flagged == (2, 3)
    assert track.reached[S.IN_TRANSIT].at == DAY and track.reached[S.OUT_FOR_DELIVERY].at == 2 * DAY


def test_a_voided_label_that_moves_and_a_lost_parcel_that_turns_up_are_exceptions() -> None:
    _, voided = told((scan(1, "LABEL", 0), scan(2, "VOID", 1), scan(3, "AF", 2)))
    assert voided.exceptions == ("SCAN_AFTER_VOID",) and voided.track.state is S.VOIDED
    words, found = told((scan(1, "AF", 0), scan(2, "LOST", 1), scan(3, "D1", 2)))
    assert found.exceptions == ("FOUND",) and words == ["PICKED_UP", "LOST", "DELIVERED"]


def test_an_expected_arrival_is_told_again_when_it_has_moved_enough() -> None:
    terms = Milestones(eta_min_change_us=HOUR)
    first = terms.judge(Shipment(1, 1), scan(1, "AF", 0), eta=10 * HOUR)
    near = terms.judge(first.shipment, scan(2, "X4", 1), eta=11 * HOUR - 1)
    far = terms.judge(near.shipment, scan(3, "P1", 2), eta=11 * HOUR)
    assert [[each.word for each in judged.tell] for judged in (first, near, far)] == [
        ["PICKED_UP", "ETA"],
        ["IN_TRANSIT"],
        ["ETA"],
    ]
    soon = terms.judge(Shipment(1, 1), scan(1, "X1", 0), eta=HOUR - 1)
    assert soon.tell[-1] == ("ETA", HOUR - 1), "the first one is told however near it is"


# --- the table


def test_nothing_follows_the_end_of_a_parcel() -> None:
    for ended in (S.DELIVERED, S.RETURNED, S.VOIDED):
        assert all(SHIPMENT_TABLE.after(ended, kind) is None for kind in ScanKind)


CODE = st.sampled_from([*KIND_OF, *TROUBLE, "ZZ"])
SCANS = st.lists(
    st.builds(Scan, st.integers(1, 12), CODE, st.integers(0, 5 * DAY), st.integers(0, 5 * DAY), st.integers(0, 3)),
    max_size=12,
    unique_by=lambda each: each.id,
)


@given(SCANS, st.randoms(use_true_random=False))
def test_the_state_ignores_order_and_repeats(scans: list[Scan], chance: object) -> None:
    """I14, and I7 for scans."""
    shuffled = scans * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # the strategy gives a random.Random
    assert fold(shuffled) == fold(scans)


@given(SCANS)
def test_what_is_told_never_goes_back(scans: list[Scan]) -> None:
    if not scans:
        return
    words, judged = told(tuple(scans))
    states = [S[word] for word in words if word in S.__members__]
    assert len(states) == len(set(states)) and judged.track == fold(scans)
    ranks = [RANK[state] for state in states if RANK[state] and state is not S.RETURNING]
    assert ranks == sorted(ranks)
