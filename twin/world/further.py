"""The further parties of one world: made where a scenario names them, and measured under names of their own."""

from array import array
from collections.abc import Callable
from typing import Protocol

from actors.bi import Bi
from actors.broker import Broker
from actors.calls import Client, Endpoint, Gate
from actors.channel import Channel
from actors.elastic import Elastic
from actors.gateway import Gateway
from actors.ground import Ground, Lag
from actors.legacy_erp import StockFiles
from actors.notifications import Notifications
from actors.parcel import ReturnsDesk
from actors.payments import PaymentProvider
from actors.tms import Tms
from actors.transactor import Store
from actors.way import Way
from policies.throttle import token_bucket
from twin.kernel.station import Hours, Station
from twin.model.instant import DAY, HOUR, SECOND, Elapsed
from twin.model.message import Message
from twin.world import further_parties as blocks
from twin.world.acting import Acting
from twin.world.laws import compiled
from twin.world.levels import Samples
from twin.world.opening import local_midnight, next_at
from twin.world.partner_documents import PartnerDocuments
from twin.world.scenario import Scenario
from twin.world.site_work import SiteWork
from twin.world.staff import Staff
from twin.world.subscriptions import Subscriptions
from twin.world.values import TimeOfDay


class FurtherParties:
    """What a scenario names of them; None where it does not."""

    def __init__(self, scenario: Scenario, ground: Ground, store: Store, staff: Staff) -> None:
        self.scenario = scenario
        self.ground = ground
        self.store = store
        self.staff = staff
        self.bi = self._bi()
        self.gateway = self._gateway()
        self.broker: Broker | None = None
        self.tms: Tms | None = None
        self.notifications: Notifications | None = None
        self.payments: PaymentProvider | None = None
        self.stock_files: StockFiles | None = None
        self.elastic: Elastic | None = None
        self.acting: Acting | None = None
        self.sites: SiteWork | None = None
        self.documents = PartnerDocuments(ground)
        self.subscriptions = Subscriptions(ground)
        self.desk: Station | None = None
        self.returns_waited = array("q")
        self._before: dict[str, float] = {}

    def named(self, kind: str) -> "tuple[str, object] | None":
        """Return the name and the block of the party of a kind, or None."""
        return next(iter(self.scenario.landscape.of_kind(kind).items()), None)

    # --- one by one

    def _bi(self) -> Bi | None:
        found = self.named("bi")
        if found is None:
            return None
        name, block = found
        assert isinstance(block, blocks.Bi)
        bi = Bi(self.ground, name, self.store, rows_per_s=block.rows_per_s.per_s, slows=block.slows)
        for at in block.at:
            bi.reads_daily(next_at(self.scenario, at.us))
        return bi

    def slowed(self, service: Lag) -> Lag:
        """Return how long a transaction takes, with whoever reads the store at the same time."""
        return service if self.bi is None else self.bi.slowing(service)

    def _gateway(self) -> Gateway | None:
        found = self.named("gateway")
        if found is None:
            return None
        name, block = found
        assert isinstance(block, blocks.Gateway)
        return Gateway(
            self.ground, name, latency=self.ground.lag(f"{name}/check", compiled(block.latency)), tries=block.tries
        )

    def way_in(self, channel: str, link: Way) -> Way:
        """Return the way of what a channel pushes to the middleware."""
        found = self.named("gateway")
        if self.gateway is None or found is None:
            return link
        block = found[1]
        assert isinstance(block, blocks.Gateway)
        quota = block.consumers.get(channel, block.quota)
        return self.gateway.before(channel, token_bucket(quota.rate.exact, quota.burst), link)

    def door(self, receive: Callable[[Message], None], in_process: Callable[[], int]) -> Callable[[Message], None]:
        """Return what takes the messages of parties in: the middleware itself, or the broker before it."""
        found = self.named("broker")
        if found is None:
            return receive
        if self.broker is None:
            name, block = found
            assert isinstance(block, blocks.Broker)
            self.broker = Broker(
                self.ground,
                name,
                hop=self.ground.lag(f"{name}/hop", compiled(block.hop)),
                prefetch=block.prefetch,
                look_every=block.look_every,
                again=self.ground.coin(f"{name}/again", block.redelivered),
                visibility=block.visibility,
                retention=block.retention,
                in_process=in_process,
            )
        return self.broker.before(receive)

    def planner(self) -> Tms | None:
        """Return the TMS, which is told of its carriers later."""
        found = self.named("tms")
        if found is None:
            return None
        name, block = found
        assert isinstance(block, blocks.Tms)
        self.tms = Tms(
            self.ground,
            name,
            rate=self.ground.lag(f"{name}/rate", compiled(block.rate)),
            solvers=Station(self.ground.timeline, name, block.solvers, block.queue),
            declines=self.ground.coin(f"{name}/declines", block.declines),
            gate=None if block.limit is None else Gate(block.limit.throttle()),
        )
        return self.tms

    def guide(self, carriers: list[str]) -> list[str]:
        """Return the carriers in the order in which they are asked."""
        found = self.named("tms")
        block = found[1] if found is not None else None
        return list(block.guide) if isinstance(block, blocks.Tms) and block.guide else carriers

    def returns_desk(self, desk: ReturnsDesk) -> ReturnsDesk:
        """Return who looks at what comes back to a site: as its WMS says, or the one desk for all sites."""
        found = self.named("returns_desk")
        if found is None:
            return desk
        name, block = found
        assert isinstance(block, blocks.ReturnsDeskParty)
        if self.desk is None:
            hours = Hours(windows_of_day(block.hours), start_us=-local_midnight(self.scenario))
            self.desk = self.staff.station(name, block.people, block.queue, hours, name)
        touch = self.ground.lag(f"{name}/touch", compiled(block.touch))
        return ReturnsDesk(touch, desk.grade, self.desk, self.returns_waited.append)

    def write_to_customers(self, channels: list[Channel], connect: "Connect") -> Notifications | None:
        """Have a provider write to customers; `connect` makes the client of its interface."""
        found = self.named("notifications")
        if found is None:
            return None
        name, block = found
        assert isinstance(block, blocks.Notifications)
        notifications = self.notifications = Notifications(self.ground, name)
        endpoint = Endpoint(
            self.ground,
            service=self.ground.lag(f"{name}/write", compiled(block.latency)),
            handle=notifications.take,
            gate=Gate(token_bucket(block.rate.exact, block.burst) if block.limit is None else block.limit.throttle()),
        )
        notifications.client = connect(name, endpoint, notifications)
        if block.confirms:
            for channel in channels:
                channel.tells = notifications.say
        return notifications

    # --- measures

    def restart(self) -> None:
        """The warm-up is over."""
        self._before = self._counts()
        for values in (*self._samples().values(), *(self.sites.waited() if self.sites is not None else ())):
            del values[:]
        self.documents.restart()

    def results(self) -> dict[str, float | None]:
        """Return the measures of the parties that are there."""
        kpis: dict[str, float | None] = {name: now - self._before.get(name, 0) for name, now in self._counts().items()}
        for name, values in self._samples().items():
            samples = Samples()
            samples.values = values
            plain, brace, label = name.partition("{")
            kpis |= {f"{plain}.{each}{brace}{label}": value for each, value in samples.statistics().items()}
        if self.bi is not None:
            kpis["snapshot_age_s"] = (self.ground.timeline.now - self.bi.snapshot[0]) / SECOND if self.bi.rows else None
        if self.broker is not None:
            kpis["broker_length.max"] = self.broker.length_max
        if self.sites is not None and self.sites.trucks is not None:
            kpis["on_road_units"] = sum(self.sites.on_road().values())
        if self.elastic is not None:
            kpis["extra_workers.max"] = self.elastic.extra_max
        return kpis

    def _counts(self) -> dict[str, float]:
        counts: dict[str, float] = {}
        if self.tms is not None:
            counts |= {f"labels_given{{link={link}}}": given for link, given in sorted(self.tms.given.items())}
            counts["rate_requests_refused"] = self.tms.refused
            counts["tenders_declined"] = self.tms.declined + self.tms.passed_over
        if self.notifications is not None:
            counts["notifications_sent"] = self.notifications.sent
            counts["notifications_given_up"] = self.notifications.given_up
        if self.payments is not None:
            counts |= {f"payments{{what={what}}}": n for what, n in self.payments.counts.items()}
            counts["money_captured"] = self.payments.captured / 100
            counts["money_refunded"] = self.payments.refunded / 100
        if self.gateway is not None:
            counts["gateway_refused"], counts["gateway_given_up"] = self.gateway.refused, self.gateway.given_up
        if self.broker is not None:
            counts["broker_redelivered"], counts["broker_expired"] = self.broker.redelivered, self.broker.expired
        if self.stock_files is not None:
            counts |= {f"stock_file_trouble{{what={what}}}": n for what, n in self.stock_files.counts.items()}
        counts |= self.documents.counts() | self.subscriptions.counts()
        if self.sites is not None:
            counts |= self.sites.counts()
        if self.staff.changing:
            counts["extra_labour_hours"] = sum(each.extra_us for each in self.staff.changing.values()) / HOUR
        if self.elastic is not None:
            counts["extra_worker_hours"] = self.elastic.paid_us() / HOUR
        return counts

    def _samples(self) -> "dict[str, array[int]]":
        found = self.documents.samples()
        if self.bi is not None:
            found["snapshot_read_s"] = self.bi.reads
        if self.notifications is not None:
            found["notification_lag_s"] = self.notifications.lags
        if self.payments is not None:
            found["payment_wait_s"] = self.payments.lags
        if self.broker is not None:
            found["broker_age_s"] = self.broker.ages
        if self.desk is not None:
            found["returns_wait_s"] = self.returns_waited
        if self.sites is not None and self.sites.waves:
            found["wave_wait_s"] = array("q", [each for waits in self.sites.waited() for each in waits])
        return found


Connect = Callable[[str, Endpoint, Notifications], Client]
"""Returns the client of the provider's interface, given the party's name."""


class Daily(Protocol):
    """From one wall time to another, every day."""

    @property
    def from_(self) -> TimeOfDay:
        """When it begins."""

    @property
    def to(self) -> TimeOfDay:
        """When it ends."""


def windows_of_day(hours: Daily) -> list[tuple[Elapsed, Elapsed]]:
    """Return the working windows of a day; hours over midnight are two of them."""
    begin, end = hours.from_.us, hours.to.us
    if begin < end:
        return [(begin, end)]
    return [(0, end), (begin, DAY)] if end else [(begin, DAY)]
