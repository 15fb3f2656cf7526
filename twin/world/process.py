"""The middleware's process of a design: its actor, its publishers, its routes and its first rows.

A run puts it among simulated parties, a replay puts it alone before a recording; both make it here.
"""

from collections.abc import Callable, Mapping, Sequence

from actors.ground import Ground, Lag
from actors.middleware import Middleware, Route
from actors.tap import Submits, Tap
from actors.transactor import Direct, Store
from policies.publication import NightlyBatch
from policies.ruleset import RuleSet
from twin.kernel.laws import Constant
from twin.middleware.inventory.kit_figures import figures_of
from twin.middleware.inventory.publisher import Publisher
from twin.middleware.inventory.reconciliation import comparisons
from twin.middleware.unit import ITEMS, SHOWN
from twin.model import events
from twin.model.instant import DAY, SECOND, Elapsed
from twin.model.message import Event
from twin.model.posting import ERP_BOOK
from twin.model.publication import Shown, shown_key
from twin.model.stock import ItemStock
from twin.world import designs, landscape
from twin.world.deployed import senders_of
from twin.world.laws import LawSpec, compiled
from twin.world.opening import next_at
from twin.world.rules import procedures_of
from twin.world.scenario import Scenario

EVALUATED_AT_ONCE = 250
"""Items that one transaction of a nightly run evaluates."""


def usual_us(law: LawSpec) -> Elapsed:
    """Return what work of a law takes where nothing else is known: its mean, in whole microseconds."""
    return int(compiled(law).mean * SECOND)


def blocks_of(scenario: Scenario) -> tuple[landscape.Middleware, landscape.Store]:
    """Return the settings of the middleware and of its store, the defaults where the landscape names none."""
    found = scenario.landscape.of_kind("middleware")
    block = next(iter(found.values()), landscape.Middleware(kind="middleware"))
    store = next(iter(scenario.landscape.of_kind("store").values()), landscape.Store(kind="store"))
    assert isinstance(block, landscape.Middleware)
    assert isinstance(store, landscape.Store)
    return block, store


def waits_for_store(scenario: Scenario) -> bool:
    """Tell whether the store has a latency of its own."""
    latency = compiled(blocks_of(scenario)[1].latency)
    return not (isinstance(latency, Constant) and latency.mean == 0.0)


def middleware_of(
    scenario: Scenario,
    design: designs.Design,
    ground: Ground,
    store: Store,
    rules: RuleSet,
    *,
    service: Lag,
    store_latency: Lag | None,
    tap: Tap | None = None,
    kind: type[Middleware] = Middleware,
) -> Middleware:
    """Return the middleware of a design, not yet connected; with a tap, its own draws are recorded."""
    block, store_block = blocks_of(scenario)
    if tap is not None:
        service = tap.lag("worker", service, usual_us(block.service))
        if store_latency is not None:
            store_latency = tap.lag("store", store_latency, usual_us(store_block.latency))
    return kind(
        ground,
        store,
        procedures_of(design),
        rules,
        workers=design.workers.count,
        service=service,
        store_latency=store_latency,
        queue_max=block.queue,
        restarts_max=store_block.restarts,
        inbox_kept=design.sequencing.inbox_kept,
        checked=design.shell.isolation == "checked",
        outbox=design.shell.effects == "outbox",
    )


def publishers_of(scenario: Scenario, rules: RuleSet, ready: Sequence[Callable[[], bool]]) -> list[Publisher]:
    """Return one publisher per channel; `ready` tells of each interface whether all that was sent has left."""
    return [
        Publisher(
            sender.policy,
            items_per_slot=sender.items,
            slot_interval=sender.apart,
            ready=free,
            refuses=rules.fallbacks.stock if rules.fallbacks is not None else None,
        )
        for sender, free in zip(senders_of(scenario, rules), ready, strict=True)
    ]


def routes_of(
    erp: Submits,
    wms: Sequence[Submits],
    answers: Sequence[Submits],
    stock: Sequence[Submits],
    portal: Submits | None = None,
    payments: Mapping[int, Submits] | None = None,
    by_hand: Sequence[Submits] | None = None,
) -> Mapping[type[Event], Route]:
    """Return which client takes which event: the ERP's, a warehouse's by site, a channel's by number, the portal's.

    `payments` has the client of whoever holds the money of a channel; where it has none the channel holds it itself.
    `by_hand` are the people who give a channel's partners an answer, by number.
    """

    def audience(event: events.MilestoneReached) -> Submits:
        if event.audience == "channel":
            return answers[event.channel]
        assert event.audience == "erp" or portal is not None, "milestones go to a portal only where there is one"
        return portal if event.audience == "portal" and portal is not None else erp

    def holder(event: events.CapturePayment | events.AuthorisePayment | events.PaymentGivenBack) -> Submits:
        found = payments.get(event.channel) if payments is not None else None
        return answers[event.channel] if found is None else found

    return {
        events.MilestoneReached: audience,
        events.CreateErpOrder: lambda _: erp,
        events.ChangeErpOrder: lambda _: erp,
        events.CancelErpOrder: lambda _: erp,
        events.FulfilmentRecorded: lambda _: erp,
        events.MovementRecorded: lambda _: erp,
        events.CreditNoteDue: lambda _: erp,
        events.StockCutAsked: lambda event: erp if event.site == ERP_BOOK else wms[event.site],
        events.ReleaseToWarehouse: lambda event: wms[event.site],
        events.SnapshotRequested: lambda event: wms[event.site],
        events.CountAsked: lambda event: wms[event.site],
        events.CancelRelease: lambda event: wms[event.site],
        events.OrderAnswered: lambda event: answers[event.channel],
        events.OrderTurnedAway: lambda event: answers[event.channel],
        events.BasketAnswered: lambda event: answers[event.channel],
        events.CapturePayment: holder,
        events.AuthorisePayment: holder,
        events.PaymentGivenBack: holder,
        events.FileAnswered: lambda event: answers[event.channel],
        events.InterchangeAnswered: lambda event: answers[event.channel],
        events.ReturnAnswered: lambda event: answers[event.channel],
        events.DocumentByHand: lambda event: (by_hand or answers)[event.channel],
        events.OrdersAsked: lambda event: answers[event.channel],
        events.ShipmentAdvised: lambda event: answers[event.channel],
        events.InvoiceIssued: lambda event: answers[event.channel],
        events.PublishStock: lambda event: stock[event.channel],
    }


def show(middleware: Middleware, channel: int, stock: ItemStock, value: int) -> None:
    """Let a channel's publisher begin with what the channel shows of an item."""
    available = middleware.rules.atp.available(stock, 0)
    middleware.publishers[channel].begin(stock.item, sum(available), value, 0)


def fill(middleware: Middleware, stock: ItemStock, shown: Sequence[int]) -> None:
    """Write an item's opening: its position, and what each channel shows of it."""
    rows = middleware.store.rows
    rows[ITEMS.number][stock.item] = stock
    for channel, value in enumerate(shown):
        rows[SHOWN.number][shown_key(channel, stock.item)] = Shown(value, 0, 0, value, 0)
        show(middleware, channel, stock, value)


def fill_kits(middleware: Middleware, kits: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Write what each channel shows of each kit at the start; return it."""
    if not kits:
        return []
    rules, rows = middleware.rules, middleware.store.rows
    shown: list[tuple[int, list[int]]] = [(kit, []) for kit in kits]
    for channel in range(len(rules.channels)):
        figures = figures_of(kits, channel, middleware.ground.now(), rules, Direct(middleware.store), {}, {})
        for (kit, told), value in zip(shown, figures, strict=True):
            rows[SHOWN.number][shown_key(channel, kit)] = Shown(value, 0, 0, value, 0)
            told.append(value)
    return shown


def publish_nightly(scenario: Scenario, design: designs.Design, middleware: Middleware, items: int) -> None:
    """Have a design that publishes from its own ledger at night do so; any other does as its slots say."""
    publication = design.publication
    if not isinstance(publication, designs.BatchPublication) or publication.from_ == "erp":
        return
    timeline = middleware.ground.timeline

    def publish_all(_: None) -> None:
        timeline.call_in(DAY, publish_all, None)
        publish_everything(middleware, items)

    for at in publication.at:
        timeline.call_at(next_at(scenario, at.us), publish_all, None)


def reconcile(middleware: Middleware) -> None:
    """Have a design that compares the books begin with it after its first interval, unless that is known already."""
    for due, first in comparisons(middleware.rules):
        middleware.store.timers.setdefault(first.id, (due, first))


def publish_everything(middleware: Middleware, items: int) -> None:
    """Evaluate what every channel must be told of every item: a nightly run, or a process that has come back."""
    for channel in range(len(middleware.publishers)):
        middleware.publish_all(EVALUATED_AT_ONCE, tuple(range(items)), channel)


def erp_writes_files(design: designs.Design, rules: RuleSet) -> bool:
    """Tell whether channels show what the ERP's nightly file says, and not what the ledger does."""
    return isinstance(rules.channels[0].publication, NightlyBatch) and design.procedures != "standard"
