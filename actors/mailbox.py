"""Orders that travel in files: trading partners drop interchanges into a mailbox, the gateway fetches and checks them.

Each partner collects its orders and drops them as one interchange under the next control number. The gateway polls the
mailbox, and of each interchange compares the number with those it has seen and the count in the trailer with what it
holds: a new and whole one is handed on and acknowledged (997); one seen before is acknowledged again and dropped, as is
one whose content was let through under another number; one that is cut or brings other content under a known number is
rejected. The partner sends again what was rejected, whole and under a new number, and what was not acknowledged in
time, under the old one, at most `resends` times.

A gateway that hands on whole interchanges checks nothing but the trailer: it is the middleware that knows the control
numbers then, takes each interchange once, and answers it. A repeat that it turns away is closed at the partner as one
that came before.

A 997 says that a file was read, not that an order is possible; it answers one file and is itself never answered.
A partner takes what stands in an accepted file for ordered: an order of it that is not there is a lost one. B-numbers
are those of the fault catalogue.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from actors.channel import Channel
from actors.edi_documents import Documents
from actors.ground import Lag, Step
from actors.way import Way
from twin.kernel.faults import Armed, Struck
from twin.model import wire
from twin.model.chance import bits, stream_id
from twin.model.commands import InterchangeReceived, SubmitOrder
from twin.model.events import InterchangeAnswered
from twin.model.ids import derive
from twin.model.instant import SECOND, Elapsed

KINDS: Final = ("B1", "B2", "B3", "B4", "B6", "B7", "B8", "B11")
"""Faults that strike files."""


_OUT: Final = 1
"""Which of its derived ids the identity of an outgoing interchange stands for."""


@dataclass(slots=True)
class Interchange:
    """One file of orders: who sent it as his how manieth, its control number, its content, and the trailer's count."""

    partner: int
    serial: int
    control: int
    orders: tuple[SubmitOrder, ...]
    stated: int
    sent: int = 1


@dataclass(slots=True)
class Partner:
    """One trading partner: orders not yet sent, files so far, the last control number, and files not yet acknowledged.

    An open file is known by its serial number, which its answer names: under a control number there may be two (B8).
    """

    number: int
    collected: list[SubmitOrder] = field(default_factory=list)
    files: int = 0
    control: int = 0
    open: dict[int, Interchange] = field(default_factory=dict)


class Mailbox(Struck):
    """The partners' side, the mailbox between, and the gateway's checks."""

    def __init__(
        self,
        channel: Channel,
        *,
        partners: int,
        batch_every: Elapsed,
        poll_every: Elapsed,
        translate: Lag,
        acknowledge: Lag,
        resend_after: Elapsed,
        resends: int,
        checks: bool,
        whole: bool = False,
        link: Way,
    ) -> None:
        self.channel = channel
        self.whole = whole
        """Whether interchanges are handed on as they are, for the middleware to open and to answer."""
        self.partners = [Partner(number) for number in range(partners)]
        self.batch_every = batch_every
        self.poll_every = poll_every
        self.translate = translate
        self.acknowledge = acknowledge
        self.resend_after = resend_after
        self.resends = resends
        self.checks = checks
        self.link = link
        self.counts: dict[str, int] = {}
        self._box: list[Interchange] = []
        self._polled_at: Elapsed = 0
        self._handed: list[SubmitOrder] = []
        """Orders handed on, until they have arrived: over a link that may lose them they go again with every poll."""
        self._seen: dict[tuple[int, int], tuple[int, ...]] = {}
        self._passed: set[tuple[int, tuple[int, ...]]] = set()
        """What the gateway let through, by partner: it may come again under another number, when a repeat was cut."""
        self._interchanges = stream_id(f"{channel.name}/interchange")
        self._reads = 0
        self._asked: dict[int, Interchange] = {}
        """Interchanges that the middleware has not answered, by the message that brought them."""
        self.documents: Documents | None = None
        """What goes out to the partners; None: they get no documents."""
        if whole:
            channel.interchange_answered = self._told
        timeline, seed = channel.ground.timeline, channel.ground.seed
        phase = stream_id(f"{channel.name}/batch")
        for partner in self.partners:
            timeline.call_in(bits(seed, phase, partner.number) % batch_every, self._batch, partner)
        timeline.call_in(bits(seed, phase, partners) % poll_every, self._poll, None)

    # --- the lever

    def _strikes(self, kind: str, file: Interchange) -> Armed | None:
        """Return the record that strikes a file, if one does."""
        return self._struck(kind, file.serial * len(self.partners) + file.partner, file.sent)

    def _struck(self, kind: str, identity: int, sent: int) -> Armed | None:
        now = self.channel.ground.timeline.now
        for armed in self.armed:
            if armed.fault.kind == kind and armed.strikes(now, identity, sent):
                return armed
        return None

    def strikes_document(self, kind: str, identity: int, sent: int) -> bool:
        """Tell whether a record strikes a copy of a document that goes out; its luck is not that of a file."""
        return self._struck(kind, derive(identity, _OUT), sent) is not None

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    # --- partners

    def placed(self, submit: SubmitOrder) -> None:
        """A buyer of one of the partners ordered: it goes with the partner's next file."""
        self.partners[submit.case % len(self.partners)].collected.append(submit)

    def _batch(self, partner: Partner) -> None:
        self.channel.ground.timeline.call_in(self.batch_every, self._batch, partner)
        if partner.collected:
            orders, partner.collected = tuple(partner.collected), []
            if self.documents is not None:
                for order in orders:
                    self.documents.ordered(order.case)
            self._send(partner, orders)

    def _send(self, partner: Partner, orders: tuple[SubmitOrder, ...]) -> None:
        """Send orders in a new file; B8: under the number of the one before."""
        partner.files += 1
        partner.control += 1
        file = Interchange(partner.number, partner.files, partner.control, orders, len(orders))
        if partner.control > 1 and self._strikes("B8", file):
            partner.control -= 1
            file.control -= 1
        partner.open[file.serial] = file
        self._drop(file)

    def _drop(self, file: Interchange) -> None:
        """Put a file into the mailbox, as records say: late (B3, B11), cut (B1), twice (B2), its total wrong (B4)."""
        timeline = self.channel.ground.timeline
        self._tell(file, "sent")
        put = replace(file)
        if armed := self._strikes("B1", file):
            put.orders = file.orders[: int(len(file.orders) * armed.number("fraction", 1.0))]
        if armed := self._strikes("B4", file):
            put.stated += int(armed.number("delta", 1.0))
        late = int(armed.number("extra", 0.0)) if (armed := self._strikes("B3", file)) else 0
        if self._strikes("B11", file):
            late = max(late, self._polled_at + self.poll_every + SECOND - timeline.now)
        timeline.call_in(late, self._put, put)
        if armed := self._strikes("B2", file):
            timeline.call_in(late + int(armed.number("lag", 0.0)), self._put, put)
        timeline.call_in(self.resend_after, self._unanswered, (file, file.sent))

    def _put(self, file: Interchange) -> None:
        self._box.append(file)

    def _unanswered(self, sent: tuple[Interchange, int]) -> None:
        file, times = sent
        if self.partners[file.partner].open.get(file.serial) is not file or file.sent != times:
            return
        if file.sent > self.resends:
            self._count("given_up")
            self._tell(file, "given up")
            return
        file.sent += 1
        self._count("sent_again")
        self._drop(file)

    def _answered(self, answer: tuple[Interchange, bool]) -> None:
        """A 997 has come: an accepted file is closed, a rejected one goes out again, whole and under a new number."""
        read, accepted = answer
        partner = self.partners[read.partner]
        file = partner.open.pop(read.serial, None)
        if file is None:
            return
        self._tell(file, "accepted" if accepted else "rejected")
        if not accepted:
            self._send(partner, file.orders)
            return
        for order in file.orders:
            if order.case in self.channel.untaken:
                self.channel.ground.probe.acknowledged(order.case)

    def _tell(self, file: Interchange, step: Step) -> None:
        self.channel.ground.probe.filed(self.channel.name, file.partner, file.serial, step)

    def handed_on(self) -> list[SubmitOrder]:
        """Return the orders that the gateway has handed on and that have not arrived, as far as they are kept."""
        return [order for order in self._handed if order.case in self.channel.untaken]

    # --- the gateway

    def _poll(self, _: None) -> None:
        timeline = self.channel.ground.timeline
        self._polled_at = timeline.now
        timeline.call_in(self.poll_every, self._poll, None)
        self._handed = self.handed_on()
        if self.link.may_lose:
            for order in self._handed:
                self.link.send(order.id, timeline.now, self.channel.hand_over, order)
        fetched, self._box = self._box, []
        for file in fetched:
            timeline.call_in(self.translate(file.serial, file.partner), self._read, file)

    def _read(self, file: Interchange) -> None:
        """Check one file, hand its orders on if it may pass, and answer."""
        number = (file.partner, file.control)
        content = tuple([order.fingerprint for order in file.orders])
        known = self._seen.get(number)
        self._count("files")
        accepted = True
        if self.checks and len(file.orders) != file.stated:
            self._count("rejected_total")
            accepted = False
        elif self.whole:
            self._hand_on(file)
            return
        elif self.checks and (known is not None or (file.partner, content) in self._passed):
            accepted = known is None or known == content
            self._count("dropped_repeat" if accepted else "rejected_number")
        else:
            self._seen[number] = content
            self._passed.add((file.partner, content))
            self.channel.ground.probe.passed(self.channel.name, file.partner, file.control, file.stated, content)
            for order in file.orders:
                self.link.send(order.id, file.sent, self.channel.hand_over, order)
            self._handed += file.orders
        self._answer(file, accepted)

    def _answer(self, file: Interchange, accepted: bool) -> None:
        """Send the 997, unless it gets lost (B6); B7: that of a file that was taken says otherwise."""
        if accepted and self._strikes("B7", file):
            accepted = False
        if not self._strikes("B6", file):
            lag = self.acknowledge(file.serial * 64 + file.sent, file.partner)
            self.channel.ground.timeline.call_in(lag, self._answered, (file, accepted))

    # --- whole interchanges

    def _hand_on(self, file: Interchange) -> None:
        self._reads += 1
        message = InterchangeReceived(
            id=derive(self._interchanges, self._reads),
            channel=self.channel.index,
            sender=f"partner {file.partner}",
            receiver=self.channel.name,
            control=f"{file.control:09d}",
            documents=tuple([wire.encode(order) for order in file.orders]),
        )
        self._asked[message.id] = file
        self.link.send(message.id, file.sent, self._stored, message)

    def _stored(self, message: InterchangeReceived) -> None:
        for order in self._asked[message.id].orders:
            self.channel.handed_over(order.case)
        self.channel.deliver(message)

    def _told(self, answer: InterchangeAnswered) -> None:
        """The middleware has taken an interchange, or knows its number already."""
        file = self._asked.pop(answer.cause, None)
        if file is None:
            return
        taken = answer.code == "A"
        if taken:
            content = tuple([order.fingerprint for order in file.orders])
            self.channel.ground.probe.passed(self.channel.name, file.partner, file.control, file.stated, content)
        else:
            self._count("turned_away")
        self._answer(file, taken or file.sent > 1)


class Run:
    """A party that hands over all its orders in one run, every so often: what did not arrive goes with the next.

    A run is spread evenly over `window` microseconds; 0: all at once.
    """

    def __init__(
        self, channel: Channel, *, every: Elapsed, first: Elapsed, delay: Lag, link: Way, window: Elapsed = 0
    ) -> None:
        self.channel = channel
        self.every = every
        self.delay = delay
        self.link = link
        self.window = window
        self._runs = 0
        channel.ground.timeline.call_in(first, self._run, None)

    def placed(self, submit: SubmitOrder) -> None:
        """An order waits for the next run."""

    def _run(self, _: None) -> None:
        timeline = self.channel.ground.timeline
        timeline.call_in(self.every, self._run, None)
        self._runs += 1
        going = list(self.channel.untaken.values())
        for place, submit in enumerate(going):
            wait = self.window * place // len(going) + self.delay(submit.case, self._runs)
            timeline.call_in(wait, self._hand_over, (submit, self._runs))

    def _hand_over(self, handed: tuple[SubmitOrder, int]) -> None:
        submit, run = handed
        self.link.send(submit.id, run, self.channel.hand_over, submit)
