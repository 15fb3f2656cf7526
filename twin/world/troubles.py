"""Where faults meet the world: parts that records can get at stand in for plain ones, and each record gets its levers.

A record's target is a party by its name, one warehouse as `wms/site`, a channel by its name, or a link as `a/b`, the
two parties in either order. Where no record names a part, the plain part is built and nothing is paid.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from actors.calls import Endpoint, Feed, Gate
from actors.ground import Ground
from actors.mailbox import KINDS as FILES_OF_ORDERS
from actors.mailbox import Mailbox
from actors.middleware import Middleware
from actors.server import Server
from actors.server_terms import Terms
from actors.troubled import DOWN, TroubledEndpoint, TroubledGate
from actors.troubled_process import TroubledMiddleware
from actors.troubled_server import TroubledServer
from actors.troubled_site import TroubledFeed, TroubledWarehouse
from actors.wms import Warehouse
from policies.throttle import Throttle
from twin.kernel.faults import Armed, Faults, Lever
from twin.kernel.laws import Law
from twin.kernel.link import Link
from twin.kernel.timeline import Timeline
from twin.kernel.troubled import TroubledLink
from twin.world import landscape
from twin.world.fault_specs import record_of
from twin.world.scenario import Scenario

QUOTAS: Final = ("Q1", "Q2", "Q5", "Q6")
CALLED: Final = ("E1", "E2", "E3", "E4", "E5", "E12", "E13", "E14", "E15", "Q3", "W1")
FED: Final = ("W1", "B1", "B2", "B3")
PROCESS: Final = ("P1", "P4", "P5", "D2", "D3", "D5")


class Troubles:
    """The records of one scenario, and the parts that can suffer them."""

    def __init__(self, scenario: Scenario, timeline: Timeline, seed: int) -> None:
        self.timeline = timeline
        self.seed = seed
        self.faults = Faults(timeline, seed, [record_of(block) for block in scenario.faults])

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
            armed for armed in self.faults.on(f"{a}/{b}", f"{b}/{a}") if armed.fault.direction in ("both", towards)
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
        return TroubledWarehouse if self._of(("W2", "W3"), *names) else Warehouse

    def feed(self, *names: str) -> type[Feed]:
        """Return what a party's facts travel by."""
        return TroubledFeed if self._of(FED, *names) else Feed

    def process(self, *names: str) -> type[Middleware]:
        """Return what the middleware's process is made of; `names` are its own and its store's."""
        return TroubledMiddleware if self._of(PROCESS, *names) else Middleware

    def pull(self, part: object, *names: str) -> None:
        """Attach the records that a part is the lever of."""
        if isinstance(part, TroubledWarehouse):
            _attach(self._of(("W2", "W3"), *names), part)
        elif isinstance(part, TroubledFeed):
            _attach(self._of(FED, *names), part)
        elif isinstance(part, Mailbox):
            _attach(self._of(FILES_OF_ORDERS, *names), part)
        elif isinstance(part, TroubledMiddleware):
            _attach(self._of(PROCESS, *names), part)

    def _of(self, kinds: tuple[str, ...], *names: str) -> list[Armed]:
        return [armed for armed in self.faults.on(*names) if armed.fault.kind in kinds]


def _attach(records: Iterable[Armed], lever: Lever) -> None:
    for armed in records:
        armed.levers.append(lever)
