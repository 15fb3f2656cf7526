"""From a scenario, a design and a seed to a world of actors, wired and ready to run.

Parties are made in the order in which messages reach them; links exist in both directions, each with its own luck. Who
talks to whom: channels hand orders to the middleware and take stock figures and answers; the middleware calls the ERP
and the warehouses; warehouses call the carrier; suppliers deliver to the warehouses; facts of ERP and warehouses come
back at least once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.buyers import Sayer
from actors.by_hand import ByHand
from actors.calls import Address, Client, Endpoint, Feed, Gate, broken_off
from actors.careful import CarefulClient
from actors.carrier import Carrier
from actors.channel import Channel, Webhook
from actors.erp import Erp
from actors.ground import Ground
from actors.keyed_posts import KeyedPosts
from actors.mailbox import Mailbox, Run
from actors.middleware import Middleware
from actors.notifications import Notifications
from actors.order_keys import OrderKeys
from actors.own import Runs
from actors.own_party import AmongParties
from actors.pim import Pim
from actors.portal import Portal
from actors.presence import Detour
from actors.refusing import Refusing
from actors.sales_blocks import SalesBlocks
from actors.second_thoughts import SecondThoughts
from actors.supplier import Supplier
from actors.tap import Submits, Tap, Write
from actors.transactor import Store
from actors.troubled import TroubledEndpoint
from actors.troubled_process import TroubledMiddleware
from actors.troubled_site import TroubledWarehouse
from actors.way import Way
from actors.wms import Warehouse
from actors.writing import Writer
from policies.retry import Retry
from policies.ruleset import RuleSet
from policies.throttle import FixedWindow, SlidingWindow, token_bucket
from twin.errors import UsageError
from twin.kernel.faults import LOOKS, Faults
from twin.kernel.laws import Law
from twin.kernel.link import Link
from twin.kernel.recorder import Recorder
from twin.kernel.station import Hours, Station
from twin.kernel.timeline import Timeline
from twin.middleware.inventory.quotas import opened, renewals
from twin.middleware.master_data.feed import opened as opened_master
from twin.middleware.unit import LETTERS, MASTER
from twin.model.chance import bits, stream_id
from twin.model.commands import (
    InterchangeReceived,
    MessageCarried,
    SubmitOrder,
    SupplyAnnounced,
    WebhookReceived,
)
from twin.model.dead_letter import DeadLetter
from twin.model.fallback import ERP, Kind, kind_of, order_feed, stock_interface
from twin.model.fallback import warehouse as warehouse_number
from twin.model.history import Record
from twin.model.ids import derive
from twin.model.instant import DAY, MINUTE, SECOND, Elapsed
from twin.model.message import Event, Message
from twin.model.stock import ItemStock, Position, SalesRate, Supply
from twin.world import away, designs, landscape, people
from twin.world.alerts import AlertWatch, rules_at_work
from twin.world.catalogues import names_of, stands_for
from twin.world.channel_fallback_specs import ChannelRefuses
from twin.world.checking import limits_of
from twin.world.coming_back import desk_of, thoughts_of
from twin.world.delays import link_of, windows_of
from twin.world.elastic import elastic_of
from twin.world.further import FurtherParties, windows_of_day
from twin.world.further_parties import ErpLegacy
from twin.world.gauges import gauge
from twin.world.holding import held_by
from twin.world.invariants import Invariants
from twin.world.journal import Overheard
from twin.world.key_specs import contract_of
from twin.world.launches import known_at_first
from twin.world.laws import LawSpec, compiled
from twin.world.legacy import legacy_erp
from twin.world.limiter_specs import LearnedLimiter
from twin.world.listening import MIDDLEWARE, Listening
from twin.world.measures import Watch
from twin.world.opening import Opening, local_midnight, next_at, open_world
from twin.world.own_code import OwnParty
from twin.world.parcels import luck_of, scanner_of, take_back_undelivered
from twin.world.partner_limits import PartnerLimit
from twin.world.payments import interface_of, open_to_calls, paying_channels, provider_block, provider_of
from twin.world.process import (
    blocks_of,
    erp_writes_files,
    fill,
    fill_kits,
    middleware_of,
    publish_everything,
    publish_nightly,
    publishers_of,
    reconcile,
    routes_of,
    waits_for_store,
)
from twin.world.resilience import calling_of
from twin.world.rules import StockInterface, rules_of, the_wms
from twin.world.sayers import sayer_of
from twin.world.scenario import Direct, InFiles, Scenario
from twin.world.scenario import Poll as PollBlock
from twin.world.seller_specs import EdiGateway, Marketplace, Seller, Storefront
from twin.world.site_work import SiteWork
from twin.world.stocking import split
from twin.world.troubles import Troubles
from twin.world.warm_up import told

CALLS_UNDER_WAY_MAX = 100_000
"""How many calls one client has under way at once, where the partner states no cap; its rate binds far sooner."""
FLOOR_QUEUE_MAX = 10_000_000
LABELS_AGAIN = Retry(kind="exponential", attempts=20, base_us=SECOND, cap_us=5 * MINUTE)
"""How a label is asked for again, by warehouses and by a TMS."""
TMS_TIMEOUT: Elapsed = 15 * MINUTE
"""How long a warehouse waits for a TMS, which asks carriers one after the other: 15 minutes, assumed."""
ORDERS = (SubmitOrder, WebhookReceived, MessageCarried, InterchangeReceived)
"""Messages that bring orders."""
WITHIN: Elapsed = 5 * MINUTE
"""The span of counts and samples that a measure which triggers a fault looks back over: five minutes, as alerts do."""
AGAIN_AFTER: Elapsed = 30 * SECOND
"""A fact that is not acknowledged goes out again: visibility of the broker, 30 s (published, Amazon SQS)."""


@dataclass(slots=True)
class World:
    """One world: run its timeline, then ask its watch."""

    scenario: Scenario
    design: str
    seed: int
    timeline: Timeline
    ground: Ground
    store: Store
    middleware: Middleware
    erp: Erp
    warehouses: list[Warehouse]
    channels: list[Channel]
    carriers: list[Carrier]
    watch: Watch
    invariants: Invariants
    opening: Opening
    thoughts: SecondThoughts | None
    paid_us: dict[str, Callable[[Elapsed], int]]
    faults: Faults
    mailboxes: list[Mailbox]
    clients: list[Client]
    feeds: list[Feed]
    alerts: AlertWatch
    further: FurtherParties
    tap: Tap | None = None

    def orders_under_way(self) -> set[int]:
        """Return the orders that some message, timer or outbox row still speaks of."""
        moving = {event.case for event in self.store.outbox.values()}
        moving.update(message.case for message in self.middleware.queue)
        moving.update(message.case for _, message in self.store.timers.values())
        moving.update(message.case for message in self.middleware.in_hand.values())
        if isinstance(self.middleware, TroubledMiddleware):
            moving.update(message.case for message in self.middleware.held_up())
        moving.update(row.case for row in self.store.rows[LETTERS.number].values() if isinstance(row, DeadLetter))
        moving.update(event.case for event, _ in self.middleware.relay.parked.values())
        moving.update(order.case for mailbox in self.mailboxes for order in mailbox.handed_on())
        moving.update(message.case for message in self.at_broker())
        return moving

    def at_broker(self) -> Iterable[Message]:
        """Return the messages that lie at the broker, where there is one."""
        return () if self.further.broker is None else self.further.broker.waiting()

    def floors(self) -> dict[str, float]:
        """Return busy over paid labour of each site until now."""
        now = self.timeline.now
        shares = {}
        for warehouse in self.warehouses:
            paid = self.paid_us[warehouse.name](now)
            worked = min(warehouse.floor.busy_us, paid)
            shares[warehouse.name.removeprefix("wms/")] = worked / paid if paid else 0.0
        return shares


def build(
    scenario: Scenario,
    design_name: str,
    seed: int,
    recorder: Recorder,
    *,
    stops: bool,
    opening: Opening | None = None,
    history: Callable[[World], Write] | None = None,
    warm_up: Elapsed | None = None,
) -> World:
    """Build the world of one design.

    Args:
        scenario: what to build.
        design_name: one of its designs.
        seed: of this replication.
        recorder: takes the events.
        stops: whether a broken invariant ends the run.
        opening: the state at the start and the demand, where they are not drawn from the scenario.
        history: given the world before anything happened in it, returns what takes the middleware's history.
        warm_up: when measures begin, in microseconds; None: as the scenario says, at once where it names a method.

    Raises:
        UsageError: the scenario's blocks do not fit together.
    """
    return _Builder(scenario, design_name, seed, recorder, stops, opening, history, warm_up).build()


class _Builder:
    def __init__(
        self,
        scenario: Scenario,
        design_name: str,
        seed: int,
        recorder: Recorder,
        stops: bool,
        opening: Opening | None,
        history: Callable[[World], Write] | None,
        warm_up: Elapsed | None,
    ) -> None:
        self.scenario = scenario
        self.name = design_name
        self.design = scenario.designs[design_name]
        self.seed = seed
        self.recorder = recorder
        self.stops = stops
        self.timeline = Timeline()
        self.troubles = Troubles(scenario, self.timeline, seed)
        self.troubles.note_in(recorder)
        self.opening = opening or open_world(scenario, seed)
        self.known = known_at_first(scenario, len(self.opening.items))
        self.opening = self.opening.without_items_from(self.known)
        self.history = history
        self.warm_up = told(scenario.warm_up) if warm_up is None else warm_up
        self.tap = Tap(lambda: self.timeline.now, _unwritten) if history is not None else None
        self.parties = scenario.landscape.parties
        self.windows = windows_of(scenario, self.design)
        self.numbers = {sku: place for place, sku in enumerate(self.opening.items)}
        self.rules: RuleSet = rules_of(scenario, self.design, self.numbers, self.windows)
        self.partners = away.partners_of(
            self.rules.fallbacks,
            self._financial()[0],
            self._party("wms")[0],
            list(the_wms(scenario).sites),
            {name: scenario.party_of(name) for name in scenario.channels},
        )
        self.doors = away.doors_to(self.partners)
        self.store = Store()
        self.retry = self.design.retry.rule()
        self.calling = calling_of(self.design, user_waits=False)
        self.clients: list[Client] = []
        self.feeds: list[Feed] = []
        self.alarmed: Callable[[int], None] = lambda _: None
        """Who hears of an alert."""

    def build(self) -> World:
        opening, scenario = self.opening, self.scenario
        totals = {item: sum(row) for item, row in enumerate(opening.record)}
        self.invariants = self._invariants()
        watching = self._watching()
        self.watch = watching(
            clock=lambda: self.timeline.now,
            store=self.store,
            rules=self.rules,
            channels=len(scenario.channels),
            items=len(opening.items),
            invariants=self.invariants,
            booked=dict(totals),
            counted=dict(totals),
            recorder=self.recorder,
            answered_within=scenario.measures.answered_within,
        )
        self.watch.lineage.after = scenario.measures.lineage_after
        self.watch.lineage.call_at = self.timeline.call_at
        self.watch.lineage.waited = lambda channel: self.middleware.publishers[channel].wait_us
        self.watch.channel_names = tuple(scenario.channels)
        for number, sku in enumerate(opening.items):
            self.recorder.name("item", number, sku)
        if self.tap is not None and isinstance(self.watch, Overheard):
            self.watch.tap = self.tap
        self.ground = Ground(self.timeline, self.seed, scenario.start_us, self.recorder, self.watch)
        self.further = FurtherParties(scenario, self.ground, self.store)
        self.middleware = self._middleware()
        self.further.elastic = elastic_of(self.design, self.middleware)
        self.troubles.clock(self.middleware, *self._process_names())
        self.erp = self._erp(totals)
        self.warehouses, self.paid = self._warehouses()
        self.further.sites = SiteWork(scenario, self.ground, self.warehouses)
        self.watch.sites = tuple([each.name for each in self.warehouses])
        self.watch.clears_at = lambda site: self.warehouses[site].floor.clears_at()
        self.carriers = self._carriers()
        self.supplier = self._supplier()
        self.channels: list[Channel] = []
        self.mailboxes: list[Mailbox] = []
        self.stock_clients: list[Client] = []
        self.team = self._team()
        self.by_hand: list[ByHand] = []
        self.answer_clients: list[Client] = []
        for number, name in enumerate(scenario.channels):
            self._channel(number, name)
        self.thoughts = self._second_thoughts()
        self.payment_clients = self._payments()
        self.portal: Portal | None = None
        self.portal_clients = self._portal()
        self.further.write_to_customers(self.channels, self._customers)
        self._pim()
        self._connect()
        self._operators()
        self._watch_partners()
        self._fill()
        if self.warm_up:
            self.timeline.call_at(self.warm_up, lambda _: self._measures_begin(), None)
        world = World(
            scenario,
            self.name,
            self.seed,
            self.timeline,
            self.ground,
            self.store,
            self.middleware,
            self.erp,
            self.warehouses,
            self.channels,
            self.carriers,
            self.watch,
            self.invariants,
            opening,
            self.thoughts,
            self.paid,
            self.troubles.faults,
            self.mailboxes,
            self.clients,
            self.feeds,
            self._alerts(),
            self.further,
            self.tap,
        )
        if self.tap is not None and self.history is not None:
            self.tap.write = self.history(world)
        self._schedule()
        return world

    def _measures_begin(self) -> None:
        self.watch.restart()
        self.further.restart()

    def _watching(self) -> type[Watch]:
        """Return what watches the run: it counts messages where a fault waits for one, and overhears for a history."""
        counts = self.troubles.faults.counts
        if counts and self.tap is not None:
            raise UsageError("no history is kept of a run in which a fault begins at a counted message")
        return Listening if counts else Watch if self.tap is None else Overheard

    def _listen(self) -> None:
        """Let faults that wait for a message hear of it: a call by its link and its party, an order by its channel."""
        if not isinstance(self.watch, Listening):
            return
        targets: dict[str, tuple[str, ...]] = {MIDDLEWARE: self._process_names()}
        for client in self.clients:
            a, b = client.ends
            targets[client.name] = (f"{a}/{b}", f"{b}/{a}", b, client.name.removeprefix("middleware/"))
        for name in self.scenario.channels:
            targets[name] = (name, self.scenario.party_of(name))
        self.watch.listens(self.troubles.faults, targets)

    def _invariants(self) -> Invariants:
        books = [(site, item, units) for item, row in enumerate(self.opening.record) for site, units in enumerate(row)]
        return Invariants(
            checked=self.scenario.checks.invariants,
            stops=self.stops,
            declared=self.design.gives_up,
            availability=self.rules.availability,
            excuse_window=[window.bound for window in self.windows],
            opening=books,
            stands_for=stands_for(self.rules.catalogue),
            store=self.store,
            inbox_kept=self.design.sequencing.inbox_kept,
            limits=limits_of(self.scenario.checks, self.design),
            clock=lambda: self.timeline.now,
        )

    # --- links

    def _link(
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

    def _law(self, spec: LawSpec) -> Law:
        return compiled(spec)

    def _client(
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
        tap = self.tap
        called = b if caller is not None else name.removeprefix(f"{a}/").removesuffix("/stock")
        careful = self.calling if retry is None else None
        client = (Client if careful is None else CarefulClient)(
            self.ground,
            name,
            request=self._link(a, b, name, told=broken_off),
            response=self._link(b, a, name, response=True, told=broken_off),
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

    def _feed(self, a: str, name: str) -> Feed:
        """Facts of party `a` to the middleware."""
        names = (a, name)
        feed = self.troubles.feed(*names)(
            self.ground,
            name,
            self._link(a, "middleware", f"{name}/facts"),
            self._link("middleware", a, f"{name}/facts", response=True),
            self.troubles.door(self.ground, len(self.opening.items), self._carried(name), *names),
            AGAIN_AFTER,
        )
        self.troubles.pull(feed, *names)
        return feed

    def _door(self, source: str) -> Callable[[Message], None]:
        """Return what takes the messages of a party in."""
        receive = self.middleware.receive
        return receive if self.tap is None else self.tap.received(source, receive)

    def _carried(self, source: str) -> Callable[[Message], None]:
        """Return what takes the messages of a party in, by the broker if there is one."""
        return self.further.door(self._door(source), lambda: len(self.middleware.queue))

    def _listened(self, channel: int, name: str) -> Callable[[Message], None]:
        """Return what takes a channel's messages in; whoever listens for its orders hears of each."""
        take = self._carried(name)
        found = [partner for partner in self.partners if partner.number == order_feed(channel)]
        if not found:
            return take
        heard = away.listen(self.ground, found[0], self._door(f"presence/{found[0].name}"))

        def taken(message: Message) -> None:
            if isinstance(message, ORDERS):
                heard()
            take(message)

        return taken

    def _handed(self, clients: Sequence[Submits]) -> Sequence[Submits]:
        """Return the clients as the middleware hands its events to them."""
        return clients if self.tap is None else [self.tap.client(client) for client in clients]

    # --- parties

    def _party(self, kind: str) -> tuple[str, landscape.Party]:
        found = list(self.scenario.landscape.of_kind(kind).items())
        if len(found) != 1:
            raise UsageError(f"a world needs one party of kind {kind} (this one has {len(found)})")
        return found[0]

    def _middleware(self) -> Middleware:
        block, store = blocks_of(self.scenario)
        waits = waits_for_store(self.scenario)
        return middleware_of(
            self.scenario,
            self.design,
            self.ground,
            self.store,
            self.rules,
            service=self.further.slowed(self.ground.lag("middleware/service", compiled(block.service))),
            store_latency=self.ground.lag("store/latency", compiled(store.latency)) if waits else None,
            tap=self.tap,
            kind=self.troubles.process(*self._process_names()),
        )

    def _process_names(self) -> tuple[str, ...]:
        of_kind = self.scenario.landscape.of_kind
        return (*of_kind("middleware"), *of_kind("store"))

    def _financial(self) -> tuple[str, landscape.Party]:
        """Return the ERP, of the one kind or the other."""
        return self._party("erp_legacy" if self.scenario.landscape.of_kind("erp_legacy") else "erp_cloud")

    def _erp(self, totals: dict[int, int]) -> Erp:
        name, block = self._financial()
        if isinstance(block, ErpLegacy):
            return self._legacy(name, block, totals)
        assert isinstance(block, landscape.ErpCloud)
        erp = Erp(
            self.ground,
            booked=dict(totals),
            job=self.ground.lag("erp/job", compiled(block.extract_latency)),
            facts=self._feed(name, "erp"),
            rules=dict(self.opening.rules),
            buy=self._buy_from_supplier,
            unique=block.idempotency is None,
        )
        limit = block.limit
        plain = Endpoint(
            self.ground,
            service=self.ground.lag("erp/write", compiled(block.write_latency)),
            handle=erp.take,
            concurrency=block.concurrency,
            gate=None if limit is None else self.troubles.gate(limit.throttle(), name),
            queue_max=block.queue if block.when_full == "queue" else 0,
            keys=None if block.idempotency is None else OrderKeys(self.ground, contract_of(block.idempotency)),
        )
        endpoint = self.troubles.endpoint(plain, name)
        if isinstance(endpoint, TroubledEndpoint):
            endpoint.tells = erp.facts.send
        self.troubles.ledger(erp, endpoint, name)
        address: Address = endpoint
        if block.refuses_postings:
            address = Refusing(endpoint, self.ground.coin("erp/refuses", block.refuses_postings))
        learned = isinstance(self.design.limiter, LearnedLimiter)
        self.erp_client = self._client(
            "middleware/erp",
            "middleware",
            name,
            address,
            timeout=block.timeout,
            concurrency=block.concurrency if learned else 4 * block.concurrency,
            pace=self.doors.get(ERP) or (self._learned(limit) if learned else None),
        )
        return erp

    def _legacy(self, name: str, block: ErpLegacy, totals: dict[int, int]) -> Erp:
        erp, drop, self.further.stock_files = legacy_erp(
            self.ground,
            name,
            block,
            midnight=local_midnight(self.scenario),
            booked=dict(totals),
            facts=self._feed(name, "erp"),
            rules=dict(self.opening.rules),
            buy=self._buy_from_supplier,
        )
        endpoint = self.troubles.endpoint(drop, name)
        self.erp_client = self._client("middleware/erp", "middleware", name, endpoint, timeout=block.timeout)
        return erp

    def _learned(self, limit: PartnerLimit | None) -> Gate | None:
        """Return what a caller that knows a limit keeps of it."""
        rates = None if limit is None else limit.published().rates()
        return None if rates is None else Gate(rates)

    def _warehouses(self) -> tuple[list[Warehouse], dict[str, Callable[[Elapsed], int]]]:
        name, _ = self._party("wms")
        wms = the_wms(self.scenario)
        midnight = -local_midnight(self.scenario)
        picks, puts = compiled(wms.pick), compiled(wms.dock_to_stock)
        write = compiled(wms.write_latency)
        warehouses: list[Warehouse] = []
        paid: dict[str, Callable[[Elapsed], int]] = {}
        self.wms_clients: list[Client] = []
        errors: dict[tuple[int, int], int] = {(e.item, e.site): e.difference for e in self.opening.errors}
        counted = self.ground.lag("wms/count", compiled(wms.count_delay)) if wms.count_delay is not None else None
        for site, (site_name, block) in enumerate(wms.sites.items()):
            book = {item: row[site] for item, row in enumerate(self.opening.record)}
            shelf = {item: units + errors.get((item, site), 0) for item, units in book.items()}
            label = f"wms/{site_name}"
            hours = Hours(windows_of_day(block.shift), start_us=midnight)
            warehouse = self.troubles.warehouse(name, label)(
                self.ground,
                site,
                label,
                book=book,
                shelf=shelf,
                floor=Station(self.timeline, label, block.people, FLOOR_QUEUE_MAX, hours),
                pick=self.ground.lag(f"{label}/pick", picks),
                mispicked=self.ground.coin(f"{label}/mispick", 1 - wms.picks_right),
                put_away=self.ground.lag(f"{label}/put_away", puts),
                counted=counted,
                returns=self.further.returns_desk(desk_of(self.ground, label, wms.returns)),
                facts=self._feed(name, label),
            )
            self.troubles.pull(warehouse, name, label)
            if isinstance(warehouse, TroubledWarehouse):
                warehouse.wishes = self._door(f"{label}/wishes")
            paid[label] = _paid(hours, block.people)
            plain = Endpoint(self.ground, service=self.ground.lag(f"{label}/write", write), handle=warehouse.take)
            endpoint = self.troubles.endpoint(plain, name, f"{name}/{site_name}")
            client = self._client(
                f"middleware/{label}", "middleware", name, endpoint, pace=self.doors.get(warehouse_number(site))
            )
            self.wms_clients.append(client)
            warehouses.append(warehouse)
        return warehouses, paid

    def _carriers(self) -> list[Carrier]:
        """Return the carriers; warehouses ask the one there is for labels, or the TMS, which asks them in turn."""
        made = {name: self._carrier(name, block) for name, block in self.scenario.landscape.of_kind("carrier").items()}
        tms = self.further.planner()
        if tms is None:
            self._party("carrier")
            ((name, (_, interface)),) = made.items()
            self._ask_for_labels(name, interface)
        else:
            for name in self.further.guide(list(made)):
                patient = self._client(
                    f"{tms.name}/{name}", tms.name, name, made[name][1],
                    retry=away.ONE_QUESTION, done=tms.labelled, parked=tms.unlabelled,
                )  # fmt: skip
                tms.carriers.append(patient)
            self._ask_for_labels(tms.name, tms)
        for warehouse in self.warehouses:
            warehouse.tracked = any(carrier.scanner is not None for carrier, _ in made.values())
        return [carrier for carrier, _ in made.values()]

    def _ask_for_labels(self, name: str, interface: Address) -> None:
        for warehouse in self.warehouses:
            warehouse.carrier = self._client(
                f"{warehouse.name}/{name}",
                "wms",
                name,
                interface,
                timeout=landscape.CALL_TIMEOUT if self.further.tms is None else TMS_TIMEOUT,
                retry=LABELS_AGAIN,
                done=warehouse.labelled,
                parked=warehouse.unlabelled,
                caller=warehouse.name,
            )

    def _carrier(self, name: str, block: landscape.Party) -> tuple[Carrier, Address]:
        """Return one carrier and its interface for labels."""
        assert isinstance(block, landscape.Carrier)
        scans = block.scans
        carrier = Carrier(
            self.ground,
            name,
            self.ground.lag(f"{name}/transit", compiled(block.transit)),
            luck=luck_of(self.ground, name, scans) if scans else None,
            scanner=scanner_of(self.ground, name, scans, self._feed(name, f"{name}/scans")) if scans else None,
        )
        take_back_undelivered(carrier, self.warehouses)
        limit = block.limit
        throttle = (
            FixedWindow(limit.burst, limit.window)
            if limit.algorithm == "fixed_window"
            else SlidingWindow(limit.burst, limit.window)
        )
        plain = Endpoint(
            self.ground,
            service=self.ground.lag(f"{name}/label", compiled(block.label_latency)),
            handle=carrier.take,
            gate=self.troubles.gate(throttle, name),
        )
        return carrier, self.troubles.endpoint(plain, name)

    def _supplier(self) -> Supplier:
        name, block = self._party("supplier")
        assert isinstance(block, landscape.Supplier)
        rule = self.scenario.stock.rule
        stated = getattr(rule, "lead_time", None)
        lead = compiled(stated if stated is not None else block.lead_time)
        shares = list(self.opening.site_shares)

        def divided(item: int, quantity: int) -> list[tuple[int, int]]:
            return [(site, units) for site, units in enumerate(split(quantity, shares)) if units]

        return Supplier(
            self.ground,
            lead_time=self.ground.lag("supplier/lead_time", lead),
            expected=int(lead.mean * SECOND),
            split=self.ground.coin("supplier/split", block.split),
            second_after=self.ground.lag("supplier/second", compiled(block.second_after)),
            short=self.ground.coin("supplier/short", block.short),
            short_by=block.short_by,
            shares=divided,
            arrive=self.troubles.dock(self.ground, self._arrived, name),
        )

    def _buy_from_supplier(self, purchase: int, item: int, quantity: int) -> Sequence[SupplyAnnounced]:
        return self.supplier.order(purchase, item, quantity)

    def _arrived(self, supply: SupplyAnnounced) -> None:
        self.warehouses[supply.site].arrive(supply)

    def _channel(self, number: int, name: str) -> None:
        block = self.scenario.channels[name]
        party_name = self.scenario.party_of(name)
        party = self.parties[party_name]
        assert isinstance(party, Seller)
        interface = StockInterface(party)
        ground = self.ground
        channel = Channel(
            ground,
            number,
            name,
            counts_down=block.counts_down,
            apply=ground.lag(f"{name}/apply", compiled(party.apply)),
            cache=block.cache,
            turnaround=ground.lag(f"{name}/turnaround", compiled(interface.turnaround))
            if interface.turnaround is not None
            else None,
            to_middleware=self._link(party_name, "middleware", f"{name}/feed"),
            deliver=self.troubles.door(ground, len(self.opening.items), self._listened(number, name), name, party_name),
            packs=dict(self.rules.availability.channels[number].sell_units),
            writer=self._writer(number, name),
            says=self._sayer(number, name),
        )
        channel.keeps = self.rules.fallbacks is not None and (
            self.rules.fallbacks.erp is not None and self.rules.fallbacks.erp.refuses
        )
        channel.lists = self.rules.fallbacks is not None and self.rules.fallbacks.of(order_feed(number)) is not None
        bucket = token_bucket(interface.units_per_s, interface.burst)
        plain = Endpoint(
            ground,
            service=ground.lag(f"{name}/stock", compiled(party.stock_api.latency)),
            handle=channel.take_stock,
            gate=self.troubles.gate(bucket, name, party_name),
            cost=interface.cost,
        )
        endpoint = self.troubles.endpoint(plain, name, party_name)
        learned = isinstance(self.design.limiter, LearnedLimiter)
        door = self.doors.get(stock_interface(number))
        if door is not None:
            door.gate = Gate(bucket) if learned else None
        self.stock_clients.append(
            self._client(
                f"middleware/{name}/stock",
                "middleware",
                party_name,
                endpoint,
                pace=door or (Gate(bucket) if learned else None),
                cost=interface.cost,
                refused=self.middleware.refused,
            )
        )
        desk = Endpoint(
            ground, service=ground.lag(f"{name}/answer", compiled(party.stock_api.latency)), handle=channel.take_answer
        )
        answers = self.troubles.endpoint(desk, name, party_name)
        self.answer_clients.append(self._client(f"middleware/{name}", "middleware", party_name, answers))
        self.channels.append(channel)
        self._intake(channel, name, party_name, party)

    def _sayer(self, number: int, name: str) -> Sayer | None:
        terms, rules = self.scenario.channels[name].terms, self.rules.channels[number].source
        if terms is None or rules is None:
            return None
        return sayer_of(self.ground, name, terms, rules)

    def _writer(self, number: int, name: str) -> Writer | None:
        block = self.scenario.channels[name].writes
        if block is None:
            return None
        wrong = self.ground.coin(f"{name}/wrong", block.wrong) if block.wrong else None
        packs = dict(self.rules.availability.channels[number].sell_units)
        return Writer(names_of(self.scenario, name, self.numbers), packs, wrong)

    def _intake(self, channel: Channel, name: str, party_name: str, party: Seller) -> None:
        block = self.scenario.channels[name].intake
        ground = self.ground
        link = self._link(party_name, "middleware", f"{name}/orders")
        pushed = self.further.way_in(name, link)
        extra = ground.lag(f"{name}/intake", compiled(block.delay))
        if isinstance(block, Direct) and block.keyed:
            back = self._link("middleware", party_name, f"{name}/orders", response=True)
            posts = KeyedPosts(channel, there=link, back=back, delay=extra, again_after=block.again_after)
            self._hands_over(channel, posts.placed, name, party_name)
            return
        if isinstance(block, Direct):
            self._hands_over(
                channel, lambda submit: self._directly(channel, pushed, extra(submit.case, 0), submit), name, party_name
            )
            return
        if isinstance(block, InFiles):
            placed = self._by_file(channel, name, party_name, party, link, block)
            self._hands_over(channel, placed, name, party_name)
            return
        if isinstance(block, PollBlock):
            assert isinstance(party, Marketplace)
            visible = ground.lag(f"{name}/visible", compiled(party.order_visible))
            poll = self.troubles.poll(name, party_name)(
                channel,
                every=block.every,
                first=bits(self.seed, stream_id(f"{name}/poll/phase"), 0) % block.every,
                visible=lambda identity, attempt: visible(identity, attempt) + extra(identity, attempt),
                latency=ground.lag(f"{name}/list", compiled(party.list_orders.latency)),
                page=party.list_orders.max_items,
                gate=self.troubles.gate(
                    token_bucket(party.list_orders.rate.exact, party.list_orders.burst), name, party_name, down=True
                ),
                link=link,
            )
            self.troubles.pull(poll, name, party_name)
            self._hands_over(channel, poll.placed, name, party_name)
            return
        assert isinstance(party, Storefront)
        dispatch = ground.lag(f"{name}/webhook", compiled(party.webhook.latency))
        webhook = Webhook(
            channel,
            dispatch=lambda identity, attempt: dispatch(identity, attempt) + extra(identity, attempt),
            lost=ground.coin(f"{name}/webhook/lost", party.webhook.lost),
            duplicated=ground.coin(f"{name}/webhook/duplicated", party.webhook.duplicated),
            reconcile_every=party.webhook.reconcile_every,
            link=pushed,
            signature=self.rules.channels[channel.index].signature,
            resigns=party.webhook.resigns,
            traced=party.webhook.traced,
            judged_at=self.middleware.ground.now,
        )
        self.troubles.clock(channel, name, party_name)
        self._hands_over(channel, webhook.placed, name, party_name, webhook)

    def _hands_over(
        self,
        channel: Channel,
        placed: Callable[[SubmitOrder], None],
        name: str,
        party: str,
        webhook: Webhook | None = None,
    ) -> None:
        """Say who carries a channel's placed orders, past the records that strike them there."""
        channel.hands_over_by(self.troubles.seller(channel, placed, webhook, name, party))

    def _by_file(
        self, channel: Channel, name: str, party_name: str, party: Seller, link: Link, block: InFiles
    ) -> Callable[[SubmitOrder], None]:
        """Return who carries a channel's orders in files: the partners' mailbox, or a party's own run."""
        ground = self.ground
        if isinstance(party, EdiGateway):
            mailbox = Mailbox(
                channel,
                partners=party.partners,
                batch_every=party.batch_every,
                poll_every=party.poll_every,
                translate=ground.lag(f"{name}/translate", compiled(party.translate)),
                acknowledge=ground.lag(f"{name}/acknowledge", compiled(party.acknowledge)),
                resend_after=party.resend_after,
                resends=party.resends,
                checks=party.checks,
                whole=party.hands_on == "interchanges",
                link=link,
            )
            self.further.documents.of(channel, party, mailbox)
            self.troubles.pull(mailbox, name, party_name)
            self.mailboxes.append(mailbox)
            return mailbox.placed
        assert block.every is not None
        first = bits(self.seed, stream_id(f"{name}/run/phase"), 0) % block.every
        delay = ground.lag(f"{name}/intake", compiled(block.delay))
        return Run(channel, every=block.every, first=first, delay=delay, link=link).placed

    def _directly(self, channel: Channel, link: Way, delay: Elapsed, submit: SubmitOrder) -> None:
        self.timeline.call_in(delay, lambda order: link.send(order.id, 0, channel.hand_over, order), submit)

    def _second_thoughts(self) -> SecondThoughts | None:
        name, block = next(iter(self.scenario.landscape.of_kind("carrier").items()))
        assert isinstance(block, landscape.Carrier)
        thoughts = thoughts_of(
            self.scenario,
            self.ground,
            wishes=lambda: [
                self._feed(self.scenario.party_of(channel), f"{channel}/wishes") for channel in self.scenario.channels
            ],
            warehouses=self.warehouses,
            transit=self.ground.lag(f"{name}/back", compiled(block.transit)),
        )
        if thoughts is not None:
            for carrier in self.carriers:
                carrier.arrived = thoughts.delivered
            for channel in self.channels:
                channel.return_answered = thoughts.answered
        return thoughts

    def _alerts(self) -> AlertWatch:
        """Let the design's alerts look at their measures, and reach the operators, where there are some."""
        rules = rules_at_work(self.design.alerts, self.watch)
        return AlertWatch(self.timeline, self.recorder, rules, self.watch.harm, self.alarmed)

    def _operators(self) -> None:
        """Let people work the exception queues, where the landscape has some."""
        if self.team is None:
            return
        name, block, desk = self.team
        operators = self.troubles.operators(name)(
            self.ground,
            self.store,
            self.rules.exceptions,
            desk=desk,
            touch=self.ground.lag(f"{name}/touch", compiled(block.touch)),
            releases=self.ground.coin(f"{name}/releases", block.releases),
            tell=self._door(name),
        )
        self.troubles.pull(operators, name)
        self.middleware.people = operators.opened
        self.alarmed = operators.alarmed
        self.watch.operators_us = lambda: operators.worked_us + sum([each.worked_us for each in self.by_hand])

    def _team(self) -> tuple[str, people.Operators, Station] | None:
        """Return the people whom the landscape has, and the desk at which their work waits; None: there are none."""
        found = list(self.scenario.landscape.of_kind("operators").items())
        if not found:
            return None
        ((name, block),) = found
        assert isinstance(block, people.Operators)
        hours = Hours(windows_of_day(block.hours), start_us=-local_midnight(self.scenario))
        return name, block, Station(self.timeline, name, block.people, block.queue, hours)

    def _customers(self, name: str, endpoint: Endpoint, notifications: Notifications) -> Client:
        """Return the client that writes to customers; the portal, where there is one, has it write of parcels too."""
        if self.portal is not None:
            self.portal.tells = notifications.say
        return self._client(
            f"{name}/provider", name, name, endpoint,
            retry=LABELS_AGAIN, done=notifications.taken, parked=notifications.lost,
        )  # fmt: skip

    def _portal(self) -> list[Client]:
        """Return the client of the customer portal, if there is one."""
        found = list(self.scenario.landscape.of_kind("customer_portal").items())
        if not found:
            return []
        (name, block), *_ = found
        assert isinstance(block, landscape.CustomerPortal)
        portal = self.portal = Portal(self.ground)
        service = self.ground.lag(f"{name}/write", compiled(block.latency))
        endpoint = self.troubles.endpoint(Endpoint(self.ground, service=service, handle=portal.take), name)
        return [self._client(f"middleware/{name}", "middleware", name, endpoint)]

    def _payments(self) -> list[Client]:
        """Return the client of the payment provider, if there is one, and have the buyers of its channels pay there."""
        found = provider_block(self.scenario)
        if found is None:
            return []
        name, block = found
        provider = self.further.payments = provider_of(self.ground, name, block, self._feed(name, name))
        interface = self.troubles.endpoint(interface_of(provider, block), name)
        for number in paying_channels(self.scenario):
            self.channels[number].pays = provider.authorise
        client = f"middleware/{name}"
        return [self._client(client, "middleware", name, open_to_calls(provider, interface), timeout=block.timeout)]

    def _watch_partners(self) -> None:
        """Ask the partners that the design has a fallback for whether they are there."""
        self.middleware.doors.doors = self.doors
        self.watch.fallbacks.partners = {partner.number: partner.name for partner in self.partners}
        self.watch.fallbacks.exposed = {
            partner.number: self.windows[number].mean + partner.rule.after_us
            for partner in self.partners
            for kind, number in [kind_of(partner.number)]
            if kind is Kind.STOCK_INTERFACE
        }
        for partner in self.partners:
            if kind_of(partner.number)[0] is not Kind.ORDER_FEED:
                away.watch(self.ground, partner, self._door(f"presence/{partner.name}"), self._health)

    def _health(
        self,
        partner: away.Partner,
        done: Callable[[Event, Message | None], None],
        parked: Callable[[Event, str], None],
    ) -> Client:
        """Return a client that asks a partner whether it is there; what strikes the partner strikes the question."""
        block = self.parties[partner.party]
        assert isinstance(block, landscape.ErpCloud | landscape.Wms | Seller)
        latency = block.stock_api.latency if isinstance(block, Seller) else block.write_latency
        service = self.ground.lag(f"{partner.name}/health", compiled(latency))
        endpoint = Endpoint(self.ground, service=service, handle=lambda _: None)
        return self._client(
            f"middleware/{partner.name}/health",
            "middleware",
            partner.party,
            self.troubles.endpoint(endpoint, partner.party, partner.name, partner.name.partition("/")[0]),
            timeout=landscape.CALL_TIMEOUT,
            retry=away.ONE_QUESTION,
            done=done,
            parked=parked,
            caller="middleware",
        )

    def _pim(self) -> None:
        """Have the master data change, where somebody looks after it."""
        found = list(self.scenario.landscape.of_kind("pim").items())
        if not found:
            return
        ((name, block),) = found
        assert isinstance(block, landscape.Pim)
        rows = opened_master(self.rules, self.ground.now())
        self.store.rows[MASTER.number].update({row.item: row for row in rows})
        ground = self.ground
        pim = Pim(
            ground,
            name,
            self._feed(name, name),
            rows,
            between=ground.lag(f"{name}/between", compiled(block.between)),
            closed_for=ground.lag(f"{name}/closed_for", compiled(block.closed_for)),
            deletes=ground.coin(f"{name}/deletes", block.deletes),
            told=ground.coin(f"{name}/told", block.told),
            file_cut=ground.coin(f"{name}/cut_short", block.cut_short),
            file_kept=block.kept,
            cut_at=next_at(self.scenario, block.cut_at.us),
            delivered_after=block.delivered_after,
            launches=block.launches.count if block.launches is not None else 0,
            launched_every=block.launches.every if block.launches is not None else DAY,
        )
        self.troubles.clock(pim, name)
        blocks = block.erp_blocks
        if blocks is not None:
            erp, _ = self._party("erp_cloud")
            SalesBlocks(
                ground,
                erp,
                self._feed(erp, f"{erp}/items"),
                pim,
                between=ground.lag(f"{erp}/blocks", compiled(blocks.between)),
                lasts=ground.lag(f"{erp}/blocked", compiled(blocks.lasts)),
                heard_after=ground.lag(f"{erp}/heard", compiled(blocks.heard_after)),
            )

    # --- wiring and first state

    def _connect(self) -> None:
        ready = [_idle(client) for client in self.stock_clients]
        if self.tap is not None:
            ready = [self.tap.ready(number, idle) for number, idle in enumerate(ready)]
        (erp,) = self._handed([self.erp_client])
        wms, answers = self._handed(self.wms_clients), self._handed(self.answer_clients)
        stock, self.middleware.doors.ways = self._ways(self._handed(self.stock_clients))
        portal = next(iter(self._handed(self.portal_clients)), None)
        holder = next(iter(self._handed(self.payment_clients)), None)
        payments = {} if holder is None else dict.fromkeys(paying_channels(self.scenario), holder)
        routes = routes_of(erp, wms, answers, stock, portal, payments)
        self.middleware.connect(routes, publishers_of(self.scenario, self.rules, ready))
        self.watch.stock_links = frozenset(client.name for client in self.stock_clients)
        if isinstance(self.middleware, TroubledMiddleware):
            items = len(self.opening.items)
            clients = [
                self.erp_client,
                *self.wms_clients,
                *self.answer_clients,
                *self.stock_clients,
                *self.portal_clients,
                *self.payment_clients,
            ]
            names = self._process_names()
            records = self.troubles.process_records(*names)
            self.middleware.watched(
                self.troubles.faults,
                records,
                clients,
                lambda: publish_everything(self.middleware, items),
                self._ruled_anew,
            )
            self.troubles.pull(self.middleware, *names)

    def _ways(self, stock: Sequence[Submits]) -> tuple[list[Submits], dict[int, Detour]]:
        """Return where each channel's figures are handed in, and the detours among them, by partner."""
        ways: dict[int, Detour] = {}
        clients: list[Submits] = []
        for number, usual in enumerate(stock):
            block = self.design.fallbacks.channel_refuses if self.design.fallbacks is not None else None
            partner = stock_interface(number)
            if block is None or block.use == "wait" or partner not in self.doors:
                clients.append(usual)
                continue
            channel = self.channels[number]
            if block.use == "alternate_path":
                (other,) = self._handed([self._files(channel, block)])
                ways[partner] = Detour(usual, other)
            else:
                person = self._by_hand(f"middleware/{channel.name}/portal", lambda _: 0, channel.entered_by_hand)
                (other,) = self._handed([person])
                ways[partner] = Detour(usual, other, person.withdraw)
            clients.append(ways[partner])
        return clients, ways

    def _files(self, channel: Channel, block: ChannelRefuses) -> Client:
        """Return the client that sends a channel's figures by file, beside its interface."""
        turnaround = self.ground.lag(f"{channel.name}/file", compiled(block.turnaround))
        endpoint = Endpoint(self.ground, service=lambda _, __: 0, handle=channel.by_file(turnaround))
        return self._client(
            f"middleware/{channel.name}/file", "middleware", f"{channel.name}/file", endpoint,
            refused=self.middleware.refused,
        )  # fmt: skip

    def _by_hand(self, name: str, due: Callable[[Event], Elapsed], does: Callable[[Event], Message | None]) -> ByHand:
        """Return people who do by hand what an interface cannot."""
        assert self.team is not None, "a scenario is not valid whose design asks for people where there are none"
        team, block, desk = self.team
        tap, done, refused = self.tap, self.middleware.delivered, self.middleware.refused
        person = ByHand(
            self.ground,
            name,
            desk=desk,
            people=block.people,
            touch=self.ground.lag(f"{team}/{name}", compiled(block.touch)),
            due=due,
            does=does,
            done=done if tap is None else tap.delivered(name, done),
            given_back=refused if tap is None else tap.refused(name, refused),
        )
        self.by_hand.append(person)
        return person

    def _ruled_anew(self, rules: RuleSet) -> None:
        """The middleware goes by other rules: what it tells channels is judged by these from now on."""
        self.watch.rules = rules
        if self.invariants.promises is not None:
            self.invariants.promises.ruled(rules.availability, self.timeline.now)

    def _fill(self) -> None:
        """Write the opening into the store, the pages and the publishers."""
        rules = self.rules
        coming: dict[int, list[Supply]] = {}
        for n, order in enumerate(self.opening.under_way):
            purchase = derive(derive(order.item, 2_000_003), n)
            expected = Supply(purchase, order.site, order.quantity, 0, order.arrives_us)
            coming.setdefault(order.item, []).append(expected)
            supply = SupplyAnnounced(
                id=purchase,
                order=purchase,
                item=order.item,
                site=order.site,
                quantity=order.quantity,
                due=order.arrives_us,
            )
            self.supplier.deliver(supply, order.arrives_us)
            self.erp.on_order[order.item] = self.erp.on_order.get(order.item, 0) + order.quantity
        rates = tuple([SalesRate()] * len(self.channels)) if rules.rate_half_life_us else ()
        from_erp = erp_writes_files(self.design, rules)
        kits = self.rules.catalogue.kits.parts if self.rules.catalogue is not None else {}
        for item, row in enumerate(self.opening.record):
            if item in kits or item >= self.known:
                continue
            stock = ItemStock(
                item, tuple([Position(units) for units in row]), supply=tuple(coming.get(item, ())), rates=rates
            )
            stock = opened(stock, rules)
            available = rules.atp.available(stock, 0)
            shown = []
            for channel in self.channels:
                value = rules.availability.value(stock, available, channel.index, 0)
                if from_erp:
                    value = self.erp.available(item)
                channel.shown[item] = (value, 0)
                self.watch.showed(channel.index, item, value * channel.packs.get(item, 1))
                shown.append(value)
            fill(self.middleware, stock, shown)
        for kit, figures in fill_kits(self.middleware, tuple(kits)):
            for channel, value in zip(self.channels, figures, strict=True):
                channel.shown[kit] = (value, 0)
        for due, message in renewals(rules, range(self.known)):
            self.store.timers[message.id] = (due, message)

    def _schedule(self) -> None:
        scenario, publication = self.scenario, self.design.publication
        if self.opening.rules:
            _, block = self._financial()
            assert isinstance(block, landscape.ErpCloud | ErpLegacy)
            review = getattr(scenario.stock.rule, "review", DAY)
            self.erp.review_every(next_at(scenario, block.review_at.us), review)
        if isinstance(publication, designs.BatchPublication) and publication.from_ == "erp":
            for at in publication.at:
                self.erp.extract_daily(next_at(scenario, at.us), DAY)
        publish_nightly(scenario, self.design, self.middleware, len(self.opening.items))
        reconcile(self.middleware)
        self.middleware.resume()
        for channel in range(len(self.channels)):
            self.middleware.arm(channel)
        names = {name: number for number, name in enumerate(scenario.channels)}
        names |= {scenario.party_of(name): number for name, number in names.items()}
        buyers = self.troubles.buyers(*names)(self.ground, self.opening.arrivals, self._buy(), scenario.horizon)
        self.troubles.channels(buyers, names)
        self._own_parties()
        self._listen()
        span = WITHIN // LOOKS
        gauges = {key: gauge(key, self.watch, span, LOOKS) for key in self.troubles.faults.measures()}
        self.troubles.faults.start(gauges)
        if self.invariants.promises is not None:
            self.invariants.promises.held = held_by(self.troubles.faults, scenario, lambda: self.timeline.now)

    def _own_parties(self) -> None:
        """Start the parties of the user."""
        for name, block in self.parties.items():
            if isinstance(block, OwnParty):
                actor = block.actor()
                assert isinstance(actor, Runs), "a scenario is not valid with a party that does nothing by itself"
                here = AmongParties(
                    self.ground,
                    name,
                    channels={channel.name: channel for channel in self.channels},
                    warehouses={each.name.removeprefix("wms/"): each for each in self.warehouses},
                    items=list(self.opening.items),
                )
                here.start(actor.run(here))

    def _buy(self) -> "Callable[..., None]":
        channels, thoughts = self.channels, self.thoughts
        buys = self.opening.buys or next(
            (getattr(block, "buys", "if_shown") for block in self.scenario.demands), "if_shown"
        )

        def buy(channel: int, order: int, number: str, lines: object, demand: int) -> None:
            placed = channels[channel].buy(order, number, lines, buys)  # type: ignore[arg-type]  # lines as Arrival has
            if placed is not None and thoughts is not None:
                thoughts.placed(placed, demand)

        return buy


def _unwritten(record: Record) -> None:
    raise AssertionError("nothing may cross the door before the world is built")


def _idle(client: Client) -> Callable[[], bool]:
    return lambda: client.idle


def _paid(hours: Hours, people: int) -> Callable[[Elapsed], int]:
    return lambda now: hours.worked(now) * people
