"""Whether the parts of a world without a distributor fit each other, and that each setting of it does something."""

from collections.abc import Iterator, Sequence
from typing import Final

from twin.world.calling import CallBlock, Clients, Server
from twin.world.concurrency_specs import ConcurrencyBlock
from twin.world.demand import Items, Stock
from twin.world.designs import Design
from twin.world.finding import Finding, Path, missing
from twin.world.own_code import OwnParty
from twin.world.retry_dangers import calls_of
from twin.world.scenario import Measures, Scenario
from twin.world.values import Block, duration_text

SLOTS: Final = ("extends", "retry", "budget", "breaker", "limiter", "concurrency", "deadline", "hedge")
"""What a design decides where there is no middleware."""


def blank_findings(scenario: Scenario) -> Iterator[Finding]:
    """Yield everything that does not fit together in a scenario of clients and servers."""
    sells = {
        "channels": bool(scenario.channels),
        "items": bool(_stated(scenario.items, Items())),
        "stock": bool(_stated(scenario.stock, Stock())),
        "demand": bool(scenario.demands),
    }
    for block in [block for block, stated in sells.items() if stated]:
        yield Finding((block,), "says nothing in a world without a distributor (landscape.use: blank); remove it")
    yield from _parties(scenario)
    yield from _calls(scenario)
    for name, design in scenario.designs.items():
        for slot in [slot for slot in _stated(design, Design()) if slot not in SLOTS]:
            told = f"says nothing in a world without a distributor; a design has {', '.join(SLOTS)} there"
            yield Finding(("designs", name, slot), told)
        yield from _partitions(scenario, name, design)
    if "answered_within" in _stated(scenario.measures, Measures()):
        told = "speaks of orders; in a world without a distributor a call has its own deadline"
        yield Finding(("measures", "answered_within"), told)
    yield from _windows(scenario)


def _partitions(scenario: Scenario, name: str, design: Design) -> Iterator[Finding]:
    """Yield shares of a limit that no call asks for."""
    if isinstance(design.concurrency, ConcurrencyBlock):
        known = dict.fromkeys(call.operation for _, _, call in calls_of(scenario) if call.operation is not None)
        for operation in design.concurrency.partitions:
            if operation not in known:
                path = ("designs", name, "concurrency", "partitions", operation)
                yield missing(path, "operation of a call", operation, known)


def distributor_findings(scenario: Scenario) -> Iterator[Finding]:
    """Yield what only a world without a distributor may have, or may lack."""
    for name, design in scenario.designs.items():
        if isinstance(design.concurrency, ConcurrencyBlock) and design.concurrency.partitions:
            told = "are shares of operations, which only calls of a world without a distributor have"
            yield Finding(("designs", name, "concurrency", "partitions"), told)
    for block in ("channels", "demand"):
        if not getattr(scenario, block):
            yield Finding((block,), "is missing: only a world without a distributor (landscape.use: blank) has none")
    for name, party in scenario.landscape.parties.items():
        if isinstance(party, Clients | Server):
            told = f"a party of kind {party.kind} lives in a world without a distributor (landscape.use: blank)"
            yield Finding(("landscape", "parties", name), told)
        if isinstance(party, OwnParty) and not party.runs:
            told = "has no run(here); a party of the user is called in a world without a distributor alone"
            yield Finding(("landscape", "parties", name), told)
    yield from _windows(scenario)


def _stated(block: Block, usual: Block) -> list[str]:
    """Return the settings of a block that are not what they usually are, in the order in which they are written."""
    there, default = (each.model_dump(mode="json", by_alias=True) for each in (block, usual))
    return [key for key in there if there[key] != default[key]]


def _parties(scenario: Scenario) -> Iterator[Finding]:
    there = scenario.landscape.parties
    for name, party in there.items():
        if not isinstance(party, Clients | Server | OwnParty):
            told = f"a world without a distributor has clients and servers alone (got {party.kind})"
            yield Finding(("landscape", "parties", name), told)
    if not any(isinstance(party, Clients) or (isinstance(party, OwnParty) and party.runs) for party in there.values()):
        yield Finding(("landscape", "parties"), "there must be clients, or nothing happens")
    for name in scenario.landscape.links:
        ends = name.split("/")
        if len(ends) != 2:
            yield Finding(("landscape", "links", name), f"a link is named after its two ends, a/b (got {name!r})")
            continue
        for end in ends:
            if end not in there:
                yield missing(("landscape", "links", name), "party", end, there)


def _calls(scenario: Scenario) -> Iterator[Finding]:
    servers = {name: party for name, party in scenario.landscape.parties.items() if isinstance(party, Server)}
    own = [name for name, party in scenario.landscape.parties.items() if isinstance(party, OwnParty) and party.serves]
    for name, party in scenario.landscape.parties.items():
        if isinstance(party, Clients | Server):
            for number, call in enumerate(party.calls):
                if call.to not in own:
                    yield from _call(("landscape", "parties", name, "calls", number), call, servers)
            if isinstance(party, Server) and (circle := _circle(name, servers, (name,))):
                told = f"calls go in a circle: {' > '.join(circle)}"
                yield Finding(("landscape", "parties", name, "calls"), told)


def _call(path: Path, call: CallBlock, servers: dict[str, Server]) -> Iterator[Finding]:
    server = servers.get(call.to)
    if server is None:
        yield missing((*path, "to"), "server", call.to, servers)
        return
    known = server.operations
    if known and call.operation not in known:
        yield missing((*path, "operation"), f"operation of {call.to}", call.operation or "", known)


def _circle(name: str, servers: dict[str, Server], chain: tuple[str, ...]) -> Sequence[str]:
    for call in servers[name].calls:
        if call.to == chain[0]:
            return (*chain, call.to)
        if call.to in servers and call.to not in chain and (found := _circle(call.to, servers, (*chain, call.to))):
            return found
    return ()


def _windows(scenario: Scenario) -> Iterator[Finding]:
    windows = scenario.measures.windows
    for name, window in windows.items():
        if window.to > scenario.horizon:
            told = f"must lie within horizon {duration_text(scenario.horizon)} (got {duration_text(window.to)})"
            yield Finding(("measures", "windows", name, "to"), told)
    named = scenario.measures.collapse.window
    if named is not None and named not in windows:
        yield missing(("measures", "collapse", "window"), "window", named, windows)
