"""Where faults meet the world: parts that records can get at stand in for plain ones, and each record gets its levers.

A record's target is a party by its name, one warehouse as `wms/site`, a channel by its name, or a link as `a/b`, the
two parties in either order. Where no record names a part, the plain part is built and nothing is paid.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from actors.calls import Client, Endpoint, Feed, Gate
from actors.channel import Channel
from actors.demand import Buyers
from actors.erp import Erp
from actors.ground import Ground
from actors.mailbox import KINDS as FILES_OF_ORDERS
from actors.mailbox import Mailbox
from actors.middleware import Middleware
from actors.operators import Operators, TroubledOperators
from actors.poll import Poll
from actors.server import Server
from actors.server_terms import Terms
from actors.supplier import TroubledDock
from actors.troubled import DOWN, SERVED, TroubledEndpoint, TroubledGate
from actors.troubled_clock import CLOCKS, Clock, HasClock
from actors.troubled_demand import RUSHES, TroubledBuyers
from actors.troubled_orders import HANDED, LISTED, OF_ORDERS, OF_STAMPS, TroubledDoor, TroubledPoll, TroubledSeller
from actors.troubled_process import CRASHES, RULED, TroubledMiddleware
from actors.troubled_queue import QUEUED
from actors.troubled_server import TroubledServer
from actors.troubled_settings import CALLING, KEEPING, Impatient, TroubledLedger
from actors.troubled_site import FLOOR, TOLD, TroubledFeed, TroubledWarehouse
from actors.troubled_store import STORED
from actors.webhook import Webhook
from actors.wms import Warehouse
from policies.throttle import Throttle
from twin.kernel.faults import Armed, Fault, Faults, Lever
from twin.kernel.laws import Law
from twin.kernel.link import Link
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.kernel.troubled import TroubledLink
from twin.model.commands import SubmitOrder, SupplyAnnounced
from twin.model.message import Message
from twin.world import landscape
from twin.world.scenario import Scenario
from twin.world.swizzle import records_of

QUOTAS: Final = ("Q1", "Q2", "Q4", "Q5", "Q6")
CALLED: Final = ("E1", "E2", "E3", "E12", "E13", "E14", "E15", "Q3", "T6", "T7", "W1", *SERVED)
PROCESS: Final = ("P4", "P5", "P8", "P9", "D2", "D3", "D5", "L5", *CRASHES, *RULED, *QUEUED, *STORED)


class Troubles:
    """The records of one scenario, and the parts that can suffer them."""

    def __init__(self, scenario: Scenario, timeline: Timeline, seed: int, items: Sequence[str] = ()) -> None:
        self.timeline = timeline
        self.seed = seed
        self.faults = Faults(timeline, seed, records_of(scenario, seed, items))

    def note_in(self, recorder: Recorder) -> None:
        """Have the record say when each fault was on: from whom, the fault by its name, at its target."""

        def told(fault: Fault, on: bool) -> None:
            kind = recorder.kind("fault.on" if on else "fault.off")
            source, target = recorder.party(fault.name), recorder.party(fault.target)
            recorder.note(self.timeline.now, kind, source, target, 0, 0, 0)

        self.faults.told = told

    def link(
        self,
        a: str,
        b: str,
        name: str,
        block: landscape.Link,
        latency: Law,
        *,
        response: bool,
        told: Callable[[Any], object] | None = None,
    ) -> Link:
        """Return the link from a to b; what the scenario says of one direction holds for that one only.

        `told` hears of messages whose loss their sender notices.
        """
        towards = "response" if response else "request"
        adverse = block.direction in ("both", towards)
        disorder = block.disorder if adverse else None
        records = [
            armed
            for armed in self.faults.on(f"{a}/{b}", f"{b}/{a}")
            if armed.fault.direction in ("both", towards) and armed.fault.kind not in CALLING
        ]
        lost, duplicated = (block.lost, block.duplicated) if adverse else (0.0, 0.0)
        share, within = (disorder.share, disorder.within) if disorder else (0.0, 0)
        capacity = float(block.capacity.exact) if block.capacity and adverse else None
        if not records:
            return Link(
                self.timeline,
                self.seed,
                name,
                latency=latency,
                lost=lost,
                duplicated=duplicated,
                disorder_share=share,
                disorder_within_us=within,
                capacity_per_s=capacity,
            )
        link = TroubledLink(
            self.timeline,
            self.seed,
            name,
            latency=latency,
            lost=lost,
            duplicated=duplicated,
            disorder_share=share,
            disorder_within_us=within,
            capacity_per_s=capacity,
            told=told,
        )
        for armed in records:
            armed.levers.append(link)
        return link

    def endpoint(self, plain: Endpoint, *names: str) -> Endpoint:
        """Return the endpoint of a party, which goes by `names`."""
        records = [armed for armed in self.faults.on(*names) if armed.fault.kind in CALLED]
        if not records:
            return plain
        troubled = TroubledEndpoint(plain)
        _attach(records, troubled)
        return troubled

    def server(self, ground: Ground, name: str, terms: Terms, *names: str) -> Server:
        """Return a server of a world without a distributor, which goes by `names`."""
        records = [armed for armed in self.faults.on(*names) if armed.fault.kind.startswith("E")]
        if not records:
            return Server(ground, name, terms)
        troubled = TroubledServer(ground, name, terms)
        _attach(records, troubled)
        return troubled

    def gate(self, throttle: Throttle, *names: str, down: bool = False) -> Gate:
        """Return a party's limit; with `down` it also stays shut while the party does not answer."""
        kinds = QUOTAS + DOWN if down else QUOTAS
        records = [armed for armed in self.faults.on(*names) if armed.fault.kind in kinds]
        if not records:
            return Gate(throttle)
        troubled = TroubledGate(throttle)
        _attach(records, troubled)
        return troubled

    def warehouse(self, *names: str) -> type[Warehouse]:
        """Return what a site is made of, which goes by `names`."""
        return TroubledWarehouse if self._of(FLOOR, *names) else Warehouse

    def feed(self, *names: str) -> type[Feed]:
        """Return what a party's facts travel by."""
        return TroubledFeed if self._of(TOLD, *names) else Feed

    def process(self, *names: str) -> type[Middleware]:
        """Return what the middleware's process is made of; `names` are its own and its store's."""
        return TroubledMiddleware if self._of(PROCESS, *names) or self.faults.waits_at_points else Middleware

    def poll(self, *names: str) -> type[Poll]:
        """Return what a channel's list is asked by."""
        return TroubledPoll if self._of(LISTED, *names) else Poll

    def operators(self, name: str) -> type[Operators]:
        """Return who works the exception queues."""
        return TroubledOperators if self._of(("W9",), name) else Operators

    def buyers(self, *names: str) -> type[Buyers]:
        """Return who sends orders to the channels, which go by `names`."""
        return TroubledBuyers if self._of(RUSHES, *names) else Buyers

    def door(
        self, ground: Ground, items: int, take: Callable[[Message], None], *names: str
    ) -> Callable[[Message], None]:
        """Return what takes the messages of a party in, which goes by `names`."""
        records = self._of((*OF_ORDERS, *OF_STAMPS), *names)
        if not records:
            return take
        door = TroubledDoor(ground, items, take)
        _attach(records, door)
        return door

    def seller(
        self, channel: Channel, placed: Callable[[SubmitOrder], None], webhook: Webhook | None, *names: str
    ) -> Callable[[SubmitOrder], None]:
        """Return who carries a channel's placed orders, which goes by `names`."""
        records = self._of(HANDED, *names)
        if not records:
            return placed
        seller = TroubledSeller(channel, placed, webhook)
        _attach(records, seller)
        return seller

    def dock(
        self, ground: Ground, arrive: Callable[[SupplyAnnounced], None], name: str
    ) -> Callable[[SupplyAnnounced], None]:
        """Return what takes the goods of a supplier in."""
        records = self._of(("B10",), name)
        if not records:
            return arrive
        dock = TroubledDock(ground, arrive)
        _attach(records, dock)
        return dock

    def client(self, client: Client, a: str, b: str) -> None:
        """Let records of the link reach whoever calls over it."""
        if records := self._of(CALLING, f"{a}/{b}", f"{b}/{a}"):
            _attach(records, Impatient(client))

    def clock(self, party: HasClock, *names: str) -> None:
        """Let records bend the clock of a party, which goes by `names`."""
        if records := self._of(CLOCKS, *names):
            _attach(records, Clock(party))

    def ledger(self, erp: Erp, endpoint: Endpoint, name: str) -> None:
        """Let records reach what an ERP keeps."""
        if records := self._of(KEEPING, name):
            _attach(records, TroubledLedger(erp, endpoint))

    def channels(self, buyers: Buyers, numbers: Mapping[str, int]) -> None:
        """Let records reach the buyers; `numbers` are those of the channels by all their names."""
        if isinstance(buyers, TroubledBuyers):
            buyers.reach(numbers)
            _attach(self._of(RUSHES, *numbers), buyers)

    def process_records(self, *names: str) -> Sequence[Armed]:
        """Return the records that strike the middleware's process or its store."""
        return self._of(PROCESS, *names)

    def pull(self, part: object, *names: str) -> None:
        """Attach the records that a part is the lever of."""
        if isinstance(part, TroubledWarehouse):
            _attach(self._of(FLOOR, *names), part)
        elif isinstance(part, TroubledFeed):
            _attach(self._of(TOLD, *names), part)
        elif isinstance(part, TroubledPoll):
            _attach(self._of(LISTED, *names), part)
        elif isinstance(part, TroubledOperators):
            _attach(self._of(("W9",), *names), part)
        elif isinstance(part, Mailbox):
            _attach(self._of(FILES_OF_ORDERS, *names), part)
        elif isinstance(part, TroubledMiddleware):
            _attach(self._of(PROCESS, *names), part)

    def _of(self, kinds: tuple[str, ...], *names: str) -> list[Armed]:
        return [armed for armed in self.faults.on(*names) if armed.fault.kind in kinds]


def _attach(records: Iterable[Armed], lever: Lever) -> None:
    for armed in records:
        armed.levers.append(lever)
