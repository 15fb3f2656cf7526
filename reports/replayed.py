"""What `twin.replay` gives: what the versions did with a recording, and its page."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from reports.progress import seen
from scenarios.replays import Replays, history_in
from scenarios.replays import replay as played

if TYPE_CHECKING:
    from twin.experiment.work import Progress
    from twin.playback.alone import Committed
    from twin.playback.feed import After
    from twin.playback.modes import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult(Replays):
    """What one or two versions did with a recording, which can be written as a page.

    Attributes:
        name: the file name of the recording.
    """

    name: str

    def report(self, path: Path | str = "report.html") -> Path:
        """Write the divergences, their causes and their consequences as one page; return its path.

        Raises:
            UsageError: it cannot be written.
        """
        from reports.document import write_text
        from reports.replay import replay_page

        write_text(Path(path), replay_page(self, self.name))
        return Path(path)


def replay(
    history: str | Path,
    *,
    mode: "Mode | None" = None,
    designs: Sequence[str] = (),
    speed: float = 1.0,
    perturb: Sequence[str] = (),
    seed: int = 0,
    after_divergence: "After" = "skip",
    accepted: frozenset[str] = frozenset(),
    decided: "Committed | None" = None,
    progress: "Progress | None" = None,
) -> ReplayResult:
    """Play a recorded history through the real logic; a notebook shows how far it has come.

    Args:
        history: the file, or the folder of a run that kept one.
        mode: how; the best that the recording supports unless given.
        designs: one or two of `FILE#name`, or `name` of the recording's own scenario; its own unless given.
        speed: 2 plays twice as fast, in what-if.
        perturb: what is laid over the recording, such as `duplicates=1%`.
        seed: of what is laid over it, and of simulated partners.
        after_divergence: what becomes of an order that was decided otherwise than recorded: `skip` takes what is sent
            about it without a word, `answer` has plain partners confirm, ship and invoice it at once.
        accepted: signatures of divergences that are known.
        decided: hears of every commit.
        progress: hears how many versions have been played, the share of the one that is under way included, and of
            how many.

    Raises:
        HistoryError: the file cannot be read, or does not support the mode.
        ScenarioError: a design does not hold together.
        UsageError: an option makes no sense.
    """
    found = played(
        history,
        mode=mode,
        designs=designs,
        speed=speed,
        perturb=perturb,
        seed=seed,
        after_divergence=after_divergence,
        accepted=accepted,
        decided=decided,
        progress=seen(progress, "replay", "versions"),
    )
    said = {each.name: getattr(found, each.name) for each in fields(found)}
    return ReplayResult(name=history_in(history).name, **said)
