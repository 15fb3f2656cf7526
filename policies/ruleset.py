"""The rule set: every policy that the procedures of one design ask, in one value."""

from dataclasses import dataclass, field

from policies.allocation import FairShare
from policies.atp import LookAhead
from policies.backorder import BackorderRun
from policies.catalogue import Catalogue
from policies.exceptions import ExceptionRouting
from policies.fallback import Fallbacks
from policies.identity import Identity
from policies.master_data import MasterData
from policies.milestones import Milestones
from policies.posting import Posting
from policies.promise_dates import PromiseDates
from policies.promising import Promising
from policies.publication import EveryEvent, Governed, NightlyBatch, Periodic
from policies.quotas import Quotas
from policies.reconciliation import Reconciliation
from policies.sequencing import Sequencing
from policies.signature import Signature
from policies.sources import SourceRules
from policies.sourcing import Site, Sourcing
from policies.stock_buffer import ChannelAvailability
from twin.model.instant import DAY, HOUR, MINUTE, Elapsed, Now
from twin.model.order import LinePolicy

BackorderRule = BackorderRun | FairShare
"""Who gets supply when it comes."""
PublicationPolicy = EveryEvent | Periodic | NightlyBatch | Governed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTerms:
    """What holds for the orders and the publication of one channel.

    `push_rows` is how many items one call of its stock interface takes. `homes` are rankings of the locations that
    serve it: an order's home stands for its ship-to address until orders carry one, and is fixed by its identity, so
    that orders spread over the locations in the proportion in which a location's ranking is listed. `source` are the
    rules that its orders meet at intake; None: nothing is asked of them.
    """

    homes: tuple[tuple[Site, ...], ...]
    line_policy: LinePolicy = LinePolicy.BACKORDER
    publication: PublicationPolicy = field(default_factory=Governed)
    push_rows: int = 1
    dates: PromiseDates | None = None
    """When its orders ship and arrive; None: no date is told."""
    signature: Signature | None = None
    """How the channel signs its webhooks; None: it does not."""
    source: SourceRules | None = None
    keyed: bool = False
    """Whether its orders must come under an idempotency key."""
    documents: bool = False
    """Whether it is sent a ship notice (856) for every shipment and an invoice (810) for every bill."""

    def sites_for(self, order: int, allowed: tuple[int, ...] = ()) -> tuple[Site, ...]:
        """Return the locations that serve an order, the one nearest to it first in priority; of `allowed`, if any."""
        sites = self.homes[order % len(self.homes)]
        return tuple([site for site in sites if site.position in allowed]) if allowed else sites

    def ship_by(self, now: Now, material: Elapsed = 0) -> Elapsed:
        """Return until when (elapsed) goods ship that are there at once, or from `material` on (elapsed)."""
        if self.dates is None:
            return max(now.elapsed, material)
        start = now.wall - now.elapsed
        return self.dates.promise(now.wall, start + material if material else None).ship_by - start


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Policies and terms, by channel index where they differ. Times are microseconds.

    `rate_half_life_us` is the memory of sales rates (0: none are kept), `close_after_us` how long an invoiced order
    stays open for corrections, `reference_wait_us` how long a message waits for the order it speaks of,
    `cancel_after_us` how long backordered units wait (0: for ever), `return_window_us` how long a closed order stays at
    hand because its goods may come back (0: nobody sends anything back), `rma_valid_us` how long agreed goods are
    awaited.
    """

    availability: ChannelAvailability
    channels: tuple[ChannelTerms, ...]
    atp: LookAhead = field(default_factory=LookAhead)
    sourcing: Sourcing = field(default_factory=Sourcing)
    promising: Promising = field(default_factory=Promising)
    backorders: BackorderRule = field(default_factory=BackorderRun)
    posting: Posting = field(default_factory=Posting)
    reconciliation: Reconciliation | None = None
    quotas: Quotas | None = None
    master: MasterData | None = None
    """How changes of master data are taken; None: every item is there and may be sold."""
    catalogue: Catalogue | None = None
    """What senders' words mean; None: all channels speak of our items in pieces, and there are no kits."""
    stock_stream: Sequencing = field(default_factory=lambda: Sequencing(kind="delta"))
    supply_stream: Sequencing = field(default_factory=lambda: Sequencing(kind="state"))
    rate_half_life_us: Elapsed = 0
    close_after_us: Elapsed = DAY
    reference_wait_us: Elapsed = 15 * MINUTE
    cancel_after_us: Elapsed = 0
    hold_us: Elapsed = 72 * HOUR
    soft_for_us: Elapsed = 0
    """How long what is free is kept for an order that is held before it is accepted; 0: nothing is kept."""
    lineage_us: Elapsed = 0
    """How long after a stock fact its links to channels and ERP are looked for; 0: they are not."""
    basket_us: Elapsed = 0
    """How long what is free is kept for a basket; 0: nothing is kept."""
    checkout_us: Elapsed = 0
    """How long it is kept from the moment on at which its buyer goes to pay."""
    return_window_us: Elapsed = 0
    milestones: Milestones = field(default_factory=Milestones)
    rma_valid_us: Elapsed = 30 * DAY
    fallbacks: Fallbacks | None = None
    """What is done while a partner is away; None: nothing else than ever."""
    identity: Identity = field(default_factory=Identity)
    exceptions: ExceptionRouting = field(default_factory=ExceptionRouting)
