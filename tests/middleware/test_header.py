"""The header is derived from the parts of an order, first match first."""

import pytest

from twin.middleware.orders.header import completion, ended, header, units, unsound
from twin.model.order import (
    Cancel,
    Header,
    Hold,
    HoldKind,
    Intake,
    Line,
    LinePolicy,
    Money,
    Order,
    Release,
    Undo,
)


def order(*lines: Line, intake: Intake = Intake.ACCEPTED) -> Order:
    return Order(
        id=1,
        channel=0,
        number="4711",
        revision=1,
        fingerprint=1,
        policy=LinePolicy.BACKORDER,
        lines=lines,
        placed_at=0,
        intake=intake,
    )


def line(
    ordered: int = 10,
    cancelled: int = 0,
    allocated: int = 0,
    backordered: int = 0,
    shipped: int = 0,
    invoiced: int = 0,
    pledged: int = 0,
) -> Line:
    rest = ordered - cancelled - allocated - backordered - shipped - pledged
    return Line(
        1,
        1,
        ordered,
        rest,
        pledged,
        allocated,
        backordered,
        shipped,
        cancelled,
        invoiced,
    )


@pytest.mark.vector("V51", rule="8", code="twin.middleware.orders.header.header", scenario="oversell")
@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (line(), Header.ACCEPTED),
        (line(allocated=10), Header.ALLOCATED),
        (line(allocated=6, backordered=4), Header.BACKORDERED),
        (line(allocated=4, shipped=6, invoiced=6), Header.PARTIALLY_FULFILLED),
        (line(cancelled=4, shipped=6), Header.SHIPPED),
        (line(cancelled=4, shipped=6, invoiced=6), Header.INVOICED),
        (line(cancelled=10), Header.CANCELLED),
        (line(pledged=10), Header.ACCEPTED),
        (line(pledged=6, backordered=4), Header.BACKORDERED),
    ],
)
def test_v51_units_decide_the_header_of_an_accepted_order(one: Line, expected: Header) -> None:
    assert units(one) == ""
    assert header(order(one)) is expected


def test_units_of_all_lines_are_summed() -> None:
    shipped, waiting = line(shipped=10, invoiced=10), Line(2, 2, 5, backordered=5)
    assert header(order(shipped, waiting)) is Header.PARTIALLY_FULFILLED
    assert header(order(shipped, Line(2, 2, 5, cancelled=5))) is Header.INVOICED
    assert header(order(line(allocated=10), waiting)) is Header.BACKORDERED


@pytest.mark.parametrize(
    ("intake", "held", "expected"),
    [
        (Intake.REJECTED, True, Header.REJECTED),
        (Intake.CLOSED, True, Header.CLOSED),
        (Intake.WITHDRAWN, True, Header.CANCELLED),
        (Intake.RECEIVED, True, Header.ON_HOLD),
        (Intake.VALIDATED, True, Header.ON_HOLD),
        (Intake.RECEIVED, False, Header.RECEIVED),
        (Intake.VALIDATED, False, Header.VALIDATED),
        (Intake.ACCEPTED, True, Header.ALLOCATED),
    ],
)
def test_intake_and_holds_come_before_the_units(intake: Intake, held: bool, expected: Header) -> None:
    holds = (Hold(HoldKind.CREDIT, 9),) if held else ()
    assert header(order(line(allocated=10), intake=intake).amid(holds=holds)) is expected


def test_an_undo_hides_a_cancellation_which_hides_the_units() -> None:
    pending = order(line(allocated=10)).amid(cancel=Cancel.PENDING)
    assert header(pending) is Header.CANCELLING
    for undo in (Undo.OPEN, Undo.STUCK):
        assert header(pending.amid(undo=undo)) is Header.COMPENSATING
    assert header(pending.amid(cancel=Cancel.ANSWERED)) is Header.ALLOCATED


def test_only_rejected_and_cancelled_orders_have_ended_without_a_delivery() -> None:
    for intake in Intake:
        one = order(line(allocated=10), intake=intake)
        assert ended(one) is (header(one) in (Header.REJECTED, Header.CANCELLED))
    assert ended(order(line(cancelled=10)))
    assert not ended(order(line(cancelled=10)).amid(undo=Undo.OPEN))


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (Line(1, 1, 10, 9), "line 1: the classes hold 9 of 10 units ordered"),
        (Line(1, 1, 10, 11, -1), "line 1: a class is negative"),
        (Line(1, 1, 10, 0, shipped=10, invoiced=11), "line 1: 11 invoiced of 10 shipped"),
    ],
)
def test_a_sum_that_does_not_hold_is_named(broken: Line, sentence: str) -> None:
    assert units(broken) == sentence
    assert unsound(order(broken)) == sentence


def test_requests_stay_within_what_is_allocated_and_cancels_within_requests() -> None:
    one = order(line(allocated=10))
    assert unsound(one.amid(releases=(Release(7, 0, 1, 6, 6), Release(8, 1, 1, 4)))) == ""
    assert "more is released" in unsound(one.amid(releases=(Release(7, 0, 1, 6), Release(8, 1, 1, 5))))
    assert "are being cancelled" in unsound(one.amid(releases=(Release(7, 0, 1, 6, 7),)))
    assert "refunded" in unsound(one.amid(money=Money(captured=1, refunded=2)))


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (line(shipped=10), "CC"),
        (line(shipped=6, backordered=4), "BP"),
        (line(shipped=6, cancelled=4), "CP"),
        (line(cancelled=10), "IC"),
        (line(), ""),
    ],
)
def test_v80_completion_speaks_the_codes_of_x12(one: Line, code: str) -> None:
    assert completion(order(one)) == code
