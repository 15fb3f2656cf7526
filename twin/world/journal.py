"""Writes the history of a run while it runs: the header before the first event, then a line for each record.

The file is gzip without name or time in it, so equal runs write equal bytes. It lies in the run folder, which is
renamed as a whole when the run is over.
"""

import gzip
from io import BufferedWriter
from pathlib import Path
from typing import TYPE_CHECKING

from actors.tap import Tap, state_of
from actors.transactor import Direct
from actors.troubled_clock import CLOCKS
from twin.middleware.unit import Outcome
from twin.model.history import Complete, Header, Record, Snapshot, encode_header, encode_record, snapshot_of
from twin.model.instant import Instant
from twin.model.message import Message
from twin.world.deployed import RULES_VERSION, setup_of
from twin.world.measures import Watch
from twin.world.scenario import Scenario
from twin.world.troubles import PROCESS

if TYPE_CHECKING:
    from twin.world.build import World

PINNED = ("orders", "facts", "answers", "service", "pace")
COMPRESSION = 1
"""The quickest: at 6 a history is a fifth smaller, and writing it takes longer than the run can hide."""


class Overheard(Watch):
    """The probe of a run whose history is written: the tap hears of each commit and each wait before it is counted."""

    tap: Tap

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        self.tap.committed(message, outcome, unit)
        super().committed(message, outcome, unit)

    def queued(self, queue: str, length: int) -> None:
        self.tap.queued(queue)
        super().queued(queue, length)


class HistoryFile:
    """A history under construction, line by line."""

    def __init__(self, path: Path) -> None:
        self._file: BufferedWriter = path.open("wb")
        self._lines = gzip.GzipFile(filename="", mode="wb", fileobj=self._file, mtime=0, compresslevel=COMPRESSION)
        self._start: Instant = 0

    def begin(self, header: Header) -> None:
        """Write the first line."""
        self._start = header.start
        self._lines.write(encode_header(header) + b"\n")

    def write(self, record: Record) -> None:
        """Write one record."""
        self._lines.write(encode_record(record, self._start) + b"\n")

    def close(self) -> None:
        """End the file."""
        self._lines.close()
        self._file.close()


def header_of(world: "World") -> Header:
    """Return the header of a world in which nothing has happened yet."""
    scenario, store = world.scenario, world.store
    full: dict[str, Complete] = dict.fromkeys(("orders", "facts", "answers", "stock"), "full")
    return Header(
        made_by=f"run/{scenario.name}",
        start=scenario.start_us,
        zone=scenario.start.zone,
        horizon=scenario.horizon,
        pinned=PINNED,
        completeness=full,
        design=world.design,
        rules=RULES_VERSION,
        setup=setup_of(world.scenario, world.design),
        fails=failing(scenario),
        items=world.opening.items,
        sites=world.opening.sites,
        channels=tuple(scenario.channels),
        snapshot=Snapshot(
            rows=snapshot_of(state_of(store)),
            outbox=tuple(store.outbox.values()),  # type: ignore[arg-type]  # the outbox holds events of the wire
            timers=tuple(store.timers.values()),  # type: ignore[arg-type]  # and the timers messages of it
        ),
    )


def failing(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of the faults of the middleware's own process, clock and store."""
    of_kind = scenario.landscape.of_kind
    own = (*of_kind("middleware"), *of_kind("store"))
    return tuple(fault.name for fault in scenario.faults if fault.kind in (*PROCESS, *CLOCKS) and fault.target in own)
