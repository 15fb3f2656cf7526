"""What looks at one world: the watch that measures and overhears it, and the invariants on it."""

from twin.errors import UsageError
from twin.world.catalogues import stands_for
from twin.world.checking import limits_of
from twin.world.invariants import Invariants
from twin.world.journal import Overheard
from twin.world.listening import MIDDLEWARE, Listening
from twin.world.measures import Watch
from twin.world.wiring import Wiring


def watch_of(wiring: Wiring, totals: dict[int, int]) -> Watch:
    """Return what measures this world, whose books begin with so many units of each item."""
    scenario, opening = wiring.scenario, wiring.opening
    watch = _kind_of_watch(wiring)(
        clock=lambda: wiring.timeline.now,
        store=wiring.store,
        rules=wiring.rules,
        channels=len(scenario.channels),
        items=len(opening.items),
        invariants=wiring.invariants,
        booked=dict(totals),
        counted=dict(totals),
        recorder=wiring.recorder,
        answered_within=scenario.measures.answered_within,
    )
    watch.lineage.after = scenario.measures.lineage_after
    watch.lineage.call_at = wiring.timeline.call_at
    watch.lineage.waited = lambda channel: wiring.middleware.publishers[channel].wait_us
    watch.channel_names = tuple(scenario.channels)
    for number, sku in enumerate(opening.items):
        wiring.recorder.name("item", number, sku)
    if wiring.tap is not None and isinstance(watch, Overheard):
        watch.tap = wiring.tap
    return watch


def _kind_of_watch(wiring: Wiring) -> type[Watch]:
    """Return what watches the run: it counts messages where a fault waits for one, and overhears for a history."""
    counts = wiring.troubles.faults.counts
    if counts and wiring.tap is not None:
        raise UsageError("no history is kept of a run in which a fault begins at a counted message")
    return Listening if counts else Watch if wiring.tap is None else Overheard


def listen(wiring: Wiring) -> None:
    """Let faults that wait for a message hear of it: a call by its link and its party, an order by its channel."""
    if not isinstance(wiring.watch, Listening):
        return
    targets: dict[str, tuple[str, ...]] = {MIDDLEWARE: wiring.process_names()}
    for client in wiring.clients:
        a, b = client.ends
        targets[client.name] = (f"{a}/{b}", f"{b}/{a}", b, client.name.removeprefix("middleware/"))
    for name in wiring.scenario.channels:
        targets[name] = (name, wiring.scenario.party_of(name))
    wiring.watch.listens(wiring.troubles.faults, targets)


def invariants_of(wiring: Wiring, stops: bool) -> Invariants:
    """Return the invariants on this world; `stops`: whether one that breaks ends the run."""
    books = [(site, item, units) for item, row in enumerate(wiring.opening.record) for site, units in enumerate(row)]
    return Invariants(
        checked=wiring.scenario.checks.invariants,
        stops=stops,
        declared=wiring.design.gives_up,
        availability=wiring.rules.availability,
        excuse_window=[window.bound for window in wiring.windows],
        opening=books,
        stands_for=stands_for(wiring.rules.catalogue),
        store=wiring.store,
        inbox_kept=wiring.design.sequencing.inbox_kept,
        limits=limits_of(wiring.scenario.checks, wiring.design),
        clock=lambda: wiring.timeline.now,
    )
