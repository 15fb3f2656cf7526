"""Money follows goods: what is asked of a payment provider, shipment by shipment, and when an order owes nothing."""

from tests.middleware.small_world import accepted, captured, play, q, shipped, to_wms, validated
from twin.middleware.orders.effects import Capture, GiveBack
from twin.middleware.orders.occasions import ReturnAuthorised
from twin.middleware.orders.payments import settled
from twin.middleware.orders.table import step
from twin.model.commands import (
    CancelOrder,
    PaymentAuthorised,
    PaymentVoided,
    ReturnDisposed,
    ReturnReceived,
    ShipmentConfirmed,
)
from twin.model.order import Order, Payment
from twin.model.stock import Bucket

PROMISED = PaymentAuthorised(id=40, amount=1_190)


def asked(order: Order, event: object) -> list[int]:
    """Return the amounts that one event has asked for."""
    return [each.amount for each in step(order, event, 0).effects if isinstance(each, Capture)]  # type: ignore[arg-type]


def test_each_shipment_is_taken_for_its_part_of_the_price_and_the_tax() -> None:
    order = play(accepted().amid(tax=190), PROMISED, to_wms(10))
    assert asked(order, shipped(3)) == [300 + 57]
    order = play(order, shipped(3))
    assert asked(order, shipped(7, key=2)) == [700 + 133]
    whole = play(order, shipped(7, key=2)).money
    assert (whole.taking, whole.authorised, whole.state) == (1_190, 1_190, Payment.AUTHORISED)


def test_a_shipment_that_comes_again_takes_nothing() -> None:
    order = play(accepted(), PROMISED, to_wms(10), shipped(10))
    assert asked(order, shipped(10)) == []


def test_goods_that_left_before_the_promise_was_heard_of_are_taken_when_it_is() -> None:
    order = play(accepted(), to_wms(10), shipped(4))
    assert asked(order, PROMISED) == [400]
    assert asked(play(order, PROMISED), captured(400)) == []


def test_no_more_is_taken_than_was_promised_and_nothing_without_a_promise() -> None:
    order = play(accepted(), PaymentAuthorised(id=40, amount=250), to_wms(10))
    assert asked(order, shipped(3)) == [250]
    assert asked(play(accepted(), to_wms(10)), shipped(3)) == []
    prepaid = play(accepted(), captured(1_000), to_wms(10))
    assert asked(prepaid, shipped(3)) == []


def test_a_promise_that_lapsed_is_not_drawn_on() -> None:
    order = play(accepted(), PROMISED, PaymentVoided(id=41), to_wms(10))
    assert asked(order, shipped(10)) == []
    assert settled(order.money)


def test_money_is_settled_when_all_that_was_asked_for_has_come() -> None:
    order = play(accepted(), PROMISED, to_wms(10), shipped(4))
    assert not settled(order.money)
    order = play(order, captured(400), shipped(6, key=2))
    assert not settled(order.money)
    assert settled(play(order, captured(600, key=2)).money)


def test_goods_that_came_back_before_they_were_paid_are_refunded_when_they_are() -> None:
    """Method: the answer to the capture comes after the return was graded."""
    order = play(accepted(), PROMISED, to_wms(10), shipped(10), ReturnAuthorised(50, 80, q(2), 100))
    back = ReturnReceived(id=51, key=90, rma=80, site=0, lines=q(2), items=(), at=0)
    graded = ReturnDisposed(id=52, key=92, rma=80, site=0, lines=q(2), target=Bucket.SELLABLE, at=0)
    order = play(order, back, graded)
    assert order.money.giving_back == 0
    done = step(order, captured(1_000), 0)
    assert GiveBack(200) in done.effects and done.order.money.giving_back == 200
    assert GiveBack(200) not in step(done.order, captured(1_000, key=2), 0).effects


def test_an_order_that_is_called_off_gives_its_promise_back_and_takes_nothing() -> None:
    order = play(validated(10), PROMISED)
    done = step(order, CancelOrder(id=60), 0)
    assert done.effects[-1] == GiveBack(0)
    late = ShipmentConfirmed(id=61, key=5, release=70, site=0, lines=q(1), at=0)
    assert asked(done.order, late) == []


def test_an_order_without_prices_is_taken_whole_with_its_last_unit() -> None:
    order = accepted()
    free = order.amid(lines=tuple(each.changed(price=0) for each in order.lines))
    order = play(free, PROMISED, to_wms(10), shipped(6))
    assert order.money.taking == 0
    assert asked(order, shipped(4, key=2)) == [1_190]
