"""S-14 and A-6: files of orders, what a gateway lets through, and what becomes of each at the partner that sent it."""

from collections.abc import Mapping, Sequence

from actors.ground import Step
from twin.model.instant import Elapsed
from twin.world.checks.file_book import FileBook
from twin.world.checks.findings import Findings


class FileChecks:
    """The book of files."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._book = FileBook()
        self._open: dict[tuple[str, int, int], Elapsed] = {}

    def passed(self, gateway: str, partner: int, control: int, stated: int, content: Sequence[int]) -> None:
        """A gateway let a file through."""
        self.findings.met["S-14"] += 1
        for wrong in self._book.passed(gateway, partner, control, stated, content):
            self.findings.broken("S-14", f"file {control} of partner {partner} at {gateway}", wrong)

    def filed(self, gateway: str, partner: int, serial: int, step: Step) -> None:
        """A partner sent a file, learned what became of it, or gave it up."""
        self.findings.met["A-6"] += 1
        if step == "sent":
            self._open[(gateway, partner, serial)] = self.findings.clock()
        else:
            self._open.pop((gateway, partner, serial), None)

    def unanswered(self, patience: Mapping[str, Elapsed], now: Elapsed) -> None:
        """Look at the end for files that nobody waits for any more; `patience` by gateway, in microseconds."""
        for (gateway, partner, serial), sent in self._open.items():
            if now - sent > patience[gateway]:
                key = f"file {serial} of partner {partner} at {gateway}"
                told = f"sent at {sent}, without an answer, and neither sent again nor given up by {now}"
                self.findings.broken("A-6", key, told)
