"""Shrinks a history to the smallest one that still shows a finding, and writes the test that goes with it.

A finding is a divergence of one kind and key, or the violation of one invariant; a smaller history counts only if it
shows the same. What was laid over the recording is written into it first, so that the file needs no option to show it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scenarios.replays import Replays, completed, versions
from twin.errors import TwinError
from twin.model.history import Header
from twin.model.instant import Elapsed
from twin.playback.history import HistoryFile, Numbered, write_history
from twin.playback.modes import Mode
from twin.playback.overlay import Overlay
from twin.playback.replay import Replayed, replay
from twin.playback.shrink import Shrinker

UNPLAYABLE = (TwinError, KeyError, IndexError, AssertionError)
"""What a mutilated history may bring the logic to raise: such a history shows nothing."""
PLAIN = Overlay()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a smaller history must still show: `what` is a divergence's signature or an invariant's name."""

    what: str
    invariant: bool
    at: Elapsed
    items: tuple[int, ...] = ()

    def shown_by(self, made: Replayed) -> bool:
        """Tell whether a replay shows it."""
        if self.invariant:
            return any(found["invariant"] == self.what for found in made.violations)
        return any(found.signature == self.what for found in made.played.divergences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A smaller history: records before and after, how often it was played, and a test that is ready to be used."""

    finding: str
    before: int
    after: int
    replays: int
    file: Path
    test: str

    def document(self) -> dict[str, object]:
        """Return it as a document."""
        return {
            "finding": self.finding,
            "records_before": self.before,
            "records_after": self.after,
            "replays": self.replays,
            "file": str(self.file),
            "test": self.test,
        }


def first_finding(found: Replays) -> tuple[Finding, str] | None:
    """Return the first thing that a replay found and nobody has accepted, and the version that shows it."""
    header = found.header
    for one in found.made:
        for each in one.played.divergences:
            if each.signature not in found.accepted:
                at = max(header.opened, each.at - header.start)
                return Finding(what=each.signature, invariant=False, at=at, items=each.items), one.version
        for broken in one.violations:
            at_us, name = broken["at_us"], str(broken["invariant"])
            assert isinstance(at_us, int)
            return Finding(what=name, invariant=True, at=at_us), one.version
    return None


def shrink(history: Path, found: Replays, target: Path) -> Shrunk | None:
    """Write the smallest history that still shows the first finding of a replay; None if it found nothing.

    Raises:
        HistoryError: the history cannot be read.
        UsageError: the target cannot be written.
    """
    first = first_finding(found)
    if first is None:
        return None
    finding, name = first
    file = HistoryFile(history)
    records = list(found.overlay.over(file.header, file, found.seed))
    header = _slowed(file.header, found.overlay.speed)
    designs = () if name == file.header.design else (name,)
    mode = found.mode

    def shows(header: Header, kept: Sequence[Numbered]) -> bool:
        (version,) = versions(header, designs, mode)
        try:
            whole = completed(header, version, mode)
            made = replay(kept, whole, version, mode, overlay=PLAIN, seed=found.seed, after=found.after)
        except UNPLAYABLE:
            return False
        return finding.shown_by(made)

    shrinker = Shrinker(header, _numbered_anew(records), shows)
    shrinker.shrink(finding.at, finding.items)
    write_history(target, shrinker.header, (record for _, record in shrinker.records))
    return Shrunk(
        finding=finding.what,
        before=len(records),
        after=len(shrinker.records),
        replays=shrinker.replays,
        file=target,
        test=_test(target, finding, mode, designs, found.seed),
    )


def _slowed(header: Header, speed: float) -> Header:
    """Return the header of a recording whose records were moved to another speed."""
    horizon = header.opened + int((header.horizon - header.opened) / speed)
    return msgspec.structs.replace(header, horizon=horizon)


def _numbered_anew(records: Iterable[Numbered]) -> list[Numbered]:
    """Number records by their places, which are the order that they keep; a repeat has the line of its original."""
    return [(place, record) for place, (_, record) in enumerate(records, 2)]


def _test(target: Path, finding: Finding, mode: Mode, designs: tuple[str, ...], seed: int) -> str:
    word = f"violation_{finding.what}" if finding.invariant else finding.what
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in word).lower()
    given = f"{str(target)!r}, mode={mode!r}"
    given += f", designs={list(designs)!r}" if designs else ""
    given += f", seed={seed}" if seed else ""
    what = "an invariant was broken" if finding.invariant else "something was decided otherwise"
    return (
        f"def test_{name}():\n"
        f'    """In this recording {what} once: {_quoted(finding.what)}."""\n'
        f"    import twin\n\n"
        f"    assert not twin.replay({given}).{'violations' if finding.invariant else 'divergences'}\n"
    )


def _quoted(text: str) -> str:
    """Return text as it may stand in a docstring."""
    return text.replace("\\", "/").replace('"', "'")
