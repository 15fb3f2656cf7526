"""From a scenario's design block to the rule set and the procedure table that it names."""

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from types import MappingProxyType
from typing import Final, assert_never

from policies import publication as policy
from policies.hybrid_feed import HybridFeed
from policies.identity import Identity
from policies.master_data import MasterData
from policies.publication import EveryEvent, Governed, NightlyBatch, Periodic
from policies.ruleset import ChannelTerms, PublicationPolicy, RuleSet
from policies.sequencing import Sequencing
from policies.signature import Signature
from policies.sources import SourceKind
from policies.sourcing import Site
from policies.stock_buffer import (
    Buffer,
    ChannelAvailability,
    ChannelRule,
    ConstantBuffer,
    ExposureBuffer,
    RiskBuffer,
    Safety,
)
from twin.errors import UsageError
from twin.middleware.dispatch import Procedures
from twin.middleware.naive.absolute_count import absolute_count
from twin.middleware.naive.arrival_order import arrival_order
from twin.middleware.naive.batch_file import batch_file
from twin.middleware.naive.clamping import clamping
from twin.middleware.naive.double_release import double_release
from twin.middleware.naive.last_writer import last_writer
from twin.middleware.naive.no_waiting import no_waiting
from twin.middleware.naive.one_step import one_step
from twin.middleware.naive.resurrection import resurrection
from twin.middleware.naive.rounded_dozens import rounded_dozens
from twin.middleware.procedures import standard
from twin.model.commands import SubmitOrder
from twin.model.events import AUDIENCES
from twin.model.instant import DAY, SECOND, Elapsed
from twin.model.order import LinePolicy
from twin.world import designs
from twin.world.book_specs import posting_of, reconciliation_of
from twin.world.catalogues import catalogue_of, sell_units_of
from twin.world.fallback_specs import Partners, fallbacks_of
from twin.world.landscape import Carrier, Party, Wms
from twin.world.launches import known_at_first
from twin.world.parcel_specs import milestones_of
from twin.world.paying import paying_channels
from twin.world.people import routing_of
from twin.world.promise_specs import backorders_of, dates_of, promising_of
from twin.world.quota_specs import quotas_of
from twin.world.safety_specs import classes_of, safety_of
from twin.world.scenario import Channel, Direct, InFiles, Scenario, Webhook
from twin.world.seller_specs import EdiGateway, FeedApi, FileStockApi, Seller, StorefrontStockApi, announced
from twin.world.source_specs import source_of
from twin.world.windows import Window

TABLES = {
    "standard": standard,
    "naive/absolute_count": absolute_count,
    "naive/arrival_order": arrival_order,
    "naive/batch_file": batch_file,
    "naive/clamping": clamping,
    "naive/double_release": double_release,
    "naive/last_writer": last_writer,
    "naive/no_waiting": no_waiting,
    "naive/one_step": one_step,
    "naive/resurrection": resurrection,
    "naive/rounded_dozens": rounded_dozens,
}
"""Procedure tables by the name that a design uses."""
KINDS: Final[Mapping[str, SourceKind]] = MappingProxyType(
    {
        "storefront": "storefront",
        "marketplace": "marketplace",
        "edi_gateway": "edi",
        "b2b_portal": "b2b_portal",
        "crm": "sales_rep",
        "subscription": "subscription",
    }
)
"""The kind of source that a kind of selling party is."""
RETURN_WINDOW: Elapsed = 30 * DAY
"""How long a closed order stays at hand where goods come back: as long as an RMA is valid (DOMAIN 23, defaults)."""


class StockInterface:
    """A channel's stock interface as the middleware knows it: calls per second, burst of calls, items a call."""

    def __init__(self, party: Party) -> None:
        if not isinstance(party, Seller):
            raise UsageError(f"a channel is a party that sells, not {party.kind}")
        api = party.stock_api
        self.cost = api.cost if isinstance(api, StorefrontStockApi) and api.algorithm == "cost_bucket" else 1
        self.units_per_s = api.rate.exact
        self.burst = api.burst
        self.max_items = api.max_items
        self.turnaround = api.turnaround if isinstance(api, FeedApi | FileStockApi) else None

    @property
    def calls_per_s(self) -> float:
        """How many calls a second the interface sustains."""
        return float(self.units_per_s) / self.cost

    def slot(self, interval: Elapsed) -> tuple[Elapsed, int]:
        """Return how far apart slots are at least (us), and how many items the interface takes in one of them."""
        apart = max(interval, int(SECOND / self.calls_per_s))
        calls = max(1, int(self.calls_per_s * apart / SECOND))
        return apart, calls * self.max_items


def procedures_of(design: designs.Design) -> Procedures:
    """Return the procedure table that the design chose; without any identity, orders are not even known by message."""
    table = TABLES[design.procedures]()
    if design.identity == "none":
        table.unremembered = frozenset((SubmitOrder,))
    return table


def publication_of(block: designs.Publication) -> PublicationPolicy:
    """Return the policy of a publication block."""
    match block:
        case designs.BatchPublication():
            return NightlyBatch(at=tuple([each.us for each in block.at]), source=block.from_)
        case designs.PeriodicPublication():
            return Periodic(interval_us=block.interval)
        case designs.EveryEventPublication():
            return EveryEvent()
        case designs.GovernedPublication():
            return Governed(
                interval_us=block.interval,
                max_items=block.max_items,
                max_age_us=block.max_age,
                min_change=block.min_change,
                low_mark=block.low_mark,
                linger_us=block.linger,
                urgent_zero=block.urgent_zero,
                feed_timeout_us=block.feed_timeout,
            )
        case _:
            assert_never(block)


def rules_of(scenario: Scenario, design: designs.Design, items: dict[str, int], windows: list[Window]) -> RuleSet:
    """Return the rule set of a design in a scenario; `windows` are the channels' exposure windows."""
    wms = the_wms(scenario)
    sites = list(wms.sites)
    names = list(scenario.channels)
    order = list(getattr(design.allocation, "channels", ()))
    order += [name for name in names if name not in order]
    rules: list[ChannelRule] = []
    terms: list[ChannelTerms] = []
    publication = publication_of(design.publication)
    for number, (name, channel) in enumerate(scenario.channels.items()):
        served = [sites.index(site) for site in channel.sites] if channel.sites else list(range(len(sites)))
        interface = StockInterface(scenario.landscape.parties[scenario.party_of(name)])
        depth = design.backorder.depth if channel.backorder_depth is None else channel.backorder_depth
        rules.append(
            ChannelRule(
                sites=tuple(served) if len(served) < len(sites) else None,
                buffer=_buffer(design.publication.buffer, windows[number], names),
                cap=channel.cap,
                may_share=design.quotas is None or name not in design.quotas.only_own,
                method=channel.method or "",
                sell_units=sell_units_of(scenario, name, items),
                priority=order.index(name) if channel.priority is None else channel.priority,
                depth=depth,
            )
        )
        dates = dates_of(channel.promise, channel.cut_off, scenario.start.zone, scenario.start_us)
        terms.append(
            ChannelTerms(
                homes=_homes(served, [site.people for site in wms.sites.values()]),
                line_policy=LinePolicy(design.backorder.line_policy),
                publication=publication,
                dates=dates,
                signature=_signature(name, channel, scenario),
                source=source_of(
                    KINDS[scenario.landscape.parties[scenario.party_of(name)].kind],
                    name,
                    channel.terms,
                    channel.promise,
                    dates,
                    items,
                    sites,
                ),
                keyed=isinstance(channel.intake, Direct) and channel.intake.keyed,
                documents=_documents(channel, scenario.landscape.parties[scenario.party_of(name)]),
                push_rows=1 if _one_call_a_movement(publication, interface) else interface.max_items,
            )
        )
    return RuleSet(
        availability=ChannelAvailability(
            channels=tuple(rules),
            safety=_safety(scenario, items, sites),
            soft_quotas=design.quotas is not None and not design.quotas.firm,
        ),
        quotas=quotas_of(design.quotas, names),
        master=_master(scenario, design, items),
        catalogue=catalogue_of(scenario, items),
        channels=tuple(terms),
        posting=posting_of(design.posting, scenario.start.zone),
        reconciliation=reconciliation_of(design.reconciliation, len(sites), items),
        promising=promising_of(design.promising, scenario.start.zone, scenario.start_us),
        backorders=backorders_of(
            design.allocation, design.backorder.run, names, tuple([rule.priority for rule in rules])
        ),
        stock_stream=Sequencing(kind="delta", gap_timer_us=design.sequencing.gap_timer),
        supply_stream=Sequencing(kind="state", gap_timer_us=design.sequencing.gap_timer),
        rate_half_life_us=_half_life(design),
        return_window_us=RETURN_WINDOW if _goods_come_back(scenario) else 0,
        cancel_after_us=design.backorder.cancel_after,
        soft_for_us=design.reservation.soft_for,
        lineage_us=design.lineage_after,
        basket_us=design.reservation.basket_for,
        checkout_us=design.reservation.checkout_for,
        identity=Identity(kind=design.identity),
        exceptions=routing_of(design.exceptions),
        milestones=milestones_of(design.parcels, _audiences(scenario)),
        fallbacks=fallbacks_of(
            design.fallbacks,
            Partners(
                names,
                carried_by_gateways(scenario),
                paying_channels(scenario),
                list(scenario.landscape.of_kind("carrier")),
            ),
        ),
    )


def _documents(channel: Channel, party: Party) -> bool:
    """Tell whether a channel's trading partners are sent ship notices and invoices."""
    return isinstance(party, EdiGateway) and party.documents is not None and isinstance(channel.intake, InFiles)


def carried_by_gateways(scenario: Scenario) -> list[str]:
    """Return the channels whose documents an EDI gateway carries."""
    parties = scenario.landscape.parties
    return [name for name in scenario.channels if isinstance(parties[scenario.party_of(name)], EdiGateway)]


def _half_life(design: designs.Design) -> Elapsed:
    """Return the memory of sales rates: what the risk buffer says, or else the fallback that asks what sells; or 0."""
    buffer = design.publication.buffer
    if isinstance(buffer, designs.RiskBuffer):
        return buffer.half_life
    if design.fallbacks is None:
        return 0
    silent, feed = design.fallbacks.wms_silent, design.fallbacks.feed_silent
    if silent is not None and silent.publish in ("last", "decay"):
        return silent.half_life
    return feed.half_life if feed is not None else 0


def _master(scenario: Scenario, design: designs.Design, items: dict[str, int]) -> MasterData | None:
    if not scenario.landscape.of_kind("pim"):
        return None
    feed = HybridFeed(Fraction(str(design.master_data.deletion_limit)))
    return MasterData(items=len(items), opened=known_at_first(scenario, len(items)), feed=feed)


def _goods_come_back(scenario: Scenario) -> bool:
    """Tell whether buyers return goods, or carriers bring some back."""
    carriers = [block for block in scenario.landscape.parties.values() if isinstance(block, Carrier)]
    undelivered = any(block.scans is not None and block.scans.refused for block in carriers)
    return undelivered or any(block.returns is not None for block in scenario.demands)


def _audiences(scenario: Scenario) -> tuple[str, ...]:
    """Return who hears of parcels: nobody without scans, and the portal only where there is one."""
    carriers = [block for block in scenario.landscape.parties.values() if isinstance(block, Carrier)]
    if not any(block.scans for block in carriers):
        return ()
    portal = bool(scenario.landscape.of_kind("customer_portal"))
    return tuple([name for name in AUDIENCES if portal or name != "portal"])


def _homes(served: list[int], people: list[int]) -> tuple[tuple[Site, ...], ...]:
    """Return one ranking of the sites per share of the people: a site that has half of them is home to half the orders.

    Behind its home an order looks at the other sites in the order of the landscape.
    """
    part = gcd(*[people[place] for place in served])
    rankings: list[tuple[Site, ...]] = []
    for home in served:
        ranking = tuple([Site(0 if place == home else 1 + place, 0, place, place) for place in served])
        rankings += [ranking] * (people[home] // part)
    return tuple(rankings)


def _signature(name: str, channel: Channel, scenario: Scenario) -> Signature | None:
    """Return how a channel signs its pushes; the secret is the channel's own, and is no secret in a twin."""
    webhook = announced(scenario.landscape.parties[scenario.party_of(name)])
    signs = webhook is not None and webhook.signed and isinstance(channel.intake, Webhook)
    return Signature(name.encode()) if signs else None


def _one_call_a_movement(publication: PublicationPolicy, interface: StockInterface) -> bool:
    """Raw events go one to a call; a feed is a file by nature and takes all that is there."""
    return isinstance(publication, policy.EveryEvent) and interface.turnaround is None


def _buffer(block: designs.Buffer, window: Window, channels: list[str]) -> Buffer:
    if isinstance(block, designs.ConstantBuffer):
        return ConstantBuffer(block.units)
    if isinstance(block, designs.ExposureBuffer):
        return ExposureBuffer(tuple([block.sales.get(name, 0) for name in channels]), block.units)
    prior = block.prior.per_s / SECOND if block.prior is not None else 0.0
    return RiskBuffer(
        epsilon=block.epsilon,
        half_life_us=block.half_life,
        prior_per_us=prior,
        window_us=max(1, window.mean),
        wait_us=window.wait_mean,
    )


def _safety(scenario: Scenario, items: dict[str, int], sites: list[str]) -> Safety:
    by_hand = {sku: block.safety for sku, block in scenario.stock.items.items() if block.safety is not None}
    return safety_of(scenario.stock.safety, by_hand, classes_of(scenario.items.classes, items), items, sites)


def the_wms(scenario: Scenario) -> Wms:
    """Return the one warehouse system of a world; raises UsageError when there is none, or several."""
    found = [party for party in scenario.landscape.parties.values() if isinstance(party, Wms)]
    if len(found) != 1:
        raise UsageError(f"a world needs one party of kind wms (this one has {len(found)})")
    return found[0]
