"""Faults of the middleware's process, its queues, clocks, store and settings: families P, M, T, D and C."""

from typing import Final

from twin.world.fault_kind import COIN, LINK, RAMPED, FaultKind

OUTBOX_GAPS: Final = ("before_commit", "after_commit", "after_send", "before_mark")
"""A unit is about to commit; it has committed and sent nothing; an outbox row was sent; it was acknowledged and is not
marked yet."""
RECORD_GAPS: Final = ("before_begin", "before_commit", "after_commit", "before_send", "before_mark")
"""A message was taken and nothing has run; it has run and is not remembered; it is remembered and not answered; a row
is about to be sent; its answer is there and not marked yet."""
POINTS: Final = tuple(dict.fromkeys((*OUTBOX_GAPS, *RECORD_GAPS)))

PROCESS: Final[dict[str, FaultKind]] = {
    "P1": FaultKind(
        text="Crash: units in hand and what only memory knew are lost; it is back after `restart`.",
        targets=("middleware",), takes=("restart",), each=False, ends=("heal",), visibility=("silence",), points=POINTS,
    ),
    "P2": FaultKind(
        text="Crash in one of the gaps around the outbox: P1 at a point.", targets=("middleware",), takes=("restart",),
        each=False, ends=("heal",), visibility=("silence",), points=OUTBOX_GAPS,
    ),
    "P3": FaultKind(
        text="Crash in one of the gaps around an idempotency record: P1 at a point.", targets=("middleware",),
        takes=("restart",), each=False, ends=("heal",), visibility=("silence",), points=RECORD_GAPS,
    ),
    "P4": FaultKind(
        text="Pause: nothing is done, then everything goes on as if no time had passed.", targets=("middleware",),
        each=False, ends=("heal",), visibility=("late",),
    ),
    "P5": FaultKind(
        text="Rolling restart: one worker is away.", targets=("middleware",), each=False, ends=("heal",),
        visibility=("late",),
    ),
    "P6": FaultKind(
        text="Restore from a backup that is at most `lag` old: committed state goes back to it, the world does not.",
        targets=("middleware",), needs=("lag",), takes=("restart",), each=False, ends=("heal",),
        visibility=("silence",), assumption="B",
    ),
    "P7": FaultKind(
        text="Two leaders: what was scheduled is done by both.", targets=("middleware",), takes=COIN,
        visibility=("wrong",),
    ),
    "P8": FaultKind(
        text="Workers are used up: `cap` are left.", targets=("middleware",), needs=("cap",), each=False,
        visibility=("late",),
    ),
    "P9": FaultKind(
        text="A stop drops `cap` fetched messages: their broker delivers them again; work goes on after `restart`.",
        targets=("middleware",), needs=("cap",), takes=("restart",), each=False, ends=("heal",), visibility=("late",),
    ),
    "P10": FaultKind(
        text="Timers are lost: what is due is found by the next sweep, a quarter of an hour later.",
        targets=("middleware",), takes=COIN, visibility=("late",),
    ),
    "M1": FaultKind(
        text="A message is delivered again `lag` after a worker took it, whether or not that one is done.",
        targets=("middleware",), needs=("lag",), takes=COIN, visibility=("wrong",),
    ),
    "M2": FaultKind(
        text="The acknowledgement of a message is lost: it is delivered again after `lag`.", targets=("middleware",),
        needs=("lag",), takes=COIN, visibility=("late",),
    ),
    "M3": FaultKind(
        text="Poison: an order fails whenever it is handled, `cap` times; then it is a dead letter.",
        targets=("middleware",), takes=("probability", "cap"), visibility=("error",),
    ),
    "M4": FaultKind(
        text="The queue of dead letters takes no more than `cap`: what fails is tried again until there is room.",
        targets=("middleware",), needs=("cap",), each=False, visibility=("error",), assumption="B",
    ),
    "M5": FaultKind(
        text="All dead letters are redriven at once, the youngest first, and then once more.", targets=("middleware",),
        each=False, ends=("heal",), visibility=("late",),
    ),
    "M6": FaultKind(
        text="Webhooks come again with their first content, eight times within four hours.", targets=("storefront",),
        takes=COIN, visibility=("late",),
    ),
    "M7": FaultKind(
        text="Webhooks are never sent.", targets=("storefront",), takes=COIN, visibility=("silence",),
    ),
    "M8": FaultKind(
        text="A message is held for `extra`, and with it all that follow it under its key.", targets=("middleware",),
        needs=("extra",), takes=COIN, visibility=("late",),
    ),
    "M9": FaultKind(
        text="Messages that have waited for a worker for `extra` expire unread.", targets=("middleware",),
        needs=("extra",), each=False, visibility=("silence",), assumption="B",
    ),
    "M10": FaultKind(
        text="Rebalance: when a message is handed to a worker, all others in hand are handed out a second time.",
        targets=("middleware",), takes=COIN, visibility=("wrong",),
    ),
    "T1": FaultKind(
        text="A clock is wrong by `extra`, ahead or behind (`way`).", targets=("middleware", "storefront", "pim"),
        needs=("extra",), takes=("way",), each=False, visibility=("wrong",),
    ),
    "T2": FaultKind(
        text="A clock jumps by `extra` and is drawn back by 500 millionths.",
        targets=("middleware", "storefront", "pim"), needs=("extra",), takes=("way",), each=False,
        visibility=("wrong",),
    ),
    "T3": FaultKind(
        text="A clock jumps to and fro by `extra` every `base`.", targets=("middleware", "storefront", "pim"),
        needs=("extra", "base"), takes=("way",), each=False, visibility=("wrong",),
    ),
    "T4": FaultKind(
        text="A clock runs at `factor` of its speed.", targets=("middleware", "storefront", "pim"), needs=("factor",),
        each=False, visibility=("wrong",),
    ),
    "T5": FaultKind(
        text="A clock is an hour wrong, as after a change that somebody missed.",
        targets=("middleware", "storefront", "pim"), takes=("way",), each=False, visibility=("wrong",),
    ),
    "T6": FaultKind(
        text="A period is being closed: what is posted fails until that is done.", targets=("erp_cloud",), takes=COIN,
        visibility=("error",),
    ),
    "T7": FaultKind(
        text="Tokens are judged by another clock: in the last `extra` of each token's `base` every call fails.",
        targets=("erp_cloud", "wms", "storefront", "marketplace", "carrier", "payment_provider"),
        needs=("extra", "base"), each=False,
        visibility=("error",),
    ),
    "D1": FaultKind(
        text="Crash, and what was committed in the last `extra` is lost with it: the store had not written it.",
        targets=("store",), needs=("extra",), takes=("restart",), each=False, ends=("heal",), visibility=("silence",),
        assumption="B",
    ),
    "D2": FaultKind(text="Transactions are aborted and run again.", targets=("store",), takes=COIN, ends=RAMPED),
    "D3": FaultKind(
        text="A commit is done and its outcome not known: the message comes again.", targets=("store",), takes=COIN,
        ends=RAMPED, visibility=("silence",),
    ),
    "D4": FaultKind(
        text="The store cannot be written: nothing is committed until it can.", targets=("store",), each=False,
        ends=("heal",), visibility=("late",),
    ),
    "D5": FaultKind(
        text="Slow store: a transaction takes `factor` times as long.", targets=("store",), needs=("factor",),
        each=False, ends=RAMPED, visibility=("late",),
    ),
    "D6": FaultKind(
        text="A replica lags by `lag`: who reads what has changed since must run again.", targets=("store",),
        needs=("lag",), takes=COIN, ends=RAMPED, visibility=("wrong",),
    ),
    "D7": FaultKind(
        text="A row is torn: `delta` units of an item are on record that are not there.", targets=("store",),
        takes=("probability", "delta"), visibility=("wrong",), assumption="B",
    ),
    "D8": FaultKind(
        text="The index of the inbox is missing: nothing is found there, and what comes again is handled again.",
        targets=("store",), each=False, visibility=("wrong",), assumption="B",
    ),
    "D9": FaultKind(
        text="The inbox has lost its last `extra`.", targets=("store",), needs=("extra",), each=False, ends=("heal",),
        visibility=("wrong",), assumption="B",
    ),
    "C1": FaultKind(
        text="The caller waits for `factor` of the time that it should: it gives up before its partner can answer.",
        targets=(LINK,), needs=("factor",), each=False, visibility=("wrong",),
    ),
    "C2": FaultKind(
        text="A second layer retries: what was given up is handed in again, up to `cap` times.", targets=(LINK,),
        needs=("cap",), each=False, visibility=("wrong",),
    ),
    "C3": FaultKind(
        text="The inbox forgets what is older than `base`, though it may come again.", targets=("store",),
        needs=("base",), each=False, visibility=("wrong",), assumption="B",
    ),
    "C4": FaultKind(
        text="Channels are shown `cap` units of an item at most, from one moment to the next.",
        targets=("middleware",), needs=("cap",), each=False, visibility=("wrong",),
    ),
    "C5": FaultKind(
        text="A flag flips: new orders are filled whole and at once, or not at all.", targets=("middleware",),
        each=False, visibility=("wrong",),
    ),
}  # fmt: skip
