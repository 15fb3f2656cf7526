"""Shrinks a history to the smallest one that still shows a divergence, and writes the test that goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.replays import completed, versions
from twin.errors import TwinError
from twin.model.history import Header
from twin.playback.diverge import Divergence
from twin.playback.history import HistoryFile, Numbered, write_history
from twin.playback.overlay import Overlay
from twin.playback.replay import replay
from twin.playback.shrink import Shrinker

UNPLAYABLE = (TwinError, KeyError, IndexError, AssertionError)
"""What a mutilated history may bring the logic to raise: such a history shows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A smaller history: records before and after, how often it was played, and a test that is ready to be used."""

    before: int
    after: int
    replays: int
    file: Path
    test: str


def shrink(history: Path, divergence: Divergence, target: Path, design: str | None = None) -> Shrunk:
    """Write the smallest history that still shows a divergence of this kind and key.

    Raises:
        HistoryError: the history cannot be read.
        UsageError: the target cannot be written.
    """
    file = HistoryFile(history)
    (version,) = versions(file.header, () if design is None else (design,), "verbatim")
    records = list(file)
    plain = Overlay()

    def shows(header: Header, kept: Sequence[Numbered]) -> bool:
        try:
            whole = completed(header, version, "verbatim")
            made = replay(kept, whole, version, "verbatim", overlay=plain)
        except UNPLAYABLE:
            return False
        return any(found.signature == divergence.signature for found in made.played.divergences)

    shrinker = Shrinker(file.header, records, shows)
    shrinker.shrink(max(file.header.opened, divergence.at - file.header.start))
    write_history(target, shrinker.header, (record for _, record in shrinker.records))
    return Shrunk(
        before=len(records),
        after=len(shrinker.records),
        replays=shrinker.replays,
        file=target,
        test=_test(target, divergence, design),
    )


def _test(target: Path, divergence: Divergence, design: str | None) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in divergence.signature).lower()
    given = "" if design is None else f", designs=[{design!r}]"
    return (
        f"def test_{name}():\n"
        f'    """Recorded: the replay once decided otherwise ({divergence.signature})."""\n'
        f"    import twin\n\n"
        f"    assert not twin.replay({str(target)!r}{given}).divergences\n"
    )
