"""The sections of the report that come from a record: what broke first, who is affected, how long steps took."""

from collections.abc import Sequence
from typing import Final

from reports.tables import Table
from twin.experiment.comparison import number
from twin.experiment.trace import Record, Trace
from twin.middleware.unit import Outcome

TROUBLES: Final = (
    ("an order was oversold", "kind = 'order.oversold'", "source"),
    ("an order was late", "kind IN ('order.late', 'order.answered_late')", "source"),
    ("a breaker opened", "kind = 'breaker.opened'", "target"),
    ("a fallback came into force", "kind = 'fallback.on'", "target"),
    ("a call was refused", "kind LIKE '%.refused'", "source"),
    ("a call timed out", "kind LIKE '%.timeout'", "source"),
    ("a call failed", "kind LIKE '%.failed'", "source"),
    ("a warehouse came up short", "kind = 'WarehouseShort.sent'", "source"),
    ("an order was refused", f"kind = 'SubmitOrder.committed' AND quantity = {int(Outcome.REJECTED)}", "source"),
    ("a person had to step in", "kind = 'exception.touched'", "source"),
)
"""What may go wrong: a sentence, the steps that say so, and the column that names the party."""
MILESTONES: Final = (
    ("placed", "order.placed"),
    ("taken in by the middleware", "SubmitOrder.committed"),
    ("confirmed by the ERP", "ErpConfirmed.committed"),
    ("picked", "release.picked"),
    ("shipped", "ShipmentConfirmed.committed"),
    ("invoiced", "OrderInvoiced.committed"),
)
"""States that an order passes, each with the step that shows it."""


def breaks(record: Record) -> Table:
    """Return what went wrong in the order in which it first did: when, what, at which party, how often."""
    found: list[tuple[int, str, str, int]] = []
    for sentence, condition, party in TROUBLES:
        firsts = record.rows(
            f"SELECT {party}, min(at_us), count(*) FROM events WHERE {condition} GROUP BY 1 ORDER BY 1"
        )
        found += [(int(str(at)), sentence, str(where), int(str(count))) for where, at, count in firsts]
    rows = tuple((clock(at), sentence, where, number(count)) for at, sentence, where, count in sorted(found))
    return Table(title="first time of each kind of trouble", heads=("first at", "what", "where", "times"), rows=rows)


def affected(record: Record) -> Table:
    """Return by channel how many orders were placed, and how many of them were harmed, and how."""
    rows = record.rows(
        f"""
        WITH placed AS (SELECT case_id, source AS channel FROM events WHERE kind = 'order.placed'),
        harm AS (
            SELECT case_id, bool_or(kind = 'order.oversold') AS oversold,
                   bool_or(kind = 'SubmitOrder.committed' AND quantity = {int(Outcome.REJECTED)}) AS refused,
                   bool_or(kind IN ('order.late', 'order.answered_late')) AS late,
                   bool_or(kind = 'WarehouseShort.sent') AS shorted,
                   bool_or(kind = 'exception.touched') AS touched,
                   bool_or(kind = 'ShipmentConfirmed.committed') AS shipped
            FROM events WHERE case_id <> 0 GROUP BY 1
        )
        SELECT channel, count(*), count_if(oversold), count_if(refused), count_if(late), count_if(shorted),
               count_if(touched), count_if(NOT shipped AND NOT refused)
        FROM placed JOIN harm USING (case_id) GROUP BY 1 ORDER BY 1
        """
    )
    heads = (
        *("channel", "placed", "oversold", "refused", "late", "came up short", "needed a person"),
        "not shipped by the end",
    )
    return Table(title="orders by channel", heads=heads, rows=_cells(rows))


def warehouses(record: Record) -> Table:
    """Return by warehouse how many releases it got and how many of its orders were oversold or short."""
    rows = record.rows(
        """
        WITH told AS (SELECT DISTINCT case_id, target AS site FROM events WHERE kind = 'ReleaseToWarehouse.sent'),
        harm AS (
            SELECT case_id, bool_or(kind = 'order.oversold') AS oversold,
                   bool_or(kind = 'WarehouseShort.sent') AS shorted
            FROM events WHERE case_id <> 0 GROUP BY 1
        )
        SELECT site, count(*), count_if(oversold), count_if(shorted) FROM told JOIN harm USING (case_id)
        GROUP BY 1 ORDER BY 1
        """
    )
    return Table(
        title="orders by warehouse", heads=("warehouse", "orders", "oversold", "came up short"), rows=_cells(rows)
    )


def ageing(records: Sequence[Record]) -> Table:
    """Return how long orders took from one milestone to the next: median, 95 % and the longest."""
    rows = []
    for record in records:
        for (name, kind), (before, earlier) in zip(MILESTONES[1:], MILESTONES, strict=False):
            ((p50, p95, most, count),) = record.rows(
                "WITH a AS (SELECT case_id, min(at_us) AS at FROM events WHERE kind = ? AND case_id <> 0 GROUP BY 1), "
                "b AS (SELECT case_id, min(at_us) AS at FROM events WHERE kind = ? AND case_id <> 0 GROUP BY 1) "
                "SELECT quantile_cont(b.at - a.at, 0.5), quantile_cont(b.at - a.at, 0.95), max(b.at - a.at), count(*) "
                "FROM a JOIN b USING (case_id)",
                earlier,
                kind,
            )
            if count:
                told = tuple(length(float(str(value))) for value in (p50, p95, most))
                rows.append((record.design, f"{before} to {name}", *told, number(int(str(count)))))
    heads = ("design", "from one state to the next", "p50", "p95", "longest", "orders")
    return Table(title="how long orders stay in a state (first replication)", heads=heads, rows=tuple(rows))


def seen(trace: Trace) -> Table:
    """Return what the buyer of an order saw, line by line, and what had changed since."""
    rows = tuple(
        (
            line.item,
            number(line.quantity),
            "the opening figure" if line.shown is None else number(line.shown),
            "the start" if line.shown_at_us is None else clock(line.shown_at_us),
            f"{line.changed}, {clock(line.changed_at_us)}" if line.changed_at_us is not None else "nothing",
            f"{line.moved}, {clock(line.moved_at_us)}" if line.moved_at_us is not None else "none",
            "never"
            if line.told is None or line.told_at_us is None
            else f"{number(line.told)}, {clock(line.told_at_us)}",
        )
        for line in trace.lines
    )
    heads = (
        *("item", "units", "figure on the page", "shown since", "first change of the item before the sale"),
        *("first movement at a warehouse before it", "next figure on the page"),
    )
    return Table(title="what the buyer saw", heads=heads, rows=rows)


def clock(us: int) -> str:
    """Write an instant of the run as days and a time of day.

    >>> clock(90_061_000_000)
    '1d 01:01:01'
    """
    seconds = us // 1_000_000
    days, rest = divmod(seconds, 86_400)
    told = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}d {told}" if days else told


def length(us: float) -> str:
    """Write a length of time for people.

    >>> [length(x) for x in (1_500, 2_500_000, 5_400_000_000, 200_000_000_000)]
    ['1.5 ms', '2.5 s', '1.5 h', '2.31 d']
    """
    for unit, size in (("d", 86_400e6), ("h", 3_600e6), ("min", 60e6), ("s", 1e6)):
        if abs(us) >= size:
            return f"{number(us / size)} {unit}"
    return f"{number(us / 1e3)} ms"


def _cells(rows: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(first), *(number(int(str(value or 0))) for value in rest)) for first, *rest in rows)
