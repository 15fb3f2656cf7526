"""The partners of a replay: what the middleware hands over waits here for what the recording says became of it.

An event may wait twice under its id: one that was parked goes out again when it is redriven, and a design that writes
twice sends what each of two transactions of one message emits. Pushes are matched by what they are about, since one
slot more or less gives all that follow other ids: a push meets the recorded answer to one about the same items, else to
the one of its own id, and one for which no answer comes is taken after a while.

A partner of whom nothing is recorded is a plain one: it takes everything at once, and says as much as it is asked to
say: that it shows what it was told, that it has the order, that it has shipped and invoiced all of it.
"""

import msgspec

from actors.payments import moved
from twin.model import events
from twin.model.commands import (
    ErpConfirmed,
    LineQuantity,
    OrderInvoiced,
    PublicationAnswered,
    ReleaseCancelled,
    ReleaseCancelRefused,
    ShipmentConfirmed,
)
from twin.model.history import Answer
from twin.model.ids import derive
from twin.model.instant import SECOND, Elapsed
from twin.model.message import Event, Message
from twin.model.order import Order
from twin.playback.alone import Alone
from twin.playback.expected import push_digest

AT_ONCE: Elapsed = 1
"""When a plain partner takes an event: one microsecond later, after the present work is done."""
PATIENCE: Elapsed = 5 * SECOND
"""How long a push waits for the recorded answer to its match before it is taken."""


class Partners:
    """Everybody to whom the middleware of a replay hands events.

    Args:
        alone: the middleware.
        confirms: whether a plain ERP says that it has an order; else it takes it without a word.
        ships: whether plain partners ship, take back and invoice what they are told to.
    """

    def __init__(self, alone: Alone, *, confirms: bool, ships: bool) -> None:
        self._alone = alone
        self._confirms = confirms
        self._ships = ships
        self._waiting: dict[int, list[Event]] = {}
        self._pushes: dict[int, list[events.PublishStock]] = {}
        """Pushes that wait, by what they are about."""
        self._renamed: dict[int, events.PublishStock | None] = {}
        """Recorded push to the one that stands for it here, where it is not the same; None where there is none."""
        self._shipped: dict[int, None] = {}
        """Releases that a plain warehouse has shipped."""

    # --- what is recorded

    def wait(self, event: Event) -> None:
        """Take an event in, to wait for what is recorded about it."""
        self._waiting.setdefault(event.id, []).append(event)

    def waiting(self, id: int) -> Event | None:
        """Return the event that has waited longest under an id."""
        found = self._waiting.get(id)
        return found[0] if found else None

    def hear(self, event: Event, answer: Answer, message: Message | None) -> None:
        """Let the middleware hear of a waiting event what is recorded of it."""
        self._ends(event)
        middleware = self._alone.middleware
        if answer.status == "ok":
            middleware.delivered(event, message)
        elif answer.status == "parked":
            middleware.parked(event, answer.reason)
        else:
            middleware.refused(event, answer.retry_after)

    # --- pushes

    def wait_for_push(self, push: events.PublishStock, *, known: bool) -> None:
        """Let a push wait for an answer to one about the same items, but not for ever unless its own id is `known`."""
        self.wait(push)
        self._pushes.setdefault(push_digest(push), []).append(push)
        if push.id in self._renamed or not known:
            self._alone.timeline.call_in(PATIENCE, self._taken, push)

    def hear_of_push(self, recorded: events.PublishStock, answer: Answer) -> bool:
        """Let the push that stands for a recorded one hear of it; False if there is none."""
        namesake = self.waiting(recorded.id)
        here = self._equal_to(recorded)
        if here is None and isinstance(namesake, events.PublishStock):
            here = namesake
        if here != recorded:
            self._renamed[recorded.id] = here
            if namesake is not None and namesake is not here:
                self._alone.timeline.call_in(PATIENCE, self._taken, namesake)
        if here is None:
            return False
        message: Message | None = answer.message
        if here != recorded and isinstance(message, PublicationAnswered):
            message = _readdressed(message, here)
        self.hear(here, answer, message)
        return True

    def readdressed(self, message: PublicationAnswered) -> PublicationAnswered | None:
        """Return a channel's answer as one to the push that stands for the one it answers; None if there is none."""
        if message.cause not in self._renamed:
            return message
        here = self._renamed[message.cause]
        return None if here is None else _readdressed(message, here)

    def _equal_to(self, recorded: events.PublishStock) -> events.PublishStock | None:
        """Return the recorded push if it waits, else one with its figures, else the oldest about the same items."""
        about = push_digest(recorded)
        waiting = [push for push in self._pushes.get(about, ()) if push.id in self._waiting]
        same = [push for push in waiting if push.rows == recorded.rows]
        here = next((push for push in same if push == recorded), next(iter(same or waiting), None))
        rest = [push for push in waiting if push is not here]
        if rest:
            self._pushes[about] = rest
        else:
            self._pushes.pop(about, None)
        return here

    # --- plain partners

    def take(self, event: Event) -> None:
        """Have a plain partner take a waiting event."""
        self._alone.timeline.call_in(AT_ONCE, self._taken, event)

    def ship_what_is_open(self, order: Order) -> None:
        """Have plain warehouses ship what an order was released for before it left the recording."""
        for key, site in dict.fromkeys((each.key, each.site) for each in order.releases):
            there = [each for each in order.releases if (each.key, each.site) == (key, site)]
            self._ship(order.id, key, site, tuple([LineQuantity(each.line, each.quantity) for each in there]))

    def _taken(self, event: Event) -> None:
        if self._ends(event):
            self._alone.middleware.delivered(event, self._said_of(event))

    def _said_of(self, event: Event) -> Message | None:
        """Return what a plain partner says: it shows, creates, ships, pays and invoices all that it is asked to."""
        id = derive(event.id, 1)
        match event:
            case events.PublishStock(channel=channel, sequence=sequence, rows=rows):
                items = tuple(row.item for row in rows)
                return PublicationAnswered(id=id, cause=event.id, channel=channel, sequence=sequence, items=items)
            case events.CreateErpOrder() if self._confirms:
                return ErpConfirmed(id=id, cause=event.id, case=event.case, reference=derive(event.external, 1))
            case events.ReleaseToWarehouse() if self._ships:
                self._ship(event.case, event.release, event.site, event.lines)
            case events.CancelRelease() if self._ships:
                kind = ReleaseCancelRefused if event.release in self._shipped else ReleaseCancelled
                return kind(
                    id=id,
                    cause=event.id,
                    case=event.case,
                    release=event.release,
                    site=event.site,
                    lines=event.lines,
                )
            case events.CapturePayment() | events.PaymentGivenBack() if self._ships:
                return moved(event)
            case events.FulfilmentRecorded() if self._ships:
                key = derive(event.key, 7)
                return OrderInvoiced(id=id, cause=event.id, case=event.case, key=key, lines=event.lines)
        return None

    def _ship(self, case: int, release: int, site: int, lines: tuple[LineQuantity, ...]) -> None:
        """Confirm a shipment, once for each release."""
        if release in self._shipped:
            return
        self._shipped[release] = None
        timeline = self._alone.timeline
        shipped = ShipmentConfirmed(
            id=derive(release, 5),
            cause=release,
            case=case,
            key=derive(release, 4),
            release=release,
            site=site,
            lines=lines,
            at=timeline.now,
        )
        timeline.call_in(AT_ONCE, self._alone.middleware.receive, shipped)

    def _ends(self, event: Event) -> bool:
        """End the waiting of an event; False if it did not wait any more."""
        waiting = self._waiting.get(event.id, [])
        rest = [other for other in waiting if other is not event]
        if rest:
            self._waiting[event.id] = rest
        else:
            self._waiting.pop(event.id, None)
        return len(rest) < len(waiting)


def _readdressed(message: PublicationAnswered, push: events.PublishStock) -> PublicationAnswered:
    """Return the answer to a recorded push as the answer to the one that stands for it."""
    told = [row.item for row in push.rows]
    refused = tuple([item for item in message.refused if item in told])
    items = tuple([item for item in told if item not in refused])
    return msgspec.structs.replace(message, cause=push.id, sequence=push.sequence, items=items, refused=refused)
