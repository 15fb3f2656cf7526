"""Fallbacks through the procedures: who is held and let go, what is shown of a silent site, and no figure forgotten."""

from dataclasses import replace

import pytest

from policies.fallback import REROUTED, ErpAway, Fallbacks, WmsSilent
from policies.ruleset import ChannelTerms
from policies.sources import Account, SourceRules
from tests.middleware.shop import BOTH, HOME, Shop, rules
from twin.middleware.inventory.silence import CHUNK
from twin.middleware.orders.header import header
from twin.middleware.unit import ORDERS, REQUESTS, RESERVATIONS, Outcome
from twin.model.commands import (
    CancelOrder,
    CreditCopied,
    EvaluatePublication,
    OrderedLine,
    PartnerBack,
    PartnerSilent,
    SubmitOrder,
)
from twin.model.events import (
    AvailabilityChanged,
    FallbackChanged,
    FallbackDecided,
    OrderTurnedAway,
    PublishStock,
    ReleaseToWarehouse,
)
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


def test_an_order_that_the_fallback_does_not_accept_can_be_turned_away_unstored():
    """Its sender hears when to come again; nothing is known of the order until it is taken."""
    shop = without_the_erp(ErpAway(refuses=True, recheck_us=5 * MINUTE))
    shop.do(PartnerSilent(id=shop.id(), partner=ERP, since=0))
    assert order(shop, 1, 60) is Outcome.ACCEPTED, "within the credit copy it is taken as ever"
    assert order(shop, 2, 60) is Outcome.REFUSED
    (turned,) = shop.sent(OrderTurnedAway)
    assert isinstance(turned, OrderTurnedAway)
    assert (turned.case, turned.retry_after) == (2, 5 * MINUTE)
    assert shop.store.get(ORDERS, 2) is None
    shop.do(PartnerBack(id=shop.id(), partner=ERP))
    assert order(shop, 2, 30) is Outcome.ACCEPTED


def test_a_request_that_was_turned_away_leaves_no_record_under_its_key():
    shop = without_the_erp(ErpAway(accept="none", refuses=True))
    shop.do(PartnerSilent(id=shop.id(), partner=ERP, since=0))
    keyed = SubmitOrder(
        id=5, case=5, channel=0, number="5", fingerprint=5, lines=(OrderedLine(ITEM, 1, 1),), placed_at=0, request_key=9
    )
    assert [shop.do(keyed), shop.do(keyed)] == [Outcome.REFUSED, Outcome.REFUSED]
    assert not shop.store.rows[REQUESTS.number]
    shop.do(PartnerBack(id=shop.id(), partner=ERP))
    assert shop.do(keyed) is Outcome.ACCEPTED


def rerouting() -> Shop:
    """Two sites with six and four pieces, of which the first is silent from now on."""
    wms = WmsSilent(publish="decay", reroute_after_us=30 * MINUTE, review_us=10 * MINUTE)
    shop = Shop(rules(sites=2, fallbacks=Fallbacks(wms=wms)))
    shop.item(ITEM, 6, 4)
    shop.do(PartnerSilent(id=shop.id(), partner=warehouse(0), since=0))
    return shop


def committed(shop: Shop) -> list[int]:
    return [position.committed for position in shop.stock(ITEM).positions]


def asked(shop: Shop) -> list[tuple[int, int]]:
    return [
        (event.site, line.quantity)
        for event in shop.sent(ReleaseToWarehouse)
        if isinstance(event, ReleaseToWarehouse)
        for line in event.lines
    ]


def test_a_request_to_a_silent_warehouse_waits_and_goes_out_when_it_is_back():
    shop = rerouting()
    assert shop.submit(7, (ITEM, 5)) is Outcome.ACCEPTED
    assert (committed(shop), asked(shop)) == ([5, 0], [])
    shop.until(9 * MINUTE)
    shop.do(PartnerBack(id=shop.id(), partner=warehouse(0)))
    shop.until(10 * MINUTE)
    assert (committed(shop), asked(shop)) == ([5, 0], [(0, 5)])
    shop.until(2 * HOUR)
    assert asked(shop) == [(0, 5)]


def test_what_has_waited_too_long_is_claimed_elsewhere_as_far_as_there_is_any():
    shop = rerouting()
    shop.submit(7, (ITEM, 5))
    shop.until(29 * MINUTE)
    assert committed(shop) == [5, 0]
    shop.until(30 * MINUTE)
    assert (committed(shop), asked(shop)) == ([1, 4], [(1, 4)])
    assert shop.order(7).lines[0].allocated == 5
    assert sum(reservation.live(shop.now) for reservation in shop.store.rows[RESERVATIONS.number].values()) == 5  # type: ignore[attr-defined]  # rows of one type
    shop.do(PartnerBack(id=shop.id(), partner=warehouse(0)))
    shop.until(HOUR)
    assert asked(shop) == [(1, 4), (0, 1)]
    (decided,) = shop.sent(FallbackDecided)
    assert isinstance(decided, FallbackDecided) and decided.reason == REROUTED


def test_an_order_that_is_cancelled_while_its_request_waits_is_not_moved():
    shop = rerouting()
    shop.submit(7, (ITEM, 5))
    shop.do(CancelOrder(id=shop.id(), case=7))
    assert header(shop.order(7)) is Header.CANCELLED, "no warehouse has to be asked"
    shop.until(HOUR)
    assert (committed(shop), asked(shop)) == ([0, 0], [])
