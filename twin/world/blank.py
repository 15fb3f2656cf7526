"""A world without a distributor: from a scenario, a design and a seed to clients, links and servers, ready to run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from actors.balanced import Balanced
from actors.calls import Address, Client, Gate, broken_off
from actors.careful import CarefulClient, Standing
from actors.clients import ANYTIME, Clients, Part, Session
from actors.door import Door
from actors.ground import Ground, Lag
from actors.key_desk import KeyDesk
from actors.onward import Onward
from actors.own import Runs, Serves
from actors.own_party import AmongServers, OwnServer
from actors.server import Server
from actors.server_terms import Slowing, Terms
from policies.in_flight import Partitioned
from policies.retry import Retry
from policies.shedding import Shedding
from twin.errors import UsageError
from twin.kernel.arrivals import Arrivals, Corner
from twin.kernel.faults import Faults
from twin.kernel.laws import Constant, Zipf
from twin.kernel.link import Link
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.model.chance import draw, root, stream_id
from twin.model.ids import derive
from twin.model.instant import SECOND, Elapsed
from twin.model.message import Event, Message
from twin.world import calling
from twin.world.call_watch import CallWatch, Ledger
from twin.world.delays import link_of
from twin.world.key_specs import contract_of
from twin.world.laws import LawSpec, compiled
from twin.world.limiter_specs import LearnedLimiter
from twin.world.own_code import OwnParty
from twin.world.resilience import calling_of
from twin.world.scenario import Scenario
from twin.world.troubles import Troubles
from twin.world.values import duration_text
from twin.world.warm_up import told

_ONCE = Retry(kind="none")
CALLS_UNDER_WAY_MAX = 10_000_000
"""How many calls one client has under way at once: clients pile up as they will, servers have the bounds."""


@dataclass(slots=True)
class BlankWorld:
    """One world: run its timeline, then ask its watch."""

    scenario: Scenario
    design: str
    seed: int
    timeline: Timeline
    watch: CallWatch
    servers: list[Server]
    addresses: dict[str, Address]
    """What calls of each party of servers arrive at."""
    groups: list[Clients]
    faults: Faults

    def under_way(self) -> int:
        """Return how many requests are at the servers, in service or waiting."""
        return sum(server.present for server in self.servers)


def build(
    scenario: Scenario, design_name: str, seed: int, recorder: Recorder, warm_up: Elapsed | None = None
) -> BlankWorld:
    """Build the world of one design; `warm_up` is when measures begin (us), None: as the scenario says."""
    length = told(scenario.warm_up) if warm_up is None else warm_up
    return _Builder(scenario, design_name, seed, recorder).build(length)


def longest_wait(scenario: Scenario) -> Elapsed:
    """Return the longest that a request may take in time: deadlines, or one attempt where there is none, us."""
    longest = 0
    for party in scenario.landscape.of_kind("clients").values():
        assert isinstance(party, calling.Clients)
        waits = [call.deadline or call.timeout for call in party.calls]
        longest = max(longest, max(waits) if party.parallel else sum(waits))
    return longest


class _Builder:
    def __init__(self, scenario: Scenario, design_name: str, seed: int, recorder: Recorder) -> None:
        self.scenario = scenario
        self.name = design_name
        self.design = scenario.designs[design_name]
        self.seed = seed
        self.timeline = Timeline()
        self.troubles = Troubles(scenario, self.timeline, seed)
        self.troubles.note_in(recorder)
        self.watch = CallWatch(lambda: self.timeline.now, scenario.checks.invariants)
        self.ground = Ground(self.timeline, seed, scenario.start_us, recorder, self.watch)
        self.addresses: dict[str, Address] = {}
        self.servers: dict[str, list[Server]] = {}
        self.links: dict[tuple[str, str], Link] = {}

    def build(self, warm_up: Elapsed) -> BlankWorld:
        parties = self.scenario.landscape.parties
        for name, party in parties.items():
            if isinstance(party, calling.Server):
                self._server(name, party)
        for name, party in parties.items():
            if isinstance(party, OwnParty):
                self._own(name, party)
        for name, party in parties.items():
            if isinstance(party, calling.Server):
                self._connect(name, party)
        groups = [self._clients(name, party) for name, party in parties.items() if isinstance(party, calling.Clients)]
        if warm_up:
            self.timeline.call_at(warm_up, self._restart, None)
        servers = [server for copies in self.servers.values() for server in copies]
        faults = self.troubles.faults
        faults.start({"queue_length{queue=middleware}": lambda: sum(len(server.line) for server in servers)})
        return BlankWorld(
            scenario=self.scenario,
            design=self.name,
            seed=self.seed,
            timeline=self.timeline,
            watch=self.watch,
            servers=servers,
            addresses=self.addresses,
            groups=groups,
            faults=faults,
        )

    def _restart(self, _: None) -> None:
        self.watch.restart()
        for copies in self.servers.values():
            for server in copies:
                server.restart()

    # --- servers

    def _server(self, name: str, block: calling.Server) -> None:
        count = block.servers
        labels = [name] if count == 1 else [f"{name}/{number}" for number in range(1, count + 1)]
        door, keys = self._door(block), _keys_of(block)
        copies = [
            self.troubles.server(self.ground, label, self._terms(label, block, door, keys), name, label)
            for label in labels
        ]
        self.servers[name] = copies
        ejects = None if block.ejects is None else block.ejects.ejection()
        self.addresses[name] = copies[0] if count == 1 else Balanced(copies, self.seed, block.balance, ejects)

    def _door(self, block: calling.Server) -> Door | None:
        """Return the limit that all servers of a party share."""
        if block.limit is None:
            return None
        gate = Gate(block.limit.throttle())
        return Door(self.timeline, gate, waits=block.limit.waits, waiting_max=block.queue)

    def _terms(self, label: str, block: calling.Server, door: Door | None, keys: KeyDesk | None) -> Terms:
        refusal = compiled(block.reject_cost)
        free = isinstance(refusal, Constant) and refusal.mean == 0.0
        return Terms(
            workers=block.workers,
            queue_max=block.queue,
            blocks=block.when_full == "block",
            discipline=block.discipline,
            cancels=block.cancel_abandoned,
            service=self._services(label, block.service),
            refusal=None if free else self.ground.lag(f"{label}/refusal", refusal),
            fails=self.ground.coin(f"{label}/error", block.errors) if block.errors else None,
            slowing=_slowing(block.slows),
            versioned=block.versioned,
            door=door,
            sheds=_shedding(block.sheds),
            keys=keys,
        )

    def _services(self, label: str, service: LawSpec | Mapping[str, LawSpec]) -> dict[str, Lag]:
        if isinstance(service, Mapping):
            return {name: self.ground.lag(f"{label}/service/{name}", compiled(law)) for name, law in service.items()}
        return {"": self.ground.lag(f"{label}/service", compiled(service))}

    def _connect(self, name: str, block: calling.Server) -> None:
        """Give each copy of a server the senders of its own calls."""
        for server in self.servers[name]:
            standings: dict[str, Standing] = {}
            server.onward = tuple(
                Onward(
                    sender=self._sender(name, call, server.answered, server.gave_up, standings),
                    operation=call.operation or "",
                    keys=self._keys(f"{name}/{number}", call.key),
                    priority=call.priority,
                    holds=call.holds,
                    key_of=call.idempotency_key,
                )
                for number, call in enumerate(block.calls)
            )

    # --- a user's own

    def _own(self, name: str, block: OwnParty) -> None:
        """Make a party of the user: where its calls arrive, and what it does by itself."""
        actor = block.actor()
        ledger = self.watch.ledger(name) if isinstance(actor, Runs) else Ledger()  # what it asks to serve is no request
        here = AmongServers(self.ground, name, partial(self._reached, name, {}), ledger)
        if isinstance(actor, Serves):
            self.addresses[name] = OwnServer(here, actor)
        if isinstance(actor, Runs):
            here.start(actor.run(here))

    def _reached(
        self,
        a: str,
        standings: dict[str, Standing],
        to: str,
        timeout: Elapsed,
        done: Callable[[Event, Message | None], None],
        parked: Callable[[Event, str], None],
    ) -> Client:
        """Return what a party of the user calls another one through.

        Raises:
            UsageError: there is no such party, or nobody can call it.
        """
        if to not in self.addresses:
            raise UsageError(f"party {a} calls {to!r}; there are {', '.join(self.addresses)}")
        call = calling.CallBlock.model_validate({"to": to, "timeout": duration_text(timeout)})
        return self._sender(a, call, done, parked, standings)

    # --- clients

    def _clients(self, name: str, block: calling.Clients) -> Clients:
        parts = [
            Part(
                operation=call.operation or "",
                keys=self._keys(f"{name}/{number}", call.key),
                priority=call.priority,
                deadline=call.deadline or ANYTIME,
                key_of=call.idempotency_key,
            )
            for number, call in enumerate(block.calls)
        ]
        group = Clients(
            self.ground,
            name,
            parts,
            self.watch.ledger(name),
            parallel=block.parallel,
            again=self.design.retry.rule() if block.whole else None,
            requests_max=block.requests,
        )
        for client in range(block.count):
            if client and block.share_state:
                group.senders.append(group.senders[0])
            else:
                standings: dict[str, Standing] = {}
                group.senders.append(
                    [
                        self._sender(name, call, group.answered, group.gave_up, standings, once=block.whole)
                        for call in block.calls
                    ]
                )
        if block.open is not None:
            group.open(arrivals_of(block.open, block.ramp), even=block.open.law == "even")
        else:
            assert block.closed is not None
            group.closed(_sessions(group.id, block), self.ground.lag(f"{name}/think", compiled(block.closed.think)))
        return group

    def _sender(
        self,
        a: str,
        call: calling.CallBlock,
        done: Callable[[Event, Message | None], None],
        parked: Callable[[Event, str], None],
        standings: dict[str, Standing],
        *,
        once: bool = False,
    ) -> Client:
        """Return what a party calls another one through: with the policies of the design, but `once` without a retry.

        `standings` are those of the caller by called side: all of its calls there share one.
        """
        once = once or not call.retries
        careful = calling_of(self.design, user_waits=True, deadline=call.deadline, once=once)
        client = (Client if careful is None else CarefulClient)(
            self.ground,
            f"{a}/{call.to}",
            request=self._link(a, call.to),
            response=self._link(call.to, a, response=True),
            endpoint=self.addresses[call.to],
            timeout=call.timeout,
            retry=_ONCE if once else self.design.retry.rule(),
            done=done,
            parked=parked,
            concurrency=CALLS_UNDER_WAY_MAX,
            pace=self._pace(call.to),
        )
        if isinstance(client, CarefulClient) and careful is not None:
            if call.to not in standings:
                whole = calling_of(self.design, user_waits=True, deadline=call.deadline)
                standings[call.to] = Standing(whole or careful)
            standing = standings[call.to]
            shared = standing.calling
            if once:
                shared = replace(shared, retry=_ONCE, budget=None, hedge=None)
            if call.long_poll:
                shared = replace(shared, long_poll=True)
            limit = shared.in_flight
            if isinstance(limit, Partitioned):
                limit = limit.of(call.operation)
            client.govern(replace(shared, deadline=careful.deadline, in_flight=limit), standing)
        return client

    def _pace(self, to: str) -> Gate | None:
        """Return a called side's rates as its caller keeps them; calls in flight are no rate."""
        party = self.scenario.landscape.parties[to]
        limit = party.limit if isinstance(party, calling.Server) else None
        if limit is None or not isinstance(self.design.limiter, LearnedLimiter):
            return None
        rates = limit.published().rates()
        return None if rates is None else Gate(rates)

    def _keys(self, name: str, block: calling.ZipfKeys | None) -> Callable[[int], int]:
        if block is None:
            return _one_key
        law, coins = Zipf(block.exponent, block.count), root(self.seed, stream_id(f"{name}/key"))
        return lambda identity: law.pick(draw(coins, identity))

    def _link(self, a: str, b: str, *, response: bool = False) -> Link:
        """Return the link from a to b; what the scenario says of one direction holds for that one only."""
        if (a, b) not in self.links:
            block = link_of(self.scenario, a, b)
            self.links[a, b] = self.troubles.link(
                a, b, f"{a}>{b}", block, compiled(block.latency), response=response, told=broken_off
            )
        return self.links[a, b]


def _shedding(steps: Sequence[calling.Shed]) -> Shedding | None:
    return Shedding(tuple([(step.from_priority, step.waiting) for step in steps])) if steps else None


def _keys_of(block: calling.Server) -> KeyDesk | None:
    """Return what all servers of a party know of keys."""
    if block.idempotency is None:
        return None
    return KeyDesk(contract_of(block.idempotency))


def _one_key(_: int) -> int:
    return 0


def _slowing(block: calling.Slows | None) -> Slowing | None:
    if block is None:
        return None
    return Slowing(
        in_system=block.with_ == "in_system",
        above=block.from_,
        factor=block.factor,
        power=block.power,
        at_most=block.at_most,
    )


def arrivals_of(block: calling.Open, ramp: calling.Ramp | None) -> Arrivals:
    """Return the rate over time of one client: what is stated, times the steps of its shape, times the ramp."""
    edges = {0, *(step.from_ for step in block.shape)} | ({ramp.over} if ramp else set())
    corners = []
    for at in sorted(edges):
        factor = next((step.factor for step in reversed(block.shape) if step.from_ <= at), 1.0)
        base = block.rate.per_s * factor
        if ramp is None:
            corners.append(Corner(at, base))
        elif at >= ramp.over:
            corners.append(Corner(at, base * ramp.to))
        else:
            growth = (ramp.to - ramp.from_) * SECOND / ramp.over
            corners.append(Corner(at, base * (ramp.from_ + growth * at / SECOND), base * growth))
    return Arrivals(corners)


def _sessions(group: int, block: calling.Clients) -> list[Session]:
    """Return every session with its time: on a ramp they begin, or end, one after the other."""
    assert block.closed is not None
    total = block.count * block.closed.sessions
    found = []
    for number in range(total):
        client, session = divmod(number, block.closed.sessions)
        start, stop = _times(block.ramp, (number + 0.5) / total)
        if start is not None:
            found.append(Session(client, derive(derive(group, client), session), start, stop))
    return found


def _times(ramp: calling.Ramp | None, place: float) -> tuple[Elapsed | None, Elapsed | None]:
    """Return from when to when a ramp includes a session that stands at `place`, a share of all; None: never."""
    if ramp is None:
        return 0, None
    inside = ramp.from_ > place, ramp.to > place
    if inside == (False, False):
        return None, None
    if inside == (True, True):
        return 0, None
    crossing = round(ramp.over * (place - ramp.from_) / (ramp.to - ramp.from_))
    return (0, crossing) if inside[0] else (crossing, None)
