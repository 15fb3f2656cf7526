"""Mutants that stand in no list: what else may go wrong in a line, each with the world or the test that should show it.

Where a run cannot tell a mutant from what is right (its effect is undone by a second line of defence, or no world
reaches it) the test that fails instead is named.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from table import AWAY, BREAKER, BUFFER, BUSY, LOST, OFFLINE, RATIO, REGRET, SCARCE, Mutant

CRASHES = (
    *REGRET,
    "designs.standard.retry={kind: fixed, attempts: 50, base: 1m}",
    "faults=[{name: mute, kind: E3, target: erp, trigger: {at: 10m}, duration: 30m},"
    " {name: dies, kind: P1, target: middleware, trigger: {at: 30m}, restart: 10s}]",
)
CROWDED = (*BUSY, "landscape.size.skus=5", "designs.standard.workers={count: 6}",
           "landscape.parties.middleware={kind: middleware, service: 200ms}")  # fmt: skip
AUDITED = (
    *BUSY, "horizon=5h", "checks.T_term=1h",
    "faults=[{name: late, kind: E8, target: erp, trigger: {at: 0s}, extra: 1m, probability: 20%}]",
)  # fmt: skip
HELD = ("horizon=4h", "designs.standard.reservation.soft_for=2d", "demand.cancellations={share: 50%, delay: 5m}",
        "channels.storefront.terms.buyers={unpaid: 80%, paid_after: 30m, never_paid: 10%}")  # fmt: skip
STEEP = (*LOST, "designs.standard.retry={kind: exponential, attempts: 8, base: 4s, cap: 10s}")
OVERDUE = (*LOST, "designs.standard.deadline=55s", "designs.standard.retry={kind: fixed, attempts: 9, base: 500ms}")
BELATED = (
    *BUSY,
    "faults=[{name: late, kind: N3, target: middleware/wms, trigger: {at: 0s}, extra: 2m, probability: 20%}]",
)
NARROW = (*BUSY, "designs.standard.limiter={kind: token_bucket, rate: 1/s, burst: 3}")

FURTHER = (
    # stock and promises
    Mutant("a unit too many is free", "policies/atp.py",
           "(f := p.sellable - p.committed) > 0", "(f := p.sellable - p.committed + 1) > 0", ("S-2c",), SCARCE),
    Mutant("buffer added instead of withheld", "policies/stock_buffer.py",
           "- rule.buffer.size(stock, channel, now, pool, waited)",
           "+ rule.buffer.size(stock, channel, now, pool, waited)", ("S-10b",), BUFFER),
    Mutant("safety stock withheld twice", "policies/stock_buffer.py",
           "        told = own + (shared if rule.may_share else 0) - rule",
           "        own, shared = own, shared - withheld(shared, 1)\n"
           "        told = own + (shared if rule.may_share else 0) - rule", ("S-10b",), BUFFER),
    Mutant("others' quotas are promised", "policies/stock_buffer.py",
           "return max(0, everything - funded.others)", "return everything", ("S-2c",),
           test="tests/policies/test_stock_buffer.py"),
    Mutant("figures never go down", "twin/middleware/inventory/publication.py",
           "            rows.append((ItemQuantity(item, value), key, shown))",
           "            rows.append((ItemQuantity(item, max(value, shown.sent)), key, shown))", ("S-10b",)),
    Mutant("an older answer counts as shown", "twin/middleware/inventory/publication.py",
           "        if row is not None and row.sequence == command.sequence:\n            unit.save(SHOWN",
           "        if row is not None:\n            unit.save(SHOWN", ("S-10",),
           test="tests/middleware/test_publication_slots.py"),
    Mutant("stream of a warehouse without its site", "twin/middleware/inventory/posting.py",
           "return item * SITES_MAX + site", "return item * SITES_MAX", ("S-2",), OFFLINE),
    Mutant("held facts in the order in which they came", "policies/sequencing.py",
           "waiting = sorted((*state.held, Held(number=number, digest=digest, body=body)), key=_number)",
           "waiting = [*state.held, Held(number=number, digest=digest, body=body)]", ("S-2",),
           test="tests/policies/test_sequencing.py"),
    Mutant("receipt booked as one piece more", "twin/middleware/inventory/movements.py",
           "    if isinstance(fact, StockReceived | TransferReceived):\n        return fact.quantity\n",
           "    if isinstance(fact, StockReceived | TransferReceived):\n        return fact.quantity + 1\n",
           ("S-2",), ("landscape.size.skus=300", "demand.orders_per_day=300", "horizon=20h")),
    Mutant("a claim beyond what is kept stays", "twin/middleware/orders/work.py",
           "        if live > effect.quantity:", "        if live > effect.quantity + 1:", ("leaks", "S-2b"),
           HELD, "busy_firm"),
    Mutant("mended against the present instead of the cut", "twin/middleware/inventory/reconciliation.py",
           "change = found - _site_at(stock, flights, site, self.cut)",
           "change = found - stock.positions[site].on_hand", ("L-2", "S-2"),
           test="tests/middleware/test_reconciliation.py"),
    Mutant("reads are not compared at the commit", "actors/transactor.py",
           "        if store.changes != self.began:\n            self._compare()\n", "", ("S-9", "S-2b"), CROWDED),
    # orders
    Mutant("warehouse is not asked for units back", "twin/middleware/orders/cancellation.py",
           "    effects.extend(RecallRelease(key, site, tuple(named)) for (key, site), named in recalls.items())\n", "",
           ("S-5",), REGRET),
    Mutant("undo ends before the warehouses have answered", "twin/middleware/orders/cancellation.py",
           "return order.undo is not Undo.NONE and not cancelling(order)", "return order.undo is not Undo.NONE",
           ("S-5",), test="tests/middleware/test_order_table.py"),
    Mutant("what is undone keeps its claims", "twin/middleware/orders/cancellation.py",
           "            line = stripped(line, kept, effects)\n", "            line = stripped(line, kept, [])\n",
           ("leaks", "S-2b"), test="tests/middleware/test_order_table.py"),
    Mutant("refusal by the ERP is kept from the channel", "twin/middleware/orders/cancellation.py",
           '    effects: list[Effect] = [Answer("IR", detail="ERP_REFUSED")]\n', "    effects: list[Effect] = []\n",
           ("S-4",), AUDITED),
    Mutant("a shipment may be booked again", "twin/middleware/orders/warehouse.py",
           "shipments=(*order.shipments, event.key),", "shipments=order.shipments,", ("S-5",),
           test="tests/middleware/test_order_table.py"),
    Mutant("version stays where it was", "twin/model/order.py",
           "version=self.version + 1, cause=by", "version=self.version, cause=by", ("S-5",)),
    Mutant("money back for more than was cut", "twin/middleware/orders/units.py",
           "        open_amount = min(cut, open_amount - kept)", "        open_amount = cut", ("S-13",),
           test="tests/middleware/test_order_table.py"),
    # messages and letters
    Mutant("restart sends what must wait", "actors/troubled_process.py",
           "elif self.relay.offer(event) and event.id", "elif (self.relay.offer(event) or True) and event.id",
           ("S-6",), CRASHES),
    Mutant("restart forgets what was scheduled", "actors/troubled_process.py",
           "            self.ground.timeline.call_at(max(now, due), self._timer, entry)\n        self._publish_all()",
           "        self._publish_all()", ("leaks",),
           ("landscape.size.skus=60", "demand.orders_per_day=300", "horizon=40h",
            "faults=[{name: dies, kind: P1, target: middleware, trigger: {at: 20h}, restart: 10s}]")),
    Mutant("row that was given up is in no queue", "actors/middleware.py",
           "        code, attempts = failure(event, reason)\n        self._give_up(event, code, reason, attempts)\n",
           "        code, attempts = failure(event, reason)\n", ("A-1", "L-1"), AWAY),
    Mutant("known message runs again", "twin/middleware/dispatch.py",
           "    if earlier is not None:\n        return _OUTCOMES[earlier]",
           "    if earlier is not None and message.id % 5:\n        return _OUTCOMES[earlier]", ("S-7",),
           (*BUSY, "landscape.parties.storefront.webhook.duplicated=50%", "designs.standard.identity=transport")),
    Mutant("a further failure counts as the first", "twin/model/dead_letter.py",
           "attempts=self.attempts + 1, last_failure=now", "attempts=1, last_failure=now", ("A-2",),
           test="tests/middleware/test_redrive.py"),
    Mutant("redrive keeps no count of itself", "twin/model/dead_letter.py",
           "redrives=earlier.redrives + 1", "redrives=earlier.redrives", ("A-2",),
           test="tests/middleware/test_redrive.py"),
    Mutant("settled without an entry in the audit", "twin/middleware/delivery/redrive.py",
           "\n    _audit(letter, command, did, outcome, now, unit, reason=reason)\n", "\n", ("A-1",), AWAY),
    Mutant("control number without its sender", "twin/middleware/intake/envelopes.py",
           'business_id("interchange", message.sender, message', 'business_id("interchange", "", message',
           ("S-4",), test="tests/middleware/test_envelopes.py"),
    # calls
    Mutant("one attempt too many", "policies/retry/ladder.py",
           "failed.attempt >= self.attempts", "failed.attempt > self.attempts", ("A-3",), LOST),
    Mutant("waits grow beyond their cap", "policies/retry/ladder.py",
           "step = min(self.cap_us, self._step(failed.attempt))", "step = self._step(failed.attempt)", ("P-4",), STEEP),
    Mutant("no to a retry is overheard", "policies/retry/ladder.py", " or asked < 0:", ":", ("P-4",),
           test="tests/policies/test_retry.py"),
    Mutant("bucket lets one more through", "policies/throttle/bucket.py",
           "        if wanted <= level:", "        if wanted <= level + self.ticks:", ("P-5",), NARROW),
    Mutant("one call too many at once", "actors/calls.py",
           "        while backlog and self.under_way < self.concurrency and",
           "        while backlog and self.under_way <= self.concurrency and", ("P-5",), LOST),
    Mutant("late answer ends the next attempt", "actors/calls.py",
           "    def _answered(self, call: Call) -> None:\n        if call.done:\n            return\n",
           "    def _answered(self, call: Call) -> None:\n", ("A-4",), BELATED),
    Mutant("breaker never half-opens", "policies/breaker/windowed.py",
           "if state.phase is Phase.OPEN and asked and", "if False and", ("P-2",), BREAKER),
    Mutant("retries cost half", "policies/budget/ratio.py",
           "return (level - PARTS,), Grant(True, PARTS)", "return (level - PARTS // 2,), Grant(True, PARTS)",
           ("P-3",), RATIO),
    Mutant("deadline is checked ten seconds late", "policies/calling.py",
           "not self.deadline.left(call.begun_at, now)", "not self.deadline.left(call.begun_at, now - 10_000_000)",
           ("P-7",), OVERDUE),
)  # fmt: skip
