"""Operators: the people who work the exception queues by runbook, one item at a time, in their hours.

They are few, so an item waits for a person, over night if need be. At the end of its touch time the person does what
the runbook of the item's class ends in: redrive it, park it with the reason, or leave it to what will raise it by
itself. An item that was redriven in vain comes back to them, as often as the routing allows; then it is parked. An item
that was settled meanwhile has cost its touch all the same. An alert takes its place in the same line, and its touch.
"""

from collections.abc import Callable

from actors.ground import Ground, Lag
from actors.transactor import Store
from policies.exceptions import HELD, ExceptionRouting
from twin.kernel.faults import Struck
from twin.kernel.station import Station
from twin.middleware.unit import LETTERS
from twin.model.chance import stream_id
from twin.model.commands import CancelOrder, HoldReleased, ParkLetter, RedriveLetter
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.events import ExceptionOpened
from twin.model.ids import derive
from twin.model.instant import Elapsed
from twin.model.message import Message

_DECIDES = 1
"""Which of an item's derived ids the decision about it has."""
_RULES = 2
"""The same for the decision about an order that was held."""
_ALARMS = stream_id("alarm")
_HOLDS = {code: kind for kind, code in HELD.items()}


class Operators:
    """One team for all queues."""

    def __init__(
        self,
        ground: Ground,
        store: Store,
        routing: ExceptionRouting,
        *,
        desk: Station,
        touch: Lag,
        releases: Callable[[int, int], bool],
        tell: Callable[[Message], None],
    ) -> None:
        self.ground = ground
        self.store = store
        self.routing = routing
        self.desk = desk
        self.touch = touch
        self.releases = releases
        self.tell = tell
        self.worked_us = 0
        """Time spent on items so far, in microseconds."""
        self.turned_away = 0
        """Items beyond the bound of the queue: nobody will look at them."""
        recorder = ground.recorder
        self._party = recorder.party("operators")
        self._touched_kind = recorder.kind("exception.touched")

    def opened(self, event: ExceptionOpened) -> None:
        """An item is open, or open again: it takes its place in the queue."""
        letter = self.store.get(LETTERS, event.letter)
        if letter is None:
            return
        took = self.touch(letter.id, letter.redrives)
        if not self.desk.offer(took, self._touched, (event, took)):
            self.turned_away += 1

    def alarmed(self, number: int) -> None:
        """An alert is raised, the `number`-th of the run: somebody has to look what it is about."""
        took = self.touch(derive(_ALARMS, number), 0)
        if not self.desk.offer(took, self._seen_to, took):
            self.turned_away += 1

    def _seen_to(self, took: Elapsed) -> None:
        self.worked_us += took

    def _touched(self, touched: tuple[ExceptionOpened, Elapsed]) -> None:
        event, took = touched
        ground, id = self.ground, event.letter
        self.worked_us += took
        ground.recorder.note(
            ground.timeline.now, self._touched_kind, self._party, self._party, id, event.id, event.case
        )
        ground.probe.touched(id, event.case)
        letter = self.store.get(LETTERS, id)
        if letter is not None:
            self._by_runbook(letter, event)

    def _by_runbook(self, letter: DeadLetter, event: ExceptionOpened) -> None:
        duty = self.routing.duty(letter.category)
        id, by = derive(event.id, _DECIDES), "operator"
        if letter.kind is LetterKind.NOTICE:
            self._decide(letter, event)
            self.tell(ParkLetter(id=id, cause=event.id, case=letter.case, letter=letter.id, by=by, reason="seen to"))
        elif letter.redrives >= self.routing.redrives_max:
            reason = f"redriven {letter.redrives} times in vain"
            self.tell(ParkLetter(id=id, cause=event.id, case=letter.case, letter=letter.id, by=by, reason=reason))
        elif letter.kind is LetterKind.DELIVERY or duty.action == "redrive":
            self.tell(RedriveLetter(id=id, cause=event.id, case=letter.case, letter=letter.id, by=by))
        elif duty.action == "park":
            self.tell(ParkLetter(id=id, cause=event.id, case=letter.case, letter=letter.id, by=by, reason=duty.runbook))

    def _decide(self, letter: DeadLetter, event: ExceptionOpened) -> None:
        """Let an order that is held go on, or call it off, where the item is about one."""
        kind = _HOLDS.get(letter.code)
        if kind is None:
            return
        id = derive(event.id, _RULES)
        if self.releases(letter.id, 0):
            self.tell(HoldReleased(id=id, cause=event.id, case=letter.case, kind=kind.value))
        else:
            self.tell(CancelOrder(id=id, cause=event.id, case=letter.case))


class TroubledOperators(Struck, Operators):
    """People who choose wrongly while a record (W9) is on: they park what is to be redriven, and redrive the rest."""

    def _by_runbook(self, letter: DeadLetter, event: ExceptionOpened) -> None:
        for armed in self.armed:
            if armed.concerns(event) and armed.strikes(self.ground.timeline.now, event.id, letter.redrives):
                self._wrongly(letter, event)
                return
        super()._by_runbook(letter, event)

    def _wrongly(self, letter: DeadLetter, event: ExceptionOpened) -> None:
        duty = self.routing.duty(letter.category)
        id, by = derive(event.id, _DECIDES), "operator"
        if letter.kind is LetterKind.DELIVERY or duty.action == "redrive" or letter.kind is LetterKind.NOTICE:
            reason = "taken for something else"
            self.tell(ParkLetter(id=id, cause=event.id, case=letter.case, letter=letter.id, by=by, reason=reason))
        else:
            self.tell(RedriveLetter(id=id, cause=event.id, case=letter.case, letter=letter.id, by=by))
