"""The slots of a channel's sender while its stock interface is away, and at its return."""

from policies.channel_fallback import ChannelRefuses
from policies.publication import Governed
from twin.middleware.inventory.publisher import Publisher
from twin.model.commands import ItemQuantity
from twin.model.events import AvailabilityChanged
from twin.model.instant import DAY, MINUTE, SECOND, Elapsed


def sender(refuses: ChannelRefuses | None) -> Publisher:
    """A sender whose channel shows ten of each of four items, and is away from 1 s on."""
    policy = Governed(interval_us=5 * SECOND, max_age_us=DAY, feed_timeout_us=DAY)
    publisher = Publisher(policy, items_per_slot=2, slot_interval=SECOND, ready=lambda: True, refuses=refuses)
    for item in range(4):
        publisher.begin(item, 10, 10, 0)
    publisher.turned(True, SECOND)
    return publisher


def changed(publisher: Publisher, at: Elapsed, **figures: int) -> None:
    rows = tuple([ItemQuantity(int(name[1:]), units) for name, units in figures.items()])
    publisher.changed(AvailabilityChanged(id=0, rows=rows, at=at), at)


def slots(publisher: Publisher, until: Elapsed) -> list[tuple[int, tuple[int, ...]]]:
    """Open every slot up to `until`; return what is taken in each, at which second."""
    taken: list[tuple[int, tuple[int, ...]]] = []
    now: Elapsed = SECOND
    while (due := publisher.slot(now)) is not None and due <= until:
        now = due
        items = publisher.take(now)
        if items:
            taken.append((now // SECOND, items))
    return taken


def test_no_slot_opens_while_the_channel_is_away_and_zeros_go_first_when_it_is_back():
    publisher = sender(ChannelRefuses(use="wait"))
    changed(publisher, 2 * SECOND, i1=9, i2=0, i3=4)
    assert slots(publisher, DAY // 2) == []
    back = 40 * MINUTE
    publisher.turned(False, back)
    assert publisher.slot(back) == back
    assert publisher.take(back) == (2, 3)


def test_by_the_other_way_a_file_goes_no_sooner_than_it_may_and_holds_more_than_a_slot():
    publisher = sender(ChannelRefuses(use="alternate_path", every_us=15 * MINUTE))
    changed(publisher, 2 * SECOND, i1=9, i2=0, i3=4)
    assert slots(publisher, MINUTE) == [(1, (2, 3, 1))]
    changed(publisher, 20 * SECOND, i0=1)
    assert slots(publisher, 10 * MINUTE) == []
    assert slots(publisher, 20 * MINUTE) == [(1 + 15 * 60, (0,))]


def test_people_get_what_must_go_to_zero_and_nothing_else():
    publisher = sender(ChannelRefuses(use="pause_listing", every_us=5 * MINUTE))
    changed(publisher, 2 * SECOND, i1=9, i3=4)
    assert slots(publisher, MINUTE) == []
    changed(publisher, 2 * MINUTE, i2=0)
    assert slots(publisher, 20 * MINUTE) == [(1 + 5 * 60, (2,))]
    publisher.turned(False, 30 * MINUTE)
    assert publisher.take(30 * MINUTE) == (3, 1), "the others have waited"


def test_a_sender_that_is_taken_up_again_knows_that_its_channel_is_away():
    first = sender(ChannelRefuses(use="wait"))
    changed(first, 2 * SECOND, i1=0)
    second = sender(None)
    second.resume(first.state())
    assert second.slot(MINUTE) is None
