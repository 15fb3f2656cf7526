"""Answers to trading partners while their gateway is away: who takes them over, when, and under which number."""

from dataclasses import replace

import pytest

from policies.document_fallback import TYPED, DocumentsAway
from policies.fallback import Fallbacks
from policies.ruleset import ChannelTerms
from policies.sources import Promise, SourceRules
from tests.middleware.shop import HOME, Shop, rules
from twin.middleware.unit import Outcome
from twin.model import wire
from twin.model.commands import PartnerBack, PartnerSilent
from twin.model.events import DocumentByHand, FallbackDecided, OrderAnswered
from twin.model.fallback import documents
from twin.model.instant import HOUR, MINUTE, Elapsed

ITEM = 1


def partner(use: str, *, answered_within: Elapsed = 3 * HOUR) -> Shop:
    """A shop with one partner who wants answers within a time, and people who need an hour."""
    source = SourceRules(kind="edi", promise=Promise(acknowledge_us=answered_within))
    away = DocumentsAway(channels=(0,), use=use, margin_us=HOUR)  # type: ignore[arg-type]  # a test's shorthand
    terms = ChannelTerms(homes=(HOME,), source=source)
    shop = Shop(replace(rules(), channels=(terms,), fallbacks=Fallbacks(documents=away)))
    shop.item(ITEM, 100)
    return shop


def silent(shop: Shop) -> Outcome:
    return shop.do(PartnerSilent(id=shop.id(), partner=documents(0), since=shop.now))


def test_people_are_asked_for_the_very_answer_when_its_deadline_is_near_and_its_gateway_is_away():
    shop = partner("manual")
    shop.submit(7, (ITEM, 2))
    shop.until(30 * MINUTE)
    silent(shop)
    shop.until(2 * HOUR - 1)
    assert shop.sent(DocumentByHand) == []
    shop.until(2 * HOUR)
    (asked,) = shop.sent(DocumentByHand)
    (answer,) = shop.sent(OrderAnswered)
    assert isinstance(asked, DocumentByHand)
    assert (asked.case, asked.channel, asked.deadline) == (7, 0, 3 * HOUR)
    assert wire.decode_outgoing(asked.body) == answer, "it waits in the outbox all the same, under its number"
    (decided,) = shop.sent(FallbackDecided)
    assert isinstance(decided, FallbackDecided) and (decided.reason, decided.case) == (TYPED, 7)


def test_an_answer_that_is_given_late_is_taken_over_at_once():
    shop = partner("manual")
    silent(shop)
    shop.until(150 * MINUTE)
    order = shop.submit(7, (ITEM, 2))
    assert order is Outcome.ACCEPTED
    shop.until(shop.now + 2 * HOUR)
    assert len(shop.sent(DocumentByHand)) == 1


@pytest.mark.parametrize("use", ["wait", "second_route"])
def test_where_nobody_types_no_deadline_is_looked_at(use: str):
    shop = partner(use)
    silent(shop)
    shop.submit(7, (ITEM, 2))
    shop.until(24 * HOUR)
    assert shop.sent(DocumentByHand) == []


def test_nobody_is_asked_where_the_gateway_is_back_or_the_partner_sets_no_deadline():
    back = partner("manual")
    silent(back)
    back.submit(7, (ITEM, 2))
    back.until(HOUR)
    back.do(PartnerBack(id=back.id(), partner=documents(0)))
    patient = partner("manual", answered_within=0)
    silent(patient)
    patient.submit(7, (ITEM, 2))
    for shop in (back, patient):
        shop.until(24 * HOUR)
        assert shop.sent(DocumentByHand) == []
