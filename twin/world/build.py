"""From a scenario, a design and a seed to a world of actors, wired and ready to run.

Parties are made in the order in which messages reach them; links exist in both directions, each with its own luck. Who
talks to whom: channels hand orders to the middleware and take stock figures and answers; the middleware calls the ERP
and the warehouses; warehouses call the carrier; suppliers deliver to the warehouses; facts of ERP and warehouses come
back at least once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from actors.by_hand import ByHand
from actors.calls import Client, Feed
from actors.carrier import Carrier
from actors.channel import Channel
from actors.erp import Erp
from actors.ground import Ground
from actors.mailbox import Mailbox
from actors.middleware import Middleware
from actors.own import Runs
from actors.own_party import AmongParties
from actors.second_thoughts import SecondThoughts
from actors.tap import Tap, Write
from actors.transactor import Store
from actors.troubled_process import TroubledMiddleware
from actors.wms import Warehouse
from policies.ruleset import RuleSet
from twin.kernel.faults import LOOKS, Faults
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.middleware.unit import LETTERS
from twin.model.dead_letter import DeadLetter
from twin.model.history import Record
from twin.model.instant import DAY, MINUTE, Elapsed
from twin.model.message import Message
from twin.world import designs, landscape
from twin.world.alerts import AlertWatch, rules_at_work
from twin.world.around import add_operators, add_payments, add_pim, add_portal, client_of_customers, watch_partners
from twin.world.detours import Detours
from twin.world.elastic import elastic_of
from twin.world.erp_side import erp_of
from twin.world.first_state import fill_world
from twin.world.further import FurtherParties
from twin.world.further_parties import ErpLegacy
from twin.world.gauges import gauge
from twin.world.hands import act
from twin.world.holding import held_by
from twin.world.invariants import Invariants
from twin.world.laws import compiled
from twin.world.measures import Watch
from twin.world.opening import Opening, next_at, open_world
from twin.world.own_code import OwnParty
from twin.world.paying import paying_channels
from twin.world.process import (
    blocks_of,
    middleware_of,
    publish_everything,
    publish_nightly,
    publishers_of,
    reconcile,
    routes_of,
    waits_for_store,
)
from twin.world.scenario import Scenario
from twin.world.shopping import shoppers_of
from twin.world.shops import add_channel, second_thoughts_of
from twin.world.site_work import SiteWork
from twin.world.sites import add_warehouses, carriers_of, supplier_of
from twin.world.warm_up import told
from twin.world.watched import invariants_of, listen, watch_of
from twin.world.wiring import Wiring

WITHIN: Elapsed = 5 * MINUTE
"""The span of counts and samples that a measure which triggers a fault looks back over: five minutes, as alerts do."""


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
    people: list[ByHand]
    tap: Tap | None = None

    def orders_under_way(self, *, asleep: tuple[type[Message], ...] = ()) -> set[int]:
        """Return the orders that some message, timer or outbox row still speaks of; timers `asleep` do not count."""
        moving = {event.case for event in self.store.outbox.values()}
        moving.update(message.case for message in self.middleware.queue)
        moving.update(message.case for _, message in self.store.timers.values() if not isinstance(message, asleep))
        moving.update(message.case for message in self.middleware.in_hand.values())
        if isinstance(self.middleware, TroubledMiddleware):
            moving.update(message.case for message in self.middleware.held_up())
        moving.update(row.case for row in self.store.rows[LETTERS.number].values() if isinstance(row, DeadLetter))
        moving.update(event.case for event, _ in self.middleware.relay.parked.values())
        moving.update(order.case for mailbox in self.mailboxes for order in mailbox.handed_on())
        moving.update(message.case for message in self.at_broker())
        moving.update(self.erp.undecided)
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
    timeline = Timeline()
    tap = Tap(lambda: timeline.now, _unwritten) if history is not None else None
    opening = opening or open_world(scenario, seed)
    wiring = Wiring(scenario, design_name, seed, recorder, opening=opening, clock=timeline, tap=tap)
    begins = told(scenario.warm_up) if warm_up is None else warm_up
    world = _wired(wiring, stops, begins)
    if tap is not None and history is not None:
        tap.write = history(world)
    _schedule(wiring)
    return world


def _wired(wiring: Wiring, stops: bool, begins: Elapsed) -> World:
    """Make the parties in the order in which messages reach them, and connect them."""
    scenario, opening, timeline = wiring.scenario, wiring.opening, wiring.timeline
    totals = {item: sum(row) for item, row in enumerate(opening.record)}
    wiring.invariants = invariants_of(wiring, stops)
    wiring.watch = watch_of(wiring, totals)
    wiring.ground = Ground(timeline, wiring.seed, scenario.start_us, wiring.recorder, wiring.watch)
    wiring.further = FurtherParties(scenario, wiring.ground, wiring.store, wiring.staff)
    wiring.middleware = _middleware(wiring)
    wiring.further.elastic = elastic_of(wiring.design, wiring.middleware)
    wiring.troubles.clock(wiring.middleware, *wiring.process_names())
    wiring.erp = erp_of(wiring, totals)
    add_warehouses(wiring)
    wiring.further.sites = SiteWork(scenario, wiring.ground, wiring.warehouses, len(wiring.opening.items))
    wiring.watch.sites = tuple([each.name for each in wiring.warehouses])
    wiring.watch.clears_at = lambda site: wiring.warehouses[site].floor.clears_at()
    carriers = carriers_of(wiring)
    wiring.supplier = supplier_of(wiring)
    for number, name in enumerate(scenario.channels):
        add_channel(wiring, number, name)
    wiring.thoughts = second_thoughts_of(wiring, carriers)
    add_payments(wiring)
    add_portal(wiring)
    wiring.further.write_to_customers(wiring.channels, partial(client_of_customers, wiring))
    add_pim(wiring)
    _connect(wiring)
    add_operators(wiring)
    watch_partners(wiring)
    fill_world(wiring)
    if begins:
        timeline.call_at(begins, lambda _: _measures_begin(wiring), None)
    return World(
        scenario=scenario,
        design=wiring.name,
        seed=wiring.seed,
        timeline=timeline,
        ground=wiring.ground,
        store=wiring.store,
        middleware=wiring.middleware,
        erp=wiring.erp,
        warehouses=wiring.warehouses,
        channels=wiring.channels,
        carriers=carriers,
        watch=wiring.watch,
        invariants=wiring.invariants,
        opening=opening,
        thoughts=wiring.thoughts,
        paid_us=wiring.paid_us,
        faults=wiring.troubles.faults,
        mailboxes=wiring.mailboxes,
        clients=wiring.clients,
        feeds=wiring.feeds,
        alerts=_alerts(wiring),
        further=wiring.further,
        people=wiring.by_hand,
        tap=wiring.tap,
    )


def _middleware(wiring: Wiring) -> Middleware:
    block, store = blocks_of(wiring.scenario)
    waits = waits_for_store(wiring.scenario)
    return middleware_of(
        wiring.scenario,
        wiring.design,
        wiring.ground,
        wiring.store,
        wiring.rules,
        service=wiring.further.slowed(wiring.ground.lag("middleware/service", compiled(block.service))),
        store_latency=wiring.ground.lag("store/latency", compiled(store.latency)) if waits else None,
        tap=wiring.tap,
        kind=wiring.troubles.process(*wiring.process_names()),
    )


def _measures_begin(wiring: Wiring) -> None:
    wiring.watch.restart()
    wiring.further.restart()


def _connect(wiring: Wiring) -> None:
    ready = [_idle(client) for client in wiring.stock_clients]
    if wiring.tap is not None:
        ready = [wiring.tap.ready(number, idle) for number, idle in enumerate(ready)]
    (erp,) = wiring.handed([wiring.erp_client])
    wms, answers = wiring.handed(wiring.wms_clients), wiring.handed(wiring.answer_clients)
    detours = Detours(wiring)
    stock, by_hand = detours.of_figures(wiring.handed(wiring.stock_clients)), detours.by_hand(answers)
    answers = detours.of_documents(answers)
    wiring.middleware.doors.turns, wiring.watch.fallbacks.documents = wiring.turns, detours.counted
    portal = next(iter(wiring.handed(wiring.portal_clients)), None)
    holder = next(iter(wiring.handed(wiring.payment_clients)), None)
    payments = {} if holder is None else dict.fromkeys(paying_channels(wiring.scenario), holder)
    routes = routes_of(erp, wms, answers, stock, portal, payments, by_hand)
    wiring.middleware.connect(routes, publishers_of(wiring.scenario, wiring.rules, ready))
    wiring.watch.stock_links = frozenset(client.name for client in wiring.stock_clients)
    if isinstance(wiring.middleware, TroubledMiddleware):
        items = len(wiring.opening.items)
        clients = [
            wiring.erp_client,
            *wiring.wms_clients,
            *wiring.answer_clients,
            *wiring.stock_clients,
            *wiring.portal_clients,
            *wiring.payment_clients,
        ]
        names = wiring.process_names()
        records = wiring.troubles.process_records(*names)
        wiring.middleware.watched(
            wiring.troubles.faults,
            records,
            clients,
            lambda: publish_everything(wiring.middleware, items),
            partial(_ruled_anew, wiring),
        )
        wiring.troubles.pull(wiring.middleware, *names)


def _ruled_anew(wiring: Wiring, rules: RuleSet) -> None:
    """The middleware goes by other rules: what it tells channels is judged by these from now on."""
    wiring.watch.rules = rules
    if wiring.invariants.promises is not None:
        wiring.invariants.promises.ruled(rules.availability, wiring.timeline.now)


def _alerts(wiring: Wiring) -> AlertWatch:
    """Let the design's alerts look at their measures, and reach the operators, where there are some."""
    rules = rules_at_work(wiring.design.alerts, wiring.watch)
    return AlertWatch(wiring.timeline, wiring.recorder, rules, wiring.watch.harm, wiring.alarmed)


def _schedule(wiring: Wiring) -> None:
    scenario, publication = wiring.scenario, wiring.design.publication
    if wiring.opening.rules:
        _, block = wiring.financial()
        assert isinstance(block, landscape.ErpCloud | ErpLegacy)
        review = getattr(scenario.stock.rule, "review", DAY)
        wiring.erp.review_every(next_at(scenario, block.review_at.us), review)
    if isinstance(publication, designs.BatchPublication) and publication.from_ == "erp":
        for at in publication.at:
            wiring.erp.extract_daily(next_at(scenario, at.us), DAY)
    publish_nightly(scenario, wiring.design, wiring.middleware, len(wiring.opening.items))
    reconcile(wiring.middleware)
    wiring.middleware.resume()
    for channel in range(len(wiring.channels)):
        wiring.middleware.arm(channel)
    names = {name: number for number, name in enumerate(scenario.channels)}
    names |= {scenario.party_of(name): number for name, number in names.items()}
    buyers = wiring.troubles.buyers(*names)(wiring.ground, wiring.opening.arrivals, _buy(wiring), scenario.horizon)
    wiring.troubles.channels(buyers, names)
    _own_parties(wiring)
    act(wiring, partial(_ruled_anew, wiring))
    listen(wiring)
    span = WITHIN // LOOKS
    gauges = {key: gauge(key, wiring.watch, span, LOOKS) for key in wiring.troubles.faults.measures()}
    wiring.troubles.faults.start(gauges)
    if wiring.invariants.promises is not None:
        wiring.invariants.promises.held = held_by(wiring.troubles.faults, scenario, lambda: wiring.timeline.now)


def _own_parties(wiring: Wiring) -> None:
    """Start the parties of the user."""
    for name, block in wiring.parties.items():
        if isinstance(block, OwnParty):
            actor = block.actor()
            assert isinstance(actor, Runs), "a scenario is not valid with a party that does nothing by itself"
            here = AmongParties(
                wiring.ground,
                name,
                channels={channel.name: channel for channel in wiring.channels},
                warehouses={each.name.removeprefix("wms/"): each for each in wiring.warehouses},
                items=list(wiring.opening.items),
            )
            here.start(actor.run(here))


def _buy(wiring: Wiring) -> "Callable[..., None]":
    channels, thoughts = wiring.channels, wiring.thoughts
    buys = wiring.opening.buys or next(
        (getattr(block, "buys", "if_shown") for block in wiring.scenario.demands), "if_shown"
    )

    def buy(channel: int, order: int, number: str, lines: object, demand: int, kept: bool = False) -> None:
        how = "kept" if kept else buys
        placed = channels[channel].buy(order, number, lines, how)  # type: ignore[arg-type]  # lines as Arrival has
        if placed is not None and thoughts is not None:
            thoughts.placed(placed, demand)

    shoppers = shoppers_of(
        wiring.scenario,
        wiring.ground,
        channels,
        lambda name: wiring.feed(wiring.scenario.party_of(name), f"{name}/baskets"),
        buy,
    )
    return buy if shoppers is None else shoppers.come


def _unwritten(record: Record) -> None:
    raise AssertionError("nothing may cross the door before the world is built")


def _idle(client: Client) -> Callable[[], bool]:
    return lambda: client.idle
