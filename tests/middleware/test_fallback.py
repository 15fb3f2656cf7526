"""Fallbacks through the procedures: who is held and let go, what is shown of a silent site, and no figure forgotten."""

from dataclasses import replace

import pytest

from policies.fallback import ErpAway, Fallbacks, WmsSilent
from policies.ruleset import ChannelTerms
from policies.sources import Account, SourceRules
from tests.middleware.shop import BOTH, HOME, Shop, rules
from twin.middleware.inventory.silence import CHUNK
from twin.middleware.orders.header import header
from twin.middleware.unit import Outcome
from twin.model.commands import (
    CreditCopied,
    EvaluatePublication,
    OrderedLine,
    PartnerBack,
    PartnerSilent,
    SubmitOrder,
)
from twin.model.events import AvailabilityChanged, FallbackChanged, FallbackDecided, PublishStock
from twin.model.fallback import ERP, warehouse
from twin.model.instant import HOUR, MINUTE, SECOND
from twin.model.order import Header, HoldKind
from twin.model.particulars import Particulars

ITEM, CUSTOMER = 1, 7


def without_the_erp(away: ErpAway) -> Shop:
    """A shop with one customer who may owe 100, and an ERP whose absence has a fallback."""
    source = SourceRules(kind="b2b_portal", accounts={CUSTOMER: Account(credit_limit=100)})
    shop = Shop(replace(rules(), channels=(ChannelTerms(homes=(HOME,), source=source),), fallbacks=Fallbacks(erp=away)))
    shop.item(ITEM, 1000)
    return shop


def order(shop: Shop, number: int, value: int) -> Outcome:
    return shop.do(
        SubmitOrder(
            id=shop.id(),
            case=number,
            channel=0,
            number=str(number),
            fingerprint=number,
            lines=(OrderedLine(ITEM, value, 1),),
            placed_at=shop.now,
            particulars=Particulars(customer=CUSTOMER),
        )
    )


def kinds(shop: Shop, number: int) -> list[HoldKind]:
    return [hold.kind for hold in shop.order(number).holds]


@pytest.mark.vector(
    "V105", rule="22", code="twin.middleware.delivery.fallback.without_the_erp", scenario="erp_maintenance"
)
def test_v105_orders_that_come_without_the_erp():
    """V105: two fit into the credit left, the third does not; a day later the copy is too old for any."""
    shop = without_the_erp(ErpAway())
    shop.until(2 * HOUR)
    shop.do(PartnerSilent(id=shop.id(), partner=ERP, since=0))
    assert [order(shop, number, value) for number, value in ((1, 60), (2, 30), (3, 20))] == [
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.APPLIED,
    ]
    assert kinds(shop, 3) == [HoldKind.CREDIT]
    shop.until(25 * HOUR)
    order(shop, 4, 5)
    assert kinds(shop, 4) == [HoldKind.CREDIT]
    decided = [event for event in shop.out if isinstance(event, FallbackDecided)]
    assert [(event.case, event.held) for event in decided] == [(1, False), (2, False), (3, True), (4, True)]
    assert {event.partner for event in decided} == {ERP}


def test_what_the_fallback_held_goes_on_when_the_erp_is_back_and_what_the_limit_held_waits_for_a_person():
    shop = without_the_erp(ErpAway(order_value=40, recheck_us=5 * MINUTE))
    shop.do(PartnerSilent(id=shop.id(), partner=ERP, since=0))
    order(shop, 1, 60)
    shop.do(CreditCopied(id=shop.id(), customer=CUSTOMER, receivable=100))
    order(shop, 2, 10)
    assert (kinds(shop, 1), kinds(shop, 2)) == ([HoldKind.CREDIT], [HoldKind.CREDIT])
    shop.until(HOUR)
    shop.do(PartnerBack(id=shop.id(), partner=ERP))
    assert header(shop.order(1)) is Header.ON_HOLD
    shop.until(HOUR + 5 * MINUTE)
    assert header(shop.order(1)) is Header.ALLOCATED
    assert header(shop.order(2)) is Header.ON_HOLD
    changes = [event for event in shop.out if isinstance(event, FallbackChanged)]
    assert [(event.on, event.lasted) for event in changes] == [(True, 0), (False, HOUR)]


def test_a_partner_that_is_away_or_back_already_changes_nothing():
    shop = without_the_erp(ErpAway())
    assert shop.do(PartnerBack(id=shop.id(), partner=ERP)) is Outcome.NOOP
    assert shop.do(PartnerSilent(id=shop.id(), partner=ERP, since=0)) is Outcome.APPLIED
    assert shop.do(PartnerSilent(id=shop.id(), partner=ERP, since=9)) is Outcome.NOOP
    assert shop.do(PartnerSilent(id=shop.id(), partner=warehouse(0), since=0)) is Outcome.NOOP, "it has no fallback"
    assert len(shop.sent(FallbackChanged)) == 1


def test_a_refused_order_is_refused_whoever_is_away():
    shop = without_the_erp(ErpAway())
    shop.do(PartnerSilent(id=shop.id(), partner=ERP, since=0))
    nobody = SubmitOrder(
        id=shop.id(), case=5, channel=0, number="5", fingerprint=5, lines=(OrderedLine(ITEM, 1, 1),), placed_at=0,
        particulars=Particulars(),
    )  # fmt: skip
    assert shop.do(nobody) is Outcome.REJECTED
    assert shop.sent(FallbackDecided) == []


# --- a silent warehouse


def silent_site(**terms: object) -> Shop:
    """A shop with 40 units at site 0 and 7 at site 1."""
    wms = WmsSilent(stale_after_us=900 * SECOND, review_us=5 * MINUTE, **terms)  # type: ignore[arg-type]  # a shorthand
    shop = Shop(rules(sites=2, fallbacks=Fallbacks(wms=wms), rate_half_life_us=HOUR))
    assert shop.rules.channels[0].homes == (BOTH,)
    shop.item(ITEM, 40, 7)
    return shop


def figure(shop: Shop) -> int:
    """What a channel is told now."""
    shop.do(EvaluatePublication(id=shop.id(), channel=0, items=(ITEM,)))
    pushes = [event for event in shop.out if isinstance(event, PublishStock)]
    return pushes[-1].rows[0].quantity


@pytest.mark.vector("V106", rule="22", code="twin.middleware.inventory.silence.counted", scenario="warehouse_offline")
def test_v106_a_silent_warehouse_is_shown_with_a_larger_buffer_and_then_not_at_all():
    """V106: silent from 0, 40 shown; at 600 s less, at 900 s nothing; the other site's stock stays."""
    shop = silent_site(publish="last")
    shop.submit(9, (ITEM, 1))
    assert figure(shop) == 46
    shop.do(PartnerSilent(id=shop.id(), partner=warehouse(0), since=0))
    shop.until(600 * SECOND)
    assert 7 < figure(shop) < 46
    shop.until(900 * SECOND)
    assert figure(shop) == 7
    assert shop.submit(10, (ITEM, 20)) is Outcome.ACCEPTED, "a promise is made from the ledger"


def test_figures_are_marked_whenever_the_silence_may_have_changed_them():
    shop = silent_site(publish="last")
    shop.until(120 * SECOND)
    shop.do(PartnerSilent(id=shop.id(), partner=warehouse(0), since=0))
    shop.until(HOUR)
    shop.do(PartnerBack(id=shop.id(), partner=warehouse(0)))
    shop.until(2 * HOUR)
    marked = [event for event in shop.out if isinstance(event, AvailabilityChanged)]
    assert [event.at // SECOND for event in marked] == [120, 420, 720, 900, 3600]
    assert [event.rows[0].quantity for event in marked[-2:]] == [7, 47]
    assert shop.store.timers == {}, "nothing is looked at for ever"


def test_a_second_silence_ends_the_reviews_of_the_first():
    shop = silent_site(publish="decay")
    for n in range(2):
        shop.until((1 + n * 100) * SECOND)
        shop.do(PartnerSilent(id=shop.id(), partner=warehouse(0), since=shop.now))
        if n == 0:
            shop.do(PartnerBack(id=shop.id(), partner=warehouse(0)))
    shop.until(450 * SECOND)
    assert len(shop.store.timers) == 1


def test_a_review_goes_through_more_items_than_one_transaction_takes():
    shop = silent_site(publish="zero")
    for item in range(CHUNK + 3):
        shop.item(item, 5, 5)
    shop.do(PartnerSilent(id=shop.id(), partner=warehouse(1), since=0))
    marked = [row for event in shop.out if isinstance(event, AvailabilityChanged) for row in event.rows]
    assert [row.item for row in marked] == list(range(CHUNK + 3))
    assert {row.quantity for row in marked} == {5}
