"""A-1, A-2 and S-11: what stands in the exception queues, how it got there, and how it leaves."""

from collections.abc import Iterable, Set
from typing import Final

from actors.transactor import Direct
from twin.errors import WireError
from twin.middleware.unit import AUDIT, INBOX, LETTERS
from twin.model import wire
from twin.model.commands import ParkLetter
from twin.model.dead_letter import Audited, DeadLetter, LetterKind
from twin.model.message import Message
from twin.world.checks.findings import Findings

_LETTERS: Final = LETTERS.number
_AUDIT: Final = AUDIT.number
_INBOX: Final = INBOX.number
_NUMBERED: Final = ("StockReceived", "StockAdjusted", "StockCounted", "TransferShipped", "TransferReceived")
"""Facts of a warehouse's streams."""


class LetterChecks:
    """The book of open items."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.open: dict[int, DeadLetter] = {}
        self.parked: list[DeadLetter] = []
        """What people took out of its queue for good: that is its end, and nothing will follow from it."""

    def committed(self, message: Message, unit: Direct) -> None:
        """A unit wrote or took away items."""
        audited = {row.letter for row in unit.writes.get(_AUDIT, {}).values() if isinstance(row, Audited)}
        done = unit.store.rows[_INBOX]
        gone = [id for number, id in unit.archived if number == _LETTERS]
        for id, row in unit.writes.get(_LETTERS, {}).items():
            if isinstance(row, DeadLetter) and id not in gone:
                self._opened(id, row, message)
                if row.kind is LetterKind.MESSAGE and id in done:
                    self.findings.broken("A-1", f"item {id}", message, "done and open at a time")
        for id in gone:
            self.findings.met["A-1"] += 1
            letter = self.open.pop(id, None)
            if letter is None:
                self.findings.broken("A-1", f"item {id}", message, "settled, and it was not open")
            elif isinstance(message, ParkLetter) and letter.kind is not LetterKind.NOTICE:
                self.parked.append(letter)
            if id not in audited:
                self.findings.broken("A-1", f"item {id}", message, "settled without an entry in the audit")

    def given_up(self, rows: Iterable[int], told: Set[int]) -> None:
        """See at the end that every row that was given up is an open item, or `told` and not heard of yet."""
        for id in rows:
            self.findings.met["A-1"] += 1
            if id not in self.open and id not in told:
                self.findings.broken("A-1", f"row {id}", "given up, and in no exception queue")

    def still_there(self, rows: dict[int, object]) -> None:
        """Compare at the end what is open by the book with what the store has."""
        for id in self.open:
            if id not in rows:
                self.findings.broken("A-1", f"item {id}", "opened, never settled, and gone at the end")
        for id in rows:
            if id not in self.open:
                self.findings.broken("A-1", f"item {id}", "in its queue at the end, and never opened")

    def _opened(self, id: int, row: DeadLetter, message: Message) -> None:
        """A-2: an item has what people need, and goes on from what it was."""
        self.findings.met["A-2"] += 1
        before = self.open.get(id)
        self.open[id] = row
        wrong = _lacking(row)
        if row.id != id:
            wrong.append("its key")
        if row.first_failure > row.last_failure:
            wrong.append("an order of its failures")
        if wrong:
            self.findings.broken("A-2", f"item {id}", message, f"an item without {', '.join(wrong)}")
        if before is not None and (row.redrives < before.redrives or row.attempts < before.attempts):
            told = f"attempts {before.attempts} to {row.attempts}, generation {before.redrives} to {row.redrives}"
            self.findings.broken("A-2", f"item {id}", message, told)
        if before is None and row.code == "SEQ_CONFLICT" and row.type in _NUMBERED:
            told = "two facts under one number, and a warehouse numbers each of them once for an item at a site"
            self.findings.broken("S-2", f"item {id}", message, told)
        if row.kind is not LetterKind.NOTICE and row.type:
            self._readable(id, row, message)

    def _readable(self, id: int, row: DeadLetter, cause: Message) -> None:
        """S-11: the bytes are those of a message of its type, and of its identity (A-2)."""
        self.findings.met["S-11"] += 1
        read = wire.decode_outgoing if row.kind is LetterKind.DELIVERY else wire.decode_incoming
        try:
            message = read(row.body)
        except WireError as error:
            self.findings.broken("S-11", f"item {id}", cause, f"unreadable: {error}")
            return
        if type(message).__name__ != row.type or wire.encode(message) != row.body:
            self.findings.broken("S-11", f"item {id}", cause, f"reads as {type(message).__name__}, and differently")
        if message.id != id or message.case != row.case:
            told = f"holds message {message.id} of case {message.case}, not {id} of case {row.case}"
            self.findings.broken("A-2", f"item {id}", cause, told)


def _lacking(row: DeadLetter) -> list[str]:
    """Name what every item has and this one has not."""
    needed: dict[str, object] = {"code": row.code, "owner": row.owner, "runbook": row.runbook}
    if row.kind is not LetterKind.NOTICE:
        needed["bytes"] = row.body
        if row.type:
            needed["trace"] = row.traceparent
    return [name for name, value in needed.items() if not value]
