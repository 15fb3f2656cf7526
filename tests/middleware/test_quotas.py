"""Quotas in the procedures: what a channel's orders may have, and how quotas are granted anew."""

from dataclasses import replace

from policies.allocation import FairShare
from policies.backorder import BackorderRun, Strategy
from policies.quotas import QuotaRule, Quotas
from tests.middleware.shop import Shop, rules
from twin.middleware.inventory.quotas import opened, renewals
from twin.middleware.unit import ITEMS, Outcome
from twin.model.commands import CancelOrder, LineQuantity, ReleaseCancelled, WarehouseShort
from twin.model.events import AvailabilityChanged, OrderAnswered, ReleaseToWarehouse
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


def allocated(made: Shop, order: int) -> int:
    return made.order(order).lines[0].allocated


def test_what_comes_free_for_who_waits_leaves_other_channels_quotas_whole() -> None:
    """Nothing there, 8 and 4 units wait; 10 come, of which 4 are the dealers' own: 6 and 4, not 8 and 2."""
    made = shop(sellable=0)
    made.submit(7, (1, 8), channel=WEB)
    made.submit(8, (1, 4), channel=B2B)
    made.receive(1, 10)
    assert (allocated(made, 7), allocated(made, 8)) == (6, 4)


def test_with_soft_quotas_what_comes_free_goes_by_the_run_alone() -> None:
    made = shop(soft=True, sellable=0)
    made.submit(7, (1, 8), channel=WEB)
    made.submit(8, (1, 4), channel=B2B)
    made.receive(1, 10)
    assert (allocated(made, 7), allocated(made, 8)) == (8, 2)


def test_a_run_that_must_win_what_a_quota_protects_changes_nothing() -> None:
    plain = rules((LinePolicy.BACKORDER, LinePolicy.BACKORDER), quotas=QUOTAS, backorders=BackorderRun(Strategy.WIN))
    made = Shop(plain)
    made.store.rows[ITEMS.number][1] = opened(ItemStock(1, (Position(0),)), made.rules)
    made.submit(7, (1, 8), channel=WEB)
    made.receive(1, 10)
    assert allocated(made, 7) == 0


def test_units_found_elsewhere_for_a_short_line_are_bounded_and_draw_once() -> None:
    """Six of ten are claimed for the web shop and four are the dealers'; the warehouse lacks two of each."""
    made = shop()
    made.submit(7, (1, 6), channel=WEB)
    (told,) = made.sent(ReleaseToWarehouse)
    assert isinstance(told, ReleaseToWarehouse)
    short = (LineQuantity(1, 2),)
    made.do(WarehouseShort(id=made.id(), case=7, release=told.release, site=0, lines=short))
    assert (allocated(made, 7), made.order(7).lines[0].backordered) == (6, 0), "the two released units are shared again"
    made.submit(8, (1, 4), channel=B2B)
    (_, _, dealers) = made.sent(ReleaseToWarehouse)
    assert isinstance(dealers, ReleaseToWarehouse)
    made.do(WarehouseShort(id=made.id(), case=8, release=dealers.release, site=0, lines=short))
    assert made.stock(1).quotas[0].consumed == 4, "what is claimed anew is not drawn twice"


def test_what_an_order_lets_go_of_goes_back_to_its_quota_the_shared_part_first() -> None:
    made = shop()
    made.submit(7, (1, 6), channel=B2B)
    assert (made.stock(1).quotas[0].consumed, made.stock(1).quotas[0].beyond) == (4, 2)
    made.submit(8, (1, 1), channel=B2B)
    made.do(CancelOrder(id=made.id(), case=8))
    (_, told) = made.sent(ReleaseToWarehouse)
    assert isinstance(told, ReleaseToWarehouse)
    made.do(ReleaseCancelled(id=made.id(), case=8, release=told.release, site=0, lines=(LineQuantity(1, 1),)))
    assert (made.stock(1).quotas[0].consumed, made.stock(1).quotas[0].beyond) == (4, 2)


def test_a_line_that_ships_complete_is_passed_over_by_a_fair_share_too() -> None:
    """Seven come for a whole five and for four: shared out it would be four and three."""
    plain = rules((LinePolicy.BACKORDER, LinePolicy.SHIP_COMPLETE), backorders=FairShare())
    made = Shop(plain)
    made.item(1, 0)
    made.submit(7, (1, 5), channel=B2B)
    made.submit(8, (1, 4), channel=WEB)
    made.receive(1, 7)
    assert (allocated(made, 7), allocated(made, 8)) == (0, 4)
