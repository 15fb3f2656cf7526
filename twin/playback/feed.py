"""Feeds a recording to the middleware alone, and watches what it does with it.

Theory of operation. Records are taken in file order, instant by instant: first what chance decided at that instant
becomes known, then each message and answer goes in, after as many signs of the middleware's own life as its `turn`
says. Between instants the middleware does what it does by itself. An event that it sends is looked up among those that
the recording has an answer to (their ids are read once before): an equal one waits for its recorded answer; one that
the recording does not know diverges at once; one with other content diverges when its answer comes; one that the
recording has and the replay did not send diverges then too.

An order that diverged leaves the recording (`Comparison`): its later records are skipped, and what is sent about it is
taken at once, so that nothing waits for it (`Partners`); the run goes on. Where a recording has no answers (an imported
one), every partner takes every event at once, and says so.

Tried and dropped: comparing row by row after every message, which needs the decisions in the recording.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final, Literal, get_args

import msgspec

from actors.tap import state_digest
from actors.transactor import Direct
from twin.middleware.unit import LETTERS, ORDERS, PARKED, STREAMS, Outcome
from twin.model import business, events, wire
from twin.model.commands import PublicationAnswered
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.history import Answer, Closing, Draw, Fact, Header, Own, Pace, Record, Stimulus
from twin.model.ids import business_id
from twin.model.instant import HOUR, SECOND, Elapsed
from twin.model.intake import StreamState
from twin.model.message import Event, Message
from twin.model.order import Order
from twin.model.posting import ERP_BOOK
from twin.playback.alone import Alone
from twin.playback.belated import Moments
from twin.playback.comparison import Comparison
from twin.playback.diverge import REMEMBERED_MAX, Consequences, Divergence, Kind
from twin.playback.enact import NOT_TAKEN, Enactor
from twin.playback.expected import Expected
from twin.playback.history import Numbered
from twin.playback.lifecycles import Lifecycle, Lifecycles
from twin.playback.partners import AT_ONCE, Partners
from twin.world.horizon import SLICES
from twin.world.scenario import Scenario

Decided = Callable[[Message, Outcome, Direct], None]
After = Literal["skip", "answer"]
SETTLING_MAX: Elapsed = HOUR
"""How long work that is under way at the end of an imported recording may take."""
AFTER: Final[tuple[After, ...]] = get_args(After)
"""What becomes of an order that has left the recording: see `Feed`."""


class Played(msgspec.Struct, kw_only=True):
    """What came of feeding a recording: counts by fate of the records, and every divergence in its order."""

    read: int = 0
    applied: int = 0
    duplicates: int = 0
    held: int = 0
    skipped: int = 0
    late: int = 0
    """Records that stand behind later ones: they are taken when they are read."""
    handled: int = 0
    decided: int = 0
    """Messages that changed something or had something sent; a repeat that is known decides nothing."""
    compared: int = 0
    """Records of what was sent that were held against what the replay sends."""
    dead_letters: dict[str, int] = {}
    not_played: dict[str, int] = {}
    steps: dict[str, int] = {}
    """Steps of foreign systems, by their names: watched, and not acted on."""
    lifecycles: list[Lifecycle] = []
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
        after: `skip`: what is sent about an order that has left the recording is taken without a word; `answer`: plain
            partners confirm, ship and invoice it.
        decided: hears of every commit.
        submitted: hears of every event that goes to a partner.
        moments: when the recorded process got to work of its own, where it did so in real time.
    """

    def __init__(
        self,
        header: Header,
        scenario: Scenario,
        design: str,
        *,
        expected: Expected | None,
        after: After = "skip",
        decided: Decided | None = None,
        submitted: Callable[[Event], None] | None = None,
        moments: Moments | None = None,
    ) -> None:
        self.header = header
        self.expected = expected
        self.played = Played()
        self._after = after
        self._decided = decided
        self._submitted = submitted
        self._seen: OrderedDict[int, int] = OrderedDict()
        self._heard_of: OrderedDict[int, Elapsed] = OrderedDict()
        self.alone = Alone(header, scenario, design, committed=self._commits, submitted=self._submits, moments=moments)
        self.comparison = Comparison(header, expected, now=lambda: self.alone.timeline.now, order_of=self._order_of)
        answers = after == "answer"
        self.partners = Partners(self.alone, confirms=answers or expected is None, ships=answers)
        self.enactor = Enactor(header, self.alone.store)
        self.lifecycles = Lifecycles(header.lifecycle)

    def play(self, records: Iterable[Numbered], progress: Callable[[float], None] | None = None) -> Played:
        """Feed all records, let the rest of the horizon pass, and return what came of it.

        `progress` hears the share of the recording's time that is done.
        """
        alone = self.alone
        alone.begin()
        told, slice_us = self.header.opened, max(1, (self.header.horizon - self.header.opened) // SLICES)
        for at, group in groupby(records, key=lambda numbered: numbered[1].at):
            instant = list(group)
            self.played.read += len(instant)
            if at < self.header.opened:
                self._dead("time_before_start", len(instant))
                continue
            if at < alone.timeline.now:
                self.played.late += len(instant)
            alone.until(at)
            if progress is not None and at - told >= slice_us:
                told = at
                progress(min(1.0, (at - self.header.opened) / (slice_us * SLICES)))
            for _, record in instant:
                if isinstance(record, Pace | Draw):
                    alone.know(record)
            for line, record in instant:
                self.comparison.line = line
                self._take(record)
        self.comparison.line = 0
        alone.until(max(self.header.horizon, alone.timeline.now + AT_ONCE + 1))
        if self.expected is None:
            self._settle()
        return self._conclude()

    def _settle(self) -> None:
        """Let the work end that was begun: nobody has recorded what the state was when the recording stopped."""
        end = self.alone.timeline.now + SETTLING_MAX
        while self.alone.timeline.now < end:
            self.alone.until(self.alone.timeline.now + SECOND)
            if not self.alone.middleware.busy:
                return

    # --- records

    def _take(self, record: Record) -> None:
        match record:
            case Stimulus():
                self.alone.give_way(record.turn)
                self._receive(record.message)
            case Answer():
                self.alone.give_way(record.turn)
                self._answered(record)
            case Fact(fact=business.OrderStep() as step):
                self._watched(record, step)
            case Fact():
                message, why = self.enactor.message_of(record)
                if message is not None:
                    self._receive(message)
                elif why.endswith(NOT_TAKEN):
                    self._not_played(why)
                else:
                    self._dead(why)
            case Closing():
                self.played.recorded = record
            case Pace() | Draw() | Own():
                pass

    def _watched(self, record: Fact, step: business.OrderStep) -> None:
        if self._came(business_id(record.source, record.id), wire.digest(step)) == "new":
            self.lifecycles.saw(step)

    def _came(self, id: int, content: int) -> Literal["new", "again", "conflicting"]:
        """Tell whether a record came before, and count it if it did."""
        known = self._seen.get(id)
        if known is None:
            self._seen[id] = content
            if len(self._seen) > REMEMBERED_MAX:
                self._seen.popitem(last=False)
            return "new"
        if known != content:
            self._dead("conflicting_id")
            return "conflicting"
        self.played.duplicates += 1
        return "again"

    def _receive(self, message: Message) -> None:
        came = self._came(message.id, wire.digest(message))
        if came == "conflicting":
            return
        foreign = self._foreign(message)
        if foreign:
            self._dead(foreign)
            return
        self.comparison.came(message)
        if self.comparison.has_left(self.comparison.key_of_case(message.case)):
            self.played.skipped += 1
            return
        if isinstance(message, PublicationAnswered):
            here = self.partners.readdressed(message)
            if here is None:
                self.played.skipped += 1
                return
            message = here
        if came == "new":
            self.played.applied += 1
        self.alone.middleware.receive(message)

    def _foreign(self, message: Message) -> str:
        """Return the class of a message from a channel or a place that the header does not name, else nothing."""
        channel, site = getattr(message, "channel", 0), getattr(message, "site", 0)
        if not 0 <= channel < len(self.alone.scenario.channels):
            return "unknown_channel"
        return "" if site == ERP_BOOK or 0 <= site < len(self.header.sites) else "unknown_place"

    def _answered(self, answer: Answer) -> None:
        if self.expected is None:
            self._not_played("Answer: the recording does not have all of them")
            return
        request: Event = answer.request
        if self._repeated(answer):
            self.played.duplicates += 1
            return
        self.played.compared += 1
        self.comparison.consequences.saw(request, replayed=False)
        if isinstance(request, events.PublishStock):
            self._pushed(answer, request)
            return
        here = self.partners.waiting(request.id)
        if self.comparison.has_left(self.comparison.key(request)):
            self.played.skipped += 1
        elif here is None:
            self._differs("missing", request, recorded=request)
        elif here != request:
            self._differs("changed", request, recorded=request, replayed=here)
        elif answer.status != "open":
            self.played.applied += 1
            self.partners.hear(here, answer, answer.message)
            return
        if here is not None and answer.status != "open":
            self.partners.take(here)

    def _repeated(self, answer: Answer) -> bool:
        """Tell whether the recording has said this before: an event has several answers where it was sent again."""
        id = answer.request.id
        if self._heard_of.get(id) == answer.at and self.partners.waiting(id) is None:
            return True
        self._heard_of[id] = answer.at
        if len(self._heard_of) > REMEMBERED_MAX:
            self._heard_of.popitem(last=False)
        return False

    def _pushed(self, answer: Answer, recorded: events.PublishStock) -> None:
        """Tell what was told; let the push about the same items hear what the recorded one heard."""
        self.comparison.told(recorded, recorded=True)
        if answer.status != "open" and self.partners.hear_of_push(recorded, answer):
            self.played.applied += 1

    # --- the middleware

    def _commits(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        self.played.handled += 1
        self.comparison.saw(message)
        if self._decided is not None:
            self._decided(message, outcome, unit)

    def _submits(self, _: str, event: Event) -> None:
        self.comparison.sent(event)
        if self._submitted is not None:
            self._submitted(event)
        expected, partners = self.expected, self.partners
        if isinstance(event, events.PublishStock):
            self.comparison.told(event, recorded=False)
            known = expected is not None and expected.event(event.id)
            if expected is not None and (known or expected.push(event)):
                partners.wait_for_push(event, known=known)
                return
        elif expected is not None and not self.comparison.has_left(self.comparison.key(event)):
            partners.wait(event)
            if expected.event(event.id):
                return
            self._differs("extra", event, replayed=event)
            partners.take(event)
            return
        partners.wait(event)
        partners.take(event)

    def _differs(
        self, kind: Kind, event: Event, *, recorded: Event | None = None, replayed: Event | None = None
    ) -> None:
        if self.comparison.differs(kind, event, recorded=recorded, replayed=replayed) and self._after == "answer":
            order = self._order_of(event.case)
            if order is not None:
                self.partners.ship_what_is_open(order)

    def _order_of(self, case: int) -> Order | None:
        order = self.alone.store.get(ORDERS, case) if case else None
        return order if isinstance(order, Order) else None

    def _not_played(self, why: str) -> None:
        self.played.not_played[why] = self.played.not_played.get(why, 0) + 1

    def _dead(self, why: str, times: int = 1) -> None:
        self.played.dead_letters[why] = self.played.dead_letters.get(why, 0) + times

    # --- the end

    def _conclude(self) -> Played:
        played, alone = self.played, self.alone
        rows = alone.store.rows
        for letter in rows[LETTERS.number].values():
            if isinstance(letter, DeadLetter) and letter.kind is not LetterKind.NOTICE:
                self._dead(letter.code)
        played.held = sum(len(row.messages) for row in rows[PARKED.number].values() if isinstance(row, wire.Parked))
        played.held += sum(len(row.held) for row in rows[STREAMS.number].values() if isinstance(row, StreamState))
        played.state, played.decisions = state_digest(alone.store), alone.decisions.digest()
        played.decided = alone.decisions.count
        played.steps, played.lifecycles = self.lifecycles.steps, self.lifecycles.classes()
        played.orders, played.stock = self._orders(), alone.on_hand()
        self.comparison.ends(played.recorded, played.state)
        played.divergences, played.consequences = self.comparison.divergences, self.comparison.consequences
        return played

    def _orders(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for order in self.alone.store.rows[ORDERS.number].values():
            if isinstance(order, Order):
                counts[order.intake.value] = counts.get(order.intake.value, 0) + 1
        return counts
