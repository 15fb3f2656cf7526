"""What is measured of the further parties and of elastic workers."""

from typing import Final

FURTHER_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "labels_given": ("count", "Labels that a TMS got, by the interface of the carrier that gave them."),
    "rate_requests_refused": ("count", "Wishes for a label that a TMS refused because of its limit."),
    "tenders_declined": ("count", "Tenders that a carrier declined, or refused because of its limit."),
    "snapshot_read_s": ("s", "How long a read of business intelligence took."),
    "snapshot_age_s": ("s", "Age of the last complete snapshot at the end."),
    "notifications_sent": ("count", "Messages that customers got."),
    "notifications_given_up": ("count", "Messages that the provider was not given."),
    "notification_lag_s": ("s", "From the moment there was something to say until the provider took the message."),
    "payments": ("count", "What the payment provider did, and calls that its ledger did not allow (`refused`)."),
    "money_captured": ("money", "What the payment provider took, in the currency of the prices."),
    "money_refunded": ("money", "What the payment provider gave back."),
    "payment_wait_s": ("s", "From the promise of a buyer's bank until money was first taken under it."),
    "gateway_refused": ("count", "Calls that the API gateway refused, repeats included."),
    "gateway_given_up": ("count", "Calls whose sender gave up at the API gateway."),
    "broker_age_s": ("s", "How long a message lay at the broker before it was handed out."),
    "broker_length": ("count", "Messages that lay at the broker."),
    "broker_redelivered": ("count", "Messages that the broker handed out twice."),
    "broker_expired": ("count", "Messages that the broker dropped because nobody took them in time."),
    "returns_wait_s": ("s", "From the receipt of goods that came back until somebody had looked at them."),
    "stock_file_trouble": ("count", "Stock files of an older ERP that were late, cut short or repeated."),
    "extra_labour_hours": (
        "h",
        "Paid time of people beyond the planned ones, where actions change how many there are.",
    ),
    "extra_workers": ("count", "Workers beyond the design's `count`."),
    "extra_worker_hours": ("h", "Time of workers beyond the design's `count`, the time in which they start included."),
}
"""Name to (unit, what it says); a run without the party does not have them."""
