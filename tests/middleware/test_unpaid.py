"""Orders that come unpaid while the payment provider is away: who goes on, and when their money is asked for."""

from dataclasses import replace

import pytest

from policies.fallback import Fallbacks
from policies.payment_fallback import SMALL, UNPAID, PaymentAway
from policies.ruleset import ChannelTerms
from policies.sources import SourceRules
from tests.middleware.shop import HOME, Shop, rules
from twin.middleware.orders.header import header
from twin.middleware.unit import Outcome
from twin.model.commands import OrderedLine, PartnerBack, PartnerSilent, PaymentAuthorised, SubmitOrder
from twin.model.events import AuthorisePayment, FallbackDecided
from twin.model.fallback import PAYMENTS
from twin.model.order import Header, HoldKind, Payment
from twin.model.particulars import Particulars

ITEM = 1


def without_the_bank(**terms: object) -> Shop:
    """A storefront whose payment provider is away."""
    away = PaymentAway(channels=(0,), **terms)  # type: ignore[arg-type]  # a test's shorthand
    terms_of_shop = ChannelTerms(homes=(HOME,), source=SourceRules(kind="storefront"))
    shop = Shop(replace(rules(), channels=(terms_of_shop,), fallbacks=Fallbacks(payments=away)))
    shop.item(ITEM, 1000)
    shop.do(PartnerSilent(id=shop.id(), partner=PAYMENTS, since=0))
    return shop


def order(shop: Shop, number: int, value: int, *, paid: bool = False) -> Outcome:
    return shop.do(
        SubmitOrder(
            id=shop.id(),
            case=number,
            channel=0,
            number=str(number),
            fingerprint=number,
            lines=(OrderedLine(ITEM, value, 1),),
            placed_at=shop.now,
            particulars=Particulars(ship_to="somewhere", paid=paid, tax=0),
        )
    )


def decided(shop: Shop) -> list[tuple[int, bool, str]]:
    found = [event for event in shop.out if isinstance(event, FallbackDecided)]
    return [(event.case, event.held, event.reason) for event in found]


def asked(shop: Shop) -> list[tuple[int, int]]:
    return [(event.case, event.amount) for event in shop.out if isinstance(event, AuthorisePayment)]


def test_an_unpaid_order_waits_and_its_money_is_asked_for_behind_that_of_earlier_ones():
    shop = without_the_bank()
    for number, value in ((1, 40), (2, 5)):
        order(shop, number, value)
    assert [header(shop.order(number)) for number in (1, 2)] == [Header.ON_HOLD, Header.ON_HOLD]
    assert asked(shop) == [(1, 40), (2, 5)]
    assert decided(shop) == [(1, True, UNPAID), (2, True, UNPAID)]
    shop.do(PartnerBack(id=shop.id(), partner=PAYMENTS))
    shop.do(PaymentAuthorised(id=shop.id(), case=1, amount=40))
    assert header(shop.order(1)) is Header.ALLOCATED
    assert header(shop.order(2)) is Header.ON_HOLD


@pytest.mark.parametrize(("value", "goes_on"), [(49, True), (50, True), (51, False)])
def test_a_small_order_goes_on_unpaid_and_its_money_is_asked_for_all_the_same(value: int, goes_on: bool):
    shop = without_the_bank(use="accept_small", order_value=50)
    order(shop, 1, value)
    assert (header(shop.order(1)) is Header.ALLOCATED) is goes_on
    assert decided(shop) == [(1, not goes_on, SMALL if goes_on else UNPAID)]
    assert asked(shop) == [(1, value)]
    shop.do(PaymentAuthorised(id=shop.id(), case=1, amount=value))
    assert shop.order(1).money.state is Payment.AUTHORISED
    assert header(shop.order(1)) is Header.ALLOCATED


def test_a_paid_order_is_no_matter_of_the_fallback_and_neither_is_one_while_the_provider_is_there():
    shop = without_the_bank(use="accept_small", order_value=50)
    assert order(shop, 1, 10, paid=True) is Outcome.ACCEPTED
    shop.do(PartnerBack(id=shop.id(), partner=PAYMENTS))
    order(shop, 2, 10)
    assert [hold.kind for hold in shop.order(2).holds] == [HoldKind.PAYMENT]
    assert (asked(shop), decided(shop)) == ([], [])
