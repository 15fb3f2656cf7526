"""Where faults meet the world: parts that records can get at stand in for plain ones, and each record gets its levers.

A record's target is a party by its name, one warehouse as `wms/site`, a channel by its name, or a link as `a/b`, the
two parties in either order. Where no record names a part, the plain part is built and nothing is paid.
"""

from collections.abc import Callable, Iterable
from typing import Any

from actors.calls import Endpoint, Gate
from actors.ground import Ground
from actors.server import Server, Terms
from actors.troubled import DOWN, TroubledEndpoint, TroubledGate
from actors.troubled_server import TroubledServer
from policies.throttle import Throttle
from twin.kernel.faults import Armed, Faults, Lever
from twin.kernel.laws import Law
from twin.kernel.link import Link
from twin.kernel.timeline import Timeline
from twin.kernel.troubled import TroubledLink
from twin.world import landscape
from twin.world.fault_specs import record_of
from twin.world.scenario import Scenario

QUOTAS = ("Q1", "Q2", "Q5", "Q6")


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
        records = [armed for armed in self.faults.on(*names) if armed.fault.kind.startswith("E")]
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


def _attach(records: Iterable[Armed], lever: Lever) -> None:
    for armed in records:
        armed.levers.append(lever)
