"""Which queue an exception goes to: its class, the team that owns it, its runbook, and when it is due.

Two tables as data. `CODES` gives every code its class; `DUTIES` gives every class an owner, a runbook, a time, and what
the runbook has its people do. A class without an owner cannot be deployed: `ExceptionRouting` refuses to be made, so a
scenario or a live process that names none stops before it starts. A code that no table knows is a CONFLICT, for that is
the class about which only a person can decide. Sources: DOMAIN 12 for the classes; owners and due times are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from policies.throttle import TokenBucket
from twin.errors import UsageError
from twin.model.instant import DAY, HOUR, MINUTE, Elapsed
from twin.model.order import HoldKind


class Category(Enum):
    """The classes of DOMAIN 12."""

    TRANSIENT = "TRANSIENT"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    THROTTLED = "THROTTLED"
    POISON = "POISON"
    CONTRACT = "CONTRACT"
    VALIDATION = "VALIDATION"
    REFERENCE_MISSING = "REFERENCE_MISSING"
    CONFLICT = "CONFLICT"
    BUSINESS_REJECT = "BUSINESS_REJECT"
    SECURITY = "SECURITY"


class Duty(NamedTuple):
    """Who answers for a class, and how.

    `action` is what the runbook ends in: `redrive` when the cause is gone, `wait` for what will raise the item by
    itself, or `park` it with the reason. `redrivable` tells whether anybody may redrive it at all.
    """

    owner: str | None
    runbook: str
    due_us: Elapsed
    action: Literal["redrive", "park", "wait"]
    redrivable: bool = True


DUTIES: Final[Mapping[Category, Duty]] = MappingProxyType(
    {
        Category.TRANSIENT: Duty(
            "platform",
            "See that the partner answers again, then redrive; do not redrive into an outage.",
            1 * HOUR,
            "redrive",
        ),
        Category.UNKNOWN_OUTCOME: Duty(
            "platform",
            "Ask the partner whether the key is known. Redrive under the same key either way.",
            1 * HOUR,
            "redrive",
        ),
        Category.THROTTLED: Duty(
            "platform",
            "See that the quota has room again, then redrive within it.",
            2 * HOUR,
            "redrive",
        ),
        Category.POISON: Duty(
            "integration",
            "Keep the raw bytes and ask the partner for a readable file; it comes as a new one.",
            1 * DAY,
            "park",
        ),
        Category.CONTRACT: Duty(
            "integration",
            "Find out which side left the contract; redrive under the new mapping, or refuse.",
            8 * HOUR,
            "wait",
        ),
        Category.VALIDATION: Duty(
            "order desk",
            "Refuse it to its sender with the reason; a correction comes under a new id.",
            4 * HOUR,
            "park",
        ),
        Category.REFERENCE_MISSING: Duty(
            "master data",
            "Ask for the item, customer or order that is missing; its arrival raises this by itself.",
            4 * HOUR,
            "wait",
        ),
        Category.CONFLICT: Duty(
            "order desk",
            "Compare both sides, decide which one is right, and say so to the other.",
            4 * HOUR,
            "park",
        ),
        Category.BUSINESS_REJECT: Duty(
            "order desk",
            "The answer has been given; nothing is to be repeated.",
            1 * DAY,
            "park",
            redrivable=False,
        ),
        Category.SECURITY: Duty(
            "security",
            "Audit only: nothing from this sender is redriven.",
            30 * MINUTE,
            "park",
            redrivable=False,
        ),
    }
)

CODES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        code: category
        for category, codes in (
            (Category.TRANSIENT, "DELIVERY_FAILED BACKLOG_FULL RESTARTS_USED_UP SEQUENCE_FULL SEQUENCE_GAP"),
            (Category.UNKNOWN_OUTCOME, "DELIVERY_TIMEOUT"),
            (Category.THROTTLED, "DELIVERY_REFUSED PUBLICATION_LAG"),
            (Category.POISON, "UNREADABLE POISONED"),
            (Category.CONTRACT, "UNKNOWN_VERSION SCHEMA_VIOLATED CONTROL_TOTAL DELETION_GUARD"),
            (
                Category.VALIDATION,
                "UNFIT UOM_NOT_EXACT UOM_UNKNOWN ITEM_CLOSED GTIN_INVALID XREF_AMBIGUOUS KEY_MISSING",
            ),
            (Category.REFERENCE_MISSING, "REFERENCE_MISSING LISTING_REFUSED"),
            (
                Category.CONFLICT,
                "ILLEGAL_TRANSITION SEQ_CONFLICT BUSINESS_KEY_CONFLICT KEY_REUSED STALE_FENCE NOT_AUTHORITY "
                "ERP_DUPLICATE ERP_UNEXPECTED ERP_REFUSED_LATE SAGA_STUCK HOLD_OVERDUE WMS_CONFLICT SHIPMENT_CONFLICT "
                "OVERSHIP INVOICE_EXCEEDS PAYMENT_CONFLICT PROMISE_AT_RISK OVERCOMMITTED LEDGER_DRIFT LINEAGE_GAP "
                "UNAUTHORISED_RETURN TRACKING_SILENT UNCONFIRMED_SHIPMENT FOUND LOST_SHIPMENT SCAN_AFTER_VOID "
                "TOO_MANY_SCANS POSTING_REFUSED POSTING_BLOCKED PERIOD_SHIFTED "
                "ERP_COMMIT_DIFF BOP_VIOLATION RECONCILIATION TRANSFER_SHORT AT_RISK LATE "
                "HELD_PRICE HELD_APPROVAL HELD_SUSPECT HELD_ADDRESS",
            ),
            (Category.BUSINESS_REJECT, "NO_PROMISE CREDIT"),
            (Category.SECURITY, "SIGNATURE SCOPE"),
        )
        for code in codes.split()
    }
)


HELD: Final[Mapping[HoldKind, str]] = MappingProxyType(
    {
        HoldKind.CREDIT: "CREDIT",
        HoldKind.REFERENCE: "REFERENCE_MISSING",
        HoldKind.PRICE: "HELD_PRICE",
        HoldKind.APPROVAL: "HELD_APPROVAL",
        HoldKind.SUSPECT: "HELD_SUSPECT",
        HoldKind.ADDRESS: "HELD_ADDRESS",
    }
)
"""The code of a hold that a person has to decide about; a payment comes or does not, and no person is asked."""


class Routed(NamedTuple):
    """Where an exception goes."""

    category: Category
    owner: str
    runbook: str
    due_us: Elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRouting:
    """The two tables of one deployment, and how fast people may redrive.

    `redrives_max` is how often an item is redriven in vain before its people park it.

    Raises:
        UsageError: a class has no owner.
    """

    duties: Mapping[Category, Duty] = field(default_factory=lambda: dict(DUTIES))
    limit: TokenBucket = field(default_factory=lambda: TokenBucket(10, MINUTE, 10))
    redrives_max: int = 3

    def __post_init__(self) -> None:
        for category in Category:
            duty = self.duties.get(category)
            if duty is None or not duty.owner:
                raise UsageError(f"the exception class {category.value} has no owner and cannot be deployed")

    def route(self, code: str) -> Routed:
        """Return class, owner, runbook and time of a code."""
        category = CODES.get(code, Category.CONFLICT)
        duty = self.duties[category]
        assert duty.owner
        return Routed(category, duty.owner, duty.runbook, duty.due_us)

    def duty(self, category: str) -> Duty:
        """Return the duty of a class that is known by its name."""
        return self.duties[Category(category)]
