"""What every party of one world is wired with: its links, clients, feeds and doors, each past the records that strike
it.

The rooms that make parties (`erp_side`, `sites`, `shops`, `around`) are given this and add what they made to the lists
here; `build` says in which order.
"""

from collections.abc import Callable, Sequence
from typing import Any

from actors.by_hand import ByHand
from actors.calls import Address, Client, Endpoint, Feed, Gate, broken_off
from actors.careful import CarefulClient
from actors.channel import Channel
from actors.erp import Erp
from actors.ground import Ground
from actors.mailbox import Mailbox
from actors.middleware import Middleware
from actors.portal import Portal
from actors.reserve import Reserve
from actors.second_thoughts import SecondThoughts
from actors.supplier import Supplier
from actors.tap import Submits, Tap
from actors.transactor import Store
from actors.way import Way
from actors.wms import Warehouse
from policies.retry import Retry
from policies.ruleset import RuleSet
from twin.errors import UsageError
from twin.kernel.laws import Law
from twin.kernel.link import Link
from twin.kernel.recorder import Recorder
from twin.kernel.station import Hours, Station
from twin.kernel.timeline import Timeline
from twin.model.commands import SupplyAnnounced
from twin.model.instant import MINUTE, SECOND, Elapsed
from twin.model.message import Event, Message
from twin.world import away, landscape, people
from twin.world.delays import link_of, windows_of
from twin.world.further import FurtherParties, windows_of_day
from twin.world.invariants import Invariants
from twin.world.launches import known_at_first
from twin.world.laws import compiled
from twin.world.measures import Watch
from twin.world.opening import Opening, local_midnight
from twin.world.resilience import calling_of
from twin.world.rules import rules_of, the_wms
from twin.world.scenario import Scenario
from twin.world.staff import Staff
from twin.world.troubles import Troubles

CALLS_UNDER_WAY_MAX = 100_000
"""How many calls one client has under way at once, where the partner states no cap; its rate binds far sooner."""
LABELS_AGAIN = Retry(kind="exponential", attempts=20, base_us=SECOND, cap_us=5 * MINUTE)
"""How a label is asked for again, by warehouses and by a TMS, and how a customer is written to again."""
AGAIN_AFTER: Elapsed = 30 * SECOND
"""A fact that is not acknowledged goes out again: visibility of the broker, 30 s (published, Amazon SQS)."""


class Wiring:
    """One world while it is built: what is known of it from the start, and the connections made so far."""

    ground: Ground
    watch: Watch
    invariants: Invariants
    further: FurtherParties
    middleware: Middleware
    erp: Erp
    erp_client: Client
    supplier: Supplier
    thoughts: SecondThoughts | None

    def __init__(
        self,
        scenario: Scenario,
        design_name: str,
        seed: int,
        recorder: Recorder,
        *,
        opening: Opening,
        clock: Timeline,
        tap: Tap | None,
    ) -> None:
        self.scenario = scenario
        self.name = design_name
        self.design = scenario.designs[design_name]
        self.seed = seed
        self.recorder = recorder
        self.timeline = clock
        self.tap = tap
        self.troubles = Troubles(scenario, clock, seed, opening.items)
        self.troubles.note_in(recorder)
        self.known = known_at_first(scenario, len(opening.items))
        self.opening = opening.without_items_from(self.known)
        self.parties = scenario.landscape.parties
        self.windows = windows_of(scenario, self.design)
        self.numbers = {sku: place for place, sku in enumerate(self.opening.items)}
        self.rules: RuleSet = rules_of(scenario, self.design, self.numbers, self.windows)
        self.partners = away.partners_of(
            self.rules.fallbacks,
            erp=self.financial()[0],
            wms=self.party("wms")[0],
            sites=list(the_wms(scenario).sites),
            channels={name: scenario.party_of(name) for name in scenario.channels},
            bank=next(iter(scenario.landscape.of_kind("payment_provider")), None),
            carriers=list(scenario.landscape.of_kind("carrier")),
        )
        self.doors = away.doors_to(self.partners)
        self.store = Store()
        self.retry = self.design.retry.rule()
        self.calling = calling_of(self.design, user_waits=False)
        self.clients: list[Client] = []
        self.feeds: list[Feed] = []
        self.wms_clients: list[Client] = []
        self.stock_clients: list[Client] = []
        self.answer_clients: list[Client] = []
        self.portal_clients: list[Client] = []
        self.payment_clients: list[Client] = []
        self.by_hand: list[ByHand] = []
        self.reserves: list[Reserve] = []
        self.turns: dict[int, list[Callable[[bool], None]]] = {}
        """Who must hear whether a partner is away, by its number."""
        self.warehouses: list[Warehouse] = []
        self.paid_us: dict[str, Callable[[Elapsed], int]] = {}
        self.channels: list[Channel] = []
        self.mailboxes: list[Mailbox] = []
        self.portal: Portal | None = None
        self.staff = Staff(scenario, clock)
        self.erp_interface: Endpoint | None = None
        """Where the calls of a cloud ERP arrive."""
        self.team = self._team()
        """The people there are, their block, and the desk at which their work waits."""
        self.alarmed: Callable[[int], None] = lambda _: None
        """Who hears of an alert."""

    # --- connections

    def link(
        self,
        a: str,
        b: str,
        purpose: str,
        *,
        response: bool = False,
        told: Callable[[Any], object] | None = None,
    ) -> Link:
        """Return the link from a to b."""
        block = link_of(self.scenario, a, b)
        latency: Law = compiled(block.latency)
        return self.troubles.link(a, b, f"{a}>{b}/{purpose}", block, latency, response=response, told=told)

    def client(
        self,
        name: str,
        a: str,
        b: str,
        endpoint: Address,
        *,
        timeout: Elapsed = landscape.CALL_TIMEOUT,
        retry: Retry | None = None,
        concurrency: int = CALLS_UNDER_WAY_MAX,
        pace: Gate | None = None,
        cost: int = 1,
        done: Callable[[Event, Message | None], None] | None = None,
        parked: Callable[[Event, str], None] | None = None,
        refused: Callable[[Event, Elapsed | None], bool] | None = None,
        caller: str | None = None,
    ) -> Client:
        """Return a client of `a` that calls an address of `b`.

        What becomes of its calls goes to the middleware where nothing else is said; a `retry` of its own keeps the
        design's policies out, and a `caller` is who the faults of callers strike, where it is not `a`.
        """
        tap = self.tap
        called = b if caller is not None else name.removeprefix(f"{a}/").removesuffix("/stock")
        careful = self.calling if retry is None else None
        client = (Client if careful is None else CarefulClient)(
            self.ground,
            name,
            request=self.link(a, b, name, told=broken_off),
            response=self.link(b, a, name, response=True, told=broken_off),
            endpoint=endpoint,
            timeout=timeout,
            retry=retry or self.retry,
            done=done or (self.middleware.delivered if tap is None else tap.delivered(name, self.middleware.delivered)),
            parked=parked or (self.middleware.parked if tap is None else tap.parked(name, self.middleware.parked)),
            refused=refused if tap is None or refused is None or a != "middleware" else tap.refused(name, refused),
            concurrency=concurrency,
            pace=pace,
            cost=cost,
            ends=(caller or a, called),
        )
        if isinstance(client, CarefulClient) and careful is not None:
            client.govern(careful)
        self.troubles.client(client, a, b)
        self.clients.append(client)
        return client

    def feed(self, a: str, name: str, scans: landscape.Scans | None = None) -> Feed:
        """Return the feed of a party's facts to the middleware; a carrier may push its scans by a rule of its own."""
        names = (a, name)
        there: Way = self.link(a, "middleware", f"{name}/facts")
        back: Way = self.link("middleware", a, f"{name}/facts", response=True)
        if scans is not None and scans.repeats is not None:
            there = back = self.further.subscriptions.of(a, scans.repeats, there, back, look_every=scans.look_every)
        feed = self.troubles.feed(*names)(
            self.ground,
            name,
            there,
            back,
            self.troubles.door(self.ground, len(self.opening.items), self.carried(name), *names),
            AGAIN_AFTER,
        )
        self.troubles.pull(feed, *names)
        self.feeds.append(feed)
        return feed

    def door(self, source: str) -> Callable[[Message], None]:
        """Return what takes the messages of a party in."""
        receive = self.middleware.receive
        return receive if self.tap is None else self.tap.received(source, receive)

    def carried(self, source: str) -> Callable[[Message], None]:
        """Return what takes the messages of a party in, by the broker if there is one."""
        return self.further.door(self.door(source), lambda: len(self.middleware.queue))

    def handed(self, clients: Sequence[Submits]) -> Sequence[Submits]:
        """Return the clients as the middleware hands its events to them."""
        return clients if self.tap is None else [self.tap.client(client) for client in clients]

    def buy(self, purchase: int, item: int, quantity: int) -> Sequence[SupplyAnnounced]:
        """Order units of the supplier, in the ERP's name; return what it announces."""
        return self.supplier.order(purchase, item, quantity)

    # --- who there is

    def _team(self) -> tuple[str, people.Operators, Station] | None:
        found = list(self.scenario.landscape.of_kind("operators").items())
        if not found:
            return None
        ((name, block),) = found
        assert isinstance(block, people.Operators)
        hours = Hours(windows_of_day(block.hours), start_us=-local_midnight(self.scenario))
        return name, block, self.staff.station(name, block.people, block.queue, hours, name)

    def party(self, kind: str) -> tuple[str, landscape.Party]:
        """Return the one party of a kind.

        Raises:
            UsageError: there is none, or more than one.
        """
        found = list(self.scenario.landscape.of_kind(kind).items())
        if len(found) != 1:
            raise UsageError(f"a world needs one party of kind {kind} (this one has {len(found)})")
        return found[0]

    def financial(self) -> tuple[str, landscape.Party]:
        """Return the ERP, of the one kind or the other."""
        return self.party("erp_legacy" if self.scenario.landscape.of_kind("erp_legacy") else "erp_cloud")

    def process_names(self) -> tuple[str, ...]:
        """Return the names of what runs the middleware: its workers and its store."""
        of_kind = self.scenario.landscape.of_kind
        return (*of_kind("middleware"), *of_kind("store"))
