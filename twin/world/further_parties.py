"""Parties that many firms have and few questions are about; one that a scenario does not name costs nothing."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import model_validator

from twin.world.law_specs import Delay
from twin.world.partner_limits import PartnerLimit, refusing
from twin.world.people import Hours
from twin.world.values import (
    Block,
    Count,
    Factor,
    Flag,
    Identifier,
    PositiveDuration,
    RatePerTime,
    Share,
    WallTime,
    sourced,
)


class StockFileTrouble(Block):
    """What goes wrong with the stock file that an older ERP writes at night, and that a batch publication reads."""

    late: Share = sourced("5%", "assumed: one night in twenty")
    late_by: Delay = sourced("2h", "assumed: somebody starts the job by hand when he comes in")
    cut_short: Share = sourced("2%", "assumed: a disk was full, or the transfer broke")
    kept: Share = sourced("50%", "assumed: half of its rows")
    repeated: Share = sourced("2%", "assumed: put into the folder again, under another name")
    again_after: Delay = sourced("4h", "assumed: within the working day")


class ErpLegacy(Block):
    """An older ERP: what it is to book lies in a drop until a batch job imports it; at night it writes a stock file.

    It stands where a cloud ERP would. No job starts in the hours of its `nightly` job.
    """

    kind: Literal["erp_legacy"]
    import_every: PositiveDuration = sourced("15m", "assumed: a job four times an hour, as EDI mailboxes are polled")
    import_takes: Delay = sourced({"archetype": "erp_job"}, "latency.yaml, erp_job: import a batch (assumed)")
    nightly: Hours = sourced("22:00-02:00", "assumed: four hours of closing and extracts, in which nothing is imported")
    timeout: PositiveDuration = sourced("1d", "assumed: without a result file by the next day somebody asks")
    extract_latency: Delay = sourced({"archetype": "erp_job"}, "latency.yaml, erp_job (assumed)")
    review_at: WallTime = sourced("03:00", "assumed: replenishment is planned at night, after the nightly job")
    stock_file: StockFileTrouble = sourced({}, "the defaults of stock_file")


class Tms(Block):
    """A transport management system: it rates parcels and tenders them to the carriers in turn.

    `limit` is one of rate requests; beyond it warehouses ask again later. `guide` names carriers in the order in which
    they are asked.
    """

    kind: Literal["tms"]
    rate: Delay = sourced({"archetype": "carrier_quote"}, "latency.yaml, carrier_quote: a rate request (assumed)")
    solvers: Count = sourced(20, "assumed: rate requests at once; the two slots of carriers.yaml are for load plans")
    queue: Count = sourced(10_000, "assumed: parcels that may wait for a rate")
    declines: Share = sourced("2%", "assumed: a carrier without room; no figure was found for parcels")
    limit: PartnerLimit | None = sourced(None, "rule: its solvers are its only limit")
    guide: tuple[Identifier, ...] = sourced((), "rule: empty means all carriers, in the order of the file")

    @model_validator(mode="after")
    def _refuses(self) -> Self:
        refusing(self.limit)
        return self


class Bi(Block):
    """Business intelligence: it reads the store at set times, and meanwhile every transaction takes longer."""

    kind: Literal["bi"]
    at: tuple[WallTime, ...] = sourced(("02:00",), "assumed: at night, when nobody orders")
    rows_per_s: RatePerTime = sourced("50/s", "assumed: a report that joins row by row")
    slows: Factor = sourced(2.0, "assumed: a scan doubles the time of a transaction on the same disk")


class Notifications(Block):
    """Messages to customers through a provider: an order was answered, and where there is a portal, parcels move."""

    kind: Literal["notifications"]
    latency: Delay = sourced({"archetype": "api_write"}, "latency.yaml, api_write (assumed)")
    rate: RatePerTime = sourced("10/s", "assumed: what a provider grants a sender of this size")
    burst: Count = sourced(20, "assumed: two seconds' worth")
    limit: PartnerLimit | None = sourced(None, "rule: `rate` and `burst`; where one is stated, it stands for both")
    confirms: Flag = sourced(True, "rule: whoever orders hears of it")

    @model_validator(mode="after")
    def _refuses(self) -> Self:
        refusing(self.limit)
        return self


class Quota(Block):
    """How many calls a consumer may make: `rate` on the long run, `burst` at once."""

    rate: RatePerTime = sourced("50/s", "assumed: far above any peak minute of a mid-size firm")
    burst: Count = sourced(100, "assumed: two seconds' worth")


class Gateway(Block):
    """The API gateway before the middleware: each channel has a quota of calls; beyond it they are refused and retried.

    `consumers` states quotas of channels by name, where they differ; polls that the middleware makes do not pass it.
    """

    kind: Literal["gateway"]
    latency: Delay = sourced(
        {"archetype": "broker_hop"}, "latency.yaml, broker_hop: tokens and scopes, a hop (assumed)"
    )
    quota: Quota = sourced({}, "the defaults of quota")
    consumers: Mapping[Identifier, Quota] = sourced({}, "rule: all have the same quota")
    tries: Count = sourced(20, "assumed: a sender that hears 429 so often gives up")


class Broker(Block):
    """The message broker before the middleware: it keeps what parties send until the process has room for it."""

    kind: Literal["broker"]
    hop: Delay = sourced({"archetype": "broker_hop"}, "landscape.yaml, internal links: hop (assumed)")
    prefetch: Count = sourced(10, "brokers.yaml, Amazon SQS: messages in one receive (published)")
    look_every: PositiveDuration = sourced("100ms", "assumed: how often a full process is asked again")
    redelivered: Share = sourced("0.1%", "assumed: no figure was found; at least once is published")
    visibility: PositiveDuration = sourced("30s", "landscape.yaml, internal links: 30 s (published, Amazon SQS)")
    retention: PositiveDuration = sourced("4d", "landscape.yaml, internal links: 345,600 s (published, Amazon SQS)")


class ReturnsDeskParty(Block):
    """The returns desk: people who look at what came back, one parcel at a time, in their hours, for all sites."""

    kind: Literal["returns_desk"]
    people: Count = sourced(3, "assumed: a corner of the floor")
    hours: Hours = sourced("08:00-16:00", "assumed: one shift, every day")
    touch: Delay = sourced({"law": "lognormal", "p50": "6m", "p95": "20m"}, "assumed: unpack, look, book, put away")
    queue: Count = sourced(100_000, "assumed: parcels that may wait there; others stay on their pallets")


Further = ErpLegacy | Tms | Bi | Notifications | Gateway | Broker | ReturnsDeskParty
ONE_OF_EACH = ("tms", "bi", "notifications", "gateway", "broker", "returns_desk")
"""Kinds of which there is at most one party."""
