"""Faults of payloads, files, warehouses, carriers, people and load: families X, B, W and L of RELIABILITY 1."""

from typing import Final

from twin.world.fault_kind import COIN, RAMPED, SELLERS, FaultKind

TRADE: Final[dict[str, FaultKind]] = {
    "X1": FaultKind(
        text="Schema drift: an order comes with a field added, gone, renamed, of another type, or empty.",
        targets=SELLERS, takes=COIN, ends=RAMPED, visibility=("wrong",),
    ),
    "X2": FaultKind(
        text="Unit drift: the quantities of an order are `factor` times what was meant.", targets=SELLERS,
        needs=("factor",), takes=COIN, ends=RAMPED, visibility=("wrong",), assumption="C",
    ),
    "X3": FaultKind(
        text="Identifiers used again: an order's first item is another one, or is written otherwise.", targets=SELLERS,
        takes=COIN, ends=RAMPED, visibility=("wrong",), assumption="C",
    ),
    "X4": FaultKind(
        text="Encodings: an order comes with bytes that are no UTF-8.", targets=SELLERS, takes=COIN, ends=RAMPED,
        visibility=("wrong",),
    ),
    "X5": FaultKind(
        text="An order comes with nothing in it, or where `cap` is stated with its lines repeated to so many.",
        targets=SELLERS, takes=("probability", "cap"), ends=RAMPED, visibility=("wrong",),
    ),
    "X6": FaultKind(
        text="An order comes again `lag` later with another content under its number.", targets=SELLERS,
        needs=("lag",), takes=COIN, ends=RAMPED, visibility=("wrong",),
    ),
    "X7": FaultKind(
        text="Stamps are cut to `base`: what happened within it happened at one time.", targets=("wms", "carrier"),
        needs=("base",), takes=COIN, visibility=("wrong",),
    ),
    "B1": FaultKind(
        picks=False,
        text="A file is cut after the share `fraction` of its rows: the ERP's stock, or partners' orders.",
        targets=("erp_cloud", "erp_legacy", "edi_gateway"), needs=("fraction",), takes=COIN, visibility=("wrong",),
    ),
    "B2": FaultKind(
        picks=False,
        text="A file comes again after `lag`, whole: the ERP's stock, partners' orders under their number, a document.",
        targets=("erp_cloud", "erp_legacy", "edi_gateway"),
        needs=("lag",), takes=COIN, visibility=("late",),
    ),
    "B3": FaultKind(
        picks=False,
        text="A file is late by `extra`.", targets=("erp_cloud", "erp_legacy", "edi_gateway"), needs=("extra",),
        takes=COIN, visibility=("late",),
    ),
    "B4": FaultKind(
        picks=False,
        text="The total in a file's trailer is wrong by `delta`.", targets=("edi_gateway",),
        takes=("probability", "delta"), visibility=("wrong",),
    ),
    "B5": FaultKind(
        text="A file with the share `fraction` of the items says that it has them all.", targets=("pim",),
        needs=("fraction",), takes=COIN, visibility=("wrong",),
    ),
    "B6": FaultKind(
        picks=False,
        text="The 997 for a file of orders, or for a document to a partner, never comes; its sender sends it again.",
        targets=("edi_gateway",), takes=COIN, visibility=("silence",),
    ),
    "B7": FaultKind(
        picks=False,
        text="A file that was taken is answered as rejected; its sender sends it again under a new number.",
        targets=("edi_gateway",), takes=COIN, visibility=("wrong",),
    ),
    "B8": FaultKind(
        picks=False,
        text="A partner sends a new file under the control number of the one before.", targets=("edi_gateway",),
        takes=COIN, visibility=("wrong",), assumption="B",
    ),
    "B9": FaultKind(
        text="Documents cross: an order comes `extra` later than what its buyer says about it.", targets=SELLERS,
        needs=("extra",), takes=COIN, visibility=("late",),
    ),
    "B10": FaultKind(
        text="What arrives is `delta` units less than what was announced.", targets=("supplier",),
        takes=("probability", "delta"), visibility=("wrong",),
    ),
    "B11": FaultKind(
        picks=False,
        text="A file misses the poll of its mailbox by a second.", targets=("edi_gateway",), takes=COIN,
        visibility=("late",),
    ),
    "W1": FaultKind(
        text="Offline but at work: no call gets through, no fact comes; then all of them at once, device by device.",
        targets=("wms",), each=False, ends=("heal",), visibility=("silence",),
    ),
    "W2": FaultKind(
        text="Picks come out one short, beyond the profile's share.", targets=("wms",), takes=COIN, ends=RAMPED,
        visibility=("wrong",),
    ),
    "W3": FaultKind(
        text="Between a release and its pick somebody counts the bin and finds `delta` units less.", targets=("wms",),
        takes=("probability", "delta"), ends=RAMPED, visibility=("late",),
    ),
    "W4": FaultKind(
        text="A label is made and told `extra` later.", targets=("carrier",), needs=("extra",), takes=COIN,
        ends=RAMPED, visibility=("late",),
    ),
    "W5": FaultKind(
        text="Tracking out of order: scans are told up to `within` later, and a second time.", targets=("carrier",),
        needs=("within",), takes=COIN, visibility=("late",),
    ),
    "W6": FaultKind(
        text="An order is cancelled in the moment of its pick.", targets=("wms",), takes=COIN, visibility=("wrong",),
    ),
    "W7": FaultKind(
        text="A parcel comes back an hour after it left, before anybody has seen it delivered.", targets=("wms",),
        takes=COIN, visibility=("wrong",),
    ),
    "W8": FaultKind(
        text="Somebody books `delta` units off an item in the ERP by hand, every `base`.", targets=("erp_cloud",),
        needs=("base",), takes=("delta",), each=False, visibility=("wrong",), assumption="B",
    ),
    "W9": FaultKind(
        text="Operators choose wrongly: they park what they should redrive, and the other way round.",
        targets=("operators",), takes=COIN, visibility=("wrong",),
    ),
    "W10": FaultKind(
        text="Of a request with several lines the second is not found.", targets=("wms",), takes=COIN, ends=RAMPED,
        visibility=("wrong",),
    ),
    "L1": FaultKind(
        text="Peak: orders of a channel come `factor` times as often.", targets=SELLERS, needs=("factor",), each=False,
        visibility=("late",),
    ),
    "L2": FaultKind(
        text="Synchronised clients: the orders of a channel come at the full minute.", targets=SELLERS, takes=COIN,
        visibility=("late",),
    ),
    "L3": FaultKind(
        text="Flash sale: each order of a channel is followed by `cap` more, all of them for one item.",
        targets=SELLERS, needs=("cap",), takes=COIN, visibility=("late",),
    ),
    "L4": FaultKind(
        text="A channel holds its orders back, and hands all of them over at the end.", targets=SELLERS, takes=COIN,
        ends=("heal_with_burst",), visibility=("late",),
    ),
    "L5": FaultKind(
        text="Full resync: every figure of every channel is evaluated at once.", targets=("middleware",), each=False,
        ends=("heal",), visibility=("late",),
    ),
}  # fmt: skip
