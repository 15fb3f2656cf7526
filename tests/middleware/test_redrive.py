"""What comes out of an exception queue is executed once, under today's rules, and whoever did it is written down."""

import re

import pytest

from policies.exceptions import CODES, DUTIES, Category, Duty, ExceptionRouting
from policies.throttle import TokenBucket
from tests.middleware.trade import BOLTS, HOUSE, NUTS, UNKNOWN, Trade, order, received, rules
from twin.errors import UsageError
from twin.middleware.delivery.waiting import item_reference
from twin.middleware.unit import INBOX, PARKED, REQUESTS, Outcome
from twin.model import trace, wire
from twin.model.commands import CorrectLetter, ErpConfirmed, GaveUp, ParkLetter, PaymentCaptured, RedriveLetter
from twin.model.dead_letter import LetterKind
from twin.model.events import CancelErpOrder, ExceptionOpened
from twin.model.instant import HOUR, MINUTE


def redrive(id: int, letter: int) -> RedriveLetter:
    return RedriveLetter(id=id, letter=letter, by="ada")


@pytest.mark.vector("V93", rule="9,12", code="twin.middleware.delivery.redrive.redrive", scenario="out_of_order")
def test_v93_a_message_in_the_queue_executes_once_when_its_cause_is_gone() -> None:
    """V93, computed: redriven before the fix and after it, repeated by the sender, redriven again."""
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    assert trade.run(fact) is Outcome.QUEUED
    assert trade.store.get(INBOX, fact.id) is None
    trade.wait(60)
    assert trade.run(redrive(1, fact.id)) is Outcome.QUEUED
    letter = trade.letter(fact.id)
    assert letter is not None
    assert (letter.attempts, letter.redrives, letter.first_failure, letter.last_failure) == (2, 1, 0, 60_000_000)
    trade.know(UNKNOWN)
    assert trade.run(redrive(2, fact.id)) is Outcome.APPLIED
    assert trade.letter(fact.id) is None and trade.sellable(UNKNOWN) == 5
    assert trade.run(fact) is Outcome.APPLIED
    assert trade.run(redrive(3, fact.id)) is Outcome.NOOP
    assert trade.sellable(UNKNOWN) == 5
    assert [(entry.did, entry.by, entry.outcome, entry.generation) for entry in trade.audit()] == [
        ("REDRIVE", "ada", "QUEUED", 1),
        ("REDRIVE", "ada", "APPLIED", 1),
    ]


@pytest.mark.vector("V93", rule="9,12", code="twin.middleware.dispatch.dispatch", scenario="first_day")
def test_v93_the_senders_own_repeat_executes_a_kept_message_too() -> None:
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    trade.run(fact)
    trade.know(UNKNOWN)
    assert trade.run(fact) is Outcome.APPLIED
    assert trade.run(redrive(1, fact.id)) is Outcome.APPLIED
    assert trade.sellable(UNKNOWN) == 5 and trade.letter(fact.id) is None


@pytest.mark.vector("V93", rule="9,12", code="twin.middleware.delivery.redrive.redrive", scenario="out_of_order")
def test_v93_what_fails_for_another_reason_goes_to_the_queue_of_that_one() -> None:
    """As V93: its item was unknown; when it is known, another message has had its number."""
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    trade.run(fact)
    trade.know(UNKNOWN)
    trade.run(received(101, UNKNOWN, 6, sequence=1))
    assert trade.run(redrive(1, fact.id)) is Outcome.SEQ_CONFLICT
    letter = trade.letter(fact.id)
    assert letter is not None
    assert (letter.code, letter.category, letter.owner) == ("SEQ_CONFLICT", "CONFLICT", "order desk")
    assert (letter.attempts, letter.redrives, letter.first_failure) == (2, 1, 0)
    told = [(event.letter, event.code) for event in trade.told if isinstance(event, ExceptionOpened)]
    assert told == [(fact.id, "REFERENCE_MISSING"), (fact.id, "SEQ_CONFLICT")]
    assert trade.audit()[-1].code == "SEQ_CONFLICT" and trade.sellable(UNKNOWN) == 6


@pytest.mark.vector("V93", rule="9,12", code="twin.middleware.delivery.redrive.redrive", scenario="out_of_order")
@pytest.mark.parametrize("times", [2, 3, 5])
def test_v93_each_redrive_in_vain_is_an_attempt_and_a_generation_and_is_told(times: int) -> None:
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    trade.run(fact)
    for n in range(times):
        assert trade.run(redrive(1 + n, fact.id)) is Outcome.QUEUED
    trade.run(fact)
    letter = trade.letter(fact.id)
    assert letter is not None and (letter.attempts, letter.redrives) == (2 + times, times)
    assert sum(isinstance(event, ExceptionOpened) for event in trade.told) == 1 + times
    assert len({event.id for event in trade.told}) == len(trade.told)


@pytest.mark.vector("V68", rule="10,12", code="twin.middleware.delivery.redrive.redrive", scenario="out_of_order")
def test_v68_a_dead_lettered_number_of_a_delta_stream_holds_the_later_ones_until_it_is_redriven() -> None:
    """V68, computed: 1 dead-lettered (its item unknown), 2 and 3 held, then the redrive of 1."""
    trade = Trade()
    first, second, third = (received(100 + n, UNKNOWN, n, sequence=n) for n in (1, 2, 3))
    assert trade.run(first) is Outcome.QUEUED
    trade.know(UNKNOWN)
    assert [trade.run(second), trade.run(third)] == [Outcome.APPLIED, Outcome.APPLIED]
    assert trade.sellable(UNKNOWN) == 0
    assert trade.run(redrive(1, first.id)) is Outcome.APPLIED
    assert trade.sellable(UNKNOWN) == 1 + 2 + 3


@pytest.mark.vector("V54", rule="8,12", code="twin.middleware.delivery.waiting.wait_for_order", scenario="out_of_order")
def test_v54_a_capture_waits_for_its_order_under_the_business_key() -> None:
    """V54, ecommerce_integrations#425: orders/paid comes 2 s before orders/create."""
    trade = Trade()
    placed = order("4711", (BOLTS, 1))
    paid = PaymentCaptured(id=5, case=placed.case, key=9, amount=500)
    assert trade.run(paid) is Outcome.WAITS
    trade.wait(2)
    assert trade.run(placed) is Outcome.ACCEPTED
    assert trade.wait(0) == [Outcome.APPLIED]
    assert trade.run(paid) is Outcome.APPLIED
    assert [type(event).__name__ for event in trade.told].count("CreateErpOrder") == 1


def test_a_late_reference_raises_what_has_gone_to_the_queue_and_nobody_else_does() -> None:
    trade = Trade()
    placed = order("4711", (BOLTS, 1))
    early = ErpConfirmed(id=5, case=placed.case, reference=1)
    trade.run(early)
    assert trade.wait(15 * 60) == [Outcome.QUEUED]
    letter = trade.letter(early.id)
    assert letter is not None
    assert (letter.code, letter.category, letter.owner) == ("REFERENCE_MISSING", "REFERENCE_MISSING", "master data")
    trade.wait(3600)
    assert trade.letter(early.id) is not None, "a redrive is never automatic on arrival in the queue"
    trade.run(placed)
    assert trade.wait(0) == [Outcome.APPLIED]
    assert trade.letter(early.id) is None
    assert trade.audit()[0].by == "reference"
    assert trade.store.get(PARKED, placed.case) is None


def test_a_letter_keeps_what_a_person_needs() -> None:
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    trade.run(fact)
    letter = trade.letter(fact.id)
    assert letter is not None
    assert wire.decode_incoming(letter.body) == fact
    assert dict(letter.headers)["id"] == f"{fact.id:016x}"
    assert letter.traceparent == trace.context(fact).header()
    assert (letter.contract, letter.runbook, letter.due) == (
        wire.CONTRACT,
        DUTIES[Category.REFERENCE_MISSING].runbook,
        4 * HOUR,
    )
    opened = [event for event in trade.told if isinstance(event, ExceptionOpened)]
    assert [(event.letter, event.owner, event.due) for event in opened] == [(fact.id, "master data", 4 * HOUR)]


def test_the_same_failure_of_an_open_item_is_told_once() -> None:
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    for _ in range(3):
        trade.run(fact)
    letter = trade.letter(fact.id)
    assert letter is not None and letter.attempts == 3
    assert sum(isinstance(event, ExceptionOpened) for event in trade.told) == 1


def test_corrected_content_is_a_new_message_and_settles_the_old_one() -> None:
    trade = Trade()
    wrong = received(100, UNKNOWN, 5, sequence=1)
    trade.run(wrong)
    right = received(101, NUTS, 5, sequence=1)
    assert trade.run(CorrectLetter(id=1, letter=wrong.id, by="ada", body=wire.encode(right))) is Outcome.APPLIED
    assert trade.wait(0) == [Outcome.APPLIED]
    assert trade.run(wrong) is Outcome.SUPERSEDED
    assert trade.letter(wrong.id) is None and trade.sellable(NUTS) == 25
    assert trade.store.get(PARKED, item_reference(UNKNOWN)) is None
    same = CorrectLetter(id=2, letter=wrong.id, by="ada", body=wire.encode(wrong))
    assert trade.run(same) is Outcome.NOOP


@pytest.mark.parametrize("did", ["CORRECT", "PARK"])
def test_a_request_that_was_settled_is_answered_and_not_tried_again(did: str) -> None:
    """Its record is final: under its key the sender hears the stored answer, whatever the message's id."""
    trade = Trade()
    trade.run(order("4711", (BOLTS, 1)))
    conflict = order("4711", (BOLTS, 5), id=81).under_key(9)
    assert trade.run(conflict) is Outcome.BUSINESS_KEY_CONFLICT
    if did == "CORRECT":
        body = wire.encode(order("4712", (BOLTS, 5), id=82))
        trade.run(CorrectLetter(id=1, letter=81, by="ada", body=body))
    else:
        trade.run(ParkLetter(id=1, letter=81, by="ada", reason="ordered by mistake"))
    assert trade.run(conflict.under(83)) is Outcome.REPLAYED
    assert trade.letter(83) is None
    trade.wait(24 * 3600)
    assert trade.store.rows[REQUESTS.number] == {}


def test_a_parked_message_is_settled_for_its_sender_too() -> None:
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    trade.run(fact)
    assert trade.run(ParkLetter(id=1, letter=fact.id, by="ada", reason="a test of theirs")) is Outcome.DISCARDED
    trade.know(UNKNOWN)
    assert trade.run(fact) is Outcome.DISCARDED
    assert trade.sellable(UNKNOWN) == 0
    assert trade.audit()[-1].reason == "a test of theirs"
    assert trade.run(ParkLetter(id=2, letter=fact.id, by="ada", reason="again")) is Outcome.NOOP


def test_redrives_come_no_faster_than_their_limit() -> None:
    """Two at once and one a minute: the third of three waits a minute, by itself."""
    trade = Trade(rules(exceptions=ExceptionRouting(limit=TokenBucket(1, MINUTE, 2))))
    facts = [received(100 + n, NUTS + 10 + n, 5, sequence=1) for n in range(3)]
    for fact in facts:
        trade.run(fact)
        trade.know(fact.item)
    assert [trade.run(redrive(n, fact.id)) for n, fact in enumerate(facts, 1)] == [
        Outcome.APPLIED,
        Outcome.APPLIED,
        Outcome.WAITS,
    ]
    assert trade.wait(59) == [] and trade.wait(1) == [Outcome.APPLIED]


def test_a_conflict_is_kept_with_both_messages_unbooked_and_its_order_as_it_was() -> None:
    trade = Trade()
    placed = order("4711", (BOLTS, 1))
    other = order("4711", (BOLTS, 2), id=78)
    trade.run(placed)
    assert trade.run(other) is Outcome.BUSINESS_KEY_CONFLICT
    letter = trade.letter(other.id)
    assert letter is not None and (letter.kind, letter.code) == (LetterKind.MESSAGE, "BUSINESS_KEY_CONFLICT")
    assert trade.run(redrive(1, other.id)) is Outcome.BUSINESS_KEY_CONFLICT
    assert trade.run(placed) is Outcome.ACCEPTED


def test_what_did_happen_is_a_notice_and_cannot_be_redriven() -> None:
    """A second reference of the ERP changes nothing and is kept; a hold that lasts too long is a notice."""
    trade = Trade()
    placed = order("4711", (BOLTS, 1))
    trade.run(placed)
    trade.run(ErpConfirmed(id=5, case=placed.case, reference=1))
    second = ErpConfirmed(id=6, case=placed.case, reference=2)
    assert trade.run(second) is Outcome.QUEUED
    letter = trade.letter(second.id)
    assert letter is not None and letter.code == "ERP_DUPLICATE"


def test_an_outbox_row_becomes_a_letter_with_its_attempts() -> None:
    trade = Trade()
    row = CancelErpOrder(id=900, case=4, external=4)
    failed = GaveUp(
        id=1,
        subject=row.id,
        delivery=True,
        body=wire.encode(row),
        code="DELIVERY_TIMEOUT",
        detail="timeout",
        attempts=4,
        first=0,
    )
    assert trade.run(failed) is Outcome.APPLIED
    letter = trade.letter(row.id)
    assert letter is not None
    assert (letter.kind, letter.category, letter.attempts) == (LetterKind.DELIVERY, "UNKNOWN_OUTCOME", 4)
    assert trade.run(redrive(2, row.id)) is Outcome.APPLIED
    assert trade.letter(row.id) is None


@pytest.mark.parametrize("owner", [None, ""])
def test_a_class_without_an_owner_cannot_be_deployed(owner: str | None) -> None:
    duties = dict(DUTIES) | {Category.POISON: Duty(owner, "", 1, "park")}
    with pytest.raises(UsageError, match="POISON has no owner"):
        ExceptionRouting(duties=duties)


def test_every_code_that_the_product_raises_has_a_class() -> None:
    """Codes are the words in capitals that stand as the first argument of what raises them."""
    raised = set()
    for file in sorted([*(HOUSE / "twin" / "middleware").rglob("*.py"), *(HOUSE / "policies").rglob("*.py")]):
        text = file.read_text(encoding="utf-8")
        for call in ("OpenException(", "keep(", "notice(", "_raise(", "raised.append("):
            for part in text.split(call)[1:]:
                words = part.split(")", 1)[0].split('"')
                raised |= {word for word in words[1:2] if word.isupper()}
    assert {"OVERSHIP", "SEQ_CONFLICT", "OVERCOMMITTED"} <= raised
    assert sorted(raised - set(CODES)) == []


def test_nothing_but_the_queues_opens_an_exception() -> None:
    """An event that is emitted elsewhere would have no item, no owner and no due time."""
    makers = [
        file.relative_to(HOUSE).as_posix()
        for file in sorted((HOUSE / "twin").rglob("*.py"))
        if re.search(r"(?<!class )ExceptionOpened\(", file.read_text(encoding="utf-8"))
    ]
    assert makers == ["twin/middleware/delivery/exceptions.py"]


@pytest.mark.parametrize(("code", "category"), [("OVERSHIP", "CONFLICT"), ("NOBODY_KNOWS", "CONFLICT")])
def test_an_unknown_code_is_for_a_person_to_decide(code: str, category: str) -> None:
    assert ExceptionRouting().route(code).category.value == category


def test_a_message_that_was_carried_out_meanwhile_stays_so_when_its_letter_is_parked() -> None:
    """Its sender repeated it, the fault was gone by then, and somebody settles what was kept of the first time."""
    trade = Trade()
    fact = received(100, UNKNOWN, 5, sequence=1)
    trade.run(fact)
    trade.know(UNKNOWN)
    assert trade.run(fact) is Outcome.APPLIED
    assert trade.run(ParkLetter(id=1, letter=fact.id, by="ada", reason="seen to")) is Outcome.DISCARDED
    assert trade.store.get(INBOX, fact.id) == int(Outcome.APPLIED) and trade.sellable(UNKNOWN) == 5


def test_what_a_repeat_has_carried_out_meanwhile_becomes_no_dead_letter() -> None:
    """One delivery of a message was tried in vain until its restarts were used up, another one got through."""
    trade = Trade()
    trade.know(UNKNOWN)
    fact = received(100, UNKNOWN, 5, sequence=1)
    assert trade.run(fact) is Outcome.APPLIED
    body, told = wire.encode(fact), "conflict on items"
    gave_up = GaveUp(
        id=1, subject=fact.id, delivery=False, body=body, code="RESTARTS_USED_UP", detail=told, attempts=21, first=0
    )
    assert trade.run(gave_up) is Outcome.NOOP
    assert trade.letter(fact.id) is None and trade.sellable(UNKNOWN) == 5
