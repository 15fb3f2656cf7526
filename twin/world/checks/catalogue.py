"""The catalogue of invariants that are checked while a run goes on, in the words of RELIABILITY 2.

Not among them, and why: S-14's parts beyond files of orders have nothing to look at; P-9 is a warning of `twin check`;
P-10 speaks of work that is shed, and nothing sheds work here; L-5 is measured (`recovery_s`, `collapsed`); L-3 compares
runs and L-6 follows a repair, and both are tests (tests/world/test_bulkhead.py); the R- and V-families are too.
"""

from typing import Final, Literal, NamedTuple

Family = Literal["stock", "promises", "orders", "effects", "letters", "calls", "sides", "files", "end"]


class Check(NamedTuple):
    """One invariant: who checks it, under which faults it must hold, and what it says.

    `assumes` is the widest class of faults: A inside the partners' contracts, B outside but detectable.
    """

    family: Family
    assumes: Literal["A", "B"]
    text: str


CATALOGUE: Final[dict[str, Check]] = {
    "S-1": Check(
        "stock", "A",
        "Stock of each item at each warehouse is its opening plus what was booked in, less what was booked out; what "
        "left one warehouse for another has arrived, is on the road, or was missed on arrival.",
    ),
    "S-2": Check(
        "stock", "A",
        "Our positions are their opening plus our movements, each once; a stream of facts has come to what its "
        "warehouse had by then.",
    ),
    "S-2b": Check(
        "stock", "A",
        "granted = released + consumed + expired + live, none below 0; live claims add up to what positions say.",
    ),
    "S-2c": Check(
        "promises", "A",
        "An order is promised at most what is free when it is taken in, and nothing less because of a buffer.",
    ),
    "S-3": Check(
        "effects", "A",
        "At most one sales order, release, label, shipment and invoice per business key, in the party's own ledger.",
    ),
    "S-4": Check(
        "effects", "A",
        "Every acknowledged order is in the ERP, was refused to its channel, is a dead letter or still under way.",
    ),
    "S-5": Check(
        "orders", "A",
        "Only legal moves of an order's parts, each with its own cause and a higher version; no unit is lost.",
    ),
    "S-6": Check(
        "effects", "A",
        "What leaves under one key leaves in the order of its commits; an older version never replaces a newer one.",
    ),
    "S-7": Check("effects", "A", "A message takes effect once while it is remembered, however often it comes."),
    "S-8": Check(
        "effects", "A",
        "What is sent was committed before; at the end nothing committed is forgotten: it is sent, waits or is parked.",
    ),
    "S-9": Check("orders", "A", "A write rests on the version that was there: whoever read an older one is refused."),
    "S-10": Check(
        "promises", "A",
        "An oversold unit has its excuse: a figure that was right at its as_of and not older than configured.",
    ),
    "S-10b": Check(
        "promises", "A",
        "A figure published from the ledger is what the rule says of the state that the ledger had at its as_of.",
    ),
    "S-11": Check(
        "letters", "A",
        "What stands in an exception queue can be read by the version that runs, and reads as what it was.",
    ),
    "S-12": Check(
        "promises", "A",
        "A published figure rises only after something has changed: the item's record, an expiry, a date, a buffer.",
    ),
    "S-13": Check(
        "orders", "A",
        "No more money is taken than was promised and has left in goods, none goes back that was not taken, no key is "
        "booked twice; where none is on its way, the provider's ledger is ours.",
    ),
    "S-14": Check(
        "files", "B",
        "A gateway lets a file through once, by number and by content, and only with the records that it states.",
    ),
    "A-1": Check(
        "letters", "A",
        "An item of an exception queue is opened, settled once with an entry in the audit, or still there; never done "
        "and open at a time.",
    ),
    "A-2": Check(
        "letters", "A",
        "Every item has code, attempts, first and last failure, bytes, key, owner and runbook, and keeps its identity.",
    ),
    "A-3": Check("calls", "A", "What was refused for good is not tried again; nothing more often than its rule says."),
    "A-4": Check("calls", "A", "Attempts of a call are numbered without gaps, one at a time, and each ends once."),
    "A-5": Check("calls", "A", "Calls offered to an interface = begun + waiting + turned away + dropped by a crash."),
    "A-6": Check("files", "A", "A file is answered, sent again in time, or given up and counted."),
    "P-1": Check(
        "sides", "A",
        "A breaker opens on the rates of its own window alone, lets nothing through while open, and ignores outcomes "
        "from before a move.",
    ),
    "P-2": Check("sides", "A", "A breaker lets a probe through once its time is over, and does not stay half-open."),
    "P-3": Check("sides", "A", "In any window retries <= deposit x first attempts + capacity of the budget."),
    "P-4": Check("calls", "A", "Every wait lies in the interval of its rule, and is not shorter than was asked for."),
    "P-5": Check("calls", "A", "A caller that knows a limit keeps it: burst + rate x length, and its concurrency."),
    "P-6": Check("sides", "A", "Tokens of a quota = before - cost + refund of the last cost, within its capacity."),
    "P-7": Check("sides", "A", "No attempt starts at or after the deadline of its call."),
    "P-8": Check(
        "orders", "A",
        "An order that comes again with the same content claims nothing; with other content it changes nothing.",
    ),
    "L-1": Check("end", "A", "Every accepted order that is not over has something that will move it on."),
    "L-2": Check(
        "end", "A",
        "Where nothing has moved for T_conv, our ledger, the ERP and the warehouses agree, and so do open orders.",
    ),
    "L-4": Check("end", "B", "Where books are compared, a difference older than T_rec was mended or raised."),
    "L-7": Check("end", "A", "Messages that are handled come to an end: not for G long do all of them wait again."),
    "leaks": Check(
        "end", "A",
        "At the end no unit is reserved for an order that is archived or over, or that wants no more units.",
    ),
}  # fmt: skip
"""Identifier to invariant."""

CHECKED: Final = tuple(CATALOGUE)
"""Identifiers of what is checked, in the order in which they are listed."""
JUDGED: Final = (*[name for name, check in CATALOGUE.items() if check.family == "sides"], "P-4")
"""Those that are judged by what policies decide alone: a world without a distributor has them too."""
