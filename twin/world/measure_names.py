"""Every measure of a run by name: its unit and what it says."""

from typing import Final

from twin.world.affected import AFFECTED_MEASURES
from twin.world.call_watch import CALL_MEASURES
from twin.world.fallback_watch import FALLBACK_MEASURES
from twin.world.further_measures import FURTHER_MEASURES
from twin.world.lineage import LINEAGE_MEASURES
from twin.world.partner_documents import DOCUMENT_MEASURES
from twin.world.site_work import SITE_MEASURES
from twin.world.subscriptions import SUBSCRIPTION_MEASURES
from twin.world.watchable import ALERT_MEASURES

MEASURES: Final[dict[str, tuple[str, str]]] = (
    {
        "orders_placed": ("orders", "Orders that channels took."),
        "orders_accepted": ("orders", "Orders that the middleware accepted."),
        "orders_rejected": ("orders", "Orders that the middleware refused."),
        "orders_backordered": ("orders", "Accepted orders of which some units had to wait for supply."),
        "orders_cancelled": ("orders", "Orders withdrawn or cancelled whole."),
        "orders_shipped": ("orders", "Orders of which the last unit was shipped."),
        "orders_closed": ("orders", "Orders invoiced, settled and archived."),
        "orders_open": ("orders", "Accepted orders not yet closed at the end."),
        "oversold_units": ("units", "Units of orders that were not free when the order was taken in: q - A."),
        "oversold_orders": ("orders", "Orders with at least one oversold unit."),
        "oversell_rate": ("share", "Oversold orders per order placed."),
        "ack_deadline_missed": (
            "orders",
            "Orders whose channel got its first answer after its deadline, or none by then.",
        ),
        "lost_sales_units": (
            "units",
            "Units asked by buyers and not sold because too little was shown while enough was free.",
        ),
        "fill_rate": ("share", "Units promised from stock at intake per unit ordered."),
        "late_orders": (
            "orders",
            "Orders with a date that shipped after it, or are still open after it; null where no date is told.",
        ),
        "shorted_units": ("units", "Promised units that the warehouse could not find."),
        "returned_units": ("units", "Units that came back under an agreed or undelivered return."),
        "unauthorised_returns": ("count", "Receipts of goods that nobody had agreed to."),
        "drift_units": ("units", "ERP booked against warehouse book, absolute, summed over items, time-weighted."),
        "corrected_units": (
            "units",
            "Units by which reconciliation corrected our ledger and the ERP's book, absolute.",
        ),
        "stale_master_items": (
            "items",
            "Items that the middleware sells and their master does not, or the other way round, time-weighted.",
        ),
        "ghost_stock_units": ("units", "Units shown as sellable somewhere and in no warehouse, time-weighted."),
        "availability_age_s": ("s", "Age of the figure at each look: 0 while nothing has changed since it was right."),
        "publications": ("count", "Values sent to channels."),
        "channel_calls": ("count", "Attempts at channels' stock interfaces, refused and repeated ones included."),
        "capture_latency_s": ("s", "From placed to confirmed by the ERP."),
        "order_cycle_s": ("s", "From placed to the last unit shipped."),
        "milestone_lag_s": ("s", "From a carrier's scan to the customer portal, per milestone told."),
        "throughput_per_s": ("1/s", "Messages that the middleware finished."),
        "api_latency_s": ("s", "One attempt from sent to answered or timed out, per link."),
        "attempts_per_call": ("ratio", "Attempts per call, per link and in total."),
        "throttled_calls": ("count", "Attempts refused by a partner's limit."),
        "breaker_open_s": ("s", "Time that a breaker was not closed, summed over breakers."),
        "queue_length": ("count", "Messages waiting for a worker."),
        "dlq_length": ("count", "Dead letters: messages and outbox rows that wait for somebody."),
        "order_fallout": ("orders", "Orders that needed a person at least once."),
        "manual_touches": ("count", "Items that people took from an exception queue."),
        "operator_hours": ("h", "Time that operators spent on items."),
        "duplicate_erp_orders": ("count", "Sales orders in the ERP beyond one per business key."),
        "duplicate_shipments": ("count", "Shipments, labels and releases beyond one per key."),
        "lost_orders": ("count", "Acknowledged orders that are nowhere at the end."),
        "illegal_transitions": ("count", "Messages that an order's state did not allow; kept as exceptions."),
        "sequence_violations": ("count", "Gaps in keyed streams that lasted, and numbers with two contents."),
        "baskets_kept": ("count", "Baskets of which something was kept for their buyers."),
        "baskets_lapsed": ("count", "Baskets whose units were let go because no order came in time."),
        "conflicts": ("count", "Commits whose reads had changed; run again."),
        "floor_use": ("share", "Busy per paid hour of labour, by site."),
        "violations": ("count", "Broken invariants, per invariant."),
        "invariant_violations": ("count", "Broken invariants that the design did not give up."),
        "cost_of_failure": ("money", "What failures cost: the sum of price times measure, in one currency."),
        "violations_declared": ("count", "Broken invariants that the design declared it gives up."),
    }
    | AFFECTED_MEASURES
    | CALL_MEASURES
    | FALLBACK_MEASURES
    | LINEAGE_MEASURES
    | ALERT_MEASURES
    | FURTHER_MEASURES
    | SITE_MEASURES
    | DOCUMENT_MEASURES
    | SUBSCRIPTION_MEASURES
)
"""Name to (unit, what it says)."""


def unit_of(key: str) -> str:
    """Return the unit of a measure's key."""
    name = key.split("{")[0].split(".")[0]
    if key.endswith(".n") or ".n{" in key:
        return "count"
    return MEASURES[name][0]
