"""The mutants: small realistic patches to production code, each with the world that should show it (RELIABILITY 3.7).

A patch is (file, text before, text after); the text stands in the file exactly once. `named` are the invariants that
the catalogue says must catch it; whatever catches it first is what the trial reports. A mutant of a policy that no run
can reach names the test file that must fail instead.
"""

from typing import NamedTuple

BUSY = ("landscape.size.skus=60", "demand.orders_per_day=6000", 'start.at="2026-03-03T06:30"', "horizon=1h")
LOST = (*BUSY, "landscape.links.middleware/erp={lost: 30%}", "landscape.links.middleware/wms={lost: 30%}")
REGRET = (*BUSY, "demand.cancellations={share: 50%, delay: 5m}")
HASTY = (*LOST, "demand.cancellations={share: 50%, delay: 5s}")
TWICE = (*BUSY, "landscape.parties.storefront.webhook.duplicated=50%")
SCARCE = (*BUSY, "stock={rule: none, opening: 3}", "demand.buys=always", "designs.standard.gives_up=[S-10]")
OFFLINE = (
    *BUSY,
    "faults=[{name: counted, kind: W3, target: wms, trigger: {at: 0s}, probability: 100%},"
    " {name: late, kind: N5, target: middleware/wms, trigger: {at: 0s}, within: 10m, probability: 50%}]",
    "landscape.size.skus=5",
    "landscape.links.middleware/wms={lost: 20%}",
)
BUFFER = (*BUSY, "designs.standard.publication.buffer={kind: constant, units: 2}")
BREAKER = (
    *LOST,
    "designs.standard.breaker={kind: count, window: 10, minimum: 10, failures: 40%, open_for: 20s, probes: 2,"
    " half_open_at_most: 5s}",
)
QUOTA = (*LOST, "designs.standard.budget={kind: quota, capacity: 50, retry: 5, timeout_retry: 10, refund: 1}")
RATIO = (*LOST, "designs.standard.budget={kind: ratio, deposit: 5%, capacity: 2, start: full}")
AWAY = (
    *BUSY,
    "faults=[{name: away, kind: E1, target: erp, trigger: {at: 10m}, duration: 20m}]",
    "designs.standard.retry={kind: fixed, attempts: 2, base: 1s}",
    'landscape.parties.operators={kind: operators, people: 5, hours: "00:00-24:00", touch: 1m}',
)
HINTED = (*BUSY, "faults=[{name: held, kind: Q3, target: erp, trigger: {at: 0s}, extra: 2m, probability: 30%}]")
REFUSED = (*BUSY, "faults=[{name: no, kind: E15, target: erp, trigger: {at: 0s}, probability: 5%}]")
GCRA = (*BUSY, "designs.standard.limiter={kind: gcra, rate: 1/s, burst: 3}")
DEADLINE = (*LOST, "designs.standard.deadline=40s")
FILES = ("landscape.size.skus=50", "demand.orders_per_day={edi: 400}", "horizon=6h",
         "landscape.parties.edi.resend_after=1h",
         "faults=[{name: cut, kind: B1, fraction: 50%, target: edi, trigger: {at: 0s}, probability: 50%},"
         " {name: mute, kind: B6, target: edi, trigger: {at: 0s}, probability: 50%}]")  # fmt: skip
BOOKS = (
    "landscape.size.skus=100", "demand.orders_per_day=300", "checks.T_rec=6h", "horizon=30h",
    "faults.lost_postings.probability=20%", "faults.lost_postings.duration=18h",
)  # fmt: skip


MUTE = (
    "horizon=5h",
    "faults=[{name: mute, kind: N2, target: tms/carrier_a, trigger: {at: 5m}, duration: 3h, probability: 100%}]",
)
SETTLED = (
    "landscape.size.skus=60", "demand.orders_per_day=500", "horizon=20h", "checks.T_conv=6h",
    "demand.cancellations={share: 30%, delay: 5m}",
)  # fmt: skip
TWO_DAYS = ("landscape.size.skus=60", "demand.orders_per_day=300", "horizon=2d")
SHORT = (
    *BUSY,
    "faults=[{name: short, kind: W2, target: wms, trigger: {at: 0s}, probability: 20%}]",
    "checks.T_term=1h",
    "horizon=5h",
)


class Mutant(NamedTuple):
    """One patch, the world that it is tried in, and who should catch it."""

    name: str
    file: str
    before: str
    after: str
    named: tuple[str, ...]
    settings: tuple[str, ...] = BUSY
    scenario: str = "first_day"
    design: str = "standard"
    test: str = ""
    small: bool = False


_FRESH = (
    "__import__('msgspec').structs.replace(call.event, external=call.event.external + call.attempt) "
    "if hasattr(call.event, 'external') else call.event"
)

_RENAMED = "__import__('msgspec').structs.replace(event, id=event.id + 1)"

MUTANTS = (
    Mutant(
        "key regenerated inside retry",
        "actors/calls.py",
        "self._attempt(call.event, call.number, call.attempt + 1)",
        f"self._attempt({_FRESH}, call.number, call.attempt + 1)",
        ("S-3", "S-4"),
        LOST,
    ),
    Mutant(
        "key derived from a mutable field",
        "twin/middleware/intake/straight.py",
        "external=case, lines=command.lines",
        "external=case + command.lines[0].quantity, lines=command.lines",
        ("S-3", "L-2"),
        SETTLED,
    ),
    Mutant(
        "dedup row written in another transaction",
        "twin/middleware/dispatch.py",
        "    if outcome not in _STILL_OPEN:\n        unit.save",
        "    if outcome not in _STILL_OPEN and message.id % 2:\n        unit.save",
        ("S-7",),
        (*TWICE, "designs.standard.identity=transport"),
    ),
    Mutant(
        "outbox publish before commit",
        "actors/middleware.py",
        "        if not self.outbox:\n            self._send_at_once(unit)\n        service",
        "        if True:\n            self._send_at_once(unit)\n        service",
        ("S-8",),
    ),
    Mutant(
        "mark before publish",
        "actors/middleware.py",
        "            elif self.relay.offer(event):\n                self._send(event)\n        self._spent",
        "            elif self.relay.offer(event):\n                self.store.outbox.pop(event.id)\n"
        "                self._send(event)\n        self._spent",
        ("S-8",),
    ),
    Mutant(
        "timeout treated as failure and order cancelled",
        "actors/calls.py",
        "            self._note_end(call, TIMEOUT)\n            self._again(call)",
        "            self._note_end(call, TIMEOUT)\n            self.ground.probe.gave_up(self.name, call.number)\n"
        "            self._finished(call)",
        ("S-4", "S-8"),
        LOST,
    ),
    Mutant(
        "ack before persist",
        "actors/channel.py",
        "        self.handed_over(submit.case)\n        self.deliver(submit)",
        "        self.handed_over(submit.case)\n        if submit.case % 7:\n            self.deliver(submit)",
        ("S-4",),
    ),
    Mutant(
        "reservation not released on cancel",
        "twin/middleware/orders/work.py",
        "if not consume:\n                stock = self.touch",
        "if not consume:\n                continue\n                stock = self.touch",
        ("S-2b",),
        REGRET,
    ),
    Mutant(
        "release twice",
        "twin/middleware/orders/work.py",
        "moved(stock.positions, reservation.site, committed=-units)",
        "moved(stock.positions, reservation.site, committed=-2 * units)",
        ("S-2b",),
        REGRET,
    ),
    Mutant(
        "snapshot applied without voiding older deltas",
        "policies/sequencing.py",
        "ahead = tuple(held for held in state.held if held.number > number)",
        "ahead = state.held",
        ("S-2",),
        test="tests/policies/test_sequencing.py",
    ),
    Mutant(
        "last-write-wins by arrival, not by version",
        "policies/sequencing.py",
        "        if number == state.last + 1:\n            return self._advanced",
        "        if number != state.last:\n            return self._advanced",
        ("S-6", "S-2"),
        OFFLINE,
    ),
    Mutant(
        "parallel relay per key",
        "twin/middleware/delivery/relay.py",
        "        queue.append(event)\n        return False",
        "        queue.append(event)\n        return True",
        ("S-6",),
        HASTY,
    ),
    Mutant(
        "ATP ignores live reservations",
        "policies/atp.py",
        "return tuple([f if (f := p.sellable - p.committed) > 0 else 0 for p in stock.positions])",
        "return tuple([p.sellable for p in stock.positions])",
        ("S-2c",),
        SCARCE,
    ),
    Mutant(
        "safety stock not subtracted when publishing",
        "policies/stock_buffer.py",
        "- rule.buffer.size(stock, channel, now, pool, waited)\n        if rule.depth is None",
        "\n        if rule.depth is None",
        ("S-10b",),
        BUFFER,
    ),
    Mutant(
        "buffer withheld from an order already placed",
        "policies/stock_buffer.py",
        "everything = sum(available) if sites is None",
        "everything = sum(available) - 2 if sites is None",
        ("S-2c",),
        SCARCE,
    ),
    Mutant(
        "breaker counts stale-epoch results",
        "policies/breaker/windowed.py",
        'if event.epoch != state.epoch and self.stale == "dropped":',
        "if False:",
        ("P-1",),
        BREAKER,
    ),
    Mutant(
        "half-open without timeout",
        "policies/breaker/windowed.py",
        "if state.phase is Phase.HALF_OPEN and self.half_open_at_most and",
        "if False and",
        ("P-2",),
        BREAKER,
    ),
    Mutant(
        "refund of all costs rather than last",
        "policies/budget/quota.py",
        "event.cost if event.retry else self.refund",
        "3 * event.cost if event.retry else self.refund",
        ("P-6",),
        QUOTA,
    ),
    Mutant(
        "budget made anew per call",
        "policies/calling.py",
        "state, grant = self.budget.step(sides.budget, Asked(now, call.attempt > 0, call.cause, draw))",
        "state, grant = self.budget.step(self.budget.initial(), Asked(now, call.attempt > 0, call.cause, draw))",
        ("P-3",),
        RATIO,
    ),
    Mutant(
        "limiter tolerance period x burst",
        "policies/throttle/gcra.py",
        "ahead = arrival - self.limit * self.ticks - now * self.units",
        "ahead = arrival - self.limit * self.limit * self.ticks - now * self.units",
        ("P-5",),
        GCRA,
    ),
    Mutant(
        "Retry-After ignored",
        "policies/retry/ladder.py",
        'if self.asked == "ignored" else',
        "if True else",
        ("P-4",),
        HINTED,
    ),
    Mutant(
        "retry on permanent rejection",
        "actors/calls.py",
        "elif call.status == REJECTED:",
        "elif call.status is None:",
        ("A-3",),
        REFUSED,
    ),
    Mutant(
        "DLQ entry loses key",
        "twin/middleware/delivery/exceptions.py",
        "        kind=kind,\n        case=message.case,",
        "        kind=kind,\n        case=0,",
        ("A-2",),
        AWAY,
    ),
    Mutant(
        "redrive with a new id",
        "actors/middleware.py",
        "        if sends_again:\n            self._send(event)",
        f"        if sends_again:\n            self._send({_RENAMED})",
        ("A-2", "S-3", "S-8"),
        AWAY,
    ),
    Mutant(
        "batch trailer not checked",
        "actors/mailbox.py",
        "if self.checks and len(file.orders) != file.stated:",
        "if self.checks and len(file.orders) > file.stated:",
        ("S-14",),
        FILES,
        "peak_season",
        small=True,
    ),
    Mutant(
        "997 timer missing",
        "actors/mailbox.py",
        "        timeline.call_in(self.resend_after, self._unanswered, (file, file.sent))\n",
        "",
        ("A-6",),
        FILES,
        "peak_season",
        small=True,
    ),
    Mutant(
        "lease without fencing",
        "policies/dedup.py",
        " or record.fence != event.fence:",
        ":",
        ("S-9",),
        test="tests/policies/test_dedup.py",
    ),
    Mutant(
        "reconciliation compares rounded values",
        "policies/reconciliation.py",
        "difference = authority - expected",
        "difference = (authority - expected) // 1000 * 1000 if authority > expected else 0",
        ("L-4",),
        BOOKS,
        "stock_reconciliation",
        "hourly",
    ),
    Mutant(
        "deadline checked only before the first attempt",
        "policies/calling.py",
        "return self.deadline is not None and",
        "return self.deadline is not None and not call.attempt and",
        ("P-7",),
        DEADLINE,
    ),
    Mutant(
        "dict-order dependence",
        "actors/middleware.py",
        "        for event in unit.events:\n            if type(event) is AvailabilityChanged:",
        "        for event in sorted(unit.events, key=lambda each: hash(type(each).__name__)):\n"
        "            if type(event) is AvailabilityChanged:",
        ("R-2",),
    ),
    # invented later, against what then stood: each lived, or nearly, until a check was mended
    Mutant(
        "timer entry stays after it was handled",
        "actors/middleware.py",
        "            del self.store.timers[message]\n",
        "            pass\n",
        ("leaks",),
        TWO_DAYS,
    ),
    Mutant(
        "another carrier is asked after a silent one",
        "actors/tms.py",
        "        load.unsure = load.unsure or not refused\n        if refused and not load.unsure and",
        "        if",
        ("S-3",),
        MUTE,
        "busy_firm",
    ),
    Mutant(
        "row behind an acknowledged one is forgotten",
        "twin/middleware/delivery/relay.py",
        "        return queue.popleft()\n",
        "        queue.popleft()\n        return None\n",
        ("S-8",),
        REGRET,
    ),
    Mutant(
        "short units are sought nowhere else",
        "twin/middleware/orders/warehouse.py",
        "            effects.append(Reallocate(each.line, short))\n",
        "",
        ("L-1",),
        SHORT,
    ),
    Mutant(
        "units short of a cancelled order are not cancelled",
        "twin/middleware/orders/warehouse.py",
        "line.changed(allocated=line.allocated - short, cancelled=line.cancelled + short)",
        "line.changed(allocated=line.allocated - short)",
        ("S-5",),
        test="tests/middleware/test_order_table.py",
    ),
    Mutant(
        "ERP confirms what is off, and nobody cancels it there",
        "twin/middleware/orders/cancellation.py",
        "    effects = (CancelErp(),) if remaining(order) == 0 else ()",
        "    effects = ()",
        ("L-2",),
        (*SETTLED, "faults=[{name: slow, kind: E2, target: erp, trigger: {at: 0s}, factor: 0.02, duration: 3h}]"),
    ),
    Mutant(
        "archived while the ERP has not answered",
        "twin/middleware/orders/money.py",
        "order.erp is Erp.SENT or ",
        "",
        ("L-1",),
        test="tests/middleware/test_archiving.py",
    ),
)
