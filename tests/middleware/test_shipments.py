"""Shipments: scans through the procedures, silence, losses, parcels without a confirmation, and what partners hear."""

from dataclasses import replace

import pytest

from actors.transactor import Direct, Store
from policies.milestones import Milestones, fold
from policies.posting import Period, Posting
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.dispatch import dispatch
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, LETTERS, ORDERS, SHIPMENTS, Outcome
from twin.model import events
from twin.model.commands import (
    LineQuantity,
    OrderedLine,
    PaymentCaptured,
    ReturnReceived,
    ShipmentConfirmed,
    ShipmentScanned,
    ShipmentSilent,
    ShipmentUnconfirmed,
    SubmitOrder,
)
from twin.model.instant import DAY, HOUR, Now
from twin.model.message import Event, Message
from twin.model.shipment import Shipment, ShipmentState
from twin.model.stock import ItemStock, Position

CASE, ITEM, PARCEL = 77, 5, 900
RULES = RuleSet(
    availability=ChannelAvailability(channels=(ChannelRule(),)),
    channels=(ChannelTerms(homes=((Site(0, 0, 0, 0),),)),),
    milestones=Milestones(audiences=("portal", "channel", "erp")),
)


class House:
    """A store with an order of two units, released to the warehouse; messages are dispatched as a run does."""

    def __init__(self, rules: RuleSet = RULES) -> None:
        self.rules = rules
        self.store = Store()
        self.store.rows[ITEMS.number][ITEM] = ItemStock(ITEM, (Position(10),))
        self.told: list[Event] = []
        self.number = 0
        lines = (OrderedLine(ITEM, 2, 100),)
        self.say(SubmitOrder(id=1, case=CASE, channel=0, number="1", fingerprint=1, lines=lines, placed_at=0))
        self.release = next(each for each in self.told if isinstance(each, events.ReleaseToWarehouse)).release

    def say(self, message: Message, now: int = 0) -> Outcome:
        unit = Direct(self.store)
        outcome = dispatch(standard(), message, Now(now, now), self.rules, unit)
        unit.commit()
        self.told += unit.events
        return outcome

    def scan(self, code: str, at: int, *, heard: int | None = None, event: int = 0) -> Outcome:
        self.number += 1
        message = ShipmentScanned(
            id=1_000 + self.number, case=CASE, tracking=PARCEL, event=event or self.number, code=code, at=at
        )
        return self.say(message, at if heard is None else heard)

    def confirm(self, now: int = 0) -> Outcome:
        lines = (LineQuantity(1, 2),)
        return self.say(
            ShipmentConfirmed(
                id=2, case=CASE, key=3, release=self.release, site=0, lines=lines, at=now, tracking=(PARCEL,)
            ),
            now,
        )

    def silence(self, now: int) -> Outcome:
        """Let the timer of the parcel ring that is due."""
        due = [m for at, m in self.store.timers.values() if isinstance(m, ShipmentSilent) and at <= now]
        self.store.timers = {id: (at, m) for id, (at, m) in self.store.timers.items() if m not in due}
        outcomes = [self.say(each, now) for each in due]
        return outcomes[-1] if outcomes else Outcome.NOOP

    @property
    def parcel(self) -> Shipment | None:
        return self.store.get(SHIPMENTS, PARCEL)

    def codes(self) -> list[str]:
        return [each.code for each in self.told if isinstance(each, events.ExceptionOpened)]

    def words(self, audience: str) -> list[str]:
        heard = [each for each in self.told if isinstance(each, events.MilestoneReached)]
        return [each.word for each in heard if each.audience == audience]


def test_each_milestone_reaches_portal_channel_and_erp_once() -> None:
    house = House()
    house.confirm()
    for at, code in ((HOUR, "AF"), (2 * HOUR, "X4"), (3 * HOUR, "D1")):
        assert house.scan(code, at, event=at) is Outcome.APPLIED
        assert house.scan(code, at, event=at, heard=at + HOUR) is Outcome.NOOP
    for audience in events.AUDIENCES:
        assert house.words(audience) == ["PICKED_UP", "IN_TRANSIT", "DELIVERED"]
    before = house.store.get(ORDERS, CASE)
    assert before is not None and before.lines[0].shipped == 2, "milestones move no units"


def test_a_parcel_that_falls_silent_is_reported_once_and_claimed_in_the_end() -> None:
    house = House()
    house.confirm()
    house.scan("AF", HOUR)
    assert house.silence(48 * HOUR) is Outcome.NOOP
    assert house.silence(49 * HOUR) is Outcome.EXCEPTION
    assert house.silence(13 * DAY) is Outcome.NOOP
    assert house.codes() == ["TRACKING_SILENT"]
    assert house.silence(HOUR + 14 * DAY) is Outcome.EXCEPTION
    assert house.codes()[1:] == ["LOST_SHIPMENT"] and house.words("portal")[-1] == "LOST"
    house.scan("X1", 15 * DAY)
    assert house.codes()[-1] == "FOUND" and house.parcel is not None
    assert fold(house.parcel.scans).state is ShipmentState.OUT_FOR_DELIVERY


def test_a_parcel_that_falls_silent_again_is_reported_again_in_its_time() -> None:
    house = House()
    house.confirm()
    house.scan("AF", HOUR)
    for day in range(2, 8):
        house.silence(day * DAY + HOUR)
        if day == 3:
            house.scan("X4", 3 * DAY + 2 * HOUR)
    heard = [(each.code, each.due) for each in house.told if isinstance(each, events.ExceptionOpened)]
    assert [code for code, _ in heard] == ["TRACKING_SILENT"], "the first report is still open"
    letter = next(iter(house.store.rows[LETTERS.number].values()))
    assert (letter.attempts, letter.last_failure) == (2, 6 * DAY + HOUR)


def test_an_ended_parcel_leaves_the_store_when_nothing_more_is_heard() -> None:
    house = House()
    house.confirm()
    house.scan("D1", HOUR)
    assert house.silence(48 * HOUR) is Outcome.NOOP and house.parcel is not None
    assert house.silence(49 * HOUR) is Outcome.APPLIED and house.parcel is None


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_parcel_that_the_carrier_has_and_the_warehouse_does_not_know_of(confirmed: bool) -> None:
    house = House()
    house.scan("AF", HOUR)
    ((due, check),) = [each for each in house.store.timers.values() if isinstance(each[1], ShipmentUnconfirmed)]
    assert due == 13 * HOUR
    if confirmed:
        house.confirm(2 * HOUR)
    assert (house.say(check, due) is Outcome.EXCEPTION) is not confirmed
    assert house.codes() == ([] if confirmed else ["UNCONFIRMED_SHIPMENT"])


@pytest.mark.parametrize("lost", ["ask", "replace", "refund"])
def test_the_buyer_of_a_lost_parcel_gets_what_the_policy_says(lost: str) -> None:
    house = House(replace(RULES, milestones=replace(RULES.milestones, lost=lost)))  # type: ignore[arg-type]  # a Literal
    house.say(PaymentCaptured(id=5, case=CASE, key=1, amount=200))
    house.confirm()
    house.scan("AF", HOUR)
    house.scan("LOST", 2 * HOUR)
    for _ in range(2):
        for due, message in list(house.store.timers.values()):
            if due <= 2 * HOUR:
                house.say(message, due)
    refunds = [each.amount for each in house.told if isinstance(each, events.PaymentGivenBack)]
    created = [each.case for each in house.told if isinstance(each, events.CreateErpOrder)]
    assert refunds == ([200] if lost == "refund" else [])
    assert len(set(created)) == len(created) == (2 if lost == "replace" else 1)


def test_a_parcel_that_is_lost_a_second_time_is_paid_back_once() -> None:
    house = House(replace(RULES, milestones=replace(RULES.milestones, lost="refund")))
    house.say(PaymentCaptured(id=5, case=CASE, key=1, amount=500))
    house.confirm()
    for at, code in enumerate(("AF", "LOST", "X4", "LOST"), 1):
        house.scan(code, at * HOUR)
        for due, message in list(house.store.timers.values()):
            if due <= at * HOUR:
                house.say(message, due)
    refunds = [each.amount for each in house.told if isinstance(each, events.PaymentGivenBack)]
    assert house.codes().count("LOST_SHIPMENT") == 1 and house.codes().count("FOUND") == 1, "the first item is open"
    assert house.parcel is not None and fold(house.parcel.scans).state is ShipmentState.LOST
    assert refunds == [200]


def test_an_arrival_later_than_promised_puts_the_order_at_risk() -> None:
    house = House()
    house.confirm()
    parcel = house.parcel
    assert parcel is not None
    house.store.rows[SHIPMENTS.number][PARCEL] = parcel.changed(deliver_by=DAY)
    risks = []
    for number, eta in enumerate((DAY - 1, DAY, DAY + 1)):
        scan = ShipmentScanned(id=50 + number, case=CASE, tracking=PARCEL, event=50 + number, code="X4", at=1, eta=eta)
        house.say(scan, HOUR)
        risks.append(len(house.codes()))
    assert house.codes() == ["AT_RISK"] and risks == [0, 1, 1], "at its end the promised day is over"


def test_what_comes_back_undelivered_ends_the_parcel() -> None:
    house = House()
    house.confirm()
    house.scan("A7", HOUR)
    lines = (LineQuantity(1, 2),)
    back = ReturnReceived(
        id=9, case=CASE, key=4, rma=0, site=0, lines=lines, items=(), undelivered=True, tracking=PARCEL, at=DAY
    )
    assert house.say(back, DAY) is Outcome.APPLIED
    (scan,) = [m for _, m in house.store.timers.values() if isinstance(m, ShipmentScanned)]
    house.say(scan, DAY)
    assert house.words("portal") == ["RETURNING", "RETURNED"]


def test_a_parcel_keeps_no_more_scans_than_its_bound() -> None:
    house = House(replace(RULES, milestones=replace(RULES.milestones, scans_max=3)))
    for at in range(1, 5):
        house.scan("X4", at)
    assert house.codes() == ["TOO_MANY_SCANS"] and house.parcel is not None and len(house.parcel.scans) == 3


def test_a_shipment_in_a_closed_period_is_booked_when_it_is_over_with_its_own_time_in_the_memo() -> None:
    """DOMAIN 21: closed from 1 h to 3 h; what left at 2 h is booked at 3 h."""
    house = House(replace(RULES, posting=Posting(closed=(Period(HOUR, 3 * HOUR),))))
    house.confirm(2 * HOUR)
    (fulfilment,) = [each for each in house.told if isinstance(each, events.FulfilmentRecorded)]
    assert (fulfilment.book_on, fulfilment.happened_at) == (3 * HOUR, 2 * HOUR)
    assert house.codes() == ["PERIOD_SHIFTED"]
    early = House(replace(RULES, posting=Posting(closed=(Period(HOUR, 3 * HOUR),))))
    early.confirm(3 * HOUR)
    (open_again,) = [each for each in early.told if isinstance(each, events.FulfilmentRecorded)]
    assert (open_again.book_on, open_again.happened_at, early.codes()) == (0, 0, [])
