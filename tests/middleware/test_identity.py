"""Three layers of identity: what each of them catches, and what a design without it does instead."""

from dataclasses import replace

import msgspec
import pytest

from policies.catalogue import Catalogue
from policies.dedup import Idempotency
from policies.identity import Identity, Layer
from tests.middleware.trade import BOLTS, NUTS, UNKNOWN, Trade, order, rules
from twin.middleware.unit import ORDERS, REQUESTS, Outcome
from twin.model import wire
from twin.model.commands import SubmitOrder
from twin.model.events import CreateErpOrder, OrderAnswered
from twin.model.instant import HOUR
from twin.model.order import LinePolicy
from twin.model.particulars import Particulars
from twin.model.written import WrittenLine

KEY = 99


def trade(kind: Layer) -> Trade:
    made = Trade(rules(identity=Identity(kind=kind, idempotency=Idempotency(retention_us=HOUR))))
    if kind == "none":
        made.table.unremembered = frozenset((SubmitOrder,))
    return made


def under(placed: SubmitOrder, key: int) -> SubmitOrder:
    return msgspec.structs.replace(placed, request_key=key)


def erp_orders(made: Trade) -> list[CreateErpOrder]:
    return [event for event in made.told if isinstance(event, CreateErpOrder)]


PUSHED = order("4711", (BOLTS, 2))
REDELIVERED = PUSHED
RETRIED = PUSHED.under(77)
READ_ELSEWHERE = PUSHED.under(78)
CASES = {"none": 4, "transport": 3, "request": 2, "business": 1}


@pytest.mark.parametrize(("kind", "orders"), CASES.items())
def test_each_layer_catches_one_more_kind_of_repeat(kind: Layer, orders: int) -> None:
    """A redelivery has the message's id, a retry the request's key, the order read elsewhere only its number."""
    made = trade(kind)
    for message in (under(PUSHED, KEY), under(REDELIVERED, KEY), under(RETRIED, KEY), READ_ELSEWHERE):
        made.run(message)
    assert len(erp_orders(made)) == len(made.store.rows[ORDERS.number]) == orders
    assert {event.document or event.external for event in erp_orders(made)} == {PUSHED.case}
    assert len({event.id for event in made.told}) == len(made.told)


@pytest.mark.vector("V60", rule="9", code="twin.middleware.intake.submit.submit_order", scenario="first_day")
def test_v60_the_same_document_under_other_message_ids_is_one_order() -> None:
    """V60, computed: the same content again; another quantity under the same revision; revision 2."""
    made = trade("business")
    assert made.run(PUSHED) is Outcome.ACCEPTED
    assert made.run(READ_ELSEWHERE) is Outcome.DUPLICATE
    assert made.run(order("4711", (BOLTS, 3), id=79)) is Outcome.BUSINESS_KEY_CONFLICT
    assert made.run(order("4711", (BOLTS, 2), (NUTS, 5), id=80, revision=2)) is Outcome.AMENDED
    assert made.run(order("4711", (BOLTS, 2), (NUTS, 5), id=81, revision=2)) is Outcome.DUPLICATE
    assert made.run(order("4711", (BOLTS, 2), id=82)) is Outcome.SUPERSEDED
    amended = made.store.get(ORDERS, PUSHED.case)
    assert amended is not None
    assert [line.ordered for line in amended.lines] == [2, 5]
    assert len(erp_orders(made)) == 1


def test_an_order_without_the_key_that_its_channel_must_give_is_turned_away_and_audited() -> None:
    made = Trade(rules(channels=(replace(rules().channels[0], keyed=True),)))
    assert made.run(PUSHED) is Outcome.REFUSED
    assert made.store.get(ORDERS, PUSHED.case) is None
    assert [(row.outcome, row.letter) for row in made.audit()] == [("KEY_MISSING", PUSHED.id)]
    assert made.run(under(PUSHED, KEY)) is Outcome.ACCEPTED, "the same message with its key"


def test_a_higher_revision_of_an_order_that_was_refused_is_a_new_attempt() -> None:
    made = Trade(rules(channels=(replace(rules().channels[0], line_policy=LinePolicy.FILL_OR_KILL),)))
    refused = order("4711", (BOLTS, 30))
    assert made.run(refused) is Outcome.REJECTED
    assert made.run(order("4711", (BOLTS, 3), id=80, revision=2)) is Outcome.ACCEPTED


def test_a_higher_revision_in_words_that_nobody_knows_waits_in_its_queue() -> None:
    """The order goes on as it was; the amendment is tried again when its words are known."""
    made = Trade(rules(catalogue=Catalogue(issuers=("web",))))
    assert made.run(PUSHED) is Outcome.ACCEPTED
    strange = (WrittenLine("sku", "no such thing", "1"),)
    amendment = msgspec.structs.replace(order("4711", id=80, revision=2), written=strange, fingerprint=5)
    assert made.run(amendment) is Outcome.QUEUED
    letter = made.letter(80)
    assert letter is not None
    assert (letter.code, letter.mapping) == ("REFERENCE_MISSING", "1"), "it says under which references it was read"


@pytest.mark.vector("V60", rule="9", code="twin.middleware.intake.submit.submit_order", scenario="first_day")
@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (Particulars(ship_to="here"), Outcome.DUPLICATE),
        (Particulars(ship_to="here", paid=True), Outcome.DUPLICATE),
        (Particulars(ship_to="there"), Outcome.BUSINESS_KEY_CONFLICT),
        (Particulars(ship_to="here", requested=1), Outcome.BUSINESS_KEY_CONFLICT),
        (None, Outcome.BUSINESS_KEY_CONFLICT),
    ],
)
def test_v60_the_fingerprint_covers_what_an_order_says_beside_its_lines(
    said: Particulars | None, outcome: Outcome
) -> None:
    """As V60: the same number and lines to another address are another order; that it was paid meanwhile is not."""

    def saying(words: Particulars | None, id: int) -> SubmitOrder:
        print_ = wire.fingerprint(0, PUSHED.number, 1, PUSHED.lines, words)
        return msgspec.structs.replace(PUSHED, id=id, particulars=words, fingerprint=print_)

    made = trade("business")
    assert made.run(saying(Particulars(ship_to="here"), 90)) is Outcome.ACCEPTED
    assert made.run(saying(said, 91)) is outcome


@pytest.mark.vector("V57", rule="9", code="policies.dedup.Idempotency.step", scenario="customer_terms")
@pytest.mark.vector("V57", rule="9", code="twin.middleware.intake.identity.take_in_order", scenario="first_day")
def test_v57_a_request_is_answered_from_its_record_until_retention_ends() -> None:
    """V57 with a retention of an hour: the same key is a replay, other content under it an error; then both are new."""
    made = trade("request")
    assert made.run(under(PUSHED, KEY)) is Outcome.ACCEPTED
    assert made.run(under(RETRIED, KEY)) is Outcome.REPLAYED
    assert made.run(under(order("4712", (BOLTS, 1)), KEY)) is Outcome.KEY_REUSED
    made.wait(3600)
    assert made.store.rows[REQUESTS.number] == {}
    assert made.run(under(order("4712", (BOLTS, 1), id=80), KEY)) is Outcome.ACCEPTED


def test_a_request_that_ended_in_an_exception_queue_may_be_tried_again() -> None:
    made = trade("business")
    made.run(PUSHED)
    conflict = under(order("4711", (BOLTS, 5), id=81), KEY)
    assert made.run(conflict) is Outcome.BUSINESS_KEY_CONFLICT
    assert made.run(conflict.under(82)) is Outcome.BUSINESS_KEY_CONFLICT
    (record,) = made.store.rows[REQUESTS.number].values()
    assert record.fence == 2  # type: ignore[attr-defined]  # a request record


def test_a_refused_order_is_answered_once_and_its_request_is_final() -> None:
    made = trade("business")
    wanted = under(order("4711", (UNKNOWN, 5)), KEY)
    first = made.run(wanted)
    again = made.run(wanted.under(83))
    assert again is Outcome.REPLAYED
    assert first is not Outcome.REPLAYED
    assert sum(isinstance(event, OrderAnswered) for event in made.told) <= 1
