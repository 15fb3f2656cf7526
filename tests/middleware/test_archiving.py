"""An order that is off leaves the live store as a closed one does, once nobody has still to answer for it."""

import pytest

from tests.middleware.trade import BOLTS, Trade, order, rules
from twin.middleware.unit import ARCHIVE, ORDERS, Outcome
from twin.model.commands import (
    CancelOrder,
    ErpConfirmed,
    LineQuantity,
    PaymentCaptured,
    PaymentRefunded,
    ReleaseCancelled,
)
from twin.model.events import CancelErpOrder, ReleaseToWarehouse
from twin.model.instant import DAY, SECOND

PLACED = order("1", (BOLTS, 2))
CASE = PLACED.case
A_DAY = DAY // SECOND


@pytest.fixture
def trade() -> Trade:
    """A trade with one order, of which the buyer has taken back every unit and the warehouse let it go."""
    trade = Trade(rules())
    trade.run(PLACED)
    (release,) = [each for each in trade.told if isinstance(each, ReleaseToWarehouse)]
    trade.run(CancelOrder(id=11, case=CASE))
    back = ReleaseCancelled(id=12, case=CASE, release=release.release, site=0, lines=(LineQuantity(1, 2),))
    assert trade.run(back) is Outcome.APPLIED
    return trade


def test_a_cancelled_order_is_archived_a_day_later(trade: Trade) -> None:
    trade.run(ErpConfirmed(id=13, case=CASE, reference=9))
    trade.wait(A_DAY - 1)
    assert trade.store.get(ORDERS, CASE) is not None
    assert trade.wait(1) == [Outcome.APPLIED]
    assert trade.store.get(ORDERS, CASE) is None
    assert trade.store.get(ARCHIVE, CASE) == PLACED.fingerprint
    assert trade.run(order("1", (BOLTS, 2), id=99)) is Outcome.DUPLICATE


def test_it_stays_at_hand_while_the_erp_has_not_answered(trade: Trade) -> None:
    """The ERP's answer must find it, or the sales order there would live on."""
    assert trade.wait(A_DAY) == [Outcome.NOOP]
    trade.run(ErpConfirmed(id=13, case=CASE, reference=9))
    assert isinstance(trade.told[-1], CancelErpOrder)
    assert trade.wait(A_DAY) == [Outcome.APPLIED]
    assert trade.store.get(ORDERS, CASE) is None


def test_it_stays_at_hand_until_the_buyer_has_his_money_back(trade: Trade) -> None:
    trade.run(ErpConfirmed(id=13, case=CASE, reference=9))
    trade.run(PaymentCaptured(id=14, case=CASE, key=1, amount=1000))
    assert trade.wait(A_DAY) == [Outcome.NOOP]
    trade.run(PaymentRefunded(id=15, case=CASE, key=2, amount=1000))
    assert trade.wait(A_DAY) == [Outcome.APPLIED]


def test_one_that_was_withdrawn_before_it_was_accepted_goes_too() -> None:
    trade = Trade(rules())
    trade.run(order("2", (7, 1)))  # an item that nobody knows: the order waits for it
    case = order("2", (7, 1)).case
    trade.run(CancelOrder(id=21, case=case))
    trade.wait(A_DAY)
    assert trade.store.get(ORDERS, case) is None and trade.store.get(ARCHIVE, case) is not None
