"""The middleware alone, without parties: what others said comes from a recording, what it does itself it does.

Its actor, queue, workers, store, relay and publishers are those of a run. Only its clients are others: an event that
was handed over waits here until somebody says what became of it. The state begins as the recording's snapshot has it.
"""

from collections.abc import Callable

from actors.ground import Ground
from actors.middleware import Middleware
from actors.tap import Decisions, Life
from actors.transactor import Direct, Store
from actors.unwatched import Unwatched
from twin.errors import HistoryError, WireError
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.middleware.unit import ITEMS, SHOWN, Outcome, table_named
from twin.model import wire
from twin.model.history import Draw, Header, Pace
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.model.publication import CHANNELS_MAX, Shown
from twin.model.stock import ItemStock
from twin.playback.belated import Belated, Moments
from twin.world.acting import Acting
from twin.world.delays import windows_of
from twin.world.deploys import hands_on_process
from twin.world.elastic import elastic_of
from twin.world.paying import KIND, paying_channels
from twin.world.process import (
    blocks_of,
    middleware_of,
    publish_nightly,
    publishers_of,
    reconcile,
    routes_of,
    show,
    usual_us,
    waits_for_store,
)
from twin.world.rules import rules_of
from twin.world.scenario import Scenario

Committed = Callable[[Message, Outcome, Direct], None]
Submitted = Callable[[str, Event], None]


class Client:
    """What the middleware believes to be a partner's interface."""

    __slots__ = ("_submitted", "name")

    def __init__(self, name: str, submitted: Submitted) -> None:
        self.name = name
        self._submitted = submitted

    def submit(self, event: Event) -> None:
        """Hand an event over."""
        self._submitted(self.name, event)


class Alone:
    """One middleware before a recording.

    `committed` hears of every decision, `submitted` of every event that goes to a partner. With `moments` it gets to
    work of its own when the recorded process did.
    """

    def __init__(
        self,
        header: Header,
        scenario: Scenario,
        design: str,
        *,
        committed: Committed,
        submitted: Submitted,
        moments: Moments | None = None,
    ) -> None:
        self.header = header
        self.scenario = scenario
        self.timeline = Timeline(header.opened)
        self.life = Life(lambda: self.timeline.now)
        self.decisions = Decisions()
        self.store = Store()
        self._committed = committed
        self._submitted = submitted
        self._draws: dict[tuple[str, int, int], Elapsed] = {}
        self._pace: list[list[Pace]] = [[] for _ in scenario.channels]
        self._free = [True] * len(scenario.channels)
        block = scenario.designs[design]
        numbers = {sku: place for place, sku in enumerate(header.items)}
        rules = rules_of(scenario, block, numbers, windows_of(scenario, block))
        ground = Ground(self.timeline, 0, header.start, Recorder(None), _Onlooker(self._commits, self.life))
        middleware_block, store_block = blocks_of(scenario)
        usual, trip = usual_us(middleware_block.service), usual_us(store_block.latency)
        if not header.setup:  # nobody recorded how long work took, so none is in the way of the next
            usual = 0
        self.middleware = middleware_of(
            scenario,
            block,
            ground,
            self.store,
            rules,
            service=lambda message, attempt: self._drawn("worker", message, attempt, usual),
            store_latency=(lambda message, attempt: self._drawn("store", message, attempt, trip))
            if waits_for_store(scenario)
            else None,
            kind=Middleware if moments is None else Belated,
        )
        if isinstance(self.middleware, Belated) and moments is not None:
            self.middleware.moments = moments
        elastic_of(block, self.middleware)
        self._connect()
        hands = hands_on_process(scenario, design, self.middleware, numbers, sign=self.life.sign, told=lambda _: None)
        Acting(scenario, design, self.timeline, hands).start()
        self._load()
        publish_nightly(scenario, block, self.middleware, len(header.items))
        if not header.opened:
            reconcile(self.middleware)

    def begin(self) -> None:
        """Go on from the snapshot: send what is in the outbox, wait for what was scheduled, handle what waits."""
        for channel in range(len(self.scenario.channels)):
            self.middleware.arm(channel)
        self.middleware.resume()
        for message in self.header.snapshot.queue:
            self.middleware.receive(message)

    def until(self, at: Elapsed) -> None:
        """Let everything happen that the middleware does by itself before an instant."""
        if at > self.timeline.now:
            self.timeline.run(until=at)

    def give_way(self, turn: int) -> None:
        """Let the middleware do as much of this instant's work as it had done when the next record came."""
        while self.life.turn < turn and self.timeline.peek() == self.timeline.now:
            self.timeline.step()

    def know(self, record: Pace | Draw) -> None:
        """Take note of what chance decided, before it is asked for."""
        if isinstance(record, Draw):
            self._draws[(record.of, record.message, record.attempt)] = record.took
        elif 0 <= record.channel < len(self._pace):
            self._pace[record.channel].append(record)

    def on_hand(self) -> dict[tuple[int, int], int]:
        """Return what is sellable by (item, site), as the middleware's ledger has it."""
        return {
            (stock.item, site): position.sellable
            for stock in self.store.rows[ITEMS.number].values()
            if isinstance(stock, ItemStock)
            for site, position in enumerate(stock.positions)
        }

    def _connect(self) -> None:
        channels = list(self.scenario.channels)
        ready = [self._ready(channel) for channel in range(len(channels))]
        stock = [self._client(f"middleware/{name}/stock") for name in channels]
        answers = [self._client(f"middleware/{name}") for name in channels]
        wms = [self._client(f"middleware/wms/{name}") for name in self.header.sites]
        portals = [self._client(f"middleware/{name}") for name in self.scenario.landscape.of_kind("customer_portal")]
        holders = [self._client(f"middleware/{name}") for name in self.scenario.landscape.of_kind(KIND)]
        payments = {channel: holder for holder in holders for channel in paying_channels(self.scenario)}
        portal = next(iter(portals), None)
        routes = routes_of(self._client("middleware/erp"), wms, answers, stock, portal, payments)
        self.middleware.connect(routes, publishers_of(self.scenario, self.middleware.rules, ready))

    def _client(self, name: str) -> Client:
        return Client(name, self._submits)

    def _submits(self, name: str, event: Event) -> None:
        self.life.sign()
        self._submitted(name, event)

    def _commits(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        self.life.sign()
        self.decisions.committed(message, outcome, unit)
        self._committed(message, outcome, unit)

    def _drawn(self, of: str, id: int, attempt: int, usual: Elapsed) -> Elapsed:
        self.life.sign()
        return self._draws.pop((of, id, attempt), usual) if self._draws else usual

    def _ready(self, channel: int) -> Callable[[], bool]:
        changes = self._pace[channel]

        def ready() -> bool:
            now, turn = self.timeline.now, self.life.turn
            self.life.sign()
            while changes and (changes[0].at, changes[0].turn) <= (now, turn):
                self._free[channel] = changes.pop(0).free
            return self._free[channel]

        return ready

    def _load(self) -> None:
        snapshot, rows = self.header.snapshot, self.store.rows
        for name, found in snapshot.rows.items():
            try:
                table = table_named(name)
                read = wire.reader(table.row)
                rows[table.number].update((id, read(bytes(row))) for id, row in found)
            except (KeyError, WireError) as error:
                raise HistoryError(f"the snapshot cannot be read: table {name!r}: {error}") from error
        self.store.outbox.update((event.id, event) for event in snapshot.outbox)
        self.store.timers.update((message.id, (due, message)) for due, message in snapshot.timers)
        for key, shown in rows[SHOWN.number].items():
            item, channel = divmod(key, CHANNELS_MAX)
            stock = rows[ITEMS.number].get(item)
            if isinstance(shown, Shown) and isinstance(stock, ItemStock) and channel < len(self.scenario.channels):
                show(self.middleware, channel, stock, shown.value)


class _Onlooker(Unwatched):
    """The probe of a middleware that is alone: there are no parties whose ledgers could be watched."""

    def __init__(self, tell: Committed, life: Life) -> None:
        self._tell = tell
        self._life = life

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """The middleware committed a unit."""
        self._tell(message, outcome, unit)

    def queued(self, queue: str, length: int) -> None:
        """Work waits, or waits no more."""
        self._life.queued(queue)
