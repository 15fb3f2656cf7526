"""What a consumer of an effects file needs: a reader that gives every effect once, however often its line stands there.

A live process hands out each effect at least once. A line that is repeated carries the same id and the same bytes, so a
consumer that remembers ids does each thing once. Two processes that share a store write files of their own, and an
effect may stand in both: one reader over both files gives it once.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from twin.errors import UsageError, WireError
from twin.live.envelopes import opened
from twin.model.message import Event
from twin.model.wire import decode_outgoing

IDS_MAX = 1_000_000
"""How many ids a reader remembers unless it is told otherwise; a repeat comes within a page of the relay."""


class Effect(NamedTuple):
    """One effect: the event, and its line as it stands in the file."""

    event: Event
    line: bytes


class EffectReader:
    """Gives each effect once, over as many files and calls as one likes.

    `ids_max` is how many ids it remembers, the latest ones; it must be larger than 500 for each process that writes.
    """

    def __init__(self, ids_max: int = IDS_MAX) -> None:
        self.ids_max = ids_max
        self.repeated = 0
        """Lines that were left out because their effect had been given."""
        self._seen: dict[int, bytes] = {}

    def read(self, path: str | Path) -> Iterator[Effect]:
        """Yield the effects of a file that were not given yet, in the order of their first lines.

        A last line without its end is still being written, and is left for the next call.

        Raises:
            UsageError: the file cannot be read.
            WireError: a line is no event of the middleware, or repeats an id with other bytes; it names the line.
        """
        try:
            with Path(path).open("rb") as file:
                yield from self.distinct(file, str(path))
        except OSError as error:
            raise UsageError(f"effects {path}: {error.strerror}") from error

    def distinct(self, lines: Iterable[bytes], name: str) -> Iterator[Effect]:
        """Yield the effects of lines that were not given yet; `name` is what errors call them. Raises WireError."""
        for number, text in enumerate(lines, 1):
            if not text.endswith(b"\n"):
                return
            line = text[:-1]
            try:
                body = opened(line)
                event = decode_outgoing(body)
            except WireError as error:
                raise WireError(f"{name}:{number}: {error}") from error
            digest = hashlib.sha256(body).digest()[:16]
            known = self._seen.get(event.id)
            if known is None:
                self._remember(event.id, digest)
                yield Effect(event, line)
            elif known == digest:
                self.repeated += 1
            else:
                raise WireError(f"{name}:{number}: effect {event.id} was given before with other bytes")

    def _remember(self, id: int, digest: bytes) -> None:
        self._seen[id] = digest
        if len(self._seen) > self.ids_max:
            del self._seen[next(iter(self._seen))]


def read_effects(path: str | Path) -> Iterator[Effect]:
    """Yield each effect of a file once, in the order of their first lines; see `EffectReader` for more than one file.

    Raises:
        UsageError: the file cannot be read.
        WireError: a line is no event of the middleware, or repeats an id with other bytes; it names the line.
    """
    return EffectReader().read(path)
