"""Replays a recorded history: finds the world it belongs to and the designs that are to decide, and plays it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from scenarios.loader import load
from scenarios.restored import restored
from twin.errors import HistoryError, UsageError
from twin.middleware.unit import ITEMS
from twin.model.history import Header, Snapshot, snapshot_of, text_of
from twin.model.instant import SECOND
from twin.model.stock import ItemStock, Position
from twin.playback import modes, report, shown
from twin.playback.alone import Committed
from twin.playback.diverge import Divergence
from twin.playback.feed import AFTER, After
from twin.playback.history import HistoryFile
from twin.playback.modes import Mode
from twin.playback.overlay import Overlay
from twin.playback.replay import Replayed, Version
from twin.playback.replay import replay as play
from twin.world.run import HISTORY

DESIGNS_MAX = 2
DEFAULT = "first_day"
"""The world in which a recording is played that brings none of its own: the shipped scenario, its first design."""
NEVER = "36500d"
"""How old an unchanged figure may get there before it is confirmed."""
NOT_JUDGED = "S-10"
"""Not judged where buyers are recorded: they did not look at the pages of the simulated channels."""
AFTER_US = 7 * 24 * 3600 * SECOND
"""How long simulated partners may go on after the last record of an open replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replays:
    """What one or two versions did with a recording."""

    header: Header
    mode: Mode
    made: tuple[Replayed, ...]
    overlay: Overlay
    seed: int = 0
    after: After = "skip"
    accepted: frozenset[str] = field(default=frozenset())

    @property
    def divergences(self) -> list[Divergence]:
        """What the versions decided otherwise than the recording and nobody has accepted."""
        return [each for one in self.made for each in one.played.divergences if each.signature not in self.accepted]

    @property
    def violations(self) -> list[dict[str, object]]:
        """The invariants that were broken among simulated partners and that the design does not give up."""
        return [each for one in self.made for each in one.violations]

    def documents(self) -> list[dict[str, object]]:
        """Return one document for each version."""
        return [report.document(self.header, one, self.accepted) for one in self.made]

    def document(self) -> dict[str, object]:
        """Return the whole as a document: that of the one version, or of both side by side."""
        documents = self.documents()
        if len(documents) == 1:
            return documents[0]
        return {"versions": documents, **report.side_by_side(*self.made)}

    def _repr_html_(self) -> str:
        """Show the verdict, what differs first and why, and how far it reaches, in a notebook."""
        return shown.html(self.document())

    @property
    def differs(self) -> bool:
        """Tell whether an invariant was broken, or something was decided otherwise: than recorded, or side by side."""
        if self.divergences or self.violations:
            return True
        return len(self.made) > 1 and self.made[0].orders != self.made[1].orders


def replay(
    history: str | Path,
    *,
    mode: Mode | None = None,
    designs: Sequence[str] = (),
    speed: float = 1.0,
    perturb: Sequence[str] = (),
    seed: int = 0,
    after_divergence: After = "skip",
    accepted: frozenset[str] = frozenset(),
    decided: Committed | None = None,
    progress: Callable[[float, int], None] | None = None,
) -> Replays:
    """Play a recorded history through the real logic; arguments and errors are those of `twin.replay`."""
    if after_divergence not in AFTER:
        raise UsageError(f"after_divergence: expected {' or '.join(AFTER)} (got '{after_divergence}')")
    file = HistoryFile(history_in(history))
    overlay = Overlay.read(perturb, speed)
    chosen = mode or modes.by_itself(file.header, overlay)
    modes.check(file.header, chosen, overlay)
    if len(designs) > DESIGNS_MAX:
        raise UsageError(f"at most {DESIGNS_MAX} designs are played side by side (got {len(designs)})")
    made: list[Replayed] = []
    header = file.header
    wanted = versions(file.header, designs, chosen, overlay.speed)
    for number, version in enumerate(wanted):
        header = completed(file.header, version, chosen)
        played = play(
            file,
            header,
            version,
            chosen,
            overlay=overlay,
            seed=seed,
            after=after_divergence,
            decided=decided,
            progress=None if progress is None else partial(_told, progress, number, len(wanted)),
        )
        made.append(played)
    return Replays(
        header=header,
        mode=chosen,
        made=tuple(made),
        overlay=overlay,
        seed=seed,
        after=after_divergence,
        accepted=accepted,
    )


def history_in(path: str | Path) -> Path:
    """Return the file of a history: itself, or the one that a run's folder keeps.

    Raises:
        HistoryError: the folder has none.
    """
    found = Path(path)
    if not found.is_dir():
        return found
    inside = found / HISTORY
    if inside.exists():
        return inside
    below = [str(each.parent.name) for each in sorted(found.glob(f"*/{HISTORY}"))]
    told = f"; name one of its designs' folders: {', '.join(below)}" if below else "; the run kept none (--history)"
    raise HistoryError(f"{found.name}: no {HISTORY} in this folder{told}")


def _told(progress: Callable[[float, int], None], done: int, planned: int, share: float) -> None:
    progress(done + share, planned)


def versions(header: Header, designs: Sequence[str], mode: Mode, speed: float = 1.0) -> list[Version]:
    """Return the versions that are to decide; raises ScenarioError and UsageError as `replay`."""
    if not designs:
        return [_version(header, header.design or "standard", None, mode, speed)]
    found = []
    for text in designs:
        file, _, name = text.rpartition("#")
        found.append(_version(header, name, file or None, mode, speed))
    return found


def completed(header: Header, version: Version, mode: Mode) -> Header:
    """Return the header of an imported recording with what the world it is played in adds: channels, empty stock."""
    scenario = version.scenario
    if header.setup:
        return header
    snapshot = header.snapshot
    if ITEMS.name not in snapshot.rows and mode == "verbatim":
        empty = {n: ItemStock(n, tuple([Position(0)] * len(header.sites))) for n in range(len(header.items))}
        snapshot = Snapshot(rows={**snapshot.rows, **snapshot_of({ITEMS.name: empty})})
    return msgspec.structs.replace(header, channels=tuple(scenario.channels), snapshot=snapshot)


def _version(header: Header, name: str, file: str | None, mode: Mode, speed: float) -> Version:
    settings, source = _settings(header, file)
    designs = settings.get("designs")
    if file is not None:
        other = load(file).model_dump(mode="json", by_alias=True)["designs"]
        designs = other
    if not isinstance(designs, Mapping) or name not in designs:
        known = ", ".join(designs) if isinstance(designs, Mapping) else "none"
        raise UsageError(f"no design {name!r} in {file or source}; there are {known}")
    settings["designs"] = {name: designs[name]}
    if not header.setup:
        _fit(settings, header, mode)
        if file is None:
            _without_confirmations(settings)
    if mode != "verbatim":
        settings["horizon"] = (int((header.horizon - header.opened) / speed) + AFTER_US) / SECOND
        settings["warm_up"] = "0s"
        checks = settings["checks"]
        assert isinstance(checks, dict), "a scenario has checks"
        checks["invariants"] = [each for each in checks["invariants"] if each != NOT_JUDGED]
    return Version(name=name if file is None else f"{file}#{name}", scenario=restored(settings, source), design=name)


def _settings(header: Header, file: str | None) -> tuple[dict[str, object], str]:
    """Return the settings of the world: the recording's own, or those of the file that a design comes from."""
    if header.setup:
        return dict(header.setup), header.made_by
    scenario = load(file or DEFAULT)
    whole = scenario.model_dump(
        mode="json", by_alias=True, exclude={"demand", "small", "expectations", "slo", "measures"}
    )
    whole["demand"] = {"kind": "none"}
    return whole, header.made_by


def _without_confirmations(settings: dict[str, object]) -> None:
    """Let the design that nobody chose tell channels what has changed, and not every day what has not.

    A recording of years would be made of little else.
    """
    designs = settings["designs"]
    assert isinstance(designs, dict), "a scenario has designs"
    for design in designs.values():
        if design["publication"]["kind"] == "governed":
            design["publication"]["max_age"] = NEVER


def _fit(settings: dict[str, object], header: Header, mode: Mode) -> None:
    """Let the world of an imported recording begin when it does, and have the places that it names."""
    settings["start"] = {"at": text_of(header.start), "zone": header.zone}
    landscape = settings["landscape"]
    assert isinstance(landscape, dict), "a scenario has a landscape"
    for party in landscape["parties"].values():
        if party["kind"] == "wms" and mode == "verbatim" and header.sites:
            shift = {"from": "00:00", "to": "24:00"}
            party["sites"] = {name: {"people": 1, "shift": shift} for name in header.sites}
    stock = settings["stock"]
    assert isinstance(stock, dict), "a scenario has a stock block"
    stock["items"] = {}
