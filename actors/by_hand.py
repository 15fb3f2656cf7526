"""What people do by hand where a partner's interface is away: at its portal, by phone, by e-mail.

They are the operators, with their hours and their other work, and each has one thing in hand at a time. What is due
first is taken first, whatever came first; what has not been begun when the interface is back is given back to whoever
asked for it. The answer of a person is an answer like that of an interface, and meets the same guards.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from actors.ground import Ground, Lag
from twin.kernel.station import Station
from twin.model.instant import Elapsed
from twin.model.message import Event, Message


class ByHand:
    """One kind of work, done by the operators.

    `does` carries an event out and returns the partner's answer; `due` says until when it should be (elapsed). `done`
    hears of what was carried out, `given_back` of what is not any more to be, and where it returns False the event
    stays.
    """

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        desk: Station,
        people: int,
        touch: Lag,
        due: Callable[[Event], Elapsed],
        does: Callable[[Event], Message | None],
        done: Callable[[Event, Message | None], None],
        given_back: Callable[[Event, Elapsed | None], bool],
    ) -> None:
        self.ground = ground
        self.name = name
        self.desk = desk
        self.people = people
        self.touch = touch
        self.due = due
        self.does = does
        self.done = done
        self.given_back = given_back
        self.worked_us = 0
        self.in_hand: dict[int, Event] = {}
        self._waiting: list[tuple[Elapsed, int, Event]] = []
        recorder = ground.recorder
        self._party = recorder.party("operators")
        self._did = recorder.kind("by_hand.done")

    def submit(self, event: Event) -> None:
        """Ask for one thing to be done."""
        heappush(self._waiting, (self.due(event), event.id, event))
        self._next()

    @property
    def idle(self) -> bool:
        """Always: a list of things to do has no bound that pushes back."""
        return True

    def to_do(self) -> list[Event]:
        """Return what has been asked for and is not done."""
        return [*self.in_hand.values(), *(event for _, _, event in self._waiting)]

    def turn(self, away: bool) -> None:
        """The interface is away, or back: then what nobody has begun is given back, in a moment."""
        if not away:
            self.ground.timeline.call_in(1, self._give_back, None)

    def _give_back(self, _: None) -> None:
        waiting, self._waiting = sorted(self._waiting, key=lambda each: each[:2]), []
        self._waiting = [each for each in waiting if not self.given_back(each[2], None)]
        heapify(self._waiting)

    def _next(self) -> None:
        while self._waiting and len(self.in_hand) < self.people:
            _, id, event = heappop(self._waiting)
            self.in_hand[id] = event
            took = self.touch(id, 0)
            if not self.desk.offer(took, self._carried_out, (event, took)):
                del self.in_hand[id]
                self.given_back(event, None)

    def _carried_out(self, done: tuple[Event, Elapsed]) -> None:
        event, took = done
        self.worked_us += took
        del self.in_hand[event.id]
        ground = self.ground
        ground.recorder.note(
            ground.timeline.now, self._did, self._party, self._party, event.id, event.cause, event.case
        )
        ground.probe.touched(event.id, event.case)
        self.done(event, self.does(event))
        self._next()
