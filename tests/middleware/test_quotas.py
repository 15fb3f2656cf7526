"""Quotas in the procedures: what a channel's orders may have, and how quotas are granted anew."""

from dataclasses import replace

from policies.quotas import QuotaRule, Quotas
from tests.middleware.shop import Shop, rules
from twin.middleware.inventory.quotas import opened, renewals
from twin.middleware.unit import ITEMS, Outcome
from twin.model.events import AvailabilityChanged, OrderAnswered
from twin.model.instant import HOUR
from twin.model.order import LinePolicy
from twin.model.stock import ItemStock, Position

WEB, B2B = 0, 1
QUOTAS = Quotas((QuotaRule(B2B, units=4),), HOUR)


def shop(*, soft: bool = False, sellable: int = 10) -> Shop:
    """Two channels on a pool of one item, of which four units are kept for the second."""
    plain = rules((LinePolicy.BACKORDER, LinePolicy.BACKORDER), quotas=QUOTAS)
    made = Shop(replace(plain, availability=replace(plain.availability, soft_quotas=soft)))
    made.store.rows[ITEMS.number][1] = opened(ItemStock(1, (Position(sellable),)), made.rules)
    for due, message in renewals(made.rules, (1,)):
        made.store.timers[message.id] = (due, message)
    return made


def test_an_order_is_promised_all_but_what_another_channels_firm_quota_protects() -> None:
    made = shop()
    made.submit(7, (1, 10), channel=WEB)
    assert made.order(7).lines[0].allocated == 6
    (answer,) = made.sent(OrderAnswered)
    assert isinstance(answer, OrderAnswered) and answer.short[0].quantity == 4


def test_a_soft_quota_bounds_what_is_published_and_not_what_is_promised() -> None:
    made = shop(soft=True)
    assert made.rules.availability.value(made.stock(1), (10,), WEB, 0) == 6
    made.submit(7, (1, 10), channel=WEB)
    assert made.order(7).lines[0].allocated == 10


def test_a_grant_draws_the_channels_quota_and_the_next_one_is_whole_again() -> None:
    made = shop()
    made.submit(7, (1, 3), channel=B2B)
    assert made.stock(1).quotas[0].consumed == 3
    made.until(HOUR)
    assert (made.stock(1).quotas[0].granted, made.stock(1).quotas[0].consumed) == (4, 0)
    assert made.stock(1).quotas[0].expires_at == 2 * HOUR


def test_granting_anew_marks_the_keys_although_nothing_came_free() -> None:
    made = shop()
    made.until(HOUR)
    changed = [event for event in made.sent(AvailabilityChanged) if isinstance(event, AvailabilityChanged)]
    assert [(event.marked, event.rows[0].quantity) for event in changed] == [(True, 10)]


def test_between_expiry_and_the_next_grant_nothing_is_protected() -> None:
    made = shop()
    made.now = HOUR
    made.store.timers.clear()
    assert made.submit(7, (1, 10), channel=WEB) is Outcome.ACCEPTED
    assert made.order(7).lines[0].allocated == 10
