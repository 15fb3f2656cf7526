"""The path of one order through a recorded run: each step with its time, attempt and outcome, and what a buyer saw.

A step is a row of the record. `CreateErpOrder.sent` is an attempt, `.ok .refused .failed .timeout` how it ended for
the caller, `.committed` a procedure that ran with its outcome; rows of one party alone are what it did by itself. A
message that was committed twice was delivered twice: the inbox gave the second the first one's outcome.

What a buyer saw of each line, and what had made it stale, is found by `twin.experiment.seen`; the steps of those
messages lie behind the order's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from twin.errors import UsageError
from twin.experiment.archive import events_of
from twin.experiment.manifest import Manifest
from twin.experiment.seen import SEEN, Seen, seen
from twin.experiment.shown import html_table
from twin.middleware.dispatch import Procedures
from twin.middleware.unit import Outcome
from twin.model.instant import SECOND

OF_ITEMS: Final = (
    "(kind IN ('order.line', 'order.oversold', 'stock.shown', 'supply.ordered') "
    "OR (kind LIKE '%.sent' AND quantity = 0 AND item <> 0))"
)
"""Rows whose item is one; of other kinds the column has a count, or nothing."""
ROWS_AT_ONCE: Final = 20_000
STALE_LINES_MAX: Final = 3
"""Of so many stale lines of an order the messages behind them are told."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the record that belongs to an order; `at_us` counts from the start of the run."""

    at_us: int
    what: str
    how: str
    source: str
    target: str
    message: int
    cause: int
    item: int
    number: int

    @property
    def kind(self) -> str:
        """The kind as the record has it."""
        return f"{self.what}.{self.how}"

    @property
    def outcome(self) -> str:
        """The outcome of a procedure, as the middleware names it; empty for other steps."""
        return Outcome(self.number).name if self.how == "committed" else ""

    @property
    def told(self) -> str:
        """What came of the step in a word: an outcome, or a repeated attempt; empty where nothing is to be said."""
        return self.outcome or (f"attempt {self.attempt}" if self.attempt > 1 else "")

    @property
    def attempt(self) -> int:
        """Which attempt of a call a step belongs to; 0 where it is none."""
        return self.number if self.how in ("sent", "ok", "refused", "failed", "timeout") else 0


@dataclass(frozen=True, slots=True)
class Trace:
    """An order's path; `id` is its business key as a number, `name` its channel and number.

    `behind` has the steps that belong to no order: how the figures that its buyer saw came to the channel, and the
    movements at warehouses that made them stale.
    """

    id: int
    name: str
    design: str
    steps: tuple[Step, ...]
    lines: tuple[Seen, ...]
    behind: tuple[Step, ...] = ()

    def _repr_html_(self) -> str:
        """Show the path in a notebook: each step with its time and result."""
        rows = [
            (f"{step.at_us / SECOND:,.3f}", f"{step.what} {step.how}", step.source, step.target, step.told)
            for step in self.steps
        ]
        head = ("s since the start", "step", "from", "to", "result")
        return f"<p>{escape(f'{self.name} under {self.design}')}</p>{html_table(head, rows)}"


class Record:
    """The events of one design of a run folder, to be asked about orders."""

    def __init__(self, events: Path, design: str) -> None:
        import duckdb

        self.design = design
        self._database = duckdb.connect(config={"threads": 2})
        self._database.execute(f"CREATE VIEW events AS FROM read_parquet({_text(events)}, file_row_number = true)")
        names = events.with_name("names.parquet")
        source = f"read_parquet({_text(names)})" if names.is_file() else "(SELECT '' AS what, 0 AS number, '' AS name)"
        self._database.execute(f"CREATE VIEW names AS FROM {source}")

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """Ask the views `events` and `names`."""
        return self._database.execute(query, list(parameters)).fetchall()

    def stream(self, query: str) -> Iterator[tuple[object, ...]]:
        """Ask the views, and take the answer in pieces, so that a long one need not fit into memory."""
        answer = self._database.cursor().execute(query)
        while rows := answer.fetchmany(ROWS_AT_ONCE):
            yield from rows

    def find(self, order: str) -> int:
        """Return the order that a text means: its number, `channel number`, its id, or the id of one of its messages.

        Raises:
            UsageError: none, or several.
        """
        found = self.rows("SELECT number, name FROM names WHERE what = 'order' AND name = ?", order)
        found = found or self.rows(
            "SELECT number, name FROM names WHERE what = 'order' AND ends_with(name, ' ' || ?) LIMIT 9", order
        )
        if not found and order.isdecimal():
            found = self.rows(
                "SELECT case_id, '' FROM events WHERE case_id <> 0 AND (case_id = ? OR message = ?) LIMIT 1",
                int(order),
                int(order),
            )
        if not found:
            example = self.rows("SELECT name FROM names WHERE what = 'order' LIMIT 1")
            told = f"; an order is named as in '{example[0][0]}'" if example else ""
            raise UsageError(f"the record has no order '{order}'{told}")
        if len(found) > 1:
            raise UsageError(f"several orders are called '{order}': {', '.join(str(name) for _, name in found)}")
        return int(str(found[0][0]))

    def trace(self, order: int) -> Trace:
        """Return the path of an order.

        Raises:
            UsageError: the record has nothing of it.
        """
        found = self.traces([order])
        if not found:
            raise UsageError(f"the record has nothing of order {order}")
        return found[0]

    def traces(self, orders: Sequence[int]) -> list[Trace]:
        """Return the paths of several orders, in the order in which they begin."""
        wanted = [list(orders)]
        steps: dict[int, list[Step]] = {}
        for case, *row in self.rows(_STEPS, *wanted):
            steps.setdefault(int(str(case)), []).append(_step(row))
        lines: dict[int, list[Seen]] = {}
        for case, *row in self.rows(SEEN, *wanted):
            lines.setdefault(int(str(case)), []).append(seen(row))
        short = {case: {step.item for step in path if step.how == "oversold"} for case, path in steps.items()}
        behind = self._behind(lines, short)
        names = {int(str(case)): str(name) for case, name in self.rows(_NAMES, *wanted)}
        return [
            Trace(
                id=case,
                name=names.get(case, str(case)),
                design=self.design,
                steps=tuple(path),
                lines=tuple(lines.get(case, ())),
                behind=tuple(behind.get(case, ())),
            )
            for case, path in steps.items()
        ]

    def _behind(self, lines: Mapping[int, Sequence[Seen]], short: Mapping[int, set[int]]) -> dict[int, list[Step]]:
        """Return the steps of the messages behind the stale lines of each order: three lines, oversold ones first."""
        wanted = [
            (case, line.number, message)
            for case, each in lines.items()
            for line in sorted(
                (line for line in each if line.moved), key=lambda line: line.number not in short.get(case, ())
            )[:STALE_LINES_MAX]
            for message in line.messages
        ]
        found: dict[int, list[Step]] = {}
        columns = [list(column) for column in zip(*wanted, strict=True)] or [[], [], []]
        for case, *row in self.rows(_BEHIND, *columns):
            found.setdefault(int(str(case)), []).append(_step(row))
        return found

    def items(self) -> dict[int, str]:
        """Return the names of the items by their numbers."""
        found = self.rows("SELECT number, name FROM names WHERE what = 'item'")
        return {int(str(number)): str(name) for number, name in found}


def record_of(manifest: Manifest, design: str | None = None) -> Record:
    """Open the events of one design of a folder, the first one unless named.

    Raises:
        UsageError: the folder has no events, or none of that design.
    """
    found = dict(events_of(manifest))
    chosen = design or next(iter(found), None)
    if chosen is None or chosen not in found:
        there = f"; there are {', '.join(found)}" if found else ""
        raise UsageError(f"'{manifest.folder}' has no events{f' of {design}' if design else ''}{there}")
    return Record(found[chosen], chosen)


def rule_of(procedures: Procedures, what: str) -> str:
    """Return in one sentence what decides a message: the first line of its procedure; empty where none handles it."""
    for kind, procedure in procedures.by_type.items():
        if kind.__name__ == what:
            told = (procedure.__doc__ or "").strip().splitlines()
            return told[0] if told else ""
    return ""


_WANTED = "WITH wanted AS (SELECT unnest(?::BIGINT[]) AS case_id)"
_BEHIND = """
WITH wanted AS (
    SELECT DISTINCT unnest(?::BIGINT[]) AS case_id, unnest(?::BIGINT[]) AS line, unnest(?::BIGINT[]) AS message
)
SELECT DISTINCT wanted.case_id, at_us, kind, source, target, message, cause, item, quantity, file_row_number
FROM events JOIN wanted USING (message) WHERE item = line OR kind NOT LIKE 'stock.%'
ORDER BY file_row_number, wanted.case_id
"""
_NAMES = f"{_WANTED} SELECT number, name FROM names JOIN wanted ON number = case_id WHERE what = 'order'"
_STEPS = (
    f"{_WANTED} SELECT case_id, at_us, kind, source, target, message, cause, item, quantity "
    "FROM events JOIN wanted USING (case_id) ORDER BY file_row_number"
)


def _step(row: Sequence[object]) -> Step:
    at, kind, source, target, message, cause, item, quantity, *_ = row
    what, _, how = str(kind).rpartition(".")
    numbers = [int(str(each)) for each in (at, message, cause, item, quantity)]
    return Step(numbers[0], what, how, str(source), str(target), *numbers[1:])


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
