"""Feeds a recording to the middleware alone, and watches what it does with it.

Theory of operation. Records are taken in file order, instant by instant: first what chance decided at that instant
becomes known, then each message and answer goes in, after as many signs of the middleware's own life as its `turn`
says. Between instants the middleware does what it does by itself. An event that it sends is looked up among those that
the recording has an answer to (their ids are read once before): an equal one waits for its recorded answer; one that
the recording does not know diverges at once; one with other content diverges when its answer comes; one that the
recording has and the replay did not send diverges then too.

An order that diverged leaves the recording: its later records are skipped, and what is sent about it is taken at once
without a word, so that nothing waits for it; the run goes on. Publications are compared by the figures that each
channel was told of each item, not by event, because one slot more or less renames all that follow: a push meets the
recorded answer to one about the same items, whatever their numbers; one that has no such match is taken at once.

Where a recording has no answers (an imported one), every partner takes every event at once, and says so.

Tried and dropped: comparing row by row after every message, which needs the decisions in the recording.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import msgspec

from actors.tap import state_digest
from actors.transactor import Direct
from twin.middleware.unit import LETTERS, ORDERS, PARKED, STREAMS, Outcome
from twin.model import events, wire
from twin.model.commands import ErpConfirmed, PublicationAnswered, SubmitOrder
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.history import Answer, Closing, Draw, Fact, Header, Pace, Record, Stimulus
from twin.model.ids import derive
from twin.model.instant import SECOND, Elapsed
from twin.model.intake import StreamState
from twin.model.message import Event, Message
from twin.model.order import Order
from twin.playback.alone import Alone
from twin.playback.diverge import REMEMBERED_MAX, Chains, Consequences, Divergence, Kind, Told, items_of
from twin.playback.enact import Enactor
from twin.playback.history import Numbered
from twin.world.scenario import Scenario

AT_ONCE: Elapsed = 1
"""When a partner of whom nothing is recorded takes an event: one microsecond later, after the present work is done."""
PATIENCE: Elapsed = 5 * SECOND
"""How long a push waits for the recorded answer to its match before it is taken."""
Decided = Callable[[Message, Outcome, Direct], None]


class Expected:
    """What a recording has an answer to: ids of events, and digests of pushes; eight bytes each.

    `numbers` has the order's number by its case, as answers to channels tell it.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        ids, pushes = array("q"), array("q")
        self.numbers: dict[int, str] = {}
        for record in records:
            if isinstance(record, Answer):
                request = record.request
                ids.append(request.id)
                if isinstance(request, events.PublishStock):
                    pushes.append(push_digest(request))
                elif isinstance(request, events.OrderAnswered):
                    self.numbers[request.case] = request.number
        self._ids, self._pushes = array("q", sorted(ids)), array("q", sorted(pushes))

    def event(self, id: int) -> bool:
        """Tell whether the recording has an event of that id."""
        return _has(self._ids, id)

    def push(self, event: events.PublishStock) -> bool:
        """Tell whether the recording has a push about the same items to the same channel."""
        return _has(self._pushes, push_digest(event))


def push_digest(event: events.PublishStock) -> int:
    """Return the digest of what a push is about: its channel and its items."""
    return wire.digest((event.channel, [row.item for row in event.rows]))


def _has(numbers: "array[int]", number: int) -> bool:
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number


class Played(msgspec.Struct, kw_only=True):
    """What came of feeding a recording: counts by fate of the records, and every divergence in its order."""

    read: int = 0
    applied: int = 0
    duplicates: int = 0
    held: int = 0
    skipped: int = 0
    late: int = 0
    handled: int = 0
    dead_letters: dict[str, int] = {}
    not_played: dict[str, int] = {}
    divergences: list[Divergence] = []
    state: str = ""
    decisions: str = ""
    recorded: Closing | None = None
    orders: dict[str, int] = {}
    stock: dict[tuple[int, int], int] = {}
    consequences: Consequences | None = None


class Feed:
    """One replay of a recording, through the middleware alone.

    Args:
        header: of the recording.
        scenario: the world's settings; the middleware takes those that concern it.
        design: the design that decides.
        expected: which events have an answer in the recording; None where it has no answers.
        decided: hears of every commit.
        submitted: hears of every event that goes to a partner.
    """

    def __init__(
        self,
        header: Header,
        scenario: Scenario,
        design: str,
        *,
        expected: Expected | None,
        decided: Decided | None = None,
        submitted: Callable[[Event], None] | None = None,
    ) -> None:
        self.header = header
        self.expected = expected
        self.played = Played()
        self.chains = Chains(header.start)
        self.consequences = Consequences()
        self._decided = decided
        self._submitted = submitted
        self._told = Told()
        self._left: dict[str, None] = {}
        self._waiting: dict[int, tuple[str, Event]] = {}
        self._pushes: dict[int, list[events.PublishStock]] = {}
        """Pushes that wait, by what they are about."""
        self._renamed: dict[int, events.PublishStock | None] = {}
        """Recorded push to the one that stands for it here, where it is not the same; None where there is none."""
        self._seen: OrderedDict[int, int] = OrderedDict()
        self._heard_of: OrderedDict[int, None] = OrderedDict()
        self._numbers: dict[int, tuple[str, tuple[int, ...]]] = {}
        self._line = 0
        self.alone = Alone(header, scenario, design, committed=self._commits, submitted=self._submits)
        self.enactor = Enactor(header, self.alone.store)

    def play(self, records: Iterable[Numbered]) -> Played:
        """Feed all records, let the rest of the horizon pass, and return what came of it."""
        alone = self.alone
        for at, group in groupby(records, key=lambda numbered: numbered[1].at):
            instant = list(group)
            self.played.read += len(instant)
            if at < alone.timeline.now:
                self.played.late += len(instant)
            alone.until(at)
            for _, record in instant:
                if isinstance(record, Pace | Draw):
                    alone.know(record)
            for line, record in instant:
                self._line = line
                self._take(record)
        self._line = 0
        alone.until(max(self.header.horizon, alone.timeline.now + AT_ONCE + 1))
        return self._conclude()

    # --- records

    def _take(self, record: Record) -> None:
        match record:
            case Stimulus():
                self.alone.give_way(record.turn)
                self._receive(record.message)
            case Answer():
                self.alone.give_way(record.turn)
                self._answered(record)
            case Fact():
                if record.at < self.header.opened:
                    self._dead("time_before_start")
                    return
                message, why = self.enactor.message_of(record)
                if message is None:
                    self.played.not_played[why] = self.played.not_played.get(why, 0) + 1
                else:
                    self._receive(message)
            case Closing():
                self.played.recorded = record
            case Pace() | Draw():
                pass

    def _receive(self, message: Message) -> None:
        known = self._seen.get(message.id)
        content = wire.digest(message)
        if known is None:
            self._seen[message.id] = content
            if len(self._seen) > REMEMBERED_MAX:
                self._seen.popitem(last=False)
        elif known != content:
            self._dead("conflicting_id")
            return
        else:
            self.played.duplicates += 1
        if isinstance(message, SubmitOrder):
            items = tuple(dict.fromkeys(line.item for line in message.lines))
            self._numbers.setdefault(message.case, (message.number, items))
        if self._key_of_case(message.case) in self._left:
            self.played.skipped += 1
            return
        if isinstance(message, PublicationAnswered) and message.cause in self._renamed:
            here = self._renamed[message.cause]
            if here is None:
                self.played.skipped += 1
                return
            message = _readdressed(message, here)
        if known is None:
            self.played.applied += 1
        self.chains.saw(message, self.alone.timeline.now)
        self.alone.middleware.receive(message)

    def _answered(self, answer: Answer) -> None:
        request: Event = answer.request
        if self._repeated(answer):
            self.played.duplicates += 1
            return
        self.consequences.saw(request, replayed=False)
        if isinstance(request, events.PublishStock):
            self._pushed(answer, request)
            return
        entry = self._waiting.get(request.id)
        if self._key(request) in self._left:
            self.played.skipped += 1
        elif entry is None:
            self._diverge("missing", request, recorded=request)
        elif entry[1] != request:
            self._diverge("changed", request, recorded=request, replayed=entry[1])
        elif answer.status != "open":
            del self._waiting[request.id]
            self._heard(entry[1], answer, answer.message)
            return
        if entry is not None and answer.status != "open":
            self._at_once(*entry)

    def _repeated(self, answer: Answer) -> bool:
        """Tell whether the recording has said before what became of the event."""
        id = answer.request.id
        if id in self._heard_of:
            return True
        self._heard_of[id] = None
        if len(self._heard_of) > REMEMBERED_MAX:
            self._heard_of.popitem(last=False)
        return False

    def _pushed(self, answer: Answer, recorded: events.PublishStock) -> None:
        """Tell what was told; let the push about the same items hear what the recorded one heard."""
        for row in recorded.rows:
            self._compare(True, recorded, recorded.channel, row.item, row.quantity)
        if answer.status == "open":
            return
        here = self._equal_to(recorded)
        if here != recorded:
            self._renamed[recorded.id] = here
            namesake = self._waiting.get(recorded.id)
            if namesake is not None and namesake[1] is not here:
                self.alone.timeline.call_in(PATIENCE, self._taken, namesake)
        if here is None:
            return
        del self._waiting[here.id]
        message = answer.message
        if here != recorded and isinstance(message, PublicationAnswered):
            message = _readdressed(message, here)
        self._heard(here, answer, message)

    def _equal_to(self, recorded: events.PublishStock) -> events.PublishStock | None:
        """Return the push that waits and says the same as a recorded one, else the oldest about the same items."""
        about = push_digest(recorded)
        waiting = [push for push in self._pushes.get(about, ()) if push.id in self._waiting]
        here = next((push for push in waiting if push.rows == recorded.rows), waiting[0] if waiting else None)
        self._pushes[about] = [push for push in waiting if push is not here]
        return here

    def _heard(self, event: Event, answer: Answer, message: Message | None) -> None:
        middleware = self.alone.middleware
        self.played.applied += 1
        if answer.status == "ok":
            middleware.delivered(event, message)
        elif answer.status == "parked":
            middleware.parked(event, answer.reason)
        else:
            middleware.refused(event, answer.retry_after)

    # --- the middleware

    def _commits(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        self.played.handled += 1
        self.chains.saw(message, self.alone.timeline.now)
        if self._decided is not None:
            self._decided(message, outcome, unit)

    def _submits(self, name: str, event: Event) -> None:
        self.chains.saw(event, self.alone.timeline.now)
        self.consequences.saw(event, replayed=True)
        self._waiting[event.id] = (name, event)
        if self._submitted is not None:
            self._submitted(event)
        if isinstance(event, events.PublishStock):
            for row in event.rows:
                self._compare(False, event, event.channel, row.item, row.quantity)
            if self.expected is None or not self.expected.push(event):
                self._at_once(name, event)
            else:
                self._pushes.setdefault(push_digest(event), []).append(event)
                if event.id in self._renamed or not self.expected.event(event.id):
                    self.alone.timeline.call_in(PATIENCE, self._taken, (name, event))
            return
        if self.expected is None or self._key(event) in self._left:
            self._at_once(name, event)
        elif not self.expected.event(event.id):
            self._diverge("extra", event, replayed=event)
            self._at_once(name, event)

    def _at_once(self, name: str, event: Event) -> None:
        self.alone.timeline.call_in(AT_ONCE, self._taken, (name, event))

    def _taken(self, entry: tuple[str, Event]) -> None:
        event = entry[1]
        if self._waiting.pop(event.id, None) is not None:
            answer = self._plain_answer(event)
            self.alone.middleware.delivered(event, answer)

    def _plain_answer(self, event: Event) -> Message | None:
        """Return what a partner says that takes everything: a channel shows it, the ERP has created the order."""
        if isinstance(event, events.PublishStock):
            items = tuple(row.item for row in event.rows)
            return PublicationAnswered(
                id=derive(event.id, 1), cause=event.id, channel=event.channel, sequence=event.sequence, items=items
            )
        if isinstance(event, events.CreateErpOrder) and self.expected is None:
            reference = derive(event.external, 1)
            return ErpConfirmed(id=derive(event.id, 1), cause=event.id, case=event.case, reference=reference)
        return None

    # --- divergence

    def _compare(self, recorded: bool, event: Event, channel: int, item: int, value: int) -> None:
        if self.expected is None or not self._told.tell(recorded, channel, item, value):
            return
        there, here = self._told.differs[(channel, item)]
        self._add(
            Divergence(
                kind="published",
                key=self._channel_key(channel, item),
                at=self._wall(),
                line=self._line,
                recorded={"quantity": there},
                replayed={"quantity": here},
                chain=self.chains.of(event),
                items=(item,),
            )
        )

    def _diverge(
        self, kind: Kind, event: Event, *, recorded: Event | None = None, replayed: Event | None = None
    ) -> None:
        key = self._key(event)
        if key in self._left:
            return
        self._left[key] = None
        known = self._numbers.get(event.case, ("", ()))[1]
        self._add(
            Divergence(
                kind=kind,
                key=key,
                at=self._wall(),
                line=self._line if recorded is not None else 0,
                recorded=None if recorded is None else msgspec.to_builtins(recorded),
                replayed=None if replayed is None else msgspec.to_builtins(replayed),
                chain=self.chains.of(event),
                items=items_of(event, known),
            )
        )

    def _add(self, divergence: Divergence) -> None:
        self.played.divergences.append(divergence)

    def _key(self, event: Event) -> str:
        if isinstance(event, events.MovementRecorded):
            names = self.header.items, self.header.sites
            return f"posting {_name(names[0], event.item)}@{_name(names[1], event.site)}"
        return self._key_of_case(event.case)

    def _key_of_case(self, case: int) -> str:
        if not case:
            return ""
        found = self._numbers.get(case)
        if found is None and self.expected is not None and case in self.expected.numbers:
            return f"order {self.expected.numbers[case]}"
        if found is None:
            order = self.alone.store.get(ORDERS, case)
            return f"order {order.number if isinstance(order, Order) else case}"
        return f"order {found[0]}"

    def _channel_key(self, channel: int, item: int) -> str:
        return f"channel {_name(self.header.channels, channel)}/{_name(self.header.items, item)}"

    def _wall(self) -> int:
        return self.header.start + self.alone.timeline.now

    def _dead(self, why: str) -> None:
        self.played.dead_letters[why] = self.played.dead_letters.get(why, 0) + 1

    # --- the end

    def _conclude(self) -> Played:
        played, alone = self.played, self.alone
        for channel, item, recorded, value in self._told.rest() if self.expected is not None else ():
            here = {"quantity": value}
            played.divergences.append(
                Divergence(
                    kind="published",
                    key=self._channel_key(channel, item),
                    at=self._wall(),
                    recorded=here if recorded else None,
                    replayed=None if recorded else here,
                    items=(item,),
                )
            )
        rows = alone.store.rows
        for letter in rows[LETTERS.number].values():
            if isinstance(letter, DeadLetter) and letter.kind is not LetterKind.NOTICE:
                self._dead(letter.code)
        played.held = sum(len(row.messages) for row in rows[PARKED.number].values() if isinstance(row, wire.Parked))
        played.held += sum(len(row.held) for row in rows[STREAMS.number].values() if isinstance(row, StreamState))
        played.state, played.decisions = state_digest(alone.store), alone.decisions.digest()
        played.orders, played.stock = self._orders(), alone.on_hand()
        played.consequences = self.consequences
        ends = played.recorded
        if ends is not None and not played.divergences and ends.state != played.state:
            played.divergences.append(
                Divergence(
                    kind="final_state",
                    key="end",
                    at=self._wall(),
                    recorded={"state": ends.state},
                    replayed={"state": played.state},
                )
            )
        return played

    def _orders(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for order in self.alone.store.rows[ORDERS.number].values():
            if isinstance(order, Order):
                counts[order.intake.value] = counts.get(order.intake.value, 0) + 1
        return counts


def _readdressed(message: PublicationAnswered, push: events.PublishStock) -> PublicationAnswered:
    """Return the answer to a recorded push as the answer to the one that stands for it."""
    return msgspec.structs.replace(message, cause=push.id, sequence=push.sequence)


def _name(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else str(number)


def unnumbered(records: Iterable[Numbered]) -> Iterator[Record]:
    """Yield the records without their lines."""
    for _, record in records:
        yield record
