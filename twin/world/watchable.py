"""Which measures can be watched while a run goes on, how their keys are written, and what is measured of alerts."""

import re
from typing import Final

LEVELS: Final = ("queue_length", "dlq_length", "orders_open", "drift_units", "ghost_stock_units", "stale_master_items")
COUNTS: Final = (
    *("orders_placed", "orders_accepted", "orders_rejected", "orders_backordered", "orders_cancelled"),
    *("orders_shipped", "oversold_units", "oversold_orders", "ack_deadline_missed", "lost_sales_units"),
    *("shorted_units", "late_orders", "corrected_units", "publications", "channel_calls", "throttled_calls"),
    *("order_fallout", "manual_touches", "illegal_transitions", "failed_transformations"),
)
SAMPLES: Final = ("availability_age_s", "capture_latency_s", "order_cycle_s", "milestone_lag_s", "api_latency_s")
RATE: Final = "goodput_per_s"
RATIO: Final = "attempts_per_call"
QUEUES: Final = ("middleware", "exceptions")
STATISTICS: Final = {"mean": -1.0, "p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
KEY: Final = re.compile(r"([a-z_]+)(?:\.([a-z0-9]+))?(?:\{([a-z]+)=([^,{}=]+)\})?")
HARM: Final = (
    *("oversold_units", "lost_sales_units", "late_orders", "ack_deadline_missed", "shorted_units", "order_fallout"),
    *("duplicate_erp_orders", "duplicate_shipments", "orders_not_in_time"),
)
"""Measures of harm: what is priced of an order, and orders that the ERP had not confirmed in time."""

ALERT_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "alerts_raised": ("count", "Alerts raised, in all and by rule."),
    "false_alarms": ("count", "Alerts without harm: nothing that a fault did, and no measure of harm themselves."),
    "time_to_detect_s": (
        "s",
        "From the first harm that a fault did to the first alert that it caused; or until the fault's hour was over.",
    ),
    "time_to_detect_censored": ("0/1", "No alert told of the fault; time_to_detect_s is the time looked at."),
}
"""Name to (unit, what it says)."""


def refusal(key: str) -> str | None:
    """Say why a key cannot be watched while a run goes on; None when it can."""
    found = KEY.fullmatch(key)
    name, statistic, label, value = found.groups() if found else ("", None, None, None)
    if name in LEVELS:
        queues = name == "queue_length"
        fits = statistic is None and (label == "queue" and value in QUEUES if queues else label is None)
        return None if fits else f"must be {name}{'{queue=middleware} or {queue=exceptions}' if queues else ''}"
    if name in COUNTS or name == RATE:
        return None if statistic is None and label is None else f"must be {name}, without a statistic or a label"
    if name == RATIO:
        return None if statistic is None and label in (None, "link") else f"must be {RATIO} or {RATIO}{{link=...}}"
    if name in SAMPLES:
        fits = statistic in STATISTICS and (label == "link") == (name == "api_latency_s") and label in (None, "link")
        tail = "{link=...}" if name == "api_latency_s" else ""
        return None if fits else f"must be {name}.{'|'.join(STATISTICS)}{tail}"
    return f"cannot be watched while a run goes on; these can: {', '.join((*LEVELS, *COUNTS, RATE, RATIO, *SAMPLES))}"
