"""A contradiction between the parts of a scenario, and how a name that is not there is worded."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction, the setting that it is about, and whether it forbids a run."""

    path: Path
    message: str
    level: Literal["error", "warning"] = "error"


def missing(path: Path, what: str, name: str, there: Iterable[str]) -> Finding:
    """Say that a name means nothing here, and what there is instead."""
    known = list(there)
    if close := get_close_matches(name, known, n=1):
        return Finding(path, f"{name!r} is no {what} here; did you mean {close[0]!r}?")
    return Finding(path, f"{name!r} is no {what} here; there are {', '.join(known) or 'none'}")
