"""A short recording, and ways to edit it as a tester would: one line gone, twice, or with another quantity."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

import scenarios
from scenarios.replays import completed, versions
from twin.model.commands import SubmitOrder
from twin.model.history import Record, Stimulus
from twin.playback.feed import After
from twin.playback.history import HistoryFile, Numbered, write_history
from twin.playback.overlay import Overlay
from twin.playback.replay import Replayed, replay
from twin.world.run import HISTORY, run_once

SETTINGS = ("horizon=80m", "stock={rule: none, opening: 3}", "demand.buys=always", "landscape.size.skus=40")
"""Eighty quiet minutes with little stock, so that orders meet on it."""


def recorded_in(folder: Path, settings: Sequence[str] = SETTINGS, seed: int = 7) -> Path:
    """Run a short `first_day` in a folder and return its history."""
    run_once(scenarios.load("first_day", settings), "standard", seed, out=folder, record=False, history=True)
    return folder / HISTORY


@dataclass(frozen=True)
class Play:
    """Plays records under the recording's own design."""

    file: HistoryFile
    after: After = "skip"

    def __call__(self, records: Sequence[Numbered]) -> Replayed:
        (version,) = versions(self.file.header, (), "verbatim")
        header = completed(self.file.header, version, "verbatim")
        return replay(records, header, version, "verbatim", overlay=Overlay(), after=self.after)


def submitted(records: Sequence[Numbered]) -> list[tuple[int, SubmitOrder]]:
    """Return the orders of a recording with their places in it."""
    return [
        (place, record.message)
        for place, (_, record) in enumerate(records)
        if isinstance(record, Stimulus) and isinstance(record.message, SubmitOrder)
    ]


def asking_for_more(record: Record, more: int) -> Record:
    """Return an order's record with so many more units of its first line."""
    assert isinstance(record, Stimulus)
    assert isinstance(record.message, SubmitOrder)
    first, *rest = record.message.lines
    lines = (msgspec.structs.replace(first, quantity=first.quantity + more), *rest)
    return msgspec.structs.replace(record, message=msgspec.structs.replace(record.message, lines=lines))


def edited(history: Path, target: Path, edit: Callable[[list[Record]], list[Record]]) -> Path:
    """Write a history that is another one, edited."""
    file = HistoryFile(history)
    write_history(target, file.header, edit([record for _, record in file]))
    return target


def with_one_order_larger(history: Path, target: Path, nth: int = 0) -> tuple[Path, str]:
    """Write a history in which the n-th order asks for two units more; return it and the order's number."""
    numbers: list[str] = []

    def edit(records: list[Record]) -> list[Record]:
        place, order = submitted(list(enumerate(records)))[nth]
        numbers.append(order.number)
        return [*records[:place], asking_for_more(records[place], 2), *records[place + 1 :]]

    return edited(history, target, edit), numbers[0]
