"""The design block of a scenario: every setting that an architect decides, one block for each alternative.

The same block is deployed: a live process takes it unchanged. Policies carry `kind:`, and each kind its own parameters.
`attempts` counts the first try, so "three retries" is `attempts: 4`.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from twin.world.alert_specs import Alert, repeated
from twin.world.book_specs import PostingBlock, ReconciliationBlock
from twin.world.breaker_specs import Breaker
from twin.world.budget_specs import Budget
from twin.world.checks.catalogue import CATALOGUE
from twin.world.concurrency_specs import Concurrency
from twin.world.fallback_specs import Fallbacks
from twin.world.hedge_specs import Hedge
from twin.world.limiter_specs import Limiter
from twin.world.parcel_specs import Parcels
from twin.world.people import Exceptions
from twin.world.promise_specs import Allocation, PromisingBlock, Run
from twin.world.quota_specs import QuotasBlock
from twin.world.retry_specs import Retry
from twin.world.values import (
    Block,
    Count,
    Duration,
    Flag,
    Identifier,
    Later,
    OneOf,
    PositiveDuration,
    Quantity,
    RatePerTime,
    Share,
    WallTime,
    Words,
    rule,
    sourced,
)

ELSEWHERE: Final = {
    "L-3": "compares runs, as a test does, and no run can break it",
    "L-5": "is measured: recovery_s, collapsed", "L-6": "follows a repair, as a test does",
    "P-9": "is a warning of twin check", "P-10": "has nothing to look at: nothing is shed",
}  # fmt: skip
"""Invariants that no run checks, and why."""


def known_invariant(name: str) -> str:
    """Return the id of an invariant that runs check, or say that there is none, or where it is."""
    if name in CATALOGUE:
        return name
    what = f"invariant {name!r} {ELSEWHERE[name]}" if name in ELSEWHERE else f"no such invariant {name!r}"
    raise rule(f"{what}; there are {', '.join(CATALOGUE)}", whole=True)


InvariantId = Annotated[Identifier, AfterValidator(known_invariant)]


class ConstantBuffer(Block):
    """So many units are withheld from what is published of every item."""

    kind: Literal["constant"]
    units: Quantity


class RiskBuffer(Block):
    """The smallest buffer that others' sales in the exposure window exceed with probability `epsilon` at most.

    Their rate is learned with an exponential weight of this half-life; `prior` is added to it.
    """

    kind: Literal["risk"]
    epsilon: Share = sourced("1%", "assumed: one sold-out item in a hundred may oversell")
    half_life: PositiveDuration = sourced("6h", "assumed: long against a lull, short against a day")
    prior: RatePerTime | None = sourced(None, "assumed: an item that nobody has bought needs no buffer")

    @model_validator(mode="after")
    def _a_risk(self) -> Self:
        if not 0 < self.epsilon < 1:
            raise rule("must lie between 0 % and 100 %, both excluded", at="epsilon")
        return self


class ExposureBuffer(Block):
    """The smallest buffer at which a pool can be oversold by `units` at most, however the channels sell.

    `sales` is the most that each channel sells of one item while a figure is on its way.
    """

    kind: Literal["exposure"]
    sales: Mapping[Identifier, Quantity] = Field(min_length=1)
    units: Quantity = sourced(0, "rule: nothing is exposed unless it is said")


def _units(value: object) -> object:
    return {"kind": "constant", "units": value} if isinstance(value, int) and not isinstance(value, bool) else value


Buffer = Annotated[
    ConstantBuffer | RiskBuffer | ExposureBuffer, OneOf("buffer", short=_units, short_schema={"type": "integer"})
]
_NO_BUFFER: Final = {"kind": "constant", "units": 0}


class BatchPublication(Block):
    """All figures at fixed wall times, from the ERP's booked stock or from the ledger."""

    kind: Literal["batch"]
    at: tuple[WallTime, ...] = Field(min_length=1)
    from_: Literal["erp", "ledger"] = Field(
        "erp", alias="from", description="rule: a batch is an extract of the ERP unless it says otherwise"
    )
    buffer: Buffer = sourced(_NO_BUFFER, "rule: nothing is withheld unless it is said")


class PeriodicPublication(Block):
    """All figures that have changed, every `interval`."""

    kind: Literal["periodic"]
    interval: PositiveDuration
    buffer: Buffer = sourced(_NO_BUFFER, "rule: nothing is withheld unless it is said")


class EveryEventPublication(Block):
    """One call for every movement, with the value after it."""

    kind: Literal["every_event"]
    buffer: Buffer = sourced(_NO_BUFFER, "rule: nothing is withheld unless it is said")


class GovernedPublication(Block):
    """Figures coalesced into the slots that the channel's limits allow, the most dangerous ones first."""

    kind: Literal["governed"]
    interval: PositiveDuration = sourced("5s", "assumed: shortest time between two sends to one channel")
    max_items: Count = sourced(100, "assumed: keys in one send, if the channel takes as many")
    max_age: PositiveDuration = sourced(
        "1d", "assumed: an unchanged figure is confirmed once a day; more often, one-item interfaces do nothing else"
    )
    min_change: Quantity = sourced(1, "rule: every change counts")
    low_mark: Quantity = sourced(0, "rule: at or below it every change is sent, whatever min_change says")
    zero_first: Annotated[Literal[True], Words("false")] = sourced(
        True, "rule: a figure that must go to zero is sent before all others"
    )
    urgent_zero: Flag = sourced(True, "rule: a figure that must go to zero opens a slot at once")
    linger: Duration = sourced("0s", "rule: the first change after a pause is sent at once")
    feed_timeout: PositiveDuration = sourced("2h", "assumed: without an answer by then the figure is sent again")
    buffer: Buffer = sourced(_NO_BUFFER, "rule: nothing is withheld unless it is said")

    @model_validator(mode="after")
    def _ages(self) -> Self:
        if self.max_age < self.interval:
            raise rule("must not be shorter than interval", at="max_age")
        return self


Publication = Annotated[
    BatchPublication | PeriodicPublication | EveryEventPublication | GovernedPublication, OneOf("publication")
]


class Backorder(Block):
    """What happens to units that cannot be had now, and how many may wait for supply."""

    line_policy: Literal["FILL_OR_KILL", "SHIP_COMPLETE", "PARTIAL", "BACKORDER"] = sourced(
        "BACKORDER", "assumed: a distributor's customers wait"
    )
    depth: Quantity = sourced(0, "rule: channels are shown no more than there is")
    cancel_after: Duration = sourced("0s", "rule: 0s; what waits, waits for ever unless it is said")
    run: Run = sourced("GAIN", "rule: what is confirmed is kept, and grows when supply comes")


class Reservation(Block):
    """For how long what is free is kept before an order is accepted: for one that is held, and for a basket.

    A basket is kept for `basket_for`, and for `checkout_for` from the moment on at which its buyer goes to pay.
    """

    soft_for: Duration = sourced("0s", "rule: 0s; an order takes its stock when it is accepted, unless it is said")
    basket_for: Duration = sourced("0s", "rule: 0s; a basket is a wish, unless it is said")
    checkout_for: Duration = sourced("5m", "assumed: to type a card number and to confirm it")


class MasterData(Block):
    """How changes of master data are taken: a complete file deletes at most this share of the items by absence."""

    deletion_limit: Share = sourced("10%", "DOMAIN 13: more than that is half a file")


class Autoscale(Block):
    """More workers while the queue is long (`queue_above` messages) or its head is old (`age_above`), up to `at_most`.

    One is started for each look that finds too much, and let go when the queue has been empty for `idle_for`.
    """

    at_most: Count
    queue_above: Quantity = sourced(200, "assumed: some seconds of work of two workers")
    age_above: PositiveDuration | None = sourced(None, "rule: the length alone decides")
    start_delay: PositiveDuration = sourced("90s", "assumed: until a further worker is ready")
    look_every: PositiveDuration = sourced("15s", "assumed: as often as gauges are read")
    idle_for: PositiveDuration = sourced("5m", "assumed: longer than a lull within a burst")


class Workers(Block):
    """How many workers the middleware has, each with one transaction at a time."""

    count: Count = sourced(2, "peak minute x 8 transactions x 40 ms / 0.60, at least 2")
    autoscale: Autoscale | None = sourced(None, "rule: their number is fixed unless it is said")

    @model_validator(mode="after")
    def _room_to_grow(self) -> Self:
        if self.autoscale is not None and self.autoscale.at_most <= self.count:
            raise rule(f"must be above count {self.count} (got {self.autoscale.at_most})", "autoscale", whole=True)
        return self


class Sequencing(Block):
    """Messages of a key are taken in order; a gap is waited for `gap_timer`, a seen message known for `inbox_kept`."""

    per: Annotated[Literal["order"], Words("item")] = sourced(
        "order", "rule: what must stay in order is one order's messages"
    )
    gap_timer: PositiveDuration = sourced("30s", "assumed")
    inbox_kept: PositiveDuration = sourced("7d", "assumed: longer than any partner delivers again")


class Shell(Block):
    """How a transaction is committed: `unchecked` and `dual_write` are the naive ways, for comparison."""

    isolation: Literal["checked", "unchecked"] = sourced(
        "checked", "rule: a commit whose reads have changed runs again"
    )
    effects: Literal["outbox", "dual_write"] = sourced(
        "outbox", "rule: effects leave in the transaction that caused them"
    )


class Design(Block):
    """One alternative: the policies, the procedure table and the shell of the middleware."""

    extends: Identifier | None = sourced(None, "rule: the slots it did not state come from there")
    publication: Publication = sourced({"kind": "governed"}, "the standard design")
    stock_truth: Annotated[Literal["ledger"], Words("erp", "wms")] = sourced(
        "ledger", "the standard design: movements as they happen"
    )
    identity: Literal["none", "transport", "request", "business"] = sourced(
        "business", "the standard design: one order per business key"
    )
    retry: Retry = sourced({"kind": "exponential"}, "the standard design")
    budget: Budget = sourced({"kind": "none"}, "the standard design")
    breaker: Breaker = sourced({"kind": "none"}, "the standard design")
    limiter: Limiter = sourced({"kind": "learned"}, "the standard design")
    concurrency: Concurrency = sourced({"kind": "none"}, "the standard design")
    deadline: PositiveDuration | None = sourced(None, "rule: a queue keeps a call until it is through")
    hedge: Hedge = sourced({"kind": "none"}, "the standard design")
    allocation: Allocation = sourced({"kind": "priority"}, "the standard design")
    backorder: Backorder = sourced({}, "the standard design")
    quotas: QuotasBlock | None = sourced(None, "the standard design: channels share what there is")
    promising: PromisingBlock = sourced({"kind": "at_once"}, "the standard design: nothing but stock is promised")
    workers: Workers = sourced({}, "the standard design")
    parcels: Parcels = sourced({}, "the standard design")
    master_data: MasterData = sourced({}, "the standard design")
    reservation: Reservation = sourced({}, "the standard design")
    sequencing: Sequencing = sourced({}, "the standard design")
    procedures: Annotated[
        Literal[
            "standard",
            "naive/absolute_count",
            "naive/arrival_order",
            "naive/batch_file",
            "naive/clamping",
            "naive/double_release",
            "naive/last_writer",
            "naive/no_waiting",
            "naive/one_step",
            "naive/resurrection",
            "naive/rounded_dozens",
        ],
        Words(),
    ] = sourced("standard", "the standard design")
    shell: Shell = sourced({}, "the standard design")
    exceptions: Exceptions = sourced({}, "the standard design")
    gives_up: tuple[InvariantId, ...] = sourced((), "rule: every invariant counts unless a design gives it up")
    outbox: Later = None
    partition: Later = None
    batch_windows: Later = None
    posting: PostingBlock = sourced({"kind": "each"}, "the standard design: movements as they happen")
    reconciliation: ReconciliationBlock | None = sourced(None, "the standard design: nobody compares the books")
    coexistence: Later = None
    fallbacks: Fallbacks | None = sourced(None, "the standard design: a partner that is away is called as ever")
    lineage_after: Duration = sourced(
        "0s", "rule: 0s; else so long after a stock fact each link to a channel or the ERP that is missing is an item"
    )
    alerts: tuple[Alert, ...] = sourced((), "the standard design: nobody is called by a measure")

    @model_validator(mode="after")
    def _names_apart(self) -> Self:
        if (name := repeated(self.alerts)) is not None:
            raise rule(f"names must be unique (got {name!r} twice)", at="alerts", whole=True)
        return self


Designs = Mapping[Identifier, Design]
