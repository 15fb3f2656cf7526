"""The catalogue of faults: what each kind does, where it can strike, what it takes, and what has no lever.

Identifiers and parameters are those of RELIABILITY 1. A kind without a lever is listed with the reason and refused
where a scenario asks for it.
"""

from dataclasses import dataclass
from typing import Final, Literal

PARTNERS: Final = ("erp_cloud", "erp_legacy", "wms", "storefront", "marketplace", "carrier")
LIMITED: Final = ("storefront", "marketplace", "carrier")
LINK: Final = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One kind of fault.

    `targets` are kinds of parties, or `link`. `needs` and `takes` are parameters by name. A kind that strikes `each`
    message by its coin takes `count`, `correlation`, `select` and the triggers that count messages.
    """

    text: str
    targets: tuple[str, ...]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    each: bool = True
    ends: tuple[str, ...] = ("heal", "permanent")
    visibility: tuple[Literal["error", "silence", "wrong", "late"], ...] = ("error",)
    assumption: Literal["A", "B", "C"] = "A"


_COIN: Final = ("probability",)
_RAMPED: Final = ("heal", "heal_slow_ramp", "permanent")

KINDS: Final[dict[str, FaultKind]] = {
    "N1": FaultKind(
        text="Requests are lost on the way.", targets=(LINK,), takes=_COIN, ends=_RAMPED,
        visibility=("silence", "error"),
    ),
    "N2": FaultKind(
        text="Acknowledgements are lost: the effect is done, the answer never comes.", targets=(LINK,), takes=_COIN,
        ends=_RAMPED, visibility=("silence", "error"),
    ),
    "N3": FaultKind(
        text="Messages leave later by `extra`, beyond what their sender waits for if that is longer than its timeout.",
        targets=(LINK,), needs=("extra",), takes=_COIN, ends=_RAMPED, visibility=("late",),
    ),
    "N4": FaultKind(
        text="Messages arrive a second time, up to `lag` after the first.", targets=(LINK,),
        takes=("probability", "lag"), ends=_RAMPED, visibility=("late",),
    ),
    "N5": FaultKind(
        text="Messages are delayed by up to `within`, so that later ones overtake them.", targets=(LINK,),
        needs=("within",), takes=_COIN, ends=_RAMPED, visibility=("late",),
    ),
    "N6": FaultKind(
        text="The link's latency is `factor` times what it was.", targets=(LINK,), needs=("factor",), takes=_COIN,
        ends=_RAMPED, visibility=("late",),
    ),
    "N7": FaultKind(
        text="Nothing passes; at the end everything does, at once and in order.", targets=(LINK,), takes=_COIN,
        ends=("heal_with_burst",), visibility=("late",),
    ),
    "N8": FaultKind(
        text="Partition: nothing passes, and what was sent is gone; one direction makes it one-way.", targets=(LINK,),
        visibility=("silence", "error"),
    ),
    "N10": FaultKind(
        text="Connections are reset: the sender learns at once that one broke, not whether the effect was done.",
        targets=(LINK,), takes=_COIN, ends=_RAMPED, visibility=("error",),
    ),
    "N11": FaultKind(
        text="The link carries `capacity` messages a second, one after the other.", targets=(LINK,),
        needs=("capacity",), each=False, visibility=("late",),
    ),
    "N12": FaultKind(
        text="Black hole: connections open and no byte ever comes.", targets=(LINK,), takes=_COIN,
        visibility=("silence",),
    ),
    "N14": FaultKind(
        text="As N11, and where more than `backlog` messages wait, the next one is dropped.", targets=(LINK,),
        needs=("capacity", "backlog"), each=False, visibility=("silence",),
    ),
    "E1": FaultKind(
        text="Calls fail at once with an error of the server.", targets=(*PARTNERS, "server"), takes=_COIN,
        ends=_RAMPED,
    ),
    "E2": FaultKind(
        text="Brownout: the service rate (`on: speed`) or the room (`on: workers`) is `factor` of what it was.",
        targets=(*PARTNERS, "server"), needs=("factor",), takes=("on",), each=False, ends=_RAMPED, visibility=("late",),
    ),
    "E3": FaultKind(
        text="Hang: calls are accepted and not answered; at the end they are forgotten, or worked off in a burst.",
        targets=(*PARTNERS, "server"), takes=_COIN, ends=("heal", "heal_with_burst", "permanent"),
        visibility=("silence",),
    ),
    "E4": FaultKind(
        text="The effect is done and the answer is an error.", targets=PARTNERS, takes=_COIN, ends=_RAMPED,
        visibility=("wrong",),
    ),
    "E5": FaultKind(
        text="The answer says success and nothing was done.", targets=PARTNERS, takes=_COIN, ends=_RAMPED,
        visibility=("wrong",), assumption="B",
    ),
    "E12": FaultKind(
        text="Maintenance: every call fails; it lasts `overrun` times as announced, and says when it will be back.",
        targets=PARTNERS, takes=("overrun",),
    ),
    "E13": FaultKind(
        text="At most `cap` calls are under way at once; more are refused.", targets=("erp_cloud", "wms", "carrier"),
        needs=("cap",), each=False,
    ),
    "E14": FaultKind(
        text="A record is locked by somebody for `extra`: what is asked of it meanwhile fails.",
        targets=("erp_cloud", "wms"), needs=("extra",), takes=_COIN,
    ),
    "E15": FaultKind(
        text="What is asked is refused for good (credit hold, closed item): no repeat helps.",
        targets=("erp_cloud", "wms"), takes=_COIN,
    ),
    "Q3": FaultKind(
        text="Calls are refused with a Retry-After of `extra`, whatever the limit says.",
        targets=(*LIMITED, "erp_cloud"), needs=("extra",), takes=_COIN,
    ),
    "P1": FaultKind(
        text="Crash: units in hand and what only memory knew are lost; it is back after `restart`.",
        targets=("middleware",), takes=("restart",), each=False, ends=("heal",), visibility=("silence",),
    ),
    "P4": FaultKind(
        text="Pause: nothing is done, then everything goes on as if no time had passed.", targets=("middleware",),
        each=False, ends=("heal",), visibility=("late",),
    ),
    "P5": FaultKind(
        text="Rolling restart: one worker is away.", targets=("middleware",), each=False, ends=("heal",),
        visibility=("late",),
    ),
    "D2": FaultKind(text="Transactions are aborted and run again.", targets=("store",), takes=_COIN, ends=_RAMPED),
    "D3": FaultKind(
        text="A commit is done and its outcome not known: the message comes again.", targets=("store",), takes=_COIN,
        ends=_RAMPED, visibility=("silence",),
    ),
    "D5": FaultKind(
        text="Slow store: a transaction takes `factor` times as long.", targets=("store",), needs=("factor",),
        each=False, ends=_RAMPED, visibility=("late",),
    ),
    "B1": FaultKind(
        text="A file is cut after the share `fraction` of its rows: the ERP's stock, or partners' orders.",
        targets=("erp_cloud", "erp_legacy", "edi_gateway"), needs=("fraction",), takes=_COIN, visibility=("wrong",),
    ),
    "B2": FaultKind(
        text="A file comes again after `lag`, whole: the ERP's stock, or partners' orders under the old number.",
        targets=("erp_cloud", "erp_legacy", "edi_gateway"),
        needs=("lag",), takes=_COIN, visibility=("late",),
    ),
    "B3": FaultKind(
        text="A file is late by `extra`.", targets=("erp_cloud", "erp_legacy", "edi_gateway"), needs=("extra",),
        takes=_COIN, visibility=("late",),
    ),
    "B6": FaultKind(
        text="The 997 that acknowledges a file of orders never comes; its sender sends the file again.",
        targets=("edi_gateway",), takes=_COIN, visibility=("silence",),
    ),
    "B8": FaultKind(
        text="A partner sends a new file under the control number of the one before.", targets=("edi_gateway",),
        takes=_COIN, visibility=("wrong",), assumption="B",
    ),
    "W1": FaultKind(
        text="Offline but at work: no call gets through, no fact comes; then all of them at once, device by device.",
        targets=("wms",), each=False, ends=("heal",), visibility=("silence",),
    ),
    "W2": FaultKind(
        text="Picks come out one short, beyond the profile's share.", targets=("wms",), takes=_COIN, ends=_RAMPED,
        visibility=("wrong",),
    ),
    "W3": FaultKind(
        text="Between a release and its pick somebody counts the bin and finds `delta` units less.", targets=("wms",),
        takes=("probability", "delta"), ends=_RAMPED, visibility=("late",),
    ),
    "Q1": FaultKind(
        text="The rate limit is cut to `factor` of what it was, and no header tells.", targets=LIMITED,
        needs=("factor",), each=False,
    ),
    "Q2": FaultKind(
        text="Another tenant of the same limit takes the share `taken` of it.", targets=LIMITED, needs=("taken",),
        each=False,
    ),
    "Q5": FaultKind(
        text="So many calls (`cap`) in a day; the counter is cleared every 24 h of elapsed time.", targets=LIMITED,
        needs=("cap",), each=False,
    ),
    "Q6": FaultKind(
        text="Penalty box: a refusal closes the door for `base`, and each further one for `factor` times as long.",
        targets=LIMITED, needs=("base",), takes=("factor",), each=False, assumption="B",
    ),
}  # fmt: skip

LATER_KINDS: Final[dict[str, str]] = {
    "N9": "partners clogged in one order and released in another",
    "N13": "names, certificates and credentials: calls carry no credentials here",
    "E6": "a batch of which some lines were applied: partners take whole documents",
    "E7": "an order that a partner accepts in part",
    "E8": "an order that is accepted and refused later",
    "E9": "stale reads: the middleware reads nothing back from partners",
    "E10": "items that move between the pages of a list",
    "E11": "idempotency keys that a partner forgets or ignores",
    "E16": "lists that take longer the more they hold",
    "E17": "answers that belong to somebody else",
    "Q4": "calls that cost more points than expected",
    "P2": "a crash in one of the gaps around the outbox: use P1 with a trigger `point`",
    "P3": "a crash in one of the gaps around an idempotency record",
    "P6": "a restore from a backup",
    "P7": "two leaders at once",
    "P8": "workers or memory that run out",
    "P9": "a stop that drops fetched messages",
    "P10": "timers lost over a restart",
    "M1": "a message that two workers hold",
    "M2": "redelivery after a lost acknowledgement: use N2 or N4 on the link",
    "M3": "a message that always fails",
    "M4": "a dead-letter queue that is full",
    "M5": "a redrive of old dead letters",
    "M6": "webhooks that come again for hours",
    "M7": "webhooks that never come: the storefront's own share of lost ones",
    "M8": "one key that holds up the others",
    "M9": "messages that expire unread",
    "M10": "a rebalance in mid-batch",
    "T1": "clocks that differ", "T2": "a clock that jumps", "T3": "a clock that jumps to and fro",
    "T4": "a clock that runs fast or slow", "T5": "zones and changes of the clocks", "T6": "leap days and period ends",
    "T7": "tokens judged by another clock",
    "D1": "writes lost at a crash",
    "D4": "a store that cannot be written", "D6": "a replica that lags", "D7": "torn records",
    "D8": "a missing unique index", "D9": "an idempotency store that forgets early",
    "X1": "schema drift", "X2": "unit drift", "X3": "identifiers merged or used again", "X4": "encodings and decimals",
    "X5": "payloads of no or of huge size", "X6": "one id with two contents", "X7": "order carried by equal stamps",
    "B4": "wrong totals",
    "B5": "a delta read as a snapshot", "B7": "a rejecting 997",
    "B9": "documents that cross", "B10": "an ASN that differs",
    "B11": "a cut-off missed by seconds",
    "W4": "a carrier that accepts late: use N3 or E3 on the carrier",
    "W5": "tracking out of order", "W6": "cancellations that race with picks", "W7": "returns before delivery",
    "W8": "edits in the ERP by hand", "W9": "operators who choose wrongly", "W10": "kits with a missing part",
    "L1": "peaks: the multipliers of the demand", "L2": "synchronised clients", "L3": "a flash sale",
    "L4": "the release of a backlog: the end of N7, E3 or E12", "L5": "a full resync",
    "C1": "timeouts in the wrong order: settings of a design", "C2": "retries at two layers",
    "C3": "retention shorter than redelivery: settings of a design", "C4": "safety stock changed in mid-flight",
    "C5": "a flag that flips in mid-flight",
}  # fmt: skip
"""Kinds without a lever, and what they would be."""
