"""The state table of the order: its vectors, one outcome for every state and event, and units that are never lost."""

import sys
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.middleware.small_world import (
    AT,
    BACKORDER,
    COMPLETE,
    KILL,
    PARTIAL,
    REQUEST,
    accepted,
    amendment,
    captured,
    coming_back,
    given_back,
    kept,
    occasions,
    play,
    q,
    received,
    shipped,
    short,
    steps,
    submission,
    to_wms,
    validated,
)
from twin.middleware.orders.acceptance import accept
from twin.middleware.orders.effects import (
    Answer,
    Archive,
    CancelErp,
    ChangeDemand,
    CommitClaims,
    ConsumeClaims,
    CreateErp,
    Effect,
    FinishUndo,
    GiveBack,
    KeepClaims,
    OpenException,
    Reallocate,
    RecallRelease,
    Recount,
    ReleaseClaims,
    Resume,
    SendRelease,
    Step,
)
from twin.middleware.orders.header import completion, header, unsound
from twin.middleware.orders.occasions import (
    Allocated,
    AllocatedShort,
    Amended,
    LinePromise,
    Occasion,
    PromiseGranted,
    PromiseRefused,
    ReferenceMissing,
    ReleasedToWarehouse,
    Submitted,
    UndoDone,
    Validated,
    ValidationFailed,
    WaitingFilled,
)
from twin.middleware.orders.table import ROWS, step
from twin.middleware.unit import Outcome
from twin.model.commands import (
    AmendOrder,
    BackorderExpired,
    CancelOrder,
    CloseDue,
    ErpConfirmed,
    ErpRefused,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    LineQuantity,
    OrderedLine,
    OrderInvoiced,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
    PledgeBroken,
    ReleaseCancelled,
    ReleaseCancelRefused,
    RemainderClosed,
    ShipmentConfirmed,
    UndoFailed,
    WarehouseShort,
)
from twin.model.order import Cancel, Erp, Header, Intake, LinePolicy, Order, Payment, RmaState, Undo


def codes(effects: Iterable[Effect]) -> list[str]:
    return [effect.code for effect in effects if isinstance(effect, OpenException)]


def money_back(effects: Iterable[Effect]) -> list[int]:
    return [effect.amount for effect in effects if isinstance(effect, GiveBack)]


CANCEL = CancelOrder(id=12)


# --- vectors


@pytest.mark.vector("V31", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v31_cancel_confirmed_then_paid_then_shipped_after_all() -> None:
    order = play(accepted(5, ordered=5), to_wms(5), CANCEL)
    assert header(order) is Header.CANCELLING
    done = step(order, given_back(5), 0)
    assert header(done.order) is Header.CANCELLED and ReleaseClaims(0, 1, 5) in done.effects
    assert CancelErp() in done.effects
    paid = step(done.order, captured(500), 0)
    assert paid.order.money.state is Payment.CAPTURED and money_back(paid.effects) == [500]
    late = step(paid.order, shipped(5), 0)
    line = late.order.lines[0]
    assert (line.shipped, line.over, line.cancelled) == (0, 5, 5) and unsound(late.order) == ""
    assert late.row == 19 and codes(late.effects) == ["OVERSHIP"]
    assert ConsumeClaims(0, 1, 0, 5) in late.effects and header(late.order) is Header.CANCELLED
    assert step(late.order, shipped(5), 0).outcome is Outcome.NOOP


@pytest.mark.vector("V33", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v33_a_price_changes_as_long_as_the_order_is_open() -> None:
    order = play(accepted(), to_wms(10), shipped(10))
    cheaper = AmendOrder(id=20, channel=0, number="4711", revision=2, fingerprint=6, lines=(OrderedLine(10, 10, 90),))
    done = step(order, Amended(cheaper), 0)
    assert done.outcome is Outcome.AMENDED and done.order.revision == 2 and done.order.lines[0].price == 90
    assert not any(isinstance(effect, KeepClaims | ReleaseClaims | CommitClaims) for effect in done.effects)
    closed = play(order, OrderInvoiced(id=21, key=1, lines=q(10)), CloseDue(id=22))
    assert step(closed, Amended(cheaper), 0).outcome is Outcome.TOO_LATE


@pytest.mark.vector("V37", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v37_lowering_a_backorder_frees_nothing() -> None:
    orders = [accepted(0, ordered=quantity) for quantity in (1, 2, 1)]
    lower = AmendOrder(id=20, channel=0, number="4711", revision=2, fingerprint=6, lines=(OrderedLine(10, 1, 100),))
    done = step(orders[1], Amended(lower), 0)
    assert ChangeDemand(1, 0, -1) in done.effects
    assert not any(isinstance(effect, KeepClaims | ReleaseClaims) for effect in done.effects)
    assert sum(order.lines[0].backordered for order in (orders[0], done.order, orders[2])) == 3


@pytest.mark.vector("V52", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v52_units_that_ship_before_the_cancel_arrives_are_too_late() -> None:
    order = play(accepted(), to_wms(6), shipped(6), to_wms(4, key=71), CANCEL)
    assert header(order) is Header.CANCELLING and order.releases[0].cancelling == 4
    done = step(order, shipped(4, key=2, release=71), 0)
    assert header(done.order) is Header.SHIPPED and done.order.lines[0].shipped == 10
    assert (done.order.cancel, done.order.cancel_done, done.order.cancel_late) == (Cancel.ANSWERED, 0, 4)
    assert done.order.releases == () and Answer("CANCEL_ANSWERED") in done.effects
    assert step(done.order, kept(4, release=71), 0).outcome is Outcome.NOOP


@pytest.mark.vector("V53", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v53_what_has_shipped_is_not_cancelled() -> None:
    order = play(accepted(), to_wms(10), shipped(10))
    for one in (order, play(order, OrderInvoiced(id=21, key=1, lines=q(10)), CloseDue(id=22))):
        done = step(one, CANCEL, 0)
        assert done == Step(one, Outcome.TOO_LATE, 24, (Answer("TOO_LATE"),)) and done.order is one


@pytest.mark.vector("V54", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v54_a_payment_that_waited_for_its_order_is_booked_on_it() -> None:
    order = play(received(10), captured(1_000))
    assert header(order) is Header.RECEIVED and order.money.state is Payment.CAPTURED
    assert step(order, captured(1_000), 0).outcome is Outcome.NOOP


@pytest.mark.vector("V55", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v55_money_of_a_refused_order_goes_back_once() -> None:
    refused = step(play(validated(10), captured(1_000)), PromiseRefused(3, "none"), 0)
    assert header(refused.order) is Header.REJECTED and money_back(refused.effects) == [1_000]
    answer = PaymentRefunded(id=13, key=1, amount=1_000)
    assert play(refused.order, answer).money.state is Payment.REFUNDED
    assert step(play(refused.order, answer), answer, 0).outcome is Outcome.NOOP


@pytest.mark.vector("V79", rule="8", code="twin.middleware.orders.acceptance.accept", scenario="first_day")
@pytest.mark.parametrize(
    ("policy", "promise", "code", "outcome"),
    [
        (BACKORDER, LinePromise(1, 10), "IA", Outcome.ACCEPTED),
        (BACKORDER, LinePromise(1, 0), "IB", Outcome.BACKORDERED),
        (BACKORDER, LinePromise(1, 6), "BP", Outcome.BACKORDERED),
        (PARTIAL, LinePromise(1, 6), "IQ", Outcome.ACCEPTED),
        (BACKORDER, LinePromise(1, 10, substitute=99), "IS", Outcome.ACCEPTED),
        (PARTIAL, LinePromise(1, 0), "IR", Outcome.REJECTED),
        (KILL, LinePromise(1, 9), "IR", Outcome.REJECTED),
        (COMPLETE, LinePromise(1, 0), "IR", Outcome.REJECTED),
    ],
)
def test_v79_the_answer_says_what_of_the_order_is_confirmed(
    policy: LinePolicy, promise: LinePromise, code: str, outcome: Outcome
) -> None:
    done = accept(submission(10, policy=policy), PromiseGranted(3, (promise,)), now=0)
    assert done.outcome is outcome
    assert [effect.code for effect in done.effects if isinstance(effect, Answer)] == [code]
    assert (done.row, header(done.order)) == (7, Header.REJECTED) if code == "IR" else done.row == 9
    assert (CreateErp() in done.effects) is (code != "IR")


@pytest.mark.vector("V80", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
@pytest.mark.parametrize(
    ("order", "code", "expected"),
    [
        (lambda: play(accepted(), to_wms(10), shipped(10)), "CC", Header.SHIPPED),
        (lambda: play(accepted(6), to_wms(6), shipped(6)), "BP", Header.PARTIALLY_FULFILLED),
        (lambda: play(accepted(), to_wms(10), shipped(6), RemainderClosed(id=14, site=0)), "CP", Header.SHIPPED),
        (lambda: play(accepted(), CANCEL), "IC", Header.CANCELLED),
    ],
)
def test_v80_a_shipment_is_complete_partial_or_closed(order: Callable[[], Order], code: str, expected: Header) -> None:
    assert (completion(order()), header(order())) == (code, expected)


@pytest.mark.vector("V85", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v85_a_repeated_allocation_asks_only_for_what_is_pending() -> None:
    order = accepted(6)
    for _ in range(2):
        assert step(order, Allocated(3, q(6)), 0).outcome is Outcome.ILLEGAL_TRANSITION
    assert play(order, WaitingFilled(15, q(4))).lines[0].allocated == 10


@pytest.mark.vector("V86", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v86_the_erp_confirms_whatever_has_become_of_the_order() -> None:
    confirm = ErpConfirmed(id=4, reference=9)
    for order, expected in (
        (accepted(erp=False), Header.ALLOCATED),
        (accepted(0, erp=False), Header.BACKORDERED),
        (play(accepted(erp=False), CANCEL), Header.CANCELLED),
    ):
        done = step(order, confirm, 0)
        assert (header(done.order), done.order.erp) == (expected, Erp.CONFIRMED)
        assert (CancelErp() in done.effects) is (expected is Header.CANCELLED)
        assert step(done.order, confirm, 0).outcome is Outcome.NOOP
        other = step(done.order, ErpConfirmed(id=5, reference=10), 0)
        assert other.order is done.order and codes(other.effects) == ["ERP_DUPLICATE"]


REFUSE = ErpRefused(id=16, reason="credit")


@pytest.mark.vector("V87", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v87_a_refused_order_is_undone_as_far_as_it_can_be() -> None:
    allocated = step(accepted(erp=False), REFUSE, 0)
    assert allocated.order.undo is Undo.OPEN and FinishUndo() in allocated.effects
    assert KeepClaims(1, 0) in allocated.effects
    assert header(play(allocated.order, UndoDone(17))) is Header.REJECTED

    released = step(play(accepted(erp=False), to_wms(4)), REFUSE, 0)
    assert header(released.order) is Header.COMPENSATING and released.order.releases[0].cancelling == 4
    assert RecallRelease(REQUEST, 0, q(4)) in released.effects and KeepClaims(1, 4) in released.effects
    assert step(released.order, UndoDone(17), 0).outcome is Outcome.ILLEGAL_TRANSITION
    back = step(released.order, given_back(4), 0)
    assert FinishUndo() in back.effects
    assert header(play(back.order, UndoDone(17))) is Header.REJECTED

    late = step(play(accepted(erp=False), to_wms(6), shipped(6)), REFUSE, 0)
    assert header(late.order) is Header.PARTIALLY_FULFILLED and late.order.undo is Undo.NONE
    assert [hold.kind.value for hold in late.order.holds] == ["ERP"] and codes(late.effects) == ["ERP_REFUSED_LATE"]


def test_an_undo_that_comes_too_late_is_left_to_a_person() -> None:
    order = play(accepted(erp=False), to_wms(4), REFUSE, kept(4), UndoDone(17))
    assert order.undo is Undo.NONE and header(order) is Header.ALLOCATED and order.holds
    stuck = play(accepted(erp=False), to_wms(4), REFUSE, UndoFailed(id=18))
    assert stuck.undo is Undo.STUCK and header(play(stuck, given_back(4), UndoDone(17))) is Header.REJECTED


@pytest.mark.vector("V88", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v88_what_waits_is_filled_or_cancelled_after_a_first_shipment() -> None:
    order = play(accepted(6), to_wms(6), shipped(6))
    assert order.lines[0].backordered == 4
    filled = play(order, WaitingFilled(15, q(4)), to_wms(4, key=71))
    assert (filled.lines[0].allocated, filled.releases[0].quantity) == (4, 4)
    done = step(order, CANCEL, 0)
    assert (done.order.lines[0].cancelled, header(done.order)) == (4, Header.SHIPPED)
    assert CancelErp() in done.effects and ChangeDemand(1, 0, -4) in done.effects


@pytest.mark.vector("V89", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v89_each_warehouse_answers_for_its_own_request() -> None:
    order = play(accepted(), to_wms(6, site=1), to_wms(4, site=2, key=71), CANCEL)
    assert header(order) is Header.CANCELLING and sum(each.cancelling for each in order.releases) == 10
    order = play(order, given_back(6, site=1))
    assert header(order) is Header.CANCELLING and [each.cancelling for each in order.releases] == [4]
    invoice = step(order, OrderInvoiced(id=21, key=1, lines=q(1)), 0)
    assert invoice.order is order and codes(invoice.effects) == ["INVOICE_EXCEEDS"]
    order = play(order, shipped(4, site=2, release=71))
    assert (order.lines[0].shipped, order.lines[0].cancelled, header(order)) == (4, 6, Header.SHIPPED)
    assert (order.cancel, order.cancel_done, order.cancel_late) == (Cancel.ANSWERED, 6, 4)


@pytest.mark.vector("V90", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
@pytest.mark.parametrize(
    ("order", "kind", "held", "freed"),
    [
        (lambda: received(10), "REFERENCE", Header.ON_HOLD, Header.RECEIVED),
        (lambda: validated(10), "CREDIT", Header.ON_HOLD, Header.VALIDATED),
        (accepted, "FRAUD", Header.ALLOCATED, Header.ALLOCATED),
    ],
)
def test_v90_what_a_hold_stopped_goes_on_when_the_last_one_is_gone(
    order: Callable[[], Order], kind: str, held: Header, freed: Header
) -> None:
    place = ReferenceMissing(30, "item", 50) if kind == "REFERENCE" else HoldPlaced(id=30, kind=kind, until=50)
    order_held = play(order(), place)
    assert header(order_held) is held
    for event in (Validated(2), PromiseGranted(3, (LinePromise(1, 10),)), to_wms(10)):
        assert step(order_held, event, 0).outcome is Outcome.ILLEGAL_TRANSITION
    twice = play(order_held, HoldPlaced(id=31, kind="APPROVAL", until=50))
    assert step(twice, HoldReleased(id=32, kind="APPROVAL"), 0).effects == ()
    release = HoldReleased(id=33, kind=kind)
    done = step(order_held, release, 0)
    assert done.effects == (Resume(),) and header(done.order) is freed
    assert step(done.order, release, 0) == Step(done.order, Outcome.NOOP, 6)


def test_a_hold_that_lasts_too_long_ends_the_order_before_acceptance_and_alarms_after() -> None:
    due = HoldExpired(id=34)
    waiting = play(received(10), HoldPlaced(id=30, kind="CREDIT", until=50))
    assert step(waiting, due, 49) == Step(waiting, Outcome.NOOP, 0)
    assert header(step(waiting, due, 50).order) is Header.CANCELLED
    going = play(accepted(), HoldPlaced(id=30, kind="CREDIT", until=50))
    done = step(going, due, 50)
    assert done.order is going and codes(done.effects) == ["HOLD_OVERDUE"]


@pytest.mark.vector("V91", rule="8", code="twin.middleware.orders.table.step", scenario="first_day")
@pytest.mark.parametrize(
    ("policy", "units"), [(BACKORDER, (6, 4, 0)), (PARTIAL, (6, 0, 4)), (KILL, (6, 0, 4)), (COMPLETE, (6, 4, 0))]
)
def test_v91_a_short_pick_goes_to_the_class_of_the_line(policy: LinePolicy, units: tuple[int, int, int]) -> None:
    done = step(play(accepted(policy=policy), to_wms(10)), short(4), 0)
    assert done.effects == (ReleaseClaims(0, 1, 4), Recount(0, 1), Reallocate(1, 4))
    line = play(done.order, AllocatedShort(19, q(4))).lines[0]
    assert (line.allocated, line.backordered, line.cancelled) == units


def test_a_fill_or_kill_line_loses_all_that_is_not_released() -> None:
    order = play(accepted(policy=KILL), to_wms(6), short(2))
    done = step(order, AllocatedShort(19, q(2)), 0)
    assert (done.order.lines[0].allocated, done.order.lines[0].cancelled) == (4, 6)
    assert KeepClaims(1, 4) in done.effects


@pytest.mark.vector("V92", rule="8,9", code="twin.middleware.orders.table.step", scenario="first_day")
def test_v92_only_a_rejected_order_can_be_tried_again_under_its_number() -> None:
    rejected = play(received(10), ValidationFailed(2, "no such item"))
    assert step(rejected, submission(10), 0).outcome is Outcome.DUPLICATE
    again = step(rejected, submission(8, fingerprint=6), 0)
    assert header(again.order) is Header.RECEIVED and again.order.version == rejected.version + 1
    order = step(play(again.order, Validated(2)), PromiseGranted(3, (LinePromise(1, 8),)), 0).order
    conflict = step(order, submission(9, fingerprint=7), 0)
    assert conflict.order is order and conflict.outcome is Outcome.BUSINESS_KEY_CONFLICT
    assert step(order, submission(8, fingerprint=6), 0).outcome is Outcome.DUPLICATE
    assert step(order, submission(8, fingerprint=6, revision=0), 0).outcome is Outcome.SUPERSEDED


# --- what the vectors leave open


def test_a_known_key_with_other_content_is_an_exception() -> None:
    order = play(accepted(), to_wms(10), shipped(6))
    for other in (shipped(5), shipped(6, site=1)):
        done = step(order, other, 0)
        assert done.order is order and codes(done.effects) == ["SHIPMENT_CONFLICT"]


def test_a_shipment_beyond_its_request_books_what_was_told_and_reports_the_rest() -> None:
    done = step(play(accepted(), to_wms(4)), shipped(6), 0)
    line = done.order.lines[0]
    assert (line.allocated, line.shipped, line.over, done.order.releases) == (6, 4, 2, ())
    assert ConsumeClaims(0, 1, 4, 2) in done.effects and codes(done.effects) == ["OVERSHIP"]
    assert step(done.order, OrderInvoiced(id=21, key=1, lines=q(5)), 0).outcome is Outcome.EXCEPTION


def test_a_warehouse_speaks_only_for_its_own_requests() -> None:
    order = play(accepted(), to_wms(4, site=1))
    elsewhere = step(order, shipped(4, site=2), 0)
    assert elsewhere.row == 19 and elsewhere.order.lines[0].over == 4 and elsewhere.order.releases == order.releases
    assert codes(step(order, short(4, site=2), 0).effects) == ["WMS_CONFLICT"]
    assert codes(step(play(order, CANCEL), given_back(4, site=2), 0).effects) == ["WMS_CONFLICT"]


def test_units_short_after_they_were_asked_back_are_cancelled_even_when_the_cancel_was_refused() -> None:
    order = play(accepted(), to_wms(10), CANCEL, kept(10))
    assert (order.cancel, order.cancel_late) == (Cancel.ANSWERED, 10)
    order = play(order, short(3), shipped(7))
    assert (order.lines[0].cancelled, order.lines[0].shipped, order.lines[0].pending) == (3, 7, 0)
    assert (order.cancel_done, order.cancel_late, header(order)) == (3, 7, Header.SHIPPED)


def test_a_cancel_refused_can_be_asked_for_again_and_is_counted_once() -> None:
    order = play(accepted(), to_wms(10), CANCEL, kept(10))
    again = step(order, CANCEL, 0)
    assert again.outcome is Outcome.CANCELLING and RecallRelease(REQUEST, 0, q(10)) in again.effects
    assert again.order.cancel_late == 0
    assert step(again.order, CANCEL, 0) == Step(again.order, Outcome.NOOP, 24)
    assert play(again.order, given_back(10)).cancel_done == 10


def test_a_cancel_takes_what_is_at_hand_and_asks_for_the_rest() -> None:
    order = play(accepted(5, 2, ordered=10), to_wms(3))
    done = step(order, CANCEL, 0)
    line = done.order.lines[0]
    assert (line.allocated, line.cancelled, line.pledged, line.backordered) == (3, 7, 0, 0)
    assert {KeepClaims: 3, ChangeDemand: 2} == {
        type(effect): effect.quantity if isinstance(effect, KeepClaims) else -effect.pledged
        for effect in done.effects
        if isinstance(effect, KeepClaims | ChangeDemand)
    }
    assert RecallRelease(REQUEST, 0, q(3)) in done.effects and CancelErp() not in done.effects
    assert CancelErp() in step(done.order, given_back(3), 0).effects


def test_a_closed_remainder_recalls_what_other_warehouses_have() -> None:
    order = play(accepted(), to_wms(6, site=1), to_wms(3, site=2, key=71), shipped(4, site=1))
    done = step(order, RemainderClosed(id=14, site=1), 0)
    assert header(done.order) is Header.CANCELLING and done.order.lines[0].cancelled == 3
    assert ReleaseClaims(1, 1, 2) in done.effects and RecallRelease(71, 2, q(3)) in done.effects
    assert header(play(done.order, given_back(3, site=2, release=71))) is Header.SHIPPED
    refused = play(order, CANCEL, kept(2, site=1), RemainderClosed(id=14, site=1))
    assert (refused.cancel_done, refused.cancel_late, refused.cancel) == (3, 0, Cancel.PENDING)


def test_money_goes_back_for_what_is_cancelled_and_never_twice() -> None:
    paid = play(accepted(6), captured(1_000), to_wms(6), shipped(6))
    done = step(paid, CANCEL, 0)
    assert money_back(done.effects) == [400] and done.order.money.giving_back == 400
    part_captured = play(accepted(6), captured(600), to_wms(6), shipped(6))
    assert money_back(step(part_captured, CANCEL, 0).effects) == []
    ended = step(play(accepted(), captured(1_000)), CANCEL, 0)
    assert money_back(ended.effects) == [1_000]
    assert money_back(step(ended.order, captured(50, key=2), 0).effects) == [50]


def test_money_is_refunded_when_all_of_it_is_back() -> None:
    order = play(accepted(), captured(1_000), PaymentRefunded(id=13, key=1, amount=400))
    assert order.money.state is Payment.CAPTURED
    too_much = step(order, PaymentRefunded(id=13, key=2, amount=601), 0)
    assert too_much.order is order and codes(too_much.effects) == ["PAYMENT_CONFLICT"]
    order = play(order, PaymentRefunded(id=13, key=2, amount=600))
    assert order.money.state is Payment.REFUNDED
    again = step(order, captured(10, key=2), 0)
    assert again.order.money.captured == 1_010 and codes(again.effects) == ["PAYMENT_CONFLICT"]


def test_an_authorisation_of_an_ended_order_is_voided_once() -> None:
    order = play(validated(10), PaymentAuthorised(id=40, amount=1_000))
    done = step(order, CANCEL, 0)
    assert done.outcome is Outcome.WITHDRAWN and money_back(done.effects) == [0]
    assert play(done.order, PaymentVoided(id=41)).money.state is Payment.VOIDED
    assert money_back(step(play(validated(10), CANCEL), PaymentAuthorised(id=40, amount=5), 0).effects) == [0]


def test_a_payment_frees_the_order_that_waited_for_it() -> None:
    order = play(validated(10), HoldPlaced(id=30, kind="PAYMENT", until=50))
    for paid in (PaymentAuthorised(id=40, amount=1_000), captured(1_000)):
        done = step(order, paid, 0)
        assert done.order.holds == () and done.effects == (Resume(),)


def test_an_order_closes_when_it_is_invoiced_confirmed_and_paid() -> None:
    order = play(accepted(), PaymentAuthorised(id=40, amount=1_000), to_wms(10), shipped(10))
    due = CloseDue(id=22)
    assert step(order, due, 0).outcome is Outcome.NOOP
    order = play(order, OrderInvoiced(id=21, key=1, lines=q(10)))
    assert step(order, due, 0).outcome is Outcome.NOOP
    done = step(play(order, captured(1_000)), due, 0)
    assert header(done.order) is Header.CLOSED and done.effects == (Archive(),)


def test_a_lapsed_backorder_is_cancelled_at_its_time_and_not_before() -> None:
    promise = PromiseGranted(3, (LinePromise(1, 6),), cancel_after=100)
    order = play(validated(10), promise, Allocated(3, q(6)))
    due = BackorderExpired(id=50)
    assert step(order, due, 99).outcome is Outcome.NOOP
    done = step(order, due, 100)
    assert (done.order.lines[0].cancelled, header(done.order)) == (4, Header.ALLOCATED)
    assert done.effects[0] == ChangeDemand(1, 0, -4)


def test_a_broken_pledge_waits_without_supply() -> None:
    order = accepted(4, 6)
    done = step(order, PledgeBroken(id=51, lines=q(5)), 0)
    assert (done.order.lines[0].pledged, done.order.lines[0].backordered) == (1, 5)
    assert done.effects[0] == ChangeDemand(1, -5, 5) and codes(done.effects) == ["PROMISE_AT_RISK"]
    assert play(done.order, WaitingFilled(15, q(1), pledged=True)).lines[0].allocated == 5


def test_a_claim_that_lapsed_is_promised_anew() -> None:
    order = validated(10)
    done = step(order, PromiseGranted(3, (LinePromise(1, 10),), lapsed=True), 0)
    assert done.order is order and done.effects == (Resume(),)


def test_a_ship_complete_order_is_released_when_all_of_it_is_allocated() -> None:
    order = accepted(6, policy=COMPLETE)
    assert step(order, to_wms(6), 0).outcome is Outcome.ILLEGAL_TRANSITION
    assert play(order, WaitingFilled(15, q(4)), to_wms(10)).releases[0].quantity == 10


def test_an_amendment_takes_from_what_is_least_certain_first() -> None:
    order = play(validated(12), PromiseGranted(3, (LinePromise(1, 5, 3),)), Allocated(3, q(4)))
    line = order.lines[0]
    assert (line.pending, line.pledged, line.allocated, line.backordered) == (1, 3, 4, 4)
    for cut, units in ((3, (1, 3, 4, 1)), (6, (1, 1, 4, 0)), (8, (0, 0, 4, 0)), (11, (0, 0, 1, 0))):
        line = play(order, amendment(12 - cut)).lines[0]
        assert (line.pending, line.pledged, line.allocated, line.backordered) == units
    assert KeepClaims(1, 1) in step(order, amendment(1), 0).effects
    assert ChangeDemand(1, -2, -4) in step(order, amendment(6), 0).effects
    assert ChangeDemand(1, -5, 0) in step(accepted(4, 6), amendment(5), 0).effects


def test_an_amendment_needs_a_promise_for_more_and_untouched_lines() -> None:
    order = accepted()
    assert step(order, amendment(12), 0) == Step(order, Outcome.AMEND_REFUSED, 30, (Answer("AMEND_REFUSED"),))
    more = play(order, amendment(12, promised=2))
    assert (more.lines[0].ordered, more.lines[0].pending, more.revision) == (12, 2, 2)
    assert step(play(order, to_wms(1)), amendment(9), 0).outcome is Outcome.AMEND_REFUSED
    assert step(play(order, CANCEL), amendment(10, revision=1), 0).outcome is Outcome.BUSINESS_KEY_CONFLICT
    other = step(order, amendment(10, item=50, promised=10), 0)
    assert (other.order.lines[0].item, other.order.lines[0].pending) == (50, 10) and KeepClaims(1, 0) in other.effects
    two = play(order, Amended(amendment(10, 3).message, (LineQuantity(2, 3),)))
    assert [line.ordered for line in two.lines] == [10, 3] and unsound(two) == ""
    assert header(play(two, amendment(0, 0, revision=3))) is Header.CANCELLED


def test_an_edit_does_not_bring_a_cancelled_order_back_to_life() -> None:
    """Rows 23 and 30: the buyer and the ERP were told that it is off; more units would be a new order."""
    order = play(accepted(1, ordered=1), CANCEL)
    done = step(order, amendment(2, promised=1), 0)
    assert done.order is order and done.outcome is Outcome.TOO_LATE


# --- one outcome for every state and event


UNTOUCHED = {
    Outcome.NOOP,
    Outcome.ILLEGAL_TRANSITION,
    Outcome.DUPLICATE,
    Outcome.SUPERSEDED,
    Outcome.BUSINESS_KEY_CONFLICT,
    Outcome.TOO_LATE,
    Outcome.AMEND_REFUSED,
}


@pytest.fixture(scope="module", params=list(LinePolicy), ids=lambda policy: policy.value)
def small_world(request: pytest.FixtureRequest) -> list[tuple[Order, Occasion, Step]]:
    return steps(request.param)


def test_every_state_and_event_has_exactly_one_outcome(small_world: list[tuple[Order, Occasion, Step]]) -> None:
    """No two rows' first clauses both decide, and the first true guard does (I10).

    Aim: the table leaves nothing open and a refused event changes nothing. Method: look at every guard of the rows of
    the event; the step is the one of the first true guard, its effects are among those the clause names.
    """
    rows = {kind: [row for row in ROWS if row.occasion is kind] for kind in {row.occasion for row in ROWS}}
    for order, event, done in small_world:
        mine = rows[type(event)]
        assert sum(row.clauses[0].guard(order, event, AT) for row in mine) <= 1
        true = [(row, clause) for row in mine for clause in row.clauses if clause.guard(order, event, AT)]
        if true:
            row, clause = true[0]
            assert done.row == row.number
            assert {type(effect) for effect in done.effects} <= set(clause.effects), (row.number, done.effects)
        else:
            expected = Outcome.NOOP if mine[0].timer else Outcome.ILLEGAL_TRANSITION
            assert done == Step(order, expected, 0)
        assert (done.order is order) is (done.order.version == order.version)
        if done.outcome in UNTOUCHED:
            assert done.order is order
        if done.order is not order:
            assert done.order.cause == event.id and done.order.version == order.version + 1
            assert unsound(done.order) == ""


def test_facts_are_booked_in_every_intake_state(small_world: list[tuple[Order, Occasion, Step]]) -> None:
    facts = {row.occasion for row in ROWS if row.fact}
    assert {row.number for row in ROWS if row.fact} == {10, 11, 17, 18, 19, 21, 25, 26, 28, 34, 35, 36, 37}
    for order, event, done in small_world[::5]:
        if type(event) in facts:
            for intake in Intake:
                assert step(order.amid(intake=intake), event, AT).row == done.row


def test_every_row_decides_and_every_state_is_reached(small_world: list[tuple[Order, Occasion, Step]]) -> None:
    orders = [done.order for _, _, done in small_world]
    assert {done.row for _, _, done in small_world} - {0} == {row.number for row in ROWS}
    assert {header(order) for order in orders} == set(Header)
    assert {order.intake for order in orders} == set(Intake)
    assert {order.erp for order in orders} == set(Erp)
    assert {order.undo for order in orders} == set(Undo)
    assert {order.cancel for order in orders} == set(Cancel)
    assert {order.money.state for order in orders} == set(Payment)
    assert {rma.state for order in orders for rma in order.returns} == set(RmaState)


def test_the_table_numbers_its_rows_in_order_and_knows_every_occasion() -> None:
    assert [row.number for row in ROWS] == [*range(1, 28), 27, 27, 28, 28, *range(29, 38)]
    assert {row.occasion for row in ROWS} == set(Occasion.__args__)
    assert all(clause.guard.__doc__ for row in ROWS for clause in row.clauses)


# --- any sequence


QUANTITY = st.integers(0, 4)
LINES = st.lists(st.builds(LineQuantity, st.integers(0, 4), QUANTITY), max_size=3).map(tuple)
PLAIN = st.lists(st.builds(LineQuantity, st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=3).map(tuple)
KEY, SITE = st.integers(70, 72), st.integers(0, 1)
ANY = st.one_of(
    st.sampled_from(occasions()),
    *(
        strategy
        for named in (LINES, PLAIN)
        for strategy in (
            st.builds(Allocated, st.just(2), named),
            st.builds(AllocatedShort, st.just(2), named),
            st.builds(WaitingFilled, st.just(2), named, st.booleans()),
            st.builds(PledgeBroken, id=st.just(2), lines=named),
            st.builds(ReleasedToWarehouse, st.just(2), KEY, SITE, named),
            st.builds(ShipmentConfirmed, id=st.just(2), key=KEY, release=KEY, site=SITE, lines=named, at=st.just(0)),
            st.builds(WarehouseShort, id=st.just(2), release=KEY, site=SITE, lines=named),
            st.builds(ReleaseCancelled, id=st.just(2), release=KEY, site=SITE, lines=named),
            st.builds(ReleaseCancelRefused, id=st.just(2), release=KEY, site=SITE, lines=named),
            st.builds(OrderInvoiced, id=st.just(2), key=KEY, lines=named),
        )
    ),
    st.sampled_from(coming_back()),
    st.builds(RemainderClosed, id=st.just(2), site=SITE),
    st.builds(PaymentCaptured, id=st.just(2), key=KEY, amount=st.integers(0, 900)),
    st.builds(PaymentRefunded, id=st.just(2), key=KEY, amount=st.integers(0, 900)),
    st.builds(
        lambda quantities, revision, promised: Amended(
            AmendOrder(
                id=2,
                channel=0,
                number="4711",
                revision=revision,
                fingerprint=revision,
                lines=tuple(OrderedLine(10 + number, quantity, 100) for number, quantity in enumerate(quantities)),
            ),
            promised,
        ),
        st.lists(QUANTITY, min_size=1, max_size=4),
        st.integers(1, 4),
        LINES,
    ),
)
PROMISE = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from((-1, -1, 99))), max_size=4).map(
    lambda parts: PromiseGranted(
        3,
        tuple(
            LinePromise(number, stock, pledged, substitute)
            for number, (stock, pledged, substitute) in enumerate(parts, 1)
        ),
    )
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.sampled_from(list(LinePolicy)),
    PROMISE,
    st.lists(st.tuples(st.integers(0, 60), ANY), max_size=25),
)
def test_no_sequence_of_events_loses_a_unit_or_moves_what_it_refuses(
    quantities: list[int], policy: LinePolicy, promise: PromiseGranted, events: list[tuple[int, Occasion]]
) -> None:
    """I4 and the money of I12; beside them: units asked back are in exactly one of done, late and still asked for."""
    first = accept(submission(*quantities, policy=policy), promise, now=0)
    order, now = first.order, 0
    claims = {line.number: line.allocated for line in order.lines}
    for wait, event in events:
        now += wait
        done = step(order, event, now)
        after = done.order
        assert (after is order) is (after.version == order.version)
        assert unsound(after) == "" and after.cancel_done >= 0 and after.cancel_late >= 0
        assert after.money.refunded <= after.money.giving_back <= after.money.captured
        if isinstance(event, Submitted) and after is not order:
            return
        if after is order:
            continue
        asked = sum(each.cancelling for each in after.releases)
        assert after.cancel_late >= sum(each.quantity - each.cancelling for each in after.releases if each.asked)
        if not isinstance(event, CancelOrder | ErpRefused | RemainderClosed):
            before = order.cancel_done + order.cancel_late + sum(each.cancelling for each in order.releases)
            assert after.cancel_done + after.cancel_late + asked == before
        assert (after.cancel is Cancel.PENDING) <= (asked > 0)
        if header(after) in (Header.REJECTED, Header.CANCELLED):
            assert after.money.giving_back == after.money.captured
        _demand_follows(order, done)
        claims = _claims_follow(claims, event, done)
        order = after


def _demand_follows(before: Order, done: Step) -> None:
    """Pledged and waiting units of the order and the changes asked for in item records are the same sums."""
    changes = [effect for effect in done.effects if isinstance(effect, ChangeDemand)]
    for part, asked in (
        ("pledged", sum(change.pledged for change in changes)),
        ("backordered", sum(change.waiting for change in changes)),
    ):
        held = [sum(getattr(line, part) for line in order.lines) for order in (before, done.order)]
        assert held[1] - held[0] == asked, done


def _claims_follow(claims: dict[int, int], event: Occasion, done: Step) -> dict[int, int]:
    """Return the claims per line when a caller does what it is asked to; every allocated unit keeps exactly one.

    Pending units may have one (promised, not yet allocated) or none (to be sought again).
    """
    order = done.order
    after = {line.number: claims.get(line.number, 0) for line in order.lines}
    for effect in done.effects:
        match effect:
            case CommitClaims(lines=lines):
                after.update({each.line: each.quantity for each in lines})
            case KeepClaims(line=line, quantity=quantity):
                after[line] = min(after[line], quantity)
            case ReleaseClaims(line=line, quantity=quantity) | ConsumeClaims(line=line, quantity=quantity):
                after[line] -= quantity
            case _:
                pass
    for line in order.lines:
        if isinstance(event, Allocated | WaitingFilled):
            after[line.number] = max(after[line.number], line.allocated)
        most = line.allocated + line.pending if order.intake is Intake.ACCEPTED else 0
        if order.intake in (Intake.ACCEPTED, Intake.REJECTED, Intake.WITHDRAWN):
            assert line.allocated <= after[line.number] <= most, (event, done, claims)
    return after


def test_a_second_attempt_goes_the_same_way() -> None:
    rejected = play(received(10), ValidationFailed(2, "no such item"))
    promise, request = PromiseGranted(3, (LinePromise(1, 8),)), to_wms(8)
    done = accept(submission(8, fingerprint=6), promise, [request], now=7, last=rejected)
    assert header(done.order) is Header.ALLOCATED and done.order.version == rejected.version + 5
    assert SendRelease(REQUEST, 0, q(8)) in done.effects
    assert accept(submission(10), promise, [request], now=7, last=rejected).order is rejected


@pytest.mark.parametrize("size", [100])
def test_work_grows_with_the_lines_and_no_faster(size: int) -> None:
    """Ten times the lines take about ten times the calls, for the normal path and for a shipment of every line."""

    def calls(lines: int) -> int:
        count = 0

        def note(frame: object, kind: str, argument: object) -> None:
            nonlocal count
            count += kind in ("call", "c_call")

        every = q(*[1] * lines)
        promise = PromiseGranted(3, tuple(LinePromise(n, 1) for n in range(1, lines + 1)))
        submitted, request = submission(*[1] * lines), ReleasedToWarehouse(5, REQUEST, 0, every)
        ship = ShipmentConfirmed(id=6, key=1, release=REQUEST, site=0, lines=every, at=0)
        sys.setprofile(note)
        try:
            order = accept(submitted, promise, [request], now=0).order
            order = step(order, ship, 0).order
            order = step(order, OrderInvoiced(id=7, key=1, lines=every), 0).order
        finally:
            sys.setprofile(None)
        assert header(order) is Header.INVOICED
        return count

    assert calls(10 * size) < 11 * calls(size)
