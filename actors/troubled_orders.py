"""Orders that go wrong on their way to the middleware: payloads that drifted, documents that cross, webhooks gone.

Two levers. `TroubledDoor` stands where a party's messages come in and changes, delays or doubles them. `TroubledSeller`
stands where a channel hands an order over and keeps it back, repeats it or forgets it. X-, M-, B- and L-numbers are
those of the fault catalogue.
"""

import json
from collections.abc import Callable
from typing import Final

from actors.channel import Channel
from actors.ground import Ground
from actors.poll import Poll
from actors.webhook import Webhook
from twin.kernel.faults import Armed, Struck
from twin.model import wire
from twin.model.chance import bits, stream_id
from twin.model.commands import OrderedLine, SubmitOrder, WebhookReceived
from twin.model.ids import derive
from twin.model.instant import HOUR, Elapsed
from twin.model.message import Message, altered
from twin.model.written import WrittenLine

OF_ORDERS: Final = ("X1", "X2", "X3", "X4", "X5", "X6", "B9")
OF_STAMPS: Final = ("X7",)
HANDED: Final = ("M6", "M7", "L4")
LISTED: Final = ("E10", "E16")
REDELIVERIES: Final = 8
REDELIVERED_WITHIN: Final[Elapsed] = 4 * HOUR
"""How a webhook is delivered again: 8 times in 4 hours (published, Shopify; that they are evenly spaced is assumed)."""
_DRIFT: Final = stream_id("payload/drift")
_MADE: Final = 31
"""Which of a message's derived ids what was made of it has."""


class TroubledDoor(Struck):
    """What takes a party's messages in, with the records that are on; called in place of `deliver`."""

    def __init__(self, ground: Ground, items: int, deliver: Callable[[Message], None]) -> None:
        self.ground = ground
        self.items = items
        self.deliver = deliver

    def __call__(self, message: Message) -> None:
        """Take a message in, as a record that strikes it leaves it."""
        now = self.ground.timeline.now
        for armed in self.armed:
            kind = armed.fault.kind
            if kind == "X7":
                at = getattr(message, "at", None)
                if isinstance(at, int) and armed.concerns(message) and armed.strikes(now, message.id, 0):
                    message = altered(message, at=at - at % int(armed.number("base", 1.0)))
            elif isinstance(message, SubmitOrder) and armed.concerns(message) and armed.strikes(now, message.id, 0):
                if kind == "B9":
                    self.ground.timeline.call_in(int(armed.number("extra", 0.0)), self.deliver, message)
                    return
                if kind == "X6":
                    again = _with_quantities(message, 2.0, id=derive(message.id, _MADE))
                    self.ground.timeline.call_in(int(armed.number("lag", 0.0)), self.deliver, again)
                else:
                    message = self._spoilt(armed, message)
        self.deliver(message)

    def _spoilt(self, armed: Armed, order: SubmitOrder) -> Message:
        match armed.fault.kind:
            case "X1":
                return _drifted(order, bits(self.ground.seed, _DRIFT, order.id) % 5)
            case "X2":
                return _with_quantities(order, armed.number("factor", 1.0), id=order.id)
            case "X3":
                return self._renamed(order)
            case "X4":
                return _as_bytes(order, wire.encode(order).replace(b'"number":"', b'"number":"\xe9', 1))
            case _:
                most = int(armed.number("cap", 0.0))
                if not most:
                    return _as_bytes(order, b"")
                return _said(order, (order.lines * most)[:most], (order.written * most)[:most], id=order.id)

    def _renamed(self, order: SubmitOrder) -> SubmitOrder:
        """Let an order name another item first, or the same one in another spelling: the lines are the sender's."""
        if order.written:
            first, *rest = order.written
            spelt = first.value.lower() if first.value.lower() != first.value else f"0{first.value}"
            changed = WrittenLine(first.id_type, spelt, first.quantity, first.unit, first.price)
            return _said(order, (), (changed, *rest), id=order.id)
        first_line, *others = order.lines
        other = OrderedLine((first_line.item + 1) % self.items, first_line.quantity, first_line.price)
        return _said(order, (other, *others), (), id=order.id)


def _said(
    order: SubmitOrder, lines: tuple[OrderedLine, ...], written: tuple[WrittenLine, ...], *, id: int
) -> SubmitOrder:
    """Return the order with other lines, under the fingerprint of these."""
    print_ = wire.fingerprint(order.channel, order.number, order.revision, written or lines, order.particulars)
    return altered(order, id=id, lines=lines, written=written, fingerprint=print_)


def _with_quantities(order: SubmitOrder, factor: float, *, id: int) -> SubmitOrder:
    lines = tuple([OrderedLine(each.item, max(1, round(each.quantity * factor)), each.price) for each in order.lines])
    written = tuple(
        [
            WrittenLine(
                each.id_type, each.value, str(max(1, round(float(each.quantity) * factor))), each.unit, each.price
            )
            for each in order.written
        ]
    )
    return _said(order, lines, written, id=id)


def _as_bytes(order: SubmitOrder, raw: bytes) -> WebhookReceived:
    """Return an order as the bytes that came, under its own case: nobody can know more of it than its envelope."""
    return WebhookReceived(
        id=derive(order.id, _MADE), cause=order.id, case=order.case, channel=order.channel, raw=raw, stamp=0,
        signature=b"",
    )  # fmt: skip


def _drifted(order: SubmitOrder, how: int) -> WebhookReceived:
    """Return an order in the words of another version: a field gone, renamed, of another type, empty, or added."""
    said = json.loads(wire.encode(order))
    if how == 0:
        del said["number"]
    elif how == 1:
        said["positions"] = said.pop("lines")
    elif how == 2:
        said["placed_at"] = str(said["placed_at"])
    elif how == 3:
        said["fingerprint"] = None
    else:
        said["loyalty_points"] = 12
    return _as_bytes(order, json.dumps(said).encode())


class TroubledSeller(Struck):
    """A channel's handing over, with the records that are on; `webhook` pushes, where the channel does."""

    def __init__(self, channel: Channel, placed: Callable[[SubmitOrder], None], webhook: Webhook | None) -> None:
        self.channel = channel
        self.placed = placed
        self.webhook = webhook
        self._held: list[SubmitOrder] = []

    def end(self, armed: Armed) -> None:
        """A record is over; what was held back goes out in one go."""
        super().end(armed)
        if armed.fault.kind == "L4":
            held, self._held = self._held, []
            for submit in held:
                self.channel.untaken[submit.case] = submit
                self.placed(submit)

    def __call__(self, submit: SubmitOrder) -> None:
        """An order was placed: it goes out, unless a record that is on says otherwise."""
        ground = self.channel.ground
        for armed in self.armed:
            if not (armed.concerns(submit) and armed.strikes(ground.timeline.now, submit.id, 0)):
                continue
            if armed.fault.kind == "M7":
                return
            if armed.fault.kind == "L4":
                self._held.append(self.channel.untaken.pop(submit.case))
                return
            assert self.webhook is not None, "only a webhook is delivered again"
            first = ground.now().wall
            for number in range(1, REDELIVERIES + 1):
                wait = number * REDELIVERED_WITHIN // REDELIVERIES
                ground.timeline.call_in(wait, self.webhook.again, (submit, 1 + number, first))
        self.placed(submit)


class TroubledPoll(Struck, Poll):
    """A poll of a list whose pages move (E10) or that takes longer the more it holds (E16)."""

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        super().begin(armed)
        if armed.fault.kind == "E16":
            usual = self.latency
            self._usual, self.latency = usual, lambda identity, attempt: usual(identity, attempt) + self._longer(armed)

    def end(self, armed: Armed) -> None:
        """A record is over."""
        super().end(armed)
        if armed.fault.kind == "E16":
            self.latency = self._usual

    def _longer(self, armed: Armed) -> Elapsed:
        armed.took_effect()
        each = armed.number("extra", 0.0) * armed.level(self.channel.ground.timeline.now)
        return round(each * len(self.channel.untaken))

    def _read(self, page: list[SubmitOrder]) -> None:
        now = self.channel.ground.timeline.now
        for armed in self.armed:
            if armed.fault.kind == "E10" and armed.strikes(now, page[0].id, self._polls):
                page = [*page[:-1], page[0]] if len(page) > 1 else []
        super()._read(page)
