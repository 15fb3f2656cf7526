"""Documents to trading partners: each has its number and its clock, is answered, and is read once."""

import gzip

import pytest

import scenarios
from scenarios.replays import replay
from twin.kernel.recorder import Recorder
from twin.model.events import OrderAnswered
from twin.model.instant import DAY, HOUR, MINUTE
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.run import HISTORY, measured, run_once

BLOCK = "landscape.parties.edi.documents"


def ran(*settings: str, faults: str = "", seed: int = 3) -> World:
    """Run a day and a half; it stops at the first violation, A-6 (a document without an end) and S-3 among them."""
    scenario = scenarios.load("partner_documents", ["horizon=36h", f"faults=[{faults}]", *settings])
    world = build(scenario, "standard", seed, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    return world


def fault(kind: str, more: str = "") -> str:
    return f"{{name: f, kind: {kind}, target: edi, trigger: {{at: 0s}}, probability: 50%{more}}}"


@pytest.fixture(scope="module")
def day() -> World:
    return ran()


def documents(world: World):
    ((found, _),) = world.further.documents.found
    return found


def test_every_order_is_answered_every_truck_announced_and_every_bill_sent(day):
    """A few notices come too late all the same: the network is slow now and then."""
    found, kpis = documents(day), measured(day)
    assert found.sent["855"] > 300 and found.sent["856"] > 200
    assert found.sent["810"] == pytest.approx(found.sent["856"], abs=5)
    assert found.late["855"] == found.late["810"] == 0
    assert kpis["chargeback_risk"] == 200.0 * kpis["documents_late{document=856}"] < 200.0 * found.sent["856"] / 20
    assert kpis["documents_resent"] == kpis["documents_repeated"] <= 2 and kpis["documents_dropped"] == 0
    assert kpis["document_lag_s.p50{document=856}"] < kpis["document_lag_s.p50{document=810}"]


def test_what_the_middleware_hands_over_again_is_known_at_the_gateway_by_its_number(day):
    """Method: half of its answers get lost on the way back, so that it sends again what was taken."""
    lost = "{name: l, kind: N2, target: middleware/edi, direction: response, trigger: {at: 0s}, probability: 50%}"
    world = ran(faults=lost)
    assert world.faults.vain() == []
    assert documents(world).dropped > 50
    assert 0.9 * documents(day).sent["856"] < documents(world).sent["856"] <= documents(day).sent["856"]


def test_a_997_that_does_not_come_brings_a_copy_and_the_partner_knows_it():
    world = ran(f"{BLOCK}.resend_after=2h", faults=fault("B6"))
    found = documents(world)
    assert found.resent > 100 and found.repeats == pytest.approx(found.resent, abs=30)
    assert found.given_up < found.resent / 10


def test_without_any_997_documents_are_given_up_after_the_last_copy_and_were_read_all_the_same():
    world = ran(f"{BLOCK}.resend_after=30m", f"{BLOCK}.resends=2", faults=fault("B6").replace("50%", "100%"))
    found = documents(world)
    assert found.given_up > 100 and found.sent["855"] - 5 <= len(found.lags["855"]) <= found.sent["855"]


def test_a_document_that_goes_out_twice_is_read_once():
    world = ran(faults=fault("B2", ", lag: 1h"))
    assert documents(world).repeats > 100
    assert world.invariants.counts == {}


def test_what_is_told_late_is_late_and_what_never_arrived_counts_when_its_time_is_over():
    late = ran(f"{BLOCK}.transit=2h")
    found = documents(late)
    assert found.late["856"] == len(found.lags["856"]) > 50 and found.late["855"] == found.late["810"] == 0
    assert measured(late)["chargeback_risk"] == 200.0 * sum(found.overdue(late.timeline.now).values())
    never = documents(ran(f"{BLOCK}.transit=10d"))
    waited = [due for kind, due in never.due.values() if kind == "856"]
    assert len(waited) == never.sent["856"] and never.late["856"] == 0
    assert never.overdue(36 * HOUR)["856"] == sum(due < 36 * HOUR for due in waited) > 50


def test_an_answer_counts_from_the_partners_file_and_an_invoice_from_the_truck(day):
    found = documents(day)
    polls = sorted(found.lags["855"])
    assert polls[len(polls) // 2] > 10 * MINUTE  # the mailbox is polled four times an hour, then the answer travels
    assert polls[-1] < DAY and min(found.lags["810"]) > min(found.lags["856"])


def test_an_answer_that_somebody_typed_is_read_and_no_copy_of_it_travels(day):
    """The document itself comes later from the outbox: the gateway knows its number."""
    found, channel = documents(ran()), day.channels[0]
    told = OrderAnswered(id=77, case=5, channel=channel.index, number="PO-5", code="IA", lines=())
    sent, resent = found.sent["855"], found.resent
    found.read_by_hand(told)
    found.send(told)
    assert found.sent["855"] == sent + 1 and found.resent == resent and found.dropped == 1
    assert found.lags["855"][-1] == 0 and 77 not in found.due


def test_a_partner_who_takes_no_documents_gets_none():
    scenario = scenarios.load("partner_documents", ["horizon=12h", "faults=[]", f"{BLOCK}=null"])
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    told: list[object] = []
    world.channels[0].sends = told.append
    world.timeline.run(until=scenario.horizon)
    assert told and {type(event) for event in told} == {OrderAnswered}
    assert not any("document" in name for name in measured(world))


def test_the_day_plays_again(tmp_path):
    scenario = scenarios.load("partner_documents", ["horizon=20h"])
    run_once(scenario, "standard", 2, out=tmp_path, record=False, history=True)
    assert replay(tmp_path / HISTORY).divergences == []
    lines = gzip.decompress((tmp_path / HISTORY).read_bytes())
    assert lines.count(b'"ShipmentAdvised"') > 20 and lines.count(b'"InvoiceIssued"') > 20
