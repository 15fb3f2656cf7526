"""The baseline of a replay: a text file of the divergences that are known and accepted, kind and key, one a line."""

from collections.abc import Iterable
from pathlib import Path

from twin.errors import HistoryError
from twin.playback.diverge import KINDS, Divergence

HEAD = "# Divergences that are known and accepted: kind and key, one a line."


def baseline(found: Iterable[Divergence]) -> str:
    """Return the text of a baseline that accepts these divergences."""
    return "\n".join([HEAD, *dict.fromkeys(each.signature for each in found)]) + "\n"


def read_baseline(path: Path) -> frozenset[str] | None:
    """Return the accepted divergences of a baseline file, None where there is no such file.

    Raises:
        HistoryError: it cannot be read, or a line of it begins with no kind of divergence.
    """
    if not path.exists():
        return None
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryError(f"{path.name}: cannot be read: {error}") from error
    accepted = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.partition(" ")[0] not in KINDS:
            raise HistoryError(f"{path.name}:{number}: expected a kind ({', '.join(KINDS)}) and a key (got {line!r})")
        accepted.append(line.rstrip())
    return frozenset(accepted)
