"""Documents that go out to trading partners: the answer to an order (855), the ship notice (856), the invoice (810).

The gateway gives each document that the middleware hands it a number of its kind: the answer's own, the shipment's, the
invoice's. What the middleware hands over again is known by that number and dropped. A document travels alone in an
interchange under the partner's next control number. The partner answers every interchange that he can read with a 997,
and reads a document once: what comes under a number that he has is a repeat, whatever its control number says. Without
a 997 in `resend_after` an interchange goes out again, whole and as it was, at most `resends` times; then it is given up
and counted. What a person has typed at the partner's portal is read already, and does not travel.

Partners set clocks: an answer counts from the partner's own order, a ship notice from the truck's departure, an invoice
from the ship notice. A first copy that arrives after its time, or never, is a fault that the partner may charge for.
Faults of the catalogue: B2 sends a document twice, B6 loses its 997.
"""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from actors.channel import Channel, Told
from actors.ground import Lag, Step
from actors.once import Once
from twin.model.events import OrderAnswered, ShipmentAdvised
from twin.model.instant import DAY, Elapsed

ANSWER, NOTICE, INVOICE = KINDS = ("855", "856", "810")
CODES: Final = ("IA", "IB", "BP", "IQ", "IS", "IR")
"""The answers of X12 855; a channel hears other words too, and they are no document."""
NUMBERS_KEPT: Final[Elapsed] = 90 * DAY
"""How long gateway and partners remember numbers at least: a quarter, assumed; far longer than copies come."""


@dataclass(slots=True)
class Document:
    """One document: its kind and number, its partner, when his clock began, and its control number and copies sent."""

    kind: str
    number: int
    partner: int
    since: Elapsed
    control: int
    sent: int = 1


class Documents:
    """The outgoing side of one gateway, and its partners' desks.

    `deadlines` are how long after the start of its clock a document must have arrived, by kind. `strikes` tells whether
    a record of the fault catalogue strikes a copy: which kind of fault, a document's identity, its how manieth copy.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        partners: int,
        translate: Lag,
        transit: Lag,
        acknowledge: Lag,
        resend_after: Elapsed,
        resends: int,
        deadlines: Mapping[str, Elapsed],
        strikes: Callable[[str, int, int], bool],
    ) -> None:
        self.channel = channel
        self.partners = partners
        self.translate = translate
        self.transit = transit
        self.acknowledge = acknowledge
        self.resend_after = resend_after
        self.resends = resends
        self.deadlines = deadlines
        self.strikes = strikes
        self.name = f"{channel.name}/documents"
        self.sent = dict.fromkeys(KINDS, 0)
        """Documents handed to the partners' mailboxes, by kind, each once."""
        self.late = dict.fromkeys(KINDS, 0)
        self.lags = {kind: array("q") for kind in KINDS}
        """From the start of the clock until the partner had read it, in microseconds."""
        self.resent = self.repeats = self.dropped = self.given_up = 0
        """Copies sent again, copies that partners knew, repeats of the middleware, and documents without a 997."""
        self.due: dict[int, tuple[str, Elapsed]] = {}
        """Kind of each document that has not arrived, by number, and until when it should."""
        self._controls = [0] * partners
        self._open: dict[tuple[int, int], Document] = {}
        """Interchanges without a 997, by partner and control number."""
        self._known, self._read, self._noticed = Once(NUMBERS_KEPT), Once(NUMBERS_KEPT), Once(NUMBERS_KEPT)
        self._asked: dict[int, Elapsed] = {}
        channel.sends, channel.typed = self.send, self.read_by_hand

    def ordered(self, order: int) -> None:
        """A partner has sent an order: the clock of its answer begins."""
        self._asked[order] = self.channel.ground.timeline.now

    # --- the gateway

    def send(self, event: Told) -> None:
        """Send what the middleware hands over, unless its number says that it was sent before."""
        found = self._numbered(event)
        if found is None:
            return
        kind, number, since = found
        now = self.channel.ground.timeline.now
        if self._known.get(number) is not None:
            self.dropped += 1
            return
        self._known.put(number, now, now)
        partner = event.case % self.partners
        self._controls[partner] += 1
        document = Document(kind, number, partner, since, self._controls[partner])
        self.sent[kind] += 1
        self.due[number] = kind, since + self.deadlines[kind]
        self._open[(partner, document.control)] = document
        self._go(document)

    def read_by_hand(self, event: Told) -> None:
        """A person has entered a document at the partner's portal: no copy of it travels."""
        found = self._numbered(event)
        now = self.channel.ground.timeline.now
        if found is not None and self._known.get(found[1]) is None:
            kind, number, since = found
            self._known.put(number, now, now)
            self.sent[kind] += 1
            self.due[number] = kind, since + self.deadlines[kind]
            self._read_first(kind, number, since)

    def _numbered(self, event: Told) -> tuple[str, int, Elapsed] | None:
        """Return kind, number and start of the clock of a document; None where a partner has none for it."""
        now = self.channel.ground.timeline.now
        if isinstance(event, OrderAnswered):
            return (ANSWER, event.id, self._asked.pop(event.case, now)) if event.code in CODES else None
        if isinstance(event, ShipmentAdvised):
            self._noticed.put(event.case, event.at, now)
            return NOTICE, event.key, event.at
        left = self._noticed.get(event.case)
        return INVOICE, event.key, now if left is None else left

    def _go(self, document: Document) -> None:
        timeline = self.channel.ground.timeline
        self._tell(document, "sent")
        identity = self._identity(document)
        way = self.translate(identity, document.sent) + self.transit(identity, document.sent)
        timeline.call_in(way, self._arrived, (document, document.sent))
        if self.strikes("B2", identity, document.sent):
            again = way + self.transit(identity, -document.sent)
            timeline.call_in(again, self._arrived, (document, document.sent))
        timeline.call_in(self.resend_after, self._unanswered, (document, document.sent))

    def _unanswered(self, copy: tuple[Document, int]) -> None:
        document, times = copy
        if self._open.get((document.partner, document.control)) is not document or document.sent != times:
            return
        if document.sent > self.resends:
            self.given_up += 1
            del self._open[(document.partner, document.control)]
            self._tell(document, "given up")
            return
        document.sent += 1
        self.resent += 1
        self._go(document)

    def _answered(self, document: Document) -> None:
        """A 997 has come."""
        if self._open.pop((document.partner, document.control), None) is not None:
            self._tell(document, "accepted")

    def _tell(self, document: Document, step: Step) -> None:
        serial = document.control
        self.channel.ground.probe.filed(self.name, document.partner, serial, step)

    def _identity(self, document: Document) -> int:
        return document.control * self.partners + document.partner

    # --- the partner

    def _arrived(self, copy: tuple[Document, int]) -> None:
        """Read a document that is new, and answer whatever can be read."""
        document, times = copy
        ground = self.channel.ground
        if self._read.get(document.number) is not None:
            self.repeats += 1
        else:
            self._read_first(document.kind, document.number, document.since)
        identity = self._identity(document)
        if not self.strikes("B6", identity, times):
            ground.timeline.call_in(self.acknowledge(identity, times), self._answered, document)

    def _read_first(self, kind: str, number: int, since: Elapsed) -> None:
        now = self.channel.ground.timeline.now
        self._read.put(number, now, now)
        self.channel.ground.probe.effect(self.name, kind, number)
        self.lags[kind].append(now - since)
        if now > self.due.pop(number)[1]:
            self.late[kind] += 1

    def overdue(self, now: Elapsed) -> dict[str, int]:
        """Return by kind how many documents were late, or have not arrived and should have by `now`."""
        counts = dict(self.late)
        for kind, due in self.due.values():
            counts[kind] += due < now
        return counts
