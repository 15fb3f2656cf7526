"""A warehouse that is back from a silence: which items it is asked to count, and when."""

from policies.fallback import Fallbacks, WmsSilent
from tests.middleware.shop import Shop, rules
from twin.middleware.inventory.silence import CHUNK
from twin.middleware.unit import BEFORE_SILENCE
from twin.model.commands import PartnerBack, PartnerSilent
from twin.model.events import CountAsked
from twin.model.fallback import warehouse
from twin.model.instant import HOUR, MINUTE


def silent(count_above: int | None = 5) -> Shop:
    """Two sites with ten pieces of more items than one transaction looks at, of which the first falls silent."""
    wms = WmsSilent(publish="zero", count_above=count_above, settle_us=15 * MINUTE)
    shop = Shop(rules(sites=2, fallbacks=Fallbacks(wms=wms)))
    for item in range(CHUNK + 3):
        shop.item(item, 10, 10)
    shop.do(PartnerSilent(id=shop.id(), partner=warehouse(0), since=0))
    return shop


def back(shop: Shop) -> None:
    shop.do(PartnerBack(id=shop.id(), partner=warehouse(0)))


def asked(shop: Shop) -> list[tuple[int, ...]]:
    return [event.items for event in shop.out if isinstance(event, CountAsked)]


def test_what_moved_by_more_than_was_said_is_counted_once_its_facts_have_come():
    shop = silent()
    shop.until(HOUR)
    back(shop)
    shop.receive(2, 6)
    shop.receive(3, 5)
    shop.receive(CHUNK + 1, 7)
    shop.receive(4, 9, site=1)
    shop.until(HOUR + 15 * MINUTE - 1)
    assert asked(shop) == []
    shop.until(HOUR + 15 * MINUTE)
    assert asked(shop) == [(2,), (CHUNK + 1,)], "not what moved little, nor what moved elsewhere"
    assert not shop.store.rows[BEFORE_SILENCE.number]
    shop.until(24 * HOUR)
    assert shop.store.timers == {}


def test_a_warehouse_that_falls_silent_again_is_asked_after_the_second_silence_about_both():
    shop = silent()
    shop.until(HOUR)
    back(shop)
    shop.receive(2, 4)
    shop.do(PartnerSilent(id=shop.id(), partner=warehouse(0), since=shop.now))
    shop.until(2 * HOUR)
    assert asked(shop) == []
    back(shop)
    shop.receive(2, 4)
    shop.until(3 * HOUR)
    assert asked(shop) == [(2,)]


def test_nothing_is_remembered_where_nothing_is_to_be_counted():
    shop = silent(count_above=None)
    back(shop)
    shop.receive(2, 60)
    shop.until(24 * HOUR)
    assert asked(shop) == []
    assert not shop.store.rows[BEFORE_SILENCE.number]
