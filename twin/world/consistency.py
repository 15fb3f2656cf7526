"""Whether the parts of a scenario fit each other: names that must exist, shares that must sum, times that must fit.

Each block has checked itself by then. What contradicts is an error; what is allowed but dangerous (`dangers`) is a
warning that names its numbers.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from twin.world.action_checks import action_findings
from twin.world.blank_consistency import blank_findings, distributor_findings
from twin.world.dangers import dangers
from twin.world.demand import Distribution, History
from twin.world.designs import Design, ExposureBuffer
from twin.world.fallback_checks import fallback_findings
from twin.world.fault_checks import misfits
from twin.world.finding import Finding, Path, missing
from twin.world.landscape import Wms
from twin.world.party_checks import party_findings
from twin.world.promise_specs import FairShareAllocation, PriorityAllocation
from twin.world.scenario import Channel, InFiles, Poll, Scenario, Webhook
from twin.world.seller_specs import EdiGateway, Marketplace, Seller, announced
from twin.world.values import duration_text
from twin.world.warm_up import longest
from twin.world.weighing import weighing


def findings(scenario: Scenario) -> Iterator[Finding]:
    """Yield everything in a scenario that does not fit together, block by block."""
    yield from _times(scenario)
    yield from blank_findings(scenario) if scenario.is_blank else _distributor(scenario)
    yield from _claims(scenario)
    yield from dangers(scenario)
    yield from action_findings(scenario)
    for path, told, forbids in misfits(scenario):
        yield Finding(path, told, "error" if forbids else "warning")


def _distributor(scenario: Scenario) -> Iterator[Finding]:
    yield from distributor_findings(scenario)
    yield from _landscape(scenario)
    yield from _channels(scenario)
    yield from _baskets(scenario)
    yield from weighing(scenario)
    yield from _stock(scenario)
    yield from _demand(scenario)
    yield from _designs(scenario)
    yield from _written(scenario)


def _written(scenario: Scenario) -> Iterator[Finding]:
    """Yield what does not go with items that channels name, pack or put together in their own ways."""
    for name in scenario.items.aliases:
        if name not in scenario.channels:
            yield missing(("items", "aliases"), "channel", name, scenario.channels)
    for name, channel in scenario.channels.items():
        if channel.writes is not None and channel.writes.by == "gtin" and scenario.items.gtin_prefix is None:
            yield Finding(("channels", name, "writes"), "GTINs need the company prefix, items.gtin_prefix")
    apart = scenario.items.kits or any(channel.writes is not None for channel in scenario.channels.values())
    for number, block in enumerate(scenario.demands):
        if apart and getattr(block, "edits", None) is not None:
            path: Path = ("demand", number, "edits") if isinstance(scenario.demand, tuple) else ("demand", "edits")
            yield Finding(path, "an edit names lines by our items; it does not go with kits or channels that write")


def _times(scenario: Scenario) -> Iterator[Finding]:
    warm_up = longest(scenario.warm_up)
    if warm_up >= scenario.horizon:
        horizon = duration_text(scenario.horizon)
        yield Finding(("warm_up",), f"must be shorter than horizon {horizon} (got {duration_text(warm_up)})")


def _landscape(scenario: Scenario) -> Iterator[Finding]:
    parties = scenario.landscape.parties
    yield from party_findings(scenario)
    yield from fallback_findings(scenario)
    for name in scenario.landscape.links:
        ends = name.split("/")
        if len(ends) != 2:
            yield Finding(("landscape", "links", name), f"a link is named after its two ends, a/b (got {name!r})")
            continue
        for end in ends:
            if end not in parties:
                yield missing(("landscape", "links", name), "party", end, parties)


def _baskets(scenario: Scenario) -> Iterator[Finding]:
    """Yield channels in which buyers would shop and that there are not."""
    for number, block in enumerate(scenario.demands):
        at: Path = ("demand", number) if isinstance(scenario.demand, tuple) else ("demand",)
        for name in block.baskets.channels if block.baskets is not None else ():
            if name not in scenario.channels:
                yield missing((*at, "baskets", "channels"), "channel", name, scenario.channels)


def _channels(scenario: Scenario) -> Iterator[Finding]:
    sites = _sites(scenario)
    for name, channel in scenario.channels.items():
        party = scenario.party_of(name)
        found = scenario.landscape.parties.get(party)
        path: Path = ("channels", name) if channel.party is None else ("channels", name, "party")
        if found is None:
            yield missing(path, "party", party, scenario.landscape.parties)
        elif not isinstance(found, Seller):
            yield Finding(path, f"party {party!r} is of kind {found.kind} and sells nothing")
        elif told := _cannot_take(channel, party, found):
            yield Finding(("channels", name, "intake"), told)
        for site in channel.sites or ():
            if site not in sites:
                yield missing(("channels", name, "sites"), "site", site, sites)
    stated = {name: channel.share for name, channel in scenario.channels.items() if channel.share is not None}
    if stated:
        for name in scenario.channels:
            if name not in stated:
                yield Finding(("channels", name), "share is missing, and other channels state theirs")
        total = sum(stated.values())
        if abs(total - 1) > 1e-9:
            yield Finding(("channels",), f"shares must sum to 100 % (got {100 * total:.6g} %)")
    elif len(scenario.channels) > 1 and not any(
        scenario.landscape.size.orders_per_day.get(name) for name in scenario.channels
    ):
        yield Finding(("channels",), "shares are missing, and landscape.size.orders_per_day names no channel")


def _cannot_take(channel: Channel, name: str, party: Seller) -> str | None:
    """Say why orders of a party cannot come in as the channel says, or return None."""
    match channel.intake:
        case Poll() if not isinstance(party, Marketplace):
            return f"{name} is a {party.kind}; it has no list to poll"
        case Webhook() if announced(party) is None:
            more = "unless it has 'notifications'" if isinstance(party, Marketplace) else ""
            return f"{name} is a {party.kind}; it sends no webhooks {more}".rstrip()
        case InFiles() if not isinstance(party, EdiGateway) and channel.intake.every is None:
            return f"{name} is a {party.kind} without a mailbox; say how often with 'every'"
        case InFiles() if isinstance(party, EdiGateway) and channel.intake.every is not None:
            return f"{name} has a mailbox with times of its own; 'every' says nothing here"
        case InFiles(every=every, burst_window=window) if window and (every is None or window > every):
            return f"a run of {name} cannot be spread over more than the time until the next; shorten 'burst_window'"
        case _:
            return None


def _sites(scenario: Scenario) -> list[str]:
    return [site for party in scenario.landscape.parties.values() if isinstance(party, Wms) for site in party.sites]


def _stock(scenario: Scenario) -> Iterator[Finding]:
    sites = _sites(scenario)
    if scenario.stock.split != "by_demand":
        for site in scenario.stock.split:
            if site not in sites:
                yield missing(("stock", "split"), "site", site, sites)


def _demand(scenario: Scenario) -> Iterator[Finding]:
    several = isinstance(scenario.demand, tuple)
    names: list[str] = []
    for number, block in enumerate(scenario.demands):
        path: Path = ("demand", number) if several else ("demand",)
        if several and block.name is None:
            yield Finding(path, "name is missing: each of several demands has one")
        elif block.name in names:
            yield Finding((*path, "name"), f"must be unique (got {block.name!r} twice)")
        names += [block.name] if block.name is not None else []
        if isinstance(block, History):
            yield from _history(scenario, block, path)
        elif isinstance(block, Distribution):
            yield from _distribution(scenario, block, path)


def _history(scenario: Scenario, block: History, path: Path) -> Iterator[Finding]:
    if block.assign_channel != "by_share" and block.assign_channel not in scenario.channels:
        yield missing((*path, "assign_channel"), "channel", block.assign_channel, ["by_share", *scenario.channels])
    if block.window is not None:
        played = round(block.window.length / block.speed) * block.repeat
        if played > scenario.horizon:
            told = f"{duration_text(played)} of orders in a horizon of {duration_text(scenario.horizon)}"
            yield Finding((*path, "window"), f"is not played to its end: {told}", "warning")


def _distribution(scenario: Scenario, block: Distribution, path: Path) -> Iterator[Finding]:
    if block.orders_per_day == "landscape":
        if not any(scenario.landscape.size.orders_per_day.values()):
            yield Finding((*path, "orders_per_day"), "landscape.size.orders_per_day is missing; give a number")
    elif not isinstance(block.orders_per_day, float):
        for name in block.orders_per_day:
            if name not in scenario.channels:
                yield missing((*path, "orders_per_day"), "channel", name, scenario.channels)
    groups = {"storefront": "storefront", "marketplaces": "marketplace"}
    known = [*scenario.channels, "other", *(name for name in groups if name not in scenario.channels)]
    for key, laws in (("lines", block.lines), ("units", block.units)):
        for name in laws:
            if name not in known:
                yield missing((*path, key), "channel", name, known)
    if block.multipliers is not None and block.multipliers.name is None:
        for name in block.multipliers.factors:
            if name not in known or name == "other":
                yield missing((*path, "multipliers"), "channel", name, [each for each in known if each != "other"])


def _designs(scenario: Scenario) -> Iterator[Finding]:
    for name, design in scenario.designs.items():
        if isinstance(design.allocation, PriorityAllocation):
            for channel in design.allocation.channels:
                if channel not in scenario.channels:
                    yield missing(("designs", name, "allocation", "channels"), "channel", channel, scenario.channels)
        yield from _run(scenario, name, design)
        yield from _shares(scenario, name, design)


def _shares(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    named: list[tuple[Path, Iterable[str]]] = []
    buffer, quotas = design.publication.buffer, design.quotas
    if isinstance(buffer, ExposureBuffer):
        named.append((("publication", "buffer", "sales"), buffer.sales))
    if quotas is not None:
        named += [(("quotas", "channels"), quotas.channels), (("quotas", "only_own"), quotas.only_own)]
        parts = sum([part for part in quotas.channels.values() if isinstance(part, Fraction)])
        if parts > 1:
            yield Finding(("designs", name, "quotas", "channels"), f"parts must not exceed the whole (got {parts})")
    for path, channels in named:
        for channel in channels:
            if channel not in scenario.channels:
                yield missing(("designs", name, *path), "channel", channel, scenario.channels)


def _run(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    path: Path = ("designs", name, "backorder", "run")
    for channel in design.backorder.run:
        if channel not in (*scenario.channels, "other"):
            yield missing(path, "channel", channel, [*scenario.channels, "other"])
    if isinstance(design.allocation, FairShareAllocation) and design.backorder.run != {"other": "GAIN"}:
        yield Finding(path, "fair_share divides what comes and knows no strategies; choose allocation priority")


def _claims(scenario: Scenario) -> Iterator[Finding]:
    for block, names in (
        ("expectations", [claim.name for claim in scenario.expectations]),
        ("slo", [level.name for level in scenario.slo]),
    ):
        for number, name in enumerate(names):
            if name in names[:number]:
                yield Finding((block, number, "name"), f"must be unique (got {name!r} twice)")
    for number, expectation in enumerate(scenario.expectations):
        path: Path = ("expectations", number)
        if expectation.design is None and len(scenario.designs) > 1:
            yield Finding(path, f"design is missing; there are {', '.join(scenario.designs)}")
        for key in ("design", "minus", "over"):
            design = getattr(expectation, key)
            if design is not None and design not in scenario.designs:
                yield missing((*path, key), "design", design, scenario.designs)
    for number, level in enumerate(scenario.slo):
        for design in level.designs:
            if design not in scenario.designs:
                yield missing(("slo", number, "designs"), "design", design, scenario.designs)
