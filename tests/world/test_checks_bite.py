"""Each check of ledgers, calls, policies and ends bites: something real is broken, and the check says so."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import scenarios
from actors.calls import Client
from actors.careful import CarefulClient
from actors.erp import Erp
from actors.mailbox import Mailbox
from actors.wms import Warehouse
from policies.atp import LookAhead
from policies.breaker import Over, Phase, WindowBreaker
from policies.budget import RatioBudget, TokenQuota
from policies.calling import Calling
from policies.reconciliation import Tolerance
from policies.retry import Failed, Retry
from policies.stock_buffer import ChannelAvailability
from policies.throttle import TokenBucket
from twin.kernel.recorder import Recorder
from twin.middleware.delivery.redrive import note_failure
from twin.middleware.delivery.relay import Relay
from twin.middleware.intake.submit import submit_order
from twin.middleware.inventory.movements import book_stock_fact
from twin.middleware.unit import LETTERS, MOVEMENTS, ORDERS, STREAMS, Outcome
from twin.model.commands import (
    EvaluatePublication,
    GaveUp,
    ShipmentConfirmed,
    StockAdjusted,
    StockReceived,
    SubmitOrder,
)
from twin.model.instant import HOUR, MINUTE, SECOND
from twin.model.order import Intake, Line, LinePolicy, Money, Order, Payment
from twin.world.build import World, build
from twin.world.checks.catalogue import CATALOGUE
from twin.world.checks.end import EndChecks, Limits
from twin.world.checks.findings import Findings
from twin.world.checks.orders import OrderChecks
from twin.world.closing import look_back

BUSY = ("landscape.size.skus=60", "demand.orders_per_day=6000", 'start.at="2026-03-03T06:30"')
WRONG = ("stock.record_errors={share: 80%, size: 2}", "stock.opening=6", "stock.rule=none")
"""Most bins hold another number than their record says, so picks find it out and bins are counted."""
LOST = ("landscape.links.middleware/erp={lost: 30%}",)


def world(*settings: str, design: str = "standard") -> World:
    return build(scenarios.load("first_day", [*BUSY, *settings]), design, 3, Recorder(), stops=False)


def broken(built: World, hours: float = 1.0) -> set[str]:
    """Run a world, look back, and return what is broken; whatever is, was asked at least once and says why."""
    built.timeline.run(until=built.timeline.now + int(hours * HOUR))
    look_back(built)
    for each in built.invariants.kept:
        assert each["key"]
        assert each["chain"]
    for name in built.invariants.counts:
        assert built.invariants.antecedents[name] > 0 or CATALOGUE[name].family == "end", name
    return set(built.invariants.counts)


def governed(slot: str, *settings: str) -> World:
    """Return a world on a lossy link to the ERP whose standard design has one more policy."""
    return world(*LOST, f"designs.standard.{slot}", *settings)


class Procedure:
    """A unit of work around the right one that changes what reaches it."""

    def __init__(self, unit):
        self.unit = unit

    def __getattr__(self, name):
        return getattr(self.unit, name)


def through(built: World, kind, procedure: Callable[..., Outcome], unit: type[Procedure]) -> None:
    built.middleware.procedures.bind(kind, lambda c, now, rules, u: procedure(c, now, rules, unit(u)))


def bound(built: World, kind) -> Callable[..., Outcome]:
    return built.middleware.procedures.by_type[kind]


# --- our ledger, promises and figures


def test_s2_a_shipment_that_no_movement_tells_of():
    class Forgetful(Procedure):
        def save(self, table, id, row):
            if table is not MOVEMENTS:
                self.unit.save(table, id, row)

    built = world()
    through(built, ShipmentConfirmed, bound(built, ShipmentConfirmed), Forgetful)
    assert broken(built, 2) == {"S-2"}


@pytest.mark.parametrize("times", [0, 2])
def test_s2_a_fact_of_a_warehouse_that_counts_for_nothing_or_twice(times):
    class Wrong(Procedure):
        def save(self, table, id, row):
            if table is STREAMS:
                before = self.unit.load(STREAMS, id)
                net = before.net if before is not None else 0
                row = row.summing(net + times * (row.net - net))
            self.unit.save(table, id, row)

    built = world(*WRONG)
    for kind in (StockReceived, StockAdjusted):
        through(built, kind, book_stock_fact, Wrong)
    assert broken(built) == {"S-2"}


def test_s2c_claims_beyond_what_is_free_and_a_buffer_kept_from_an_order():
    @dataclass(frozen=True, slots=True)
    class Blind(LookAhead):
        def available(self, stock, now, order=-1):
            return tuple([position.sellable for position in stock.positions])

    scarce = ("stock={rule: none, opening: 3}", "demand.buys=always")
    built = world(*scarce)
    built.middleware.rules = replace(built.middleware.rules, atp=Blind())
    assert "S-2c" in broken(built)

    class Stingy(ChannelAvailability):
        def promisable(self, stock, available, channel, now):
            return max(0, super().promisable(stock, available, channel, now) - 1)

    built = world(*scarce)
    rules = built.middleware.rules
    built.middleware.rules = replace(rules, availability=Stingy(channels=rules.availability.channels))
    assert "S-2c" in broken(built)
    assert "S-2c" not in broken(world(*scarce))


def test_s12_a_figure_that_rises_by_itself():
    class Growing(ChannelAvailability):
        def value(self, stock, available, channel, now, unimported=0, waited=0):
            return super().value(stock, available, channel, now, unimported, waited) + now // SECOND

    built = world("designs.standard.publication={kind: every_event}")
    rules = built.middleware.rules
    built.middleware.rules = replace(rules, availability=Growing(channels=rules.availability.channels))
    for at in (600, 1200):
        look = EvaluatePublication(id=at, channel=0, items=(1, 2, 3))
        built.timeline.call_at(at * SECOND, built.middleware.receive, look)
    assert {"S-10b", "S-12"} <= broken(built)


# --- what leaves, once, in order and after its commit


def test_s6_two_relays_of_one_key():
    class Hasty(Relay):
        def offer(self, event):
            super().offer(event)
            return True

    regrets = (*LOST, "demand.cancellations={share: 50%, delay: 5s}")
    built = world(*regrets)
    built.middleware.relay = Hasty()
    assert "S-6" in broken(built)
    assert broken(world(*regrets)) == set()


def test_s6_a_stream_that_takes_the_last_for_the_newest():
    class Backwards(Procedure):
        def save(self, table, id, row):
            if table is STREAMS and row.last > 1:
                row = type(row)(epoch=row.epoch, last=row.last - 2, digests=row.digests, net=row.net)
            self.unit.save(table, id, row)

    counted = "{name: counted, kind: W3, target: wms, trigger: {at: 0s}, probability: 100%}"
    built = world("landscape.size.skus=5", f"faults=[{counted}]")
    through(built, StockAdjusted, book_stock_fact, Backwards)
    assert "S-6" in broken(built)


def test_s7_an_order_without_an_identity():
    twice = ("landscape.parties.storefront.webhook.duplicated=50%", "designs.standard.identity=none")
    assert {"S-3", "S-7"} <= broken(world(*twice))
    assert broken(world(twice[0])) == set()


def test_s8_effects_that_leave_before_they_are_committed():
    assert "S-8" in broken(world("designs.standard.shell.effects=dual_write"))


def test_s8_a_row_that_nobody_sends():
    built = world()
    deaf, sends = [], built.middleware._send

    def send(event):
        if len(deaf) < 3:
            deaf.append(event)
        else:
            sends(event)

    built.middleware._send = send  # type: ignore[method-assign]  # the process loses three rows at its start
    assert broken(built) == {"S-8"}


def test_s9_a_write_on_a_version_that_is_gone():
    slow = ("landscape.parties.middleware.service=20s", "designs.standard.workers.count=60")
    assert "S-9" in broken(world(*slow, "designs.standard.shell.isolation=unchecked"), 2)
    assert broken(world(*slow), 2) == set()


# --- orders


def checks(name: str) -> tuple[Findings, OrderChecks]:
    findings = Findings(checked=(name,), stops=False, declared=(), clock=lambda: 5)
    return findings, OrderChecks(findings)


ORDER = Order(1, 0, "1", 1, 7, LinePolicy.BACKORDER, (Line(1, 3, 2, 2),), 0, Intake.VALIDATED, cause=9)
CAUSE = SubmitOrder(id=9, case=1, channel=0, number="1", fingerprint=7, lines=(), placed_at=0)


@pytest.mark.parametrize(
    ("money", "right"),
    [
        (Money(Payment.CAPTURED, captured=10, keys=(1,)), True),
        (Money(Payment.REFUNDED, captured=10, refunded=10, giving_back=10, keys=(1,), refunds=(2,)), True),
        (Money(Payment.CAPTURED, captured=10, refunded=11, keys=(1,)), False),
        (Money(Payment.CAPTURED, captured=10, giving_back=11, keys=(1,)), False),
        (Money(Payment.CAPTURED, captured=20, keys=(1, 1)), False),
        (Money(Payment.AUTHORISED, authorised=-1), False),
        (Money(Payment.AUTHORISED, authorised=10, taking=10), True),
        (Money(Payment.AUTHORISED, authorised=10, taking=11), False),
        (Money(Payment.CAPTURED, authorised=10, taking=10, captured=11, keys=(1,)), False),
    ],
)
def test_s13_money_that_was_never_taken_or_is_booked_twice(money, right):
    findings, orders = checks("S-13")
    orders.written(None, ORDER.amid(money=money), CAUSE)
    assert findings.antecedents == {"S-13": 1}
    assert findings.counts == ({} if right else {"S-13": 1})


def test_s13_money_for_goods_that_have_not_left():
    """Method: one of two units has left, at 40 each and 5 of tax; what is asked for may be 45 and no cent more."""
    line = Line(1, 3, 2, allocated=1, shipped=1, price=40)
    for taking, right in ((45, True), (46, False)):
        findings, orders = checks("S-13")
        money = Money(Payment.AUTHORISED, authorised=85, taking=taking)
        orders.written(None, ORDER.amid(lines=(line,), tax=5, money=money), CAUSE)
        assert findings.counts == ({} if right else {"S-13": 1})


def test_s13_a_ledger_that_is_not_the_provider_s():
    for captured, right in ((10, True), (20, False)):
        findings, orders = checks("S-13")
        orders.agrees(ORDER.amid(money=Money(Payment.CAPTURED, captured=10, keys=(1,))), captured, 0)
        assert findings.antecedents == {"S-13": 1}
        assert findings.counts == ({} if right else {"S-13": 1})


def test_s4_an_order_that_waited_in_vain_for_its_payment_is_not_lost():
    """Method: nobody pays, the holds lapse, and the orders that were withdrawn have left the store."""
    settings = ("horizon=6d", "demand.orders_per_day=20", "items.count=10", "faults=[]")
    never = ("channels.web.terms.buyers.unpaid=100%", "channels.web.terms.buyers.never_paid=100%")
    built = build(scenarios.load("payments", [*settings, *never]), "standard", 3, Recorder(), stops=False)
    built.timeline.run(until=built.scenario.horizon)
    look_back(built)
    assert built.watch.count["orders_placed"] > 40
    assert "S-4" not in built.invariants.counts


def test_p8_a_repeat_that_claims_again():
    twice = "landscape.parties.storefront.webhook.duplicated=50%"

    def unaware(command, now, rules, unit):
        class Unaware(Procedure):
            def load(self, table, id):
                return None if table is ORDERS else self.unit.load(table, id)

        return submit_order(command, now, rules, Unaware(unit))

    built = world(twice)
    built.middleware.procedures.bind(SubmitOrder, unaware)
    built.middleware.procedures.unremembered = frozenset((SubmitOrder,))
    built.middleware.checked = False
    assert "P-8" in broken(built)


# --- exception queues


def letters(unit: type[Procedure]) -> set[str]:
    """Return what breaks where failures of deliveries to a dead ERP are noted through `unit`."""
    settings = ("designs.standard.retry={kind: fixed, attempts: 2, base: 1s}",)
    built = world(*settings, "faults=[{name: away, kind: E1, target: erp, trigger: {at: 10m}, duration: 20m}]")
    through(built, GaveUp, note_failure, unit)
    return broken(built)


def test_letters_are_whole_and_what_is_missing_is_named():
    class Anonymous(Procedure):
        def save(self, table, id, row):
            self.unit.save(table, id, type(row)(**(fields(row) | {"owner": ""})) if table is LETTERS else row)

    class Renamed(Procedure):
        def save(self, table, id, row):
            self.unit.save(table, id, type(row)(**(fields(row) | {"case": 4})) if table is LETTERS else row)

    class Torn(Procedure):
        def save(self, table, id, row):
            self.unit.save(table, id, type(row)(**(fields(row) | {"body": row.body[:-9]})) if table is LETTERS else row)

    class Lost(Procedure):
        def archive(self, table, id):
            self.unit.archive(table, id)

        def save(self, table, id, row):
            self.unit.save(table, id, row)
            if table is LETTERS:
                self.unit.archive(table, id)

    assert letters(Procedure) == set()
    assert letters(Anonymous) == {"A-2"}
    assert letters(Renamed) == {"A-2"}
    assert letters(Torn) == {"S-11"}
    assert "A-1" in letters(Lost)


def fields(row):
    return {name: getattr(row, name) for name in row.__struct_fields__}


# --- calls


def with_clients(built: World, kind: type[Client]) -> World:
    for client in built.clients:
        client.__class__ = kind
    return built


def test_calls_by_the_book_break_nothing():
    assert broken(world(*LOST), 2) == set()


def test_p4_a_client_that_does_not_wait():
    class Impatient(Client):
        def _again(self, call):
            self._attempt(call.event, call.number, call.attempt + 1)

    settings = (
        "landscape.links.middleware/erp={lost: 80%}",
        "designs.standard.retry={kind: fixed, attempts: 3, base: 20s}",
    )
    assert {"P-4", "A-3"} <= broken(with_clients(world(*settings), Impatient))


def test_a4_a_client_that_skips_numbers_or_forgets_an_attempt():
    class Skipping(Client):
        def _resend(self, call):
            self._attempt(call.event, call.number, call.attempt + 2)

    assert "A-4" in broken(with_clients(world(*LOST), Skipping))

    class Forgetful(Client):
        def _timed_out(self, call):
            call.done = True

    assert "A-4" in broken(with_clients(world(*LOST), Forgetful))


def test_a5_a_backlog_that_loses_what_waits():
    class Leaking(Client):
        def _send_waiting(self):
            if len(self.backlog) > 2:
                self.backlog.pop()
            super()._send_waiting()

    assert "A-5" in broken(with_clients(world("landscape.parties.erp.concurrency=1"), Leaking))


def test_p5_a_caller_that_takes_its_limit_for_another():
    @dataclass(frozen=True, slots=True)
    class Generous(TokenBucket):
        def admit(self, state, now, cost=1):
            return TokenBucket(self.units * 5, self.ticks, self.burst * 5).admit(state, now, cost)

    built = world("designs.standard.publication={kind: every_event}")
    for client in built.clients:
        if client.pace is not None and isinstance(client.pace.throttle, TokenBucket):
            known = client.pace.throttle
            client.pace.throttle = Generous(known.units, known.ticks, known.burst)
    assert "P-5" in broken(built)


# --- policies


def governing(built: World, change: Callable[[Calling], Calling]) -> World:
    for client in built.clients:
        if isinstance(client, CarefulClient):
            client.calling = client.standing.calling = change(client.calling)
    return built


BREAKER = "breaker={kind: count, window: 10, minimum: 10, failures: 40%, open_for: 20s, probes: 2}"


def test_p1_a_breaker_that_counts_what_was_sent_before_it_opened():
    class Stale(WindowBreaker):
        def step(self, state, event):
            return super().step(state, event._replace(epoch=state.epoch) if isinstance(event, Over) else event)

    def stale(calling: Calling) -> Calling:
        known = calling.breaker
        assert isinstance(known, WindowBreaker)
        fields = {name: getattr(known, name) for name in WindowBreaker.__slots__}
        return replace(calling, breaker=Stale(**fields))

    assert broken(governed(BREAKER)) == set()
    assert broken(governing(governed(BREAKER), stale)) == {"P-1"}


def test_p2_a_breaker_that_never_probes():
    class Shut(WindowBreaker):
        def step(self, state, event):
            after, ruling = super().step(state, event)
            if state.phase is Phase.OPEN and after.phase is Phase.HALF_OPEN:
                return state, ruling._replace(allowed=False, retry_after=SECOND)
            return after, ruling

    def shut(calling: Calling) -> Calling:
        known = calling.breaker
        assert isinstance(known, WindowBreaker)
        return replace(calling, breaker=Shut(**{name: getattr(known, name) for name in WindowBreaker.__slots__}))

    assert "P-2" in broken(governing(governed(BREAKER), shut))


def test_p3_a_budget_that_every_call_has_for_itself():
    class Anew(RatioBudget):
        def step(self, state, event):
            return super().step(self.initial(), event)

    budget = "budget={kind: ratio, deposit: 5%, capacity: 2, start: full}"
    assert broken(governed(budget)) == set()
    built = governing(governed(budget), lambda calling: replace(calling, budget=Anew(deposit=0.05, capacity=2)))
    assert broken(built) == {"P-3"}


def test_p6_a_quota_that_gives_everything_back():
    class Kind(TokenQuota):
        def step(self, state, event):
            after, grant = super().step(state, event)
            well = getattr(event, "cause", 1) is None
            return ((min(self.capacity, after[0] + 3),) if well else after), grant

    budget = "budget={kind: quota, capacity: 50, retry: 5, timeout_retry: 10, refund: 1}"
    assert broken(governed(budget)) == set()
    built = governing(governed(budget), lambda calling: replace(calling, budget=Kind(capacity=50)))
    assert broken(built) == {"P-6"}


def test_p7_a_deadline_that_nobody_looks_at_again():
    class Late(Calling):
        def _too_late(self, call, now):
            return False

    def late(calling: Calling) -> Calling:
        return Late(retry=calling.retry, deadline=calling.deadline, when_refused=calling.when_refused)

    assert broken(governed("deadline=40s")) == set()
    assert "P-7" in broken(governing(governed("deadline=40s"), late))


def test_p4_a_careful_client_that_forgets_what_it_was_asked():
    class Hurried(Retry):
        def delay(self, failed: Failed):
            return None if super().delay(failed) is None else 1

    hurry = governing(governed(BREAKER), lambda calling: replace(calling, retry=Hurried(jitter="none")))
    assert "P-4" in broken(hurry)


# --- files, and what must come to an end


def test_a6_a_partner_who_does_not_wait_for_an_answer():
    class Patient(Mailbox):
        def _unanswered(self, sent):
            return

    struck = "{name: mute, kind: B6, target: edi, trigger: {at: 0s}, probability: 100%}"
    size = ("landscape.size.skus=50", "demand.orders_per_day={edi: 200}")
    settings = (*size, "landscape.parties.edi.resend_after=1h", f"faults=[{struck}]")

    def files() -> World:
        return build(scenarios.load("peak_season", settings, small=True), "standard", 3, Recorder(), stops=False)

    assert broken(files(), 6) == set()
    built = files()
    for mailbox in built.mailboxes:
        mailbox.__class__ = Patient
    assert broken(built, 6) == {"A-6"}


def test_l1_l2_parcels_that_never_leave():
    class Deaf(Warehouse):
        def labelled(self, event, answer):
            del self._shipping[event.package]

    limits = ("checks.T_conv=1h", "checks.T_term=1h")
    built = world(*limits, "stock={rule: none, opening: 500}", "demand.orders_per_day=400")
    assert broken(built, 6) == set()
    built = world(*limits, "stock={rule: none, opening: 500}", "demand.orders_per_day=400")
    for warehouse in built.warehouses:
        warehouse.__class__ = Deaf
        assert isinstance(warehouse.carrier, Client)
        warehouse.carrier.done = warehouse.labelled
    assert broken(built, 6) == {"L-1", "L-2"}


def test_l2_an_order_that_stays_open_in_the_erp():
    """The ERP takes no cancellation, says that it did, and goes on waiting for what nobody will deliver."""

    class Deaf(Erp):
        def _cancel(self, event):
            return None

    settings = ("checks.T_conv=1h", "demand.orders_per_day=400", "demand.cancellations={share: 50%, delay: 1m}")
    assert broken(world(*settings), 6) == set()
    built = world(*settings)
    built.erp.__class__ = Deaf
    assert broken(built, 6) == {"L-2"}


def test_l7_messages_that_only_wait():
    built = world("checks.G=10m")

    def later(command, now, rules, unit):
        unit.schedule(now.elapsed + 30 * SECOND, command)
        return Outcome.WAITS

    for kind in list(built.middleware.procedures.kinds()):
        built.middleware.procedures.bind(kind, later)
    assert "L-7" in broken(built)


def test_l7_a_quiet_night_is_no_standstill():
    """Method: a message waits again after three hours without any; only a second hour of such messages is one."""
    now = [0]
    findings = Findings(checked=("L-7",), stops=False, declared=(), clock=lambda: now[0])
    ends = EndChecks(findings, Limits(progress=HOUR))
    ends.handled(CAUSE, Outcome.APPLIED)
    for at in (3 * HOUR, 3 * HOUR + 30 * MINUTE, 4 * HOUR):
        now[0] = at
        ends.handled(CAUSE, Outcome.WAITS)
    assert findings.counts == {}
    now[0] = 4 * HOUR + MINUTE
    ends.handled(CAUSE, Outcome.WAITS)
    assert findings.counts == {"L-7": 1}


def test_l4_a_comparison_of_books_that_rounds():
    class Rounding(Tolerance):
        def compare(self, authority, other, in_flight=0):
            return super().compare(authority // 1000, other // 1000, in_flight // 1000)

    settings = ("landscape.size.skus=100", "demand.orders_per_day=300", "checks.T_rec=6h", "horizon=2d")
    settings = (*settings, "faults.lost_postings.probability=20%", "faults.lost_postings.duration=18h")

    def compared() -> World:
        scenario = scenarios.load("stock_reconciliation", settings)
        return build(scenario, "hourly", 3, Recorder(), stops=False)

    assert "L-4" not in broken(compared(), 30)
    built = compared()
    rules = built.middleware.rules
    assert rules.reconciliation is not None
    built.middleware.rules = replace(rules, reconciliation=replace(rules.reconciliation, tolerance=Rounding()))
    assert "L-4" in broken(built, 30)


def test_every_invariant_is_named_by_a_test_that_breaks_it():
    here = Path(__file__).parent
    told = "".join((here / name).read_text() for name in ("test_checks_bite.py", "test_invariants.py"))
    assert [name for name in CATALOGUE if f'"{name}"' not in told] == []
