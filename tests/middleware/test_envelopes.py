"""What messages come in is judged by its form, once; what is in it is judged by itself."""

import pytest

from policies.ruleset import ChannelTerms
from policies.signature import Signature, Signed, sign
from policies.sourcing import Site
from tests.middleware.trade import BOLTS, Trade, order, rules
from twin.middleware.unit import ORDERS, Outcome
from twin.model import wire
from twin.model.commands import FileReceived, FileRecord, InterchangeReceived, WebhookReceived
from twin.model.events import FileAnswered, InterchangeAnswered, OrderAnswered
from twin.model.instant import SECOND

SECRET = b"between the two of us"
RULE = Signature(SECRET)
PLACED = order("4711", (BOLTS, 1))
RAW = wire.encode(PLACED)


@pytest.mark.vector("V82", rule="9", code="policies.signature.Signature.judge", scenario="customer_terms")
@pytest.mark.parametrize(
    ("raw", "age_s", "expected"),
    [
        (RAW, 299, Signed.VALID),
        (RAW, 300, Signed.STALE),
        (RAW.replace(b":", b": "), 0, Signed.FORGED),
        (RAW, -299, Signed.VALID),
        (RAW, -300, Signed.STALE),
    ],
)
def test_v82_a_webhook_is_good_for_300_s_and_for_the_bytes_that_were_signed(
    raw: bytes, age_s: int, expected: Signed
) -> None:
    """V82, computed: signed 299 s ago; 300 s ago; the right body written again with other spacing; and clocks ahead."""
    now = 1_700_000_000 * SECOND
    stamp = now - age_s * SECOND
    assert RULE.judge(raw, stamp, sign(SECRET, RAW, stamp), now) is expected


def signed_trade() -> Trade:
    home = (Site(priority=0, cost=0, id=0, position=0),)
    return Trade(rules(channels=(ChannelTerms(homes=(home,), signature=RULE),)))


def webhook(raw: bytes = RAW, stamp: int = 0, secret: bytes = SECRET) -> WebhookReceived:
    return WebhookReceived(id=50, channel=0, raw=raw, stamp=stamp, signature=sign(secret, raw, stamp))


@pytest.mark.vector(
    "V82", rule="9,12", code="twin.middleware.intake.envelopes.take_in_webhook", scenario="customer_terms"
)
def test_v82_a_refused_webhook_is_known_to_the_audit_alone() -> None:
    trade = signed_trade()
    trade.wait(300)
    assert trade.run(webhook()) is Outcome.REFUSED
    assert trade.run(webhook(secret=b"somebody else")) is Outcome.REFUSED
    assert trade.store.rows[ORDERS.number] == {} and trade.told == []
    assert [entry.outcome for entry in trade.audit()] == ["STALE", "FORGED"]
    assert trade.run(webhook(stamp=trade.now)) is Outcome.APPLIED, "signed anew it is as good as ever"
    assert trade.wait(0) == [Outcome.ACCEPTED]


def test_bytes_that_are_no_message_are_kept_as_they_came() -> None:
    trade = Trade()
    assert trade.run(webhook(raw=b"\xff\x00")) is Outcome.QUEUED
    letter = trade.letter(50)
    assert letter is not None and (letter.category, letter.owner) == ("POISON", "integration")
    kept = wire.decode_incoming(letter.body)
    assert isinstance(kept, WebhookReceived) and kept.raw == b"\xff\x00"


def interchange(
    id: int, *documents: bytes, control: str = "000000905", sender: str = "ZZ/BUYER"
) -> InterchangeReceived:
    return InterchangeReceived(id=id, channel=0, sender=sender, receiver="ZZ/US", control=control, documents=documents)


@pytest.mark.vector(
    "V77", rule="9", code="twin.middleware.intake.envelopes.take_in_interchange", scenario="customer_terms"
)
def test_v77_a_control_number_is_used_once_between_two_partners() -> None:
    """V77, computed: ISA13 000000905 twice; the second is answered TA1 R 025, with no order and no 855."""
    trade = Trade()
    other = wire.encode(order("4712", (BOLTS, 1)))
    assert trade.run(interchange(1, RAW)) is Outcome.APPLIED
    trade.wait(0)
    assert trade.run(interchange(2, other)) is Outcome.DUPLICATE
    trade.wait(0)
    answers = [(event.code, event.note, event.syntax) for event in trade.told if isinstance(event, InterchangeAnswered)]
    assert answers == [("A", "000", ("A",)), ("R", "025", ())]
    assert len(trade.store.rows[ORDERS.number]) == 1
    assert sum(isinstance(event, OrderAnswered) for event in trade.told) == 1
    assert trade.run(interchange(3, other, control="000000906")) is Outcome.APPLIED


def test_two_partners_may_use_the_same_control_number() -> None:
    trade = Trade()
    assert trade.run(interchange(1, RAW)) is Outcome.APPLIED
    assert trade.run(interchange(2, wire.encode(order("4712", (BOLTS, 1))), sender="ZZ/OTHER")) is Outcome.APPLIED


def test_a_997_speaks_of_syntax_and_leaves_business_to_the_855() -> None:
    """An order that cannot be had is syntactically accepted; bytes that are no document are not."""
    trade = Trade(stock=0)
    trade.run(interchange(1, RAW, b"no document"))
    (answer,) = [event for event in trade.told if isinstance(event, InterchangeAnswered)]
    assert answer.syntax == ("A", "R")
    trade.wait(0)
    (business,) = [event for event in trade.told if isinstance(event, OrderAnswered)]
    assert business.code == "IB"


def file(id: int, *records: FileRecord, count: int | None = None, total: int | None = None) -> FileReceived:
    return FileReceived(
        id=id,
        partner=0,
        name="orders.csv",
        records=records,
        count=len(records) if count is None else count,
        total=sum(each.amount for each in records) if total is None else total,
    )


FIRST = FileRecord("1", RAW, 1)
SECOND_RECORD = FileRecord("2", wire.encode(order("4712", (BOLTS, 2))), 2)


@pytest.mark.parametrize("trailer", [{"count": 3}, {"total": 4}])
def test_a_file_whose_trailer_does_not_match_is_refused_whole(trailer: dict[str, int]) -> None:
    trade = Trade()
    assert trade.run(file(1, FIRST, SECOND_RECORD, **trailer)) is Outcome.QUEUED
    letter = trade.letter(1)
    assert letter is not None and letter.code == "CONTROL_TOTAL"
    assert trade.wait(0) == [] and trade.told != []


def test_records_of_a_file_stand_alone_and_the_answer_lists_each() -> None:
    trade = Trade()
    trade.run(file(1, FIRST, FileRecord("2", b"?", 2)))
    assert trade.run(file(1, FIRST)) is Outcome.APPLIED, "the same file is known"
    trade.run(file(2, FIRST, SECOND_RECORD))
    trade.wait(0)
    answers = [
        [(each.key, each.outcome) for each in event.outcomes] for event in trade.told if isinstance(event, FileAnswered)
    ]
    assert answers == [[("1", "ACCEPTED"), ("2", "UNREADABLE")], [("1", "DUPLICATE"), ("2", "ACCEPTED")]]
    assert len(trade.store.rows[ORDERS.number]) == 2


THIRD = FileRecord("1", wire.encode(order("4713", (BOLTS, 3))), 3)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (((FIRST,), (FIRST,)), ["ACCEPTED", "DUPLICATE"]),
        (((FIRST,), (THIRD,)), ["ACCEPTED", "ACCEPTED"]),
        (((FIRST, FIRST),), ["ACCEPTED", "DUPLICATE"]),
        (((FIRST, THIRD),), ["ACCEPTED", "ACCEPTED"]),
        (((),), []),
    ],
)
def test_a_record_is_known_by_its_file_its_key_and_what_it_says(
    files: tuple[tuple[FileRecord, ...], ...], expected: list[str]
) -> None:
    """The same record twice, in two files or in one; other content under a name and a key that were used; no record."""
    trade = Trade()
    for id, records in enumerate(files, 1):
        trade.run(file(id, *records))
    trade.wait(0)
    answers = [each.outcome for event in trade.told if isinstance(event, FileAnswered) for each in event.outcomes]
    assert answers == expected
    assert len(trade.store.rows[ORDERS.number]) == expected.count("ACCEPTED")
