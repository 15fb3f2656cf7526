"""What goes wrong with messages between their broker and a worker: doubled, held, expired, poisonous, redriven.

The middleware's process asks its `TroubledQueue` at the places named by the methods; without a record of these kinds it
has none. M- and P-numbers are those of the fault catalogue.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from actors.ground import Ground
from actors.transactor import Store
from twin.kernel.faults import Armed, Struck
from twin.middleware.unit import LETTERS
from twin.model.chance import stream_id
from twin.model.commands import RedriveLetter, SubmitOrder
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.ids import derive
from twin.model.instant import MINUTE, SECOND, Elapsed
from twin.model.message import Message

QUEUED: Final = ("M1", "M2", "M3", "M4", "M5", "M8", "M9", "M10", "P7", "P10")
POISONED_TRIES: Final = 5
"""How often a poisonous order is handled before it is given up, unless the record says (assumed)."""
TRIED_AGAIN: Final[Elapsed] = 30 * SECOND
"""When what the full queue of dead letters did not take is tried again: visibility of the broker (published, SQS)."""
SWEPT_EVERY: Final[Elapsed] = 15 * MINUTE
"""When a lost timer is found: sweeps a quarter of an hour apart, assumed."""
_REDRIVE: Final = stream_id("fault/redrive")


class Process(Protocol):
    """What the levers need of the process."""

    ground: Ground
    store: Store
    in_hand: dict[int, Message]

    def receive(self, message: Message) -> None: ...

    def handed(self, message: Message) -> None: ...


class TroubledQueue(Struck):
    """The records that are on, and what they hold."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._held: dict[int, list[Message]] = {}
        """Messages held up by one before them, by key (M8)."""
        self._came: dict[int, Elapsed] = {}
        self._doubled: dict[tuple[str, int], None] = {}
        """Messages that a record has doubled, by its name: the second copy makes no third."""
        self._redrives = 0

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        super().begin(armed)
        if armed.fault.kind == "M5":
            for letter in [*self._open(), *self._open()]:
                armed.took_effect()
                self._redrives += 1
                id = derive(_REDRIVE, self._redrives)
                self.process.receive(RedriveLetter(id=id, case=letter.case, letter=letter.id, by="operator"))

    def _open(self) -> Iterator[DeadLetter]:
        rows = [row for row in self.process.store.rows[LETTERS.number].values() if isinstance(row, DeadLetter)]
        return (row for row in reversed(rows) if row.kind is not LetterKind.NOTICE)

    def _on(self, kind: str, message: Message, attempt: int = 0) -> Iterator[Armed]:
        """Yield the records of a kind that strike a message."""
        for armed in self.armed:
            mine = armed.fault.kind == kind and armed.concerns(message)
            if mine and armed.strikes(self.process.ground.timeline.now, message.id, attempt):
                yield armed

    def _once(self, kind: str, message: Message) -> Iterator[Armed]:
        """Yield the records of a kind that strike a message for the first time."""
        for armed in self.armed:
            if armed.fault.kind == kind and (armed.fault.name, message.id) not in self._doubled:
                self._doubled[(armed.fault.name, message.id)] = None
                if armed.concerns(message) and armed.strikes(self.process.ground.timeline.now, message.id, 0):
                    yield armed

    # --- a message comes

    def holds(self, message: Message) -> bool:
        """Take note of a message that comes; True if it has to wait for one of its key before it (M8)."""
        timeline = self.process.ground.timeline
        self._came[message.id] = timeline.now
        for armed in self._on("M2", message):
            timeline.call_in(int(armed.number("lag", 0.0)), self.process.handed, message)
        line = self._held.get(message.case) if message.case else None
        if line is not None:
            line.append(message)
            return True
        for armed in self._on("M8", message) if message.case else ():
            self._held[message.case] = [message]
            timeline.call_in(int(armed.number("extra", 0.0)), self._let_go, message.case)
            return True
        return False

    def _let_go(self, key: int) -> None:
        for message in self._held.pop(key):
            self.process.handed(message)

    def held(self) -> Iterator[Message]:
        """Yield what is held up."""
        for line in self._held.values():
            yield from line

    def expired(self, message: Message) -> bool:
        """Tell whether a message has waited for too long when its turn comes (M9)."""
        now = self.process.ground.timeline.now
        for armed in self.armed:
            if armed.fault.kind == "M9" and now - self._came.get(message.id, now) > armed.number("extra", 0.0):
                armed.took_effect()
                return True
        return False

    # --- a worker has it

    def taken(self, message: Message) -> None:
        """A worker takes a message: others may get it too (M1), or what the other workers have (M10)."""
        timeline = self.process.ground.timeline
        self._came.pop(message.id, None)
        for armed in self._once("M1", message):
            timeline.call_in(int(armed.number("lag", 0.0)), self.process.handed, message)
        others = [other for other in self.process.in_hand.values() if other is not message]
        for _ in self._once("M10", message) if others else ():
            for other in others:
                timeline.call_in(1, self.process.handed, other)

    def poisons(self, message: Message) -> int:
        """Return how often a message is handled in vain before it is given up (M3); 0: it is wholesome."""
        if isinstance(message, SubmitOrder):
            for armed in self._on("M3", message):
                return int(armed.number("cap", POISONED_TRIES))
        return 0

    def is_full(self) -> bool:
        """Tell whether no further dead letter is taken (M4)."""
        for armed in self.armed:
            if armed.fault.kind == "M4" and sum(1 for _ in self._open()) >= armed.number("cap", 0.0):
                armed.took_effect()
                return True
        return False

    # --- timers

    def doubles(self, message: Message) -> bool:
        """Tell whether a second leader does what was scheduled too (P7)."""
        return any(self._on("P7", message))

    def loses(self, message: Message) -> bool:
        """Tell whether a timer does not go off by itself (P10)."""
        return any(self._on("P10", message))
