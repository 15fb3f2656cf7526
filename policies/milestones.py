"""The state table of a shipment, the fold of its scans through it, and what is told of it (DOMAIN 20).

Theory of operation. Carriers repeat scans, send them late and out of order, and correct them. So nothing is ever moved
by a scan as it comes: all distinct scans are kept, and the state is the fold of them in the order of (event time, rank,
id). Duplicates and disorder change nothing (I14). A scan that the table does not know, or does not allow in the state,
is kept and counted. A lower milestone that was skipped is inferred with the time of the later one until its own comes.
Milestones never move units: only the warehouse's confirmation does.

Outward each state is told once, and never a lower rank than was told before; trouble, VOIDED and LOST stand beside the
scale, and so does RETURNING, after which a parcel may be delivered all the same. An inferred milestone is not told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from twin.model.instant import DAY, HOUR, Elapsed
from twin.model.shipment import Scan, Shipment, ShipmentState
from twin.model.states import Move, StateTable


class ScanKind(Enum):
    """What a scan says, whatever the code that the carrier uses for it."""

    LABEL = "label"
    PICK_UP = "picked up"
    MOVEMENT = "moved"
    ATTEMPT_FAILED = "attempt failed"
    OUT = "out for delivery"
    DELIVERY = "delivered"
    REFUSAL = "refused"
    TAKEN_BACK = "received by the warehouse"
    VOID = "voided"
    CLAIM = "claimed as lost"


S, K = ShipmentState, ScanKind

KIND_OF = {
    "LABEL": K.LABEL,
    "990": K.LABEL,
    "AF": K.PICK_UP,
    "MANIFEST": K.PICK_UP,
    "X4": K.MOVEMENT,
    "P1": K.MOVEMENT,
    "X6": K.MOVEMENT,
    "AP": K.ATTEMPT_FAILED,
    "X1": K.OUT,
    "COURIER": K.OUT,
    "D1": K.DELIVERY,
    "POD": K.DELIVERY,
    "A7": K.REFUSAL,
    "RETURNED": K.TAKEN_BACK,
    "VOID": K.VOID,
    "LOST": K.CLAIM,
}
"""X12 214 AT7 codes, and the words of what has no such code."""
TROUBLE = ("SD", "A9", "AP")
"""Codes that set the trouble flag: delayed, damaged, attempt failed."""
RANK = {
    S.PLANNED: 0,
    S.LABELLED: 1,
    S.PICKED_UP: 2,
    S.IN_TRANSIT: 3,
    S.OUT_FOR_DELIVERY: 4,
    S.DELIVERED: 5,
    S.RETURNING: 6,
    S.RETURNED: 7,
    S.VOIDED: 0,
    S.LOST: 0,
}
"""How far a state is; VOIDED and LOST stand beside the scale."""
_TARGET = {
    K.LABEL: S.LABELLED,
    K.PICK_UP: S.PICKED_UP,
    K.MOVEMENT: S.IN_TRANSIT,
    K.ATTEMPT_FAILED: S.IN_TRANSIT,
    K.OUT: S.OUT_FOR_DELIVERY,
    K.DELIVERY: S.DELIVERED,
    K.REFUSAL: S.RETURNING,
    K.TAKEN_BACK: S.RETURNED,
    K.VOID: S.VOIDED,
    K.CLAIM: S.LOST,
}
_PHYSICAL = (K.PICK_UP, K.MOVEMENT, K.ATTEMPT_FAILED, K.OUT, K.DELIVERY, K.REFUSAL)
_MOVING = (K.MOVEMENT, K.ATTEMPT_FAILED, K.OUT, K.DELIVERY, K.REFUSAL)
_ONWARD = (*_MOVING, K.TAKEN_BACK)
"""Scans that end a trouble, also where they bring no other state."""


def _moves(source: ShipmentState | None, *kinds: ScanKind) -> tuple[Move[ShipmentState, ScanKind], ...]:
    return tuple(Move(source, kind, _TARGET[kind]) for kind in kinds)


SHIPMENT_TABLE: StateTable[ShipmentState, ScanKind] = StateTable(
    "Shipment",
    "DOMAIN 20",
    ShipmentState,
    ScanKind,
    (
        *_moves(S.PLANNED, *ScanKind),
        *_moves(S.LABELLED, *_PHYSICAL, K.VOID),
        *_moves(S.PICKED_UP, *_MOVING, K.CLAIM),
        *_moves(S.IN_TRANSIT, *_MOVING, K.CLAIM),
        *_moves(S.OUT_FOR_DELIVERY, K.MOVEMENT, K.ATTEMPT_FAILED, K.DELIVERY, K.REFUSAL, K.CLAIM),
        *_moves(S.RETURNING, K.TAKEN_BACK, K.DELIVERY),
        *_moves(S.LOST, *_MOVING),
    ),
)
"""DELIVERED, RETURNED and VOIDED are followed by nothing; a scan that a correction names is left out of the fold."""
ENDED = (S.DELIVERED, S.RETURNED, S.VOIDED)
"""States in which no further scan is expected."""


class Milestone(NamedTuple):
    """When a state was reached; `inferred` from a later one."""

    at: Elapsed
    inferred: bool


class Track(NamedTuple):
    """What the scans of a shipment say."""

    state: ShipmentState
    since: Elapsed
    """When it came to be in that state; 0 for PLANNED."""
    reached: dict[ShipmentState, Milestone]
    trouble: str
    """The code of the trouble that is not over; empty: none."""
    found: bool
    """It was claimed as lost and has moved since."""
    after_void: bool
    """Somebody scanned a parcel whose label was voided."""
    flagged: tuple[int, ...]
    """Scans whose event time cannot be: their recorded time counts."""
    out_of_place: tuple[int, ...]
    """Scans that the table does not know, or not in that state."""


def fold(scans: Iterable[Scan]) -> Track:
    """Return the state of a shipment; equal for any order of the same scans."""
    known = {scan.id: scan for scan in scans}
    wrong = {scan.corrects for scan in known.values() if scan.corrects}
    left = [scan for scan in known.values() if scan.id not in wrong]
    labels = [_not_ahead(scan) for scan in left if KIND_OF.get(scan.code) is K.LABEL]
    first = min(labels) - DAY if labels else None
    timed: list[tuple[Elapsed, int, int, Scan]] = []
    flagged: list[int] = []
    for scan in left:
        at = _not_ahead(scan)
        if at != scan.at or (first is not None and at < first):
            at = scan.recorded_at
            flagged.append(scan.id)
        timed.append((at, _rank(scan.code), scan.id, scan))
    state, trouble = S.PLANNED, ""
    reached: dict[ShipmentState, Milestone] = {}
    since = 0
    found = after_void = False
    strange: list[int] = []
    for at, _, id, scan in sorted(timed, key=lambda each: each[:3]):
        kind = KIND_OF.get(scan.code)
        after = SHIPMENT_TABLE.after(state, kind) if kind is not None else None
        if kind in _ONWARD and state not in ENDED:
            trouble = ""
        if after is not None:
            found = found or state is S.LOST
            _reach(reached, after, at)
            state, since = after, at
        elif scan.code not in TROUBLE:
            strange.append(id)
            after_void = after_void or (state is S.VOIDED and kind in _PHYSICAL)
        if scan.code in TROUBLE and state not in ENDED:
            trouble = scan.code
    return Track(state, since, reached, trouble, found, after_void, tuple(sorted(flagged)), tuple(sorted(strange)))


class Told(NamedTuple):
    """One thing that customer, channel and ERP hear: a state or a trouble code, and when it happened."""

    word: str
    at: Elapsed


class Judged(NamedTuple):
    """What became of a shipment by one more scan: the row, what is told outward, and what a person must see."""

    shipment: Shipment
    track: Track
    tell: tuple[Told, ...]
    exceptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """What is done about a shipment's scans. Times are microseconds.

    `audiences` hear of milestones: some of portal, channel, erp. After `silent_after_us` without a scan somebody is
    told, after `lost_after_us` the parcel is claimed as lost; `confirm_wait_us` after the pick-up the warehouse should
    have confirmed. An expected arrival is told again when it moved by `eta_min_change_us`. `lost` says what the buyer
    gets for a lost parcel: `ask` leaves it to a person. More than `scans_max` scans of a parcel are not kept.
    """

    audiences: tuple[str, ...] = ()
    silent_after_us: Elapsed = 48 * HOUR
    lost_after_us: Elapsed = 14 * DAY
    confirm_wait_us: Elapsed = 12 * HOUR
    eta_min_change_us: Elapsed = HOUR
    lost: Literal["ask", "replace", "refund"] = "ask"
    scans_max: int = 200

    def judge(self, shipment: Shipment, scan: Scan, eta: Elapsed = 0) -> Judged:
        """Take one more scan in; `eta` is the arrival it announces (elapsed, 0: none)."""
        before = fold(shipment.scans)
        scans = (*shipment.scans, scan)
        track = fold(scans)
        tell: list[Told] = []
        told = shipment.told
        if track.trouble and track.trouble != before.trouble:
            tell.append(Told(track.trouble, scan.at))
        word = track.state.value
        if track.reached and word not in told and (not RANK[track.state] or RANK[track.state] > _told_rank(told)):
            tell.append(Told(word, track.since))
        if eta and (not shipment.eta or abs(eta - shipment.eta) >= self.eta_min_change_us):
            tell.append(Told("ETA", eta))
        else:
            eta = shipment.eta
        raised = []
        if track.found and not before.found:
            raised.append("FOUND")
        if track.after_void and not before.after_void:
            raised.append("SCAN_AFTER_VOID")
        if track.state is S.LOST and before.state is not S.LOST:
            raised.append("LOST_SHIPMENT")
        after = shipment.changed(
            scans=scans,
            told=(*told, *(each.word for each in tell if each.word != "ETA")),
            eta=eta,
            late=shipment.late + is_late(shipment.scans, scan),
            silent=False,
        )
        return Judged(after, track, tuple(tell), tuple(raised))


def _told_rank(told: Iterable[str]) -> int:
    """Return how far outsiders know the parcel to be; that it is on its way back does not count (DOMAIN 20)."""
    aside = S.RETURNING.value
    return max((RANK[S[word]] for word in told if word in S.__members__ and word != aside), default=0)


def _not_ahead(scan: Scan) -> Elapsed:
    """Return when a scan happened, or was recorded if the carrier's clock is more than a day ahead."""
    return scan.recorded_at if scan.at > scan.recorded_at + DAY else scan.at


def is_late(before: Iterable[Scan], scan: Scan) -> bool:
    """Tell whether a scan brings a milestone below one that was known before it came (LATE_SCAN)."""
    kind = KIND_OF.get(scan.code)
    if kind is None:
        return False
    target = _TARGET[kind]
    reached = fold(before).reached
    milestone = reached.get(target)
    return milestone is not None and milestone.inferred


def _rank(code: str) -> int:
    kind = KIND_OF.get(code)
    return RANK[_TARGET[kind]] if kind is not None else 0


def _reach(reached: dict[ShipmentState, Milestone], state: ShipmentState, at: Elapsed) -> None:
    """Note a milestone, the first time it is reached, and infer those below it that were skipped."""
    if state not in reached or reached[state].inferred:
        reached[state] = Milestone(at, False)
    most = min(RANK[state], RANK[S.OUT_FOR_DELIVERY] + 1)
    if RANK[state] > RANK[S.DELIVERED]:
        most = RANK[S.OUT_FOR_DELIVERY]
    for lower, rank in RANK.items():
        if 0 < rank < most and lower not in reached:
            reached[lower] = Milestone(at, True)
