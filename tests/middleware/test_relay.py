"""The order in which rows leave the outbox, and what a partner makes of a row that comes twice."""

import pytest

from tests.middleware.shop import Shop, rules
from twin.middleware.delivery.relay import Relay
from twin.middleware.unit import Outcome
from twin.model.commands import StockReceived
from twin.model.events import ExceptionOpened, MovementRecorded
from twin.model.message import Event

A, B = 7, 8


def rows() -> list[Event]:
    """Return the rows a1 a2 a3 b1 b2 of two aggregates, in the order in which they were committed."""
    cases = ((1, A), (2, A), (3, A), (11, B), (12, B))
    return [ExceptionOpened(id=id, case=case, code="TEST", detail="") for id, case in cases]


@pytest.mark.vector("V65", rule="11", code="twin.middleware.delivery.relay.Relay.offer", scenario="first_day")
def test_v65_a_row_that_fails_stops_its_own_aggregate_and_no_other() -> None:
    """V65, MassTransit#3512: a1 fails twice; b goes on; a sends 1, 2, 3 in order after recovery."""
    relay, sent = Relay(), []
    ready = [row for row in rows() if relay.offer(row)]
    failures = {1: 2}
    while ready:
        row = ready.pop(0)
        if failures.get(row.id):
            failures[row.id] -= 1
            ready.append(row)
            continue
        sent.append(row.id)
        follower = relay.acknowledged(row)
        if follower is not None:
            ready.insert(0, follower)
    assert sent == [11, 12, 1, 2, 3]


def posting(id: int, change: int, site: int = 0) -> MovementRecorded:
    return MovementRecorded(id=id, movement=id, item=1, site=site, change=change, reason="count")


@pytest.mark.vector("V65", rule="11,21", code="twin.middleware.delivery.relay.Relay.offer", scenario="first_day")
def test_v65_behind_a_refused_posting_only_those_wait_that_take_stock() -> None:
    """As V65, by DOMAIN 21: 1 is refused for good; of -2, +3 behind it and +4, -5, +6 later, the receipts go on."""
    relay = Relay()
    first, minus, plus = posting(1, 7), posting(2, -2), posting(3, 3)
    assert [relay.offer(row) for row in (first, minus, plus)] == [True, False, False]
    relay.park(first, "erp: rejected")
    assert [row.id for row in relay.let_pass(first)] == [3]
    assert [relay.offer(posting(4, 4)), relay.offer(posting(5, -5)), relay.offer(posting(6, 0))] == [True, False, True]
    assert relay.offer(posting(9, -9, site=1)), "another location is another aggregate"
    assert relay.acknowledged(plus) is None, "who passed lets nobody follow"
    relay.park(posting(4, 4), "erp: rejected")
    assert relay.let_pass(posting(4, 4)) == []
    assert [relay.acknowledged(first), relay.acknowledged(minus)] == [minus, posting(5, -5)]
    assert not relay.offer(posting(7, 7)), "what was refused is booked: the order of the ledger holds again"


@pytest.mark.vector("V66", rule="11", code="twin.middleware.dispatch.dispatch", scenario="first_day")
def test_v66_a_row_that_is_sent_again_after_a_crash_has_one_effect() -> None:
    """V66, MassTransit#3791: the process dies after the send and before the mark; a new one offers the row again."""
    partner = Shop(rules())
    partner.item(1, 0)
    (row, *_) = rows()
    heard = []
    for relay in (Relay(), Relay()):
        assert relay.offer(row), "an unmarked row is in the index of the next process"
        heard.append(row.id)
        outcome = partner.do(StockReceived(id=row.id, site=0, item=1, quantity=5, sequence=1, at=0))
    assert heard == [1, 1] and outcome is Outcome.APPLIED
    assert partner.stock(1).positions[0].sellable == 5
