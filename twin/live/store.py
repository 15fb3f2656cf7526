"""What a store of the live process does for its shell: fetch, commit, hand out; and the values that pass between them.

`SqliteStore` and `PostgresStore` keep the same tables and the same promises, and pass the same contract suite. A commit
compares the version of every row read, applies all effects or none, and never shows a version that a row had before.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import NamedTuple, Protocol, TypeVar

from twin.middleware.unit import Table
from twin.model.instant import Elapsed, Now
from twin.model.message import Event, Message

V = TypeVar("V")
Versions = Mapping[tuple[int, int], int]
"""Rows by (table number, id) with the version that they were read in; 0: there was no row."""

PAGE = 500
"""Rows or ids per statement."""
COUNTED = ("outbox_open", "timers", "inbox", "journal", "commits")
"""What `counts` answers: rows not yet handed out, scheduled messages, known message ids, journal records, commits."""


class Timer(NamedTuple):
    """A scheduled message and its place in the store."""

    seq: int
    due: Elapsed
    message: Message


class Progress(NamedTuple):
    """How far a live process has come, committed with the unit that brought it there.

    `source` has been read up to byte `offset` (empty: this step read nothing), `timer` is the number of the timer that
    was handled (0: none), `notes` are what the publishers heard, in order, and `records` are the step's lines in the
    journal, each under its id: what came from outside, and what became of what was sent.
    """

    source: str = ""
    offset: int = 0
    timer: int = 0
    notes: Sequence[bytes] = ()
    records: Sequence[tuple[int, bytes]] = ()


class Effects(NamedTuple):
    """What a unit of work read and wants to have done: rows by table number and id, `reads` with their versions.

    `checked` is False where a design commits whatever has changed meanwhile.
    """

    now: Now
    reads: Versions
    writes: Sequence[tuple[int, int, object]]
    archived: Sequence[tuple[int, int]]
    events: Sequence[Event]
    scheduled: Sequence[tuple[Elapsed, Message]]
    progress: Progress = Progress()
    checked: bool = True

    def nothing(self) -> bool:
        """Tell whether there is nothing to write."""
        return not (self.writes or self.archived or self.events or self.scheduled or self.progress != Progress())


class Claim:
    """A page of outbox rows that no other relay has in hand, each an event with its place; what is taken is noted."""

    __slots__ = ("rows", "taken")

    def __init__(self, rows: Sequence[tuple[int, Event]]) -> None:
        self.rows = rows
        self.taken: list[int] = []

    @property
    def last(self) -> int:
        """The place of the last row."""
        return self.rows[-1][0]


class LiveStore(Protocol):
    """Committed rows, ledger, outbox, inbox and timers; what survives a crash."""

    def __enter__(self) -> "LiveStore": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """Give everything back; what was not committed is gone."""

    # --- rows

    def fetch(self, table: Table[V], ids: Sequence[int]) -> dict[int, tuple[int, V | None]]:
        """Return (version, row) by id as committed now, in one trip; (0, None) where there is no row."""

    def get(self, table: Table[V], id: int) -> V | None:
        """Return a committed row."""

    def rows(self, table: Table[V]) -> Iterator[tuple[int, V]]:
        """Yield every (id, row): a journal in the order of its appending, any other table by id."""

    def check(self, reads: Versions) -> None:
        """Raise Conflict, naming table and id, if a row that was read has another version now."""

    def apply(self, unit: Effects) -> None:
        """Apply all effects, or raise Conflict and apply none."""

    def mark(self) -> Now | None:
        """Return the latest moment of a commit, from which a clock continues; None before the first one."""

    # --- outbox

    def outbox(self) -> Iterator[Event]:
        """Yield the events not yet acknowledged that stand in the outbox now, in commit order."""

    def last_event(self) -> int:
        """Return the place of the newest outbox row; later ones have higher places."""

    def claimed(self, after: int, until: int) -> AbstractContextManager[Claim]:
        """Claim the next page of open rows in `after < place <= until`; those in `taken` are acknowledged at its end.

        Rows behind one of their aggregate that another relay has in hand are left out.
        """

    def forget_acknowledged(self, rows_max: int = 10_000) -> int:
        """Drop at most `rows_max` acknowledged outbox rows, the oldest first, and return how many."""

    # --- timers and inbox

    def timers(self) -> Iterator[Timer]:
        """Yield every scheduled message, in the order of its scheduling."""

    def due(self, until: Elapsed, rows_max: int) -> list[Timer]:
        """Return at most `rows_max` timers due at `until`, the oldest first."""

    def forget_inbox(self, before: Elapsed, rows_max: int = 10_000) -> int:
        """Drop at most `rows_max` inbox rows committed before the elapsed time `before`, and return how many.

        The retention that `before` stands for must be longer than the longest redelivery: a message that comes back
        after it runs again.
        """

    # --- the live process

    def offset(self, source: str) -> int:
        """Return the byte up to which a source has been read."""

    def lead(self) -> bool:
        """Try to be the one process that runs timers and publishers on this store; True while this one is."""

    def publishers(self) -> bytes | None:
        """Return the publishers as last saved; None: never."""

    def notes(self, heard: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return what publishers have still to hear, in order, each with its place; `heard` are places to leave out."""

    def save_publishers(self, body: bytes, heard: Sequence[int]) -> None:
        """Keep the publishers as they are now and drop the notes at these places, which they have heard."""

    def journal(self) -> Iterator[bytes]:
        """Yield the journal's records in commit order."""

    def counts(self) -> dict[str, int]:
        """Return how much stands where, by the names in COUNTED."""
