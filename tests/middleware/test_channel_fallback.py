"""Channels that take no figures, and channels from which no orders come: what is told meanwhile, and after."""

from policies.channel_fallback import BY_FILE, BY_HAND, ChannelRefuses, FeedSilent
from policies.fallback import Fallbacks
from policies.silence import Silence
from tests.middleware.shop import Shop, rules
from twin.middleware.inventory.silence import CHUNK
from twin.middleware.unit import SHOWN, Outcome
from twin.model.commands import EvaluatePublication, PartnerBack, PartnerSilent, PublicationAnswered
from twin.model.events import AvailabilityChanged, FallbackDecided, OrdersAsked, PublishStock
from twin.model.fallback import order_feed, stock_interface
from twin.model.instant import HOUR, MINUTE
from twin.model.order import LinePolicy
from twin.model.publication import Shown, shown_key

ITEM, OTHER = 1, 2


def refusing(use: str) -> Shop:
    """A shop whose one channel shows five of two items, of which none of the first are left, and does not answer."""
    refuses = ChannelRefuses(use=use)  # type: ignore[arg-type]  # a test's shorthand
    shop = Shop(rules(fallbacks=Fallbacks(stock=refuses)))
    shop.item(ITEM, 0)
    shop.item(OTHER, 3)
    for item in (ITEM, OTHER):
        shop.store.rows[SHOWN.number][shown_key(0, item)] = Shown(5, 0, 0, 5, 0)
    shop.do(PartnerSilent(id=shop.id(), partner=stock_interface(0), since=0))
    return shop


def told(shop: Shop) -> list[tuple[tuple[int, int], ...]]:
    """What has been pushed so far."""
    pushes = [event for event in shop.out if isinstance(event, PublishStock)]
    return [tuple([(row.item, row.quantity) for row in push.rows]) for push in pushes]


def decided(shop: Shop) -> list[str]:
    return [event.reason for event in shop.out if isinstance(event, FallbackDecided)]


def evaluate(shop: Shop) -> Outcome:
    return shop.do(EvaluatePublication(id=shop.id(), channel=0, items=(ITEM, OTHER)))


def test_a_channel_that_does_not_answer_is_sent_nothing_and_nothing_is_stored_for_it():
    shop = refusing("wait")
    assert evaluate(shop) is Outcome.NOOP
    assert (told(shop), decided(shop)) == ([], [])
    shop.do(PartnerBack(id=shop.id(), partner=stock_interface(0)))
    evaluate(shop)
    assert told(shop) == [((ITEM, 0),), ((OTHER, 3),)], "one call an item, as ever, with the values of now"


def test_by_the_other_way_all_figures_go_in_one_file_which_says_so():
    shop = refusing("alternate_path")
    evaluate(shop)
    assert told(shop) == [((ITEM, 0), (OTHER, 3))]
    assert decided(shop) == [BY_FILE]


def test_people_are_asked_for_what_must_go_to_zero_alone_and_their_answer_is_one_like_any_other():
    shop = refusing("pause_listing")
    evaluate(shop)
    assert told(shop) == [((ITEM, 0),)]
    assert decided(shop) == [BY_HAND]
    shop.do(PublicationAnswered(id=shop.id(), channel=0, sequence=1, items=(ITEM,)))
    assert shop.store.get(SHOWN, shown_key(0, ITEM)) == Shown(0, 0, 1, 0, 0)
    evaluate(shop)
    assert told(shop) == [((ITEM, 0),)], "it is paused; the other one stays dirty until the interface is back"


def silent_feed(*, stale_after_us: int = 2 * HOUR, **more: object) -> Shop:
    """A shop with two channels on one pool of a hundred, of which the first has sold and is not heard any more."""
    feed = FeedSilent(silence=Silence(after_us=20 * MINUTE), stale_after_us=stale_after_us, **more)  # type: ignore[arg-type]  # a test's shorthand
    both = (LinePolicy.BACKORDER, LinePolicy.BACKORDER)
    shop = Shop(rules(both, fallbacks=Fallbacks(feed=feed), rate_half_life_us=HOUR))
    shop.item(ITEM, 100)
    for n in range(8):
        shop.until(n * 5 * MINUTE)
        shop.submit(100 + n, (ITEM, 2))
    return shop


def figures(shop: Shop) -> tuple[int, int]:
    """What both channels are told now."""
    shown = []
    for channel in (0, 1):
        shop.do(EvaluatePublication(id=shop.id(), channel=channel, items=(ITEM,)))
        pushes = [event for event in shop.out if isinstance(event, PublishStock) and event.channel == channel]
        shown.append(pushes[-1].rows[0].quantity)
    return shown[0], shown[1]


def test_what_a_silent_channel_may_have_sold_is_kept_from_every_channel_and_grows():
    shop = silent_feed()
    assert figures(shop) == (84, 84)
    since = shop.now
    shop.do(PartnerSilent(id=shop.id(), partner=order_feed(0), since=since))
    before = 84
    for minutes in (20, 40, 80):
        shop.until(since + minutes * MINUTE)
        mine, others = figures(shop)
        assert mine == others < before
        before = others


def test_a_channel_that_is_silent_for_too_long_is_shown_nothing_and_sells_no_more():
    shop = silent_feed(stale_after_us=HOUR)
    since = shop.now
    shop.do(PartnerSilent(id=shop.id(), partner=order_feed(0), since=since))
    shop.until(since + HOUR - 1)
    assert figures(shop)[0] > 0
    shop.until(since + HOUR)
    mine, others = figures(shop)
    assert (mine, others > 0) == (0, True)
    shop.until(since + 3 * HOUR)
    assert figures(shop) == (0, others), "what it may have sold grows no more"


def test_an_order_that_comes_is_promised_from_the_ledger_whoever_is_silent():
    shop = silent_feed()
    shop.do(PartnerSilent(id=shop.id(), partner=order_feed(0), since=0))
    assert shop.submit(9, (ITEM, 84), channel=1) is Outcome.ACCEPTED


def test_a_channel_that_is_heard_again_is_asked_for_its_orders_from_before_the_silence_on():
    shop = silent_feed(overlap_us=10 * MINUTE)
    shop.do(PartnerSilent(id=shop.id(), partner=order_feed(0), since=30 * MINUTE))
    shop.until(2 * HOUR)
    shop.do(PartnerBack(id=shop.id(), partner=order_feed(0)))
    (asked,) = shop.sent(OrdersAsked)
    assert isinstance(asked, OrdersAsked)
    assert (asked.channel, asked.since) == (0, 20 * MINUTE)
    assert shop.submit(103, (ITEM, 2)) is Outcome.DUPLICATE, "what came before the silence comes again, and is known"


def test_all_figures_are_marked_at_every_review_and_the_reviews_end_with_the_silence():
    shop = silent_feed(review_us=30 * MINUTE)
    for item in range(CHUNK + 3):
        shop.item(item, 5)
    shop.out.clear()
    since = shop.now
    shop.do(PartnerSilent(id=shop.id(), partner=order_feed(0), since=since))
    shop.until(since + 45 * MINUTE)
    marked = [event for event in shop.sent(AvailabilityChanged) if isinstance(event, AvailabilityChanged)]
    assert [len(event.rows) for event in marked] == [CHUNK, 3, CHUNK, 3]
    assert all(event.marked for event in marked)
    shop.do(PartnerBack(id=shop.id(), partner=order_feed(0)))
    shop.until(since + 24 * HOUR)
    assert shop.store.timers == {}


def test_a_fallback_that_is_for_one_channel_says_nothing_of_another():
    shop = Shop(rules(fallbacks=Fallbacks(stock=ChannelRefuses(channels=(1,)))))
    shop.item(ITEM, 3)
    assert shop.do(PartnerSilent(id=shop.id(), partner=stock_interface(0), since=0)) is Outcome.NOOP
    assert shop.do(PartnerSilent(id=shop.id(), partner=stock_interface(1), since=0)) is Outcome.APPLIED
