"""Soft claims: what is free is kept for an order that is held, and hardens with it or lapses."""

from dataclasses import replace

import pytest

from policies.sources import SourceRules
from tests.middleware.shop import Shop, rules
from twin.middleware.orders.header import header
from twin.middleware.unit import RESERVATIONS, Outcome
from twin.model.commands import AmendOrder, CancelOrder, OrderedLine, PaymentAuthorised, SubmitOrder
from twin.model.events import AvailabilityChanged, ReleaseToWarehouse
from twin.model.instant import MINUTE
from twin.model.order import Header, LinePolicy
from twin.model.particulars import Particulars

ITEM, OTHER = 1, 2
UNPAID, PAID = Particulars(ship_to="here"), Particulars(ship_to="here", paid=True)


def shop(*, soft_for: int = 30 * MINUTE, policy: LinePolicy = LinePolicy.PARTIAL, sites: int = 1) -> Shop:
    plain = rules((policy,), sites=sites, soft_for_us=soft_for)
    (terms,) = plain.channels
    return Shop(replace(plain, channels=(replace(terms, source=SourceRules(kind="storefront")),)))


def order(made: Shop, case: int, quantity: int, others: int = 0, said: Particulars = UNPAID) -> Outcome:
    lines = [OrderedLine(ITEM, quantity, 100)] + ([OrderedLine(OTHER, others, 100)] if others else [])
    return made.do(
        SubmitOrder(
            id=made.id(),
            case=case,
            channel=0,
            number=f"PO-{case}",
            fingerprint=case,
            lines=tuple(lines),
            placed_at=made.now,
            particulars=said,
        )
    )


def free(made: Shop, case: int = -1) -> int:
    return sum(made.rules.atp.available(made.stock(ITEM), made.now, case))


@pytest.mark.vector("V84", rule="5", code="policies.atp.LookAhead.available", scenario="customer_terms")
def test_v84_what_an_order_holds_is_free_to_itself_and_to_nobody_else() -> None:
    """V84, spree#14040: stock 5, order P holds 5; P may have 5, Q is refused 1."""
    made = shop()
    made.item(ITEM, 5)
    assert order(made, 7, 5) is Outcome.APPLIED and header(made.order(7)) is Header.ON_HOLD
    assert (free(made, 7), free(made)) == (5, 0)
    assert order(made, 8, 1, said=PAID) is Outcome.REJECTED
    made.do(PaymentAuthorised(id=made.id(), case=7, amount=500))
    assert made.order(7).lines[0].allocated == 5


@pytest.mark.vector("V84", rule="5", code="twin.middleware.intake.submit.promise_waiting", scenario="customer_terms")
def test_v84_a_soft_claim_hardens_with_its_order_and_is_released_to_the_warehouse() -> None:
    made = shop(sites=2)
    made.item(ITEM, 3, 4)
    order(made, 7, 5)
    made.do(PaymentAuthorised(id=made.id(), case=7, amount=500))
    stock = made.stock(ITEM)
    assert stock.claims == ()
    assert sum(position.committed for position in stock.positions) == 5
    told = [event for event in made.sent(ReleaseToWarehouse) if isinstance(event, ReleaseToWarehouse)]
    assert sum(line.quantity for event in told for line in event.lines) == 5
    made.until(31 * MINUTE)
    assert sum(position.committed for position in made.stock(ITEM).positions) == 5, "the reaper finds a hard claim"


@pytest.mark.vector(
    "V29", rule="5", code="twin.middleware.inventory.soft_claims.lapse_claim", scenario="customer_terms"
)
def test_v29_a_soft_claim_is_over_at_its_moment_and_the_reaper_says_so() -> None:
    """V29, computed: the units are free at expiry though nobody has looked; then the publisher hears of them."""
    made = shop()
    made.item(ITEM, 5)
    order(made, 7, 5)
    made.now = 30 * MINUTE
    assert free(made) == 5 and len(made.stock(ITEM).claims) == 1
    made.until(made.now)
    assert made.stock(ITEM).claims == () and made.order(7).claims == ()
    assert made.store.rows[RESERVATIONS.number] == {}
    last = made.sent(AvailabilityChanged)[-1]
    assert isinstance(last, AvailabilityChanged) and last.rows[0].quantity == 5


def test_an_order_whose_claim_has_lapsed_is_promised_what_is_there_then() -> None:
    made = shop()
    made.item(ITEM, 5)
    order(made, 7, 5)
    made.until(30 * MINUTE)
    assert order(made, 8, 2, said=PAID) is Outcome.ACCEPTED
    made.do(PaymentAuthorised(id=made.id(), case=7, amount=500))
    assert (made.order(7).lines[0].allocated, made.order(7).lines[0].cancelled) == (3, 2)


def test_what_could_not_be_kept_is_looked_for_again_when_the_order_goes_on() -> None:
    made = shop()
    made.item(ITEM, 3)
    order(made, 7, 5)
    made.receive(ITEM, 4)
    made.do(PaymentAuthorised(id=made.id(), case=7, amount=500))
    assert (made.order(7).lines[0].allocated, free(made)) == (5, 2)


def test_an_order_that_is_withdrawn_lets_go_of_what_was_kept_for_it() -> None:
    made = shop()
    made.item(ITEM, 5)
    order(made, 7, 5)
    made.do(CancelOrder(id=made.id(), case=7))
    assert header(made.order(7)) is Header.CANCELLED
    assert (free(made), made.stock(ITEM).claims, made.stock(ITEM).positions[0].committed) == (5, (), 0)


def test_a_fill_or_kill_line_of_which_a_part_was_kept_is_killed_whole() -> None:
    """Five are kept, then seven are wanted and there are no more: the line takes nothing, the other one goes on."""
    made = shop(policy=LinePolicy.FILL_OR_KILL)
    made.item(ITEM, 5)
    made.item(OTHER, 5)
    order(made, 7, 5, 1)
    lines = (OrderedLine(ITEM, 7, 100), OrderedLine(OTHER, 1, 100))
    made.do(AmendOrder(id=made.id(), case=7, channel=0, number="PO-7", revision=2, fingerprint=70, lines=lines))
    made.do(PaymentAuthorised(id=made.id(), case=7, amount=800))
    first, second = made.order(7).lines
    assert (first.cancelled, first.allocated, second.allocated) == (7, 0, 1)
    assert (free(made), made.stock(ITEM).claims, made.stock(ITEM).positions[0].committed) == (5, (), 0)


def test_what_was_kept_for_a_line_that_changed_is_given_up_and_promised_anew() -> None:
    made = shop()
    made.item(ITEM, 5)
    order(made, 7, 5)
    lines = (OrderedLine(ITEM, 3, 100),)
    made.do(AmendOrder(id=made.id(), case=7, channel=0, number="PO-7", revision=2, fingerprint=70, lines=lines))
    made.do(PaymentAuthorised(id=made.id(), case=7, amount=300))
    assert (made.order(7).lines[0].allocated, free(made), made.stock(ITEM).claims) == (3, 2, ())


def test_without_the_setting_nothing_is_kept() -> None:
    made = shop(soft_for=0)
    made.item(ITEM, 5)
    order(made, 7, 5)
    assert free(made) == 5
