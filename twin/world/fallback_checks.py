"""Whether what a design does while a partner is away can be done in its world, and whether what it names is there."""

from collections.abc import Iterator

from twin.model.instant import Elapsed
from twin.world.designs import Design, GovernedPublication
from twin.world.fallback_specs import Fallbacks
from twin.world.finding import Finding, Path, missing
from twin.world.rules import carried_by_gateways
from twin.world.scenario import InFiles, Poll, Scenario
from twin.world.seller_specs import EdiGateway
from twin.world.values import duration_text


def fallback_findings(scenario: Scenario) -> Iterator[Finding]:
    """Yield what is missing for the fallbacks of the designs."""
    for name, design in scenario.designs.items():
        if design.fallbacks is not None:
            yield from _channels(scenario, design, design.fallbacks, ("designs", name, "fallbacks"))
            if design.fallbacks.payment_away is not None and not scenario.landscape.of_kind("payment_provider"):
                told = "needs a party of kind payment_provider: nobody else can be asked for money later"
                yield Finding(("designs", name, "fallbacks", "payment_away"), told)
            yield from _feeds(scenario, design.fallbacks, ("designs", name, "fallbacks", "feed_silent"))
            yield from _labels(scenario, design.fallbacks, ("designs", name, "fallbacks", "carrier_away"))
            yield from _documents(scenario, design.fallbacks, ("designs", name, "fallbacks", "edi_away"))


def _channels(scenario: Scenario, design: Design, fallbacks: Fallbacks, path: Path) -> Iterator[Finding]:
    blocks = ("channel_refuses", fallbacks.channel_refuses), ("feed_silent", fallbacks.feed_silent)
    for key, block in (*blocks, ("edi_away", fallbacks.edi_away)):
        for channel in (block.channels if block is not None else None) or ():
            if channel not in scenario.channels:
                yield missing((*path, key, "channels"), "channel", channel, scenario.channels)
    refuses = fallbacks.channel_refuses
    if refuses is None:
        return
    if not isinstance(design.publication, GovernedPublication):
        told = f"needs publication of kind governed: only that keeps no value for later (got {design.publication.kind})"
        yield Finding((*path, "channel_refuses"), told)
    if refuses.use == "pause_listing" and not scenario.landscape.of_kind("operators"):
        yield Finding((*path, "channel_refuses", "use"), "needs a party of kind operators: somebody has to do it")


def _feeds(scenario: Scenario, fallbacks: Fallbacks, path: Path) -> Iterator[Finding]:
    """Warn of a silence that is shorter than a channel's orders are apart by nature."""
    block = fallbacks.feed_silent
    if block is None:
        return
    for name in scenario.channels if block.channels is None else block.channels:
        apart = _apart(scenario, name) if name in scenario.channels else 0
        if block.after <= apart:
            told = f"{name} hands orders over every {duration_text(apart)}: it will be taken for silent"
            yield Finding((*path, "after"), f"{told} (got {duration_text(block.after)})", level="warning")


def _apart(scenario: Scenario, name: str) -> Elapsed:
    """Return how far apart a channel hands its orders over, in microseconds; 0: as they come."""
    intake, party = scenario.channels[name].intake, scenario.landscape.parties[scenario.party_of(name)]
    if isinstance(intake, Poll):
        return intake.every
    if isinstance(intake, InFiles):
        return party.batch_every if isinstance(party, EdiGateway) else intake.every or 0
    return 0


def _documents(scenario: Scenario, fallbacks: Fallbacks, path: Path) -> Iterator[Finding]:
    block = fallbacks.edi_away
    if block is None:
        return
    carried = carried_by_gateways(scenario)
    if not (block.channels or carried):
        yield Finding(path, "needs a channel that an EDI gateway carries, or the names of other channels")
    if block.use == "manual":
        if not scenario.landscape.of_kind("operators"):
            yield Finding((*path, "use"), "needs a party of kind operators: somebody has to do it")
        for name in carried if block.channels is None else block.channels:
            promise = scenario.channels[name].promise if name in scenario.channels else None
            if name in scenario.channels and (promise is None or promise.acknowledge is None):
                told = f"needs channels.{name}.promise.acknowledge: people take over before that deadline"
                yield Finding((*path, "use"), told)


def _labels(scenario: Scenario, fallbacks: Fallbacks, path: Path) -> Iterator[Finding]:
    block, tms = fallbacks.carrier_away, scenario.landscape.of_kind("tms")
    if block is None:
        return
    if isinstance(block.use, tuple):
        carriers = scenario.landscape.of_kind("carrier")
        for name in block.use:
            if name not in carriers:
                yield missing((*path, "use"), "carrier", name, carriers)
        if not tms:
            yield Finding((*path, "use"), "needs a party of kind tms: only that knows whom of several to ask")
    elif block.use == "reserved_numbers" and tms:
        yield Finding((*path, "use"), "is for a world without a TMS: its warehouses know of no carrier")
