"""One replay of a recording under one design, in the mode that was asked for, and what each order was told in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from actors.tap import state_digest
from twin.model import events
from twin.model.history import MOMENTS, Answer, Header, Record
from twin.model.message import Event
from twin.playback.alone import Committed
from twin.playback.belated import Moments
from twin.playback.expected import Expected
from twin.playback.feed import After, Feed, Played
from twin.playback.history import Numbered
from twin.playback.modes import Mode
from twin.playback.openloop import Orders, as_wanted, asked_for, open_world_of
from twin.playback.overlay import Overlay
from twin.world.costs import Costs
from twin.world.deployed import RULES_VERSION
from twin.world.horizon import advance, no_collections
from twin.world.run import measured
from twin.world.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A design that decides, in the world that it decides in, under the name that reports give it."""

    name: str
    scenario: Scenario
    design: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was decided about one order: the last answer, units confirmed and short, and the sites that were told."""

    answer: str = ""
    confirmed: int = 0
    short: int = 0
    sites: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What one version did with a recording.

    `played` has the fate of the records; in the modes that simulate partners, `kpis` has the measures of that world
    and `prices` what harm costs in it.
    """

    version: str
    mode: Mode
    played: Played
    orders: dict[int, Told] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    kpis: dict[str, float | None] = field(default_factory=dict)
    prices: Costs | None = None
    violations: list[dict[str, object]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def saw(self, event: Event) -> None:
        """Take in what was decided about an order."""
        known = self.orders.get(event.case, Told())
        if isinstance(event, events.OrderAnswered):
            self.numbers[event.case] = event.number
            confirmed = sum(line.quantity for line in event.lines)
            short = sum(row.quantity for row in event.short)
            self.orders[event.case] = Told(event.code, confirmed, short, known.sites)
        elif isinstance(event, events.ReleaseToWarehouse) and event.site not in known.sites:
            sites = tuple(sorted((*known.sites, event.site)))
            self.orders[event.case] = Told(known.answer, known.confirmed, known.short, sites)


def replay(
    records: Iterable[Numbered],
    header: Header,
    version: Version,
    mode: Mode,
    *,
    overlay: Overlay,
    seed: int = 0,
    after: After = "skip",
    decided: Committed | None = None,
    progress: Callable[[float], None] | None = None,
) -> Replayed:
    """Play a recording once; it is read more than once. `header` is completed for the world that it is played in.

    Raises:
        HistoryError: a line of the file cannot be read, or the snapshot does not fit the world.
    """
    made = Replayed(version=version.name, mode=mode, played=Played())
    if mode == "verbatim":
        answered = header.completeness.get("answers") == "full"
        feed = Feed(
            header,
            version.scenario,
            version.design,
            expected=Expected(records) if answered else None,
            after=after,
            decided=decided,
            submitted=made.saw,
            moments=Moments(records) if header.design == version.name and MOMENTS in header.pinned else None,
        )
        with no_collections():
            made.played = feed.play(overlay.over(header, records, seed), progress)
    else:
        _play_open(made, records, header, version, overlay, seed, progress)
    if header.rules not in ("", RULES_VERSION):
        made.notes += (f"recorded under version {header.rules} of the rules, played under {RULES_VERSION}",)
    return made


def _play_open(
    made: Replayed,
    records: Iterable[Numbered],
    header: Header,
    version: Version,
    overlay: Overlay,
    seed: int,
    progress: Callable[[float], None] | None,
) -> None:
    """Play the orders of a recording among simulated partners, and fill in what came of it."""
    played = made.played

    def heard(record: Record) -> None:
        if isinstance(record, Answer):
            made.saw(record.request)

    asked = asked_for(header, records) if not header.snapshot.rows.get("items") else {}
    orders = Orders(header, overlay.over(header, as_wanted(records), seed))
    world = open_world_of(header, version.scenario, version.design, orders, asked, seed, heard)
    advance(world.timeline, version.scenario.horizon, progress)
    assert world.tap is not None, "a world of a recording is recorded"
    played.read, played.applied, played.duplicates = orders.read, len(orders.placed), orders.repeats
    played.dead_letters, played.not_played = orders.dead_letters, orders.not_played
    played.state = state_digest(world.store)
    played.decided, played.decisions = world.tap.decisions.count, world.tap.decisions.digest()
    made.kpis, made.prices = measured(world), world.scenario.costs
    made.violations = [found for found in world.invariants.kept if found["invariant"] not in world.invariants.declared]
    made.notes = world.opening.notes
