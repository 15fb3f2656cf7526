"""What is followed over time in a recorded run, and how each line is counted from its events.

A band is one panel of a time line. Its query gives rows of a name, an instant and a value; the fold says what a bin of
time makes of them: `count` adds values up, `level` takes them as steps up and down and gives the mean level in the bin,
`max` takes the largest and 0 where there is none, `p95` takes the percentile, `ratio` divides rows by values (attempts
by calls).
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from twin.experiment.seen import OF_WAREHOUSES
from twin.experiment.trace import Record
from twin.middleware.unit import Outcome

Fold = Literal["count", "level", "max", "p95", "ratio"]
Line = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Bin = tuple[int, float, float, float, float, float]
"""Which bin, the sum of its values, what a level adds to it, its 95th percentile, how many values, the largest."""

LINES_MAX: Final = 5
"""A band shows so many lines, those with the largest values; what it leaves out stands in its title."""


@dataclass(frozen=True, slots=True)
class Band:
    """One panel: its title, the unit of its axis, how a bin is made, and the query that gives name, at_us, value."""

    title: str
    unit: str
    fold: Fold
    query: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a panel; `values` has one entry a bin, NaN where it has no sample; `size` is their sum or maximum."""

    name: str
    values: Line
    size: float


_ENDED: Final = "regexp_matches(kind, '\\.(ok|refused|failed|timeout)$')"
_CALLS: Final = f"""
    sent AS (SELECT *, replace(kind, '.sent', '') AS what FROM events WHERE kind LIKE '%.sent' AND quantity > 0),
    ended AS (SELECT *, regexp_replace(kind, '\\.[a-z]+$', '') AS what FROM events WHERE {_ENDED})
"""
"""Attempts and their ends: a party's facts are sent without an attempt's number and are no calls."""

BUSINESS: Final = (
    Band(
        "Orders",
        "orders",
        "count",
        "SELECT 'placed' AS name, at_us, 1 AS value FROM events WHERE kind = 'order.placed' "
        "UNION ALL SELECT 'shipments confirmed', at_us, 1 FROM events WHERE kind = 'ShipmentConfirmed.committed'",
    ),
    Band(
        "Orders that wait",
        "orders",
        "level",
        f"""
        WITH case_at AS (
            SELECT case_id, min(at_us) FILTER (kind = 'order.placed') AS placed,
                   min(at_us) FILTER (kind = 'SubmitOrder.committed') AS taken,
                   min(at_us) FILTER (kind = 'ErpConfirmed.committed') AS confirmed,
                   max(at_us) FILTER (kind = 'ShipmentConfirmed.committed') AS shipped,
                   bool_or(kind = 'SubmitOrder.committed' AND quantity = {int(Outcome.REJECTED)}) AS refused
            FROM events WHERE case_id <> 0 GROUP BY 1
        ),
        wait AS (
            SELECT 'for the intake' AS name, placed AS since, taken AS until FROM case_at
            UNION ALL SELECT 'for the ERP', taken, confirmed FROM case_at WHERE NOT refused
            UNION ALL SELECT 'for their shipment', taken, shipped FROM case_at WHERE NOT refused
        )
        SELECT name, since AS at_us, 1 AS value FROM wait WHERE since IS NOT NULL
        UNION ALL SELECT name, greatest(since, until), -1 FROM wait WHERE since IS NOT NULL AND until IS NOT NULL
        """,
    ),
    Band(
        "Oversold and refused",
        "orders",
        "count",
        f"""
        SELECT 'oversold' AS name, min(at_us) AS at_us, 1 AS value FROM events WHERE kind = 'order.oversold'
        GROUP BY case_id
        UNION ALL SELECT 'refused', at_us, 1 FROM events
        WHERE kind = 'SubmitOrder.committed' AND quantity = {int(Outcome.REJECTED)}
        """,
    ),
    Band(
        "Dead letters and exceptions",
        "items",
        "count",
        f"""
        SELECT 'calls given up' AS name, at_us, 1 AS value FROM events WHERE kind = 'GaveUp.committed'
        UNION ALL SELECT 'exceptions opened', at_us, 1 FROM events
        WHERE kind LIKE '%.committed' AND quantity = {int(Outcome.EXCEPTION)}
        UNION ALL SELECT 'taken by a person', at_us, 1 FROM events WHERE kind = 'exception.touched'
        """,
    ),
    Band(
        "Alerts raised",
        "alerts",
        "count",
        "SELECT coalesce(any_value(names.name), 'alert') AS name, at_us, 1 AS value FROM events "
        "LEFT JOIN names ON names.what = 'alert' AND names.number = events.message "
        "WHERE kind = 'alert.raised' GROUP BY at_us, message",
    ),
)
"""What happened to orders, and who was called."""

TECHNICAL: Final = (
    Band(
        "Messages finished by the middleware",
        "messages",
        "count",
        "SELECT 'messages' AS name, at_us, 1 AS value FROM events WHERE kind LIKE '%.committed'",
    ),
    Band(
        "Messages that wait for a worker of the middleware",
        "messages",
        "max",
        "SELECT 'messages' AS name, at_us, quantity AS value FROM events WHERE kind = 'queue.longest'",
    ),
    Band(
        "Attempts that did not succeed",
        "attempts",
        "count",
        "SELECT CASE regexp_extract(kind, '[a-z]+$') WHEN 'timeout' THEN 'timed out' "
        "ELSE regexp_extract(kind, '[a-z]+$') END AS name, at_us, 1 AS value FROM events "
        "WHERE regexp_matches(kind, '\\.(refused|failed|timeout)$')",
    ),
    Band(
        "Retry amplification",
        "attempts per call",
        "ratio",
        f"WITH {_CALLS} SELECT target AS name, at_us, (quantity = 1)::INTEGER AS value FROM sent "
        f"WHERE target IN (SELECT target FROM sent WHERE quantity > 1)",
    ),
    Band(
        "Latency of an attempt",
        "s, p95",
        "p95",
        f"WITH {_CALLS} SELECT sent.target AS name, sent.at_us, (ended.at_us - sent.at_us) / 1e6 AS value "
        "FROM sent JOIN ended USING (message, what, quantity)",
    ),
    Band(
        "Calls under way",
        "calls",
        "level",
        f"WITH {_CALLS} SELECT target AS name, at_us, 1 AS value FROM sent "
        "UNION ALL SELECT source, at_us, -1 FROM ended",
    ),
    Band(
        "Wait before the first attempt: outbox, limiter, breaker",
        "s, p95",
        "p95",
        f"""
        WITH {_CALLS},
        decided AS (SELECT message AS cause, min(at_us) AS since FROM events WHERE kind LIKE '%.committed' GROUP BY 1)
        SELECT target AS name, at_us, (at_us - since) / 1e6 AS value FROM sent JOIN decided USING (cause)
        WHERE quantity = 1 AND at_us >= since
        """,
    ),
    Band(
        "Breakers not closed",
        "share of time",
        "level",
        "SELECT target AS name, at_us, CASE kind WHEN 'breaker.opened' THEN 1 ELSE -1 END AS value FROM events "
        "WHERE kind IN ('breaker.opened', 'breaker.closed')",
    ),
    Band(
        "Fallbacks in force",
        "share of time",
        "level",
        "SELECT target AS name, at_us, CASE kind WHEN 'fallback.on' THEN 1 ELSE -1 END AS value FROM events "
        "WHERE kind IN ('fallback.on', 'fallback.off')",
    ),
    Band(
        "From a warehouse's movement to the channel's next figure",
        "s, p95",
        "p95",
        f"""
        WITH figure AS (SELECT item, at_us, source FROM events WHERE kind = 'stock.shown'),
        moved AS (
            SELECT item, at_us, channel FROM events CROSS JOIN (SELECT DISTINCT source AS channel FROM figure)
            WHERE kind IN {OF_WAREHOUSES}
        )
        SELECT channel AS name, moved.at_us, (figure.at_us - moved.at_us) / 1e6 AS value
        FROM moved ASOF JOIN figure
        ON moved.item = figure.item AND channel = figure.source AND moved.at_us <= figure.at_us
        """,
    ),
)
"""What happened to interfaces, and how fast stock became known."""


def curves(band: Band, record: Record, bins: int, width_us: int) -> list[Curve]:
    """Return the lines of a band in `bins` bins of `width_us`, the largest first; none where nothing of it happened."""
    rows = record.rows(
        f"WITH band AS ({band.query}), binned AS (SELECT *, least(at_us // {width_us}, {bins - 1}) AS bin FROM band) "
        f"SELECT name, bin, sum(value), sum(value * ((bin + 1) * {width_us} - at_us)) / {width_us}, "
        "quantile_cont(value, 0.95), count(*), max(value) FROM binned GROUP BY 1, 2 ORDER BY 1, 2"
    )
    found: dict[str, list[Bin]] = {}
    for name, place, *numbers in rows:
        total, rest, p95, count, most = (float(str(each)) for each in numbers)
        found.setdefault(str(name), []).append((int(str(place)), total, rest, p95, count, most))
    made = [_curve(name, band.fold, parts, bins) for name, parts in found.items()]
    return sorted((curve for curve in made if curve.size > 0), key=lambda curve: (-curve.size, curve.name))


def _curve(name: str, fold: Fold, parts: list[Bin], bins: int) -> Curve:
    values = np.full(bins, np.nan if fold in ("p95", "ratio") else 0.0)
    steps = np.zeros(bins)
    for place, total, rest, p95, count, most in parts:
        steps[place] = total
        folded = {"count": total, "level": rest, "max": most, "p95": p95}
        values[place] = (count / total if total else np.nan) if fold == "ratio" else folded[fold]
    if fold == "level":
        values += np.concatenate(([0.0], np.cumsum(steps)[:-1]))
    size = float(values.sum() if fold == "count" else np.nanmax(values, initial=0.0))
    return Curve(name, values, size)
