"""Faults of connections, of partners' interfaces and of their limits: families N, E and Q of RELIABILITY 1."""

from typing import Final

from twin.world.fault_kind import COIN, LIMITED, LINK, PARTNERS, RAMPED, FaultKind

CALLS: Final[dict[str, FaultKind]] = {
    "N1": FaultKind(
        text="Requests are lost on the way.", targets=(LINK,), takes=COIN, ends=RAMPED,
        visibility=("silence", "error"),
    ),
    "N2": FaultKind(
        text="Acknowledgements are lost: the effect is done, the answer never comes.", targets=(LINK,), takes=COIN,
        ends=RAMPED, visibility=("silence", "error"),
    ),
    "N3": FaultKind(
        text="Messages leave later by `extra`, beyond what their sender waits for if that is longer than its timeout.",
        targets=(LINK,), needs=("extra",), takes=COIN, ends=RAMPED, visibility=("late",),
    ),
    "N4": FaultKind(
        text="Messages arrive a second time, up to `lag` after the first.", targets=(LINK,),
        takes=("probability", "lag"), ends=RAMPED, visibility=("late",),
    ),
    "N5": FaultKind(
        text="Messages are delayed by up to `within`, so that later ones overtake them.", targets=(LINK,),
        needs=("within",), takes=COIN, ends=RAMPED, visibility=("late",),
    ),
    "N6": FaultKind(
        text="The link's latency is `factor` times what it was.", targets=(LINK,), needs=("factor",), takes=COIN,
        ends=RAMPED, visibility=("late",),
    ),
    "N7": FaultKind(
        text="Nothing passes; at the end everything does, at once and in order.", targets=(LINK,), takes=COIN,
        ends=("heal_with_burst",), visibility=("late",),
    ),
    "N8": FaultKind(
        text="Partition: nothing passes, and what was sent is gone; one direction makes it one-way.", targets=(LINK,),
        visibility=("silence", "error"),
    ),
    "N9": FaultKind(
        text="Swizzle: the links of a party are clogged in one order and released in another, all within `within`.",
        targets=("middleware", "erp_cloud", "wms"), needs=("within",), each=False, ends=("heal_with_burst",),
        visibility=("late",),
    ),
    "N10": FaultKind(
        text="Connections are reset: the sender learns at once that one broke, not whether the effect was done.",
        targets=(LINK,), takes=COIN, ends=RAMPED, visibility=("error",),
    ),
    "N11": FaultKind(
        text="The link carries `capacity` messages a second, one after the other.", targets=(LINK,),
        needs=("capacity",), each=False, visibility=("late",),
    ),
    "N12": FaultKind(
        text="Black hole: connections open and no byte ever comes.", targets=(LINK,), takes=COIN,
        visibility=("silence",),
    ),
    "N13": FaultKind(
        text="Names, certificates or credentials fail: no connection is made, and its sender knows at once.",
        targets=(LINK,), takes=COIN, visibility=("error",),
    ),
    "N14": FaultKind(
        text="As N11, and where more than `backlog` messages wait, the next one is dropped.", targets=(LINK,),
        needs=("capacity", "backlog"), each=False, visibility=("silence",),
    ),
    "E1": FaultKind(
        text="Calls fail at once with an error of the server.", targets=(*PARTNERS, "edi_gateway", "server"),
        takes=COIN, ends=RAMPED,
    ),
    "E2": FaultKind(
        text="Brownout: the service rate (`on: speed`) or the room (`on: workers`) is `factor` of what it was.",
        targets=(*PARTNERS, "server"), needs=("factor",), takes=("on",), each=False, ends=RAMPED, visibility=("late",),
    ),
    "E3": FaultKind(
        text="Hang: calls are accepted and not answered; at the end they are forgotten, or worked off in a burst.",
        targets=(*PARTNERS, "edi_gateway", "server"), takes=COIN, ends=("heal", "heal_with_burst", "permanent"),
        visibility=("silence",),
    ),
    "E4": FaultKind(
        text="The effect is done and the answer is an error.", targets=PARTNERS, takes=COIN, ends=RAMPED,
        visibility=("wrong",),
    ),
    "E5": FaultKind(
        text="The answer says success and nothing was done.", targets=PARTNERS, takes=COIN, ends=RAMPED,
        visibility=("wrong",), assumption="B",
    ),
    "E6": FaultKind(
        text="Of a batch of figures the share `fraction` is taken; the answer says success and names what was taken.",
        targets=("storefront", "marketplace"), needs=("fraction",), takes=COIN, ends=RAMPED, visibility=("wrong",),
    ),
    "E7": FaultKind(
        text="An accepted request to ship is answered at once with its last line short: that one is not there.",
        targets=("wms",), takes=COIN, ends=RAMPED, visibility=("wrong",),
    ),
    "E8": FaultKind(
        text="An order is accepted for the time being, and refused `extra` later; nothing is made of it meanwhile.",
        targets=("erp_cloud",), needs=("extra",),
        takes=COIN, visibility=("late",),
    ),
    "E9": FaultKind(
        text="Stale reads: an answer or file that is read says how things stood `lag` before.",
        targets=("erp_cloud", "wms"), needs=("lag",), takes=COIN, ends=RAMPED, visibility=("late",),
    ),
    "E10": FaultKind(
        picks=False,
        text="Orders move between the pages of a list: the last of a page is left out, the first comes twice.",
        targets=("marketplace",), takes=COIN, ends=RAMPED, visibility=("wrong",),
    ),
    "E11": FaultKind(
        text="Idempotency keys are forgotten `base` after they were used.", targets=("erp_cloud",), needs=("base",),
        each=False, visibility=("wrong",), assumption="B",
    ),
    "E12": FaultKind(
        text="Maintenance: every call fails; it lasts `overrun` times as announced, and says when it will be back.",
        targets=PARTNERS, takes=("overrun",),
    ),
    "E13": FaultKind(
        text="At most `cap` calls are under way at once; more are refused.",
        targets=("erp_cloud", "wms", "carrier", "payment_provider"),
        needs=("cap",), each=False,
    ),
    "E14": FaultKind(
        text="A record is locked by somebody for `extra`: what is asked of it meanwhile fails.",
        targets=("erp_cloud", "wms", "payment_provider"), needs=("extra",), takes=COIN,
    ),
    "E15": FaultKind(
        text="What is asked is refused for good (credit hold, closed item): no repeat helps.",
        targets=("erp_cloud", "wms", "payment_provider"), takes=COIN,
    ),
    "E16": FaultKind(
        text="A list takes `extra` longer for each order that waits in it.", targets=("marketplace",),
        needs=("extra",), each=False, ends=RAMPED, visibility=("late",),
    ),
    "E17": FaultKind(
        text="An answer belongs to the call before it.", targets=("erp_cloud", "wms"), takes=COIN,
        visibility=("wrong",), assumption="C",
    ),
    "Q1": FaultKind(
        text="The rate limit is cut to `factor` of what it was, and no header tells.", targets=LIMITED,
        needs=("factor",), each=False,
    ),
    "Q2": FaultKind(
        text="Another tenant of the same limit takes the share `taken` of it.", targets=LIMITED, needs=("taken",),
        each=False,
    ),
    "Q3": FaultKind(
        text="Calls are refused with a Retry-After of `extra`, whatever the limit says.",
        targets=(*LIMITED, "erp_cloud"), needs=("extra",), takes=COIN,
    ),
    "Q4": FaultKind(
        text="Calls cost `factor` times the points that the caller expects.",
        targets=("storefront", "marketplace", "carrier"), needs=("factor",), each=False, visibility=("error",),
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
