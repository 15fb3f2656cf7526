"""Returns: agreed or blind, received, graded once, credited once; the RMA's own table; the procedures on a store."""

import pytest

from actors.transactor import Direct, Store
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.dispatch import dispatch
from twin.middleware.orders.rma import RMA_TABLE, RmaEvent
from twin.middleware.procedures import standard
from twin.middleware.unit import ARCHIVE, ITEMS, ORDERS, Outcome
from twin.model import events
from twin.model.commands import (
    ArchiveDue,
    CancelOrder,
    CloseDue,
    ErpConfirmed,
    ItemQuantity,
    LineQuantity,
    OrderedLine,
    OrderInvoiced,
    PaymentCaptured,
    ReturnCancelled,
    ReturnDisposed,
    ReturnExpired,
    ReturnMatched,
    ReturnReceived,
    ReturnRequested,
    ShipmentConfirmed,
    SubmitOrder,
    SupplyGranted,
)
from twin.model.instant import DAY, Now
from twin.model.message import Event, Message
from twin.model.order import Intake, Order, RmaState
from twin.model.stock import Bucket, ItemStock, Position

CASE, ITEM = 77, 5
RULES = RuleSet(
    availability=ChannelAvailability(channels=(ChannelRule(),)),
    channels=(ChannelTerms(homes=((Site(0, 0, 0, 0),),)),),
    return_window_us=30 * DAY,
)


class House:
    """A store with ten units of an item, to which messages are dispatched as a run does."""

    def __init__(self, units: int = 10) -> None:
        self.store = Store(keep_journal=True)
        self.store.rows[ITEMS.number][ITEM] = ItemStock(ITEM, (Position(units),))
        self.told: list[Event] = []
        self.number = 0

    def say(self, message: Message, now: int = 0) -> Outcome:
        unit = Direct(self.store)
        outcome = dispatch(standard(), message, Now(now, now), RULES, unit)
        unit.commit()
        self.told += unit.events
        return outcome

    def ids(self) -> int:
        self.number += 1
        return self.number

    def shipped(self, quantity: int = 10) -> "House":
        """Sell, ship, bill and get paid for one line."""
        lines = (OrderedLine(ITEM, quantity, 100),)
        order = SubmitOrder(id=self.ids(), case=CASE, channel=0, number="1", fingerprint=1, lines=lines, placed_at=0)
        self.say(order)
        release = next(each for each in self.told if isinstance(each, events.ReleaseToWarehouse)).release
        named = (LineQuantity(1, quantity),)
        self.say(ErpConfirmed(id=self.ids(), case=CASE, reference=9))
        self.say(ShipmentConfirmed(id=self.ids(), case=CASE, key=1, release=release, site=0, lines=named, at=0))
        self.say(OrderInvoiced(id=self.ids(), case=CASE, key=1, lines=named))
        self.say(PaymentCaptured(id=self.ids(), case=CASE, key=1, amount=100 * quantity))
        return self

    def ask(self, quantity: int, rma: int = 80) -> Outcome:
        return self.say(ReturnRequested(id=self.ids(), case=CASE, rma=rma, lines=(LineQuantity(1, quantity),)))

    def receive(self, quantity: int, *, rma: int = 80, key: int = 90, case: int = CASE, undelivered: bool = False,
                now: int = 0) -> Outcome:  # fmt: skip
        lines = (LineQuantity(1, quantity),) if case == CASE else ()
        return self.say(
            ReturnReceived(
                id=self.ids(), case=case, key=key, rma=rma, site=0, lines=lines,
                items=(ItemQuantity(ITEM, quantity),), undelivered=undelivered, at=now,
            ),
            now,
        )  # fmt: skip

    def grade(self, quantity: int, target: Bucket, *, rma: int = 80, key: int = 95) -> Outcome:
        lines = (LineQuantity(1, quantity),)
        return self.say(
            ReturnDisposed(id=self.ids(), case=CASE, key=key, rma=rma, site=0, lines=lines, target=target, at=0)
        )

    @property
    def order(self) -> Order:
        order = self.store.get(ORDERS, CASE)
        assert order is not None
        return order

    @property
    def stock(self) -> Position:
        stock = self.store.get(ITEMS, ITEM)
        assert stock is not None
        return stock.positions[0]

    def codes(self) -> list[str]:
        return [each.code for each in self.told if isinstance(each, events.ExceptionOpened)]


@pytest.mark.vector("V53", rule="8", code="twin.middleware.orders.returns.dispose", scenario="returns_wave")
def test_v53_a_return_is_restocked_once_and_the_cancel_that_follows_is_too_late() -> None:
    house = House(100).shipped()
    assert house.stock.on_hand == 90
    assert (house.ask(10), house.receive(10)) == (Outcome.APPLIED, Outcome.APPLIED)
    assert (house.stock.sellable, house.stock.quality) == (90, 10)
    assert house.grade(10, Bucket.SELLABLE) is Outcome.APPLIED
    assert house.grade(10, Bucket.SELLABLE) is Outcome.NOOP
    assert house.grade(10, Bucket.SELLABLE, key=96) is Outcome.ILLEGAL_TRANSITION
    assert (house.stock.sellable, house.stock.quality) == (100, 0)
    assert house.say(CancelOrder(id=house.ids(), case=CASE)) is Outcome.TOO_LATE
    assert house.stock.sellable == 100


def test_a_graded_return_is_credited_and_refunded_as_far_as_it_was_paid() -> None:
    house = House().shipped()
    house.ask(4)
    house.receive(4)
    house.grade(1, Bucket.DAMAGED)
    house.grade(3, Bucket.OUTSIDE, key=96)
    assert (house.stock.damaged, house.stock.quality, house.stock.on_hand) == (1, 0, 1)
    credited = [each for each in house.told if isinstance(each, events.CreditNoteDue)]
    assert [sum(line.quantity for line in each.lines) for each in credited] == [1, 3]
    assert [each.amount for each in house.told if isinstance(each, events.PaymentGivenBack)] == [100, 300]
    posted = [each for each in house.told if isinstance(each, events.MovementRecorded)]
    assert [(each.change, each.blocked) for each in posted] == [(4, 4), (-3, -3)]
    assert house.order.returns[0].state is RmaState.CLOSED
    assert sum(line.restocked for line in house.order.returns[0].lines) == 0


def test_nothing_comes_back_twice_and_nothing_that_did_not_leave() -> None:
    house = House().shipped(6)
    assert house.ask(7) is Outcome.ILLEGAL_TRANSITION
    assert (house.ask(4), house.ask(4), house.ask(3, rma=81)) == (
        Outcome.APPLIED, Outcome.NOOP, Outcome.ILLEGAL_TRANSITION,
    )  # fmt: skip
    assert house.receive(5) is Outcome.EXCEPTION
    assert house.codes()[-1] == "UNAUTHORISED_RETURN" and house.order.lines[0].returned == 0
    assert house.stock.quality == 5
    assert house.receive(5) is Outcome.NOOP and house.stock.quality == 5
    assert house.receive(4, key=91) is Outcome.APPLIED and house.order.lines[0].returned == 4


def test_a_blind_return_is_taken_in_and_belongs_to_the_order_when_a_person_has_matched_it() -> None:
    house = House().shipped()
    assert house.receive(3, rma=0) is Outcome.EXCEPTION
    assert (house.stock.quality, house.order.lines[0].returned) == (3, 0)
    match = ReturnMatched(id=house.ids(), case=CASE, key=90, rma=85, lines=(LineQuantity(1, 2),))
    assert house.say(match) is Outcome.APPLIED
    assert (house.stock.quality, house.order.lines[0].returned) == (3, 2)
    assert house.order.unmatched[0].quantity == 1
    again = ReturnMatched(id=house.ids(), case=CASE, key=90, rma=86, lines=(LineQuantity(1, 2),))
    assert house.say(again) is Outcome.ILLEGAL_TRANSITION
    assert house.grade(2, Bucket.SELLABLE, rma=85) is Outcome.APPLIED
    assert (house.stock.quality, house.stock.sellable) == (1, 2)


def test_goods_that_name_no_order_lie_in_quality_and_wait_for_a_person() -> None:
    house = House()
    assert house.receive(2, rma=0, case=4_242) is Outcome.EXCEPTION
    assert (house.stock.quality, house.stock.sellable) == (2, 10)
    assert house.codes() == ["UNAUTHORISED_RETURN"]


def test_undelivered_goods_need_no_request() -> None:
    house = House().shipped()
    assert house.receive(10, rma=0, key=91, undelivered=True) is Outcome.APPLIED
    assert house.order.lines[0].returned == 10 and house.order.returns[0].state is RmaState.RECEIVED
    assert house.grade(10, Bucket.SELLABLE, rma=91) is Outcome.APPLIED


def test_undelivered_goods_do_not_take_the_place_of_an_rma_that_is_known() -> None:
    house = House().shipped()
    house.ask(2)
    house.receive(2)
    house.grade(2, Bucket.SELLABLE)
    closed = house.order.returns
    assert house.receive(3, key=91, undelivered=True) is Outcome.EXCEPTION
    assert house.order.returns == closed and house.codes() == ["UNAUTHORISED_RETURN"]
    lines = (LineQuantity(1, 3),)
    assert house.say(ReturnMatched(id=house.ids(), case=CASE, key=91, rma=81, lines=lines)) is Outcome.APPLIED
    assert [rma.state for rma in house.order.returns] == [RmaState.CLOSED, RmaState.RECEIVED]


def test_goods_that_come_after_their_rma_expired_are_unauthorised() -> None:
    house = House().shipped()
    house.ask(2)
    until = 30 * DAY
    due = ReturnExpired(id=house.ids(), case=CASE, rma=80)
    assert house.say(due, until - 1) is Outcome.NOOP
    assert house.receive(2, now=until) is Outcome.EXCEPTION
    assert house.say(ReturnExpired(id=house.ids(), case=CASE, rma=80), until) is Outcome.APPLIED
    assert house.order.returns[0].state is RmaState.EXPIRED


def test_what_does_not_come_in_time_is_awaited_no_more() -> None:
    house = House().shipped()
    house.ask(4)
    house.receive(1)
    house.grade(1, Bucket.SELLABLE)
    assert house.order.returns[0].state is RmaState.RECEIVED
    assert house.say(CloseDue(id=house.ids(), case=CASE)) is Outcome.NOOP
    assert house.say(ReturnExpired(id=house.ids(), case=CASE, rma=80), 30 * DAY) is Outcome.APPLIED
    assert house.order.returns[0].state is RmaState.CLOSED and house.order.returns[0].lines[0].quantity == 1


def test_a_closed_order_can_come_back_until_its_window_is_over() -> None:
    house = House().shipped()
    assert house.say(CloseDue(id=house.ids(), case=CASE)) is Outcome.APPLIED
    assert house.order.intake is Intake.CLOSED
    assert house.ask(1) is Outcome.APPLIED
    assert house.say(ArchiveDue(id=house.ids(), case=CASE), 30 * DAY) is Outcome.NOOP
    assert house.say(ReturnCancelled(id=house.ids(), case=CASE, rma=80)) is Outcome.APPLIED
    assert house.say(ArchiveDue(id=house.ids(), case=CASE), 30 * DAY) is Outcome.APPLIED
    assert house.store.get(ORDERS, CASE) is None and house.store.get(ARCHIVE, CASE) == 1
    assert house.receive(1, rma=0) is Outcome.EXCEPTION and house.stock.quality == 1


def test_a_restocked_unit_goes_to_who_waits_for_it() -> None:
    house = House(10).shipped()
    lines = (OrderedLine(ITEM, 2, 100),)
    waiting = SubmitOrder(id=house.ids(), case=88, channel=0, number="2", fingerprint=2, lines=lines, placed_at=0)
    assert house.say(waiting) is Outcome.BACKORDERED
    house.ask(2)
    house.receive(2)
    house.grade(2, Bucket.SELLABLE)
    ((_, granted),) = [each for each in house.store.timers.values() if isinstance(each[1], SupplyGranted)]
    assert house.say(granted) is Outcome.APPLIED
    served = house.store.get(ORDERS, 88)
    assert served is not None and served.lines[0].allocated == 2


# --- the table


@pytest.mark.parametrize("state", [RmaState.CLOSED, RmaState.CANCELLED, RmaState.EXPIRED])
@pytest.mark.parametrize("event", list(RmaEvent))
def test_an_ended_rma_moves_no_more(state: RmaState, event: RmaEvent) -> None:
    assert RMA_TABLE.after(state, event) is None
