"""The publishers of a live process: a fold over notes that stand in the store, so a restart changes nothing they do.

Whatever a publisher hears (a change, an opened slot, an evaluation, an answer) is a note in the transaction that
brought it about. The publishers apply notes in their order and draw no other conclusion from anything. A new process
takes their saved state and the notes since, and is where the former one was; every `NOTES_MAX` notes the state is saved
and the notes are dropped. Of several processes on one store, one leads: it alone opens slots and makes evaluations.

An effects file takes whatever it is given, so the sender of a channel is always ready; a transport that pushes back
will say so here.

Tried and dropped: marking every key after a restart, as a process without a memory would. It is safe, and it sends
every figure again.
"""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from twin.live.deployment import Deployment
from twin.live.store import LiveStore
from twin.middleware.inventory.publisher import Publisher
from twin.middleware.unit import ITEMS, SHOWN
from twin.model.chance import stream_id
from twin.model.commands import EvaluatePublication
from twin.model.fallback import Kind, kind_of
from twin.model.ids import derive
from twin.model.instant import MINUTE, Elapsed, Now
from twin.model.publication import Shown, shown_key
from twin.model.publishing import (
    AllDue,
    Answered,
    Changed,
    Evaluated,
    FellBack,
    Note,
    PublishersState,
    SlotOpened,
    decode_note,
    decode_publishers,
    encode_publishing,
)

NOTES_MAX = 1_000
"""After how many notes the state of the publishers is saved."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EVALUATED_AT_ONCE = 250
"""Items that one transaction of a nightly run evaluates."""


class Publishing:
    """The publishers of all channels, as they are after the notes that they have heard."""

    def __init__(self, store: LiveStore, deployment: Deployment) -> None:
        self.store = store
        self.deployment = deployment
        self.publishers = [
            Publisher(
                sender.policy,
                items_per_slot=sender.items,
                slot_interval=sender.apart,
                ready=lambda: True,
                refuses=deployment.rules.fallbacks.stock if deployment.rules.fallbacks is not None else None,
            )
            for sender in deployment.senders
        ]
        self.asked = [0] * len(self.publishers)
        self.pending: deque[EvaluatePublication] = deque()
        self.night: Elapsed = 0
        """When the last nightly run fell due."""
        self._causes = [stream_id(f"publisher/{channel}") for channel in range(len(self.publishers))]
        self._heard: list[int] = []
        saved = store.publishers()
        if saved is None:
            self._begin()
            self.save()
        else:
            self._resume(decode_publishers(saved))
        self.hear()

    def hear(self) -> None:
        """Apply the notes that have come since the last time; now and then, save and drop them."""
        for place, body in self.store.notes(self._heard):
            self._apply(decode_note(body))
            self._heard.append(place)
        if len(self._heard) >= NOTES_MAX:
            self.save()

    def save(self) -> None:
        """Save the publishers as they are, so that the next process need not hear these notes again."""
        self.store.save_publishers(encode_publishing(self.state()), self._heard)
        self._heard = []

    def state(self) -> PublishersState:
        """Return all that the next process needs."""
        return PublishersState(
            [publisher.state() for publisher in self.publishers], list(self.asked), list(self.pending), self.night
        )

    def next_slot(self, now: Elapsed) -> tuple[Elapsed, int] | None:
        """Return when the next slot opens, and of which channel; None while nobody has anything to send."""
        opens = [
            (due, channel)
            for channel, publisher in enumerate(self.publishers)
            if (due := publisher.slot(now)) is not None
        ]
        return min(opens, default=None)

    def next_night(self, now: Now) -> Elapsed | None:
        """Return when all figures fall due next, by the local clock; None where the design has no such times."""
        nights = self.deployment.nights
        if not nights:
            return None
        ahead = now.wall - now.elapsed
        since = self.night + ahead
        local = (EPOCH + timedelta(microseconds=since)).astimezone(self.deployment.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        walls = [
            (midnight + timedelta(days=day, microseconds=at)).astimezone(UTC) - EPOCH for day in (0, 1) for at in nights
        ]
        return min(wall // MICROSECOND for wall in walls if wall // MICROSECOND > since + MINUTE) - ahead

    # --- within

    def _begin(self) -> None:
        """Start from what the store says is free and what channels acknowledged, before anything has happened."""
        available = self.deployment.rules.atp.available
        shown = dict(self.store.rows(SHOWN))
        for item, stock in self.store.rows(ITEMS):
            free = sum(available(stock, 0))
            for channel, publisher in enumerate(self.publishers):
                row = shown.get(shown_key(channel, item)) or Shown()
                publisher.begin(item, free, row.value, row.as_of)

    def _resume(self, state: PublishersState) -> None:
        for publisher, each in zip(self.publishers, state.publishers, strict=True):
            publisher.resume(each)
        self.asked, self.pending, self.night = list(state.asked), deque(state.pending), state.night

    def _apply(self, note: Note) -> None:
        match note:
            case Changed():
                for channel, publisher in enumerate(self.publishers):
                    self._ask(channel, publisher.changed(note.event, note.event.at) or ())
            case SlotOpened():
                self._ask(note.channel, self.publishers[note.channel].take(note.at))
            case AllDue():
                self.night = note.at
                items = range(len(self.deployment.items))
                for channel in range(len(self.publishers)):
                    for start in range(0, len(items), EVALUATED_AT_ONCE):
                        self._ask(channel, items[start : start + EVALUATED_AT_ONCE])
            case Evaluated():
                if self.pending and self.pending[0].id == note.message.id:
                    self.pending.popleft()
                self.publishers[note.message.channel].evaluated(note.message.items, note.pushes, note.at)
            case Answered():
                self.publishers[note.message.channel].answered(note.message, note.at)
            case FellBack():
                kind, channel = kind_of(note.event.partner)
                if kind is Kind.STOCK_INTERFACE:
                    self.publishers[channel].turned(note.event.on, note.at)

    def _ask(self, channel: int, items: Sequence[int]) -> None:
        if items:
            self.asked[channel] += 1
            id = derive(self._causes[channel], self.asked[channel])
            wait, lag = self.publishers[channel].wait_us, self.publishers[channel].alarm()
            self.pending.append(
                EvaluatePublication(id=id, channel=channel, items=tuple(items), wait_us=wait, lag_us=lag)
            )
