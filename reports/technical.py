"""The tables of a report's technical half: interfaces, queues, stock in step, orders, people."""

from collections.abc import Mapping, Sequence
from typing import Final

from reports.tables import Table, estimate_cell
from twin.experiment.comparison import Comparison, Estimate
from twin.world.fallback_watch import FALLBACK_MEASURES

TECHNICAL: Final = (
    (
        "throughput and failures",
        ("throughput_per_s", "goodput_per_s", "success_share", "latency_s", "failed_transformations"),
    ),
    ("limits and breakers", ("throttled_calls", "breaker_open_s", "recovery_s", "recovery_censored", "collapsed")),
    ("fallbacks", tuple(FALLBACK_MEASURES)),
    ("queues and dead letters", ("queue_length", "queue_length_max", "dlq_length")),
    ("inventory in step", ("drift_units", "ghost_stock_units", "availability_age_s", "corrected_units")),
    ("orders", ("capture_latency_s", "order_cycle_s", "order_age_s", "milestone_lag_s")),
    ("conflicts and order of events", ("illegal_transitions", "sequence_violations", "lineage_gaps", "conflicts")),
    ("people", ("order_fallout", "manual_touches", "operator_hours", "floor_use")),
    ("alerts", ("alerts_raised", "false_alarms", "time_to_detect_s", "time_to_detect_censored")),
)
"""A title, and the measures in its table, each with its labels and statistics."""
AFFECTED: Final = (
    *("customers_affected", "warehouses_affected", "orders_at_risk", "oversold_orders", "late_orders", "lost_orders"),
    *("duplicate_erp_orders", "duplicate_shipments", "ack_deadline_missed", "order_fallout"),
)
"""Whom failures reached: the first three of all kinds of harm, the others each of one."""
GUESTS: Final = "A buyer without an account counts as one customer an order."
AFFECTED_NOTE: Final = (
    f"{GUESTS} An order is at risk that is open at the end and expected to be finished after its promise; where no "
    "date is told, nothing can be said of it."
)


def tables(comparison: Comparison) -> dict[str, Table]:
    """Return the tables that have a row, each under the name of its file."""
    made = {"interfaces": interfaces(comparison)}
    made |= {title.replace(" ", "-"): measures(comparison.estimates, title, names) for title, names in TECHNICAL}
    made["everything-else"] = measures(comparison.estimates, "everything else", _rest(comparison))
    return {name: table for name, table in made.items() if table.rows}


def interfaces(comparison: Comparison) -> Table:
    """Show each link by design: how long an attempt took, and how many attempts a call needed."""
    rows = []
    statistics = [f"api_latency_s.{name}" for name in ("p50", "p95", "p99")] + ["attempts_per_call"]
    keys = dict.fromkeys(key for design in comparison.designs for key in comparison.estimates[design])
    for link in [key[key.index("{") :] for key in keys if key.startswith(statistics[0] + "{")]:
        for design in comparison.designs:
            found = [comparison.estimates[design].get(f"{statistic}{link}") for statistic in statistics]
            rows.append((link[len("{link=") : -1], design, *(estimate_cell(each) for each in found)))
    heads = ("interface", "design", "latency p50, s", "p95, s", "p99, s", "attempts per call")
    return Table(title="interfaces and retry amplification", heads=heads, rows=tuple(rows))


def measures(estimates: Mapping[str, Mapping[str, Estimate]], title: str, names: Sequence[str]) -> Table:
    """Show measures by design, those of a name with all their labels and statistics; without a value, no row."""
    keys = dict.fromkeys(key for each in estimates.values() for key in each)
    rows = []
    for key in [key for name in names for key in keys if _is_of(key, name)]:
        found = [each.get(key) for each in estimates.values()]
        unit = next((each.unit for each in found if each is not None), "")
        if any(each is not None and each.mean is not None for each in found):
            rows.append((key, unit, *(estimate_cell(each) for each in found)))
    return Table(title=title, heads=("measure", "unit", *estimates), rows=tuple(rows))


def _rest(comparison: Comparison) -> list[str]:
    """Return the names of measures that no other table of the page has."""
    shown = {name for _, names in TECHNICAL for name in names} | {"api_latency_s", "attempts_per_call", "violations"}
    keys = dict.fromkeys(key for design in comparison.designs for key in comparison.estimates[design])
    names = dict.fromkeys(key.partition("{")[0].partition(".")[0] for key in keys)
    return [name for name in names if name not in shown]


def _is_of(key: str, name: str) -> bool:
    return key == name or (key.startswith((name + "{", name + ".")) and not key.split("{")[0].endswith(".n"))
