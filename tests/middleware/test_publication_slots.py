"""What a channel is told and when: the publisher's slots around the procedures that compute and acknowledge values."""

import pytest

from actors.transactor import Direct, Store
from policies.publication import EveryEvent, Governed
from policies.ruleset import ChannelTerms, PublicationPolicy, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.inventory.publication import evaluate_publication, publication_answered
from twin.middleware.inventory.publisher import Publisher
from twin.middleware.unit import ITEMS, LETTERS, SHOWN
from twin.model.commands import EvaluatePublication, ItemQuantity, PublicationAnswered
from twin.model.dead_letter import DeadLetter
from twin.model.events import AvailabilityChanged, ExceptionOpened, PublishStock
from twin.model.instant import DAY, SECOND, Now
from twin.model.message import Event
from twin.model.publication import Shown, shown_key
from twin.model.stock import ItemStock, Position

ITEM = 1


class OneChannel:
    """A channel's publisher over a store that holds one item, told `shown` at 0; times in seconds."""

    def __init__(self, policy: PublicationPolicy, shown: int) -> None:
        terms = ChannelTerms(homes=((Site(0, 0, 0, 0),),), publication=policy)
        self.rules = RuleSet(availability=ChannelAvailability(channels=(ChannelRule(),)), channels=(terms,))
        self.store = Store()
        self.publisher = Publisher(policy, items_per_slot=100, slot_interval=SECOND, ready=lambda: True)
        self.publisher.begin(ITEM, shown, shown, 0)
        self.store.rows[ITEMS.number][ITEM] = ItemStock(ITEM, (Position(shown),))
        self.store.rows[SHOWN.number][shown_key(0, ITEM)] = Shown(shown, 0)
        self.told: list[Event] = []
        self._messages = 0

    @property
    def shown(self) -> int:
        row = self.store.get(SHOWN, shown_key(0, ITEM))
        assert row is not None
        return row.value

    def becomes(self, value: int, at: int) -> list[tuple[int, int]]:
        """Stock is `value` now; return the (time, value) of what is told at once."""
        self.store.rows[ITEMS.number][ITEM] = ItemStock(ITEM, (Position(value),), changed_at=at * SECOND)
        event = AvailabilityChanged(id=0, rows=(ItemQuantity(ITEM, value),), at=at * SECOND)
        items = self.publisher.changed(event, at * SECOND)
        return [(at, push.rows[0].quantity) for push in self.evaluate(items, at)] if items else []

    def slots(self, until: int) -> list[tuple[int, PublishStock]]:
        """Open every slot up to `until`; return what is pushed in each."""
        pushed = []
        now = 0
        while (due := self.publisher.slot(now)) is not None and due <= until * SECOND:
            now = due
            items = self.publisher.take(now)
            pushed += [(now // SECOND, push) for push in self.evaluate(items, now // SECOND)] if items else []
        return pushed

    def evaluate(self, items: tuple[int, ...], at: int) -> list[PublishStock]:
        unit, publisher = Direct(self.store), self.publisher
        message = EvaluatePublication(
            id=self._next(), channel=0, items=items, wait_us=publisher.wait_us, lag_us=publisher.alarm()
        )
        evaluate_publication(message, Now(at * SECOND, at * SECOND), self.rules, unit)
        unit.commit()
        self.told += unit.events
        pushes = [event for event in unit.events if isinstance(event, PublishStock)]
        self.publisher.evaluated(items, pushes, at * SECOND)
        return pushes

    def answer(self, push: PublishStock, at: int) -> None:
        unit = Direct(self.store)
        items = tuple([row.item for row in push.rows])
        message = PublicationAnswered(id=self._next(), channel=0, sequence=push.sequence, items=items)
        publication_answered(message, Now(at * SECOND, at * SECOND), self.rules, unit)
        unit.commit()
        self.publisher.answered(message, at * SECOND)

    def refuse(self, push: PublishStock, at: int) -> None:
        unit = Direct(self.store)
        message = PublicationAnswered(id=self._next(), channel=0, sequence=push.sequence, items=(), refused=(ITEM,))
        publication_answered(message, Now(at * SECOND, at * SECOND), self.rules, unit)
        unit.commit()
        self.publisher.answered(message, at * SECOND)

    def _next(self) -> int:
        self._messages += 1
        return self._messages * 1000


def governed(**settings: int) -> Governed:
    return Governed(interval_us=10 * SECOND, max_age_us=DAY, **settings)


@pytest.mark.vector(
    "V96", rule="19", code="twin.middleware.inventory.publisher.Publisher.changed", scenario="first_day"
)
def test_v96_a_value_that_is_back_is_not_sent_and_raw_events_send_each() -> None:
    """V96, computed: shown 50; 49, 48 and 50 at 1, 2 and 3 s; a slot at 10."""
    channel = OneChannel(governed(linger_us=10 * SECOND), 50)
    for at, value in ((1, 49), (2, 48), (3, 50)):
        assert channel.becomes(value, at) == []
    assert channel.slots(until=60) == []
    raw = OneChannel(EveryEvent(), 50)
    told = [call for at, value in ((1, 49), (2, 48), (3, 50)) for call in raw.becomes(value, at)]
    assert told == [(1, 49), (2, 48), (3, 50)]


@pytest.mark.vector("V97", rule="19", code="twin.middleware.inventory.publisher.Publisher.refused", scenario="oversell")
@pytest.mark.parametrize("later", [2, 5])
def test_v97_a_refused_push_is_forgotten_and_the_value_of_then_is_sent(later: int) -> None:
    """V97, computed: 5 at 0 is refused for 30 s; v becomes 2 at 12 (or stays 5, which must be sent all the same)."""
    channel = OneChannel(governed(), 9)
    channel.becomes(5, 0)
    ((_, push),) = channel.slots(until=0)
    channel.publisher.refused(push, 0, 30 * SECOND)
    channel.becomes(later, 12)
    ((sent_at, again),) = channel.slots(until=200)
    assert (sent_at, again.rows[0].quantity) == (30, later)
    assert again.sequence > push.sequence


@pytest.mark.vector(
    "V98", rule="19", code="twin.middleware.inventory.publication.publication_answered", scenario="first_day"
)
def test_v98_only_the_answer_to_the_highest_sequence_counts() -> None:
    """V98, computed: 5 sent at 0 without an answer; at 60, the feed's timeout, v = 4; then both are answered."""
    channel = OneChannel(governed(feed_timeout_us=60 * SECOND), 9)
    channel.becomes(5, 0)
    ((_, first),) = channel.slots(until=0)
    channel.becomes(4, 30)
    ((sent_at, second),) = channel.slots(until=100)
    assert (sent_at, second.rows[0].quantity, second.sequence > first.sequence) == (60, 4, True)
    channel.answer(first, 70)
    assert channel.shown == 9
    channel.answer(second, 75)
    assert channel.shown == 4


@pytest.mark.vector(
    "V98", rule="19", code="twin.middleware.inventory.publication.publication_answered", scenario="first_day"
)
@pytest.mark.parametrize("newest", [True, False])
def test_v98_an_item_that_the_channel_refuses_for_good_is_for_a_person_and_is_not_sent_again(newest: bool) -> None:
    """As V98: of two pushes only the refusal of the newer one counts; the next change is sent as ever."""
    channel = OneChannel(governed(feed_timeout_us=60 * SECOND), 9)
    channel.becomes(5, 0)
    ((_, first),) = channel.slots(until=0)
    ((_, second),) = channel.slots(until=100)
    channel.refuse(second if newest else first, 101)
    letters = [letter for letter in channel.store.rows[LETTERS.number].values() if isinstance(letter, DeadLetter)]
    assert [(letter.code, letter.owner) for letter in letters] == [("LISTING_REFUSED", "master data")] * newest
    assert channel.shown == 9
    assert [at for at, _ in channel.slots(until=300)] == ([] if newest else [120, 180, 240, 300])
    channel.becomes(4, 310)
    assert channel.slots(until=370)[0][1].rows[0].quantity == 4


@pytest.mark.vector("V99", rule="19", code="twin.middleware.inventory.publisher.Publisher.take", scenario="edi_trouble")
def test_v99_a_backlog_that_takes_too_long_is_an_open_item_of_the_platform() -> None:
    """As V99: 400 keys, one in 10 s, none older than 1,000 s; somebody sees it, once while it is open."""
    channel = OneChannel(Governed(interval_us=10 * SECOND, max_age_us=1000 * SECOND, max_items=1), 9)
    for item in range(400):
        channel.store.rows[ITEMS.number][item] = ItemStock(item, (Position(9),))
        channel.publisher.begin(item, 9, 9, 0)
    rows = tuple([ItemQuantity(item, 5) for item in range(400)])
    channel.publisher.changed(AvailabilityChanged(id=0, rows=rows, at=0), 999 * SECOND)
    channel.slots(until=3100)
    (letter,) = channel.store.rows[LETTERS.number].values()
    assert isinstance(letter, DeadLetter)
    assert (letter.code, letter.category, letter.owner) == ("PUBLICATION_LAG", "THROTTLED", "platform")
    assert letter.attempts > 1
    opened = [event for event in channel.told if isinstance(event, ExceptionOpened)]
    assert [event.code for event in opened] == ["PUBLICATION_LAG"]
    assert channel.publisher.min_change > 1


def test_how_long_most_keys_wait_is_known_after_a_hundred() -> None:
    """Ten keys change at once, ten times, and one goes out each second: one in ten waits 9 s, the longest."""
    channel = OneChannel(Governed(interval_us=SECOND, max_age_us=DAY, max_items=1), 9)
    for round in range(10):
        rows = tuple([ItemQuantity(item, 20 + round) for item in range(10)])
        for item in range(10):
            channel.store.rows[ITEMS.number][item] = ItemStock(item, (Position(20 + round),))
            channel.publisher.begin(item, 9, 9, round * 100 * SECOND)
        assert channel.publisher.wait_us == 0
        channel.publisher.changed(AvailabilityChanged(id=0, rows=rows, at=0), round * 100 * SECOND)
        for at, push in channel.slots(until=round * 100 + 50):
            channel.answer(push, at)
    assert channel.publisher.wait_us == 9 * SECOND


def test_a_push_that_nobody_answered_is_sent_again_though_the_value_is_the_same() -> None:
    channel = OneChannel(governed(feed_timeout_us=60 * SECOND), 9)
    channel.becomes(5, 0)
    ((_, lost),) = channel.slots(until=0)
    ((sent_at, again),) = channel.slots(until=100)
    assert (sent_at, again.rows[0].quantity, again.sequence) == (60, 5, lost.sequence + 1)
