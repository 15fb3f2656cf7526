"""People who do by hand what an interface cannot: in which order, with whom, and what is given back."""

from actors.by_hand import ByHand
from actors.ground import Ground
from actors.presence import Detour
from actors.unwatched import Unwatched
from twin.kernel.recorder import Recorder
from twin.kernel.station import Station
from twin.kernel.timeline import Timeline
from twin.model.events import OrdersAsked
from twin.model.instant import MINUTE, Elapsed
from twin.model.message import Event, Message


class Portal:
    """One person, ten minutes a thing; what it is about (`since`) is also when it is due."""

    def __init__(self, *, others_busy: Elapsed = 0) -> None:
        self.timeline = Timeline()
        desk = Station(self.timeline, "team", 1, 10)
        if others_busy:
            desk.offer(others_busy, lambda _: None, None)
        self.done: list[tuple[int, int]] = []
        self.back: list[int] = []
        ground = Ground(self.timeline, 0, 0, Recorder(None), Unwatched())
        self.people = ByHand(
            ground,
            "portal",
            desk=desk,
            people=1,
            touch=lambda identity, attempt: 10 * MINUTE,
            due=_since,
            does=lambda event: None,
            done=self._carried_out,
            given_back=self._given_back,
        )

    def ask(self, *dues: int) -> None:
        for due in dues:
            self.people.submit(OrdersAsked(id=due, channel=0, since=due))

    def _carried_out(self, event: Event, answer: Message | None) -> None:
        self.done.append((self.timeline.now // MINUTE, event.id))

    def _given_back(self, event: Event, _: Elapsed | None) -> bool:
        self.back.append(event.id)
        return True


def _since(event: Event) -> Elapsed:
    assert isinstance(event, OrdersAsked)
    return event.since


def test_what_is_due_first_is_done_first_and_nobody_has_two_things_in_hand():
    portal = Portal()
    portal.ask(5, 9, 2, 7)
    portal.timeline.run(until=60 * MINUTE)
    assert portal.done == [(10, 5), (20, 2), (30, 7), (40, 9)], "the first had been begun"
    assert portal.people.worked_us == 40 * MINUTE


def test_people_who_have_other_work_come_to_it_afterwards():
    portal = Portal(others_busy=30 * MINUTE)
    portal.ask(1)
    portal.timeline.run(until=60 * MINUTE)
    assert portal.done == [(40, 1)]


def test_what_nobody_has_begun_is_given_back_and_what_somebody_has_is_finished():
    portal = Portal()
    portal.ask(5, 9, 2)
    portal.timeline.run(until=5 * MINUTE)
    portal.people.turn(False)
    portal.timeline.run(until=60 * MINUTE)
    assert portal.done == [(10, 5)]
    assert portal.back == [2, 9]


class Route:
    """A client that keeps what it was given."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.had: list[int] = []

    def submit(self, event: Event) -> None:
        self.had.append(event.id)


def test_while_a_partner_is_away_the_other_way_is_taken_also_by_what_the_usual_one_could_not_deliver():
    usual, other = Route("usual"), Route("other")
    way = Detour(usual, other)
    asked = [OrdersAsked(id=n, channel=0, since=0) for n in range(4)]
    way.submit(asked[0])
    assert not way.moved(asked[0], None), "it stays where it was"
    way.turn(True)
    way.submit(asked[1])
    assert way.moved(asked[0], None)
    way.turn(False)
    way.submit(asked[2])
    assert (usual.had, other.had, way.taken) == ([0, 2], [1, 0], 2)
